"""A roster 台账 as offices keep it: titles, two rows of headers, merged cells, and 合计 rows that only check."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.errors import Invalid
from geoapp.layers.rosters.names import Building, expand, normal, split_evenly

Merged = tuple[int, int, int, int]
_TOTAL = re.compile(r"^(总计|合计|共计|总数|累计|全社区合计|社区合计)")
_SUBTOTAL = re.compile(r"^(小计)|小计$")
_NOTE = re.compile(r"^(注|说明|备注|填表|制表|审核|单位|统计|截至|联系)")
_ROLES = (
    ("households", re.compile(r"总户数|户数合计|户数/(合计|总数|小计|计)$|^户数$|住户数|居民户数|套数|(?<!空置)户数")),
    ("people", re.compile(r"总人数|人口|人数")),
    ("building", re.compile(r"楼栋|楼号|栋号|幢号|楼房|楼名|楼宇|楼院|^楼$|门牌|^栋$|楼/|/楼")),
    ("compound", re.compile(r"小区|院落|小院|^院")),
    ("unit", re.compile(r"单元")),
    ("community", re.compile(r"社区|居委会")),
    ("name", re.compile(r"名称|地址|位置")),
)
_BASES = ("户籍", "常住", "套数", "登记", "实有")
MOST_ROWS = 200_000
#: What is wrong with a row that is set aside.
NO_NAME, NO_HOUSEHOLDS = "没有写楼栋或小区", "没有写户数，或户数不是非负整数"


class BadRoster(Invalid):
    """The sheet cannot be read as a roster."""


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One building of a roster; ``rows`` are the sheet's rows (1-based) that speak of it."""

    building: Building
    compound: str
    households: int
    #: A total of several buildings was shared out 均摊.
    apportioned: bool
    rows: tuple[int, ...]
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        """What to call it: with its compound, unless that is part of the name."""
        own, estate = self.building.name, self.building.estate
        if not self.compound or self.compound in own:
            return own
        # 霞光里30号院 and 30号院2号楼 make 霞光里30号院2号楼.
        return f"{self.compound}{self.building.label if estate and self.compound.endswith(estate) else own}"

    @property
    def key(self) -> str:
        """The name in one spelling, by which a tap is remembered."""
        return normal(self.name)


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """A 合计 or 小计 row: what it states and what the rows above it come to."""

    row: int
    words: str
    stated: int
    counted: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that says households but not of what, or a building but not how many."""

    row: int
    problem: str
    households: int
    text: str


@dataclass(slots=True)
class Roster:
    """All that a sheet says."""

    columns: dict[str, str]
    basis: str = ""
    #: Community that the title speaks of; empty when it names none.
    community: str = ""
    #: Day that the figures are of, as YYYY-MM-DD; empty when the title does not say.
    date: str = ""
    rows: list[RosterRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    totals: list[TotalCheck] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows_in: int = 0

    @property
    def households(self) -> int:
        """Households of all buildings together."""
        return sum(row.households for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Line:
    """One data row: where it stands, its cells, its households, and how many rows share that number."""

    at: int
    cells: list[Any]
    buildings: list[Building]
    households: int | None


def read_roster(lines: Iterable[Sequence[Any]], merged: Iterable[Merged] = ()) -> Roster:
    """A sheet's cells and merged ranges (0-based) -> buildings with households.

    Raises
    ------
    BadRoster : no header with a column of buildings or compounds and one of households, or far too many rows
    """
    sheet = [list(line) for line in lines]
    if len(sheet) > MOST_ROWS:
        raise BadRoster(f"台账有 {len(sheet)} 行，超过 {MOST_ROWS} 行；请按社区拆开。")
    ranges = list(merged)
    _fill(sheet, ranges)
    first, last, header = _header(sheet)
    roles = _roles(header)
    roster = Roster(columns={role: header[at] for role, at in roles.items()})
    roster.basis = next((word for word in _BASES if word in header[roles["households"]]), "")
    title = " ".join(str(cell) for line in sheet[:first] for cell in line[:1] if cell)
    roster.basis = roster.basis or next((word for word in _BASES if word in title), "")
    day = re.search(r"(\d{4})[年.-](\d{1,2})[月.-](\d{1,2})", title)
    roster.date = f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}" if day else ""
    named = re.search(r"([\u4e00-\u9fff]{2,8})(?:社区|居委会)", title)
    roster.community = re.sub(r"^.*(街道|地区|镇|乡|区)(?=.{2,})", "", named[1]) + "社区" if named else ""
    groups = _groups(ranges, column=roles["households"], after=last)
    _read_rows(roster, sheet, last + 1, header, roles, groups)
    return roster


def _fill(sheet: list[list[Any]], ranges: Sequence[Merged]) -> None:
    """Write a merged cell's value into all the cells that it covers."""
    for top, left, bottom, right in ranges:
        if top >= len(sheet) or left >= len(sheet[top]):
            continue
        value = sheet[top][left]
        for line in sheet[top : bottom + 1]:
            # A range over whole columns or down to the end of the sheet covers what is there, no more.
            line.extend([None] * (min(right + 1, 200) - len(line)))
            for at in range(left, min(right + 1, len(line))):
                line[at] = value


