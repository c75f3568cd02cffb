"""An Excel file as bytes that are the same each time: no clock, no compression, so no library's version shows in it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from xml.sax.saxutils import escape

Cell = str | int | None
# Looks of a cell, by their place in the style sheet below.
PLAIN, TITLE, HEAD, BODY, SUM = range(5)

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of cells with a look for each row, merged ranges such as ``A1:J1``, widths of the columns."""

    name: str
    rows: list[list[Cell]]
    looks: list[int]
    merged: list[str]
    widths: list[float]


def column_letter(index: int) -> str:
    """Letter of a column counted from 0, up to Z.

    Examples
    --------
    >>> column_letter(2)
    'C'
    """
    return chr(ord("A") + index)


def workbook(sheet: Sheet) -> bytes:
    """The sheet as an .xlsx file (ECMA-376), parts stored uncompressed, dated 1980-01-01."""
    strings: dict[str, int] = {}
    table = _sheet_xml(sheet, strings)
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{escape(sheet.name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
        ),
        "xl/worksheets/sheet1.xml": table,
        "xl/styles.xml": _styles(),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}" uniqueCount="{len(strings)}">{texts}</sst>',
    }
    return _zipped({name: (_XML + text).encode() for name, text in parts.items()})


def _sheet_xml(sheet: Sheet, strings: dict[str, int]) -> str:
    lines = []
    for number, (cells, look) in enumerate(zip(sheet.rows, sheet.looks, strict=True), start=1):
        written = []
        for index, cell in enumerate(cells):
            at = f'r="{column_letter(index)}{number}" s="{look}"'
            if cell is None:
                written.append(f"<c {at}/>")
            elif isinstance(cell, int):
                written.append(f"<c {at}><v>{cell}</v></c>")
            else:
                written.append(f'<c {at} t="s"><v>{strings.setdefault(cell, len(strings))}</v></c>')
        lines.append(f'<row r="{number}">{"".join(written)}</row>')
    columns = "".join(
        f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>' for i, width in enumerate(sheet.widths, start=1)
    )
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    return (
        f'<worksheet xmlns="{_MAIN}"><cols>{columns}</cols><sheetData>{"".join(lines)}</sheetData>'
        f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells></worksheet>'
    )


def _content_types() -> str:
    overrides = [
        ("workbook", "sheet.main"),
        ("worksheets/sheet1", "worksheet"),
        ("styles", "styles"),
        ("sharedStrings", "sharedStrings"),
    ]
    parts = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>' for part, kind in overrides
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}</Types>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _styles() -> str:
    edge = '<{0} style="thin"><color rgb="FFD8DCE2"/></{0}>'
    border = "".join(edge.format(side) for side in ("left", "right", "top", "bottom"))
    centred = '<alignment horizontal="center" vertical="center" wrapText="1"/>'
    # font, fill and border of PLAIN, TITLE, HEAD, BODY, SUM
    looks = "".join(
        f'<xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{line}" xfId="0" applyFont="1" applyFill="1" '
        f'applyBorder="1" applyAlignment="1">{centred}</xf>'
        for font, fill, line in [(0, 0, 0), (2, 0, 0), (1, 2, 1), (0, 0, 1), (1, 0, 1)]
    )
    font = '<font>{}<sz val="{}"/><name val="宋体"/></font>'
    fonts = font.format("", 11) + font.format("<b/>", 11) + font.format("<b/>", 16)
    solid = '<patternFill patternType="solid"><fgColor rgb="FFF6F7F9"/></patternFill>'
    return (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="3">{fonts}</fonts>'
        f'<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        f"</fill><fill>{solid}</fill></fills>"
        f'<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
        f"<border>{border}<diagonal/></border></borders>"
        f'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="5">{looks}</cellXfs>'
        f'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


# 1980-01-01 00:00 as a zip file writes it: the first day it can name.
_DATE, _TIME, _UTF8 = (1 << 5) | 1, 0, 1 << 11


def _zipped(parts: dict[str, bytes]) -> bytes:
    """A zip file of stored entries (APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16)."""
    body, directory = b"", b""
    for name, content in parts.items():
        path = name.encode()
        entry = struct.pack(
            "<HHHHHIIIHH", 20, _UTF8, 0, _TIME, _DATE, zlib.crc32(content), len(content), len(content), len(path), 0
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + entry + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + path
        body += b"PK\x03\x04" + entry + path + content
    end = struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
