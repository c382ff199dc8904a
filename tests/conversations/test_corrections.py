"""补签: what cadres, their first secretary and the township see."""

from datetime import date

import pytest

from policy.attendance import DayStatus
from policy.calendar import Half
from storage.tables import Audit, CheckInCorrection, Outbox, Verdict

TUESDAY = date(2026, 11, 24)
MONDAY = date(2026, 11, 23)


@pytest.fixture
async def li(world):
    """李雪 of 石门村, on Tuesday morning; of Monday nothing is known."""
    person = world.cadre("李雪", village="石门村")
    await world.at("08:02", TUESDAY)
    return person


async def ask(person, label="昨天全天", why="手机没电"):
    await person.says("补签")
    await person.presses(label)
    await person.presses(why)


async def test_two_taps_and_a_reason(world, li):
    wang = world.township_officer("王主任")
    zhou = world.cadre("周建国", village="石门村", secretary=True)
    await li.says("补签")
    await li.sees(
        "补签哪一段", "48 小时以内", "11月还可补签 3 次", buttons=["昨天全天", "昨天上午", "昨天下午", "取消"]
    )
    await li.presses("昨天全天")
    await li.sees("昨天全天为什么没有签到", buttons=["手机没电", "没有信号", "忘记了", "取消"])
    await li.presses("手机没电")
    await li.sees("已提交", "11月23日全天", "手机没电", "等周建国或柳河镇审批", buttons=["撤回"])
    assert await world.day(li, on=MONDAY) == DayStatus.UNVERIFIED
    await wang.sees("补签 · 李雪 · 石门村 · 11月23日全天", "手机没电", "当月第 1 次", buttons=["同意", "不同意"])
    await zhou.sees("补签 · 李雪", buttons=["同意", "不同意"])
    await world.advance(minutes=10)
    await zhou.presses("同意")
    await zhou.sees("已同意 · 周建国 · 11月24日 08:12", buttons=[])
    assert "已同意 · 周建国" in (await wang.last()).text
    assert (await wang.last()).buttons() == {}
    await li.sees("补签已同意（周建国）", "11月23日全天记在岗")
    assert await world.day(li, on=MONDAY) == DayStatus.ON_DUTY
    assert await world.day(li, Half.PM, MONDAY) == DayStatus.ON_DUTY
    tags = [row.action for row in await world.rows(Audit)]
    assert tags[-2:] == ["correction:request", "correction:decide"]


async def test_one_half_only_touches_that_half(world, li):
    wang = world.township_officer("王主任")
    await ask(li, "昨天下午")
    await wang.presses("同意")
    assert await world.day(li, Half.AM, MONDAY) == DayStatus.UNVERIFIED
    assert await world.day(li, Half.PM, MONDAY) == DayStatus.ON_DUTY


async def test_a_sentence_of_ones_own_is_a_reason_and_is_escaped(world, li):
    wang = world.township_officer("王主任")
    await li.says("补签")
    await li.presses("昨天上午")
    await li.says("<b>在陈家修水管</b> & 没带手机")
    await li.sees("已提交", "<b>在陈家修水管</b> & 没带手机", buttons=["撤回"])
    await wang.sees("<b>在陈家修水管</b> & 没带手机")


async def test_refused_it_stays_to_be_verified_and_is_no_absence(world, li):
    wang = world.township_officer("王主任")
    await ask(li)
    await wang.presses("不同意")
    await wang.sees("不同意 · 王主任")
    await li.sees("没有通过（王主任）", "仍记待核实，不算缺岗", "当面说明")
    assert await world.day(li, on=MONDAY) == DayStatus.UNVERIFIED


async def test_the_first_decision_stands(world, li):
    wang, zhao = world.township_officer("王主任"), world.township_officer("赵主任")
    await ask(li)
    await wang.looks_away()
    card = await zhao.last()
    data = card.buttons()["不同意"]
    await wang.presses("同意")
    await zhao.presses_data(data, card)
    await zhao.sees("这次补签已经同意了，没有改动")
    assert [row.verdict for row in await world.rows(CheckInCorrection)] == [Verdict.APPROVED]
    assert (await world.audit()).count("correction:decide") == 1


