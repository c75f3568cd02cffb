"""Who is asked first: place x kind x day x is-there-a-property-manager, as rules that are data, with the reason why.

Of the rules that fit a report the most specific wins: the deepest place, then a kind before a class before neither,
then one that states whether there is a property manager, then one with days, then the one that began later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.places.hierarchy import LEVEL_KEYS, level_of
from geoapp.reports.datafile import BadData, known_only, need, one_of, parse
from geoapp.reports.kinds import Kinds
from geoapp.reports.placing import codes_of

_FIELDS = {"id", "why_zh", "why_en", "place", "kind", "class", "managed", "from", "to_day", "to", "body", "cc"}
_TO = ("courtyard", "grid", "community", "subdistrict", "district")
_NEVER = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; what it leaves empty fits everything. ``until`` is excluded."""

    id: str
    why_zh: str
    why_en: str
    place: str
    kind: str
    parent: str
    managed: bool | None
    since: date | None
    until: date | None
    to: str
    body: str
    joint: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int, int, int, date]:
        """More specific rules weigh more; compared field by field."""
        by_kind = 2 if self.kind else 1 if self.parent else 0
        dated = self.since is not None or self.until is not None
        return len(self.place), by_kind, int(self.managed is not None), int(dated), self.since or _NEVER

    def fits(self, place_code: str, kind: str, parent: str, managed: bool | None, on: date) -> bool:
        """Does all that it states fit?"""
        return (
            place_code.startswith(self.place)
            and self.kind in ("", kind)
            and self.parent in ("", parent)
            and (self.managed is None or self.managed is managed)
            and (self.since is None or self.since <= on)
            and (self.until is None or on < self.until)
        )


@dataclass(frozen=True, slots=True)
class Route:
    """Where a report goes: the place that acts, kinds of bodies proposed as lead and joint handlers, and why."""

    duty_code: str
    body: str
    joint: tuple[str, ...]
    rule: str
    why_zh: str
    why_en: str


@dataclass(frozen=True)
class Routing:
    """The rules of one district, most specific first."""

    rules: tuple[Rule, ...]
    #: Class of each kind.
    parents: Mapping[str, str]

    def route(self, codes: Sequence[str], kind: str, *, on: date, managed: bool | None) -> Route:
        """Where a report goes.

        Parameters
        ----------
        codes : (5,) codes of its places from district to courtyard, empty where there is none
        kind : code of its kind
        on : civil day
        managed : has the place a property manager 物业? None: unknown
        """
        deepest = next((code for code in reversed(codes) if code), "")
        parent = self.parents.get(kind, "")
        rule = next(r for r in self.rules if r.fits(deepest, kind, parent, managed, on))
        return Route(_duty(codes, rule.to), rule.body, rule.joint, rule.id, rule.why_zh, rule.why_en)

    def route_many(
        self, codes: NDArray[np.str_], kinds: NDArray[np.str_], managed: NDArray[np.int8], *, on: date
    ) -> tuple[NDArray[np.str_], NDArray[np.int64], list[Rule]]:
        """Where many reports go at once.

        Parameters
        ----------
        codes : (n, 5) str, as `places.locate.Locator.codes` gives them
        kinds : (n,) str
        managed : (n,) int8, 1 yes, 0 no, -1 unknown

        Returns
        -------
        (n,) str code of the place that acts; (n,) int position of the rule; the rules
        """
        rows = np.ascontiguousarray(codes)
        # Reports of one place, kind and manager go one way: a town has few such groups, however many reports.
        deepest = _deepest(rows)
        kind_names, kind_at = np.unique(kinds, return_inverse=True)
        place_names, place_at = np.unique(deepest, return_inverse=True)
        group = (place_at.astype(np.int64) * len(kind_names) + kind_at) * 3 + (np.asarray(managed, np.int64) + 1)
        groups, group_at = np.unique(group, return_inverse=True)
        duty = np.zeros(len(groups), dtype=rows.dtype)
        chosen = np.zeros(len(groups), dtype=np.int64)
        position = {rule.id: n for n, rule in enumerate(self.rules)}
        for n, key in enumerate(groups.tolist()):
            rest, manager = divmod(key, 3)
            place, kind = divmod(rest, len(kind_names))
            path = codes_of(str(place_names[place]))
            known = None if manager == 0 else manager == 2
            route = self.route(path, str(kind_names[kind]), on=on, managed=known)
            duty[n], chosen[n] = route.duty_code, position[route.rule]
        return duty[group_at], chosen[group_at], list(self.rules)


