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


# Those that wait for other processes: begun first, the others fill the time beside them.
LONG = ("test_run.py", "test_run_leave.py", "test_health.py", "test_first_path.py", "test_scripts.py", "test_roster.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed out in this order (`--no-loadscope-reorder`): the long ones first, so that none is left alone at the end."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A county with the bot in it, Monday 23 November 2026, 08:02."""
    made = World(database_url)
    yield made
    await made.close()
