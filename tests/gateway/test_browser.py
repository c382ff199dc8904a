"""The page in a browser of a phone's size: what page.js does with keys, buttons, a lost line and foreign words."""

import re

import pytest
from aiogram import Bot
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, Update
from playwright.async_api import Browser, BrowserContext, Geolocation, Page, expect

from gateway import Gateway
from tests.gateway.conftest import LI, PEOPLE, ZHOU, bot_for

YES = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="同意", callback_data="yes")]])
KEYS = ReplyKeyboardMarkup(
    keyboard=[[KeyboardButton(text="📍签到", request_location=True), KeyboardButton(text="📝请假")]], is_persistent=True
)
PLACE = Geolocation(latitude=38.2031, longitude=114.0125, accuracy=20.0)


@pytest.fixture
async def context(browser: Browser) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": 360, "height": 740}, locale="zh-CN", has_touch=True, is_mobile=True
    )


async def opened(context: BrowserContext, gateway: Gateway, person: int) -> Page:
    page = await context.new_page()
    await page.goto(f"{gateway.url}/?as={person}")
    await expect(page.locator("#line")).to_have_text("在线")
    return page


async def next_update(bot: Bot, after: Update | None = None) -> Update:
    [update] = await bot.get_updates(offset=after.update_id + 1 if after else None, limit=1, timeout=20)
    return update


async def test_two_people_in_two_tabs(context: BrowserContext, gateway: Gateway, bot: Bot):
    page = await context.new_page()
    await page.goto(gateway.url)
    await page.get_by_role("link", name="周建国").click()
    other = await opened(context, gateway, LI)
    for one, words in ((page, "我是周"), (other, "我是李")):
        await one.get_by_role("textbox", name="说一句").fill(words)
        await one.get_by_role("button", name="发送").click()
        await expect(one.get_by_role("img", name="已发")).to_be_visible()
    first = await next_update(bot)
    second = await next_update(bot, first)
    assert [(u.message.chat.id, u.message.text) for u in (first, second) if u.message] == [
        (ZHOU, "我是周"),
        (LI, "我是李"),
    ]
    await expect(page.get_by_text("我是李")).to_have_count(0)


async def test_a_button_is_pressed_answered_and_changes(context: BrowserContext, gateway: Gateway, bot: Bot):
    sent = await bot.send_message(ZHOU, "请假 <b>1 天</b>", reply_markup=YES, parse_mode="HTML")
    page = await opened(context, gateway, ZHOU)
    await expect(page.locator("b", has_text="1 天")).to_be_visible()
    button = page.get_by_role("button", name="同意")
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    query = (await next_update(bot)).callback_query
    assert query is not None
    await bot.answer_callback_query(query.id, "已批准")
    await expect(page.get_by_text("已批准")).to_be_visible()
    await expect(button).not_to_have_attribute("aria-busy", "true")
    await bot.edit_message_text("假批了", chat_id=ZHOU, message_id=sent.message_id)
    await expect(page.get_by_text("假批了")).to_be_visible()
    await expect(button).to_have_count(0)


async def test_words_are_never_markup(context: BrowserContext, gateway: Gateway, bot: Bot):
    words = '<img src=x onerror="document.title=1"> <script>document.title=2</script>'
    await gateway.post_text(ZHOU, words)
    sent = await bot.send_message(ZHOU, words + " 甲")
    page = await opened(context, gateway, ZHOU)
    await expect(page.get_by_text(words, exact=True)).to_be_visible()
    assert (sent.text or "").endswith("甲")
    assert await page.locator("#messages img, #messages script").count() == 0
    assert await page.title() == "驻村助手"


async def test_the_location_key_sends_where_the_phone_is(context: BrowserContext, gateway: Gateway, bot: Bot):
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation(PLACE)
    keyed = await bot.send_message(ZHOU, "您好", reply_markup=KEYS)
    page = await opened(context, gateway, ZHOU)
    await page.get_by_role("button", name="📍签到").click()
    message = (await next_update(bot)).message
    assert message is not None
    assert message.location is not None
    assert message.reply_to_message is not None
    assert (message.location.latitude, message.location.horizontal_accuracy) == (38.2031, 20.0)
    assert message.reply_to_message.message_id == keyed.message_id
    await expect(page.get_by_text("误差约 20 米")).to_be_visible()


