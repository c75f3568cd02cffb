"""KML and KMZ: GDAL's, and those that other programs and hands write."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely

from geoapp.layers.formats.source import Unreadable

NAMES = ["霞光里一号院", "枣营南里", "农展馆", "亮马河北岸"]


def kml(body: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'


@pytest.mark.parametrize("driver", ["KML", "LIBKML"])
def test_what_gdal_wrote_comes_back(written: Any, opened: Any, driver: str) -> None:
    source, rows = opened(written("a.kml", driver))
    assert (source.format, source.crs) == ("KML", "EPSG:4326")
    assert [next(v for v in props.values() if v in NAMES) for props in rows.props] == NAMES
    assert shapely.bounds(rows.shapes[1])[0] == pytest.approx(116.46)


def test_a_kmz_is_a_zip_of_it(tmp_path: Path, written: Any, opened: Any) -> None:
    archive = tmp_path / "a.kmz"
    with zipfile.ZipFile(archive, "w") as out:
        out.write(written("doc.kml", "KML"), "doc.kml")
        out.writestr("files/icon.png", b"\x89PNG")
    assert len(opened(archive)[1].numbers) == 4


def test_each_kind_of_shape(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / "a.kml"
    ring = "0,0,5 4,0,5 4,4,5 0,4,5 0,0,5"
    hole = "1,1 2,1 2,2 1,1"
    path.write_text(
        kml(
            "<Placemark><name>点</name><Point><coordinates> 116.45,39.94,0 </coordinates></Point></Placemark>"
            "<Placemark><LineString><coordinates>0,0 1,1\n2,2</coordinates></LineString></Placemark>"
            f"<Placemark><ExtendedData><Data name='户数'><value>12</value></Data></ExtendedData><Polygon>"
            f"<innerBoundaryIs><LinearRing><coordinates>{hole}</coordinates></LinearRing></innerBoundaryIs>"
            f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
            "</Polygon></Placemark>"
            "<Placemark><MultiGeometry><Point><coordinates>1,1</coordinates></Point>"
            "<Point><coordinates>2,2</coordinates></Point></MultiGeometry></Placemark>"
            "<Placemark><name>空</name></Placemark>"
            "<Placemark><Point><coordinates>east,north</coordinates></Point></Placemark>"
        ),
        encoding="utf-8",
    )
    _, rows = opened(path)
    assert [None if shape is None else shape.geom_type for shape in rows.shapes] == [
        "Point", "LineString", "Polygon", "MultiPoint", None, None,
    ]  # fmt: skip
    # 4 x 4 less a triangle of half a square.
    assert rows.shapes[2].area == 15.5
    assert rows.props[0] == {"name": "点"}
    assert rows.props[2] == {"户数": "12"}
    assert {i: fault.reason for i, fault in rows.faults.items()} == {4: "no_shape", 5: "not_numbers"}


def test_gbk_as_its_header_says_and_where_the_header_lies(tmp_path: Path, opened: Any) -> None:
    body = "<Placemark><name>霞光里小区一号院</name><Point><coordinates>1,2</coordinates></Point></Placemark>\n"
    for said in ("GBK", "UTF-8"):
        path = tmp_path / f"{said}.kml"
        head = f'<?xml version="1.0" encoding="{said}"?>\n'
        path.write_bytes(kml(f"\n{body}\n", head=head).encode("gbk"))
        source, rows = opened(path)
        assert rows.props[0]["name"] == "霞光里小区一号院"
        assert source.encoding == "GB18030"
        assert bool(source.notes) == (said == "UTF-8")


def test_23_entities_are_refused(tmp_path: Path, opened: Any) -> None:
    """A thousand million laughs, and a file of the machine."""
    bomb = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    for declared in (bomb, '<!ENTITY l8 SYSTEM "file:///etc/passwd">'):
        path = tmp_path / "a.kml"
        head = f'<?xml version="1.0"?><!DOCTYPE kml [{declared}]>'
        path.write_text(kml("<Placemark><name>&l8;</name></Placemark>", head=head))
        with pytest.raises(Unreadable, match="实体"):
            opened(path)


@pytest.mark.parametrize("body", ["<kml><Placemark>", "<kml></Placemark></kml>", "<kml>" + "<a>" * 500])
def test_broken_xml_gets_one_sentence(tmp_path: Path, opened: Any, body: str) -> None:
    path = tmp_path / "a.kml"
    path.write_text(body)
    with pytest.raises(Unreadable):
        opened(path)
