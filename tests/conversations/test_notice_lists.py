"""未阅名单, 已阅, 未送达, 再提醒, 导出表: who sees what of a notice's readers."""

import io
from datetime import timedelta

import openpyxl
import pytest

from storage.tables import Audit, Notice, Outbox
from tests.conversations.test_notices import sends


@pytest.fixture
def county(world):
    """Two townships; ten cadres in 石门村, one in 东峪村, one in 石桥村."""
    people = {"sun": world.county_staff("孙丽"), "liu": world.township_officer("刘敏", "柳河镇")}
    people |= {f"甲{n}": world.cadre(f"甲{n}", village="石门村", secretary=n == 0) for n in range(10)}
    people["乙"] = world.cadre("乙", village="东峪村")
    people["丙"] = world.cadre("丙", village="石桥村", township="石桥镇")
    return people


async def test_from_the_county_down_to_the_names(world, county):
    sun = county["sun"]
    await sends(sun, "防寒通知")
    await world.advance(seconds=3)
    await county["丙"].presses("已阅")
    await county["甲0"].presses("已阅")
    await sun.presses("未阅名单")
    await sun.sees(
        "📣 未阅 10 · 已阅 2 · 共 12 人", "防寒通知 · 安岭县", "柳河镇  未阅 10/11", "石桥镇  未阅 0/1",
        buttons=["柳河镇", "石桥镇", "全部名单", "看已阅", "导出表"],
    )  # fmt: skip
    await sun.presses("柳河镇")
    await sun.sees("未阅 10 · 已阅 1", "· 柳河镇", "石门村  未阅 9/10", "东峪村  未阅 1/1")
    await sun.presses("石门村")
    shown = await sun.sees("未阅 9", "石门村 · 甲1 · 队员", buttons=["下一页", "看已阅", "导出表", "返回"])
    assert shown.text.count("队员") == 8, "pages of eight"
    await sun.presses("下一页")
    await sun.sees("石门村 · 甲9 · 队员", buttons=["上一页", "看已阅", "导出表", "返回"])
    await sun.presses("看已阅")
    await sun.sees("已阅 1 · 未阅 9", "石门村 · 甲0 · 第一书记 · 11月23日 08:02")
    await sun.presses("返回")
    await sun.sees("已阅 1 · 未阅 10", "· 柳河镇", "石门村  已阅 1/10")
    await sun.presses("返回")
    await sun.presses("看未阅")
    await sun.presses("全部名单")
    await sun.sees("石门村 · 甲1 · 队员", buttons=["下一页", "看已阅", "导出表", "返回"])
    assert max(len(said.text) for said in sun._messages()) < 4_096


async def test_a_township_sees_its_own_and_no_more(world, county):
    sun, liu = county["sun"], county["liu"]
    await sends(sun, "防寒通知")
    [notice] = await world.rows(Notice)
    await liu.says("通知")
    await liu.presses("已发通知")
    await liu.presses("1 防寒通知")
    await liu.sees("未阅 11 · 共 11 人", "· 柳河镇", buttons=["石门村", "东峪村", "全部名单", "导出表"])
    await liu.presses_data(f"nl:{notice.id}:{world.area_id('石桥镇')}::u:0:0")
    await liu.sees("没有找到这一条")
    await liu.presses_data(f"nl:{notice.id}:{world.area_id('安岭县')}::u:0:0")
    await liu.sees("没有找到这一条")
    await liu.presses_data(f"nlx:{notice.id}:{world.area_id('安岭县')}")
    await liu.sees("不在您的职责范围内")
    for name in ("甲0", "丙"):
        await county[name].presses_data(f"nl:{notice.id}:0::u:0:0")
        await county[name].sees("没有找到这一条")
    other = world.township_officer("外镇干部", "白杨乡")
    await other.says("通知")
    await other.presses("已发通知")
    await other.sees("还没有发过通知"), "nothing of it went to his township"
    await liu.presses_data(f"nl:{notice.id}:0::z:0:0")
    await liu.sees("没有找到这一条")


async def test_a_province_sees_numbers_only(world, county):
    zheng = world.admin("郑省")
    await zheng.says("通知")
    await zheng.presses("全省")
    await zheng.says("全省通知")
    await zheng.presses("发送")
    await world.advance(seconds=3)
    await zheng.presses("未阅名单")
    await zheng.sees("未阅 12", "样例市  未阅 12/12", "省、市只看数字", buttons=["样例市", "导出表"])
    for area in ("样例市", "安岭县", "柳河镇", "石门村"):
        await zheng.presses(area)
    shown = await zheng.sees("未阅 10", "省、市只看数字", buttons=["导出表", "返回"])
    assert "甲" not in shown.text
    [notice] = await world.rows(Notice)
    await zheng.presses_data(f"nl:{notice.id}:{world.area_id('石门村')}:n:u:0:1")
    assert "甲" not in (await zheng.sees("未阅 10")).text
    await zheng.presses("导出表")
    await zheng.sees("正在做表")
    sheet = rows_of(await paper(zheng))
    assert sheet[0] == ("序号", "地区", "收件", "已阅", "未阅", "未送达")
    # a county's staff sees, by name, what of the province's notice went to his county
    sun = county["sun"]
    await sun.says("通知")
    await sun.presses("已发通知")
    await sun.presses("1 全省通知")
    await sun.sees("未阅 12 · 共 12 人", "· 安岭县")
    await sun.presses("全部名单")
    await sun.sees("石门村 · 甲0 · 第一书记")


