"""A notice that waits for a second person: who can give the word at all, reminded once, over by itself."""

from datetime import date

import pytest
from sqlalchemy import select, update

from storage.tables import Audit, Chat, Notice, NoticeState, Outbox
from tests.conversations.test_notices import photo, writes

TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (24, 25, 26))


@pytest.fixture
async def people(world):
    """County staff and three cadres; more than two recipients need a second person."""
    found = {
        "sun": world.county_staff("孙丽"),
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "li": world.cadre("李雪", village="东峪村"),
    }
    await world.set("second_admin_above", 2)
    return found


async def asked(world, kind="notice_review"):
    """Who has been asked for his word."""
    return [row.person_id for row in await world.rows(Outbox) if row.kind == kind]


async def test_more_than_so_many_need_a_second_person(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await writes(sun)
    await sun.sees("收件 3 人，复核后马上发完。", buttons=["提交复核", "定时", "修改", "取消"])
    await sun.presses("提交复核")
    await sun.sees("要由另一位县级工作人员或管理员复核", "超过 2 人", "现在没有第二个人能收到", "加一位")
    assert await world.rows(Notice) == []
    wu, zheng = world.county_staff("吴国平"), world.admin("郑凯", area="安岭县")
    await sun.presses("提交复核")
    await sun.sees("📣 等复核，收件 3 人：请吴国平、郑凯点「发送」。", buttons=["取消"])
    await wu.sees(
        "📣 请复核 · 孙丽要发给 3 人", "低洼户", "发给：安岭县驻村干部。要求点「已阅」。", buttons=["发送", "退回"]
    )
    await zhou.sees_nothing()
    [notice] = await world.rows(Notice)
    await sun.presses_data(f"nreview:{notice.id}:yes")
    await sun.sees("自己的事要由别人来定")
    await wu.presses("退回")
    await wu.sees("为什么退回", buttons=["取消"])
    await wu.says("时间写清楚")
    await wu.sees("已退回，发通知的人会看到原因")
    await sun.sees("📣 通知被退回：关于做好寒潮防范工作的通知", "吴国平：时间写清楚", buttons=["再编辑"])
    await zheng.sees("已退回 · 吴国平", buttons=[])
    await zheng.presses_data(f"nreview:{notice.id}:yes")
    await zheng.sees("已经有人处理过了，或者过了期")
    await sun.presses("再编辑")
    await sun.sees("低洼户", buttons=["提交复核", "定时", "修改", "取消"])
    await sun.presses("提交复核")
    await wu.looks_away()
    await zheng.presses("发送")
    await zheng.sees("已同意，正在发")
    await wu.sees("已同意发送 · 郑凯 · 11月23日 08:02", buttons=[])
    await zhou.sees("低洼户", buttons=["已阅"])
    tags = [tag for tag in await world.audit() if tag.startswith("notice")]
    assert tags == ["notice:submit", "notice:return", "notice:submit", "notice:confirm", "notice:send"]


async def test_a_picture_is_shown_to_the_second_person_as_it_will_be_seen(world, people):
    sun, wu = people["sun"], world.county_staff("吴国平")
    await world.set("second_admin_above", 0)
    await sun.says("通知")
    await sun.presses("全县")
    await sun.sends_raw(photo("路线图"))
    await sun.presses("提交复核")
    sample, card = [said for said in wu._messages() if "路线图" in said.text]
    assert (sample.is_photo, sample.buttons()) == (True, {})
    assert list(card.buttons()) == ["发送", "退回"]


async def test_somebody_without_an_account_is_not_waited_for(world, people):
    """He would never hear of it."""
    sun, zhou, wu = people["sun"], people["zhou"], world.county_staff("吴国平")
    zheng = world.admin("郑凯", area="安岭县")
    await world.newcomer(wu)
    async with world.db.write() as session:
        await session.execute(update(Chat).where(Chat.external_id == zheng.chat_id).values(is_reachable=False))
    await writes(sun)
    await sun.presses("提交复核")
    await sun.sees(
        "收件 3 人，要由另一位县级工作人员或管理员复核",
        "现在没有第二个人能收到",
        "没有发",
        "请让他先绑定（发「邀请」）",
    )
    assert await world.rows(Notice) == []
    lin = world.county_staff("林晓")
    await sun.presses("提交复核")
    await sun.sees("📣 等复核，收件 3 人：请林晓点「发送」。", buttons=["取消"])
    assert await asked(world) == [lin.person_id]
    await lin.presses("发送")
    await zhou.sees("低洼户", buttons=["已阅"])


async def test_reminded_next_morning_and_over_after_three_working_days(world, people):
    sun, zhou, wu = people["sun"], people["zhou"], world.county_staff("吴国平")
    await writes(sun)
    await sun.presses("提交复核")
    first = await wu.sees("📣 请复核", buttons=["发送", "退回"])
    zheng = world.admin("郑凯", area="安岭县")  # comes later
    await zheng.says("你好")
    await world.at("08:29", TUESDAY)
    await wu.looks_away()
    await zheng.looks_away()
    await world.at("08:30", TUESDAY)
    again = await wu.sees("📣 请复核 · 孙丽要发给 3 人", "低洼户", buttons=["发送", "退回"])
    assert again.message_id != first.message_id, "once more, at the bottom of the chat"
    await zheng.sees("📣 请复核", buttons=["发送", "退回"])
    await sun.sees("📣 等复核，收件 3 人：请吴国平、郑凯点「发送」。", buttons=["取消"])
    await world.at("09:00", WEDNESDAY)
    assert len(await asked(world)) == 3, "once only"
    await sun.looks_away()
    await world.at("17:59", THURSDAY)
    await sun.sees_nothing()
    await world.at("18:00", THURSDAY)
    await sun.sees("📣 没有人复核，没有发出：关于做好寒潮防范工作的通知", "三个工作日里没有人确认", buttons=["再编辑"])
    for card in (first, again):
        assert "没有人复核，已过期" in card.text
        assert card.buttons() == {}
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.EXPIRED
    assert [row.person_id for row in await world.rows(Audit) if row.action == "notice:expire"] == [None]
    await wu.presses_data(f"nreview:{notice.id}:yes")
    await wu.sees("已经有人处理过了，或者过了期")
    await zhou.sees_nothing()
    await sun.says("通知")
    await sun.presses("已发通知")
    await sun.sees("复核过期")
    await sun.presses("再编辑")
    await sun.sees("低洼户", "收件 3 人", buttons=["提交复核", "定时", "修改", "取消"])


async def test_what_has_been_decided_is_neither_reminded_of_nor_over(world, people):
    sun, zhou, wu = people["sun"], people["zhou"], world.county_staff("吴国平")
    await writes(sun)
    await sun.presses("提交复核")
    await wu.presses("发送")
    await zhou.sees("低洼户")
    await world.at("09:00", TUESDAY)
    await world.at("09:00", date(2026, 11, 30))
    assert await asked(world) == [wu.person_id]
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.OUT


async def test_a_weekend_is_no_time_to_confirm(world, people):
    sun, wu = people["sun"], world.county_staff("吴国平")
    await world.at("16:00", date(2026, 11, 27))
    await writes(sun)
    await sun.presses("提交复核")
    await wu.looks_away()
    await world.at("12:00", date(2026, 11, 29))
    await wu.sees_nothing()
    await world.at("08:30", date(2026, 11, 30))
    await wu.sees("📣 请复核")
    await world.at("17:59", date(2026, 12, 2))
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.REVIEW
    await world.at("18:00", date(2026, 12, 2))
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.EXPIRED


async def test_who_comes_later_sees_the_picture_as_well(world, people):
    sun, wu = people["sun"], world.county_staff("吴国平")
    await sun.says("通知")
    await sun.presses("全县")
    await sun.sends_raw(photo("路线图"))
    await sun.presses("提交复核")
    await wu.sees("请复核")
    zheng = world.admin("郑凯", area="安岭县")
    await world.at("08:30", TUESDAY)
    async with world.db.read() as session:
        samples = select(Outbox.person_id).where(Outbox.kind == "notice_sample").order_by(Outbox.id)
        assert list(await session.scalars(samples)) == [wu.person_id, zheng.person_id]


async def test_where_those_asked_are_gone_the_card_says_so(world, people):
    sun, wu = people["sun"], world.county_staff("吴国平")
    await writes(sun)
    await sun.presses("提交复核")
    async with world.db.write() as session:
        await session.execute(update(Chat).where(Chat.external_id == wu.chat_id).values(is_reachable=False))
    await world.at("08:30", TUESDAY)
    await sun.sees("📣 等复核，收件 3 人：现在没有别人能收到", "请让另一位先绑定（发「邀请」）", buttons=["取消"])


async def test_the_authors_card_says_when_nobody_can_give_the_word_any_longer(world, people):
    sun, wu, zheng = people["sun"], world.county_staff("吴国平"), world.admin("郑凯", area="安岭县")
    await writes(sun)
    await sun.presses("提交复核")
    await sun.sees("📣 等复核，收件 3 人：请吴国平、郑凯点「发送」。")
    await blocks(world, wu)
    await sun.sees("📣 等复核，收件 3 人：请郑凯点「发送」。")
    await blocks(world, zheng)
    await sun.sees("📣 等复核，收件 3 人：现在没有别人能收到", "已绑定但屏蔽了助手的，打电话请他解除屏蔽")
    await wu.says("我在")
    await sun.sees("📣 等复核，收件 3 人：请吴国平点「发送」。", buttons=["取消"])


async def blocks(world, actor):
    """Somebody blocks the assistant."""
    user = {"id": 1, "is_bot": True, "first_name": "b"}
    member = {"user": user, "status": "kicked", "until_date": 0}
    change = {
        "chat": actor._chat(), "from": actor._user(), "date": 1,
        "old_chat_member": {"user": user, "status": "member"}, "new_chat_member": member,
    }  # fmt: skip
    await world.feed({"my_chat_member": change})
