"""A durable queue of background work in the app's own database: lease, heartbeat, retry, progress, cancel.

Who works it off is `geoapp.worker`: a thread of the web process by default, `geoapp worker` in production.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from geoapp.db import Database, Json, UtcDateTime, metadata, utcnow
from geoapp.errors import Invalid, NotFound

LEASE = timedelta(seconds=30)
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)
#: Who works a task off: a process that computes; one that makes way for it, for what nobody waits for; one for letters,
#: which a mail server may keep waiting; a thread, in rounds; a thread, at once. None stands behind another.
LONG, QUIET, LETTERS, ROUND, BRIEF = "long", "quiet", "letters", "round", "brief"

jobs = sa.Table(
    "job",
    metadata,
    # Not guessable: the address of a job is what lets its sender see it.
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("task", sa.String(100), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("args", Json, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("progress", sa.Float, nullable=False, default=0.0),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("result", Json),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("cancel_asked", sa.Boolean, nullable=False, default=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work. ``target`` is ``module:function``, called with a `Reporter` and the job's arguments.

    A task takes ids and returns plain JSON. It may run twice (a worker died): it must be safe to do so.
    """

    name: str
    target: str
    attempts: int = 2
    timeout_s: float = 3600.0
    #: BRIEF is for what takes a second or two while somebody waits; it is tried again when busy.
    lane: str = LONG
    #: Of a ROUND: queued by itself this often; it takes a moment only.
    every_s: float = 0.0

    def __post_init__(self) -> None:
        if (self.lane == ROUND) != (self.every_s > 0):
            raise ValueError(f"task {self.name!r}: what is done in rounds, and nothing else, says how often")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands; ``progress`` is a share 0..1, ``message`` says what is being done or what went wrong."""

    id: str
    task: str
    title: str
    args: dict[str, Any]
    state: str
    progress: float
    message: str
    result: Any
    attempts: int
    cancel_asked: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


#: What a task calls now and then: ``report(share_done, words)``.
Reporter = Callable[[float, str], None]

_TASKS: dict[str, Task] = {}


def register(task: Task) -> Task:
    """Make a kind of work known; done by each part's tasks.py at import."""
    if _TASKS.setdefault(task.name, task) != task:
        raise ValueError(f"task {task.name!r} is registered twice")
    return task


def task(name: str) -> Task:
    """The kind of work of that name."""
    try:
        return _TASKS[name]
    except KeyError:
        raise Invalid(f"没有名为 {name!r} 的后台任务。") from None


def rounds() -> list[Task]:
    """The kinds of work that are done again and again."""
    return [found for found in _TASKS.values() if found.every_s]


def add_within(connection: sa.Connection, name: str, args: dict[str, Any], *, title: str) -> str:
    """Queue work inside the caller's transaction, so that it begins only if the change that asks for it lasts.

    The same work that still waits is not queued twice. Gives the job's id.
    """
    waiting = sa.select(jobs.c.id, jobs.c.args).where(jobs.c.task == name, jobs.c.state == QUEUED)
    for row in connection.execute(waiting):
        if row.args == args:
            return str(row.id)
    return add_several_within(connection, name, [args], title=title)[0]


def add_several_within(
    connection: sa.Connection, name: str, args: Sequence[dict[str, Any]], *, title: str
) -> list[str]:
    """The same for work that is never the same, such as letters: what waits is not looked through."""
    task(name)
    now = utcnow()
    rows = [
        {"id": secrets.token_hex(16), "task": name, "title": title, "args": each, "state": QUEUED, "created_at": now}
        for each in args
    ]
    if rows:
        connection.execute(_INSERT, rows)
    return [str(row["id"]) for row in rows]


#: Composed once: composing takes longer than what it does.
_INSERT = jobs.insert()


