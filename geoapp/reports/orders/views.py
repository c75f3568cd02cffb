"""12345 工单: orders pasted, read, confirmed and stored once each; a whole sheet; where an address lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from apiflask import APIBlueprint
from flask import Response, redirect, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.db import utcnow
from geoapp.errors import Conflict, GeoappError, Invalid, NotAllowed, TooOften, http_status
from geoapp.files import CHUNK
from geoapp.layers.handing_out import REFUSED_HEADINGS, refused_csv
from geoapp.reports.casework.forms import BadForm
from geoapp.reports.casework.views import boot, kind_groups
from geoapp.reports.imports.history import SetAside
from geoapp.reports.orders import actions, forms
from geoapp.reports.orders.actions import Kept
from geoapp.reports.orders.forms import Confirmed
from geoapp.reports.orders.notes import REASONS
from geoapp.reports.orders.order import Order
from geoapp.reports.orders.pasted import read_pasted
from geoapp.reports.orders.sheets import actions as sheets
from geoapp.reports.orders.whereabouts import OWN, Candidate, Surroundings
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending.taking.actions import THERE_ALREADY
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import CSV, FILE, HTML, JSON, LAT, LON, TEXT, WHOLE, describe
from geoapp.web.errors import said, said_again
from geoapp.web.limits import limited
from geoapp.web.negotiation import wants_json
from geoapp.web.rights import needs

blueprint = APIBlueprint("orders", __name__, template_folder="templates", enable_openapi=False)
#: A year of a street's orders is some megabytes.
_MOST_MIB = 32
_SUFFIXES = {".xlsx", ".xlsm", ".csv", ".tsv", ".txt"}
#: Terms that are offered beside the order's own.
_TERMS = ("2h", "24h", "3d", "7d", "15d", "3wd", "5wd", "10wd")


@blueprint.get("/cases/orders")
@needs("reports.handle")
def paste() -> Any:
    """Where orders are pasted, and a sheet of them is chosen."""
    return _paste_page()


def _paste_page(wrong: dict[str, str] | None = None, status: int = 200) -> Any:
    page = render_template(
        "orders/paste.html", wrong=wrong or {}, text=request.form.get("text", ""), most=sheets.MOST_ROWS,
        recent=sheets.own_imports(current.database(), actor()),
    )  # fmt: skip
    return page, status


@blueprint.post("/cases/orders")
@needs("reports.handle")
@describe(form={"text": TEXT}, needed=("text",), errors=(409,))
@limited("orders", "240/hour")
def read() -> Any:
    """Read what was pasted; nothing is stored until it was confirmed."""
    now, rules = utcnow(), rulebook(current.settings())
    text = request.form.get("text", "")
    try:
        orders = read_pasted(text, rules.vocabulary, rules.kinds, now=now, zone=current.settings().zone)
    except GeoappError as error:
        return _paste_page({"text": said(error)}, 400)
    known = actions.known_orders(current.database(), actor(), [order.number for order in orders], now=now)
    around = actions.look_around(current.database(), actor(), now=now)
    fresh = [_form_of(order, around) for order in orders if order.number not in known]
    return render_template(
        "orders/check.html", forms=fresh, known=list(known.values()), kinds=kind_groups(), wrong=[],
        own=around.where(around.own_place),
    )  # fmt: skip


def _form_of(order: Order, around: Surroundings) -> dict[str, Any]:
    """What was read of an order, for its form: values, candidates of its place, and what could not be read."""
    zone = current.settings().zone
    named = "" if order.place else around.named_in(order.words)
    given = {
        "number": order.number, "words": order.words, "address": order.place or named, "choice": "", "kind": order.kind,
        "term": order.term, "due": forms.written(order.due_at, zone),
        "received": forms.written(order.sent_at or order.reported_at, zone),
        "phone": order.phones[0] if order.phones else "",
    }  # fmt: skip
    missing = {
        "number": _("没有读到工单编号，请补上。"),
        "place": _("没有读到地点，按文字里说的“%(name)s”，请核对。", name=named)
        if named
        else _("没有读到地点，请补上。"),
        "words": _("没有读到诉求内容，请补上。"),
    }
    asked = [missing[name] for name in order.missing]
    if not order.term and order.due_at is None:
        asked.append(_("没有读到时限，按类别的期限办。"))
    if len(order.phones) > 1:
        asked.append(_("读到几个电话，只留第一个。"))
    return _shown(given, around) | {
        "said": asked, "notes": [said(note) for note in order.notes], "wrong": {}, "take": True,
        "unread": [reading.value for reading in order.unread if reading.value],
    }  # fmt: skip


def _shown(given: dict[str, str], around: Surroundings) -> dict[str, Any]:
    found = around.find(given["address"])
    default = found.only.key if found.only and given["choice"] != OWN else OWN
    terms = list(dict.fromkeys(filter(None, (given["term"], *_TERMS))))
    return {
        "given": given, "spots": [spot_words(spot) for spot in found.candidates], "note": said(found.note),
        "chosen": next((spot.key for spot in found.candidates if spot.key == given["choice"]), default),
        "terms": [(term, term_words(term)) for term in terms],
    }  # fmt: skip


def spot_words(spot: Candidate) -> dict[str, Any]:
    """A candidate in the page's language."""
    warnings = []
    if spot.outside and spot.place_code:
        warnings.append(_("不在您的辖区"))
    if spot.near:
        warnings.append(_("离边界不到 20 米，旁边是%(names)s；请核对归属", names="、".join(spot.near)))
    return {
        "key": spot.key, "name": "" if spot.where.endswith(spot.name) else spot.name,
        "where": spot.where or _("不在任何区划里"), "warnings": warnings,
        "outside": spot.outside, "lon": spot.lonlat[0] if spot.lonlat else None,
        "lat": spot.lonlat[1] if spot.lonlat else None,
    }  # fmt: skip


