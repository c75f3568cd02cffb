"""Engine, transactions, geometry columns and spatial indexes: the same models on SQLite and on PostgreSQL/PostGIS."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType

from geoapp.config import Settings
from geoapp.errors import GeoappError, Invalid, Unavailable

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class NoDataFolder(Invalid):
    """The folder that should hold the installation cannot be made."""


class DatabaseBusy(Unavailable):
    """Another writer held the database longer than ``lock_wait_s``, or two stood in each other's way."""


class DatabaseGone(Unavailable):
    """The PostgreSQL server does not answer, lets nobody in, or broke off."""

    outside = "数据库暂时不能用，刚才的操作可能没有保存；请稍后再试，仍不行时告诉管理员。"


class NoExtension(DatabaseGone):
    """The database lacks what geometry is stored with."""


class _PostgisGeometry(UserDefinedType[bytes]):
    """Geometry in EPSG:4326 that travels as WKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(Geometry, 4326)"

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.ST_GeomFromWKB(bindvalue, 4326)

    def column_expression(self, column: Any) -> Any:
        return sa.func.ST_AsBinary(column)


class Wkb(TypeDecorator[bytes]):
    """A geometry in WGS84 longitude/latitude, handed over as WKB bytes; stores turn whole columns with shapely."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PostgisGeometry())
        return dialect.type_descriptor(sa.LargeBinary())


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in, aware UTC times out, on engines with and without time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: JSON that PostgreSQL can index; on SQLite it is text.
Json = sa.JSON().with_variant(JSONB(), "postgresql")


def bbox_columns() -> list[sa.Column[float]]:
    """The four columns that a spatial table carries; the SQLite index is fed from them by triggers."""
    return [sa.Column(name, sa.Float) for name in ("min_lon", "min_lat", "max_lon", "max_lat")]


class bbox_intersects(sa.ColumnElement[bool]):
    """True for rows whose box meets (min_lon, min_lat, max_lon, max_lat); compiled to R*Tree or to ``&&``.

    R*Tree keeps 32-bit floats and rounds outwards: a hit is a candidate, to be checked with shapely.
    """

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, table: sa.Table, bbox: tuple[float, float, float, float]) -> None:
        self.table_, self.bbox = table, tuple(float(x) for x in bbox)

    def self_group(self, against: Any = None) -> bbox_intersects:
        """Itself: among other conditions SQLite would be given ``… = 1``, for which it asks no index."""
        return self


@compiles(bbox_intersects, "sqlite")
def _bbox_sqlite(element: bbox_intersects, compiler: Any, **kw: Any) -> str:
    name = element.table_.name
    west, south, east, north = (repr(x) for x in element.bbox)
    return (
        f"{name}.id IN (SELECT id FROM {name}_rtree WHERE max_lon >= {west} AND min_lon <= {east} "
        f"AND max_lat >= {south} AND min_lat <= {north})"
    )


@compiles(bbox_intersects, "postgresql")
def _bbox_postgresql(element: bbox_intersects, compiler: Any, **kw: Any) -> str:
    box = ", ".join(repr(x) for x in element.bbox)
    return f"{element.table_.name}.geom && ST_MakeEnvelope({box}, 4326)"


def create_spatial_index(connection: Connection, table: str) -> None:
    """Index of ``table`` (columns id, geom and the four of `bbox_columns`) for `bbox_intersects`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE INDEX ix_{table}_geom ON {table} USING gist (geom)")
        return
    box = "min_lon, max_lon, min_lat, max_lat"
    new = ", ".join(f"new.{c}" for c in box.split(", "))
    run = connection.exec_driver_sql
    run(f"CREATE VIRTUAL TABLE {table}_rtree USING rtree(id, {box})")
    run(
        f"CREATE TRIGGER {table}_rtree_insert AFTER INSERT ON {table} WHEN new.min_lon IS NOT NULL "
        f"BEGIN INSERT INTO {table}_rtree(id, {box}) VALUES (new.id, {new}); END"
    )
    run(
        f"CREATE TRIGGER {table}_rtree_update AFTER UPDATE OF id, {box} ON {table} "
        f"BEGIN DELETE FROM {table}_rtree WHERE id = old.id; "
        f"INSERT INTO {table}_rtree(id, {box}) SELECT new.id, {new} WHERE new.min_lon IS NOT NULL; END"
    )
    run(
        f"CREATE TRIGGER {table}_rtree_delete AFTER DELETE ON {table} "
        f"BEGIN DELETE FROM {table}_rtree WHERE id = old.id; END"
    )


def drop_spatial_index(connection: Connection, table: str) -> None:
    """Undo `create_spatial_index`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP INDEX ix_{table}_geom")
        return
    for event in ("insert", "update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER {table}_rtree_{event}")
    connection.exec_driver_sql(f"DROP TABLE {table}_rtree")


