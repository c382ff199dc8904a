"""交接: while a first secretary is on leave, what goes to him by his office reaches who stands in for him."""

from datetime import date

import pytest

from policy.attendance import HalfStatus
from tests import figures

TUESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 26)


@pytest.fixture
async def people(world):
    """王强 is on leave on the 24th and 25th; 赵敏 stands in for him."""
    found = {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }
    wang, liu = found["wang"], found["liu"]
    await wang.says("请假 11-24到11-25 家里有事")
    await wang.presses("赵敏")
    await wang.presses("提交")
    await liu.presses("同意")
    await world.at("09:00", on=TUESDAY)
    for one in found.values():
        await one.looks_away()
    return found


async def test_corrections_objections_and_outings_reach_him(world, people):
    zhou, zhao = people["zhou"], people["zhao"]
    await zhou.says("补签 昨天上午 忘了")
    await zhou.sees("等赵敏或柳河镇审批，有结果马上告诉您。")
    await zhao.sees("✋ 补签 · 周建国", buttons=["同意", "不同意"])
    await zhao.presses("同意")
    await zhou.sees("✅ 补签已同意（赵敏）")
    await zhou.says("临时外出 去镇卫生院 11点回")
    await zhou.sees("已告诉赵敏，不用请假。")
    await zhao.sees("周建国临时外出")
    await people["liu"].says("代签 周建国 手机坏了")
    await zhao.looks_away()
    await zhou.presses("不对，我不在村")
    await zhao.sees("周建国说11月24日不在村，已改为待核实（石门村）。")


async def test_the_teams_day_is_his_to_say(world, people):
    zhou, zhao = people["zhou"], people["zhao"]
    await zhao.says("今天二人在岗")
    await zhao.sees("石门村 2 人今天在岗")
    assert await world.day(zhou) is HalfStatus.ON_DUTY


async def test_figures_and_notices_for_first_secretaries_reach_him(world, people):
    zhao, zhou, sun = people["zhao"], people["zhou"], people["sun"]
    await figures.ask(sun)
    await zhao.sees("报数")
    await zhou.sees_nothing()
    await sun.says("通知")
    await sun.presses("第一书记")
    await sun.says("明天开视频会")
    await sun.presses("发送")
    await zhao.sees("明天开视频会")
    await zhou.sees_nothing()


async def test_back_again_it_is_the_first_secretarys(world, people):
    wang, zhao, zhou = people["wang"], people["zhao"], people["zhou"]
    await world.at("08:30", on=THURSDAY)
    await wang.sends_location(km_from_village=0.3)
    await wang.sees("✅ 已销假")
    await zhao.looks_away()
    await zhou.says("补签 昨天 忘了")
    await zhou.sees("等王强或柳河镇审批")
    await zhao.sees_nothing()
    await zhao.says("今天三人在岗")
    await zhao.sees("第一书记")
