"""What comes by itself: the morning's reminder to check in, and the month that is to be settled."""

from datetime import date, timedelta

import pytest

from policy.calendar import Half
from storage import days
from storage.delivery import PAST_LIMIT
from storage.ids import new_id
from storage.tables import Area, CalendarDay, Facts, Outbox, OutboxState, Tick

TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)


@pytest.fixture
def world(world):
    world.clock_runs = True
    return world


async def flood(world, area="安岭县"):
    """Check-in is required from the 23rd to the 30th, on the flood office's word."""
    for key, value in (
        ("checkin_mode", "required"),
        ("required_basis", "县防汛指挥部 2026 年第 3 号"),
        ("required_from", "2026-11-23"),
        ("required_to", "2026-11-30"),
    ):
        await world.set(key, value, area=area)


async def knows(world, actor, known, halves=tuple(Half), on=date(2026, 11, 23)):
    """Something is known of a day, as if an action had recorded it."""
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id(actor.village))
        await days.change(session, actor.person_id, village, on, halves, add=known)


async def test_only_who_still_owes_it_is_reminded_and_in_one_line(world):
    li, zhao, zhou = world.cadre("李雪"), world.cadre("赵敏"), world.cadre("周建国", secretary=True)
    others = [world.cadre(f"干部{n}") for n in range(4)]
    wang = world.township_officer("王主任")
    await flood(world)
    await zhao.sends_location()
    await zhou.says("公出 到镇里开例会")
    for actor, known in zip(others, (Facts.LEAVE, Facts.CORRECTED, Facts.PENDING, Facts.TRIP), strict=True):
        await knows(world, actor, known)
    for actor in (zhao, zhou, wang):
        await actor.looks_away()
    await world.at("08:59")
    await li.sees_nothing()
    await world.at("09:00")
    said = await li.sees("今天还没有签到，22:00 以前点下方的「📍签到」就行。", buttons=[])
    assert "\n" not in said.text
    for actor in (zhao, zhou, *others, wang):
        await actor.sees_nothing()
    await li.sends_location()
    await li.sees("已签到 09:00")
    await li.looks_away()
    await world.at("21:00")
    await li.sees_nothing()
    [row] = [row for row in await world.rows(Outbox) if row.kind == "checkin_reminder"]
    assert row.natural_key == f"checkin_reminder:2026-11-23:to:{li.person_id}"


async def test_words_for_who_keeps_his_position_to_himself_and_in_english(world):
    li, zhao = world.cadre("李雪"), world.cadre("赵敏")
    await flood(world)
    await li.says("不用定位")
    await zhao.says("语言")
    await zhao.presses("English")
    await li.looks_away()
    await zhao.looks_away()
    await world.at("09:00")
    await li.sees("点下方的「✅签到」说一句就行")
    await zhao.sees("not checked in", "22:00")


async def test_every_working_day_of_the_period_and_five_a_week_at_most(world):
    li = world.cadre("李雪")
    await world.at("08:00", date(2026, 11, 20))
    await flood(world)
    async with world.db.write() as session:  # the 28th is worked in exchange
        session.add(
            CalendarDay(
                id=new_id(session), area_id=world.area_id("安岭县"), on=SATURDAY, is_workday=True, reason="调休"
            )
        )
    seen = []
    for day in range(14):
        on = date(2026, 11, 20) + timedelta(days=day)
        await world.at("23:00", on)
        if li._fresh():
            seen.append(on.day)
        await li.looks_away()
    assert seen == [23, 24, 25, 26, 27, 30], "the 29th rests, the 1st is out of the period"
    [held] = [row for row in await world.rows(Outbox) if row.state is not OutboxState.SENT]
    assert held.natural_key.startswith("checkin_reminder:2026-11-28:")
    assert (held.state, held.held) == (OutboxState.DROPPED, False)
    assert held.error == PAST_LIMIT, "the week's sixth, of no use the next morning; nobody has to guess why"


