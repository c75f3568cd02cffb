"""CSV and XLSX tables: with coordinates, with a code to join by, or as plain rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoapp.layers import faults
from geoapp.layers.cleaning import Rows
from geoapp.layers.columns import Placing, column_of, find_placing, place, value_of
from geoapp.layers.formats import charset
from geoapp.layers.formats.source import ROWS_AT_ONCE, MustChoose, Source, Unreadable, storable, unique_names
from geoapp.layers.importing import ImportOptions
from geoapp.layers.shapes import Shape

#: Rows above the header that are looked through for it: titles, notes, units.
_HEADER_WITHIN = 20
_LONGEST_LINE = 24_000_000
#: Stands for a line that is longer.
TOO_LONG = "\x00long"
#: A line of our own behind the last: it stands alone, unless a quotation mark is still open there.
_END = "\x00end"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the header stands (0-based) and what it says."""

    at: int
    names: tuple[str, ...]


def open_table(path: Path, options: ImportOptions) -> Source:
    """A table; its rows keep the numbers that they have in the file."""
    is_text = path.suffix.lower() not in {".xlsx", ".xlsm"}
    if is_text:
        found = charset.named(options.encoding) if options.encoding else charset.detect_file(path)
        delimiter = _delimiter(path, found.encoding)
        sheet = ""
    else:
        from geoapp.layers.formats import workbook

        found = charset.Charset("utf-8", "文件格式规定")
        sheet = workbook.choose_sheet(path, options.sheet)

    def lines() -> Iterator[list[Any]]:
        return _csv(path, found.encoding, delimiter) if is_text else workbook.rows(path, sheet)

    head = find_header(lines())
    placing = find_placing(head.names, lon=options.lon_field, lat=options.lat_field, wkt=options.wkt_field)
    for name in (options.name_field, options.code_field):
        if name:
            column_of(head.names, name)
    return Source(
        format="CSV" if is_text else "XLSX",
        read=lambda: _chunks(lines(), head, placing, text=is_text),
        crs=placing.crs,
        crs_basis="列名" if placing.crs else "",
        encoding=found.encoding.upper().replace("UTF-8-SIG", "UTF-8"),
        encoding_basis=found.basis,
        sublayer=sheet,
    )


def plain_lines(path: Path, encoding: str) -> tuple[Iterator[list[Any]], charset.Charset]:
    """All lines of a CSV file as they stand, and its encoding."""
    found = charset.named(encoding) if encoding else charset.detect_file(path)
    return _csv(path, found.encoding, _delimiter(path, found.encoding)), found


def find_header(lines: Iterable[list[Any]]) -> Head:
    """The first row that looks like a header: two or more filled cells, most of them words."""
    best: Head | None = None
    for at, cells in enumerate(lines):
        if at >= _HEADER_WITHIN:
            break
        filled = [cell for cell in cells if cell not in (None, "")]
        if best is None and filled:
            best = Head(at, _names(cells))
        words = sum(isinstance(cell, str) and value_of(cell.strip(), header="") == cell.strip() for cell in filled)
        if len(filled) >= 2 and words * 2 > len(filled):
            return Head(at, _names(cells))
    if best is None:
        raise Unreadable("表格里没有内容；请核对文件或工作表。")
    return best


def _names(cells: list[Any]) -> tuple[str, ...]:
    """Names of columns, each once: a second 面积 becomes 面积_2, an empty header 列5."""
    plain = [
        " ".join(str(cell).split()) if cell not in (None, "") else f"列{i}" for i, cell in enumerate(cells, start=1)
    ]
    names = unique_names([storable(name)[0] for name in plain])
    while names and names[-1] == f"列{len(names)}":
        names.pop()
    return tuple(names)


