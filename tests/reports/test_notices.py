"""Who is told, in which words, and by which way; a letter opens nothing."""

from __future__ import annotations

import socketserver
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy
from pathlib import Path

import pytest
from apiflask import APIFlask

from geoapp.accounts.people import VISITOR
from geoapp.db import Database
from geoapp.errors import Invalid
from geoapp.jobs import Job, JobQueue
from geoapp.reports.contacts import store as contacts
from geoapp.reports.handling import actions as handling
from geoapp.reports.handling.actions import Target
from geoapp.reports.merging import actions as merging
from geoapp.reports.notices import actions as notices
from geoapp.reports.notices import store, tasks
from geoapp.reports.notices.clients import NotDelivered, send_letter, send_message
from geoapp.reports.people import Contact, Sender
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.receipts.hearing import actions as hearing
from geoapp.reports.sending.actions import TooManyReports
from tests.reports.world import HOUR, NOW, Town


class MailServer(socketserver.ThreadingTCPServer):
    """Takes letters as RFC 5321 says, and keeps them; ``refuse`` so many first."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.letters: list[tuple[str, str]] = []
        self.refuse = 0


class _Mail(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: MailServer = self.server  # type: ignore[assignment]
        to, data = "", False
        self.wfile.write(b"220 here\r\n")
        body: list[str] = []
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if data:
                if line == ".":
                    data = False
                    server.letters.append((to, "\n".join(body)))
                    self.wfile.write(b"250 kept\r\n")
                else:
                    body.append(line)
                continue
            word = line[:4].upper()
            if word == "RCPT":
                to = line.partition("<")[2].rstrip(">")
                if server.refuse:
                    server.refuse -= 1
                    self.wfile.write(b"450 come again\r\n")
                    continue
            if word == "DATA":
                data = True
                self.wfile.write(b"354 go on\r\n")
            elif word == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 8BITMIME\r\n")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def posting(town: Town, mail: MailServer) -> Iterator[Town]:
    """The town with a mail server."""
    own = replace(town.database.settings, smtp_host="127.0.0.1", smtp_port=mail.server_address[1], smtp_plain=1,
                  smtp_from="麦子店街道 <noreply@example.org>")  # fmt: skip
    database = Database(own)
    yield replace(town, database=database)
    database.dispose()


def waiting(town: Town) -> list[Job]:
    return [j for j in JobQueue(town.database).latest() if j.task == tasks.LETTER.name][::-1]


def news(town: Town, who: str) -> list[str]:
    person = town.people[who].person
    assert person is not None
    with town.database.reading() as connection:
        return [n.kind for n in store.newest(connection, person.id)][::-1]


@pytest.mark.engines
def test_those_on_duty_the_handlers_and_those_who_approve_are_told(town: Town) -> None:
    db = town.database
    key = town.send().report_key
    assert news(town, "grid") == ["send"] and news(town, "secretary") == []
    case = handling.assign(db, town.grid, key, Target(body_key=town.bodies["property"]), seen=1, now=NOW)
    case = handling.accept(db, town.manager, key, seen=case.revision, now=NOW)
    case = handling.answer(db, town.manager, key, "清了", seen=case.revision, now=NOW)
    assert news(town, "manager") == ["assign"] and news(town, "grid") == ["send", "answer"]
    handling.verify(db, town.grid, key, passed=False, reason="没清", seen=case.revision, now=NOW)
    assert news(town, "manager") == ["assign", "rework"]
    # Nobody holds the rank at grid 003: its community is told.
    town.send(y=1.0)
    assert news(town, "secretary") == ["send"] == news(town, "second")
    with db.reading() as connection:
        top = store.newest(connection, town.secretary.person.id)[0].id  # type: ignore[union-attr]
    assert notices.see_up_to(db, town.secretary, top - 1) == 0
    assert notices.see_up_to(db, town.secretary, top) == 1 and notices.see_up_to(db, town.secretary, top) == 0
    assert notices.see_up_to(db, VISITOR, top) == 0


def test_a_resident_with_an_account_reads_plain_words(town: Town) -> None:
    key = town.send(actor=town.resident).report_key
    handling.refuse(town.database, town.secretary, key, "请拨 12306", outcome="not_ours", seen=1, now=NOW)
    assert news(town, "resident") == ["refuse"]


def test_34_letters_say_number_and_state_and_open_nothing(posting: Town, mail: MailServer) -> None:
    """reports.md 34: no link, no receipt; 3: plain words, never a term or an office."""
    town, db = posting, posting.database
    receipt = town.send(contact=Contact("王某", "13800001234", "a@example.org"))
    joined = receipts.join(db, VISITOR, receipt.number, sender=Sender("x", "y"), contact=Contact(email="b@example.org"),
                           language="en", now=NOW)  # fmt: skip
    case = handling.accept(db, town.grid, receipt.report_key, seen=1, now=NOW)
    case = handling.answer(db, town.grid, receipt.report_key, "清完了", seen=case.revision, now=NOW)
    handling.verify(db, town.secretary, receipt.report_key, passed=True, seen=case.revision, now=NOW + HOUR)
    jobs = waiting(town)
    assert len(jobs) == 6, "accept, answer and close, to each of the two"
    assert "example.org" not in str([job.args for job in jobs])
    for job in jobs:
        assert tasks.deliver(db, lambda share, words: None, **job.args) == {"sent": True}
    letters = [(to, message_from_string(text, policy=policy.default)) for to, text in mail.letters]
    assert sorted({to for to, _ in letters}) == ["a@example.org", "b@example.org"]
    spoken = f"{receipt.number[:3]}-{receipt.number[3:6]}-{receipt.number[6:]}"
    mine = [letter["Subject"] for to, letter in letters if to.startswith("a")]
    assert mine == [f"您反映的事 {spoken}：{state}" for state in ("办理中", "办过了，正在看", "办完了")]
    english = [letter["Subject"] for to, letter in letters if to.startswith("b")]
    assert english[-1] == f"Your report {spoken}: done"
    for _, letter in letters:
        whole = str(letter["Subject"]) + letter.get_content()
        assert not any(word in whole for word in ("http", receipt.code, joined.code, "超期", "王某", "13800001234"))
    assert "答复：清完了" in letters[2][1].get_content()


def digits_sent(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Do the letters that ask for proof; gives addresses and digits, in the order of asking."""
    database, sent = app.extensions["geoapp"]["database"], []
    monkeypatch.setattr(
        tasks, "send_letter", lambda settings, *, to, subject, body: sent.append((to, subject[:6])) or body
    )
    monkeypatch.setattr(
        tasks, "send_message", lambda settings, *, to, text, language: sent.append((to, text[:6])) or text
    )
    for job in JobQueue(database).latest()[::-1]:
        if job.task == tasks.PROOF.name and job.state == "queued":
            tasks.ask_for_proof(database, lambda share, words: None, **job.args)
            JobQueue(database).cancel(job.id)
    return sent


