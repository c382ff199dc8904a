"""A PostgreSQL database copied by its own programs while others write to it: pg_dump there, pg_restore back.

Nothing here may be called in a running event loop: the programs are waited for.
"""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.copies import Contents, CopyError, Ended

SYSTEM = Path("/usr/lib/postgresql")
LOOK_EVERY_S = 0.2
_COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? .*FROM stdin;')
_OUR_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() ORDER BY c.relname"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it stands at one moment: what it holds, the server's major version, how pg_dump finds the moment."""

    contents: Contents
    server: int
    name: str
    size: int


@contextmanager
def held(address: str) -> Iterator[Snapshot]:
    """A database as it stands at this moment, for as long as the block runs; writers go on meanwhile."""
    engine = create_async_engine(address, isolation_level="REPEATABLE READ")
    with asyncio.Runner() as runner:
        try:
            connection = runner.run(_connected(engine))
            try:
                yield runner.run(_snapshot(connection))
            finally:
                runner.run(connection.close())
        finally:
            runner.run(engine.dispose())


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _snapshot(connection: AsyncConnection) -> Snapshot:
    name = str(await connection.scalar(text("SELECT pg_export_snapshot()")))
    server = int(str(await connection.scalar(text("SHOW server_version_num")))) // 10_000
    size = int(str(await connection.scalar(text("SELECT pg_database_size(current_database())"))))
    tables = list(await connection.scalars(text(_OUR_TABLES)))
    rows = {one: int(str(await connection.scalar(text(f'SELECT count(*) FROM "{one}"')))) for one in tables}  # noqa: S608 -- tables of our own
    revision = None
    if "alembic_version" in rows:
        revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return Snapshot(Contents(revision, rows), server, name, size)


def dump(address: str, snapshot: Snapshot, target: Path, ended: Ended) -> None:
    """Dump what `held` holds into a file (custom format). Raises CopyError: no_program, failed, stopped."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot.name}", f"--file={target}"]
    _run(program("pg_dump", snapshot.server), options, _environment(address), ended)


def checked(path: Path, server: int, ended: Ended) -> Contents:
    """What a dump holds: it is unpacked to its end, and its rows are counted. Raises CopyError: damaged and the like."""
    binary = program("pg_restore", server)
    _run(binary, ["--list", str(path)], dict(os.environ), ended)
    command = [binary, "--data-only", "--file=-", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 -- for the type checker
        assert process.stderr is not None  # noqa: S101
        try:
            found = _counted(process.stdout, ended)
        except BaseException:
            process.kill()
            raise
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise CopyError("damaged", said=_last_line(said))
    return found


def _counted(lines: IO[bytes], ended: Ended) -> Contents:
    rows: dict[str, int] = {}
    revision, table = None, None
    for number, line in enumerate(lines):
        if number % 10_000 == 0 and ended():
            raise CopyError("stopped")
        if table is None:
            if begins := _COPY.match(line):
                table = begins[1].decode()
                rows[table] = 0
        elif line == b"\\.\n":
            table = None
        else:
            rows[table] += 1
            if table == "alembic_version":
                revision = line.decode().strip()
    return Contents(revision, rows)


def restore(address: str, path: Path, server: int, ended: Ended) -> None:
    """Put a dump into a database without tables, all of it or nothing. Raises CopyError: no_program, failed, stopped."""
    database = _escaped(make_url(address).database or "")
    options = [
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
        f"--dbname=dbname='{database}'",
    ]
    _run(program("pg_restore", server), [*options, str(path)], _environment(address), ended)


def clear(address: str) -> None:
    """Drop the tables of a database that holds nothing."""

    async def drop() -> None:
        engine = create_async_engine(address)
        try:
            async with engine.begin() as connection:
                for name in list(await connection.scalars(text(_OUR_TABLES))):
                    await connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
        finally:
            await engine.dispose()

    asyncio.run(drop())


def take_stock(address: str) -> None:
    """Have a database that was just filled count its tables: a dump brings no statistics along."""

    async def count() -> None:
        engine = create_async_engine(address)
        try:
            async with engine.begin() as connection:
                await connection.execute(text("ANALYZE"))
        finally:
            await engine.dispose()

    asyncio.run(count())


def program(name: str, server: int) -> str:
    """One of PostgreSQL's programs that understands a server of this major version, the nearest to it.

    Looked for in PG_BINDIR, else in PATH and /usr/lib/postgresql/*/bin. Raises CopyError: no_program.
    """
    named = os.environ.get("PG_BINDIR")
    places = [Path(named) / name] if named else [Path(shutil.which(name) or ""), *SYSTEM.glob(f"*/bin/{name}")]
    known = {_version(str(place)): str(place) for place in places if place.is_file()}
    fit = min((version for version in known if version >= server), default=None)
    if fit is None:
        raise CopyError("no_program", name=name, version=str(server))
    return known[fit]


def _version(binary: str) -> int:
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


def _run(binary: str, options: Sequence[str], environment: Mapping[str, str], ended: Ended) -> None:
    """Run a program to its end; it is ended where whoever asked wants it no more."""
    with subprocess.Popen(
        [binary, *options], env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            said = _waited_for(process, ended)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise CopyError("failed", name=Path(binary).name, said=_last_line(said))


def _waited_for(process: "subprocess.Popen[str]", ended: Ended) -> str:
    while True:
        try:
            return process.communicate(timeout=LOOK_EVERY_S)[1]
        except subprocess.TimeoutExpired:
            if ended():
                raise CopyError("stopped") from None


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][:200] if lines else "?"


def _environment(address: str) -> dict[str, str]:
    """How PostgreSQL's programs are told where to go; a password on their command line would be seen by everybody."""
    url = make_url(address)
    asked = {"PGHOST": _host(url), "PGPORT": str(url.port or ""), "PGUSER": url.username or ""}
    asked |= {"PGPASSWORD": url.password or "", "PGDATABASE": url.database or "", "PGSSLMODE": _ssl(url)}
    return dict(os.environ) | {name: value for name, value in asked.items() if value} | {"LC_ALL": "C"}


def _host(url: URL) -> str:
    host = url.host or url.query.get("host", "")
    return host if isinstance(host, str) else ",".join(host)


def _ssl(url: URL) -> str:
    mode = url.query.get("ssl") or url.query.get("sslmode") or ""
    return mode if isinstance(mode, str) else mode[0]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
