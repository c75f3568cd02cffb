"""Files of rows as somebody hands them over: CSV (UTF-8, GBK, Big5), also gzipped, and XLSX; as lines with numbers."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from geoapp.layers.formats import table, workbook
from geoapp.layers.formats.source import MustChoose, Unreadable
from geoapp.reports.datafile import BadData

_TEXTS, _BOOKS = {".csv", ".tsv", ".txt"}, {".xlsx", ".xlsm"}
_HEADER_WITHIN = 20
_MOST_BYTES = 4 << 30
#: Text shrinks to a tenth or a twentieth; what shrinks more than this is a bomb.
_MOST_RATIO, _SMALL_BYTES = 150, 64 << 20


@dataclass(frozen=True, slots=True)
class Lines:
    """A table: ``read()`` begins anew and gives (number of the row, cells), the header's row included."""

    name: str
    encoding: str
    sha256: str
    read: Callable[[], Iterator[tuple[int, list[Any]]]]
    #: Other sheets of the workbook with something in them, which are not read.
    unread: tuple[str, ...] = ()
    #: Can it be read through in no time?
    is_text: bool = False

    def check(self) -> None:
        """Read a text through, so that a fault at its end is told before the first row is stored."""
        if self.is_text:
            for _ in self.read():
                pass

    def header(self, is_header: Callable[[Sequence[str]], bool]) -> tuple[int, list[str]]:
        """Row and headings of the first of the first rows that is one; the first row where none is."""
        first: list[tuple[int, list[Any]]] = []
        for row, cells in islice(self.read(), _HEADER_WITHIN):
            headings = ["" if cell is None else str(cell).strip() for cell in cells]
            if is_header(headings):
                return row, headings
            first.append((row, headings))
        if not first:
            raise Unreadable("表格 %(file)s 里没有内容；请核对文件。", file=self.name)
        return first[0]


@contextmanager
def opened(path: Path, *, encoding: str = "", sheet: str = "", name: str = "") -> Iterator[Lines]:
    """A file of rows, for as long as the block runs.

    Raises
    ------
    Unreadable, MustChoose : it is no table, is broken, bursts, or its encoding cannot be told
    """
    name = name or path.name
    if not path.is_file():
        raise Unreadable("找不到文件 %(file)s；请核对路径。", file=name)
    with TemporaryDirectory(prefix="geoapp-rows-") as folder:
        plain = _unpacked(path, Path(folder)) if path.suffix.lower() == ".gz" else path
        try:
            yield _lines(plain, encoding, sheet, name=name, digest=_digest(path))
        except (Unreadable, MustChoose) as error:
            error.rename_file(plain.name, name)
            raise


def mapping_text(path: Path) -> str:
    """A mapping file as text, with or without a mark at its beginning; BadData when it is in another encoding."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadData(f"映射文件 {path.name} 不是 UTF-8；请用文本编辑器另存为 UTF-8 后重试。") from None


def _lines(plain: Path, encoding: str, sheet: str, *, name: str, digest: str) -> Lines:
    suffix = plain.suffix.lower()
    if suffix in _BOOKS:
        chosen = workbook.choose_sheet(plain, sheet)
        unread = tuple(title for title in workbook.filled_sheets(plain) if title != chosen)
        return Lines(name, "UTF-8", digest, lambda: _numbered(workbook.rows(plain, chosen)), unread)
    if suffix in _TEXTS:
        found = table.plain_lines(plain, encoding)[1].encoding
        return Lines(name, found.upper(), digest, lambda: _numbered(table.plain_lines(plain, found)[0]), is_text=True)
    raise Unreadable("文件 %(file)s 应为 CSV 或 XLSX（CSV 可以用 gzip 压缩）；请用表格软件另存。", file=name)


def _numbered(lines: Iterator[list[Any]]) -> Iterator[tuple[int, list[Any]]]:
    return enumerate(lines, start=1)


def _unpacked(path: Path, folder: Path) -> Path:
    """The file in a gzip, unpacked as far as it is harmless."""
    target = folder / path.name.removesuffix(path.suffix)
    packed, written = max(path.stat().st_size, 1), 0
    try:
        with gzip.open(path) as stream, target.open("wb") as out:
            while chunk := stream.read(1 << 20):
                written += len(chunk)
                if written > _MOST_BYTES or (written > _SMALL_BYTES and written / packed > _MOST_RATIO):
                    raise Unreadable(
                        "压缩文件 %(file)s 展开后过大，与它的大小不相称，已拒绝；请核对文件。", file=path.name
                    )
                out.write(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise Unreadable("压缩文件 %(file)s 已损坏；请重新下载或打包。", file=path.name) from None
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
