"""Links that let an outside handler without an account answer one case."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, metadata

links = sa.Table(
    "report_link",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Names the link to officials, and signed it is the link itself.
    sa.Column("key", sa.String(22), nullable=False, unique=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("assignment_id", sa.ForeignKey("report_assignment.id"), nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Column("answered_at", UtcDateTime),
)
