"""While a long paper is being made, one message says how far it is; it goes once the paper is there."""

import asyncio
from typing import Any

from aiogram.methods import DeleteMessage, EditMessageText, SendMessage

from bot import paper_progress
from documents import press
from policy.delivery import Lane
from storage.delivery import Claimed
from tests.world import CHANNEL

PRESENT: dict[Any, str] = {SendMessage: "says", EditMessageText: "edits", DeleteMessage: "deletes"}


class Bot:
    """Notes what it is told to do."""

    def __init__(self):
        self.did = []
        self.more = asyncio.Event()

    async def __call__(self, method):
        self.did.append((PRESENT[type(method)], getattr(method, "text", None)))
        self.more.set()
        return type("Sent", (), {"message_id": 7})()


class Budget:
    """Whenever one likes."""

    async def turn(self, _chat_id, _lane):
        return None


async def did_more(bot):
    async with asyncio.timeout(5):
        await bot.more.wait()
    bot.more.clear()


async def test_said_once_edited_as_it_gets_on_and_taken_away(world, monkeypatch):
    monkeypatch.setattr(paper_progress, "EVERY_S", 0)
    sun = world.county_staff("孙丽")
    await world.settle()
    row = Claimed(1, sun.person_id, "attendance", {}, None, Lane.ANSWER, None, 0, held=False)
    bot: Any = Bot()
    budget: Any = Budget()
    async with paper_progress.told(world.db, bot, CHANNEL, budget, row, world.clock(), first_after=0):
        watch = press.watching.get() or press.Watch()
        watch.done, watch.total = 5_000, 22_098
        await did_more(bot)
        watch.done = 12_000
        await did_more(bot)
    assert press.watching.get() is None
    assert bot.did == [
        ("says", "📄 正在生成：5,000/22,098 人…"),
        ("edits", "📄 正在生成：12,000/22,098 人…"),
        ("deletes", None),
    ]


async def test_what_is_made_soon_needs_no_words(world):
    sun = world.county_staff("孙丽")
    await world.settle()
    row = Claimed(1, sun.person_id, "attendance", {}, None, Lane.ANSWER, None, 0, held=False)
    bot: Any = Bot()
    budget: Any = Budget()
    async with paper_progress.told(world.db, bot, CHANNEL, budget, row, world.clock()):
        pass
    assert bot.did == []
