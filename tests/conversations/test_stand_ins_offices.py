"""代理: while an officer is away, what goes to his office reaches who stands in for him, and he decides."""

from datetime import date

import pytest

from storage.tables import Audit, Person, StandIn

TUESDAY, WEDNESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)


@pytest.fixture
async def people(world):
    """刘敏 has the office of 柳河镇; 李四 sits in 石桥镇, 孙丽 and 钱进 in the county."""
    found = {
        "zhou": world.cadre("周建国"),
        "wang": world.cadre("王强", secretary=True),
        "liu": world.township_officer("刘敏"),
        "li": world.township_officer("李四", township="石桥镇"),
        "sun": world.county_staff("孙丽"),
        "qian": world.county_staff("钱进"),
    }
    await world.settle()
    return found


async def stands_in(people):
    """Monday: 李四 stands in for 刘敏 on Tuesday and Wednesday."""
    liu, li = people["liu"], people["li"]
    await liu.says("代理 李四 11-24到11-25")
    await liu.presses("确定")
    await liu.sees("✅ 已定代理：李四代理刘敏（柳河镇乡镇干部），11月24日至25日。已告诉李四")
    await li.sees("请您代理：李四代理刘敏", "他本人仍可以定", buttons=["没错", "不合适"])
    await li.presses("没错")
    await li.sees("✅ 由您代理：李四代理刘敏", buttons=["不合适"])


async def test_leave_explanations_and_the_digest_are_his_and_end_by_themselves(world, people):
    zhou, wang, liu, li = people["zhou"], people["wang"], people["liu"], people["li"]
    await stands_in(people)
    await world.at("08:30", TUESDAY)
    await liu.looks_away()
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("在镇里取种子")
    await li.sees("待核实 · 周建国")
    await wang.says("请假 11-26到11-27 家里有事")
    await wang.presses("周建国")
    await wang.sees("柳河镇党委 李四（代理刘敏）")
    await wang.presses("提交")
    await li.sees("📝 请假 · 王强", buttons=["同意", "不同意", "报县审批", "经请示同意"])
    await liu.sees_nothing()
    await li.says("待办")
    await li.sees("📌 待您处理 2 件：请假 1 · 核实 1")
    await liu.says("待办")
    await liu.sees("📌 待您处理 2 件：请假 1 · 核实 1")
    await liu.looks_away()
    world.clock_runs = True
    await world.at("18:00", TUESDAY)
    await li.sees("今天待您处理 2 件：请假 1 · 核实 1。")
    await liu.sees_nothing()
    await li.presses("逐件处理")
    await li.presses("逐件处理")
    await li.sees("待核实 · 周建国")
    await li.presses("情况属实")
    await li.presses("下一件")
    await li.sees("📝 请假 · 王强")
    await li.presses("同意")
    await wang.sees("李四")
    (told,) = [row for row in await world.rows(Audit) if row.action == "leave:decide"]
    assert (told.person_id, told.role) == (li.person_id, "township_officer")
    await world.at("09:00", THURSDAY)
    await li.says("待办")
    await li.sees("没有")
    await zhou.says("补签 昨天上午 忘了")
    await liu.sees("✋ 补签 · 周建国")
    await li.says("代理")
    await li.sees("现在没有人代理。")


async def test_the_absent_officer_may_still_decide(world, people):
    wang, liu, li = people["wang"], people["liu"], people["li"]
    await stands_in(people)
    await world.at("09:00", TUESDAY)
    await wang.says("请假 11-26到11-27 家里有事")
    await wang.presses("周建国")
    await wang.presses("提交")
    await li.sees("📝 请假 · 王强")
    await liu.says("待办")
    await liu.presses("逐件处理")
    await liu.sees("📝 请假 · 王强", buttons=["同意", "不同意", "报县审批", "经请示同意", "先跳过"])
    await liu.presses("同意")
    await wang.sees("刘敏")


async def test_declined_ended_early_and_refused(world, people):
    liu, li, sun, qian, zhou = (people[name] for name in ("liu", "li", "sun", "qian", "zhou"))
    await liu.says("代理")
    await liu.sees("代理", "现在没有人代理。", "例如：代理 李四 11-24到11-28。", buttons=["定代理"])
    await liu.presses("定代理")
    await liu.sees("谁代理、哪几天？", buttons=["取消"])
    await liu.says("孙丽")
    await liu.sees("哪几天？要有开始和结束")
    await liu.says("明天起3天")
    await liu.sees("请核对：代理", "孙丽代理刘敏（柳河镇乡镇干部），11月24日至26日", buttons=["确定", "取消"])
    await liu.presses("确定")
    await sun.sees("请您代理：孙丽代理刘敏")
    await liu.says("代理 钱进 11-26到11-30")
    await liu.presses("确定")
    assert (await liu.sees("这几天已经定了孙丽代理（11月24日至26日），没有再定")).toast
    await liu.says("取消")
    await sun.presses("不合适")
    await sun.sees("您说了不合适，不由您代理")
    await liu.sees("孙丽说不合适，没有代理了")
    for line, no in (
        ("代理 刘敏 明天", "自己不能代理自己"),
        ("代理 钱进 11-25到11-24", "早于开始"),
        ("代理 钱进 昨天到明天", "已经过去"),
        ("代理 钱进 11-24到1-31", "一次最多 60 天"),
        ("代理 周建国 明天", "没有找到「周建国」"),
        ("代理 孙丽 钱进 明天", "不在您的职责范围内"),
    ):
        await liu.says(line)
        await liu.sees(no)
    await zhou.says("代理 刘敏 明天")
    await zhou.sees("代理由乡镇、县级干部定")
    await sun.says("代理 刘敏 钱进 明天起3天")
    await sun.sees("钱进代理刘敏（柳河镇乡镇干部），11月24日至26日")
    await sun.presses("确定")
    await liu.sees("孙丽为您定了代理：钱进代理刘敏", buttons=["提前结束"])
    await qian.sees("请您代理：钱进代理刘敏", "孙丽定的。")
    await qian.says("代理")
    await qian.sees("1. 钱进代理刘敏", buttons=["1 结束", "定代理"])
    await liu.presses("提前结束")
    await liu.sees("代理已结束：钱进代理刘敏")
    await qian.sees("代理提前结束：钱进代理刘敏")
    assert [row.ended_by_id for row in await world.rows(StandIn)] == [sun.person_id, liu.person_id]
    await li.sees_nothing()


async def test_of_several_so_called_one_is_chosen_in_english(world, people):
    liu, boss = people["liu"], world.county_staff("马超")
    other = world.township_officer("马超超", township="东山镇")
    await world.settle()
    async with world.db.write() as session:
        (await session.get_one(Person, other.person_id)).name = "马超"
    await liu.says("/language")
    await liu.presses("English")
    await liu.says("/standin 马超 24 Nov to 26 Nov")
    await liu.sees("Several people are called 马超. Which one?", buttons=["安岭县", "东山镇", "Cancel"])
    await liu.presses("安岭县")
    await liu.sees("Please check: stand-in", "马超 stands in for 刘敏", "24 Nov", buttons=["Confirm", "Cancel"])
    await liu.presses("Confirm")
    await liu.sees("马超 has been told", buttons=["End now"])
    await boss.sees("请您代理：马超代理刘敏")
    await other.sees_nothing()
    await liu.says("stand-in")
    await liu.sees("1. 马超 stands in for 刘敏", buttons=["1 End", "Name one"])
    await liu.presses("1 End")
    await boss.sees("代理提前结束：马超代理刘敏")
