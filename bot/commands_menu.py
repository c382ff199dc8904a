"""The commands menu of chats that nobody is bound to yet; a person's own is set by what handlers answer."""

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError

from bot.api import RETRIED
from handlers.menu import default_commands

log = structlog.get_logger()


async def set_default_commands(bot: Bot) -> None:
    """Tell the server the commands of an unknown chat, at start-up. Where it doesn't take them, the bot runs without.

    Raises aiogram's errors of the line and the server.
    """
    for call in default_commands():
        try:
            await bot(call)
        except RETRIED:
            raise
        except TelegramAPIError as error:
            log.warning("the commands menu could not be set", cause=type(error).__name__)
            return
