"""高发点位 未诉先办: what comes back, what clusters, what grows; and the wish to look again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from scipy.special import betaincinv

from geoapp.accounts.guards import actor, holds, today
from geoapp.db import utcnow
from geoapp.errors import Invalid
from geoapp.reports.casework.pages import Page
from geoapp.reports.casework.views import page_of
from geoapp.reports.figures.rates import LEAST_PUBLIC
from geoapp.reports.figures.rounding import near
from geoapp.reports.figures.sheet import FEW
from geoapp.reports.hotspots import store
from geoapp.reports.hotspots.looking import CLUSTERS, REPEATS, TRENDS, WEEKS_BEFORE, WEEKS_NOW, Spot
from geoapp.reports.hotspots.store import Kept
from geoapp.reports.hotspots.tasks import LOOK
from geoapp.web import current
from geoapp.web.describing import DAY, describe
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("hotspots", __name__, template_folder="templates", enable_openapi=False)
#: So many of each kind stand on the page; the strongest come first.
MOST = 100


@blueprint.get("/cases/hotspots")
@needs("reports.figures")
@describe(query={"day": DAY})
def hotspots() -> Any:
    """What the newest look found below the reader's places."""
    asked, page = _day(request.args.get("day", "")), page_of(utcnow())
    tops, inside = _codes("reports.figures"), _codes("reports.inside")
    with current.database().reading() as connection:
        kept = {m: store.newest(connection, m, day=asked) for m in (REPEATS, CLUSTERS, TRENDS)}
        seen = {m: [look for look in looks if _concerns(look.place_code, tops)] for m, looks in kept.items()}
        ids = {n for m in (REPEATS, CLUSTERS) for look in seen[m] for spot in look.spots for n in spot.members}
        keys = store.still_public(connection, ids, inside)
    return render_template(
        "hotspots/hotspots.html", asked=asked or today(), may_look=holds("reports.dispatch"),
        own_district=any(look.place_code.startswith(top) for look in seen[TRENDS] for top in inside),
        repeats=[_look(page, look, _spots(page, look, tops, keys)) for look in seen[REPEATS]],
        clusters=[
            {**_look(page, look, _spots(page, look, tops, keys)), **_alarms(look)} for look in seen[CLUSTERS]
        ],
        trends=[_look(page, look, _trends(page, look, inside)) for look in seen[TRENDS]],
    )  # fmt: skip


@blueprint.post("/cases/hotspots/look")
@needs("reports.dispatch")
@describe(form={"day": DAY}, answers={303: ()})
@limited("look", "12/hour")
def look_again() -> Any:
    """Look again, as of a day; the answer is there when the job is done."""
    day = _day(request.form.get("day", "")) or today()
    current.jobs().add(LOOK.name, {"day": day.isoformat()}, title=_("查找高发点位"))
    flash(_("已开始查找，通常一两分钟；过一会儿刷新本页。"))
    return redirect(f"/cases/hotspots?day={day.isoformat()}", 303)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        day = date.min
    if day is not None and not 1990 <= day.year <= 2100:
        raise Invalid(f"日期“{text[:20]}”读不懂；请写成 2026-11-21 这样。")
    return day


def _codes(permission: str) -> tuple[str, ...]:
    return tuple(top[-1] if top else "" for top in actor().places(permission, on=today()))


def _concerns(area: str, tops: Sequence[str]) -> bool:
    """Is the district hers, or does hers lie in it? What lies in no district is for whoever holds everything."""
    return any(not top or (area and (area.startswith(top) or top.startswith(area))) for top in tops)


def _is_seen(spot: Spot, tops: Sequence[str]) -> bool:
    """Lies any of it below one of the reader's places?"""
    return any(code.startswith(top) for top in tops for code in (spot.place_code, *spot.details.get("places", ())))


