"""The rules that a division is judged by and the price of each kind of border line, read from data files' text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import Invalid, NotFound

Mark = Literal["verified", "draft", "unverified"]
IntArray = NDArray[np.int64]

#: Keys that a rules file must state.
NUMBERS = (
    "households_target", "people_target", "households_most", "people_most", "households_merge",
    "households_per_worker_least", "households_per_worker_most", "staff_least", "walk_speed",
)  # fmt: skip
#: Not a line on the ground but a line through a grid; every profile prices it beside the kinds of line.
THROUGH_GRID = "grid"


class RulesError(Invalid):
    """A rules or profiles file that cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a rule, with where it comes from and how far it may be trusted."""

    value: float
    unit: str
    source: str
    date: str
    mark: Mark


@dataclass(frozen=True)
class Rules:
    """Size and staff rules of one document."""

    key: str
    title_zh: str
    title_en: str
    document: str
    numbers: Mapping[str, Number]
    households_per_m2_floor: float
    storeys_unknown: float
    area_coverage: float

    def value(self, name: str) -> float:
        """The number of that name; NotFound when the file has none."""
        try:
            return self.numbers[name].value
        except KeyError:
            raise NotFound(f"规则 {self.key} 里没有 {name} 这一项。") from None

    def staff_min(self, households: IntArray) -> IntArray:
        """Least workers that the rule asks for: ``max(9, ceil(h / 150))``, (n,) int64."""
        return self._staff(households, "households_per_worker_most")

    def staff_max(self, households: IntArray) -> IntArray:
        """Most workers that the rule grants: ``max(9, ceil(h / 110))``, (n,) int64."""
        return self._staff(households, "households_per_worker_least")

    def _staff(self, households: IntArray, load: str) -> IntArray:
        per_worker = int(self.value(load))
        needed = -(-np.asarray(households, dtype=np.int64) // per_worker)
        return np.maximum(needed, int(self.value("staff_least")))

    def size_marks(self, households: IntArray) -> list[str]:
        """Per part: ``over`` the most, ``merge`` below the least, ``above`` the target or ``fits``."""
        most, merge = self.value("households_most"), self.value("households_merge")
        target = self.value("households_target")
        return [
            "over" if h > most else "merge" if h < merge else "above" if h > target else "fits"
            for h in np.asarray(households).tolist()
        ]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line on the ground: what it is called, and the values of a map's own classes that mean it."""

    key: str
    title_zh: str
    title_en: str
    divides: bool
    values: frozenset[str]


@dataclass(frozen=True)
class Profile:
    """What a metre along each kind of line costs, in tenths, and why."""

    key: str
    title_zh: str
    title_en: str
    purpose_zh: str
    default: bool
    tenths: Mapping[str, int]
    reasons: Mapping[str, str]

    def factor_tenths(self, kind: str, *, through_grid: bool) -> int:
        """Factor of a border piece; through a grid the grid's own factor counts where it is the larger."""
        line = self.tenths.get(kind, self.tenths["none"])
        return max(line, self.tenths[THROUGH_GRID]) if through_grid else line


@dataclass(frozen=True)
class Profiles:
    """Kinds of line and the profiles that price them."""

    version: str
    kinds: Mapping[str, Kind]
    profiles: Mapping[str, Profile]

    def profile(self, name: str | None) -> Profile:
        """The profile of that key or Chinese title, by default the one marked so; NotFound names those there are."""
        for profile in self.profiles.values():
            if name in (profile.key, profile.title_zh) or (name is None and profile.default):
                return profile
        there = "、".join(f"{p.key}（{p.title_zh}）" for p in self.profiles.values())
        raise NotFound(f"没有名为 {name} 的界线偏好：可用的有 {there}。")

    def kind_of(self, value: str | None) -> str | None:
        """Key of the kind that a map's class value means, or None when no kind lists it."""
        if value is None:
            return None
        wanted = str(value).strip().lower()
        for key, kind in self.kinds.items():
            if wanted == key or wanted in kind.values:
                return key
        return None


def parse_rules(text: str) -> Rules:
    """A rules file's text -> Rules; RulesError names the number that is missing or has no source."""
    data = _toml(text, "规则文件")
    try:
        numbers = {name: Number(**row) for name, row in data["number"].items()}
        rules = Rules(
            key=data["key"], title_zh=data["title_zh"], title_en=data["title_en"], document=data["document"],
            numbers=numbers, households_per_m2_floor=float(data["estimate"]["households_per_m2_floor"]),
            storeys_unknown=float(data["estimate"]["storeys_unknown"]),
            area_coverage=float(data["estimate"]["area_coverage"]),
        )  # fmt: skip
    except (KeyError, TypeError) as gap:
        raise RulesError(f"规则文件缺少或写错了 {gap}：每个数要有 value、unit、source、date、mark。") from None
    for name in NUMBERS:
        if name not in numbers:
            raise RulesError(f"规则文件里没有 {name}：请补上数值、来源、日期和标记。")
        if numbers[name].mark not in ("verified", "draft", "unverified") or not numbers[name].source:
            raise RulesError(f"规则文件的 {name} 没有来源，或标记不是 verified、draft、unverified 之一。")
    return rules


def parse_profiles(text: str) -> Profiles:
    """A profiles file's text -> Profiles; RulesError names the factor that is missing, negative or without reason."""
    data = _toml(text, "界线偏好文件")
    kinds = {
        key: Kind(key, row["title_zh"], row["title_en"], bool(row["divides"]), frozenset(map(str.lower, row["values"])))
        for key, row in data.get("kind", {}).items()
    }
    profiles = {}
    for key, row in data.get("profile", {}).items():
        factor = row.get("factor", {})
        for name in (*kinds, THROUGH_GRID):
            given = factor.get(name, {})
            if not isinstance(given.get("tenths"), int) or given["tenths"] < 0 or not given.get("reason"):
                raise RulesError(f"界线偏好 {key} 的 {name} 要有不小于 0 的整数 tenths 和一条 reason。")
        profiles[key] = Profile(
            key, row["title_zh"], row["title_en"], row["purpose_zh"], bool(row.get("default", False)),
            {name: entry["tenths"] for name, entry in factor.items()},
            {name: entry["reason"] for name, entry in factor.items()},
        )  # fmt: skip
    if "none" not in kinds or sum(p.default for p in profiles.values()) != 1:
        raise RulesError("界线偏好文件要有 none 这一类，并且恰好一个偏好写 default = true。")
    return Profiles(str(data.get("version", "")), kinds, profiles)


def _toml(text: str, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise RulesError(f"{what}不是正确的 TOML：{fault}。") from None
