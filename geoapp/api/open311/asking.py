"""What a client asks for in a query: numbers, kinds, days, states and pages.

An empty parameter is an absent one, as GeoReport v2 demands. What is malformed is refused, never repaired: a client
that pages or filters by a misread value would lose rows without noticing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from geoapp.errors import Invalid

LONGEST_SPAN = timedelta(days=90)
MOST_ROWS = 1000
STATES = ("open", "closed")

#: https://www.w3.org/TR/NOTE-datetime with hours, minutes and a zone, which GeoReport v2 demands.
_W3C = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class BadParameter(Invalid):
    """A parameter cannot be used; the message names it and shows how it should look."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which requests to list. ``numbers`` overrides all else."""

    numbers: tuple[str, ...]
    service_codes: tuple[str, ...]
    start: datetime
    end: datetime
    states: frozenset[str]
    page: int
    page_size: int
    extensions: bool


def question(args: MultiDict[str, str], *, now: datetime) -> Question:
    """The question that a query string asks; BadParameter names what is wrong with it."""
    start, end = _window(args, now)
    numbers = listed(args, "service_request_id")
    if len(numbers) > MOST_ROWS:
        raise BadParameter(_("service_request_id 一次最多 %(most)s 个。", most=MOST_ROWS))
    states = listed(args, "status")
    if strange := [state for state in states if state not in STATES]:
        raise BadParameter(_("status=%(value)s 不对；可用 open、closed。", value=strange[0][:40]))
    return Question(
        numbers=numbers,
        service_codes=listed(args, "service_code"),
        start=start,
        end=end,
        states=frozenset(states or STATES),
        page=_whole(args, "page", otherwise=1, most=1_000_000),
        page_size=_whole(args, "page_size", otherwise=MOST_ROWS, most=MOST_ROWS),
        extensions=given(args, "extensions") == "true",
    )


def given(args: MultiDict[str, str], name: str) -> str:
    """A parameter without the blanks around it; empty when absent."""
    return (args.get(name) or "").strip()


def listed(args: MultiDict[str, str], name: str) -> tuple[str, ...]:
    """The entries of a parameter that may be a comma list and may come several times, each once."""
    entries = (entry.strip() for value in args.getlist(name) for entry in value.split(","))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def _window(args: MultiDict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """From when to when: at most 90 days, the last 90 where nothing is said."""
    start, end = (moment_of(args, name) for name in ("start_date", "end_date"))
    try:
        if start is None:
            # A request that arrives while the clock is read still belongs to "until now".
            end = now + timedelta(seconds=1) if end is None else end
            start = end - LONGEST_SPAN
        elif end is None:
            end = start + LONGEST_SPAN
    except OverflowError:
        raise BadParameter(_("start_date 与 end_date 超出了可用的年份。")) from None
    if end < start:
        raise BadParameter(_("end_date 早于 start_date；请对调。"))
    if end - start > LONGEST_SPAN:
        raise BadParameter(_("start_date 与 end_date 最多相隔 90 天；请分几次查询。"))
    return start, end


def moment_of(args: MultiDict[str, str], name: str) -> datetime | None:
    """The time that a parameter gives, in UTC; None when absent."""
    # An unescaped plus sign of an offset arrives as a blank.
    text = given(args, name).replace(" ", "+")
    return None if not text else moment(text, name)


def moment(text: str, name: str) -> datetime:
    """The time that a W3C text gives, in UTC; BadParameter when it is none."""
    wrong = BadParameter(
        _("%(name)s=%(value)s 不对；请用带时区的时间，如 2026-11-22T08:00:00Z。", name=name, value=text[:40])
    )
    found = _W3C.fullmatch(text)
    if found is None:
        raise wrong
    day, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}{second or ':00'}{(fraction or '')[:7]}{zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def w3c(moment: datetime | None) -> str | None:
    """A time as GeoReport prints it: 2026-11-22T08:00:00Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _whole(args: MultiDict[str, str], name: str, *, otherwise: int, most: int) -> int:
    text = given(args, name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise BadParameter(_("%(name)s 应是 1 到 %(most)s 的整数。", name=name, most=most))
    return int(text)
