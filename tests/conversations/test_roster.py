"""名册 in chat: the workbook is sent, the differences are shown, nothing is written before 确认导入."""

import asyncio
import io
import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot.fetcher import Fetcher
from documents.roster_template import write_export
from policy.authority import Viewer
from storage.roster import exported
from storage.tables import Audit, Inbox, Outbox, OutboxState, Person, PersonRole
from tests.botapi import ApiError
from tests.world import CHANNEL

PEOPLE = {"姓名": 1, "手机": 2, "政治面貌": 3, "派出单位": 4, "角色": 5, "结束日期": 8}


@pytest.fixture
def incoming(world, tmp_path):
    """Where files come in."""
    folder = tmp_path / "incoming"
    world.delivery.errands.fetcher = Fetcher(world.db, world.bot, CHANNEL, folder, world.clock, lambda: None)
    return folder


@pytest.fixture
async def office(world, incoming):
    """石门村's whole team, and county staff who write to the bot."""
    world.cadre("王强", secretary=True)
    world.cadre("周建国")
    world.cadre("赵敏")
    staff = world.county_staff("孙丽")
    await world.settle()
    return staff


async def workbook(world, tmp_path, change=lambda _people: None):
    """The roster as it is, with changes in 人员."""
    path = tmp_path / "out.xlsx"
    async with world.db.read() as session:
        found = await exported(session, Viewer.system("/"))
    write_export(path, found, [], ZoneInfo("Asia/Shanghai"))
    book = load_workbook(path)
    change(book["人员"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def row_of(people, name):
    return next(row[0].row for row in people.iter_rows(min_row=2) if row[0].value == name)


def sets(name, column, value):
    def change(people):
        people.cell(row_of(people, name), PEOPLE[column]).value = value

    return change


def swaps(people):
    row = row_of(people, "王强")
    values = [cell.value for cell in people[row]]
    people.cell(row, PEOPLE["结束日期"]).value = "2026-11-22"
    people.append(["马国栋", "13700000009", *values[2:6], "2026-11-23", None])


async def person(world, name):
    async with world.db.read() as session:
        return (await session.scalars(select(Person).where(Person.name == name))).one_or_none()


async def test_the_differences_are_shown_and_written_only_when_confirmed(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    await office.says("🗂名册")
    await office.sees("把名册（xlsx）发到这里", "您确认了才改", buttons=["空白名册", "导出名册"])
    await office.sends_document(content, "安岭县名册.xlsx")
    await office.sees("收到，正在读表")
    said = await office.sees(
        "还没有改", "变更 人员 1", "变更 人员 石门村 周建国：手机", "137****0001", buttons=["确认导入", "取消"]
    )
    assert len(said.text.splitlines()) <= 6
    assert (await person(world, "周建国")).phone != "13700000001"
    await office.presses("确认导入")
    await office.sees("已导入 11月23日 08:02", "变更 人员 1", buttons=[])
    assert (await person(world, "周建国")).phone == "13700000001"
    [audit] = [row for row in await world.rows(Audit) if row.action == "roster:person:change"]
    assert (audit.person_id, audit.role, audit.inbox_id is not None) == (office.person_id, "county_staff", True)


async def test_the_same_roster_changes_nothing(world, office, tmp_path):
    await office.sends_document(await workbook(world, tmp_path), "名册.XLSX")
    await office.sees("和现有名册一样，没有要改的。", buttons=[])


async def test_an_old_button_answers_kindly(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    await office.sends_document(content, "a.xlsx")
    said = await office.sees("还没有改")
    data = said.buttons()["确认导入"]
    await office.presses("确认导入")
    await office.presses_data(data, said)
    await office.sees("已经办过，或者过了时间，没有再改")
    audits = [row for row in await world.rows(Audit) if row.action == "roster:person:change"]
    assert len(audits) == 1


async def test_cancelled_nothing_is_written(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    await office.sends_document(content, "a.xlsx")
    said = await office.sees("还没有改")
    await office.presses("取消")
    await office.sees("好的，不办了：导入名册", buttons=[])
    await office.presses_data(said.buttons().get("确认导入", "roster:go:0"), said)
    assert (await person(world, "周建国")).phone != "13700000001"


async def test_what_changed_in_between_is_shown_again(world, office, tmp_path):
    other = world.county_staff("吴国平")
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    again = await workbook(world, tmp_path, sets("周建国", "手机", "13700000002"))
    await office.sends_document(content, "a.xlsx")
    await other.sends_document(again, "b.xlsx")
    await other.presses("确认导入")
    await office.presses("确认导入")
    await office.sees("名册刚被别人改过", "137****0002 → 137****0001", buttons=["确认导入", "取消"])
    assert (await person(world, "周建国")).phone == "13700000002"
    await office.presses("确认导入")
    assert (await person(world, "周建国")).phone == "13700000001"


async def test_bad_rows_come_back_as_a_workbook_and_may_be_skipped(world, office, tmp_path):
    def spoil(people):
        for number in range(4):
            people.append([f"新人{number}", "123", "群众", None, "乡镇干部", None, "2026-11-23", None])
        people.cell(row_of(people, "周建国"), PEOPLE["手机"]).value = "13700000001"

    await office.sends_document(await workbook(world, tmp_path, spoil), "a.xlsx")
    said = await office.sees("8 处不对，没有导入", "随后发来的表里", buttons=["跳过这些行", "取消"])
    assert len(said.text.splitlines()) <= 6
    paper = await office.sees("不对的 4 行，原因写在最后一列")
    rows = list(load_workbook(io.BytesIO(paper.file))["人员"].values)
    assert [row[0] for row in rows[1:]] == ["新人0", "新人1", "新人2", "新人3"]
    assert "手机号应是 11 位数字" in str(rows[1][-1])
    await office.presses("跳过这些行")
    await office.sees("变更 人员 1", "跳过 4 行", buttons=["确认导入", "取消"])
    await office.presses("确认导入")
    await office.sees("已导入", "跳过 4 行")
    assert (await person(world, "周建国")).phone == "13700000001"
    assert await person(world, "新人0") is None


async def test_a_cell_that_holds_a_book_still_fits_a_message(world, office, tmp_path):
    await office.sends_document(await workbook(world, tmp_path, sets("周建国", "派出单位", "县" * 9_000)), "a.xlsx")
    said = await office.sees("没有“县县县", "这个单位")
    assert len(said.text) < 1_000


async def test_a_swap_of_a_first_secretary_asks_for_the_approval(world, office, tmp_path):
    await office.sends_document(await workbook(world, tmp_path, swaps), "a.xlsx")
    await office.sees("要有批准文号，不得擅自调整（《意见》一（三））", buttons=["填批准文号", "跳过这些行", "取消"])
    await office.presses("填批准文号")
    await office.sees("批准文号是什么", buttons=["取消"])
    await office.says("安组干〔2026〕7号")
    await office.sees("还没有改", "结束 任职 1", buttons=["确认导入", "取消"])
    await office.presses("确认导入")
    await office.sees("已导入")
    audits = [row for row in await world.rows(Audit) if row.action.startswith("roster:role")]
    assert {(row.after or {}).get("approval") for row in audits} == {"安组干〔2026〕7号"}
    assert len([row for row in await world.rows(PersonRole) if row.ends_on is not None]) == 1


async def test_left_for_something_else_it_can_be_taken_up_again(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    await office.sends_document(content, "a.xlsx")
    await office.says("帮助")
    await office.says("名册")
    await office.presses("继续上次的")
    await office.sees("还没有改", buttons=["确认导入", "取消"])
    await office.presses("确认导入")
    assert (await person(world, "周建国")).phone == "13700000001"


async def test_a_sentence_that_is_awaited_does_not_swallow_the_file(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    await office.says("查")
    await office.sends_document(content, "a.xlsx")
    await office.sees("还没有改", buttons=["确认导入", "取消"])


@pytest.mark.parametrize(
    "content, name, said",
    [
        (b"hello", "a.xlsx", "这个文件读不了，什么都没有改"),
        (b"hello", "a.docx", "这个文件不是 xlsx，没有读"),
    ],
)
async def test_a_file_that_is_no_roster(world, office, content, name, said):
    await office.sends_document(content, name)
    await office.sees(said)


async def test_a_file_that_is_gone_is_said_so(world, office):
    await office.sends_document(b"x", "a.xlsx")
    world.api.files.clear()
    await office.sends_document(b"y", "b.xlsx")
    world.api.files.clear()
    office.world.api.files["file9"] = b""
    message = {"document": {"file_id": "nowhere", "file_unique_id": "n", "file_name": "c.xlsx", "file_size": 3}}
    await office.sends_raw(message)
    await office.sees("文件没有取到，什么都没有改")


async def test_a_large_file_is_not_fetched(world, office):
    large = {"file_id": "x", "file_unique_id": "x", "file_name": "c.xlsx", "file_size": 30_000_000}
    await office.sends_raw({"document": large})
    await office.sees("文件太大，没有读")
    assert [row for row in await world.rows(Outbox) if row.kind == "fetch"] == []


async def test_a_larger_roster_belongs_on_the_command_line(world, office, tmp_path, monkeypatch):
    monkeypatch.setattr("handlers.roster.MOST_ROWS", 3)
    await office.sends_document(await workbook(world, tmp_path), "a.xlsx")
    await office.sees("这里最多 3 行，没有导入")


async def test_others_may_not(world, office, tmp_path):
    zhou, wang = world.cadre("李雪"), world.township_officer("王主任")
    content = await workbook(world, tmp_path)
    for person_, answer in ((zhou, "收到文件，现在用不上，没有保存。"), (wang, "收到文件，现在用不上，没有保存。")):
        await person_.sends_document(content, "a.xlsx")
        await person_.sees(answer)
        await person_.says("名册")
        await person_.sees("不在您的职责范围内")
    assert [row for row in await world.rows(Outbox) if row.kind == "fetch"] == []


async def test_nobody_can_say_that_a_file_is_ready(world, office):
    await office.says('file_ready {"purpose":"roster","path":"/etc/passwd"}')
    said = await office.last()
    assert "读不了" not in said.text
    assert "没有改" not in said.text


async def test_a_network_failure_is_tried_again_and_told_once(world, office, tmp_path):
    content = await workbook(world, tmp_path, sets("周建国", "手机", "13700000001"))
    original = world.api._getFile
    calls = []

    def shaky(body):
        calls.append(body)
        if len(calls) == 1:
            raise ApiError(500, "Internal Server Error")
        return original(body)

    world.api._getFile = shaky
    await office.sends_document(content, "a.xlsx")
    await world.advance(seconds=10)
    await office.sees("还没有改", buttons=["确认导入", "取消"])
    assert len(calls) == 2
    internal = [row for row in await world.rows(Inbox) if row.update_id < 0]
    assert len(internal) == 1
    assert {row.state for row in await world.rows(Outbox) if row.kind == "fetch"} == {OutboxState.SENT}


async def test_files_are_kept_two_days(world, office, incoming, tmp_path, monkeypatch):
    await office.sends_document(await workbook(world, tmp_path), "a.xlsx")
    await office.sees("没有要改的")
    kept = sorted(path.name for path in incoming.iterdir())
    assert len(kept) == 2  # the file by its hash, and its rows
    for path in incoming.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        os.utime(path, (world.clock().timestamp(),) * 2)
    there: list[int] = []

    async def an_hour(stop: asyncio.Event, seconds: float) -> None:
        there.append(len(list(incoming.iterdir())))
        world.now += timedelta(seconds=seconds)
        if len(there) == 50:
            stop.set()

    monkeypatch.setattr("bot.fetcher.pause", an_hour)
    await world.delivery.errands.fetcher.keep_tidy(asyncio.Event())  # nobody sends another file
    assert there == [2] * 49 + [0]


async def test_the_empty_workbook_and_the_export(world, office):
    await office.says("名册")
    await office.presses("空白名册")
    said = await office.sees("空白名册，填法写在「说明」里。")
    assert load_workbook(io.BytesIO(said.file)).sheetnames[0] == "说明"
    await office.says("名册")
    card = await office.last()
    await office.presses_data(card.buttons()["导出名册"], card)
    said = await office.sees("名册：区划", "里面有手机号和农户情况，请只用于工作，用完删掉。")
    await office.presses_data(card.buttons()["导出名册"], card)
    names = [row[0] for row in load_workbook(io.BytesIO(said.file))["人员"].values]
    assert "周建国" in names
    assert len([row for row in await world.rows(Audit) if row.action == "roster:export"]) == 1


async def test_the_card_s_buttons_answer_on_another_day_too(world, office):
    await office.says("名册")
    card = await office.sees("把名册（xlsx）发到这里")
    for label in ("空白名册", "导出名册"):
        for _day in range(2):
            before = len(await world.rows(Outbox))
            await office.presses_data(card.buttons()[label], card, shown=label)
            assert len(await world.rows(Outbox)) == before + 1
            await world.advance(days=1)


async def test_a_site_that_has_moved_says_how_far(world, office, tmp_path):
    book = load_workbook(io.BytesIO(await workbook(world, tmp_path)))
    latitude = book["驻地"]["C2"]
    latitude.value = float(str(latitude.value)) + 0.0009  # about a hundred metres north
    content = io.BytesIO()
    book.save(content)
    await office.sends_document(content.getvalue(), "a.xlsx")
    said = await office.sees("变更 驻地", "石门村 村部：移动约 100 米")
    assert "→ 100" not in said.text
