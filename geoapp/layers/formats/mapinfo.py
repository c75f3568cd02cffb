"""MapInfo TAB and MIF: the charset that the header states, or told from the bytes where it states none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from geoapp.layers.formats import charset, dbase
from geoapp.layers.formats.charset import Charset
from geoapp.layers.formats.gdal import open_gdal
from geoapp.layers.formats.original import companions
from geoapp.layers.formats.shapefile import beside
from geoapp.layers.formats.source import Source, Unreadable

_CHARSET = re.compile(rb'charset\s+"?([\w-]+)', re.IGNORECASE)
#: MapInfo's names -> codecs. "Neutral" and the Western ones say nothing about a file with Chinese in it.
_NAMES = {"windowssimpchinese": "gb18030", "windowstradchinese": "big5", "utf-8": "utf-8", "utf8": "utf-8"}


def open_mapinfo(path: Path, *, workspace: Path, encoding: str = "") -> Source:
    """A TAB or MIF file with what lies beside it; ``workspace`` takes a copy when its header must be corrected."""
    for suffix in {".tab": (".dat",), ".mif": (".mid",)}[path.suffix.lower()]:
        if beside(path, suffix) is None:
            raise Unreadable(f"MapInfo 文件 {path.name} 缺少同名的 {suffix} 文件；请一起提供。")
    with path.open("rb") as stream:
        head = stream.read(65_536)
    stated = _CHARSET.search(head)
    name = stated[1].decode("ascii", "replace") if stated else ""
    found, notes = _charset(path, head, name, encoding)
    if name.lower() not in {"", "neutral"} and _NAMES.get(name.lower()) != found.encoding:
        path = _without_charset(path, name, workspace)
        name = ""
    # Where the header names a charset, GDAL hands the text over as UTF-8.
    by_gdal = name.lower() not in {"", "neutral"}
    source = open_gdal(path, format="MapInfo", encoding="UTF-8" if by_gdal else found.encoding)
    source.encoding, source.encoding_basis = found.encoding.upper(), found.basis
    source.notes += notes
    return source


def _without_charset(path: Path, name: str, workspace: Path) -> Path:
    """A copy whose header says nothing of the charset, where it would be wrong."""
    folder = workspace / "mapinfo"
    folder.mkdir()
    for member in companions(path):
        shutil.copyfile(member, folder / member.name)
    copy = folder / path.name
    wrong = re.compile(rb'(charset\s+"?)' + re.escape(name.encode()), re.IGNORECASE)
    copy.write_bytes(wrong.sub(rb"\g<1>Neutral", copy.read_bytes(), count=2))
    return copy


def _charset(path: Path, head: bytes, name: str, encoding: str) -> tuple[Charset, list[str]]:
    if encoding:
        return charset.named(encoding), []
    sample = _sample(path, head)
    known = _NAMES.get(name.lower())
    if known is not None and charset.reads_well(sample, known):
        return Charset(known, f"文件头（{name}）"), []
    found = charset.detect(sample)
    if known is None or sample.isascii():
        return found, []
    return found, [f"文件头写的字符集 {name} 与内容不符，改按 {found.encoding.upper()} 读取；请核对名称示例"]


def _sample(path: Path, head: bytes) -> bytes:
    """Header (it holds the field names) and values, as raw bytes."""
    lines = b"\n".join(line for line in head.split(b"\n") if not line.isascii())[:8000]
    table = beside(path, ".dat")
    if table is not None:
        return lines + b"\n" + dbase.text_sample(table)
    values = beside(path, ".mid")
    if values is None:
        return lines
    with values.open("rb") as stream:
        text = stream.read(256_000)
    return lines + b"\n" + b"\n".join(line for line in text.split(b"\n")[:-1] if not line.isascii())[:64_000]
