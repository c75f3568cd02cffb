"""MapLibre style and legend of a source: from its catalogue entry, else from its kind.

An entry's style is a table: ``fill``, ``fill_opacity``, ``line``, ``line_width``, ``casing``, ``casing_width``,
``dash``, ``label`` (a field), ``label_size``, ``label_weight``, ``letter``, ``colour``, ``size``, ``symbol``; where
``by`` names a field, colour, size, width and symbol may be tables from the field's values. Widths and sizes are pixels
at zoom 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.maps.sources import Source

INK, SOFT, HALO = "#1b1f24", "#555c66", "#ffffff"
FAMILIES = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif"]
#: The first name only says the weight: the map takes it from there for the whole list.
BOLD = ["PingFang SC Bold", *FAMILIES]
#: Symbols are characters, drawn sharp at every size without a sprite.
GLYPHS = {"square": "■", "circle": "●", "diamond": "◆", "star": "★", "house": "⌂", "triangle": "▲", "ring": "○",
          "half": "◐", "full": "●"}  # fmt: skip
#: Numbers of validity in tiles: first and last day that an unknown end stands for.
ALWAYS_FROM, ALWAYS_TO = 0, 99999999

#: What the catalogue leaves out, by kind.
KINDS: dict[str, dict[str, Any]] = {
    "green": {"fill": "#e4efdc", "fill_opacity": 1.0},
    "water": {"fill": "#cfe3f1", "fill_opacity": 1.0, "line": "#a9cbe3", "line_width": 2, "label": "name"},
    "road": {"line": "#ffffff", "casing": "#c4c8ce", "line_width": 5, "casing_width": 1, "label": "name"},
    "rail": {"line": "#6b7280", "line_width": 2, "dash": [4, 3], "label": "name"},
    "transit": {"line": "#7a5195", "line_width": 2, "label": "name"},
    "compound": {"fill": "#8a5a00", "fill_opacity": 0.05, "line": "#b79b6b", "line_width": 1, "label": "name"},
    "building": {"fill": "#e9e4da", "fill_opacity": 1.0, "line": "#b5ab98", "line_width": 0.6, "label": "name"},
    "parking": {"fill": "#e3e6ee", "fill_opacity": 1.0, "line": "#8f9bb8", "line_width": 1, "colour": "#4a5f93"},
    "charging": {"colour": "#009e73", "size": 8},
    "station": {"colour": "#1f5fa8", "size": 11, "label": "name"},
    "service": {"colour": "#7a5195", "size": 10, "label": "name"},
    "report": {"colour": "#d55e00", "size": 9},
    "roster": {"fill": "#56b4e9", "fill_opacity": 0.3, "line": "#0072b2", "line_width": 1.5, "colour": "#0072b2"},
    "other": {"fill": "#56b4e9", "fill_opacity": 0.25, "line": "#0072b2", "line_width": 1.5, "colour": "#0072b2",
              "label": "name"},
}  # fmt: skip
LEVELS: dict[str, dict[str, Any]] = {
    "courtyard": {"line": "#6b7280", "line_width": 0.8, "dash": [2, 2], "label": "name", "label_size": 11},
    "grid": {"line": "#6b7280", "line_width": 1, "label": "name", "label_size": 12},
    "community": {"line": INK, "line_width": 2.2, "dash": [6, 3], "label": "name", "label_size": 14,
                  "label_weight": "bold"},
    "subdistrict": {"line": INK, "line_width": 3.5, "label": "name", "label_size": 16, "label_weight": "bold"},
    "district": {"line": INK, "line_width": 4, "label": "name", "label_size": 18, "label_weight": "bold"},
}  # fmt: skip
#: From which zoom on features, and from which zoom on their names, are drawn.
ZOOMS: dict[str, tuple[float, float]] = {
    "building": (13, 16.6), "compound": (12, 15.4), "charging": (13, 17), "parking": (14, 16), "road": (10, 13.5),
    "courtyard": (14, 15.5), "grid": (12.5, 14.6), "community": (9, 11.5), "subdistrict": (7, 9), "district": (4, 6),
    "station": (12, 15.6), "service": (12, 15.6), "report": (10, 17), "hotspot": (10, 13), "roster": (11, 17),
}  # fmt: skip
#: A subdistrict's name would lie across its communities' names once these are shown.
LAST_NAME_ZOOM = {"subdistrict": 12.5, "district": 9.5, "community": 18}
#: Words for values that files carry in English.
WORDS = {
    "arterial": "主干路", "minor": "支路", "path": "小路", "car": "汽车充电桩", "bicycle": "电动自行车充电",
    "motorway": "高速路", "residential": "居住区道路", "footway": "步行道",
    "new": "收到了", "handling": "办理中", "done": "办完了", "ended": "有答复", "overdue": "超期",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One line of the legend; ``shape`` is fill, line or point."""

    label: str
    shape: str
    color: str
    outline: str | None = None
    width: float | None = None
    dashed: bool = False
    #: The character that stands for a point, where it is not a plain disc.
    glyph: str | None = None


