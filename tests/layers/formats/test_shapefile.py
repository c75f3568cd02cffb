"""A GBK Shapefile keeps its Chinese field names with and without a .cpg, and also where the .cpg lies."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from geoapp.layers.formats.original import companions
from geoapp.layers.formats.source import MustChoose, Unreadable

NAMES = ["霞光里一号院", "枣营南里", "农展馆", "亮马河北岸"]


@pytest.mark.parametrize(
    ("encoding", "cpg", "expected"),
    [
        ("GBK", None, "GB18030"),
        ("GBK", "GBK", "GB18030"),
        ("GBK", "936", "GB18030"),
        ("GBK", "UTF-8", "GB18030"),
        ("GBK", "nonsense", "GB18030"),
        ("UTF-8", None, "UTF-8"),
        ("UTF-8", "UTF-8", "UTF-8"),
        ("UTF-8", "GBK", "UTF-8"),
    ],
)
def test_letters_are_told_whatever_the_cpg_says(
    written: Any, opened: Any, encoding: str, cpg: str | None, expected: str
) -> None:
    path = written("a.shp", "ESRI Shapefile", encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    # The language byte of the header, which old programs leave empty.
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:29] + b"\x00" + table.read_bytes()[30:])
    source, rows = opened(path)
    assert source.encoding == expected
    names = [props["名称"] for props in rows.props]
    assert names == NAMES
    assert [props["户数"] for props in rows.props] == [10, 20, 30, 40]
    # Said aloud when the file's own word was not taken.
    assert bool(source.notes) == (cpg == "nonsense" or (cpg, encoding) in {("UTF-8", "GBK"), ("GBK", "UTF-8")})


def test_a_name_cut_off_in_the_middle_of_a_character_is_read_and_marked(written: Any, opened: Any) -> None:
    path = written("a.shp", "ESRI Shapefile", encoding="GBK")
    table = path.with_suffix(".dbf")
    body = table.read_bytes()
    name = NAMES[1].encode("gbk")
    table.write_bytes(body.replace(name, name[:-1] + b" "))
    _, rows = opened(path)
    assert rows.props[1]["名称"].startswith("枣营南")
    assert rows.mended == [1]
    assert rows.props[0]["名称"] == NAMES[0]


def test_without_a_prj_it_declares_no_crs(written: Any, opened: Any) -> None:
    path = written("a.shp", "ESRI Shapefile")
    path.with_suffix(".prj").unlink()
    assert opened(path)[0].crs == ""


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_missing_companion_is_named(written: Any, opened: Any, missing: str) -> None:
    path = written("a.shp", "ESRI Shapefile")
    path.with_suffix(missing).unlink()
    with pytest.raises(Unreadable, match=missing):
        opened(path)


def test_a_zip_of_it_is_opened_also_with_a_folder_and_a_gbk_name(tmp_path: Path, written: Any, opened: Any) -> None:
    path = written("a.shp", "ESRI Shapefile", encoding="GBK")
    archive = tmp_path / "小区.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for member in companions(path):
            # What a Chinese Windows writes: GBK bytes without the UTF-8 mark.
            info = zipfile.ZipInfo(f"资料/小区{member.suffix}".encode("gbk").decode("cp437"))
            out.writestr(info, member.read_bytes())
    raw = archive.read_bytes()
    assert b"\xd7\xca\xc1\xcf" in raw or "资料".encode("gbk").decode("cp437").encode() in raw
    _, rows = opened(archive)
    assert [props["名称"] for props in rows.props] == NAMES


def test_a_zip_with_several_layers_asks_which(tmp_path: Path, written: Any, opened: Any) -> None:
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name in ("a.shp", "b.shp"):
            for member in companions(written(name, "ESRI Shapefile")):
                out.write(member, member.name)
    with pytest.raises(MustChoose, match="a、b"):
        opened(archive)
    assert len(opened(archive, sublayer="b")[1].numbers) == 4


def test_a_record_that_claims_ten_million_corners_is_not_even_loaded(written: Any, opened: Any) -> None:
    """The index says how long a record is: 160 MB of corners are never read."""
    path = written("a.shp", "ESRI Shapefile", encoding="UTF-8")
    index = path.with_suffix(".shx")
    body = bytearray(index.read_bytes())
    struct.pack_into(">i", body, 100 + 8 * 3 + 4, 80_000_000)
    index.write_bytes(bytes(body))
    import numpy as np

    from geoapp.layers.formats.opening import open_source
    from geoapp.layers.importing import ImportOptions

    source = open_source(path, ImportOptions(), workspace=path.parent)
    lots = list(source.read())
    assert np.concatenate([rows.numbers for rows in lots]).tolist() == [1, 2, 3, 4]
    assert lots[-1].faults[0].reason == "too_many_vertices"
