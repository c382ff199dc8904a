"""签到: what cadres and the township see."""

from datetime import timedelta

from sqlalchemy import update

from policy.attendance import DayStatus
from policy.calendar import Half
from storage.tables import CheckIn, PersonRole


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


async def test_the_rules_are_those_of_the_countys_own_day(world):
    """Eight hours of each day lie in the day before by UTC: a setting from today holds from midnight all the same."""
    zhou = world.cadre("周建国")
    await world.set("fence_m", 3_000, on=world.now.date())
    await world.at("06:30")
    await zhou.sends_location(km_from_village=2.5)
    await zhou.sees("✅ 已签到 06:30 · 石门村")


async def test_what_comes_after_midnight_counts_by_the_rules_of_its_own_day(world):
    zhou = world.cadre("周建国")
    tomorrow = world.now.date() + timedelta(days=1)
    await world.set("checkin_closes", "21:00", on=tomorrow)
    await world.at("00:05", on=tomorrow)
    await zhou.sends_location(minutes_ago=130)
    await zhou.sees("✅ 已签到 · 石门村，按发出时间 21:55 计（00:05 收到）。")
    assert await world.day(zhou, Half.PM, tomorrow - timedelta(days=1)) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.PM, tomorrow) == DayStatus.NOT_YET


async def test_a_number_that_is_not_kept_is_not_said_again_either(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("在村部，身份证130123198501011234")
    said = await zhou.sees("已签到", "1234")
    assert "130123198501011234" not in said.text


async def test_a_reason_for_yesterday_goes_to_the_officer_of_today(world):
    zhou, liu, ma = world.cadre("周建国"), world.township_officer("刘敏"), world.township_officer("马会")
    await world.settle()
    today = world.now.date()
    async with world.db.write() as session:  # 刘敏 was in office until yesterday, 马会 is from today on
        mine = PersonRole.person_id == liu.person_id
        await session.execute(update(PersonRole).where(mine).values(ends_on=today - timedelta(days=1)))
        theirs = PersonRole.person_id == ma.person_id
        await session.execute(update(PersonRole).where(theirs).values(starts_on=today))
    await world.at("08:05")
    await zhou.sends_location(km_from_village=9, minutes_ago=11 * 60)
    await zhou.presses("说明情况")
    await zhou.says("昨晚在县里送材料")
    await ma.sees("周建国", "昨晚在县里送材料", buttons=["情况属实", "不属实", "看位置"])
    await liu.sees_nothing()


async def test_nobody_is_asked_about_his_own_matter_the_level_above_is(world):
    li = world.cadre("李雪")
    world.township_officer("李雪")
    sun = world.county_staff("孙科长")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("到乡镇开例会")
    await world.advance(minutes=1)
    await sun.sees("李雪", "到乡镇开例会", buttons=["情况属实", "不属实", "看位置"])


async def test_the_sentence_may_stand_behind_the_word(world):
    zhou, zhao, sun = world.cadre("周建国"), world.cadre("赵敏"), world.county_staff("孙科长")
    await zhou.says("签到 在村委会，手机坏了")
    await zhou.sees("✅ 已签到 08:02 · 石门村", "已记：在村委会，手机坏了")
    await zhou.says("✅签到：在村部")
    await zhou.sees("今天 08:02 已签到（石门村），不用再点。")
    await zhao.says("/checkin 在三组入户")
    await zhao.sees("✅ 已签到 08:02", "在三组入户")
    await sun.says("签到 在县里")
    await sun.sees("您不在驻村工作队，不用签到")


async def test_words_of_two_villages_name_one_or_it_is_asked(world):
    zhou = world.cadre("周建国", village="石门村")
    world.cadre("周建国", village="东峪村")
    await zhou.says("签到 在东峪村委会，准备入户")
    await zhou.sees("✅ 已签到 08:02 · 东峪村", "在东峪村委会")
    await world.at("08:00", world.now.date() + timedelta(days=1))
    await zhou.says("签到")
    await zhou.says("在三组入户")
    await zhou.sees("您驻几个村，这次签在哪个村？", buttons=["石门村", "东峪村", "取消"])
    await world.at("09:30")
    await zhou.presses("东峪村")
    await zhou.sees("✅ 已签到 · 东峪村，按发出时间 08:00 计", "已记：在三组入户")
    rows = await world.rows(CheckIn)
    assert [row.village_id for row in rows] == [world.area_id("东峪村")] * 2
    await zhou.says("签到 在三组")
    await zhou.sees("已签到（东峪村），不用再点")
