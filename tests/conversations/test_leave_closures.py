"""全员在岗: the county closes days to leave; who asks is warned, who approves is stopped, who is excepted is neither."""

from datetime import date

import pytest

from storage.tables import Audit, LeaveClosure, LeaveRequest, LeaveState


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def test_set_step_by_step_warned_and_stopped_excepted_and_approved(world, people):
    zhou, wang, sun = (people[name] for name in ("zhou", "wang", "sun"))
    await sun.says("全员在岗")
    await sun.sees("全员在岗 · 安岭县", "现在没有全员在岗的日子", buttons=["新定"])
    await sun.presses("新定")
    await sun.sees("哪几天全员在岗？例如：12-1到12-5 防汛。", buttons=["取消"])
    await sun.says("过几天")
    await sun.sees("没看懂“过几天”是哪一天")
    await sun.says("11-20到11-22")
    await sun.sees("11月22日已经过去了，没有定（本县规定）")
    await sun.says("12-1到2027-4-1")
    await sun.sees("一次最多 92 天，这次有 122 天，没有定（本县规定）")
    await sun.says("11-24到11-27")
    await sun.sees("为什么？一句话", buttons=["取消"])
    await sun.says("防汛")
    await sun.sees(
        "请核对：全员在岗 · 安岭县", "11月24日至27日，防汛", "没有例外", "已批假 0 次",
        buttons=["确定", "加例外", "取消"],
    )  # fmt: skip
    await sun.presses("确定")
    await sun.sees("✅ 已定全员在岗：11月24日至27日，防汛。", "不另外通知", buttons=["加例外", "解除", "看全部"])
    for other in ("zhou", "wang", "liu"):
        await people[other].sees_nothing()
    await zhou.says("请假 11-25上午 去银行")
    await zhou.sees("请核对：", "⚠️ 这几天全员在岗：防汛。")
    await zhou.presses("提交")
    await wang.sees("📝 请假 · 周建国", "⚠️ 这几天全员在岗：防汛。")
    await wang.presses("同意")
    await wang.sees("11月24日到11月27日全员在岗（防汛），没有同意（本县规定）。确有急事请报县驻村办列为例外。")
    await sun.presses("加例外")
    await sun.sees("谁例外？", buttons=["取消"])
    await sun.says("李雪")
    await sun.sees("本县名册里没有找到“李雪”，没有改动。")
    await sun.says("周建国、王强")
    await sun.sees("✅ 例外已改 · 全员在岗：11月24日至27日，防汛。例外：周建国、王强")
    card = await wang.sees("📝 请假 · 周建国")
    assert "全员在岗" not in card.text, "the card that waits shows how it stands"
    await wang.presses("同意")
    await zhou.sees("✅ 请假已批准")
    await sun.presses("加例外")
    await sun.sees("现在例外：周建国、王强")
    await sun.says("王强")
    await sun.sees("例外：周建国。")
    (closure,) = await world.rows(LeaveClosure)
    assert list(closure.exceptions) == [str(zhou.person_id)]
    rows = [row for row in await world.rows(Audit) if row.action.startswith("leave:close")]
    assert [row.action for row in rows] == ["leave:close", "leave:close_except", "leave:close_except"]
    assert "周建国" not in str([row.after for row in rows])


async def test_in_one_line_with_exceptions_listed_and_lifted(world, people):
    zhao, wang, sun = (people[name] for name in ("zhao", "wang", "sun"))
    await zhao.says("请假 11-26上午 去银行")
    await zhao.presses("提交")
    await sun.says("停假 11-25到11-26 迎接检查，除了石门村周建国")
    await sun.sees(
        "请核对：", "11月25日至26日，迎接检查", "例外：周建国", "已批假 0 次，不受影响；等审批 1 次，不能同意。"
    )
    await sun.presses("确定")
    await wang.sees("📝 请假 · 赵敏", "⚠️ 这几天全员在岗：迎接检查。")
    await sun.says("/closures")
    await sun.sees("1. 11月25日至26日，迎接检查。例外：周建国", buttons=["1 加例外", "1 解除", "新定"])
    await sun.presses("1 解除")
    await sun.sees("已解除全员在岗：11月25日至26日", "照常批假", buttons=["看全部"])
    await sun.presses("看全部")
    await sun.sees("现在没有全员在岗的日子")
    await wang.presses("同意")
    (leave,) = await world.rows(LeaveRequest)
    assert leave.state is LeaveState.APPROVED
    (closure,) = await world.rows(LeaveClosure)
    await sun.presses_data(f"closure:lift:{closure.id}")
    await sun.sees("这件事已经有人处理过了")
    await sun.says("全员在岗 12-7到12-9 防汛")
    await sun.presses("取消")
    await sun.sees("好的，不办了")
    assert len(await world.rows(LeaveClosure)) == 1
    await world.at("09:00", on=date(2026, 11, 27))
    await sun.says("全员在岗")
    await sun.sees("现在没有全员在岗的日子")


async def test_namesakes_are_told_apart_and_other_places_are_out_of_reach(world, people):
    sun = people["sun"]
    first = world.cadre("周强", village="石门村")
    world.cadre("刘洋", village="石门村")
    await sun.says("全员在岗 12-1 防汛 例外：周强、刘洋")
    await sun.sees("例外：刘洋、周强")
    await sun.presses("确定")
    (closure,) = await world.rows(LeaveClosure)
    assert str(first.person_id) in closure.exceptions
    other = world.county_staff("钱科长", county="平川县")
    leader = world.county_leader("何书记")
    await other.says("全员在岗")
    await other.sees("全员在岗 · 平川县", "现在没有")
    for act in ("but", "lift"):
        await other.presses_data(f"closure:{act}:{closure.id}")
        await other.sees("不在您的职责范围内")
    await leader.says("全员在岗")
    await leader.sees("1. 12月1日，防汛。例外：刘洋、周强", buttons=[])
    await people["wang"].says("今天全员在岗")
    await people["wang"].sees("在岗（")
    ma = world.admin("马处长")
    await ma.says("全员在岗 12-8 防汛")
    await ma.sees("全员在岗：哪个县？", buttons=["安岭县", "平川县"])
    await ma.says("全员在岗 平川县 12-8 防汛")
    await ma.sees("请核对：全员在岗 · 平川县", "12月8日，防汛")


async def test_in_english(world, people):
    sun, wang = people["sun"], people["wang"]
    for actor in (sun, wang):
        await actor.says("语言")
        await actor.presses("English")
    await sun.says("all on duty 1 Dec to 5 Dec flood except 周建国")
    await sun.sees("Please check: all on duty", "flood", "But for: 周建国", buttons=["Confirm", "Exceptions", "Cancel"])
    await sun.presses("Confirm")
    await sun.sees("Set: all on duty", "nobody gets a message", buttons=["Exceptions", "Lift", "All"])
    await people["zhao"].says("请假 12-2上午 去银行")
    await people["zhao"].presses("提交")
    await wang.presses("Approve")
    await wang.sees("flood", "county rule")
