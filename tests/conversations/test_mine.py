"""我的: one's month at a glance."""

import unicodedata
from datetime import date

import pytest
from sqlalchemy import select

from policy.authority import Role
from policy.calendar import Half
from storage.days import change
from storage.ids import new_id
from storage.tables import Area, CalendarDay, Facts, Person, PersonRole

TUESDAY = date(2026, 11, 24)


async def note(world, person, on, am, pm=None):
    """What is known of a day, as if it had been recorded then."""
    await world.settle()
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id(person.village))
        await change(session, person.person_id, village, on, [Half.AM], add=am)
        await change(session, person.person_id, village, on, [Half.PM], add=am if pm is None else pm)


async def starts(world, person, on, ends_on=None):
    """The role begins (and ends) on a day."""
    await world.settle()
    async with world.db.write() as session:
        role = (await session.scalars(select(PersonRole).where(PersonRole.person_id == person.person_id))).one()
        role.starts_on, role.ends_on = on, ends_on


def calendar(said):
    """The lines of the calendar: what lies between the title and the totals."""
    lines = said.text.split("\n")
    return lines[1 : next(n for n, line in enumerate(lines) if "个工作日" in line or "还没有到岗" in line)]


async def test_the_month_at_a_glance(world):
    zhou = world.cadre("周建国")
    for day in (*range(2, 7), *range(9, 14), 16, 17):
        await note(world, zhou, date(2026, 11, day), Facts.CHECKED_IN)
    await note(world, zhou, date(2026, 11, 18), Facts.TRIP)
    await note(world, zhou, date(2026, 11, 19), Facts.CHECKED_IN, Facts.TRIP)
    await note(world, zhou, date(2026, 11, 20), Facts.LEAVE)
    await note(world, zhou, date(2026, 11, 23), Facts.NONE, Facts.CHECKED_IN)
    await world.at("08:02", TUESDAY)
    await zhou.says("👤我的")
    said = await zhou.sees(
        "👤 11月 · 周建国",
        "本月至今 17 个工作日：在村 13 · 公出 1.5 · 请假 1 · 待核实 0.5 · 暂未签到 1",
        "昨天上午待核实。",
        "本月还可补签 3 次",
        buttons=["补签", "记公出", "上月", "下月", "驻村证明", "全年汇总"],
    )
    assert calendar(said) == [
        "　　　一　二　三　四　五　六　日",
        "０１　　　　　　　　　　　　　休",
        "０２　在　在　在　在　在　休　休",
        "０９　在　在　在　在　在　休　休",
        "１６　在　在　公在公　假　休　休",
        "２３待在　今　・　・　・　休　休",
        "３０　・",
    ]


async def test_every_sign_of_the_calendar_is_as_wide_as_a_chinese_one(world):
    zhou = world.cadre("周建国")
    await zhou.says("/me")
    for line in calendar(await zhou.last()):
        assert {unicodedata.east_asian_width(sign) for sign in line} <= {"W", "F"}, line
        assert len(line) <= 16, "wider than a phone"


