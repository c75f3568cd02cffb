"""Transactions on the real engine: writers queue, readers see one state, boxes find what lies in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import (
    Database,
    DatabaseBusy,
    UtcDateTime,
    Wkb,
    after_commit,
    bbox_columns,
    bbox_intersects,
    create_spatial_index,
)

pytestmark = pytest.mark.engines

loose = sa.MetaData()
counter = sa.Table("counter", loose, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
spot = sa.Table("spot", loose, sa.Column("id", sa.Integer, primary_key=True), sa.Column("geom", Wkb), *bbox_columns())
moment = sa.Table("moment", loose, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime))


@pytest.fixture
def world(database: Database) -> Iterator[Database]:
    with database.transaction() as connection:
        loose.create_all(connection)
        create_spatial_index(connection, "spot")
        connection.execute(counter.insert().values(id=1, n=0))
    yield database


def test_writers_that_read_first_lose_no_update_and_meet_no_lock_error(world: Database) -> None:
    """8 threads add 1 to the same number 25 times each: 200, and nobody sees "database is locked"."""
    errors: list[Exception] = []

    def add() -> None:
        try:
            for _ in range(25):
                with world.transaction() as connection:
                    n = connection.execute(sa.select(counter.c.n)).scalar_one()
                    connection.execute(counter.update().values(n=n + 1))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.reading() as connection:
        assert connection.execute(sa.select(counter.c.n)).scalar_one() == 200
    assert errors == []


def test_a_reader_sees_one_state_while_a_writer_commits(world: Database) -> None:
    with world.reading() as reader:
        assert reader.execute(sa.select(counter.c.n)).scalar_one() == 0
        with world.transaction() as writer:
            writer.execute(counter.update().values(n=7))
        assert reader.execute(sa.select(counter.c.n)).scalar_one() == 0
    with world.reading() as reader:
        assert reader.execute(sa.select(counter.c.n)).scalar_one() == 7


def test_a_failed_block_leaves_nothing(world: Database) -> None:
    with pytest.raises(RuntimeError), world.transaction() as connection:
        connection.execute(counter.update().values(n=9))
        raise RuntimeError
    with world.reading() as connection:
        assert connection.execute(sa.select(counter.c.n)).scalar_one() == 0


def test_a_writer_of_another_installation_object_waits_its_turn_and_then_gives_up(
    world: Database, settings: Settings
) -> None:
    other = Database(replace(settings, lock_wait_s=0.05))
    with world.transaction(), pytest.raises(DatabaseBusy), other.transaction():
        pass
    with other.transaction() as connection:
        connection.execute(counter.update().values(n=1))
    other.dispose()


def test_what_waits_for_the_commit_is_done_after_it_and_never_without_it(world: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with world.reading() as connection:
            seen.append(connection.execute(sa.select(counter.c.n)).scalar_one())

    with world.transaction() as connection:
        after_commit(connection, look)
        connection.execute(counter.update().values(n=4))
        assert seen == []
    assert seen == [4]
    with pytest.raises(RuntimeError), world.transaction() as connection:
        after_commit(connection, look)
        raise RuntimeError
    assert seen == [4]


def test_boxes_are_found_after_insert_update_and_delete(world: Database) -> None:
    def hits(box: tuple[float, float, float, float]) -> set[int]:
        with world.reading() as connection:
            return set(connection.execute(sa.select(spot.c.id).where(bbox_intersects(spot, box))).scalars())

    def box(x: float) -> dict[str, object]:
        geom = shapely.box(x, 0, x + 1, 1).wkb
        return {"geom": geom, "min_lon": x, "max_lon": x + 1, "min_lat": 0, "max_lat": 1}

    with world.transaction() as connection:
        connection.execute(spot.insert(), [{"id": 1, **box(0)}, {"id": 2, **box(5)}])
        connection.execute(spot.insert().values(id=3))
    assert hits((0.5, 0.5, 0.6, 0.6)) == {1}
    with world.transaction() as connection:
        connection.execute(spot.update().where(spot.c.id == 1).values(**box(5)))
        connection.execute(spot.update().where(spot.c.id == 3).values(**box(0)))
    assert (hits((0.5, 0.5, 0.6, 0.6)), hits((5.5, 0.5, 5.6, 0.6))) == ({3}, {1, 2})
    with world.transaction() as connection:
        connection.execute(spot.delete().where(spot.c.id == 2))
    assert hits((5.5, 0.5, 5.6, 0.6)) == {1}


@pytest.mark.engines("sqlite")
def test_a_box_among_other_conditions_is_asked_of_its_index(world: Database) -> None:
    """And not of every row, as SQLite does for ``id IN (…) = 1``."""
    query = sa.select(spot.c.id).where(bbox_intersects(spot, (0, 0, 1, 1)), spot.c.min_lon >= 0)
    text = str(query.compile(world.engine, compile_kwargs={"literal_binds": True}))
    with world.reading() as connection:
        steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert "SEARCH spot USING INTEGER PRIMARY KEY (rowid=?)" in steps


def test_times_come_back_aware_and_in_utc(world: Database) -> None:
    beijing = timezone(timedelta(hours=8))
    with world.transaction() as connection:
        connection.execute(moment.insert().values(id=1, at=datetime(2026, 11, 22, 7, 30, tzinfo=beijing)))
    with world.reading() as connection:
        assert connection.execute(sa.select(moment.c.at)).scalar_one() == datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    with pytest.raises(sa.exc.StatementError, match="without a zone"), world.transaction() as connection:
        connection.execute(moment.insert().values(id=2, at=datetime(2026, 11, 22)))  # noqa: DTZ001
