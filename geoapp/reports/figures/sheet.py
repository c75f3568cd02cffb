"""The table of figures: rows with their tallies, what of them an outsider reads, and who may stand on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geoapp.indicators import Indicator
from geoapp.reports.figures import rates
from geoapp.reports.figures.rates import LEAST_PUBLIC, Share, Tally
from geoapp.reports.figures.rounding import blurred

#: A share of fewer than so many cases is marked, and ranked behind all that have more.
LEAST_RANKED = 10
#: What an outsider reads where a count was rounded to none; there may be none.
FEW = f"<{LEAST_PUBLIC}"


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of the table: its registered measure, and how it is read from a tally."""

    name: str
    indicator: Indicator
    count: Callable[[Tally], int] | None = None
    share: Callable[[Tally], Share] | None = None


COLUMNS = (
    Column("received", rates.RECEIVED, count=lambda t: t.received),
    Column("closing", rates.CLOSED, share=lambda t: t.closing),
    Column("on_time", rates.ON_TIME, share=lambda t: t.on_time),
    Column("finished", rates.FINISHED, count=lambda t: t.closed),
    Column("responding", rates.RESPONDED, share=lambda t: t.responding),
    Column("solving", rates.SOLVED, share=lambda t: t.solving),
    Column("satisfying", rates.SATISFIED, share=lambda t: t.satisfying),
    Column("not_asked", rates.NOT_ASKED, count=lambda t: t.not_asked),
    Column("excluded", rates.EXCLUDED, count=lambda t: t.excluded),
)
SORTS = tuple(column.name for column in COLUMNS if column.share is not None)


@dataclass(frozen=True, slots=True)
class Row:
    """A line: code of the place, kind or source, its shown title, its counts; ``own`` where the reader's office is."""

    code: str
    title: str
    tally: Tally
    own: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as it stands on a page; ``value`` is the share for a bar, None where none is shown."""

    words: str
    value: float | None = None
    few: bool = False


def cell(column: Column, tally: Tally, *, own: bool) -> Cell:
    """A figure; to outsiders one of rounded counts, and nothing that tells of fewer than three."""
    if column.share is None:
        return Cell(str(_number(column, tally, own=own)))
    share = column.share(tally if own else blurred(tally))
    if not own and not share.whole:
        return Cell(FEW)
    return Cell(share.shown(), share.value, 0 < share.whole < LEAST_RANKED)


def _number(column: Column, tally: Tally, *, own: bool) -> int | str:
    assert column.count is not None
    if own:
        return column.count(tally)
    return column.count(blurred(tally)) or FEW


def totals(rows: Sequence[Row], *, own: bool) -> list[Cell]:
    """The last line: the sum of what was counted, rounded as that, not the sum of what was rounded."""
    total = sum((row.tally for row in rows), Tally())
    return [cell(column, total, own=own) for column in COLUMNS]


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """By a share from high to low, those with few cases behind all others; by code where none is named."""
    if sort not in SORTS:
        return sorted(rows, key=lambda row: row.code)
    share = next(column.share for column in COLUMNS if column.name == sort)
    assert share is not None

    def rank(row: Row) -> tuple[bool, float, str]:
        found = share(row.tally if row.own else blurred(row.tally))
        return found.whole < LEAST_RANKED, -(found.value or 0.0), row.code

    return sorted(rows, key=rank)


def records(
    head: str, rows: Sequence[Row], total: str, *, own: bool, english: bool
) -> list[list[str | int | float | None]]:
    """The table for a spreadsheet: of each share part, whole and quotient in columns of their own."""
    names: list[str | int | float | None] = [head]
    for column in COLUMNS:
        title = column.indicator.title_en if english else column.indicator.title_zh
        names += [title] if column.share is None else [f"{title} n", f"{title} N", f"{title} %"]
    lines = [names]
    whole = Row("", total, sum((row.tally for row in rows), Tally()), own)
    for row in [*rows, whole]:
        lines.append([row.title, *(value for column in COLUMNS for value in _values(column, row))])
    return lines


def _values(column: Column, row: Row) -> list[str | int | float | None]:
    if column.share is None:
        return [_number(column, row.tally, own=row.own)]
    share = column.share(row.tally if row.own else blurred(row.tally))
    if not row.own and not share.whole:
        return [FEW] * 3
    return [share.part, share.whole, None if share.value is None else round(share.value, 4)]
