"""The clock: it reminds, raises where the subdistrict wishes it, lets hung cases go on, and does each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geoapp.accounts.keeping.tasks import KEEP
from geoapp.accounts.people import VISITOR
from geoapp.errors import Invalid, NotAllowed
from geoapp.jobs import DONE, ROUND, JobQueue, rounds, task
from geoapp.reports.contacts.actions import forget_expired
from geoapp.reports.handling import actions as handling
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.notices import store as notices
from geoapp.reports.people import Contact
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.rising import actions, tasks
from geoapp.reports.rising.actions import Ticked, escalate_due, set_service
from geoapp.reports.waiting import actions as waiting
from geoapp.worker import Worker
from tests.places.street import DISTRICT, HOME, STREET
from tests.reports.world import GRID, HOUR, NOW, Town

DAY = 24 * HOUR


def test_28_the_pilot_reminds_twice_and_raises_nothing(town: Town) -> None:
    """reports.md 28: the job run twice at one moment is the job run once."""
    key, db = town.send().report_key, town.database
    assert escalate_due(db, now=NOW + 19 * HOUR) == Ticked()
    assert escalate_due(db, now=NOW + 20 * HOUR) == Ticked(reminded=1)
    assert escalate_due(db, now=NOW + 20 * HOUR) == Ticked()
    assert escalate_due(db, now=NOW + 30 * HOUR) == Ticked(reminded=1)
    assert escalate_due(db, now=NOW + 300 * DAY) == Ticked()
    assert town.case(key).duty_code == GRID
    assert [e.data["what"] for e in town.timeline(key) if e.kind == "remind"] == ["near", "overdue"]
    with db.reading() as connection:
        told = notices.newest(connection, town.grid.person.id)  # type: ignore[union-attr]
    assert [n.kind for n in told] == ["overdue", "near", "send"]


@pytest.mark.engines
def test_28_switched_on_it_rises_once_a_term_up_to_the_district(town: Town) -> None:
    key, db = town.send().report_key, town.database
    set_service(db, town.street, STREET, mode="rising", now=NOW)
    for hours, level in ((24, HOME), (48, STREET), (72, DISTRICT), (96, DISTRICT), (120, DISTRICT)):
        for _ in range(3):
            escalate_due(db, now=NOW + hours * HOUR)
        assert town.case(key).duty_code == level, hours
    case = town.case(key)
    assert case.raised == 3 and case.due_at == NOW + DAY
    assert town.kinds(key).count("raise") == 3
    # Raised, it is on somebody else's desk, and the grid officer still sees it.
    assert "accept" in inbox.open_case(db, town.district, key, now=NOW).allowed
    assert "accept" not in inbox.open_case(db, town.grid, key, now=NOW).allowed


def test_what_is_hung_hidden_or_closed_is_left_alone(town: Town) -> None:
    db = town.database
    set_service(db, town.district, STREET, mode="rising", now=NOW)
    case = handling.accept(db, town.grid, town.send().report_key, seen=1, now=NOW)
    case = waiting.ask_hang(db, town.grid, case.key, until=NOW + 9 * DAY, reason="等", seen=2, now=NOW)
    wish = inbox.open_case(db, town.secretary, case.key, now=NOW).requests[0]
    waiting.decide(db, town.secretary, case.key, wish.id, approved=True, seen=3, now=NOW)
    closed = town.send().report_key
    handling.refuse(db, town.secretary, closed, "请拨", outcome="not_ours", seen=1, now=NOW)
    assert escalate_due(db, now=NOW + 8 * DAY) == Ticked()
    # Its granted time ends: it goes on by itself, with all of its term left.
    assert escalate_due(db, now=NOW + 9 * DAY) == Ticked(resumed=1)
    assert escalate_due(db, now=NOW + 9 * DAY) == Ticked()
    assert (town.case(case.key).stage, town.case(case.key).due_at) == ("handle", NOW + 10 * DAY)


def test_more_than_one_batch_is_worked_off(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_BATCH", 3)
    for n in range(7):
        town.send(str(n))
    assert escalate_due(town.database, now=NOW + 2 * DAY) == Ticked(reminded=7)
    assert escalate_due(town.database, now=NOW + 2 * DAY) == Ticked()


def test_only_the_subdistrict_or_above_switches(town: Town) -> None:
    for stranger in (town.grid, town.secretary, town.resident, VISITOR):
        with pytest.raises(NotAllowed):
            set_service(town.database, stranger, STREET, mode="rising", now=NOW)
    for wrong in ({"mode": "war"}, {"mode": "pilot", "original_days": 0}):
        with pytest.raises(Invalid):
            set_service(town.database, town.street, STREET, **wrong, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        set_service(town.database, town.district, DISTRICT, mode="pilot", now=NOW)


def test_28_not_mended_goes_to_the_secretary_first_and_then_rises(town: Town) -> None:
    """reports.md 28: reopened bumps the level."""
    receipt, db = town.send(contact=Contact(phone="13800001234")), town.database
    key, now = receipt.report_key, NOW
    desks = [("grid", "secretary", GRID), ("secretary", "second", HOME), ("street", "district", STREET)]
    for round_, (handler, checker, level) in enumerate(desks):
        case = town.case(key)
        assert (case.duty_code, case.reopened) == (level, round_)
        case = handling.accept(db, town.people[handler], key, seen=case.revision, now=now)
        case = handling.answer(db, town.people[handler], key, "好了", seen=case.revision, now=now)
        case = handling.verify(db, town.people[checker], key, passed=True, seen=case.revision, now=now)
        receipts.say_satisfied(db, receipt.code, solved=False, satisfied=False, address="a", now=now)
        now += HOUR
        receipts.say_not_mended(db, receipt.code, "还是坏的", address="a", now=now)
        case = town.case(key)
        assert (case.stage, case.outcome, case.closed_at, case.solved) == ("file", None, None, False)
        assert case.due_at == now + DAY
    assert town.case(key).duty_code == DISTRICT
    # Contact data stay while it is open.
    assert forget_expired(db, now=now + 400 * DAY) == 0


def test_31_contact_data_are_gone_thirty_days_after_closing_and_the_case_stays(town: Town) -> None:
    """reports.md 31: the expiry job is idempotent, and nothing of the number is left in the file."""
    receipt, db = town.send(contact=Contact("测试居民", "13800001234", "a@example.org")), town.database
    key = receipt.report_key
    handling.refuse(db, town.secretary, key, "请拨 12306", outcome="not_ours", seen=1, now=NOW)
    assert forget_expired(db, now=NOW + 30 * DAY - HOUR) == 0
    with db.reading() as connection:
        sealed = connection.exec_driver_sql("SELECT secret FROM report_contact_key").scalars().all()
    assert len(sealed) == 2
    assert forget_expired(db, now=NOW + 30 * DAY) == 1
    assert forget_expired(db, now=NOW + 30 * DAY) == 0
    assert town.case(key).sender_sha256 is None and town.kinds(key) == ["send", "refuse", "expire"]
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    left = (db.settings.data / "geoapp.sqlite").read_bytes()
    assert not any(bytes(secret) in left for secret in sealed)


@pytest.mark.engines
def test_the_worker_does_the_rounds_by_itself_and_once_a_while(town: Town) -> None:
    town.send(now=NOW)
    queue = JobQueue(town.database)
    assert queue.add_rounds() == len(rounds()) and queue.add_rounds() == 0
    worker = Worker(town.database.settings, town.database)
    while (other := queue.claim()) is not None:
        assert not other.task.startswith("reports."), "a round waits for its own thread"
    while (job := queue.claim(ROUND)) is not None:
        worker._do_beside(job)
    # The nightly round itself only queues the look at yesterday, which is long work for a process.
    mine = [job for job in queue.latest() if job.task.startswith(("reports.", "privacy."))]
    ended = {job.task: job for job in mine if task(job.task).lane == ROUND}
    assert {tasks.TICK.name, KEEP.name} <= set(ended) and all(job.state == DONE for job in ended.values())
    assert ended["reports.tick"].result == {"reminded": 1, "raised": 0, "resumed": 0}


def test_a_sender_says_it_is_not_mended_for_thirty_days(town: Town) -> None:
    receipt, db = town.send(), town.database
    handling.refuse(db, town.secretary, receipt.report_key, "请拨", outcome="not_ours", seen=1, now=NOW)
    late = NOW + timedelta(days=31)
    assert not receipts.view(db, receipt.code, address="a", now=late).can_say_not_mended
    with pytest.raises(Invalid, match="重新反映"):
        receipts.say_not_mended(db, receipt.code, address="a", now=late)
