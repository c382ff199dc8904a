"""A sentence is awaited, and what comes begins with a command word: nothing is recorded before it is said which."""

import pytest

from policy.attendance import DayStatus
from storage.tables import CheckIn, Explanation, OfficialTrip, Outing
from tests.figures import ask, cast

ASKED = ["记公出", "就是签到的话", "取消"]


async def test_a_trip_is_not_swallowed_by_the_check_in(world):
    zhou = world.cadre("周建国")
    await zhou.says("不用定位")
    await zhou.says("✅签到")
    await zhou.says("公出 明天 到县里开会")
    await zhou.sees("这句像是「公出」，按哪个记？", "公出 明天 到县里开会", buttons=ASKED)
    assert await world.rows(CheckIn) == []
    await zhou.presses("记公出")
    await zhou.sees("已记公出：11月24日全天，到县里开会。")
    await zhou.sees("公出 明天 到县里开会", buttons=[])
    assert await world.rows(CheckIn) == []
    await zhou.says("到县里开会")
    await zhou.sees("没听明白")


async def test_it_may_be_just_the_sentence(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("公出回来，在村部")
    await zhou.sees("这句像是「公出」", buttons=ASKED)
    await world.advance(minutes=3)
    await zhou.presses("就是签到的话")
    await zhou.sees("✅ 已签到 08:02 · 石门村", "已记：公出回来，在村部")
    await zhou.presses_data("meant:plain")
    await zhou.sees("这一条已经过了，没有改动")
    assert len(await world.rows(CheckIn)) == 1


async def test_cancel_and_another_sentence_end_the_question(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("公出到县里开会")  # without a space
    await zhou.sees("这句像是「公出」", buttons=ASKED)
    await zhou.says("在三组入户")
    await zhou.sees("✅ 已签到 08:02 · 石门村", "在三组入户")
    await world.at("14:00")
    await zhou.says("签到")
    await zhou.says("公出到县里开会")
    await zhou.presses("取消")
    await zhou.sees("不办了：签到的一句话")
    assert await world.rows(OfficialTrip) == []


@pytest.mark.parametrize("said, word, button", [
    ("请假 今天 孩子看病 回石家庄", "请假", "请假"),
    ("代请假 赵敏 病假 今天起", "代请假", "代请假"),
    ("临时外出 去镇卫生院 11点回", "临时外出", "记临时外出"),
    ("代签 赵敏 手机坏了", "代签", "代签"),
    ("今天2人在岗", "今天…在岗", "记全队在岗"),
    ("查 石门村", "查", "查"),
    ("补签 昨天 忘了", "补签", "补签"),
])  # fmt: skip
async def test_every_word_that_goes_on_is_asked_about(world, said, word, button):
    sun = world.cadre("孙书记", secretary=True)
    world.cadre("赵敏")
    await sun.says("签到")
    await sun.says(said)
    await sun.sees(f"这句像是「{word}」", buttons=[button, "就是签到的话", "取消"])
    assert await world.day(sun) == DayStatus.NOT_YET


async def test_the_teams_day_is_no_explanation(world):
    sun = world.cadre("孙书记", secretary=True)
    zhao, liu = world.cadre("赵敏"), world.township_officer("刘敏")
    await sun.sends_location(km_from_village=9)
    await sun.presses("说明情况")
    await sun.says("今天2人在岗")
    await sun.sees("这句像是「今天…在岗」", buttons=["记全队在岗", "就是说明的话", "取消"])
    await liu.sees_nothing()
    await sun.presses("记全队在岗")
    await sun.sees("石门村 2 人今天在岗")
    assert await world.day(zhao) == DayStatus.ON_DUTY
    assert await world.rows(Explanation) == []
    await sun.says("取消")
    await sun.sees("上次没说完的：说明情况", buttons=["继续上次的", "不要了"])
    await sun.presses("继续上次的")
    await sun.says("请假的同事托我送材料")
    await sun.presses("就是说明的话")
    await sun.sees("已报柳河镇核实")
    assert [row.reason for row in await world.rows(Explanation)] == ["请假的同事托我送材料"]
    assert [row.distance_m for row in await world.rows(Explanation)] == [9000]


async def test_other_sentences_that_are_awaited_ask_as_well(world):
    sun, zhao = world.cadre("孙书记", secretary=True), world.cadre("赵敏")
    await sun.says("公出")
    await sun.says("代签 赵敏 手机坏了")
    await sun.sees("这句像是「代签」", buttons=["代签", "就是公出事由", "取消"])
    await sun.presses("代签")
    await sun.sees("已代记 1 人今天在岗（赵敏）")
    await sun.says("公出")
    await sun.says("公出 跑项目")
    await sun.sees("已记公出：11月23日全天，跑项目")
    await zhao.says("临时外出")
    await zhao.says("公出 明天 到县里开会")
    await zhao.presses("就是外出的话")
    await zhao.sees("几点回来")
    assert await world.rows(Outing) == []


async def test_what_is_asked_about_keeps_no_number(world):
    zhou = world.cadre("周建国")
    await zhou.says("签到")
    await zhou.says("公出 办130123198501011234的低保")
    await zhou.sees("这句像是「公出」")
    assert "198501011234" not in await world.kept(zhou)


async def test_in_english(world):
    zhou = world.cadre("周建国")
    await zhou.says("/language")
    await zhou.presses("English")
    await zhou.says("/checkin")
    await zhou.says("公出 明天 到县里开会")
    await zhou.sees("Which did you mean?", buttons=["Record trip", "Just check-in", "Cancel"])


@pytest.mark.parametrize("said", ["Trip tomorrow county meeting", "trip tomorrow county meeting"])
async def test_english_words_that_go_on_are_asked_about(world, said):
    zhou = await _english(world)
    await zhou.says("/checkin")
    await zhou.says(said)
    await zhou.sees("Which did you mean?", buttons=["Record trip", "Just check-in", "Cancel"])
    await zhou.presses("Record trip")
    await zhou.sees("Official trip recorded: 24 Nov all day, county meeting")


async def test_an_english_notice_is_no_reason(world):
    sun = await _english(world, secretary=True)
    await sun.sends_location(km_from_village=9)
    await sun.presses("Explain")
    await sun.says("Notice Winter fire check: all villages")
    await sun.sees("Which did you mean?")
    assert await world.rows(Explanation) == []
    await sun.presses("Cancel")
    await sun.sends_location(km_from_village=9)
    await sun.presses("Explain")
    await sun.says("Tripping on ice, the doctor kept me")  # no command word
    await sun.sees("柳河镇")
    assert len(await world.rows(Explanation)) == 1


async def test_a_slash_command_with_words_leaves_what_is_awaited(world):
    sun = await _english(world, secretary=True)
    await sun.sends_location(km_from_village=9)
    await sun.presses("Explain")
    await sun.says("/trip tomorrow county meeting")
    await sun.sees("Official trip recorded: 24 Nov all day, county meeting")
    assert await world.rows(Explanation) == []
    await sun.says("Cancel")
    await sun.sees("Left unfinished: Explain", buttons=["Continue draft", "Drop it"])
    await sun.presses("Continue draft")
    await sun.says("/help please")
    assert await world.rows(Explanation) == []


async def test_a_slash_command_with_words_is_no_text_of_an_emergency(world):
    liu = world.township_officer("刘敏")
    await liu.says("应急")
    await liu.sees("发生了什么")
    await liu.says("/find 石门村")
    await liu.sees("没有找到「石门村」")
    await liu.says("EMERGENCY")
    await liu.sees("发生了什么")


async def test_a_slash_command_with_words_leaves_the_check_of_figures(world):
    people = cast(world)
    await ask(people["孙丽"])
    wang = people["王强"]
    await wang.says("报数 3 0 否 none")
    await wang.sees("请核对", buttons=["提交", "修改", "取消"])
    await wang.says("/trip tomorrow county meeting")
    await wang.sees("已记公出：11月24日全天，county meeting")


async def test_english_words_in_any_case(world):
    zhou = await _english(world)
    await zhou.says("TRIP")
    await zhou.sees("Where to")
    await zhou.says("Cancel")
    await zhou.sees("All right, stopped")
    await zhou.says("Outing")
    await zhou.sees("Where to")
    await zhou.says("cAnCeL")
    await zhou.sees("All right, stopped")
    assert await world.rows(OfficialTrip) == []


async def _english(world, **roles):
    zhou = world.cadre("周建国", **roles)
    await zhou.says("/language")
    await zhou.presses("English")
    return zhou
