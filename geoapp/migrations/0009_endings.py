"""When a grant was withdrawn (on the very day on which it began, too), and the token that a session had before."""

import sqlalchemy as sa
from alembic import op

from geoapp.db import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("grant_", sa.Column("ended_at", UtcDateTime))
    op.add_column("session", sa.Column("previous_sha256", sa.String(64)))
    op.add_column("session", sa.Column("renewed_at", UtcDateTime))
    op.create_index(op.f("ix_session_previous_sha256"), "session", ["previous_sha256"])


def downgrade() -> None:
    op.drop_index(op.f("ix_session_previous_sha256"), "session")
    op.drop_column("session", "renewed_at")
    op.drop_column("session", "previous_sha256")
    # Without the column a withdrawn grant would be in force again: it ends by its dates, and one of a single day goes.
    op.execute("DELETE FROM grant_ WHERE ended_at IS NOT NULL AND date(ended_at) <= valid_from")
    op.execute("UPDATE grant_ SET valid_to = date(ended_at) WHERE ended_at IS NOT NULL")
    op.drop_column("grant_", "ended_at")
