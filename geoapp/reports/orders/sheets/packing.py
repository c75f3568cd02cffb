"""Rows of a sheet as bytes, for those that wait to be stored; what was dropped when they were read is no part of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from geoapp.reports.orders.notes import Note
from geoapp.reports.orders.sheet import BadRow, SheetOrder, bad_row

Row = SheetOrder | BadRow
_NAMES = tuple(each.name for each in fields(SheetOrder))
_MOMENTS = ("due_at", "sent_at", "reported_at")


def packed(rows: Sequence[Row]) -> bytes:
    """The rows, in order."""
    return json.dumps([_values(row) for row in rows], ensure_ascii=False).encode()


def unpacked(data: bytes) -> list[Row]:
    """The same rows again."""
    return [_row(values) for values in json.loads(data)]


def _values(row: Row) -> dict[str, Any]:
    if isinstance(row, BadRow):
        return {"row": row.row, "bad": row.reason, "values": row.message.values}
    values = {name: getattr(row, name) for name in _NAMES}
    moments = {name: at.isoformat() for name in _MOMENTS if isinstance(at := values[name], datetime)}
    return {**values, **moments, "notes": [[note.sentence, note.values] for note in row.notes]}


def _row(values: dict[str, Any]) -> Row:
    if "bad" in values:
        return bad_row(values["row"], values["bad"], **values["values"])
    moments = {name: datetime.fromisoformat(values[name]) for name in _MOMENTS if values[name]}
    notes = tuple(Note(sentence, **given) for sentence, given in values["notes"])
    several = {name: tuple(values[name]) for name in ("kinds", "phones")}
    return SheetOrder(**{**values, **moments, **several, "notes": notes})
