"""`doctor`: what is well, what is not, and what to do about it."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

import typer

from bot import terminal
from locales import _

if TYPE_CHECKING:
    from bot.settings import Settings


class Finding(NamedTuple):
    """One line of the doctor's: all is well, or what to do."""

    well: bool
    line: str


def register(app: typer.Typer) -> None:
    """Add `doctor`."""

    @app.command("doctor", help=_("检查数据库、接口和搁置的消息，说明怎么办。"))
    def _doctor() -> int:
        return terminal.run(_examine())


async def _examine() -> int:
    settings = terminal.settings()
    async for finding in _findings(settings):
        print(("✓ " if finding.well else "✗ ") + finding.line)
    return 0


async def _findings(settings: "Settings") -> AsyncIterator[Finding]:
    from storage.tables import InboxState

    async with terminal.database(settings) as db, db.read() as session:
        yield Finding(True, _("数据库能用，已是现在的版本。"))
        from storage import inbox, roster

        in_service = not await roster.is_empty(session) and not await roster.is_sample(session)
        aside = await inbox.set_asides(session)
        waiting = await inbox.count(session, InboxState.WAITING)
    yield Finding(True, _("等待处理的消息：{n} 条。").format(n=waiting))
    if not aside:
        yield Finding(True, _("没有搁置的消息。"))
    for row_id, update_id, received_at, error in aside:
        when = received_at.astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
        yield Finding(
            False,
            _("搁置的消息 {id}（第 {update} 号，{when}）：{error}。请把这一行发给维护人员。").format(
                id=row_id, update=update_id, when=when, error=error.splitlines()[0] if error else ""
            ),
        )
    yield await _api(settings)
    if in_service:
        yield _registration(settings)
    if in_service and not settings.uses_gateway and settings.bot_api is None:
        yield Finding(
            False,
            _("名册不是样例，消息却经境外服务器：干部数据应存境内（个人信息保护法第三十六条）。请改用本县的网关。"),
        )


def _registration(settings: "Settings") -> Finding:
    """Government applications are registered (国办函〔2026〕12号)."""
    number = settings.registration_number
    if number:
        return Finding(True, _("备案号：{number}").format(number=number))
    return Finding(
        False, _("还没有备案号：政务应用要备案（国办函〔2026〕12号）。办好后写进 ZHUCUN_REGISTRATION_NUMBER。")
    )


async def _api(settings: "Settings") -> Finding:
    if settings.uses_gateway and settings.bot_api is None:
        return Finding(True, _("用本机的手机页面，地址 {listen}。").format(listen=settings.gateway_listen))
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.exceptions import TelegramAPIError

    from bot.api import JsonSession
    from bot.dispatcher import make_bot

    if settings.bot_token is None:
        return Finding(False, _("有 ZHUCUN_BOT_API 时也要有 ZHUCUN_BOT_TOKEN。"))
    line = JsonSession(timeout=10)
    if settings.bot_api is not None:
        line = JsonSession(api=TelegramAPIServer.from_base(settings.bot_api), timeout=10)
    try:
        await make_bot(settings.bot_token.get_secret_value(), line).get_me()
    except (TelegramAPIError, OSError) as error:
        return Finding(
            False, _("接口连不上（{cause}）。请检查网络、ZHUCUN_BOT_API 和令牌。").format(cause=type(error).__name__)
        )
    finally:
        await line.close()
    return Finding(True, _("接口能连上。"))
