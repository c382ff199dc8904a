"""销假: a state of its own. Early is credited, late is asked about, nobody is found absent by it."""

from datetime import date

import pytest

from policy.attendance import HalfStatus
from policy.calendar import Half
from storage.tables import LeaveRequest, LeaveReturn, LeaveState


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def on_leave(world, people, line="请假 11-24下午到11-25 孩子看病"):
    zhou, liu = people["zhou"], people["liu"]
    await zhou.says(line)
    await zhou.presses("提交")
    await liu.presses("同意")
    await zhou.sees("✅ 请假已批准")


async def test_asked_the_morning_after_and_back_with_a_check_in(world, people):
    zhou = people["zhou"]
    await on_leave(world, people)
    await world.at("08:00", on=date(2026, 11, 26))
    await zhou.sees("假期到昨天为止。回村后点下方「📍签到」就销假。")
    await world.at("08:20")
    await zhou.says("签到")
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假 08:20 · 石门村")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.state, leave.halves) == (LeaveState.RETURNED, 3)
    (back,) = await world.rows(LeaveReturn)
    assert back.credited == 0


async def test_early_what_was_not_taken_is_credited_and_the_day_counts(world, people):
    zhou = people["zhou"]
    await on_leave(world, people)
    assert await world.day(zhou, Half.AM, date(2026, 11, 25)) is HalfStatus.LEAVE
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假，提前 1 天，少休的 1 天不计入请假。")
    assert await world.day(zhou, Half.AM, date(2026, 11, 25)) is HalfStatus.ON_DUTY
    (leave,) = await world.rows(LeaveRequest)
    assert leave.halves == 1


async def test_a_check_in_before_it_begins_is_no_return(world, people):
    zhou = people["zhou"]
    await on_leave(world, people)
    await world.at("08:30", on=date(2026, 11, 24))
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已签到 08:30 · 石门村")
    assert await world.day(zhou, Half.PM, date(2026, 11, 24)) is HalfStatus.LEAVE


async def test_overdue_he_is_asked_first_then_those_above_in_turn(world, people):
    zhou, wang, liu, sun = (people[name] for name in ("zhou", "wang", "liu", "sun"))
    await on_leave(world, people)
    await world.at("12:00", on=date(2026, 11, 26))
    await zhou.sees("还没有销假（假期到11月25日）。回村点「📍签到」", buttons=["续假", "说明情况"])
    await wang.sees_nothing()
    await world.at("16:30", on=date(2026, 11, 26))
    await wang.sees("周建国（石门村）假期到11月25日，还没有销假。先打个电话问问；这不算缺岗。")
    await world.at("12:00", on=date(2026, 11, 27))
    await liu.sees("周建国（石门村）假期到11月25日，还没有销假。")
    await zhou.sends_location(km_from_village=0.3)
    await liu.sees("周建国（石门村）已销假。")
    await sun.looks_away()
    await world.at("18:00", on=date(2026, 11, 30))
    await sun.sees_nothing()


