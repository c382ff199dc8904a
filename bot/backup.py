"""Backups: everything in one file while the bot runs, read back before it counts; every night by itself."""

import asyncio
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bot import archive
from bot.archive import DATABASE, DUMP, FILES, GATEWAY, Manifest
from bot.settings import Settings
from bot.terminal import CommandError, sqlite_path
from locales import _, mark
from storage.copies import Contents, CopyError, Ended, postgres_dump, sqlite_file

log = structlog.get_logger()

LAST = "last-backup"
"""The file that says when a backup was last made."""
KEPT_DAYS = 14
"""Nightly backups older than this are deleted (law 14)."""
SPARE = 16 << 20
"""Bytes that should be left beside a backup."""
_DRAFT = ".zhucun-backup-"
_DRAFT_KEPT = timedelta(days=1)
_NIGHTLY = re.compile(r"zhucun-(\d{4}-\d\d-\d\d)\.tar")


class BackupError(CommandError):
    """A backup can't be made or put back: one line that says what to do, and a code for the log."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


_WORDS = {
    "stopped": mark("已停下，没有写成。"),
    "damaged": mark("备份写好后核对不上（{said}），没有留下。请再试一次；还这样，请检查磁盘。"),
    "no_program": mark(
        "找不到 {name}（要 PostgreSQL {version} 或更新的）。请安装 postgresql-client，或用 PG_BINDIR 指明它在哪个目录。没有改动。"
    ),
    "failed": mark("{name} 没有做成（{said}），没有改动。"),
}


def words(error: CopyError, more: Mapping[str, str] | None = None) -> BackupError:
    """What to say of a copy that did not succeed; `more`: sentences by code that take the place of these."""
    sentence = {**_WORDS, **(more or {})}[error.code]
    return BackupError(error.code, _(sentence).format(**error.fields))


def never() -> bool:
    """Nobody ends it."""
    return False


def make(settings: Settings, file: Path, now: datetime, ended: Ended = never) -> Manifest:
    """Write everything into one file, read it back, and only then put it in its place, over what was there.

    Takes as long as it takes: call it from a thread where others wait, and from no running event loop. Raises
    BackupError, CommandError, OSError, sqlite3.Error; then nothing has changed.
    """
    if (path := sqlite_path(settings)) is not None and not path.exists():
        raise CommandError(_("还没有数据库。请先运行：python -m bot migrate"))
    try:
        with _drafting(file.parent, now) as draft:
            manifest = _copied(settings, draft, now, ended)
            copies = {name: draft / name for name in manifest.rows}
            whole = draft / "whole.tar"
            archive.pack(whole, manifest, copies | _stored(settings), ended)
            for copied in copies.values():  # room for what is read back
                copied.unlink()
            archive.unpack(whole, copies.get, ended)
            for name, copied in copies.items():
                look_through(manifest, name, copied, ended)
            whole.replace(file)
            _sync(file.parent)
    except CopyError as error:
        raise words(error) from error
    _note(settings, now)
    return manifest


def look_through(manifest: Manifest, name: str, path: Path, ended: Ended) -> None:
    """See that a database that came out of an archive is whole and holds what the manifest says.

    Raises CopyError: `damaged`, `no_program`, `stopped`.
    """
    is_dump = name == DUMP
    found = postgres_dump.checked(path, manifest.server or 0, ended) if is_dump else sqlite_file.checked(path)
    wrong = [table for table, count in manifest.rows[name].items() if found.rows.get(table) != count]
    if wrong or (name != GATEWAY and found.revision != manifest.revision):
        raise CopyError("damaged", said=f"{name}: {wrong[0] if wrong else found.revision}")


def _copied(settings: Settings, draft: Path, now: datetime, ended: Ended) -> Manifest:
    """The databases as they stand at one moment, copied into `draft` under their names."""
    manifest = Manifest(made_at=now.astimezone(UTC).isoformat(timespec="seconds"))
    gateway, path, need = settings.data_dir / GATEWAY, sqlite_path(settings), 0
    with ExitStack() as stack:
        files, snapshot = {}, None
        # the gateway is held first: an update that it hands out twice is known by its number, one it forgot is lost
        if gateway.exists():
            files[GATEWAY] = stack.enter_context(sqlite_file.held(gateway))
            need += 2 * sqlite_file.size(gateway)
        if path is not None:
            files[DATABASE] = stack.enter_context(sqlite_file.held(path))
            need += 2 * sqlite_file.size(path)
        else:
            snapshot = stack.enter_context(postgres_dump.held(settings.database))
            need += snapshot.size
        must_have_room(draft, need + sum(one.stat().st_size for one in _stored(settings).values()))
        for name, held in files.items():
            sqlite_file.copy(held, draft / name, ended)
            _enter(manifest, name, sqlite_file.contents(held))
        if snapshot is not None:
            manifest.database, manifest.server = "postgresql", snapshot.server
            postgres_dump.dump(settings.database, snapshot, draft / DUMP, ended)
            _enter(manifest, DUMP, snapshot.contents)
    return manifest


def _enter(manifest: Manifest, name: str, contents: Contents) -> None:
    manifest.rows[name] = contents.rows
    if name != GATEWAY:
        manifest.revision = contents.revision


def _stored(settings: Settings) -> dict[str, Path]:
    """Files that belong to records, by their names in an archive."""
    found = sorted(one for one in settings.files.rglob("*") if one.is_file() and not one.is_symlink())
    return {f"{FILES}/{one.relative_to(settings.files).as_posix()}": one for one in found}


def must_have_room(folder: Path, need: int) -> None:
    """See that a disk has so many bytes left, and some to spare. Raises BackupError."""
    free = shutil.disk_usage(folder).free
    if free < need + SPARE:
        said = _("磁盘空间不够：要 {need}，只剩 {free}。请腾出空间再试。没有改动。")
        raise BackupError("no_room", said.format(need=in_words(need + SPARE), free=in_words(free)))


def in_words(count: float) -> str:
    """Bytes as people read them: `12.3 MB`."""
    units = ["B", "KB", "MB", "GB", "TB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.0f} B" if units[0] == "B" else f"{count:.1f} {units[0]}"


@contextmanager
def _drafting(folder: Path, now: datetime) -> Iterator[Path]:
    """A folder beside the backup for what is not finished; gone at the end. What a killed process left goes too."""
    for left in folder.glob(f"{_DRAFT}*"):
        if left.stat().st_mtime < (now - _DRAFT_KEPT).timestamp():
            shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sync(folder: Path) -> None:
    """See a new name to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


