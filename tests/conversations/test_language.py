"""语言: 中文 or English."""

from datetime import date, datetime

import pytest

from bot.commands_menu import set_default_commands
from handlers import figure_words, phrases, refusals
from handlers.menu import default_commands
from locales import LANGUAGES, speaking
from policy.calendar import Half
from policy.refusals import LOCAL, Code, Refusal
from storage.tables import Audit, Person
from tests.botapi import ApiError


async def test_the_language_is_changed_and_audited(world):
    zhou = world.cadre("周建国")
    await zhou.says("语言")
    await zhou.sees("现在说中文", "Tap to change the language", buttons=["中文", "English"])
    await zhou.presses("English")
    (person,) = await world.rows(Person)
    assert person.language == "en"
    row = (await world.rows(Audit))[-1]
    assert (row.action, row.before, row.after) == ("language:set", {"language": "zh_CN"}, {"language": "en"})
    assert world.api.commands[-1]["scope"] == {"type": "chat", "chat_id": zhou.chat_id}
    assert (await zhou.last()).keys() != []
    for word in ("语言", "Language", "/language"):
        await zhou.says(word)
        said = await zhou.last()
        assert list(said.buttons()) == ["中文", "English"]
    await zhou.presses("中文")
    await zhou.sees("好的，现在说中文。", buttons=[])
    await zhou.sees("下方的键也换好了", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])


async def test_the_same_language_is_no_change(world):
    zhou = world.cadre("周建国")
    await zhou.says("语言")
    await zhou.presses("中文")
    await zhou.sees("本来就说中文，没有改动。")
    assert await world.audit() == []


async def test_a_language_nobody_speaks(world):
    zhou = world.cadre("周建国")
    await zhou.says("语言")
    await zhou.presses_data("language:fr")
    await zhou.sees("没有找到这一条")
    assert (await world.rows(Person))[0].language == "zh_CN"


def test_the_default_commands_come_in_every_language():
    calls = default_commands()
    assert [call.language_code for call in calls] == [None, *(code for code in LANGUAGES if code != "zh_CN")]
    for call in calls:
        assert [command.command for command in call.commands] == ["language", "help", "cancel"]
        assert call.scope is not None


@pytest.mark.parametrize("command", ["language", "/Language@zhucun_bot"])
async def test_it_is_found_in_any_spelling(world, command):
    zhou = world.cadre("周建国")
    await zhou.says(command if command.startswith("/") else "Language")
    await zhou.sees("Tap to change the language")


async def test_the_server_is_told_the_default_commands(world):
    await set_default_commands(world.bot)
    assert [call["scope"] for call in world.api.commands] == [{"type": "all_private_chats"}] * len(LANGUAGES)


async def test_without_the_default_commands_the_bot_starts_all_the_same(world):
    world.api.faults.append(ApiError(400, "Bad Request: no commands here"))
    await set_default_commands(world.bot)
    assert world.api.commands == []


async def test_english_help_names_words_that_work(world):
    sun = world.cadre("孙书记", secretary=True)
    await sun.says("/language")
    await sun.presses("English")
    await sun.says("/help")
    said = await sun.sees("/trip tomorrow county meeting", "/outing to town, back at 11:00")
    for word in ("公出", "临时外出", "补签", "报数"):
        assert word not in said.text
    await sun.says("/outing to town, back at 11:00")
    await sun.sees("to town", "11:00")
    await sun.says("/trip tomorrow county meeting")
    await sun.sees("24 Nov all day, county meeting")


def test_english_phrases_are_whole_words():
    with speaking("en"):
        assert phrases.file_name("figures-x", "xlsx", is_sample=True) == "Sample-figures-x.xlsx"
        half = Refusal(Code.CORRECTION_NOT_NEEDED, on=date(2026, 11, 24), half=Half.AM)
        assert "24 Nov morning" in refusals.words(half)
        assert figure_words.due(datetime(2026, 11, 24, 18), datetime(2026, 11, 23, 8)) == "by 18:00 tomorrow"
        assert "rule" not in refusals.words(Refusal(Code.TEXT_TOO_LONG, LOCAL, limit=4_000, length=5_000))
    assert "本县规定" not in refusals.words(Refusal(Code.TEXT_TOO_LONG, LOCAL, limit=4_000, length=5_000))
    assert phrases.file_name("报数", "xlsx", is_sample=True) == "样例报数.xlsx"
