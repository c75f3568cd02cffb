"""The audit 操作留痕 as a page: who, when, what, where, from what to what."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import render_template, request
from flask_babel import gettext as _

from geoapp.accounts import forms, guards
from geoapp.accounts import store as people
from geoapp.accounts.audit import Entry, action_title, field_title, shown_value
from geoapp.accounts.people import path_of, path_text
from geoapp.accounts.roles import RANK_NAMES, PlacePath, Rank
from geoapp.accounts.trail import store
from geoapp.errors import Invalid, NotFound
from geoapp.web import current
from geoapp.web.describing import TEXT, WHOLE, describe
from geoapp.web.rights import needs

blueprint = APIBlueprint("audit", __name__, template_folder="templates", enable_openapi=False)

PAGE = 50
#: What the system's own names are called on the page.
SYSTEMS = {"command line": "命令行", "demo": "演示数据", "visitor": "访客", "single sign-on": "单点登录"}


@blueprint.get("/audit")
@needs("audit.read")
@describe(query={"place": TEXT, "subject": TEXT, "before": WHOLE}, errors=(404,))
def listing() -> Any:
    """Newest entries of the places that who asks may read; ``?place=`` and ``?subject=`` narrow, ``?before=`` pages."""
    tops, before = _tops(), _before()
    subject = forms.text(request.args, "subject", longest=120) or None
    with current.database().reading() as connection:
        found = store.newest(
            connection, tops=[path_text(top) for top in tops], before=before, subject=subject, limit=PAGE + 1
        )
        values = {entry.number: store.unseal_all(connection, entry.values) for entry in found[:PAGE]}
        names = people.names(connection, {word for entry in found for word in (entry.actor, entry.subject)})
    where = current.place_names({path_of(entry.place) for entry in found} | set(tops))
    return render_template(
        "audit/list.html",
        rows=[_row(entry, values[entry.number], names, where) for entry in found[:PAGE]],
        choices=current.places_below(guards.actor().places("audit.read", on=guards.today())),
        chosen=request.args.get("place", ""),
        subject=subject or "",
        where="、".join(where.get(top) or _("全部地方") for top in tops),
        older=found[PAGE - 1].number if len(found) > PAGE else None,
    )


def _tops() -> list[PlacePath]:
    held = guards.actor().places("audit.read", on=guards.today())
    wanted = forms.text(request.args, "place").split(" ")[0]
    if not wanted:
        return held
    inside = [path for path in current.places_below(held) if path and path[-1] == wanted]
    if not inside:
        raise NotFound("没有这个地方，或不在您的管理范围内；请从列表中选择。")
    return inside


def _before() -> int | None:
    typed = request.args.get("before", "")
    if not typed:
        return None
    if not typed.isdecimal() or len(typed) > 12:
        raise Invalid("页码不对；请从列表末尾的链接往下翻。")
    return int(typed)


def _row(entry: Entry, values: dict[str, Any], names: dict[str, str], where: dict[PlacePath, str]) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "who": names.get(entry.actor) or _(SYSTEMS.get(entry.actor, entry.actor)),
        "what": _(action_title(entry.action)),
        "action": entry.action,
        "subject": entry.subject,
        "subject_name": names.get(entry.subject) or entry.subject,
        "where": where.get(path_of(entry.place), ""),
        "changes": [
            {"field": _(field_title(field)), "from": _shown(field, before), "to": _shown(field, after)}
            for field, (before, after) in values.items()
        ],
        "request_id": entry.request_id,
    }


def _shown(field: str, value: Any) -> str:
    if field == "rank" and value in set(Rank):
        return str(_(RANK_NAMES[Rank(value)]))
    return shown_value(value)
