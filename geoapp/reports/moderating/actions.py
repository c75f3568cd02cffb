"""What the public sees: words are released 审核公开, shortened 遮挡处理, held back; floods are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Invalid, NotFound
from geoapp.reports import store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case, Text
from geoapp.reports.tables import report_texts
from geoapp.reports.texts import clean


def release(
    database: Database, actor: Actor, key: str, text_ids: Sequence[int], *, now: datetime | None = None
) -> Case:
    """审核公开: anybody may read these words of a case from now on."""
    return _decide(database, actor, key, text_ids, "release", "released", now)


def hold(database: Database, actor: Actor, key: str, text_ids: Sequence[int], *, now: datetime | None = None) -> Case:
    """Take words back from the public; those who work on the case read on."""
    return _decide(database, actor, key, text_ids, "hold", "held", now)


def _decide(
    database: Database, actor: Actor, key: str, text_ids: Sequence[int], event: str, state: str, now: datetime | None
) -> Case:
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        move = at.check(case, event)
        own = _public_texts(at, case, text_ids)
        where = report_texts.c.id.in_([t.id for t in own])
        store.change_texts(at.connection, where, state=state, decided_by=at.actor.name, decided_at=at.now)
        at.aside(case, move, data={"texts": [t.id for t in own]})
        return case


def redact(
    database: Database, actor: Actor, key: str, text_id: int, shown: str, *, now: datetime | None = None
) -> Case:
    """遮挡处理: the public reads ``shown`` in the place of what was written (a name, a telephone number left out)."""
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        move = at.check(case, "redact")
        own = _public_texts(at, case, [text_id])
        if not clean(shown):
            raise Invalid("要公开的文字是空的；不想公开请选“收回公开”。")
        store.change_texts(at.connection, report_texts.c.id == own[0].id, shown=clean(shown), state="released",
                           decided_by=at.actor.name, decided_at=at.now)  # fmt: skip
        at.aside(case, move, data={"texts": [text_id]})
        return case


def _public_texts(at: Desk, case: Case, text_ids: Sequence[int]) -> list[Text]:
    """Words of this case that are meant for the public; another case's are not to be found here."""
    wanted = set(text_ids)
    found = [t for t in store.texts(at.connection, [case.id]) if t.id in wanted and t.audience == "public" and t.text]
    if not wanted or len(found) != len(wanted):
        raise NotFound("没有要审核的文字，可能已被收回；请刷新后再看。")
    return found


def hide_at(at: Desk, case: Case, *, hidden: bool = True) -> Case:
    """Take a case out of what the public and the queues see (no matter at all, a machine, abuse), or bring it back."""
    move = at.check(case, "hide" if hidden else "unhide")
    return at.step(case, move, changes={"hidden": hidden})
