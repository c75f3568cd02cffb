"""OpenStreetMap extracts (pbf, xml) through GDAL: points, ways and areas, or only those of the wanted kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoapp.layers.cleaning import Rows
from geoapp.layers.formats.gdal import gdal_errors, read_layer
from geoapp.layers.formats.source import Source, Unreadable

#: Kind of layer -> what to take: GDAL's layer and a condition on its tags.
_BY_KIND = {
    "building": (("multipolygons", "building IS NOT NULL"),),
    "road": (("lines", "highway IS NOT NULL"),),
    "rail": (("lines", "railway IS NOT NULL"),),
    "water": (("lines", "waterway IS NOT NULL"), ("multipolygons", "natural = 'water'")),
    "boundary": (("multipolygons", "boundary = 'administrative'"),),
    "green": (("multipolygons", "leisure IN ('park', 'garden') OR landuse IN ('grass', 'forest')"),),
    "parking": (("multipolygons", "amenity = 'parking'"),),
    "compound": (("multipolygons", "landuse = 'residential'"),),
}
_EVERYTHING = (("points", ""), ("lines", ""), ("multipolygons", ""))


def open_osm(path: Path, *, kind: str = "", sublayer: str = "") -> Source:
    """An extract; ``sublayer`` names one of GDAL's layers (points, lines, multipolygons ...)."""
    wanted = ((sublayer, ""),) if sublayer else _BY_KIND.get(kind, _EVERYTHING)
    with path.open("rb") as stream:
        head = stream.read(4096)
    is_xml = b"<osm" in head
    if not is_xml and b"OSMHeader" not in head:
        raise Unreadable(f"文件 {path.name} 不是 OpenStreetMap 数据；请核对文件。")
    if is_xml:
        check_xml(path)
    with gdal_errors(path) as pyogrio:
        # The driver keeps nodes in memory up to this many megabytes, then on disk.
        pyogrio.set_gdal_config_options({"OSM_MAX_TMPFILE_SIZE": "60"})
        for name, _ in wanted:
            pyogrio.read_info(path, layer=name)
    return Source(
        format="OSM",
        read=lambda: _chunks(path, wanted),
        crs="EPSG:4326",
        crs_basis="OpenStreetMap 规定",
        encoding="UTF-8",
        encoding_basis="文件格式规定",
        sublayer="、".join(name for name, _ in wanted),
    )


def _chunks(path: Path, wanted: tuple[tuple[str, str], ...]) -> Iterator[Rows]:
    number = 1
    for name, condition in wanted:
        for rows in read_layer(path, name, where=condition, first_number=number):
            number += len(rows.numbers)
            for props in rows.props:
                # A pbf or xml file says "no such tag" by leaving it out; so do we.
                for empty in [key for key, value in props.items() if value is None]:
                    del props[empty]
            yield rows


def check_xml(path: Path) -> None:
    """Unreadable when the XML is cut off or declares entities."""
    from geoapp.layers.formats.xml_stream import parse

    parse(path, encoding="", start=lambda name, attributes: None, end=lambda name, text: None)
