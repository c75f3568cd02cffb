"""A report comes in: placed, routed, timed, once, and with a receipt that opens it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from geoapp.accounts.people import VISITOR
from geoapp.accounts.trail import actions as trail
from geoapp.errors import GeoappError, Invalid
from geoapp.reports import store
from geoapp.reports.kinds import UnknownKind
from geoapp.reports.numbers import BadKey, hashed, read_number
from geoapp.reports.people import BadContact, Contact, Sender
from geoapp.reports.placing import Position
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.sending.actions import EmptyReport, TooManyReports, UsedKey, new_key, submit
from geoapp.reports.sending.matter import Official, Sending
from geoapp.reports.texts import TextTooLong
from tests.places.street import DISTRICT, EAST, HOME
from tests.reports.world import GRID, HOUR, NOW, Town, spot


@pytest.mark.engines
def test_a_report_is_placed_routed_timed_and_answered_with_a_receipt(town: Town) -> None:
    receipt = town.send("垃圾没人清")
    case = town.case(receipt.report_key)
    assert (case.place_code, case.duty_code, case.stage) == (GRID + "01", GRID, "collect")
    assert (case.urgency, case.term, case.due_at) == ("general", "24h", NOW + 24 * HOUR)
    assert case.near_at == NOW + timedelta(hours=19.2)
    assert case.route.startswith("default：网格员首接")
    assert read_number(receipt.number) == case.number and not receipt.outside and not receipt.near_border
    assert case.secret_sha256 == hashed(receipt.code) and receipt.code not in case.key
    assert town.kinds(case.key) == ["send"] and trail.verify(town.database)[1] is None


def test_what_the_rules_say_of_kind_and_manager_decides_who_acts(town: Town) -> None:
    tree = town.case(town.send(kind="tree").report_key)
    assert tree.duty_code == HOME and tree.term == "2h"
    road = town.case(town.send(kind="road").report_key)
    assert road.duty_code == GRID and road.term == "7d"
    idea = town.case(town.send("建议加把椅子", kind="idea-place").report_key)
    assert idea.matter == "proposal" and idea.duty_code == HOME


def test_outside_is_told_and_goes_to_the_district(town: Town) -> None:
    receipt = town.send(x=-20)
    assert receipt.outside and receipt.place_code == ""
    assert town.case(receipt.report_key).duty_code == DISTRICT


def test_an_address_works_without_the_map(town: Town) -> None:
    sending = Sending(words="灯不亮", kind="lamp", place_code=EAST, address=" 农展南里 3号楼　门口 ")
    receipt = submit(town.database, VISITOR, sending, sender=Sender("192.0.2.1"), now=NOW)
    case = town.case(receipt.report_key)
    assert (case.lon, case.evidence, case.place_code, case.address) == (None, "place", EAST, "农展南里 3号楼 门口")
    nowhere = submit(town.database, VISITOR, Sending(words="灯不亮", address="三里屯"), sender=Sender("x"), now=NOW)
    assert nowhere.place_code == "" and not nowhere.outside


@pytest.mark.engines
def test_a_second_sending_under_the_key_stores_nothing_and_gets_the_same_receipt(town: Town) -> None:
    key = new_key()
    first, second = town.send(key=key), town.send(key=key, x=0.6)
    assert second.again and (second.number, second.code) == (first.number, first.code)
    with pytest.raises(UsedKey):
        town.send("另一件事", key=key)
    with pytest.raises(BadKey):
        town.send(key="1234")


@pytest.mark.engines
def test_26_fifty_at_once_with_one_key_make_one_report(town: Town) -> None:
    """reports.md 26: fifty parallel sendings under one key are one report with one receipt."""
    key, receipts_, errors = new_key(), [], []

    def send() -> None:
        try:
            receipts_.append(town.send(key=key, device="one phone"))
        except GeoappError as error:
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len({r.code for r in receipts_}) == 1 and len({r.report_id for r in receipts_}) == 1
    assert sum(not r.again for r in receipts_) == 1
    with town.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM report").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM report_event").scalar() == 1


WRONG: list[tuple[dict[str, object], type[Exception]]] = [
    ({"words": " \n\t "}, EmptyReport),
    ({"words": "字" * 4001}, TextTooLong),
    ({"kind": "dragons"}, UnknownKind),
    ({"channel": "pigeon"}, Invalid),
    ({"matter": "rumour"}, Invalid),
    ({"language": "xx"}, Invalid),
    ({"address": "字" * 201}, Invalid),
    ({"place_code": "110105012099"}, Invalid),
    ({"contact": Contact(phone="not a phone")}, BadContact),
    ({"contact": Contact(email="a@b")}, BadContact),
    ({"contact": Contact(name="x", wants_call=True)}, BadContact),
    ({"positions": (Position(116.46, 39.94, "pin", "mars"),)}, Invalid),
]


def test_what_cannot_be_taken_is_told_and_leaves_nothing(throttled: Town) -> None:
    for wrong, error in WRONG:
        values: dict[str, object] = {"words": "垃圾", "kind": "rubbish", "address": "x", **wrong}
        with pytest.raises(error):
            submit(throttled.database, VISITOR, Sending(**values), sender=Sender("a"), now=NOW)  # type: ignore[arg-type]
    with throttled.database.reading() as connection:
        for table in ("report", "report_text", "report_contact", "report_event", "throttle"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table


def test_a_photograph_may_stand_without_words(town: Town) -> None:
    assert town.send("", photos=1).report_id


def test_words_lose_what_could_hide_or_turn_them(town: Town) -> None:
    receipt = town.send("a\x00b\u202ec\r\nd　e\u2028f\ud800g")
    with town.database.reading() as connection:
        assert store.texts(connection, [receipt.report_id])[0].text == "abc\nd e\nfg"


def test_14_an_address_a_device_and_a_place_can_send_only_so_much(throttled: Town) -> None:
    """reports.md 14: a device has ten at once; the next one waits, and nobody else does."""
    for _ in range(10):
        throttled.send(device="phone")
    with pytest.raises(TooManyReports) as refused:
        throttled.send(device="phone")
    assert 0 < refused.value.wait_s <= 120
    assert throttled.send(device="other").report_id
    # Two minutes later one more is allowed.
    assert throttled.send(device="phone", now=NOW + timedelta(minutes=2)).report_id
    with pytest.raises(TooManyReports):
        for n in range(60):
            throttled.send(device=f"d{n}")
    with throttled.database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT key FROM throttle").scalars().all()
    assert not any("192.0.2.1" in key or "phone" in key for key in kept)


def test_16_a_sender_sets_nothing_but_what_she_may_say(town: Town) -> None:
    """reports.md 16: stage, level, points and owners are no fields of a sending."""
    for field in ("stage", "status", "level", "points", "user_id", "verified", "duty_code", "due_at", "me_too"):
        with pytest.raises(TypeError):
            Sending(words="x", **{field: 1})  # type: ignore[arg-type]
    with pytest.raises(GeoappError):
        submit(town.database, town.resident, Sending(words="x", positions=(spot(0.5, 3),)), sender=Sender("a"),
               official=Official(term="400d"), now=NOW)  # fmt: skip


def test_an_official_takes_down_what_somebody_says_at_her_own_place_only(town: Town) -> None:
    sending = Sending(words="来电：灯不亮", kind="lamp", positions=(spot(0.5, 3),), channel="phone")
    official = Official(term="5wd", reported_at=NOW - HOUR)
    receipt = submit(town.database, town.grid, sending, sender=Sender(), official=official, now=NOW)
    case = town.case(receipt.report_key)
    assert case.term == "5wd" and case.reported_at == NOW - HOUR and case.person_id is None
    assert town.timeline(case.key)[0].actor == town.grid.name
    with pytest.raises(GeoappError):
        submit(town.database, town.east, sending, sender=Sender(), official=official, now=NOW)


def test_an_order_is_taken_in_once(town: Town) -> None:
    sending = Sending(words="工单", kind="lamp", positions=(spot(0.5, 3),), channel="order")
    official = Official(origin="12345", origin_number="20261118-0412")
    submit(town.database, town.secretary, sending, sender=Sender(), official=official, now=NOW)
    with pytest.raises(GeoappError, match="20261118-0412 已经录入"):
        submit(town.database, town.secretary, sending, sender=Sender(), official=official, now=NOW)


@pytest.mark.engines
def test_contact_data_are_sealed_and_never_in_plain_anywhere(town: Town) -> None:
    contact = Contact("测试居民", "13800001234", "someone@example.org", "3号楼2单元501", wants_call=True)
    receipt = town.send(contact=contact)
    assert receipts.view(town.database, receipt.code, address="a", now=NOW).has_contact
    with town.database.reading() as connection:
        names = "report report_text report_event report_contact report_follower audit_entry throttle report_sending"
        dump = "".join(str(connection.exec_driver_sql(f"SELECT * FROM {t}").all()) for t in names.split())
    for secret in ("13800001234", "someone@example.org", "2单元501", "测试居民", receipt.code):
        assert secret not in dump and secret.encode().hex() not in dump