async def test_withdrawn_before_a_decision_it_costs_nothing(world, li):
    wang = world.township_officer("王主任")
    await ask(li)
    data = (await wang.last()).buttons()["同意"]
    await li.presses("撤回")
    await li.sees("补签已撤回", "不占次数", buttons=[])
    assert "本人已撤回" in (await wang.last()).text
    await wang.presses_data(data)
    await wang.sees("本人已经撤回，不用处理")
    assert await world.day(li, on=MONDAY) == DayStatus.UNVERIFIED
    await li.says("补签")
    await li.sees("还可补签 3 次", buttons=["昨天全天", "昨天上午", "昨天下午", "取消"])


async def test_too_late_to_withdraw(world, li):
    wang = world.township_officer("王主任")
    await ask(li)
    data = (await li.last()).buttons()["撤回"]
    await wang.presses("不同意")
    await li.presses_data(data)
    await li.sees("这次补签已经定了：不同意")


async def test_a_first_secretary_never_decides_his_own(world):
    zhou = world.cadre("周建国", village="石门村", secretary=True)
    wang = world.township_officer("王主任")
    await world.at("08:02", TUESDAY)
    await ask(zhou)
    await zhou.sees("等柳河镇审批", buttons=["撤回"])
    data = (await wang.last()).buttons()["同意"]
    kinds = [(row.kind, row.person_id) for row in await world.rows(Outbox) if row.kind == "correction"]
    assert kinds == [("correction", wang.person_id)]
    await zhou.presses_data(data)
    await zhou.sees("自己的事要由别人来定")
    assert [row.verdict for row in await world.rows(CheckInCorrection)] == [Verdict.PENDING]


async def test_others_may_neither_decide_nor_withdraw(world, li):
    wang = world.township_officer("王主任")
    outside = world.township_officer("外镇干部", "石桥镇")
    neighbour = world.cadre("邻村书记", village="东峪村", secretary=True)
    mate = world.cadre("赵敏", village="石门村")
    leader = world.county_leader("钱县长")
    await ask(li)
    approve, withdraw = (await wang.last()).buttons()["同意"], (await li.last()).buttons()["撤回"]
    for person in (outside, neighbour, mate, leader):
        await person.says("补签")
        await person.presses_data(approve)
        await person.sees("不在您的职责范围内")
        await person.presses_data(withdraw)
        await person.sees("不在您的职责范围内")
    assert [row.verdict for row in await world.rows(CheckInCorrection)] == [Verdict.PENDING]


async def test_county_staff_may_decide(world, li):
    world.township_officer("王主任")
    staff = world.county_staff("孙科长")
    await ask(li)
    await staff.says("你好")
    await staff.presses_data(
        (await world.rows(CheckInCorrection))[0] and f"fix:{(await world.rows(CheckInCorrection))[0].id}:yes"
    )
    await li.sees("已同意（孙科长）")


async def test_48_hours_and_no_longer(world):
    li = world.cadre("李雪", village="石门村")
    await world.at("23:59", date(2026, 11, 25))
    await li.says("补签")
    shown = await li.sees("补签哪一段")
    assert "11月23日全天" not in shown.buttons()
    assert "前天全天" in shown.buttons()
    old = shown.buttons()["前天全天"]
    await world.at("00:00", date(2026, 11, 26))
    await li.presses_data(old)
    await li.sees("11月23日过了补签时间，没有记下（本县规定）", "48 小时")
    assert await world.rows(CheckInCorrection) == []


async def test_the_reason_comes_too_late(world):
    li = world.cadre("李雪", village="石门村")
    await world.at("23:59", date(2026, 11, 25))
    await li.says("补签")
    await li.presses("前天全天")
    await world.at("00:01", date(2026, 11, 26))
    await li.says("手机坏了")
    await li.sees("过了补签时间")
    await li.says("手机坏了，真的")
    assert "过了补签时间" not in (await li.last()).text, "the sentence is no longer awaited"


