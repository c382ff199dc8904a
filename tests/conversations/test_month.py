"""月结: the county looks a month over, locks it, opens it again for one person; nothing of it changes otherwise."""

from datetime import date

from policy.attendance import HalfStatus
from policy.calendar import Half
from storage.tables import CheckIn, MonthLock, MonthReopening

NOVEMBER_30 = date(2026, 11, 30)  # a Monday


async def a_team(world):
    """石门村 at the end of November: 周建国's reason waits, the others are silent."""
    zhou, wang = world.cadre("周建国"), world.cadre("王强", secretary=True)
    liu, sun = world.township_officer("刘敏"), world.county_staff("孙丽")
    await world.set("records_from", "2026-11-30")
    await world.at("08:30", NOVEMBER_30)
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("在镇里取种子")
    return zhou, wang, liu, sun


async def test_what_is_open_is_listed_before_it_is_locked_and_then_stays_as_it_is(world):
    zhou, _wang, liu, sun = await a_team(world)
    await sun.says("月结")
    await sun.sees("📅 10月月结 · 安岭县（样例） · 2 人", "应出勤 0 天", "还没有月结。")
    await sun.presses("下个月")
    await sun.sees("📅 11月月结", "还有 1 件没定：柳河镇 1", "11月还没有过完，12月1日起可以月结。", buttons=["柳河镇 1", "导出表", "上个月"])  # fmt: skip
    await world.at("09:10", date(2026, 12, 1))
    await sun.says("月结")
    await sun.sees(
        "📅 11月月结 · 安岭县（样例） · 2 人",
        "应出勤 2 天 · 在村 0 · 公出 0 · 请假 0 · 待核实 2",
        "还有 1 件没定：柳河镇 1",
        "有待核实半天的 2 人",
        "还没有月结。锁定后11月的记录不再改动（《意见》三（二））。",
        buttons=["柳河镇 1", "核实 1 人", "导出表", "锁定11月", "上个月", "下个月"],
    )
    await sun.presses("柳河镇 1")
    await sun.sees("11月还没定的 1 件：", "11月30日 · 石门村 · 周建国 · 说明", buttons=["逐件处理", "返回"])
    await sun.presses("返回")
    await sun.presses("锁定11月")
    await sun.sees("11月还有 1 件没定：柳河镇 1", "不能再定", buttons=["仍要锁定", "先去处理"])
    await sun.presses("先去处理")
    await sun.presses("锁定11月")
    assert await world.rows(MonthLock) == []
    await sun.presses("仍要锁定")
    await sun.sees("🔒 已月结：孙丽 12月1日 09:10。", buttons=["柳河镇 1", "导出表", "单独开放", "开放记录", "撤销月结", "上个月", "下个月"])  # fmt: skip
    (lock,) = await world.rows(MonthLock)
    assert (lock.open_matters, lock.month) == (1, date(2026, 11, 1))

    await liu.presses("情况属实")
    await liu.sees("11月考勤已经月结，没有改动（《意见》三（二））。确有差错，请县里在「月结」里为本人单独开放几天。")
    await liu.says("待办")
    await liu.sees("现在没有要您办的")  # nobody can settle it now
    assert await world.day(zhou, Half.AM, NOVEMBER_30) is HalfStatus.UNVERIFIED
    await zhou.says("公出 11-30 到县里开会")
    await zhou.sees("11月考勤已经月结")
    await zhou.sends_location(km_from_village=0.2, minutes_ago=12 * 60)  # written at 21:10, it came through now
    await zhou.sees(
        "收到您11月30日 21:10 的签到（石门村），已存下。11月考勤已经月结（《意见》三（二）），这一条暂时没有计入。"
    )
    await zhou.sends_location(km_from_village=0.2)
    await zhou.sees("✅ 已签到 09:10 · 石门村")
    assert len(await world.rows(CheckIn)) == 2

    await sun.presses("撤销月结")
    await sun.sees("还没有月结。", buttons=["柳河镇 1", "核实 1 人", "导出表", "锁定11月", "上个月", "下个月"])
    assert await world.day(zhou, Half.PM, NOVEMBER_30) is HalfStatus.ON_DUTY
    await liu.says("待办")
    await liu.sees("待您处理 1 件")
    await liu.presses("情况属实")
    await liu.sees("情况属实 · 刘敏")
    await sun.presses("锁定11月")
    await world.at("09:00", date(2026, 12, 2))
    await sun.says("月结")
    assert "撤销月结" not in (await sun.sees("已月结")).buttons()


