"""The people of the demo: one account per rank, named by what they do, all with one printed password."""

from __future__ import annotations

from dataclasses import dataclass

from geoapp.accounts.roles import Rank

#: Printed on the sign-in page; in production it opens nothing.
PASSWORD = "xiaguangli-demo"  # noqa: S105

_DISTRICT, _STREET, _XIAGUANGLI = "110105", "110105012", "110105012023"
_GRID, _COURTYARD = "110105012023009", "11010501202300502"


@dataclass(frozen=True, slots=True)
class Role:
    """An account: what it signs in with, what it is called, its rank, and the code of its place (empty: everywhere)."""

    login: str
    name: str
    rank: Rank
    place: str


CAST = (
    Role("resident", "示意居民", Rank.RESIDENT, _COURTYARD),
    Role("volunteer", "示意楼门院长", Rank.VOLUNTEER, _COURTYARD),
    Role("handler", "示意物业", Rank.HANDLER, _XIAGUANGLI),
    Role("grid", "示意网格员", Rank.GRID, _GRID),
    Role("community", "示意社区", Rank.COMMUNITY, _XIAGUANGLI),
    Role("subdistrict", "示意街道", Rank.SUBDISTRICT, _STREET),
    Role("district", "示意区级", Rank.DISTRICT, _DISTRICT),
    Role("planner", "示意规划人员", Rank.PLANNER, _STREET),
    Role("admin", "示意管理员", Rank.ADMINISTRATOR, ""),
)
#: Bodies 承办单位 that cases are given to, by name and kind, and the place that they serve.
BODIES_AT = _XIAGUANGLI
BODIES = (("示意物业公司", "property"), ("示意综合执法队", "enforcement"))