async def test_past_the_weeks_number_a_reminder_due_by_the_morning_is_a_line_of_its_card(world):
    li = world.cadre("李雪")
    await world.at("08:00", date(2026, 11, 20))
    await flood(world)
    await world.set("checkin_reminder_at", "07:30")
    await world.set("unsolicited_per_week", 2)
    seen = []
    for day in (23, 24, 25, 26):
        await li.looks_away()
        await world.at("12:00", date(2026, 11, day))
        seen += [(said.text.splitlines()[0], [*said.buttons()]) for said in li._fresh()]
    assert [text == "今天 1 件事：" for text, _buttons in seen] == [False, False, True, True]
    assert {row.state for row in await world.rows(Outbox) if row.kind == "checkin_reminder"} == {
        OutboxState.SENT,
        OutboxState.MERGED,
    }


async def test_nobody_is_reminded_where_it_is_voluntary_or_off_or_switched_off(world):
    li = world.cadre("李雪")
    east = world.cadre("孙丽", village="石桥村", township="石桥镇")
    await world.at("12:00")
    await li.sees_nothing()
    await flood(world)
    await world.set("checkin_reminder_at", None)
    await world.set("checkin_mode", "off", area="石桥镇")
    await world.at("12:00", TUESDAY)
    await li.sees_nothing()
    await east.sees_nothing()
    assert await world.rows(Outbox) == []


async def test_a_county_s_own_time_and_one_before_check_ins_are_taken(world):
    li, east = world.cadre("李雪"), world.cadre("孙丽", village="石桥村", township="石桥镇")
    await flood(world)
    await world.set("checkin_reminder_at", "13:30", area="石桥镇")
    await world.set("checkin_opens", "10:00", area="柳河镇")
    await world.at("09:30")
    await li.sees_nothing()
    await world.at("10:00")
    await li.sees("今天还没有签到")
    await east.sends_location(village="石桥村")
    await east.looks_away()
    await world.at("14:00")
    await east.sees_nothing()
    await world.at("14:00", TUESDAY)
    await east.sees("今天还没有签到")


async def test_signed_in_while_the_reminder_was_on_its_way(world):
    """What is told holds when it is told: a row that waits is looked at again."""
    li = world.cadre("李雪")
    await flood(world)
    await world.at("08:30")
    await world.set("quiet_to", "10:00")
    await world.at("09:30")
    await li.sees_nothing()  # quiet hours: it waits for ten
    await li.sends_location()
    await li.looks_away()
    await world.at("10:30")
    await li.sees_nothing()
    [row] = await world.rows(Outbox)
    assert (row.state, row.error) == (OutboxState.DROPPED, "no longer holds")


async def test_the_window_has_closed_before_it_could_be_told(world):
    li = world.cadre("李雪")
    await flood(world)
    await world.set("checkin_reminder_at", "20:30")
    await world.at("12:00", TUESDAY)
    await li.sees_nothing()
    [row] = await world.rows(Outbox)
    assert (row.state, row.error) == (OutboxState.DROPPED, "expired")


async def test_the_mode_was_taken_back_meanwhile(world):
    li = world.cadre("李雪")
    await flood(world)
    await world.set("quiet_to", "10:00")
    await world.at("09:30")
    await world.set("checkin_mode", "voluntary", on=date(2026, 1, 2))
    await world.at("11:00")
    await li.sees_nothing()


async def test_who_has_two_villages_is_reminded_once(world):
    zhou = world.cadre("周建国", village="石门村")
    world.cadre("周建国", village="石桥村", township="石桥镇")
    await flood(world)
    await world.set("checkin_reminder_at", "10:00", area="石桥镇")
    await world.at("09:00")
    await zhou.sees("今天还没有签到")
    await zhou.looks_away()
    await world.at("11:00")
    await zhou.sees_nothing()


async def month_of_october(world):
    """October in two villages: 李雪's is whole but for the 12th, which waits; 孙丽 never said a word."""
    li, east = world.cadre("李雪"), world.cadre("孙丽", village="石桥村", township="石桥镇")
    staff = world.county_staff("钱科长")
    await world.at("08:00", date(2026, 11, 1))
    for key in ("township_digest_at", "county_digest_at", "checkin_reminder_at"):
        await world.set(key, None)
    for day in range(1, 32):
        for actor in (li, east):
            await knows(world, actor, Facts.CORRECTED, on=date(2026, 10, day))
    return li, east, staff


