"""What the Bot API server is told at start: where updates go, the commands menu. It may be down, so until it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter, TelegramUnauthorizedError

from bot.intake import ALLOWED
from bot.stopping import pause, unless
from storage.engine import cause_of

log = structlog.get_logger()

LONGEST_PAUSE_S = 30.0
UNKNOWN_TOKEN_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the server is to push updates, and the word by which we know that it is the server."""

    url: str
    secret: str


async def until_told(stop: asyncio.Event, tell: Callable[[], Awaitable[object]]) -> bool:
    """Tell the server something, again and again until it has taken it; False where `stop` came first."""
    seconds = 1.0
    while not stop.is_set():
        try:
            await unless(stop, tell())
        except TelegramUnauthorizedError:
            log.error("the Bot API server does not know this token; see ZHUCUN_BOT_TOKEN")
            await pause(stop, UNKNOWN_TOKEN_PAUSE_S)
        except TelegramRetryAfter as error:
            await pause(stop, error.retry_after)
        except (TelegramAPIError, OSError) as error:
            cause = cause_of(error)
            log.warning("the Bot API server does not answer; trying again", cause=cause, seconds=seconds)
            await pause(stop, seconds)
            seconds = min(seconds * 2, LONGEST_PAUSE_S)
        else:
            break
    return not stop.is_set()


async def attach(bot: Bot, hook: Hook | None) -> None:
    """Have updates pushed to `hook`; None: they are asked for, which the server refuses as long as a hook is set."""
    if hook is None:
        await bot.delete_webhook()
    else:
        await bot.set_webhook(hook.url, secret_token=hook.secret, allowed_updates=ALLOWED)
