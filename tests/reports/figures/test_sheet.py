"""Tables of figures, worked by hand: what stands on top, what an outsider reads, what goes into a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from geoapp.reports.figures.actions import as_csv, as_workbook, level_below
from geoapp.reports.figures.chart import HEIGHT, chart, step_for
from geoapp.reports.figures.forms import BadQuestion, read
from geoapp.reports.figures.periods import steps
from geoapp.reports.figures.rates import Tally
from geoapp.reports.figures.rounding import blurred
from geoapp.reports.figures.sheet import COLUMNS, Cell, Row, cell, ordered, records, totals
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


def test_18_a_difference_of_two_answers_does_not_tell_an_outsider_of_one_report() -> None:
    """Seven reports and the same seven with an eighth: both round to 6 or 9, by lots that hang on which they are.

    Over 300 such pairs the differences are -3, 0 and 3, never the 1 that it is; what is right on average is 1 of them.
    """
    received = COLUMNS[NAMES.index("received")]
    differences = []
    for seed in range(300):
        fewer = cell(received, Tally(received=7, received_seed=seed), own=False).words
        more = cell(received, Tally(received=8, received_seed=seed + 1000), own=False).words
        differences.append(int(more) - int(fewer))
    assert set(differences) == {-3, 0, 3}
    assert sum(differences) / 300 == pytest.approx(1.0, abs=0.5)
    asked = [cell(received, Tally(received=7, received_seed=5), own=False) for _ in range(3)]
    assert asked[0] == asked[1] == asked[2], "asked again, the same reports give the same number"
    assert cell(received, Tally(received=7), own=True).words == "7"


def test_18_an_outsider_reads_nothing_of_fewer_than_three() -> None:
    """Whatever the lot, 1 and 2 read as <3 or 3; 19 of 20 as multiples of three, the part within the whole."""
    closing, received = COLUMNS[NAMES.index("closing")], COLUMNS[NAMES.index("received")]
    seen = {cell(received, Tally(received=n, received_seed=s), own=False).words for n in (1, 2) for s in range(40)}
    assert seen == {"<3", "3"}
    assert cell(received, Tally(), own=False).words == cell(closing, Tally(), own=False).words == "<3"
    for seed in range(40):
        blur = blurred(replace(MOST, due_seed=seed))
        assert blur.due in (18, 21) and blur.closed_of_due in (18, 21) and blur.closed_in_time == 18
        assert blur.closed_of_due <= blur.due and blur.not_asked >= 0


def test_18_a_sum_is_rounded_as_what_it_is_and_not_made_of_rounded_lines() -> None:
    """The same reports asked for as lines or as one: one number, or its mean over ways to ask would be the count."""
    rows = [
        row("a", Tally(received=10, received_seed=11), own=False),
        row("b", Tally(received=2, received_seed=7), own=False),
    ]
    alone = cell(COLUMNS[0], Tally(received=12, received_seed=18), own=False)
    assert totals(rows, own=False)[0] == alone == Cell("12")
    assert records("地方", rows, "合计", own=False, english=False)[-1][1] == 12
    assert totals([row(r.code, r.tally) for r in rows], own=True)[0].words == "12"


def test_the_file_has_part_whole_and_quotient_and_no_formula() -> None:
    table = records("地方", [row("=1+1", MOST)], "合计", own=True, english=False)
    assert table[0][:5] == ["地方", "受理量", "结案率 n", "结案率 N", "结案率 %"]
    assert table[1][:5] == ["=1+1", 20, 19, 20, 0.95]
    content = as_csv(table)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1].startswith("'=1+1,20,19,20,95.00")


def test_the_workbook_takes_no_name_for_a_formula() -> None:
    from io import BytesIO

    import openpyxl

    table = records("地方", [row("=1+1", MOST)], "合计", own=True, english=False)
    book = openpyxl.load_workbook(BytesIO(as_workbook("统计", table, [["指标"], ["结案率"]])))
    page = book["统计"]
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1", "s")
    assert (page["E2"].value, page["E2"].number_format) == (0.95, "0.00%")
    assert book.sheetnames == ["统计", "口径"]


def test_18_a_chart_gives_an_outsider_no_height_of_a_small_count() -> None:
    days = steps(date(2026, 11, 1), date(2026, 11, 3), step="day", zone=BEIJING)
    tallies = [Tally(received=2, closed=8), Tally(received=4, closed=0)]
    drawn = chart(days, tallies, words=("受理", "结案"), own=True)
    assert [bar.height for bar in drawn.bars] == [47.5, 190.0, 95.0, 0.0]
    outside = chart(days, tallies, words=("受理", "结案"), own=False)
    numbers = [bar.words.rpartition(" ")[2] for bar in outside.bars]
    assert set(numbers) <= {"<3", "3", "6", "9"} and numbers[3] == "<3"
    assert all(bar.y + bar.height == HEIGHT for bar in (*drawn.bars, *outside.bars))
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
