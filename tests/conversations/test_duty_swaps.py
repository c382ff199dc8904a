"""换班: asked of another of the team, agreed by him, and seen in the list; withdrawn, refused, over."""

from datetime import date

import pytest

from storage.tables import Day, DutyPeriod, DutySwap, Facts, SwapState


@pytest.fixture
async def people(world):
    """国庆节值班 of 石门村: 王强, 周建国, 赵敏 in turn from 1 October."""
    found = {
        "wang": world.cadre("王强", secretary=True),
        "zhou": world.cadre("周建国"),
        "zhao": world.cadre("赵敏"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }
    await world.at("09:00", on=date(2026, 9, 21))
    await found["sun"].says("值班")
    await found["sun"].presses("国庆节")
    await found["sun"].presses("定下")
    await found["wang"].presses("轮流排满")
    return found


async def asked(zhou):
    """周建国's 2 October for 赵敏's 3 October."""
    await zhou.says("换班")
    await zhou.presses("10-2")
    await zhou.presses("赵敏")
    await zhou.presses("10-3")


async def test_both_days_change_once_the_other_agrees(world, people):
    wang, zhou, zhao, liu = (people[name] for name in ("wang", "zhou", "zhao", "liu"))
    await zhou.says("值班")
    await zhou.presses("换班")
    await zhou.sees("🔁 换班：您的哪天要换？", buttons=["10-2", "10-5", "不换了"])
    await zhou.presses("10-2")
    await zhou.sees("您的10月2日（五），和谁换？", buttons=["王强", "赵敏", "不换了"])
    await zhou.presses("赵敏")
    await zhou.sees("您的10月2日（五），换赵敏的哪天？", buttons=["10-3", "10-6", "替我值", "不换了"])
    await zhou.presses("10-3")
    await zhou.sees(
        "🔁 已问赵敏，同意了就换。", "国庆节值班：周建国的10月2日（五），换赵敏的10月3日（六）", buttons=["撤回"]
    )
    await zhao.sees("🔁 换班，请您定", "周建国的10月2日（五），换赵敏的10月3日（六）", buttons=["同意", "不同意"])
    await liu.looks_away()
    await wang.looks_away()
    swap = (await world.rows(DutySwap))[0]
    await wang.presses_data(f"dutysw:{swap.id}:yes")
    await wang.sees("不在您的职责范围内")
    await asked(zhou)
    await zhou.sees("10月2日已经在等别人同意换班，没有再提。")
    await zhao.presses("同意")
    await zhao.sees("🔁 ✅ 已换班")
    await zhou.sees("🔁 ✅ 已换班", "周建国的10月2日（五），换赵敏的10月3日（六）")
    await wang.sees("10月2日（五） 赵敏", "10月3日（六） 周建国")
    await liu.sees_nothing()
    rows = {(row.person_id, row.on.day): bool(row.am & Facts.DUTY) for row in await world.rows(Day)}
    assert rows[zhou.person_id, 3]
    assert rows[zhao.person_id, 2]
    assert not rows[zhou.person_id, 2]
    assert not rows[zhao.person_id, 3]
    await zhao.presses_data(f"dutysw:{swap.id}:no")
    await zhao.sees("已经有人处理过了")
    tags = [tag for tag in await world.audit() if tag.startswith("duty:swap")]
    assert tags == ["duty:swap", "duty:swap_answer"]


async def test_declined_withdrawn_and_taken_over(world, people):
    zhou, zhao, wang = (people[name] for name in ("zhou", "zhao", "wang"))
    await asked(zhou)
    await zhao.presses("不同意")
    await zhou.sees("🔁 没有同意，照原来的值")
    await asked(zhou)
    await zhou.presses("撤回")
    await zhou.sees("🔁 已撤回，照原来的值")
    await zhao.sees("🔁 已撤回，照原来的值")
    await zhou.says("换班")
    await zhou.presses("10-5")
    await zhou.presses("王强")
    await zhou.presses("替我值")
    await wang.sees("🔁 换班，请您定", "国庆节值班：周建国的10月5日（一）由王强值")
    await wang.presses("同意")
    await zhou.says("值班")
    await zhou.sees("10月5日（一） 王强")
    assert [row.state for row in await world.rows(DutySwap)] == [
        SwapState.DECLINED,
        SwapState.WITHDRAWN,
        SwapState.AGREED,
    ]


async def test_refused_where_leave_stands_the_list_has_changed_or_the_day_has_come(world, people):
    wang, zhou, zhao = (people[name] for name in ("wang", "zhou", "zhao"))
    await asked(zhou)
    await zhao.says("请假 9-30到10-2 看病 回石家庄")
    await zhao.presses("提交")
    await wang.presses("同意")
    swap = (await world.rows(DutySwap))[0]
    await zhao.presses_data(f"dutysw:{swap.id}:yes")
    await zhao.sees("赵敏10月2日请假，不能排值班")
    await zhou.presses_data(f"dutysw:{swap.id}:off")
    await zhou.sees("已撤回，照原来的值")
    await zhou.says("换班")
    await zhou.presses("10-5")
    await zhou.presses("赵敏")
    await zhou.presses("10-6")
    period, village = (await world.rows(DutyPeriod))[0], world.area_id("石门村")
    await wang.presses_data(f"dutyf:{period.id}:{village}:put:4:{wang.person_id}")
    second = (await world.rows(DutySwap))[1]
    await zhao.presses_data(f"dutysw:{second.id}:yes")
    await zhao.sees("值班表在这以后改过，没有换。")
    await wang.says("换班")
    await wang.presses("10-7")
    await wang.presses("周建国")
    await wang.presses("10-2")
    await world.at("09:00", on=date(2026, 10, 2))
    third = (await world.rows(DutySwap))[2]
    await zhou.presses_data(f"dutysw:{third.id}:yes")
    await zhou.sees("那天已经到了，不能再换")
    await world.at("09:00", on=date(2026, 10, 8))
    await zhou.says("换班")
    await zhou.sees("您没有以后的值班，不用换。")
