"""What each operation leaves behind: versions, codes, successors, children; on each engine."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import shapely
from shapely import box

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.errors import Conflict, GeoappError, Invalid, NotFound
from geoapp.events import places_changed
from geoapp.places import actions, store
from geoapp.places.children import APPORTIONED
from geoapp.places.fitting import PartsDoNotFit
from geoapp.places.forms import BadPlan
from geoapp.places.records import PlaceRecord
from geoapp.places.versions import LaterChange, NoSuchPlace, PlaceVersion
from tests.places.street import DISTRICT, EAST, FIRST, HOME, STREET, plan_of, squares, street_records

pytestmark = pytest.mark.engines

DAY = date(2023, 7, 1)
NEW = "110105012025"


def on(database: Database, day: date) -> dict[str, PlaceVersion]:
    with database.reading() as connection:
        return {v.code: v for v in store.versions(connection, on=day)}


def links_of(database: Database, code: str) -> dict[tuple[str, str], float]:
    with database.reading() as connection:
        return {
            (link.predecessor, link.successor): link.share_of_predecessor_inside_successor
            for _, link in store.links(connection, code)
        }


def halves(**more: Any) -> dict[str, Any]:
    """East of the middle goes to a new community: grids 001 and 003 stay, 002 and 004 go."""
    return plan_of((squares(0, 0, 2, 4), 2970), (squares(2, 0, 4, 4), 1590), names=["霞光里社区", "亮马社区"], **more)


def test_a_plan_is_adopted_from_its_day_on_and_not_before(town: Database) -> None:
    outcome = actions.split_by_plan(town, halves(), on=DAY, by=system("张"), staff=[16, 0])
    before, after = on(town, date(2023, 6, 30)), on(town, DAY)
    assert before[HOME].households == 4560 and NEW not in before
    assert (after[HOME].name, after[HOME].households, after[HOME].staff) == ("霞光里社区", 2970, 16)
    assert (after[NEW].name, after[NEW].households, after[NEW].staff) == ("亮马社区", 1590, 0)
    assert after[NEW].parent == STREET and after[NEW].households_basis == "套数" and after[NEW].people is None
    assert after[NEW].geometry.equals(squares(2, 0, 4, 4))
    assert outcome.kind == "split" and not outcome.already


def test_the_shares_of_the_predecessor_add_up(town: Database) -> None:
    """Three of four columns stay: 3/4 and 1/4 of the area."""
    plan = plan_of((squares(0, 0, 3, 4), 3000), (squares(3, 0, 4, 4), 1560))
    actions.split_by_plan(town, plan, on=DAY, by=system("张"))
    links = links_of(town, HOME)
    assert links[HOME, HOME] == pytest.approx(0.75, abs=1e-4) and links[HOME, NEW] == pytest.approx(0.25, abs=1e-4)


def test_whole_grids_follow_their_ground_under_new_codes(town: Database) -> None:
    """002 lies north of 004, so it becomes number 001 of the new community and 004 becomes 002."""
    actions.split_by_plan(town, halves(), on=DAY, by=system("张"))
    after = on(town, DAY)
    assert sorted(code for code in after if len(code) == 15) == [f"{HOME}001", f"{HOME}003", f"{NEW}001", f"{NEW}002"]
    assert after[f"{NEW}001"].name == "第2网格" and after[f"{NEW}001"].households == 1002
    assert links_of(town, f"{HOME}002") == {(f"{HOME}002", f"{NEW}001"): 1.0}
    assert f"{HOME}002" not in after and f"{HOME}002" in on(town, date(2023, 6, 30))
    assert after[f"{HOME}001"].valid_from == FIRST, "a grid that stays is not touched"


def test_a_grid_that_the_border_cuts_gets_new_codes_on_both_sides(town: Database) -> None:
    """The border runs at x = 1: grids 001 and 003 (columns 0-2) are halved, so are their 1001 and 1003 households.

    Courtyard 甲 (column 0) stays in the western half of 001, 乙 (column 1) goes east, each whole. Free numbers: 005 and
    006 under 023 from north to south; under 025 row by row from the north-west: 001 east of 001, 002 old 002, then
    003 and 004.
    """
    plan = plan_of((squares(0, 0, 1, 4), 1560), (squares(1, 0, 4, 4), 3000), codes=[HOME, NEW])
    outcome = actions.split_by_plan(town, plan, on=DAY, by=system("张"))
    after = on(town, DAY)
    assert sorted(c for c in after if len(c) == 15) == [
        f"{HOME}005",
        f"{HOME}006",
        *(f"{NEW}00{n}" for n in (1, 2, 3, 4)),
    ]
    west, east = after[f"{HOME}005"], after[f"{NEW}001"]
    assert {west.name, east.name} == {"第1网格-1", "第1网格-2"}
    assert west.households + east.households == 1001 and west.households_basis == APPORTIONED
    assert shapely.union(west.geometry, east.geometry).equals(squares(0, 2, 2, 4))
    assert {c: after[c].name for c in after if len(c) == 17} == {f"{HOME}00501": "甲院", f"{NEW}00101": "乙院"}
    assert sum("切开" in remark for remark in outcome.remarks) == 2
    assert links_of(town, f"{HOME}001")[f"{HOME}001", west.code] == pytest.approx(0.5, abs=1e-4)


def test_the_part_with_most_households_keeps_the_code_unless_named(town: Database) -> None:
    plan = plan_of((squares(0, 0, 2, 4), 1500), (squares(2, 0, 4, 4), 3060))
    outcome = actions.split_by_plan(town, plan, on=DAY, by=system("张"))
    assert [(v.code, v.households) for v in outcome.opens[:2]] == [(NEW, 1500), (HOME, 3060)]
    assert outcome.opens[0].name == "霞光里社区（拟设 1）"
    actions.undo(town, outcome.operation_id, by=system("张"))
    outcome = actions.split_by_plan(town, plan, on=DAY, by=system("张"), keeper=0)
    assert [(v.code, v.households) for v in outcome.opens[:2]] == [(HOME, 1500), (NEW, 3060)]


def test_adopting_the_same_plan_again_says_so_and_changes_nothing(town: Database) -> None:
    first = actions.split_by_plan(town, halves(), on=DAY, by=system("张"))
    before = on(town, DAY)
    plan = json.loads(json.dumps(halves()))
    plan["seconds"] = 12.5
    again = actions.split_by_plan(town, plan, on=DAY, by=system("李"))
    assert again.already and again.operation_id == first.operation_id and "没有改动" in again.remarks[0]
    assert on(town, DAY) == before


def test_a_plan_may_be_adopted_for_a_day_to_come(town: Database) -> None:
    actions.split_by_plan(town, halves(), on=date(2199, 1, 1), by=system("张"))
    assert NEW not in on(town, date(2198, 12, 31)) and NEW in on(town, date(2199, 1, 1))
    with pytest.raises(LaterChange, match="已登记 2199-01-01 起的变更"):
        actions.rename(town, HOME, "霞光里", on=DAY, by=system("张"))


@pytest.mark.parametrize(
    ("plan", "day", "family", "words"),
    [
        (halves(), date(2019, 12, 31), NoSuchPlace, "2019-12-31 这一天没有编码为 110105012023"),
        (halves(), FIRST, LaterChange, "当天已有一次变更"),
        (halves() | {"place": None}, DAY, BadPlan, "--place"),
        (halves() | {"place": 23}, DAY, BadPlan, "place 应是区划编码"),
        (halves() | {"status": "infeasible"}, DAY, BadPlan, "没有可采用的划分"),
        (halves() | {"codes": [HOME, EAST]}, DAY, Conflict, "已经用过"),
        (halves() | {"codes": [HOME, "110105012"]}, DAY, Invalid, "同级"),
        (halves() | {"codes": [HOME, "110105013001"]}, DAY, Invalid, "不在 110105012 之下"),
        (halves() | {"codes": [NEW, NEW]}, DAY, Invalid, "重复"),
        ({"parts": [{"households": 1}, {"households": 2}], "place": HOME}, DAY, BadPlan, "没有边界"),
        (plan_of((squares(0, 0, 4, 4), 1)), DAY, BadPlan, "2 到 100 个部分"),
        (plan_of((squares(0, 0, 2, 4), 1), (squares(2, 0, 4, 3), 1)), DAY, PartsDoNotFit, "没有正好铺满"),
        (plan_of((squares(0, 0, 3, 4), 1), (squares(2, 0, 4, 4), 1)), DAY, PartsDoNotFit, "重叠"),
        (plan_of((squares(0, 0, 2, 4), 1), (squares(2, 0, 5, 4), 1)), DAY, PartsDoNotFit, "超出"),
        (plan_of((squares(0, 0, 2, 4), -1), (squares(2, 0, 4, 4), 1)), DAY, BadPlan, "户数"),
        (plan_of((squares(0, 0, 2, 4), 2.5), (squares(2, 0, 4, 4), 1)), DAY, BadPlan, "户数"),
        (plan_of((box(1e6, 0, 2e6, 1), 1), (squares(2, 0, 4, 4), 1)), DAY, Invalid, "经纬度范围"),
        ([], DAY, BadPlan, "JSON 对象"),
    ],
)
def test_a_plan_that_cannot_be_adopted_is_refused_in_one_sentence(
    database: Database, plan: Any, day: date, family: type[GeoappError], words: str
) -> None:
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    before = on(database, DAY)
    with pytest.raises(family, match=words) as refused:
        actions.split_by_plan(database, plan, on=day, by=system("张"))
    assert str(refused.value).endswith("。") and "\n" not in str(refused.value)
    assert on(database, DAY) == before


def test_parts_drawn_a_little_off_are_fitted_to_the_border(database: Database) -> None:
    """A tenth of a millimetre's worth of rounding is mended: afterwards the parts tile the old border exactly."""
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    plan = plan_of((squares(-0.0005, 0, 2.0004, 4), 2970), (squares(2.0001, 0, 3.9996, 4), 1590))
    outcome = actions.split_by_plan(database, plan, on=DAY, by=system("张"))
    after = on(database, DAY)
    assert "已按原界线取齐" in outcome.remarks[0]
    assert (
        shapely.union(after[HOME].geometry, after[NEW].geometry).symmetric_difference(squares(0, 0, 4, 4)).area < 1e-15
    )
    assert shapely.intersection(after[HOME].geometry, after[NEW].geometry).area < 1e-15


