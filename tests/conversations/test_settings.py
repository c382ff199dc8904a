"""设置: what is shown, how it is changed, what is refused."""

from datetime import date

import pytest

from policy.profile import PARAMETERS, Group
from storage.tables import Audit, Setting

GROUPS = [
    "签到", "在村与公出", "请假销假", "补签", "批评与召回", "走访", "抽查", "通报", "消息与勿扰", "年度考核", "工作队", "记录与时区",
    "用语与职责",
]  # fmt: skip


async def opened(actor, group, name):
    await actor.says("设置")
    await actor.presses(group)
    await actor.presses(name)


async def changed(actor, value, when="今天", reason="山区自然村分散"):
    await actor.presses("修改")
    await actor.says(value)
    await actor.presses(when)
    await actor.says(reason)
    await actor.presses("确认")


async def test_the_groups_and_what_holds_in_one(world):
    chen = world.county_staff("陈科长")
    world.cadre("周建国")
    await chen.says("⚙️设置")
    await chen.sees("设置 · 安岭县", buttons=[*GROUPS, "下级地区"])
    await chen.presses("签到")
    said = await chen.sees("签到 · 安岭县", "签到方式 自愿\n", "驻村范围 1500 米\n", "签到开始 06:00\n")
    assert len(said.text.splitlines()) == 1 + sum(parameter.group is Group.CHECKIN for parameter in PARAMETERS.values())
    await chen.presses("驻村范围")
    said = await chen.sees(
        "驻村范围：1500 米",
        "安岭县 · 没有改过，用默认值",
        "默认 1500 米（本县规定）",
        "可以填：100 到 20000 米",
        buttons=["修改", "返回"],
    )
    assert len(said.text.splitlines()) <= 6


async def test_a_value_is_changed_from_today(world):
    chen, zhou = world.county_staff("陈科长"), world.cadre("周建国")
    await opened(chen, "签到", "驻村范围")
    await chen.presses("修改")
    await chen.sees("「驻村范围」改成什么", "100 到 20000 米", buttons=["默认值", "取消"])
    await chen.says("2公里")
    await chen.sees("「驻村范围」不能填“2公里”，没有改动（本县规定）。可以填：100 到 20000 米。", buttons=["取消"])
    await chen.says("２０００米")
    await chen.sees("改成 2000 米。从哪天起", buttons=["今天", "明天", "下月1日", "取消"])
    await chen.presses("今天")
    await chen.sees("为什么改", buttons=["取消"])
    await chen.says("山区自然村分散")
    await chen.sees("请核对：", "安岭县 · 驻村范围", "1500 米 → 2000 米，11月23日起", "原因：山区自然村分散")
    assert await world.rows(Setting) == []
    await chen.presses("确认")
    await chen.sees("已改 · 安岭县 · 驻村范围：2000 米，11月23日起", buttons=["看这一项"])
    await chen.presses("看这一项")
    await chen.sees("驻村范围：2000 米", "安岭县 · 11月23日起 · 山区自然村分散")
    row = (await world.rows(Audit))[-1]
    assert (row.action, row.role, row.before["value"], row.after["value"]) == (
        "setting:change", "county_staff", 1500, 2000,
    )  # fmt: skip
    assert row.after["reason"] == "山区自然村分散"
    await zhou.sends_location(km_from_village=1.9)
    await zhou.sees("已签到")


async def test_what_comes_by_itself_has_its_time_or_is_off(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "消息与勿扰", "乡镇待办汇总")
    await chen.sees("乡镇待办汇总：18:00", "可以填：时间，例如 06:00；不要就写“关”", "没有待处理的就不发")
    await chen.presses("修改")
    await chen.sees("改成什么", buttons=["关", "默认值", "取消"])
    await chen.presses("关")
    await chen.sees("「乡镇待办汇总」改成 关。从哪天起")
    await chen.presses("今天")
    await chen.says("乡镇都看待办")
    await chen.sees("18:00 → 关，11月23日起")
    await chen.presses("确认")
    await chen.sees("已改 · 安岭县 · 乡镇待办汇总：关")
    await chen.presses("看这一项")
    await chen.presses("修改")
    await chen.says("17点半")
    await chen.presses("明天")
    await chen.says("早一点")
    await chen.sees("关 → 17:30")
    await opened(chen, "记录与时区", "考勤从哪天起")
    await chen.sees("考勤从哪天起：没有填", "就从各人任职那天起")


