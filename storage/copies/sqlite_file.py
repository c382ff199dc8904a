"""An SQLite file copied while others write to it, by the online backup, in pieces of two megabytes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.copies import Contents, CopyError, Ended

PIECE = 500
"""Pages copied at a time."""
REST_S = 0.005
"""Between two pieces, so that who is being served keeps the disk."""
PATIENCE_S = 30.0


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """A file as it stands at this moment, for as long as the block runs; writers go on meanwhile."""
    with closing(_opened(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only now does it hold still
        yield connection


def copy(source: sqlite3.Connection, target: Path, ended: Ended) -> None:
    """Copy what `held` holds to a file of its own, which must not be there. Raises CopyError: stopped."""

    def between(_status: int, _left: int, _of: int) -> None:
        if ended():
            raise CopyError("stopped")
        time.sleep(REST_S)

    with closing(sqlite3.connect(target)) as copied:
        copied.execute("PRAGMA synchronous=OFF")  # it is packed, and that is synced
        source.backup(copied, pages=PIECE, progress=between)
        copied.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file, with nothing beside it


def contents(connection: sqlite3.Connection) -> Contents:
    """What a file holds."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [name for (name,) in connection.execute(named)]
    rows = {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables}  # noqa: S608 -- tables of our own
    found = (
        connection.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in rows else None
    )
    return Contents(found[0] if found is not None else None, rows)


def checked(path: Path) -> Contents:
    """What a copy holds, after SQLite has looked through all of it. Raises CopyError: damaged."""
    try:
        with closing(_opened(path)) as connection:
            found = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                raise CopyError("damaged", said="; ".join(found)[:200])
            return contents(connection)
    except sqlite3.DatabaseError as error:
        raise CopyError("damaged", said=str(error)) from error


def there(path: Path) -> Contents:
    """What lies at a place; nothing, where there is no file. Raises CopyError: damaged, where it is no database."""
    if not path.exists() or not path.stat().st_size:
        return Contents()
    try:
        with closing(_opened(path)) as connection:
            return contents(connection)
    except sqlite3.DatabaseError as error:
        raise CopyError("damaged", said=str(error)) from error


def size(path: Path) -> int:
    """Bytes of a file and of what waits beside it."""
    beside = (path, path.with_name(path.name + "-wal"))
    return sum(one.stat().st_size for one in beside if one.exists())


def remove(path: Path) -> None:
    """Remove a file with what lies beside it, which would spoil another of its name."""
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        one.unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there; one that isn't is not made."""
    address = path.resolve().as_uri() + "?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE_S)
