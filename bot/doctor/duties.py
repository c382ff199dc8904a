"""What a county with real people in its roster owes the law (POLICY §5): registration, and where the data goes."""

from collections.abc import AsyncIterator

from bot import terminal
from bot.doctor.finding import Finding, amiss, fine
from bot.settings import Settings
from locales import _
from storage import abroad
from storage.engine import AsyncSession


async def findings(session: AsyncSession, settings: Settings) -> AsyncIterator[Finding]:
    """What there is to say of a county in service."""
    yield _registration(settings.registration_number)
    if settings.speaks_abroad:
        yield await _abroad(session, settings)


def _registration(number: str | None) -> Finding:
    """Government applications are registered (国办函〔2026〕12号)."""
    if number:
        return fine("registration", _("备案号：{number}").format(number=number))
    words = _("还没有备案号：政务应用要备案（国办函〔2026〕12号）。办好后写进 ZHUCUN_REGISTRATION_NUMBER。")
    return amiss("registration", words)


async def _abroad(session: AsyncSession, settings: Settings) -> Finding:
    since = await abroad.acknowledged_since(session)
    if since is not None:
        when = since.astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
        return fine("abroad", _("消息经境外服务器，管理员 {when} 已确认知道。").format(when=when))
    words = _(
        "名册不是样例，消息却经境外服务器：干部数据应存境内（个人信息保护法第三十六条）。"
        "请改用本县的网关；依法可用的，由管理员确认：doctor --acknowledge-abroad --by 姓名"
    )
    return amiss("abroad", words)