async def test_a_change_to_come_can_be_taken_back(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "驻村范围")
    await changed(chen, "2000", "下月1日")
    await chen.sees("已改", "12月1日起", buttons=["撤回改动", "看这一项"])
    await chen.presses("看这一项")
    await chen.sees("驻村范围：1500 米", "12月1日起改为 2000 米，还没生效", buttons=["修改", "撤回改动", "返回"])
    await chen.presses("撤回改动")
    await chen.sees("已撤回", "12月1日起的改动不生效了")
    assert await world.rows(Setting) == []
    assert (await world.audit())[-2:] == ["setting:change", "setting:withdraw"]
    await chen.presses("看这一项")
    await chen.sees("没有改过", buttons=["修改", "返回"])


async def test_what_is_in_force_is_not_taken_back(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "驻村范围")
    await changed(chen, "2000", "明天")
    said = await chen.sees("已改")
    undo = said.buttons()["撤回改动"]
    await world.advance(days=1)
    await chen.presses_data(undo, said)
    await chen.sees("从11月24日起已经生效，不能撤回")
    assert len(await world.rows(Setting)) == 1


@pytest.mark.parametrize("typed, shown", [
    ("12月1日", "12月1日起"), ("明天", "11月24日起"), ("2027-01-01", "2027-01-01起"), ("2026年12月5日", "12月5日起"),
])  # fmt: skip
async def test_the_date_can_be_typed(world, typed, shown):
    chen = world.county_staff("陈科长")
    await opened(chen, "补签", "补签时限")
    await chen.presses("修改")
    await chen.says("72小时")
    await chen.says(typed)
    await chen.says("节日多")
    await chen.sees("48 小时 → 72 小时", shown)


async def test_odd_and_past_dates_are_refused_and_the_question_stays(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "补签", "补签时限")
    await chen.presses("修改")
    await chen.says("72")
    await chen.says("等两天")
    await chen.sees("没看懂“等两天”是哪一天", "12月1日", buttons=["取消"])
    await chen.says("2026-11-22")
    await chen.sees("11月22日已经过去，没有改动", buttons=["取消"])
    await chen.says("昨天")
    await chen.sees("11月22日已经过去，没有改动", buttons=["取消"])
    await chen.says("明天")
    await chen.sees("为什么改")


async def test_choices_are_buttons(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "签到方式")
    await chen.sees("签到方式：自愿", "国办函〔2026〕12号")
    await chen.presses("修改")
    await chen.sees("改成什么", buttons=["关闭", "自愿", "必须", "默认值", "取消"])
    await chen.presses("关闭")
    await chen.presses("今天")
    await chen.says("防汛结束")
    await chen.presses("确认")
    await chen.sees("已改", "签到方式：关闭")
    await opened(chen, "在村与公出", "公出算在村")
    await chen.presses("修改")
    await chen.sees("改成什么", buttons=["开", "关", "默认值", "取消"])


async def test_required_needs_dates_and_a_written_basis(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "签到方式")
    await chen.presses("修改")
    await chen.presses("必须")
    await chen.presses("今天")
    await chen.sees("「签到方式」要填“必须”，得先填好「必须签到依据」", "国办函〔2026〕12号")
    await chen.presses("取消")
    for name, value in (
        ("必须签到依据", "县防指〔2026〕3号"),
        ("必须签到从", "2026-11-23"),
        ("必须签到到", "2026-11-30"),
    ):
        await opened(chen, "签到", name)
        await changed(chen, value)
        await chen.sees("已改")
    await opened(chen, "签到", "签到方式")
    await chen.presses("修改")
    await chen.presses("必须")
    await chen.presses("今天")
    await chen.says("防汛应急响应")
    await chen.presses("确认")
    await chen.sees("已改", "签到方式：必须")


async def test_values_must_agree_with_each_other(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "签到开始")
    await chen.presses("修改")
    await chen.says("13:00")
    await chen.presses("今天")
    await chen.sees("「签到开始」（13:00）要早于或不超过「上下午分界」（12:00）")
    assert await world.rows(Setting) == []


async def test_a_change_that_would_break_a_later_day_is_refused(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "上下午分界")
    await changed(chen, "11:00", "下月1日")
    await opened(chen, "签到", "签到开始")
    await chen.presses("修改")
    await chen.says("11:30")
    await chen.presses("今天")
    await chen.sees("「签到开始」（11:30）要早于或不超过「上下午分界」（11:00）")


async def test_the_same_value_is_no_change(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "驻村范围")
    await chen.presses("修改")
    await chen.presses("默认值")
    await chen.presses("今天")
    await chen.sees("「驻村范围」那天本来就是“1500 米”，没有改动。")


async def test_what_an_area_inherits_is_said(world):
    admin, chen = world.admin("马处长"), world.county_staff("陈科长")
    await opened(admin, "签到", "驻村范围")
    await changed(admin, "3000", reason="全省统一")
    await opened(chen, "签到", "驻村范围")
    await chen.sees("驻村范围：3000 米", "安岭县 · 沿用样例省的，11月23日起")