async def paper(actor):
    await actor.world.settle()
    return next(said for said in reversed(actor._messages()) if said.file is not None)


def rows_of(said):
    return list(openpyxl.load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))


async def test_the_workbook(world, county):
    sun = county["sun"]
    world.api.blocked.add(county["乙"].chat_id)
    await sends(sun, "=1+1 防寒")
    await world.advance(seconds=3)
    await county["甲0"].presses("已阅")
    await world.advance(seconds=3)
    await sun.sees("已发完 11/12 · 已阅 1 · 未送达 1", "未送达：停用或拉黑 1")
    await sun.presses("未送达")
    await sun.sees("未送达 1 · 未阅 10", "柳河镇  未送达 1/11")
    await sun.presses("全部名单")
    await sun.sees("东峪村 · 乙 · 队员 · 停用或拉黑")
    await sun.presses("导出表")
    await sun.sees("正在做表，好了就发到这里")
    said = await paper(sun)
    assert "未阅 10 · 已阅 1 · 未送达 1" in said.text
    assert said.file_name == "样例安岭县通知已阅名单-=1+1 防寒.xlsx"
    header, *rows = rows_of(said)
    assert header == ("序号", "乡镇", "村", "姓名", "职务", "单位", "状态", "送达时间", "已阅时间")
    by_name = {row[3]: row for row in rows}
    assert len(rows) == 12
    assert by_name["甲0"][1:] == (
        "柳河镇", "石门村", "甲0", "第一书记", "县农业农村局", "已阅", "2026-11-23 08:02", "2026-11-23 08:02",
    )  # fmt: skip
    assert by_name["乙"][6:] == ("未送达：停用或拉黑", None, None)
    assert by_name["丙"][1:3] == ("石桥镇", "石桥村")
    assert by_name["甲1"][6:] == ("未阅", "2026-11-23 08:02", None)
    await sun.presses("导出表")
    await world.settle()
    exports = [row for row in await world.rows(Audit) if row.action == "notice:export"]
    assert len(exports) == 1, "pressed twice in a minute, it comes once"
    assert exports[0].area_id == world.area_id("安岭县")


async def test_reminded_only_who_has_not_read_three_times_five_minutes_apart(world, county):
    sun, first, second = county["sun"], county["甲0"], county["丙"]
    await sends(sun, "防寒通知")
    await world.advance(seconds=3)
    await first.presses("已阅")
    await second.looks_away()
    await first.looks_away()
    await sun.presses("再提醒")
    await sun.sees("正在提醒还没点「已阅」的人（第 1 次，最多 3 次）")
    await second.sees("🔔 还没有点「已阅」：防寒通知", "安岭县发的通知", buttons=["已阅", "看全文"])
    await first.sees_nothing()
    await sun.presses("再提醒")
    await sun.sees("刚提醒过，没有再发（本县规定）：两次提醒隔 5 分钟", "5 分钟后再点")
    await world.advance(minutes=5)
    await second.presses("看全文")
    await second.sees("📣 防寒通知", buttons=["已阅", "回复"])
    await second.presses("已阅")
    await second.looks_away()
    await world.advance(seconds=3)
    await sun.sees("已发完 12/12 · 已阅 2", "已提醒 1 次，最多 3 次")
    for nth in (2, 3):
        await sun.presses("再提醒")
        await sun.sees(f"第 {nth} 次")
        await second.sees_nothing()
        await world.advance(minutes=6)
    await world.advance(seconds=3)
    assert "再提醒" not in (await sun.sees("已提醒 3 次")).buttons()
    [notice] = await world.rows(Notice)
    await sun.presses_data(f"nmanage:{notice.id}:remind")
    await sun.sees("已经提醒过 3 次，没有再发", "打电话")
    assert (await world.audit()).count("notice:remind") == 3
    reminders = [row for row in await world.rows(Outbox) if row.kind == "notice_reminder"]
    assert len(reminders) == 11 + 10 + 10


async def test_once_read_its_reminders_can_no_longer_be_pressed(world, county):
    sun, second = county["sun"], county["丙"]
    await sends(sun, "防寒通知")
    for _ in range(2):
        await world.advance(minutes=6)
        await sun.presses("再提醒")
    await world.settle()
    await second.presses("已阅")
    await world.settle()
    shown = [message for message in world.api.messages[second.chat_id] if message.text.startswith("🔔")]
    assert [list(message.buttons()) for message in shown] == [["回复"], ["回复"]]


async def test_after_its_days_it_is_closed(world, county):
    sun = county["sun"]
    await sends(sun, "防寒通知")
    [notice] = await world.rows(Notice)
    await world.advance(days=8)
    for do in ("sure", "remind"):
        await sun.presses_data(f"nmanage:{notice.id}:{do}")
        await sun.sees("这条通知的有效期已过（11月30日）", "另发一条通知")
    await county["甲0"].presses("已阅")
    await county["甲0"].sees("已阅。"), "that he has read it stays true"
    assert notice.open_until - notice.started_at > timedelta(days=7)
