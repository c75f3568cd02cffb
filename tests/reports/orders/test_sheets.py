"""A long sheet is stored in the background, slice by slice: whatever breaks in between, no row is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from geoapp.accounts.tables import audit_entries
from geoapp.db import utcnow
from geoapp.jobs import DONE, FAILED, JobQueue, jobs
from geoapp.reports.imports.store import Import
from geoapp.reports.orders.notes import CUT, Note
from geoapp.reports.orders.sheet import SheetOrder, bad_row
from geoapp.reports.orders.sheets import actions, store, tasks
from geoapp.reports.orders.sheets.packing import packed, unpacked
from geoapp.reports.tables import reports
from tests.reports.orders import estates
from tests.reports.world import NOW, Town

pytestmark = pytest.mark.engines

LINES = [
    "工单编号,诉求内容,诉求地址,诉求人姓名,联系电话,处理时限",
    *(f"A{n},路灯不亮,绿景苑3号楼,示意甲,13800138000,尽快" for n in range(5)),
    "A1,同一张,,,,", ",没有编号,,,,", "A9,漏水,没有的楼,,,24小时",
]  # fmt: skip


@pytest.fixture
def town(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The street with its houses drawn; a sheet of more than two rows is long, a slice is two of them."""
    estates.draw(town)
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    monkeypatch.setattr(tasks, "_BATCH", 2)
    monkeypatch.setattr(tasks, "_SLICE_S", -1.0)
    yield town
    store.objects.cache_clear()


def begin(town: Town, folder: Path) -> Import:
    path = folder / "orders.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return actions.import_sheet(town.database, town.secretary, path, filename="工单.csv", now=NOW)


def standing(town: Town, key: str) -> tuple[str, int, int, int]:
    """Its state, and the rows stored, known and set aside."""
    found, aside = actions.sheet_import(town.database, town.secretary, key)
    assert len(aside) == found.batch.rows_set_aside and found.rows == 8
    return found.state, found.batch.rows_stored, found.batch.rows_known, found.batch.rows_set_aside


def work(town: Town, *, steps: int = 99) -> int:
    """What the worker does with the jobs that wait; gives how many there were."""
    queue = JobQueue(town.database)
    with town.database.reading() as connection:
        waiting = (jobs.c.task == tasks.STORE.name) & (jobs.c.state == "queued")
        key = connection.execute(sa.select(jobs.c.id).where(waiting)).scalar()
    if key is None or not steps:
        return 0
    while (job := queue.claim("brief")) is not None and job.id != key:
        queue.end(job.id, DONE, message="")
    assert job is not None
    tasks.store_rows(town.database, lambda share, words: None, **job.args)
    queue.end(job.id, DONE, message="")
    return 1 + work(town, steps=steps - 1)


def counted(town: Town, table: sa.Table, *where: Any) -> int:
    with town.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def test_a_long_sheet_is_read_at_once_and_stored_in_slices(town: Town, tmp_path: Path) -> None:
    """Five new orders and one in no known place are stored, a repeated one and one without number set aside."""
    batch = begin(town, tmp_path)
    assert standing(town, batch.key) == ("going", 0, 0, 0)
    (lying,) = store.objects(town.database.settings).listed(store.KIND)
    held = store.objects(town.database.settings).get(lying.name)
    assert "138" not in held.decode("latin-1") and "路灯".encode() not in held, "sealed"
    assert "示意甲" not in packed(store.rows_of(town.database.settings, batch.summary["waiting"])).decode()
    assert work(town, steps=2) == 2
    assert standing(town, batch.key) == ("going", 4, 0, 0)
    work(town)
    assert standing(town, batch.key) == ("done", 6, 0, 2)
    done, _ = actions.sheet_import(town.database, town.secretary, batch.key)
    assert done.batch.summary["notes"]["term"] == 5 and done.batch.summary["dropped"] == ["诉求人姓名"]
    assert "waiting" not in done.batch.summary, "the key is gone"
    assert counted(town, jobs, jobs.c.task == "photos.erase") == 1
    assert counted(town, audit_entries, audit_entries.c.action == "reports.import") == 1
    assert [one.batch.key for one in actions.own_imports(town.database, town.secretary)] == [batch.key]
    assert actions.own_imports(town.database, town.second) == []


def test_what_breaks_in_the_middle_loses_and_doubles_nothing(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(town, tmp_path)
    work(town, steps=1)

    def breaks(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        # After the rows were written, before they are counted and all is committed.
        broken.setattr(tasks.imports, "count", breaks)
        with pytest.raises(KeyboardInterrupt):
            tasks.store_rows(town.database, lambda share, words: None, key=batch.key)
    assert standing(town, batch.key) == ("going", 2, 0, 0) and counted(town, reports) == 2
    # Another takes over while the first one still goes on: together they store each row once.
    rows = store.rows_of(town.database.settings, batch.summary["waiting"])
    ended = 0
    while ended < 2:
        ended = sum(tasks.go_on(town.database, town.secretary, batch, rows, enough=lambda: True) for _ in range(2))
    work(town)
    assert standing(town, batch.key) == ("done", 6, 0, 2) and counted(town, reports) == 6
    assert counted(town, audit_entries, audit_entries.c.action == "reports.import") == 1
    again = begin(town, tmp_path)
    work(town)
    assert standing(town, again.key) == ("done", 0, 6, 2) and counted(town, reports) == 6


def test_one_that_stopped_says_so_and_its_rows_are_swept_away(town: Town, tmp_path: Path) -> None:
    batch, waits = begin(town, tmp_path), begin(town, tmp_path)
    queue = JobQueue(town.database)
    job = queue.claim("brief")
    assert job is not None and job.args == {"key": batch.key}
    queue.end(job.id, FAILED, message="")
    assert (standing(town, batch.key)[0], standing(town, waits.key)[0]) == ("stopped", "going")
    tidy = {"database": town.database, "report": lambda share, words: None}
    assert tasks.sweep(**tidy) == {"deleted": 0}
    assert tasks.sweep(**tidy, now=utcnow() + timedelta(days=2)) == {"deleted": 1}
    assert store.rows_of(town.database.settings, waits.summary["waiting"]), "who waits keeps hers"


def test_rows_come_back_as_they_were_put_by() -> None:
    order = SheetOrder(3, "A1", "漏水", "3号楼", "供水", ("leak",), "24h", NOW, None, NOW, ("13800138000",),
                       (Note(CUT, n=4000), Note("没有值的")))  # fmt: skip
    rows = [order, bad_row(4, "repeated", row=3), bad_row(5, "empty")]
    back = unpacked(packed(rows))
    assert back == rows and json.loads(packed(back)) == json.loads(packed(rows))
    assert isinstance(back[0], SheetOrder) and back[0].notes[0].values == {"n": 4000}
