"""代请假: asked by a colleague, the township or the unit for one who can't; its end may stay open; he has the last word."""

from datetime import date

import pytest

from policy.attendance import HalfStatus
from policy.calendar import Half
from storage.tables import Audit, LeaveRequest, LeaveState, Person

TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (24, 25, 26))


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def from_today(world, people):
    """赵敏 asks for 周建国, who is ill; the township approves."""
    zhao, liu = people["zhao"], people["liu"]
    await zhao.says("代请假 周建国 病假 今天起")
    await zhao.presses("提交")
    await liu.presses("同意")
    await zhao.looks_away()


async def test_one_line_the_end_stays_open_and_he_confirms_on_return(world, people):
    zhou, zhao, liu = (people[name] for name in ("zhou", "zhao", "liu"))
    await zhao.says("代请假 周建国 病假 今天起")
    await zhao.sees(
        "请核对，代请假：周建国 · 石门村",
        "病假 · 11月23日至25日 · 3 个工作日",
        "止期未定，先到11月25日，到时再问。",
        "村里还有 2 人：王强、赵敏",
        "审批人：柳河镇党委 刘敏（超过1天、不超过3天，本县规定）",
        "提交后马上告诉周建国，他说不对就取消。",
        buttons=["提交", "修改", "取消"],
    )
    await zhao.presses("提交")
    await zhao.sees("已代提交：周建国（石门村）", "等柳河镇党委审批。", buttons=["撤回"])
    await zhou.sees("赵敏替您请假：", "病假 · 11月23日至25日", "止期未定", buttons=["没错", "不对"])
    await liu.sees("📝 请假 · 周建国 · 石门村", "代请：赵敏（队员）", "止期未定，先到11月25日", "批准后村里还有 2 人")
    await liu.presses("同意")
    await zhao.sees("✅ 周建国的请假已批准。", "已批准 · 刘敏")
    await zhou.sees("✅ 请假已批准（柳河镇党委 刘敏）", "止期未定。回来签到就销假；还回不来，11月26日再问您。")
    assert await world.day(zhou, Half.AM) is HalfStatus.LEAVE
    await world.at("13:00", on=TUESDAY)
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假 13:00 · 石门村，假算到11月24日上午为止。")
    await zhou.sees(
        "赵敏替您请的假，记成了这样，对吗？", "病假 · 11月23日至24日上午 · 1.5 个工作日", buttons=["没错", "不对"]
    )
    await zhou.presses("没错")
    await zhou.sees("您已确认。")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.state, leave.halves, leave.is_confirmed) == (LeaveState.RETURNED, 3, True)
    tags = [row.action for row in await world.rows(Audit) if row.action.startswith("leave")]
    assert tags == ["leave:request_for", "leave:decide", "leave:return", "leave:confirm"]


async def test_over_and_not_back_who_asked_is_asked_and_the_ladder_counts_all_of_it(world, people):
    zhou, zhao, sun = (people[name] for name in ("zhou", "zhao", "sun"))
    await from_today(world, people)
    await world.at("08:00", on=THURSDAY)
    await zhou.sees("假期到昨天为止。")
    await zhao.sees("您替周建国（石门村）请的假到11月25日，止期未定。还回不来就点「续假」。", buttons=["续假"])
    await zhao.presses("续假")
    await zhao.sees("病假 · 11月26日至30日 · 3 个工作日", "审批人：县驻村办 孙丽（超过3天，本县规定）")
    await zhao.presses("提交")
    await sun.presses("同意")
    await zhou.looks_away()
    await world.at("13:00", on=THURSDAY)
    await zhou.sees_nothing()
    first, second = await world.rows(LeaveRequest)
    assert second.extends_id == first.id
    assert second.chain_halves == 12


async def test_said_again_after_a_weekend_it_goes_on_from_the_first(world, people):
    zhao = people["zhao"]
    await zhao.says("代请假 周建国 病假 11-26到11-27")
    await zhao.presses("提交")
    await people["liu"].presses("同意")
    await world.at("09:00", on=date(2026, 11, 30))
    await zhao.says("代请假 周建国 病假 今天1天")
    await zhao.sees("病假 · 11月30日全天 · 1 个工作日", "审批人：柳河镇党委 刘敏")
    await zhao.presses("提交")
    first, second = await world.rows(LeaveRequest)
    assert second.extends_id == first.id


async def test_he_says_that_it_is_not_so_and_it_goes(world, people):
    zhou, zhao, liu = (people[name] for name in ("zhou", "zhao", "liu"))
    await from_today(world, people)
    await world.at("09:00", on=TUESDAY)
    await zhou.presses("不对")
    await zhou.sees("您说不对，已取消。")
    for one in (zhao, liu):
        await one.sees("周建国（石门村）说代请的假不对，已取消：11月23日至25日。")
    assert await world.day(zhou, Half.AM, date(2026, 11, 23)) is HalfStatus.UNVERIFIED
    assert await world.day(zhou, Half.AM, WEDNESDAY) is HalfStatus.NOT_YET
    (leave,) = await world.rows(LeaveRequest)
    assert leave.state is LeaveState.CANCELLED
    await zhou.says("请假")
    await zhou.sees("请选假别")


