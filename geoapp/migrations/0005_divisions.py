"""Divisions, their plans and hand-overs."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "division",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("on_date", sa.Date, nullable=False),
        sa.Column("wish", Json, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.Column("ground", sa.LargeBinary),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("inputs_sha256", sa.String(64), nullable=False),
        sa.Column("indicators", Json, nullable=False),
        sa.Column("code_version", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'ready', 'none')", name=op.f("ck_division_state")),
    )
    op.create_index(op.f("ix_division_place_code"), "division", ["place_code"])
    op.create_table(
        "division_plan",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("division_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("based_on", sa.Integer),
        sa.Column("part_of", Json, nullable=False),
        sa.Column("part_names", Json, nullable=False),
        sa.Column("proof", Json, nullable=False),
        sa.Column("certificate", Json),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_id"], ["division.id"], ondelete="CASCADE", name=op.f("fk_division_plan_division_id")
        ),
        sa.UniqueConstraint("division_id", "number", name=op.f("uq_division_plan_division_id_number")),
    )
    op.create_table(
        "division_step",
        sa.Column("plan_id", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("units", Json, nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["division_plan.id"], ondelete="CASCADE", name=op.f("fk_division_step_plan_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("division_step")
    op.drop_table("division_plan")
    op.drop_index(op.f("ix_division_place_code"), "division")
    op.drop_table("division")
