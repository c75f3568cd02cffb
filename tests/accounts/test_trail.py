"""The database refuses to change the audit, and verify finds what was changed behind its back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.engine import Connection

from geoapp.accounts.audit import Entry
from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail import refusals, store
from geoapp.backups import write_backup
from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from tests.engines import environment
from tests.signing_in import make_person

pytestmark = pytest.mark.engines

ROOT = Path(__file__).parents[2]
SYSTEM = Actor(system="test")


@pytest.fixture
def audited(database: Database) -> Database:
    for number in range(5):
        with database.transaction() as connection:
            trail.record(database, connection, SYSTEM, "places.adopt", subject=f"s{number}", values={"staff": [16, 20]})
    return database


def insert(number: int, previous: str = "0" * 64, verb: str = "INSERT INTO", end: str = "") -> str:
    """A row that somebody writes by hand."""
    columns = "number, at, actor, action, subject, place_path, values_json, request_id, previous, digest"
    values = f"{number}, '2026-11-22 00:00:00+00', 'x', 'x', 'x', '', '{{}}', '', '{previous}', '{'f' * 64}'"
    return f"{verb} audit_entry ({columns}) VALUES ({values}) {end}"


CHANGES = [
    "UPDATE audit_entry SET actor = 'x'",
    "UPDATE audit_entry SET number = number + 10",
    "DELETE FROM audit_entry WHERE number = 2",
    "DELETE FROM audit_entry",
    insert(2, end="ON CONFLICT (number) DO UPDATE SET actor = 'x'"),
    insert(0),
    insert(7),
    insert(6),  # the next number, but it does not carry the hash of the fifth
]
ON_SQLITE = [
    insert(3, verb="INSERT OR REPLACE INTO"),
    insert(3, verb="REPLACE INTO"),
    "UPDATE OR REPLACE audit_entry SET number = 2 WHERE number = 3",
]
ON_POSTGRESQL = [
    "TRUNCATE audit_entry",
    "TRUNCATE audit_entry RESTART IDENTITY CASCADE",
    # What a replica does with changes that it is sent skips triggers that are not for always.
    "SET LOCAL session_replication_role = replica; DELETE FROM audit_entry",
    # A table of the session's own that stands before the real one.
    "CREATE TEMP TABLE audit_entry AS SELECT 5 AS number, repeat('0', 64) AS digest; "
    + insert(6, verb="INSERT INTO public.").replace("public. ", "public."),
]


@pytest.mark.parametrize("change", CHANGES)
def test_30_the_database_refuses_any_change(audited: Database, change: str) -> None:
    refuses(audited, change)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("change", ON_SQLITE)
def test_sqlite_refuses_what_would_replace_a_row(audited: Database, change: str) -> None:
    refuses(audited, change)


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("change", ON_POSTGRESQL)
def test_postgresql_refuses_to_empty_the_table_or_to_look_away(audited: Database, change: str) -> None:
    refuses(audited, change)


def refuses(database: Database, change: str) -> None:
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), database.transaction() as connection:
        connection.exec_driver_sql(change)
    assert trail.verify(database) == (5, None)


@contextmanager
def behind_its_back(database: Database) -> Iterator[Connection]:
    """As somebody who owns the database: the refusals are taken away, and stand again afterwards."""
    with database.transaction() as connection:
        run = connection.exec_driver_sql
        if database.is_sqlite:
            for name in refusals.SQLITE:
                run(f"DROP TRIGGER {name}")
        else:
            run("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        yield connection
        if database.is_sqlite:
            for text in refusals.SQLITE.values():
                run(text)
        else:
            for name in refusals.POSTGRES_TRIGGERS:
                run(f"ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER {name}")


def reason(database: Database, **said: Any) -> str:
    """What verify finds; empty when it finds nothing."""
    found = trail.verify(database, **said)[1]
    return found.reason if found else ""


def rewrite(database: Database, upto: int = 5) -> None:
    """A chain that holds in itself, with another number of staff in its second entry."""
    with database.reading() as connection:
        entries = list(store.entries(connection))[:upto]
    entries[1] = replace(entries[1], values={"staff": [16, 99]})
    with behind_its_back(database) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry")
        for entry in entries:
            store.append(connection, entry)


def test_30_one_altered_row_is_found(audited: Database) -> None:
    with behind_its_back(audited) as connection:
        connection.exec_driver_sql("""UPDATE audit_entry SET values_json = '{"staff": [16, 99]}' WHERE number = 3""")
    assert reason(audited) == "第 3 条的内容被改动过"
    with behind_its_back(audited) as connection:
        connection.exec_driver_sql("""UPDATE audit_entry SET values_json = '{"staff": [16, 20]}' WHERE number = 3""")
    assert reason(audited) == ""


@pytest.mark.parametrize("column", ["actor", "action", "subject", "place_path", "request_id", "digest", "previous"])
def test_every_column_is_under_the_hash(audited: Database, column: str) -> None:
    with behind_its_back(audited) as connection:
        connection.exec_driver_sql(f"UPDATE audit_entry SET {column} = 'x' WHERE number = 5")
    assert reason(audited)


def test_30_a_cut_tail_is_found_also_after_the_chain_has_grown_over_it(audited: Database) -> None:
    with behind_its_back(audited) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE number > 3")
    assert "截断" in reason(audited)
    for number in range(4):
        record(audited, f"after {number}")
        assert reason(audited), "the place of the cut is full again, and the proof is kept"
    assert trail.verify(audited)[0] == 7


def test_a_whole_chain_written_anew_is_found_also_after_it_has_grown(audited: Database) -> None:
    rewrite(audited)
    assert "链头不一致" in reason(audited)
    record(audited, "after")
    record(audited, "and after")
    assert "整体改写" in reason(audited)


def test_a_chain_written_anew_together_with_the_noted_head_is_found_by_a_hash_on_paper(audited: Database) -> None:
    paper = store.read_head(audited.settings.data)
    assert paper is not None and reason(audited, written_down=paper) == ""
    rewrite(audited)
    with audited.reading() as connection:
        forged = store.newest(connection, tops=[""], limit=1)[0]
    store.note_head(audited.settings.data, forged.number, forged.digest, backwards=True)
    assert reason(audited) == ""
    assert "另外记下" in reason(audited, written_down=paper)


def test_a_head_that_is_gone_is_found(audited: Database, settings: Settings) -> None:
    (settings.data / "audit.head").unlink()
    assert "audit.head" in reason(audited)


def test_30_it_still_holds_after_a_person_is_erased(audited: Database) -> None:
    """The value is readable, then the key is destroyed: the entry stays as it was, and says 已清除."""
    person = make_person(audited)
    with audited.transaction() as connection:
        sealed = store.seal(connection, person.id, "13800000000")
        trail.record(audited, connection, SYSTEM, "people.change", subject="p", values={"phone": [None, sealed]})
    count, found = trail.verify(audited)
    assert found is None and phone(audited) == [None, "13800000000"]
    with audited.transaction() as connection:
        store.destroy_secret(connection, person.id)
    assert trail.verify(audited) == (count, None)
    assert phone(audited) == [None, "已清除"]


def phone(database: Database) -> list[Any]:
    with database.reading() as connection:
        (entry,) = store.newest(connection, tops=[""], subject="p")
        return list(store.unseal_all(connection, entry.values)["phone"])


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", refusals.SQLITE)
def test_a_missing_or_weakened_trigger_is_found_on_sqlite(audited: Database, name: str) -> None:
    with audited.transaction() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    assert name in reason(audited)
    with audited.transaction() as connection:
        weak = refusals.SQLITE[name].replace("BEGIN", "WHEN 0 BEGIN") if "WHEN" not in refusals.SQLITE[name] else ""
        connection.exec_driver_sql(weak or refusals.SQLITE[name].replace("+ 1", "+ 2"))
    assert name in reason(audited)


WEAKENINGS = [
    "DROP TRIGGER audit_entry_append_only ON audit_entry",
    "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
    "ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_at_the_end",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'",
    "DROP TRIGGER audit_entry_append_only ON audit_entry; CREATE TRIGGER audit_entry_append_only BEFORE DELETE "
    "ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse(); "
    "ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_append_only",
]


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("weakening", WEAKENINGS)
def test_a_missing_or_weakened_trigger_is_found_on_postgresql(audited: Database, weakening: str) -> None:
    with audited.transaction() as connection:
        connection.exec_driver_sql(weakening)
    assert "触发" in reason(audited) or "拒绝改动" in reason(audited)


def test_four_processes_write_one_chain(database: Database) -> None:
    """50 entries each at the same time, in transactions that stand in no line of their own: 200 in one chain."""
    command = [sys.executable, "-m", "tests.accounts.appending"]
    environ = {**os.environ, **environment(database.settings)}
    writers = [
        subprocess.Popen(
            [*command, f"p{n}", "50"], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for n in range(4)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write(b"\n")
            writer.stdin.flush()
        for writer in writers:
            writer.communicate(timeout=120)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [writer.returncode for writer in writers] == [0] * 4
    assert trail.verify(database) == (200, None)
    with database.reading() as connection:
        subjects = [entry.subject for entry in store.entries(connection)]
    assert sorted(subjects) == sorted(f"p{n} {i}" for n in range(4) for i in range(50))


def test_a_restored_backup_is_told_in_the_chain_and_the_chain_holds(
    audited: Database, settings: Settings, tmp_path: Path
) -> None:
    """Five entries are backed up, a sixth is lost with the restore: the new sixth names the head that was left."""
    write_backup(audited, tmp_path / "b.zip")
    lost = record(audited, "lost")
    audited.dispose()
    invoked = CliRunner().invoke(geoapp, ["restore", str(tmp_path / "b.zip"), "--yes"], env=environment(settings))
    assert invoked.exit_code == 0, invoked.output
    assert trail.verify(audited) == (6, None)
    with audited.reading() as connection:
        newest = store.newest(connection, tops=[""], limit=2)
    assert newest[0].action == "installation.restore"
    assert newest[0].values == {"head": [f"6 {lost.digest}", f"5 {newest[1].digest}"]}


def test_the_command_names_the_newest_entry_and_takes_it_back_later(audited: Database, settings: Settings) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(geoapp, ["audit", "verify", *arguments], env=environment(settings))

    first = run()
    noted = first.output.splitlines()[-1].removeprefix("最新一条：")
    assert first.exit_code == 0 and noted.startswith("5:") and "5 条" in first.output
    record(audited, "later")
    assert run("--against", noted).exit_code == 0
    for wrong, words in (("5:" + "a" * 64, "另外记下"), ("9:" + "a" * 64, "另外记下"), ("nonsense", "请写成")):
        assert words in str(run("--against", wrong).exception)


def record(database: Database, subject: str) -> Entry:
    with database.transaction() as connection:
        return trail.record(database, connection, SYSTEM, "places.adopt", subject=subject)


def test_an_undone_change_leaves_no_entry_and_no_head(audited: Database, settings: Settings) -> None:
    with pytest.raises(RuntimeError), audited.transaction() as connection:
        trail.record(audited, connection, SYSTEM, "places.adopt", subject="undone")
        raise RuntimeError
    assert trail.verify(audited) == (5, None)
    head = store.read_head(settings.data)
    assert head is not None and head[0] == 5


def test_an_older_head_never_replaces_a_newer_one(settings: Settings) -> None:
    store.note_head(settings.data, 7, "a" * 64)
    store.note_head(settings.data, 6, "b" * 64)
    assert store.read_head(settings.data) == (7, "a" * 64)
