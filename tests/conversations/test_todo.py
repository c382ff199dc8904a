"""待办: everything that waits for oneself, the oldest first; card by card, several in one go; what a cadre owes."""

from datetime import date

import pytest

from storage.tables import Audit, LeaveRequest, LeaveState

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国"),
        "wang": world.cadre("王强", secretary=True),
        "zhao": world.cadre("赵敏"),
        "li": world.cadre("李雪", village="东峪村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def asks(actor, line):
    await actor.says(line)
    await actor.presses("提交")
    await actor.looks_away()


async def explains(actor):
    await actor.sends_location(km_from_village=9, village=actor.village)
    await actor.presses("说明情况")
    await actor.says("在镇里取种子")


async def test_each_has_what_waits_for_him_the_oldest_first(world, people):
    zhou, wang, zhao, li, liu, sun = people.values()
    await wang.says("待办")
    await wang.sees("现在没有要您办的。有了会发到这里，不用来找。", buttons=[])
    await asks(zhou, "请假 明天上午 去银行")
    await world.advance(minutes=5)
    await asks(li, "请假 11-30到12-1 孩子看病")
    await explains(zhao)
    await world.at("08:00", TUESDAY)
    await asks(li, "请假 12-7到12-11 回家探亲")
    await world.at("09:30", date(2026, 11, 25))
    await wang.says("📌待办")
    await wang.sees("📌 待您处理 1 件：请假 1\n1. 请假 · 周建国（石门村） · 11月23日，等了 2 天")
    await liu.says("/todo")
    said = await liu.sees("待您处理 3 件：请假 2 · 核实 1", buttons=["逐件处理", "全部同意", "请假 2", "核实 1"])
    lines = said.text.splitlines()[1:]
    assert [line.split("（")[0] for line in lines] == ["1. 请假 · 周建国", "2. 请假 · 李雪", "3. 核实 · 赵敏"], (
        "nobody has decided in eight office hours: the level above may as well"
    )
    await sun.says("待办")
    await sun.sees("待您处理 3 件：请假 2 · 核实 1", "李雪（东峪村） · 11月23日", "李雪（东峪村） · 11月24日")
    await liu.presses("核实 1")
    await liu.sees("1. 核实 · 赵敏（石门村） · 11月23日", buttons=["逐件处理", "全部同意", "请假 2", "看全部"])
    await liu.presses("逐件处理")
    await liu.sees("待核实 · 赵敏")
    await liu.presses("先跳过")
    await liu.sees("这一遍看完了，还有 1 件没有定。", buttons=["再看一遍", "看全部"])
    await liu.presses("再看一遍")
    await liu.sees("待核实 · 赵敏")
    await li.says("待办")
    await li.sees("您还有", "待核实，没签到的可以补签。", buttons=["补签"])


async def test_who_stands_in_has_the_list_and_the_key(world, people):
    zhou, wang, zhao, _li, liu, _sun = people.values()
    await zhao.says("帮助")
    await zhao.sees("能做这些", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    await wang.says("请假 今天到明天 家里有事")
    await wang.presses("赵敏")
    await wang.presses("提交")
    await liu.presses("同意")
    await asks(zhou, "请假 11-26上午 去银行")
    await zhao.says("待办")
    await zhao.sees("待您处理 1 件：请假 1")
    await wang.says("待办")
    await wang.sees("现在没有要您办的")
    await zhao.presses("逐件处理")
    await zhao.sees("📝 请假 · 周建国", buttons=["同意", "不同意", "报乡镇审批", "先跳过"])
    await zhao.presses("同意")
    await zhao.sees("已批准 · 赵敏", buttons=["审批表", "下一件"])
    await zhao.presses("下一件")
    assert (await zhao.sees("都办完了")).toast
    await zhao.says("待办")
    await zhao.sees("现在没有要您办的", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "📌待办", "❓帮助"])


async def test_what_was_settled_in_the_night_is_not_counted_in_the_morning(world, people):
    zhou, _wang, _zhao, li, liu, _sun = people.values()
    await world.at("21:10")
    await asks(zhou, "请假 11-30到12-1 孩子看病")
    await asks(li, "请假 11-30上午到12-1 孩子看病")
    await explains(zhou)
    await liu.says("待办")
    await liu.presses("逐件处理")
    await liu.sees("请假 · 周建国")
    await liu.presses("同意")
    await liu.looks_away()
    await world.at("08:00", TUESDAY)
    await liu.sees("今天待您处理 2 件：请假 1 · 核实 1。")


async def test_several_in_one_go_each_by_its_own_rules(world, people):
    zhou, wang, zhao, li, liu, _sun = people.values()
    await asks(zhou, "请假 11-30到12-1 孩子看病")
    await asks(li, "请假 11-30到12-1 家里有事")  # alone in his village
    await explains(wang)
    await world.at("08:10", TUESDAY)
    await zhao.says("补签 昨天 手机没电")
    await liu.says("待办")
    await liu.sees("待您处理 4 件：请假 2 · 核实 1 · 补签 1")
    await liu.presses("全部同意")
    await liu.sees(
        "请再看一遍，点名字可以去掉或加上：",
        "☑ 请假 · 周建国（石门村）\n　事假 · 11月30日至12月1日 · 2 个工作日，孩子看病",
        "☑ 核实 · 王强（石门村）\n　11月23日全天，在镇里取种子",
        "☑ 补签 · 赵敏（石门村）\n　11月23日全天，手机没电",
        buttons=["☑ 周建国", "☑ 李雪", "☑ 王强", "☑ 赵敏", "同意 4 件", "取消"],
    )
    await liu.presses("☑ 王强")
    await liu.sees("⬜ 核实 · 王强")
    before = len(await world.rows(Audit))
    await liu.presses("同意 3 件")
    await liu.sees(
        "✅ 已同意 2 件，已告诉本人。\n· 请假 · 周建国（石门村）\n· 补签 · 赵敏（石门村）",
        "没有同意 1 件：\n· 请假 · 李雪（东峪村）：批准后村里只剩 0 人，少于 1 人，还没有同意（本县规定）。",
        buttons=["待办"],
    )
    tags = [row.action for row in (await world.rows(Audit))[before:] if row.person_id == liu.person_id]
    assert tags == ["leave:decide", "correction:decide"]
    await zhou.sees("✅ 请假已批准")
    await zhao.sees("✅ 补签已同意")
    states = {row.person_id: row.state for row in await world.rows(LeaveRequest)}
    assert states == {zhou.person_id: LeaveState.APPROVED, li.person_id: LeaveState.WAITING}
    await liu.presses("待办")
    await liu.sees("待您处理 2 件：请假 1 · 核实 1")


async def test_what_was_settled_meanwhile_or_left_is_not_touched(world, people):
    zhou, wang, _zhao, _li, liu, _sun = people.values()
    await asks(zhou, "请假 明天上午 去银行")
    await wang.says("待办")
    await wang.presses("全部同意")
    await wang.says("随便")
    await wang.sees("正在办：几件一起同意。请点上面的按钮，或先取消。")
    await wang.presses("取消")
    agreed = await wang.sees("好的，不办了：几件一起同意")
    assert [row.state for row in await world.rows(LeaveRequest)] == [LeaveState.WAITING]
    await wang.presses_data("todoyes", agreed)
    await wang.sees("这一步已经过了，没有改动。发「待办」看看现在还有哪些。")
    await wang.says("待办")
    await wang.presses("全部同意")
    await zhou.presses("撤回")
    await wang.presses("同意 1 件")
    await wang.sees("这一步已经过了，没有改动")
    await liu.says("待办")
    await liu.presses_data("todoall:0:leave")
    assert (await liu.sees("这一页没有可以一起同意的了")).toast


async def test_pages_and_skipping(world, people):
    liu = people["liu"]
    cadres = [world.cadre(f"干部{n:02d}") for n in range(10)]
    for cadre in cadres:
        await explains(cadre)
        await world.advance(minutes=1)
    await liu.says("待办")
    said = await liu.sees("待您处理 10 件：核实 10", buttons=["逐件处理", "全部同意", "下一页"])
    assert len(said.text.splitlines()) == 9
    await liu.presses("下一页")
    await liu.sees("9. 核实 · 干部08", "10. 核实 · 干部09", buttons=["逐件处理", "全部同意", "上一页"])
    await liu.presses("逐件处理")
    for cadre in cadres:
        await liu.sees(f"待核实 · {cadre.name}")
        await liu.presses("先跳过")
    await liu.sees("这一遍看完了，还有 10 件没有定。", buttons=["再看一遍", "看全部"])


async def test_what_a_cadre_owes_himself(world, people):
    zhou, _wang, zhao, _li, liu, _sun = people.values()
    await asks(zhou, "请假 今天到明天 孩子看病")
    await liu.presses("同意")
    await zhao.says("公出 今天 到镇里开会")
    await liu.presses("有异议")
    await liu.says("镇里今天没有会")
    await world.at("08:00", date(2026, 11, 25))
    await zhou.says("待办")
    await zhou.sees("您还有 1 件事：\n· 销假：假期到11月24日，回村点「📍签到」。", buttons=["续假"])
    await zhao.says("待办")
    await zhao.sees("公出有异议：11月23日全天，到镇里开会。", buttons=["回一句", "补签"])
    await zhao.presses("回一句")
    await zhao.says("临时改到下午开了")
    await liu.says("待办")
    await liu.sees("待您处理 1 件：公出 1", "公出 · 赵敏（石门村）", buttons=["逐件处理"])
    await liu.presses("逐件处理")
    await liu.sees("本人说明：临时改到下午开了", buttons=["撤回异议", "先跳过"])
    await liu.presses("撤回异议")
    await liu.says("待办")
    await liu.sees("现在没有要您办的")


async def test_a_return_in_words_waits_for_the_township(world, people):
    zhou, _wang, _zhao, _li, liu, _sun = people.values()
    await asks(zhou, "请假 今天到明天 孩子看病")
    await liu.presses("同意")
    await world.at("09:00", date(2026, 11, 25))
    await zhou.says("销假 在村委会")
    await liu.says("待办")
    await liu.sees("待您处理 1 件：销假 1")
    await liu.presses("全部同意")
    await liu.sees("☑ 销假 · 周建国（石门村）\n　11月25日，在村委会")
    await liu.presses("同意 1 件")
    await liu.sees("✅ 已同意 1 件，已告诉本人。")
    await liu.says("待办")
    await liu.sees("现在没有要您办的")


async def test_in_english(world, people):
    zhou, wang, _zhao, _li, liu, _sun = people.values()
    await asks(zhou, "请假 明天上午 去银行")
    await explains(wang)
    for actor in (wang, liu):
        await actor.says("语言")
        await actor.presses("English")
        await actor.says("/todo")
        said = await actor.last()
        names = "周建国王强石门村"
        assert not [sign for sign in said.text if "\u4e00" <= sign <= "\u9fff" and sign not in names]
