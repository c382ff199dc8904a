"""应急 looked at closely: by area, by name, paged, above a county numbers only, and the workbook."""

import io

from openpyxl import load_workbook

from storage.tables import Audit, EmergencyRollCall, Outbox, Person
from tests.conversations.test_emergency import WHAT, county, start

__all__ = ["county"]


async def wide(world, county):
    """The county as a whole is asked; 孙伟 of 石桥镇 too."""
    county["孙伟"] = world.cadre("孙伟", village="南坡村", township="石桥镇")
    county["林乡长"] = world.township_officer("林乡长", "石桥镇")
    county["马处长"] = world.admin("马处长")
    await world.settle()
    await start(county, "陈科长", "马处长")


async def test_by_area_and_by_name(world, county):
    await wide(world, county)
    chen = county["陈科长"]
    await county["周建国"].presses("平安·外出")
    await county["孙伟"].presses("平安·在村")
    await world.advance(seconds=5)
    await chen.presses("按乡镇")
    await chen.sees(
        "🚨 应急 · 安岭县 · 23:05",
        "平安·在村 1 · 平安·外出 1 · 需要帮助 0 · 未回复 3",
        "柳河镇　在村 0 · 外出 1 · 求助 0 · 未回复 3",
        "石桥镇　在村 1 · 外出 0 · 求助 0 · 未回复 0",
        buttons=["柳河镇", "石桥镇", "名单", "刷新"],
    )
    await chen.presses("柳河镇")
    await chen.sees("石门村　在村 0 · 外出 1", "东峪村　在村 0", buttons=["石门村", "东峪村", "名单", "刷新", "返回"])
    await chen.presses("石门村")
    await chen.sees(
        "🚨 应急 · 石门村",
        "未回复 2",
        "石门村：王强、赵敏",
        buttons=["王强", "赵敏", "求助 0", "外出 1", "在村 0", "刷新"],
    )
    await chen.presses("外出 1")
    await chen.sees("外出 1", "石门村：周建国 23:05")
    await county["赵敏"].presses("平安·在村")
    await chen.presses("刷新")
    await chen.sees("外出 1", buttons=["周建国", "未回复 1", "求助 0", "在村 1", "刷新"])
    await chen.presses("按乡镇")
    await chen.presses("柳河镇")
    await chen.presses("返回")
    await chen.sees("石桥镇　在村 1")


async def test_an_officer_sees_his_township_of_a_county_s_call(world, county):
    await wide(world, county)
    lin, liu = county["林乡长"], county["刘敏"]
    await lin.sees("🚨 应急 · 安岭县 · 23:05", "石桥镇：", "未回复 1", buttons=["按村", "名单", "导出表"])
    await liu.sees("🚨 应急 · 安岭县 · 23:05", "柳河镇：", "未回复 4")
    await lin.looks_away()
    await county["周建国"].presses("平安·外出")
    await world.advance(seconds=5)
    await liu.sees("柳河镇：", "平安·外出 1", "未回复 3")
    await lin.sees_nothing()  # nothing has changed there
    [call] = await world.rows(EmergencyRollCall)
    for data in (
        f"alarmby:{call.id}:{world.area_id('柳河镇')}:0:1",
        f"alarmwho:{call.id}:{world.area_id('石门村')}:silent:0:1",
    ):
        await lin.presses_data(data)
        await lin.sees("没有找到这一条")
    for name in ("周建国", "王强"):
        await county[name].presses_data(f"alarmby:{call.id}:0:0:0")
        await county[name].sees("没有找到这一条")
    await world.advance(minutes=31)
    await lin.sees("📞 1 人没有回复 · 石桥镇", "南坡村：孙伟")


async def test_a_province_sees_numbers_only(world, county):
    await wide(world, county)
    ma = county["马处长"]
    await county["周建国"].presses("需要帮助")
    await world.advance(seconds=5)
    said = await ma.sees("需要帮助 1 · 未回复 4", buttons=["按乡镇", "结束"])
    assert "周建国" not in said.text
    await ma.presses("按乡镇")
    await ma.presses("柳河镇")
    said = await ma.sees("石门村　在村 0", buttons=["刷新", "返回"])
    [call] = await world.rows(EmergencyRollCall)
    for data in (f"alarmwho:{call.id}:0:silent:0:0", f"alarmwho:{call.id}:{world.area_id('石门村')}:help:0:0"):
        await ma.presses_data(data)
        await ma.sees("省市只看数字，没有名单（《意见》三（一））")
    await ma.presses_data(f"alarmout:{call.id}")
    await ma.sees("省市只看数字，没有名单（《意见》三（一））")
    assert not [said for said in ma._messages() if "周建国" in said.text]


