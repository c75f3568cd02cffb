"""What the database itself refuses to do with the audit, in its own language; the migration that makes it reads this.

Entries are only ever put at the end: each must carry the next number and the hash of the one before. So there is no
update, no delete, no emptying of the table, no row in the middle, and no ``INSERT OR REPLACE`` over an old one.
`geoapp audit verify` compares what stands in the database with these texts.
"""

from __future__ import annotations

WORDS = "the audit is append-only"
_FIRST = "0" * 64

#: Trigger -> its whole text, as SQLite keeps it.
SQLITE: dict[str, str] = {
    "audit_entry_no_update": (
        f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    ),
    "audit_entry_no_delete": (
        f"CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    ),
    # REPLACE deletes the old row without asking the trigger above; this one comes first.
    "audit_entry_at_the_end": (
        "CREATE TRIGGER audit_entry_at_the_end BEFORE INSERT ON audit_entry "
        "WHEN new.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_entry) OR new.previous IS NOT "
        f"coalesce((SELECT digest FROM audit_entry ORDER BY number DESC LIMIT 1), '{_FIRST}') "
        f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    ),
}

#: Function -> its body.
POSTGRES_FUNCTIONS: dict[str, str] = {
    "audit_refuse": f"BEGIN RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation'; END",
    "audit_at_the_end": (
        "DECLARE last record; BEGIN "
        "SELECT number, digest INTO last FROM audit_entry ORDER BY number DESC LIMIT 1; "
        "IF new.number <> coalesce(last.number, 0) + 1 "
        f"OR new.previous <> coalesce(last.digest, '{_FIRST}') THEN "
        f"RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation'; END IF; RETURN new; END"
    ),
}
#: Trigger -> what PostgreSQL says of it.
POSTGRES_TRIGGERS: dict[str, str] = {
    "audit_entry_append_only": (
        "CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    ),
    "audit_entry_at_the_end": (
        "CREATE TRIGGER audit_entry_at_the_end BEFORE INSERT ON public.audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_at_the_end()"
    ),
}


def create_function(name: str) -> str:
    """The statement that makes a function; whatever tables a session puts before ours, it reads ours."""
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp "
        f"AS $${POSTGRES_FUNCTIONS[name]}$$"
    )