def test_merging_joins_ground_and_figures_and_keeps_one_code(town: Database) -> None:
    """4560 + 1800 = 6360 households, 16 + 12 = 28 staff; 023 has more households and keeps its code."""
    outcome = actions.merge(town, [EAST, HOME], on=DAY, by=system("张"))
    after = on(town, DAY)
    assert EAST not in after and (after[HOME].households, after[HOME].people, after[HOME].staff) == (6360, 15900, 28)
    assert after[HOME].geometry.equals(squares(0, 0, 8, 4)) and after[HOME].households_basis == "套数"
    assert outcome.closes == (HOME, EAST) and links_of(town, EAST) == {(EAST, HOME): 1.0}
    assert after[f"{HOME}001"].valid_from == FIRST


def test_grids_of_a_place_that_is_merged_away_get_numbers_under_the_other(town: Database) -> None:
    actions.merge(town, [EAST, HOME], keeper=EAST, name="麦子店社区", on=DAY, by=system("张"))
    after = on(town, DAY)
    assert after[EAST].name == "麦子店社区" and HOME not in after
    assert sorted(c for c in after if len(c) > 12) == [
        f"{EAST}001", f"{EAST}00101", f"{EAST}00102", f"{EAST}002", f"{EAST}003", f"{EAST}004",
    ]  # fmt: skip


