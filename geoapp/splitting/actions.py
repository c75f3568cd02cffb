"""What a person can do here: make units, divide, verify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geoapp.splitting import store
from geoapp.splitting.inventory import no_features, take_inventory
from geoapp.splitting.sources import FieldNames
from geoapp.splitting.tessellation import Progress


def make_units(
    out: Path,
    outline: Path,
    *,
    buildings: Path | None = None,
    compounds: Path | None = None,
    grids: Path | None = None,
    barriers: Sequence[Path] = (),
    barrier_class: str = "",
    fields: FieldNames | None = None,
    basis: str = "",
    date: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Tile an outline with units and write them; gives back what was made, joined and set aside."""
    profiles, rules = store.read_profiles(), store.read_rules()
    fields = fields or FieldNames()
    ground, notes = store.read_ground(barriers, profiles, class_field=barrier_class)
    made = take_inventory(
        store.read_outline(outline),
        store.read_features(buildings, fields) if buildings else no_features(),
        compounds=store.read_features(compounds, FieldNames(), plain=True) if compounds else None,
        grids=store.read_features(grids, FieldNames(), plain=True) if grids else None,
        ground=ground, profiles=profiles, rules=rules, basis=basis, date=date, progress=progress,
    )  # fmt: skip
    store.write_units(out, made, notes=notes, about={"rules": rules.key, "profiles": profiles.version})
    units = made.units
    return {
        "units": units.n,
        "households": int(units.households.sum()),
        "estimated": int(units.estimated.sum()),
        "apportioned": int(units.apportioned.sum()),
        "borders": len(units.borders),
        "set_aside": [dict(zip(("what", "id", "households", "reason"), row, strict=True)) for row in made.set_aside],
        "notes": [*units.notes, *notes],
        "out": str(out),
    }
