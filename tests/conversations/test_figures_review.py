"""报数 that many get: a second person sees it as it will be asked and says 发出 or 退回, as on a notice."""

from datetime import date

import pytest
from sqlalchemy import update

from storage.tables import Audit, Chat, FigureAsked, FigureRequest, FigureReview, Outbox
from tests.figures import LINES, cast

TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (24, 25, 26))


@pytest.fixture
async def people(world):
    """`tests.figures.cast`; more than one recipient needs a second person."""
    await world.set("second_admin_above", 1)
    return cast(world)


async def writes(by, due="今天18:00"):
    """A whole request, up to its preview."""
    await by.says(f"报数 防汛受灾情况\n{LINES}\n依据：县防指〔2026〕3号\n截止：{due}")
    return await by.sees("预览", buttons=["提交复核", "修改", "取消"])


async def hands_in(by, due="今天18:00"):
    """A request handed in for the second word."""
    await writes(by, due)
    await by.presses("提交复核")
    await by.sees("已提交复核：防汛受灾情况")
    return await by.sees("等第二个人复核", buttons=["撤回"])


async def test_asked_confirmed_and_out(world, people):
    sun, wang = people["孙丽"], people["王强"]
    wu, zheng = world.county_staff("吴国平"), world.admin("郑凯", area="安岭县")
    preview = (await writes(sun)).text
    assert "有 2 人会收到，超过 1 人，要第二个人复核。" in preview
    await sun.presses("提交复核")
    await sun.sees("已提交复核：防汛受灾情况。进度另发一条")
    progress = await sun.sees(
        "📊 防汛受灾情况",
        "等第二个人复核，2 人会收到：请吴国平、郑凯点「发出」。",
        "今天 18:00 前",
        buttons=["撤回"],
    )
    card = await wu.sees(
        "📊 请复核 · 孙丽要报数，2 人会收到",
        "📊 报数 · 安岭县 · 防汛受灾情况",
        "受灾户数（户）、危房（处，0 到 50）、是否停电（是/否）、备注（一句话）",
        "依据：县防指〔2026〕3号",
        "今天 18:00 前报，每队报一次，谁报都行。",
        "问 2 个队 · 安岭县",
        buttons=["发出", "退回"],
    )
    shown = card.text
    await wang.sees_nothing()
    [request] = await world.rows(FigureRequest)
    await sun.presses_data(f"figreview:{request.id}:yes")
    await sun.sees("自己的事要由别人来定")
    await sun.says("报数")
    await sun.sees("1. 防汛受灾情况 · 等复核")
    await zheng.presses("发出")
    await zheng.sees("已同意，正在发出")
    assert "已同意发出 · 郑凯 · 11月23日 08:02" in card.text
    assert card.buttons() == {}
    await wu.presses_data(f"figreview:{request.id}:no")
    await wu.sees("已经有人处理过了，或者过了期")
    await sun.sees("📊 郑凯已复核，正在发出：防汛受灾情况")
    assert "已报 0/2" in progress.text
    asked = await wang.sees("📊 报数 · 安岭县 · 防汛受灾情况", buttons=["开始填"])
    assert asked.text in preview
    assert asked.text in shown, "as it was shown to the second person"
    await sun.says("报数")
    await sun.sees("1. 防汛受灾情况 · 已报 0/2")
    tags = [tag for tag in await world.audit() if tag.startswith("figures")]
    assert tags == ["figures:submit", "figures:confirm", "figures:spread"]


async def test_sent_back_with_a_reason_it_is_changed_and_handed_in_anew(world, people):
    sun, wu, zheng = people["孙丽"], world.county_staff("吴国平"), world.admin("郑凯", area="安岭县")
    progress = await hands_in(sun)
    await wu.presses("退回")
    await wu.sees("为什么退回", buttons=["取消"])
    await wu.says("危房县住建局有，不用问")
    await wu.sees("已退回，发起的人会看到原因")
    await zheng.sees("已退回 · 吴国平 · 11月23日", buttons=[])
    await sun.sees("📊 报数被退回：防汛受灾情况", "吴国平：危房县住建局有，不用问", "没有发出", buttons=["再编辑"])
    assert "已退回 · 吴国平：危房县住建局有，不用问" in progress.text
    await sun.says("报数")
    await sun.sees("1. 防汛受灾情况 · 已退回")
    await sun.presses_data(f"figm:{(await world.rows(FigureRequest))[0].id}:again")
    await sun.sees("预览", "危房", "今天 18:00 前报", buttons=["提交复核", "修改", "取消"])
    await sun.presses("修改")
    await sun.presses("各项")
    await sun.says("受灾户数 户")
    await sun.presses("下一步")
    await sun.presses("提交复核")
    await zheng.sees("请复核", "受灾户数（户）")
    await zheng.presses("发出")
    await people["王强"].sees("受灾户数（户）", buttons=["开始填"])
    first, second = await world.rows(FigureRequest)
    assert (first.review, second.review) == (FigureReview.RETURNED, FigureReview.CONFIRMED)


async def test_nobody_who_could_confirm_is_said_and_the_draft_kept(world, people):
    sun = people["孙丽"]
    await writes(sun)
    await sun.presses("提交复核")
    await sun.sees(
        "这份报数有 2 人收到，要由另一位能发报数的人复核", "超过 1 人", "现在没有第二个人能收到，没有发出", "邀请"
    )
    assert await world.rows(FigureRequest) == []
    lin = world.county_staff("林晓")
    await sun.presses("提交复核")
    await sun.sees("请林晓点「发出」")
    await lin.sees("请复核", buttons=["发出", "退回"])