async def test_before_a_decision_he_or_who_asked_takes_it_back(world, people):
    zhou, zhao, liu = (people[name] for name in ("zhou", "zhao", "liu"))
    await zhao.says("代请假 周建国 病假 今天起")
    await zhao.presses("提交")
    await zhao.presses("撤回")
    await zhao.sees("已撤回")
    await liu.sees("已撤回")
    await zhao.says("代请假 周建国 病假 今天起")
    await zhao.presses("提交")
    await zhou.presses("不对")
    await zhao.sees("本人说不对，已取消。")
    assert {leave.state for leave in await world.rows(LeaveRequest)} == {LeaveState.WITHDRAWN}


async def test_the_word_alone_asks_for_each_thing(world, people):
    wang, zhou = people["wang"], people["zhou"]
    await wang.says("代请假")
    await wang.sees("替谁请假？", buttons=["周建国", "赵敏", "取消"])
    await wang.presses("周建国")
    await wang.sees("请选假别：", buttons=["病假", "事假", "丧假", "更多", "取消"])
    await wang.presses("更多")
    await wang.presses("事假")
    await wang.sees("什么时候？", buttons=["今天起", "今天1天", "明天起", "明天1天", "取消"])
    await wang.says("说不好")
    await wang.sees("没看懂“说不好”是哪一天")
    await wang.presses("明天1天")
    await wang.sees("什么事、在哪里？一句话（不用写病情）：")
    await wang.says("家里急事，回石家庄")
    await wang.sees("事假 · 11月24日全天 · 1 个工作日", "家里急事，回石家庄", "审批人：第一书记 王强")
    await wang.presses("修改")
    await wang.sees("请选假别：")
    await wang.presses("取消")
    await wang.sees("好的，不办了：代请假的假别。")
    await zhou.sees_nothing()


async def test_who_is_meant_where_there_are_two_of_one_name(world, people):
    liu = people["liu"]
    world.cadre("郑一鸣", village="石门村")
    namesake = world.cadre("郑一名", village="东峪村")
    await world.settle()
    async with world.db.write() as session:
        (await session.get_one(Person, namesake.person_id)).name = "郑一鸣"
    await liu.says("代请假 郑一鸣 病假 今天起")
    await liu.sees("有几位郑一鸣，是哪一位？", buttons=["石门村", "东峪村", "取消"])
    await liu.presses("东峪村")
    await liu.sees("请核对，代请假：郑一鸣 · 东峪村")


async def test_by_the_unit_and_by_nobody_else(world, people):
    he, far, leader = (
        world.unit_liaison("何联络"),
        world.cadre("钱外村", village="东峪村"),
        world.county_leader("冯县长"),
    )
    await he.says("代请假 周建国 丧假 11-24到11-25")
    await he.sees("丧假 · 11月24日至25日 · 2 个工作日")
    await he.presses("提交")
    await people["liu"].sees("代请：何联络（单位联络员）")
    await far.says("代请假 周建国 病假 今天起")
    await far.sees("没有找到「周建国」，没有提交。")
    await far.presses("取消")
    await leader.says("代请假 周建国 病假 今天起")
    await leader.sees("代请假由同村工作队、乡镇、县驻村办或派出单位来办，没有改动。")
    await people["wang"].says("代请假 王强 病假 今天起")
    await people["wang"].sees("自己请假发「请假」就行，不用代请。")
    await people["wang"].says("代请假 周建国 赵敏 病假 今天起")
    await people["wang"].sees("一次替一个人请假，没有提交。")
    assert len(await world.rows(LeaveRequest)) == 1


async def test_in_english(world, people):
    zhou, zhao = people["zhou"], people["zhao"]
    for one in (zhou, zhao):
        await one.says("/language")
        await one.presses("English")
    await zhao.says("/leavefor 周建国 sick leave from today")
    await zhao.sees("Please check", "周建国", "No end yet", "county rule", buttons=["Submit", "Change", "Cancel"])
    await zhao.presses("Submit")
    await zhao.sees("Handed in for 周建国", buttons=["Withdraw"])
    await zhou.sees("赵敏 has asked for leave for you", buttons=["That's right", "Not so"])
    await zhou.presses("That's right")
    await zhou.sees("You have confirmed it.")


async def test_alone_in_the_village_there_is_nobody_to_ask_for(world):
    zhou = world.cadre("周建国", village="石门村")
    await zhou.says("代请假")
    await zhou.sees("您这里没有可以代请假的人。")
