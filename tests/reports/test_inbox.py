"""Lists: whose, in which order, page by page, and fair where one sender floods."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geoapp.accounts.people import VISITOR
from geoapp.errors import NotAllowed, NotFound
from geoapp.reports.bulk import actions as bulk
from geoapp.reports.handling import actions as handling
from geoapp.reports.handling.actions import Target
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.inbox.store import BadCursor, Filters
from geoapp.reports.moderating import actions as moderating
from tests.reports.world import HOUR, NOW, Town


def keys(town: Town, who: str, which: str, hours: float = 0, **more: object) -> list[str]:
    page = inbox.inbox(town.database, town.people[who], which, now=NOW + hours * HOUR, **more)  # type: ignore[arg-type]
    return [case.key for case in page.rows]


@pytest.mark.engines
def test_a_list_shows_what_is_on_duty_at_ones_place_the_most_urgent_first(town: Town) -> None:
    general, urgent = town.send().report_key, town.send(kind="cover").report_key
    community, east = town.send(kind="tree", x=2.5).report_key, town.send(x=6).report_key
    assert keys(town, "grid", "place") == [urgent, general]
    assert keys(town, "secretary", "place") == [urgent, community, general]
    assert keys(town, "street", "place") == [urgent, community, general, east]
    assert keys(town, "grid2", "place") == [] and keys(town, "east", "place") == [east]
    assert keys(town, "grid", "near", 1.7) == [urgent] and keys(town, "grid", "overdue", 2) == [urgent]
    assert keys(town, "manager", "place") == []
    for nobody in (town.resident, VISITOR):
        with pytest.raises(NotAllowed):
            inbox.inbox(town.database, nobody, "place", now=NOW)


def test_mine_is_what_was_given_to_me_or_to_my_body(town: Town) -> None:
    db = town.database
    own, given = town.send().report_key, town.send().report_key
    handling.accept(db, town.grid, own, seen=1, now=NOW)
    handling.assign(db, town.grid, given, Target(body_key=town.bodies["property"]), seen=1, now=NOW)
    assert keys(town, "grid", "mine") == [own] and keys(town, "manager", "mine") == [given]
    assert keys(town, "manager", "all") == [given]
    case = handling.answer(db, town.grid, own, "好了", seen=2, now=NOW)
    assert keys(town, "secretary", "check") == [own]
    handling.verify(db, town.secretary, own, passed=True, seen=case.revision, now=NOW)
    assert keys(town, "grid", "mine") == [] and keys(town, "grid", "closed") == [own]
    counts = inbox.counts(db, town.secretary, now=NOW)
    assert (counts["place"], counts["closed"], counts["check"], counts["held"]) == (1, 1, 0, 2)


@pytest.mark.engines
def test_pages_go_on_where_the_last_one_ended_whatever_happens_meanwhile(town: Town) -> None:
    sent = [town.send(str(n), now=NOW + timedelta(minutes=n)).report_key for n in range(7)]
    first = inbox.inbox(town.database, town.grid, "place", limit=3, now=NOW)
    assert [c.key for c in first.rows] == sent[:3] and first.next is not None
    # One that was shown is closed, a new urgent one comes: neither is shown twice, none is left out.
    handling.refuse(town.database, town.secretary, sent[0], "请拨", outcome="not_ours", seen=1, now=NOW)
    town.send(kind="cover")
    second = inbox.inbox(town.database, town.grid, "place", limit=3, after=first.next, now=NOW)
    third = inbox.inbox(town.database, town.grid, "place", limit=3, after=second.next, now=NOW)
    assert [c.key for c in second.rows + third.rows] == sent[3:] and third.next is None
    newest = inbox.inbox(town.database, town.secretary, "all", limit=2, now=NOW)
    assert [c.key for c in newest.rows] == sent[:-3:-1]
    more = inbox.inbox(town.database, town.secretary, "all", limit=2, after=newest.next, now=NOW)
    assert [c.key for c in more.rows] == sent[-3:-5:-1]


@pytest.mark.parametrize("wrong", ["", "x", "W10=", "WyIyMDI2IiwgMV0=", "é", "A" * 5000])
def test_21_a_key_of_a_page_that_we_did_not_give_is_refused(town: Town, wrong: str) -> None:
    with pytest.raises(BadCursor):
        inbox.inbox(town.database, town.grid, "place", after=wrong, now=NOW)


@pytest.mark.engines
def test_21_lists_are_narrowed_and_searched_and_odd_words_harm_nothing(town: Town) -> None:
    db = town.database
    first = town.send("井盖 100%_坏了", kind="cover")
    town.send("路灯'; DROP TABLE report; --", kind="lamp")
    town.send("x", x=6)

    def found(**filters: object) -> int:
        page = inbox.inbox(db, town.street, "place", filters=Filters(**filters), now=NOW)  # type: ignore[arg-type]
        return len(page.rows)

    assert found() == 3 and found(kind="cover") == 1 and found(kind="'; --") == 0
    assert found(text="100%_") == 1 and found(text="%") == 1 and found(text="_") == 1 and found(text="DROP TABLE") == 1
    assert found(text=first.number) == 1 and found(text=f"{first.number[:3]}-{first.number[3:]}") == 1
    assert found(bbox=(116.46, 39.94, 116.464, 39.944)) == 2 and found(place_code="110105012023") == 2
    assert found(since=NOW + HOUR) == 0 and found(until=NOW) == 0 and found(matter="problem", stage="collect") == 3


def test_33_a_flood_of_one_sender_buries_nobody_and_is_hidden_at_once(town: Town) -> None:
    """reports.md 33: of thirty waiting by one device and two by others, the others are among the first three."""
    db = town.database
    flood = [town.send(f"广告{n}", device="spammer") for n in range(30)]
    others = [town.send(f"真的{n}", device=f"neighbour {n}").report_key for n in range(2)]
    first = [case.key for case in inbox.to_release(db, town.secretary, now=NOW)][:3]
    assert set(others) < set(first)
    # Hidden in one go, and back in one go.
    items = [(r.report_key, 1) for r in flood]
    result = bulk.run(db, town.secretary, "hide", items, now=NOW)
    assert len(result.done) == 30 and not result.failed
    assert len(keys(town, "secretary", "place")) == 2 and len(keys(town, "secretary", "hidden")) == 30
    assert [p.number for p in inbox.public_reports(db, now=NOW)] == [town.case(k).number for k in others[::-1]]
    assert bulk.undo(db, town.secretary, result.key, now=NOW).failed == {}
    assert len(keys(town, "secretary", "hidden")) == 0
    assert town.kinds(flood[0].report_key) == ["send", "hide", "undo"]


def test_what_fills_the_hidden_field_is_out_of_sight_until_somebody_brings_it_back(town: Town) -> None:
    """A machine's words reach nobody; a resident whose browser fills in all it finds has not written in vain."""
    receipt = town.send("楼道灯坏了", trap="http://spam.example")
    with town.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notice").scalar() == 0
    assert keys(town, "grid", "place") == [] == list(inbox.public_reports(town.database, now=NOW))
    assert keys(town, "secretary", "hidden") == [receipt.report_key]
    assert town.timeline(receipt.report_key)[0].data["trap"] is True
    bulk.run(town.database, town.secretary, "unhide", [(receipt.report_key, 1)], now=NOW)
    assert keys(town, "grid", "place") == [receipt.report_key] and keys(town, "secretary", "hidden") == []
    assert "trap" not in town.timeline(town.send("垃圾没人清").report_key)[0].data


