"""What the database holds and what it refuses, on each engine."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.places import actions, store, tables
from geoapp.places.versions import NoSuchPlace
from tests.places.street import DISTRICT, EAST, FIRST, HOME, STEP, STREET, WEST, plan_of, squares

pytestmark = pytest.mark.engines

DAY = date(2023, 7, 1)


def add_version(database: Database, code: str, begin: date, end: date | None) -> None:
    """Write a version as the store would, without any of the checks above the database."""
    with database.transaction() as connection:
        place_id = connection.execute(sa.select(tables.places.c.id).where(tables.places.c.code == code)).scalar_one()
        connection.execute(
            tables.versions.insert().values(
                place_id=place_id, name="又一个", valid_from=begin, valid_to=end, households_basis="",
                illustrative=False, source="", operation_id=1,
            )
        )  # fmt: skip


def test_the_street_is_stored_as_it_was_given(town: Database) -> None:
    with town.reading() as connection:
        everything = store.versions(connection, on=FIRST)
        home = store.version(connection, HOME, on=FIRST)
        assert len(everything) == 10
        assert [v.code for v in store.versions(connection, on=FIRST, parent=STREET)] == [HOME, EAST]
        assert len(store.versions(connection, on=FIRST, level="courtyard")) == 2
        assert store.versions(connection, on=date(2019, 12, 31)) == []
    assert (home.name, home.households, home.households_basis, home.staff) == ("霞光里社区", 4560, "套数", 16)
    assert home.households_date == date(2019, 12, 31) and home.valid_to is None
    assert home.geometry.equals(squares(0, 0, 4, 4))


def test_a_box_finds_what_it_meets(town: Database) -> None:
    """A box inside the eastern half meets the district, the street and 024."""
    edges = squares(5, 1, 6, 2).bounds
    with town.reading() as connection:
        found = store.versions(connection, on=FIRST, bbox=edges)
    assert [v.code for v in found] == [DISTRICT, STREET, EAST]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (FIRST, None),
        (date(2030, 1, 1), None),
        (date(2010, 1, 1), date(2020, 1, 2)),
        (date(2021, 1, 1), date(2021, 1, 2)),
    ],
)
def test_the_database_itself_refuses_two_versions_on_one_day(town: Database, begin: date, end: date | None) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="overlap"):
        add_version(town, HOME, begin, end)


def test_a_version_may_end_on_the_day_that_the_next_begins(town: Database) -> None:
    """[2010-01-01, 2020-01-01) and [2020-01-01, ...) share no day."""
    add_version(town, HOME, date(2010, 1, 1), FIRST)
    with town.reading() as connection:
        assert store.version(connection, HOME, on=date(2019, 12, 31)).name == "又一个"
        assert store.version(connection, HOME, on=FIRST).name == "霞光里社区"


def test_a_period_without_a_day_is_refused(town: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="period"):
        add_version(town, HOME, date(2010, 1, 1), date(2010, 1, 1))


def test_stretching_a_version_over_its_successor_is_refused(town: Database) -> None:
    actions.rename(town, HOME, "霞光里", on=DAY, by=system("测试"))
    with pytest.raises(sa.exc.IntegrityError, match="overlap"), town.transaction() as connection:
        connection.execute(
            tables.versions.update().where(tables.versions.c.valid_to == DAY).values(valid_to=date(2023, 7, 2))
        )


@pytest.mark.parametrize("table", ["place_version", "place", "place_operation", "place_succession"])
def test_no_row_is_ever_deleted(town: Database, table: str) -> None:
    actions.rename(town, HOME, "霞光里", on=DAY, by=system("测试"))
    with pytest.raises(sa.exc.IntegrityError, match="never deleted"), town.transaction() as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "change", [{"name": "另一个"}, {"households": 1}, {"geom": None}, {"valid_from": date(2019, 1, 1)}]
)
def test_a_known_fact_is_never_overwritten(town: Database, change: dict[str, object]) -> None:
    rows = tables.versions
    with pytest.raises(sa.exc.IntegrityError, match="never overwritten"), town.transaction() as connection:
        connection.execute(rows.update().where(rows.c.name == "霞光里社区").values(**change))


def test_an_unknown_place_is_named_with_its_day(town: Database) -> None:
    with town.reading() as connection, pytest.raises(NoSuchPlace, match="2019-05-01 这一天没有编码为 110105012023"):
        store.version(connection, HOME, on=date(2019, 5, 1))


def test_a_point_gives_its_five_places(town: Database) -> None:
    """The middle of square (0.5, 3.5) lies in courtyard 01 of grid 001."""
    lon, lat = squares(0, 3, 1, 4).centroid.coords[0]
    with town.reading() as connection:
        found = store.at_point(connection, lon, lat, on=FIRST)
        nothing = store.at_point(connection, 0.0, 0.0, on=FIRST)
    assert [v.code for v in found] == [DISTRICT, STREET, HOME, f"{HOME}001", f"{HOME}00101"]
    assert nothing == []


def test_a_point_on_a_border_belongs_to_the_lower_code(town: Database) -> None:
    """x = 4 squares is the border of 023 and 024; of the grids 002 and 004 meet it in y = 2."""
    lon, lat = WEST + 4 * STEP, squares(0, 2, 1, 3).bounds[1]
    with town.reading() as connection:
        found = store.at_point(connection, lon, lat, on=FIRST)
    assert [v.code for v in found][2:] == [HOME, f"{HOME}002"]


def test_places_are_found_by_part_of_the_name_or_beginning_of_the_code(town: Database) -> None:
    with town.reading() as connection:
        named = store.search(connection, "霞光", on=FIRST, limit=10)
        coded = store.search(connection, "11010501202", on=FIRST, limit=2)
        wild = store.search(connection, "%", on=FIRST, limit=10)
    assert [v.code for v in named] == [HOME]
    assert [v.code for v in coded] == [HOME, EAST]
    assert wild == []


def test_names_of_levels_are_data(town: Database) -> None:
    actions.retitle_level(town, "courtyard", zh="楼门", by=system("test"))
    with town.reading() as connection:
        titles = store.level_titles(connection)
    assert titles["courtyard"] == ("楼门", "courtyard") and next(iter(titles)) == "district"


def test_a_fault_in_the_middle_leaves_the_old_state(town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last check comes after all rows are written: a fault there must take them all back."""
    with town.reading() as connection:
        before = store.versions(connection, on=DAY)

    def fault(*_: object, **__: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(store, "require_no_orphans", fault)
    plan = plan_of((squares(0, 0, 2, 4), 2970), (squares(2, 0, 4, 4), 1590))
    with pytest.raises(OSError, match="disk"):
        actions.split_by_plan(town, plan, on=DAY, by=system("测试"))
    with town.reading() as connection:
        assert store.versions(connection, on=DAY) == before
        assert store.links(connection) == []