def term_words(term: str) -> str:
    """A term as people say it; what is none as it stands."""
    n = term.rstrip("hdw")
    words = {"wd": _("%(n)s 个工作日", n=n), "h": _("%(n)s 小时", n=n), "d": _("%(n)s 天", n=n)}
    return str(words.get(term[len(n) :], term))


@blueprint.post("/cases/orders/confirmed")
@needs("reports.handle")
@describe(form={"count": WHOLE}, needed=("count",), errors=(409,))
@limited("orders", "240/hour")
def keep() -> Any:
    """Store the orders that were confirmed; none while something is wrong in the form of one."""
    zone, rules = current.settings().zone, rulebook(current.settings())
    confirmed = forms.read_confirmed(request.form, rules, zone)
    if any(each.wrong for each in confirmed):
        return _check_again(confirmed)
    kept: list[Kept] = []
    for i, each in enumerate(confirmed):
        try:
            kept.append(actions.keep_order(current.database(), actor(), each.draft))
        except (Invalid, Conflict, NotAllowed, TooOften) as error:
            # What is stored is told, what is not stays in its form.
            left = [Confirmed(each.given, each.draft, {"words": said(error)}), *confirmed[i + 1 :]]
            return _check_again(left, kept, status=http_status(error))
    return render_template("orders/kept.html", kept=kept)


def _check_again(confirmed: list[Confirmed], kept: list[Kept] | None = None, *, status: int = 400) -> Any:
    around = actions.look_around(current.database(), actor())
    shown = [
        _shown(each.given, around)
        | {"said": [], "notes": [], "unread": [], "take": True, "wrong": {n: _(s) for n, s in each.wrong.items()}}
        for each in confirmed
    ]
    wrong = [(i, name, words) for i, each in enumerate(shown) for name, words in each["wrong"].items()]
    page = render_template(
        "orders/check.html", forms=shown, known=kept or [], kinds=kind_groups(), wrong=wrong,
        own=around.where(around.own_place),
    )  # fmt: skip
    return page, status


