"""What is told when PostgreSQL is not as it should be: one sentence each, with the remedy, and no password in it."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from geoapp import db, schema
from geoapp.app import create_app
from geoapp.cli import geoapp
from geoapp.config import BadSetting, Settings, read_settings
from geoapp.db import Database, DatabaseBusy, DatabaseGone
from geoapp.errors import exit_code
from tests.engines import PostgresServer, environment

PASSWORD = "not-the-password"


def said_by(settings: Settings, *arguments: str) -> str:
    """The sentence of a command that is refused by the database."""
    result = CliRunner().invoke(geoapp, arguments, env=environment(settings))
    assert isinstance(result.exception, DatabaseGone) and exit_code(result.exception) == 1, result.output
    sentence = str(result.exception)
    assert "\n" not in sentence and sentence.endswith("。") and PASSWORD not in sentence
    return sentence


@pytest.fixture
def dead_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def clerk(postgres: PostgresServer) -> Iterator[str]:
    """An account that may sign in and nothing else; its password is its name."""
    name = f"geoapp_test_{secrets.token_hex(6)}"
    postgres.run(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    yield name
    postgres.run(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    "address",
    ["nonsense", "mysql://a/b", "postgresql://h:port/x", "postgresql://geoapp:secret@127.0.0.1", "sqlite:///x.sqlite"],
)
def test_an_address_that_is_none_is_named_without_repeating_it(address: str) -> None:
    with pytest.raises(BadSetting, match="GEOAPP_DATABASE_URL") as told:
        read_settings({"GEOAPP_DATABASE_URL": address})
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_the_scheme_leads_to_the_driver_that_is_there(scheme: str) -> None:
    settings = read_settings({"GEOAPP_DATABASE_URL": f"{scheme}://geoapp@/geoapp?host=/run/postgresql"})
    assert Database(settings).engine.dialect.driver == "psycopg"


@pytest.mark.postgres
def test_a_wrong_password_is_told(postgres: PostgresServer, tmp_path: Path) -> None:
    wrong = Settings(data=tmp_path, database_url=postgres.address("postgres", password=PASSWORD))
    assert "密码" in said_by(wrong, "db", "status")


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_told_with_the_command_that_makes_it(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    wrong = Settings(data=tmp_path, database_url=postgres.address("geoapp_nowhere"))
    assert "没有名为 geoapp_nowhere 的数据库" in said_by(wrong, "db", "status")


def test_a_server_that_is_down_is_told(dead_port: int, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=f"postgresql://geoapp:{PASSWORD}@127.0.0.1:{dead_port}/geoapp")
    assert f"127.0.0.1:{dead_port} 没有应答" in said_by(settings, "db", "status")


def test_a_page_does_not_tell_strangers_where_the_database_is(dead_port: int, tmp_path: Path) -> None:
    url = f"postgresql://geoapp:{PASSWORD}@127.0.0.1:{dead_port}/geoapp"
    app = create_app(Settings(data=tmp_path, database_url=url, rate_limits=0))
    for headers in ({}, {"Accept": "application/json"}):
        answer = app.test_client().get("/api/places", headers=headers)
        assert answer.status_code == 503
        said = answer.json["detail"] if answer.is_json else answer.text
        assert "数据库暂时不能用" in said and str(dead_port) not in answer.text and PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ('connection failed: FATAL:  用户 "geoapp" Password 认证失败', "核对 GEOAPP_DATABASE_URL 里的账号和密码"),
        ('connection failed: FATAL:  数据库 "geoapp" 不存在', "createdb"),
        ("failed to resolve host 'db.example.cn': [Errno -2] Name or service not known", "主机名"),
        ("connection timeout expired", "没有应答"),
        ("connection failed: FATAL:  sorry, too many clients already", "max_connections"),
        ('connection failed: FATAL:  role "geoapp" does not exist', "核对 GEOAPP_DATABASE_URL 里的账号和密码"),
        ("could not extend file: No space left on device", "腾出空间"),
        ("the connection is lost", "查看 PostgreSQL 的日志"),
    ],
)
def test_what_the_server_says_in_either_language_is_understood(words: str, remedy: str) -> None:
    url = sa.make_url(f"postgresql+psycopg://geoapp:{PASSWORD}@db.example.cn/geoapp")
    assert remedy in db._why_gone(words, url)


@pytest.mark.postgres
def test_a_missing_extension_and_missing_rights_are_told_until_both_are_given(
    postgres: PostgresServer, clerk: str, tmp_path: Path
) -> None:
    """An account without rights is told first of the extensions, then of the rights; given both, it needs no more."""
    with postgres.empty() as url:
        name = sa.make_url(url).database or ""
        own = postgres.address(name, username=clerk, password=clerk)
        settings = Settings(data=tmp_path, database_url=own)
        postgres.run(f"ALTER DATABASE {name} OWNER TO {clerk}")
        assert "CREATE EXTENSION postgis" in said_by(settings, "db", "upgrade")
        chief = sa.create_engine(url)
        with chief.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION postgis")
            connection.exec_driver_sql("CREATE EXTENSION btree_gist")
            connection.exec_driver_sql(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
        assert "权限" in said_by(settings, "db", "upgrade")
        with chief.begin() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} OWNER TO {clerk}")
        chief.dispose()
        database = schema.prepared(settings)
        assert schema.current(database) == schema.head()
        database.dispose()


@pytest.mark.engines("postgresql")
def test_a_connection_that_breaks_off_is_told_and_the_next_one_works(database: Database) -> None:
    end = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(DatabaseGone, match="连接中断"), database.transaction() as connection:
        connection.exec_driver_sql(end)
    assert schema.current(database) == schema.head()


@pytest.mark.engines("postgresql")
def test_connections_that_went_stale_in_the_pool_are_replaced_unseen(database: Database, settings: Settings) -> None:
    """As after a restart of the server between two requests."""
    assert schema.current(database)
    other = Database(settings)
    with other.transaction() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.dispose()
    assert schema.current(database) == schema.head()


@pytest.mark.engines("postgresql")
def test_two_changes_in_each_others_way_are_told_and_not_shown_as_a_fault(
    database: Database, settings: Settings
) -> None:
    """Each of two lines holds what the other one wants; PostgreSQL lets one go on and sends the other home."""
    lock = "SELECT pg_advisory_xact_lock({})"
    both, told = threading.Barrier(2), []

    def hold(line: str, first: int, second: int) -> None:
        try:
            with database.transaction(line=line) as connection:
                connection.exec_driver_sql(lock.format(first))
                both.wait(timeout=20)
                connection.exec_driver_sql(lock.format(second))
        except DatabaseBusy as error:
            told.append(str(error))

    threads = [threading.Thread(target=hold, args=args) for args in (("a", 1, 2), ("b", 2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(told) == 1 and "互相等待" in told[0]


@pytest.mark.engines("postgresql")
def test_writers_of_different_lines_work_at_the_same_time(database: Database, settings: Settings) -> None:
    impatient = Database(replace(settings, lock_wait_s=0.05))
    with database.transaction(line="main"):
        with impatient.transaction(line="layers"), impatient.transaction(line=None):
            pass
        with pytest.raises(DatabaseBusy), impatient.transaction(line="main"):
            pass
    impatient.dispose()


@pytest.mark.engines("postgresql")
def test_a_look_changes_nothing(database: Database) -> None:
    with pytest.raises(sa.exc.InternalError, match="read-only"), database.reading() as connection:
        connection.exec_driver_sql("DELETE FROM job")
