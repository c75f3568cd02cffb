"""What every reader gives: where the rows come from, what the file says of its coordinates and letters."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.errors import Invalid
from geoapp.layers.cleaning import Rows

ROWS_AT_ONCE = 4000
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Invalid):
    """The file as a whole cannot be read."""


class MustChoose(Invalid):
    """The file can be read in several ways and says not which."""


@dataclass(slots=True)
class Source:
    """An opened file. ``read()`` may be called again and begins anew; no more than some rows are held at a time."""

    format: str
    read: Callable[[], Iterator[Rows]]
    #: What the file itself declares; empty when it declares nothing.
    crs: str = ""
    #: Where ``crs`` was found: a .prj, a crs member, the format's own rule.
    crs_basis: str = ""
    #: The format's rule holds only for files that keep the format's other rules (GeoJSON).
    crs_by_rule_only: bool = False
    encoding: str = "UTF-8"
    encoding_basis: str = ""
    sublayer: str = ""
    notes: list[str] = field(default_factory=list)
    #: What a reader has to tell beyond its rows, for the report.
    extra: dict[str, Any] = field(default_factory=dict)


def unique_names(names: Sequence[str]) -> list[str]:
    """Each name once.

    Examples
    --------
    >>> unique_names(["面积", "面积", "户数"])
    ['面积', '面积_2', '户数']
    """
    there: list[str] = []
    for name in names:
        unique, count = name, 2
        while unique in there:
            unique, count = f"{name}_{count}", count + 1
        there.append(unique)
    return there


def storable(value: Any) -> tuple[Any, bool]:
    """A field's value as every database can keep it, and whether something had to be replaced.

    Examples
    --------
    >>> storable("a\\x00b"), storable(float("inf"))
    (('ab', True), (None, True))
    """
    if value is None or type(value) is int:
        return value, False
    if isinstance(value, str):
        if value.isprintable() or not _NOT_STORABLE.search(value):
            return value, False
        return _NOT_STORABLE.sub(lambda m: "" if m[0] == "\x00" else "\ufffd", value), True
    if isinstance(value, float) and not math.isfinite(value):
        return None, not math.isnan(value)
    if isinstance(value, dict):
        pairs = [(storable(str(k)), storable(v)) for k, v in value.items()]
        return {k[0]: v[0] for k, v in pairs}, any(k[1] or v[1] for k, v in pairs)
    if isinstance(value, list | tuple):
        items = [storable(v) for v in value]
        return [item[0] for item in items], any(item[1] for item in items)
    return value, False
