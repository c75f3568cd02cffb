"""Everything personal is declared: each column says what it is, and each declaration how it goes."""

from __future__ import annotations

import csv
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

import geoapp
from geoapp.accounts.privacy import declared, holdings
from geoapp.accounts.roles import PERMISSIONS
from geoapp.config import Settings
from geoapp.db import UtcDateTime, metadata
from geoapp.reports.personal import CONTACT_DAYS, ORIGINAL_DAYS
from geoapp.reports.rulebook.store import rulebook

LIST = Path(__file__).parent / "personal_columns.csv"
#: Numbers, moments and yes or no tell of a case or a thing; positions may tell where somebody lives.
PLAIN = (sa.Integer, sa.Boolean, sa.Date, sa.DateTime, UtcDateTime)


def modules(*names: str) -> Iterator[str]:
    for found in pkgutil.walk_packages(geoapp.__path__, "geoapp."):
        if found.name.endswith(tuple(f".{name}" for name in names)):
            importlib.import_module(found.name)
            yield found.name


def columns() -> dict[str, str]:
    """Every column that can hold something personal, with the key that it is marked with."""
    assert len(list(modules("tables", "jobs", "personal"))) > 12
    return {
        f"{table.name}.{column.name}": column.info.get("personal", "")
        for table in metadata.tables.values()
        for column in table.columns
        if not column.foreign_keys
        and not isinstance(column.type, PLAIN)
        and (not isinstance(column.type, sa.Float) or column.name in {"lon", "lat"})
    }


def listed() -> dict[str, dict[str, str]]:
    with LIST.open(encoding="utf-8", newline="") as stream:
        return {row["column"]: row for row in csv.DictReader(line for line in stream if not line.startswith("#"))}


def test_17_every_column_is_declared_personal_or_said_not_to_be() -> None:
    found, known = columns(), listed()
    assert set(known) == set(found), f"not listed: {set(found) - set(known)}; gone: {set(known) - set(found)}"
    wrong = [c for c, row in known.items() if row["personal"] != found[c]]
    assert not wrong, f"marked otherwise than listed: {wrong}"
    without = [c for c, row in known.items() if bool(row["personal"]) == bool(row["else"])]
    assert not without, f"neither declared nor a reason why not, or both: {without}"


def test_every_mark_is_declared_and_every_declaration_is_a_column() -> None:
    marks = {key for key in columns().values() if key}
    assert marks == {field.key for field in declared()}


def test_every_declaration_says_what_for_who_and_how_long() -> None:
    columns()
    for field in declared():
        assert field.title and field.purpose and field.since, field.key
        assert not field.readers or field.readers in PERMISSIONS, field.key
        assert (field.kept_days is None) == (not field.forget), f"{field.key} has a term that nobody keeps"
        assert not field.forget or callable(named(field.forget)), field.key
    for holding in holdings():
        assert callable(named(holding.export)) and callable(named(holding.erase))


def named(target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def test_what_is_declared_is_what_the_shipped_rules_say(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert rulebook(settings).terms.contact_days == CONTACT_DAYS and settings.original_days == ORIGINAL_DAYS