@pytest.mark.engines
def test_a_bulk_action_names_what_it_could_not_do_and_is_taken_back_where_nobody_went_on(town: Town) -> None:
    db = town.database
    cases = [town.send(str(n)).report_key for n in range(4)]
    foreign = town.send(x=6).report_key
    handling.note(db, town.grid, cases[3], "看过现场", now=NOW)
    items = [(k, 1) for k in cases] + [(foreign, 1), ("nothing", 1)]
    lead = Target(body_key=town.bodies["property"])
    done = bulk.run(db, town.grid, "assign", items, lead=lead, now=NOW)
    assert set(done.done) == set(cases) and set(done.failed) == {foreign, "nothing"}
    handling.accept(db, town.manager, cases[0], seen=2, now=NOW + HOUR)
    with pytest.raises(NotFound):
        bulk.undo(db, town.secretary, done.key, now=NOW + HOUR)
    back = bulk.undo(db, town.grid, done.key, now=NOW + HOUR)
    assert set(back.done) == set(cases[1:]) and set(back.failed) == {cases[0]}
    assert town.case(cases[1]).stage == "collect" and town.case(cases[0]).stage == "handle"
    assert keys(town, "manager", "mine") == [cases[0]]
    with pytest.raises(Exception, match="撤销过"):
        bulk.undo(db, town.grid, done.key, now=NOW + HOUR)


def test_classified_in_bulk_and_back_the_terms_are_what_they_were(town: Town) -> None:
    db = town.database
    cases = [town.send(kind="unsorted").report_key for _ in range(2)]
    before = [town.case(k) for k in cases]
    done = bulk.run(db, town.grid, "classify", [(k, 1) for k in cases], kind="road", now=NOW + HOUR)
    assert [town.case(k).term for k in cases] == ["7d", "7d"]
    bulk.undo(db, town.grid, done.key, now=NOW + HOUR)
    after = [town.case(k) for k in cases]
    assert [(c.kind, c.term, c.due_at, c.near_at) for c in after] == [
        (c.kind, c.term, c.due_at, c.near_at) for c in before
    ]


def test_words_leave_the_queue_when_they_were_decided_on(town: Town) -> None:
    key = town.send("真的").report_key
    text = inbox.open_case(town.database, town.secretary, key, now=NOW).texts[0]
    moderating.release(town.database, town.secretary, key, [text.id], now=NOW)
    assert inbox.to_release(town.database, town.secretary, now=NOW) == []
