"""Reports on the map: two sources, five states, and what pressing one tells.

The table of reports is itself what is drawn: nothing is copied, so what is hidden, withdrawn or moved is gone or
elsewhere with the next tile, which a browser asks for again after half a minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoapp.maps.sources import Bbox, Source
from geoapp.places.hierarchy import path_of
from geoapp.reports.cases import Case
from geoapp.reports.kinds import Kinds
from geoapp.reports.numbers import spoken
from geoapp.reports.receipts.view import PublicReport
from geoapp.reports.stages import DONE, OPEN, Stage
from geoapp.reports.wording import STAGE_WORDS, state_words

#: What is being dealt with or was closed lately; and what is older, history of other systems with it.
LIVE, PAST = "reports:live", "reports:past"
#: So long after it was closed a report stays among the live ones.
RECENT_DAYS = 90
#: A finger that presses a small shape covers this many pixels around the point.
PRESS_PX = 14
#: A position is told to about a metre, as everywhere else.
DECIMALS = 5

_SYMBOL = {"new": "ring", "handling": "half", "done": "full", "ended": "full", "overdue": "triangle"}
_COLOUR = {"new": "#1f5fa8", "handling": "#8a5a00", "done": "#1b6e3c", "ended": "#6b7280", "overdue": "#b3261e"}


def is_pins(key: str) -> bool:
    """Is it one of the two sources that are drawn from reports?"""
    return key in {LIVE, PAST}


def source(key: str, *, count: int, officials: bool, illustrative: bool) -> Source:
    """One of the two sources; only officials have a triangle in its legend."""
    past = key == PAST
    states = [state for state in _SYMBOL if state != "overdue" or (officials and not past)]
    style: dict[str, Any] = {
        "title_en": "Earlier reports" if past else "Reports",
        "by": "state",
        "symbol": {state: _SYMBOL[state] for state in states},
        "colour": {state: _COLOUR[state] for state in states},
        "cluster_colour": "#4b5563" if past else "#1f5fa8",
        "size": 10,
        "shown": not past,
    }
    return Source(
        key=key, title="以前的反映" if past else "居民反映", kind="report", dimension=0, source="随手拍",
        illustrative=illustrative, count=count, style=style, at_once=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks: the moment, and the codes below which she is an official ("" is everywhere)."""

    now: datetime
    inside: tuple[str, ...] = ()

    def is_inside(self, *codes: str) -> bool:
        """Is one of the places hers?"""
        return any(code.startswith(top) for top in self.inside for code in codes)


def state(
    stage: str, outcome: str | None, due_at: datetime | None, codes: tuple[str, str], eyes: Eyes, *, ticking: bool
) -> str:
    """Which shape a report has; that its term has passed is told to officials of its places alone.

    Parameters
    ----------
    codes : where it lies, and whose turn it is
    ticking : False for history, which is nobody's to work on
    """
    if stage not in OPEN:
        return "done" if (outcome or DONE) == DONE else "ended"
    late = due_at is not None and due_at < eyes.now and stage != Stage.HUNG
    if ticking and late and eyes.is_inside(*codes):
        return "overdue"
    return "new" if stage == Stage.COLLECT else "handling"


def tile_box(z: int, x: int, y: int) -> Bbox:
    """West, south, east, north of a tile in degrees.

    Examples
    --------
    >>> [round(degrees, 6) for degrees in tile_box(1, 1, 0)]
    [0.0, 0.0, 180.0, 85.051129]
    """
    side = 1 << z

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / side))))

    return x / side * 360 - 180, lat(y + 1), (x + 1) / side * 360 - 180, lat(y)


@dataclass(frozen=True, slots=True)
class Words:
    """In what a report is told: translation, language, kinds, names of places by code, how a moment is written."""

    say: Callable[..., str]
    english: bool
    kinds: Kinds
    places: Mapping[str, str]
    when: Callable[[datetime], str]

    def kind(self, code: str) -> str:
        """The title of a kind."""
        found = self.kinds.kinds.get(code)
        return code if found is None else found.title_en if self.english else found.title_zh

    def place(self, code: str) -> str:
        """Subdistrict and community; nothing finer."""
        named = [self.places[one] for one in path_of(code) if one in self.places] if code else []
        return " ".join(named[-2:])


def told(
    report: PublicReport, case: Case, words: Words, eyes: Eyes, *, photos: Sequence[str], key: str, title: str
) -> dict[str, Any]:
    """What pressing a report shows; to officials of its places also how it stands, and the way to the case."""
    _, official = words.say, eyes.is_inside(case.place_code, case.duty_code)
    how = STAGE_WORDS[case.stage][words.english] if official else state_words(report.state, english=words.english)
    facts = [
        (_("状态"), how),
        (_("反映时间"), words.when(report.reported_at)),
        (_("在哪儿"), report.address or words.place(report.community_code)),
        (_("反映的内容"), report.words),
        (_("答复"), report.answer),
        (_("遇到的人"), _("%(n)s 人", n=report.me_too + 1) if report.me_too else None),
        (_("受理编号"), spoken(report.number)),
    ]
    ticking = case.duty_code != ""
    if state(case.stage, case.outcome, case.due_at, _codes(case), eyes, ticking=ticking) == "overdue":
        facts.insert(1, (_("期限"), _("超期")))
    return {
        "layer": key, "layer_title": title, "id": int(report.number), "title": words.kind(report.kind), "code": None,
        "illustrative": report.illustrative, "photos": list(photos),
        "facts": [{"label": label, "value": value} for label, value in facts if value],
        "link": {"address": f"/cases/{case.key}", "words": _("打开案件")} if official else None,
    }  # fmt: skip


def _codes(case: Case) -> tuple[str, str]:
    return case.place_code, case.duty_code


def row(report: PublicReport, words: Words, key: str) -> dict[str, Any]:
    """A line of the list that stands for the map."""
    lon, lat = round(report.lon or 0.0, DECIMALS), round(report.lat or 0.0, DECIMALS)
    said = (
        state_words(report.state, english=words.english), words.place(report.community_code),
        words.when(report.reported_at),
    )  # fmt: skip
    return {
        "title": words.kind(report.kind), "subtitle": "", "code": spoken(report.number),
        "note": " · ".join(filter(None, said)), "lon": lon, "lat": lat, "bbox": [lon, lat, lon, lat], "place": None,
        "feature": {"layer": key, "id": int(report.number)},
    }  # fmt: skip
