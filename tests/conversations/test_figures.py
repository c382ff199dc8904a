"""报数, asked: step by step or in one message, to a preview; each part changed, left and taken up again."""

import re
from datetime import date

import pytest

from storage.tables import FigureRequest, Outbox
from tests.figures import ask, cast


@pytest.fixture
async def people(world):
    """`tests.figures.cast`."""
    return cast(world)


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


@pytest.mark.parametrize("language", ["中文", "English"])
@pytest.mark.parametrize("at", ["08:02", "21:00"])
async def test_what_is_shown_as_an_example_is_taken_word_for_word(world, people, language, at):
    sun = people["孙丽"]
    await world.at(at, date(2026, 11, 27))  # a Friday: 周五下午 may be over
    await sun.says("语言")
    await sun.presses(language)
    await sun.says("报数 防汛受灾情况")
    asked = (await sun.sees("在村人数")).text
    last, remarks = ("5. 在村人数", "备注 文字") if language == "中文" else ("5. People in village", "Remarks: text")
    await sun.says(asked.split("\n", 1)[1])
    await sun.sees(last)
    await sun.presses_data("figc:fields:0:0")
    asked = (await sun.sees(remarks)).text
    await sun.says(asked)  # all of it, as it was sent
    await sun.sees(last)
    await sun.presses_data("figc:next:0:0")
    said = await sun.sees("国办函〔2026〕12号")
    await sun.says(re.split(r"例如：|example: ", said.text)[1].split("（")[0].split(" (")[0])
    said = await sun.sees("17:00")
    await sun.says(re.split(r"例如：|example: ", said.text)[1])
    said = await sun.sees("────", "17:00")
    line = re.findall(r"(?:报数|figures) (3 .*)", said.text)[0]
    await sun.presses_data("figc:send:0:0")
    await world.at("09:00", date(2026, 11, 30))
    await people["王强"].says(f"报数 {line}")
    await people["王强"].sees("请核对")


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
    await sun.says("x")
    await sun.sees("“x”看不出是哪个文件，没有记下（国办函〔2026〕12号）", "至少 3 个字", "例如：县防指通知第 3 号")
    await sun.says("县防指通知")
    await sun.sees("什么时候报完")
    await sun.says("昨天")
    await sun.sees("截止时间要晚于11月23日 08:02，没有记下", "例如：11-24 17:00")
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
    await sun.sees("点一下选上，再点一下去掉；一个都不选就是全安岭县", buttons=["柳河镇", "石桥镇", "好了", "取消"])
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