def test_places_of_different_parents_are_not_merged(town: Database) -> None:
    with pytest.raises(Invalid, match="同一上级"):
        actions.merge(town, [HOME, STREET], on=DAY, by=system("张"))


def test_a_shift_moves_ground_households_and_the_grids_on_it(town: Database) -> None:
    """The eastern column of 023 goes to 024 with 300 households; grids 002 and 004 are cut in half."""
    actions.shift(town, HOME, EAST, squares(3, 0, 5, 4), on=DAY, by=system("张"), households=300)
    after = on(town, DAY)
    assert (after[HOME].households, after[EAST].households, after[HOME].people) == (4260, 2100, None)
    assert after[HOME].geometry.equals(squares(0, 0, 3, 4)) and after[EAST].geometry.equals(squares(3, 0, 8, 4))
    assert sorted(c for c in after if len(c) == 15) == [
        f"{HOME}001", f"{HOME}003", f"{HOME}005", f"{HOME}006", f"{EAST}001", f"{EAST}002",
    ]  # fmt: skip
    assert links_of(town, EAST)[HOME, EAST] == pytest.approx(0.25, abs=1e-4)


def test_ground_outside_the_giver_or_all_of_it_is_no_shift(town: Database) -> None:
    with pytest.raises(Invalid, match="没有可移交的地块"):
        actions.shift(town, HOME, EAST, squares(5, 0, 6, 4), on=DAY, by=system("张"))
    with pytest.raises(Invalid, match="改用合并"):
        actions.shift(town, HOME, EAST, squares(-1, -1, 5, 5), on=DAY, by=system("张"))


