"""Tables of figures, worked by hand: what stands on top, what an outsider reads, what goes into a file."""

from __future__ import annotations

from datetime import date

import pytest

from geoapp.reports.figures.actions import as_csv, as_workbook, level_below
from geoapp.reports.figures.chart import HEIGHT, chart, step_for
from geoapp.reports.figures.forms import BadQuestion, read
from geoapp.reports.figures.periods import steps
from geoapp.reports.figures.rates import Tally
from geoapp.reports.figures.sheet import COLUMNS, Row, cell, ordered, records, totals
from tests.reports.data import BEIJING

NAMES = [column.name for column in COLUMNS]
ONE_OF_ONE = Tally(received=1, due=1, closed_of_due=1, closed_in_time=1)
MOST = Tally(received=20, due=20, closed_of_due=19, closed_in_time=18)
HALF = Tally(received=10, due=10, closed_of_due=5, closed_in_time=5)


def row(code: str, tally: Tally, *, own: bool = True) -> Row:
    return Row(code, code, tally, own)


def test_a_body_with_one_case_is_not_ranked_above_one_with_twenty() -> None:
    """1/1 is 100 %, 19/20 is 95 %, 5/10 is 50 %: 95, 50, and the single case last and marked."""
    rows = [row("a", ONE_OF_ONE), row("b", HALF), row("c", MOST)]
    assert [r.code for r in ordered(rows, "closing")] == ["c", "b", "a"]
    assert [r.code for r in ordered(rows, "")] == ["a", "b", "c"]
    closing = COLUMNS[NAMES.index("closing")]
    assert cell(closing, ONE_OF_ONE, own=True).few
    assert not cell(closing, MOST, own=True).few
    assert cell(closing, MOST, own=True).words == "95.00%（19/20）"


def test_an_outsider_reads_nothing_that_tells_of_fewer_than_three() -> None:
    """19 of 20 tells that one is open; 5 of 10 tells of nobody."""
    closing, received = COLUMNS[NAMES.index("closing")], COLUMNS[NAMES.index("received")]
    hidden = cell(closing, MOST, own=False)
    assert (hidden.words, hidden.value, hidden.few) == ("<3", None, False)
    assert cell(closing, HALF, own=False).words == "50.00%（5/10）"
    assert cell(received, Tally(received=2), own=False).words == "<3"
    assert cell(received, Tally(received=0), own=False).words == "0"


def test_a_sum_that_would_tell_the_one_withheld_figure_is_withheld_too() -> None:
    """10 + 2 = 12: who reads 10 and 12 knows the 2. With two withheld the sum tells of neither."""
    one = [row("a", Tally(received=10), own=False), row("b", Tally(received=2), own=False)]
    assert totals(one, own=False)[0].words == "—"
    two = [*one, row("c", Tally(received=1), own=False)]
    assert totals(two, own=False)[0].words == "13"
    assert totals([row(r.code, r.tally) for r in one], own=True)[0].words == "12"
    assert records("地方", one, "合计", own=False, english=False)[-1][1] == "—"


def test_the_file_has_part_whole_and_quotient_and_no_formula() -> None:
    table = records("地方", [row("=1+1", MOST)], "合计", own=True, english=False)
    assert table[0][:5] == ["地方", "受理量", "结案率 n", "结案率 N", "结案率 %"]
    assert table[1][:5] == ["=1+1", 20, 19, 20, 0.95]
    content = as_csv(table)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1].startswith("'=1+1,20,19,20,0.95")


def test_the_workbook_takes_no_name_for_a_formula() -> None:
    from io import BytesIO

    import openpyxl

    table = records("地方", [row("=1+1", MOST)], "合计", own=True, english=False)
    book = openpyxl.load_workbook(BytesIO(as_workbook("统计", table, [["指标"], ["结案率"]])))
    page = book["统计"]
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1", "s")
    assert (page["E2"].value, page["E2"].number_format) == (0.95, "0.00%")
    assert book.sheetnames == ["统计", "口径"]


def test_a_chart_gives_an_outsider_no_height_of_a_small_count() -> None:
    days = steps(date(2026, 11, 1), date(2026, 11, 3), step="day", zone=BEIJING)
    tallies = [Tally(received=2, closed=8), Tally(received=4, closed=0)]
    for own, heights in ((True, [47.5, 190.0, 95.0, 0.0]), (False, [0.0, 190.0, 95.0, 0.0])):
        drawn = chart(days, tallies, words=("受理", "结案"), own=own)
        assert [bar.height for bar in drawn.bars] == heights
        assert all(bar.y + bar.height == HEIGHT for bar in drawn.bars)
        assert ("<3" in drawn.bars[0].words) != own
    assert [step_for(n) for n in (31, 32, 190, 191, 2000, 9000)] == ["day", "week", "week", "month", "quarter", "year"]


def test_places_are_compared_one_level_down() -> None:
    assert [level_below(code) for code in ("", "110105", "110105012", "110105012023", "11010501202300101")] == [
        "district", "subdistrict", "community", "grid", "courtyard",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [{"place": "110106"}, {"kind": "x"}, {"since": "2026-13-01"}, {"since": "0001-01-01"}, {"by": "person"},
     {"since": "2026-11-02", "until": "2026-11-01"}],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_one_sentence(query: dict[str, str]) -> None:
    with pytest.raises(BadQuestion, match="；"):
        read(query, places={"110105": "区"}, usual="110105", kinds={"noise"}, today=date(2026, 11, 29))


def test_asked_nothing_it_is_the_last_thirty_days() -> None:
    asked = read({}, places={"110105": "区"}, usual="110105", kinds=(), today=date(2026, 11, 30))
    assert (asked.since, asked.until, asked.days, asked.by) == (date(2026, 11, 1), date(2026, 11, 30), 30, "place")
