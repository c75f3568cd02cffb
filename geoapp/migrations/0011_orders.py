"""Imports of reports with their rows, call-backs, hot-spots and ledgers, and an index for closing rates."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime

revision = "0011"
down_revision = "0010"

#: In an order in which each can go.
TABLES = (
    "report_ledger", "report_hotspot", "report_look", "report_callback", "report_set_aside", "report_imported",
    "report_import",
)  # fmt: skip


def upgrade() -> None:
    _imports()
    _callbacks()
    _hotspots()
    op.create_table(
        "report_ledger",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sheet", sa.String(100), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
    )
    op.create_index(op.f("ix_report_ledger_place_code"), "report_ledger", ["place_code"])
    op.create_index(op.f("ix_report_due_at"), "report", ["due_at"])
    called = sa.text("role = 'called'")
    op.create_index(
        op.f("ix_report_assignment_called"),
        "report_assignment",
        ["assigned_at"],
        sqlite_where=called,
        postgresql_where=called,
    )


def _imports() -> None:
    op.create_table(
        "report_import",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("filename", sa.String(300), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
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
        sa.CheckConstraint("kind IN ('history', 'orders', 'callbacks')", name=op.f("ck_report_import_kind")),
        sa.CheckConstraint("rows_in = rows_stored + rows_known + rows_set_aside", name=op.f("ck_report_import_rows")),
    )
    op.create_index(op.f("ix_report_import_origin"), "report_import", ["origin"])
    op.create_table(
        "report_imported",
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), primary_key=True),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("report_import.id"), nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("fields", Json, nullable=False),
    )
    op.create_index(op.f("ix_report_imported_import_id"), "report_imported", ["import_id"])
    op.create_table(
        "report_set_aside",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("report_import.id", ondelete="CASCADE"), nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("number", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("message", sa.String(200), nullable=False),
        sa.Column("remedy", sa.String(200), nullable=False),
    )
    op.create_index(op.f("ix_report_set_aside_import_id"), "report_set_aside", ["import_id"])


def _callbacks() -> None:
    op.create_table(
        "report_callback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("responded", sa.Boolean),
        sa.Column("solved", sa.Boolean),
        sa.Column("satisfied", sa.Boolean),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("import_id", sa.Integer, sa.ForeignKey("report_import.id")),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.CheckConstraint("source IN ('hotline', 'staff')", name=op.f("ck_report_callback_source")),
        sa.CheckConstraint("state IN ('answered', 'missed', 'excluded')", name=op.f("ck_report_callback_state")),
    )
    op.create_index(
        op.f("ix_report_callback_counting"),
        "report_callback",
        ["report_id"],
        unique=True,
        sqlite_where=sa.text("counts"),
        postgresql_where=sa.text("counts"),
    )
    op.create_index(op.f("ix_report_callback_import_id"), "report_callback", ["import_id"])
    op.create_index(op.f("ix_report_callback_report_id_at"), "report_callback", ["report_id", "at"])


def _hotspots() -> None:
    op.create_table(
        "report_look",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("method IN ('repeats', 'clusters', 'trends')", name=op.f("ck_report_look_method")),
        sa.UniqueConstraint("place_code", "method", "day"),
    )
    op.create_table(
        "report_hotspot",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("look_id", sa.Integer, sa.ForeignKey("report_look.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("radius_m", sa.Float, nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("observed", sa.Integer, nullable=False),
        sa.Column("expected", sa.Float),
        sa.Column("p", sa.Float),
        sa.Column("details", Json, nullable=False),
        sa.Column("members", Json, nullable=False),
    )
    op.create_index(op.f("ix_report_hotspot_look_id"), "report_hotspot", ["look_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_assignment_called"), "report_assignment")
    op.drop_index(op.f("ix_report_due_at"), "report")
    for table in TABLES:
        op.drop_table(table)
