"""News 消息: what somebody who is signed in was told of, newest first, and how much of it is new."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import g, redirect, render_template, request

from geoapp.accounts.guards import actor, holds
from geoapp.db import utcnow
from geoapp.reports.casework.views import page_of
from geoapp.reports.notices import actions, store
from geoapp.reports.notices.store import Notice
from geoapp.reports.notices.wording import told
from geoapp.reports.numbers import spoken
from geoapp.web import current
from geoapp.web.describing import WHOLE, describe
from geoapp.web.rights import needs

blueprint = APIBlueprint("notices", __name__, template_folder="templates", enable_openapi=False)

_LINES = 50
#: Of an id; 64 bits hold 19.
_MOST_DIGITS = 18


@blueprint.app_context_processor
def _count() -> dict[str, Any]:
    """The head of every page tells how much is new; asked only where a template shows it."""
    return {"unseen_news": _unseen}


def _unseen() -> int:
    person = actor().person
    if person is None:
        return 0
    if "unseen_news" not in g:
        with current.database().reading() as connection:
            g.unseen_news = store.unseen(connection, person.id)
    return int(g.unseen_news)


def _id(text: str) -> int | None:
    """The id of a line; None where there is none, as for a number that no line can have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


@blueprint.get("/news")
@needs("account.own")
@describe(query={"before": WHOLE})
def news() -> Any:
    """One's own news, page by page; looking at them changes nothing."""
    person = actor().person
    before = _id(request.args.get("before", ""))
    found: list[Notice] = []
    if person is not None:
        with current.database().reading() as connection:
            found = store.newest(connection, person.id, limit=_LINES + 1, before=before)
    page, works = page_of(utcnow()), holds("reports.desk")
    lines = [
        {
            "words": told(notice.kind, official=works, english=page.english),
            "about": f"{page.kind(notice.report_kind)} · {page.place(notice.place_code)}",
            "number": spoken(notice.number),
            "address": f"/cases/{notice.report_key}" if works else "",
            "when": page.when(notice.at),
            "at": notice.at,
            "is_new": notice.seen_at is None,
        }
        for notice in found[:_LINES]
    ]
    more = f"/news?before={found[_LINES - 1].id}" if len(found) > _LINES else ""
    return render_template(
        "notices/news.html", lines=lines, works=works, next=more, newest=max((n.id for n in found), default=0)
    )


@blueprint.post("/news/seen")
@needs("account.own")
@describe(form={"newest": WHOLE}, answers={303: ()})
def seen() -> Any:
    """Note that one has seen one's news up to the one that stood on top; what came since stays new."""
    actions.see_up_to(current.database(), actor(), _id(request.form.get("newest", "")) or 0)
    return redirect("/news", 303)
