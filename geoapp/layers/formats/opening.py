"""Tells what a file is, by its content before its name, and hands it to the reader for it."""

from __future__ import annotations

from pathlib import Path

from geoapp.layers.formats.source import Source, Unreadable
from geoapp.layers.importing import ImportOptions

_GDAL_BY_SUFFIX = {
    ".gpkg": "GeoPackage",
    ".fgb": "FlatGeobuf",
    ".gml": "GML",
    ".gpx": "GPX",
    ".dxf": "DXF",
}


def open_source(path: Path, options: ImportOptions, *, workspace: Path) -> Source:
    """The file as rows; ``workspace`` is a folder for unpacking, removed by the caller."""
    if not path.exists():
        raise Unreadable(f"找不到文件 {path}；请核对路径。")
    if path.is_file() and path.stat().st_size == 0:
        raise Unreadable(f"文件 {path.name} 是空的；请重新导出。")
    suffix = path.suffix.lower()
    if suffix in {".geojson", ".json", ".geojsonl", ".ndjson", ".geojsons"}:
        from geoapp.layers.formats.geojson import open_geojson

        return open_geojson(path, encoding=options.encoding)
    if suffix in _GDAL_BY_SUFFIX:
        from geoapp.layers.formats.gdal import open_gdal

        return open_gdal(path, format=_GDAL_BY_SUFFIX[suffix], sublayer=options.sublayer)
    raise Unreadable(
        f"不认识文件 {path.name} 的格式；可导入 GeoJSON、GeoPackage、Shapefile（含 zip）、KML/KMZ、TAB/MIF、OSM、"
        "FileGDB、CSV、XLSX。"
    )
