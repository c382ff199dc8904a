"""在岗通报: drafted from a day or a month; numbers and areas only, the annex by person is for the office."""

import io
from datetime import date

from openpyxl import load_workbook

from storage.tables import Audit
from tests.papers import pages_of, words_of


async def test_a_day_is_circulated_without_names_and_the_annex_has_them(world):
    zhou, li = world.cadre("周建国", secretary=True), world.cadre("李雪")
    wang = world.township_officer("王主任")
    await zhou.sends_location()
    await li.says("公出 11-23 到县里开会")
    await world.at("16:30")
    await wang.says("导出")
    await wang.presses("在岗通报")
    await wang.sees(
        "柳河镇的在岗通报：哪一天，还是哪个月？",
        "只有人数和地区，不写姓名",
        buttons=["今天", "11月20日", "11月19日", "11月18日", "本月", "上月", "取消"],
    )
    await wang.presses("今天")
    await wang.sees("11月23日的在岗通报，要哪一种？", buttons=["Word", "PDF", "图片", "附表", "取消"])
    await wang.presses("Word")
    said = await wang.sees("📄 在岗通报 · 柳河镇 · 2026年11月23日（截至16:30）", "草稿，签发后有效")
    rows = words_of(said.file)
    assert ["【样例】关于2026年11月23日驻村工作队在岗情况的通报"] in rows
    assert any(row[0].startswith("全乡镇应在2人，在岗1人，公出1人，请假0人") for row in rows)
    assert ["石门村", "2", "1", "0"] in [row[:4] for row in rows] or ["石门村", "2", "1", "1"] in [
        row[:4] for row in rows
    ]
    assert not any(name in str(rows) for name in ("周建国", "李雪"))
    for press, start in (("PDF", b"%PDF"), ("图片", b"\x89PNG")):
        await wang.says("导出")
        await wang.presses("在岗通报")
        await wang.presses("今天")
        await wang.presses(press)
        said = await wang.sees("📄 在岗通报 · 柳河镇")
        assert said.file.startswith(start)
    await wang.says("导出")
    await wang.presses("在岗通报")
    await wang.presses("今天")
    await wang.presses("附表")
    said = await wang.sees("📄 在岗通报附表（内部） · 柳河镇", "2 人，有姓名，只供单位内部使用")
    lines = list(load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert lines[0] == ("序号", "乡镇", "村", "姓名", "职务", "派出单位", "状态", "请假起止", "核查方式与时间", "备注")
    assert lines[1][1:5] == ("柳河镇", "石门村", "周建国", "第一书记")
    assert (lines[1][6], lines[1][8]) == ("在岗", "定位签到 08:02")
    assert (lines[2][3], lines[2][6], lines[2][8]) == ("李雪", "公出", "公出报备")
    assert (await world.audit()).count("circular:export") == 4
    first = next(row for row in await world.rows(Audit) if row.action == "circular:export")
    assert first.after == {"of": "2026-11-23", "form": "docx"}


async def test_a_month_that_is_not_locked_is_said_to_change(world):
    world.cadre("周建国")
    sun = world.county_staff("孙丽")
    await world.at("09:00", date(2026, 12, 2))
    await sun.says("导出")
    await sun.presses("在岗通报")
    await sun.presses("上月")
    await sun.sees("11月的在岗通报，要哪一种？", buttons=["Word", "PDF", "图片", "取消"])
    await sun.presses("PDF")
    said = await sun.sees("📄 在岗通报 · 安岭县 · 2026年11月", "还没有月结，数字还会变")
    assert pages_of(said.file) == 1


async def test_others_have_none_and_forged_presses_find_nothing(world):
    zhou = world.cadre("周建国")
    leader, outside = world.county_leader("钱县长"), world.township_officer("外镇干部", "石桥镇")
    sun = world.county_staff("孙丽")
    await sun.says("帮助")
    here = world.area_id("柳河镇")
    for who in (zhou, leader, outside):
        await who.says("帮助")
        for data in (f"circ:{here}:2026-11-23:", f"circ:{here}:2026-11:pdf", f"circ:{here}:2026-11-23:xlsx"):
            await who.presses_data(data)
            await who.sees("不在您的职责范围内")
    for on in (
        "2026-13-01:pdf",
        "2026-11-31:pdf",
        "x:",
        "2026-11-24:pdf",
        "2024-11-23:pdf",
        "2026-11:xlsx",
        "2027-01:pdf",
    ):
        await sun.presses_data(f"circ:{here}:{on}")
        await sun.sees("没有找到这一条")
    await sun.presses_data(f"exportm:circular:{here}:2026-11:docx")
    await sun.sees("没有找到这一条")
    assert "circular:export" not in await world.audit()
