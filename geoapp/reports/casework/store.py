"""The bodies that a case can be given to."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import bodies


def bodies_serving(connection: Connection, place: Sequence[str]) -> list[tuple[str, str]]:
    """Key and name of the bodies whose own place is the case's, above it or below it, by name."""
    path = "/".join(place)
    above = ["/".join(place[:n]) for n in range(len(place) + 1)]
    mine: sa.ColumnElement[bool] = bodies.c.place_path.in_(above)
    if path:
        mine |= (bodies.c.place_path >= path + "/") & (bodies.c.place_path < path + "0")
    query = sa.select(bodies.c.key, bodies.c.name).where(mine, bodies.c.ended_at.is_(None)).order_by(bodies.c.name)
    return [(row.key, row.name) for row in connection.execute(query)]
