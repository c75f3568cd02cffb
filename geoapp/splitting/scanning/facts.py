"""What smaller areas and points tell of a community where its own row says nothing: sums, shares, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.geo.measure import GeometryArray
from geoapp.splitting.scanning.communities import Community

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
#: Not in any community.
NOWHERE = -1


@dataclass(frozen=True)
class Details:
    """Units or compounds, by what they tell.

    Parameters
    ----------
    what : the word for them
    home : (n,) position of the community that each belongs to, or NOWHERE
    households, people, over60, complaints : (n,) float, not a number where unknown; None without such a field
    managed : (n,) float, 1 with a property manager, 0 without, not a number where unknown; None without such a field
    """

    what: str
    home: IntArray
    households: FloatArray | None = None
    people: FloatArray | None = None
    over60: FloatArray | None = None
    complaints: FloatArray | None = None
    managed: FloatArray | None = None


def homes_by_code(codes: Sequence[str], communities: Sequence[Community]) -> IntArray:
    """(n,) position of the community with that code, the first one where a code stands twice, or NOWHERE."""
    at = {community.key: position for position, community in enumerate(communities)}
    return np.array([at.get(code, NOWHERE) for code in codes], dtype=np.int64)


def homes_by_place(geometries: GeometryArray, communities: Sequence[Community]) -> IntArray:
    """(n,) position of the first community that a point of each geometry lies in, or NOWHERE."""
    home = np.full(len(geometries), NOWHERE, dtype=np.int64)
    grounds = np.array([community.geometry for community in communities], dtype=object)
    inside = shapely.point_on_surface(geometries)
    there = ~(shapely.is_missing(inside) | shapely.is_empty(inside))
    tree = shapely.STRtree(grounds)
    which, community = tree.query(np.where(there, inside, None), predicate="intersects")
    for unit, position in sorted(zip(which.tolist(), community.tolist(), strict=True), reverse=True):
        home[unit] = position
    return home


def with_details(communities: Sequence[Community], details: Details) -> list[Community]:
    """The communities with what ``details`` tell where their own rows say nothing, each figure with a remark."""
    n = len(communities)
    households = _sums(details.home, details.households, n)
    people, over60 = _sums(details.home, details.people, n), _sums(details.home, details.over60, n)
    complaints = _sums(details.home, details.complaints, n)
    unmanaged = _unmanaged(details, n)
    found = []
    for at, community in enumerate(communities):
        new: dict[str, int | float | None] = {}
        titles = []
        if community.households is None and households[at] is not None:
            new["households"] = int(households[at] or 0)
            titles.append("户数")
        if community.over60 is None and community.over60_share is None and over60[at] is not None:
            # Both from the same areas: these may cover a part of the community only.
            if people[at]:
                new["over60_share"] = min(float(over60[at] or 0) / float(people[at] or 1), 1.0)
            else:
                new["over60"] = int(over60[at] or 0)
            titles.append("老年人")
        if community.people is None and people[at] is not None:
            new["people"] = int(people[at] or 0)
            titles.append("人口")
        if community.complaints is None and complaints[at] is not None:
            new["complaints"] = int(complaints[at] or 0)
            titles.append("诉求")
        if community.unmanaged_share is None and unmanaged[at] is not None:
            new["unmanaged_share"] = unmanaged[at]
            titles.append("物业")
        if new:
            remark = f"{'、'.join(titles)}由{details.what}汇总。"
            community = replace(community, **new, remarks=(*community.remarks, remark))  # type: ignore[arg-type]
        found.append(community)
    return found


def _sums(home: IntArray, values: FloatArray | None, n: int) -> list[float | None]:
    """Sum per community; None where there is nothing to add or a value is not known."""
    if values is None:
        return [None] * n
    here = home != NOWHERE
    total = np.bincount(home[here], weights=values[here], minlength=n)
    count = np.bincount(home[here], minlength=n)
    return [float(t) if c and np.isfinite(t) else None for t, c in zip(total, count, strict=True)]


def _unmanaged(details: Details, n: int) -> list[float | None]:
    """Share of the homes without a manager per community, of those areas of which both are known."""
    if details.managed is None:
        return [None] * n
    weight = np.ones(len(details.home)) if details.households is None else details.households
    known = (details.home != NOWHERE) & np.isfinite(details.managed) & np.isfinite(weight)
    home, weight = details.home[known], weight[known]
    total = np.bincount(home, weights=weight, minlength=n)
    without = np.bincount(home, weights=weight * (1 - details.managed[known]), minlength=n)
    return [float(w / t) if t > 0 else None for w, t in zip(without, total, strict=True)]
