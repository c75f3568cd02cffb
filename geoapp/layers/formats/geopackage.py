"""GeoPackage: a SQLite database, so that a damaged page and an absurd shape are met before GDAL meets them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from geoapp.layers.faults import MOST_VERTICES
from geoapp.layers.formats.gdal import choose, open_gdal
from geoapp.layers.formats.source import Source, Unreadable


def open_geopackage(path: Path, *, sublayer: str = "") -> Source:
    """One layer of a GeoPackage."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            layer = choose(path, sublayer).name
            oversized = _oversized(connection, layer)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        raise Unreadable(f"GeoPackage {path.name} 已损坏或不完整；请重新导出或重新下载。") from None
    return open_gdal(path, format="GeoPackage", sublayer=layer, oversized=oversized)


def _oversized(connection: sqlite3.Connection, table: str) -> list[int]:
    """Positions of rows whose shape is too long to be read; the length of a blob is known without reading it."""
    row = connection.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (table,)).fetchone()
    if row is None:
        return []
    name, column = (text.replace('"', '""') for text in (table, row[0]))
    query = f'SELECT rowid FROM "{name}" WHERE length("{column}") > ?'
    long = connection.execute(query, (16 * MOST_VERTICES + 10_000,)).fetchall()
    return [connection.execute(f'SELECT count(*) FROM "{name}" WHERE rowid < ?', found).fetchone()[0] for found in long]
