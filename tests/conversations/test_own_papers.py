"""驻村天数证明 and 全年汇总: from the locked month only, for himself, his unit and the county; others have none."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from storage.ids import new_id
from storage.tables import Audit, MonthLock, MonthReopening
from tests.papers import pages_of, words_of

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国"),
        "wang": world.cadre("王强", secretary=True),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def lock(world, sun, reopened_for=None):
    async with world.db.write() as session:
        lock_id = new_id(session)
        county = world.area_id("安岭县")
        row = MonthLock(
            id=lock_id, county_id=county, month=NOVEMBER, locked_at=world.clock(), locked_by_id=sun.person_id
        )
        session.add(row)
        await session.flush()
        if reopened_for is not None:
            session.add(
                MonthReopening(
                    id=new_id(session), lock_id=lock_id, person_id=reopened_for.person_id, reason="差错",
                    opened_at=world.clock(), until=world.clock() + timedelta(days=1),
                )
            )  # fmt: skip


async def test_a_month_is_certified_once_it_is_locked(world, people):
    zhou, sun = people["zhou"], people["sun"]
    await zhou.sends_location()
    await zhou.says("公出 11-25 到县里开会")
    await world.at("09:00", date(2026, 12, 3))
    await zhou.says("我的")
    await zhou.presses("驻村证明")
    await zhou.sees(
        "周建国的驻村天数证明：哪个月？", "只按月结的考勤表开", buttons=["11月", "10月", "9月", "8月", "取消"]
    )
    await zhou.presses("11月")
    await zhou.sees("11月考勤还没有月结（或正为本人单独开放），不能开证明（《意见》四（三））", "月结后再来")
    await lock(world, sun)
    await zhou.presses("11月")
    await zhou.sees("11月的驻村天数证明，要哪一种？", buttons=["Word", "PDF", "取消"])
    await zhou.presses("Word")
    said = await zhou.sees("📄 驻村天数证明 · 周建国 · 2026年11月", "在村 1 天，公出 1 天", "盖章后有效")
    assert said.file_name == "样例驻村天数证明-周建国2026年11月.docx"
    rows = words_of(said.file)
    assert any("2026年11月驻村2天，其中在村1天，公出1天" in row[0] for row in rows)
    assert rows[-1] != ["2026年11月", "21", "1", "0"]
    await sun.says("查 周建国")
    await sun.presses("驻村证明")
    await sun.presses("11月")
    await sun.presses("PDF")
    said = await sun.sees("📄 驻村天数证明 · 周建国")
    assert pages_of(said.file) == 1
    audit = [
        (row.person_id, row.subject, row.after) for row in await world.rows(Audit) if row.action == "certificate:export"
    ]
    subject = f"person:{zhou.person_id}"
    assert audit == [
        (zhou.person_id, subject, {"month": "2026-11", "form": "docx"}),
        (sun.person_id, subject, {"month": "2026-11", "form": "pdf"}),
    ]


async def test_a_unit_and_the_county_have_them_in_one_zip_but_whose_month_is_open_again(world, people):
    zhou, sun = people["zhou"], people["sun"]
    zheng = world.unit_liaison("郑联络员")
    await world.at("09:00", date(2026, 12, 3))
    await zheng.says("导出")
    await zheng.presses("驻村天数证明")
    await zheng.presses("上月")
    await zheng.presses("Word")
    await zheng.sees("11月考勤还没有月结")
    await lock(world, sun, reopened_for=zhou)
    await zheng.presses("Word")
    said = await zheng.sees("📄 驻村天数证明 · 安岭县 · 2026年11月", "1 人，一人一份")
    assert said.file_name == "样例驻村天数证明-安岭县2026年11月.zip"
    [name] = zipfile.ZipFile(io.BytesIO(said.file)).namelist()
    assert name.startswith("安岭县柳河镇石门村-王强-")
    assert name.endswith(".docx")
    await zhou.says("我的")
    await zhou.presses("驻村证明")
    await zhou.presses("11月")
    await zhou.sees("正为本人单独开放")


async def test_a_year_on_one_page(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await zhou.sends_location()
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    await liu.presses("同意")
    await world.at("18:30", date(2026, 11, 26))
    await zhou.says("导出")
    await zhou.sees("导出什么？", buttons=["驻村证明", "全年汇总", "取消"])
    await zhou.presses("全年汇总")
    await zhou.sees("周建国的全年汇总：哪一年？", buttons=["2026年", "2025年", "取消"])
    await zhou.presses("2026年")
    await zhou.presses("PDF")
    said = await zhou.sees("📄 2026年驻村情况汇总 · 周建国", "在村 1 天 · 公出 0 天 · 请假 2 天")
    assert pages_of(said.file) == 1
    await liu.says("查 周建国")
    await liu.presses("全年汇总")
    await liu.presses("2026年")
    await liu.presses("Excel")
    said = await liu.sees("📄 2026年驻村情况汇总")
    rows = list(load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:9] == ("月份", "应出勤", "在村", "公出", "请假", "其中假别", "值班", "待核实", "月结")
    november = next(row for row in rows if row[0] == "11月")
    assert november[:9] == ("11月", 18, 1, 0, 2, "事假 2", 0, november[7], "未月结")
    assert rows[-1][0] == "合计"
    assert (await world.audit()).count("year:export") == 2


async def test_others_have_none_and_forged_presses_find_nothing(world, people):
    zhou, wang, liu = people["zhou"], people["wang"], people["liu"]
    leader = world.county_leader("钱县长")
    await zhou.says("帮助")
    person = zhou.person_id
    for who, what in ((wang, "days"), (wang, "year"), (liu, "days"), (leader, "days"), (leader, "year")):
        await who.says("帮助")
        for data in (
            f"pp:{what}:{person}::",
            f"pp:{what}:{person}:2026:" if what == "year" else f"pp:days:{person}:2026-10:",
        ):
            await who.presses_data(data)
            await who.sees("不在您的职责范围内")
    for data in (
        f"pp:nothing:{person}::", f"pp:days:{person}:2026:", f"pp:year:{person}:2026-10:", "pp:year:99999999:2026:pdf",
        f"pp:year:{person}:2027:pdf", f"pp:year:{person}:2026:docx", f"pp:year:{person}:2001:pdf",
    ):  # fmt: skip
        await zhou.presses_data(data)
        await zhou.sees("没有找到这一条")
    assert not {"certificate:export", "year:export"} & set(await world.audit())


async def test_in_english_the_words_are_english_and_the_paper_is_chinese(world, people):
    zhou = people["zhou"]
    await zhou.says("/language")
    await zhou.presses("English")
    await zhou.says("/export")
    await zhou.sees("Export what?", buttons=["Certificate", "Year in sum", "Cancel"])
    await zhou.presses("Certificate")
    await zhou.presses("October")
    await zhou.sees("Attendance of October is not locked yet")
    await zhou.says("/export")
    await zhou.presses("Year in sum")
    await zhou.sees("The year of 周建国 in sum: which year?")
    await zhou.presses("2026")
    await zhou.presses("Excel")
    said = await zhou.sees("2026 in sum · 周建国", "in the village 0 d")
    assert load_workbook(io.BytesIO(said.file)).worksheets[0]["A1"].value == "月份"
