"""What is kept of reports for people with an account: handed to them, and taken back when the account is erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.reports import store
from geoapp.reports.actions import Desk
from geoapp.reports.contacts import store as contacts
from geoapp.reports.own import store as own
from geoapp.reports.photos import store as photos
from geoapp.reports.receipts.actions import Held, take_back_at
from geoapp.reports.rulebook.store import rulebook

_WRITTEN = frozenset({"report", "addition", "judgement"})


def export(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    """Reports that somebody sent while signed in, and those that she joined or follows, with all that is hers."""
    sent, followed = own.sent_by(connection, person_id), own.followed_by(connection, person_id)
    return [_sent(connection, report_id) for report_id in sent] + [
        _followed(connection, report_id, follower_id) for report_id, follower_id in followed if report_id not in sent
    ]


def _sent(connection: Connection, report_id: int) -> dict[str, Any]:
    case, contact = store.case_by_id(connection, report_id), contacts.sender(connection, report_id)
    texts = store.texts(connection, [report_id])
    return {
        "number": case.number,
        "reported_at": case.reported_at,
        "lon": case.lon,
        "lat": case.lat,
        "address": case.address,
        "words": [t.text for t in texts if t.by == "sender" and t.role in _WRITTEN and t.text],
        "contact": contact.as_values() if contact is not None else None,
        "photos": [
            {"received_at": p.received_at, "taken_at": p.taken_at, "lon": p.lon, "lat": p.lat}
            for p in photos.photos_of(connection, report_id)
            if p.by == "sender"
        ],
    }


def _followed(connection: Connection, report_id: int, follower_id: int) -> dict[str, Any]:
    contact, by = contacts.follower(connection, follower_id), f"follower:{follower_id}"
    texts = store.texts(connection, [report_id])
    return {
        "number": store.case_by_id(connection, report_id).number,
        "followed": True,
        "words": [t.text for t in texts if t.by == by and t.text],
        "contact": contact.as_values() if contact is not None else None,
    }


def erase(database: Database, connection: Connection, actor: Actor, person_id: int, *, now: datetime) -> None:
    """Take back all that is hers, as she could by her receipts: the cases stay, without a word of who sent them."""
    at = Desk(database, connection, rulebook(database.settings), actor, now)
    for report_id in own.sent_by(connection, person_id):
        take_back_at(at, Held(store.case_by_id(connection, report_id), None), words=True)
    for report_id, follower_id in own.followed_by(connection, person_id):
        take_back_at(at, Held(store.case_by_id(connection, report_id), follower_id), words=True)
    own.drop_notices(connection, person_id)
