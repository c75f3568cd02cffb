"""Names of places for parts that stand left of them (who holds which rank where)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa

from geoapp.db import Database
from geoapp.places import store, tables
from geoapp.places.hierarchy import path_of

Path = tuple[str, ...]
#: A district has tens of thousands of courtyards; one of them is named by its code.
LEVELS = ("district", "subdistrict", "community", "grid")


class Gazetteer:
    """What places are called today; one that has ended is called by its last name, one that never was by its code."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def names(self, places: Iterable[Path], *, english: bool = False) -> dict[Path, str]:
        """Shown names with the level, by path of codes from the district down."""
        wanted = {path[-1]: path for path in places if path}
        query = (
            sa.select(tables.places.c.code, tables.places.c.level, tables.versions.c.name)
            .join(tables.versions, tables.versions.c.place_id == tables.places.c.id)
            .where(tables.places.c.code.in_(wanted), ~tables.versions.c.withdrawn)
            .order_by(tables.versions.c.valid_from)
        )
        found = {path: code for code, path in wanted.items()}
        with self.database.reading() as connection:
            titles = store.level_titles(connection)
            for row in connection.execute(query):
                found[wanted[row.code]] = _shown(row.name, titles[row.level], english=english)
        return found

    def below(self, tops: Iterable[Path]) -> dict[Path, str]:
        """Plain names of the places of today at ``tops`` and below; ``()`` is everywhere."""
        wanted = list(tops)
        found: dict[Path, str] = {}
        with self.database.reading() as connection:
            for level in LEVELS:
                for version in store.versions(connection, on=self._today(), level=level, geometry=False):
                    path = path_of(version.code)
                    if any(path[: len(top)] == top for top in wanted):
                        found[path] = version.name
        return found

    def _today(self) -> date:
        return datetime.now(self.database.settings.zone).date()


def _shown(name: str, titles: tuple[str, str], *, english: bool) -> str:
    zh, en = titles
    if english:
        return f"{name} ({en})"
    return name if name.endswith(zh) else f"{name}（{zh}）"
