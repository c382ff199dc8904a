"""Fixtures that every test may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests import skips
from tests.backups import places, postgres_places, sqlite_places
from tests.browser.chromium import browser, chromium
from tests.databases import (
    compiled_once,
    database_url,
    files_in_memory,
    migrated_postgres,
    migrated_sqlite,
    postgres,
)
from tests.world import World

__all__ = [
    "browser",
    "chromium",
    "database_url",
    "migrated_postgres",
    "migrated_sqlite",
    "places",
    "postgres",
    "postgres_places",
    "sqlite_places",
    "world",
]


def pytest_configure(config: pytest.Config) -> None:
    skips.pytest_configure(config)
    files_in_memory()
    compiled_once()


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A county with the bot in it, Monday 23 November 2026, 08:02."""
    made = World(database_url)
    yield made
    await made.close()
