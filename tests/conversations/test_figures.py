"""报数: asking for a few figures, and answering for one's team."""

from datetime import date

import pytest
from sqlalchemy import select

from storage.tables import Audit, FigureReply, FigureRequest, FigureValue, Outbox

FIELDS = "受灾户数 户\n危房 处 0-50\n是否停电 是/否\n备注 文字"
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def people(world):
    """石门村 with 王强 (first secretary) and 周建国, 东峪村 with 李雪; 孙丽 of the county, 刘敏 of the township."""
    return {
        "王强": world.cadre("王强", secretary=True),
        "周建国": world.cadre("周建国"),
        "李雪": world.cadre("李雪", village="东峪村"),
        "刘敏": world.township_officer("刘敏"),
        "孙丽": world.county_staff("孙丽"),
    }


async def ask(by, fields=FIELDS, *, title="防汛受灾情况", due="今天18:00", basis="县防指〔2026〕3号"):
    """All in one message, then 发送."""
    await by.says(f"报数 {title}\n{fields}\n依据：{basis}\n截止：{due}")
    await by.sees("预览")
    await by.presses("发送")
    await by.sees("已发出")


async def values(world):
    """What was answered, field by field."""
    await world.settle()
    async with world.db.read() as session:
        return list(await session.scalars(select(FigureValue).order_by(FigureValue.reply_id, FigureValue.field_id)))


# -- asking -----------------------------------------------------------------------------------------------------------


async def test_step_by_step_to_a_preview_that_is_what_they_see(world, people):
    sun, wang = people["孙丽"], people["王强"]
    await sun.says("报数")
    await sun.sees("报数", "还没有要过数", buttons=["新报数"])
    await sun.presses("新报数")
    await sun.sees("一个短标题", "能从系统查到的不用要", buttons=["取消"])
    await sun.says("防汛受灾情况")
    await sun.sees("一行一项", "受灾户数 户", buttons=["取消"])
    await sun.says("受灾户数 户\n危房（处，0-50）")
    await sun.sees("记下 2 项", "1. 受灾户数（户）", "2. 危房（处，0 到 50）", buttons=["下一步", "重写", "取消"])
    await sun.says("是否停电\n备注 文字")
    await sun.sees("记下 4 项", "3. 是否停电（是/否）", "4. 备注（一句话）")
    await sun.presses("下一步")
    await sun.sees("依据哪个文件或通知", "国办函〔2026〕12号", buttons=["取消"])
    await sun.says("县防指〔2026〕3号")
    await sun.sees("什么时候报完", buttons=["今天18:00", "明天12:00", "明天18:00", "取消"])
    await sun.presses("今天18:00")
    preview = (await sun.sees("预览（与收到的一样）", "问 2 个队 · 安岭县", buttons=["发送", "修改", "取消"])).text
    assert await world.rows(FigureRequest) == []
    await sun.presses("发送")
    await sun.sees("已发出：防汛受灾情况")
    await sun.sees("📊 防汛受灾情况 · 已报 0/2", "还没有人报", "今天 18:00 前")
    card = await wang.sees(
        "📊 报数 · 安岭县 · 防汛受灾情况",
        "受灾户数（户）、危房（处，0 到 50）、是否停电（是/否）、备注（一句话）",
        "依据：县防指〔2026〕3号",
        "今天 18:00 前报，每队报一次，谁报都行。",
        "报数 3 3 否 无",
        buttons=["开始填"],
    )
    assert card.text in preview
    await people["李雪"].sees("防汛受灾情况", buttons=["开始填"])
    await people["周建国"].sees_nothing()


async def test_the_slash_command_and_a_whole_request_in_one_message(world, people):
    sun = people["孙丽"]
    await sun.says("/figures 防汛\n受灾户数 户\n依据：县防指通知\n时限：明天12点前")
    await sun.sees("预览", "明天 12:00 前报", "受灾户数（户）", buttons=["发送", "修改", "取消"])
    await sun.presses("取消")
    await sun.sees("不办了：新报数")
    await sun.says("报数")
    await sun.sees("还没有要过数", buttons=["新报数"])
    assert await world.rows(FigureRequest) == []


