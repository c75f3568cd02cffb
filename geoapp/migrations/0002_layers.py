"""Layers, their imports and features, rows set aside, taps."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime, Wkb, bbox_columns, create_spatial_index, drop_spatial_index

revision = "0002"
down_revision = "0001"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _owner(column: str, table: str) -> sa.Column[Any]:
    return sa.Column(column, sa.Integer, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "layer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("date", sa.String(40), nullable=False),
        sa.Column("datum", sa.String(200), nullable=False),
        sa.Column("style", Json, nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False),
        sa.Column("illustrative", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("key", name=op.f("uq_layer_key")),
        sa.CheckConstraint("visibility IN ('public', 'internal')", name=op.f("ck_layer_visibility")),
    )
    op.create_table(
        "layer_import",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("layer_id", "layer"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("filename", sa.String(300), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("replaced_by", sa.Integer),
        sa.Column("undone_at", UtcDateTime),
        sa.Column("entry_before", Json),
        sa.Column("report", Json, nullable=False),
        sa.Column("imported_at", UtcDateTime, nullable=False),
        sa.Column("imported_by", sa.String(100), nullable=False),
    )
    op.create_table(
        "feature",
        sa.Column("id", RowId, primary_key=True),
        _owner("layer_id", "layer"),
        _owner("import_id", "layer_import"),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("props", Json, nullable=False),
        sa.Column("geom", Wkb),
        *bbox_columns(),
    )
    op.create_table(
        "set_aside",
        sa.Column("id", RowId, primary_key=True),
        _owner("import_id", "layer_import"),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
    )
    op.create_table(
        "tap",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("layer_key", sa.String(80), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("tapped_at", UtcDateTime, nullable=False),
        sa.Column("tapped_by", sa.String(100), nullable=False),
        sa.UniqueConstraint("layer_key", "name", name=op.f("uq_tap_layer_key_name")),
    )
    for table, column in (
        ("layer_import", "layer_id"),
        ("layer_import", "sha256"),
        ("feature", "layer_id"),
        ("feature", "import_id"),
        ("feature", "code"),
        ("set_aside", "import_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    create_spatial_index(op.get_bind(), "feature")


def downgrade() -> None:
    drop_spatial_index(op.get_bind(), "feature")
    for table in ("tap", "set_aside", "feature", "layer_import", "layer"):
        op.drop_table(table)
