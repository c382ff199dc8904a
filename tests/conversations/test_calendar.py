"""年历: what is shown, what a county decides itself."""

import re
from datetime import date

from handlers.calendar import HOLIDAYS
from policy.attendance import DayStatus
from storage.calendars import PUBLISHED_THROUGH, national
from storage.tables import Audit, CalendarDay


async def test_the_coming_days_off(world):
    chen = world.county_staff("陈科长")
    await chen.says("年历")
    said = await chen.sees("年历 · 安岭县", "元旦 2027年1月1日至3日休（预计）", buttons=["加休息日", "加工作日"])
    assert len(said.text.splitlines()) <= 6
    assert "2026" not in said.text, "what is over is not shown"


async def test_a_published_year_is_no_forecast(world):
    chen = world.county_staff("陈科长")
    await world.at("09:00", world.now.date().replace(month=9, day=1))
    await chen.says("/year")
    await chen.sees("中秋节 9月25日至27日休", "国庆节 10月1日至7日休", "调休上班：9月20日、10月10日")


async def test_a_day_of_rest_is_added_and_taken_back(world):
    chen, zhou = world.county_staff("陈科长"), world.cadre("周建国")
    await chen.says("年历")
    await chen.presses("加休息日")
    await chen.sees("哪天休息", buttons=["取消"])
    await chen.says("明天")
    await chen.sees("11月24日休息，为什么")
    await chen.says("暴雪停工")
    await chen.sees("已定 · 安岭县：11月24日休息", buttons=["撤回", "看年历"])
    on = world.now.date().replace(day=24)
    assert await world.day(zhou, on=on) is DayStatus.REST
    row = (await world.rows(Audit))[-1]
    assert (row.action, row.after) == (
        "calendar:change", {"on": "2026-11-24", "is_workday": False, "reason": "暴雪停工"},
    )  # fmt: skip
    await chen.presses("看年历")
    await chen.sees("本县另定：11月24日休息（暴雪停工）", buttons=["加休息日", "加工作日", "撤11-24"])
    await chen.presses("撤11-24")
    await chen.sees("已撤回 · 安岭县：11月24日照国家的放假安排")
    assert await world.rows(CalendarDay) == []
    assert await world.day(zhou, on=on) is not DayStatus.REST
    assert (await world.audit())[-1] == "calendar:remove"


async def test_a_day_of_work_is_added(world):
    chen = world.county_staff("陈科长")
    await chen.says("年历")
    await chen.presses("加工作日")
    await chen.says("11月28日")
    await chen.says("防汛补班")
    await chen.sees("已定 · 安岭县：11月28日上班")


async def test_what_cannot_be(world):
    chen = world.county_staff("陈科长")
    await chen.says("年历")
    await chen.presses("加休息日")
    await chen.says("改天")
    await chen.sees("没看懂“改天”是哪一天", buttons=["取消"])
    await chen.says("2026-10-31")
    await chen.sees("10月31日已经是上个月以前", buttons=["取消"])
    await chen.says("2028-01-03")
    await chen.sees("2028年1月3日太远", buttons=["取消"])
    await chen.says("11月28日")
    await chen.sees("11月28日本来就是这样", buttons=["看年历"])
    await chen.says("11月29日")
    await chen.sees("没听明白")
    await chen.presses("看年历")
    await chen.presses("加休息日")
    await chen.says("2027-01-04")
    await chen.sees("2027年1月4日休息，为什么", buttons=["取消"])
    await chen.says("年历")
    await chen.presses("加休息日")
    await chen.says("2026-11-02")
    await chen.sees("11月2日休息，为什么")
    await chen.presses("取消")
    await chen.sees("不办了：改年历，写原因")
    assert await world.rows(CalendarDay) == []


async def test_the_same_day_decided_anew(world):
    chen = world.county_staff("陈科长")
    for add, why in (("加休息日", "暴雪"), ("加工作日", "雪停了")):
        await chen.says("年历")
        await chen.presses(add)
        await chen.says("明天")
        await chen.says(why)
        await chen.sees("已定")
    (day,) = await world.rows(CalendarDay)
    assert (day.is_workday, day.reason) == (True, "雪停了")


async def test_only_county_staff_and_only_their_own_area(world):
    zhou, chen = world.cadre("周建国"), world.county_staff("陈科长")
    other = world.county_staff("邻县老李", county="邻山县")
    await zhou.says("年历")
    await zhou.sees("年历由县驻村办管")
    await chen.says("年历")
    said = await chen.last()
    add = said.buttons()["加休息日"]
    await chen.presses("加休息日")
    await chen.says("明天")
    await chen.says("暴雪")
    undo = (await chen.sees("已定")).buttons()["撤回"]
    await other.says("年历")
    for data in (add, undo, "year:999999:rest"):
        await other.presses_data(data)
        await other.sees("没有找到这一条" if "999999" in data else "不在您的职责范围内")
    assert len(await world.rows(CalendarDay)) == 1


async def test_a_draft_is_offered_again(world):
    chen = world.county_staff("陈科长")
    await chen.says("年历")
    await chen.presses("加休息日")
    await chen.says("明天")
    await chen.says("帮助")
    await chen.says("年历")
    await chen.presses("继续上次的")
    await chen.sees("11月24日休息，为什么")
    await chen.says("暴雪")
    await chen.sees("已定")


async def test_holidays_are_named_in_the_language_being_spoken(world):
    chen = world.county_staff("陈科长")
    await chen.says("/language")
    await chen.presses("English")
    await chen.says("/year")
    said = await chen.sees("New Year's Day 1 Jan 2027 – 3 Jan off (forecast)", "Spring Festival")
    assert re.findall(r"[\u4e00-\u9fff]+", said.text.replace("安岭县", "")) == []
    await world.at("09:00", date(2026, 10, 1))
    await chen.says("/today")
    await chen.sees("National Day")


def test_every_holiday_of_the_library_has_a_name_in_every_language():
    named = {name for year in range(PUBLISHED_THROUGH - 2, 2036) for name in national([year]).holidays.values()}
    assert named == set(HOLIDAYS)
