"""One message of what waits: township officers at six in the evening, county staff at eight in the morning."""

from datetime import date

import pytest

from storage.tables import Outbox

TUESDAY, NEXT_MONDAY = date(2026, 11, 24), date(2026, 11, 30)


@pytest.fixture
def world(world):
    world.clock_runs = True
    return world


async def explains(actor):
    await actor.sends_location(km_from_village=9, village=actor.village)
    await actor.presses("说明情况")
    await actor.says("在镇里取种子")


async def asks(actor):
    await actor.says("补签")
    await actor.presses("昨天全天")
    await actor.presses("忘记了")


async def three_cases(world):
    """Tuesday: 李雪 and 孙丽 explain, 赵敏 asks for Monday."""
    people = [world.cadre("李雪"), world.cadre("孙丽", village="东峪村"), world.cadre("赵敏")]
    wang, staff = world.township_officer("王主任"), world.county_staff("钱科长")
    await world.at("08:30", TUESDAY)
    await explains(people[0])
    await explains(people[1])
    await asks(people[2])
    await wang.looks_away()
    await staff.looks_away()
    return people, wang, staff


async def test_the_township_s_evening_is_one_card(world):
    people, wang, _staff = await three_cases(world)
    await world.at("17:59", TUESDAY)
    await wang.sees_nothing()
    await world.at("18:00", TUESDAY)
    await wang.sees("今天待您处理 3 件：核实 2 · 补签 1。", buttons=["逐件处理"])
    assert len(wang._fresh()) == 1
    await wang.presses("逐件处理")
    await wang.sees("📌 待您处理 3 件：核实 2 · 补签 1", "1. 核实 · 李雪（石门村） · 今天 08:30", "3. 补签 · 赵敏")
    await wang.presses("逐件处理")
    await wang.sees("待核实 · 李雪", buttons=["情况属实", "不属实", "看位置", "先跳过"])
    await wang.presses("情况属实")
    await wang.sees("待核实 · 李雪", "情况属实 · 王主任", buttons=["下一件"])
    await people[0].sees("的说明已核实")
    await wang.presses("下一件")
    await wang.sees("待核实 · 孙丽")
    await wang.presses("先跳过")
    await wang.sees("✋ 补签 · 赵敏 · 石门村", buttons=["同意", "不同意", "先跳过"])
    await wang.presses("同意")
    await world.at("18:00", date(2026, 11, 25))
    await wang.sees("今天待您处理 1 件：核实 1。")


async def test_a_case_decided_on_one_card_is_decided_on_all(world):
    _people, wang, _staff = await three_cases(world)
    first = next(said for said in wang._messages() if "李雪" in said.text)
    await world.at("18:00", TUESDAY)
    await wang.says("待办")
    await wang.presses("逐件处理")
    again = await wang.sees("待核实 · 李雪")
    untrue = again.buttons()["不属实"]
    await wang.presses_data(first.buttons()["情况属实"], first)
    for card, left in ((first, {}), (again, {"下一件"})):
        assert "情况属实 · 王主任" in card.text
        assert set(card.buttons()) == set(left)
    await wang.presses_data(untrue, again)
    assert (await wang.sees("已经有人处理过了")).toast


async def test_pressed_twice_it_comes_once_and_decided_there_is_nothing_left(world):
    _people, wang, _staff = await three_cases(world)
    await world.at("18:00", TUESDAY)
    digest = (await wang.last()).buttons()["逐件处理"]
    await wang.presses_data(digest)
    listed = await wang.last()
    before = len(await world.rows(Outbox))
    await wang.presses_data(listed.buttons()["逐件处理"], listed)
    await wang.presses_data(listed.buttons()["逐件处理"], listed)
    assert len(await world.rows(Outbox)) == before + 1
    for label in ("同意", "情况属实", "情况属实"):
        await wang.presses(label)
    await wang.presses_data(digest)
    await wang.sees("现在没有要您办的")
    await wang.presses_data(listed.buttons()["逐件处理"], listed)
    assert (await wang.sees("都办完了")).toast


async def test_nothing_owed_no_message(world):
    world.cadre("李雪")
    wang, staff = world.township_officer("王主任"), world.county_staff("钱科长")
    await world.at("20:00", NEXT_MONDAY)
    await wang.sees_nothing()
    await staff.sees_nothing()
    assert await world.rows(Outbox) == []


async def test_decided_before_the_card_is_out_nothing_is_said(world):
    _people, wang, _staff = await three_cases(world)
    await world.set("quiet_from", "17:00")
    await world.at("18:30", TUESDAY)
    await wang.sees_nothing()
    for label in ("同意", "情况属实", "情况属实"):
        await wang.presses(label)
    await wang.looks_away()
    await world.at("09:00", date(2026, 11, 25))
    await wang.sees_nothing()


