"""导出: who may have which sheet, what is said, what comes."""

import asyncio
import io
from datetime import date

import pytest
from openpyxl import load_workbook

from documents import attendance
from documents.press import PressClosedError, PressError
from handlers.cards import Card, card
from storage import outbox
from storage.tables import Audit, Lane, Outbox, OutboxState


def sheet(said):
    return load_workbook(io.BytesIO(said.file)).worksheets[0]


async def test_the_township_has_its_month(world):
    zhou = world.cadre("周建国", secretary=True)
    world.cadre("李雪")
    world.cadre("外人", village="南坡村", township="石桥镇")
    wang = world.township_officer("王主任")
    await zhou.sends_location()
    await wang.says("📤导出")
    await wang.sees("导出什么？", buttons=["考勤统计表", "在岗通报", "请假审批表", "取消"])
    await wang.presses("考勤统计表")
    await wang.sees("导出柳河镇的考勤统计表", buttons=["本月", "上月", "9月", "8月", "取消"])
    await wang.presses("本月")
    said = await wang.sees("📄 样例 · 柳河镇 2026年11月考勤统计表", "2 人 · 截至11月23日", "应出勤 31 · 在村 1")
    assert said.file_name == "样例柳河镇2026年11月考勤统计表.xlsx"
    assert len(said.text) <= 1024
    names = [row[3] for row in sheet(said).iter_rows(min_row=5, values_only=True)]
    assert names[:2] == ["周建国", "李雪"]
    assert "外人" not in names
    [audit] = [row for row in await world.rows(Audit) if row.action == "attendance:export"]
    assert (audit.person_id, audit.subject) == (wang.person_id, f"area:{world.area_id('柳河镇')}")
    assert audit.after == {"month": "2026-11"}


async def test_it_is_said_at_once_that_it_is_being_built(world):
    world.cadre("周建国")
    staff = world.county_staff("孙科长")
    await staff.says("/export")
    await staff.presses("考勤统计表")
    asked = await staff.sees("导出安岭县的考勤统计表")
    await staff.presses("上月")
    assert "正在生成安岭县10月考勤统计表" in asked.text
    assert asked.buttons() == {}
    await staff.sees("2026年10月考勤统计表", "1 人 · 截至10月31日", "应出勤 18 · 在村 0")


async def test_pressed_twice_it_comes_once(world):
    world.cadre("周建国")
    staff = world.county_staff("孙科长")
    await staff.says("导出")
    await staff.presses("考勤统计表")
    card = await staff.last()
    data = card.buttons()["本月"]
    await staff.presses_data(data, card)
    await staff.presses_data(data, card)
    assert len([row for row in await world.rows(Outbox) if row.kind == "attendance"]) == 1
    assert (await world.audit()).count("attendance:export") == 1


async def test_somebody_with_several_areas_is_asked(world):
    world.cadre("周建国")
    both = world.township_officer("王主任")
    world.county_staff("王主任")
    await both.says("导出")
    await both.presses("考勤统计表")
    await both.sees("导出哪里的考勤统计表", buttons=["柳河镇", "安岭县", "取消"])
    await both.presses("柳河镇")
    await both.sees("导出柳河镇的考勤统计表", buttons=["本月", "上月", "9月", "8月", "取消"])
    await both.presses("取消")
    await both.sees("好的，没有导出", buttons=[])
    assert [row for row in await world.rows(Outbox) if row.kind == "attendance"] == []


async def test_others_have_none(world):
    zhou = world.cadre("周建国", secretary=True)
    world.township_officer("王主任")
    outside = world.township_officer("外镇干部", "石桥镇")
    leader, liaison = world.county_leader("钱县长"), world.unit_liaison("郑联络员")
    await world.settle()
    here = world.area_id("柳河镇")
    await leader.says("导出")
    await leader.sees("不在您的职责范围内")
    for person in (zhou, leader, liaison, outside):
        await person.says("导出")
        for data in (f"exportm:sheet:{here}:2026-11:", f"export:sheet:{here}"):
            await person.presses_data(data)
            await person.sees("不在您的职责范围内")
    for person in (leader, outside):
        for data in (f"exportm:forms:{here}:2026-11:pdf", f"export:forms:{here}"):
            await person.presses_data(data)
            await person.sees("不在您的职责范围内")
    await leader.presses_data("exportw:forms")
    await leader.sees("不在您的职责范围内")
    assert not {"attendance:export", "leave:export"} & set(await world.audit())