async def test_a_township_asks_its_own_with_the_word_of_its_office_or_the_county(world, people):
    liu, ma = people["刘敏"], world.township_officer("马超")
    await hands_in(liu)
    await ma.sees("请复核 · 刘敏要报数，2 人会收到", "报数 · 柳河镇", buttons=["发出", "退回"])
    await people["孙丽"].sees("请复核 · 刘敏要报数", buttons=["发出", "退回"])
    await ma.presses("发出")
    await people["孙丽"].sees("已同意发出 · 马超", buttons=[])
    await people["王强"].sees("报数 · 柳河镇", buttons=["开始填"])


async def test_as_many_as_one_may_ask_go_out_at_once(world, people):
    await world.set("second_admin_above", 2)
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    await sun.says(f"报数 防汛\n{LINES}\n依据：县防指通知\n截止：今天18:00")
    await sun.sees("预览", buttons=["发送", "修改", "取消"])
    await sun.presses("发送")
    await people["王强"].sees("防汛", buttons=["开始填"])
    await wu.sees_nothing()


async def test_taken_back_before_anybody_has_confirmed(world, people):
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    await hands_in(sun)
    card = await wu.sees("请复核")
    await sun.presses("撤回")
    await sun.sees("撤回「防汛受灾情况」？还没有发出，撤回后不再复核。", buttons=["撤回", "取消"])
    await sun.presses("撤回")
    await sun.sees("📊 防汛受灾情况", "已撤回，没有发出", buttons=["再编辑"])
    assert "这份报数已撤回，不用复核" in card.text
    assert card.buttons() == {}
    [request] = await world.rows(FigureRequest)
    await wu.presses_data(f"figreview:{request.id}:yes")
    await wu.sees("已经有人处理过了，或者过了期")
    await people["王强"].sees_nothing()
    await sun.presses("再编辑")
    await sun.sees("预览", "受灾户数", buttons=["提交复核", "修改", "取消"])


async def test_due_before_anybody_has_confirmed_it_expires_kindly(world, people):
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    progress = await hands_in(sun)
    card = await wu.sees("请复核")
    await sun.looks_away()
    await world.at("17:59")
    await sun.sees_nothing()
    await world.at("18:00")
    await sun.sees("📊 没有人复核，没有发出：防汛受灾情况", "到截止时间还没有人确认", "先打个电话", buttons=["再编辑"])
    assert "没有人复核，已过期" in card.text
    assert card.buttons() == {}
    assert "复核过期，没有人确认，没有发出" in progress.text
    assert [row.person_id for row in await world.rows(Audit) if row.action == "figures:expire"] == [None]
    assert await world.rows(FigureAsked) == []
    await sun.presses("再编辑")
    await sun.sees("什么时候报完")  # the time it was due by is over
    await sun.says("明天18:00")
    await sun.sees("预览", "受灾户数", buttons=["提交复核", "修改", "取消"])


async def test_reminded_next_morning_and_over_after_three_working_days(world, people):
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    await hands_in(sun, due="12-10 17:00")
    first = await wu.sees("请复核", buttons=["发出", "退回"])
    zheng = world.admin("郑凯", area="安岭县")  # comes later
    await zheng.says("你好")
    await world.at("08:29", TUESDAY)
    await wu.looks_away()
    await zheng.looks_away()
    await world.at("08:30", TUESDAY)
    again = await wu.sees("请复核 · 孙丽要报数", "受灾户数", buttons=["发出", "退回"])
    assert again.message_id != first.message_id, "once more, at the bottom of the chat"
    await zheng.sees("请复核", buttons=["发出", "退回"])
    await sun.sees("请吴国平、郑凯点「发出」", buttons=["撤回"])
    await world.at("09:00", WEDNESDAY)
    reviews = [row for row in await world.rows(Outbox) if row.kind == "figures_review"]
    assert len(reviews) == 3, "once only"
    await world.at("18:00", THURSDAY)
    await sun.sees("没有人复核，没有发出：防汛受灾情况", "三个工作日里没有人确认", buttons=["再编辑"])
    for card in (first, again):
        assert "没有人复核，已过期" in card.text
    await sun.presses("再编辑")
    await sun.sees("预览", "12月10日 17:00 前报", buttons=["提交复核", "修改", "取消"])


async def test_where_those_asked_are_gone_the_card_says_so(world, people):
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    await hands_in(sun, due="12-10 17:00")
    async with world.db.write() as session:
        await session.execute(update(Chat).where(Chat.external_id == wu.chat_id).values(is_reachable=False))
    await world.at("08:30", TUESDAY)
    await sun.sees("现在没有别人能复核，请让另一位先绑定（发「邀请」）", buttons=["撤回"])


async def test_in_english(world, people):
    sun, wu = people["孙丽"], world.county_staff("吴国平")
    for one in (sun, wu):
        await one.says("语言")
        await one.presses("English")
        await one.looks_away()
    await sun.says(f"报数 Flood\n{LINES}\n依据：Notice 3\n截止：今天18:00")
    await sun.sees("2 people will get it, more than 1", buttons=["Submit for review", "Change", "Cancel"])
    await sun.presses_data("figc:send:0:0")
    await sun.sees("Waiting for a second person", "吴国平")
    await wu.sees("Please review", "recipients: 2", buttons=["Send out", "Send back"])
    await wu.presses("Send out")
    await sun.sees("Flood", "going out")