async def test_areas_below_have_their_own(world):
    chen, zhou = world.county_staff("陈科长"), world.cadre("周建国", township="柳河镇")
    await chen.says("设置")
    await chen.presses("下级地区")
    await chen.sees("安岭县的下级地区", buttons=["柳河镇", "返回"])
    await chen.presses("柳河镇")
    said = await chen.sees("设置 · 柳河镇")
    assert "下级地区" not in said.buttons(), "villages have no settings of their own"
    await chen.presses("签到")
    await chen.presses("驻村范围")
    await changed(chen, "5000")
    await zhou.sends_location(km_from_village=4.9)
    await zhou.sees("已签到")


async def test_of_several_areas_it_is_asked_which(world):
    chen = world.county_staff("陈科长")
    world.county_staff("陈科长", county="邻山县")
    await chen.says("设置")
    await chen.sees("哪个地区的", buttons=["安岭县", "邻山县"])
    await chen.presses("邻山县")
    await chen.sees("设置 · 邻山县")


async def test_only_county_staff_and_admins(world):
    zhou, wang, leader = world.cadre("周建国"), world.township_officer("王主任"), world.county_leader("何书记")
    chen = world.county_staff("陈科长")
    for actor in (zhou, wang, leader):
        await actor.says("设置")
        await actor.sees("设置由县驻村办管")
    await chen.says("设置")
    said = await chen.sees("设置 · 安岭县")
    await wang.presses_data(said.buttons()["签到"], said)
    await wang.sees("不在您的职责范围内")


async def test_another_county_is_out_of_reach(world):
    chen, other = world.county_staff("陈科长"), world.county_staff("邻县老李", county="邻山县")
    await opened(chen, "签到", "驻村范围")
    shown = list((await chen.sees("驻村范围")).buttons().values())
    await changed(chen, "2000", "明天")
    undo = (await chen.sees("已改")).buttons()["撤回改动"]
    await other.says("设置")
    for data in (*shown, undo):
        await other.presses_data(data)
        await other.sees("不在您的职责范围内")
    assert len(await world.rows(Setting)) == 1


async def test_forged_and_old_buttons(world):
    chen = world.county_staff("陈科长")
    for data in ("sv:on", "sd:today", "sy"):
        await chen.says("设置")
        said = await chen.last()
        await chen.presses_data(data, said)
        await chen.sees("这一步已经过了，没有改动。发「设置」重新来。")
    said, area = await chen.last(), world.area_id("安岭县")
    await chen.presses_data(f"sk:{area}:show:no_such", said)
    await chen.sees("没有「no_such」这一项")
    await chen.presses_data("su:999999", said)
    await chen.sees("没有找到这一条")
    await chen.presses_data("sa:999999:groups:0", said)
    await chen.sees("没有找到这一条")
    await chen.presses_data("sg:1:nonsense", said)
    await chen.sees("这个按钮已经过时了")


async def test_cancel_and_draft(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "驻村范围")
    await chen.presses("修改")
    await chen.says("2000")
    await chen.says("今日在岗")
    await chen.says("设置")
    await chen.sees("设置 · 安岭县", buttons=[*GROUPS, "继续上次的"])
    await chen.presses("继续上次的")
    await chen.sees("「驻村范围」改成 2000 米。从哪天起")
    await chen.presses("今天")
    await chen.says("自然村分散")
    await chen.presses("取消")
    await chen.sees("不办了：改设置，等确认")
    assert await world.rows(Setting) == []


async def test_markup_in_a_reason_is_harmless(world):
    chen = world.county_staff("陈科长")
    await opened(chen, "签到", "必须签到依据")
    await changed(chen, "<b>县&发</b>", reason="<i>试</i>")
    await chen.sees("必须签到依据：<b>县&发</b>")


async def test_every_setting_can_be_opened(world):
    chen = world.county_staff("陈科长")
    await chen.says("设置")
    said = await chen.last()
    area = world.area_id("安岭县")
    for group in Group:
        await chen.presses_data(f"sg:{area}:{group.value}", said)
        await chen.looks_away()
    for key in PARAMETERS:
        await chen.presses_data(f"sk:{area}:show:{key}", said)
        shown = await chen.sees("默认")
        assert len(shown.text.splitlines()) <= 6
        await chen.presses_data(f"sk:{area}:change:{key}", shown)
        await chen.sees("改成什么")


async def test_an_earlier_day_keeps_its_rule(world):
    chen, zhou = world.county_staff("陈科长"), world.cadre("周建国")
    await opened(chen, "签到", "驻村范围")
    await changed(chen, "5000", "明天")
    await zhou.sends_location(km_from_village=4)
    await zhou.sees("不在驻村范围")
    await world.at("08:00", date(2026, 11, 24))
    await zhou.sends_location(km_from_village=4)
    await zhou.sees("已签到")