def _chunks(lines: Iterator[list[Any]], head: Head, placing: Placing, *, text: bool) -> Iterator[Rows]:
    numbers: list[int] = []
    shapes: list[Shape] = []
    props: list[dict[str, Any]] = []
    mended: list[int] = []
    for at, cells in enumerate(lines):
        if at <= head.at or all(cell is None or cell == "" for cell in cells):
            continue
        if cells == [TOO_LONG]:
            numbers.append(at + 1)
            shapes.append(Shape(fault=faults.TOO_MANY if placing.wkt is not None else faults.ROW_TOO_LONG))
            props.append({})
            continue
        row = {}
        for i, cell in enumerate(cells):
            name = head.names[i] if i < len(head.names) else f"列{i + 1}"
            if i < len(head.names) or cell not in (None, ""):
                row[name] = value_of(cell.strip(), header=name) if text else cell
        clean, changed = storable(row)
        if changed:
            mended.append(len(numbers))
        numbers.append(at + 1)
        shapes.append(place(cells, placing) if placing.places else Shape())
        if placing.wkt is not None:
            clean.pop(head.names[placing.wkt], None)
        props.append(clean)
        if len(numbers) >= ROWS_AT_ONCE:
            yield _rows(numbers, shapes, props, mended, placing)
            numbers, shapes, props, mended = [], [], [], []
    if numbers:
        yield _rows(numbers, shapes, props, mended, placing)


def _rows(
    numbers: list[int], shapes: list[Shape], props: list[dict[str, Any]], mended: list[int], placing: Placing
) -> Rows:
    array = np.empty(len(shapes), dtype=object)
    array[:] = [shape.geometry for shape in shapes]
    return Rows(
        numbers=np.array(numbers, dtype=np.int64),
        shapes=array,
        props=props,
        faults={i: shape.fault for i, shape in enumerate(shapes) if shape.fault is not None},
        closed=[i for i, shape in enumerate(shapes) if shape.closed],
        mended=mended,
        shapeless=not placing.places,
    )


def _csv(path: Path, encoding: str, delimiter: str) -> Iterator[list[Any]]:
    csv.field_size_limit(_LONGEST_LINE)
    # A file with a mark at its beginning is not always told to have one.
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(_bounded(stream), delimiter=delimiter)
        try:
            begun = 1
            for cells in reader:
                if cells == [_END]:
                    return
                if cells and _END in cells[-1]:
                    raise _never_closed(path, begun)
                yield cells
                begun = reader.line_num + 1
        except csv.Error:
            raise Unreadable(
                "表格 %(file)s 里有没有配对的引号或过长的单元格；请用表格软件另存为 CSV 后重试。", file=path.name
            ) from None


def _never_closed(path: Path, line: int) -> Unreadable:
    """All that stands behind such a mark would be one cell, and its rows gone without a word."""
    return Unreadable(
        "表格 %(file)s 第 %(line)s 行有一个引号没有配对，从那里到末尾的行都读不出来；请补上或删去这个引号后重试。",
        file=path.name,
        line=line,
    )


def _bounded(stream: io.TextIOWrapper) -> Iterator[str]:
    """Lines, and `_END`; one so long that it would fill the memory comes as `TOO_LONG`."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) < _LONGEST_LINE:
            yield line.replace("\x00", "")
            continue
        while line and not line.endswith("\n"):
            line = stream.readline(_LONGEST_LINE)
        # No other line can hold this sign.
        yield TOO_LONG + "\n"
    yield _END + "\n"


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that occurs most in the first lines."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        beginning = stream.read(20_000)
    if not beginning.strip("\ufeff \r\n\t\x00"):
        raise Unreadable("表格 %(file)s 是空的；请核对文件。", file=path.name)
    if beginning.count("\x00") > len(beginning) // 10:
        raise MustChoose("文件 %(file)s 不像文本表格；若是 UTF-16，请另存为 UTF-8 的 CSV。", file=path.name)
    counts = {sign: beginning.count(sign) for sign in (",", "\t", ";", "|")}
    best = max(counts, key=lambda sign: counts[sign])
    # A file of one column: any separator does.
    return best if counts[best] else ","
