"""From words to a spot: buildings in all the shapes of rosters, compounds, crossings and streets, places by name.

Nothing is placed by guess. A name that fits several shapes gives them all, for somebody to choose or to tap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from geoapp.layers.rosters.names import Building, expand, normal
from geoapp.reports.orders.notes import NOTHING, Note
from geoapp.reports.placing import Ground, distance_m

BUILDING, COMPOUND, STREET, PLACE = "building", "compound", "street", "place"
#: Streets that come nearer than this to each other cross for whoever writes an address.
_CROSSING_M = 40.0
_MOST = 20
_DASHED = re.compile(r"(?<!\d)(\d{1,3})-(\d{1,2})-(\d{3,4})(?!\d)")
_LAST_HOUSE = re.compile(r"^.*\d(?:号楼|号院|单元|号)")
#: 海淀区 or 上海市徐汇区 at the beginning; 霞光里东区, 30号院生活区 and 望京地区 are parts of places, no districts.
_DISTRICT = re.compile(
    r"(?:[\u4e00-\u9fff]{2,6}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,4}?市)?"
    r"([\u4e00-\u9fff]{2,3}(?<![社小园院校厂片辖街库地住宅活舍属发商东西南北中一二三四五六七八九十甲乙丙丁公车候务动民共化工电身])区"
    r"|[\u4e00-\u9fff]{1,3}县)(?=.*(?:\d|路|街|里|园|苑|院|镇|村))"
)
_ENDINGS = ("小区", "社区", "家园", "院落")


@dataclass(frozen=True, slots=True)
class Spot:
    """A named shape: ``estate`` is the compound that it stands in, ``code`` that of a place; managed None: unknown."""

    kind: str
    name: str
    shape: Any
    estate: str = ""
    code: str = ""
    managed: bool | None = None

    @property
    def lonlat(self) -> tuple[float, float] | None:
        """A point on it; None for a place, which a point would make out to be known better than it is."""
        if self.kind == PLACE or self.shape is None:
            return None
        if self.kind == STREET:
            middle = shapely.line_interpolate_point(shapely.line_merge(self.shape), 0.5, normalized=True)
            point = middle if not middle.is_empty else shapely.point_on_surface(self.shape)
        else:
            point = shapely.point_on_surface(self.shape)
        return float(point.x), float(point.y)


@dataclass(frozen=True, slots=True)
class Found:
    """What an address was taken to mean. One spot: it is that one; several: somebody chooses; none: somebody taps."""

    evidence: str
    spots: tuple[Spot, ...] = ()
    lonlat: tuple[float, float] | None = None
    #: What an official should know before she believes it.
    note: Note = NOTHING

    @property
    def spot(self) -> Spot | None:
        """The spot, when there is exactly one."""
        return self.spots[0] if len(self.spots) == 1 else None


class Gazetteer:
    """Names of one district, ready to be looked for in addresses."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self._names: dict[str, dict[str, list[Spot]]] = {kind: {} for kind in (BUILDING, COMPOUND, STREET, PLACE)}
        for spot in spots:
            for name in dict.fromkeys(_spellings(spot)):
                if len(name) > 1:
                    self._names[spot.kind].setdefault(name, []).append(spot)
        self._longest = {kind: max(map(len, names), default=0) for kind, names in self._names.items()}
        self._districts = [n for n in self._names[PLACE] if n.endswith(("区", "县", "市", "旗")) and n[-2:] != "社区"]

    def __len__(self) -> int:
        return sum(len(names) for names in self._names.values())

    def find(self, address: str, *, prefer: Any = None) -> Found:
        """The spot that an address means.

        Parameters
        ----------
        prefer : a shape (an official's own place): of several that fit, those inside win
        """
        plain = _DASHED.sub(r"\1号楼\2单元\3", normal(address))
        if not plain:
            return Found("none", note=Note("没有写地点；请在图上点一下。"))
        found = self._found(plain, prefer)
        named = self._elsewhere(plain) if found.spots else ""
        note = Note("地址写的是%(district)s，不在本地；这里是本地的同名地点，请核对。", district=named)
        return replace(found, note=note) if named else found

    def _found(self, plain: str, prefer: Any) -> Found:
        estates = self._longest_of(COMPOUND, plain)
        found = self._building(plain, estates, prefer)
        if found is None and estates:
            found = self._compound(plain, estates, prefer)
        return (
            found
            or self._street(plain, prefer)
            or self._place(plain)
            or Found("none", note=Note("图上没有这个地点；请在图上点一下。"))
        )

    # -- steps -----------------------------------------------------------------------------------------------------

    def _building(self, plain: str, estates: Sequence[Spot], prefer: Any) -> Found | None:
        spots: list[Spot] = []
        asked = 0
        for building in _asked(plain):
            asked += 1
            spots += _inside(self._one_building(building, estates), prefer)
        distinct = list({id(spot): spot for spot in spots}.values())
        if not distinct:
            return None
        if len(distinct) == 1:
            return Found(BUILDING, (distinct[0],), distinct[0].lonlat)
        several, n = Note("写了几栋楼；请选一处，或在图上点一下。"), len(distinct)
        note = several if asked > 1 else Note("图上有 %(n)s 处同名；请选一处，或在图上点一下。", n=n)
        return Found(BUILDING, tuple(distinct[:_MOST]), note=note)

    def _elsewhere(self, plain: str) -> str:
        """A district that an address begins with and that is none of those here; nothing where none is known."""
        named = _DISTRICT.match(plain)
        if named is None or not self._districts or any(district in plain for district in self._districts):
            return ""
        return named[1]

    def _one_building(self, building: Building, estates: Sequence[Spot]) -> list[Spot]:
        names, label = self._names[BUILDING], building.label
        for start in range(len(building.estate)):
            if (there := names.get(building.estate[start:] + label)) is not None:
                return there
        # The compound is named elsewhere in the address: 2号楼(绿景苑).
        for estate in estates:
            for own in _spellings(estate):
                if (there := names.get(own + label)) is not None:
                    return there
        return [] if building.estate else names.get(label, [])

    def _compound(self, plain: str, estates: Sequence[Spot], prefer: Any) -> Found:
        spots = _inside(list(estates), prefer)
        label = next((b.label for b in _asked(plain) if re.search(r"\d号楼", b.label)), "")
        note = NOTHING
        if label:
            note = Note("图上的%(estate)s里没有%(building)s，先放在小区中间；请在图上点一下。",
                        estate=spots[0].name, building=label)  # fmt: skip
        if len(spots) == 1:
            return Found(COMPOUND, (spots[0],), spots[0].lonlat, note)
        return Found(COMPOUND, tuple(spots[:_MOST]), note=Note("图上有 %(n)s 个同名小区；请选一处。", n=len(spots)))

    def _street(self, plain: str, prefer: Any) -> Found | None:
        streets = _merged(self._all_of(STREET, plain))
        if len(streets) >= 2 and (crossing := _crossing(streets)) is not None:
            return Found(STREET, tuple(crossing[0]), crossing[1], note=Note("按两条路的路口定位。"))
        if not streets:
            return None
        street = streets[0]
        part = shapely.intersection(street.shape, prefer) if prefer is not None else street.shape
        inside = Spot(STREET, street.name, street.shape if part.is_empty else part)
        note = Note("只知道在%(street)s上，先放在路的中段；请在图上点一下。", street=street.name)
        return Found(STREET, (inside,), inside.lonlat, note=note)

    def _place(self, plain: str) -> Found | None:
        # The lowest place says most; its code is the longest.
        spots = sorted(self._all_of(PLACE, plain), key=lambda s: -len(s.code))
        if not spots:
            return None
        lowest = [s for s in spots if len(s.code) == len(spots[0].code)]
        return Found(PLACE, tuple(lowest[:_MOST]), note=Note("只知道在哪个区划，没有具体位置；请在图上点一下。"))

    def _longest_of(self, kind: str, plain: str) -> list[Spot]:
        found = self._mentions(kind, plain)
        best = max((len(name) for name in found), default=0)
        return [spot for name, spots in found.items() if len(name) == best for spot in spots]

    def _all_of(self, kind: str, plain: str) -> list[Spot]:
        """Spots of all names in the text that are no part of a longer name there."""
        found = sorted(self._mentions(kind, plain), key=len, reverse=True)
        kept = [name for i, name in enumerate(found) if not any(name in longer for longer in found[:i])]
        return [spot for name in kept for spot in self._names[kind][name]]

    def _mentions(self, kind: str, plain: str) -> Mapping[str, list[Spot]]:
        names, longest = self._names[kind], self._longest[kind]
        found: dict[str, list[Spot]] = {}
        for start in range(len(plain)):
            for end in range(min(len(plain), start + longest), start + 1, -1):
                name = plain[start:end]
                if name in names and not _cuts_a_number(plain, start, end):
                    found[name] = names[name]
                    break
        return found


