"""Divisions that were asked for, the plans that came of them, and every hand-over that a planner made."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata

divisions = sa.Table(
    "division",
    metadata,
    # Not guessable, as a job's: the address is what its sender shares.
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("place_code", sa.String(17), nullable=False, index=True),
    sa.Column("place", Json, nullable=False),
    sa.Column("on_date", sa.Date, nullable=False),
    sa.Column("wish", Json, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("job_id", sa.String(32)),
    # Units, neighbours, counts and what is drawn around them, as they were when the division was computed.
    sa.Column("ground", sa.LargeBinary),
    sa.Column("inputs", Json, nullable=False),
    sa.Column("inputs_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("indicators", Json, nullable=False),
    sa.Column("code_version", sa.String(40), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.CheckConstraint("state IN ('asked', 'ready', 'none')", name="state"),
)

plans = sa.Table(
    "division_plan",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("division_id", sa.ForeignKey("division.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("profile", sa.String(40), nullable=False),
    sa.Column("based_on", sa.Integer),
    sa.Column("part_of", Json, nullable=False),
    sa.Column("part_names", Json, nullable=False),
    sa.Column("proof", Json, nullable=False),
    sa.Column("certificate", Json),
    # Hand-overs in force; those after it were undone and can be done again.
    sa.Column("position", sa.Integer, nullable=False, default=0),
    sa.Column("revision", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(100), nullable=False),
    sa.UniqueConstraint("division_id", "number"),
)

steps = sa.Table(
    "division_step",
    metadata,
    sa.Column("plan_id", sa.ForeignKey("division_plan.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("units", Json, nullable=False),
    sa.Column("before", Json, nullable=False),
    sa.Column("after", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
)