def parse_routing(text: str, kinds: Kinds) -> Routing:
    """Rules from their file; BadData for two that could both fit one report and weigh the same."""
    data = parse(text, "routing.toml")
    rules = [_rule(row, kinds) for row in data.get("rule", [])]
    ids = [rule.id for rule in rules]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise BadData(f"派单规则 {twice[0]} 出现了两次；请改名。")
    if not any(not r.place and not r.kind and not r.parent and r.managed is None and not _dated(r) for r in rules):
        raise BadData("派单规则里没有兜底的一条（不写地点、类别、物业、日期）；请补上，否则有的反映没有人管。")
    for n, one in enumerate(rules):
        for other in rules[n + 1 :]:
            if one.weight == other.weight and _could_both_fit(one, other):
                raise BadData(f"派单规则 {one.id} 和 {other.id} 条件一样，分不出先后；请改其中一条。")
    ordered = sorted(rules, key=lambda r: r.weight, reverse=True)
    return Routing(tuple(ordered), {kind.code: kind.parent for kind in kinds.kinds.values()})


def _rule(row: Mapping[str, Any], kinds: Kinds) -> Rule:
    where = f"派单规则 {row.get('id', '？')}"
    known_only(row, _FIELDS, where)
    kind, parent = str(row.get("kind", "")), str(row.get("class", ""))
    if kind and parent:
        raise BadData(f"{where} 同时写了 kind 和 class；写一个就够。")
    if kind:
        one_of(kind, tuple(kinds.kinds), f"{where} 的 kind")
    if parent:
        one_of(parent, tuple(kinds.classes), f"{where} 的 class")
    place = str(row.get("place", ""))
    if place:
        level_of(place)
    managed = row.get("managed")
    if managed not in (None, True, False):
        raise BadData(f"{where} 的 managed 应为 true 或 false。")
    since, until = row.get("from"), row.get("to_day")
    if any(day is not None and type(day) is not date for day in (since, until)) or (since and until and since >= until):
        raise BadData(f"{where} 的 from、to_day 应为日期（2026-11-01，不加引号），且前后不颠倒。")
    return Rule(
        str(need(row, "id", where)), str(need(row, "why_zh", where)), str(need(row, "why_en", where)), place, kind,
        parent, managed, since, until, one_of(need(row, "to", where), _TO, f"{where} 的 to"), str(row.get("body", "")),
        tuple(str(b) for b in row.get("cc", ())),
    )  # fmt: skip


def _dated(rule: Rule) -> bool:
    return rule.since is not None or rule.until is not None


def _could_both_fit(one: Rule, other: Rule) -> bool:
    """Two rules of one weight: is there a report that both fit?"""
    days_meet = (one.until is None or other.since is None or other.since < one.until) and (
        other.until is None or one.since is None or one.since < other.until
    )
    same = one.place == other.place and one.kind == other.kind and one.parent == other.parent
    return same and one.managed is other.managed and days_meet


def _duty(codes: Sequence[str], level: str) -> str:
    """The place of a level, else the nearest above it that there is."""
    return next((code for code in reversed(codes[: LEVEL_KEYS.index(level) + 1]) if code), "")


def _deepest(codes: NDArray[np.str_]) -> NDArray[np.str_]:
    found = codes[:, 0].copy()
    for column in range(1, codes.shape[1]):
        found = np.where(codes[:, column] != "", codes[:, column], found)
    return found
