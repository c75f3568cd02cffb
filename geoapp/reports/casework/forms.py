"""What the forms of a case say -> typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geoapp.errors import Invalid

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class BadForm(Invalid):
    """A form that cannot be used as it was sent."""


def seen_of(form: Mapping[str, str]) -> int:
    """Revision of the case that the page showed."""
    return whole(form, "seen")


def whole(form: Mapping[str, str], name: str) -> int:
    """A whole number out of a form; BadForm otherwise."""
    text = form.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise BadForm("页面不完整；请刷新后重试。")
    return int(text)


def degrees(form: Mapping[str, str], name: str) -> float:
    """A longitude or latitude; what is not on the globe is refused further in."""
    try:
        return float(form.get(name, ""))
    except ValueError:
        raise BadForm("经纬度要写成小数，例如 116.46；请改正。") from None


def end_of_day(text: str, zone: ZoneInfo) -> datetime:
    """The end of a civil day, for "until" a day."""
    day = read_day(text)
    if day is None:
        raise BadForm("请选一个日期。")
    return start_of_day(day + timedelta(days=1), zone)


def read_day(text: str) -> date | None:
    """A civil day, None for an empty field; BadForm for what is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadForm("“%(text)s”不是日期；请写成 2026-11-24。", text=text[:20]) from None
    if not 1990 <= day.year <= 2200:
        raise BadForm("“%(text)s”不在可用的年份里；请核对日期。", text=text[:20])
    return day


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a civil day begins."""
    return datetime.combine(day, time(), zone)
