"""A PostgreSQL database into one file and back by its own programs: of one moment, counted, all or nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from geoapp.db import APPLICATION, Database
from geoapp.errors import Conflict, Unavailable

#: Names that we give to tables.
TABLE = re.compile(r"[a-z_][a-z0-9_]*")
#: What geometry and periods are stored with; the dump holds our own schema, extensions are the server's.
EXTENSIONS = ("postgis", "btree_gist")


class ToolMissing(Unavailable):
    """PostgreSQL's own programs are not on this machine."""


class StillServing(Conflict):
    """Others work on the database that shall be replaced."""


def dump(database: Database, target: Path) -> dict[str, int]:
    """Write the database as it is at one moment; gives the number of rows of each table at that moment."""
    with database.reading() as connection:
        snapshot = connection.execute(sa.select(sa.func.pg_export_snapshot())).scalar_one()
        rows = {name: _count(connection, name) for name in _tables(connection)}
        _run("pg_dump", database, ["--format=custom", "--no-owner", "--schema=public", f"--snapshot={snapshot}",
                                   f"--file={target}"])  # fmt: skip
    return rows


def restore(database: Database, source: Path, *, revision: str, rows: Mapping[str, int]) -> None:
    """Put a dump in the place of all our tables, in one transaction; it fails when a table or a row is missing.

    Raises
    ------
    StillServing : a server or worker is connected; it would see its tables vanish in the middle of a look
    """
    database.dispose()
    with database.transaction() as connection:
        for name in EXTENSIONS:
            connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {name}")
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            f"AND application_name = '{APPLICATION}'"
        ).scalar_one()
    database.dispose()
    if others:
        raise StillServing(f"还有 {others} 个连接在使用这个数据库；请先停止服务（geoapp serve 和 worker），再恢复。")
    before, after, contents = (source.with_suffix(suffix) for suffix in (".before.sql", ".after.sql", ".list"))
    before.write_text(_BEFORE.format(wait=round(database.settings.lock_wait_s)), encoding="utf-8")
    checks = [_REVISION.format(revision=revision), *(_ROWS.format(table=name, rows=rows[name]) for name in rows)]
    after.write_text("\n".join(checks), encoding="utf-8")
    listed = _run("pg_restore", database, ["--list", str(source)]).splitlines()
    contents.write_text("\n".join(line for line in listed if " SCHEMA " not in line), encoding="utf-8")
    script = source.with_suffix(".sql")
    _run("pg_restore", database, ["--no-owner", "--no-privileges", f"--use-list={contents}", f"--file={script}",
                                  str(source)])  # fmt: skip
    files = [f"--file={path}" for path in (before, script, after)]
    _run("psql", database, ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", *files])


#: Everything in our schema that is no part of an extension goes, whatever version it is of.
_BEFORE = """
SET lock_timeout = '{wait}s';
SET client_min_messages = warning;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE',
      CASE one.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, one.name);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP ROUTINE %s', one.name);
  END LOOP;
END $$;
"""


_REVISION = """
DO $$ BEGIN IF (SELECT version_num FROM public.alembic_version) <> '{revision}' THEN
  RAISE EXCEPTION 'the tables are not of version {revision}'; END IF; END $$;
"""
_ROWS = """
DO $$ DECLARE found bigint; BEGIN SELECT count(*) INTO found FROM public.{table};
  IF found <> {rows} THEN RAISE EXCEPTION 'table {table} has % rows instead of {rows}', found; END IF; END $$;
"""


def _tables(connection: sa.Connection) -> list[str]:
    names = sa.inspect(connection).get_table_names(schema="public")
    return sorted(name for name in names if name != "spatial_ref_sys" and TABLE.fullmatch(name))


def _count(connection: sa.Connection, table: str) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one())


def _run(tool: str, database: Database, arguments: Sequence[str]) -> str:
    program = shutil.which(tool)
    if program is None:
        raise ToolMissing(f"这台机器上没有 {tool}；请安装 PostgreSQL 客户端程序，或在数据库服务器上备份。")
    url = database.engine.url
    # By the environment: arguments can be read by everybody on the machine.
    given = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, **dict(url.query)}
    names = {"sslmode": "SSLMODE", "sslrootcert": "SSLROOTCERT", "sslcert": "SSLCERT", "sslkey": "SSLKEY"}
    names |= {name: name.upper() for name in ("host", "port", "user", "password")}
    environ = {f"PG{names[name]}": str(value) for name, value in given.items() if value is not None and name in names}
    environ = {**os.environ, "PGDATABASE": str(url.database), "LC_MESSAGES": "C", **environ}
    done = subprocess.run([program, *arguments], env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no words"])[0].split("ERROR:")[-1].split("error:")[-1].strip()
        raise Unavailable(f"{tool} 没有完成（{words[:200]}）；数据库未作改动，请按提示处理后重试。")
    return done.stdout
