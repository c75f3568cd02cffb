"""台账: a community's own columns, matched, corrected, and filled with its cases."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, send_file
from flask_babel import gettext as _

from geoapp.accounts.guards import actor, today
from geoapp.db import utcnow
from geoapp.errors import Invalid
from geoapp.files import CHUNK
from geoapp.reports.casework.forms import BadForm, read_day, start_of_day
from geoapp.reports.casework.views import page_of
from geoapp.reports.ledger import actions
from geoapp.reports.ledger.columns import MOST_COLUMNS, Column, corrected_field
from geoapp.reports.ledger.headings import FIELDS, Headings
from geoapp.reports.rulebook.store import rulebook
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import DAY, FILE, TEXT, XLSX, describe
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("ledger", __name__, template_folder="templates", enable_openapi=False)
#: A file of a header is small; one with its rows of a year still comes in.
_MOST_MIB = 16


@blueprint.get("/cases/ledgers")
@needs("reports.ledger")
def ledgers() -> Any:
    """Ledgers of the official's places, and where another one is brought in."""
    return _list_page()


def _list_page(wrong: dict[str, str] | None = None, status: int = 200) -> Any:
    names, page = page_of(utcnow()).places, page_of(utcnow())
    tops = actor().places("reports.ledger", on=today())
    # Whoever works everywhere chooses among all; a grid has no ledger of its own.
    mine = [
        (code, page.place(code))
        for code in sorted(names)
        if len(code) in {9, 12} and any(_path_within(code, top) for top in tops)
    ]
    listed = [
        {"key": each.key, "title": each.title, "where": page.place(each.place_code), "when": page.when(each.at),
         "columns": len(each.header.columns), "filled": sum(bool(c.field) for c in each.header.columns)}
        for each in actions.own_ledgers(current.database(), actor())
    ]  # fmt: skip
    shown = render_template(
        "ledger/list.html", ledgers=listed, places=mine, wrong=wrong or {}, title=request.form.get("title", ""),
        place=request.form.get("place", mine[0][0] if mine else ""),
    )  # fmt: skip
    return shown, status


def _path_within(code: str, top: tuple[str, ...]) -> bool:
    return not top or code.startswith(top[-1])


@blueprint.post("/cases/ledgers")
@needs("reports.ledger")
@describe(
    form={"place": TEXT, "title": TEXT}, files={"file": FILE}, needed=("place", "file"), answers={303: ()},
    errors=(409,),
)  # fmt: skip
@takes(mib=_MOST_MIB)
@limited("ledgers", "60/hour")
def add() -> Any:
    """Bring a header in; its page shows what was understood of it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _list_page({"file": _("先选台账的表头文件（XLSX）。")}, 400)
    name = PurePath(file.filename.replace("\\", "/"))
    with TemporaryDirectory(prefix="geoapp-ledger-") as folder:
        path = Path(folder) / f"ledger{name.suffix.lower()[:8]}"
        with path.open("wb") as out:
            while chunk := file.stream.read(CHUNK):
                out.write(chunk)
        try:
            made = actions.add_ledger(
                current.database(), actor(), path, place_code=request.form.get("place", ""),
                title=request.form.get("title", "").strip() or name.stem[:200],
            )  # fmt: skip
        except Invalid as error:
            error.rename_file(path.name, name.name)
            return _list_page({"file": said(error)}, 400)
    return redirect(f"/cases/ledgers/{made.key}", 303)


@blueprint.get("/cases/ledgers/<key>")
@needs("reports.ledger")
def ledger(key: str) -> Any:
    """A ledger's columns with what fills each, and the period to fill it for."""
    return _ledger_page(key)


def _ledger_page(key: str, wrong: str = "", status: int = 200) -> Any:
    found, day = actions.ledger(current.database(), actor(), key), today()
    headings = rulebook(current.settings()).headings
    columns = [_shown_column(column, headings) for column in found.header.columns]
    shown = render_template(
        "ledger/ledger.html", ledger=found, columns=columns, filled=sum(bool(c["field"]) for c in columns),
        personal=sum(c["personal"] and not c["choices"] for c in columns),
        where=page_of(utcnow()).place(found.place_code), wrong=wrong,
        since=request.args.get("since", day.replace(day=1).isoformat()),
        until=request.args.get("until", day.isoformat()),
    )  # fmt: skip
    return shown, status


def _shown_column(column: Column, headings: Headings) -> dict[str, Any]:
    """A column with what may fill it: what its heading names first, then any field, unless it says who somebody is."""
    personal = headings.says_who(column.heading)
    several = [field for field in dict.fromkeys((headings.field_of(column.heading), column.field)) if "+" in field]
    # What a heading names beside a person may be left out, and nothing else put in.
    choices = [headings.field_of(column.heading)] if personal else [*several, *FIELDS]
    return {
        "heading": column.heading or _("（无名）"), "personal": personal,
        "field": corrected_field(column.heading, column.field, headings),
        "choices": [(code, _field_words(code)) for code in choices if code],
    }  # fmt: skip


def _field_words(code: str) -> str:
    english = chosen() == "en"
    return (" + " if english else "、").join(FIELDS[field][english] for field in code.split("+"))


@blueprint.post("/cases/ledgers/<key>")
@needs("reports.ledger")
@describe(form={"field-0": TEXT}, answers={303: ()}, errors=(409,))
def settle(key: str) -> Any:
    """Store which field fills which column."""
    fields = [request.form.get(f"field-{i}") for i in range(MOST_COLUMNS)]
    actions.settle_columns(current.database(), actor(), key, [field for field in fields if field is not None])
    flash(_("已保存。"))
    return redirect(f"/cases/ledgers/{key}", 303)


@blueprint.post("/cases/ledgers/<key>/end")
@needs("reports.ledger")
@describe(answers={303: ()}, errors=(409,))
def end(key: str) -> Any:
    """Take a ledger out of use."""
    actions.end_ledger(current.database(), actor(), key)
    flash(_("台账已删除。"))
    return redirect("/cases/ledgers", 303)


@blueprint.get("/cases/ledgers/<key>/file")
@needs("reports.ledger")
@describe(query={"since": DAY, "until": DAY}, needed=("since", "until"), answers={200: XLSX})
@limited("export", "30/minute")
def file(key: str) -> Any:
    """The workbook with the cases that were reported from one day to another, both included."""
    zone = current.settings().zone
    try:
        since, until = read_day(request.args.get("since", "")), read_day(request.args.get("until", ""))
        if since is None or until is None or until < since:
            raise BadForm(_("先选从哪天到哪天，后一天不能早于前一天。"))
        found, data = actions.fill(
            current.database(), actor(), key, since=start_of_day(since, zone),
            until=start_of_day(until + timedelta(days=1), zone),
        )  # fmt: skip
    except Invalid as error:
        return _ledger_page(key, said(error), 400)
    name = f"{found.title}-{since:%Y%m%d}-{until:%Y%m%d}.xlsx"
    return send_file(io.BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)
