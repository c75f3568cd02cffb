"""Entries of the audit in the database, the chain's head outside it, and the key of each person."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.engine import Connection

from geoapp.accounts.audit import GENESIS, Entry, digest_of
from geoapp.accounts.tables import audit_entries, personal_keys
from geoapp.accounts.trail import refusals

#: Any number that no other advisory lock of the app uses.
_CHAIN_LOCK = 0x6765_6F61


def append(connection: Connection, entry: Entry) -> Entry:
    """Store an entry at the end of the chain, inside the transaction of the change it tells of.

    ``number``, ``previous`` and ``digest`` are set here.
    """
    return append_all(connection, [entry])[0]


def append_all(connection: Connection, blanks: Sequence[Entry]) -> list[Entry]:
    """The same for several changes of one transaction, in their order."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; PostgreSQL's must queue for the chain's end.
        connection.execute(_LOCK)
    last = connection.execute(_NEWEST).one_or_none()
    number, previous = (last.number, last.digest) if last else (0, GENESIS)
    stored = []
    for blank in blanks:
        number += 1
        entry = replace(blank, number=number, previous=previous)
        entry = replace(entry, digest=digest_of(entry))
        previous = entry.digest
        stored.append(entry)
    connection.execute(_INSERT, [_row(entry) for entry in stored])
    return stored


#: Composed once: composing takes longer than what they do.
_LOCK = sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK))
_NEWEST = sa.select(audit_entries.c.number, audit_entries.c.digest).order_by(audit_entries.c.number.desc()).limit(1)
_INSERT = audit_entries.insert()


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "place_path": entry.place,
        "values_json": json.dumps(entry.values, ensure_ascii=False, sort_keys=True),
        "request_id": entry.request_id,
        "previous": entry.previous,
        "digest": entry.digest,
    }


def entries(connection: Connection) -> Generator[Entry, None, None]:
    """All entries by ascending number, a thousand rows in memory at a time; close it when leaving before the end."""
    query = sa.select(audit_entries).order_by(audit_entries.c.number)
    with connection.execute(query, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            yield _entry(row)


def newest(
    connection: Connection, *, tops: list[str], before: int | None = None, subject: str | None = None, limit: int = 100
) -> list[Entry]:
    """Newest entries at the given place paths and below ("" is everywhere)."""
    column = audit_entries.c.place_path
    below = [
        sa.true() if not top else sa.or_(column == top, column.startswith(top + "/", autoescape=True)) for top in tops
    ]
    query = sa.select(audit_entries).where(sa.or_(sa.false(), *below))
    if before is not None:
        query = query.where(audit_entries.c.number < before)
    if subject is not None:
        query = query.where(audit_entries.c.subject == subject)
    rows = connection.execute(query.order_by(audit_entries.c.number.desc()).limit(limit))
    return [_entry(row) for row in rows]


def digest_at(connection: Connection, number: int) -> str | None:
    """The hash that the entry of that number carries; None where there is none."""
    query = sa.select(audit_entries.c.digest).where(audit_entries.c.number == number)
    return connection.execute(query).scalar_one_or_none()


def missing_refusals(connection: Connection) -> list[str]:
    """Names of those triggers and functions that no longer stand as they were made, or are switched off."""
    if connection.dialect.name != "postgresql":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        found = {row.name: row.sql for row in connection.exec_driver_sql(query)}
        return [name for name, text in refusals.SQLITE.items() if found.get(name) != text]
    query = (
        "SELECT tgname AS name, pg_get_triggerdef(oid) AS text FROM pg_trigger "
        "WHERE tgrelid = 'audit_entry'::regclass AND tgenabled = 'A'"
    )
    triggers = {row.name: row.text for row in connection.exec_driver_sql(query)}
    query = "SELECT proname AS name, prosrc AS text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    functions = {row.name: row.text for row in connection.exec_driver_sql(query)}
    return [
        *(name for name, text in refusals.POSTGRES_TRIGGERS.items() if triggers.get(name) != text),
        *(name for name, text in refusals.POSTGRES_FUNCTIONS.items() if functions.get(name) != text),
    ]


def _entry(row: Any) -> Entry:
    return Entry(
        number=row.number,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        place=row.place_path,
        values=json.loads(row.values_json),
        request_id=row.request_id,
        previous=row.previous,
        digest=row.digest,
    )


# -- the chain's head, outside the database -------------------------------------------------------------------------

#: Number and hash of the newest entry.
Head = tuple[int, str]

#: Entries that threads of this process have committed and want noted: whoever comes first writes for all.
_waiting: dict[Path, list[Head]] = {}
_listing, _noting = threading.Lock(), threading.Lock()


def note_head(folder: Path, number: int, digest: str, *, backwards: bool = False) -> None:
    """Keep the newest entry's number and hash in a file; an older one replaces a newer one only when told so."""
    with _listing:
        _waiting.setdefault(folder, []).append((number, digest))
    path = folder / "audit.head"
    # A thread waits here, not at the file: that would look again only every 50 ms.
    with _noting, FileLock(folder / "audit.head.lock"):
        with _listing:
            newest = max(_waiting.pop(folder, [(number, digest)]))
        if backwards:
            newest = (number, digest)
        known = read_head(folder)
        if known is not None and known[0] >= newest[0] and not backwards:
            return
        temporary = path.with_suffix(".part")
        with temporary.open("w", encoding="ascii") as out:
            out.write(f"{newest[0]} {newest[1]}\n")
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)