async def test_in_words_the_township_confirms(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await on_leave(world, people)
    await world.at("08:20", on=date(2026, 11, 26))
    await zhou.says("销假")
    await zhou.sees("销假：11月24日下午至25日。回村后点下方「📍签到」就销假；不能定位就发「销假 在哪里」。")
    await zhou.says("销假 在村委会")
    await zhou.sees("✅ 已销假 08:20 · 石门村")
    await liu.sees("周建国（石门村）说已回村销假", "在村委会", buttons=["情况属实", "不属实"])
    await liu.presses("不属实")
    await zhou.sees("乡镇核实您还没有回村，销假没有算")
    (leave,) = await world.rows(LeaveRequest)
    assert leave.state is LeaveState.APPROVED


async def test_with_no_leave_there_is_nothing_to_return_from(world, people):
    await people["zhou"].says("销假")
    await people["zhou"].sees("您现在没有要销的假。")


async def test_who_has_not_decided_is_reminded_and_the_level_above_is_told(world, people):
    zhou, liu, sun = people["zhou"], people["liu"], people["sun"]
    await world.at("09:00", on=date(2026, 11, 24))
    await zhou.says("请假 11-30到12-1 孩子看病")
    await zhou.presses("提交")
    await world.at("13:00")
    await liu.sees("🔔 这次请假还等您审批。", buttons=["同意", "不同意", "报县审批", "经请示同意"])
    await world.at("17:00")
    await sun.sees("📝 请假 · 周建国 · 石门村", buttons=["同意", "不同意", "经请示同意"])
    await sun.presses("同意")
    await zhou.sees("✅ 请假已批准（县驻村办 孙丽）")
    await liu.sees("已批准 · 孙丽")


async def test_an_extension_is_a_leave_of_its_own_and_the_ladder_counts_both(world, people):
    zhou, liu, sun = (people[name] for name in ("zhou", "liu", "sun"))
    await on_leave(world, people)
    await world.at("08:00", on=date(2026, 11, 26))
    await zhou.presses("续假")
    await zhou.sees("续到哪天？选日期，或说一个，例如：27日上午。", buttons=["选日期", "取消"])
    await zhou.says("11-27")
    await zhou.sees(
        "请核对：",
        "事假 · 11月26日至27日 · 2 个工作日",
        "孩子看病",
        "审批人：县驻村办 孙丽（超过3天，本县规定）",
        "和前后只隔休息日的请假合起来 3.5 个工作日，按合计看由谁批。",
    )
    await zhou.presses("提交")
    await sun.presses("同意")
    await zhou.sees("✅ 请假已批准（县驻村办 孙丽）：11月26日至27日。11月30日返回后点「销假」。")
    await world.at("18:00", on=date(2026, 11, 26))
    await liu.looks_away()
    await world.at("09:00", on=date(2026, 11, 30))
    await zhou.sees("假期到11月27日为止。")
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假 09:00 · 石门村")
    assert {leave.state for leave in await world.rows(LeaveRequest)} == {LeaveState.RETURNED}


async def test_a_refused_extension_leaves_the_return_due(world, people):
    zhou, sun = people["zhou"], people["sun"]
    await on_leave(world, people)
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.says("请假")
    await zhou.presses("续假")
    await zhou.says("11-27")
    await zhou.presses("提交")
    await sun.presses("不同意")
    await sun.says("请按期返回")
    await zhou.sees("请假没有批准（县驻村办 孙丽）", "理由：请按期返回")
    await world.at("08:00", on=date(2026, 11, 26))
    await zhou.sees("假期到昨天为止。")


async def test_shortened_what_is_not_taken_is_credited(world, people):
    zhou = people["zhou"]
    await on_leave(world, people, "请假 11-24到11-26 孩子看病")
    await zhou.says("请假")
    await zhou.sees(
        "您的请假：", "事假 · 11月24日至26日 · 3 个工作日", buttons=["续假", "缩短", "撤回", "补附件", "再请一次"]
    )
    await zhou.presses("缩短")
    await zhou.says("11-25上午")
    await zhou.sees("已改：请假到11月25日上午为止，少休的 1.5 天不计入请假。")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.to_on, leave.to_half, leave.halves) == (date(2026, 11, 25), Half.AM, 3)
    assert await world.day(zhou, Half.PM, date(2026, 11, 25)) is not HalfStatus.LEAVE
    await world.at("12:00", on=date(2026, 11, 25))
    await zhou.sees("假期到11月25日为止。")


async def test_back_after_a_weekend_whose_month_is_locked(world, people):
    zhou, liu, sun = (people[name] for name in ("zhou", "liu", "sun"))
    await world.at("09:00", on=date(2026, 10, 29))
    await zhou.says("请假 10-31到11-3 孩子看病")
    await zhou.presses("提交")
    await liu.presses("同意")
    await world.at("08:00", on=date(2026, 11, 2))
    await sun.says("月结")
    await sun.presses("锁定10月")
    await sun.sees("🔒 已月结")
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假，提前 2 天，少休的 2 天不计入请假。")
    assert await world.day(zhou, Half.AM, date(2026, 11, 2)) is HalfStatus.ON_DUTY


