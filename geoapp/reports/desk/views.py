"""Officials' lists of cases, what is done to many at once, and the settings of a subdistrict."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor, holds, today
from geoapp.db import utcnow
from geoapp.places.hierarchy import path_of
from geoapp.reports import store
from geoapp.reports.bulk import actions as bulk
from geoapp.reports.casework import pages
from geoapp.reports.casework.forms import whole
from geoapp.reports.casework.views import boot, kind_groups, page_of
from geoapp.reports.desk import forms
from geoapp.reports.desk import store as desk_store
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.photos.views import ticketed_url
from geoapp.reports.rising import actions as rising
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.wording import STAGE_WORDS
from geoapp.web import current
from geoapp.web.describing import DAY, TEXT, WHOLE, array_of, describe, either
from geoapp.web.rights import needs

blueprint = APIBlueprint("desk", __name__, template_folder="templates", enable_openapi=False)


@blueprint.get("/cases")
@needs("reports.desk")
@describe(
    query={
        "which": either(*forms.TABS),
        "q": TEXT,
        "kind": TEXT,
        "channel": TEXT,
        "stage": TEXT,
        "since": DAY,
        "until": DAY,
        "after": TEXT,
        "done": TEXT,
        "n": WHOLE,
    },
)
def cases() -> Any:
    """One of the official's lists, page by page, with the map beside it."""
    asked = forms.read_asked(request.args)
    database, now = current.database(), utcnow()
    counts = inbox.counts(database, actor(), now=now)
    found = inbox.inbox(
        database, actor(), asked.which, filters=forms.filters_of(asked, current.settings().zone),
        after=request.args.get("after") or None, now=now,
    )  # fmt: skip
    kept = {"which": asked.which, **{n: v for n in forms.FILTERS if (v := getattr(asked, n))}}
    page, ids = page_of(now), [case.id for case in found.rows]
    with database.reading() as connection:
        words, pictures = desk_store.first_words(connection, ids), desk_store.first_photos(connection, ids)
    rows = [
        pages.row(page, c, words.get(c.id, ""), ticketed_url(pictures[c.id], 160) if c.id in pictures else "")
        for c in found.rows
    ]
    return render_template(
        "desk/inbox.html", which=asked.which, given=asked, filtered=asked.is_narrowed, rows=rows,
        tabs=pages.tabs(_, _tabs(), asked.which, counts), kinds=kind_groups(), channels=pages.channels(_),
        stages=[(code, words[page.english]) for code, words in STAGE_WORDS.items()],
        next=f"/cases?{urlencode({**kept, 'after': found.next})}" if found.next else "",
        empty=pages.empty(_, asked.which, narrowed=asked.is_narrowed), bulk_actions=_bulk_actions(asked.which),
        undo=_undo(), may={"take": holds("reports.handle"), "ledger": holds("reports.ledger")}, boot=boot(),
    )  # fmt: skip


def _tabs() -> tuple[str, ...]:
    """What was hidden is listed for those who can bring it back."""
    return tuple(name for name in forms.TABS if name != "hidden" or holds("reports.moderate"))


def _bulk_actions(which: str) -> list[tuple[str, str]]:
    if not holds("reports.handle"):
        return []
    if which == "hidden":
        return [("unhide", _("恢复显示"))] if holds("reports.moderate") else []
    moderating_too = [("hide", _("隐藏（骚扰、广告）"))] if holds("reports.moderate") else []
    return [("accept", _("签收")), *moderating_too]


def _undo() -> dict[str, str] | None:
    key, count = request.args.get("done", ""), request.args.get("n", "")
    if not key.isalnum() or not count.isdigit() or count == "0":
        return None
    return {"key": key, "words": _("已办 %(n)s 件。", n=count)}


@blueprint.post("/cases/bulk")
@needs("reports.handle")
@describe(form={"keys": array_of(TEXT), "action": TEXT, "which": TEXT}, answers={303: ()}, errors=(409,))
def many() -> Any:
    """One thing done to all chosen cases."""
    items = forms.picked(request.form.getlist("keys"))
    which = forms.read_asked(request.form).which
    if not items:
        flash(_("先选中要办的案件。"))
        return redirect(f"/cases?which={which}", 303)
    done = bulk.run(current.database(), actor(), request.form.get("action", ""), items)
    for sentence in sorted(set(done.failed.values())):
        flash(_(sentence))
    return redirect(f"/cases?{urlencode({'which': which, 'done': done.key, 'n': len(done.done)})}", 303)


@blueprint.post("/cases/bulk/<key>/undo")
@needs("reports.handle")
@describe(answers={303: ()}, errors=(409,))
def undo(key: str) -> Any:
    """Take a bulk action back."""
    done = bulk.undo(current.database(), actor(), key)
    flash(_("已撤销 %(n)s 件。", n=len(done.done)))
    return redirect("/cases", 303)


@blueprint.get("/cases/settings")
@needs("reports.settings")
def settings() -> Any:
    """How each subdistrict of the official's deals with what is overdue."""
    page, tops = page_of(utcnow()), actor().places("reports.settings", on=today())
    with current.database().reading() as connection:
        known = store.services(connection)
    mine = [code for code in page.places if len(code) == 9 and any(path_of(code)[: len(t)] == t for t in tops)]
    mode = rulebook(current.settings()).levels.default_mode
    listed = [known.get(code) or store.Service(code, mode, rising.ORIGINAL_DAYS) for code in sorted(mine)]
    return render_template("desk/settings.html", services=listed, names=page.places)


@blueprint.post("/cases/settings")
@needs("reports.settings")
@describe(
    form={"place": TEXT, "mode": either("pilot", "rising"), "original_days": WHOLE},
    needed=("place", "mode", "original_days"),
    answers={303: ()},
    errors=(404, 409),
)
def set_service() -> Any:
    """Switch 提级办理 on or off."""
    form = request.form
    rising.set_service(
        current.database(), actor(), form.get("place", ""), mode=form.get("mode", ""),
        original_days=whole(form, "original_days"),
    )  # fmt: skip
    flash(_("已保存。"))
    return redirect("/cases/settings", 303)
