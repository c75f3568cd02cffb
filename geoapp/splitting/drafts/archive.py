"""A division's ground as bytes and back, exactly: what was computed on can be looked at again years later."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.splitting.drafts.comparison import Background
from geoapp.splitting.drafts.ground import Ground, GroundError, Stations
from geoapp.splitting.rules import Kind, Profile, Profiles
from geoapp.splitting.units import UnitBorders, Units

FORMAT = 1


@dataclass(frozen=True)
class Surroundings:
    """What is drawn under and around a plan; ``outline`` is today's border."""

    outline: BaseGeometry
    background: tuple[Background, ...]
    sources: tuple[str, ...]
    illustrative: bool


def pack(ground: Ground, around: Surroundings) -> bytes:
    """Both as compressed JSON; shapes as WKB, so that not a bit is lost."""
    units, stations = ground.units, ground.stations
    content = {
        "format": FORMAT,
        "ids": units.ids,
        "names": ground.names,
        "polygons": _wkb(units.polygons),
        "households": units.households.tolist(),
        "estimated": units.estimated.tolist(),
        "apportioned": units.apportioned.tolist(),
        "water": units.water.tolist(),
        "columns": {name: column.tolist() for name, column in units.columns.items()},
        "groups": dict(units.groups),
        "basis": units.basis,
        "date": units.date,
        "notes": units.notes,
        "borders": _borders(units.borders),
        "rim": _borders(units.rim),
        "profiles": _profiles(units.profiles),
        "counts": {key: column.tolist() for key, column in ground.counts.items()},
        "stations": None if stations is None else _stations(stations),
        "outline": around.outline.wkb_hex,
        "background": [[b.kind, b.name, b.geometry.wkb_hex] for b in around.background],
        "sources": around.sources,
        "illustrative": around.illustrative,
    }
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(data: bytes) -> tuple[Ground, Surroundings]:
    """What `pack` packed; GroundError for another format."""
    content = json.loads(zlib.decompress(data))
    if content["format"] != FORMAT:
        raise GroundError("这次划分是用别的版本保存的，打不开；请重新试划分。")
    units = Units(
        ids=tuple(content["ids"]),
        polygons=_shapes(content["polygons"]),
        households=np.array(content["households"], dtype=np.int64),
        borders=_read_borders(content["borders"]),
        rim=_read_borders(content["rim"]),
        profiles=_read_profiles(content["profiles"]),
        estimated=np.array(content["estimated"], dtype=bool),
        apportioned=np.array(content["apportioned"], dtype=bool),
        water=np.array(content["water"], dtype=bool),
        columns={name: np.array(column, dtype=np.float64) for name, column in content["columns"].items()},
        groups={name: tuple(column) for name, column in content["groups"].items()},
        basis=content["basis"],
        date=content["date"],
        notes=tuple(content["notes"]),
    )
    counts = {key: np.array(column, dtype=np.int64) for key, column in content["counts"].items()}
    stations = None if content["stations"] is None else _read_stations(content["stations"])
    around = Surroundings(
        shapely.from_wkb(content["outline"]),
        tuple(Background(kind, name, shapely.from_wkb(shape)) for kind, name, shape in content["background"]),
        tuple(content["sources"]),
        content["illustrative"],
    )
    return Ground(units, tuple(content["names"]), counts, stations), around


def _wkb(shapes: Any) -> list[str]:
    return [str(text) for text in shapely.to_wkb(shapes, hex=True)]


def _shapes(texts: list[str]) -> Any:
    shapes = np.empty(len(texts), dtype=object)
    shapes[:] = [shapely.from_wkb(text) for text in texts]
    return shapes


def _borders(borders: UnitBorders) -> dict[str, Any]:
    return {
        "pairs": borders.pairs.tolist(), "length_m": borders.length_m.tolist(), "kind": list(borders.kind),
        "name": list(borders.name), "lines": _wkb(borders.lines),
    }  # fmt: skip


def _read_borders(row: dict[str, Any]) -> UnitBorders:
    return UnitBorders(
        np.array(row["pairs"], dtype=np.int32).reshape(-1, 2), np.array(row["length_m"], dtype=np.float64),
        tuple(row["kind"]), tuple(row["name"]), _shapes(row["lines"]),
    )  # fmt: skip


def _stations(stations: Stations) -> dict[str, Any]:
    # JSON has no infinity: no way is null.
    walk = [[x if np.isfinite(x) else None for x in row] for row in stations.walk_s.tolist()]
    return {
        "names": stations.names, "lonlat": stations.lonlat.tolist(), "planned": stations.planned.tolist(),
        "walk_s": walk, "by_network": stations.by_network,
    }  # fmt: skip


def _read_stations(row: dict[str, Any]) -> Stations:
    walk = np.array([[np.inf if x is None else x for x in line] for line in row["walk_s"]], dtype=np.float64)
    return Stations(
        tuple(row["names"]), np.array(row["lonlat"]), np.array(row["planned"], dtype=bool),
        walk.reshape(-1, len(row["names"])), row["by_network"],
    )  # fmt: skip


def _profiles(profiles: Profiles) -> dict[str, Any]:
    kinds = [{**asdict(kind), "values": sorted(kind.values)} for kind in profiles.kinds.values()]
    return {"version": profiles.version, "kinds": kinds, "profiles": [asdict(p) for p in profiles.profiles.values()]}


def _read_profiles(row: dict[str, Any]) -> Profiles:
    kinds = [Kind(**{**kind, "values": frozenset(kind["values"])}) for kind in row["kinds"]]
    profiles = [Profile(**profile) for profile in row["profiles"]]
    return Profiles(row["version"], {k.key: k for k in kinds}, {p.key: p for p in profiles})
