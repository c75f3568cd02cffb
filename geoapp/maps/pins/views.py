"""Reports as the map page asks for them: who looks, what a press tells, a page of the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.engine import Connection

from geoapp.accounts.guards import actor, today
from geoapp.db import utcnow
from geoapp.maps.forms import ListQuestion, PointQuestion
from geoapp.maps.pins import pin, store
from geoapp.maps.pins.pin import Eyes, Words
from geoapp.maps.sources import Source
from geoapp.places import store as places
from geoapp.reports import store as cases
from geoapp.reports.cases import Case
from geoapp.reports.photos import store as photos
from geoapp.reports.photos.views import photo_url
from geoapp.reports.receipts.showing import when
from geoapp.reports.receipts.view import PublicReport, public_report
from geoapp.reports.rulebook.store import rulebook
from geoapp.web import current
from geoapp.web.language import chosen

#: Width of the pictures beside a report's words, pixels.
_PICTURE = 640


def eyes() -> Eyes:
    """Who looks: an official below her places, anybody else everywhere."""
    tops = actor().places("reports.inside", on=today())
    return Eyes(utcnow(), tuple(top[-1] if top else "" for top in tops))


def near(connection: Connection, listed: Sequence[Source], question: PointQuestion, *, most: int) -> list[Any]:
    """What the reports under a finger tell, the nearest first."""
    seen, reach = eyes(), pin.PRESS_PX * 360 / (512 * 2**question.zoom)
    lon, lat = question.lon, question.lat
    told: list[dict[str, Any]] = []
    for source in listed:
        if pin.is_pins(source.key) and source.key in question.layers:
            box = (lon - reach, lat - reach, lon + reach, lat + reach)
            told += _told(connection, source, store.near(connection, source.key, box, seen, limit=most), seen)
    return told[:most]


def one(connection: Connection, source: Source, number: int) -> tuple[float, float, dict[str, Any]] | None:
    """Position of a report and what it tells; None when it is not among those of the source any more."""
    seen = eyes()
    case = store.one(connection, source.key, number, seen)
    if case is None or case.lon is None or case.lat is None:
        return None
    return case.lon, case.lat, _told(connection, source, [case], seen)[0]


def rows(connection: Connection, source: Source, question: ListQuestion) -> tuple[list[dict[str, Any]], int]:
    """A page of the list, and how many there are."""
    words, asked = _words(connection), question.words
    kinds = [code for code in words.kinds.kinds if asked and asked.casefold() in words.kind(code).casefold()]
    found, total = store.listed(
        connection, source.key, eyes(), words=asked, kinds=kinds, bbox=question.bbox, start=question.start,
        limit=question.limit,
    )  # fmt: skip
    public = _public(connection, found)
    return [pin.row(public[case.id], words, source.key) for case in found], total


def _told(connection: Connection, source: Source, found: Sequence[Case], seen: Eyes) -> list[dict[str, Any]]:
    words, public = _words(connection), _public(connection, found)
    pictures = photos.released(connection, [case.id for case in found])
    return [
        pin.told(
            public[case.id], case, words, seen, key=source.key, title=source.title,
            photos=[photo_url(photo, _PICTURE) for photo in pictures.get(case.id, [])],
        )
        for case in found
    ]  # fmt: skip


def _public(connection: Connection, found: Sequence[Case]) -> dict[int, PublicReport]:
    ids = [case.id for case in found]
    texts, updated = cases.texts(connection, ids), cases.updated_at(connection, ids)
    return {case.id: public_report(case, texts, updated.get(case.id, case.reported_at)) for case in found}


def _words(connection: Connection) -> Words:
    settings, english, now = current.settings(), chosen() == "en", utcnow()
    names = {
        v.code: v.name
        for level in ("subdistrict", "community")
        for v in places.versions(connection, on=today(), level=level, geometry=False)
    }
    return Words(_, english, rulebook(settings).kinds, names, lambda at: when(at, now, settings.zone, english=english))