async def test_the_call_list_is_short_and_the_rest_a_tap_away(world, county):
    for n in range(40):
        world.cadre(f"队员{n:02d}", village=f"样例{n % 20:02d}村")
    await world.settle()
    await start(county)
    await world.advance(minutes=31)
    liu = county["刘敏"]
    listed = await liu.sees("📞 44 人没有回复 · 柳河镇")
    assert len(listed.text) < 1000
    assert list(listed.buttons())[-1] == "全部 44 人"
    assert len(listed.buttons()) == 13
    await liu.presses("全部 44 人")
    page = await liu.sees("🚨 应急 · 柳河镇", "未回复 44")
    assert "下一页" in page.buttons()
    assert "上一页" not in page.buttons()
    seen = set()
    while True:
        page = await liu.last()
        seen |= {label for label in page.buttons() if label.startswith("队员") or label in county}
        if "下一页" not in page.buttons():
            break
        await liu.presses("下一页")
    assert len(seen) == 44
    await liu.presses("上一页")
    await liu.sees("未回复 44")
    first = next(label for label in listed.buttons() if label.startswith("队员"))
    await liu.presses(first)
    await liu.presses("平安·外出")
    await world.advance(seconds=5)
    await county["王主任"].sees("📞 43 人没有回复")


async def test_whoever_has_no_number(world, county):
    async with world.db.write() as session:
        person = await session.get_one(Person, county["李雪"].person_id)
        person.phone = None
    await start(county)
    await county["李雪"].presses("需要帮助")
    await county["刘敏"].sees("🆘 需要帮助 · 李雪", "名册里没有登记电话，请问同队的人。")
    async with world.db.write() as session:
        person = await session.get_one(Person, county["赵敏"].person_id)
        person.phone = None
    await world.advance(minutes=31)
    await county["刘敏"].presses("赵敏")
    said = await county["刘敏"].sees("赵敏 · 石门村", "名册里没有登记电话")
    assert "电话" not in said.buttons()


async def test_the_workbook(world, county):
    await wide(world, county)
    liu, chen = county["刘敏"], county["陈科长"]
    await county["周建国"].presses("需要帮助")
    await county["周建国"].says("=桥断了")
    await county["赵敏"].says("全队平安，王强外出")
    await liu.presses("导出表")
    said = await liu.sees("📄 样例 · 柳河镇应急回复 · 4 人", "平安·在村 1 · 平安·外出 1 · 需要帮助 1 · 未回复 1")
    assert said.file_name == "应急回复-柳河镇-20261121-2305.xlsx"
    rows = list(load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("序号", "乡镇", "村", "姓名", "职务", "回复", "时间", "说明", "由谁报")
    found = {row[3]: row for row in rows[1:]}
    assert set(found) == {"王强", "周建国", "赵敏", "李雪"}, "his own township's only"
    assert found["周建国"][1:] == (
        "柳河镇", "石门村", "周建国", "队员", "需要帮助", "2026-11-21 23:05", "'=桥断了", "本人",
    )  # fmt: skip
    assert found["王强"][4:] == ("第一书记", "平安·外出", "2026-11-21 23:05", None, "赵敏（同队）")
    assert found["李雪"][5:] == ("未回复", None, None, None)
    [audit] = [row for row in await world.rows(Audit) if row.action == "emergency:export"]
    assert (audit.person_id, audit.subject) == (
        liu.person_id,
        f"emergency:{(await world.rows(EmergencyRollCall))[0].id}",
    )
    card = next(said for said in reversed(liu._messages()) if "导出表" in said.buttons())
    await liu.presses_data(card.buttons()["导出表"], card)
    assert len([row for row in await world.rows(Outbox) if row.kind == "emergency_export"]) == 1, "within the minute"
    await chen.presses("导出表")
    said = await chen.sees("安岭县应急回复 · 5 人")
    assert said.file_name == "应急回复-安岭县-20261121-2305.xlsx"
    [call] = await world.rows(EmergencyRollCall)
    leader = world.county_leader("何书记")
    await leader.says("应急")
    await leader.presses("1 看进展")
    assert "导出表" not in (await leader.sees("未回复", WHAT)).buttons()
    await leader.presses_data(f"alarmout:{call.id}")
    await leader.sees("不在您的职责范围内")
