"""The table of figures: rows with their tallies, what of them an outsider reads, and who may stand on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geoapp.indicators import Indicator
from geoapp.reports.figures import rates
from geoapp.reports.figures.rates import LEAST_PUBLIC, Share, Tally

#: A share of fewer than so many cases is marked, and ranked behind all that have more.
LEAST_RANKED = 10
#: Stands where a count could be reckoned from its neighbours.
WITHHELD = "—"


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
    """A figure; to outsiders nothing that tells of fewer than three."""
    if column.share is None:
        assert column.count is not None
        return Cell(rates.shown_count(column.count(tally), public=not own))
    share = column.share(tally)
    hidden = not own and share.tells_of_few
    few = 0 < share.whole < LEAST_RANKED
    return Cell(share.shown(public=not own), None if hidden else share.value, few and not hidden)


def is_withheld(column: Column, tally: Tally, *, own: bool) -> bool:
    """Does an outsider not read the figure?"""
    if own:
        return False
    if column.share is not None:
        return column.share(tally).tells_of_few
    assert column.count is not None
    return 0 < column.count(tally) < LEAST_PUBLIC


def totals(rows: Sequence[Row], *, own: bool) -> list[Cell]:
    """The last line. One withheld figure could be told from the sum of all: then the sum is withheld too."""
    total = sum((row.tally for row in rows), Tally())
    found = []
    for column in COLUMNS:
        alone = sum(is_withheld(column, row.tally, own=row.own) for row in rows) == 1
        found.append(Cell(WITHHELD) if alone and not own else cell(column, total, own=own))
    return found


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """By a share from high to low, those with few cases behind all others; by code where none is named."""
    if sort not in SORTS:
        return sorted(rows, key=lambda row: row.code)
    share = next(column.share for column in COLUMNS if column.name == sort)
    assert share is not None

    def rank(row: Row) -> tuple[bool, float, str]:
        found = share(row.tally)
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
        line: list[str | int | float | None] = [row.title]
        for column in COLUMNS:
            alone = row is whole and sum(is_withheld(column, r.tally, own=r.own) for r in rows) == 1 and not own
            line += _values(column, row, withheld=alone)
        lines.append(line)
    return lines


def _values(column: Column, row: Row, *, withheld: bool) -> list[str | int | float | None]:
    small = is_withheld(column, row.tally, own=row.own)
    word = WITHHELD if withheld else f"<{LEAST_PUBLIC}"
    if column.share is None:
        assert column.count is not None
        return [word if small or withheld else column.count(row.tally)]
    if small or withheld:
        return [word] * 3
    share = column.share(row.tally)
    return [share.part, share.whole, None if share.value is None else round(share.value, 4)]