def _header(sheet: list[list[Any]]) -> tuple[int, int, list[str]]:
    """First and last row of the header, and the text of each column, two rows joined by a slash."""
    for at, line in enumerate(sheet[:30]):
        words = [_word(cell) for cell in line]
        telling = any(p.search(w) and len(w) <= 20 for w in words for _, p in _ROLES[:4])
        if len(set(filter(None, words))) < 2 or not telling:
            continue
        joined = words
        for last in (at, at + 1, at + 2):
            if last > at:
                if last >= len(sheet) or not _is_header_row(sheet[last]):
                    break
                joined = _join(joined, [_word(cell) for cell in sheet[last]])
            more = last + 1 < len(sheet) and _is_header_row(sheet[last + 1]) and last < at + 2
            if not more and _is_complete(joined):
                return at, last, joined
    raise BadRoster("没有找到台账的表头：需要一列楼栋或小区的名称，和一列户数；请核对工作表，或用 --sheet 指明。")


def _is_header_row(line: Sequence[Any]) -> bool:
    filled = [cell for cell in line if cell not in (None, "")]
    named = any(expand(cell) and re.search(r"\d", normal(cell)) for cell in filled if isinstance(cell, str))
    return bool(filled) and all(isinstance(cell, str) and _count(cell) is None for cell in filled) and not named


def _join(above: list[str], below: list[str]) -> list[str]:
    width = max(len(above), len(below))
    above, below = above + [""] * (width - len(above)), below + [""] * (width - len(below))
    joined = []
    left = ""
    for one, two in zip(above, below, strict=True):
        # Where cells were left empty instead of merged, the heading to the left goes on.
        left = one or left
        over = one or (left if two else "")
        joined.append(over if not two or two == over else (f"{over}/{two}" if over else two))
    return joined


def _is_complete(header: list[str]) -> bool:
    try:
        _roles(header)
    except BadRoster:
        return False
    return True


