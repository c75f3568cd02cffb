"""The five levels and their history."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime, Wkb, bbox_columns, create_spatial_index, drop_spatial_index

revision = "0003"
down_revision = "0002"

TABLES = ("place", "place_operation", "place_version", "place_succession")
LEVELS = (
    ("district", 0, "区", "district"),
    ("subdistrict", 1, "街道", "subdistrict"),
    ("community", 2, "社区", "community"),
    ("grid", 3, "网格", "grid"),
    ("courtyard", 4, "小院", "courtyard"),
)
KINDS = "kind IN ('load', 'split', 'merge', 'new', 'abolish', 'shift', 'rename')"
SHARE = "share_of_predecessor_inside_successor"
# What is known of a version. Unknown may become known; known never becomes something else.
FACTS = ("name", "geom", "households", "households_date", "people", "staff")
FIXED = ("id", "place_id", "parent_id", "valid_from", "operation_id")


def upgrade() -> None:
    create_tables()
    bind = op.get_bind()
    create_spatial_index(bind, "place_version")
    (guard_postgresql if bind.dialect.name == "postgresql" else guard_sqlite)(bind)


def downgrade() -> None:
    bind = op.get_bind()
    drop_spatial_index(bind, "place_version")
    for table in ("place_succession", "place_version", "place_operation", "place", "place_level"):
        op.drop_table(table)
    if bind.dialect.name == "postgresql":
        bind.exec_driver_sql("DROP FUNCTION place_refuse_delete(), place_version_refuse_overwrite()")


def create_tables() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for extension in ("postgis", "btree_gist"):
            op.get_bind().exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    levels = op.create_table(
        "place_level",
        sa.Column("level", sa.String(12), primary_key=True),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("title_zh", sa.String(40), nullable=False),
        sa.Column("title_en", sa.String(40), nullable=False),
        sa.UniqueConstraint("rank"),
    )
    op.bulk_insert(levels, [dict(zip(("level", "rank", "title_zh", "title_en"), row, strict=True)) for row in LEVELS])
    op.create_table(
        "place",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(17), nullable=False),
        sa.Column("level", sa.String(12), sa.ForeignKey("place_level.level"), nullable=False, index=True),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "place_operation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("on_date", sa.Date, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("plan_sha256", sa.String(64), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("withdrawn_by", sa.String(200)),
        sa.Column("withdrawn_at", UtcDateTime),
        sa.CheckConstraint(KINDS, name=op.f("ck_place_operation_kind")),
        sa.CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name=op.f("ck_place_operation_withdrawn")
        ),
    )
    op.create_table(
        "place_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("place_id", sa.Integer, sa.ForeignKey("place.id"), nullable=False, index=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("place.id"), index=True),
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
        sa.Column("operation_id", sa.Integer, sa.ForeignKey("place_operation.id"), nullable=False, index=True),
        sa.Column("closed_by", sa.Integer, sa.ForeignKey("place_operation.id"), index=True),
        sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_place_version_period")),
        sa.CheckConstraint("households >= 0 AND people >= 0 AND staff >= 0", name=op.f("ck_place_version_counts")),
    )
    op.create_table(
        "place_succession",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("predecessor_id", sa.Integer, sa.ForeignKey("place.id"), nullable=False, index=True),
        sa.Column("successor_id", sa.Integer, sa.ForeignKey("place.id"), nullable=False, index=True),
        sa.Column("operation_id", sa.Integer, sa.ForeignKey("place_operation.id"), nullable=False, index=True),
        sa.Column(SHARE, sa.Float, nullable=False),
        sa.UniqueConstraint("predecessor_id", "successor_id", "operation_id"),
        sa.CheckConstraint(f"{SHARE} > 0 AND {SHARE} <= 1", name=op.f("ck_place_succession_share")),
    )


def guard_sqlite(bind: sa.Connection) -> None:
    """Triggers are checked at each statement, so a change closes the old version before it opens the new one."""
    clash = (
        "EXISTS (SELECT 1 FROM place_version v WHERE v.place_id = new.place_id AND v.id IS NOT new.id "
        "AND NOT v.withdrawn AND (v.valid_to IS NULL OR v.valid_to > new.valid_from) "
        "AND (new.valid_to IS NULL OR new.valid_to > v.valid_from))"
    )
    # For an integer key SQLite gives new.id = -1 before an insert without one: no row has that id.
    for name, event in (("insert", "INSERT"), ("update", "UPDATE OF place_id, valid_from, valid_to, withdrawn")):
        bind.exec_driver_sql(
            f"CREATE TRIGGER place_version_no_overlap_{name} BEFORE {event} ON place_version "
            f"WHEN NOT new.withdrawn AND {clash} "
            "BEGIN SELECT RAISE(ABORT, 'two versions of one place overlap in time'); END"
        )
    changed = [f"(old.{c} IS NOT NULL AND new.{c} IS NOT old.{c})" for c in FACTS]
    changed += [f"new.{c} IS NOT old.{c}" for c in FIXED] + ["(old.withdrawn AND NOT new.withdrawn)"]
    bind.exec_driver_sql(
        f"CREATE TRIGGER place_version_refuse_overwrite BEFORE UPDATE ON place_version WHEN {' OR '.join(changed)} "
        "BEGIN SELECT RAISE(ABORT, 'a known fact of a version is never overwritten'); END"
    )
    for table in TABLES:
        bind.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'places and their history are never deleted'); END"
        )


def guard_postgresql(bind: sa.Connection) -> None:
    bind.exec_driver_sql(
        "ALTER TABLE place_version ADD CONSTRAINT ex_place_version_no_overlap EXCLUDE USING gist "
        "(place_id WITH =, daterange(valid_from, valid_to, '[)') WITH &&) WHERE (NOT withdrawn)"
    )
    changed = [f"(old.{c} IS NOT NULL AND new.{c} IS DISTINCT FROM old.{c})" for c in FACTS]
    changed += [f"new.{c} IS DISTINCT FROM old.{c}" for c in FIXED] + ["(old.withdrawn AND NOT new.withdrawn)"]
    bind.exec_driver_sql(
        "CREATE FUNCTION place_version_refuse_overwrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {' OR '.join(changed)} THEN RAISE EXCEPTION 'a known fact of a version is never overwritten' "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN new; END $$"
    )
    bind.exec_driver_sql(
        "CREATE TRIGGER place_version_refuse_overwrite BEFORE UPDATE ON place_version "
        "FOR EACH ROW EXECUTE FUNCTION place_version_refuse_overwrite()"
    )
    bind.exec_driver_sql(
        "CREATE FUNCTION place_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'places and their history are never deleted' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in TABLES:
        bind.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION place_refuse_delete()"
        )
