"""帮助, 取消, drafts, and what is not understood."""

import pytest
from sqlalchemy import update

from handlers import awaited, routers
from handlers.filters import Awaiting, Word
from storage.tables import Chat, CheckIn, Explanation

VOICE = {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}
PHOTO = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]}
STICKER = {
    "sticker": {
        "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1,
        "is_animated": False, "is_video": False,
    }
}  # fmt: skip
CONTACT = {"contact": {"phone_number": "13900000000", "first_name": "某"}}
DOCUMENT = {"document": {"file_id": "d", "file_unique_id": "d", "file_name": "a.txt"}}


async def test_help_fits_the_person(world):
    zhou, first = world.cadre("周建国"), world.cadre("孙书记", secretary=True)
    wang, chen = world.township_officer("王主任"), world.county_staff("陈科长")
    leader, unit = world.county_leader("何书记"), world.unit_liaison("郑联络")
    expected = {
        zhou: (
            [
                "到村后点一下",
                "我的",
                "公出",
                "临时外出",
                "代签 姓名 原因",
                "「查」",
                "补签",
                "我的通知",
                "报数",
                "不用定位",
            ],
            ["今日在岗", "三人在岗", "设置", "按名单"],
        ),
        first: (
            ["到村后点一下", "公出", "临时外出", "今天三人在岗", "代签 姓名 原因", "「查」"],
            ["今日在岗", "设置", "按名单"],
        ),
        wang: (
            ["今日在岗", "查 村名", "导出", "代签 石门村", "报数", "应急"],
            ["到村后", "设置", "名册", "公出", "📣"],
        ),
        chen: (
            ["今日在岗", "查 村名", "代签 石门村", "📣通知", "导出", "名册", "邀请", "设置", "年历"],
            ["到村后", "三人在岗", "公出"],
        ),
        leader: (["今日在岗", "查 村名"], ["导出", "名册"]),
        unit: (["查 村名", "语言"], ["今日在岗", "导出"]),
    }
    for actor, (told, untold) in expected.items():
        await actor.says("帮助")
        said = await actor.sees("能做这些", *told)
        assert [word for word in untold if word in said.text] == []
        assert len(said.text.splitlines()) <= 6


async def test_what_does_not_fit_stands_behind_a_button(world):
    first = world.cadre("孙书记", secretary=True)
    world.county_staff("孙书记")
    await first.says("帮助")
    await first.sees(
        "能做这些",
        keys=[
            "📍签到",
            "📝请假",
            "🏠走访",
            "👤我的",
            "📋今日在岗",
            "📌待办",
            "📣通知",
            "📤导出",
            "🗂名册",
            "⚙️设置",
            "❓帮助",
        ],
    )
    said = await first.sees("还有 4 样。", buttons=["更多"])
    await first.presses("更多")
    more = await first.sees("📣通知", "导出", "名册", "设置", "取消", buttons=[])
    assert len(more.text.splitlines()) <= 6
    await first.presses_data("help:9", said)
    await first.sees("就这些了")


@pytest.mark.parametrize("word", ["❓帮助", "帮助", "/help", "/HELP", "/help@zhucun_bot"])
async def test_help_is_called_in_many_ways(world, word):
    zhou = world.cadre("周建国")
    await zhou.says(word)
    await zhou.sees("能做这些", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])


async def test_the_keyboard_fits_the_roles(world):
    chen, leader, unit = world.county_staff("陈科长"), world.county_leader("何书记"), world.unit_liaison("郑联络")
    admin = world.admin("马处长")
    for actor, keys in (
        (chen, ["📋今日在岗", "📌待办", "📣通知", "📤导出", "🗂名册", "⚙️设置", "❓帮助"]),
        (admin, ["📋今日在岗", "📌待办", "📣通知", "📤导出", "🗂名册", "⚙️设置", "❓帮助"]),
        (leader, ["📋今日在岗", "❓帮助"]),
        (unit, ["❓帮助"]),
    ):
        await actor.says("帮助")
        await actor.sees("能做这些", keys=keys)


async def test_the_commands_menu_comes_with_help(world):
    chen = world.county_staff("陈科长")
    await chen.says("帮助")
    await chen.sees("能做这些")
    menu = world.api.commands[-1]
    assert menu["scope"] == {"type": "chat", "chat_id": chen.chat_id}
    assert [command["command"] for command in menu["commands"]] == [
        "todo", "today", "notice", "figures", "emergency", "export", "roster", "settings", "year", "closures", "duty", "standin", "language", "help", "cancel",
    ]  # fmt: skip


