"""请假审批表: [审批表] on the cards of a leave, and all of a month by 导出."""

import pytest

from storage.tables import Audit
from tests.papers import pages_of, words_of


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国"),
        "wang": world.cadre("王强", secretary=True),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def leave(zhou, words="请假 11-24下午到11-25 孩子看病 回石家庄"):
    await zhou.says(words)
    await zhou.presses("提交")


async def test_who_asked_and_who_decided_have_the_form(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await leave(zhou)
    await liu.presses("经请示同意")
    await liu.says("镇党委张书记")
    await zhou.sees("✅ 请假已批准", buttons=["审批表"])
    await zhou.presses("审批表")
    await zhou.sees("周建国的请假审批表，要哪一种？", "事假 · 11月24日下午至25日", buttons=["Word", "PDF", "取消"])
    await zhou.presses("Word")
    said = await zhou.sees("📄 请假审批表 · 周建国20261124", "草稿，签字后有效")
    assert said.file_name == "样例请假审批表-周建国20261124.docx"
    rows = words_of(said.file)
    assert ["【样例】驻村干部请假审批表"] in rows
    assert ["姓名", "周建国", "职务", "队员", "驻村", "柳河镇\n石门村"] in rows
    assert next(row for row in rows if row[0] == "派出单位")[:3] == ["派出单位", "县农业农村局", "联系方式"]
    assert ["假别", "事假", "天数", "1.5 天（工作日）"] in rows
    assert ["起止时间", "2026年11月24日下午至2026年11月25日下午"] in rows
    assert ["事由\n去向", "孩子看病 回石家庄"] in rows
    opinion = next(row for row in rows if row[0] == "乡镇党委\n意见")
    assert opinion[1].startswith("同意。经请示镇党委张书记同意\n刘敏  2026年11月23日 08:02    签字：")
    await liu.presses("审批表")
    await liu.presses("PDF")
    said = await liu.sees("📄 请假审批表 · 周建国20261124")
    assert pages_of(said.file) == 1
    audit = [row for row in await world.rows(Audit) if row.action == "leave:export"]
    assert [(row.person_id, row.after) for row in audit] == [
        (zhou.person_id, {"form": "docx"}),
        (liu.person_id, {"form": "pdf"}),
    ]


async def test_the_return_stands_on_it(world, people):
    zhou, sun = people["zhou"], people["sun"]
    await leave(zhou)
    await people["liu"].presses("同意")
    await world.advance(days=2)
    await zhou.sends_location()
    await sun.sees("📎 请假抄送：周建国", buttons=["审批表"])
    await sun.presses("审批表")
    await sun.presses("Word")
    rows = words_of((await sun.sees("📄 请假审批表")).file)
    back = next(row for row in rows if row[0] == "实际销假\n时间")
    assert back[1].startswith("2026年11月25日 08:02，定位销假，提前 1 天")


async def test_others_may_not(world, people):
    zhou = people["zhou"]
    other = world.cadre("赵敏", village="东峪村")
    leader, outside = world.county_leader("钱县长"), world.township_officer("外镇干部", "石桥镇")
    await leave(zhou)
    await people["liu"].presses("同意")
    said = await zhou.sees("✅ 请假已批准")
    data = said.buttons()["审批表"]
    for person in (other, leader, outside):
        await person.says("帮助")
        await person.presses_data(data)
        await person.sees("不在您的职责范围内")
        await person.presses_data(f"{data}pdf")
        await person.sees("不在您的职责范围内")
    await zhou.presses_data(f"{data}exe")
    await zhou.sees("没有找到这一条")
    assert "leave:export" not in await world.audit()


async def test_all_of_a_month_one_a_page(world, people):
    zhou, wang, liu = people["zhou"], people["wang"], people["liu"]
    await leave(zhou)
    await liu.presses("同意")
    await leave(zhou, "请假 11-27上午 去银行")
    await wang.presses("同意")
    await leave(zhou, "请假 12-3上午 去银行")
    await liu.says("导出")
    await liu.presses("请假审批表")
    await liu.presses("本月")
    await liu.sees("11月的请假审批表，要哪一种？", buttons=["Word", "PDF", "取消"])
    await liu.presses("PDF")
    said = await liu.sees("📄 请假审批表 · 柳河镇2026年11月", "2 份，一份一页")
    assert pages_of(said.file) == 2
    liaison = world.unit_liaison("郑联络员")
    await liaison.says("导出")
    await liaison.presses("请假审批表")
    await liaison.sees("导出安岭县的请假审批表")
    await liaison.presses("上月")
    await liaison.presses("Word")
    said = await liaison.sees("安岭县2026年10月没有请假，没有审批表")
    assert said.file is None
