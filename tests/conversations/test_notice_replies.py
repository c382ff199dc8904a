"""Replies to a notice: a thread for its author, without a flood."""

from datetime import date

import pytest

from scheduler import sweeps
from storage.tables import NoticeReply
from tests.conversations.test_notices import sends


@pytest.fixture
def people(world):
    return {
        "sun": world.county_staff("孙丽"),
        "zhou": world.cadre("周建国", village="石门村"),
        "li": world.cadre("李雪", village="东峪村"),
    }


async def replies(world, actor, text, **message):
    """A reply to the newest message of the bot that is about a notice."""
    await world.settle()
    about = [said for said in actor._messages() if said.text[:1] in "📣🔔💬" and "已转给" not in said.text]
    said = about[-1]
    to = {"message_id": said.message_id, "date": 1, "chat": actor._chat(), "from": world.bot_user, "text": said.text}
    body = {"text": text} if text is not None else message
    await actor.sends_raw({**body, "reply_to_message": to})


async def test_the_progress_card_shows_the_way_to_the_first_reply(world, people):
    sun = people["sun"]
    await sends(sun, "防寒通知")
    await world.advance(seconds=3)
    await sun.sees("📣 已发完", buttons=["未阅名单", "再提醒", "撤回"])
    await replies(world, people["zhou"], "村里缺融雪盐")
    await world.advance(seconds=3)
    await sun.sees("📣 已发完 2/2 · 已阅 0 · 回复 1", buttons=["未阅名单", "再提醒", "撤回", "看回复"])


async def test_one_card_that_counts_pages_and_answers(world, people):
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await sends(sun, "防寒通知")
    await replies(world, zhou, "村里缺融雪盐")
    await zhou.sees("💬 已转给安岭县 孙丽。")
    await sun.sees("💬 1 条回复：防寒通知", "1 人 · 已答复 0 · 最近11月23日 08:02", buttons=["看回复"])
    await sun.looks_away()
    await world.advance(minutes=1)
    for n in range(6):
        await replies(world, li, f"还有第{n}件事")
    cards = [said for said in sun._messages() if "条回复" in said.text]
    assert len(cards) == 1, "no flood"
    await sun.sees("💬 7 条回复", "2 人")
    await sun.presses("看回复")
    await sun.sees("💬 防寒通知", "1. 李雪（东峪村）11月23日 08:03\n还有第5件事",
        buttons=["答复 1", "答复 2", "答复 3", "答复 4", "答复 5", "下一页"])  # fmt: skip
    await sun.presses("下一页")
    await sun.sees("2. 周建国（石门村）11月23日 08:02\n村里缺融雪盐", buttons=["答复 1", "答复 2", "上一页"])
    await sun.presses("答复 2")
    await sun.sees("周建国（石门村）11月23日 08:02：\n村里缺融雪盐", "只发给本人", buttons=["取消"])
    await li.looks_away()
    await sun.says("明天送到镇上 <b>自取</b>")
    await sun.sees("💬 已答复周建国。")
    await zhou.sees("💬 安岭县 孙丽答复您：明天送到镇上 <b>自取</b>", "您说的是：村里缺融雪盐", buttons=[])
    await li.sees_nothing()
    await replies(world, zhou, "谢谢，收到")
    await sun.sees("💬 8 条回复", "已答复 1")
    rows = await world.rows(NoticeReply)
    assert [row.person_id for row in rows][-1] == zhou.person_id
    await sun.presses_data(f"nanswer:{rows[0].id}")
    await sun.sees("这条回复已经答复过了")
    tags = [tag for tag in await world.audit() if tag in {"notice:reply", "notice:answer"}]
    assert tags == ["notice:reply"] * 7 + ["notice:answer", "notice:reply"]