def read_head(folder: Path) -> Head | None:
    """The head as noted outside the database; None when nothing was noted yet."""
    try:
        number, digest = (folder / "audit.head").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    return int(number), digest


def note_break(folder: Path, head: Head, found: str | None) -> bool:
    """Keep for good that the chain did not hold the noted head when it grew on; False when that is known already.

    The next head takes the place of the noted one, and with it the proof would go.
    """
    line = f"{head[0]} {head[1]} {found or '-'}\n"
    path = folder / "audit.breaks"
    with FileLock(folder / "audit.head.lock"):
        if path.exists() and line in path.read_text(encoding="ascii"):
            return False
        with path.open("a", encoding="ascii") as out:
            out.write(line)
            out.flush()
            os.fsync(out.fileno())
    return True


def read_breaks(folder: Path) -> list[int]:
    """Numbers of the heads that the chain did not hold when it grew on."""
    path = folder / "audit.breaks"
    return [int(line.split()[0]) for line in path.read_text(encoding="ascii").splitlines()] if path.exists() else []


# -- personal values -----------------------------------------------------------------------------------------------


def new_secret() -> bytes:
    """A key for one person's values."""
    return os.urandom(32)


def seal(connection: Connection, person_id: int, value: str) -> dict[str, Any]:
    """A personal value as it may stand in the audit: readable while the person's key exists."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 10 MB that most entries do not need

    secret = _secret(connection, person_id)
    if secret is None:
        return {"erased": True}
    nonce = os.urandom(12)
    sealed = AESGCM(secret).encrypt(nonce, value.encode(), None)
    return {"person": person_id, "sealed": base64.b64encode(nonce + sealed).decode()}


def unseal(connection: Connection, value: Any) -> Any:
    """The value behind `seal`; "已清除" when the person was erased; any other value as it is."""
    if not isinstance(value, dict) or "sealed" not in value:
        return "已清除" if isinstance(value, dict) and value.get("erased") else value
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    secret = _secret(connection, int(value["person"]))
    if secret is None:
        return "已清除"
    raw = base64.b64decode(value["sealed"])
    try:
        return AESGCM(secret).decrypt(raw[:12], raw[12:], None).decode()
    except InvalidTag:
        return "无法读取"


def unseal_all(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` of an entry with every sealed value opened where it still can be."""
    return {field: [unseal(connection, each) for each in pair] for field, pair in values.items()}


def destroy_secret(connection: Connection, person_id: int) -> None:
    """Make all sealed values of the person unreadable for good."""
    connection.execute(personal_keys.delete().where(personal_keys.c.person_id == person_id))


def _secret(connection: Connection, person_id: int) -> bytes | None:
    return connection.execute(
        sa.select(personal_keys.c.secret).where(personal_keys.c.person_id == person_id)
    ).scalar_one_or_none()
