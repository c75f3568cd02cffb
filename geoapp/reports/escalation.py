"""What is overdue or not mended goes a level up; the levels are data of a district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from geoapp.places.hierarchy import LEVEL_KEYS, level_of, path_of
from geoapp.reports.datafile import BadData, need, one_of, parse

#: 试点: reminders only. 提级办理: what is overdue rises by itself.
PILOT, RISING = "pilot", "rising"
MODES = (PILOT, RISING)
NEAR, OVERDUE = "near", "overdue"


@dataclass(frozen=True)
class Levels:
    """Levels that are asked in turn, from the lowest up; where the first 没修好 goes; the mode to begin with."""

    levels: tuple[str, ...]
    not_mended_to: str
    default_mode: str

    def above(self, duty_code: str) -> str | None:
        """The place that is asked next; None when the highest level has it already.

        Examples
        --------
        >>> Levels(("grid", "community", "subdistrict", "district"), "community", "pilot").above("110105012023001")
        '110105012023'
        """
        if not duty_code:
            return None
        by_level = _by_level(duty_code)
        here = level_of(duty_code).rank
        higher = [by_level[key] for key in self.levels if key in by_level and LEVEL_KEYS.index(key) < here]
        return higher[0] if higher else None

    def starts_at(self, place_code: str, level: str) -> str:
        """The place of ``level`` that holds ``place_code``, or the nearest above it; empty for an empty code."""
        if not place_code:
            return ""
        path = path_of(place_code)
        return path[min(LEVEL_KEYS.index(level), len(path) - 1)]

    def after_not_mended(self, duty_code: str, place_code: str, *, times: int) -> str:
        """Who is asked after the ``times``-th 没修好: first the community's secretary 书记, then always a level up.

        A case that is higher up already rises from where it is; the highest level keeps it.
        """
        if not duty_code:
            return duty_code
        if times <= 1:
            first = self.starts_at(place_code or duty_code, self.not_mended_to)
            return first if level_of(first).rank < level_of(duty_code).rank else (self.above(duty_code) or duty_code)
        return self.above(duty_code) or duty_code


@dataclass(frozen=True, slots=True)
class Watch:
    """What the clock has to do with one open case: remind of a term, raise it, or nothing."""

    remind: str | None = None
    raise_to: str | None = None


def watch(
    *,
    now: datetime,
    near_at: datetime | None,
    due_at: datetime | None,
    reminded: datetime | None,
    raised_due: datetime | None,
    duty_code: str,
    mode: str,
    levels: Levels,
) -> Watch:
    """What is to be done now; asked again after it was done it answers: nothing.

    Parameters
    ----------
    reminded : the moment (``near_at`` or ``due_at``) of which somebody was reminded last
    raised_due : when the term of the level that has it now ends; None before it was ever raised
    """
    if due_at is None or now < min(near_at or due_at, due_at):
        return Watch()
    overdue = now >= due_at
    fresh = reminded != due_at if overdue else reminded not in (near_at, due_at)
    remind = (OVERDUE if overdue else NEAR) if fresh else None
    ended = overdue and now >= (raised_due or due_at)
    return Watch(remind, levels.above(duty_code) if mode == RISING and ended else None)


def parse_levels(text: str) -> Levels:
    """Levels from their file; BadData names the entry that cannot be used."""
    data = parse(text, "levels.toml")
    levels = tuple(one_of(key, LEVEL_KEYS, "层级表的 levels") for key in need(data, "levels", "层级表"))
    ranks = [LEVEL_KEYS.index(key) for key in levels]
    if not levels or ranks != sorted(set(ranks), reverse=True):
        raise BadData("层级表的 levels 应从低到高、不重复，如 grid、community、subdistrict、district。")
    return Levels(
        levels,
        one_of(need(data, "not_mended_to", "层级表"), levels, "层级表的 not_mended_to"),
        one_of(data.get("default_mode", PILOT), MODES, "层级表的 default_mode"),
    )


def _by_level(code: str) -> Mapping[str, str]:
    return {level_of(c).key: c for c in path_of(code)}