async def test_a_reply_is_one_whatever_else_is_awaited(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sends(sun, "防寒通知")
    await zhou.says("签到")
    await zhou.sees("手机不能定位就说一句")
    await replies(world, zhou, "盐够用到月底")
    await zhou.sees("已转给安岭县 孙丽")
    await zhou.says("在村里入户，没有信号")
    await zhou.sees("已签到")
    await replies(world, zhou, "帮助")
    await zhou.sees("能做这些"), "a command word is none"
    await replies(world, zhou, None, voice={"file_id": "v", "file_unique_id": "v", "duration": 1})
    await zhou.sees("回复通知请打字")
    await replies(world, zhou, "话" * 501)
    await zhou.sees("写得太长了", "500")
    assert len(await world.rows(NoticeReply)) == 1


async def test_where_nothing_can_be_replied_to_there_is_a_button(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sends(sun, "防寒通知")
    await zhou.says("我的通知")
    await zhou.presses("1 防寒通知")
    await zhou.presses("回复")
    await zhou.sees("回复「防寒通知」，一句话：", buttons=["取消"])
    await zhou.says("我的")
    await zhou.says("随便说说")
    assert await world.rows(NoticeReply) == []
    await zhou.presses("回复")
    await zhou.says("门口积雪已清")
    await zhou.sees("已转给安岭县 孙丽")
    await sun.sees("💬 1 条回复")


async def test_once_read_a_notice_can_still_be_answered_by_its_button(world, people):
    """A messenger without the gesture of replying has no other way."""
    sun, zhou = people["sun"], people["zhou"]
    await sends(sun, "防寒通知")
    await zhou.sees("防寒通知", buttons=["已阅"])
    await zhou.presses("已阅")
    await zhou.says("我的通知")
    await zhou.sees("没有未读的通知。要答复一条通知，点它下面的「回复」。", buttons=[])
    await zhou.presses("回复")
    await zhou.says("门口积雪已清")
    await zhou.sees("已转给安岭县 孙丽")
    [card] = [said for said in zhou._messages() if said.text.startswith("📣 防寒通知")]
    assert list(card.buttons()) == ["回复"], "and again"
    await sun.sees("💬 1 条回复")


async def test_a_reply_to_the_picture_or_to_the_days_reminder_arrives_as_well(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sun.says("📣通知")
    await sun.presses("全县")
    await sun.says("长" * 2_000)
    await sun.presses("修改")
    await sun.presses("需落实")
    await sun.presses("1 天内")
    await sun.sends_raw({"photo": [{"file_id": "photo", "file_unique_id": "u", "width": 9, "height": 9}]})
    await sun.presses("发送")
    await world.settle()
    picture = next(said for said in zhou._messages() if said.is_photo)
    await world.at("09:00", date(2026, 11, 24))
    day = await zhou.sees("⏰")
    for said in (picture, day):
        to = {"message_id": said.message_id, "date": 1, "chat": zhou._chat(), "from": world.bot_user, "text": "x"}
        await zhou.sends_raw({"text": "村里缺盐", "reply_to_message": to})
        await zhou.sees("💬 已转给安岭县 孙丽。")
    assert len(await world.rows(NoticeReply)) == 2


async def test_others_see_nothing_and_a_withdrawn_notice_takes_none(world, people):
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await sun.says("通知")
    await sun.presses("选人")
    await sun.says("周建国")
    await sun.says("请来一下")
    await sun.presses("发送")
    await replies(world, zhou, "马上到")
    [reply] = await world.rows(NoticeReply)
    for data in (f"nthread:{reply.notice_id}:0:0", f"nanswer:{reply.id}"):
        await zhou.presses_data(data)
        await zhou.sees("不在您的职责范围内")
    await li.says("我的通知")
    await li.presses_data(f"nreply:{reply.notice_id}")
    await li.sees("没有找到这一条")
    card = next(said for said in zhou._messages() if "请来一下" in said.text)
    await world.advance(seconds=3)
    await sun.presses("撤回")
    await sun.presses("确定撤回")
    to = {"message_id": card.message_id, "date": 1, "chat": zhou._chat(), "from": world.bot_user, "text": "x"}
    await zhou.sends_raw({"text": "还来吗", "reply_to_message": to})
    await zhou.sees("这条通知现在不能这样办")


def counted(actor):
    """The cards that count replies, as they read now."""
    return [said.text.splitlines()[0] for said in actor._messages() if "条回复" in said.text]


async def test_after_an_hour_a_reply_is_a_card_of_its_own_so_that_it_is_seen(world, people):
    """An edited card makes no sound and lies far up in the chat."""
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await world.at("09:00")
    await sends(sun, "防寒通知")
    await replies(world, zhou, "村里缺融雪盐")
    await world.at("09:59")
    await replies(world, li, "还缺沙子")
    await sun.sees("💬 2 条回复")
    assert counted(sun) == ["💬 2 条回复：防寒通知"]
    await world.at("10:00")
    await replies(world, li, "路已通")
    await sun.sees("💬 3 条回复", buttons=["看回复"])
    await world.at("10:30")
    await replies(world, zhou, "收到")
    assert counted(sun) == ["💬 2 条回复：防寒通知", "💬 4 条回复：防寒通知"], "the old one stays as it was"
    await sun.presses("看回复")
    await sun.presses("答复 1")
    await sun.says("好")
    await sun.sees("💬 4 条回复", "已答复 1")


async def test_in_the_night_replies_are_one_card_in_the_morning(world, people):
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await sends(sun, "防寒通知")
    await world.settle()
    await world.at("20:30")
    await replies(world, zhou, "村里缺融雪盐")
    await world.at("23:00")
    await replies(world, li, "还缺沙子")
    assert counted(sun) == []
    await world.at("08:00", date(2026, 11, 24))
    assert counted(sun) == ["💬 2 条回复：防寒通知"]


async def test_a_reply_after_months_reaches_the_author(world, people):
    """What was said in the old card is erased by then, and it is edited no more."""
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await sends(sun, "防寒通知")
    await replies(world, zhou, "村里缺融雪盐")
    await sun.sees("💬 1 条回复")
    await world.at("09:00", date(2027, 1, 25))
    await sweeps.thin(world.db, world.clock())
    await replies(world, li, "盐用完了")
    await sun.sees("💬 2 条回复", "最近1月25日 09:00", buttons=["看回复"])


async def test_an_author_who_was_out_of_reach_gets_one_card_when_he_is_back(world, people):
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await world.at("09:00")
    await sends(sun, "防寒通知")
    await world.settle()
    world.api.blocked.add(sun.chat_id)
    await replies(world, zhou, "村里缺融雪盐")
    await world.at("11:00")
    await replies(world, li, "还缺沙子")
    await world.at("13:00")
    world.api.blocked.clear()
    await sun.says("你好")
    assert counted(sun) == ["💬 2 条回复：防寒通知"]
