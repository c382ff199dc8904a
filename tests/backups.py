"""What the tests of backups share: a full place and an empty one, of either kind of database."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from policy.roster import Level
from storage import audit
from storage.copies import CopyError, postgres_dump, sqlite_file
from storage.engine import Database
from storage.ids import new_id
from storage.tables import DispatchingUnit
from tests.databases import PostgresServer

NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
"""03:30 the next morning in Shanghai."""


def settings_of(folder: Path, url: str | None = None, **more: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder, database_url=url, **more)


@pytest.fixture
def sqlite_places(tmp_path: Path, migrated_sqlite: Path) -> tuple[Settings, Settings]:
    """A migrated file in its data folder, and an empty place."""
    (tmp_path / "here").mkdir()
    shutil.copyfile(migrated_sqlite, tmp_path / "here" / "zhucun.db")
    return settings_of(tmp_path / "here"), settings_of(tmp_path / "there")


@pytest.fixture
def postgres_places(
    tmp_path: Path, postgres: PostgresServer, migrated_postgres: str
) -> Iterator[tuple[Settings, Settings]]:
    """A migrated database with its data folder, and an empty one."""
    try:
        postgres_dump.program("pg_dump", 0)
    except CopyError:
        pytest.skip("no pg_dump: PATH, PG_BINDIR and /usr/lib/postgresql have none")
    (tmp_path / "here").mkdir()
    full, empty = f"full_{uuid.uuid4().hex[:8]}", f"empty_{uuid.uuid4().hex[:8]}"
    postgres.create(full, template=migrated_postgres)
    postgres.create(empty)
    try:
        yield settings_of(tmp_path / "here", postgres.url(full)), settings_of(tmp_path / "there", postgres.url(empty))
    finally:
        postgres.drop(full)
        postgres.drop(empty)


@pytest.fixture(params=["sqlite_places", "postgres_places"])
def places(request: pytest.FixtureRequest) -> Any:
    """A migrated database, and an empty place of the same kind: on SQLite and on PostgreSQL."""
    return request.getfixturevalue(request.param)


async def enter(db: Database, count: int) -> None:
    """So many units, each with its audit row, in one transaction."""
    async with db.write(ids=2 * count) as session:
        for _ in range(count):
            unit_id = new_id(session)
            session.add(DispatchingUnit(id=unit_id, name=f"样例单位{unit_id}", level=Level.COUNTY, kind="党政机关"))
            audit.record(session, "test:enter", f"unit:{unit_id}", by=None, role=None, now=NOW)


def rows(settings: Settings) -> dict[str, int]:
    """What is in a database now."""
    if settings.database_url is None:
        return sqlite_file.there(settings.data_dir / "zhucun.db").rows
    with postgres_dump.held(settings.database) as there:
        return there.contents.rows


async def entered(settings: Settings, count: int = 3) -> None:
    db = Database(settings.database)
    await enter(db, count)
    await db.close()
