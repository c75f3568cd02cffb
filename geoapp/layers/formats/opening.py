"""Tells what a file is, by its content before its name, and hands it to the reader for it."""

from __future__ import annotations

from pathlib import Path

from geoapp.layers.formats import archive
from geoapp.layers.formats.source import Source, Unreadable
from geoapp.layers.importing import ImportOptions

_GDAL_BY_SUFFIX = {".gpkg": "GeoPackage", ".fgb": "FlatGeobuf", ".gml": "GML", ".gpx": "GPX", ".dxf": "DXF"}
#: These drivers hold a whole shape several times over, so there is a limit to what they are given.
_MOST_BYTES = 64 << 20
_TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm"}
_JSON = {".geojson", ".json", ".geojsonl", ".ndjson", ".geojsons", ".jsonl"}
_KNOWN = "GeoJSON、GeoPackage、Shapefile（含 zip）、KML/KMZ、TAB/MIF、OSM、FileGDB、CSV、XLSX"
#: First bytes of a file -> the suffix that it ought to have.
_MAGIC = (
    (b"SQLite format 3\x00", ".gpkg"),
    (b"fgb\x03", ".fgb"),
    (b"PK\x03\x04", ".zip"),
    (b"\x00\x00\x27\x0a", ".shp"),
)
#: Suffixes whose files begin with such bytes: any other beginning is another file under this name.
_MUST_BEGIN = {
    ".gpkg": {".gpkg"},
    ".fgb": {".fgb"},
    ".zip": {".zip"},
    ".kmz": {".zip"},
    ".xlsx": {".zip"},
    ".xlsm": {".zip"},
    ".shp": {".shp"},
}


def open_source(path: Path, options: ImportOptions, *, workspace: Path) -> Source:
    """The file as rows; ``workspace`` is a folder for unpacking, removed by the caller."""
    if not path.exists():
        raise Unreadable(f"找不到文件 {path}；请核对路径。")
    suffix = path.suffix.lower()
    if path.is_dir():
        if suffix != ".gdb":
            raise Unreadable(f"{path.name} 是文件夹；文件夹只能导入 FileGDB（名称以 .gdb 结尾）。")
        from geoapp.layers.formats.gdal import open_gdal

        return open_gdal(path, format="FileGDB", sublayer=options.sublayer)
    if not path.is_file() and not path.is_char_device():
        raise Unreadable(f"{path.name} 不是普通文件；请先存成文件再导入。")
    _check_beginning(path, suffix)
    if suffix in {".zip", ".kmz"}:
        folder = workspace / "unpacked"
        archive.unpack(path, folder)
        member, sublayer = archive.pick(path, folder, options.sublayer)
        return _open_member(member, options, sublayer, workspace)
    return _open_member(path, options, options.sublayer, workspace)


def _open_member(path: Path, options: ImportOptions, sublayer: str, workspace: Path) -> Source:
    """Hand one file (or FileGDB folder) that is no archive to its reader."""
    suffix = path.suffix.lower()
    if path.is_file():
        _check_beginning(path, suffix)
    if suffix in _JSON:
        from geoapp.layers.formats.geojson import open_geojson

        return open_geojson(path, encoding=options.encoding)
    if suffix in _TABLES:
        from geoapp.layers.formats.table import open_table

        return open_table(path, options)
    if suffix == ".kml":
        from geoapp.layers.formats.kml import open_kml

        return open_kml(path, encoding=options.encoding)
    if suffix in {".tab", ".mif"}:
        from geoapp.layers.formats.mapinfo import open_mapinfo

        return open_mapinfo(path, workspace=workspace, encoding=options.encoding)
    return _open_with_gdal(path, suffix, options, sublayer)


def _open_with_gdal(path: Path, suffix: str, options: ImportOptions, sublayer: str) -> Source:
    if suffix == ".shp":
        from geoapp.layers.formats.shapefile import open_shapefile

        return open_shapefile(path, encoding=options.encoding)
    if suffix in {".pbf", ".osm"}:
        from geoapp.layers.formats.osm import open_osm

        return open_osm(path, kind=options.kind, sublayer=sublayer)
    from geoapp.layers.formats.gdal import open_gdal
    from geoapp.layers.formats.geopackage import open_geopackage

    if suffix == ".gpkg":
        return open_geopackage(path, sublayer=sublayer)
    if suffix == ".gdb" and path.is_dir():
        return open_gdal(path, format="FileGDB", sublayer=sublayer)
    if suffix in _GDAL_BY_SUFFIX:
        if path.stat().st_size > _MOST_BYTES:
            raise Unreadable(f"{suffix} 文件 {path.name} 超过 {_MOST_BYTES >> 20} MiB；请转成 GeoPackage 后再导入。")
        return open_gdal(path, format=_GDAL_BY_SUFFIX[suffix], sublayer=sublayer)
    raise Unreadable(f"不认识文件 {path.name} 的格式；可导入 {_KNOWN}。")


def _check_beginning(path: Path, suffix: str) -> None:
    """Unreadable for an empty file, and for one whose first bytes belong to another format."""
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unreadable(f"文件 {path.name} 打不开（{reason}）；请核对权限，或复制到别处再导入。") from None
    if not head:
        raise Unreadable(f"文件 {path.name} 是空的；请重新导出。")
    looks = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
    wanted = _MUST_BEGIN.get(suffix)
    if wanted is not None and looks not in wanted:
        raise Unreadable(f"文件 {path.name} 的内容不是 {suffix} 格式，可能已损坏或改过扩展名；请重新导出。")
    if wanted is None and looks:
        raise Unreadable(f"文件 {path.name} 的内容像是 {looks} 格式，与扩展名不符；请改正扩展名后再导入。")