def under_way(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    """Arguments of the jobs of a task that wait or run."""
    query = sa.select(jobs.c.args).where(jobs.c.task == name, jobs.c.state.in_((QUEUED, RUNNING)))
    return [dict(args) for args in connection.execute(query).scalars()]


class JobQueue:
    """All dealings with the job table; each call is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, args: dict[str, Any], *, title: str) -> str:
        """Queue work; gives the job's id."""
        task(name)
        key = secrets.token_hex(16)
        row = {"id": key, "task": name, "title": title, "args": args, "state": QUEUED, "created_at": utcnow()}
        with self._database.transaction(line=None) as connection:
            connection.execute(jobs.insert().values(row))
        return key

    def get(self, key: str) -> Job:
        """The job as it stands; NotFound when there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(_columns().where(jobs.c.id == key)).one_or_none()
        if row is None:
            raise NotFound("没有这项后台任务，可能已被清理；请重新提交。")
        return Job(**row._mapping)

    def latest(self, *, limit: int = 50) -> list[Job]:
        """Newest jobs first."""
        with self._database.reading() as connection:
            rows = connection.execute(_columns().order_by(jobs.c.created_at.desc()).limit(limit)).all()
        return [Job(**row._mapping) for row in rows]

    def add_rounds(self) -> int:
        """Queue every round that is due, and drop yesterday's; gives how many were queued."""
        now, added = utcnow(), 0
        with self._database.reading() as connection:
            due = _due_rounds(connection, now)
        for found in due:
            with self._database.transaction(line="rounds") as connection:
                # Another process may have looked at the same moment and been quicker.
                if found not in _due_rounds(connection, now):
                    continue
                old = (jobs.c.task == found.name) & (jobs.c.ended_at < now - timedelta(days=1))
                connection.execute(jobs.delete().where(old))
                add_within(connection, found.name, {}, title=found.name)
                added += 1
        return added

    def waiting(self, lane: str = LONG) -> bool:
        """Is there anything to claim? A look without the write lock, so that an idle worker disturbs nobody."""
        with self._database.reading() as connection:
            query = sa.select(jobs.c.id).where(_claimable(lane)).limit(1)
            return connection.execute(query).first() is not None

    def claim(self, lane: str = LONG) -> Job | None:
        """Take the oldest job of a lane that waits or whose worker is silent; None when there is none."""
        with self._database.transaction(line=None) as connection:
            query = sa.select(jobs.c.id).where(_claimable(lane)).order_by(jobs.c.created_at).limit(1)
            key = connection.execute(query.with_for_update(skip_locked=True)).scalar()
            if key is None:
                return None
            now = utcnow()
            connection.execute(
                jobs.update()
                .where(jobs.c.id == key)
                .values(
                    state=RUNNING,
                    attempts=jobs.c.attempts + 1,
                    leased_until=now + LEASE,
                    started_at=sa.func.coalesce(jobs.c.started_at, now),
                )
            )
            row = connection.execute(_columns().where(jobs.c.id == key)).one()
        return Job(**row._mapping)

    def forget(self, lane: str, *, before: datetime) -> None:
        """Drop the jobs of a lane that ended before a moment."""
        with self._database.transaction(line=None) as connection:
            connection.execute(jobs.delete().where(jobs.c.task.in_(_names(lane)), jobs.c.ended_at < before))

    def beat(self, key: str, *, progress: float, message: str, attempt: int | None = None) -> bool:
        """Say that the job is alive; False when it shall stop (cancelled, or taken over by another worker)."""
        mine = _held(key, attempt)
        with self._database.transaction(line=None) as connection:
            values = {"progress": progress, "message": message, "leased_until": utcnow() + LEASE}
            if connection.execute(jobs.update().where(mine).values(values)).rowcount != 1:
                return False
            return not connection.execute(sa.select(jobs.c.cancel_asked).where(jobs.c.id == key)).scalar_one()

    def end(self, key: str, state: str, *, message: str, result: Any = None, attempt: int | None = None) -> None:
        """Write the outcome of a running job; of an ``attempt`` that another worker has taken over, nothing."""
        with self._database.transaction(line=None) as connection:
            connection.execute(
                jobs.update()
                .where(_held(key, attempt))
                .values(
                    state=state,
                    message=message,
                    result=result,
                    ended_at=utcnow(),
                    leased_until=None,
                    progress=1.0 if state == DONE else jobs.c.progress,
                )
            )

    def retry(self, key: str, *, message: str, attempt: int | None = None) -> None:
        """Put a running job back into the queue."""
        with self._database.transaction(line=None) as connection:
            values = {"state": QUEUED, "message": message, "leased_until": None}
            connection.execute(jobs.update().where(_held(key, attempt)).values(values))

    def release(self, key: str, *, attempt: int | None = None) -> None:
        """Put a running job back because its worker ends in order: another takes it at once, and no try is counted."""
        with self._database.transaction(line=None) as connection:
            values = {"state": QUEUED, "message": "", "leased_until": None, "attempts": jobs.c.attempts - 1}
            connection.execute(jobs.update().where(_held(key, attempt)).values(values))

    def cancel(self, key: str) -> None:
        """Ask for an end: a waiting job ends at once, a running one at its next heartbeat."""
        self.get(key)
        with self._database.transaction(line=None) as connection:
            waiting = (jobs.c.id == key) & (jobs.c.state == QUEUED)
            connection.execute(
                jobs.update().where(waiting).values(state=CANCELLED, ended_at=utcnow(), message="已取消")
            )
            running = (jobs.c.id == key) & (jobs.c.state == RUNNING)
            connection.execute(jobs.update().where(running).values(cancel_asked=True))


def _columns() -> sa.Select[Any]:
    names = Job.__dataclass_fields__
    return sa.select(*[jobs.c[name] for name in names])


def _held(key: str, attempt: int | None) -> sa.ColumnElement[bool]:
    """The job runs, and by the worker that took it for that attempt: one that was silent for too long has lost it."""
    held = (jobs.c.id == key) & (jobs.c.state == RUNNING)
    return held if attempt is None else held & (jobs.c.attempts == attempt)


def _due_rounds(connection: sa.Connection, now: datetime) -> list[Task]:
    newest = sa.select(jobs.c.task, sa.func.max(jobs.c.created_at, type_=UtcDateTime)).group_by(jobs.c.task)
    last = {row[0]: row[1] for row in connection.execute(newest.where(jobs.c.task.in_(_names(ROUND))))}
    return [t for t in rounds() if t.name not in last or now - last[t.name] >= timedelta(seconds=t.every_s)]


def _claimable(lane: str) -> sa.ColumnElement[bool]:
    silent = (jobs.c.state == RUNNING) & (jobs.c.leased_until < utcnow())
    # Tasks that this process does not know are computations of another version: they are told so there.
    others = {found.lane for found in _TASKS.values()} - {LONG}
    mine = ~jobs.c.task.in_(_names(*others)) if lane == LONG else jobs.c.task.in_(_names(lane))
    return sa.or_(jobs.c.state == QUEUED, silent) & mine


def _names(*lanes: str) -> list[str]:
    return [found.name for found in _TASKS.values() if found.lane in lanes]