async def test_where_the_phone_finds_nothing_a_point_is_typed(context: BrowserContext, gateway: Gateway, bot: Bot):
    await bot.send_message(ZHOU, "您好", reply_markup=KEYS)
    page = await opened(context, gateway, ZHOU)
    await page.get_by_role("button", name="📍签到").click()
    field = page.get_by_role("textbox", name="纬度, 经度")
    await field.fill("114.0125，38.2031")
    await page.get_by_role("button", name="发送这个点").click()
    await expect(page.get_by_text("纬度和经度好像填反了")).to_be_visible()
    await field.fill("38.2031，114.0125")
    await page.get_by_role("button", name="发送这个点").click()
    message = (await next_update(bot)).message
    assert message is not None
    assert message.location is not None
    assert (message.location.latitude, message.reply_to_message) == (38.2031, None)


async def test_without_a_line_what_is_said_is_kept_and_sent_with_its_age(context: BrowserContext):
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0)  # the real time: the browser's runs on
    try:
        await gateway.offer_people(PEOPLE)
        async with bot_for(gateway) as bot:
            page = await context.new_page()
            await page.clock.install()
            await page.goto(f"{gateway.url}/?as={ZHOU}")
            await expect(page.locator("#line")).to_have_text("在线")
            await context.set_offline(True)
            await page.get_by_role("textbox", name="说一句").fill("今天三人在岗")
            await page.get_by_role("button", name="发送").click()
            await expect(page.locator("#line")).to_have_text("没有信号，已存 1 条")
            await expect(page.get_by_role("img", name="等信号")).to_be_visible()
            await page.clock.fast_forward("01:30:00")
            await context.set_offline(False)
            await page.clock.fast_forward("00:20")
            message = (await next_update(bot)).message
            assert message is not None
            age = gateway._phones._now() - message.date.timestamp()
            assert 90 * 60 <= age <= 93 * 60
            await page.clock.fast_forward("00:20")
            await expect(page.get_by_role("img", name="已发")).to_be_visible()
            await expect(page.get_by_text("今天三人在岗")).to_have_count(1)
    finally:
        await gateway.close()


async def test_what_waits_outlives_the_page(context: BrowserContext, gateway: Gateway, bot: Bot):
    page = await opened(context, gateway, ZHOU)
    await page.route("**/page/send", lambda route: route.abort())
    await page.get_by_role("textbox", name="说一句").fill("在村里")
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator("#line")).to_have_text(re.compile("已存 1 条"))
    await page.close()
    assert await bot.get_updates() == []
    again = await opened(context, gateway, ZHOU)
    message = (await next_update(bot)).message
    assert message is not None
    assert message.text == "在村里"
    await expect(again.get_by_text("在村里")).to_have_count(1)


async def test_an_invitation_link_opens_the_chat_and_a_stranger_is_told(
    context: BrowserContext, gateway: Gateway, bot: Bot
):
    await context.set_extra_http_headers({"X-Forwarded-For": "8.8.8.8"})
    page = await context.new_page()
    await page.goto(gateway.url)
    await expect(page.get_by_text("请用收到的邀请链接打开一次")).to_be_visible()
    await page.goto(gateway.link("abc_1"))
    message = (await next_update(bot)).message
    assert message is not None
    assert message.text == "/start abc_1"
    await expect(page.get_by_text("/start abc_1")).to_be_visible()
    await page.goto(gateway.url)
    await expect(page.get_by_text("/start abc_1")).to_be_visible()
    assert len(await bot.get_updates()) == 1


async def test_who_was_written_to_first_can_still_begin(context: BrowserContext, gateway: Gateway, bot: Bot):
    await bot.send_message(ZHOU, "周建国临时外出")
    page = await opened(context, gateway, ZHOU)
    begin = page.get_by_role("button", name="开始")
    await begin.tap()
    update = await next_update(bot)
    assert update.message is not None
    assert update.message.text == "/start"
    await expect(begin).to_have_count(0)
