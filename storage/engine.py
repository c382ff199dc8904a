"""The database: readers side by side, one writer at a time (law 2), SQLite and PostgreSQL alike (law 9)."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage import audit
from storage.ids import Ids

__all__ = ["AsyncSession", "Database", "address", "cause_of", "is_disk_trouble"]
# the rooms above take the session's type from here: sqlalchemy stays in storage

WRITER_LOCK = 0x7A68_7563
"""The advisory lock that makes every process on one PostgreSQL database take turns at writing."""

BUSY_TIMEOUT_MS = 5_000


class Database:
    """One database, opened. `read()` gives sessions that see; `write()` the one session that changes.

    `channel`: by which people are told what an action has for them (law 13).
    """

    def __init__(self, url: str, channel: str = "main") -> None:
        self.url = make_url(url)
        self.channel = channel
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.ids = Ids()
        self.on_turn: Callable[[float], None] = lambda _seconds: None
        """Told how long a writer waited for its turn."""
        self._turn = asyncio.Lock()
        self._reader = _engine(url, pool_size=4)
        self._writer = _engine(url, pool_size=1, begin="BEGIN IMMEDIATE") if self.is_sqlite else self._reader
        self._read = async_sessionmaker(self._reader, expire_on_commit=False)
        self._write = async_sessionmaker(self._writer, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for queries; what it holds is rolled back at the end."""
        async with self._read() as session:
            session.info["channel"] = self.channel
            yield session

    @asynccontextmanager
    async def write(self, *, ids: int = 1_000) -> AsyncIterator[AsyncSession]:
        """The writer: in turn, first come first served; commits at the end, or leaves nothing behind.

        At least `ids` new ids stand ready (`storage.ids.new_id`).
        """
        asked = perf_counter()
        async with self._turn, self._write() as session:
            session.info["ids"], session.info["channel"] = self.ids, self.channel
            try:
                if not self.is_sqlite:
                    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
                self.on_turn(perf_counter() - asked)
                await self.ids.reserve(session, ids)
                yield session
                await audit.write(session)
                await session.commit()
            except BaseException:
                self.ids.forget()
                await session.rollback()
                raise

    async def close(self) -> None:
        """Give all connections back."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()

    def on_statement(self, notice: Callable[[str], None]) -> None:
        """Tell `notice` each statement sent; for benches and tests that count them."""

        def tell(_c: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
            notice(statement)

        for engine in {self._reader, self._writer}:
            event.listen(engine.sync_engine, "before_cursor_execute", tell)


def address(session: AsyncSession) -> str:
    """The address of a session's database, for a process of its own that opens it anew. Holds the password."""
    return session.get_bind().engine.url.render_as_string(hide_password=False)


def is_disk_trouble(error: BaseException) -> bool:
    """Whether an error is of the disk or the database, so that no update is to blame for it."""
    if isinstance(error, OSError):  # a lost line names no file; one that names a file is of the disk or of who asked
        return error.filename is None or error.errno in _DISK
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    origin = getattr(error, "orig", None) or error
    if (sqlstate := getattr(origin, "sqlstate", None)) is not None:
        return sqlstate[:2] in _POSTGRES
    if isinstance(origin, sqlite3.Error) and (code := getattr(origin, "sqlite_errorcode", None)) is not None:
        return code & 0xFF in _SQLITE
    if isinstance(origin.__cause__, ValueError):  # asyncpg: a value that no column of this type holds
        return False
    if type(error) is DatabaseError:  # a damaged file; its subclasses speak of statements and values
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)


def cause_of(error: BaseException) -> str:
    """An error as the log may hold it: its type and the first line of what it says.

    The lines below quote rows (`DETAIL: Key (name)=(李雪)`), and so does the first where a value does not fit its type.
    """
    kind, said = type(error).__name__, str(error).splitlines()
    origin = getattr(error, "orig", None)
    sqlstate = getattr(origin, "sqlstate", None) or ""
    quotes = isinstance(error, DBAPIError) and (sqlstate.startswith("22") or "query argument" in str(origin))
    return kind if quotes or not said else f"{kind}: {said[0]}"


_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_POSTGRES = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"})
"""Classes of SQLSTATE: connection, read-only, who and where, deadlock, resources, locks, shut-down, system, internal."""
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Not SQLITE_ERROR: that is a statement which is wrong."""


def _engine(url: str, *, pool_size: int, begin: str = "BEGIN") -> AsyncEngine:
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": _from_json,
        "pool_size": pool_size,
        "hide_parameters": True,  # errors are logged, and what people say and where they are is not
        "max_overflow": 4 if pool_size > 1 else 0,
        "poolclass": AsyncAdaptedQueuePool,
    }
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, **options)
    engine = create_async_engine(url, **options)
    _set_up_sqlite(engine.sync_engine, begin)
    return engine


def _from_json(stored: str | bytes | float) -> Any:
    """SQLite hands back a number as a number, not as its JSON: a column named JSON has numeric affinity there."""
    return stored if isinstance(stored, int | float) else orjson.loads(stored)


def _set_up_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
