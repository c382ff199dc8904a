"""今日在岗: what those who answer for an area see, and what nobody sees."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from documents import board as paper
from documents.press import PressError
from handlers.cards import is_slow
from policy.attendance import DayStatus
from storage import board
from storage.ids import new_id
from storage.tables import Area, CalendarDay, Outbox, PersonRole

SILENT = ("赵敏", "王强")


async def team(world):
    """石门村: 周建国 checked in, 赵敏 and 王强 silent; 东峪村: 李雪 on a trip-like explanation that waits."""
    people = {
        "王强": world.cadre("王强", village="石门村", secretary=True),
        "周建国": world.cadre("周建国", village="石门村"),
        "赵敏": world.cadre("赵敏", village="石门村"),
        "李雪": world.cadre("李雪", village="东峪村"),
    }
    await people["周建国"].sends_location()
    await people["周建国"].sees("已签到")
    return people


async def explains(world, actor):
    await actor.sends_location(km_from_village=9)
    await actor.presses("说明情况")
    await actor.says("在隔壁村取种子，中午回")
    await actor.sees("暂记待核实")


async def test_the_county_sees_totals_at_once_and_refreshes_in_place(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("📋今日在岗")
    said = await sun.sees(
        "今日在岗 · 安岭县（样例） · 11月23日 08:02",
        "应在 4 · 在村 1 · 公出 0 · 请假 0 · 暂未签到 3",
        buttons=["按乡镇", "图片", "导出表", "刷新"],
    )
    assert said.text.count("\n") < 6
    await sun.presses("刷新")
    toast = await sun.sees("和刚才一样")
    assert toast.toast
    await world.advance(minutes=7)
    await sun.presses("刷新")
    assert (await sun.sees("和刚才一样")).toast, "a later time alone is nothing new"
    await people["李雪"].sends_location(village="东峪村")
    await sun.presses("刷新")
    again = await sun.sees("08:09", "应在 4 · 在村 2 · 公出 0 · 请假 0 · 暂未签到 2")
    assert again.message_id == said.message_id


async def test_the_slash_command_does_the_same(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("/today")
    await sun.sees("今日在岗", "应在 4")


async def test_a_silent_day_is_a_number_only(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await explains(world, people["李雪"])
    await sun.says("今日在岗")
    said = await sun.sees("应在 4 · 在村 1 · 公出 0 · 请假 0 · 暂未签到 2 · 待核实 1", "待处理 1：李雪（东峪村，说明）")
    seen = [said.text]
    await sun.presses("按乡镇")
    seen.append((await sun.sees("柳河镇  应在 4 · 在村 1 · 暂未签到 2 · 待核实 1")).text)
    await sun.presses("柳河镇")
    seen.append((await sun.sees("石门村  应在 3 · 在村 1 · 暂未签到 2", "东峪村  应在 1 · 在村 0 · 待核实 1")).text)
    await sun.presses("石门村")
    seen.append((await sun.sees("应在 3", "在村：周建国 08:02", buttons=["返回", "刷新"])).text)
    assert not [name for name in SILENT for text in seen if name in text]
    await sun.presses("返回")
    await sun.sees("石门村  应在 3")
    await sun.presses("返回")
    await sun.sees("柳河镇  应在 4")
    await sun.presses("返回")
    await sun.sees("应在 4", buttons=["按乡镇", "图片", "导出表", "刷新"])


async def test_what_is_decided_leaves_the_board(world):
    people = await team(world)
    liu = world.township_officer("刘敏")
    await explains(world, people["李雪"])
    await liu.says("今日在岗")
    await liu.sees("柳河镇", "待处理 1：李雪", buttons=["按村", "图片", "导出表", "刷新"])
    await liu.presses("情况属实")
    await liu.says("今日在岗")
    said = await liu.sees("在村 2")
    assert "待处理" not in said.text


async def test_yesterday_s_open_days_are_a_number_of_the_last_working_day(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.sees("11月20日待核实 4")  # Monday: Friday is the working day before, and nobody had checked in
    await world.at("14:00")
    await people["李雪"].sends_location(village="东峪村")  # the afternoon only
    await world.at("09:00", on=date(2026, 11, 24))
    await sun.says("今日在岗")
    said = await sun.sees("11月24日 09:00", "在村 0", "暂未签到 4", "昨天待核实 3")
    assert not [name for name in (*SILENT, "李雪") if name in said.text]
    assert await world.day(people["李雪"], on=date(2026, 11, 23)) == DayStatus.UNVERIFIED


async def test_the_half_of_the_day_that_is_now_counts(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await world.at("12:30")
    await people["李雪"].sends_location(village="东峪村")
    await sun.says("今日在岗")
    await sun.sees("12:30", "应在 4 · 在村 2 · 公出 0 · 请假 0 · 暂未签到 2")


async def test_where_check_in_is_required_the_silent_are_named(world):
    await team(world)
    await world.set("checkin_mode", "required")
    await world.set("required_basis", "县防汛指挥部 2026 年第 3 号")
    await world.set("required_from", "2026-11-23")
    await world.set("required_to", "2026-11-30")
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    said = await sun.sees("暂未签到：", "赵敏（石门村）", "王强（石门村）", "李雪（东峪村）")
    assert "周建国" not in said.text
    assert "没有记录" not in said.text, "Friday was not required"
    await world.set("checkin_mode", "voluntary", area="柳河镇")
    await sun.says("今日在岗")
    assert "赵敏" not in (await sun.sees("暂未签到 3")).text, "a township of its own mind"


async def test_all_the_named_are_paged(world):
    cadres = [world.cadre(f"干部{n}", village=f"样例{n:02d}村") for n in range(20)]
    await world.settle()
    for cadre in cadres:
        await explains(world, cadre)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    said = await sun.sees("待处理 20：干部0（样例00村，说明）", "等 20 人次")
    assert "干部7" not in said.text
    await sun.presses("名单")
    await sun.sees("样例00村 · 干部0 · 今天全天说明", buttons=["下一页", "返回", "刷新"])
    await sun.presses("下一页")
    await sun.sees("样例19村 · 干部19", buttons=["上一页", "返回", "刷新"])
    await sun.presses("返回")
    await sun.sees("待处理 20")


async def test_a_township_of_many_villages_is_turned_page_by_page(world):
    for n in range(19):
        world.cadre(f"干部{n}", village=f"样例{n:02d}村")
    liu = world.township_officer("刘敏")
    await liu.says("今日在岗")
    await liu.presses("按村")
    first = await liu.sees("样例00村", "样例07村")
    assert "样例08村" not in first.text
    assert [label for label in first.buttons() if label.startswith("样例")] == [f"样例{n:02d}村" for n in range(8)]
    await liu.presses("下一页")
    await liu.presses("下一页")
    last = await liu.sees("样例18村")
    assert "下一页" not in last.buttons()
    await liu.presses("样例18村")
    await liu.presses("返回")
    await liu.sees("样例16村", "样例18村")


async def test_a_rest_day_says_so_and_counts_who_works(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await world.at("09:00", on=date(2026, 11, 22))
    await people["李雪"].sends_location(village="东峪村")
    await sun.says("今日在岗")
    said = await sun.sees("今天休息日，不用签到。", "在村 1 · 公出 0 · 休息 3")
    assert "应在" not in said.text
    assert "暂未签到" not in said.text


async def test_a_township_s_own_rest_day_is_none_of_the_county_s_due(world):
    await team(world)
    world.cadre("潘建军", village="石桥村", township="石桥镇")
    sun = world.county_staff("孙丽")
    await world.settle()
    async with world.db.write() as session:
        row = CalendarDay(
            id=new_id(session), area_id=world.area_id("石桥镇"), on=date(2026, 11, 23), is_workday=False, reason="test"
        )
        session.add(row)
    await sun.says("今日在岗")
    await sun.sees("应在 4 · 在村 1 · 公出 0 · 请假 0 · 暂未签到 3 · 休息 1")
    await sun.presses("按乡镇")
    await sun.sees("石桥镇  在村 0")


async def test_a_person_with_two_villages_is_counted_once_where_his_day_lies(world):
    zhou = world.cadre("周建国", village="石门村")
    world.cadre("周建国", village="东峪村")
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.sees("应在 1 · 在村 0 · 公出 0 · 请假 0 · 暂未签到 1")
    await sun.presses("按乡镇")
    await sun.presses("柳河镇")
    await sun.sees("石门村  应在 1 · 在村 0 · 暂未签到 1", "东峪村  应在 0 · 在村 0")
    await zhou.sends_location(village="东峪村")
    await sun.presses("刷新")
    await sun.sees("石门村  应在 0 · 在村 0", "东峪村  应在 1 · 在村 1")
    await sun.presses("石门村")
    await sun.sees("周建国 08:02（东峪村）")


async def test_who_has_left_is_not_counted(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await world.settle()
    async with world.db.write() as session:
        role = (
            await session.scalars(select(PersonRole).where(PersonRole.person_id == people["周建国"].person_id))
        ).one()
        role.ends_on = date(2026, 11, 22)
    await sun.says("今日在岗")
    await sun.sees("应在 3 · 在村 0", "11月20日待核实 4")


async def test_trips_and_outings_are_told_in_the_village(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await people["赵敏"].says("公出 到镇里开例会")
    await people["周建国"].says("临时外出 去镇卫生院 11点回")
    await sun.says("今日在岗")
    await sun.sees("在村 1 · 公出 1 · 请假 0 · 暂未签到 2")
    await sun.presses("按乡镇")
    await sun.presses("柳河镇")
    await sun.presses("石门村")
    await sun.sees("公出：赵敏", "赵敏 · 公出：11月23日全天，到镇里开例会", "周建国 · 临时外出：去镇卫生院，11:00 回")


async def test_a_province_goes_down_city_county_township_and_names_nobody(world):
    people = await team(world)
    await explains(world, people["李雪"])
    zheng = world.admin("郑凯")
    await zheng.says("今日在岗")
    said = await zheng.sees("样例省", "应在 4", buttons=["按市", "图片", "导出表", "刷新"])
    assert "李雪" not in said.text, "names stay within a county"
    for area in ("按市", "样例市", "安岭县", "柳河镇"):
        await zheng.presses(area)
    await zheng.sees("石门村  应在 3")


async def test_two_townships_are_asked_for_and_a_county_swallows_its_township(world):
    await team(world)
    liu = world.township_officer("刘敏")
    world.township_officer("刘敏", township="石桥镇")
    await liu.says("今日在岗")
    await liu.sees("看哪里的今日在岗？", buttons=["柳河镇", "石桥镇"])
    await liu.presses("柳河镇")
    await liu.sees("今日在岗 · 柳河镇", "应在 4")
    sun = world.county_staff("孙丽")
    world.township_officer("孙丽")
    await sun.says("今日在岗")
    await sun.sees("今日在岗 · 安岭县")


async def test_a_leader_reads_and_exports_nothing(world):
    await team(world)
    chen = world.county_leader("陈志远")
    await chen.says("今日在岗")
    await chen.sees("应在 4", buttons=["按乡镇", "图片", "刷新"])
    await chen.presses_data(f"boardout:{world.area_id('安岭县')}:sheet")
    assert (await chen.sees("不在您的职责范围内")).toast


async def test_a_first_secretary_sees_his_own_village_and_no_other(world):
    people = await team(world)
    wang = people["王强"]
    await wang.says("今日在岗")
    said = await wang.sees("今日在岗 · 石门村", "应在 3 · 在村 1", "在村：周建国 08:02", buttons=["刷新"])
    assert "赵敏" not in said.text
    for name in ("东峪村", "柳河镇", "安岭县"):
        await wang.presses_data(f"board:{world.area_id(name)}:sum:0:0")
        assert (await wang.sees("没有找到")).toast


@pytest.mark.parametrize("kind", ["cadre", "unit_liaison"])
async def test_others_are_refused_kindly(world, kind):
    await team(world)
    other = getattr(world, kind)("田野")
    await other.says("今日在岗")
    await other.sees("由乡镇和县里查看", "三（一）", buttons=[])
    await other.presses_data(f"board:{world.area_id('安岭县')}:sum:0:0")
    assert (await other.sees("没有找到")).toast


async def test_a_township_does_not_see_its_neighbour_nor_the_county(world):
    await team(world)
    xu = world.township_officer("许文静", township="白杨乡")
    await xu.says("今日在岗")
    await xu.sees("今日在岗 · 白杨乡", "应在 0")
    for data in (
        f"board:{world.area_id('柳河镇')}:by:0:0",
        f"board:{world.area_id('石门村')}:sum:0:1",
        f"board:{world.area_id('安岭县')}:names:3:0",
        "board:999999:sum:0:0",
        f"boardout:{world.area_id('柳河镇')}:picture",
    ):
        await xu.presses_data(data)
        assert (await xu.sees("没有找到")).toast
    assert not await world.rows(Outbox)


async def test_forged_pages_and_views_show_what_there_is(world):
    await team(world)
    sun = world.county_staff("孙丽")
    county = world.area_id("安岭县")
    await sun.says("今日在岗")
    await sun.presses_data(f"board:{county}:by:99:0")
    await sun.sees("柳河镇  应在 4")
    await sun.presses_data(f"board:{county}:nonsense:0:0")
    await sun.sees("应在 4", buttons=["按乡镇", "图片", "导出表", "刷新"])
    await sun.presses_data(f"board:{county}:by:-5:0")
    await sun.sees("柳河镇  应在 4")
    await sun.presses_data(f"board:{county}:names:0:0")
    await sun.sees("应在 4", buttons=["按乡镇", "图片", "导出表", "刷新"])


async def test_the_picture_comes_once_for_one_minute_as_things_stand(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.presses("图片")
    said = await sun.sees("今日在岗 · 安岭县（样例）", "应在 4 · 在村 1")
    assert said.is_photo
    assert said.file.startswith(b"\x89PNG")
    assert said.file_name == "今日在岗-安岭县-20261123-0802.png"
    await sun.presses("图片")
    assert (await sun.sees("图片马上发到这里")).toast
    assert len(await world.rows(Outbox)) == 1


async def test_a_county_of_hundreds_fits_one_message(world):
    names = [(f"样例{n:02d}乡", f"样例{n:02d}村") for n in range(30)]
    for township, village in names:
        world.cadre("欧阳" + township, village=village, township=township)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.sees("应在 30")
    await sun.presses("按乡镇")
    said = await sun.sees("样例00乡", "样例07乡")
    assert len(said.text) < 4096
    assert "样例08乡" not in said.text


async def test_the_export_asks_for_the_month_beside_the_board(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.presses("导出表")
    await sun.sees("导出安岭县的考勤统计表")
    await sun.presses("刷新")
    assert (await sun.sees("和刚才一样")).toast, "the board is still there"


async def test_an_empty_county_says_so(world):
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.sees("应在 0 · 在村 0", buttons=["图片", "导出表", "刷新"])


async def test_a_picture_that_can_t_be_drawn_says_so_in_words(world, monkeypatch):
    async def fails(_board):
        raise PressError("died")

    monkeypatch.setattr(paper, "picture", fails)
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("今日在岗")
    await sun.presses("图片")
    said = await sun.sees("图片没有做成", "应在 4 · 在村 1")
    assert said.file is None


async def test_the_system_sees_a_day_that_is_over_whole(world):
    people = await team(world)
    await world.at("09:00", on=date(2026, 11, 24))
    async with world.db.read() as session:
        area = await session.get_one(Area, world.area_id("安岭县"))
        made = await board.board(session, world.viewer_system(), area, world.clock(), date(2026, 11, 23))
    assert people
    assert (made.half, made.tally.due, made.tally.on_duty, made.tally.unverified) == (None, 4, 1, 3)
    assert made.before_on == date(2026, 11, 23) - timedelta(days=3)


def test_a_picture_lets_nothing_wait_behind_it():
    """The press makes one document at a time: a picture may stand in line behind a county's month."""
    assert is_slow("board_picture")
