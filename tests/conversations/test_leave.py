"""请假: asked for in three taps and a sentence or in one line, decided by the level whose it is, withdrawn."""

from datetime import date

import pytest

from storage.tables import Audit, LeaveRequest, LeaveState


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def test_three_taps_and_a_sentence(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await zhou.says("📝请假")
    await zhou.sees("请选假别", buttons=["事假", "病假", "年休假", "更多", "取消"])
    await zhou.presses("事假")
    await zhou.sees("什么时候？", buttons=["明天1天", "明天起2天", "明天下午起1天半", "选日期", "取消"])
    await zhou.presses("明天下午起1天半")
    await zhou.sees("事由和去向，一句话：")
    await zhou.says("孩子看病，回石家庄")
    await zhou.sees(
        "请核对：",
        "事假 · 11月24日下午至25日 · 1.5 个工作日",
        "孩子看病，回石家庄",
        "村里还有 2 人：王强、赵敏",
        "审批人：柳河镇党委 刘敏（超过1天、不超过3天，本县规定）",
        buttons=["提交", "修改", "加附件", "改电话", "取消"],
    )
    await zhou.presses("提交")
    await zhou.sees("已提交，等柳河镇党委审批，有结果马上告诉您。", buttons=["撤回", "补附件"])
    await liu.sees(
        "📝 请假 · 周建国 · 石门村",
        "事假 · 11月24日下午至25日 · 1.5 个工作日",
        "孩子看病，回石家庄",
        "今年已请 0 天 · 批准后村里还有 2 人（最少 1 人）",
        buttons=["同意", "不同意", "报县审批", "经请示同意"],
    )
    await liu.presses("同意")
    await liu.sees("已批准 · 刘敏 · 11月23日")
    await zhou.sees("✅ 请假已批准（柳河镇党委 刘敏）：11月24日下午至25日。11月26日返回后点「销假」。")
    tags = [row.action for row in await world.rows(Audit) if row.action.startswith("leave")]
    assert tags == ["leave:request", "leave:decide"]


async def test_other_days_by_the_calendar(world, people):
    zhou = people["zhou"]
    await zhou.says("请假")
    await zhou.presses("病假")
    await zhou.presses("选日期")
    await zhou.sees("11月，从哪天起？")
    await zhou.presses("›")
    await zhou.sees("12月，从哪天起？")
    await zhou.presses("30")
    await zhou.presses("下午起")
    await zhou.sees("从12月30日下午起，到哪天？")
    await zhou.presses("31")
    await zhou.presses("到中午")
    await zhou.sees("事由和去向，一句话：")
    await zhou.says("看病，回石家庄")
    await zhou.sees("病假 · 12月30日下午至31日上午 · 1 个工作日")


async def test_one_line_does_the_same(world, people):
    zhou = people["zhou"]
    await zhou.says("请假 11-24下午到11-25 孩子看病 回石家庄")
    await zhou.sees(
        "事假 · 11月24日下午至25日 · 1.5 个工作日",
        "孩子看病 回石家庄",
        buttons=["提交", "修改", "加附件", "改电话", "取消"],
    )
    await zhou.presses("取消")
    assert await world.rows(LeaveRequest) == []


async def test_a_short_one_is_the_first_secretarys(world, people):
    zhou, wang = people["zhou"], people["wang"]
    await zhou.says("请假 明天上午 去银行")
    await zhou.sees("0.5 个工作日", "审批人：第一书记 王强（不超过1天，本县规定）")
    await zhou.presses("提交")
    await wang.presses("不同意")
    await wang.sees("为什么不同意", buttons=["近期工作忙，请改个时间", "村里人手不够", "请先补上材料", "取消"])
    await wang.presses("村里人手不够")
    await zhou.sees("请假没有批准（第一书记 王强）", "理由：村里人手不够")


async def test_a_first_secretarys_is_never_his_own(world, people):
    wang = people["wang"]
    await wang.says("请假 明天上午 去银行")
    await wang.presses("不交接")
    await wang.sees("审批人：柳河镇党委 刘敏")


async def test_who_stands_in_decides_meanwhile(world, people):
    wang, zhao, zhou, liu = (people[name] for name in ("wang", "zhao", "zhou", "liu"))
    await wang.says("请假 今天到明天 家里有事")
    await wang.sees("交接给谁？", buttons=["周建国", "赵敏", "不交接", "取消"])
    await wang.presses("赵敏")
    await wang.sees("请核对：", "交接给赵敏")
    await wang.presses("提交")
    await liu.presses("同意")
    await zhou.says("请假 11-26上午 去银行")
    await zhou.sees("审批人：第一书记 赵敏（第一书记请假中）")
    await zhou.presses("提交")
    await zhao.sees("📝 请假 · 周建国", buttons=["同意", "不同意", "报乡镇审批"])
    await zhao.presses("同意")
    await zhou.sees("✅ 请假已批准（第一书记 赵敏）")
    await world.at("09:00", on=date(2026, 11, 25))
    await zhou.says("请假 11-27上午 去银行")
    await zhou.sees("审批人：第一书记 王强")


async def test_where_nobody_is_in_office_the_level_above_decides_and_it_says_why(world):
    zhou = world.cadre("周建国", village="石门村")
    world.township_officer("刘敏")
    await zhou.says("请假 明天上午 去银行")
    await zhou.sees("审批人：柳河镇党委 刘敏（第一书记空缺）")


async def test_below_the_minimum_the_approver_says_why(world):
    zhou = world.cadre("周建国", village="石门村")
    liu = world.township_officer("刘敏")
    await zhou.says("请假 明天上午 去银行")
    await zhou.sees("这几天村里没有别人了")
    await zhou.presses("提交")
    await liu.presses("同意")
    await liu.sees("批准后村里只剩 0 人，少于 1 人（本县规定）。要批，请用一句话写明理由：", buttons=["取消"])
    await liu.says("镇里派人顶班")
    await liu.sees("已同意，理由也记下了。")
    await zhou.sees("✅ 请假已批准")


async def test_passed_up_the_county_decides(world, people):
    zhou, liu, sun = people["zhou"], people["liu"], people["sun"]
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    await liu.presses("报县审批")
    await zhou.sees("已提交，等县驻村办审批")
    await sun.sees("📝 请假 · 周建国", "已报上级 · 刘敏", buttons=["同意", "不同意", "经请示同意"])
    await sun.presses("同意")
    await zhou.sees("✅ 请假已批准（县驻村办 孙丽）")


async def test_a_secretarys_word_is_recorded_as_such_and_the_county_has_a_copy(world, people):
    zhou, liu, sun = people["zhou"], people["liu"], people["sun"]
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    await liu.presses("经请示同意")
    await liu.sees("经谁口头同意？写姓名和职务，例如：张书记。", buttons=["取消"])
    await liu.says("镇党委张书记")
    await liu.sees("已同意：经请示镇党委张书记同意。")
    await zhou.sees("✅ 请假已批准（柳河镇党委 刘敏）")
    await sun.sees("📎 请假抄送：周建国（石门村）", "已批准 · 刘敏", "理由：经请示镇党委张书记同意")


async def test_withdrawn_before_a_decision_nobody_decides(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    await zhou.presses("撤回")
    await liu.sees("已撤回")
    (leave,) = await world.rows(LeaveRequest)
    assert leave.state is LeaveState.WITHDRAWN


async def test_what_overlaps_a_trip_is_refused_with_the_rule(world, people):
    zhou = people["zhou"]
    await zhou.says("公出 11-25 到县里开会")
    await zhou.says("请假 11-24下午到11-25 孩子看病")
    await zhou.sees("这几天和已报备的公出重叠（11月25日），没有提交（本县规定）。")
