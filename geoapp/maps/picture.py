"""A still picture of layers as SVG, for browsers that cannot draw a live map, and for paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from geoapp.maps.sources import LEVELS, Bbox, Source
from geoapp.maps.style import resolved

LAND = "#fafaf7"
TYPE = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
COLOURS = ("fill", "line", "casing", "colour")
#: Colours go into the picture as they stand; anything but a plain colour is left out.
_PLAIN = frozenset("#0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One source with its shapes, their names and the fields its style chooses by."""

    source: Source
    shapes: Sequence[Any]
    columns: Mapping[str, Sequence[Any]]


def draw(sheets: Iterable[Sheet], bbox: Bbox, *, width_px: int = 1200, mark: str = "") -> str:
    """Draw sheets in the order given, names above all shapes.

    Parameters
    ----------
    sheets : bottom of the pile first; shapes are shapely geometries in WGS84
    bbox : west, south, east, north in degrees; becomes the whole picture
    width_px : width; the height follows from Web Mercator
    mark : words for the corner, like 示意

    Returns
    -------
    An SVG document without scripts, styles or outside references
    """
    west, south, east, north = bbox
    scale = width_px / max(east - west, 1e-9)
    top = _mercator(north)
    height_px = max(1, round((top - _mercator(south)) * scale))

    def project(xy: Any) -> Any:
        return np.column_stack([(xy[:, 0] - west) * scale, (top - _mercator(xy[:, 1])) * scale])

    metres_per_px = (east - west) * 111_320 * math.cos(math.radians((south + north) / 2)) / width_px
    shapes: list[str] = []
    names: list[str] = []
    sheets = list(sheets)
    finest = min((LEVELS.index(s.source.level) for s in sheets if s.source.level in LEVELS), default=0)
    for sheet in sheets:
        projected = shapely.transform(np.asarray(sheet.shapes, dtype=object), project)
        shapes += _shapes(sheet, projected, metres_per_px)
        # A name of an upper level would lie across those of the level that fills it.
        if sheet.source.level not in LEVELS or LEVELS.index(sheet.source.level) <= finest:
            names += _names(sheet, projected, metres_per_px)
    corner = (
        f'<text x="{width_px - 12}" y="26" text-anchor="end" font-size="18" fill="#8a5a00">{escape(mark)}</text>'
        if mark
        else ""
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px}" width="{width_px}" '
        f'height="{height_px}" font-family={quoteattr(TYPE)}><rect width="100%" height="100%" fill="{LAND}"/>'
        + "".join(shapes)
        + "".join(names)
        + corner
        + "</svg>"
    )


def _mercator(lat: Any) -> Any:
    """Northing in degrees of longitude."""
    return np.degrees(np.arcsinh(np.tan(np.radians(lat))))


def _shapes(sheet: Sheet, projected: Any, metres_per_px: float) -> list[str]:
    parts = []
    # Widths are given for zoom 16, where a pixel of Beijing is about 0.9 m.
    thin = min(1.0, 0.9 / max(metres_per_px, 1e-9)) ** 0.5
    for number, shape in enumerate(projected):
        style = _chosen(sheet, number)
        if sheet.source.dimension == 0:
            point = shapely.get_coordinates(shape)[0]
            parts.append(_circle(point, _colour(style, "colour", "#0072b2"), float(style.get("size", 9)) * 0.4))
        elif sheet.source.dimension == 1:
            width = float(style.get("line_width", 2)) * thin
            if style.get("casing"):
                casing = width + 2 * float(style.get("casing_width", 1)) * thin
                parts.append(_path(shape, fill="none", stroke=_colour(style, "casing", "#c4c8ce"), width=casing))
            parts.append(
                _path(shape, fill="none", stroke=_colour(style, "line", "#0072b2"), width=width, dash=style.get("dash"))
            )
        else:
            opacity = float(style.get("fill_opacity", 1)) if style.get("fill") else 0.0
            fill = _colour(style, "fill", "none") if opacity else "none"
            stroke = _colour(style, "line", "none")
            width = float(style.get("line_width", 1)) * (1 if sheet.source.kind == "boundary" else thin)
            parts.append(_path(shape, fill=fill, stroke=stroke, width=width, opacity=opacity, dash=style.get("dash")))
    return parts


def _names(sheet: Sheet, projected: Any, metres_per_px: float) -> list[str]:
    style = resolved(sheet.source)
    big = {"community": 14, "subdistrict": 16}.get(sheet.source.level)
    if not style.get("label") or (big is None and (metres_per_px > 1.2 or sheet.source.dimension == 1)):
        return []
    words = sheet.columns.get(str(style["label"]), ())
    parts = []
    for shape, name in zip(projected, words, strict=False):
        if not name:
            continue
        x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        weight = ' font-weight="bold"' if big else ""
        parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{big or 11}"{weight} fill="#1b1f24" '
            f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{escape(str(name))}</text>'
        )
    return parts


def _chosen(sheet: Sheet, number: int) -> dict[str, Any]:
    """The style with its tables looked up for one feature."""
    style = resolved(sheet.source)
    column = sheet.columns.get(str(style.get("by", "")), ())
    value = str(column[number]) if number < len(column) else ""
    return {
        name: part.get(value, next(iter(part.values()), None)) if isinstance(part, Mapping) else part
        for name, part in style.items()
    }


def _colour(style: Mapping[str, Any], name: str, otherwise: str) -> str:
    value = str(style.get(name) or otherwise)
    return value if value == "none" or set(value) <= _PLAIN else otherwise


def _circle(point: Any, colour: str, radius: float) -> str:
    return f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="{radius:.1f}" fill="{colour}" stroke="#ffffff"/>'


def _path(shape: Any, *, fill: str, stroke: str, width: float, opacity: float = 1.0, dash: Any = None) -> str:
    d = "".join(_rings(shape))
    dashes = f' stroke-dasharray="{" ".join(f"{float(x) * width:.1f}" for x in dash)}"' if dash else ""
    return (
        f'<path d="{d}" fill="{fill}" fill-opacity="{opacity:g}" fill-rule="evenodd" stroke="{stroke}" '
        f'stroke-width="{width:.2f}" stroke-linejoin="round"{dashes}/>'
    )


def _rings(shape: Any) -> Iterable[str]:
    for part in shapely.get_parts(shape):
        lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for line in lines:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(line))
            yield f"M{points}{'Z' if part.geom_type == 'Polygon' else ''}"
