"""Shapefiles: the letters are told from the table's bytes, for a .cpg is often missing and sometimes lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoapp.layers.faults import MOST_VERTICES
from geoapp.layers.formats import charset, dbase
from geoapp.layers.formats.charset import Charset
from geoapp.layers.formats.gdal import open_gdal
from geoapp.layers.formats.source import MustChoose, Source, Unreadable


def open_shapefile(path: Path, *, encoding: str = "") -> Source:
    """A Shapefile with what lies beside it."""
    for suffix, what in ((".shx", "索引"), (".dbf", "属性表")):
        if beside(path, suffix) is None:
            raise Unreadable(f"Shapefile {path.name} 缺少{what}文件 {suffix}；请把同名的 .shp、.shx、.dbf 一起提供。")
    found, notes = _charset(path, encoding)
    source = open_gdal(
        path,
        format="Shapefile",
        encoding=found.encoding,
        encoding_basis=found.basis,
        oversized=_oversized(path),
    )
    source.crs_basis = ".prj 文件" if source.crs else ""
    source.notes += notes
    return source


def beside(path: Path, suffix: str) -> Path | None:
    """The file of the same name with another suffix, whatever its case."""
    for member in path.parent.iterdir():
        if member.stem == path.stem and member.suffix.lower() == suffix:
            return member
    return None


def _charset(path: Path, encoding: str) -> tuple[Charset, list[str]]:
    if encoding:
        return charset.named(encoding), []
    table = beside(path, ".dbf")
    sample = dbase.text_sample(table) if table else b""
    declared = beside(path, ".cpg")
    text = declared.read_text(encoding="ascii", errors="replace").strip() if declared else ""
    if text:
        try:
            stated = charset.named(text.replace("ANSI", "").strip())
        except MustChoose:
            return charset.detect(sample), [f".cpg 文件写的“{text[:20]}”不是文字编码，改按内容判断"]
        if charset.reads_well(sample, stated.encoding):
            return Charset(stated.encoding, ".cpg 文件"), []
        found = charset.detect(sample)
        return found, [f".cpg 文件写的是 {text[:20]}，与内容不符，改按 {found.encoding.upper()} 读取；请核对名称示例"]
    stated_by_header = dbase.language(table) if table else ""
    if stated_by_header and charset.reads_well(sample, stated_by_header):
        return Charset(stated_by_header, ".dbf 文件头"), []
    return charset.detect(sample), []


def _oversized(path: Path) -> list[int]:
    """Positions of records too long to be read, as the index states them: such a record is never loaded."""
    index = beside(path, ".shx")
    if index is None:
        return []
    with index.open("rb") as stream:
        stream.seek(100)
        words = np.frombuffer(stream.read()[: (index.stat().st_size - 100) // 8 * 8], dtype=">i4").reshape(-1, 2)
    return [int(i) for i in np.flatnonzero(words[:, 1].astype(np.int64) * 2 > 16 * MOST_VERTICES + 1000)]
