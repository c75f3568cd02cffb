"""People, bodies, grants, sessions, invitations, throttles and the audit."""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import UtcDateTime, metadata

#: Columns that hold personal data carry ``info={"personal": key}``; the key is declared in accounts/privacy.py.
people = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # What the outside sees: not guessable, says nothing of how many people there are.
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("login", sa.String(120), unique=True, info={"personal": "person.login"}),
    sa.Column("name", sa.String(120), nullable=False, info={"personal": "person.name"}),
    sa.Column("email", sa.String(254), info={"personal": "person.email"}),
    sa.Column("phone", sa.String(40), info={"personal": "person.phone"}),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("totp_secret", sa.String(64)),
    sa.Column("totp_last_step", sa.BigInteger, nullable=False, default=0),
    sa.Column("issuer", sa.String(255)),
    sa.Column("subject", sa.String(255), info={"personal": "person.subject"}),
    sa.Column("demo", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("erased_at", UtcDateTime),
    sa.UniqueConstraint("issuer", "subject"),
)

bodies = sa.Table(
    "body",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("place_path", sa.String(120), nullable=False),
    sa.Column("ended_at", UtcDateTime),
)

memberships = sa.Table(
    "membership",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("body_id", sa.ForeignKey("body.id"), nullable=False, index=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
)

grants = sa.Table(
    "grant_",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), index=True),
    sa.Column("body_id", sa.ForeignKey("body.id"), index=True),
    sa.Column("rank", sa.String(20), nullable=False),
    # Codes from the district down, joined by "/"; empty: the whole installation.
    sa.Column("place_path", sa.String(120), nullable=False, index=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("granted_by", sa.ForeignKey("person.id")),
    sa.Column("granted_at", UtcDateTime, nullable=False),
    # Withdrawn, from this moment on: a date alone would leave it in force for the rest of its first day.
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("(person_id IS NULL) <> (body_id IS NULL)", name="one_holder"),
    sa.CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="dates"),
)

sessions = sa.Table(
    "session",
    metadata,
    # SHA-256 of the token in the cookie: a copy of the database signs nobody in.
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(16), nullable=False, unique=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("idle_s", sa.Integer, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("second_factor", sa.Boolean, nullable=False),
    sa.Column("agent", sa.String(120), nullable=False, info={"personal": "session.agent"}),
    # Rights changed: the token is exchanged at the next request.
    sa.Column("renew", sa.Boolean, nullable=False, default=False),
    # The token that was exchanged last, and when: requests that were under way with it are not turned away.
    sa.Column("previous_sha256", sa.String(64), index=True),
    sa.Column("renewed_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
)

invitations = sa.Table(
    "invitation",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("made_by", sa.ForeignKey("person.id")),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)

recovery_codes = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("code_sha256", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("used_at", UtcDateTime),
)

throttles = sa.Table(
    "throttle",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("tokens", sa.Float, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

audit_entries = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("place_path", sa.String(120), nullable=False, index=True),
    # Text, not JSON: a database that reorders keys or rounds numbers would break the hash.
    sa.Column("values_json", sa.Text, nullable=False),
    sa.Column("request_id", sa.String(32), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

personal_keys = sa.Table(
    "personal_key",
    metadata,
    # Its own table, so that erasing a person is one row that goes.
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
)
