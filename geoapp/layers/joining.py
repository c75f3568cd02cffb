"""A table without coordinates takes over the shapes of a layer, by code or by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geoapp.layers import faults
from geoapp.layers.cleaning import Rows


def best_field(rows: Rows, lookup: Mapping[str, Any]) -> str:
    """The field whose values are found most often; empty when none is found at all."""
    counts: dict[str, int] = {}
    for props in rows.props:
        for name, value in props.items():
            counts[name] = counts.get(name, 0) + (_key(value) in lookup)
    best = max(counts, key=lambda name: counts[name], default="")
    return best if counts.get(best) else ""


def take_over(rows: Rows, lookup: Mapping[str, Any], field: str) -> Rows:
    """The rows with the shapes that ``lookup`` has for the value of ``field``; a row without one is at fault."""
    shapes = np.full(len(rows.numbers), None, dtype=object)
    bad = dict(rows.faults)
    for i, props in enumerate(rows.props):
        shape = lookup.get(_key(props.get(field)))
        if shape is None:
            bad[i] = faults.NO_MATCH
        shapes[i] = shape
    return replace(rows, shapes=shapes, faults=bad, shapeless=False)


def _key(value: Any) -> str:
    return "" if value is None else str(value).strip()
