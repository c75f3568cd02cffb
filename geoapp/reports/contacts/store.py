"""Contact data, sealed under a key per contact that goes with it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection

from geoapp.reports.people import Contact
from geoapp.reports.tables import report_contact_keys, report_contacts, report_followers, reports

_NONCE = 12


def add(connection: Connection, report_id: int, contact: Contact, *, follower_id: int | None = None) -> int:
    """Store contact data sealed; gives their id."""
    secret, nonce = AESGCM.generate_key(bit_length=256), os.urandom(_NONCE)
    plain = json.dumps(contact.as_values()).encode()
    values = {
        "report_id": report_id,
        "follower_id": follower_id,
        # Bound to the report: moved to another row it opens no more.
        "sealed": nonce + AESGCM(secret).encrypt(nonce, plain, str(report_id).encode()),
        "wants_call": contact.wants_call,
    }
    inserted = connection.execute(report_contacts.insert().values(values).returning(report_contacts.c.id))
    contact_id = int(inserted.scalar_one())
    connection.execute(report_contact_keys.insert().values(contact_id=contact_id, secret=secret))
    return contact_id


def sender(connection: Connection, report_id: int) -> Contact | None:
    """Contact data of who sent a report; None when there are none or they were erased."""
    return _open(connection, (report_contacts.c.report_id == report_id) & report_contacts.c.follower_id.is_(None))


def follower(connection: Connection, follower_id: int) -> Contact | None:
    """Contact data of a follower."""
    return _open(connection, report_contacts.c.follower_id == follower_id)


def wants_call(connection: Connection, report_ids: Collection[int]) -> set[int]:
    """Reports whose sender asked to be called, and whose number is still there."""
    query = sa.select(report_contacts.c.report_id).where(
        report_contacts.c.report_id.in_(list(report_ids)), report_contacts.c.wants_call, _kept()
    )
    return set(connection.execute(query).scalars())


def has_contact(connection: Connection, report_id: int) -> bool:
    """Are there contact data of the sender?"""
    where = (report_contacts.c.report_id == report_id) & report_contacts.c.follower_id.is_(None) & _kept()
    return connection.execute(sa.select(report_contacts.c.id).where(where)).first() is not None


def keep_until(connection: Connection, report_id: int, until: datetime | None) -> None:
    """Set the day on which all contact data of a case go; None while it is open."""
    mine = (report_contacts.c.report_id == report_id) & _kept()
    connection.execute(report_contacts.update().where(mine).values(kept_until=until))


def erase(connection: Connection, where: sa.ColumnElement[bool], *, at: datetime) -> list[int]:
    """Destroy contact data and their keys; gives the reports concerned."""
    if connection.dialect.name == "sqlite":
        # Freed pages are overwritten, or the number would stay in the file for whoever reads its bytes.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    rows = connection.execute(sa.select(report_contacts.c.id, report_contacts.c.report_id).where(where, _kept())).all()
    ids = [row.id for row in rows]
    connection.execute(report_contact_keys.delete().where(report_contact_keys.c.contact_id.in_(ids)))
    gone = report_contacts.c.id.in_(ids)
    connection.execute(report_contacts.update().where(gone).values(sealed=None, wants_call=False, erased_at=at))
    return sorted({row.report_id for row in rows})


def of_report(report_id: int, follower_id: int | None = None) -> sa.ColumnElement[bool]:
    """Contact data of the sender, or of one follower."""
    mine = report_contacts.c.report_id == report_id
    same = report_contacts.c.follower_id
    return mine & (same.is_(None) if follower_id is None else same == follower_id)


def of_sender_followers(report_id: int) -> sa.ColumnElement[bool]:
    """Addresses under which the sender herself hears of her report."""
    own = sa.select(report_followers.c.id).where(
        report_followers.c.report_id == report_id, report_followers.c.secret_sha256.is_(None)
    )
    return (report_contacts.c.report_id == report_id) & report_contacts.c.follower_id.in_(own)


def expired(connection: Connection, *, now: datetime, closed: datetime, limit: int) -> list[int]:
    """Reports whose contact data have served their term: by the day that was set, or closed that long ago.

    The second finds what came in closed, and what hangs on a case that was merged into a closed one.
    """
    over = sa.or_(report_contacts.c.kept_until <= now, report_contacts.c.report_id.in_(_closed_before(closed)))
    query = (
        sa.select(report_contacts.c.report_id)
        .where(over, _kept())
        .distinct()
        .order_by(report_contacts.c.report_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def marked(connection: Connection, *, closed: datetime, limit: int) -> list[int]:
    """Reports closed before a moment of which a device is still known: the sender's, or that of one who joined."""
    joined = sa.select(report_followers.c.report_id).where(report_followers.c.device_sha256.is_not(None))
    known = sa.or_(reports.c.sender_sha256.is_not(None), reports.c.id.in_(joined))
    query = sa.select(reports.c.id).where(known, reports.c.id.in_(_closed_before(closed)))
    return list(connection.execute(query.order_by(reports.c.id).limit(limit)).scalars())


def forget_marks(connection: Connection, report_ids: Collection[int]) -> None:
    """Let the marks go by which a device's reports were told together and its 我也遇到 counted once."""
    ids = list(report_ids)
    connection.execute(reports.update().where(reports.c.id.in_(ids)).values(sender_sha256=None))
    followers = report_followers.c.report_id.in_(ids)
    connection.execute(report_followers.update().where(followers).values(device_sha256=None))


def _closed_before(moment: datetime) -> sa.Select[Any]:
    """Ids of reports that were closed before a moment, or merged, over however many steps, into one that was."""
    root = sa.select(reports.c.id).where(reports.c.closed_at <= moment).cte("closed_long", recursive=True)
    below = sa.select(reports.c.id).join(root, reports.c.merged_into == root.c.id)
    both = root.union(below)
    return sa.select(both.c.id)


def _open(connection: Connection, where: sa.ColumnElement[bool]) -> Contact | None:
    query = (
        sa.select(report_contacts.c.sealed, report_contacts.c.report_id, report_contact_keys.c.secret)
        .join(report_contact_keys, report_contact_keys.c.contact_id == report_contacts.c.id)
        .where(where, _kept())
        .order_by(report_contacts.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    nonce, sealed = row.sealed[:_NONCE], row.sealed[_NONCE:]
    try:
        plain = AESGCM(row.secret).decrypt(nonce, sealed, str(row.report_id).encode())
    except InvalidTag:
        return None
    return Contact.of(json.loads(plain))


def _kept() -> sa.ColumnElement[bool]:
    return report_contacts.c.sealed.is_not(None)
