"""报数, answered for one's team or for oneself: a question at a time or all in a line, corrected, left, late."""

import pytest

from storage.tables import Audit, FigureReply
from tests.figures import ask, cast, values


@pytest.fixture
async def people(world):
    """`tests.figures.cast`."""
    return cast(world)


async def test_one_field_after_another(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.presses("开始填")
    await wang.sees("防汛受灾情况（石门村）", "1/4 受灾户数（户）", "打一个数，例如 3", buttons=["0", "取消"])
    await wang.says("三户")
    await wang.sees("2/4 危房（处，0 到 50）", buttons=["0", "取消"])
    await wang.says("６０")
    await wang.sees("“危房”不能填“６０”，没有记下", "0 到 50", "2/4 危房", buttons=["0", "取消"])
    await wang.presses("0")
    await wang.sees("3/4 是否停电", buttons=["是", "否", "取消"])
    await wang.says("也许")
    await wang.sees("可以填：是、否")
    await wang.presses("否")
    await wang.sees("4/4 备注", buttons=["无", "取消"])
    await wang.says("户主110101199003078515")
    await wang.sees("像是身份证号或银行卡号，没有记下（个人信息保护法）", "4/4 备注")
    await wang.says("<b>水已退</b> & 正常")
    await wang.sees(
        "请核对 · 防汛受灾情况（石门村）",
        "受灾户数 3 户 · 危房 0 处 · 是否停电 否",
        "备注：<b>水已退</b> & 正常",
        buttons=["提交", "修改", "取消"],
    )
    assert await world.rows(FigureReply) == []
    await wang.presses("提交")
    await wang.sees("✅ 已报：防汛受灾情况（石门村）", "受灾户数 3 户", "王强 · 11月23日 08:02", buttons=["更正"])
    assert [(row.number, row.words) for row in await values(world)] == [
        (300, None), (0, None), (None, "否"), (None, "<b>水已退</b> & 正常"),
    ]  # fmt: skip
    assert [row.after["late"] for row in await world.rows(Audit) if row.action == "figures:reply"] == [False]


async def test_all_at_once_in_one_message(world, people):
    await ask(people["孙丽"])
    li = people["李雪"]
    for line in (
        "报数：3，0，否，无",
        "报数　３　０　否　无",
        "/figures 3 0 否 无",
        "报数 受灾户数3户，危房0处，是否停电否，备注无",
        "报数 3 0 否 无",
    ):
        await li.says(line)
        await li.sees("请核对", "受灾户数 3 户 · 危房 0 处 · 是否停电 否", "备注：无", buttons=["提交", "修改", "取消"])
        if line != "报数 3 0 否 无":
            await li.presses("取消")
    await li.presses("提交")
    await li.sees("已报", "李雪")


async def test_the_line_is_taken_while_the_first_is_asked_too(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.presses("开始填")
    await wang.says("3 0 否 无")
    await wang.sees("请核对", "受灾户数 3 户")
    await wang.says("危房 2")
    await wang.sees("请核对", "危房 2 处")
    await wang.says("看着办")
    await wang.sees("没看懂要改哪一项", "请核对", "危房 2 处")
    await wang.presses("修改")
    await wang.sees("改哪一项", buttons=["受灾户数", "危房", "是否停电", "备注", "取消"])
    await wang.presses("是否停电")
    await wang.sees("3/4 是否停电", buttons=["是", "否", "取消"])
    await wang.presses("是")
    await wang.sees("请核对", "是否停电 是", "危房 2 处")


async def test_what_is_wrong_in_a_line_is_asked_for_and_the_rest_kept(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.says("报数 3 60 也许 无")
    await wang.sees("“危房”不能填“60”", "2/4 危房")
    await wang.says("6")
    await wang.sees("3/4 是否停电")
    await wang.presses("否")
    await wang.sees("请核对", "受灾户数 3 户 · 危房 6 处 · 是否停电 否", "备注：无")
    await wang.presses("取消")
    await wang.sees("不办了：报数")
    await wang.says("报数 3 0")
    await wang.sees("没看懂这一行，一项一项填", "报数 3 3 否 无", "1/4 受灾户数")


async def test_what_is_known_is_only_confirmed(world, people):
    await people["王强"].sends_location()
    await people["王强"].sees("已签到")
    await people["周建国"].says("公出 到镇里开例会")
    await ask(people["孙丽"], "队员人数\n在村人数\n公出人数\n请假人数\n转移 人")
    wang = people["王强"]
    await wang.says("报数")
    await wang.sees("1/5 队员人数（人）", "系统里是 2 人", "对就点", buttons=["2 人 ✓", "0", "取消"])
    await wang.presses("2 人 ✓")
    await wang.sees("2/5 在村人数", "系统里是 1 人", buttons=["1 人 ✓", "0", "取消"])
    await wang.says("2")
    await wang.sees("3/5 公出人数", buttons=["1 人 ✓", "0", "取消"])
    await wang.presses("1 人 ✓")
    await wang.sees("4/5 请假人数", "系统里是 0 人", buttons=["0 人 ✓", "取消"])
    await wang.presses("0 人 ✓")
    await wang.says("无")
    await wang.sees("请核对", "队员人数 2 人 · 在村人数 2 人 · 公出人数 1 人", "请假人数 0 人 · 转移 0 人")


async def test_the_first_answer_stands_and_all_cards_say_by_whom(world, people):
    await ask(people["孙丽"])
    wang, zhou = people["王强"], people["周建国"]
    await wang.presses("开始填")
    await zhou.says("报数")
    await zhou.says("5 0 否 无")
    await zhou.presses("提交")
    await zhou.sees("已报", "周建国")
    card = world.api.messages[wang.chat_id][0]
    assert "✅ 已报：防汛受灾情况（石门村）" in card.text
    assert "周建国 · 11月23日 08:02" in card.text
    assert list(card.buttons()) == ["更正"]
    await wang.says("3")
    await wang.sees("✅ 已报", "受灾户数 5 户", "周建国", buttons=["更正"])
    said = await wang.sees("您填的没有记下")
    assert said.text == "周建国 11月23日 08:02 已经报过，您填的没有记下。要改点「更正」。"
    assert len(await world.rows(FigureReply)) == 1
    await wang.says("4")
    await wang.sees("没听明白")


async def test_a_correction_takes_its_place(world, people):
    await ask(people["孙丽"])
    wang, zhou = people["王强"], people["周建国"]
    await wang.says("报数 3 0 否 无")
    await wang.presses("提交")
    await zhou.says("报数")
    await zhou.sees("1. 防汛受灾情况（石门村） · 已报", buttons=["1. 防汛受灾情"])
    await zhou.presses("1. 防汛受灾情")
    await zhou.sees("✅ 已报", "王强", buttons=["更正"])
    await zhou.presses("更正")
    await zhou.sees("改哪一项", "受灾户数 3 户", buttons=["受灾户数", "危房", "是否停电", "备注", "取消"])
    await zhou.presses("受灾户数")
    await zhou.sees("1/4 受灾户数")
    await zhou.says("4")
    await zhou.sees("请核对", "受灾户数 4 户")
    await wang.says("报数 受灾户数 7")
    said = await wang.sees(
        "这一行没有记下", "「防汛受灾情况」（石门村）您 11月23日 08:02 已经报过", buttons=["更正", "取消"]
    )
    assert said.text.startswith("这一行没有记下。\n")
    await wang.presses("更正")
    await wang.sees("请核对", "受灾户数 7 户 · 危房 0 处", "这是更正：提交后换掉已经报的")
    await zhou.presses("提交")
    await zhou.sees("✅ 已报", "受灾户数 4 户", "周建国")
    await wang.presses("提交")
    said = await wang.sees("✅ 已报", "受灾户数 4 户", "周建国", buttons=["更正"])
    assert said.text.startswith("周建国 11月23日 08:02 已经报过，您填的没有记下。")
    assert [row.replaced_at is None for row in await world.rows(FigureReply)] == [False, True]


async def test_left_in_the_middle_it_is_offered_again(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.says("报数")
    await wang.says("3")
    await wang.says("我的")
    await wang.sees("👤 11月")
    await wang.says("报数")
    await wang.sees("1. 防汛受灾情况（石门村） · 今天 18:00 前", buttons=["1. 防汛受灾情", "继续上次的"])
    await wang.presses("继续上次的")
    await wang.sees("2/4 危房")
    await wang.says("0")
    await wang.says("取消")
    await wang.sees("不办了：报数")


async def test_tapping_the_item_itself_keeps_what_was_filled_in(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.says("报数")
    await wang.says("3")
    for word in ("我的", "报数"):
        await wang.says(word)
    await wang.presses("1. 防汛受灾情")
    await wang.sees("2/4 危房")
    await wang.says("报数")
    await wang.presses("1. 防汛受灾情")
    await wang.sees("2/4 危房")


async def test_a_draft_of_what_is_over_says_so(world, people):
    sun, wang, zhou = people["孙丽"], people["王强"], people["周建国"]
    await ask(sun)
    await wang.says("报数")
    await wang.says("3")
    await wang.says("我的")
    await zhou.says("报数 5 0 否 无")
    await zhou.presses("提交")
    await wang.says("报数")
    await wang.presses("继续上次的")
    await wang.sees("✅ 已报", "周建国", buttons=["更正"])


async def test_of_several_requests_it_asks_which(world, people):
    sun, wang = people["孙丽"], people["王强"]
    await ask(sun, "户数 户", title="防汛")
    await ask(sun, "断路 处", title="道路", due="明天12:00")
    await wang.says("报数")
    await wang.sees(
        "1. 防汛（石门村） · 今天 18:00 前", "2. 道路（石门村） · 明天 12:00 前", buttons=["1. 防汛", "2. 道路"]
    )
    await wang.says("报数 3")
    await wang.sees(
        "这是报哪一项", "1. 防汛（石门村） · 今天 18:00 前", "2. 道路（石门村）", buttons=["1. 防汛", "2. 道路", "取消"]
    )
    await wang.presses("2. 道路")
    await wang.sees("请核对 · 道路（石门村）", "断路 3 处")
    await wang.presses("提交")
    await wang.says("报数")
    await wang.sees("防汛（石门村）", "1/1 户数")


async def test_where_the_first_secretary_can_t_be_reached_the_others_have_it_at_once(world, people):
    wang, zhou = people["王强"], people["周建国"]
    await zhou.looks_away()
    world.api.blocked.add(wang.chat_id)
    await ask(people["孙丽"], "户数 户")
    await zhou.sees("📊 报数 · 安岭县 · 防汛受灾情况", buttons=["开始填"])
    await zhou.says("报数 3")
    await zhou.presses("提交")
    await zhou.sees("已报", "周建国")


async def test_a_line_amid_another_answer_asks_which_is_meant(world, people):
    sun, wang = people["孙丽"], people["王强"]
    await ask(sun, "户数 户\n停电 是/否", title="防汛")
    await ask(sun, "断路 处\n桥梁 座", title="道路")
    await wang.presses_data((await wang.sees("防汛")).buttons()["开始填"])
    await wang.sees("1/2 户数")
    await wang.says("7")
    await wang.says("报数 2 1")
    await wang.sees("这是报哪一项", buttons=["1. 防汛", "2. 道路", "取消"])
    await wang.presses("2. 道路")
    await wang.sees("请核对 · 道路（石门村）", "断路 2 处 · 桥梁 1 座")
    await wang.presses("提交")
    await wang.says("报数")
    await wang.sees("防汛（石门村）", "1/2 户数")
    await wang.says("报数 7 否")
    await wang.sees("请核对 · 防汛（石门村）", "户数 7 户 · 停电 否")


async def test_a_line_is_asked_about_and_left(world, people):
    sun, wang = people["孙丽"], people["王强"]
    await ask(sun, "户数 户", title="防汛")
    await ask(sun, "户数 户", title="防汛", due="明天12:00")
    await wang.says("报数 户数 3")
    await wang.sees("这是报哪一项", "1. 防汛（石门村） · 今天 18:00 前", "2. 防汛（石门村） · 明天 12:00 前")
    await wang.presses("取消")
    await wang.sees("不办了：报数")
    await wang.says("报数 户数 3")
    await wang.presses("1. 防汛")
    await wang.presses("提交")
    await wang.says("报数 5")
    await wang.sees("请核对", "户数 5 户")
    await wang.presses("提交")
    await wang.says("报数 6")
    said = await wang.sees("都已经报过。要用这一行更正哪一项", "1. 防汛（石门村） · 已报")
    assert said.text.startswith("这一行没有记下。\n")
    await wang.presses("2. 防汛")
    await wang.sees("请核对", "户数 6 户")
    await wang.presses("提交")
    await wang.sees("已报", "户数 6 户")
    assert [row.replaced_at is None for row in await world.rows(FigureReply)] == [True, False, True]


async def test_a_line_for_what_is_closed_corrects_nothing_else(world, people):
    sun, wang, zhou = people["孙丽"], people["王强"], people["周建国"]
    await ask(sun, "户数 户\n危房 处\n停电 是/否\n备注 文字\n在村人数", title="防汛")
    await ask(sun, "断路 处\n桥梁 座\n停水 是/否\n备注 文字", title="道路")
    await zhou.says("报数")
    await zhou.presses("2. 道路")
    await zhou.says("1 1 是 无")
    await zhou.presses("提交")
    await sun.presses("更多")  # of 道路, the newest
    await sun.presses("返回")
    closed = next(said for said in world.api.messages[sun.chat_id] if said.text.startswith("📊 防汛 ·"))
    number = closed.buttons()["更多"].split(":")[1]
    await sun.presses_data(f"figm:{number}:close!", closed)
    await wang.says("报数 3 3 否 无 3")
    said = await wang.sees("「道路」（石门村）周建国 11月23日 08:02 已经报过", buttons=["更正", "取消"])
    assert said.text.startswith("这一行没有记下：「防汛」已经结束，不再收数。\n")
    assert "请核对" not in said.text
    await wang.presses("取消")
    await wang.sees("不办了")
    await wang.says("报数 3 3 否 无 3")
    await wang.presses("更正")
    await wang.sees("请核对 · 道路（石门村）", "这是更正：提交后换掉已经报的")
    await wang.presses("取消")
    await ask(sun, "水井 口", title="饮水")
    await wang.says("报数 3 3 否 无 3")
    said = await wang.sees("「防汛」已经结束")
    await wang.says("报数 9")
    await wang.sees("请核对 · 饮水（石门村）", "水井 9 口")
    assert [row.replaced_at for row in await world.rows(FigureReply)] == [None]


async def test_a_line_when_there_is_nothing_to_report(world, people):
    sun, wang = people["孙丽"], people["王强"]
    await wang.says("报数 3 3 否")
    said = await wang.sees("现在没有要报的数", buttons=[])
    assert said.text.startswith("这一行没有记下。\n")
    await ask(sun, "户数 户", title="防汛")
    await wang.says("报数 3")
    await wang.presses("提交")
    await wang.says("报数 很多")
    said = await wang.sees("都已经报过了。要改，点下面一项，再点「更正」", buttons=["1. 防汛"])
    assert said.text.startswith("这一行没有记下。\n")


async def test_an_old_press_leaves_what_is_being_answered(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.says("报数 3 0 否 无")
    old = await wang.sees("请核对")
    data = old.buttons()["提交"]
    await wang.presses("修改")
    await wang.presses("危房")
    await wang.sees("2/4 危房")
    await wang.presses_data(data, old)
    assert (await wang.sees("这张卡片已经过了，没有改动")).toast
    await wang.says("2")
    await wang.sees("请核对", "危房 2 处")


async def test_who_asks_and_answers_both_is_understood(world, people):
    """An officer who is of a team too: what fits none of its requests is the title of a new one."""
    sun, wang = people["孙丽"], people["王强"]
    world.township_officer("王强")
    await ask(sun, "户数 户", title="防汛")
    await ask(sun, "断路 处\n桥梁 座", title="道路")
    await wang.says("报数 2 1")
    await wang.sees("请核对 · 道路（石门村）")
    await wang.says("取消")
    await wang.says("报数 3")
    await wang.sees("请核对 · 防汛（石门村）")
    await wang.says("取消")
    await wang.says("报数 断路情况")
    await wang.sees("要报哪些数")


async def test_late_is_taken_and_marked(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await world.at("18:30")
    await wang.says("报数 3 0 否 无")
    await wang.sees("请核对", "已过截止时间，会记为迟报")
    await wang.presses("提交")
    await wang.sees("✅ 已报", "王强 · 11月23日 18:30，迟报", buttons=["更正"])


async def test_each_person_answers_for_himself(world, people):
    sun, wang, zhou = people["孙丽"], people["王强"], people["周建国"]
    await sun.says("报数 情况\n口罩 只\n依据：县防指\n截止：今天18:00")
    await sun.presses("修改")
    await sun.presses("改为每人报")
    await sun.presses("发送")
    card = await zhou.sees("今天 18:00 前报，每人报自己的", buttons=["开始填"])
    data = card.buttons()["开始填"]
    await wang.presses_data(data)
    await wang.sees("不在您的职责范围内")
    await zhou.says("报数 12只")
    await zhou.presses("提交")
    await zhou.sees("已报", "口罩 12 只")
    await wang.says("报数")
    await wang.sees("1/1 口罩")


async def test_others_press_in_vain(world, people):
    await ask(people["孙丽"])
    data = (await people["王强"].sees("报数")).buttons()["开始填"]
    for other in (people["李雪"], people["孙丽"], people["刘敏"], world.unit_liaison("何静")):
        await other.says("你好")
        await other.presses_data(data)
        await other.sees("不在您的职责范围内")
    await people["李雪"].presses_data("fig:999999:fill")
    await people["李雪"].sees("没有找到")


async def test_forged_and_old_presses_of_an_answer(world, people):
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.presses_data("figv:0:300")
    await wang.sees("这张卡片已经过了")
    await wang.says("你好")
    await wang.presses_data("figs:send:0")
    await wang.sees("这张卡片已经过了")
    await wang.says("报数")
    await wang.presses_data("figv:2:0")
    assert (await wang.sees("这一项已经过了")).toast
    await wang.presses_data("figv:0:-500")
    await wang.sees("“受灾户数”不能填")
    await wang.presses_data("figv:0:150")
    await wang.sees("不能填")
    await wang.says("3 0")
    await wang.presses("0")
    await wang.says("0")
    await wang.presses_data("figv:2:9")
    await wang.sees("没有找到")
    await wang.presses("是")
    await wang.presses("无")
    await wang.presses_data("figs:field:99")
    await wang.sees("没有找到")
    assert await world.rows(FigureReply) == []


async def test_somebody_of_two_teams_is_told_which(world, people):
    world.cadre("李雪", village="南坡村")
    await ask(people["孙丽"], "户数 户")
    li = people["李雪"]
    await li.sees("这一条问的是东峪村。")
    await li.sees("这一条问的是南坡村。")
    await li.says("报数 3")
    await li.sees("这是报哪一项")


async def test_in_english(world, people):
    await ask(people["孙丽"], "户数 户\n是否停电")
    wang = people["王强"]
    await wang.says("语言")
    await wang.presses("English")
    await wang.says("figures")
    await wang.sees("1/2", "户数")
    await wang.says("3")
    await wang.presses("否")
    await wang.sees("户数 3 户 · 是否停电 否", buttons=["Submit", "Change", "Cancel"])
    await wang.presses("Submit")
    await wang.sees("Reported", "王强")
