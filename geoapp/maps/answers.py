"""What the map is answered, as plain JSON: the catalogue, shapes, what stands at a point, rows of lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import shapely

from geoapp.maps import facts, style
from geoapp.maps.live import CELLS_PER_SIDE
from geoapp.maps.sources import Bbox, Drawn, Source, shown_at_first, whole_box

#: Turns a Chinese sentence into the asker's language.
Say = Callable[[str], str]
GEOMETRY = ("point", "line", "polygon")
#: Shapes of places are simplified by this much when they are only to be outlined (0.5 m).
OUTLINE_DEGREES = 5e-6
assert CELLS_PER_SIDE.bit_count() == 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A feature or a place that a list or a search shows; ``place`` is a code, ``layer`` a source's key."""

    title: str
    code: str
    note: str
    bbox: Bbox
    layer: str
    id: int
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a source's shapes are to be had: a published file and that of its names, or live tiles."""

    tiles: str | None = None
    labels: str | None = None
    live: str | None = None


def address_word(text: str) -> str:
    """Text as it may stand in the path of an address.

    Examples
    --------
    >>> address_word("place:grid"), address_word("图 层")
    ('place:grid', '%E5%9B%BE%20%E5%B1%82')
    """
    plain = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:")
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode())


def addresses(source: Source, hashes: Mapping[str, str], *, fresh: bool, labels: str) -> Addresses:
    """Addresses for a source; none but the GeoJSON's while its file is not up to date."""
    if not fresh:
        return Addresses()
    if source.dimension == 0:
        return Addresses(live=f"/tiles/live/{address_word(source.key)}/{{z}}/{{x}}/{{y}}.mvt")
    areas, names = hashes.get(source.key), hashes.get(source.key + labels)
    if not areas:
        # It could not be published.
        return Addresses()
    return Addresses(f"/tiles/{areas}.pmtiles", f"/tiles/{names}.pmtiles" if names else None)


def entry(source: Source, where: Addresses, *, shown: bool, say: Say) -> dict[str, Any]:
    """One line of the catalogue."""
    return {
        "key": source.key,
        "title": title_of(source, say),
        "group": "places" if source.is_places else "layers",
        "kind": source.kind,
        "geometry": GEOMETRY[source.dimension],
        "source": source.source,
        "licence": source.licence,
        "date": source.date or None,
        "illustrative": source.illustrative,
        "internal": source.internal,
        "visible": shown,
        "opacity": 1.0,
        "count": source.count,
        "bbox": source.bbox,
        "timed": source.timed,
        **asdict(where),
        "features": f"/api/map/layers/{address_word(source.key)}/features",
        "style": style.layers(source),
        "legend": [{**asdict(item), "label": say(item.label)} for item in style.legend(source)],
    }


def title_of(source: Source, say: Say) -> str:
    """Shown name; a file of borders is told apart from the places that may have been made of it."""
    return (
        f"{source.title}{say('（原始文件）')}" if source.kind == "boundary" and not source.is_places else source.title
    )


def catalogue(
    listed: Sequence[Source],
    where: Mapping[str, Addresses],
    *,
    changes: Iterable[date],
    titles: Mapping[str, str],
    say: Say,
) -> dict[str, Any]:
    """All that can be drawn, bottom of the pile first."""
    entries = [entry(s, where[s.key], shown=shown_at_first(s, listed), say=say) for s in listed]
    return {
        "entries": entries,
        "bbox": whole_box(listed),
        "changes": [day.isoformat() for day in changes],
        "levels": [{"level": level, "title": title} for level, title in titles.items()],
    }


def geojson(drawn: Drawn) -> str:
    """Features as a GeoJSON text, with ``id`` among the properties too."""
    shapes = shapely.to_geojson(shapely.from_wkb(drawn.wkb))
    names = list(drawn.columns)
    rows = zip(*drawn.columns.values(), strict=True) if names else iter([()] * len(drawn))
    texts = []
    for number, shape, values in zip(drawn.ids.tolist(), shapes, rows, strict=True):
        properties = {"id": number, **{n: v for n, v in zip(names, values, strict=True) if v is not None}}
        # Text beside text: parsing each shape only to write it again would double the time.
        words = json.dumps(properties, ensure_ascii=False, default=str)
        texts.append(f'{{"type":"Feature","id":{number},"properties":{words},"geometry":{shape}}}')
    return f'{{"type":"FeatureCollection","features":[{",".join(texts)}]}}'


def place(version: Any, *, title: str, say: Say) -> dict[str, Any]:
    """A place on a day (a `geoapp.places.versions.PlaceVersion`)."""
    figures = facts.place_figures(
        households=version.households,
        basis=version.households_basis,
        day=version.households_date,
        people=version.people,
        staff=version.staff,
    )
    return {
        "level": version.level,
        "level_title": title,
        "code": version.code,
        "name": version.name,
        "illustrative": version.illustrative,
        "households": version.households,
        "figures": [_figure(figure, say) for figure in figures],
        "bbox": list(version.geometry.bounds) if version.geometry is not None else None,
    }


def _figure(figure: facts.Figure, say: Say) -> dict[str, Any]:
    notes = [say("口径：{basis}").format(basis=say(figure.basis))] if figure.basis else []
    notes += [say("截至 {day}").format(day=figure.day)] if figure.day else []
    return {
        "label": say(figure.label),
        "value": say(figure.value),
        "estimated": figure.estimated,
        "note": " · ".join(notes),
    }


def feature(
    source: Source, number: int, name: str, code: str, fields: Mapping[str, Any], *, say: Say
) -> dict[str, Any]:
    """A feature with what is known of it."""
    return {
        "layer": source.key,
        "layer_title": source.title,
        "id": number,
        "title": name or source.title,
        "code": code or None,
        "illustrative": source.illustrative,
        "facts": [{"label": say(label), "value": say(value)} for label, value in facts.feature_facts(fields)],
    }


def outline(shape: Any) -> dict[str, Any] | None:
    """A GeoJSON feature to show what was chosen."""
    if shape is None:
        return None
    simple = shapely.simplify(shape, OUTLINE_DEGREES, preserve_topology=True)
    return {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(simple))}


def row(hit: Hit, *, subtitle: str) -> dict[str, Any]:
    """A line of a list or of search results."""
    west, south, east, north = hit.bbox
    return {
        "title": hit.title,
        "subtitle": subtitle,
        "code": hit.code or None,
        "note": hit.note,
        "lon": (west + east) / 2,
        "lat": (south + north) / 2,
        "bbox": hit.bbox,
        "place": hit.place,
        "feature": None if hit.place else {"layer": hit.layer, "id": hit.id},
    }


def meant(places: Sequence[Any], asked: str | None) -> str | None:
    """Code of the place that a press means: the one asked for, else the community, else the finest above it."""
    codes: list[str] = [version.code for version in places]
    if asked in codes:
        return asked
    upper = [v.code for v in places if v.level in {"district", "subdistrict", "community"}]
    finest = upper or codes
    return finest[-1] if finest else None
