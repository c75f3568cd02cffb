"""Keys of the clients that may make requests, and what came with a request that no report has a column for."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, metadata

keys = sa.Table(
    "open311_key",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Who it was made for: a name for the list and the audit; it opens nothing.
    sa.Column("name", sa.String(60), nullable=False, unique=True),
    # SHA-256 of the key: a copy of the database makes no requests.
    sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.CheckConstraint("per_minute > 0", name="per_minute"),
)

filings = sa.Table(
    "open311_filing",
    metadata,
    sa.Column("report_id", sa.ForeignKey("report.id"), primary_key=True),
    sa.Column("key_id", sa.ForeignKey("open311_key.id"), nullable=False, index=True),
    # Handed out instead of a number where somebody sorts the request first.
    sa.Column("token", sa.String(32), unique=True),
    sa.Column("filed_at", UtcDateTime, nullable=False),
)
