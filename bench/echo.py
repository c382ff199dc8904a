"""The peer: a bare aiogram echo bot, as its documentation has it. `python -m bench.echo URL TOKEN`."""

import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

dispatcher = Dispatcher()


@dispatcher.message()
async def echo(message: Message) -> None:
    """Answer every message, about as long as our own answer."""
    await message.answer("✅ <b>已签到</b> 08:02 · 石门村")


if __name__ == "__main__":
    url, token = sys.argv[1:]
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    dispatcher.run_polling(bot, handle_as_tasks=True, tasks_concurrency_limit=100)
