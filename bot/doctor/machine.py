"""This machine: room on the disk, and when everything was last backed up."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot import backup, terminal
from bot.archive import GATEWAY
from bot.doctor.finding import Finding, amiss, fine
from bot.settings import Settings
from locales import _
from storage.copies import sqlite_file

ROOM = 1 << 30
"""Bytes below which it is time to make room, even where the databases are small."""
BACKUP_EVERY = timedelta(hours=36)
"""A night may be late; one that is missing is not."""


def findings(settings: Settings, now: datetime, *, in_service: bool) -> Iterator[Finding]:
    """What there is to say of the disk and of backups; nobody misses those of a county with nobody in it."""
    paths = [settings.data_dir / GATEWAY, terminal.sqlite_path(settings)]
    need = ROOM + 2 * sum(sqlite_file.size(path) for path in paths if path is not None)
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free
    if free < need:
        words = _("磁盘只剩 {free}（应有 {need}，备份也要地方）。请腾出空间。")
        yield amiss("disk", words.format(free=backup.in_words(free), need=backup.in_words(need)))
    else:
        yield fine("disk", _("磁盘还有 {free}。").format(free=backup.in_words(free)))
    yield _backed_up(settings, now, in_service=in_service)


def _backed_up(settings: Settings, now: datetime, *, in_service: bool) -> Finding:
    last = backup.last(settings)
    if last is None:
        if not in_service:
            return fine("backup", _("还没有备份；名册里还没有真人，不急。"))
        return amiss("backup", _("还没有备份。请运行：python -m bot backup 文件.tar") + _at_night(settings))
    when = last.astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
    if now - last > BACKUP_EVERY:
        words = _("上次备份是 {when}，已经 {days} 天。请运行：python -m bot backup 文件.tar")
        return amiss("backup", words.format(when=when, days=max(1, (now - last).days)) + _at_night(settings))
    return fine("backup", _("上次备份：{when}。").format(when=when))


def _at_night(settings: Settings) -> str:
    if settings.backup_at is None:
        return _("（每夜的备份关着：ZHUCUN_BACKUP_AT）")
    return _("（助手运行时，每天 {at} 自己备份；没有备成的看日志）").format(at=f"{settings.backup_at:%H:%M}")
