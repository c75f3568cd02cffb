"""The ranked map as one self-contained page: a drawing, a list by rank, nothing fetched from anywhere."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geoapp.geo.measure import in_metres, measuring_crs_of
from geoapp.splitting.scanning.ranking import VERDICTS, Row, Scan
from geoapp.splitting.scanning.results.columns import marks_in_words, status_in_words

#: Fill of each verdict, told apart without colour by the numbers on the map and the words in the list.
FILLS = {
    "divide": "#e08476", "over_unknown": "#efb98a", "over": "#f3dfa6", "merge": "#a9c9de", "fits": "#e6ebe7",
    "unknown": "#ffffff",
}  # fmt: skip
#: Lines are drawn to this many metres of the truth.
DRAWN_M = 2.0
WIDTH = 1000.0

STYLE = """
html, body { height: 100%; margin: 0; font: 14px/1.45 system-ui, sans-serif; color: #1b1f24; background: #fff; }
body { display: grid; grid-template: auto 1fr / minmax(0, 3fr) minmax(360px, 2fr); }
header { grid-column: 1 / 3; padding: 8px 16px; border-bottom: 1px solid #c4c8ce; }
h1 { font-size: 18px; margin: 0 0 4px; } p { margin: 0; font-size: 13px; color: #3d444d; }
svg { width: 100%; height: 100%; background: #fafaf7; touch-action: none; }
path { stroke: #3d444d; stroke-width: 1; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
path.border { fill: none; stroke: #1b1f24; stroke-width: 2; stroke-dasharray: 6 4; pointer-events: none; }
path.here { stroke: #0b57d0; stroke-width: 4; }
text { text-anchor: middle; dominant-baseline: central; pointer-events: none; fill: #1b1f24; stroke: #fff;
  stroke-width: 3px; paint-order: stroke; vector-effect: non-scaling-stroke; }
.list { overflow: auto; border-left: 1px solid #c4c8ce; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { position: sticky; top: 0; background: #fff; text-align: left; }
th, td { padding: 4px 8px; border-bottom: 1px solid #e6e8eb; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.here { background: #e8f0fe; } tbody tr { cursor: pointer; } tbody tr:focus { outline: 2px solid #0b57d0; }
i { display: inline-block; width: 12px; height: 12px; border: 1px solid #3d444d; margin: 0 4px 0 10px; }
@media (max-width: 800px) { body { grid-template: auto 60vh 1fr / 1fr; } header { grid-column: 1; }
  .list { border-left: 0; } }
@media print { body { display: block; } svg { height: 160mm; } .list { overflow: visible; } }
"""
SCRIPT = """
const svg = document.querySelector('svg'), all = svg.getAttribute('viewBox').split(' ').map(Number);
let box = all.slice();
const show = () => {
  svg.setAttribute('viewBox', box.join(' '));
  svg.querySelectorAll('text').forEach(t => t.setAttribute('font-size', 13 * box[2] / (svg.clientWidth || 800)));
};
const choose = (key, go) => {
  document.querySelectorAll('.here').forEach(e => e.classList.remove('here'));
  const at = svg.querySelector(`path[data-key="${key}"]`), row = document.querySelector(`tr[data-key="${key}"]`);
  if (row) { row.classList.add('here'); if (!go) row.scrollIntoView({ block: 'center' }); }
  if (!at) return;
  at.classList.add('here');
  if (go) {
    const b = at.getBBox(), side = Math.max(b.width, b.height) * 1.6;
    box = [b.x + b.width / 2 - side / 2, b.y + b.height / 2 - side / 2, side, side];
    show();
  }
};
document.querySelectorAll('tbody tr').forEach(row => {
  row.onclick = () => choose(row.dataset.key, true);
  row.onkeydown = event => { if (event.key === 'Enter') choose(row.dataset.key, true); };
});
svg.addEventListener('wheel', event => {
  event.preventDefault();
  const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const f = event.deltaY > 0 ? 1.25 : 0.8;
  box = [p.x - (p.x - box[0]) * f, p.y - (p.y - box[1]) * f, box[2] * f, box[3] * f];
  show();
}, { passive: false });
let held = null, moved = false;
svg.onpointerdown = event => { held = [event.clientX, event.clientY]; moved = false; };
svg.onpointermove = event => {
  if (!held || !event.buttons) return;
  const s = svg.getScreenCTM().a;
  box = [box[0] - (event.clientX - held[0]) / s, box[1] - (event.clientY - held[1]) / s, box[2], box[3]];
  held = [event.clientX, event.clientY]; moved = true;
  show();
};
svg.onpointerup = event => {
  held = null;
  if (!moved && event.target.dataset.key) choose(event.target.dataset.key, false);
};
svg.ondblclick = () => { box = all.slice(); show(); };
addEventListener('resize', show);
show();
"""


def page_of(scan: Scan, parts: Any, *, notes: Sequence[Sequence[str]]) -> str:
    """The page's HTML: communities filled by verdict with their ranks, new borders dashed, and the list.

    ``parts`` : GeoDataFrame with ``rank`` and ``geometry`` of the proposed parts, two of each rank, or None
    """
    title = "逐社区规模与难管情况测算"
    count = Counter(row.verdict for row in scan.rows)
    legend = "".join(
        f'<i style="background:{FILLS[key]}"></i>{html.escape(words)} {count[key]}'
        for key, words in VERDICTS.items() if count[key]
    )  # fmt: skip
    said = "".join(f"<p>{html.escape('：'.join(note))}</p>" for note in notes)
    body = "".join(_list_row(row) for row in scan.rows)
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><header><h1>{title}</h1><p>{legend}</p>"
        f"<details><summary>说明</summary>{said}</details></header>"
        f"{_drawing(scan, parts)}"
        '<div class="list"><table><thead><tr><th>次序<th>社区<th>户数<th>缺口<th>难管标志<th>划分</tr></thead>'
        f"<tbody>{body}</tbody></table></div><script>{SCRIPT}</script></body></html>\n"
    )


def _list_row(row: Row) -> str:
    short = row.staffing.short if row.staffing else None
    division = "" if row.status == "none" else status_in_words(row)
    if row.outcome and row.outcome.part_households:
        sizes = " + ".join(str(size) for size in row.outcome.part_households)
        division += f"：{sizes} 户，界线 {row.outcome.border_m or 0:.0f} 米"
    cells = [
        ("n", "" if row.rank is None else str(row.rank)),
        ("", f"{row.community.name}（{VERDICTS[row.verdict]}）"),
        ("n", "不详" if row.households is None else f"{row.households}{'（含估算）' if row.estimated else ''}"),
        ("n", "不详" if short is None else str(short)),
        ("", marks_in_words(row)),
        ("", " ".join(filter(None, [division, row.reason, *row.remarks]))),
    ]
    inside = "".join(f'<td class="{kind}">{html.escape(text)}</td>' for kind, text in cells)
    return f'<tr tabindex="0" data-key="{html.escape(row.community.key)}">{inside}</tr>'


def _drawing(scan: Scan, parts: Any) -> str:
    rows = [row for row in scan.rows if row.community.geometry is not None]
    if not rows:
        return "<p>没有可画的图形。</p>"
    grounds = np.array([row.community.geometry for row in rows], dtype=object)
    crs = measuring_crs_of(grounds)
    grounds_m = in_metres(grounds, crs)
    west, south, east, north = shapely.total_bounds(grounds_m)
    scale = WIDTH / max(east - west, north - south, 1.0)
    frame = (west, north, scale)
    drawn = []
    for row, shape in zip(rows, grounds_m, strict=True):
        drawn.append(
            f'<path data-key="{html.escape(row.community.key)}" fill="{FILLS[row.verdict]}" fill-rule="evenodd" '
            f'd="{_outline(shape, frame)}"><title>{html.escape(_hint(row))}</title></path>'
        )
    if parts is not None:
        for line in in_metres(_new_borders(parts), crs):
            drawn.append(f'<path class="border" d="{_course(line, frame)}"/>')
    for row, shape in zip(rows, grounds_m, strict=True):
        if row.verdict in ("divide", "over_unknown", "over"):
            point = shapely.point_on_surface(shape)
            x, y = (point.x - west) * scale, (north - point.y) * scale
            drawn.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="13">{row.rank}</text>')
    size = f"0 0 {(east - west) * scale:.1f} {(north - south) * scale:.1f}"
    return f'<svg viewBox="{size}" role="img" aria-label="按次序标号的社区图">{"".join(drawn)}</svg>'


def _outline(shape_m: Any, frame: tuple[float, float, float]) -> str:
    """SVG path of a polygon in metres, y downwards; ``frame`` is west, north and drawing units per metre."""
    west, north, scale = frame
    said = []
    for polygon in shapely.get_parts(shapely.simplify(shape_m, DRAWN_M)):
        for ring in (polygon.exterior, *polygon.interiors):
            points = (shapely.get_coordinates(ring)[:-1] - (west, north)) * (scale, -scale)
            said.append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points.tolist()) + "Z")
    return "".join(said)


def _new_borders(parts: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The line between the two parts of each community, WGS84; their outer sides are the community's own."""
    lines = []
    for _, two in parts.groupby("rank", sort=False):
        first, second = shapely.boundary(np.asarray(two.geometry.array, dtype=object))
        line = shapely.intersection(first, second)
        lines.append(shapely.line_merge(line) if shapely.get_dimensions(line) == 1 else shapely.LineString())
    return np.array(lines, dtype=object)


def _course(line_m: Any, frame: tuple[float, float, float]) -> str:
    """SVG path of lines in metres; ``frame`` as in `_outline`."""
    west, north, scale = frame
    said = []
    for line in shapely.get_parts(shapely.simplify(line_m, DRAWN_M)):
        points = (shapely.get_coordinates(line) - (west, north)) * (scale, -scale)
        if len(points):
            said.append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points.tolist()))
    return "".join(said)


def _hint(row: Row) -> str:
    rank = "" if row.rank is None else f"第 {row.rank} 位 "
    households = "户数不详" if row.households is None else f"{row.households} 户"
    return f"{rank}{row.community.name}：{VERDICTS[row.verdict]}，{households}"