async def test_the_county_s_morning_holds_the_whole_county(world):
    _people, _wang, staff = await three_cases(world)
    world.cadre("潘建军", village="石桥村", township="石桥镇")
    await world.at("08:00", date(2026, 11, 25))
    await staff.sees("今天：待处理 3 件（核实 2 · 补签 1）。", buttons=["逐件处理"])
    assert len(staff._fresh()) == 1
    await staff.presses("逐件处理")
    await staff.presses("核实 2")
    await staff.sees(
        "1. 核实 · 李雪（石门村） · 11月24日，等了 1 天", buttons=["逐件处理", "全部同意", "看全部", "补签 1"]
    )
    await staff.presses("逐件处理")
    await staff.sees("待核实 · 李雪", buttons=["情况属实", "不属实", "看位置", "先跳过"])
    await staff.presses("情况属实")
    await staff.sees("情况属实 · 钱科长")


async def test_silence_counts_only_where_check_in_is_required(world):
    world.cadre("李雪")
    world.cadre("孙丽", village="石桥村", township="石桥镇")
    staff, other = world.county_staff("钱科长"), world.township_officer("王主任")
    await world.at("09:00", TUESDAY)
    await staff.sees_nothing()  # voluntary: a silent day is nobody's business
    for key, value in (
        ("checkin_mode", "required"),
        ("required_basis", "县防汛指挥部 2026 年第 3 号"),
        ("required_from", "2026-11-24"),
        ("required_to", "2026-11-30"),
        ("checkin_reminder_at", None),
    ):
        await world.set(key, value, area="柳河镇")
    await world.at("08:00", date(2026, 11, 25))
    await staff.sees("今天：昨天待核实 1 人。", buttons=["今日在岗"])
    await staff.presses("今日在岗")
    await staff.sees("上一工作日没有记录：李雪（石门村）")
    await other.sees_nothing()


async def test_on_rest_days_there_is_none_and_monday_has_one(world):
    _people, wang, staff = await three_cases(world)
    await world.at("20:00", date(2026, 11, 27))
    for actor in (wang, staff):
        await actor.looks_away()
    await world.at("20:00", date(2026, 11, 29))
    await wang.sees_nothing()
    await staff.sees_nothing()
    await world.at("08:00", NEXT_MONDAY)
    await staff.sees("今天：待处理 3 件")
    await wang.sees_nothing()


async def test_nobody_counts_his_own_and_nobody_another_township_s(world):
    zhou = world.cadre("周建国")
    world.township_officer("周建国")
    xu = world.township_officer("许文静", township="白杨乡")
    await world.at("08:30", TUESDAY)
    await asks(zhou)
    await zhou.looks_away()
    await world.at("20:00", TUESDAY)
    await zhou.sees_nothing()
    await xu.sees_nothing()
    await xu.says("待办")
    await xu.sees("现在没有要您办的")


async def test_an_officer_of_two_townships_has_one_card(world):
    li, east = world.cadre("李雪"), world.cadre("孙丽", village="石桥村", township="石桥镇")
    wang = world.township_officer("王主任")
    world.township_officer("王主任", township="石桥镇")
    await world.set("township_digest_at", "17:00", area="石桥镇")
    await world.at("08:30", TUESDAY)
    await explains(li)
    await explains(east)
    await wang.looks_away()
    await world.at("20:00", TUESDAY)
    assert [said.text for said in wang._fresh()] == ["今天待您处理 2 件：核实 2。"]


async def test_times_of_their_own_and_switched_off(world):
    _people, wang, staff = await three_cases(world)
    await world.set("township_digest_at", "16:30")
    await world.set("county_digest_at", None)
    await world.at("16:30", TUESDAY)
    await wang.sees("今天待您处理 3 件")
    await world.at("12:00", date(2026, 11, 25))
    await staff.sees_nothing()


async def test_in_english(world):
    _people, wang, staff = await three_cases(world)
    for actor in (wang, staff):
        await actor.says("语言")
        await actor.presses("English")
        await actor.looks_away()
    await world.at("18:00", TUESDAY)
    said = await wang.sees("3")
    assert not [sign for sign in said.text if "\u4e00" <= sign <= "\u9fff"]
    await world.at("08:00", date(2026, 11, 25))
    said = await staff.sees("3")
    assert not [sign for sign in said.text if "\u4e00" <= sign <= "\u9fff"]
