"""Alembic from code: the database is brought up to date at start, by tests and by `python -m bot migrate`."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).parent / "migrations"


def config(url: str, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one database."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.attributes["url"] = url
    settings.attributes["connection"] = connection
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to `revision`. Must not be called inside a running event loop."""
    asyncio.run(migrate(url, revision))


async def migrate(url: str, revision: str = "head", *, down: bool = False) -> None:
    """As `upgrade`, from inside an event loop; `down` steps back to an older revision."""
    step = command.downgrade if down else command.upgrade
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: step(config(url, sync), revision))
    finally:
        await engine.dispose()


def knows(revision: str | None) -> bool:
    """Whether this code has come as far as a database of this revision (None: an empty one)."""
    known = {script.revision for script in ScriptDirectory.from_config(config("")).walk_revisions()}
    return revision is None or revision in known


async def revision(url: str) -> str | None:
    """How far a database has come; None: nothing is in it yet."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    finally:
        await engine.dispose()


async def pending(url: str) -> list[str]:
    """The revisions that the database still lacks; empty when it is up to date."""
    scripts = ScriptDirectory.from_config(config(url))
    current = await revision(url)
    return [script.revision for script in scripts.iterate_revisions("head", current)]