async def test_three_a_month(world):
    li = world.cadre("李雪", village="石门村")
    wang = world.township_officer("王主任")
    for day, verdict in ((24, "同意"), (25, "不同意"), (26, "同意")):
        await world.at("08:02", date(2026, 11, day))
        await ask(li)
        await wang.presses(verdict)
    await world.at("08:02", date(2026, 11, 27))
    await li.says("补签")
    await li.sees("这个月的 3 次补签用完了，没有记下（本县规定）", "请找乡镇说明情况")
    await li.says("我的")
    await li.sees("本月还可补签 0 次")
    await li.presses_data("missed:2026-11-26:am")
    await li.sees("3 次补签用完了")
    await world.at("08:02", date(2026, 12, 2))
    await li.says("补签")
    await li.sees("12月还可补签 3 次", buttons=["昨天全天", "昨天上午", "昨天下午", "取消"])


async def test_a_settled_half_needs_none(world, li):
    await world.at("08:00", MONDAY)
    await li.sends_location()
    await world.at("08:02", TUESDAY)
    await li.says("补签")
    await li.sees("最近没有要补签的，都有记录", "还可补签 3 次")
    await li.presses_data("missed:2026-11-23:am")
    await li.sees("11月23日上午已经有记录，不用补签")


async def test_what_is_not_over_can_still_be_checked_in_for(world, li):
    await world.at("13:00", TUESDAY)
    await li.says("补签")
    await li.sees(buttons=["今天上午", "昨天全天", "昨天上午", "昨天下午", "取消"])
    await li.presses_data("missed:2026-11-24:ampm")
    await li.sees("11月24日下午还可以直接签到，不用补签")


async def test_rest_days_and_days_before_the_role_are_not_offered(world):
    li = world.cadre("李雪", village="石门村")
    await world.at("09:00", MONDAY)  # Saturday and Sunday lie within 48 hours
    await li.says("补签")
    await li.sees("最近没有要补签的")


async def test_asked_twice_for_the_same_half(world, li):
    await ask(li, "昨天上午")
    await li.says("补签")
    await li.sees(buttons=["昨天下午", "取消"])
    await li.presses_data("missed:2026-11-23:ampm")
    await li.sees("11月23日上午的补签已经提交过，正在等审批")
    assert len(await world.rows(CheckInCorrection)) == 1


async def explains(person):
    await person.sends_location(km_from_village=9)
    await person.presses("说明情况")
    await person.says("在镇里取种子")


async def test_an_explanation_that_waits_comes_first(world, li):
    wang = world.township_officer("王主任")
    await world.at("08:02", MONDAY)
    await explains(li)
    await world.at("08:02", TUESDAY)
    await li.says("补签")
    await li.sees("现在没有可以补签的", "昨天全天的说明等乡镇核实")
    await li.presses_data("missed:2026-11-23:am")
    await li.sees("11月23日上午的情况说明正在等乡镇核实")
    await wang.presses("不属实")
    await li.says("补签")
    await li.sees(buttons=["昨天全天", "昨天上午", "昨天下午", "取消"])


@pytest.mark.parametrize("first, second", [("correction", "explanation"), ("explanation", "correction")])
async def test_two_things_wait_on_one_half_and_either_order_is_right(world, first, second):
    """He asked for the morning, then explained the whole day from elsewhere: what is refused frees only its halves."""
    li, wang = world.cadre("李雪", village="石门村"), world.township_officer("王主任")
    await world.at("13:00", MONDAY)
    await li.says("补签")
    await li.presses("今天上午")
    await li.presses("忘记了")
    correction = (await wang.last()).buttons()
    await world.at("09:00", MONDAY)  # a position sent in the morning that arrives late
    await explains(li)
    explanation = (await wang.last()).buttons()
    await world.at("14:00", MONDAY)
    data = {"correction": correction["不同意"], "explanation": explanation["不属实"]}
    await wang.presses_data(data[first])
    await li.says("我的")
    await li.sees("等审批" if second == "correction" else "等乡镇核实")
    from storage.tables import Day, Facts

    [day] = [row for row in await world.rows(Day) if row.on == MONDAY]
    assert day.am == Facts.PENDING, "something still waits on the morning"
    await wang.presses_data(data[second])
    [day] = [row for row in await world.rows(Day) if row.on == MONDAY]
    assert (day.am, day.pm) == (Facts.NONE, Facts.NONE)


