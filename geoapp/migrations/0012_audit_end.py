"""The audit grows at its end alone: the database refuses a row in the middle and INSERT OR REPLACE, too."""

from alembic import op

from geoapp.accounts.trail import refusals

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        run("DROP TRIGGER audit_entry_append_only ON audit_entry")
        for name in refusals.POSTGRES_FUNCTIONS:
            run(refusals.create_function(name))
        for name, text in refusals.POSTGRES_TRIGGERS.items():
            run(text)
            # Also in a session that replays what a replica is sent, which skips other triggers.
            run(f"ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER {name}")
        return
    for name, text in refusals.SQLITE.items():
        run(f"DROP TRIGGER IF EXISTS {name}")
        run(text)


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name == "postgresql":
        run("DROP TRIGGER audit_entry_at_the_end ON audit_entry")
        run("DROP FUNCTION audit_at_the_end")
        return
    run("DROP TRIGGER audit_entry_at_the_end")
