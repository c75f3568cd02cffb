"""统计: what came in, how it was closed, what those who reported say; as a page, a CSV and a workbook."""

from __future__ import annotations

import statistics
from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor, today
from geoapp.db import utcnow
from geoapp.reports.casework.pages import channels
from geoapp.reports.casework.views import kind_groups
from geoapp.reports.figures import actions, forms
from geoapp.reports.figures.actions import Counted
from geoapp.reports.figures.chart import chart
from geoapp.reports.figures.forms import Question
from geoapp.reports.figures.rates import CALL_ARRIVAL, CALL_RESPONSE, Share
from geoapp.reports.figures.sheet import COLUMNS, SORTS, Row, cell, ordered, records, totals
from geoapp.reports.figures.store import KIND, PLACE, SOURCE, Calls
from geoapp.reports.rulebook.store import rulebook
from geoapp.web import current
from geoapp.web.describing import CSV, DAY, TEXT, XLSX, describe, either
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("figures", __name__, template_folder="templates", enable_openapi=False)
_QUERY = {
    "place": TEXT, "kind": TEXT, "since": DAY, "until": DAY, "by": either(PLACE, KIND, SOURCE),
    "sort": either(*SORTS),
}  # fmt: skip


@blueprint.get("/cases/figures")
@needs("reports.figures")
@describe(query=_QUERY)
def figures() -> Any:
    """Rates and counts of a place and below, as n of N."""
    asked, names, inside = _asked()
    own = actions.is_own(asked.place, inside)
    found = actions.count(current.database(), asked, own=own, zone=current.settings().zone, now=utcnow())
    rows = _rows(asked, found, names, inside)
    words = (_("受理"), _("结案"))
    return render_template(
        "figures/figures.html", asked=asked, places=names, kinds=kind_groups(), own=own, columns=COLUMNS,
        rows=[{"row": row, "cells": [cell(c, row.tally, own=row.own) for c in COLUMNS]} for row in rows],
        totals=totals(rows, own=own), by=_dimensions(), sorts=SORTS, chart=chart(
            found.periods, found.series, words=words, own=own
        ), bar_words=words, calls=[_call(each) for each in found.calls], call_indicators=(CALL_RESPONSE, CALL_ARRIVAL),
        link=lambda **new: _link("/cases/figures", asked, **new),
        files=[(kind, _link(f"/cases/figures.{kind}", asked)) for kind in ("csv", "xlsx")],
        drill=asked.by == PLACE,
    )  # fmt: skip


@blueprint.get("/cases/figures.csv")
@needs("reports.figures")
@describe(query=_QUERY, answers={200: CSV})
@limited("figures", "60/hour")
def figures_csv() -> Any:
    """The table as CSV."""
    asked, table = _table()
    return _file(actions.as_csv(table), f"{CSV}; charset=utf-8", asked, "csv")


@blueprint.get("/cases/figures.xlsx")
@needs("reports.figures")
@describe(query=_QUERY, answers={200: XLSX})
@limited("figures", "60/hour")
def figures_xlsx() -> Any:
    """The table as a workbook, with a sheet that says what each figure means."""
    asked, table = _table()
    notes: list[list[str]] = [[_("指标"), _("算法"), _("来源")]]
    notes += [[_title(c.indicator), c.indicator.formula, c.indicator.source] for c in COLUMNS]
    return _file(actions.as_workbook(_("统计"), table, notes), XLSX, asked, "xlsx")


def _asked() -> tuple[Question, dict[str, str], tuple[str, ...]]:
    """The question, the places that may be chosen, and the codes below which the reader is at home.

    Beside her own places she may look at those above them, there without what tells of fewer than three.
    """
    who, day = actor(), today()
    tops, homes = who.places("reports.figures", on=day), who.places("reports.inside", on=day)
    above = {top[:n] for top in tops for n in range(1, len(top))}
    named = current.place_names(above) | current.places_below(tops)
    if () in tops:
        named = {(): _("全部地方"), **named}
    names = {path[-1] if path else "": name for path, name in sorted(named.items())}
    inside = tuple(home[-1] if home else "" for home in homes)
    first = (homes or tops)[0]
    kinds = rulebook(current.settings()).kinds.kinds
    asked = forms.read(request.args, places=names, usual=first[-1] if first else "", kinds=kinds, today=day)
    return asked, names, inside


def _rows(asked: Question, found: Counted, names: dict[str, str], inside: tuple[str, ...]) -> list[Row]:
    titles = _titles(asked, found, names)
    rows = [
        Row(code, titles.get(code, code), tally, actions.owns_row(asked, code, inside))
        for code, tally in found.rows.items()
    ]
    return ordered(rows, asked.sort)


def _titles(asked: Question, found: Counted, names: dict[str, str]) -> dict[str, str]:
    """What the lines are called."""
    if asked.by == KIND:
        return {k["code"]: k["title"] for group in kind_groups() for k in group["kinds"]}
    if asked.by == SOURCE:
        return dict(channels(_))
    missing = {(code,) for code in found.rows if code and code not in names}
    others = {path[-1]: name for path, name in current.place_names(missing).items()}
    own_line = {asked.place: _("%(place)s（未落到下级的）", place=names.get(asked.place, asked.place))}
    return {**names, **others, **own_line, "": _("不在任何区划里")}


def _dimensions() -> dict[str, str]:
    return {PLACE: _("地方"), KIND: _("种类"), SOURCE: _("来源")}


def _title(indicator: Any) -> str:
    return str(indicator.title_en if chosen() == "en" else indicator.title_zh)


def _call(each: Calls) -> dict[str, str]:
    """How one body came when it was called; the middle of its times, not their mean."""
    middle = statistics.median(each.arrived_s) / 3600 if each.arrived_s else None
    return {
        "body": each.body, "responded": Share(len(each.responded_s), each.called).shown(),
        "arrived": Share(len(each.arrived_s), each.called).shown(),
        "hours": _("%(n)s 小时", n=f"{middle:.1f}") if middle is not None else "—",
    }  # fmt: skip


def _link(path: str, asked: Question, **new: str) -> str:
    values = {
        "place": asked.place, "kind": asked.kind, "since": asked.since.isoformat(),
        "until": asked.until.isoformat(), "by": asked.by, "sort": asked.sort, **new,
    }  # fmt: skip
    kept = {name: value for name, value in values.items() if value or name == "place"}
    return f"{path}?{urlencode(kept)}"


def _table() -> tuple[Question, actions.Table]:
    asked, names, inside = _asked()
    own = actions.is_own(asked.place, inside)
    found = actions.count(current.database(), asked, own=own, zone=current.settings().zone, now=utcnow())
    head = _dimensions()[asked.by]
    return asked, records(
        head, _rows(asked, found, names, inside), _("合计"), own=own, english=chosen() == "en"
    )  # fmt: skip


def _file(content: bytes, kind: str, asked: Question, ending: str) -> Response:
    response = Response(content, content_type=kind)
    name = f"figures-{asked.place or 'all'}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
