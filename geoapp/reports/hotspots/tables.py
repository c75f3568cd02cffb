"""Nightly looks for hot-spots and what they found."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata

looks = sa.Table(
    "report_look",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Civil day that it looked at, which place and below, and what it looked for.
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("place_code", sa.String(17), nullable=False),
    sa.Column("method", sa.String(10), nullable=False),
    # Parameters, seed, version of the code and of the data: enough to do it again.
    sa.Column("parameters", Json, nullable=False),
    sa.Column("reports", sa.Integer, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("place_code", "method", "day"),
    sa.CheckConstraint("method IN ('repeats', 'clusters', 'trends')", name="method"),
)

hotspots = sa.Table(
    "report_hotspot",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("look_id", sa.ForeignKey("report_look.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("place_code", sa.String(17), nullable=False),
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    sa.Column("radius_m", sa.Float, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("observed", sa.Integer, nullable=False),
    # Of clusters and trends only.
    sa.Column("expected", sa.Float),
    sa.Column("p", sa.Float),
    sa.Column("details", Json, nullable=False),
    # Ids of its reports.
    sa.Column("members", Json, nullable=False),
)
