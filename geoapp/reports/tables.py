"""Reports, their timeline, texts, handlers, senders' contact data, door codes and notices.

The migration adds what SQLAlchemy cannot say for both engines: the timeline refuses UPDATE and DELETE. It therefore
holds no free words: those stand in ``report_text``, where they can be hidden, shortened and taken back.
"""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, Wkb, bbox_columns, metadata
from geoapp.reports.personal import ADDRESS, CONTACT, MARK, WORDS

reports = sa.Table(
    "report",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # In officials' addresses: not guessable, says nothing of how many reports there are.
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    # 受理编号, for people to say and to write; it opens nothing.
    sa.Column("number", sa.String(9), nullable=False, unique=True),
    # SHA-256 of the receipt's code: a copy of the database opens no receipt.
    sa.Column("secret_sha256", sa.String(64), unique=True),
    sa.Column("matter", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("urgency", sa.String(10), nullable=False),
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("channel", sa.String(10), nullable=False),
    # Where it came from, and its number there: an order or a row of an import is stored once.
    sa.Column("origin", sa.String(40), nullable=False),
    sa.Column("origin_number", sa.String(120)),
    sa.Column("geom", Wkb),
    *bbox_columns(),
    sa.Column("evidence", sa.String(10), nullable=False),
    sa.Column("datum", sa.String(12), nullable=False),
    sa.Column("accuracy_m", sa.Float),
    sa.Column("near_border", sa.Boolean, nullable=False),
    sa.Column("address", sa.String(200), nullable=False, info={"personal": ADDRESS.key}),
    sa.Column("door_id", sa.ForeignKey("door.id"), index=True),
    # Deepest place that holds it (empty: none does), and the place that has to act now.
    sa.Column("place_code", sa.String(17), nullable=False),
    sa.Column("duty_code", sa.String(17), nullable=False),
    sa.Column("duty_body_id", sa.ForeignKey("body.id")),
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
    # While it hangs: since when the clock stands, and how much of the term is left.
    sa.Column("paused_at", UtcDateTime),
    sa.Column("remaining_s", sa.Float),
    sa.Column("reopened", sa.Integer, nullable=False, default=0),
    sa.Column("raised", sa.Integer, nullable=False, default=0),
    # The term for which it was raised last: the same one never raises it twice.
    sa.Column("raised_due", UtcDateTime),
    sa.Column("reminded_due", UtcDateTime),
    sa.Column("me_too", sa.Integer, nullable=False, default=0),
    sa.Column("merged_into", sa.ForeignKey("report.id"), index=True),
    sa.Column("merged_stage", sa.String(10)),
    sa.Column("solved", sa.Boolean),
    sa.Column("satisfied", sa.Boolean),
    sa.Column("judged_at", UtcDateTime),
    sa.Column("hidden", sa.Boolean, nullable=False, default=False),
    # Whose turn it is in the queue of what waits for release; emptied with the contact data.
    sa.Column("sender_sha256", sa.String(64), info={"personal": MARK.key}),
    sa.Column("person_id", sa.ForeignKey("person.id"), index=True),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("illustrative", sa.Boolean, nullable=False, default=False),
    sa.Column("revision", sa.Integer, nullable=False, default=1),
    sa.UniqueConstraint("origin", "origin_number"),
    sa.Index("ix_report_duty_code_stage_due_at", "duty_code", "stage", "due_at"),
    # Covers all that figures count by, so that a year of a district is one walk along it and not through the table.
    sa.Index("ix_report_figures", "place_code", "reported_at", "due_at", "closed_at", "kind", "stage", "outcome",
             "channel", "origin", "hidden", "judged_at", "solved", "satisfied"),
    sa.Index("ix_report_stage_due_at", "stage", "due_at"),
    sa.Index("ix_report_kind_reported_at", "kind", "reported_at"),
    sa.Index("ix_report_reported_at", "reported_at"),
    sa.Index("ix_report_closed_at", "closed_at"),
    sa.Index("ix_report_due_at", "due_at"),
    sa.CheckConstraint("matter IN ('problem', 'proposal')", name="matter"),
    sa.CheckConstraint(
        "stage IN ('collect', 'file', 'dispatch', 'handle', 'feedback', 'verify', 'evaluate', 'hung', 'merged', "
        "'withdrawn')",
        name="stage",
    ),
    sa.CheckConstraint("(stage = 'merged') = (merged_into IS NOT NULL)", name="merged"),
    sa.CheckConstraint("(stage = 'hung') = (paused_at IS NOT NULL)", name="hung"),
    sa.CheckConstraint("stage <> 'evaluate' OR (outcome IS NOT NULL AND closed_at IS NOT NULL)", name="closed"),
)  # fmt: skip

report_texts = sa.Table(
    "report_text",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # Empty after the writer took it back; ``shown`` is what the public reads where it differs.
    sa.Column("text", sa.Text, info={"personal": WORDS.key}),
    sa.Column("shown", sa.Text, info={"personal": WORDS.key}),
    sa.Column("audience", sa.String(8), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("decided_by", sa.String(64)),
    sa.Column("decided_at", UtcDateTime),
    sa.CheckConstraint("role IN ('report', 'addition', 'answer', 'reason', 'note', 'judgement')", name="role"),
    sa.CheckConstraint("audience IN ('public', 'internal')", name="audience"),
    sa.CheckConstraint("state IN ('held', 'released', 'hidden')", name="state"),
    # Only what waits is ever looked for by state; a whole index over three values would serve nobody.
    sa.Index("ix_report_text_held", "report_id", sqlite_where=sa.text("state = 'held'"),
             postgresql_where=sa.text("state = 'held'")),
)  # fmt: skip

report_events = sa.Table(
    "report_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("from_stage", sa.String(10), nullable=False),
    sa.Column("to_stage", sa.String(10), nullable=False),
    sa.Column("duty_code", sa.String(17), nullable=False),
    sa.Column("text_id", sa.ForeignKey("report_text.id")),
    sa.Column("data", Json, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
)

report_assignments = sa.Table(
    "report_assignment",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("role", sa.String(6), nullable=False),
    sa.Column("body_id", sa.ForeignKey("body.id"), index=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), index=True),
    sa.Column("place_code", sa.String(17), nullable=False),
    sa.Column("assigned_by", sa.String(64), nullable=False),
    sa.Column("assigned_at", UtcDateTime, nullable=False),
    sa.Column("accepted_at", UtcDateTime),
    sa.Column("arrived_at", UtcDateTime),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("text_id", sa.ForeignKey("report_text.id")),
    sa.CheckConstraint("role IN ('lead', 'joint', 'called')", name="role"),
    sa.Index("ix_report_assignment_called", "assigned_at", sqlite_where=sa.text("role = 'called'"),
             postgresql_where=sa.text("role = 'called'")),
    sa.CheckConstraint("body_id IS NOT NULL OR person_id IS NOT NULL OR place_code <> ''", name="somebody"),
)  # fmt: skip

report_requests = sa.Table(
    "report_request",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("text_id", sa.ForeignKey("report_text.id"), nullable=False),
    sa.Column("until", UtcDateTime),
    sa.Column("term", sa.String(12), nullable=False),
    sa.Column("decided_by", sa.String(64)),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("approved", sa.Boolean),
    sa.Column("decision_text_id", sa.ForeignKey("report_text.id")),
    sa.CheckConstraint("kind IN ('extension', 'hang')", name="kind"),
    sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_person"),
    sa.Index("ix_report_request_open", "report_id", sqlite_where=sa.text("decided_at IS NULL"),
             postgresql_where=sa.text("decided_at IS NULL")),
)  # fmt: skip

report_sendings = sa.Table(
    "report_sending",
    metadata,
    # The key is a secret of the sender: who has it can have the receipt again. Only its hash is kept.
    sa.Column("key_sha256", sa.String(64), primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

report_followers = sa.Table(
    "report_follower",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("me_too", sa.Boolean, nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), index=True),
    sa.Column("secret_sha256", sa.String(64), unique=True),
    sa.Column("device_sha256", sa.String(64), info={"personal": MARK.key}),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.UniqueConstraint("report_id", "device_sha256"),
    sa.CheckConstraint("channel IN ('none', 'app', 'email', 'message')", name="channel"),
)

report_contacts = sa.Table(
    "report_contact",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("follower_id", sa.ForeignKey("report_follower.id"), index=True),
    # JSON of name, phone, email and exact address, encrypted under the case's own key.
    sa.Column("sealed", sa.LargeBinary, info={"personal": CONTACT.key}),
    sa.Column("wants_call", sa.Boolean, nullable=False),
    # Set when the case closes; empty while it is open.
    sa.Column("kept_until", UtcDateTime, index=True),
    sa.Column("erased_at", UtcDateTime),
)

report_contact_keys = sa.Table(
    "report_contact_key",
    metadata,
    # Its own table, as for people: erasing is one row that goes.
    sa.Column("contact_id", sa.ForeignKey("report_contact.id"), primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
)

report_bulks = sa.Table(
    "report_bulk",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # [[report id, revision that it left, values before], ...]
    sa.Column("items", Json, nullable=False),
    sa.Column("undone_at", UtcDateTime),
)

report_services = sa.Table(
    "report_service",
    metadata,
    sa.Column("place_code", sa.String(9), primary_key=True),
    sa.Column("mode", sa.String(6), nullable=False),
    sa.Column("original_days", sa.Integer, nullable=False),
    sa.Column("updated_by", sa.String(64), nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("mode IN ('pilot', 'rising')", name="mode"),
    sa.CheckConstraint("original_days BETWEEN 1 AND 3650", name="original_days"),
)

doors = sa.Table(
    "door",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(22), nullable=False, unique=True),
    sa.Column("place_code", sa.String(17), nullable=False, index=True),
    sa.Column("compound", sa.String(120), nullable=False),
    sa.Column("building", sa.String(120), nullable=False),
    sa.Column("unit", sa.String(40), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    # Has the compound a property manager 物业? Unknown is a third answer.
    sa.Column("managed", sa.Boolean),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

notices = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("report_id", sa.ForeignKey("report.id"), nullable=False, index=True),
    sa.Column("event_id", sa.ForeignKey("report_event.id")),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.Index("ix_notice_person_id_seen_at", "person_id", "seen_at"),
    sa.UniqueConstraint("person_id", "event_id", "kind"),
)