async def test_a_new_role_brings_new_keys_with_the_next_answer(world):
    zhou = world.cadre("周建国")
    await zhou.says("帮助")
    await zhou.sees("能做这些", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    world.township_officer("周建国")
    await zhou.says("嗯嗯")
    await zhou.sees(
        "没听明白", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "📋今日在岗", "📌待办", "📤导出", "❓帮助"]
    )
    sent = len(world.api.commands)
    await zhou.says("嗯嗯")
    await zhou.sees("没听明白", keys=[])
    assert len(world.api.commands) == sent, "told once"


async def test_keys_of_an_older_version_are_replaced_with_the_next_answer(world):
    zhou = world.cadre("周建国")
    await zhou.says("帮助")
    await world.settle()
    async with world.db.write() as session:
        await session.execute(update(Chat).values(menu="zh_CN:True:team_member"))
    await zhou.says("嗯嗯")
    await zhou.sees("没听明白", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    assert "leave" in {command["command"] for command in world.api.commands[-1]["commands"]}
    await zhou.says("嗯嗯")
    await zhou.sees("没听明白", keys=[])


async def test_cancel_with_nothing_open(world):
    zhou = world.cadre("周建国")
    await zhou.says("取消")
    await zhou.sees("现在没有正在办的事，不用取消。", buttons=[])


async def test_cancel_says_what_was_dropped(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("/cancel")
    await zhou.sees("好的，不办了：签到的一句话。没有记下任何东西。")
    await zhou.says("在村部开会")
    await zhou.sees("没听明白")
    assert await world.rows(CheckIn) == []


async def test_cancel_drops_the_explanation(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("取消")
    await zhou.sees("不办了：说明情况")
    await zhou.says("取消")
    await zhou.sees("不用取消", buttons=[])
    assert await world.rows(Explanation) == []


async def test_the_button_under_a_reason_ends_it_too(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.presses("取消")
    await zhou.sees("没有记录")
    await zhou.says("在镇里")
    await zhou.sees("没听明白")
    assert await world.rows(Explanation) == []


async def test_a_reason_left_for_another_word_is_offered_again(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("帮助")
    await zhou.says("签到")
    await zhou.sees("手机不能定位就说一句", buttons=["在村里", "取消", "继续上次的"])
    await zhou.presses("继续上次的")
    await zhou.sees("在哪里、做什么、什么时候回村", buttons=["取消"])
    await zhou.says("到乡镇开例会")
    await zhou.sees("已报柳河镇核实")
    assert [row.distance_m for row in await world.rows(Explanation)] == [9000]
    await zhou.says("签到")
    await zhou.sees("手机不能定位", buttons=["在村里", "取消"])


async def test_a_position_elsewhere_left_is_offered_again(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.says("语言")
    await zhou.says("签到")
    await zhou.presses("继续上次的")
    await zhou.sees("您离石门村约 9 公里", buttons=["公出", "说明情况", "取消"])


async def test_a_draft_is_moot_once_one_has_checked_in(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("帮助")
    await zhou.sends_location()
    await zhou.sees("已签到")
    await zhou.says("取消")
    await zhou.sees("不用取消", buttons=[])


async def test_cancel_names_what_was_left_and_drops_it(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("帮助")
    await zhou.says("取消")
    await zhou.sees("现在没有正在办的事。上次没说完的：说明情况。", buttons=["继续上次的", "不要了"])
    said = await zhou.last()
    again = said.buttons()["继续上次的"]
    await zhou.presses("不要了")
    await zhou.sees("好的，不要了。", buttons=[])
    await zhou.presses_data(again, said)
    await zhou.sees("已经不在了")


async def test_a_draft_is_kept_for_a_day(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("帮助")
    await world.advance(hours=23)
    await zhou.says("取消")
    await zhou.sees("上次没说完的：说明情况")
    await world.advance(hours=2)
    await zhou.says("取消")
    await zhou.sees("不用取消", buttons=[])


async def test_two_things_left_are_both_kept(world):
    zhou = world.cadre("周建国", secretary=True)
    world.county_staff("周建国")
    await zhou.says("设置")
    await zhou.presses("签到")
    await zhou.presses("驻村范围")
    await zhou.presses("修改")
    await zhou.says("2000")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("设置")
    await zhou.presses("继续上次的")
    await zhou.sees("「驻村范围」改成 2000 米")
    await zhou.says("签到")
    await zhou.presses("继续上次的")
    await zhou.sees("在哪里、做什么")


@pytest.mark.parametrize("message, words", [
    (VOICE, "语音听不了，请打字说一句。"),
    (PHOTO, "收到图片，这里不用发照片"),
    (STICKER, "这个看不懂，请打字说一句。"),
    (CONTACT, "收到名片，这里用不上"),
    (DOCUMENT, "收到文件，现在用不上"),
])  # fmt: skip
async def test_what_is_not_read(world, message, words):
    zhou = world.cadre("周建国")
    await zhou.sends_raw(message)
    await zhou.sees(words, "签到点「📍签到」")


@pytest.mark.parametrize("message", [VOICE, PHOTO, STICKER, CONTACT, DOCUMENT])
async def test_while_a_sentence_is_awaited_it_is_named(world, message):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.sends_raw(message)
    await zhou.sees("正在等您一句话：签到的一句话。", buttons=["取消"])
    await zhou.says("在村部，准备入户")
    await zhou.sees("已签到 08:02")


async def test_while_a_press_is_awaited_words_point_to_it(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.says("我在镇里")
    await zhou.sees("正在办：不在村里，怎么记。请点上面的按钮，或先取消。", buttons=["取消"])
    await zhou.presses("取消")
    await zhou.sees("不办了：不在村里，怎么记")


@pytest.mark.parametrize("said, answer", [
    ("我要签到", "要「签到」的话，点或发「📍签到」"),
    ("怎么补签啊", "要「补签」的话"),
    ("明天公出去县里", "要「公出」的话"),
    ("改一下语言", "要「语言」的话"),
    ("啊？", "没听明白。签到点「📍签到」，别的发「帮助」看看。"),
    ("😀😀", "没听明白"),
    ("<b>签到", "要「签到」的话"),
])  # fmt: skip
async def test_the_nearest_thing_to_do(world, said, answer):
    zhou = world.cadre("周建国")
    await zhou.says(said)
    await zhou.sees(answer)


async def test_staff_are_pointed_to_their_own(world):
    chen = world.county_staff("陈科长")
    await chen.says("今天在岗情况")
    await chen.sees("要「今日在岗」的话，点或发「📋今日在岗」")
    await chen.says("我要签到")
    await chen.sees("没听明白。发「帮助」看看能做什么。")


@pytest.mark.parametrize("word", [
    "报告", "📄报告", "报告 补充学习情况", "/report", "查岗",
    "会议", "培训", "督导",
])  # fmt: skip
async def test_what_is_not_open_yet_is_said(world, word):
    zhou = world.cadre("周建国")
    await zhou.says(word)
    await zhou.sees("还没有在这里开通，请先照原来的办法")


async def test_what_is_not_open_yet_ends_nothing(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("报告")
    await zhou.sees("还没有在这里开通")
    await zhou.says("在村部")
    await zhou.sees("已签到")


async def test_a_word_that_is_also_a_purpose_is_a_purpose(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.says("培训")
    await zhou.sees("公出", "培训")
    await zhou.says("签到")
    await zhou.says("/training")
    await zhou.sees("「培训」还没有在这里开通")


async def test_a_button_nobody_made(world):
    zhou = world.cadre("周建国")
    await zhou.says("帮助")
    for data in ("nonsense", "resume:go:no.such", "resume:go:explain.reason", "cancel"):
        await zhou.presses_data(data)
        await zhou.looks_away()
    assert await world.audit() == []
    await zhou.says("帮助")
    await zhou.presses_data("nonsense")
    await zhou.sees("这个按钮已经过时了，没有改动。")


def test_every_awaited_state_has_a_name():
    states = {
        state
        for router in routers()
        for observer in (router.message, router.callback_query)
        for handler in observer.handlers
        for filter_ in handler.filters or ()
        if isinstance(filter_.callback, Awaiting)
        for state in filter_.callback._states
    }
    assert states
    assert {state for state in states if not awaited.known(state)} == set()


def test_no_two_features_answer_to_the_same_word():
    taken = {}
    for router in routers():
        for handler in router.message.handlers:
            for filter_ in handler.filters or ():
                if isinstance(filter_.callback, Word):
                    for word in (*filter_.callback._words, filter_.callback._command):
                        assert taken.setdefault(word, filter_.callback) is filter_.callback, word
    assert {"签到", "帮助", "cancel", "设置"} <= set(taken)


@pytest.mark.parametrize("said", ["我要报告", "半年了，想写一下报告"])
async def test_a_word_that_is_not_open_yet_is_known_within_a_sentence(world, said):
    zhou = world.cadre("周建国", secretary=True)
    await zhou.says(said)
    await zhou.sees("「报告」还没有在这里开通")
