"""Taking a report in: placed, routed, timed, told from its double, and answered with a receipt."""

from __future__ import annotations

import secrets
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from geoapp.accounts.buckets.store import Buckets
from geoapp.accounts.people import Actor
from geoapp.accounts.trail.actions import REQUEST
from geoapp.db import Database, utcnow
from geoapp.errors import Unavailable
from geoapp.reports.actions import Desk
from geoapp.reports.people import Sender
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending.matter import EmptyReport, Official, Receipt, Sending, UsedKey
from geoapp.reports.sending.taking.actions import Item, TooManyReports, mark_of, take_all, too_many
from geoapp.reports.sending.throttles import Bucket

__all__ = ["EmptyReport", "TooManyReports", "UsedKey", "mark_of", "new_key", "spend", "submit", "take", "take_many"]

#: Reports of one transaction; more wait for the next, so that nobody waits for long.
_MOST_AT_ONCE = 32
#: Where several came together just now, more are on their way: so long the one at the front looks behind her. As with
#: PostgreSQL's commit_delay, a moment's wait buys a round with twice as many in it.
_LOOK_BEHIND_S = 0.003
_TRIES = 4


def new_key() -> str:
    """A key for a form or a draft: whoever sends it twice has sent once."""
    return secrets.token_urlsafe(24)


def submit(
    database: Database,
    actor: Actor,
    sending: Sending,
    *,
    sender: Sender,
    key: str | None = None,
    official: Official | None = None,
    along: Callable[[Desk, Receipt], None] | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Take a report in; durable, with its audit entry, when this returns.

    Parameters
    ----------
    key : of the sending; the same one again gives the same receipt and stores nothing
    official : what only an official who takes it down may say; needs ``reports.handle`` where it lies (imports and
        patrols have rights of their own)
    along : stores what comes with it, such as photographs, in the same transaction: all of it is kept, or nothing

    Raises
    ------
    EmptyReport, TextTooLong, BadContact, BadPosition, UnknownKind : what was sent cannot be taken
    TooManyReports : the throttle of an address, device or place is empty; ``wait_s`` says how long
    UsedKey : the key belongs to other words
    """
    key = key or new_key()
    item = Item(actor, sending, sender, key, official, now or utcnow(), REQUEST.get(), along)
    _counter(database).take(item)
    return _outcome(item)


def take(
    at: Desk, sending: Sending, *, sender: Sender, key: str | None = None, official: Official | None = None
) -> Receipt:
    """The same inside a transaction at hand."""
    item = Item(at.actor, sending, sender, key or new_key(), official, at.now, REQUEST.get())
    take_all(at.database, at.connection, at.rules, [item])
    return _outcome(item)


def take_many(at: Desk, sendings: Sequence[tuple[Sending, Official]]) -> list[Receipt | BaseException]:
    """Many at once inside a transaction at hand, for imports: of each its receipt, or why it was not taken."""
    items = [Item(at.actor, s, Sender(), new_key(), o, at.now, REQUEST.get()) for s, o in sendings]
    take_all(at.database, at.connection, at.rules, items)
    return [item.receipt or item.error or AssertionError() for item in items]


def spend(at: Desk, buckets: list[Bucket]) -> None:
    """Take one from each bucket; TooManyReports when one of them is empty."""
    if at.actor.system or not buckets:
        return
    known = Buckets(at.connection, [b.what for b in buckets])
    waits = [known.wait_s(b.what, capacity=b.capacity, refill_s=b.refill_s, now=at.now) for b in buckets]
    if (wait_s := max(waits)) > 0:
        raise too_many(wait_s)
    for b in buckets:
        known.take(b.what, capacity=b.capacity, refill_s=b.refill_s, now=at.now)
    known.write(at.connection)


class _Dropped(Exception):
    """What came along with one report of a round could not be stored."""


class _Counter:
    """Where reports queue up: whoever is at the front takes in all that wait, in one transaction.

    The disk is then waited for once for all of them. Nobody is answered before her own report is durable.
    """

    def __init__(self, database: Database) -> None:
        self._database = weakref.ref(database)
        self._waiting: list[Item] = []
        self._list, self._front = threading.Lock(), threading.Lock()
        self._busy = False

    def take(self, item: Item) -> None:
        """Bring an item to its end."""
        later: list[Callable[[], None]] = []
        with self._list:
            self._waiting.append(item)
        while not item.is_done():
            with self._front:
                if item.is_done():
                    return
                if self._busy:
                    time.sleep(_LOOK_BEHIND_S)
                with self._list:
                    batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
                    self._busy = len(batch) > 1
                self._work(batch, later)
        # Those behind go on meanwhile.
        for do in later:
            do()

    def _work(self, batch: list[Item], later: list[Callable[[], None]]) -> None:
        database = self._database()
        assert database is not None, "whoever sends holds the database"
        try:
            _together(database, batch, later)
        except (IntegrityError, _Dropped):
            # Two of them drew one number, another process was quicker, or what came along with one cannot be stored
            # and must take nobody else's report with it: each for itself then.
            for item in batch:
                _alone(database, item, later)
        except BaseException as error:
            for item in batch:
                item.receipt, item.error = None, error
            if not isinstance(error, Exception):
                raise


def _together(database: Database, batch: list[Item], later: list[Callable[[], None]]) -> None:
    rules = rulebook(database.settings)
    own: list[Callable[[], None]] = []
    with database.transaction() as connection:
        take_all(database, connection, rules, batch, later=own)
        for item in batch:
            if item.along is not None and item.receipt is not None:
                _bring_along(Desk(database, connection, rules, item.actor, item.now), item, alone=len(batch) == 1)
    later += own


def _bring_along(at: Desk, item: Item, *, alone: bool) -> None:
    assert item.along is not None and item.receipt is not None
    try:
        item.along(at, item.receipt)
    except Exception as error:
        raise error if alone else _Dropped from error


def _alone(database: Database, item: Item, later: list[Callable[[], None]]) -> None:
    for _ in range(_TRIES):
        item.receipt = item.error = None
        try:
            _together(database, [item], later)
            return
        except IntegrityError:
            item.receipt = None
            item.error = Unavailable("同时提交的人太多，这一份没有存下；请再交一次。")
        except Exception as error:
            item.receipt, item.error = None, error
            return


_counters: weakref.WeakKeyDictionary[Database, _Counter] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def _counter(database: Database) -> _Counter:
    with _making:
        found = _counters.get(database)
        if found is None:
            found = _counters[database] = _Counter(database)
    return found


def _outcome(item: Item) -> Receipt:
    if item.error is not None:
        raise item.error
    assert item.receipt is not None
    return item.receipt
