"""Putting a backup back, into an empty place only: everything is looked at first, then moved in, or nothing is changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot import archive
from bot.archive import DATABASE, DUMP, FILES, GATEWAY, Manifest
from bot.backup import BackupError, look_through, must_have_room, never, words
from bot.settings import Settings
from bot.terminal import CommandError, sqlite_path
from locales import _, mark
from storage.copies import CopyError, holds_nothing, postgres_dump, sqlite_file
from storage.migrate import knows, upgrade

_WORDS = {
    "strange": mark("这不是驻村助手的备份，没有改动。"),
    "newer": mark("这个备份是更新的版本（{version}）做的。请先升级助手，没有改动。"),
    "damaged": mark("这个备份坏了或不完整（{said}），没有改动。请换一份。"),
}


def restore(settings: Settings, file: Path) -> Manifest:
    """Put a backup back. Call it from no running event loop.

    Raises BackupError, CommandError, OSError: it is none of ours, damaged, of the other kind of database, newer than
    this code; the place is not empty, or a bot is running there; the disk is too full. Then nothing has changed.
    """
    try:
        manifest = archive.unpack(file, lambda _name: None, never)
        _must_fit(settings, manifest)
        _must_be_empty(settings, manifest)
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        must_have_room(settings.data_dir, 2 * file.stat().st_size)
        places = {name: _place(settings, name) for name in manifest.members}
        with _alone(settings), _drafts(places, settings.data_dir) as drafts:
            archive.unpack(file, drafts.get, never)
            for name in manifest.rows:
                look_through(manifest, name, drafts[name], never)
            with _moved_in(places, drafts):
                if DUMP in manifest.rows:
                    _fill(settings.database, drafts[DUMP], manifest)
    except CopyError as error:
        raise words(error, _WORDS) from error
    return manifest


def _must_fit(settings: Settings, manifest: Manifest) -> None:
    kind = "postgresql" if sqlite_path(settings) is None else "sqlite"
    if manifest.database != kind:
        said = _("备份是 {theirs} 的，这里用的是 {ours}。请改 ZHUCUN_DATABASE_URL，没有改动。")
        raise BackupError("other_kind", said.format(theirs=manifest.database, ours=kind))
    if not knows(manifest.revision):
        said = _("备份里的数据库（{revision}）比这个程序新。请先升级助手，没有改动。")
        raise BackupError("newer", said.format(revision=manifest.revision))
    if {DATABASE, DUMP} & manifest.rows.keys() != {DUMP if kind == "postgresql" else DATABASE}:
        raise CopyError("strange")


def _must_be_empty(settings: Settings, manifest: Manifest) -> None:
    """Nothing is there that anybody has entered: not in the databases, and none of the files."""
    taken = _("{place} 里已经有内容。备份只恢复到空的地方：请换一个数据目录或空的数据库，没有改动。")
    for name in manifest.members:
        path = _place(settings, name)
        if path is None:
            with postgres_dump.held(settings.database) as there:
                is_empty = holds_nothing(there.contents)
        elif name in manifest.rows:
            is_empty = _is_empty(path)
        else:
            is_empty = not path.exists()
        if not is_empty:
            raise BackupError("not_empty", taken.format(place=path.name if path is not None else "PostgreSQL"))


def _is_empty(path: Path) -> bool:
    try:
        return holds_nothing(sqlite_file.there(path))
    except CopyError:  # something else lies there, or somebody has it
        return False


def _place(settings: Settings, name: str) -> Path | None:
    """Where a member belongs; None: into the PostgreSQL server."""
    if name == DATABASE:
        return sqlite_path(settings)
    if name == DUMP:
        return None
    if name == GATEWAY:
        return settings.data_dir / GATEWAY
    return settings.files / name.removeprefix(f"{FILES}/")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """No bot starts meanwhile, and none is running. Raises CommandError."""
    from bot.app import StartError, only_one  # heavy, and wanted here only

    try:
        with only_one(settings):
            yield
    except StartError as error:
        raise CommandError(str(error)) from error


@contextmanager
def _drafts(places: Mapping[str, Path | None], folder: Path) -> Iterator[dict[str, Path]]:
    """Where members are written for now, beside their places; what is still there at the end goes."""
    drafts = {name: _draft(place or folder / DUMP) for name, place in places.items()}
    try:
        yield drafts
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


@contextmanager
def _moved_in(places: Mapping[str, Path | None], drafts: Mapping[str, Path]) -> Iterator[None]:
    """Everything in its place, the database last; out again where that fails, or the block."""
    moved: list[Path] = []
    try:
        for name, place in sorted(places.items(), key=lambda item: item[0] == DATABASE):
            if place is not None:
                sqlite_file.remove(place)  # an empty one, with what lies beside it
                drafts[name].replace(place)
                moved.append(place)
        yield
    except BaseException:
        for place in moved:
            place.unlink(missing_ok=True)
        raise


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.restoring")


def _fill(address: str, dump: Path, manifest: Manifest) -> None:
    """Put a dump into an empty database. One that has tables already gets them back where it does not succeed."""
    with postgres_dump.held(address) as there:
        server, tables = there.server, bool(there.contents.rows)
    if tables:
        postgres_dump.clear(address)
    try:
        postgres_dump.restore(address, dump, server, never)
    except BaseException:
        if tables:
            upgrade(address)
        raise
    with postgres_dump.held(address) as there:
        if there.contents.rows != manifest.rows[DUMP]:
            raise CopyError("damaged", said="rows")
    postgres_dump.take_stock(address)


def made_on(manifest: Manifest) -> datetime:
    """When a backup was made."""
    return datetime.fromisoformat(manifest.made_at)