@blueprint.get("/cases/where")
@needs("reports.handle")
@describe(query={"address": TEXT, "lon": LON, "lat": LAT}, answers={200: JSON})
@limited("where", "1200/hour")
def where() -> Any:
    """What an address may mean, or in which grid a tapped spot lies, while the official is still typing."""
    around = actions.look_around(current.database(), actor())
    if request.args.get("lon") or request.args.get("lat"):
        try:
            lon, lat = float(request.args.get("lon", "")), float(request.args.get("lat", ""))
        except ValueError:
            raise BadForm(_("经纬度要写成小数，例如 116.46；请改正。")) from None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise BadForm(_("这个位置不在地球上；请在图上重新点。"))
        return {"spots": [spot_words(around.point(lon, lat))], "note": ""}
    found = around.find(request.args.get("address", "")[:200])
    return {"spots": [spot_words(spot) for spot in found.candidates], "note": said(found.note)}


# -- sheets --------------------------------------------------------------------------------------------------------


@blueprint.post("/cases/orders/sheet")
@needs("reports.handle")
@describe(files={"file": FILE}, needed=("file",), answers={303: ()}, errors=(409,))
@takes(mib=_MOST_MIB)
@limited("order-sheets", "30/hour")
def sheet() -> Any:
    """Store the orders of a sheet, a long one in the background; what became of each row is where this leads to."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _paste_page({"file": _("先选一个表格文件（XLSX 或 CSV）。")}, 400)
    name = PurePath(file.filename.replace("\\", "/")).name[:200]
    suffix = PurePath(name).suffix.lower()
    if suffix not in _SUFFIXES:
        return _paste_page({"file": _("只认 XLSX 和 CSV 表格；请用表格软件另存后再选。")}, 400)
    # What is personal in it does not stay: the file lives as long as this request.
    with TemporaryDirectory(prefix="geoapp-orders-") as folder:
        path = Path(folder) / f"sheet{suffix}"
        with path.open("wb") as out:
            while chunk := file.stream.read(CHUNK):
                out.write(chunk)
        try:
            batch = sheets.import_sheet(current.database(), actor(), path, filename=name)
        except Invalid as error:
            return _paste_page({"file": said(error)}, 400)
    return redirect(f"/cases/orders/sheets/{batch.key}", 303)


@blueprint.get("/cases/orders/sheets/<key>")
@needs("reports.handle")
@describe(answers={200: (HTML, JSON)})
def sheet_done(key: str) -> Any:
    """What became of the rows of a sheet: stored, there already, or set aside with a reason; or how far it is."""
    found, aside = sheets.sheet_import(current.database(), actor(), key)
    batch = found.batch
    if wants_json():
        return {"state": found.state, "done": batch.rows_in, "rows": found.rows}
    notes = [(_(sheets.NOTES.get(note, note)), n) for note, n in batch.summary.get("notes", {}).items() if n]
    return render_template(
        "orders/sheet.html", found=found, batch=batch, aside=_in_words(aside), notes=notes, boot=boot()
    )


def _in_words(rows: Iterable[SetAside]) -> list[SetAside]:
    """Rows set aside, their reasons and remedies in the page's language."""
    sentences = (REASONS["repeated"][0], THERE_ALREADY)
    return [replace(row, message=said_again(row.message, *sentences), remedy=said_again(row.remedy)) for row in rows]


@blueprint.get("/cases/orders/sheets/<key>/aside.csv")
@needs("reports.handle")
@describe(answers={200: CSV})
def sheet_aside(key: str) -> Any:
    """Rows that were not stored, as CSV with number, reason and remedy; a spreadsheet reads no formula in it."""
    _found, aside = sheets.sheet_import(current.database(), actor(), key)
    rows = ((row.row, row.reason, row.message, row.remedy, row.number) for row in _in_words(aside))
    text = refused_csv(rows, [_(heading) for heading in REFUSED_HEADINGS])
    headers = {"Content-Disposition": f'attachment; filename="orders-{key}-aside.csv"'}
    # The mark at the beginning is what makes spreadsheets read Chinese right.
    return Response("\ufeff" + text, content_type="text/csv; charset=utf-8", headers=headers)
