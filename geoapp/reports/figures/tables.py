"""Call-backs 回访: what those who reported said of the outcome, and which cases are excluded 剔除."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, metadata
from geoapp.reports.personal import WORDS

callbacks = sa.Table(
    "report_callback",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False),
    # hotline (imported) or staff (somebody rang); what is said through a receipt stands with the report.
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # answered, missed 未联系上, excluded 剔除.
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("responded", sa.Boolean),
    sa.Column("solved", sa.Boolean),
    sa.Column("satisfied", sa.Boolean),
    # Why it is excluded, in an official's words or the hotline's.
    sa.Column("reason", sa.String(200), nullable=False, info={"personal": WORDS.key}),
    sa.Column("import_id", sa.ForeignKey("report_import.id"), index=True),
    sa.Column("by", sa.String(64), nullable=False),
    # The one that counts: the hotline's before our own, then the newest.
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.CheckConstraint("source IN ('hotline', 'staff')", name="source"),
    sa.CheckConstraint("state IN ('answered', 'missed', 'excluded')", name="state"),
    sa.Index("ix_report_callback_counting", "report_id", unique=True, sqlite_where=sa.text("counts"),
             postgresql_where=sa.text("counts")),
    sa.Index("ix_report_callback_report_id_at", "report_id", "at"),
)  # fmt: skip
