"""Some two hundred reports 随手拍: kind, words, state, times, place, and which drawn picture goes with each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shapely import Point

from geoapp.demo.census import Building, Census, Compound, belongs_to_old_xiaguangli
from geoapp.demo.features import Feature
from geoapp.demo.pictures import picture_name

COUNT = 200
# The demo's present: nothing is reported after it, and what is due before it and still open is overdue.
PRESENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
_FIRST = datetime(2026, 8, 1, tzinfo=UTC)
_BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class Kind:
    """A kind of report: class of event or component, picture, days to deal with it, how often it comes."""

    name: str
    category: str
    subject: str
    days: int
    weight: int


KINDS = [
    Kind("暴露垃圾", "市容环境", "rubbish", 2, 26),
    Kind("非机动车乱停放", "街面秩序", "bicycles", 3, 22),
    Kind("机动车乱停放", "街面秩序", "car", 3, 20),
    Kind("井盖破损", "公用设施", "cover", 1, 8),
    Kind("路灯不亮", "公用设施", "lamp", 5, 12),
    Kind("路面破损", "道路交通", "pothole", 7, 10),
    Kind("飞线充电", "其他", "wires", 1, 14),
    Kind("树木倒伏", "园林绿化", "tree", 3, 6),
]
#: Words that are a kind of their own, with its picture: what they say, not how the draw of kinds came out.
_LANE, _SHED = "{}消防通道停了车", "{}的充电棚满了，电动车停到了楼道里"
_TOLD = {_LANE: ("占用消防通道", "fire-lane"), _SHED: ("充电棚不足", "shed")}
# What people write, by the subject of the picture.
_WORDS = {
    "rubbish": ["{}门口的垃圾堆了两天没人清", "{}旁边垃圾桶满了，味道很大", "{}楼下有人扔了大件家具"],
    "bicycles": ["{}前面共享单车占了便道", "{}单元门口停满自行车，推轮椅出不来"],
    "car": [_LANE, "{}路口有车挡着，拐弯看不见", "{}绿地上停了车"],
    "cover": ["{}南边井盖翘起来了，晚上走路危险", "{}旁的井盖响，一压就动"],
    "lamp": ["{}前面的路灯坏了三天", "{}西侧一排路灯都不亮"],
    "pothole": ["{}门口路面有坑，下雨积水", "{}便道砖松了，老人容易绊倒"],
    "wires": ["{}有人从楼上拉线给电动车充电", "{}单元门里给电动车充电，怕着火"],
    "tree": ["{}边上的树被风刮断了，压着路", "{}前的树枝快碰到电线了"],
}


def reports(census: Census, rng: random.Random) -> Iterator[Feature]:
    """Reports in the order in which they came; more where nobody manages the compound and where many live."""
    homes = [building for building in census.buildings if building.households]
    compounds = {compound.id: compound for compound in census.compounds}
    weights = [_pull(building, compounds[building.compound_id]) for building in homes]
    span_s = int((PRESENT - _FIRST).total_seconds())
    # More of them lately: half of all within the last fifth or so of the time.
    moments = sorted(int(span_s * (1.0 - rng.random() ** 2.2)) for _ in range(COUNT))
    for number, after_s in enumerate(moments, start=1):
        reported_at = _waking(_FIRST + timedelta(seconds=after_s))
        kind = rng.choices(KINDS, [kind.weight for kind in KINDS])[0]
        home = rng.choices(homes, weights)[0]
        yield _report(number, kind, home, reported_at, rng), _beside(home, rng)


def _pull(building: Building, compound: Compound) -> float:
    """How many reports a building draws: by its people, more without a manager, more again in old 霞光里."""
    pull = building.people * (1.0 if compound.manager else 2.0)
    return pull * (1.8 if belongs_to_old_xiaguangli(building.community_code) else 1.0)


def _waking(moment: datetime) -> datetime:
    """The same moment, from the small hours in Beijing moved to the morning."""
    hour = (moment + _BEIJING).hour
    return min(moment + timedelta(hours=7), PRESENT) if hour < 6 else moment


def _report(
    number: int, kind: Kind, home: Building, reported_at: datetime, rng: random.Random
) -> dict[str, str | int | float | bool | None]:
    due_at = reported_at + timedelta(days=kind.days)
    closed_at = reported_at + timedelta(days=kind.days * rng.uniform(0.3, 1.5))
    is_closed = closed_at < PRESENT and rng.random() < 0.93
    if is_closed:
        state = "done"
    elif due_at < PRESENT:
        state = "overdue"
    else:
        state = "new" if PRESENT - reported_at < timedelta(hours=20) else "handling"
    hour = (reported_at + _BEIJING).hour
    words = rng.choice(_WORDS[kind.subject])
    # Every other one who writes of charging writes of the shed.
    words = _SHED if kind.subject == "wires" and number % 2 == 0 else words
    name, subject = _TOLD.get(words, (kind.name, kind.subject))
    return {
        "id": f"T{number:04d}",
        "kind": name,
        "category": kind.category,
        "words": words.format(home.name),
        "state": state,
        "reported_at": _stamp(reported_at),
        "due_at": _stamp(due_at),
        "closed_at": _stamp(closed_at) if is_closed else None,
        "picture": picture_name(subject, "day" if 6 <= hour < 18 else "dusk"),
        "address": home.name,
        "community_code": home.community_code,
        "grid_code": home.grid_code,
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _beside(home: Building, rng: random.Random) -> Point:
    """A point near the building's south side, outside its walls."""
    west, south, east, _ = home.polygon.bounds
    return Point(rng.uniform(west - 4.0, east + 4.0), south - rng.uniform(2.0, 9.0))
