"""The subdistrict, its communities and grids: pieces between streets, joined so that children tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from geoapp.demo.streets import ARTERIALS, OUTLINE, RIVER, Street, street_lines
from geoapp.errors import Invalid

DISTRICT_CODE, DISTRICT_NAME = "110105", "朝阳区"
SUBDISTRICT_CODE, SUBDISTRICT_NAME = "110105012", "麦子店街道"
# Metres; far finer than anything drawn, far coarser than rounding errors.
_NODE_GRID_M = 0.01


@dataclass(frozen=True)
class Community:
    """Name and statistical code are facts; households and staff are invented (霞光里 and 亮马: the founding case)."""

    code: str
    name: str
    households: int
    staff: int
    seeds: tuple[tuple[float, float], ...]


COMMUNITIES = [
    Community("110105012021", "枣营南里", 2860, 14, ((1100, 600),)),
    Community("110105012022", "枣营北里", 2240, 12, ((600, 1400),)),
    Community("110105012023", "霞光里", 2970, 20, ((600, 2400),)),
    Community("110105012024", "农展南里", 1640, 10, ((400, 600),)),
    Community("110105012025", "朝阳公园", 1380, 9, ((2000, 900), (1650, 2100))),
    Community("110105012026", "枣营", 3160, 15, ((1200, 1400),)),
    Community("110105012027", "亮马", 1590, 11, ((1200, 2300),)),
]
XIAGUANGLI_CODE, LIANGMA_CODE = "110105012023", "110105012027"
# Before the split: one 霞光里, 285 households for each worker.
OLD_HOUSEHOLDS, OLD_STAFF = 4560, 16


@dataclass(frozen=True)
class Piece:
    """What lies between streets: the smallest thing that a border of the demo goes round."""

    community_code: str
    polygon: Polygon


def _noded(lines: list[LineString]) -> list[Polygon]:
    merged = shapely.union_all([shapely.force_2d(line) for line in lines], grid_size=_NODE_GRID_M)
    return [face for face in shapely.get_parts(shapely.polygonize([merged])) if isinstance(face, Polygon)]


def draw_pieces() -> list[Piece]:
    """Pieces between the outline, all streets and the river, north-west first; together they are the outline.

    Raises
    ------
    Invalid : the drawing leaves a piece that belongs to no community, or to two
    """
    skeleton = [OUTLINE.exterior, RIVER, *(line for street, line in street_lines() if street.road_class == "arterial")]
    regions = _noded(skeleton)
    owner: dict[int, str] = {}
    for community in COMMUNITIES:
        for seed in community.seeds:
            for index, region in enumerate(regions):
                if region.contains(Point(seed)):
                    owner[index] = community.code
    _spread(regions, owner)
    pieces = []
    for face in _noded([OUTLINE.exterior, RIVER, *(line for _, line in street_lines())]):
        inside = face.representative_point()
        if not OUTLINE.contains(inside):
            continue
        codes = {owner[i] for i, region in enumerate(regions) if i in owner and region.contains(inside)}
        if len(codes) != 1:
            raise Invalid(f"The piece at {inside.wkt} lies in {len(codes)} communities: move a seed in town.py.")
        pieces.append(Piece(codes.pop(), shapely.normalize(face)))
    return sorted(pieces, key=lambda piece: reading_order(piece.polygon))


def drawn_streets(pieces: list[Piece]) -> list[tuple[Street, LineString]]:
    """Every street through the corners of the pieces beside it, from its first corner to its last.

    So a street has a vertex wherever another meets it, and where it is a border, the very vertices of the border:
    cut by the streets, the outline falls into the pieces again and leaves no slivers.
    """
    corners = np.unique(np.concatenate([shapely.get_coordinates(piece.polygon) for piece in pieces]), axis=0)
    points = shapely.points(corners)
    lines = []
    for street, line in street_lines():
        near = points[shapely.distance(points, line) < 2.0 * _NODE_GRID_M]
        along = sorted(near, key=line.project)
        lines.append((street, LineString(along)))
    return lines


# Streets and river that are the border of two communities, each with the stretch of it that is one.
_BORDERS = [
    LineString(RIVER.coords).intersection(shapely.box(0, 1500, 1528, 2500)),
    *(s.line for s in ARTERIALS if s.name in {"天泽路", "麦子店街", "农展馆北路", "朝阳公园西路"}),
    next(s.line for s in ARTERIALS if s.name == "东方东路"),
]


def _spread(regions: list[Polygon], owner: dict[int, str]) -> None:
    """Give each region without a seed the community of the region that it meets along a line that is no border."""
    walls = shapely.union_all(_BORDERS).buffer(1.0)
    while len(owner) < len(regions):
        before = len(owner)
        for index, region in enumerate(regions):
            if index in owner:
                continue
            for other in sorted(owner):
                shared = region.boundary.intersection(regions[other].boundary)
                if shared.difference(walls).length > 20.0:
                    owner[index] = owner[other]
                    break
        if len(owner) == before:
            raise Invalid("A region of the demo touches no community: add a seed in town.py.")


def reading_order(polygon: Polygon) -> tuple[int, float]:
    """Sort key: north to south in bands of 200 m, west to east in each, as DB11/T 2157-2023 numbers grids."""
    middle = polygon.centroid
    return (-round(middle.y / 200.0), round(middle.x, 3))


def joined(pieces: list[Polygon]) -> Polygon:
    """One polygon from pieces that tile it; every vertex of a piece on its rim stays a vertex."""
    whole = shapely.coverage_union_all(pieces)
    if not isinstance(whole, Polygon):
        raise Invalid(f"Pieces of the demo do not make one polygon but a {whole.geom_type}: redraw the streets.")
    return shapely.normalize(whole)


@dataclass(frozen=True)
class Grid:
    """One 网格: a piece between streets, with the code it has today and the one it had before the split."""

    code: str
    old_code: str
    community_code: str
    polygon: Polygon


def number_grids(pieces: list[Piece]) -> list[Grid]:
    """Each piece is a grid: community's code and three digits, west to east, north to south.

    Before the split 霞光里's and 亮马's pieces are numbered together. Those that stay keep their code; the codes of
    those that go to 亮马 are retired and never given again.
    """
    old: dict[int, str] = {}
    for community in COMMUNITIES:
        if community.code == LIANGMA_CODE:
            continue
        members = {community.code} | ({LIANGMA_CODE} if community.code == XIAGUANGLI_CODE else set())
        mine = [i for i, piece in enumerate(pieces) if piece.community_code in members]
        old |= {i: f"{community.code}{number:03d}" for number, i in enumerate(mine, start=1)}
    moved = [i for i, piece in enumerate(pieces) if piece.community_code == LIANGMA_CODE]
    new = old | {i: f"{LIANGMA_CODE}{number:03d}" for number, i in enumerate(moved, start=1)}
    return [Grid(new[i], old[i], piece.community_code, piece.polygon) for i, piece in enumerate(pieces)]
