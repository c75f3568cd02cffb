"""Rows of the layers part: layers, what was imported into them, their features, and the rows not stored 未入库."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, Wkb, bbox_columns, metadata

#: SQLite numbers rows by itself only in a column of exactly this type.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

layer = sa.Table(
    "layer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(80), nullable=False, unique=True),
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
    # Grows with every change of the features: what was drawn from an older one is stale.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("visibility IN ('public', 'internal')", name="visibility"),
)

layer_import = sa.Table(
    "layer_import",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("layer_id", sa.ForeignKey("layer.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("filename", sa.String(300), nullable=False),
    sa.Column("options", Json, nullable=False),
    sa.Column("mode", sa.String(10), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    # The import that took this one's place; undoing that one brings this one back.
    sa.Column("replaced_by", sa.Integer, nullable=True),
    sa.Column("undone_at", UtcDateTime, nullable=True),
    # What the layer's own entry was before, and null when this import made the layer.
    sa.Column("entry_before", Json, nullable=True),
    sa.Column("report", Json, nullable=False),
    sa.Column("imported_at", UtcDateTime, nullable=False),
    sa.Column("imported_by", sa.String(100), nullable=False),
)

feature = sa.Table(
    "feature",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("layer_id", sa.ForeignKey("layer.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("import_id", sa.ForeignKey("layer_import.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("code", sa.String(80), nullable=False, index=True),
    sa.Column("name", sa.String(300), nullable=False),
    sa.Column("props", Json, nullable=False),
    sa.Column("geom", Wkb, nullable=True),
    *bbox_columns(),
)

set_aside = sa.Table(
    "set_aside",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("import_id", sa.ForeignKey("layer_import.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("row_no", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
)

#: Where a person tapped to say "here it is": kept by normalised name, so that the next roster finds it again.
tap = sa.Table(
    "tap",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    # The key and not the number: a layer that was undone or removed and comes again finds its taps again.
    sa.Column("layer_key", sa.String(80), nullable=False),
    sa.Column("name", sa.String(300), nullable=False),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Column("tapped_at", UtcDateTime, nullable=False),
    sa.Column("tapped_by", sa.String(100), nullable=False),
    sa.UniqueConstraint("layer_key", "name"),
)
