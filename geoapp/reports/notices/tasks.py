"""Letters and short messages to residents, one job each: what a mail server refuses delays nobody else's."""

from __future__ import annotations

import time
from typing import Any

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import secret_key
from geoapp.jobs import LETTERS, Reporter, Task, register
from geoapp.reports import store
from geoapp.reports.contacts import store as contacts
from geoapp.reports.notices import store as notices
from geoapp.reports.notices.clients import NotDelivered, send_letter, send_message
from geoapp.reports.notices.proof import digits
from geoapp.reports.notices.store import Follower
from geoapp.reports.notices.wording import for_proof, for_resident
from geoapp.reports.people import Contact

AGAIN_AFTER_S = 20.0

LETTER = register(Task("reports.letter", "geoapp.reports.notices.tasks:deliver", timeout_s=120.0, lane=LETTERS))
PROOF = register(Task("reports.proof", "geoapp.reports.notices.tasks:ask_for_proof", timeout_s=120.0, lane=LETTERS))


def deliver(database: Database, report: Reporter, *, follower_id: int, report_id: int, event_id: int) -> dict[str, Any]:
    """Tell one follower of one event; nothing is sent to whoever has gone meanwhile, or left no address."""
    with database.reading() as connection:
        follower = notices.follower(connection, follower_id)
        contact = contacts.follower(connection, follower_id)
        case = store.case_by_id(connection, report_id)
        line = next((e for e in store.events(connection, report_id) if e.id == event_id), None)
        text = store.text(connection, line.text_id) if line is not None and line.text_id is not None else None
    if follower is None or contact is None or line is None or case.hidden:
        return {"sent": False}
    answer = text.public if text is not None and text.role == "answer" else None
    english = follower.language == "en"
    subject, body = for_resident(case, line, answer, english=english)
    _send(database.settings, follower, contact, subject, body)
    return {"sent": True}


def ask_for_proof(database: Database, report: Reporter, *, follower_id: int, report_id: int) -> dict[str, Any]:
    """Send the digits that show whether an address is hers who left it."""
    with database.reading() as connection:
        follower = notices.follower(connection, follower_id)
        contact = contacts.follower(connection, follower_id)
        case = store.case_by_id(connection, report_id)
    if follower is None or contact is None or follower.channel != "none":
        return {"sent": False}
    told = digits(secret_key(database.settings.data), follower_id, contact)
    _send(database.settings, follower, contact, *for_proof(case, told, english=follower.language == "en"))
    return {"sent": True}


def _send(settings: Settings, follower: Follower, contact: Contact, subject: str, body: str) -> None:
    try:
        _hand_over(settings, follower, contact, subject, body)
    except NotDelivered:
        # Mail servers put strangers off once to see whether they come back.
        time.sleep(AGAIN_AFTER_S)
        _hand_over(settings, follower, contact, subject, body)


def _hand_over(settings: Settings, follower: Follower, contact: Contact, subject: str, body: str) -> None:
    if contact.channel == "message":
        send_message(settings, to=contact.phone, text=subject, language=follower.language)
    else:
        send_letter(settings, to=contact.email, subject=subject, body=body)