def _roles(header: list[str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for role, pattern in _ROLES:
        fits = [
            (len(found[0]) < len(word), at)
            for at, word in enumerate(header)
            if (found := pattern.search(word)) and at not in roles.values() and not _is_not(role, word)
        ]
        if fits:
            roles[role] = _best_households(header, [at for _, at in fits]) if role == "households" else fits[0][1]
    if "building" not in roles and "name" in roles:
        roles["building"] = roles["name"]
    if "households" not in roles or not {"building", "compound"} & set(roles):
        raise BadRoster("没有找到台账的表头：需要一列楼栋或小区的名称，和一列户数；请核对工作表，或用 --sheet 指明。")
    return roles


def _is_not(role: str, word: str) -> bool:
    if role == "households":
        return bool(re.search(r"空置|出租|户型|户主|低保|独居|楼户|单元户", word))
    return role == "building" and bool(re.search(r"层|长|门长|类型|性质|年代|面积|高", word))


def _best_households(header: list[str], fits: list[int]) -> int:
    """The column of all households where there are several: a total first, then plain 户数, then the first."""
    for pattern in (r"总户数|合计|总数", r"(^|/)户数$", r"住户|居民户|常住|实有"):
        for at in fits:
            if re.search(pattern, header[at]):
                return at
    return fits[0]


def _groups(ranges: Sequence[Merged], *, column: int, after: int) -> dict[int, tuple[int, int]]:
    """Row -> first and last row of the merged households cell that it lies in."""
    groups: dict[int, tuple[int, int]] = {}
    for top, left, bottom, right in ranges:
        if left <= column <= right and top > after and bottom > top:
            groups.update(dict.fromkeys(range(top, bottom + 1), (top, bottom)))
    return groups


def _read_rows(
    roster: Roster,
    sheet: list[list[Any]],
    start: int,
    header: list[str],
    roles: dict[str, int],
    groups: dict[int, tuple[int, int]],
) -> None:
    found: dict[tuple[str, str], RosterRow] = {}
    since_total = everything = 0
    pending: list[_Line] = []
    for at in range(start, len(sheet)):
        cells = sheet[at]
        if all(cell in (None, "") for cell in cells) or [_word(cell) for cell in cells] == header[: len(cells)]:
            continue
        households = _count(_at(cells, roles["households"]))
        words = next((w for w in (_word(cell) for cell in cells) if w), "")
        total = next((w for w in (_word(c) for c in cells[:6]) if _TOTAL.match(w) or _SUBTOTAL.search(w)), "")
        if total:
            sub = bool(_SUBTOTAL.search(total))
            if households is not None:
                counted = since_total if sub else everything
                roster.totals.append(TotalCheck(at + 1, total, households, counted))
            since_total = 0
            continue
        alone = len({_word(cell) for cell in cells if _word(cell)}) == 1 and not re.search(r"\d号楼", normal(words))
        if households is None and (_NOTE.match(words) or alone):
            roster.notes.append(words)
            continue
        roster.rows_in += 1
        pending.append(_Line(at, cells, _buildings(cells, roles), households))
        group = groups.get(at)
        if group is not None and at < group[1]:
            continue
        counted = _settle(roster, found, pending, header, roles)
        since_total, everything, pending = since_total + counted, everything + counted, []
    if pending:
        _settle(roster, found, pending, header, roles)
    roster.rows = list(found.values())


def _buildings(cells: Sequence[Any], roles: dict[str, int]) -> list[Building]:
    text = _at(cells, roles.get("building"))
    if text in (None, ""):
        text = _at(cells, roles.get("compound"))
    return expand(text)


def _settle(
    roster: Roster,
    found: dict[tuple[str, str], RosterRow],
    lines: list[_Line],
    header: list[str],
    roles: dict[str, int],
) -> int:
    """Share the number of one row, or of rows under one merged cell, out to their buildings; gives the number."""
    households = lines[0].households
    rows = [line.at + 1 for line in lines]
    named = [(line, building) for line in lines for building in line.buildings]
    if not named or households is None:
        problem = NO_NAME if households is not None else NO_HOUSEHOLDS
        for i, line in enumerate(lines):
            text = "，".join(str(cell) for cell in line.cells if cell not in (None, ""))
            roster.bad.append(BadRow(line.at + 1, problem, households or 0 if i == 0 else 0, text[:1000]))
        return households or 0
    distinct = list(dict.fromkeys((_compound(line, roles), building) for line, building in named))
    shares = dict(zip(distinct, split_evenly(households, len(distinct)), strict=True))
    for (compound, building), share in shares.items():
        line = next(one for one, b in named if b == building and _compound(one, roles) == compound)
        key = (compound, building.name)
        before = found.get(key)
        found[key] = RosterRow(
            building,
            compound,
            share + (before.households if before else 0),
            len(distinct) > 1 or bool(before and before.apportioned),
            (*(before.rows if before else ()), *([line.at + 1] if len(rows) == 1 else rows)),
            before.fields if before else _fields(line.cells, header),
        )
    return households


def _compound(line: _Line, roles: dict[str, int]) -> str:
    if "building" not in roles or "compound" not in roles:
        return ""
    return normal(_at(line.cells, roles["compound"]))


def _fields(cells: Sequence[Any], header: list[str]) -> dict[str, Any]:
    return {name: cell for name, cell in zip(header, cells, strict=False) if name and cell not in (None, "")}


def _at(cells: Sequence[Any], at: int | None) -> Any:
    return None if at is None or at >= len(cells) else cells[at]


def _word(cell: Any) -> str:
    """A cell as one word of a heading: no spaces, half-width."""
    return "" if cell is None else re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(cell)))


def _count(cell: Any) -> int | None:
    """A number of households: 120, "１２０", "1,200", "120户"; None for anything else."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return int(cell) if cell >= 0 and float(cell).is_integer() else None
    text = re.sub(r"(?<=\d),(?=\d{3})", "", _word(cell))
    found = re.fullmatch(r"(\d{1,9})(?:\.0+)?(户|套)?", text)
    return int(found[1]) if found else None