@pytest.mark.parametrize("month", ["2026-13", "x", "2027-01", "0000-01", "1999-01"])
async def test_forged_months(world, month):
    staff = world.county_staff("孙科长")
    await staff.says("导出")
    here = world.area_id("安岭县")
    for data in (f"exportm:sheet:{here}:{month}:", f"exportm:forms:{here}:{month}:pdf"):
        await staff.presses_data(data)
        await staff.sees("没有找到这一条")


async def test_forged_choices(world):
    staff = world.county_staff("孙科长")
    await staff.says("导出")
    here = world.area_id("安岭县")
    for data in (
        "exportw:nothing",
        f"export:nothing:{here}",
        "export:sheet:99999999",
        f"exportm:nothing:{here}:2026-11:",
        "exportm:sheet:99999999:2026-11:",
        f"exportm:forms:{here}:2026-11:exe",
    ):
        await staff.presses_data(data)
        await staff.sees("没有找到这一条")


async def test_an_area_without_anybody(world):
    wang = world.township_officer("王主任")
    await wang.says("导出")
    await wang.presses("考勤统计表")
    await wang.presses("本月")
    await wang.sees("这个月没有驻村工作队员，表是空的")


async def test_the_sheet_is_as_things_stand_when_it_is_built_and_months_end(world):
    zhou = world.cadre("周建国")
    staff = world.county_staff("孙科长")
    await zhou.sends_location()
    await world.at("09:00", date(2026, 12, 1))
    await staff.says("导出")
    await staff.presses("考勤统计表")
    await staff.presses("上月")
    await staff.sees("1 人 · 截至11月30日", "应出勤 21 · 在村 1 · 公出 0 · 请假 0 · 待核实 20（人天）")


class _Paper:
    """A document that is done when told so, and a word that comes after it."""

    may_go_on: asyncio.Event
    word_said: asyncio.Event


@card("test_paper", slow=True)
async def paper(*_args):
    await _Paper.may_go_on.wait()
    return Card("the paper")


@card("test_word")
async def word(*_args):
    _Paper.word_said.set()
    return Card("a word")


async def test_nothing_waits_behind_a_sheet(world):
    _Paper.may_go_on, _Paper.word_said = asyncio.Event(), asyncio.Event()
    zhou, staff = world.cadre("周建国"), world.county_staff("孙科长")
    await world.settle()
    async with world.db.write() as session:
        await outbox.put(session, "test_paper", to=staff.person_id, key="p", lane=Lane.URGENT, now=world.clock())
        await outbox.put(session, "test_word", to=zhou.person_id, key="w", now=world.clock())
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(world.delivery.run(stop))
        await _Paper.word_said.wait()
        assert not world.api.messages.get(staff.chat_id)
        stop.set()
        _Paper.may_go_on.set()
    assert [row.state for row in await world.rows(Outbox)] == [OutboxState.SENT, OutboxState.SENT]


async def test_stopped_while_a_sheet_is_built_it_comes_after_the_next_start(world, monkeypatch):
    async def closed(*_args):
        raise PressClosedError

    world.cadre("周建国")
    staff = world.county_staff("孙科长")
    await world.settle()
    async with world.db.write() as session:
        payload = {"area_id": world.area_id("安岭县"), "month": "2026-11-01"}
        await outbox.put(session, "attendance", to=staff.person_id, key="p", payload=payload, now=world.clock())
    monkeypatch.setattr("handlers.papers.press.build", closed)
    await world.delivery.run_once()
    assert [row.state for row in await world.rows(Outbox)] == [OutboxState.WAITING]
    monkeypatch.undo()
    await world.advance(minutes=3)  # on PostgreSQL another process could still be at it
    await world.delivery.start()
    await staff.sees("2026年11月考勤统计表")


async def test_a_sheet_that_could_not_be_built_is_said_so(world, monkeypatch):
    async def fails(*_args):
        raise PressError("the process of documents died twice") from MemoryError()

    staff = world.county_staff("孙科长")
    await staff.says("导出")
    await staff.presses("考勤统计表")
    monkeypatch.setattr("handlers.papers.press.build", fails)
    await staff.presses("本月")
    await staff.sees("考勤统计表没有做成", "过一会儿再要一次")
    assert attendance.build is not None
