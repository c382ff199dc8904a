"""The backup of the night: once a day, caught up with, kept 14 days."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from structlog.testing import capture_logs

from bot import backup
from bot.restore import restore
from bot.settings import Settings
from storage.copies import holds_nothing, sqlite_file
from storage.tables import Conversation
from tests.backups import NOW, entered, settings_of


def nights(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.backups.iterdir())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a thread does; not for ever."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not come to pass")


async def test_every_night_one_backup_and_none_older_than_fourteen_days(places, tmp_path):
    here, _ = places
    await entered(here)
    assert await backup.nightly(here, NOW - timedelta(hours=1)) is None  # 02:30 there
    made = await backup.nightly(here, NOW)
    assert made == here.backups / "zhucun-2026-11-24.tar"
    assert await backup.nightly(here, NOW + timedelta(minutes=1)) is None
    assert await backup.nightly(here, NOW + timedelta(hours=20)) is None  # the same day
    for name in ("zhucun-2026-11-10.tar", "zhucun-2026-11-09.tar", "zhucun-2026-02-31.tar", "年终.tar"):
        (here.backups / name).touch()
    with capture_logs() as logs:
        await backup.nightly(here, NOW + timedelta(minutes=2))
    assert nights(here) == ["zhucun-2026-02-31.tar", "zhucun-2026-11-10.tar", "zhucun-2026-11-24.tar", "年终.tar"]
    assert [line["event"] for line in logs] == ["old backups deleted"]
    missed = await backup.nightly(here, NOW + timedelta(days=1, hours=9))  # the machine was off at three
    assert missed == here.backups / "zhucun-2026-11-25.tar"
    assert missed is not None

    await asyncio.to_thread(restore, places[1], missed)


async def test_a_night_that_fails_is_logged_tried_again_and_costs_no_older_one(tmp_path, migrated_sqlite, monkeypatch):
    here = settings_of(tmp_path)
    shutil.copyfile(migrated_sqlite, tmp_path / "zhucun.db")
    here.backups.mkdir()
    for day in ("05", "06"):
        (here.backups / f"zhucun-2026-11-{day}.tar").touch()
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
        assert await backup.nightly(here, NOW) is None
    said = [(line["event"], line.get("cause")) for line in logs]
    assert said == [("old backups deleted", None), ("the nightly backup was not made", "no_room")]
    assert nights(here) == ["zhucun-2026-11-06.tar"], "the last one there is stays, old as it is"
    assert await backup.nightly(here, NOW) is not None
    assert await backup.nightly(here, NOW) is None
    assert nights(here) == ["zhucun-2026-11-24.tar"]


async def test_switched_off_nothing_is_made_and_old_ones_go_all_the_same(tmp_path, migrated_sqlite):
    off = settings_of(tmp_path, backup_at="off")
    shutil.copyfile(migrated_sqlite, tmp_path / "zhucun.db")
    off.backups.mkdir()
    (off.backups / "zhucun-2026-11-06.tar").touch()
    assert await backup.nightly(off, NOW) is None
    assert nights(off) == []


async def test_a_stop_in_the_middle_of_the_night_ends_the_work_soon(tmp_path, migrated_sqlite, monkeypatch):
    here = settings_of(tmp_path)
    shutil.copyfile(migrated_sqlite, tmp_path / "zhucun.db")
    monkeypatch.setattr(sqlite_file, "PIECE", 1)
    monkeypatch.setattr(sqlite_file, "REST_S", 0.2)
    async with asyncio.TaskGroup() as group:
        night = group.create_task(backup.nightly(here, NOW))
        await until(lambda: bool(list(here.backups.glob(".zhucun-backup-*"))))
        night.cancel()
    await until(lambda: nights(here) == [])


def test_an_empty_and_a_full_database_are_told_apart(migrated_sqlite):
    contents = sqlite_file.there(migrated_sqlite)
    assert holds_nothing(contents)
    contents.rows[Conversation.__tablename__] += 1
    assert not holds_nothing(contents)
