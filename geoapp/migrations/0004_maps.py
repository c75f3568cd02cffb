"""Which file stands for which state of a layer, and the keys of live points."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "published",
        sa.Column("subject", sa.String(120), primary_key=True),
        sa.Column("stamp", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("published_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "map_point",
        sa.Column("feature_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("layer_id", sa.Integer, nullable=False),
        sa.Column("morton", sa.BigInteger, nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
    )
    op.create_index(op.f("ix_map_point_layer_id_morton"), "map_point", ["layer_id", "morton"])


def downgrade() -> None:
    op.drop_table("map_point")
    op.drop_table("published")