async def test_cancelled_nothing_is_left(world, li):
    await li.says("补签")
    await li.presses("取消")
    await li.sees("好的，没有补签", buttons=[])
    await li.says("补签")
    await li.presses("昨天全天")
    await li.presses("取消")
    await li.presses_data("because:battery")
    await li.sees("这一条已经过了")
    assert await world.rows(CheckInCorrection) == []


async def test_left_in_the_middle_it_is_offered_again(world, li):
    await li.says("补签")
    await li.presses("昨天上午")
    await li.says("我的")
    await li.sees("👤 11月 · 李雪")
    await li.says("补签")
    await li.sees(buttons=["继续上次的", "昨天全天", "昨天上午", "昨天下午", "取消"])


@pytest.mark.parametrize(
    "data",
    [
        "missed:2026-11-99:am",
        "missed:9999-12-31:am",
        "missed:0001-01-01:ampm",
        "missed:2026-11-23:xx",
        "fix:999999:yes",
    ],
)
async def test_forged_buttons(world, li, data):
    await li.says("补签")
    await li.presses_data(data)
    await li.sees("没有找到这一条")
    assert await world.rows(CheckInCorrection) == []


async def test_a_reason_too_long_is_asked_for_again(world, li):
    await li.says("补签")
    await li.presses("昨天上午")
    await li.says("在" * 501)
    await li.sees("写得太长了", "最多 500 字")
    await li.says("在村里")
    await li.sees("已提交")


async def test_where_check_in_is_off_there_is_nothing_to_correct(world, li):
    await world.set("checkin_mode", "off")
    await li.says("补签")
    await li.sees("本县没有开通签到，不用签（本县规定）")


async def test_staff_need_none(world):
    staff = world.county_staff("孙科长")
    await staff.says("补签")
    await staff.sees("您不在驻村工作队，不用补签")


async def test_one_line_says_which_and_why(world, li):
    wang = world.township_officer("王主任")
    await li.says("补签 昨天上午 忘了")
    await li.sees("已提交", "11月23日上午", "忘了", buttons=["撤回"])
    await wang.sees("补签 · 李雪 · 石门村 · 11月23日上午", "忘了")
    await li.says("补签 昨天，手机没电")
    await li.sees("已提交", "11月23日下午", "手机没电", buttons=["撤回"])
    assert [(row.am, row.pm, row.reason) for row in await world.rows(CheckInCorrection)] == [
        (True, False, "忘了"), (False, True, "手机没电"),
    ]  # fmt: skip


async def test_what_a_line_leaves_out_is_asked_for_and_what_cannot_be_is_refused(world, li):
    await li.says("补签 11月23日")
    await li.sees("昨天全天为什么没有签到", buttons=["手机没电", "没有信号", "忘记了", "取消"])
    await li.says("补签 昨天下午")
    await li.sees("昨天下午为什么没有签到")
    await li.says("取消")
    await li.says("补签 忘了")
    await li.sees("补签哪一段", buttons=["昨天全天", "昨天上午", "昨天下午", "取消"])
    await li.says("补签 11月20日 忘了")
    await li.sees("11月20日过了补签时间，没有记下（本县规定）")
    await li.says("补签 今天 忘了")
    await li.sees("还可以直接签到，不用补签")
    await li.says("补签 11月31日 忘了")
    await li.sees("没看懂“11月31日”是哪一天")
    liu = world.county_staff("刘科长")
    await liu.says("补签 昨天 忘了")
    await liu.sees("您不在驻村工作队，不用补签")
    assert await world.rows(CheckInCorrection) == []
