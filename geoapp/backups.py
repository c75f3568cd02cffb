"""All state of an installation in one zip, and back: checked before anything changes, then all or nothing.

A backup holds ``manifest.json`` (versions, and size and sha256 of every member), the database, the stored files and
photographs, and the secret key. Published layers are left out: they are made again from the database; so is what lies
in a bucket, which has a backup of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from geoapp import dumping, schema
from geoapp.db import Database, utcnow
from geoapp.errors import Invalid, Unavailable
from geoapp.files import CHUNK, FileStore
from geoapp.objects import is_name, open_objects

FORMAT = 1
MANIFEST, SQLITE, POSTGRES, SECRET = "manifest.json", "database.sqlite", "database.pgdump", "secret.key"
_FILE = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_OBJECTS = "objects/"
_MOST_MANIFEST_BYTES = 256 << 20
#: What zipfile raises for bytes that rotted: RuntimeError is "encrypted", ValueError covers a bad text.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)

#: Called now and then with the share that is done, 0..1.
Report = Callable[[float], None]


class BadBackup(Invalid):
    """A file that is no backup, or no longer what it was."""


class NoPlaceForBackup(Invalid):
    """No file can be made where the backup should go."""


def write_backup(database: Database, target: Path, *, report: Report = lambda share: None) -> dict[str, Any]:
    """Write a backup of a live installation; the target appears when it is complete, or not at all."""
    data = database.settings.data
    try:
        for folder in (data, target.parent):
            folder.mkdir(parents=True, exist_ok=True)
        # Beside the target: the last step is a rename. Readable by its owner alone: it holds the secret key.
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".backup-", suffix=".zip")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NoPlaceForBackup(f"文件夹 {target.parent} 里写不了备份（{reason}）；请换一个能写的文件夹。") from None
    try:
        with os.fdopen(handle, "wb") as out, tempfile.TemporaryDirectory(dir=data, prefix=".backup-") as scratch:
            # The database first: files are stored before the rows that name them, so none of its files is missing.
            snapshot = Path(scratch) / (SQLITE if database.is_sqlite else POSTGRES)
            rows = _snapshot(database, snapshot)
            stored = [*_files(data.resolve()), *_objects(database)]
            total, done = sum(_size(path) for path in stored) + 1, 0
            members: dict[str, dict[str, Any]] = {}
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                members[snapshot.name] = _add(archive, snapshot, snapshot.name)
                if (data / SECRET).is_file():
                    members[SECRET] = _add(archive, data / SECRET, SECRET)
                for path in stored:
                    member = path.relative_to(data.resolve()).as_posix()
                    try:
                        members[member] = _add(archive, path, member)
                    except FileNotFoundError:
                        continue  # a photograph that was deleted meanwhile
                    done += members[member]["size"]
                    report(min(1.0, done / total))
                manifest = {
                    "format": FORMAT,
                    "version": _version(),
                    "schema": _schema_of(snapshot) if database.is_sqlite else schema.current(database),
                    "engine": database.engine.dialect.name,
                    "made_at": utcnow().isoformat(),
                    "rows": rows,
                    "members": members,
                }
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise Unavailable(f"备份没有写成（{error.strerror or error}）；请检查磁盘空间和写入权限，再试一次。") from None
    finally:
        Path(name).unlink(missing_ok=True)
    report(1.0)
    return manifest


def read_backup(database: Database, source: Path, *, report: Report = lambda share: None) -> dict[str, Any]:
    """Put a backup in the place of what the installation holds.

    Raises
    ------
    BadBackup : damaged, not a backup, of a newer program or of the other engine; nothing has changed then
    """
    with _opened(source) as archive:
        manifest = _checked_manifest(archive, database)
        _verify(archive, manifest, report=lambda share: report(share * 0.5))
        data = database.settings.data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=data, prefix=".backup-") as scratch:
            dump = Path(scratch) / (SQLITE if database.is_sqlite else POSTGRES)
            with archive.open(dump.name) as stream, dump.open("wb") as out:
                shutil.copyfileobj(stream, out, CHUNK)
            if database.is_sqlite:
                _require_sound(dump, manifest)
            _put_files(archive, manifest, FileStore(data / "files"), report=lambda share: report(0.5 + share * 0.2))
            _put_objects(archive, manifest, database, report=lambda share: report(0.7 + share * 0.2))
            if database.is_sqlite:
                _copy_into_live(database, dump)
            else:
                dumping.restore(database, dump, revision=manifest["schema"], rows=manifest.get("rows", {}))
            if SECRET in manifest["members"]:
                _put_secret(archive.read(SECRET), data / SECRET)
    if manifest["schema"] != schema.head():
        schema.migrate(database)
    report(1.0)
    return manifest


def _files(data: Path) -> list[Path]:
    return sorted(p for p in (data / "files").glob("*/*") if _FILE.fullmatch(p.relative_to(data).as_posix()))


def _objects(database: Database) -> list[Path]:
    """Photographs that lie in the data folder."""
    root = open_objects(database.settings).root
    return sorted(p for p in root.glob("*/*/*") if is_name(p.relative_to(root).as_posix())) if root is not None else []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def is_empty(database: Database) -> bool:
    """Is there no table with a row, but those that every new database has?"""
    known = {"alembic_version", "place_level"}
    with database.reading() as connection:
        for name in sa.inspect(connection).get_table_names():
            if name in known or "_rtree" in name or name == "spatial_ref_sys":
                continue
            if connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first():
                return False
    return True


def _snapshot(database: Database, target: Path) -> dict[str, int]:
    """One state of the database in a file; on PostgreSQL with the rows of each table, which restoring compares."""
    if not database.is_sqlite:
        return dumping.dump(database, target)
    live = str(database.engine.url.database)
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(target)) as copy:
        # All pages in one step: one state of the database, and writers neither wait nor make it start again.
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
    return {}


def _schema_of(dump: Path) -> str:
    with closing(sqlite3.connect(dump)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _copy_into_live(database: Database, dump: Path) -> None:
    live = str(database.engine.url.database)
    database.dispose()
    with database.alone(), closing(sqlite3.connect(dump)) as source:
        wait_s = database.settings.lock_wait_s
        with closing(sqlite3.connect(live, timeout=wait_s)) as target:
            target.execute("PRAGMA journal_mode=WAL")
            target.execute("PRAGMA synchronous=FULL")
            # One transaction of the live database: readers go on with the old state until it is there.
            source.backup(target, pages=-1)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, date_time=utcnow().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return {"sha256": digest.hexdigest(), "size": size}


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except FileNotFoundError:
        raise BadBackup(f"找不到备份文件 {source}；请核对路径。") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise _damaged() from None
    except IsADirectoryError:
        raise BadBackup(f"{source} 是文件夹，不是备份文件；请核对路径。") from None


def _checked_manifest(archive: zipfile.ZipFile, database: Database) -> dict[str, Any]:
    names = archive.namelist()
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
        raise BadBackup("这不是 geoapp 的备份文件（没有清单）；请选 geoapp backup 生成的文件。")
    try:
        manifest = json.loads(archive.read(MANIFEST))
        members = {name: (str(m["sha256"]), int(m["size"])) for name, m in manifest["members"].items()}
        number, engine, step = int(manifest["format"]), str(manifest["engine"]), str(manifest["schema"])
        rows = {name: int(count) for name, count in manifest.get("rows", {}).items()}
        str(manifest["made_at"])
    except (*_UNREADABLE, TypeError, KeyError, AttributeError):
        raise _damaged() from None
    mine = database.engine.dialect.name
    if engine != mine:
        raise BadBackup(f"这个备份来自 {engine}，本安装使用 {mine}；请恢复到同类数据库。")
    if number > FORMAT or step > schema.head():
        raise BadBackup(f"这个备份由更新的程序写成（结构版本 {step}）；请先升级 geoapp 再恢复。")
    fixed = {SQLITE if database.is_sqlite else POSTGRES, SECRET}
    strange = [name for name in members if name not in fixed and not _FILE.fullmatch(name) and not _is_object(name)]
    strange += [name for name in rows if not dumping.TABLE.fullmatch(name)] + ([] if step.isalnum() else [step])
    if strange or sorted(names) != sorted({*members, MANIFEST}) or not fixed - {SECRET} <= set(members):
        raise _damaged()
    return dict(manifest)


def _verify(archive: zipfile.ZipFile, manifest: dict[str, Any], *, report: Report) -> None:
    """Read every member once; no member gets to write more than the manifest says."""
    members = manifest["members"]
    total, done = sum(int(member["size"]) for member in members.values()) + 1, 0
    for name, member in members.items():
        digest, size = hashlib.sha256(), 0
        try:
            with archive.open(name) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > int(member["size"]):
                        raise _damaged()
        except _UNREADABLE:
            raise _damaged() from None
        named = _FILE.fullmatch(name)
        right = digest.hexdigest() == member["sha256"] and size == int(member["size"])
        if not right or (named and named.group(2) != digest.hexdigest()):
            raise _damaged()
        done += size
        report(done / total)


def _require_sound(dump: Path, manifest: dict[str, Any]) -> None:
    try:
        with closing(sqlite3.connect(dump)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        step = _schema_of(dump)
    except sqlite3.DatabaseError:
        raise _damaged() from None
    if not sound or step != manifest["schema"]:
        raise _damaged()


def _put_files(archive: zipfile.ZipFile, manifest: dict[str, Any], store: FileStore, *, report: Report) -> None:
    names = [name for name in manifest["members"] if _FILE.fullmatch(name)]
    for number, name in enumerate(names, 1):
        if not (store.root / Path(name).relative_to("files")).is_file():
            with archive.open(name) as stream:
                _store(store, stream)
        report(number / len(names))


def _is_object(name: str) -> bool:
    return name.startswith(_OBJECTS) and is_name(name.removeprefix(_OBJECTS))


def _put_objects(archive: zipfile.ZipFile, manifest: dict[str, Any], database: Database, *, report: Report) -> None:
    """Photographs into the store of this installation, wherever that is; what is there is the same and stays."""
    names, objects = [name for name in manifest["members"] if _is_object(name)], open_objects(database.settings)
    for number, name in enumerate(names, 1):
        own = name.removeprefix(_OBJECTS)
        if not objects.has(own):
            objects.put(own, archive.read(name))
        report(number / len(names))


def _store(store: FileStore, stream: IO[bytes]) -> None:
    try:
        store.put(stream)
    except OSError as error:
        raise Unavailable(f"文件没有写成（{error.strerror or error}）；请检查磁盘空间，数据库尚未改动。") from None


def _put_secret(secret: bytes, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".secret-")
    with os.fdopen(handle, "wb") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    Path(name).replace(target)


def _version() -> str:
    try:
        return version("geoapp")
    except PackageNotFoundError:
        return "from source"


def _damaged() -> BadBackup:
    return BadBackup("备份文件已损坏或被改动过，没有恢复任何内容；请换一份备份。")
