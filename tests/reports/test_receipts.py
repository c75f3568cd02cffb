"""What a receipt opens, and what it does not; 我也遇到; taking one's data back."""

from __future__ import annotations

import pytest

from geoapp.accounts.people import VISITOR
from geoapp.errors import GeoappError
from geoapp.reports import numbers, store
from geoapp.reports.handling import actions as handling
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.people import Contact, Sender
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.receipts.view import PublicReport
from geoapp.reports.sending.actions import TooManyReports, new_key
from geoapp.reports.stages import IllegalMove
from geoapp.reports.store import NoSuchReport
from tests.reports.world import HOUR, NOW, Town

ME = "192.0.2.9"


def test_7_ten_thousand_guesses_open_nothing_and_are_stopped(throttled: Town) -> None:
    """reports.md 7, 8: wrong codes are refused alike, and after thirty of an address it waits; others do not."""
    right = throttled.send().code
    answers = {"none": 0, "wait": 0}
    # Four hundred say the same as ten thousand, which take half a minute.
    for n in range(400):
        guess = numbers.code_from(f"{n:022d}")
        try:
            receipts.view(throttled.database, guess, address=ME, now=NOW)
        except NoSuchReport:
            answers["none"] += 1
        except TooManyReports as stop:
            answers["wait"] += 1
            assert stop.wait_s > 0
    assert answers["none"] == 30 and answers["wait"] > 300
    # Whoever holds a receipt is served meanwhile, from the same address too.
    assert receipts.view(throttled.database, right, address=ME, now=NOW).is_sender
    for odd in ("", "short", "A" * 27, "../../etc", "\x00" * 26, right[:-1] + ("A" if right[-1] != "A" else "B")):
        with pytest.raises(NoSuchReport):
            receipts.view(throttled.database, odd, address="198.51.100.7", now=NOW)


def test_6_a_number_is_no_key_and_a_receipt_opens_one_case(town: Town) -> None:
    """reports.md 6, 7: neither numbers nor keys nor ids open a receipt, and one receipt opens no other case."""
    mine, other = town.send("我的"), town.send("别人的")
    for guess in (mine.number, mine.report_key, str(mine.report_id), numbers.hashed(mine.code)):
        with pytest.raises(NoSuchReport):
            receipts.view(town.database, guess, address=ME, now=NOW)
    assert receipts.view(town.database, mine.code, address=ME, now=NOW).own_words == ("我的",)
    assert receipts.view(town.database, other.code, address=ME, now=NOW).own_words == ("别人的",)


def test_17_the_public_view_has_a_list_of_fields_and_none_is_private(town: Town) -> None:
    """reports.md 17: what leaves is an allow-list."""
    assert set(PublicReport.__dataclass_fields__) == {
        "number", "matter", "kind", "state", "is_open", "lon", "lat", "community_code", "words", "address", "answer",
        "reported_at", "updated_at", "closed_at", "due_at", "me_too", "language", "illustrative",
    }  # fmt: skip
    receipt = town.send("王某 13800001234", address="3号楼501", contact=Contact("王某", "13800001234"))
    shown = str(inbox.public_reports(town.database, now=NOW)) + str(
        inbox.nearby(town.database, "rubbish", 116.4605, 39.943, now=NOW)
    )
    assert receipt.number in shown and len(town.case(receipt.report_key).place_code) == 17
    for private in ("王某", "13800001234", "3号楼501", receipt.code, town.case(receipt.report_key).place_code):
        assert private not in shown, private


def test_an_answer_is_public_with_the_words_and_as_long_as_it_is_one(town: Town) -> None:
    db, receipt = town.database, town.send("王某家楼下堆了垃圾")
    case = handling.accept(db, town.grid, receipt.report_key, seen=1, now=NOW)
    handling.answer(db, town.grid, case.key, "王某家楼下清完了", seen=case.revision, now=NOW)
    assert inbox.public_reports(db, now=NOW)[0].answer is None
    with db.reading() as connection:
        (report, _answer) = store.texts(connection, [receipt.report_id])
    moderating.release(db, town.secretary, case.key, [report.id], now=NOW)
    assert inbox.public_reports(db, now=NOW)[0].answer == "王某家楼下清完了"
    receipts.say_not_mended(db, receipt.code, address=ME, now=NOW)
    assert inbox.public_reports(db, now=NOW)[0].answer is None