_WAITING = "geoapp_after_commit"
#: Advisory locks of PostgreSQL come in families; this one is of the lines in which writers queue.
_LINES = 0x67656F


def after_commit(connection: Connection, action: Callable[[], None]) -> None:
    """Do ``action`` once the transaction at hand is durable; never, when it is undone."""
    connection.info[_WAITING].append(action)


class Database:
    """One installation's database: `reading()` for a consistent look, `transaction()` for a change.

    Writers queue, so that a change may look first and then write: on SQLite all of this machine at one lock, on
    PostgreSQL those of one line, of whatever machine. A busy database then means waiting, never the error "database
    is locked" or a lost update in the middle of a change.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = _make_engine(settings)
        self._thread_lock = threading.Lock()
        self._file_lock = FileLock(settings.data / "geoapp.lock", thread_local=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def today(self) -> date:
        """The civil day of the district: rights and validity are looked at by days."""
        return utcnow().astimezone(self.settings.zone).date()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database from its first query on."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def transaction(self, *, line: str | None = "main") -> Iterator[Connection]:
        """A connection whose changes are durable when the block ends, and undone when it raises.

        Parameters
        ----------
        line : on PostgreSQL, writers of one line follow one another, and those of different lines work at the same
            time. None: no line, for a change whose statements guard themselves (one row, a unique key).
        """
        waiting: list[Callable[[], None]] = []
        if self.is_sqlite:
            with self._write_lock(), self.engine.connect() as plain:
                connection = plain.execution_options(geoapp_write=True)
                with self._noting(connection, waiting), connection.begin():
                    yield connection
        else:
            with self.engine.connect() as connection, self._noting(connection, waiting), connection.begin():
                if line is not None:
                    # The first statement: all that follow see what the one before in the line has committed.
                    turn = sa.func.pg_advisory_xact_lock(_LINES, zlib.crc32(line.encode()) - 2**31)
                    connection.execute(sa.select(turn))
                yield connection
        for action in waiting:
            action()

    @contextmanager
    def _noting(self, connection: Connection, waiting: list[Callable[[], None]]) -> Iterator[None]:
        info = connection.info  # of the driver's connection: gone from here when that breaks off
        info[_WAITING] = waiting
        try:
            yield
        finally:
            del info[_WAITING]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other writer, of this process or another, while the block runs; it opens no transaction of its own."""
        with self._write_lock():
            yield

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        wait = self.settings.lock_wait_s
        if not self._thread_lock.acquire(timeout=wait):
            raise _busy(wait)
        try:
            try:
                self._file_lock.acquire(timeout=wait)
            except Timeout:
                raise _busy(wait) from None
            try:
                yield
            finally:
                self._file_lock.release()
        finally:
            self._thread_lock.release()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _make_engine(settings: Settings) -> Engine:
    if settings.url.startswith("sqlite"):
        try:
            # Personal data will lie in it: a new folder lets nobody else on the machine in.
            Path(settings.data).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise NoDataFolder(f"数据文件夹 {settings.data} 建不了（{reason}）；请核对 GEOAPP_DATA。") from None
        engine = sa.create_engine(settings.url, connect_args={"timeout": settings.lock_wait_s}, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Every thread that answers may read while it writes; the queue of jobs comes on top.
    engine = sa.create_engine(
        settings.url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=2 * settings.threads + 5,
        hide_parameters=True,  # error texts go to the log, and what was sent stays out of it
        connect_args=_CONNECT,
    )
    wait = settings.lock_wait_s

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(wait * 1000)}")
        connection.commit()

    @sa.event.listens_for(engine, "handle_error")
    def tell(context: sa.engine.ExceptionContext) -> GeoappError | None:
        if context.is_pre_ping:
            return None  # a connection that went stale in the pool: another one is opened
        return _refusal(context.original_exception, engine.url, wait)

    return engine


