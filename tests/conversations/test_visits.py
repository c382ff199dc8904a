"""走访: one sentence in the yard is the ledger row."""

from datetime import date

import pytest

from storage.tables import HouseholdVisit, VisitCompanion, VisitHousehold, VisitVersion
from tests.households import households

POOR = {"kinds": ["防止返贫致贫对象"]}
VILLAGE = (
    ("陈淑兰", 3, {**POOR, "head_born": 1958}),
    ("陈淑兰", 7, {"head_born": 1971}),
    ("王福贵", 5, {"others": ["赵桂英"]}),
    ("李有才", 3),
)


@pytest.fixture
async def zhou(world):
    zhou = world.cadre("周建国")
    world.cadre("赵敏")
    await households(world, *VILLAGE)
    return zhou


async def test_a_sentence_is_enough(world, zhou):
    await zhou.says("走访 3组陈淑兰 屋顶漏雨，想申请危房改造")
    await zhou.sees(
        "✅ 已记：11月23日走访 3组 陈淑兰（防止返贫致贫对象）\n屋顶漏雨，想申请危房改造\n职责：推动精准脱贫、为民办事服务",
        buttons=["改职责", "撤回"],
    )
    (visit,) = await world.rows(HouseholdVisit)
    assert (visit.on, visit.text) == (date(2026, 11, 23), "屋顶漏雨，想申请危房改造")
    assert (await world.audit())[-1] == "visit:record"


async def test_two_of_one_name_are_told_apart(world, zhou):
    await zhou.says("走访 陈淑兰 屋顶漏雨")
    await zhou.sees("“陈淑兰”是哪一户？", buttons=["3组 陈淑兰 1958", "7组 陈淑兰 1971", "都不是", "取消"])
    await zhou.presses("7组 陈淑兰 1971")
    await zhou.sees("已记：11月23日走访 7组 陈淑兰\n屋顶漏雨")
    await zhou.presses_data("visit:which:1:0")
    await zhou.sees("这一步已经过了")
    assert len(await world.rows(VisitHousehold)) == 1


async def test_none_of_them_is_written_as_it_was_said(world, zhou):
    await zhou.says("走访 陈淑兰 屋顶漏雨")
    await zhou.presses("都不是")
    await zhou.sees("已记：11月23日走访 陈淑兰\n屋顶漏雨", "名册里没有陈淑兰，先按您说的记。")
    assert await world.rows(VisitHousehold) == []


async def test_several_at_once_with_a_colleague_on_another_day(world, zhou):
    await zhou.says("走访 昨天和赵敏一起去王福贵、李有才家，讲医保政策")
    await zhou.sees("已记：11月22日走访 3组 李有才、5组 王福贵\n讲医保政策", "同去：赵敏", "补记，两个时间都留着。")
    assert len(await world.rows(VisitHousehold)) == 2
    assert len(await world.rows(VisitCompanion)) == 1


async def test_the_word_alone_shows_where_one_stands_and_asks(world, zhou):
    await zhou.says("走访 王福贵 送药")
    await zhou.says("走访")
    await zhou.sees(
        "我本月走访 1 次。\n全村本季度已走访 1/4 户\n其中防止返贫致贫对象本月 0/1 户\n顺路可以去看看：3组 陈淑兰、3组 李有才、7组 陈淑兰",
        buttons=["取消"],
    )
    await zhou.says("李有才")
    await zhou.sees("李有才：有什么事？说一句就行。", buttons=["取消"])
    await zhou.says("羊病了")
    await zhou.sees("已记：11月23日走访 3组 李有才\n羊病了")


async def test_a_day_that_is_not_here_yet(world, zhou):
    await zhou.says("走访 明天王福贵 送药")
    await zhou.sees("“明天”不是已经过去的日子，没有记。", buttons=["取消"])
    await zhou.says("走访 2026-09-01 王福贵 送药")
    await zhou.sees("9月1日太早，没有记走访（本县规定）：31 天以内的可以补记。")
    assert await world.rows(HouseholdVisit) == []


async def test_duties_by_a_tap_and_taken_back(world, zhou):
    await zhou.says("走访 王福贵 送药")
    await zhou.presses("改职责")
    await zhou.sees(buttons=["宣传党的政策", "推动精准脱贫", "帮建基层组织", "为民办事服务 ✓", "提升治理水平", "好了"])
    await zhou.presses("宣传党的政策")
    await zhou.sees("职责：宣传党的政策、为民办事服务")
    await zhou.presses("好了")
    await zhou.sees("职责：宣传党的政策、为民办事服务", buttons=["改职责", "撤回"])
    assert [row.duties for row in await world.rows(VisitVersion)] == [["为民办事服务"]]
    await zhou.presses("撤回")
    await zhou.sees("已撤回这次走访，不计入。", buttons=[])
    await zhou.says("走访")
    await zhou.sees("我本月走访 0 次。")


async def test_after_seven_days_it_stays(world, zhou):
    await zhou.says("走访 王福贵 送药")
    await world.advance(days=8)
    await zhou.presses("撤回")
    await zhou.sees("这次走访记下超过 7 天，没有改动")


async def test_late_on_a_bad_line_the_day_is_that_of_the_sentence(world, zhou):
    await world.advance(days=1)
    await zhou.says("走访 王福贵 送药", minutes_ago=20 * 60)
    await zhou.sees("已记：11月23日走访 5组 王福贵", "补记，两个时间都留着。")


async def test_somebody_of_no_team(world, zhou):
    liu = world.township_officer("刘敏")
    await liu.says("走访 王福贵 送药")
    await liu.sees("不在您的职责范围内")


async def test_in_english(world, zhou):
    await zhou.says("语言")
    await zhou.presses("English")
    await zhou.says("/visit 3组陈淑兰 屋顶漏雨")
    await zhou.sees("✅ Recorded: visit on 23 Nov to group 3 陈淑兰", "屋顶漏雨", buttons=["Duties", "Withdraw"])
    await zhou.says("visit")
    await zhou.sees("1 visit(s) of mine this month", buttons=["Cancel"])
