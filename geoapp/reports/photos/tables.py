"""Photographs of reports. The pictures themselves are objects (`geoapp.objects`) under random names."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata
from geoapp.reports.personal import ORIGINAL, PLACE

photos = sa.Table(
    "photo",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # In officials' addresses, and never anew; the public knows ``name``.
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False),
    # The words that it came with, where it came with some.
    sa.Column("text_id", sa.ForeignKey("report_text.id")),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    # Upright, as sent.
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
    # The same bytes sent again for the same report are the same photograph.
    sa.Column("sha256", sa.String(64), nullable=False),
    # Object with the bytes as sent; gone after so many days.
    sa.Column("original", sa.String(80), info={"personal": ORIGINAL.key}),
    # 128 random bits under which the sizes are served; new after each painting, none while they are being made.
    sa.Column("name", sa.String(32), unique=True),
    sa.Column("reason", sa.String(200), nullable=False, default=""),
    sa.Column("shapes", Json, nullable=False, default=list),
    sa.Column("painted_by", sa.String(64)),
    sa.Column("painted_at", UtcDateTime),
    # Where and when it was taken, as the file said; go with the original.
    sa.Column("lon", sa.Float, info={"personal": PLACE.key}),
    sa.Column("lat", sa.Float, info={"personal": PLACE.key}),
    sa.Column("taken_at", UtcDateTime),
    sa.Column("received_at", UtcDateTime, nullable=False, index=True),
    sa.Column("ready_at", UtcDateTime),
    sa.Column("decided_by", sa.String(64)),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("original_gone_at", UtcDateTime),
    # Counts changes of what is to be shown: sizes that were made meanwhile from an older state are thrown away.
    sa.Column("revision", sa.Integer, nullable=False, default=1),
    sa.UniqueConstraint("report_id", "sha256"),
    sa.Index("ix_photo_state_received_at", "state", "received_at"),
    sa.CheckConstraint("role IN ('report', 'addition', 'answer', 'judgement')", name="role"),
    sa.CheckConstraint("state IN ('received', 'ready', 'failed', 'released', 'hidden')", name="state"),
)
