"""A database for the tests of actions."""

from collections.abc import AsyncIterator

import pytest

from storage.engine import Database


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh database, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    await opened.close()
