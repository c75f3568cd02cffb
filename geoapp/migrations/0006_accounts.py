"""People, bodies, grants, sessions, invitations, throttles and the audit that nobody may change."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime

revision = "0006"
down_revision = "0005"

TABLES = (
    "personal_key",
    "audit_entry",
    "throttle",
    "recovery_code",
    "invitation",
    "session",
    "grant_",
    "membership",
    "body",
    "person",
)


def upgrade() -> None:
    _people()
    _rights()
    _sessions()
    _audit()


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("login", sa.String(120)),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("phone", sa.String(40)),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("totp_secret", sa.String(64)),
        sa.Column("totp_last_step", sa.BigInteger, nullable=False),
        sa.Column("issuer", sa.String(255)),
        sa.Column("subject", sa.String(255)),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("erased_at", UtcDateTime),
        sa.UniqueConstraint("key", name=op.f("uq_person_key")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_issuer_subject")),
    )
    op.create_table(
        "body",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("place_path", sa.String(120), nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.UniqueConstraint("key", name=op.f("uq_body_key")),
    )


def _rights() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("body_id", sa.Integer, sa.ForeignKey("body.id"), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"])
    op.create_index(op.f("ix_membership_body_id"), "membership", ["body_id"])
    op.create_table(
        "grant_",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("body_id", sa.Integer, sa.ForeignKey("body.id")),
        sa.Column("rank", sa.String(20), nullable=False),
        sa.Column("place_path", sa.String(120), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("granted_by", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("(person_id IS NULL) <> (body_id IS NULL)", name=op.f("ck_grant__one_holder")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_grant__dates")),
    )
    for column in ("person_id", "body_id", "place_path"):
        op.create_index(op.f(f"ix_grant__{column}"), "grant_", [column])


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("idle_s", sa.Integer, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("second_factor", sa.Boolean, nullable=False),
        sa.Column("agent", sa.String(120), nullable=False),
        sa.Column("renew", sa.Boolean, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.UniqueConstraint("key", name=op.f("uq_session_key")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"])
    op.create_table(
        "invitation",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_sha256", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("used_at", UtcDateTime),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"])
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("place_path", sa.String(120), nullable=False),
        sa.Column("values_json", sa.Text, nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index(op.f("ix_audit_entry_place_path"), "audit_entry", ["place_path"])
    op.create_table(
        "personal_key",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    _make_append_only()


def _make_append_only() -> None:
    words = "the audit is append-only"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{event.lower()} BEFORE {event} ON audit_entry "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        op.execute("DROP FUNCTION audit_refuse")
    for table in TABLES:
        op.drop_table(table)