async def test_back_before_the_extension_begins_it_goes_too(world, people):
    zhou, sun = people["zhou"], people["sun"]
    await on_leave(world, people)
    await zhou.says("请假")
    await zhou.presses("续假")
    await zhou.says("11-27")
    await zhou.presses("提交")
    await sun.presses("同意")
    await zhou.says("请假")
    await zhou.presses("2 续假")
    await zhou.says("11-30")
    await zhou.presses("提交")
    await sun.presses("同意")
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假，提前 4 天，少休的 4 天不计入请假。")
    states = {leave.from_on.day: leave.state for leave in await world.rows(LeaveRequest)}
    assert states == {24: LeaveState.RETURNED, 26: LeaveState.CANCELLED, 30: LeaveState.CANCELLED}
    assert await world.day(zhou, Half.AM, date(2026, 11, 26)) is not HalfStatus.LEAVE
    assert await world.day(zhou, Half.AM, date(2026, 11, 30)) is not HalfStatus.LEAVE


async def test_why_he_is_not_back_is_read_by_whoever_hears_that_he_is_overdue(world, people):
    zhou, wang, liu, sun = (people[name] for name in ("zhou", "wang", "liu", "sun"))
    await on_leave(world, people)
    await world.at("09:00", on=date(2026, 11, 26))
    await wang.looks_away()
    await zhou.sends_location(km_from_village=9)
    await zhou.sees("您离石门村约 9 公里，没有销假（假期到11月25日）。", buttons=["续假", "说明情况"])
    await zhou.presses("说明情况")
    await zhou.sees("为什么还没回来、什么时候能回？一句话：", buttons=["取消"])
    await zhou.says("大雪封路 {车停在县城}，明天上午回")
    await zhou.sees("已告诉柳河镇党委：大雪封路 {车停在县城}，明天上午回", "回村点「📍签到」就销假", buttons=["续假"])
    for one in (wang, liu):
        await one.sees("周建国（石门村）假期到11月25日，还没有销假，已经说明情况；这不算缺岗。", "本人说：大雪封路")
    await world.at("12:00", on=date(2026, 11, 26))
    await zhou.sees("还没有销假", "您说明过：大雪封路")
    await sun.looks_away()
    for hour, day in (("16:30", 26), ("12:00", 27)):
        await world.at(hour, on=date(2026, 11, day))
        await sun.sees_nothing()
    await world.at("16:30", on=date(2026, 11, 27))
    await sun.sees("周建国（石门村）假期到11月25日，还没有销假，已经说明情况", "本人说：大雪封路")
    assert "leave:explain" in await world.audit()
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假")
    await liu.sees("✅ 周建国（石门村）已销假。")


async def test_during_a_leave_a_position_from_elsewhere_owes_nothing(world, people):
    zhou = people["zhou"]
    await on_leave(world, people)
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.sends_location(km_from_village=60)
    await zhou.sees("您离石门村约 60 公里，假期到11月25日，不用签到。回村后再点就销假。")
    (leave,) = await world.rows(LeaveRequest)
    await zhou.presses_data(f"lv:{leave.id}:late:")
    await zhou.says("还在路上")
    await zhou.sees("这次请假没有超期（到11月25日），不用说明（本县规定）。")
    await zhou.presses_data("cancel:0")


async def test_a_level_without_anybody_is_passed_over_and_nobody_hears_twice(world, people):
    wang, liu, sun = (people[name] for name in ("wang", "liu", "sun"))
    await wang.says("请假 11-24到11-25 家里有事")
    await wang.presses("不交接")
    await wang.presses("提交")
    await liu.presses("同意")
    await world.at("12:00", on=date(2026, 11, 26))
    await liu.looks_away()
    await world.at("16:30", on=date(2026, 11, 26))
    await liu.sees("王强（石门村）假期到11月25日，还没有销假。")
    await liu.looks_away()
    await world.at("11:30", on=date(2026, 11, 27))
    await liu.sees_nothing()
    await sun.sees("王强（石门村）假期到11月25日，还没有销假。")


async def test_the_way_back_in_english(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await on_leave(world, people)
    await zhou.says("/language")
    await zhou.presses("English")
    await world.at("08:00", on=date(2026, 11, 26))
    await zhou.sees("Your leave ended yesterday", buttons=["Extend", "Explain"])
    await zhou.says("/return at the village office")
    await zhou.sees("Back from leave 08:00")
    await liu.sees("at the village office", buttons=["情况属实", "不属实"])
    await liu.presses("情况属实")
    await liu.sees("情况属实 · 刘敏")
    (leave,) = await world.rows(LeaveRequest)
    assert leave.state is LeaveState.RETURNED