async def test_the_month_is_asked_for_three_times_as_long_as_something_is_open(world):
    li, _east, staff = await month_of_october(world)
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        await days.change(session, li.person_id, village, date(2026, 10, 12), [Half.PM], drop=Facts.CORRECTED)
    seen = {}
    for day in range(1, 13):
        await world.at("12:00", date(2026, 11, day))
        if fresh := staff._fresh():
            seen[day] = fresh[-1]
        await staff.looks_away()
    assert list(seen) == [2, 5, 9]
    assert seen[2].text == "📅 10月考勤还没有核对完，11月10日前要定下来（《意见》三（二））。\n有待核实半天的 1 人"
    assert list(seen[2].buttons()) == ["导出表", "月结"]
    await staff.presses("导出表")
    await staff.sees("导出安岭县的考勤统计表")


async def test_open_matters_stand_by_township_and_are_sent_one_by_one(world):
    li, east, staff = await month_of_october(world)
    for actor, village, day in ((li, "石门村", 29), (li, "石门村", 30), (east, "石桥村", 30)):
        await world.at("08:30", date(2026, 10, day))
        await actor.sends_location(village=village, km_from_village=9)
        await actor.presses("说明情况")
        await actor.says("在镇里取种子")
    await staff.looks_away()
    await world.at("08:59", date(2026, 11, 2))
    await staff.looks_away()
    await world.at("09:00", date(2026, 11, 2))
    await staff.sees(
        "10月考勤还没有核对完", "还有 3 件没定：柳河镇 2 · 石桥镇 1", buttons=["逐件处理", "导出表", "月结"]
    )
    await staff.presses("逐件处理")
    await staff.presses("逐件处理")
    await staff.sees("待核实 · 李雪 · 石门村 · 10月29日", buttons=["情况属实", "不属实", "看位置", "先跳过"])


async def test_a_month_that_is_settled_is_not_asked_for(world):
    _li, _east, staff = await month_of_october(world)
    await world.at("12:00", date(2026, 11, 11))
    await staff.sees_nothing()
    assert {row.job for row in await world.rows(Tick)} >= {"lock_reminder"}


async def test_settled_between_two_reminders_it_is_asked_for_no_more(world):
    li, _east, staff = await month_of_october(world)
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        await days.change(session, li.person_id, village, date(2026, 10, 12), [Half.AM], drop=Facts.CORRECTED)
    await world.at("12:00", date(2026, 11, 2))
    await staff.sees("有待核实半天的 1 人")
    await staff.looks_away()
    await knows(world, li, Facts.CORRECTED, on=date(2026, 10, 12))
    await world.at("12:00", date(2026, 11, 12))
    await staff.sees_nothing()


async def test_locked_from_its_card_it_is_asked_for_no_more(world):
    li, _east, staff = await month_of_october(world)
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        await days.change(session, li.person_id, village, date(2026, 10, 12), [Half.PM], drop=Facts.CORRECTED)
    await world.at("12:00", date(2026, 11, 2))
    await staff.presses("月结")
    await staff.sees("📅 10月月结", "有待核实半天的 1 人")
    await staff.presses("锁定10月")
    await staff.sees("🔒 已月结：钱科长 11月2日 12:00。")
    await staff.looks_away()
    await world.at("12:00", date(2026, 11, 12))
    await staff.sees_nothing()


async def test_a_county_that_began_this_month_has_no_month_before(world):
    li, staff = world.cadre("李雪"), world.county_staff("钱科长")
    await world.at("08:00", date(2026, 11, 1))
    await world.set("records_from", "2026-11-01")
    await world.at("12:00", date(2026, 11, 10))
    await staff.sees_nothing()
    await li.says("补签")
    assert "10月" not in (await li.last()).text


async def test_the_lock_reminder_is_switched_off(world):
    world.cadre("李雪")
    staff = world.county_staff("钱科长")
    await world.set("lock_reminder_at", None)
    await world.at("08:00", date(2026, 11, 1))
    await world.at("12:00", date(2026, 11, 12))
    await staff.sees_nothing()
