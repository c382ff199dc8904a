"""The database: its version, whether it is whole, how large, whether its clock is ours."""

from collections.abc import AsyncIterator
from datetime import timedelta

from bot import terminal
from bot.backup import in_words
from bot.doctor.finding import Finding, amiss, fine
from bot.settings import Settings
from bot.terminal import CommandError
from locales import _
from storage import condition
from storage.engine import AsyncSession
from storage.migrate import knows, pending, revision

SKEW = timedelta(seconds=10)
"""So far may two clocks be apart."""


async def behind(settings: Settings) -> Finding | None:
    """Whether the database and the code are of different versions; None: they fit. Raises CommandError: there is none."""
    path = terminal.sqlite_path(settings)
    if path is not None and not path.exists():
        raise CommandError(_("还没有数据库。请先运行：python -m bot migrate"))
    current = await revision(settings.database)
    if not knows(current):
        words = _("数据库（{revision}）比这个程序新。请升级程序，或恢复升级前的备份。")
        return amiss("migrations", words.format(revision=current))
    if left := await pending(settings.database):
        words = _("数据库的版本旧了（差 {n} 步）。请先备份，再运行：python -m bot migrate")
        return amiss("migrations", words.format(n=len(left)))
    return None


async def findings(session: AsyncSession) -> AsyncIterator[Finding]:
    """What there is to say of a database of this version."""
    size = in_words(await condition.size(session))
    yield fine("migrations", _("数据库能用，已是现在的版本（{size}）。").format(size=size))
    if wrong := await condition.integrity(session):
        words = _("数据库坏了（{said}）。请停下助手，把数据目录抄一份，再恢复最近的备份。")
        yield amiss("integrity", words.format(said=wrong[0]))
    else:
        yield fine("integrity", _("数据库是完整的。"))
    asked = terminal.now()
    if (theirs := await condition.clock(session)) is not None:
        yield skew("database_clock", _("数据库服务器"), theirs - asked - (terminal.now() - asked) / 2)


def skew(check: str, whose: str, apart: timedelta) -> Finding:
    """What to say of another machine's clock that is so far ahead of ours."""
    seconds = round(abs(apart).total_seconds())
    if abs(apart) > SKEW:
        words = _("本机的时钟和{whose}差 {seconds} 秒。请开对时（chrony 或 systemd-timesyncd），签到按本机的时间算。")
        return amiss(check, words.format(whose=whose, seconds=seconds))
    return fine(check, _("本机的时钟和{whose}一致。").format(whose=whose))