# -- when it was last done, and every night ---------------------------------------------------------------------------


def _note(settings: Settings, now: datetime) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    noted = settings.data_dir / f".{LAST}.new"
    noted.write_text(now.astimezone(UTC).isoformat(timespec="seconds"), encoding="utf-8")
    noted.replace(settings.data_dir / LAST)


def last(settings: Settings) -> datetime | None:
    """When a backup was last made here, wherever it was put; None: never."""
    try:
        return datetime.fromisoformat((settings.data_dir / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


async def nightly(settings: Settings, now: datetime) -> Path | None:
    """Make the night's backup if it is time and none is there yet; what is older than 14 days goes.

    Called often (the clock's every tick), it does something once a day; a night that was missed is caught up with. The
    work is done in a thread. Returns the file that was made; what goes wrong is logged, and the next call tries again.
    """
    local = now.astimezone(ZoneInfo(settings.timezone))
    settings.backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_old(settings, local.date())
    if settings.backup_at is None or local.time() < settings.backup_at:
        return None
    file = settings.backups / f"zhucun-{local:%Y-%m-%d}.tar"
    if file.exists():
        return None
    ended = threading.Event()
    try:
        manifest = await asyncio.to_thread(make, settings, file, now, ended.is_set)
    except asyncio.CancelledError:
        ended.set()  # the thread looks at it between two pieces
        raise
    except Exception as error:  # noqa: BLE001 -- disk, database, a missing program: said, and tried again
        log.error("the nightly backup was not made", cause=getattr(error, "code", type(error).__name__))
        return None
    log.info("backed up", bytes=file.stat().st_size, rows=rows_of(manifest))
    return file


def rows_of(manifest: Manifest) -> int:
    """Rows of all databases of a backup."""
    return sum(sum(rows.values()) for rows in manifest.rows.values())


def _night_of(path: Path) -> date | None:
    """The day a nightly backup is of; None: it is none."""
    found = _NIGHTLY.fullmatch(path.name)
    with suppress(ValueError):
        return date.fromisoformat(found[1]) if found is not None else None
    return None


def _forget_old(settings: Settings, today: date) -> None:
    """Delete nightly backups older than 14 days; never the only ones, as long as there are to be any."""
    named = ((_night_of(path), path) for path in settings.backups.iterdir())
    found = sorted((on, path) for on, path in named if on is not None)
    if settings.backup_at is not None:
        found = found[:-1]
    old = [path for on, path in found if on < today - timedelta(days=KEPT_DAYS)]
    for path in old:
        path.unlink(missing_ok=True)
    if old:
        log.info("old backups deleted", files=len(old))
