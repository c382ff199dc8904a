"""报数 as it fills up: the progress, who has and who hasn't, 催报, 延期, 结束, 撤回, 导出表."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from documents import figures as paper
from documents.press import PressError
from handlers.cards import is_slow
from storage.tables import Audit, FigureRequest, Outbox
from tests.figures import ask

TUESDAY = date(2026, 11, 24)
OPEN = ["看各处", "未报名单", "催报", "导出表", "刷新", "更多"]


@pytest.fixture
async def county(world):
    """柳河镇 with 石门村 and 东峪村, 石桥镇 with 南坡村; asked by 孙丽 of the county."""
    people = {
        "王强": world.cadre("王强", secretary=True),
        "李雪": world.cadre("李雪", village="东峪村"),
        "潘建军": world.cadre("潘建军", village="南坡村", township="石桥镇", secretary=True),
        "刘敏": world.township_officer("刘敏"),
        "孙丽": world.county_staff("孙丽"),
    }
    await ask(people["孙丽"])
    return people


async def answer(person, line):
    await person.says(f"报数 {line}")
    await person.presses("提交")
    await person.sees("已报")


def progress_of(world, person):
    """The progress card as it stands."""
    return next(said for said in world.api.messages[person.chat_id] if said.text.startswith("📊 防汛受灾情况 ·"))


async def test_the_progress_card_changes_by_itself(world, county):
    sun = county["孙丽"]
    await sun.sees("已报 0/3", "还没有人报", "今天 18:00 前", buttons=OPEN)
    await sun.looks_away()
    await answer(county["王强"], "3 0 是 无")
    await sun.sees_nothing()
    await world.advance(seconds=3)
    await sun.sees("已报 1/3", "受灾户数 合计 3 户 · 危房 合计 0 处 · 是否停电 是 1 否 0", buttons=OPEN)
    await answer(county["李雪"], "42 6 否 已转移")
    await world.advance(seconds=3)
    said = await sun.sees("已报 2/3", "受灾户数 合计 45 户 · 危房 合计 6 处 · 是否停电 是 1 否 1")
    assert "已转移" not in said.text
    await world.at("18:30")
    await answer(county["潘建军"], "0 0 否 无")
    await world.advance(seconds=3)
    await sun.sees("已报 3/3", "已过截止时间，再报的记迟报", "迟报 1")


async def test_by_area_down_to_the_answers(world, county):
    sun = county["孙丽"]
    await answer(county["王强"], "3 0 是 无")
    await sun.presses("看各处")
    await sun.sees(
        "防汛受灾情况 · 安岭县 · 已报 1/3", "受灾户数 合计 3 户", "柳河镇  已报 1/2", "石桥镇  已报 0/1",
        buttons=["柳河镇", "石桥镇"],
    )  # fmt: skip
    await sun.presses("柳河镇")
    await sun.sees(
        "柳河镇 · 已报 1/2", "石门村 ✓ 3 户 · 0 处 · 是 · 无（王强 11月23日 08:02）", "东峪村 未报", buttons=["返回"]
    )
    await sun.presses("返回")
    await sun.sees("安岭县 · 已报 1/3", buttons=["柳河镇", "石桥镇"])
    await sun.presses("未报名单")
    await sun.sees("未报 · 防汛受灾情况 · 还有 2 个队", "柳河镇 东峪村\n石桥镇 南坡村", buttons=[])
    assert progress_of(world, sun).text.startswith("📊 防汛受灾情况 · 已报 0/3"), "lists come beside it"


async def test_a_township_sees_its_own_part(world, county):
    liu, sun = county["刘敏"], county["孙丽"]
    await answer(county["潘建军"], "9 0 是 无")
    await liu.says("报数")
    await liu.sees("1. 防汛受灾情况 · 已报 0/2", buttons=["1. 防汛受灾情", "新报数"])
    await liu.presses("1. 防汛受灾情")
    await liu.sees("防汛受灾情况 · 柳河镇 · 已报 0/2", "还没有人报", buttons=["看各处", "未报名单", "导出表", "刷新"])
    await liu.presses("看各处")
    said = await liu.sees("石门村 未报", "东峪村 未报", buttons=[])
    assert "南坡村" not in said.text
    [request] = await world.rows(FigureRequest)
    for data in (
        f"figl:{request.id}:by:{world.area_id('石桥镇')}:0:1",
        f"figl:{request.id}:who:{world.area_id('安岭县')}:0:1",
    ):
        await liu.presses_data(data)
        await liu.sees("没有找到")
    for do in ("remind", "more", "close", "close!", "withdraw!", "extend"):
        await liu.presses_data(f"figm:{request.id}:{do}")
        await liu.sees("不在您的职责范围内")
    xu = world.township_officer("许文静", "白杨乡")
    for other in (xu, county["王强"], world.unit_liaison("何静")):
        await other.says("报数")
        for data in (f"figl:{request.id}:sum:0:0:1", f"figl:{request.id}:missing:0:0:1", f"figm:{request.id}:sheet"):
            await other.presses_data(data)
            await other.sees("没有找到")
    assert (await world.rows(FigureRequest))[0].closed_at is None
    await sun.says("你好")


async def test_limited_to_a_part_it_says_so_everywhere(world, county):
    sun, liu = county["孙丽"], county["刘敏"]
    world.cadre("吴青山", village="下庄村", township="白杨乡")
    await sun.says("报数 雨情\n雨量 毫米\n依据：县防指通知\n截止：今天18:00")
    await sun.presses("修改")
    await sun.presses("范围")
    await sun.presses("柳河镇")
    await sun.presses("好了")
    await sun.sees("问 2 个队 · 柳河镇")
    await sun.presses("发送")
    await sun.sees("已发出：雨情（柳河镇）")
    await sun.sees("📊 雨情 · 柳河镇 · 已报 0/2")
    await county["王强"].says("报数 12")
    await county["王强"].presses("2. 雨情")
    await county["王强"].presses("提交")
    await sun.presses("看各处")
    await sun.sees("📊 雨情 · 柳河镇 · 已报 1/2", "柳河镇  已报 1/2")
    await sun.presses("未报名单")
    await sun.sees("未报 · 雨情 · 柳河镇 · 还有 1 个队")
    await sun.presses("导出表")
    said = await sun.sees("样例 · 雨情", "柳河镇 · 已报 1/2")
    assert said.file_name.startswith("样例报数-雨情-柳河镇-")
    notes = list(load_workbook(io.BytesIO(said.file)).worksheets[1].iter_rows(values_only=True))
    assert ("范围", "柳河镇") in notes
    await sun.says("报数")
    await sun.sees("雨情（柳河镇） · 已报 1/2")
    await liu.says("报数")
    await liu.presses("1. 雨情")
    await liu.sees("📊 雨情 · 柳河镇 · 已报 1/2")


async def test_a_leader_reads(world, county):
    chen = world.county_leader("陈志远")
    await chen.says("报数")
    await chen.presses("1. 防汛受灾情")
    await chen.sees("已报 0/3", buttons=["看各处", "未报名单", "刷新"])


async def test_above_the_county_nobody_is_named(world, county):
    """A province sees which teams have answered and what, and never who: decision 6."""
    zheng = world.admin("郑凯")
    await answer(county["王强"], "3 0 是 无")
    await zheng.says("报数")
    await zheng.presses("1. 防汛受灾情")
    await zheng.presses("看各处")
    await zheng.presses("柳河镇")
    said = await zheng.sees("石门村 ✓ 3 户 · 0 处 · 是 · 无（11月23日 08:02）", "东峪村 未报", buttons=["返回"])
    assert "王强" not in said.text
    await zheng.presses("未报名单")
    await zheng.sees("还有 2 个队", "柳河镇 东峪村")
    await county["孙丽"].says("报数")
    await county["孙丽"].presses("1. 防汛受灾情")
    await county["孙丽"].presses("看各处")
    await county["孙丽"].presses("柳河镇")
    await county["孙丽"].sees("（王强 11月23日 08:02）")


async def test_of_people_a_province_sees_numbers_only(world, county):
    zheng, sun = world.admin("郑凯"), county["孙丽"]
    await sun.says("报数 口罩\n口罩 只\n依据：县防指\n截止：今天18:00")
    await sun.presses("修改")
    await sun.presses("改为每人报")
    await sun.presses("发送")
    await county["王强"].says("报数 12")
    await county["王强"].presses("2. 口罩")
    await county["王强"].presses("提交")
    await zheng.says("报数")
    await zheng.presses("1. 口罩")
    await zheng.presses("看各处")
    await zheng.presses("柳河镇")
    said = await zheng.sees("口罩 合计 12 只", "石门村  已报 1/1", "省、市只看数字", buttons=["返回"])
    assert "王强" not in said.text
    [_, request] = await world.rows(FigureRequest)
    await zheng.presses_data(f"figl:{request.id}:who:{world.area_id('石门村')}:0:1")
    said = await zheng.sees("石门村 · 已报 1/1", "省、市只看数字")
    assert "王强" not in said.text
    await zheng.presses("未报名单")
    said = await zheng.sees("还有 2 个人", "省、市只看数字", buttons=[])
    assert "李雪" not in said.text
    await sun.presses("看各处")
    await sun.presses("柳河镇")
    await sun.sees("石门村 王强 ✓", "东峪村 李雪 未报")


async def test_many_are_turned_page_by_page(world):
    names = [f"样例{n:02d}村" for n in range(14)]
    for n, village in enumerate(names):
        world.cadre(f"干部{n}", village=village, township=f"样例{n % 10:02d}乡")
    sun = world.county_staff("孙丽")
    await ask(sun, "户数 户", title="防汛受灾情况")
    await sun.presses("看各处")
    first = await sun.sees("样例00乡  已报 0/2", "样例07乡")
    assert "样例08乡" not in first.text
    await sun.presses("下一页")
    await sun.sees("样例09乡", buttons=["样例08乡", "样例09乡", "上一页"])
    await sun.presses("样例09乡")
    await sun.sees("样例09村 未报", buttons=["返回"])
    await sun.presses("返回")
    await sun.sees("样例08乡", buttons=["样例08乡", "样例09乡", "上一页"])
    await sun.presses("未报名单")
    await sun.sees("还有 14 个队", buttons=["下一页"])
    await sun.presses("下一页")
    await sun.sees("还有 14 个队", buttons=["上一页"])


async def test_only_those_missing_are_reminded(world, county):
    sun, wang, li, pan = (county[name] for name in ("孙丽", "王强", "李雪", "潘建军"))
    await answer(wang, "3 0 是 无")
    for person in (wang, li, pan):
        await person.looks_away()
    await sun.presses("催报")
    assert (await sun.sees("已催 2 个，报过的不打扰")).toast
    await li.sees("⏰ 还没有报：防汛受灾情况（东峪村），今天 18:00 前", buttons=["开始填"])
    await pan.sees("还没有报")
    await wang.sees_nothing()
    await sun.presses("催报")
    await sun.sees("刚提醒过，没有再发（本县规定）：两次提醒隔 5 分钟。5 分钟后再点")
    await world.advance(minutes=5)
    await li.presses("开始填")
    await li.sees("1/4 受灾户数")
    await li.says("1 0 否 无")
    await li.presses("提交")
    told = [said.text for said in world.api.messages[li.chat_id]]
    assert len([text for text in told if text.startswith("✅ 已报：防汛受灾情况（东峪村）")]) == 3, (
        "the reminder as well"
    )
    assert not [text for text in told if text.startswith("⏰")]
    await sun.presses("催报")
    await sun.sees("已催 1 个")
    await world.advance(minutes=5)
    await sun.presses("催报")
    await world.advance(minutes=5)
    await sun.presses("催报")
    await sun.sees("已经提醒过 3 次，没有再发", "请打电话问")
    assert "催过 3 次" in progress_of(world, sun).text
    await sun.presses("刷新")
    assert (await sun.sees("和刚才一样")).toast
    await answer(pan, "0 0 否 无")
    await sun.presses("催报")
    await sun.sees("都报齐了，不用催")
    await sun.presses("未报名单")
    await sun.sees("都报齐了", buttons=[])


async def test_who_has_not_got_the_question_is_not_reminded_of_it(world, county):
    sun, li = county["孙丽"], county["李雪"]
    await world.at("21:00")
    await li.looks_away()
    await ask(sun, "断路 处", title="道路", due="明天12:00")
    await sun.presses("催报")
    await sun.sees("没报的还没有收到，没有催，也不算一次", "送到以后再催")
    await world.at("08:30", TUESDAY)
    await li.sees("报数 · 安岭县 · 道路")
    assert not [said for said in world.api.messages[li.chat_id] if said.text.startswith("⏰")]
    await sun.presses("催报")
    await sun.sees("已催 3 个")
    await li.sees("⏰ 还没有报：道路")


async def test_a_team_out_of_reach_is_said_to_be(world, county):
    sun, li = county["孙丽"], county["李雪"]
    world.api.blocked.add(li.chat_id)
    await ask(sun, "断路 处", title="道路", due="明天12:00")
    await world.advance(seconds=3)
    await sun.sees("📊 道路 · 已报 0/3", "没送到 1")


async def test_a_reminder_in_the_night_of_what_is_answered_by_morning_says_nothing(world, county):
    sun, li = county["孙丽"], county["李雪"]
    await world.at("21:00")
    await li.looks_away()
    await sun.presses("催报")
    await answer(li, "1 0 否 无")
    await li.looks_away()
    await world.at("08:30", TUESDAY)
    await li.sees_nothing()


async def test_ended_it_takes_no_answers_and_is_opened_again(world, county):
    sun, wang, li = county["孙丽"], county["王强"], county["李雪"]
    await answer(wang, "3 0 是 无")
    await li.says("报数")
    await sun.presses("更多")
    await sun.sees("延期", "结束", buttons=["延期", "结束", "撤回", "返回"])
    await sun.presses("结束")
    await sun.sees("现在结束「防汛受灾情况」", buttons=["结束", "取消"])
    await sun.presses("取消")
    await sun.sees("已报 1/3", buttons=OPEN)
    await sun.presses("更多")
    await sun.presses("结束")
    await sun.presses("结束")
    await sun.sees("已报 1/3", "已结束", buttons=["看各处", "未报名单", "导出表", "刷新", "更多"])
    await li.sees("报数已结束：防汛受灾情况。不用报了。", buttons=[])
    await li.says("3")
    await li.sees("报数已结束")
    await li.says("报数")
    await li.sees("现在没有要报的数")
    await wang.presses("更正")
    await wang.sees("✅ 已报", buttons=[])
    await sun.says("报数")
    await sun.sees("1. 防汛受灾情况 · 已结束 1/3")
    await sun.presses("更多")
    await sun.sees("延期", buttons=["延期", "撤回", "返回"])
    await sun.presses("延期")
    await sun.sees("延到什么时候", buttons=["明天12:00", "明天18:00", "取消"])
    await sun.says("今天17:00")
    await sun.sees("截止时间要晚于11月23日 18:00")
    await sun.presses("明天12:00")
    await sun.sees("已延期：防汛受灾情况，明天 12:00 前")
    await li.sees("明天 12:00 前报", buttons=["开始填"])
    await answer(li, "1 0 否 无")
    tags = [row.action for row in await world.rows(Audit) if row.action.startswith("figures:")]
    assert tags == [
        "figures:send",
        "figures:spread",
        "figures:reply",
        "figures:close",
        "figures:extend",
        "figures:reply",
    ]


async def test_taken_back_the_cards_are_gone(world, county):
    sun, wang, li = county["孙丽"], county["王强"], county["李雪"]
    zhou = world.cadre("周建国")
    await answer(wang, "3 0 是 无")
    await zhou.says("报数")
    await zhou.presses("1. 防汛受灾情")
    await zhou.sees("✅ 已报", "王强", buttons=["更正"])
    await wang.presses("更正")
    await wang.presses("危房")
    await wang.says("2")
    await wang.presses("提交")
    await zhou.sees("✅ 已报", "危房 2 处")  # the card in his talk has changed too
    await wang.says("报数")
    await wang.presses("1. 防汛受灾情")
    await wang.sees("✅ 已报")
    assert len([said for said in world.api.messages[wang.chat_id] if "更正" in said.buttons()]) == 4
    await li.says("报数")
    await sun.presses("更多")
    await sun.presses("撤回")
    await sun.sees("撤回「防汛受灾情况」", "不能恢复", buttons=["撤回", "取消"])
    await sun.presses("撤回")
    await sun.sees("已报 1/3", "已撤回", buttons=[])
    for who in (li, wang, zhou):
        left = [said for said in world.api.messages[who.chat_id] if {"开始填", "更正"} & said.buttons().keys()]
        assert left == []
        assert not [said for said in world.api.messages[who.chat_id] if said.text.startswith("✅ 已报")]
    await li.says("3")
    await li.sees("报数已撤回：防汛受灾情况。不用报了。", buttons=[])
    await sun.says("报数")
    await sun.sees("还没有要过数")
    [request] = await world.rows(FigureRequest)
    await sun.presses_data(f"figm:{request.id}:extend")
    await sun.sees("已经结束或撤回，没有改动")


async def test_later_left_and_taken_up_again(world, county):
    sun = county["孙丽"]
    await sun.presses("更多")
    await sun.presses("延期")
    await sun.sees("延到什么时候", buttons=["明天12:00", "明天18:00", "取消"])
    data = (await sun.last()).buttons()["明天12:00"]
    await sun.says("取消")
    await sun.sees("不办了：延期")
    await sun.presses_data(data)
    await sun.sees("这一步已经过了")
    assert [row.action for row in await world.rows(Audit) if row.action == "figures:extend"] == []


async def test_the_sheet_comes_once_and_is_audited(world, county):
    sun, liu = county["孙丽"], county["刘敏"]
    await answer(county["王强"], "3 0 是 =1+1")
    await sun.presses("导出表")
    said = await sun.sees("样例 · 防汛受灾情况", "安岭县 · 已报 1/3 · 截至11月23日 08:02")
    assert said.file_name == "样例报数-防汛受灾情况-安岭县-20261123-0802.xlsx"
    rows = list(load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert rows[1][1:6] == ("柳河镇", "石门村", "王强", "2026-11-23 08:02", None)
    assert rows[1][6:] == (3, 0, "是", "'=1+1")
    await sun.presses("导出表")
    await sun.sees("正在做表")
    await liu.says("报数")
    await liu.presses("1. 防汛受灾情")
    await liu.presses("导出表")
    said = await liu.sees("已报 1/2")
    assert "南坡村" not in [
        row[2] for row in load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True)
    ]
    assert len([row for row in await world.rows(Outbox) if row.kind == "figures_sheet"]) == 2
    assert [row.action for row in await world.rows(Audit)].count("figures:export") == 2


async def test_a_sheet_that_can_t_be_made_says_so(world, county, monkeypatch):
    async def fails(*_args):
        raise PressError("died")

    monkeypatch.setattr("handlers.figure_cards.press.build", fails)
    await county["孙丽"].presses("导出表")
    await county["孙丽"].sees("报数表没有做成")
    assert is_slow("figures_sheet")
    assert paper.PIECE > 1


async def test_an_office_that_is_a_team_too_sees_both(world, county):
    world.township_officer("王强")
    wang = county["王强"]
    await wang.says("报数")
    await wang.sees(
        "1. 防汛受灾情况（石门村） · 今天 18:00 前", "2. 防汛受灾情况 · 已报 0/2",
        buttons=["1. 防汛受灾情", "2. 防汛受灾情", "新报数"],
    )  # fmt: skip
    await wang.says("报数 3 0 否 无")
    await wang.sees("请核对 · 防汛受灾情况（石门村）")
    await wang.presses("提交")
    await wang.says("报数 断路情况")
    await wang.sees("要报哪些数")


async def test_texts_as_long_as_allowed_fit_a_message(world, county):
    sun = county["孙丽"]
    fields = "\n".join(
        f"名称有二十个字那么长的一项数据之第{n:02d}项 万元 0-999999.99 依据：{'文' * 100}" for n in range(10)
    )
    await ask(sun, fields, title="题" * 40, basis="据" * 100)
    card = await county["王强"].sees("题" * 40)
    assert len(card.text) < 4096
    await county["王强"].presses("开始填")
    await county["王强"].says(" ".join(["123456.78"] * 10))
    await county["王强"].presses("提交")
    await county["王强"].sees("已报", "123456.78 万元")
    await world.advance(seconds=3)


async def test_ended_in_the_night_and_opened_again_it_still_arrives(world, county):
    """Who had not been told yet is told, of the question alone, and at the time that holds now."""
    sun, pan = county["孙丽"], county["潘建军"]
    await world.at("21:00")
    await pan.looks_away()
    await ask(sun, "断路 处", title="道路", due="明天12:00")
    await sun.presses("更多")
    await sun.presses("结束")
    await sun.presses("结束")
    await sun.sees("道路", "已结束")
    await world.at("08:30", TUESDAY)
    await pan.sees_nothing()
    await sun.presses("更多")
    await sun.presses("延期")
    await sun.says("明天9点")
    await sun.sees("已延期：道路，明天 09:00 前")
    await pan.sees("📊 报数 · 安岭县 · 道路", "明天 09:00 前报", buttons=["开始填"])