def test_an_address_left_on_the_receipt_is_written_to_once_it_is_proved(
    app: APIFlask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest one of each holder, and none for whoever took her data back."""
    receipt = town.send()
    joined = receipts.join(town.database, VISITOR, receipt.number, sender=Sender("192.0.2.9", "b"), now=NOW)
    phone, mine = app.test_client(), f"/r/{receipt.code}"
    assert "有了进展告诉我" not in phone.get(mine).text, "nothing can be sent here"
    assert phone.post(f"{mine}/news", data={"email": "li@example.org"}).status_code == 400
    with town.database.reading() as connection:
        assert all(
            contacts.follower(connection, f.id) is None for f in store.followers(connection, [receipt.report_id])
        )
    settings = app.extensions["geoapp"]["settings"]
    app.extensions["geoapp"]["settings"] = replace(settings, smtp_host="127.0.0.1", message_command="send-sms")
    assert 'name="email"' in phone.get(mine).text and 'name="phone"' in phone.get(mine).text
    left = [(receipt.code, {"email": "old@example.org"}), (receipt.code, {"email": "li@example.org"}),
            (joined.code, {"phone": "13800138000"})]  # fmt: skip
    for code, form in left:
        assert phone.post(f"/r/{code}/news", data=form).status_code == 303
    assert phone.post(f"{mine}/news", data={"email": "li@"}).status_code == 400
    # Anybody may have written down anybody's address: until it is proved, nothing but the digits goes there.
    with town.database.reading() as connection:
        assert store.followers(connection, [receipt.report_id]) == []
    assert "l…@example.org" in phone.get(mine).text and "li@example.org" not in phone.get(mine).text
    sent = dict(digits_sent(app, monkeypatch))
    assert sorted(sent) == ["13800138000", "li@example.org"], "the first one was left for another"
    for wrong in ("", "000000", sent["13800138000"]):
        refused = phone.post(f"{mine}/news", data={"digits": wrong})
        assert refused.status_code == 400 and f'href="{mine}"' in refused.text, "and it leads back"
    assert phone.post(f"{mine}/news", data={"digits": f" {sent['li@example.org']} "}).status_code == 303
    assert phone.post(f"/r/{joined.code}/news", data={"digits": sent["13800138000"]}).status_code == 303
    assert phone.post(f"{mine}/news", data={"digits": sent["li@example.org"]}).status_code == 400, "proved already"
    assert "发邮件告诉您" in phone.get(mine).text and "发短信告诉您" in phone.get(f"/r/{joined.code}").text
    with town.database.reading() as connection:
        hear = store.followers(connection, [receipt.report_id])
        kept = [contacts.follower(connection, each.id) for each in hear]
    assert sorted((c.email, c.phone) for c in kept if c) == [("", "13800138000"), ("li@example.org", "")]
    receipts.take_back(town.database, receipt.code, address="192.0.2.1")
    with town.database.reading() as connection:
        assert [each.channel for each in store.followers(connection, [receipt.report_id])] == ["message"]


def test_digits_are_not_tried_out(throttled: Town) -> None:
    """Five at once, then one in twelve minutes: a million take 22 years."""
    receipt, db = throttled.send(), throttled.database
    hearing.hear(db, receipt.code, Contact(email="li@example.org"), language="zh", address="192.0.2.1", now=NOW)
    for n in range(5):
        assert not hearing.prove(db, receipt.code, f"{n:06d}", address="192.0.2.1", now=NOW)
    with pytest.raises(TooManyReports):
        hearing.prove(db, receipt.code, "999999", address="198.51.100.1", now=NOW)
    assert not hearing.prove(db, receipt.code, "999999", address="192.0.2.1", now=NOW + timedelta(minutes=12))


def test_whoever_joined_and_was_merged_is_told_too(posting: Town) -> None:
    town, db = posting, posting.database
    root, other = town.send(), town.send(contact=Contact(email="c@example.org"))
    merging.merge(db, town.grid, other.report_key, root.report_key, seen=1, now=NOW)
    case = handling.accept(db, town.grid, root.report_key, seen=1, now=NOW)
    assert case.stage == "handle" and len(waiting(town)) == 2


def test_nothing_is_sent_to_whoever_took_her_address_back(posting: Town, mail: MailServer) -> None:
    town, db = posting, posting.database
    receipt = town.send(contact=Contact(email="a@example.org"))
    handling.accept(db, town.grid, receipt.report_key, seen=1, now=NOW)
    receipts.take_back(db, receipt.code, address="a", now=NOW)
    assert tasks.deliver(db, lambda share, words: None, **waiting(town)[0].args) == {"sent": False}
    assert mail.letters == []


def test_a_server_that_puts_off_is_asked_again(
    posting: Town, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "AGAIN_AFTER_S", 0.0)
    town, db = posting, posting.database
    handling.accept(db, town.grid, town.send(contact=Contact(email="a@example.org")).report_key, seen=1, now=NOW)
    mail.refuse = 1
    assert tasks.deliver(db, lambda share, words: None, **waiting(town)[0].args) == {"sent": True}
    mail.refuse = 9
    with pytest.raises(NotDelivered):
        tasks.deliver(db, lambda share, words: None, **waiting(town)[0].args)


def test_no_second_recipient_is_put_into_an_address(posting: Town, mail: MailServer) -> None:
    with pytest.raises(ValueError, match="Header"):
        send_letter(posting.database.settings, to="a@b.cn\r\nBcc: c@d.cn", subject="x", body="y")
    with pytest.raises(Invalid):
        send_letter(replace(posting.database.settings, smtp_host=""), to="a@b.cn", subject="x", body="y")
    assert mail.letters == []


def test_short_messages_go_to_the_installations_own_program(town: Town, tmp_path: Path) -> None:
    script, kept = tmp_path / "send", tmp_path / "kept"
    script.write_text(f"#!/bin/sh\ncat >> {kept}\necho $# >> {kept}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    database = Database(replace(town.database.settings, message_command=str(script)))
    town = replace(town, database=database)
    key = town.send(contact=Contact(phone="13800001234", by_message=True)).report_key
    handling.accept(database, town.grid, key, seen=1, now=NOW)
    assert tasks.deliver(database, lambda share, words: None, **waiting(town)[0].args) == {"sent": True}
    told = kept.read_text()
    assert '"to": "13800001234"' in told and "办理中" in told and told.endswith("0\n"), "nothing among the arguments"
    for wrong in ("", "/no/such/program", "false"):
        with pytest.raises((Invalid, NotDelivered)):
            send_message(replace(database.settings, message_command=wrong), to="1", text="x", language="zh")
    database.dispose()
