"""Patrols: points to tick off, what was done at them, and the cases that came of it."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "patrol_point",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(22), nullable=False),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("look", sa.String(400), nullable=False),
        sa.Column("rhythm", sa.String(10), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("rhythm IN ('day', 'workday', 'week', 'month')", name=op.f("ck_patrol_point_rhythm")),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_patrol_point_whole")),
        sa.UniqueConstraint("key", name=op.f("uq_patrol_point_key")),
    )
    op.create_index(op.f("ix_patrol_point_place_code"), "patrol_point", ["place_code"])
    op.create_table(
        "patrol_visit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("point_id", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("acts", Json, nullable=False),
        sa.Column("words", sa.Text),
        sa.ForeignKeyConstraint(["point_id"], ["patrol_point.id"], name=op.f("fk_patrol_visit_point_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_patrol_visit_person_id")),
        sa.UniqueConstraint("point_id", "day", "person_id", name=op.f("uq_patrol_visit_point_id_day_person_id")),
    )
    op.create_index(op.f("ix_patrol_visit_person_id"), "patrol_visit", ["person_id"])
    op.create_table(
        "patrol_finding",
        sa.Column("report_id", sa.Integer, nullable=False),
        sa.Column("visit_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_patrol_finding_report_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["patrol_visit.id"], name=op.f("fk_patrol_finding_visit_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_patrol_finding")),
    )
    op.create_index(op.f("ix_patrol_finding_visit_id"), "patrol_finding", ["visit_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_patrol_finding_visit_id"), "patrol_finding")
    op.drop_table("patrol_finding")
    op.drop_index(op.f("ix_patrol_visit_person_id"), "patrol_visit")
    op.drop_table("patrol_visit")
    op.drop_index(op.f("ix_patrol_point_place_code"), "patrol_point")
    op.drop_table("patrol_point")
