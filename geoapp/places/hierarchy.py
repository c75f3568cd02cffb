"""The five levels, their codes and the numbers that new places take.

A code contains its parent's: 110105 | 012 | 023 | 004 | 01 is courtyard 01 of grid 004 of community 023 of subdistrict
012 of district 110105. Six digits are GB/T 2260, nine DB11/T 064, twelve the statistical code of a community, fifteen
the grid code of DB11/T 2157-2023, seventeen the grid's code and two digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import Conflict, Invalid


class BadCode(Invalid):
    """A code that is not one of the five levels' codes."""


class NoFreeCode(Conflict):
    """Every number of a parent, or of a class of numbers, has been given out."""


@dataclass(frozen=True, slots=True)
class Level:
    """``key`` names the level in code and files; ``digits`` is the length of its codes; ``rank`` 0 is the district."""

    key: str
    rank: int
    digits: int
    #: Shown until a district says otherwise (table place_level).
    title_zh: str
    title_en: str


LEVELS: tuple[Level, ...] = (
    Level("district", 0, 6, "区", "district"),
    Level("subdistrict", 1, 9, "街道", "subdistrict"),
    Level("community", 2, 12, "社区", "community"),
    Level("grid", 3, 15, "网格", "grid"),
    Level("courtyard", 4, 17, "小院", "courtyard"),
)
LEVEL_KEYS = tuple(level.key for level in LEVELS)
_BY_KEY = {level.key: level for level in LEVELS}
_BY_DIGITS = {level.digits: level for level in LEVELS}

#: First and last number of each class: 街道/镇/乡/其他 and 居委会/村委会/类似. A successor stays in its parent's class.
_CLASSES: dict[str, tuple[tuple[int, int], ...]] = {
    "subdistrict": ((1, 99), (100, 199), (200, 399), (400, 599), (600, 999)),
    "community": ((1, 199), (200, 399), (400, 499), (500, 599), (600, 999)),
    "grid": ((1, 999),),
    "courtyard": ((1, 99),),
}


def level_of_key(key: str) -> Level:
    """The level of that key; Invalid names the five."""
    try:
        return _BY_KEY[key]
    except KeyError:
        raise Invalid(f"没有名为“{key[:40]}”的层级；可用：{'、'.join(LEVEL_KEYS)}。") from None


def level_of(code: str) -> Level:
    """The level that a code belongs to, by its length; BadCode says which lengths there are.

    Examples
    --------
    >>> level_of("110105012023").key
    'community'
    """
    level = _BY_DIGITS.get(len(code)) if code.isascii() and code.isdigit() else None
    if level is None:
        raise BadCode(
            f"编码“{code[:40]}”不对：应为 6 位（区）、9 位（街道）、12 位（社区）、15 位（网格）或 17 位（小院）数字。"
        )
    if set(code[level.digits - _own_digits(level) :]) == {"0"}:
        raise BadCode(f"编码 {code} 的末段为零，不指任何{level.title_zh}；请查对编码。")
    return level


def check_code(code: str, *, level: str) -> str:
    """The code, when it belongs to ``level``; BadCode otherwise."""
    found = level_of(code)
    wanted = level_of_key(level)
    if found is not wanted:
        raise BadCode(
            f"编码 {code} 是{found.title_zh}的编码（{found.digits} 位），{wanted.title_zh}应为 {wanted.digits} 位。"
        )
    return code


def parent_code(code: str) -> str | None:
    """The code of the place that holds this one; None for a district.

    Examples
    --------
    >>> parent_code("11010501202300401"), parent_code("110105")
    ('110105012023004', None)
    """
    level = level_of(code)
    return None if level.rank == 0 else code[: LEVELS[level.rank - 1].digits]


def path_of(code: str) -> tuple[str, ...]:
    """Codes from the district down to this place, itself included."""
    level = level_of(code)
    return tuple(code[: upper.digits] for upper in LEVELS[: level.rank + 1])


def child_level(code: str) -> Level | None:
    """The level below that of a code; None below a courtyard."""
    rank = level_of(code).rank
    return LEVELS[rank + 1] if rank + 1 < len(LEVELS) else None


def next_codes(parent: str, taken: Iterable[str], *, count: int, like: str | None = None) -> list[str]:
    """The next free codes under a parent: above every number ever given out, so that none is used again.

    Parameters
    ----------
    parent : code of a district, subdistrict, community or grid
    taken : every code of the child level that was ever given out; others are ignored
    count : how many codes are wanted
    like : a code whose class of numbers is kept (居委会 001-199, 村委会 200-399, ...); the first class without it

    Returns
    -------
    ``count`` codes, ascending. When the numbers above the last are used up, those never given out below it.

    Raises
    ------
    NoFreeCode : the class has no ``count`` free numbers left

    Examples
    --------
    >>> next_codes("110105012", ["110105012021", "110105012026"], count=1)
    ['110105012027']
    """
    level = child_level(parent)
    if level is None:
        raise BadCode(f"小院 {parent} 之下没有更低的层级。")
    first, last = _class_of(level, like)
    used = {int(code[len(parent) :]) for code in taken if code.startswith(parent) and len(code) == level.digits}
    inside = {number for number in used if first <= number <= last}
    after = max(inside, default=first - 1) + 1
    free = [*range(after, last + 1), *(number for number in range(first, after) if number not in inside)]
    if len(free) < count:
        raise NoFreeCode(
            f"{parent} 之下 {first:0{_own_digits(level)}d}–{last} 号只剩 {len(free)} 个未用，"
            f"需要 {count} 个；请用 --code 指定编码。"
        )
    return [f"{parent}{number:0{_own_digits(level)}d}" for number in free[:count]]


def numbering_order(bounds: NDArray[np.float64], lonlat: NDArray[np.float64]) -> list[int]:
    """The order in which neighbours are numbered: rows from north to south, in each row from west to east.

    Parameters
    ----------
    bounds : (n, 4) float, min_lon, min_lat, max_lon, max_lat of each place, degrees
    lonlat : (n, 2) float, a point inside each place, degrees

    Returns
    -------
    Positions, first number first. A row holds the places whose point lies level with the northernmost one left.
    """
    left = sorted(range(len(lonlat)), key=lambda i: (-lonlat[i, 1], lonlat[i, 0]))
    order: list[int] = []
    while left:
        south = bounds[left[0], 1]
        row = [i for i in left if lonlat[i, 1] > south or i == left[0]]
        order += sorted(row, key=lambda i: (lonlat[i, 0], -lonlat[i, 1]))
        left = [i for i in left if i not in set(row)]
    return order


def check_children(parent: str, codes: Sequence[str]) -> None:
    """BadCode for the first code that does not stand directly under ``parent``."""
    for code in codes:
        if parent_code(code) != parent:
            raise BadCode(f"编码 {code} 不在 {parent} 之下：前 {len(parent)} 位应为 {parent}。")


def _own_digits(level: Level) -> int:
    return level.digits - (LEVELS[level.rank - 1].digits if level.rank else 4)


def _class_of(level: Level, like: str | None) -> tuple[int, int]:
    classes = _CLASSES[level.key]
    if like is None or level_of(like) is not level:
        return classes[0]
    number = int(like[-_own_digits(level) :])
    return next(bounds for bounds in classes if bounds[0] <= number <= bounds[1])