def _look(page: Page, look: Kept, spots: list[dict[str, Any]]) -> dict[str, Any]:
    made = _("截至 %(day)s，%(when)s 算出，看了 %(n)s 件", day=look.day, when=page.when(look.made_at), n=look.reports)
    where = "" if look.place_code else _("不在任何区划里")
    return {"made": f"{where} {made}".strip(), "spots": spots[:MOST], "more": len(spots[MOST:]), **_given(look)}


def _given(look: Kept) -> dict[str, Any]:
    return {"given": look.parameters}


def _alarms(look: Kept) -> dict[str, str]:
    """How often the same finds something where there is nothing, with what so few trials leave open."""
    tried, alarmed = int(look.parameters["trials"]), int(look.parameters["false_alarms"])
    if not tried:
        return {"alarms": _("没有试算"), "said": ""}
    low = betaincinv(alarmed, tried - alarmed + 1, 0.025) if alarmed else 0.0
    high = betaincinv(alarmed + 1, tried - alarmed, 0.975) if alarmed < tried else 1.0
    return {
        "alarms": _(
            "把日期打乱 %(tried)s 次，同样的算法误报 %(alarmed)s 次：误报率 %(rate)s（约 %(low)s 到 %(high)s）",
            tried=tried, alarmed=alarmed, rate=f"{alarmed / tried:.1%}", low=f"{low:.0%}", high=f"{high:.0%}",
        ),
        "said": _(
            "照理每夜不超过 %(alpha)s。试算次数少，这个数只是大概；用几千组打乱的数据量过，结果见 docs/benchmarks.md。",
            alpha=f"{look.parameters['alpha']:.0%}",
        ) if low <= look.parameters["alpha"] else _("比该有的多：这个辖区的反映不合这个方法的前提，名单只作参考。"),
    }  # fmt: skip


def _spots(page: Page, look: Kept, tops: Sequence[str], keys: dict[int, str]) -> list[dict[str, Any]]:
    found, between = [], ", " if page.english else "、"
    for spot in look.spots:
        if not _is_seen(spot, tops) or spot.observed < LEAST_PUBLIC:
            continue
        kinds = [f"{page.kind(kind)} {n}" for kind, n in spot.details.get("kinds", ())]
        found.append({
            "title": page.kind(spot.kind) if spot.kind else between.join(kinds),
            "place": page.place(spot.place_code),
            "count": spot.observed, "first": page.when(spot.first_at), "last": page.when(spot.last_at),
            "radius": round(spot.radius_m), "lon": spot.lon, "lat": spot.lat,
            "expected": None if spot.expected is None else f"{spot.expected:.1f}",
            "p": None if spot.p is None else f"{spot.p:.3f}",
            "nights": None if not spot.p else round(1 / spot.p),
            "cases": [keys[n] for n in spot.members if n in keys][:12],
        })  # fmt: skip
    return found


def _trends(page: Page, look: Kept, inside: Sequence[str]) -> list[dict[str, Any]]:
    own = any(look.place_code.startswith(top) for top in inside)
    found = []
    for spot in look.spots:
        said = spot.details
        now, before, ratio, direction = spot.observed, said["before"], said.get("ratio"), said["direction"]
        interval = "—" if said["low"] is None else f"{said['low']:.2f}–{_or_more(said['high'])}"
        if not own:
            # Looks are a day apart: of two nights' counts the difference would be that day's reports.
            first, second = said.get("seeds", (0, 0))
            direction = direction if min(now, before) >= LEAST_PUBLIC else "unknown"
            now, before, interval = near(now, "now", first), near(before, "before", second), "—"
            ratio = now * WEEKS_BEFORE / (before * WEEKS_NOW) if now and before else None
        found.append({
            "title": page.kind(spot.kind), "now": _few(now, own), "before": _few(before, own),
            "ratio": "—" if ratio is None else f"{ratio:.2f}", "interval": interval, "direction": direction,
        })  # fmt: skip
    return found


def _few(count: int, own: bool) -> str:
    return str(count) if own or count else FEW


def _or_more(high: float | None) -> str:
    return "∞" if high is None or high > 99 else f"{high:.2f}"
