"""Cells that tile the ground: an outline cut by barrier lines, each piece shared out among the buildings in it.

Real compounds and buildings do not touch; roads lie between them. Here every site (a building, a compound or a grid
cell, whatever is indivisible) gets the ground that is nearer to it than to any other on its side of the barriers.
The cells tile the outline, no site is cut, and a border between cells that runs along a barrier lies on its line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from geoapp.errors import Invalid
from geoapp.geo.adjacency import bordering_pairs
from geoapp.geo.measure import only_polygons
from geoapp.splitting.graph import piece_labels

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
GeometryArray = NDArray[np.object_]

#: Everything is laid on a raster of a tenth of a millimetre first: no later step meets points that lie closer.
RASTER_DIGITS = 4
#: Corners of cells that lie closer than this are one: a coverage with finer spikes breaks when it goes to degrees.
SNAP_M = 0.005
#: Overlaps and gaps below this are rounding, not ground.
SPECK_M2 = 0.01
#: A piece of ground without a site that is smaller or narrower than this goes to a neighbour: traffic islands,
#: the strip between two tracks or carriageways.
LEAST_M2, LEAST_WIDTH_M = 400.0, 5.0
#: Distance of the points along the sites' rims from which nearness is reckoned; rims of sites are restored exactly
#: afterwards, so it only sets how smooth the middle line of a courtyard is.
SPACING_M = 2.0
#: A site of which less than this lies inside the outline is outside.
INSIDE_SHARE = 0.5
#: A site in several pieces has a cell for each that holds at least this share of it.
PIECE_SHARE = 0.05

Progress = Callable[[str], None]


class TessellationError(Invalid):
    """An outline or sites that cannot be tiled."""


@dataclass(frozen=True)
class Tessellation:
    """Cells in metres, and where each site went.

    Parameters
    ----------
    cells : (n,) Polygon, a valid coverage of the outline
    site_of : (n,) int64, the site that a cell belongs to, -1 for ground without a site; a site that is in pieces
        has several cells
    cell_of : (s,) int64, the (largest) cell of a site, -1 for one that was not placed
    reasons : site -> why it was not placed, or that it lies in another
    """

    cells: GeometryArray
    site_of: IntArray
    cell_of: IntArray
    reasons: dict[int, str]


def tessellate(
    outline_m: Any,
    sites_m: Any,
    *,
    barriers_m: Any = (),
    join_share: float = 0.5,
    progress: Progress | None = None,
) -> Tessellation:
    """Share an outline out among sites, with barrier lines never crossed save where a site itself lies across.

    Parameters
    ----------
    outline_m : Polygon or MultiPolygon, metres
    sites_m : (s,) Polygon or MultiPolygon, metres; may overlap, stick out or be broken: all is told in ``reasons``
    barriers_m : lines that divide the ground, and polygons whose rims do (water); tunnels are left out by the caller
    join_share : two sites that overlap by this share of the smaller are one; less overlap goes to the larger
    progress : told the name of each step

    Returns
    -------
    Tessellation; the cells' areas add up to the outline's

    Raises
    ------
    TessellationError : the outline has no area
    """
    say = progress or (lambda step: None)
    outline = shapely.union_all(_snapped([outline_m]))
    if shapely.area(outline) <= SPECK_M2:
        raise TessellationError("范围没有面积：请给一个面状的范围图层。")
    say("整理建筑")
    sites, host, reasons = _placed_sites(outline, _snapped(sites_m), join_share=join_share)
    say("道路围合")
    blocks = enclosures(outline, barriers_m)
    active = np.flatnonzero(host == np.arange(len(host)))
    blocks, block_of = _whole_sites(blocks, sites, active)
    say("分配地块")
    cells, site_of, in_block = _shared_out(blocks, sites, active, block_of)
    say("接合碎片")
    cells, site_of = _clean(outline, cells, site_of, in_block, sites)
    cell_of = np.full(len(host), -1, dtype=np.int64)
    by_area = np.argsort(shapely.area(cells), kind="stable")
    by_area = by_area[site_of[by_area] >= 0]
    cell_of[site_of[by_area]] = by_area
    placed = host >= 0
    cell_of[placed] = cell_of[host[placed]]
    return Tessellation(cells, site_of, cell_of, reasons)


def _snapped(geometries: Any) -> GeometryArray:
    return only_polygons(_rounded(np.asarray(geometries, dtype=object)))


def _rounded(geometries: GeometryArray) -> GeometryArray:
    moved: GeometryArray = shapely.transform(geometries, lambda xy: np.round(xy, RASTER_DIGITS))
    return moved


def enclosures(outline_m: Any, barriers_m: Any) -> GeometryArray:
    """The pieces that barrier lines (or rims of polygons) cut the outline into; (e,) Polygon, largest first."""
    given = np.asarray(barriers_m, dtype=object)
    given = given[~(shapely.is_missing(given) | shapely.is_empty(given))]
    areal = shapely.get_dimensions(given) == 2
    given[areal] = shapely.boundary(given[areal])
    given = shapely.intersection(_rounded(given), outline_m)
    lines = shapely.get_parts(np.append(given, shapely.boundary(outline_m)))
    lines = shapely.get_parts(lines[shapely.get_dimensions(lines) >= 1])
    noded = shapely.union_all(lines[shapely.get_dimensions(lines) == 1])
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    pieces = pieces[shapely.intersects(shapely.point_on_surface(pieces), outline_m)]
    return pieces[np.argsort(-shapely.area(pieces), kind="stable")]


def _placed_sites(
    outline: Any, sites: GeometryArray, *, join_share: float
) -> tuple[GeometryArray, IntArray, dict[int, str]]:
    """Sites clipped and freed of overlaps; the site each is part of (itself, another, or -1); reasons."""
    reasons: dict[int, str] = {}
    host = np.arange(len(sites), dtype=np.int64)
    whole = shapely.area(sites)
    inside = shapely.intersection(sites, outline)
    for at in np.flatnonzero(whole <= SPECK_M2).tolist():
        reasons[at], host[at] = "没有面积：请补画轮廓", -1
    for at in np.flatnonzero((whole > SPECK_M2) & (shapely.area(inside) < INSIDE_SHARE * whole)).tolist():
        reasons[at], host[at] = "大半在范围之外：请核对位置或范围", -1
    sites = _joined(only_polygons(inside), host, reasons, share=join_share)
    small, large, overlap = _overlaps(sites)
    for a, b in zip(small[overlap > SPECK_M2 / 10].tolist(), large[overlap > SPECK_M2 / 10].tolist(), strict=True):
        sites[a] = shapely.difference(sites[a], sites[b])
    for a in np.unique(small[overlap > 1.0]).tolist():
        reasons[a] = "与更大的图形交叠：交叠处归后者"
    return only_polygons(sites), host, reasons


def _overlaps(sites: GeometryArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs that share ground: the smaller, the larger, and how many m2."""
    area = shapely.area(sites)
    small, large = shapely.STRtree(sites).query(sites, predicate="intersects")
    lesser = (area[small] < area[large]) | ((area[small] == area[large]) & (small > large))
    small, large = small[lesser], large[lesser]
    return small, large, shapely.area(shapely.intersection(sites[small], sites[large]))


