"""What the forms of patrols say."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, timedelta

from geoapp.accounts import forms as accounts
from geoapp.accounts.roles import PlacePath
from geoapp.reports.casework.forms import read_day
from geoapp.reports.patrols.actions import NewPoint

#: What the overview looks at until another period is chosen.
WEEKS = timedelta(days=28)
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
_CODE = re.compile(r"\d{6,17}", re.ASCII)


def read_point(form: Mapping[str, str], choices: Mapping[PlacePath, str]) -> NewPoint:
    """A point as the form has it; a place is named by its code, also a courtyard's, or by a name of the choices."""
    code = form.get("place", "").strip().split(" ", 1)[0]
    if not _CODE.fullmatch(code):
        code = "".join(accounts.place(form, choices)[-1:])
    return NewPoint(
        name=form.get("name", ""), look=form.get("look", ""), rhythm=form.get("rhythm", ""),
        address=form.get("address", ""), place_code=code, lonlat=_lonlat(form),
    )  # fmt: skip


def _lonlat(form: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        lon, lat = float(form.get("lon", "")), float(form.get("lat", ""))
    except ValueError:
        return None
    possible = math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90
    return (lon, lat) if possible else None


def read_period(query: Mapping[str, str], *, on: date) -> tuple[date, date]:
    """First and last day; the last four weeks that are over until others are chosen. BadForm for what is no date."""
    last = read_day(query.get("until", "")) or on
    return read_day(query.get("since", "")) or last - WEEKS, last


def read_key(form: Mapping[str, str]) -> str | None:
    """The form's own key, under which it is sent once."""
    key = form.get("key", "")
    return key if _KEY.fullmatch(key) else None
