"""A database for the tests of actions."""

from collections.abc import AsyncIterator

import pytest

from storage.engine import Database
from tests.figures import County, at_hand


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh database, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def county(database_url: str) -> AsyncIterator[County]:
    """`tests.figures.at_hand`: the county in which figures are asked."""
    made = at_hand(County(database_url))
    await made._people()
    yield made
    await made.close()
