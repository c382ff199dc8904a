"""What the bot says: messages, formatting, keyboards, edits, deletion. A real aiogram bot reads every answer."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from gateway import Gateway
from tests.gateway.conftest import LI, ZHOU, Clock, Phone, bot_for

YES = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="同意", callback_data="yes")]])
KEYS = ReplyKeyboardMarkup(
    keyboard=[[KeyboardButton(text="📍签到", request_location=True), KeyboardButton(text="📝请假")]],
    resize_keyboard=True,
    is_persistent=True,
    input_field_placeholder="说一句",
)


async def test_the_bot_knows_itself(bot: Bot, gateway: Gateway):
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.first_name) == (int(gateway.token.split(":")[0]), True, "驻村助手")


async def test_a_wrong_token_is_unauthorized(gateway: Gateway):
    async with bot_for(gateway) as stranger:
        stranger._Bot__token = "1:wrong"  # type: ignore[attr-defined]
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()


async def test_an_unknown_method_is_not_found(gateway: Gateway, phone: Phone):
    assert await phone.ask("POST", f"/bot{gateway.token}/sendPoem") == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found"},
    )


async def test_html_becomes_entities_in_utf16_units(bot: Bot):
    sent = await bot.send_message(
        ZHOU,
        "😀 <b>已<i>签到</i></b> &lt;08:02&gt; <a href='https://a.example/?x=1&amp;y=2'>看</a>"
        '<pre><code class="language-py">x</code></pre><blockquote expandable>长</blockquote><tg-spoiler>密</tg-spoiler>',
        parse_mode="HTML",
    )
    assert sent.text == "😀 已签到 <08:02> 看x长密"
    assert [(e.type, e.extract_from(sent.text)) for e in sent.entities or []] == [
        ("bold", "已签到"),
        ("italic", "签到"),
        ("text_link", "看"),
        ("pre", "x"),
        ("expandable_blockquote", "长"),
        ("spoiler", "密"),
    ]
    assert (sent.entities or [])[2].url == "https://a.example/?x=1&y=2"
    assert (sent.entities or [])[3].language == "py"
    assert sent.html_text.startswith("😀 <b>已<i>签到</i></b> &lt;08:02&gt;")


async def test_commands_and_addresses_are_marked_and_ends_are_trimmed(bot: Bot):
    sent = await bot.send_message(ZHOU, "\n  <b> 见 </b>/help 或 https://a.example/b。 ", parse_mode="HTML")
    assert sent.text == "见 /help 或 https://a.example/b。"
    assert [(e.type, e.extract_from(sent.text)) for e in sent.entities or []] == [
        ("bold", "见 "),
        ("bot_command", "/help"),
        ("url", "https://a.example/b"),
    ]


@pytest.mark.parametrize(
    "text, why",
    [
        ("<b>粗", 'Can\'t find end tag corresponding to start tag "b"'),
        ("粗</b>", "Unexpected end tag at byte offset 3"),
        ("<b>粗</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("<table>", 'Unsupported start tag "table" at byte offset 0'),
        ("3 < 5", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_bad_markup_is_refused_in_telegrams_words(bot: Bot, gateway: Gateway, text: str, why: str):
    with pytest.raises(TelegramBadRequest) as refused:
        await bot.send_message(ZHOU, text, parse_mode="HTML")
    assert refused.value.message == f"Bad Request: can't parse entities: {why}"
    assert await gateway.messages(ZHOU) == []


async def test_an_ampersand_alone_is_just_an_ampersand(bot: Bot):
    assert (await bot.send_message(ZHOU, "甲 & 乙 &nbsp; &#x4f60;", parse_mode="HTML")).text == "甲 & 乙 &nbsp; 你"


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "message text is empty"),
        ("  \n ", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("a" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
    ],
)
async def test_a_text_has_its_limits(bot: Bot, text: str, why: str):
    with pytest.raises(TelegramBadRequest, match=why):
        await bot.send_message(ZHOU, text, parse_mode="HTML")


async def test_the_limit_counts_after_the_markup_is_read(bot: Bot):
    sent = await bot.send_message(ZHOU, "<b>" + "在" * 4096 + "</b>", parse_mode="HTML")
    assert len(sent.text or "") == 4096


async def test_a_stranger_has_no_chat(bot: Bot):
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(999, "您好")


async def test_who_stopped_the_bot_can_not_be_written_to(bot: Bot, gateway: Gateway):
    await gateway.block(ZHOU)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(ZHOU, "您好")
    await gateway.block(ZHOU, blocked=False)
    await bot.send_message(ZHOU, "您好")
    changes = [update.my_chat_member for update in await bot.get_updates()]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes if c] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]


async def test_too_many_messages_a_second_must_wait(clock: Clock):
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0, rate=2, now=clock)
    gateway.user(ZHOU)
    try:
        async with bot_for(gateway) as bot:
            for _ in range(2):
                await bot.send_message(ZHOU, "一")
            with pytest.raises(TelegramRetryAfter) as refused:
                await bot.send_message(ZHOU, "三")
            assert refused.value.retry_after == 1
    finally:
        await gateway.close()


async def test_an_edit_changes_text_and_takes_the_buttons_away(bot: Bot, clock: Clock):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    assert sent.reply_markup is not None
    assert sent.reply_markup.model_dump() == YES.model_dump()
    clock.time += 60
    edited = await bot.edit_message_text("<b>已批准</b>", chat_id=ZHOU, message_id=sent.message_id, parse_mode="HTML")
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup, edited.edit_date) == ("已批准", None, int(clock.time))
    assert (edited.message_id, edited.date) == (sent.message_id, sent.date)


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("请假", chat_id=ZHOU, message_id=sent.message_id, reply_markup=YES)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_reply_markup(chat_id=ZHOU, message_id=sent.message_id, reply_markup=YES)
    await bot.edit_message_reply_markup(chat_id=ZHOU, message_id=sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("请假", chat_id=ZHOU, message_id=sent.message_id)


async def test_what_can_not_be_edited(bot: Bot, gateway: Gateway):
    theirs = await gateway.post_text(ZHOU, "签到")
    keyed = await bot.send_message(ZHOU, "您好", reply_markup=KEYS)
    others = await bot.send_message(LI, "您好")
    for message_id, why in [
        (theirs, "message can't be edited"),
        (keyed.message_id, "message can't be edited"),
        (others.message_id, "message to edit not found"),
        (12345, "message to edit not found"),
    ]:
        with pytest.raises(TelegramBadRequest, match=why):
            await bot.edit_message_text("改", chat_id=ZHOU, message_id=message_id)


async def test_deleting(bot: Bot, gateway: Gateway, clock: Clock):
    first, second, third = [(await bot.send_message(ZHOU, word)).message_id for word in "一二三"]
    others = (await bot.send_message(LI, "四")).message_id
    assert await bot.delete_message(ZHOU, first)
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(ZHOU, first)
    assert await bot.delete_messages(ZHOU, [second, 777, others])
    assert [one["text"] for one in await gateway.messages(ZHOU)] == ["三"]
    assert [one["text"] for one in await gateway.messages(LI)] == ["四"]
    clock.time += 49 * 3600
    with pytest.raises(TelegramBadRequest, match="message can't be deleted"):
        await bot.delete_message(ZHOU, third)


async def test_a_reply_carries_what_it_answers(bot: Bot, gateway: Gateway):
    asked = await gateway.post_text(ZHOU, "今天在岗几人")
    sent = await bot.send_message(ZHOU, "三人", reply_parameters=ReplyParameters(message_id=asked))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "今天在岗几人"
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(ZHOU, "三人", reply_parameters=ReplyParameters(message_id=777))
    free = ReplyParameters(message_id=777, allow_sending_without_reply=True)
    assert (await bot.send_message(ZHOU, "三人", reply_parameters=free)).reply_to_message is None


async def test_button_data_is_counted_in_bytes(bot: Bot):
    def keyboard(data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="走", callback_data=data)]])

    await bot.send_message(ZHOU, "好", reply_markup=keyboard("x" * 64))
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(ZHOU, "好", reply_markup=keyboard("签" * 22))


async def test_the_reply_keyboard_comes_and_goes(bot: Bot, phone: Phone):
    sent = await bot.send_message(ZHOU, "您好", reply_markup=KEYS)
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    assert state["keyboard"]["message_id"] == sent.message_id
    assert state["keyboard"]["markup"] == {
        "keyboard": [[{"text": "📍签到", "request_location": True}, {"text": "📝请假"}]],
        "resize_keyboard": True,
        "is_persistent": True,
        "input_field_placeholder": "说一句",
    }
    await bot.send_message(ZHOU, "再见", reply_markup=ReplyKeyboardRemove())
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    assert state["keyboard"] is None


async def test_commands_are_kept_by_scope_and_language(bot: Bot, phone: Phone):
    await bot.set_my_commands([BotCommand(command="help", description="帮助")])
    await bot.set_my_commands([BotCommand(command="help", description="Help")], language_code="en")
    own = BotCommandScopeChat(chat_id=ZHOU)
    await bot.set_my_commands([BotCommand(command="today", description="今日在岗")], scope=own)
    assert [c.description for c in await bot.get_my_commands()] == ["帮助"]
    assert [c.command for c in await bot.get_my_commands(scope=own)] == ["today"]
    shown = [(await phone.ask("GET", "/page/state", person=one))[1]["commands"][0]["description"] for one in (ZHOU, LI)]
    assert shown == ["今日在岗", "Help"]
    await bot.delete_my_commands(scope=own)
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    assert state["commands"][0]["description"] == "帮助"
