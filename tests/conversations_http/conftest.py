"""The world of these tests has HTTP and the gateway in it. On SQLite only: the line knows nothing of the database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world_http import HttpWorld


@pytest.fixture
async def world(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A county with the bot in it, Monday 23 November 2026, 08:02."""
    shutil.copyfile(migrated_sqlite, tmp_path / "test.db")
    made = await HttpWorld.start(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    yield made
    await made.close()
