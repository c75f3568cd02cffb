"""The demo as it is committed, and as the generator makes it: each read once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.demo.layout import generate

LAYERS = Path(__file__).parents[2] / "layers"
Row = dict[str, Any]
Read = Callable[[str], list[Row]]


@pytest.fixture(scope="session")
def made() -> dict[str, bytes]:
    """What the generator makes from its usual seed."""
    return generate()


@pytest.fixture(scope="session")
def read() -> Read:
    """Features of a committed layer: properties, and the shape (WGS84) as ``shape``."""
    known: dict[str, list[Row]] = {}

    def rows(name: str) -> list[Row]:
        if name not in known:
            text = (LAYERS / "demo" / f"{name}.geojson").read_text(encoding="utf-8")
            features = json.loads(text)["features"]
            known[name] = [feature["properties"] | {"shape": _shape(feature)} for feature in features]
        return known[name]

    return rows


def _shape(feature: Row) -> BaseGeometry | None:
    geometry = feature["geometry"]
    return shapely.from_geojson(json.dumps(geometry)) if geometry else None


@pytest.fixture(scope="session")
def metric() -> Callable[[BaseGeometry], BaseGeometry]:
    """A shape in metres: CGCS2000, 3-degree zone about 117 E."""
    from pyproj import Transformer

    into = Transformer.from_crs(4326, 4548, always_xy=True)
    return lambda shape: shapely.transform(shape, into.transform, interleaved=False)
