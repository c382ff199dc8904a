"""Updates on their way to the bot: long polls, acknowledgement, presses, the webhook."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from aiohttp import web

from gateway import Gateway
from gateway.errors import PageError
from tests.gateway.conftest import LI, ZHOU, Clock, Phone, until

YES = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="同意", callback_data="yes")]])
KEYS = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="📍签到", request_location=True)]])


async def test_a_poll_wakes_when_somebody_speaks(bot: Bot, gateway: Gateway):
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: gateway._updates._poll > 0)
    await gateway.post_text(ZHOU, "/start abc")
    [update] = await asyncio.wait_for(poll, 20)
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.chat.id, update.message.from_user.language_code) == (
        "/start abc",
        ZHOU,
        "zh-hans",
    )
    assert [(e.type, e.length) for e in update.message.entities or []] == [("bot_command", 6)]


async def test_an_offset_acknowledges_what_is_below_it(bot: Bot, gateway: Gateway):
    for word in "一二三":
        await gateway.post_text(ZHOU, word)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["一", "二"]
    assert [u.update_id for u in await bot.get_updates()] == [u.update_id for u in first] + [first[1].update_id + 1]
    assert [u.message.text for u in await bot.get_updates(offset=first[1].update_id + 1) if u.message] == ["三"]
    assert len(await bot.get_updates()) == 1
    assert await bot.get_updates(offset=first[1].update_id + 2) == []


async def test_the_last_updates_are_had_by_a_negative_offset(bot: Bot, gateway: Gateway):
    for word in "一二三":
        await gateway.post_text(ZHOU, word)
    assert [u.message.text for u in await bot.get_updates(offset=-1) if u.message] == ["三"]
    assert len(await bot.get_updates()) == 1


async def test_a_second_poll_ends_the_first(bot: Bot, gateway: Gateway):
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: gateway._updates._poll > 0)
    second = asyncio.create_task(bot.get_updates(timeout=50))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first
    await gateway.post_text(ZHOU, "在")
    assert len(await asyncio.wait_for(second, 20)) == 1


async def test_kinds_not_allowed_are_not_made(bot: Bot, gateway: Gateway):
    await bot.get_updates(allowed_updates=["callback_query"])
    await gateway.post_text(ZHOU, "一")
    await bot.get_updates(allowed_updates=["message"])
    await gateway.post_text(ZHOU, "二")
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["二"]


async def test_a_press_carries_its_message_and_is_answered_once(bot: Bot, gateway: Gateway, phone: Phone):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    query_id = await gateway.press(ZHOU, sent.message_id, "yes")
    [update] = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert (query.id, query.data, query.from_user.id) == (query_id, "yes", ZHOU)
    assert query.message is not None
    assert query.message.model_dump() == sent.model_dump()
    assert await bot.answer_callback_query(query.id, "已批准", show_alert=True)
    _, news = await phone.ask("GET", f"/page/events?after={state['change']}", person=ZHOU)
    assert news["answers"] == [{"id": query_id, "text": "已批准", "alert": True}]


async def test_an_unknown_or_old_press_can_not_be_answered(bot: Bot, gateway: Gateway, clock: Clock):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    query_id = await gateway.press(ZHOU, sent.message_id, "yes")
    for wrong in ("999", "x", ""):
        with pytest.raises(TelegramBadRequest, match="query is too old and response timeout expired"):
            await bot.answer_callback_query(wrong)
    clock.time += 16 * 60
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(query_id)


async def test_only_a_button_that_is_there_can_be_pressed(bot: Bot, gateway: Gateway):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    for person, data in ((LI, "yes"), (ZHOU, "no")):
        with pytest.raises(PageError, match="no longer there"):
            await gateway.press(person, sent.message_id, data)
    await bot.edit_message_reply_markup(chat_id=ZHOU, message_id=sent.message_id)
    with pytest.raises(PageError, match="no longer there"):
        await gateway.press(ZHOU, sent.message_id, "yes")
    assert await bot.get_updates() == []


async def test_the_location_key_replies_to_the_message_that_brought_it(bot: Bot, gateway: Gateway):
    keyed = await bot.send_message(ZHOU, "您好", reply_markup=KEYS)
    await bot.send_message(ZHOU, "后来的话")
    await gateway.post_location(ZHOU, 38.2031, 114.0125, accuracy=20)
    await gateway.post_location(ZHOU, 38.2031, 114.0125, picked=True)
    pressed, picked = [u.message for u in await bot.get_updates()]
    assert pressed is not None
    assert pressed.location is not None
    assert pressed.reply_to_message is not None
    assert (pressed.reply_to_message.message_id, pressed.location.horizontal_accuracy) == (keyed.message_id, 20)
    assert picked is not None
    assert picked.location is not None
    assert (picked.reply_to_message, picked.location.horizontal_accuracy) == (None, None)


async def test_a_phone_number_typed_is_not_taken_for_a_verified_one(bot: Bot, gateway: Gateway):
    await gateway.post_contact(ZHOU, "139 0000 1234")
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.contact is not None
    assert (update.message.contact.phone_number, update.message.contact.user_id) == ("13900001234", None)


class Listener:
    """A bot's webhook: refuses the first push, then takes what comes."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str | None]] = []
        self.refused = 0
        self.enough = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        if not self.refused:
            self.refused += 1
            return web.Response(status=500)
        body = await request.json()
        self.taken.append((body["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        if len(self.taken) == 3:
            self.enough.set()
        return web.Response()


async def test_a_webhook_gets_every_update_in_order_until_it_says_yes(bot: Bot, gateway: Gateway):
    listener = Listener()
    application = web.Application()
    application.router.add_post("/hook", listener.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        for word in "一二":
            await gateway.post_text(ZHOU, word)
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s-1")
        await gateway.post_text(ZHOU, "三")
        await asyncio.wait_for(listener.enough.wait(), 20)
        assert listener.taken == [("一", "s-1"), ("二", "s-1"), ("三", "s-1")]
        info = await bot.get_webhook_info()
        assert info.url.endswith("/hook")
        assert "500" in (info.last_error_message or "")
        with pytest.raises(TelegramConflictError, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        await gateway.post_text(ZHOU, "四")
        assert [u.message.text for u in await bot.get_updates() if u.message] == ["四"]
    finally:
        await runner.cleanup()


async def test_a_webhook_needs_an_address(bot: Bot):
    with pytest.raises(TelegramBadRequest, match="bad webhook"):
        await bot.set_webhook("ftp://a.example")
    await bot.set_webhook("")
    assert (await bot.get_webhook_info()).url == ""