def test_a_new_place_takes_free_ground_and_a_free_code(town: Database) -> None:
    actions.new(town, STREET, "河东社区", on=DAY, by=system("张"), geometry=squares(8, 0, 9, 4), households=900)
    assert on(town, DAY)[NEW].name == "河东社区" and NEW not in on(town, date(2023, 6, 30))
    with pytest.raises(Conflict, match=r"与河东社区（110105012025）重叠"):
        actions.new(town, STREET, "河西社区", on=DAY, by=system("张"), geometry=squares(8, 0, 9, 1))


def test_an_abolished_code_is_never_used_again(town: Database) -> None:
    actions.abolish(town, EAST, on=DAY, by=system("张"))
    assert EAST not in on(town, DAY) and EAST in on(town, date(2023, 6, 30))
    with pytest.raises(Conflict, match="已经用过"):
        actions.new(town, STREET, "农展", on=date(2024, 1, 1), code=EAST, by=system("张"))
    report = actions.load_places(town, [PlaceRecord(EAST, "农展")], on=date(2024, 1, 1), by=system("张"))
    assert report.begun == 0 and "撤销的编码不再使用" in report.refused[0].message


def test_a_place_with_children_ends_only_together_with_them(town: Database) -> None:
    with pytest.raises(Conflict, match="还有 6 个下级区划"):
        actions.abolish(town, HOME, on=DAY, by=system("张"))
    actions.abolish(town, HOME, on=DAY, by=system("张"), with_children=True)
    assert not [code for code in on(town, DAY) if code.startswith(HOME)]


def test_a_place_does_not_end_before_something_planned_below_it(town: Database) -> None:
    """A grid of 024 is to begin in 2025: ending 024 in 2024 would leave it without a parent."""
    actions.new(town, EAST, "将来的网格", on=date(2025, 1, 1), by=system("张"))
    with pytest.raises(LaterChange, match="之下还有 110105012024001"):
        actions.abolish(town, EAST, on=date(2024, 1, 1), by=system("张"))
    with pytest.raises(LaterChange):
        actions.merge(town, [HOME, EAST], on=date(2024, 1, 1), by=system("张"))


def test_a_place_does_not_begin_before_its_parent(town: Database) -> None:
    with pytest.raises(NotFound, match="自 2019-01-01 起不存在"):
        actions.new(town, STREET, "早社区", on=date(2019, 1, 1), by=system("张"))


def test_renaming_changes_the_name_from_that_day_on(town: Database) -> None:
    actions.rename(town, HOME, " 霞光里 ", on=DAY, by=system("张"))
    assert on(town, date(2023, 6, 30))[HOME].name == "霞光里社区" and on(town, DAY)[HOME].name == "霞光里"
    assert on(town, DAY)[HOME].staff == 16
    for name in ("霞光里", "", "字" * 201):
        with pytest.raises(GeoappError):
            actions.rename(town, HOME, name, on=date(2024, 1, 1), by=system("张"))


def test_what_was_adopted_can_be_withdrawn_while_nothing_builds_on_it(town: Database) -> None:
    before = on(town, DAY)
    outcome = actions.split_by_plan(town, halves(), on=DAY, by=system("张"))
    later = actions.rename(town, NEW, "亮马", on=date(2024, 1, 1), by=system("张"))
    with pytest.raises(Conflict, match="请先撤回后面的变更"):
        actions.undo(town, outcome.operation_id, by=system("张"))
    actions.undo(town, later.operation_id, by=system("张"))
    actions.undo(town, outcome.operation_id, by=system("张"))
    assert on(town, DAY) == before and links_of(town, HOME) == {}
    with pytest.raises(Conflict, match="已在"):
        actions.undo(town, outcome.operation_id, by=system("张"))
    with pytest.raises(NotFound, match="没有第 999 次"):
        actions.undo(town, 999, by=system("张"))
    assert actions.split_by_plan(town, halves(), on=DAY, by=system("张")).opens[1].code == NEW, (
        "its number is free again"
    )


