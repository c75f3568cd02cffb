"""Reports with a timeline that nobody may change, their texts, handlers, contact data, door codes and notices."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import Json, UtcDateTime, Wkb, bbox_columns, create_spatial_index, drop_spatial_index

revision = "0007"
down_revision = "0006"

TABLES = (
    "notice",
    "report_contact_key",
    "report_contact",
    "report_follower",
    "report_sending",
    "report_service",
    "report_bulk",
    "report_request",
    "report_assignment",
    "report_event",
    "report_text",
    "report",
    "door",
)
WORDS = "the timeline of reports is append-only"


def upgrade() -> None:
    _reports()
    _timeline()
    _work()
    _people()
    create_spatial_index(op.get_bind(), "report")
    _make_append_only()


def _reports() -> None:
    op.create_table(
        "door",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(22), nullable=False, unique=True),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("compound", sa.String(120), nullable=False),
        sa.Column("building", sa.String(120), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("managed", sa.Boolean),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
    op.create_index(op.f("ix_door_place_code"), "door", ["place_code"])
    op.create_table(
        "report",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("number", sa.String(9), nullable=False, unique=True),
        sa.Column("secret_sha256", sa.String(64), unique=True),
        sa.Column("matter", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("urgency", sa.String(10), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("origin_number", sa.String(120)),
        sa.Column("geom", Wkb),
        *bbox_columns(),
        sa.Column("evidence", sa.String(10), nullable=False),
        sa.Column("datum", sa.String(12), nullable=False),
        sa.Column("accuracy_m", sa.Float),
        sa.Column("near_border", sa.Boolean, nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("door_id", sa.Integer, sa.ForeignKey("door.id")),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("duty_code", sa.String(17), nullable=False),
        sa.Column("duty_body_id", sa.Integer, sa.ForeignKey("body.id")),
        sa.Column("route", sa.String(400), nullable=False),
        sa.Column("reported_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("answered_by", sa.String(64)),
        sa.Column("verified_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("due_at", UtcDateTime),
        sa.Column("near_at", UtcDateTime),
        sa.Column("term", sa.String(12), nullable=False),
        sa.Column("paused_at", UtcDateTime),
        sa.Column("remaining_s", sa.Float),
        sa.Column("reopened", sa.Integer, nullable=False),
        sa.Column("raised", sa.Integer, nullable=False),
        sa.Column("raised_due", UtcDateTime),
        sa.Column("reminded_due", UtcDateTime),
        sa.Column("me_too", sa.Integer, nullable=False),
        sa.Column("merged_into", sa.Integer, sa.ForeignKey("report.id")),
        sa.Column("merged_stage", sa.String(10)),
        sa.Column("solved", sa.Boolean),
        sa.Column("satisfied", sa.Boolean),
        sa.Column("judged_at", UtcDateTime),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("sender_sha256", sa.String(64)),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("illustrative", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "stage <> 'evaluate' OR (outcome IS NOT NULL AND closed_at IS NOT NULL)", name=op.f("ck_report_closed")
        ),
        sa.CheckConstraint("(stage = 'hung') = (paused_at IS NOT NULL)", name=op.f("ck_report_hung")),
        sa.CheckConstraint("matter IN ('problem', 'proposal')", name=op.f("ck_report_matter")),
        sa.CheckConstraint("(stage = 'merged') = (merged_into IS NOT NULL)", name=op.f("ck_report_merged")),
        sa.CheckConstraint(
            "stage IN ('collect', 'file', 'dispatch', 'handle', 'feedback', 'verify', 'evaluate', 'hung', 'merged', "
            "'withdrawn')",
            name=op.f("ck_report_stage"),
        ),
        sa.UniqueConstraint("origin", "origin_number"),
    )
    op.create_index(op.f("ix_report_closed_at"), "report", ["closed_at"])
    op.create_index(op.f("ix_report_door_id"), "report", ["door_id"])
    op.create_index(op.f("ix_report_duty_code_stage_due_at"), "report", ["duty_code", "stage", "due_at"])
    op.create_index(op.f("ix_report_kind_reported_at"), "report", ["kind", "reported_at"])
    op.create_index(op.f("ix_report_merged_into"), "report", ["merged_into"])
    op.create_index(op.f("ix_report_person_id"), "report", ["person_id"])
    op.create_index(op.f("ix_report_place_code_reported_at"), "report", ["place_code", "reported_at"])
    op.create_index(op.f("ix_report_reported_at"), "report", ["reported_at"])
    op.create_index(op.f("ix_report_stage_due_at"), "report", ["stage", "due_at"])


def _timeline() -> None:
    op.create_table(
        "report_text",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("shown", sa.Text),
        sa.Column("audience", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", UtcDateTime),
        sa.CheckConstraint("audience IN ('public', 'internal')", name=op.f("ck_report_text_audience")),
        sa.CheckConstraint(
            "role IN ('report', 'addition', 'answer', 'reason', 'note', 'judgement')", name=op.f("ck_report_text_role")
        ),
        sa.CheckConstraint("state IN ('held', 'released', 'hidden')", name=op.f("ck_report_text_state")),
    )
    op.create_index(
        op.f("ix_report_text_held"),
        "report_text",
        ["report_id"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(op.f("ix_report_text_report_id"), "report_text", ["report_id"])
    op.create_table(
        "report_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("from_stage", sa.String(10), nullable=False),
        sa.Column("to_stage", sa.String(10), nullable=False),
        sa.Column("duty_code", sa.String(17), nullable=False),
        sa.Column("text_id", sa.Integer, sa.ForeignKey("report_text.id")),
        sa.Column("data", Json, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index(op.f("ix_report_event_at"), "report_event", ["at"])
    op.create_index(op.f("ix_report_event_report_id"), "report_event", ["report_id"])


def _work() -> None:
    op.create_table(
        "report_assignment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("role", sa.String(6), nullable=False),
        sa.Column("body_id", sa.Integer, sa.ForeignKey("body.id")),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("place_code", sa.String(17), nullable=False),
        sa.Column("assigned_by", sa.String(64), nullable=False),
        sa.Column("assigned_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("arrived_at", UtcDateTime),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("text_id", sa.Integer, sa.ForeignKey("report_text.id")),
        sa.CheckConstraint("role IN ('lead', 'joint', 'called')", name=op.f("ck_report_assignment_role")),
        sa.CheckConstraint(
            "body_id IS NOT NULL OR person_id IS NOT NULL OR place_code <> ''",
            name=op.f("ck_report_assignment_somebody"),
        ),
    )
    op.create_index(op.f("ix_report_assignment_body_id"), "report_assignment", ["body_id"])
    op.create_index(op.f("ix_report_assignment_person_id"), "report_assignment", ["person_id"])
    op.create_index(op.f("ix_report_assignment_report_id"), "report_assignment", ["report_id"])
    op.create_table(
        "report_request",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("text_id", sa.Integer, sa.ForeignKey("report_text.id"), nullable=False),
        sa.Column("until", UtcDateTime),
        sa.Column("term", sa.String(12), nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("approved", sa.Boolean),
        sa.Column("decision_text_id", sa.Integer, sa.ForeignKey("report_text.id")),
        sa.CheckConstraint("kind IN ('extension', 'hang')", name=op.f("ck_report_request_kind")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_report_request_second_person")
        ),
    )
    op.create_index(
        op.f("ix_report_request_open"),
        "report_request",
        ["report_id"],
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(op.f("ix_report_request_report_id"), "report_request", ["report_id"])
    op.create_table(
        "report_bulk",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("undone_at", UtcDateTime),
    )
    op.create_table(
        "report_service",
        sa.Column("place_code", sa.String(9), primary_key=True),
        sa.Column("mode", sa.String(6), nullable=False),
        sa.Column("original_days", sa.Integer, nullable=False),
        sa.Column("updated_by", sa.String(64), nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("mode IN ('pilot', 'rising')", name=op.f("ck_report_service_mode")),
        sa.CheckConstraint("original_days BETWEEN 1 AND 3650", name=op.f("ck_report_service_original_days")),
    )


def _people() -> None:
    op.create_table(
        "report_sending",
        sa.Column("key_sha256", sa.String(64), primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index(op.f("ix_report_sending_report_id"), "report_sending", ["report_id"])
    op.create_table(
        "report_follower",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("me_too", sa.Boolean, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("secret_sha256", sa.String(64), unique=True),
        sa.Column("device_sha256", sa.String(64)),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.CheckConstraint("channel IN ('none', 'app', 'email', 'message')", name=op.f("ck_report_follower_channel")),
        sa.UniqueConstraint("report_id", "device_sha256"),
    )
    op.create_index(op.f("ix_report_follower_person_id"), "report_follower", ["person_id"])
    op.create_index(op.f("ix_report_follower_report_id"), "report_follower", ["report_id"])
    op.create_table(
        "report_contact",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("follower_id", sa.Integer, sa.ForeignKey("report_follower.id")),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("wants_call", sa.Boolean, nullable=False),
        sa.Column("kept_until", UtcDateTime),
        sa.Column("erased_at", UtcDateTime),
    )
    op.create_index(op.f("ix_report_contact_follower_id"), "report_contact", ["follower_id"])
    op.create_index(op.f("ix_report_contact_kept_until"), "report_contact", ["kept_until"])
    op.create_index(op.f("ix_report_contact_report_id"), "report_contact", ["report_id"])
    op.create_table(
        "report_contact_key",
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("report_contact.id"), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("event_id", sa.Integer, sa.ForeignKey("report_event.id")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime),
        sa.UniqueConstraint("person_id", "event_id", "kind"),
    )
    op.create_index(op.f("ix_notice_person_id_seen_at"), "notice", ["person_id", "seen_at"])
    op.create_index(op.f("ix_notice_report_id"), "notice", ["report_id"])


def _make_append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION report_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER report_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON report_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION report_event_refuse()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER report_event_no_{event.lower()} BEFORE {event} ON report_event "
            f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )


def downgrade() -> None:
    bind = op.get_bind()
    drop_spatial_index(bind, "report")
    if bind.dialect.name == "postgresql":
        op.execute("DROP TRIGGER report_event_append_only ON report_event")
        op.execute("DROP FUNCTION report_event_refuse")
    for table in TABLES:
        op.drop_table(table)
