"""Hearing by letter how far it has come: an address is left, shown to be one's own, and then written to."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime

from geoapp import jobs
from geoapp.db import Database
from geoapp.errors import Invalid
from geoapp.files import secret_key
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk
from geoapp.reports.contacts import store as contacts
from geoapp.reports.notices import store as hearing
from geoapp.reports.notices.proof import digits
from geoapp.reports.notices.tasks import PROOF
from geoapp.reports.people import Contact, Sender
from geoapp.reports.receipts.actions import Held, holding, root_of
from geoapp.reports.sending import throttles
from geoapp.reports.sending.actions import spend
from geoapp.reports.stages import Standing


def hear(
    database: Database, code: str, contact: Contact, *, language: str, address: str, now: datetime | None = None
) -> None:
    """Leave an address or a number to hear of it by; another one takes the place of the first.

    Anybody can write down anybody's address: nothing but a letter with six digits goes to it until `prove`.
    """

    def ask(at: Desk, held: Held) -> None:
        spend(at, throttles.for_joining(Sender(address), factor=at.database.settings.rate_limits))
        case, checked = held.case, contact.checked()
        if checked.channel == "none":
            raise Invalid("请填一个收得到消息的地址。")
        root = root_of(at, case)
        move = stages.check(root.stage, "follow", Standing())
        if held.follower_id is None:
            contacts.erase(at.connection, contacts.of_sender_followers(case.id), at=at.now)
            store.end_own_followers(at.connection, case.id, at=at.now)
            follower = store.add_follower(
                at.connection, report_id=case.id, me_too=False, channel="none", language=language, at=at.now
            )
        else:
            follower, before = held.follower_id, contacts.follower(at.connection, held.follower_id) or Contact()
            # She may have left her number to be called back.
            checked = replace(before, email=checked.email, phone=checked.phone or before.phone,
                              by_message=checked.by_message)  # fmt: skip
            contacts.erase(at.connection, contacts.of_report(case.id, follower), at=at.now)
            hearing.change_follower(at.connection, follower, channel="none", language=language)
        contacts.add(at.connection, case.id, checked, follower_id=follower)
        job = {"follower_id": follower, "report_id": case.id}
        jobs.add_within(at.connection, PROOF.name, job, title="核对地址")
        at.aside(root, move, by="sender" if held.is_sender else "follower")

    holding(database, code, address, ask, now=now)


def prove(database: Database, code: str, told: str, *, address: str, now: datetime | None = None) -> bool:
    """The digits of the letter: True when they are right, and from now on news go to the address."""

    def check(at: Desk, held: Held) -> bool:
        waiting = hearing.unproved(at.connection, held.case.id, held.follower_id)
        contact = contacts.follower(at.connection, waiting) if waiting is not None else None
        if waiting is None or contact is None or contact.channel == "none":
            raise Invalid("没有要确认的地址；请先填一个。")
        spend(at, throttles.for_proving(waiting, factor=at.database.settings.rate_limits))
        right = digits(secret_key(at.database.settings.data), waiting, contact)
        if not hmac.compare_digest("".join(told.split()).encode(), right.encode()):
            return False
        hearing.change_follower(at.connection, waiting, channel=contact.channel)
        return True

    proved: bool = holding(database, code, address, check, now=now)
    return proved