def _joined(sites: GeometryArray, host: IntArray, reasons: dict[int, str], *, share: float) -> GeometryArray:
    """Sites of which a larger one covers at least that share become one with it; ``host`` tells which."""
    sites = np.where(host >= 0, sites, shapely.Polygon())
    area = shapely.area(sites)
    small, large, overlap = _overlaps(sites)
    one = overlap >= np.maximum(share * area[small], SPECK_M2)
    label = piece_labels(len(sites), np.stack([small[one], large[one]], axis=1))
    for piece in np.unique(label[small[one]]).tolist():
        members = np.flatnonzero(label == piece)
        head = int(members[np.argmax(area[members])])
        sites[head] = shapely.union_all(sites[members])
        for part in members[members != head].tolist():
            sites[part], host[part] = shapely.Polygon(), head
            reasons[part] = "与更大的图形重叠：并入该单元"
    return sites


def _whole_sites(blocks: GeometryArray, sites: GeometryArray, active: IntArray) -> tuple[GeometryArray, IntArray]:
    """Blocks redrawn around the sites that lie across their rims, so that each site is in one; and which one (s,)."""
    block_of = np.full(len(sites), -1, dtype=np.int64)
    tree = shapely.STRtree(blocks)
    site, block = tree.query(sites[active], predicate="intersects")
    site = active[site]
    shared = shapely.area(shapely.intersection(sites[site], blocks[block]))
    order = np.lexsort((block, -shared))
    first = np.unique(site[order], return_index=True)
    block_of[first[0]] = block[order][first[1]]
    across = (shared > 1e-6) & (block_of[site] != block)
    blocks = blocks.copy()
    for at in np.unique(block[across]).tolist():
        blocks[at] = shapely.difference(blocks[at], shapely.union_all(sites[site[across & (block == at)]]))
    crossing = np.unique(site[across])
    for at in np.unique(block_of[crossing]).tolist():
        blocks[at] = shapely.union_all([blocks[at], *sites[crossing[block_of[crossing] == at]]])
    return blocks, block_of


