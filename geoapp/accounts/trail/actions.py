"""Writing the audit and checking it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.audit import GENESIS, Break, Entry, first_break
from geoapp.accounts.people import Actor, path_text
from geoapp.accounts.roles import PlacePath
from geoapp.accounts.trail import store
from geoapp.accounts.trail.store import Head
from geoapp.db import Database, after_commit, utcnow

log = logging.getLogger(__name__)

#: Number of the request at hand, set by the web (`geoapp.accounts.guards`); commands and tasks have none.
REQUEST: ContextVar[str] = ContextVar("request", default="")


def record(
    database: Database,
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    subject: str,
    place: PlacePath = (),
    values: dict[str, Any] | None = None,
) -> Entry:
    """Tell of a change, in its own transaction: either both are stored or neither.

    ``values`` is {field: [before, after]}; personal values go in through `store.seal` first. A field that had no value
    and has none is left out. The entry carries the number of the request at hand.
    """
    return record_all(database, connection, [Told(actor, action, subject, place, values or {}, REQUEST.get())])[0]


@dataclass(frozen=True, slots=True)
class Told:
    """One change, as `record` takes it, with the number of the request that asked for it."""

    actor: Actor
    action: str
    subject: str
    place: PlacePath = ()
    values: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""


def record_all(
    database: Database,
    connection: Connection,
    changes: Sequence[Told],
    *,
    later: list[Callable[[], None]] | None = None,
) -> list[Entry]:
    """Tell of several changes of one transaction at once, in their order.

    ``later`` takes what is to be done once it is durable (the chain's head goes to its file); without it that is done
    as soon as the transaction ends. An older head is no break of the chain, so nobody needs to wait for it.
    """
    at = utcnow()
    stored = store.append_all(connection, [_blank(told, at) for told in changes])
    newest, folder = stored[-1], database.settings.data
    _compare_with_head(connection, folder, stored[0])

    def note() -> None:
        store.note_head(folder, newest.number, newest.digest)

    if later is None:
        after_commit(connection, note)
    else:
        later.append(note)
    return stored


def _blank(told: Told, at: datetime) -> Entry:
    values = {field: pair for field, pair in told.values.items() if pair != [None, None]}
    actor, place, request = told.actor.name, path_text(told.place), told.request_id[:32]
    return Entry(0, at, actor, told.action, told.subject, place, values, request, "", "")


def _compare_with_head(connection: Connection, folder: Path, entry: Entry) -> None:
    """Whether the chain that has just grown is the one whose head was noted: said now, for the noted head goes."""
    head = store.read_head(folder)
    if head is None:
        return
    found = entry.previous if head[0] == entry.number - 1 else store.digest_at(connection, head[0])
    if found != head[1] and store.note_break(folder, head, found):
        log.error("the audit's entry %s is not the one that was noted outside the database", head[0])


def note_restore(database: Database, actor: Actor) -> Entry:
    """Tell that a backup took the chain's place: the entry names the head that was left, and becomes the new one."""
    left = store.read_head(database.settings.data)
    with database.transaction() as connection:
        newest = store.newest(connection, tops=[""], limit=1)
        came = (newest[0].number, newest[0].digest) if newest else (0, GENESIS)
        store.note_head(database.settings.data, *came, backwards=True)
        values = {"head": [" ".join(map(str, left)) if left else None, " ".join(map(str, came))]}
        return record(database, connection, actor, "installation.restore", subject="", values=values)


def verify(database: Database, *, written_down: Head | None = None) -> tuple[int, Break | None]:
    """Number of entries, and the first thing that is amiss (None: the chain holds, and the database guards it).

    ``written_down`` is a number and hash that were kept anywhere else, on paper even.
    """
    # The head is read first: entries that are written meanwhile can only lie behind it.
    head = store.read_head(database.settings.data)
    count = 0

    def counted(connection: Connection) -> Iterator[Entry]:
        nonlocal count
        for entry in store.entries(connection):
            count += 1
            yield entry

    with database.reading() as connection:
        found = first_break(counted(connection), head=head)
        if (
            found is None
            and written_down is not None
            and store.digest_at(connection, written_down[0]) != written_down[1]
        ):
            found = Break(written_down[0], f"第 {written_down[0]} 条与另外记下的散列值不一致")
        missing = store.missing_refusals(connection)
    if found is None and head is None and count:
        found = Break(count, f"数据文件夹 {database.settings.data} 里保存的链头 audit.head 不见了")
    for number in store.read_breaks(database.settings.data):
        found = found or Break(number, f"第 {number} 条曾与库外保存的链头不一致，此前的记录被整体改写或截断过")
    if found is None and missing:
        found = Break(0, f"数据库里拒绝改动留痕的 {'、'.join(missing)} 不见了、被停用或被改过")
    return count, found