def resolved(source: Source) -> dict[str, Any]:
    """The entry's style, completed by that of its kind or level."""
    default = LEVELS.get(source.level, {}) if source.kind == "boundary" else KINDS.get(source.kind, KINDS["other"])
    return {**default, **source.style}


def fields(source: Source) -> list[str]:
    """Fields that the drawing reads, beside name and validity."""
    style = resolved(source)
    named = [style.get("by"), style.get("label")]
    return sorted({str(name) for name in named if name} - {"name"})


def first_zoom(source: Source) -> float:
    """Zoom from which its features are drawn."""
    return ZOOMS.get(source.level or source.kind, ZOOMS.get(source.kind, (8, 15)))[0]


def layers(source: Source) -> list[dict[str, Any]]:
    """MapLibre layers of a source, lowest first, without ``source``; ids begin with the source's key."""
    style = resolved(source)
    result = {0: _point_layers, 1: _line_layers, 2: _area_layers}[source.dimension](style)
    result += _names(style, source)
    low = first_zoom(source)
    return [
        {**layer, "id": f"{source.key}/{layer['id']}", "minzoom": max(low, layer.get("minzoom", 0))} for layer in result
    ]


def _area_layers(style: Mapping[str, Any]) -> list[dict[str, Any]]:
    result = []
    if style.get("fill") and style.get("fill_opacity", 1) > 0:
        paint = {
            "fill-color": _by(style, "fill"),
            "fill-opacity": style.get("fill_opacity", 1),
            "fill-antialias": False,
        }
        result.append({"id": "fill", "type": "fill", "paint": paint})
    if style.get("line"):
        result.append(
            _line("line", _by(style, "line"), _pixels(_by(style, "line_width", 1), slow=True), style.get("dash"))
        )
    return result


def _line_layers(style: Mapping[str, Any]) -> list[dict[str, Any]]:
    width = _by(style, "line_width", 2)
    result = []
    if style.get("casing"):
        casing = ["+", width, ["*", 2, _by(style, "casing_width", 1)]]
        result.append(_line("casing", style["casing"], _pixels(casing), None))
    result.append(_line("line", _by(style, "line", "#0072b2"), _pixels(width), style.get("dash")))
    return result


