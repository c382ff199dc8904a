"""Backup: one moment of everything while others write; read back before it counts; whole or not at all."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import backup
from bot.restore import restore
from bot.terminal import CommandError
from gateway import Gateway
from storage import condition
from storage.copies import postgres_dump, sqlite_file
from storage.engine import Database
from tests.backups import NOW, enter, entered, rows, settings_of

ROOT = Path(__file__).parents[1]


async def test_a_backup_holds_one_moment_while_others_write_and_comes_back(places, tmp_path, monkeypatch):
    """A unit and its audit row are one transaction: a copy that has the one without the other is torn."""
    here, there = places
    monkeypatch.setattr(sqlite_file, "PIECE", 1)  # as if it were large
    db, stop = Database(here.database), asyncio.Event()
    await enter(db, 200)

    async def write_on() -> None:
        while not stop.is_set():
            await enter(db, 5)

    file = tmp_path / "备份.tar"
    async with asyncio.TaskGroup() as group:
        group.create_task(write_on())
        manifest = await asyncio.to_thread(backup.make, here, file, NOW)
        stop.set()
    await db.close()
    name = "zhucun.db" if here.database_url is None else "zhucun.dump"
    held = manifest.rows[name]
    assert held["dispatching_unit"] == held["audit"] >= 200
    written = await asyncio.to_thread(rows, here)
    assert written["audit"] > held["audit"], "nobody wrote meanwhile: nothing is shown"
    assert backup.last(here) == NOW
    assert list(file.parent.glob(".zhucun*")) == []
    assert file.stat().st_mode & 0o777 == 0o600

    assert (await asyncio.to_thread(restore, there, file)).rows == manifest.rows
    assert await asyncio.to_thread(rows, there) == held
    again = Database(there.database)
    await enter(again, 1)  # ids go on where they were
    async with again.read() as session:
        assert await condition.integrity(session) == []
    await again.close()
    assert sorted(path.name for path in there.data_dir.iterdir() if not path.name.startswith("zhucun.db")) == []


async def test_the_gateway_and_stored_files_come_along(tmp_path, migrated_sqlite):
    here, there = settings_of(tmp_path / "here"), settings_of(tmp_path / "there")
    (here.files / "ab").mkdir(parents=True)
    (here.files / "ab" / "ab12.jpg").write_bytes(b"picture" * 1000)
    (here.data_dir / "incoming").mkdir()
    (here.data_dir / "incoming" / "名册.xlsx").write_bytes(b"passing")
    shutil.copyfile(migrated_sqlite, here.data_dir / "zhucun.db")
    gateway = await Gateway.start(db=here.data_dir / "gateway.db", host="127.0.0.1", port=0)
    await gateway.post_text(5001, "签到")
    await asyncio.to_thread(backup.make, here, tmp_path / "a.tar", NOW)
    token = gateway.token
    await gateway.close()
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert tar.getnames() == ["gateway.db", "zhucun.db", "files/ab/ab12.jpg", "manifest.json"]

    await asyncio.to_thread(restore, there, tmp_path / "a.tar")
    assert (there.files / "ab" / "ab12.jpg").read_bytes() == b"picture" * 1000
    gateway = await Gateway.start(db=there.data_dir / "gateway.db", host="127.0.0.1", port=0)
    assert gateway.token == token
    assert [message["text"] for message in await gateway.messages(5001)] == ["签到"]
    await gateway.close()


def test_without_a_database_there_is_nothing_to_back_up(tmp_path):
    with pytest.raises(CommandError, match="还没有数据库。请先运行：python -m bot migrate"):
        backup.make(settings_of(tmp_path), tmp_path / "a.tar", NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_comes_out_wrong_is_not_kept(sqlite_places, tmp_path, monkeypatch):
    here, file = sqlite_places[0], tmp_path / "a.tar"
    asyncio.run(entered(here))
    backup.make(here, file, NOW)
    before, copy = file.read_bytes(), sqlite_file.copy

    def torn(source: sqlite3.Connection, target: Path, ended: Callable[[], bool]) -> None:
        copy(source, target, ended)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)")
            connection.commit()

    monkeypatch.setattr(sqlite_file, "copy", torn)
    with pytest.raises(backup.BackupError, match=r"备份写好后核对不上（zhucun.db: audit），没有留下"):
        backup.make(here, file, NOW)
    assert file.read_bytes() == before, "the one that was there stays"


def test_without_postgresqls_programs_it_says_what_to_install(postgres_places, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PG_BINDIR", str(tmp_path / "bin"))
    with pytest.raises(
        backup.BackupError, match=r"找不到 pg_dump（要 PostgreSQL \d+ 或更新的）。请安装 postgresql-client"
    ):
        backup.make(postgres_places[0], tmp_path / "a.tar", NOW)
    assert not (tmp_path / "a.tar").exists()


def test_a_password_is_on_no_command_line():
    told = postgres_dump._environment("postgresql+asyncpg://zhucun:p%40ss@db.example.cn:5433/county?ssl=require")
    wanted = {"PGHOST": "db.example.cn", "PGPORT": "5433", "PGUSER": "zhucun", "PGPASSWORD": "p@ss"}
    assert wanted.items() <= told.items()
    assert (told["PGDATABASE"], told["PGSSLMODE"]) == ("county", "require")


HALFWAY = """
import sys, time
from bot import archive
from bot.__main__ import main
pack = archive.pack
def slow(*arguments):
    pack(*arguments)
    print("packed", flush=True)
    time.sleep(60)
archive.pack = slow
sys.exit(main(["backup", "b.tar"]))
"""


@pytest.mark.parametrize("end, left", [(signal.SIGKILL, 1), (signal.SIGTERM, 0), (signal.SIGINT, 0)])
def test_ended_in_the_middle_there_is_no_half_file(sqlite_places, tmp_path, end, left):
    here = sqlite_places[0]
    command = [sys.executable, "-c", HALFWAY]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ZHUCUN_DATA_DIR": str(here.data_dir)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as bot:
        assert bot.stdout is not None
        assert bot.stdout.readline() == b"packed\n"
        bot.send_signal(end)
        bot.communicate(timeout=30)
    assert bot.returncode != 0
    assert not (tmp_path / "b.tar").exists()
    drafts = list(tmp_path.glob(".zhucun-backup-*"))
    assert len(drafts) == left, "only who is killed leaves something behind"
    assert backup.last(here) is None
    backup.make(here, tmp_path / "b.tar", datetime.now(UTC) + timedelta(days=2))
    assert list(tmp_path.glob(".zhucun-backup-*")) == [], "the next one clears it away"
