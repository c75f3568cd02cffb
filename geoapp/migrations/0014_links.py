"""Links for outside handlers without an account."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "report_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(22), nullable=False),
        sa.Column("report_id", sa.Integer, nullable=False),
        sa.Column("assignment_id", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("answered_at", UtcDateTime),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_link_report_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["report_assignment.id"], name=op.f("fk_report_link_assignment_id")),
        sa.UniqueConstraint("key", name=op.f("uq_report_link_key")),
    )
    op.create_index(op.f("ix_report_link_report_id"), "report_link", ["report_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_link_report_id"), "report_link")
    op.drop_table("report_link")
