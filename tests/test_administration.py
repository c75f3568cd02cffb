"""Backup and restore of a live installation, and the care of its tables."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from geoapp import backups, schema
from geoapp.accounts.people import system
from geoapp.backups import BadBackup, is_empty, read_backup, write_backup
from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError, exit_code
from geoapp.files import FileStore
from geoapp.objects import new_name, open_objects
from geoapp.places import actions
from tests.engines import environment
from tests.places import adopting
from tests.places.street import FIRST, street_records


@pytest.fixture
def home(database: Database) -> Database:
    """An installation with places, a stored file and a secret key."""
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    FileStore(database.settings.data / "files").put(io.BytesIO("楼栋台账".encode()))
    (database.settings.data / "secret.key").write_bytes(b"k" * 32)
    return database


@pytest.fixture
def other(installations: Any) -> Iterator[Database]:
    """A second, new installation without tables."""
    with installations("other", like=None) as settings:
        database = Database(settings)
        yield database
        database.dispose()


def run(database: Database, *arguments: str) -> Result:
    """The command line on that installation; a refusal gives its exit code and sentence."""
    database.dispose()  # as another process: what is open here is none of the command's
    result = CliRunner().invoke(geoapp, arguments, env=environment(database.settings))
    if isinstance(result.exception, GeoappError):
        result.exit_code = exit_code(result.exception)
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def files_of(database: Database) -> dict[str, bytes]:
    root = database.settings.data / "files"
    return {path.name: path.read_bytes() for path in root.glob("*/*")}


@pytest.mark.engines
def test_a_backup_brought_to_an_empty_folder_is_the_same_installation(
    home: Database, other: Database, tmp_path: Path
) -> None:
    target = tmp_path / "b.zip"
    assert "1 个文件" in run(home, "backup", str(target)).output
    assert run(other, "restore", str(target)).exit_code == 0
    assert adopting.state(other) == adopting.state(home)
    assert files_of(other) == files_of(home) and len(files_of(other)) == 1
    assert (other.settings.data / "secret.key").read_bytes() == b"k" * 32
    if os.name == "posix":
        assert target.stat().st_mode & 0o077 == 0, "it holds the secret key"
    assert not list(other.settings.data.glob(".backup-*")), "nothing is left lying about"


@pytest.mark.engines
def test_the_manifest_names_versions_and_every_member(home: Database, tmp_path: Path) -> None:
    manifest = write_backup(home, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert sorted(archive.namelist()) == sorted([*manifest["members"], "manifest.json"])
    assert (
        manifest["schema"] == schema.head() and manifest["engine"] == home.engine.dialect.name and manifest["version"]
    )


@pytest.mark.engines
def test_a_file_of_that_name_and_data_that_are_there_are_not_replaced_unasked(home: Database, tmp_path: Path) -> None:
    target = tmp_path / "b.zip"
    run(home, "backup", str(target))
    assert run(home, "backup", str(target)).exit_code == 2
    assert run(home, "backup", str(target), "--overwrite").exit_code == 0
    refused = run(home, "restore", str(target))
    assert refused.exit_code == 2 and "--yes" in str(refused.exception)


@pytest.mark.engines
def test_restoring_takes_back_what_was_done_since(home: Database, tmp_path: Path) -> None:
    old = adopting.state(home)
    write_backup(home, tmp_path / "b.zip")
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
    assert adopting.state(home) != old
    assert run(home, "restore", str(tmp_path / "b.zip"), "--yes").exit_code == 0
    assert adopting.state(home) == old
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))


@pytest.mark.engines
def test_a_backup_taken_while_another_process_adopts_holds_one_of_the_two_states(
    home: Database, other: Database, tmp_path: Path
) -> None:
    """Backups in the middle of a loop of adoptions, each as it was at one moment."""
    count = 5 if home.is_sqlite else 2  # dumping takes longer
    states = adopting.both_states(home)
    with adopting.running(home.settings):
        for number in range(count):
            write_backup(home, tmp_path / f"{number}.zip")
    for number in range(count):
        read_backup(other, tmp_path / f"{number}.zip")
        assert adopting.state(other) in states
        assert run(other, "db", "check").exit_code == 0


def test_readers_see_one_of_the_two_states_while_a_backup_is_restored(home: Database, tmp_path: Path) -> None:
    """A thread reads without pause, as a served page does, while the command restores five times."""
    old, new = adopting.both_states(home)
    write_backup(home, tmp_path / "old.zip")
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
    write_backup(home, tmp_path / "new.zip")
    seen: list[list[str]] = []
    faults: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        reader = Database(home.settings)
        try:
            while not stop.is_set():
                seen.append(adopting.state(reader))
        except BaseException as fault:
            faults.append(fault)
        finally:
            reader.dispose()

    thread = threading.Thread(target=read)
    thread.start()
    for name in ("old", "new", "old", "new", "old"):
        read_backup(home, tmp_path / f"{name}.zip")
    stop.set()
    thread.join()
    assert not faults and seen and all(state in (old, new) for state in seen)
    assert adopting.state(home) == old


def test_a_writer_beside_a_restore_waits_and_then_works_on_the_restored_state(home: Database, tmp_path: Path) -> None:
    states = adopting.both_states(home)
    write_backup(home, tmp_path / "b.zip")
    with adopting.running(home.settings) as process:
        read_backup(home, tmp_path / "b.zip")
        # It may end by a refusal (the adoption that it meant to withdraw is no more), never by a broken database.
        process.kill()
    assert adopting.state(home) in states


def changed(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write a zip with other members."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def with_manifest(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | values).encode()

    return change


def flip(members: dict[str, bytes]) -> None:
    content = bytearray(members["database.sqlite"])
    content[5000] ^= 1
    members["database.sqlite"] = bytes(content)


def slip(members: dict[str, bytes]) -> None:
    """A member that would land outside, entered in the manifest as if it belonged there."""
    import hashlib

    manifest = json.loads(members["manifest.json"])
    manifest["members"]["files/../../evil"] = {"sha256": hashlib.sha256(b"x").hexdigest(), "size": 1}
    members |= {"files/../../evil": b"x", "manifest.json": json.dumps(manifest).encode()}


def swap_file(members: dict[str, bytes]) -> None:
    """Other bytes under a name that is the hash of the first ones, manifest corrected."""
    import hashlib

    name = next(name for name in members if name.startswith("files/"))
    manifest = json.loads(members["manifest.json"])
    manifest["members"][name] = {"sha256": hashlib.sha256(b"x").hexdigest(), "size": 1}
    members |= {name: b"x", "manifest.json": json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    "change",
    [
        flip,
        slip,
        swap_file,
        lambda members: members.pop("database.sqlite"),
        lambda members: members.pop("manifest.json"),
        lambda members: members.update({"more.txt": b"x"}),
        lambda members: members.update({"manifest.json": b"{"}),
        lambda members: members.update({"manifest.json": b"[]"}),
        with_manifest(schema="9999"),
        with_manifest(format=2),
        with_manifest(engine="postgresql"),
        with_manifest(schema="0001"),
    ],
)
def test_a_changed_backup_is_refused_before_anything_changes(
    home: Database, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    write_backup(home, tmp_path / "b.zip")
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
    before, files = adopting.state(home), files_of(home)
    changed(tmp_path / "b.zip", tmp_path / "c.zip", change)
    with pytest.raises(BadBackup) as refused:
        read_backup(home, tmp_path / "c.zip")
    assert str(refused.value).endswith("。")
    assert adopting.state(home) == before and files_of(home) == files
    assert not (tmp_path / "evil").exists() and not list(home.settings.data.glob(".backup-*"))


@pytest.mark.engines
@pytest.mark.parametrize("keep", [0, 100, 2000, -30])
def test_a_cut_off_backup_is_refused(home: Database, tmp_path: Path, keep: int) -> None:
    write_backup(home, tmp_path / "b.zip")
    (tmp_path / "b.zip").write_bytes((tmp_path / "b.zip").read_bytes()[:keep])
    with pytest.raises(BadBackup):
        read_backup(home, tmp_path / "b.zip")


def test_bytes_that_rot_inside_the_zip_are_noticed(home: Database, tmp_path: Path) -> None:
    """Every 97th byte is turned, one at a time: each is refused, or hit nothing that is read."""
    before = adopting.state(home)
    write_backup(home, tmp_path / "b.zip")
    good = (tmp_path / "b.zip").read_bytes()
    refused = 0
    for position in range(60, len(good), 97):
        rotten = bytearray(good)
        rotten[position] ^= 0x40
        (tmp_path / "c.zip").write_bytes(rotten)
        try:
            read_backup(home, tmp_path / "c.zip")
        except BadBackup:
            refused += 1
        assert adopting.state(home) == before
    assert refused >= 0.8 * len(range(60, len(good), 97))


def test_a_missing_backup_and_a_missing_installation_are_said(home: Database, other: Database, tmp_path: Path) -> None:
    assert "找不到备份文件" in str(run(home, "restore", str(tmp_path / "no.zip"), "--yes").exception)
    nowhere = Database(Settings(data=tmp_path / "nowhere"))
    (tmp_path / "nowhere" / "geoapp.sqlite").unlink(missing_ok=True)
    assert "没有数据库" in str(run(nowhere, "backup", str(tmp_path / "x.zip")).exception)
    nowhere.dispose()


@pytest.mark.engines
def test_a_new_installation_is_empty_and_a_used_one_is_not(home: Database, other: Database) -> None:
    assert is_empty(other) and not is_empty(home)
    schema.migrate(other)
    assert is_empty(other)


@pytest.mark.engines
def test_a_backup_of_an_older_version_is_brought_up_to_date(other: Database, home: Database, tmp_path: Path) -> None:
    schema.migrate(other, "0001")
    write_backup(other, tmp_path / "old.zip")
    read_backup(home, tmp_path / "old.zip")
    assert schema.current(home) == schema.head() and adopting.state(home) == []


@pytest.mark.engines
def test_tables_go_up_and_down_by_command(other: Database) -> None:
    assert json.loads(run(other, "db", "status", "--json").output)["current"] == ""
    assert run(other, "db", "check").exit_code == 1, "an empty database is not ready"
    assert run(other, "db", "upgrade").exit_code == 0
    assert json.loads(run(other, "db", "status", "--json").output)["up_to_date"] is True
    assert run(other, "db", "check").output == "数据库完好。\n"
    assert run(other, "db", "downgrade", "0001").exit_code == 2
    assert run(other, "db", "downgrade", "0001", "--yes").exit_code == 0
    assert run(other, "db", "upgrade", "0000").exit_code == 2
    assert run(other, "db", "downgrade", "0002", "--yes").exit_code == 2
    assert run(other, "db", "downgrade", "base", "--yes").exit_code == 0


def test_a_broken_reference_is_found_by_db_check(home: Database) -> None:
    with sqlite3.connect(home.settings.data / "geoapp.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DROP TRIGGER place_refuse_delete")
        connection.execute("DELETE FROM place WHERE code = '110105'")
    connection.close()
    result = run(home, "db", "check")
    assert result.exit_code == 3 and "place" in str(result.exception)


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_place_version_geom'::regclass",
            "ix_place_version_geom",
        ),
        ("ALTER TABLE place DISABLE TRIGGER place_refuse_delete", "place_refuse_delete"),
        ("ALTER TABLE job ADD CONSTRAINT later CHECK (attempts < 9) NOT VALID", "later"),
    ],
    ids=["index", "trigger", "constraint"],
)
def test_what_is_switched_off_is_found_by_db_check(home: Database, harm: str, words: str) -> None:
    assert run(home, "db", "check").exit_code == 0
    with home.transaction() as connection:
        connection.exec_driver_sql(harm)
    result = run(home, "db", "check")
    assert result.exit_code == 3 and words in str(result.exception)


def test_indicators_are_listed_with_formula_and_source(home: Database) -> None:
    listed = json.loads(run(home, "indicators", "--json").output)
    assert all(entry["formula"] and entry["source"] and entry["version"] >= 1 for entry in listed)
    assert [entry["key"] for entry in listed] == sorted(entry["key"] for entry in listed)


@pytest.mark.engines("postgresql")
def test_a_restored_database_guards_itself_as_before(home: Database, other: Database, tmp_path: Path) -> None:
    """Triggers, functions, keys and spatial indexes are there again, and numbers go on where they stood."""
    write_backup(home, tmp_path / "b.zip")
    read_backup(other, tmp_path / "b.zip")
    for query in (
        "SELECT tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        "SELECT conname, contype, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
        "ORDER BY conrelid::regclass::text, 1",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT proname, prosrc, proconfig FROM pg_proc WHERE proname ~ '^(audit|place|report)' ORDER BY 1",
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
    ):
        with home.reading() as one, other.reading() as two:
            assert one.exec_driver_sql(query).all() == two.exec_driver_sql(query).all() != []
    actions.split_by_plan(other, adopting.PLAN, on=adopting.DAY, by=system("测试"))


@pytest.mark.engines("postgresql")
def test_nothing_is_restored_under_a_service_that_runs(home: Database, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b.zip")
    serving = Database(home.settings)
    assert schema.current(serving)
    refused = run(home, "restore", str(tmp_path / "b.zip"), "--yes")
    assert refused.exit_code == 2 and "请先停止服务" in str(refused.exception)
    serving.dispose()
    assert run(home, "restore", str(tmp_path / "b.zip"), "--yes").exit_code == 0


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("change", [{"rows": {"place": 11}}, {"rows": {"nowhere": 0}}, {"schema": "0001"}], ids=str)
def test_what_is_not_as_the_backup_counted_it_is_taken_back(
    home: Database, tmp_path: Path, change: dict[str, Any]
) -> None:
    """The street has 10 places; a table with another number, or none of that name, undoes the whole restore."""
    write_backup(home, tmp_path / "b.zip")
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
    before = adopting.state(home)
    changed(tmp_path / "b.zip", tmp_path / "c.zip", with_manifest(**change))
    with pytest.raises(GeoappError, match="数据库未作改动"):
        read_backup(home, tmp_path / "c.zip")
    assert adopting.state(home) == before


@pytest.mark.engines("postgresql")
def test_a_missing_program_is_named(home: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GeoappError, match="没有 pg_dump"):
        write_backup(home, tmp_path / "b.zip")


@pytest.mark.long
@pytest.mark.engines("postgresql")
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems")
def test_a_restore_that_is_killed_leaves_one_of_the_two_states(home: Database, tmp_path: Path) -> None:
    old, new = adopting.both_states(home)
    write_backup(home, tmp_path / "b.zip")
    actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
    command = [sys.executable, "-m", "geoapp", "restore", str(tmp_path / "b.zip"), "--yes"]
    environ = {**os.environ, **environment(home.settings)}
    began = time.monotonic()
    home.dispose()
    subprocess.run(command, env=environ, cwd=adopting.ROOT, check=True, capture_output=True)
    took_s = time.monotonic() - began
    for share in (0.5, 0.7, 0.9):
        if adopting.state(home) == old:
            actions.split_by_plan(home, adopting.PLAN, on=adopting.DAY, by=system("测试"))
        home.dispose()
        process = subprocess.Popen(command, env=environ, cwd=adopting.ROOT, start_new_session=True)
        time.sleep(took_s * share)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.3)  # the server has noticed by then
        assert adopting.state(home) in (old, new)
        assert run(home, "db", "check").exit_code == 0


def test_a_backup_into_a_place_that_is_no_folder_is_told(home: Database, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GeoappError, match="请换一个能写的文件夹") as told:
        write_backup(home, tmp_path / "file" / "b.zip")
    assert exit_code(told.value) == 2


def test_photographs_are_backed_up_and_restored_with_the_rest(home: Database, other: Database, tmp_path: Path) -> None:
    objects, name = open_objects(home.settings), new_name("originals")
    objects.put(name, b"a photograph")
    (home.settings.data / "objects" / "originals" / "stray.jpg").write_bytes(b"not ours")
    assert "2 个文件" in run(home, "backup", str(tmp_path / "b.zip")).output
    objects.delete(name)
    assert run(other, "restore", str(tmp_path / "b.zip")).exit_code == 0
    there = open_objects(other.settings)
    assert [one.name for one in there.listed("originals")] == [name] and there.get(name) == b"a photograph"


def test_what_is_deleted_while_a_backup_is_written_is_left_out(
    home: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, name = open_objects(home.settings), new_name("originals")
    objects.put(name, b"a photograph")
    listed = backups._objects

    def then_deleted(database: Database) -> list[Path]:
        found = listed(database)
        objects.delete(name)
        return found

    monkeypatch.setattr(backups, "_objects", then_deleted)
    manifest = write_backup(home, tmp_path / "b.zip")
    assert not [member for member in manifest["members"] if member.startswith("objects/")]


def test_a_file_that_is_stored_while_a_backup_begins_is_in_it(
    home: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the copy of the database names is there: files are listed after it was made."""
    snapshot = backups._snapshot

    def stored_meanwhile(database: Database, target: Path) -> None:
        FileStore(home.settings.data / "files").put(io.BytesIO(b"just before"))
        snapshot(database, target)

    monkeypatch.setattr(backups, "_snapshot", stored_meanwhile)
    manifest = write_backup(home, tmp_path / "b.zip")
    assert sum(member.startswith("files/") for member in manifest["members"]) == 2
