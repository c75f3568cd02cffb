"""Header files of ledgers 台账 that communities uploaded."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata

ledgers = sa.Table(
    "report_ledger",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("place_code", sa.String(17), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    # Of the file as it was uploaded; it is not kept, for it may hold rows that tell of people.
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("sheet", sa.String(100), nullable=False),
    # Where the header ends, what each column says and which field fills it.
    sa.Column("columns", Json, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)