async def test_fields_that_can_t_be_asked_say_why_and_are_asked_again(world, people):
    sun = people["孙丽"]
    await sun.says("报数 情况")
    for said, *words in (
        ("受灾户数", "没看懂“受灾户数”", "受灾户数 户", "是否停电 是/否"),
        ("身份证号 文字", "“身份证号”不能问", "个人信息保护法", "只问数量"),
        ("儿童姓名 文字", "“儿童姓名”不能问"),
        ("诊断 文字", "“诊断”不能问"),
        ("户数 户\n户数 户", "“户数”写了两次"),
        ("\n".join(f"数{n} 户" for n in range(11)), "一次最多问 10 项", "国办函〔2026〕12号"),
        ("<b>危房</b>", "没看懂“<b>危房</b>”"),
    ):
        await sun.says(said)
        await sun.sees(*words)
    await sun.says("户数 户")
    await sun.sees("记下 1 项")


async def test_no_basis_no_request(world, people):
    sun = people["孙丽"]
    await sun.says("报数 情况\n户数 户")
    await sun.sees("依据哪个文件")
    await sun.says("无")
    await sun.sees("要数据须写明依据（国办函〔2026〕12号）", "县防指通知")
    await sun.says("县防指通知")
    await sun.sees("什么时候报完")
    await sun.says("尽快")
    await sun.sees("没看懂“尽快”是哪一天")
    await sun.says("今天8点")
    await sun.sees("截止时间要晚于11月23日 08:02")
    await sun.says("2027-06-01")
    await sun.sees("92 天以内")
    await sun.says("周五下午5点")
    await sun.sees("预览", "11月27日 17:00 前报")


async def test_each_part_is_changed_by_itself(world, people):
    world.cadre("潘建军", village="南坡村", township="石桥镇", secretary=True)
    sun = people["孙丽"]
    await sun.says("报数 情况\n户数 户\n依据：县防指\n截止：今天18:00")
    await sun.sees("问 3 个队 · 安岭县")
    await sun.presses("修改")
    await sun.sees("改哪里", buttons=["标题", "各项", "依据", "截止时间", "范围", "改为每人报", "返回", "取消"])
    await sun.presses("范围")
    await sun.sees("一个都不选就是全安岭县", buttons=["柳河镇", "石桥镇", "好了", "取消"])
    await sun.presses("石桥镇")
    await sun.sees("问哪些地方", buttons=["柳河镇", "石桥镇 ✓", "好了", "取消"])
    await sun.presses("好了")
    await sun.sees("问 1 个队 · 石桥镇")
    await sun.presses("修改")
    await sun.presses("改为每人报")
    await sun.sees("问 1 个人 · 石桥镇", "每人报自己的")
    await sun.presses("修改")
    await sun.presses("范围")
    await sun.presses("石桥镇 ✓")
    await sun.presses("柳河镇")
    await sun.presses("好了")
    await sun.sees("问 3 个人 · 柳河镇")
    for part, said, seen in (
        ("标题", "雨情", "📊 报数 · 安岭县 · 雨情"),
        ("依据", "县防指第 4 号", "依据：县防指第 4 号"),
        ("截止时间", "明天9点", "明天 09:00 前报"),
    ):
        await sun.presses("修改")
        await sun.presses(part)
        await sun.says(said)
        await sun.sees("预览", seen)
    await sun.presses("修改")
    await sun.presses("各项")
    await sun.says("断路 处")
    await sun.presses("下一步")
    said = await sun.sees("预览", "断路（处）", "雨情", "问 3 个人")
    assert "户数" not in said.text
    await sun.presses("修改")
    await sun.presses("返回")
    await sun.presses("发送")
    assert [row.title for row in await world.rows(FigureRequest)] == ["雨情"]
    assert len([row for row in await world.rows(Outbox) if row.kind == "figures"]) == 3


