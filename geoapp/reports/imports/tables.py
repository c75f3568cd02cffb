"""What was brought in from other systems: batches, which report came from which row, and the rows set aside 未入库."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata

imports = sa.Table(
    "report_import",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    # history (a mapping file), orders (a table of 12345) or callbacks.
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("origin", sa.String(40), nullable=False, index=True),
    sa.Column("filename", sa.String(300), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    # The mapping as it was, so that a figure can be traced to how its rows were read.
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("rows_in", sa.Integer, nullable=False),
    sa.Column("rows_stored", sa.Integer, nullable=False),
    sa.Column("rows_known", sa.Integer, nullable=False),
    sa.Column("rows_set_aside", sa.Integer, nullable=False),
    sa.Column("summary", Json, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("undone_by", sa.String(64)),
    sa.Column("undone_at", UtcDateTime),
    sa.CheckConstraint("kind IN ('history', 'orders', 'callbacks')", name="kind"),
    sa.CheckConstraint("rows_in = rows_stored + rows_known + rows_set_aside", name="rows"),
)

imported = sa.Table(
    "report_imported",
    metadata,
    sa.Column("report_id", sa.ForeignKey("report.id"), primary_key=True),
    sa.Column("import_id", sa.ForeignKey("report_import.id"), nullable=False, index=True),
    sa.Column("row_no", sa.Integer, nullable=False),
    # What the other system called it: state, kind, place; nothing personal.
    sa.Column("fields", Json, nullable=False),
)

rows_set_aside = sa.Table(
    "report_set_aside",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("import_id", sa.ForeignKey("report_import.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("number", sa.String(120), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("message", sa.String(200), nullable=False),
    sa.Column("remedy", sa.String(200), nullable=False),
)
