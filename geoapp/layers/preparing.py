"""A file read and cleaned chunk by chunk onto a spool, so that the database is locked only while rows go in."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.layers.cleaning import Cleaned, Rows, clean
from geoapp.layers.entry import KINDS
from geoapp.layers.importing import CODE_FIELDS, NAME_FIELDS, ImportOptions, field_of, first_words
from geoapp.layers.joining import best_field, take_over
from geoapp.layers.settling import Settled

FloatArray = NDArray[np.float64]
Progress = Callable[[float, str], None]


@dataclass(slots=True)
class Prepared:
    """What is known of a file once it has been read; ``chunks()`` gives its rows again, in WGS84 and as WKB."""

    spool: IO[bytes]
    rows_in: int = 0
    centres: list[FloatArray] = field(default_factory=list)
    changes: dict[str, list[int]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    name_field: str = ""
    code_field: str = ""

    def chunks(self) -> Iterator[Cleaned]:
        """The cleaned rows from the beginning."""
        self.spool.seek(0)
        while True:
            try:
                yield pickle.load(self.spool)  # noqa: S301  our own file of this very call
            except EOFError:
                return

    def feature(self, number: int, wkb: bytes | None, props: Mapping[str, Any], box: list[float]) -> dict[str, Any]:
        """One row as the feature table takes it."""
        name, code = props.get(self.name_field), props.get(self.code_field)
        west, south, east, north = (None,) * 4 if wkb is None else box
        return {
            "row_no": number,
            "code": "" if code is None else str(code)[:80],
            "name": "" if name is None else str(name)[:300],
            "props": props,
            "geom": wkb,
            "min_lon": west,
            "min_lat": south,
            "max_lon": east,
            "max_lat": north,
        }


def prepare(
    chunks: Iterable[Rows],
    settled: Settled,
    options: ImportOptions,
    *,
    spool: IO[bytes],
    lookup: Mapping[str, Any] | None,
    tell: Progress,
) -> Prepared:
    """Read and clean the whole file onto the spool; ``lookup`` gives shapes by code to rows that have none."""
    prepared = Prepared(spool, name_field=options.name_field, code_field=options.code_field)
    dimension = KINDS[options.kind].dimension if options.kind else None
    seen: set[bytes] = set()
    for rows in chunks:
        if lookup is not None and rows.shapeless:
            options = replace(options, code_field=options.code_field or best_field(rows, lookup))
            rows = take_over(rows, lookup, options.code_field)
        cleaned = clean(rows, settled.move, dimension=dimension, seen=seen, swap_xy=options.swap_xy)
        prepared.rows_in += len(rows.numbers) if rows.rows_in is None else rows.rows_in
        for name, numbers in cleaned.changes.items():
            prepared.changes.setdefault(name, []).extend(numbers)
        boxes = shapely.bounds(cleaned.shapes).reshape(-1, 4)
        prepared.centres.append((boxes[:, :2] + boxes[:, 2:]) / 2.0)
        _note_names(prepared, cleaned)
        cleaned.shapes = shapely.to_wkb(cleaned.shapes)
        pickle.dump(cleaned, spool, protocol=pickle.HIGHEST_PROTOCOL)
        tell(0.0, f"已读 {prepared.rows_in} 行")
    return prepared


def _note_names(prepared: Prepared, cleaned: Cleaned) -> None:
    """Which fields hold name and code, and the first ten names, for people to see whether the letters are right."""
    if cleaned.props:
        first = cleaned.props[0]
        prepared.name_field = prepared.name_field or field_of(NAME_FIELDS, first) or first_words(first)
        prepared.code_field = prepared.code_field or field_of(CODE_FIELDS, first)
    if len(prepared.names) < 10 and prepared.name_field:
        names = [str(p.get(prepared.name_field) or "")[:60] for p in cleaned.props]
        prepared.names = [name for name in dict.fromkeys([*prepared.names, *names]) if name][:10]