def _shared_out(
    blocks: GeometryArray, sites: GeometryArray, active: IntArray, block_of: IntArray
) -> tuple[GeometryArray, IntArray, IntArray]:
    """Each block's ground to its nearest site; pieces with their site (-1 none) and their block."""
    count = np.bincount(block_of[active], minlength=len(blocks)) if len(active) else np.zeros(len(blocks), dtype=int)
    alone = np.flatnonzero(count <= 1)
    only = np.full(len(blocks), -1, dtype=np.int64)
    only[block_of[active]] = active
    cells, owner, place = [blocks[alone]], [only[alone]], [alone]
    for at in np.flatnonzero(count > 1).tolist():
        mine = active[block_of[active] == at]
        cells.append(nearest_ground(blocks[at], sites[mine]))
        owner.append(mine)
        place.append(np.full(len(mine), at))
    ground, site_of, in_block = np.concatenate(cells), np.concatenate(owner), np.concatenate(place)
    return _around_sites(ground, site_of, in_block, sites, active)


def nearest_ground(block: Any, sites: GeometryArray) -> GeometryArray:
    """The ground of a block that is nearest to each of its sites, by points along their rims; (s,), a coverage.

    The same idea as momepy's ``enclosed_tessellation``, without its shrinking: a shed of half a metre keeps a cell.
    """
    xy, site = shapely.get_coordinates(shapely.segmentize(sites, SPACING_M), return_index=True)
    xy, first = np.unique(np.round(xy, 2), axis=0, return_index=True)
    site = site[first]
    # Whole lines, not clipped to the block: a clipped end may miss the rim by a rounding error and close no face.
    lines = _middle_lines(xy, site)
    noded = shapely.union_all([*lines[shapely.intersects(block, lines)], shapely.boundary(block)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    inside = shapely.intersects_xy(block, inner)
    faces, inner = faces[inside], inner[inside]
    nearest = site[cKDTree(xy).query(inner)[1]]
    order = np.argsort(nearest, kind="stable")
    mine, start = np.unique(nearest[order], return_index=True)
    cells = np.full(len(sites), shapely.Polygon(), dtype=object)
    cells[mine] = [shapely.union_all(group) for group in np.split(faces[order], start[1:])]
    cells[mine] = shapely.coverage_simplify(cells[mine], SPACING_M / 2.0, simplify_boundary=False)
    return cells


def _middle_lines(xy: FloatArray, site: IntArray) -> GeometryArray:
    """Sides of the points' Voronoi cells that part points of different sites."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    middle, reach = (low + high) / 2.0, 20.0 * float((high - low).max() + 1.0)
    # Points far out, so that every side between real points has two ends.
    far = middle + reach * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    diagram = Voronoi(np.concatenate([xy - middle, far - middle]))
    owner = np.concatenate([site, np.full(len(far), -1)])[diagram.ridge_points]
    ends = np.array(diagram.ridge_vertices)
    between = (owner[:, 0] != owner[:, 1]) & (owner >= 0).all(axis=1) & (ends >= 0).all(axis=1)
    return shapely.linestrings(diagram.vertices[ends[between]] + middle)


def _around_sites(
    ground: GeometryArray, site_of: IntArray, in_block: IntArray, sites: GeometryArray, active: IntArray
) -> tuple[GeometryArray, IntArray, IntArray]:
    """Take from every cell what belongs to other sites and give each site its own: then none is cut."""
    tree = shapely.STRtree(sites[active])
    cell, at = tree.query(ground, predicate="intersects")
    site = active[at]
    foreign = site_of[cell] != site
    cell, site = cell[foreign], site[foreign]
    taken = shapely.area(shapely.intersection(ground[cell], sites[site])) > 1e-6
    cell, site = cell[taken], site[taken]
    ground = ground.copy()
    for c in np.unique(cell).tolist():
        ground[c] = shapely.difference(ground[c], shapely.union_all(sites[site[cell == c]]))
    # Of a site whose rim coincides with larger ones' nothing may be left but its own footprint.
    row = np.full(len(sites), -1, dtype=np.int64)
    row[site_of[site_of >= 0]] = np.flatnonzero(site_of >= 0)
    lost = np.unique(site)
    ground[row[lost]] = shapely.union(ground[row[lost]], sites[lost])
    return ground, site_of, in_block


def _clean(
    outline: Any, cells: GeometryArray, site_of: IntArray, in_block: IntArray, sites: GeometryArray
) -> tuple[GeometryArray, IntArray]:
    """Valid coverage of single polygons, one per site; what is stray joins a neighbour, of its block if it can."""
    covered = shapely.coverage_clean(only_polygons(cells), gap_width=0.05, snapping_distance=SNAP_M)
    pieces, row = shapely.get_parts(covered, return_index=True)
    lost = _lost(outline, pieces)
    pieces, bare = np.append(pieces, lost), np.full(len(lost), -1)
    owner, block = np.append(site_of[row], bare), np.append(in_block[row], bare)
    area = shapely.area(pieces)
    pieces, owner, block, area = (x[area > 0] for x in (pieces, owner, block, area))
    main = _main_pieces(pieces, owner, sites)
    bare = owner < 0
    main |= bare & (area >= LEAST_M2) & (2.0 * area / shapely.length(pieces) >= LEAST_WIDTH_M)
    if not main.any():
        main[np.argmax(area)] = True
    group = join_strays(pieces, main, block=block)
    kept = np.flatnonzero(main)
    merged = np.array([shapely.union_all(pieces[group == at]) for at in kept], dtype=object)
    single = shapely.get_type_id(merged) == 3
    if not single.all():
        merged = shapely.coverage_clean(merged)
    owner = np.where(bare, -1, owner)[kept]
    return merged, owner


def _lost(outline: Any, pieces: GeometryArray) -> GeometryArray:
    """Ground that no piece has: a corner on the rim that was drawn to one 4 mm inside took a long thin wedge along."""
    rest = shapely.get_parts(shapely.difference(outline, shapely.coverage_union_all(pieces)))
    wedges: GeometryArray = rest[(shapely.get_type_id(rest) == 3) & (shapely.area(rest) > SPECK_M2 / 10)]
    return wedges


def _main_pieces(pieces: GeometryArray, owner: IntArray, sites: GeometryArray) -> BoolArray:
    """Of each site's pieces the one that holds most of it, and others that hold more than a scrap."""
    main = np.zeros(len(pieces), dtype=bool)
    owned = np.flatnonzero(owner >= 0)
    held = shapely.area(shapely.intersection(pieces[owned], sites[owner[owned]]))
    main[owned[held >= PIECE_SHARE * shapely.area(sites[owner[owned]])]] = True
    order = np.lexsort((-held, owner[owned]))
    _, first = np.unique(owner[owned][order], return_index=True)
    main[owned[order[first]]] = True
    return main


def join_strays(pieces: GeometryArray, main: BoolArray, *, block: IntArray | None = None) -> IntArray:
    """The main piece that each piece goes to: along the longest border, first within its block; (k,) positions.

    Raises
    ------
    TessellationError : a stray piece touches nothing that leads to a main piece
    """
    borders = bordering_pairs(pieces)
    a, b = borders.pairs.T.astype(np.int64)
    a, b, metres = np.concatenate([a, b]), np.concatenate([b, a]), np.tile(borders.length_m, 2)
    home = np.zeros(len(a), dtype=bool) if block is None else block[a] == block[b]
    group = np.where(main, np.arange(len(pieces)), -1).astype(np.int64)
    while (group < 0).any():
        ready = (group[a] < 0) & (group[b] >= 0)
        if not ready.any():
            lost = np.flatnonzero(group < 0)
            group[lost] = _nearest_main(pieces, lost, group)
            break
        order = np.lexsort((b[ready], -metres[ready], ~home[ready], a[ready]))
        stray, first = np.unique(a[ready][order], return_index=True)
        group[stray] = group[b[ready][order][first]]
    return group


def _nearest_main(pieces: GeometryArray, lost: IntArray, group: IntArray) -> IntArray:
    """Pieces that lie apart from everything (an islet of the outline) go to the nearest."""
    joined = np.flatnonzero(group >= 0)
    at = shapely.STRtree(pieces[joined]).query_nearest(pieces[lost], all_matches=False)[1]
    return group[joined[at]]
