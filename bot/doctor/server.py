"""The Bot API server: does it answer, does it know the token, is its clock ours."""

from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

from bot import terminal
from bot.doctor.database import skew
from bot.doctor.finding import Finding, amiss, fine
from bot.settings import Settings
from locales import _

TELEGRAM = "https://api.telegram.org"
PATIENCE_S = 10


async def findings(settings: Settings) -> AsyncIterator[Finding]:
    """What there is to say of the server; the bot's own gateway needs no looking after."""
    if settings.uses_gateway and settings.bot_api is None:
        yield fine("api", _("用本机的手机页面，地址 {listen}。").format(listen=settings.gateway_listen))
        return
    if settings.bot_token is None:
        yield amiss("api", _("有 ZHUCUN_BOT_API 时也要有 ZHUCUN_BOT_TOKEN。"))
        return
    base = (settings.bot_api or TELEGRAM).rstrip("/")
    asked = terminal.now()
    try:
        status, date = await _get_me(f"{base}/bot{settings.bot_token.get_secret_value()}/getMe")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        # the error's own words would show the address, and so the token
        words = _("接口连不上（{cause}）。请检查网络、ZHUCUN_BOT_API 和令牌。")
        yield amiss("api", words.format(cause=type(error).__name__))
        return
    if status == 200:
        yield fine("api", _("接口能连上，认得令牌。"))
    else:
        yield amiss(
            "api",
            _("接口不认这个令牌，或不是 Bot API（HTTP {status}）。请检查 ZHUCUN_BOT_TOKEN。").format(status=status),
        )
    if date is not None:
        yield skew("api_clock", _("接口服务器"), date - asked - (terminal.now() - asked) / 2)


async def _get_me(address: str) -> tuple[int, datetime | None]:
    """The status of `getMe`, and what time the server has (to the second), if it says."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.get(address) as answer:
        try:
            date = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError):
            return answer.status, None
        return answer.status, date if date.tzinfo is not None else None
