"""One index that covers all that figures of reports count by, in place of the one by place and time."""

from alembic import op

revision = "0013"
down_revision = "0012"

COLUMNS = [
    "place_code", "reported_at", "due_at", "closed_at", "kind", "stage", "outcome", "channel", "origin", "hidden",
    "judged_at", "solved", "satisfied",
]  # fmt: skip


def upgrade() -> None:
    op.create_index(op.f("ix_report_figures"), "report", COLUMNS)
    op.drop_index(op.f("ix_report_place_code_reported_at"), "report")


def downgrade() -> None:
    op.create_index(op.f("ix_report_place_code_reported_at"), "report", ["place_code", "reported_at"])
    op.drop_index(op.f("ix_report_figures"), "report")