async def test_a_check_in_shows_at_once(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location()
    await zhou.says("我的")
    said = await zhou.sees("在村 1 · 公出 0 · 请假 0 · 待核实 15")
    assert calendar(said)[-2] == "２３　在　・　・　・　・　休　休"


async def test_the_first_month_of_a_role(world):
    zhou = world.cadre("周建国")
    await starts(world, zhou, date(2026, 11, 19))
    await zhou.says("我的")
    said = await zhou.sees("本月至今 3 个工作日：", buttons=["记公出", "下月", "驻村证明", "全年汇总"])
    assert calendar(said)[1:5] == ["０１", "０２", "０９", "１６　　　　　　　待　待　休　休"]


async def test_months_before_and_after_with_holidays_and_make_up_workdays(world):
    zhou = world.cadre("周建国")
    await zhou.says("我的")
    await zhou.presses("上月")
    said = await zhou.sees(
        "👤 10月 · 周建国", "18 个工作日：", "待核实 18", buttons=["上月", "下月", "驻村证明", "全年汇总"]
    )
    assert calendar(said)[1:3] == ["０１　　　　　　　休　休　休　休", "０５　休　休　休　待　待　待　休"]
    await zhou.presses("上月")
    said = await zhou.sees("👤 9月")
    assert calendar(said)[3].endswith("休　待"), "Sunday 20 September 2026 is worked"
    for _month in range(3):
        await zhou.presses("下月")
    said = await zhou.sees("👤 12月 · 周建国", "23 个工作日。")
    assert calendar(said)[1] == "０１　　　・　・　・　・　休　休"


async def test_a_year_not_yet_published_is_a_forecast(world):
    zhou = world.cadre("周建国")
    await zhou.says("我的")
    await zhou.presses("下月")
    assert "预计" not in (await zhou.last()).text
    await zhou.presses("下月")
    await zhou.sees("👤 2027年1月 · 周建国", "休息日为预计")


async def test_the_countys_own_calendar_wins(world):
    zhou = world.cadre("周建国")
    await world.settle()
    async with world.db.write() as session:
        county = world.area_id("安岭县")
        session.add(
            CalendarDay(id=new_id(session), area_id=county, on=date(2026, 11, 23), is_workday=False, reason="县庆")
        )
    await zhou.says("我的")
    said = await zhou.sees("本月至今 15 个工作日")
    assert calendar(said)[5].startswith("２３　休")
    await zhou.sends_location()
    await zhou.says("我的")
    said = await zhou.sees("在村 1 ", "其中休息日 1 天")
    assert calendar(said)[5].startswith("２３　在")


async def test_what_waits_for_somebody_is_said(world):
    zhou = world.cadre("周建国")
    world.township_officer("王主任")
    await world.at("08:02", TUESDAY)
    await zhou.says("我的")
    await zhou.presses("补签")
    await zhou.sees("补签哪一段")
    await zhou.presses("昨天下午")
    await zhou.presses("忘记了")
    await zhou.says("我的")
    await zhou.sees("昨天上午待核实。", "昨天下午的补签等审批。", "本月还可补签 2 次")


async def test_a_role_that_has_ended_no_longer_counts_but_its_days_do(world):
    zhou = world.cadre("周建国")
    await note(world, zhou, date(2026, 11, 9), Facts.CHECKED_IN)
    await starts(world, zhou, date(2026, 1, 1), date(2026, 11, 11))
    async with world.db.write() as session:
        await session.flush()
        village = world.area_id("石门村")
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=zhou.person_id,
                role=Role.TEAM_MEMBER,
                area_id=village,
                starts_on=date(2026, 11, 20),
            )
        )
    await zhou.says("我的")
    said = await zhou.sees("本月至今 10 个工作日：在村 1 · 公出 0 · 请假 0 · 待核实 8 · 暂未签到 1")
    assert calendar(said)[3] == "０９　在　待　待"


async def test_a_trip_is_reported_from_here(world):
    zhou = world.cadre("周建国")
    await zhou.says("我的")
    await zhou.presses("记公出")
    await zhou.sees("去哪里、办什么事")
    await zhou.says("到镇里开例会")
    await zhou.says("我的")
    said = await zhou.sees("在村 0 · 公出 1 · 请假 0 · 待核实 15")
    assert calendar(said)[5].startswith("２３　公")


async def test_staff_see_who_they_are_to_the_bot(world):
    staff = world.county_staff("孙科长")
    await staff.says("我的")
    await staff.sees("👤 孙科长", "安岭县县级工作人员", "语言：中文", "2026年11月23日绑定", buttons=[])


async def test_somebody_whose_roles_have_all_ended(world):
    zhou = world.cadre("周建国")
    await starts(world, zhou, date(2026, 1, 1), date(2026, 10, 31))
    await zhou.says("我的")
    await zhou.sees("👤 周建国", "现在没有登记的职务", buttons=[])


async def test_where_check_in_is_off_nothing_is_open(world):
    zhou = world.cadre("周建国")
    await world.set("checkin_mode", "off")
    await world.at("08:02", TUESDAY)
    await zhou.says("我的")
    said = await zhou.sees("👤 11月 · 周建国", buttons=["记公出", "上月", "下月", "驻村证明", "全年汇总"])
    assert "补签" not in said.text


@pytest.mark.parametrize("month", ["2026-13", "9999-12", "0000-01", "x", "2030-01"])
async def test_forged_months_show_this_one(world, month):
    zhou = world.cadre("周建国")
    await zhou.says("我的")
    await zhou.presses("上月")
    await zhou.presses_data(f"month:{month}")
    await zhou.sees("👤 11月 · 周建国")


async def test_names_are_escaped(world):
    zhou = world.cadre("<i>周")
    await zhou.says("我的")
    await zhou.sees("👤 11月 · <i>周")


async def test_the_english_calendar_aligns_too_with_narrow_signs(world):
    zhou = world.cadre("周建国")
    await world.settle()
    async with world.db.write() as session:
        (await session.get_one(Person, zhou.person_id)).language = "en"
    await zhou.says("/me")
    said = await zhou.sees("周建国")
    header, *weeks = said.text.split("\n")[1:8]
    assert "\u3000" not in said.text
    assert len(header) == 2 + 7 * 2, "one sign for each day of the week"
    assert [len(week) for week in weeks] == [16, 16, 16, 16, 16, 4], "one sign for each half-day"
    assert [week[:2] for week in weeks] == ["01", "02", "09", "16", "23", "30"]
