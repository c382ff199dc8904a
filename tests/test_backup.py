"""Backup and restore: one moment of everything while others write; whole or not at all; into an empty place only."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot import backup
from bot.app import only_one
from bot.settings import Settings
from gateway import Gateway
from policy.roster import Level
from storage import audit, condition
from storage.copies import CopyError, holds_nothing, postgres_dump, sqlite_file
from storage.engine import Database
from storage.ids import new_id
from storage.migrate import upgrade
from storage.tables import Conversation, DispatchingUnit
from tests.command_line import Run, runner
from tests.databases import PostgresServer

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # 03:30 the next morning in Shanghai


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

    from bot.restore import restore

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

    from bot.restore import restore

    await asyncio.to_thread(restore, there, tmp_path / "a.tar")
    assert (there.files / "ab" / "ab12.jpg").read_bytes() == b"picture" * 1000
    gateway = await Gateway.start(db=there.data_dir / "gateway.db", host="127.0.0.1", port=0)
    assert gateway.token == token
    assert [message["text"] for message in await gateway.messages(5001)] == ["签到"]
    await gateway.close()


def test_a_migrated_place_where_nobody_has_entered_anything_is_empty(places, tmp_path):
    here, there = places
    asyncio.run(_entered(here))
    backup.make(here, tmp_path / "a.tar", NOW)
    there.data_dir.mkdir(exist_ok=True)
    upgrade(there.database)

    from bot.restore import restore

    restore(there, tmp_path / "a.tar")
    assert rows(there)["dispatching_unit"] == 3
    with pytest.raises(backup.BackupError, match="里已经有内容"):
        restore(there, tmp_path / "a.tar")
    assert rows(there)["dispatching_unit"] == 3


async def _entered(settings: Settings, count: int = 3) -> None:
    db = Database(settings.database)
    await enter(db, count)
    await db.close()


def test_a_dump_that_does_not_go_in_leaves_the_place_as_it_was(postgres_places, tmp_path, monkeypatch):
    here, there = postgres_places
    asyncio.run(_entered(here))
    backup.make(here, tmp_path / "a.tar", NOW)
    upgrade(there.database)
    before = rows(there)

    def fail(*_: object) -> None:
        raise CopyError("failed", name="pg_restore", said="no")

    monkeypatch.setattr(postgres_dump, "restore", fail)

    from bot.restore import restore

    with pytest.raises(backup.BackupError, match="pg_restore 没有做成（no），没有改动"):
        restore(there, tmp_path / "a.tar")
    assert rows(there) == before


# -- the command line: one line, exit code 2, nothing changed -----------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    before = signal.getsignal(signal.SIGTERM)  # `backup` listens to it
    yield runner(tmp_path, monkeypatch, capfd)
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def made(run: Run, tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A good backup, and an empty place for it."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copyfile(migrated_sqlite, data / "zhucun.db")
    asyncio.run(_entered(settings_of(data)))
    done = run("backup", "a.tar")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("已备份并核对：a.tar（")
    data.rename(tmp_path / "old")
    return tmp_path / "a.tar"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_back_again_by_the_command_line(run, made, tmp_path):
    done = run("restore", made)
    assert (done.code, done.err) == (0, "")
    assert "已恢复" in done.out
    assert sqlite_file.checked(tmp_path / "data" / "zhucun.db").rows["dispatching_unit"] == 3
    assert (tmp_path / "data" / "zhucun.db").stat().st_mode & 0o777 == 0o600
    assert run("doctor").code == 0
    there = run("backup", made)
    assert (there.code, there.line) == (2, ["已经有这个文件：a.tar。换个名字，或加 --force 覆盖。"])
    assert run("backup", made, "--force").code == 0


def remade(file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]], dict[str, Any]], None]) -> None:
    """An archive taken apart, changed, and put together again."""
    with tarfile.open(file) as tar:
        parts = [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]
    manifest = json.loads(parts.pop()[1])
    change(parts, manifest)
    said = json.dumps(manifest).encode()
    with tarfile.open(file, "w") as tar:
        for entry, content in [*parts, (tarfile.TarInfo("manifest.json"), said)]:
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))


def one_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def fewer_rows(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["rows"]["zhucun.db"]["audit"] += 1


def far_out(parts: list[Any], manifest: dict[str, Any]) -> None:
    parts.append((tarfile.TarInfo("files/../../escaped"), b"x"))


def more_than_said(parts: list[Any], manifest: dict[str, Any]) -> None:
    parts.append((tarfile.TarInfo("files/more"), b"x"))


def of_the_future(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["revision"] = "9999"


def of_another_kind(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["database"] = "postgresql"


def of_a_later_format(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest.update(format=2, version="7.0")


def of_somebody_else(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["product"] = "somebody"


STRANGE = "这不是驻村助手的备份，没有改动。"
DAMAGED = "这个备份坏了或不完整（"


@pytest.mark.parametrize(
    "spoil, line",
    [
        (lambda file: file.write_bytes(b"hello"), STRANGE),
        (lambda file: file.write_bytes(b""), STRANGE),
        (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), DAMAGED),
        (one_byte, DAMAGED),
        (lambda file: remade(file, fewer_rows), DAMAGED),
        (lambda file: remade(file, more_than_said), DAMAGED),
        (lambda file: remade(file, lambda parts, _: parts.clear()), DAMAGED),
        (lambda file: remade(file, far_out), STRANGE),
        (lambda file: remade(file, of_somebody_else), STRANGE),
        (lambda file: remade(file, of_the_future), "备份里的数据库（9999）比这个程序新。"),
        (lambda file: remade(file, of_a_later_format), "这个备份是更新的版本（7.0）做的。"),
        (lambda file: remade(file, of_another_kind), "备份是 postgresql 的，这里用的是 sqlite。"),
        (lambda file: file.unlink(), "没有这个文件或目录：a.tar"),
    ],
)
def test_a_file_that_is_wrong_damaged_or_newer_is_one_line(run, made, tmp_path, spoil, line):
    spoil(made)
    done = run("restore", made)
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert done.err.startswith(line)
    assert [name for name in tree(tmp_path / "data") if name != "zhucun.db.lock"] == []
    assert not (tmp_path / "escaped").exists()


def test_a_place_with_data_a_running_bot_or_too_little_room_is_one_line(run, made, tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(tmp_path / "old", data)
    before = tree(data)
    full = run("restore", made)
    assert (full.code, full.err[:16]) == (2, "zhucun.db 里已经有内容")
    assert tree(data) == before
    shutil.rmtree(data)
    data.mkdir()
    (data / "zhucun.db").write_bytes(b"something else" * 100)
    assert run("restore", made).err.startswith("zhucun.db 里已经有内容。")
    (data / "zhucun.db").unlink()
    with only_one(settings_of(data)):
        running = run("restore", made)
    assert (running.code, running.line) == (2, ["这个数据库已经有一个助手在运行：zhucun.db"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    for command in (("restore", made), ("backup", "b.tar")):
        if command[0] == "backup":
            shutil.copytree(tmp_path / "old", data, dirs_exist_ok=True)
        small = run(*command)
        assert (small.code, len(small.err.splitlines())) == (2, 1)
        assert small.err.startswith("磁盘空间不够：要 ")
    assert not (tmp_path / "b.tar").exists()


def test_a_full_disk_in_the_middle_leaves_nothing(run, made, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.archive._drawn", full)
    before = tree(tmp_path)
    done = run("restore", made)
    assert (done.code, done.line) == (2, ["磁盘满了，没有改动。请腾出空间再试。"])
    assert tree(tmp_path) == before


def test_without_a_database_there_is_nothing_to_back_up(run, tmp_path):
    done = run("backup", "a.tar")
    assert (done.code, done.line) == (2, ["还没有数据库。请先运行：python -m bot migrate"])
    assert not (tmp_path / "a.tar").exists()


def test_a_copy_that_comes_out_wrong_is_not_kept(run, made, tmp_path, monkeypatch):
    (tmp_path / "old").rename(tmp_path / "data")
    copy = sqlite_file.copy

    def torn(source: sqlite3.Connection, target: Path, ended: Callable[[], bool]) -> None:
        copy(source, target, ended)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)")
            connection.commit()

    monkeypatch.setattr(sqlite_file, "copy", torn)
    before = made.read_bytes()
    done = run("backup", made, "--force")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "备份写好后核对不上（zhucun.db: audit），没有留下" in done.err
    assert made.read_bytes() == before, "the one that was there stays"


def test_without_postgresqls_programs_it_says_what_to_install(run, postgres, tmp_path, monkeypatch, migrated_postgres):
    monkeypatch.setenv("ZHUCUN_DATABASE_URL", postgres.url(migrated_postgres))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PG_BINDIR", str(tmp_path / "bin"))
    done = run("backup", "a.tar")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert done.err.startswith("找不到 pg_dump（要 PostgreSQL ")
    assert "postgresql-client" in done.err


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
def test_ended_in_the_middle_there_is_no_half_file(made, tmp_path, end, left):
    (tmp_path / "old").rename(tmp_path / "data")
    command = [sys.executable, "-c", HALFWAY]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
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
    assert backup.last(settings_of(tmp_path / "data")) is not None, "of the one before"
    backup.make(settings_of(tmp_path / "data"), tmp_path / "b.tar", datetime.now(UTC) + timedelta(days=2))
    assert list(tmp_path.glob(".zhucun-backup-*")) == [], "the next one clears it away"


# -- every night -------------------------------------------------------------------------------------------------------


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
    await _entered(here)
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

    from bot.restore import restore

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
