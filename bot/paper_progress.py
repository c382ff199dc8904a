"""While a long paper is being made: one message that says how far it is, gone once the paper is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import DeleteMessage, EditMessageText, SendMessage
from aiogram.types import Message

from bot.budget import Budget
from documents import press
from documents.press import Watch
from handlers.papers import how_far
from locales import speaking
from policy.delivery import Lane
from storage import recipients
from storage.delivery import Claimed
from storage.engine import Database

FIRST_AFTER_S = 3.0
"""Seconds; what is made sooner needs no words."""
EVERY_S = 3.0


@asynccontextmanager
async def told(
    db: Database,
    bot: Bot,
    channel: str,
    budget: Budget,
    row: Claimed,
    now: datetime,
    *,
    first_after: float = FIRST_AFTER_S,
) -> AsyncIterator[None]:
    """Who asked for the paper of this row hears how far it is, while the block runs."""
    watch = Watch()
    before = press.watching.set(watch)
    telling = asyncio.create_task(_tell(db, bot, channel, budget, row, now, watch, first_after))
    try:
        yield
    finally:
        press.watching.reset(before)
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _tell(
    db: Database, bot: Bot, channel: str, budget: Budget, row: Claimed, now: datetime, watch: Watch, first_after: float
) -> None:
    """Say it, and say it anew where it has changed; a message that can't be sent keeps nothing from being made."""
    await asyncio.sleep(first_after)
    async with db.read() as session:
        found = (await recipients.of_people(session, channel, [row.person_id or 0], now)).get(row.person_id or 0)
    if found is None or found.chat is None:
        return
    chat_id, message_id, said = found.chat.external_id, None, ""
    try:
        while True:
            with speaking(found.person.language):
                text = how_far(watch.done, watch.total) if watch.total else said
            if text != said:
                await budget.turn(chat_id, Lane.ANSWER)
                with suppress(TelegramAPIError):
                    if message_id is None:
                        message: Message = await bot(SendMessage(chat_id=chat_id, text=text, disable_notification=True))
                        message_id = message.message_id
                    else:
                        await bot(EditMessageText(chat_id=chat_id, message_id=message_id, text=text))
                said = text
            await asyncio.sleep(EVERY_S)
    finally:
        if message_id is not None:
            with suppress(TelegramAPIError):
                await bot(DeleteMessage(chat_id=chat_id, message_id=message_id))
