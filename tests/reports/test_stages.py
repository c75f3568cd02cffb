"""The one table of moves: whole, closed, and strict about who, why and what comes with it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.accounts.roles import PERMISSIONS
from geoapp.reports import stages, wording
from geoapp.reports.stages import EVENTS, MOVES, OPEN, IllegalMove, Incomplete, NotYours, SecondPersonNeeded, Stage
from geoapp.reports.stages import Standing as S

ALL = frozenset(PERMISSIONS)
SECRETARY = S(permissions=ALL)
EVERYTHING = {"reason", "answer", "outcome", "place", "body", "term", "until"}


def test_an_event_has_one_row_for_a_stage_and_every_word_is_there() -> None:
    pairs = [(m.event, source) for m in MOVES for source in m.sources]
    assert len(pairs) == len(set(pairs))
    assert set(wording.STAGE_WORDS) == set(Stage)
    assert set(wording.EVENT_WORDS) == EVENTS
    assert {m.permission for m in MOVES if m.permission} <= ALL
    assert all(m.permission for m in MOVES if m.by & {"official", "handler"})


def test_28_the_only_ways_to_an_end() -> None:
    ends = {(m.event, m.target) for m in MOVES if m.target is not None and m.target not in OPEN}
    assert ends == {
        ("close", Stage.EVALUATE), ("refuse", Stage.EVALUATE), ("merge", Stage.MERGED), ("withdraw", Stage.WITHDRAWN),
    }  # fmt: skip
    # Closing asks for a check, the check for an answer; nothing else leads to either.
    assert {m.event for m in MOVES if m.target is Stage.VERIFY} == {"verify"}
    assert {m.event for m in MOVES if m.target is Stage.FEEDBACK} == {"answer"}
    assert "second" in stages.move("feedback", "verify").needs
    assert {"answer", "outcome"} <= stages.move("collect", "refuse").needs


def test_every_stage_can_be_reached_and_every_open_one_left() -> None:
    reached, todo = {Stage.COLLECT}, [Stage.COLLECT]
    while todo:
        here = todo.pop()
        for m in MOVES:
            if here in m.sources and m.target is not None and m.target not in reached:
                reached.add(m.target)
                todo.append(m.target)
    assert reached == set(Stage)
    for stage in OPEN:
        assert any(stage in m.sources and m.target not in (None, stage) for m in MOVES)


@pytest.mark.parametrize(
    ("stage", "event"),
    [("collect", "close"), ("handle", "close"), ("feedback", "close"), ("evaluate", "answer"), ("merged", "accept"),
     ("hung", "answer"), ("withdrawn", "reopen"), ("evaluate", "raise"), ("hung", "raise"), ("collect", "verify")],
)  # fmt: skip
def test_28_what_the_stage_forbids_nobody_may(stage: str, event: str) -> None:
    with pytest.raises(IllegalMove, match=wording.STAGE_WORDS[stage][0]):
        stages.check(stage, event, S(ALL, True, True, True), EVERYTHING)


def test_who_answered_does_not_check_and_who_asked_does_not_approve() -> None:
    answerer = S(permissions=ALL, answered_it=True)
    for event in ("verify", "rework"):
        with pytest.raises(SecondPersonNeeded):
            stages.check("feedback", event, answerer, EVERYTHING)
        assert stages.check("feedback", event, SECRETARY, EVERYTHING)
    for event in ("extend", "hang", "decline"):
        with pytest.raises(SecondPersonNeeded):
            stages.check("handle", event, S(permissions=ALL, asked_for_it=True), EVERYTHING)
    assert "verify" not in stages.allowed("feedback", answerer) and "verify" in stages.allowed("feedback", SECRETARY)


@pytest.mark.parametrize(
    ("stage", "event", "missing"),
    [("collect", "return", "理由"), ("handle", "answer", "答复"), ("file", "assign", "单位或人员"),
     ("collect", "refuse", "答复"), ("handle", "ask_hang", "截止时间"), ("feedback", "rework", "理由"),
     ("handle", "ask_extension", "期限"), ("dispatch", "redispatch", "地点"), ("evaluate", "contact_read", "理由")],
)  # fmt: skip
def test_what_is_missing_is_named(stage: str, event: str, missing: str) -> None:
    with pytest.raises(Incomplete, match=missing):
        stages.check(stage, event, SECRETARY)
    assert stages.check(stage, event, SECRETARY, EVERYTHING)


def test_strangers_handlers_and_residents_have_their_own_few_moves() -> None:
    everywhere = {event for stage in Stage for event in stages.allowed(stage, S())}
    assert everywhere == {"join", "follow"}
    resident = {event for stage in Stage for event in stages.allowed(stage, S(receipt=True))}
    assert resident == everywhere | {"not_mended", "satisfied", "add", "withdraw", "take_back", "photo"}
    handler = {event for stage in Stage for event in stages.allowed(stage, S(assigned=True))}
    assert not handler & {"verify", "close", "assign", "redispatch", "refuse", "extend", "hang", "merge", "release"}
    with pytest.raises(NotYours):
        stages.check("dispatch", "accept", S())


@given(st.sampled_from(sorted(Stage)), st.sampled_from(sorted(EVENTS)), st.booleans(), st.booleans())
def test_what_is_offered_is_what_is_accepted(stage: str, event: str, assigned: bool, receipt: bool) -> None:
    standing = S(frozenset({"reports.handle", "reports.answer"}), assigned, receipt)
    try:
        stages.check(stage, event, standing, EVERYTHING)
        accepted = True
    except (IllegalMove, NotYours, SecondPersonNeeded):
        accepted = False
    assert accepted == (event in stages.allowed(stage, standing))


def test_residents_never_read_of_terms_levels_or_offices() -> None:
    forbidden = ["超期", "临期", "提级", "挂账", "退单", "overdue", "escalat"]
    for stage, outcome, english in product(Stage, stages.OUTCOMES, (False, True)):
        words = wording.resident_words(stage, outcome, english=english)
        assert words and not any(word in words for word in forbidden)
    assert wording.resident_words("hung", None) == wording.resident_words("handle", None) == "办理中"
    assert wording.resident_words("verify", None) == "看过了" and wording.resident_words("evaluate", "done") == "办完了"
    assert stages.open311_status("hung") == "open" and stages.open311_status("evaluate") == "closed"
