"""Restore: into an empty place only, all of it or nothing; anything else is one line, and nothing has changed."""

import asyncio
import json
import shutil
import signal
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from bot import backup
from bot.app import only_one
from bot.restore import restore
from storage.copies import CopyError, postgres_dump, sqlite_file
from storage.engine import Database
from storage.migrate import upgrade
from tests.backups import NOW, entered, rows, settings_of
from tests.command_line import Run, runner


def test_a_migrated_place_where_nobody_hasentered_anything_is_empty(places, tmp_path):
    here, there = places
    asyncio.run(entered(here))
    backup.make(here, tmp_path / "a.tar", NOW)
    there.data_dir.mkdir(exist_ok=True)
    upgrade(there.database)

    restore(there, tmp_path / "a.tar")
    assert rows(there)["dispatching_unit"] == 3
    with pytest.raises(backup.BackupError, match="里已经有内容"):
        restore(there, tmp_path / "a.tar")
    assert rows(there)["dispatching_unit"] == 3


def test_a_database_that_was_put_back_knows_how_large_its_tables_are(postgres_places, tmp_path):
    here, there = postgres_places
    asyncio.run(entered(here))
    backup.make(here, tmp_path / "a.tar", NOW)
    restore(there, tmp_path / "a.tar")
    assert asyncio.run(_reckoned(there.database, "dispatching_unit")) == 3


async def _reckoned(address: str, table: str) -> float:
    """How many rows PostgreSQL's planner reckons with."""
    db = Database(address)
    try:
        async with db.read() as session:
            query = text("SELECT reltuples FROM pg_class WHERE relname = :table")
            return float((await session.execute(query, {"table": table})).scalar_one())
    finally:
        await db.close()


def test_a_dump_that_does_not_go_in_leaves_the_place_as_it_was(postgres_places, tmp_path, monkeypatch):
    here, there = postgres_places
    asyncio.run(entered(here))
    backup.make(here, tmp_path / "a.tar", NOW)
    upgrade(there.database)
    before = rows(there)

    def fail(*_: object) -> None:
        raise CopyError("failed", name="pg_restore", said="no")

    monkeypatch.setattr(postgres_dump, "restore", fail)

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
    asyncio.run(entered(settings_of(data)))
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


def rows_of_what_is_not_there(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["rows"]["files/7"] = {"person": 1}


def of_no_shape(parts: list[Any], manifest: dict[str, Any]) -> None:
    manifest["rows"] = ["zhucun.db"]


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
        (lambda file: remade(file, rows_of_what_is_not_there), STRANGE),
        (lambda file: remade(file, of_no_shape), STRANGE),
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