#: What PostgreSQL's own list of connections calls ours.
APPLICATION = "geoapp"
#: Seconds until an address where nobody answers is given up.
_CONNECT = {"connect_timeout": 10, "fallback_application_name": APPLICATION}


def _busy(wait_s: float) -> DatabaseBusy:
    return DatabaseBusy(f"数据库正忙，已等待 {wait_s:g} 秒仍未轮到；请稍后再试，本次没有改动任何数据。")


def _refusal(error: BaseException, url: sa.URL, wait_s: float) -> GeoappError | None:
    """What a person is told of a PostgreSQL error that is no fault of ours; None for any other."""
    state, words = getattr(error, "sqlstate", None), str(error)
    if state == "55P03":
        return _busy(wait_s)
    if state in {"40P01", "40001"}:
        return DatabaseBusy("两项改动互相等待，数据库取消了其中这一项；请再试一次，本次没有改动任何数据。")
    if ("extension" in words and state in {"0A000", "58P01", "42501"}) or 'type "geometry"' in words:
        return NoExtension(
            f"数据库 {url.database} 里没有 postgis 或 btree_gist 扩展；请在数据库服务器上安装 PostGIS"
            "（Debian：apt install postgresql-postgis），再由数据库管理员在这个库里执行"
            " CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; 。"
        )
    if state == "42501":
        return DatabaseGone(
            f"账号 {url.username} 在数据库 {url.database} 里没有建表或读写的权限；"
            f"请由数据库管理员执行 ALTER DATABASE {url.database} OWNER TO {url.username}; 。"
        )
    if state is not None and not state.startswith(("08", "57P", "53")):
        return None
    return DatabaseGone(_why_gone(words, url)) if isinstance(error, psycopg.OperationalError) else None


def _why_gone(words: str, url: sa.URL) -> str:
    """The sentence for whoever runs the installation: which part of the address is wrong, or which machine is down."""
    where = f"{url.host or '本机'}:{url.port or 5432}"
    # A server speaks the language that it was set up in.
    if "authentication failed" in words or "认证失败" in words or "no password" in words or 'role "' in words:
        return f"数据库服务器 {where} 不接受账号 {url.username} 的密码；请核对 GEOAPP_DATABASE_URL 里的账号和密码。"
    if ("FATAL" in words and ("does not exist" in words or "不存在" in words)) or "3D000" in words:
        return (
            f"数据库服务器 {where} 上没有名为 {url.database} 的数据库；请核对 GEOAPP_DATABASE_URL，"
            f"或先建库：createdb -O {url.username} {url.database} 。"
        )
    if "too many" in words or "remaining connection slots" in words:
        return f"数据库服务器 {where} 的连接已经占满；请减少服务进程或 GEOAPP_THREADS，或调大服务器的 max_connections。"
    if "No space left" in words:
        return f"数据库服务器 {where} 的磁盘已满，没有改动任何数据；请腾出空间后重试。"
    if "failed to resolve" in words or "could not translate host name" in words:
        return f"找不到名为 {url.host} 的数据库服务器；请核对 GEOAPP_DATABASE_URL 里的主机名和本机的网络。"
    if "connection failed" in words or "connection is bad" in words or "timeout" in words:
        return f"数据库服务器 {where} 没有应答；请确认 PostgreSQL 正在运行，并核对 GEOAPP_DATABASE_URL 里的地址和端口。"
    return f"与数据库服务器 {where} 的连接中断了；没有完成的改动不会留下，请稍后再试，并查看 PostgreSQL 的日志。"


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Transactions are opened by _begin_sqlite; the driver must not open its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred BEGIN that reads first and then writes fails with "locked" under load; a writer says so at once.
    write = connection.get_execution_options().get("geoapp_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def utcnow() -> datetime:
    """Aware time of now; pure code takes it as an argument."""
    return datetime.now(UTC)
