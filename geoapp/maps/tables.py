"""Rows of the maps part: which file stands for which state of a source, and the keys of live points."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, metadata

published = sa.Table(
    "published",
    metadata,
    # Key of a source, or that key and "~labels".
    sa.Column("subject", sa.String(120), primary_key=True),
    # The state of the source that the file was made from; another one means that the file is stale.
    sa.Column("stamp", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
)

map_point = sa.Table(
    "map_point",
    metadata,
    sa.Column("feature_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("layer_id", sa.Integer, nullable=False),
    sa.Column("morton", sa.BigInteger, nullable=False),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Index("ix_map_point_layer_id_morton", "layer_id", "morton"),
)