async def test_opened_again_for_one_person_until_it_closes_by_itself(world):
    zhou, wang, liu, sun = await a_team(world)
    world.cadre("周建民")
    await world.at("09:10", date(2026, 12, 1))
    await sun.says("月结")
    await sun.presses("锁定11月")
    await sun.presses("仍要锁定")
    await sun.presses("单独开放")
    await sun.sees("为谁开放11月考勤？发姓名。", buttons=["取消"])
    await sun.says("张三")
    await sun.sees("11月在本县驻村的人里没有找到「张三」。请发全名再试。")
    await sun.says("周建")
    await sun.sees("找到这些，是哪一位？", "周建国 · 石门村", buttons=["1 周建国", "2 周建民", "取消"])
    await sun.presses("1 周建国")
    await sun.sees("为什么给周建国开放？")
    await sun.says("30日在镇里取种子，镇里出了证明")
    await sun.sees("为周建国开放11月考勤几天？", "原因：30日在镇里取种子", buttons=["1 天", "3 天", "7 天", "取消"])
    await sun.presses("3 天")
    await sun.sees("🔓 已为周建国单独开放11月考勤，12月3日 24:00到期自动关上。", buttons=["开放记录", "月结"])
    await zhou.sees("🔓 11月考勤为您单独开放到12月3日 24:00（《意见》三（二））。", "原因：30日在镇里取种子")
    await sun.presses_data("reopen:days:3")
    await sun.sees("这一步已经过了。")
    await wang.says("公出 11-30 到县里开会")
    await wang.sees("11月考勤已经月结")  # it is for one person only
    await liu.presses("情况属实")
    await liu.sees("情况属实 · 刘敏")
    assert await world.day(zhou, Half.AM, NOVEMBER_30) is HalfStatus.ON_DUTY
    await sun.presses("开放记录")
    await sun.sees("11月单独开放 1 次：", "周建国 · 12月1日起 · 到12月3日 24:00 · 孙丽 · 30日在镇里取种子", buttons=["关上 周建国", "返回"])  # fmt: skip
    await sun.presses("关上 周建国")
    await sun.sees("周建国 · 12月1日起 · 已关上", buttons=["返回"])
    (opened,) = await world.rows(MonthReopening)
    assert opened.closed_by_id == sun.person_id
    assert [tag for tag in await world.audit() if tag.startswith("month:")] == ["month:lock", "month:reopen", "month:close"]  # fmt: skip


async def test_who_sees_what_of_a_month(world):
    zhou, _wang, liu, sun = await a_team(world)
    leader = world.county_leader("何书记")
    await world.at("09:00", date(2026, 12, 1))
    for actor in (zhou, leader):
        await actor.says("月结")
        await actor.sees("「月结」由乡镇和县里查看（《意见》三（一））。")
    await liu.says("月结")
    seen = await liu.sees("📅 11月月结 · 柳河镇（样例） · 2 人")
    assert list(seen.buttons()) == ["柳河镇 1", "核实 1 人", "导出表", "上个月", "下个月"]
    for do in ("lock", "sure", "undo", "reopen", "opened", "what"):
        await liu.presses_data(f"month:{world.area_id('安岭县')}:2026-11:{do}:0:0")
    assert (await world.rows(MonthLock), await world.rows(MonthReopening)) == ([], [])
    await sun.says("月结")
    await sun.presses("锁定11月")
    await sun.presses("仍要锁定")
    await sun.presses("单独开放")
    await sun.says("取消")
    await sun.sees("好的，不办了：单独开放：为谁。没有记下任何东西。")
    await sun.says("语言")
    await sun.presses("English")
    await sun.says("close month")
    await sun.sees("📅 Nov", "Closed")