def _point_layers(style: Mapping[str, Any]) -> list[dict[str, Any]]:
    size = float(style.get("size", 9))
    colour = _by(style, "colour", style.get("line", "#0072b2"))
    many = _clusters(style)
    one = ["!", ["has", "point_count"]]
    if not style.get("symbol"):
        radius = ["interpolate", ["linear"], ["zoom"], 11, size * 0.25, 16, size * 0.5, 19, size * 0.8]
        paint = {
            "circle-radius": radius,
            "circle-color": colour,
            "circle-stroke-color": HALO,
            "circle-stroke-width": 1.2,
        }
        return [{"id": "point", "type": "circle", "filter": one, "paint": paint}, *many]
    glyphs = style["symbol"]
    text = (
        _match(style, {k: GLYPHS.get(v, "●") for k, v in glyphs.items()}, "●")
        if isinstance(glyphs, Mapping)
        else GLYPHS.get(glyphs, "●")
    )
    layout = {
        "text-field": text,
        "text-font": FAMILIES,
        "text-size": ["interpolate", ["linear"], ["zoom"], 11, size * 0.8, 16, size * 1.6, 19, size * 2.2],
        "text-allow-overlap": True,
        "text-ignore-placement": True,
    }
    paint = {"text-color": colour, "text-halo-color": HALO, "text-halo-width": 1.5}
    hollow = [value for value, name in glyphs.items() if name == "ring"] if isinstance(glyphs, Mapping) else []
    if not hollow:
        return [{"id": "point", "type": "symbol", "filter": one, "layout": layout, "paint": paint}, *many]
    is_ring = ["in", ["to-string", ["get", str(style.get("by", "kind"))]], ["literal", hollow]]
    full = {"id": "point", "type": "symbol", "filter": ["all", one, ["!", is_ring]], "layout": layout, "paint": paint}
    return [_rings(["all", one, is_ring], colour, size), full, *many]


def _rings(where: list[Any], colour: Any, size: float) -> dict[str, Any]:
    """Rings as circles: fonts draw ○ so thin that what is new was harder to see than what is old."""
    zoom = ["interpolate", ["linear"], ["zoom"]]
    paint = {
        "circle-radius": [*zoom, 11, size * 0.22, 16, size * 0.45, 19, size * 0.65],
        "circle-color": HALO,
        "circle-stroke-color": colour,
        "circle-stroke-width": [*zoom, 11, size * 0.15, 16, size * 0.3, 19, size * 0.4],
    }
    return {"id": "ring", "type": "circle", "filter": where, "paint": paint}


