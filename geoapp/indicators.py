"""Every measure that is shown to anybody: key, version, unit, formula and source in one registry.

Parts register theirs at import. A number on a page or a sheet names its key, and from the key one gets to the
formula and to where the formula comes from. A changed formula is a new version, never a silent change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoapp.errors import NotFound


@dataclass(frozen=True, slots=True)
class Indicator:
    """One measure. ``formula`` and ``source`` are shown as they stand; ``unit`` is empty for a pure number."""

    key: str
    version: int
    title_zh: str
    title_en: str
    unit: str
    formula: str
    source: str
    #: True when every value is a reckoning (测算) and no finding against anybody.
    reckoned: bool = False


_REGISTRY: dict[str, Indicator] = {}


def register(indicator: Indicator) -> Indicator:
    """Add a measure; the same key may be registered again only with equal content (a module imported twice)."""
    known = _REGISTRY.setdefault(indicator.key, indicator)
    if known != indicator:
        raise ValueError(f"indicator {indicator.key!r} is registered twice with different content")
    return indicator


def indicator(key: str) -> Indicator:
    """The measure of that key; NotFound names the key."""
    try:
        return _REGISTRY[key]
    except KeyError:
        raise NotFound(f"There is no indicator {key!r}; `geoapp indicators` lists them.") from None


def all_indicators() -> Iterator[Indicator]:
    """Every registered measure, by key."""
    for key in sorted(_REGISTRY):
        yield _REGISTRY[key]
