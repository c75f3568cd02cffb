"""One self-contained page of a map to hand out: Leaflet inside, opens with no network."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from geoapp.errors import Unavailable

LEAFLET = Path(__file__).parents[1] / "web" / "static" / "leaflet"


class LeafletMissing(Unavailable):
    """The built client, which carries Leaflet, is not here."""


@dataclass(frozen=True)
class Shape:
    """Something drawn: its words are shown at a click, as text."""

    geometry: BaseGeometry
    title: str
    lines: tuple[str, ...] = ()
    colour: str = "#1b1f24"
    fill: str | None = None
    fill_opacity: float = 0.35
    width: float = 2.0
    dash: str | None = None
    #: Its title stands on the map from the start; its lines belong into the page's notes then.
    named: bool = False


def page(title: str, *, notes: Sequence[str], shapes: Sequence[Shape]) -> bytes:
    """An HTML file with a map of ``shapes`` (WGS84, drawn in order) under a heading and notes."""
    import folium

    west = min(s.geometry.bounds[0] for s in shapes)
    south = min(s.geometry.bounds[1] for s in shapes)
    east = max(s.geometry.bounds[2] for s in shapes)
    north = max(s.geometry.bounds[3] for s in shapes)
    drawn = folium.Map(tiles=None, location=[(south + north) / 2, (west + east) / 2], control_scale=True)
    # Nothing is fetched: folium's own lists point to other hosts.
    drawn.default_js, drawn.default_css = [], []
    drawn.fit_bounds([[south, west], [north, east]])
    for shape in shapes:
        _add(drawn, shape)
    text = drawn.get_root().render()
    return _with_leaflet(_without_strangers(text), title, notes).encode("utf-8")


def _add(drawn: Any, shape: Shape) -> None:
    import folium

    style = {
        "color": shape.colour, "weight": shape.width, "fill": shape.fill is not None,
        "fillColor": shape.fill or shape.colour, "fillOpacity": shape.fill_opacity if shape.fill else 0.0,
        "dashArray": shape.dash,
    }  # fmt: skip
    # A tooltip, not a popup: folium's popups need jQuery.
    body = "<br>".join([f"<b>{_said(shape.title)}</b>", *map(_said, shape.lines)])
    layer = folium.GeoJson(json.loads(_geojson(shape.geometry)), style_function=lambda _, style=style: style)
    if shape.named:
        folium.Tooltip(_said(shape.title), sticky=False, permanent=True, direction="center").add_to(layer)
    else:
        folium.Tooltip(body).add_to(layer)
    layer.add_to(drawn)


def _said(text: str) -> str:
    """Text for folium's templates: harmless in HTML and between the backticks of a script."""
    return html.escape(text).replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")


def _geojson(geometry: BaseGeometry) -> str:
    import shapely

    return str(shapely.to_geojson(shapely.set_precision(geometry, 1e-7)))


def _without_strangers(text: str) -> str:
    """No element that loads from elsewhere."""
    text = re.sub(r"<script[^>]*\bsrc=[^>]*></script>", "", text)
    return re.sub(r"<link[^>]*\bhref=[^>]*>", "", text)


def _with_leaflet(text: str, title: str, notes: Sequence[str]) -> str:
    try:
        script = (LEAFLET / "leaflet.js").read_text(encoding="utf-8")
        style = (LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    except OSError:
        raise LeafletMissing("缺少地图脚本，无法生成网页；请重新运行 python3 run.py setup 生成页面文件。") from None
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    # Its pictures (markers, layer switch) are not used here.
    style = re.sub(r"url\([^)]*\)", "none", style)
    head = (
        f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{style}\n'
        "html, body { height: 100%; margin: 0; font-family: system-ui, sans-serif; }\n"
        "body { display: flex; flex-direction: column; } header { padding: 8px 16px; }\n"
        "h1 { font-size: 18px; margin: 0 0 4px; } p { margin: 0; font-size: 13px; color: #3d444d; }\n"
        ".folium-map { position: relative; flex: 1; background: #fafaf7; }</style>"
        f"<script>{script}</script>"
    )
    top = f"<header><h1>{html.escape(title)}</h1>{''.join(f'<p>{html.escape(note)}</p>' for note in notes)}</header>"
    text = text.replace("<head>", "<head>" + head, 1)
    return re.sub(r"<body>", lambda _: "<body>" + top, text, count=1)