def _clusters(style: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Circles with a number, for tiles in which points stand together."""
    colour = style.get("cluster_colour", style.get("colour", "#0072b2"))
    colour = next(iter(colour.values())) if isinstance(colour, Mapping) else colour
    have = ["has", "point_count"]
    radius = ["interpolate", ["linear"], ["get", "point_count"], 2, 10, 100, 17, 10000, 26]
    circle = {"circle-radius": radius, "circle-color": colour, "circle-stroke-color": HALO, "circle-stroke-width": 2}
    layout = {
        "text-field": ["to-string", ["get", "point_count"]],
        "text-font": BOLD,
        "text-size": 12,
        "text-allow-overlap": True,
    }
    paint = {"text-color": "#ffffff", "text-halo-color": "#1b1f24", "text-halo-width": 0.8}
    return [
        {"id": "cluster", "type": "circle", "filter": have, "paint": circle},
        {"id": "number", "type": "symbol", "filter": have, "layout": layout, "paint": paint},
    ]


def _line(name: str, colour: Any, width: Any, dash: Any) -> dict[str, Any]:
    paint: dict[str, Any] = {"line-color": colour, "line-width": width}
    if dash:
        paint["line-dasharray"] = list(dash)
    # Round caps would fill the gaps of a dashed line.
    layout = {"line-join": "round", "line-cap": "butt" if dash else "round"}
    return {"id": name, "type": "line", "layout": layout, "paint": paint}


def _names(style: Mapping[str, Any], source: Source) -> list[dict[str, Any]]:
    label = style.get("label")
    if not label and style.get("letter") and source.dimension == 2:
        return [
            _name_layer(
                str(style["letter"]), style, source, size=12, weight="bold", colour=style.get("colour", "#4a5f93")
            )
        ]
    if not label:
        return []
    big = source.level in {"community", "subdistrict", "district"}
    colour = INK if big else SOFT
    size = float(style.get("label_size", 14 if big else 12))
    return [
        _name_layer(["get", str(label)], style, source, size=size, weight=style.get("label_weight", ""), colour=colour)
    ]


def _name_layer(
    text: Any, style: Mapping[str, Any], source: Source, *, size: float, weight: str, colour: str
) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "text-field": text,
        "text-font": BOLD if weight == "bold" else FAMILIES,
        "text-size": size,
        "text-max-width": 9,
        "text-padding": 4,
    }
    if source.dimension == 1:
        layout |= {"symbol-placement": "line", "symbol-spacing": 320, "text-max-angle": 30, "text-size": min(size, 12)}
    if source.dimension == 0:
        # Above or below its point, whichever is free.
        layout |= {
            "text-variable-anchor": ["top", "bottom", "left", "right"],
            "text-radial-offset": 0.9,
            "text-optional": True,
        }
    zooms = ZOOMS.get(source.level or source.kind, (8, 14))
    # Kept lighter than the halo of the map's ground, so that a dashed border reads through it.
    paint = {"text-color": colour, "text-halo-color": HALO, "text-halo-width": 1.6}
    layer = {"id": "name", "type": "symbol", "minzoom": zooms[1], "layout": layout, "paint": paint}
    if source.level in LAST_NAME_ZOOM:
        layer["maxzoom"] = LAST_NAME_ZOOM[source.level]
    if source.dimension == 0:
        layer["filter"] = ["!", ["has", "point_count"]]
    return layer


def _by(style: Mapping[str, Any], name: str, otherwise: Any = None) -> Any:
    """The value of ``name``, or the expression that chooses it by the field ``by``."""
    value = style.get(name, otherwise)
    if not isinstance(value, Mapping):
        return value
    return _match(style, value, otherwise if otherwise is not None else next(iter(value.values())))


def _match(style: Mapping[str, Any], table: Mapping[str, Any], otherwise: Any) -> Any:
    expression: list[Any] = ["match", ["to-string", ["get", str(style.get("by", "kind"))]]]
    for key, value in table.items():
        expression += [key, value]
    return [*expression, otherwise]


def _pixels(width: Any, *, slow: bool = False) -> Any:
    """A width given at zoom 16, thinner from afar; ``slow`` for borders, which must stay legible."""
    steps = (
        ((9, 0.5), (13, 0.8), (16, 1), (19, 1.5)) if slow else ((9, 0.08), (12, 0.22), (14, 0.5), (16, 1), (19, 3.2))
    )
    expression: list[Any] = ["interpolate", ["linear"], ["zoom"]]
    for zoom, share in steps:
        expression += [zoom, width * share if isinstance(width, int | float) else ["*", share, width]]
    return expression


def legend(source: Source) -> list[LegendItem]:
    """Lines of the legend: one, or one per value of the field that the style chooses by."""
    style = resolved(source)
    tables = [
        style[name] for name in ("colour", "line_width", "fill", "symbol") if isinstance(style.get(name), Mapping)
    ]
    if not tables or not style.get("by"):
        return [_legend_item(source, style, source.title)]
    items = []
    for value in tables[0]:
        chosen = {name: part.get(value, part) if isinstance(part, Mapping) else part for name, part in style.items()}
        items.append(_legend_item(source, chosen, WORDS.get(str(value), str(value))))
    return items


def _legend_item(source: Source, style: Mapping[str, Any], label: str) -> LegendItem:
    width = style.get("line_width")
    thick = min(float(width), 6.0) if isinstance(width, int | float) else None
    if source.dimension == 0:
        glyph = GLYPHS.get(str(style.get("symbol")))
        return LegendItem(label, "point", str(style.get("colour", style.get("line", "#0072b2"))), glyph=glyph)
    if source.dimension == 1:
        return LegendItem(label, "line", str(style.get("line")), style.get("casing"), thick, bool(style.get("dash")))
    if not style.get("fill") or not style.get("fill_opacity", 1):
        return LegendItem(label, "line", str(style.get("line", SOFT)), None, thick, bool(style.get("dash")))
    return LegendItem(
        label, "fill", _on_land(str(style["fill"]), float(style.get("fill_opacity", 1))), style.get("line"), thick
    )


def _on_land(colour: str, opacity: float) -> str:
    """What a translucent colour looks like on the ground of the map, #fafaf7."""
    if len(colour) != 7 or not colour.startswith("#"):
        return colour
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = [round(opacity * part + (1 - opacity) * land) for part, land in zip(parts, (0xFA, 0xFA, 0xF7), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)
