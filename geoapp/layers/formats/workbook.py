"""XLSX workbooks, read as a stream; what is hidden in merged cells is told apart; bombs are refused unopened."""

from __future__ import annotations

import datetime
import itertools
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geoapp.layers.formats.archive import check_archive
from geoapp.layers.formats.source import MustChoose, Unreadable

#: All texts of a workbook are held at once by the reader, so there is a limit to them.
_MOST_TEXT_BYTES = 48 << 20
_MOST_SHEET_BYTES = 1 << 30
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A workbook for reading; whatever the library stumbles over becomes one sentence."""
    _check(path)
    import warnings

    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (Unreadable, MemoryError):
        raise
    except Exception:
        # A malformed workbook may fail anywhere inside the library, with any error.
        raise _broken(path) from None
    try:
        yield book
    finally:
        book.close()


def choose_sheet(path: Path, wanted: str) -> str:
    """The sheet to read: the one named, or the first with two rows or more."""
    with _opened(path) as book:
        names = [str(sheet.title) for sheet in book.worksheets]
        if wanted:
            if wanted not in names:
                raise MustChoose(
                    "工作簿 %(file)s 里没有工作表“%(sheet)s”；有 %(sheets)s。",
                    file=path.name,
                    sheet=wanted,
                    sheets="、".join(names),
                )
            return wanted
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible" and len(list(itertools.islice(_filled(path, sheet), 2))) == 2:
                return str(sheet.title)
    raise Unreadable("工作簿 %(file)s 里没有表格内容；请核对文件。", file=path.name)


def sheets(path: Path) -> list[str]:
    """Titles of the sheets that are not hidden, in order."""
    with _opened(path) as book:
        return [str(sheet.title) for sheet in book.worksheets if sheet.sheet_state == "visible"]


def filled_sheets(path: Path) -> list[str]:
    """Titles of the sheets that are not hidden and have two rows or more, in order."""
    with _opened(path) as book:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return [str(s.title) for s in shown if len(list(itertools.islice(_filled(path, s), 2))) == 2]


def rows(path: Path, sheet: str) -> Iterator[list[Any]]:
    """Rows of a sheet from its first on, with plain values; rows that are empty come as empty lists."""
    with _opened(path) as book:
        yield from _values(path, book[sheet])


def merged(path: Path, sheet: str) -> list[tuple[int, int, int, int]]:
    """Merged cells of a sheet: first row, first column, last row, last column, 0-based."""
    with _opened(path) as book:
        part = str(book[sheet]._worksheet_path).lstrip("/")
    found: list[tuple[int, int, int, int]] = []
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            text = rest + chunk
            end = 0
            for match in _MERGED.finditer(text):
                a, b, c, d = match.groups()
                found.append((int(b) - 1, _column(a), int(d) - 1, _column(c)))
                end = match.end()
            rest = text[max(end, len(text) - 200) :]
    return found


def _filled(path: Path, sheet: Any) -> Iterator[list[Any]]:
    return (row for row in _values(path, sheet) if any(cell is not None for cell in row))


def _values(path: Path, sheet: Any) -> Iterator[list[Any]]:
    sheet.reset_dimensions()  # what a file says of its size need not be true
    try:
        for row in sheet.iter_rows(values_only=True):
            yield [_plain(cell) for cell in row]
    except (Unreadable, MemoryError, GeneratorExit):
        raise
    except Exception:
        raise _broken(path) from None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _check(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise _broken(path)
    members = check_archive(path)
    if not any(member.filename == "[Content_Types].xml" for member in members):
        raise Unreadable("文件 %(file)s 不是 XLSX 工作簿；请用表格软件另存为 .xlsx。", file=path.name)
    for member in members:
        limit = _MOST_SHEET_BYTES if "/worksheets/" in member.filename else _MOST_TEXT_BYTES
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > limit or (member.file_size > 16 << 20 and ratio > 150):
            raise Unreadable(
                "工作簿 %(file)s 展开后过大，与它的大小不相称，已拒绝；请只保留要导入的工作表。", file=path.name
            )


def _broken(path: Path) -> Unreadable:
    return Unreadable(
        "工作簿 %(file)s 打不开，可能已损坏或不是 .xlsx；请用表格软件另存为 .xlsx 后再导入。", file=path.name
    )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
