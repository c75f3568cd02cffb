"""Photographs of reports: what is known of each, under which names its original and its sizes lie."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("text_id", sa.Integer, sa.ForeignKey("report_text.id")),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("n_bytes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("original", sa.String(80)),
        sa.Column("name", sa.String(32), unique=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("shapes", Json, nullable=False),
        sa.Column("painted_by", sa.String(64)),
        sa.Column("painted_at", UtcDateTime),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("taken_at", UtcDateTime),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("ready_at", UtcDateTime),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("original_gone_at", UtcDateTime),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.CheckConstraint("role IN ('report', 'addition', 'answer', 'judgement')", name=op.f("ck_photo_role")),
        sa.CheckConstraint(
            "state IN ('received', 'ready', 'failed', 'released', 'hidden')", name=op.f("ck_photo_state")
        ),
        sa.UniqueConstraint("report_id", "sha256"),
    )
    op.create_index(op.f("ix_photo_state_received_at"), "photo", ["state", "received_at"])
    op.create_index(op.f("ix_photo_received_at"), "photo", ["received_at"])


def downgrade() -> None:
    op.drop_table("photo")
