"""Places, what was true of them when, who followed whom, and the operations that made it so.

The migration adds what SQLAlchemy cannot say for both engines: two versions of one place never overlap in time, what
is known of a version is never overwritten, and no row of these tables is ever deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, Wkb, bbox_columns, metadata
from geoapp.places.versions import KINDS

place_levels = sa.Table(
    "place_level",
    metadata,
    sa.Column("level", sa.String(12), primary_key=True),
    sa.Column("rank", sa.Integer, nullable=False, unique=True),
    sa.Column("title_zh", sa.String(40), nullable=False),
    sa.Column("title_en", sa.String(40), nullable=False),
)

places = sa.Table(
    "place",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(17), nullable=False, unique=True),
    sa.Column("level", sa.ForeignKey("place_level.level"), nullable=False, index=True),
)

operations = sa.Table(
    "place_operation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("on_date", sa.Date, nullable=False),
    #: Codes that it was asked of, for people to read.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    #: Hash of the plan that was adopted and of what was asked with it; empty for the others.
    sa.Column("plan_sha256", sa.String(64), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("withdrawn_by", sa.String(200)),
    sa.Column("withdrawn_at", UtcDateTime),
    sa.CheckConstraint(f"kind IN {KINDS}", name="kind"),
    sa.CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name="withdrawn"),
)

versions = sa.Table(
    "place_version",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("place_id", sa.ForeignKey("place.id"), nullable=False, index=True),
    sa.Column("parent_id", sa.ForeignKey("place.id"), index=True),
    sa.Column("name", sa.String(200), nullable=False, index=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("geom", Wkb),
    *bbox_columns(),
    sa.Column("households", sa.Integer),
    sa.Column("households_basis", sa.String(100), nullable=False),
    sa.Column("households_date", sa.Date),
    sa.Column("people", sa.Integer),
    sa.Column("staff", sa.Integer),
    sa.Column("illustrative", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    #: The operation that opened it, and the one that gave it its end.
    sa.Column("operation_id", sa.ForeignKey("place_operation.id"), nullable=False, index=True),
    sa.Column("closed_by", sa.ForeignKey("place_operation.id"), index=True),
    #: A version of a withdrawn operation stays as a record and holds on no day.
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="period"),
    sa.CheckConstraint("households >= 0 AND people >= 0 AND staff >= 0", name="counts"),
)

successions = sa.Table(
    "place_succession",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("predecessor_id", sa.ForeignKey("place.id"), nullable=False, index=True),
    sa.Column("successor_id", sa.ForeignKey("place.id"), nullable=False, index=True),
    sa.Column("operation_id", sa.ForeignKey("place_operation.id"), nullable=False, index=True),
    sa.Column("share_of_predecessor_inside_successor", sa.Float, nullable=False),
    sa.UniqueConstraint("predecessor_id", "successor_id", "operation_id"),
    sa.CheckConstraint(
        "share_of_predecessor_inside_successor > 0 AND share_of_predecessor_inside_successor <= 1", name="share"
    ),
)