def test_whoever_met_with_it_too_counts_once_and_gets_a_receipt(town: Town) -> None:
    db = town.database
    first = town.send(device="first")
    key = new_key()
    mine = receipts.join(db, VISITOR, first.number, sender=Sender(ME, "second"), key=key, now=NOW)
    assert not mine.again and town.case(first.report_key).me_too == 1
    again = receipts.join(db, VISITOR, first.number, sender=Sender(ME, "second"), key=key, now=NOW)
    assert again.again and again.code == mine.code
    assert receipts.join(db, VISITOR, first.number, sender=Sender("x", "second"), now=NOW).again
    # 27: one's own report does not count, nor does following it.
    assert receipts.join(db, VISITOR, first.number, sender=Sender(ME, "first"), now=NOW).again
    receipts.join(db, VISITOR, first.number, sender=Sender(ME, "third"), me_too=False, now=NOW)
    assert town.case(first.report_key).me_too == 1
    view = receipts.view(db, mine.code, address=ME, now=NOW)
    assert not view.is_sender and view.own_words == () and not view.can_judge and not view.can_withdraw
    # A follower may say that it is not mended; the sender alone judges.
    assert town.case(first.report_key).revision == 1, "nobody who works on it is overtaken by neighbours"


def test_nobody_joins_what_is_closed_hidden_or_not_there(town: Town) -> None:
    db = town.database
    closed = town.send()
    handling.refuse(db, town.secretary, closed.report_key, "请拨", outcome="not_ours", seen=1, now=NOW)
    with pytest.raises(IllegalMove):
        receipts.join(db, VISITOR, closed.number, sender=Sender(ME), now=NOW)
    with pytest.raises(GeoappError):
        receipts.join(db, VISITOR, "000000000", sender=Sender(ME), now=NOW)


@pytest.mark.engines
def test_31_personal_data_are_taken_back_and_the_case_stays(town: Town) -> None:
    db = town.database
    receipt = town.send("王某的车", address="3号楼501", contact=Contact("王某", "13800001234", "a@example.org"))
    receipts.add_words(db, receipt.code, "车牌京A12345", address=ME, now=NOW)
    receipts.take_back(db, receipt.code, address=ME, now=NOW)
    view = receipts.view(db, receipt.code, address=ME, now=NOW)
    assert not view.has_contact and view.own_words == ("王某的车", "车牌京A12345")
    receipts.take_back(db, receipt.code, address=ME, words=True, now=NOW)
    assert receipts.view(db, receipt.code, address=ME, now=NOW).own_words == ()
    file = inbox.open_case(db, town.grid, receipt.report_key, now=NOW)
    assert [t.text for t in file.texts] == [None, None] and file.case.address == "" and not file.has_contact
    assert file.case.stage == "collect" and town.kinds(receipt.report_key) == ["send", "add", "take_back", "take_back"]


def test_a_follower_takes_back_her_own_words_and_nobody_elses(town: Town) -> None:
    db = town.database
    first = town.send("垃圾")
    mine = receipts.join(
        db, VISITOR, first.number, sender=Sender(ME, "d"), contact=Contact(phone="13800001234"), now=NOW
    )
    receipts.add_words(db, mine.code, "我家门口也是", address=ME, now=NOW)
    receipts.take_back(db, mine.code, address=ME, words=True, now=NOW)
    texts = inbox.open_case(db, town.grid, first.report_key, now=NOW).texts
    assert [t.text for t in texts] == ["垃圾", None]


def test_a_report_is_withdrawn_until_somebody_takes_it_up(town: Town) -> None:
    db = town.database
    receipt = town.send(contact=Contact(phone="13800001234"))
    assert receipts.view(db, receipt.code, address=ME, now=NOW).can_withdraw
    receipts.withdraw(db, receipt.code, address=ME, now=NOW)
    assert town.case(receipt.report_key).stage == "withdrawn"
    view = receipts.view(db, receipt.code, address=ME, now=NOW)
    assert (view.can_withdraw, view.has_contact, view.own_words) == (False, False, ())
    assert inbox.public_reports(db, now=NOW) == []
    other = town.send()
    handling.accept(db, town.grid, other.report_key, seen=1, now=NOW)
    with pytest.raises(IllegalMove):
        receipts.withdraw(db, other.code, address=ME, now=NOW)


def test_a_closed_case_is_judged_once_by_its_sender(town: Town) -> None:
    db = town.database
    receipt = town.send()
    with pytest.raises(IllegalMove):
        receipts.say_satisfied(db, receipt.code, solved=True, satisfied=True, address=ME, now=NOW)
    handling.refuse(db, town.secretary, receipt.report_key, "请拨", outcome="not_ours", seen=1, now=NOW)
    receipts.say_satisfied(db, receipt.code, solved=False, satisfied=True, words="谢谢", address=ME, now=NOW)
    case = town.case(receipt.report_key)
    assert (case.solved, case.satisfied, case.judged_at) == (False, True, NOW)
    with pytest.raises(GeoappError, match="评价过"):
        receipts.say_satisfied(db, receipt.code, solved=True, satisfied=True, address=ME, now=NOW)


def test_a_resident_with_an_account_is_never_named_in_the_timeline(town: Town) -> None:
    receipt = town.send(actor=town.resident)
    assert town.timeline(receipt.report_key)[0].actor == "sender"
    texts = inbox.open_case(town.database, town.grid, receipt.report_key, now=NOW + HOUR).texts
    assert texts[0].by == "sender"
