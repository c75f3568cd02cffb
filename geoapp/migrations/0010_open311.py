"""Keys of Open311 clients, and which report came through which."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "open311_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.UniqueConstraint("name", name=op.f("uq_open311_key_name")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_open311_key_secret_sha256")),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_open311_key_per_minute")),
    )
    op.create_table(
        "open311_filing",
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), primary_key=True),
        sa.Column("key_id", sa.Integer, sa.ForeignKey("open311_key.id"), nullable=False),
        sa.Column("token", sa.String(32)),
        sa.Column("filed_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("token", name=op.f("uq_open311_filing_token")),
    )
    op.create_index(op.f("ix_open311_filing_key_id"), "open311_filing", ["key_id"])


def downgrade() -> None:
    op.drop_table("open311_filing")
    op.drop_table("open311_key")
