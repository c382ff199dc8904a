"""请假 in an unusual order: two press at once, a day is asked for twice, plans change and change back."""

from datetime import date

import pytest

from bot.intake import arrival
from policy.attendance import HalfStatus
from policy.calendar import Half
from storage.tables import LeaveDecision, LeaveRequest, LeaveState, OfficialTrip


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "liu": world.township_officer("刘敏"),
        "chen": world.township_officer("陈涛"),
        "sun": world.county_staff("孙丽"),
    }


async def asked(people, line="请假 11-24到11-25 孩子看病"):
    await people["zhou"].says(line)
    await people["zhou"].presses("提交")


async def in_one_batch(world, monkeypatch, *presses):
    """What several people press comes in at once."""
    updates = []

    async def keep(update):
        updates.append(update)

    with monkeypatch.context() as patch:
        patch.setattr(world, "feed", keep)
        for who, label in presses:
            await who.presses(label)
    await world.intake.store([arrival({"update_id": next(world.numbers), **update}) for update in updates])
    await world.settle()


@pytest.mark.parametrize("first, second", [("liu", "chen"), ("chen", "liu")])
async def test_two_officers_press_at_once_and_one_decision_stands(world, people, monkeypatch, first, second):
    one, other = people[first], people[second]
    await asked(people)
    await in_one_batch(world, monkeypatch, (one, "同意"), (other, "报县审批"))
    await one.sees("已同意。")
    await other.sees(f"这件事已由{one.name}处理过了，没有改动。")
    card = await other.sees("📝 请假 · 周建国", f"已批准 · {one.name}", buttons=["审批表"])
    assert card.edits
    await people["zhou"].sees(f"✅ 请假已批准（柳河镇党委 {one.name}）")
    (decision,) = await world.rows(LeaveDecision)
    assert (decision.is_approved, decision.by_id) == (True, one.person_id)


async def test_a_trip_is_not_reported_over_a_leave(world, people):
    zhou, wang, liu = people["zhou"], people["wang"], people["liu"]
    await asked(people)
    await zhou.says("公出 11-25 到县里开会")
    await zhou.sees("这几天和已有的请假重叠（11月24日到11月25日），没有记下（本县规定）。", "先撤回、缩短那次请假")
    await liu.presses("同意")
    await world.at("08:30", on=date(2026, 11, 24))
    await wang.says("公出 全队 到镇里开例会")
    await wang.sees("已记公出", "周建国那时已有公出或请假，没有重复记。")
    assert [trip.person_id for trip in await world.rows(OfficialTrip)] == [wang.person_id]


async def test_what_begins_at_noon_is_withdrawn_in_the_morning(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await asked(people, "请假 11-24下午到11-25 孩子看病")
    await liu.presses("同意")
    await world.at("09:00", on=date(2026, 11, 24))
    await zhou.presses("撤回")
    await zhou.sees("已取消", "这几天照常驻村")
    assert await world.day(zhou, Half.PM, date(2026, 11, 24)) is HalfStatus.NOT_YET


async def test_back_before_any_of_it_was_taken_the_days_are_free_again(world, people):
    zhou, liu, wang = people["zhou"], people["liu"], people["wang"]
    await asked(people)
    await liu.presses("同意")
    await world.at("08:10", on=date(2026, 11, 24))
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假，提前 2 天")
    await zhou.says("请假 11-25 去银行")
    await zhou.sees("请核对：", "审批人：第一书记 王强")
    await zhou.presses("提交")
    await wang.sees("📝 请假 · 周建国", "今年已请 0 天")


async def test_a_return_that_is_not_so_leaves_alone_what_was_asked_for_since(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await asked(people, "请假 11-24到11-26 孩子看病")
    await liu.presses("同意")
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.says("销假 在村委会")
    await zhou.says("请假 11-26到11-27上午 去银行")
    await zhou.presses("提交")
    await liu.presses("不属实")
    first, second = await world.rows(LeaveRequest)
    assert (first.state, first.to_on, first.to_half, first.halves) == (
        LeaveState.APPROVED, date(2026, 11, 25), Half.PM, 4,
    )  # fmt: skip
    assert second.state is LeaveState.WAITING
    assert await world.day(zhou, Half.AM, date(2026, 11, 26)) is not HalfStatus.LEAVE


async def test_shortened_before_its_extension_he_is_asked_back_and_the_extension_stays(world, people):
    zhou, liu, sun = people["zhou"], people["liu"], people["sun"]
    await asked(people)
    await liu.presses("同意")
    await zhou.says("请假")
    await zhou.presses("续假")
    await zhou.says("11-27")
    await zhou.presses("提交")
    await sun.presses("同意")
    await zhou.says("请假")
    await zhou.presses("1 缩短")
    await zhou.says("11-24")
    await world.at("08:00", on=date(2026, 11, 25))
    await zhou.sees("假期到昨天为止。")
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假")
    states = {leave.from_on.day: leave.state for leave in await world.rows(LeaveRequest)}
    assert states == {24: LeaveState.RETURNED, 26: LeaveState.APPROVED}


async def test_the_township_in_place_of_a_vacant_first_secretary_passes_up_to_the_county(world):
    zhou, liu = world.cadre("周建国", village="石门村"), world.township_officer("刘敏")
    await zhou.says("请假 明天上午 去银行")
    await zhou.presses("提交")
    await liu.presses("报县审批")
    await liu.sees("上面没有可以报的了，没有改动（本县规定）。")
    assert await world.rows(LeaveDecision) == []
    sun = world.county_staff("孙丽")
    await liu.presses("报县审批")
    await sun.sees("📝 请假 · 周建国", "已报上级 · 刘敏", buttons=["同意", "不同意", "经请示同意"])


async def test_in_order_the_township_that_speaks_first_passes_up_not_down(world, people):
    await world.set("leave_in_order", True)
    zhou, wang, liu, sun = (people[name] for name in ("zhou", "wang", "liu", "sun"))
    await asked(people)
    await wang.sees("📝 请假 · 周建国")
    (leave,) = await world.rows(LeaveRequest)
    await liu.says("待办")
    await liu.presses_data(f"lv:{leave.id}:up:")
    await liu.sees("已报上级。")
    await sun.presses("同意")
    await zhou.sees("✅ 请假已批准（县驻村办 孙丽）")


async def test_agreed_to_after_he_has_checked_in_the_half_day_he_was_there_stays_his(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await asked(people)
    await world.at("08:10", on=date(2026, 11, 24))
    await zhou.sends_location(km_from_village=0.3)
    await world.at("10:00", on=date(2026, 11, 24))
    await liu.presses("同意")
    await zhou.sees("已批准 · 刘敏", "1.5 个工作日")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.state, leave.halves) == (LeaveState.APPROVED, 3)
    days = [await world.day(zhou, half, date(2026, 11, 24)) for half in Half]
    assert days == [HalfStatus.ON_DUTY, HalfStatus.LEAVE]
    await world.at("08:00", on=date(2026, 11, 25))
    await zhou.sends_location(km_from_village=0.3)
    await zhou.sees("✅ 已销假，提前 1 天")
    assert [await world.day(zhou, half, date(2026, 11, 24)) for half in Half] == days