async def test_a_draft_left_is_offered_again(world, people):
    sun = people["孙丽"]
    await sun.says("报数 情况\n户数 户")
    await sun.says("今日在岗")
    await sun.says("报数")
    await sun.sees("还没有要过数", buttons=["新报数", "继续上次的"])
    await sun.presses("继续上次的")
    await sun.sees("依据哪个文件")
    await sun.says("县防指")
    await sun.sees("什么时候报完")


async def test_a_township_asks_its_own_and_a_stranger_to_it_asks_nothing(world, people):
    liu = people["刘敏"]
    await ask(liu)
    await people["王强"].sees("📊 报数 · 柳河镇 · 防汛受灾情况")
    xu = world.township_officer("许文静", "白杨乡")
    await xu.says("报数 情况\n户数 户\n依据：县防指\n截止：今天18:00")
    await xu.sees("问 0 个队")
    await xu.presses("发送")
    await xu.sees("这个范围里现在没有驻村工作队，没有发出")
    leader, liaison = world.county_leader("陈志远"), world.unit_liaison("何静")
    await leader.says("报数")
    await leader.sees("1. 防汛受灾情况 · 已报 0/2", buttons=["1. 防汛受灾情"])
    await leader.says("报数 情况")
    await leader.sees("这里没有要您报的", buttons=[])
    await liaison.says("报数")
    await liaison.sees("这里没有要您报的", buttons=[])
    for other in (leader, liaison, people["周建国"]):
        await other.says("你好")
        await other.presses_data("figc:new:0:0")
        await other.sees("不在您的职责范围内")
    assert len(await world.rows(FigureRequest)) == 1


async def test_who_has_two_areas_is_asked_in_which(world, people):
    liu = people["刘敏"]
    world.township_officer("刘敏", "石桥镇")
    await liu.says("报数 情况\n户数 户\n依据：县防指\n截止：今天18:00")
    await liu.sees("在哪里要数", buttons=["柳河镇", "石桥镇", "取消"])
    await liu.presses("柳河镇")
    await liu.sees("预览", "问 2 个队 · 柳河镇")


async def test_in_the_evening_it_says_when_it_is_read(world, people):
    sun = people["孙丽"]
    await world.at("20:30")
    await sun.says("报数 情况\n户数 户\n依据：县防指")
    await sun.sees("什么时候报完", buttons=["明天12:00", "明天18:00", "取消"])
    await sun.says("今晚10点")
    await sun.sees("截止时间要晚于11月24日 08:00")
    await sun.presses("明天12:00")
    await sun.sees("现在是休息时间，11月24日 08:00送到。")


async def test_old_buttons_of_a_step_that_is_over(world, people):
    sun = people["孙丽"]
    await sun.says("报数 情况\n户数 户\n依据：县防指\n截止：今天18:00")
    said = await sun.sees("预览")
    send, edit = said.buttons()["发送"], said.buttons()["修改"]
    await sun.presses("发送")
    for data in (send, edit, "figc:due:0:0", "figc:area:1:0", "figc:next:0:0", "figc:each:0:0", "figc:toggle:1:0"):
        await sun.says("你好")  # whatever it hangs on
        await sun.presses_data(data)
        await sun.sees("这一步已经过了")
    assert len(await world.rows(FigureRequest)) == 1
    await sun.says("报数 情况\n户数 户\n依据：县防指\n截止：今天18:00")
    await sun.presses_data(f"figc:toggle:{world.area_id('石门村')}:0")
    await sun.sees("没有找到")


# -- answering --------------------------------------------------------------------------------------------------------


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
    await wang.sees("请核对", "受灾户数 7 户 · 危房 0 处")
    await zhou.presses("提交")
    await zhou.sees("✅ 已报", "受灾户数 4 户", "周建国")
    await wang.presses("提交")
    await wang.sees("✅ 已报", "受灾户数 4 户", "周建国", buttons=["更正"])
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
    await wang.sees("这是报哪一项", buttons=["防汛", "道路", "取消"])
    await wang.presses("道路")
    await wang.sees("请核对 · 道路（石门村）", "断路 3 处")
    await wang.presses("提交")
    await wang.says("报数")
    await wang.sees("防汛（石门村）", "1/1 户数")


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