@dataclass(frozen=True, slots=True)
class Standing:
    """The places of a spot: five codes of its point, and the other grids that it reaches or nearly reaches."""

    codes: tuple[str, ...]
    near: tuple[str, ...] = ()


def stands(found: Found, ground: Ground) -> Standing | None:
    """Where a spot lies; of a building its whole outline is looked at, for a long one may reach over a border."""
    if found.lonlat is None:
        return None
    codes, near = ground.at(*found.lonlat)
    close = set(near)
    own = next((code for code in reversed(codes[:4]) if code), "")
    if found.evidence == BUILDING and found.spot is not None and found.spot.shape is not None:
        corners = shapely.get_coordinates(found.spot.shape)
        for lon, lat in corners[:: max(1, len(corners) // 40)].tolist():
            there, beside = ground.at(lon, lat)
            close |= {code for code in (*beside, next((c for c in reversed(there[:4]) if c), "")) if code}
    close.discard(own)
    return Standing(codes, tuple(sorted(close)))


def _asked(plain: str) -> Iterator[Building]:
    """Buildings that an address names; what stands behind the last house number (门口, 旁边) is no part of a name."""
    house = _LAST_HOUSE.match(plain)
    yield from expand(house[0] if house else plain)


def _spellings(spot: Spot) -> Iterator[str]:
    own = normal(spot.name)
    yield own
    if spot.kind == BUILDING:
        for building in expand(spot.name):
            yield building.name
            if spot.estate:
                yield normal(spot.estate) + building.label
    else:
        for ending in _ENDINGS if spot.kind == COMPOUND else ("社区", "居委会", "街道", "网格"):
            short = own.removesuffix(ending)
            if short != own and len(short) > 1:
                yield short


def _inside(spots: list[Spot], prefer: Any) -> list[Spot]:
    if prefer is None or len(spots) < 2:
        return spots
    inside = [s for s in spots if s.shape is not None and shapely.intersects(s.shape, prefer)]
    return inside or spots


def _cuts_a_number(plain: str, start: int, end: int) -> bool:
    """Is the name part of another number: 3号院 in 13号院?"""
    return (plain[start].isdigit() and plain[start - 1 : start].isdigit()) or (
        plain[end - 1].isdigit() and plain[end : end + 1].isdigit()
    )


def _merged(spots: Sequence[Spot]) -> list[Spot]:
    """One spot per street: layers cut streets at every crossing."""
    shapes: dict[str, list[Any]] = {}
    for spot in spots:
        shapes.setdefault(spot.name, []).append(spot.shape)
    return [Spot(STREET, name, shapely.union_all(several)) for name, several in shapes.items()]


def _crossing(streets: Sequence[Spot]) -> tuple[list[Spot], tuple[float, float]] | None:
    """The first pair of streets that meet, and where; the nearest point for two that a layer lets end short."""
    for i, one in enumerate(streets):
        for other in streets[i + 1 :]:
            scale = np.array([np.cos(np.radians(shapely.bounds(one.shape)[1])), 1.0])
            flat = [shapely.transform(street.shape, lambda xy, by=scale: xy * by) for street in (one, other)]
            ends = shapely.get_coordinates(shapely.shortest_line(*flat))
            if len(ends) < 2:
                continue
            a, b = ends[0] / scale, ends[-1] / scale
            if distance_m((a[0], a[1]), (b[0], b[1])) <= _CROSSING_M:
                middle = (a + b) / 2
                return [one, other], (float(middle[0]), float(middle[1]))
    return None
