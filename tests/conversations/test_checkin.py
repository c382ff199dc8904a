"""签到: what cadres and the township see."""

from policy.attendance import DayStatus
from policy.calendar import Half


async def test_one_tap_in_the_village_is_all(world):
    zhou = world.cadre("周建国", village="石门村")
    await zhou.sends_location()
    await zhou.sees("✅ 已签到 08:02 · 石门村")
    assert await world.day(zhou) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.PM) == DayStatus.ON_DUTY


async def test_a_second_tap_says_so_kindly_and_changes_nothing(world):
    zhou = world.cadre("周建国", village="石门村")
    await zhou.sends_location()
    await world.advance(minutes=5)
    before = await world.audit()
    await zhou.sends_location()
    await zhou.sees("今天 08:02 已签到（石门村），不用再点。")
    assert await world.audit() == before


async def test_a_far_check_in_waits_for_the_township(world):
    li = world.cadre("李雪", village="石门村")
    wang = world.township_officer("王主任")
    await li.says("签到")
    await li.sees("点「📍签到」最快")
    await li.sends_location(km_from_village=9)
    await li.sees("您离石门村约 9 公里", "不在驻村范围", "1.5 公里，本县规定", buttons=["公出", "说明情况", "取消"])
    await li.presses("说明情况")
    await li.says("到乡镇开例会")
    await li.sees("已报柳河镇核实", "待核实")
    await world.advance(minutes=1)
    await wang.sees("李雪", "距村 9 公里", "到乡镇开例会", buttons=["情况属实", "不属实", "看位置"])
    assert await world.day(li) == DayStatus.UNVERIFIED
    await wang.presses("情况属实")
    await wang.sees("情况属实 · 王主任 · 11月23日 08:03", buttons=[])
    await li.sees("已核实", "在岗")
    assert await world.day(li) == DayStatus.ON_DUTY
