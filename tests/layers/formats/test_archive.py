"""Archives are unpacked inside their folder, within bounds, or not at all."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from geoapp.layers.formats import archive
from geoapp.layers.formats.source import Unreadable


def packed(tmp_path: Path, members: dict[str, bytes]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in members.items():
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, body)
    return path


@pytest.mark.parametrize(
    "name", ["../x.geojson", "a/../../x.geojson", "/etc/x.geojson", "..\\x.geojson", "C:/x.geojson"]
)
def test_22_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inside"
    with pytest.raises(Unreadable, match="包外"):
        archive.unpack(packed(tmp_path, {name: b"{}"}), folder)
    assert not folder.exists()
    assert not (tmp_path / "x.geojson").exists()


def test_22_an_archive_that_bursts_is_refused_unopened(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    with pytest.raises(Unreadable, match="不相称"):
        archive.unpack(packed(tmp_path, {"a.geojson": b"\x00" * (100 << 20)}), folder)
    assert not folder.exists()


def test_a_header_that_lies_about_the_size_is_found_out(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.geojson": b"x" * 1000})
    body = path.read_bytes()
    # The size stands in the local header and in the directory.
    path.write_bytes(body.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(Unreadable, match="已损坏"):
        archive.unpack(path, tmp_path / "inside")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    with pytest.raises(Unreadable, match="4 个文件"):
        archive.unpack(packed(tmp_path, {f"{i}.txt": b"" for i in range(4)}), tmp_path / "inside")


def test_a_cut_or_changed_archive_gets_one_sentence(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.geojson": bytes(range(256)) * 50})
    body = path.read_bytes()
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(Unreadable):
        archive.unpack(path, tmp_path / "1")
    path.write_bytes(body[:60] + b"\xff\xff\xff\xff" + body[64:])
    with pytest.raises(Unreadable):
        archive.unpack(path, tmp_path / "2")


def test_an_archive_of_nothing_of_use_says_so(tmp_path: Path) -> None:
    path = packed(tmp_path, {"readme.md": b"hello"})
    archive.unpack(path, tmp_path / "inside")
    with pytest.raises(Unreadable, match="没有可导入"):
        archive.pick(path, tmp_path / "inside", "")
