"""A case from hand to hand: who may, in which stage, with what; and what the clock makes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geoapp.accounts.people import VISITOR
from geoapp.accounts.trail import actions as trail
from geoapp.errors import Conflict, GeoappError, Invalid, NotFound
from geoapp.reports import store
from geoapp.reports.calling import actions as calling
from geoapp.reports.contacts import actions as contacts
from geoapp.reports.handling import actions as handling
from geoapp.reports.handling.actions import Target
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.merging import actions as merging
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.people import Contact
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.stages import IllegalMove, Incomplete, NotYours, SecondPersonNeeded
from geoapp.reports.store import NoSuchReport, StaleCase
from geoapp.reports.waiting import actions as waiting
from tests.places.street import DISTRICT, EAST, HOME, STREET
from tests.reports.world import GRID, HOUR, NOW, Town

LATER = NOW + HOUR


def close(town: Town, key: str, *, by: str = "grid", checked_by: str = "secretary") -> None:
    """Accept, answer, verify and close."""
    db = town.database
    case = handling.accept(db, town.people[by], key, seen=town.case(key).revision, now=LATER)
    case = handling.answer(db, town.people[by], key, "清完了", seen=case.revision, now=LATER)
    handling.verify(db, town.people[checked_by], key, passed=True, seen=case.revision, now=LATER)


@pytest.mark.engines
def test_a_case_is_accepted_answered_checked_and_closed(town: Town) -> None:
    db = town.database
    receipt = town.send(contact=Contact(phone="13800001234"))
    key = receipt.report_key
    close(town, key)
    case = town.case(key)
    assert (case.stage, case.outcome, case.answered_by) == ("evaluate", "done", town.grid.name)
    assert case.closed_at == LATER and case.accepted_at == LATER
    assert town.kinds(key) == ["send", "accept", "answer", "verify", "close"]
    view = receipts.view(db, receipt.code, address="a", now=LATER)
    assert view.report.state == "done" and view.can_judge and view.can_say_not_mended
    # Whoever holds the receipt reads the answer; everybody else once the words are released.
    assert "清完了" in [event.answer for event in view.events] and view.report.answer is None
    assert [e.words[0] for e in view.events] == ["收到了", "有人在办了", "办的人回话了", "看过了", "办完了"]
    assert trail.verify(db) == (trail.verify(db)[0], None)


def test_who_answered_does_not_check_nor_a_stranger_nor_the_handler(town: Town) -> None:
    key = town.send().report_key
    case = handling.accept(town.database, town.secretary, key, seen=1, now=LATER)
    case = handling.answer(town.database, town.secretary, key, "清完了", seen=case.revision, now=LATER)
    with pytest.raises(SecondPersonNeeded):
        handling.verify(town.database, town.secretary, key, passed=True, seen=case.revision, now=LATER)
    for stranger in ("east", "grid2", "resident", "manager"):
        with pytest.raises(NoSuchReport):
            handling.verify(town.database, town.people[stranger], key, passed=True, seen=case.revision, now=LATER)
    with pytest.raises(NoSuchReport):
        handling.verify(town.database, VISITOR, key, passed=True, seen=case.revision, now=LATER)
    handling.verify(town.database, town.second, key, passed=True, seen=case.revision, now=LATER)
    assert town.case(key).stage == "evaluate"


def test_rework_goes_back_with_its_reason_and_forgets_the_answer(town: Town) -> None:
    key = town.send().report_key
    case = handling.accept(town.database, town.grid, key, seen=1, now=LATER)
    case = handling.answer(town.database, town.grid, key, "清完了", seen=case.revision, now=LATER)
    with pytest.raises(Incomplete, match="理由"):
        handling.verify(town.database, town.secretary, key, passed=False, seen=case.revision, now=LATER)
    case = handling.verify(town.database, town.secretary, key, passed=False, reason="还有一堆", seen=case.revision)
    assert (case.stage, case.outcome, case.answered_by) == ("handle", None, None)
    case = handling.answer(town.database, town.grid, key, "都清了", seen=case.revision, now=LATER)
    assert case.stage == "feedback"


@pytest.mark.engines
def test_whoever_was_overtaken_is_told(town: Town) -> None:
    key = town.send().report_key
    handling.accept(town.database, town.grid, key, seen=1, now=LATER)
    with pytest.raises(StaleCase):
        handling.return_(town.database, town.secretary, key, reason="不是我的", seen=1, now=LATER)


def test_a_case_is_given_to_a_body_whose_member_answers_or_gives_it_back(town: Town) -> None:
    key, db = town.send().report_key, town.database
    property_, parks = Target(body_key=town.bodies["property"]), Target(body_key=town.bodies["parks"])
    with pytest.raises(Incomplete, match="单位或人员"):
        handling.assign(db, town.grid, key, Target(), seen=1, now=LATER)
    with pytest.raises(NotFound):
        handling.assign(db, town.grid, key, Target(body_key="nobody"), seen=1, now=LATER)
    with pytest.raises(NoSuchReport):
        inbox.open_case(db, town.manager, key, now=LATER)
    case = handling.assign(db, town.grid, key, property_, [parks], reason="先清理", seen=1, now=LATER)
    assert case.stage == "dispatch"
    seen_by_manager = inbox.open_case(db, town.manager, key, now=LATER)
    assert {"accept", "hand_back", "note"} <= set(seen_by_manager.allowed)
    assert not {"assign", "verify", "redispatch", "classify", "release"} & set(seen_by_manager.allowed)
    case = handling.hand_back(db, town.manager, key, reason="不是我们的院", seen=case.revision, now=LATER)
    assert case.stage == "file"
    with pytest.raises(NoSuchReport):
        inbox.open_case(db, town.manager, key, now=LATER)
    case = handling.assign(db, town.grid, key, property_, seen=case.revision, now=LATER)
    case = handling.accept(db, town.manager, key, seen=case.revision, now=LATER)
    case = handling.answer(db, town.manager, key, "清运了", seen=case.revision, now=LATER)
    assert case.answered_by == town.manager.name
    case = handling.verify(db, town.grid, key, passed=True, seen=case.revision, now=LATER)
    assert case.stage == "evaluate"
    with db.reading() as connection:
        assert all(a.ended_at is not None for a in store.assignments(connection, [case.id]))


def test_a_joint_handler_gives_back_and_the_case_stays_where_it_is(town: Town) -> None:
    key, db = town.send().report_key, town.database
    bodies = [Target(body_key=town.bodies[name]) for name in ("property", "parks")]
    case = handling.assign(db, town.grid, key, bodies[0], [bodies[1]], seen=1, now=LATER)
    case = handling.hand_back(db, town.parks, key, reason="不归我们", seen=case.revision, now=LATER)
    assert case.stage == "dispatch"
    case = handling.accept(db, town.manager, key, seen=case.revision, now=LATER)
    assert case.stage == "handle"


def test_what_a_secretary_returns_for_her_grid_leaves_her(town: Town) -> None:
    """It would come back to her own list; a district that has everything keeps it on top."""
    key, other, db = town.send().report_key, town.send().report_key, town.database
    case = handling.return_(db, town.secretary, key, reason="是市政道路", seen=1, now=LATER)
    assert case.duty_code == STREET
    assert handling.return_(db, town.district, other, reason="同上", seen=1, now=LATER).duty_code == DISTRICT


def test_what_is_returned_goes_up_with_its_reason_and_its_clock(town: Town) -> None:
    key, db = town.send().report_key, town.database
    due = town.case(key).due_at
    with pytest.raises(Incomplete, match="理由"):
        handling.return_(db, town.grid, key, reason=" ", seen=1, now=LATER)
    case = handling.return_(db, town.grid, key, reason="是市政道路", seen=1, now=LATER)
    assert (case.stage, case.duty_code, case.due_at) == ("collect", HOME, due)
    # The grid officer still sees where it lies, and may do nothing with it.
    assert "accept" not in inbox.open_case(db, town.grid, key, now=LATER).allowed
    case = handling.return_(db, town.secretary, key, reason="同上", seen=case.revision, now=LATER)
    case = handling.return_(db, town.street, key, reason="同上", seen=case.revision, now=LATER)
    assert case.duty_code == DISTRICT
    with pytest.raises(Conflict):
        handling.return_(db, town.district, key, reason="同上", seen=case.revision, now=LATER)
    texts = inbox.open_case(db, town.district, key, now=LATER).texts
    assert [t.text for t in texts if t.role == "reason"] == ["是市政道路", "同上", "同上"]


def test_redispatch_keeps_history_and_clock_and_stays_within_reach(town: Town) -> None:
    key, db = town.send().report_key, town.database
    with pytest.raises(NotYours):
        handling.redispatch(db, town.grid, key, place_code=HOME + "002", reason="界线那边", seen=1, now=LATER)
    with pytest.raises(Conflict):
        handling.redispatch(db, town.secretary, key, place_code=EAST, reason="那边", seen=1, now=LATER)
    case = handling.redispatch(db, town.secretary, key, place_code=STREET, reason="跨社区", seen=1, now=LATER)
    case = handling.redispatch(db, town.street, key, place_code=EAST, reason="那边", seen=case.revision, now=LATER)
    assert (case.duty_code, case.place_code, case.due_at) == (EAST, GRID + "01", NOW + 24 * HOUR)
    assert town.kinds(key) == ["send", "redispatch", "redispatch"]
    assert inbox.open_case(db, town.east, key, now=LATER).case.id == case.id
    with pytest.raises(Invalid, match="110105012099"):
        handling.redispatch(db, town.street, key, place_code="110105012099", reason="x", seen=case.revision)


def test_a_kind_brings_its_term_less_what_was_used(town: Town) -> None:
    key, db = town.send(kind="unsorted").report_key, town.database
    case = handling.classify(db, town.grid, key, "road", seen=1, now=NOW + 6 * HOUR)
    assert (case.term, case.due_at, case.urgency) == ("7d", NOW + timedelta(days=7), "general")
    case = handling.classify(db, town.grid, key, "cover", seen=case.revision, now=NOW + 6 * HOUR)
    assert case.due_at == NOW + 2 * HOUR  # 2 h, of which 6 are used: overdue since then


def test_the_pin_is_put_right_and_the_case_follows_until_somebody_has_it(town: Town) -> None:
    db = town.database
    key = town.send().report_key
    lon, lat = 116.46 + 0.0025, 39.94 + 0.003
    case = handling.relocate(db, town.grid, key, lon, lat, seen=1, now=LATER)
    assert (case.place_code, case.duty_code, case.evidence) == (HOME + "002", HOME + "002", "pin")
    other = handling.accept(db, town.grid, town.send().report_key, seen=1, now=LATER)
    other = handling.relocate(db, town.grid, other.key, lon, lat, seen=other.revision, now=LATER)
    assert (other.place_code, other.duty_code) == (HOME + "002", GRID)
    with pytest.raises(Invalid):
        handling.relocate(db, town.grid, other.key, 0.0, 0.0, seen=other.revision, now=LATER)


def test_more_time_is_granted_by_somebody_else(town: Town) -> None:
    db = town.database
    case = handling.accept(db, town.grid, town.send().report_key, seen=1, now=LATER)
    case = waiting.ask_extension(db, town.grid, case.key, term="2wd", reason="等配件", seen=case.revision, now=LATER)
    wish = inbox.open_case(db, town.secretary, case.key, now=LATER).requests[0]
    with pytest.raises(Conflict, match="等着批"):
        waiting.ask_extension(db, town.grid, case.key, term="9d", reason="再等", seen=case.revision, now=LATER)
    with pytest.raises(NotYours):
        waiting.decide(db, town.grid, case.key, wish.id, approved=True, seen=case.revision, now=LATER)
    case = waiting.decide(db, town.secretary, case.key, wish.id, approved=True, seen=case.revision, now=LATER)
    # The 24 h end on Saturday 10:00; two working days after that end with Tuesday.
    assert case.due_at is not None and case.due_at.isoformat() == "2026-11-24T16:00:00+00:00"
    with pytest.raises(GeoappError):
        waiting.decide(db, town.second, case.key, wish.id, approved=False, reason="x", seen=case.revision, now=LATER)


def test_nobody_approves_her_own_wish_and_declining_says_why(town: Town) -> None:
    db = town.database
    case = handling.accept(db, town.secretary, town.send().report_key, seen=1, now=LATER)
    case = waiting.ask_hang(
        db, town.secretary, case.key, until=NOW + timedelta(days=9), reason="等供暖", seen=2, now=LATER
    )
    wish = inbox.open_case(db, town.second, case.key, now=LATER).requests[0]
    assert "hang" not in inbox.open_case(db, town.secretary, case.key, now=LATER).allowed
    with pytest.raises(SecondPersonNeeded):
        waiting.decide(db, town.secretary, case.key, wish.id, approved=True, seen=case.revision, now=LATER)
    with pytest.raises(Incomplete):
        waiting.decide(db, town.second, case.key, wish.id, approved=False, seen=case.revision, now=LATER)
    case = waiting.decide(
        db, town.second, case.key, wish.id, approved=False, reason="能办", seen=case.revision, now=LATER
    )
    assert case.stage == "handle" and case.due_at == NOW + 24 * HOUR


def test_the_clock_stands_while_a_case_hangs(town: Town) -> None:
    db = town.database
    case = handling.accept(db, town.grid, town.send().report_key, seen=1, now=NOW)
    case = waiting.ask_hang(db, town.grid, case.key, until=NOW + timedelta(days=9), reason="等供暖", seen=2, now=NOW)
    wish = inbox.open_case(db, town.secretary, case.key, now=NOW).requests[0]
    case = waiting.decide(db, town.secretary, case.key, wish.id, approved=True, seen=3, now=NOW + 4 * HOUR)
    assert (case.stage, case.due_at, case.remaining_s) == ("hung", None, 20 * 3600)
    with pytest.raises(IllegalMove, match="挂账"):
        handling.answer(db, town.grid, case.key, "办了", seen=case.revision, now=LATER)
    case = waiting.resume(db, town.grid, case.key, seen=case.revision, now=NOW + timedelta(days=5))
    assert case.due_at == NOW + timedelta(days=5, hours=20) and case.stage == "handle"
    for until in (NOW - HOUR, NOW + timedelta(days=400)):
        with pytest.raises(Invalid):
            waiting.ask_hang(db, town.grid, case.key, until=until, reason="x", seen=case.revision, now=NOW)


def test_bodies_are_called_in_and_their_times_written_down(town: Town) -> None:
    db = town.database
    case = handling.accept(db, town.grid, town.send().report_key, seen=1, now=NOW)
    called = [Target(body_key=town.bodies[name]) for name in ("property", "parks")]
    with pytest.raises(Incomplete):
        calling.whistle(db, town.grid, case.key, called, reason="", seen=case.revision, now=NOW)
    case = calling.whistle(db, town.grid, case.key, called, reason="树压了车", seen=case.revision, now=NOW)
    ids = [a.id for a in inbox.open_case(db, town.grid, case.key, now=NOW).assignments if a.role == "called"]
    case = calling.respond(db, town.manager, case.key, ids[0], seen=case.revision, now=LATER)
    with pytest.raises(NotFound):
        calling.respond(db, town.manager, case.key, ids[1], seen=case.revision, now=LATER)
    case = calling.arrive(db, town.manager, case.key, ids[0], seen=case.revision, now=NOW + 2 * HOUR)
    # The other one just comes; the grid officer notes it.
    case = calling.arrive(db, town.grid, case.key, ids[1], seen=case.revision, now=NOW + 3 * HOUR)
    done = {a.id: a for a in inbox.open_case(db, town.grid, case.key, now=LATER).assignments if a.role == "called"}
    times = [(done[i].accepted_at, done[i].arrived_at) for i in ids]
    assert times == [(LATER, NOW + 2 * HOUR), (NOW + 3 * HOUR, NOW + 3 * HOUR)]
    # A body that was called in answers nothing, closes nothing, reads no telephone number.
    assert not {"answer", "hand_back", "contact_read"} & set(
        inbox.open_case(db, town.manager, case.key, now=NOW).allowed
    )
    with pytest.raises(NotYours):
        handling.answer(db, town.parks, case.key, "办了", seen=case.revision, now=LATER)


def test_only_the_community_or_above_refuses_and_says_whom_to_ask(town: Town) -> None:
    receipt, db = town.send(), town.database
    with pytest.raises(NotYours):
        handling.refuse(db, town.grid, receipt.report_key, "请拨 96310", outcome="not_ours", seen=1, now=LATER)
    for outcome in ("done", "cannot", "", "gone"):
        with pytest.raises(Incomplete):
            handling.refuse(db, town.secretary, receipt.report_key, "请拨", outcome=outcome, seen=1, now=LATER)
    handling.refuse(
        db, town.secretary, receipt.report_key, "归铁路部门，请拨 12306", outcome="not_ours", seen=1, now=LATER
    )
    view = receipts.view(db, receipt.code, address="a", now=LATER)
    assert view.report.state == "not_ours" and view.events[-1].answer == "归铁路部门，请拨 12306"


def test_an_honest_end_is_checked_like_any_other(town: Town) -> None:
    receipt, db = town.send(), town.database
    case = handling.accept(db, town.grid, receipt.report_key, seen=1, now=LATER)
    case = handling.answer(db, town.grid, case.key, "产权不清，办不了", outcome="cannot", seen=case.revision, now=LATER)
    handling.verify(db, town.secretary, case.key, passed=True, seen=case.revision, now=LATER)
    assert receipts.view(db, receipt.code, address="a", now=LATER).report.state == "cannot"


@pytest.mark.engines
def test_two_reports_of_one_matter_become_one_and_can_be_taken_apart(town: Town) -> None:
    db = town.database
    first, second = town.send("垃圾满了"), town.send("垃圾桶冒了", x=0.52)
    assert [n.key for n in inbox.open_case(db, town.grid, second.report_key, now=NOW).nearby] == [first.report_key]
    merging.merge(db, town.grid, second.report_key, first.report_key, seen=1, now=LATER)
    assert (town.case(second.report_key).stage, town.case(first.report_key).me_too) == ("merged", 1)
    view = receipts.view(db, second.code, address="a", now=LATER)
    assert view.number == second.number, "her receipt says the number that she was given"
    assert view.merged_into == first.number and view.own_words == ("垃圾桶冒了",) and view.report.state == "received"
    close(town, first.report_key)
    assert receipts.view(db, second.code, address="a", now=LATER).report.state == "done"
    assert town.case(first.report_key).me_too == 1
    merging.unmerge(db, town.secretary, second.report_key, seen=2, now=LATER)
    assert (town.case(second.report_key).stage, town.case(first.report_key).me_too) == ("collect", 0)
    assert receipts.view(db, second.code, address="a", now=LATER).merged_into is None
    assert town.kinds(second.report_key) == ["send", "merge", "unmerge"]


def test_what_cannot_be_merged(town: Town) -> None:
    db, key = town.database, town.send().report_key
    idea, far = town.send("加椅子", kind="idea-place").report_key, town.send(x=6).report_key
    with pytest.raises(Invalid, match="自己"):
        merging.merge(db, town.grid, key, key, seen=1, now=LATER)
    with pytest.raises(Invalid, match="提案"):
        merging.merge(db, town.secretary, key, idea, seen=1, now=LATER)
    with pytest.raises(NoSuchReport):
        merging.merge(db, town.grid, key, far, seen=1, now=LATER)
    other = town.send().report_key
    close(town, other)
    with pytest.raises(Conflict):
        merging.merge(db, town.grid, key, other, seen=1, now=LATER)


def test_contact_data_are_read_by_the_handler_alone_and_each_reading_is_written_down(town: Town) -> None:
    db = town.database
    key = town.send(contact=Contact("测试居民", "13800001234", home="501")).report_key
    for stranger in ("grid2", "east", "resident", "manager"):
        with pytest.raises(NoSuchReport):
            contacts.read_contact(db, town.people[stranger], key, purpose="回访", now=LATER)
    with pytest.raises(Incomplete):
        contacts.read_contact(db, town.grid, key, purpose="", now=LATER)
    assert contacts.read_contact(db, town.grid, key, purpose="回访", now=LATER).phone == "13800001234"
    # A joint handler and a body that was called in see the case and not the number; the lead handler does.
    case = handling.assign(db, town.grid, key, Target(body_key=town.bodies["property"]),
                           [Target(body_key=town.bodies["parks"])], seen=1, now=LATER)  # fmt: skip
    with pytest.raises(NotYours):
        contacts.read_contact(db, town.parks, key, purpose="好奇", now=LATER)
    assert contacts.read_contact(db, town.manager, key, purpose="上门", now=LATER).home == "501"
    readings = [e for e in town.timeline(key) if e.kind == "contact_read"]
    assert [e.actor for e in readings] == [town.grid.name, town.manager.name]
    assert case.revision == town.case(key).revision
    with pytest.raises(NotFound, match="没有留联系方式"):
        contacts.read_contact(db, town.grid, town.send().report_key, purpose="回访", now=LATER)


def test_words_are_public_once_released_and_as_released(town: Town) -> None:
    db = town.database
    receipt = town.send("3号楼501的王某占道", address="3号楼501")
    key = receipt.report_key
    text = inbox.open_case(db, town.secretary, key, now=NOW).texts[0]

    def public() -> tuple[str | None, str | None]:
        shown = inbox.public_reports(db, now=NOW)[0]
        return shown.words, shown.address

    assert public() == (None, None)
    with pytest.raises(NotYours):
        moderating.release(db, town.grid, key, [text.id], now=LATER)
    moderating.redact(db, town.secretary, key, text.id, "有人占道", now=LATER)
    assert public() == ("有人占道", "3号楼501")
    moderating.hold(db, town.secretary, key, [text.id], now=LATER)
    assert public() == (None, None)
    other = town.send("另一件").report_key
    with pytest.raises(NotFound):
        moderating.release(db, town.secretary, other, [text.id], now=LATER)