def test_a_load_is_not_withdrawn_from_under_its_children(town: Database) -> None:
    """Grids of 024 were loaded later: withdrawing the load of 024 would leave them without a parent."""
    actions.load_places(town, [PlaceRecord(f"{EAST}001", "第1网格")], on=DAY, by=system("张"))
    with pytest.raises(Conflict):
        actions.undo(town, 1, by=system("张"))


def test_loading_the_same_again_changes_nothing(town: Database) -> None:
    before = on(town, DAY)
    report = actions.load_places(town, street_records(), on=FIRST, by=system("张"))
    assert (report.operation_id, report.unchanged, report.begun, report.revised) == (None, 10, 0, 0)
    assert actions.load_places(town, street_records(), on=DAY, by=system("张")).unchanged == 10
    assert on(town, DAY) == before


def test_a_load_begins_revises_completes_and_refuses_row_by_row(town: Database) -> None:
    """On the first day: staff of a grid was unknown (completed), the name of 024 is known otherwise (refused)."""
    records = [
        PlaceRecord(f"{HOME}001", staff=2),
        PlaceRecord(EAST, "农展"),
        PlaceRecord("110105099001", "没有街道"),
        PlaceRecord(NEW, None),
        PlaceRecord(f"{EAST}001", "第1网格"),
        PlaceRecord(f"{EAST}001", "第1网格"),
    ]
    report = actions.load_places(town, records, on=FIRST, by=system("张"))
    assert (report.rows_in, report.begun, report.completed, report.revised) == (6, 1, 1, 0)
    assert [refused.row_no for refused in report.refused] == [2, 3, 4, 6]
    assert on(town, FIRST)[f"{HOME}001"].staff == 2
    revised = actions.load_places(town, [PlaceRecord(EAST, "农展", households=1900)], on=DAY, by=system("张"))
    assert revised.revised == 1
    assert (on(town, DAY)[EAST].households, on(town, DAY)[EAST].staff) == (1900, 12)
    assert on(town, date(2023, 6, 30))[EAST].households == 1800


def test_a_history_is_loaded_day_by_day_with_successors_told_by_area(database: Database) -> None:
    """023 of eight squares until 2021-07-01; then 5 of 8 as 023 and 3 of 8 as 027."""
    record, end = PlaceRecord, date(2021, 7, 1)
    records = [
        record(DISTRICT, "朝阳区"),
        record(STREET, "麦子店街道"),
        record(HOME, "霞光里", squares(0, 0, 8, 1), 4560, valid_from=FIRST, valid_to=end),
        record(HOME, "霞光里", squares(0, 0, 5, 1), 2970, valid_from=end),
        record("110105012027", "亮马", squares(5, 0, 8, 1), 1590, valid_from=end),
    ]
    report = actions.load_history(database, records, on=FIRST, by=system("张"))
    assert (report.rows_in, report.begun, report.revised, report.refused) == (5, 4, 1, ())
    assert on(database, date(2021, 6, 30))[HOME].households == 4560
    assert on(database, end)[HOME].households == 2970 and on(database, end)["110105012027"].households == 1590
    assert links_of(database, HOME) == {
        (HOME, HOME): pytest.approx(5 / 8), (HOME, "110105012027"): pytest.approx(3 / 8),
    }  # fmt: skip
    with database.reading() as connection:
        assert [entry.kind for entry in store.recent_operations(connection, limit=9)] == ["split", "load"]
    again = actions.load_history(database, records[3:], on=FIRST, by=system("张"))
    assert (again.operation_id, again.unchanged) == (None, 2)


def test_what_happened_is_announced_inside_the_transaction(town: Database) -> None:
    heard: list[tuple[int, date]] = []

    def listen(_: object, *, operation_id: int, on: date, connection: Any) -> None:
        heard.append((operation_id, on))
        assert store.version(connection, HOME, on=on).name == "霞光里"

    with places_changed.connected_to(listen):
        outcome = actions.rename(town, HOME, "霞光里", on=DAY, by=system("张"))
    assert heard == [(outcome.operation_id, DAY)]
