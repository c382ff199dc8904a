"""今天三人在岗, 代签 and the township's list: what the team, its first secretary and the township see."""

from typing import NamedTuple

import pytest

from policy.attendance import DayStatus
from policy.calendar import Half
from storage.tables import CheckIn, Inbox, OfficialTrip, Person
from tests.world import Actor, World

NO = ["不对，我不在村"]


class Team(NamedTuple):
    wang: Actor
    zhou: Actor
    zhao: Actor


@pytest.fixture
def team(world: World) -> Team:
    """王强 leads, 周建国 and 赵敏 are members."""
    return Team(world.cadre("王强", secretary=True), world.cadre("周建国"), world.cadre("赵敏"))


async def on_duty(world: World, *people: Actor) -> list[bool]:
    return [await world.day(person) == DayStatus.ON_DUTY for person in people]


@pytest.mark.parametrize(
    "line", ["今天三人在岗", "今天3人在岗", "今天全部在岗", "今天都在岗", "今日３个人都在岗", "石门村今天三人在岗"]
)
async def test_one_line_settles_the_day(world, team, line):
    await world.at("08:10")
    await team.wang.says(line)
    await team.wang.sees("✅ 石门村 3 人今天在岗（王强、周建国、赵敏）。有变化再说一句。", buttons=[])
    assert await on_duty(world, *team) == [True, True, True]
    assert await world.day(team.zhou, Half.PM) == DayStatus.ON_DUTY
    await team.zhou.sees("王强记您11月23日在岗：石门村 08:10，不用再签到。", buttons=NO)
    assert {row.evidence.value for row in await world.rows(CheckIn)} == {"team_line"}
    assert (await world.audit()).count("checkin:team") == 3


async def test_twice_is_once(world, team):
    await team.wang.says("今天三人在岗")
    await team.zhou.looks_away()
    before = await world.audit()
    await team.wang.says("今天三人在岗")
    await team.wang.sees("石门村 3 人今天在岗")
    await team.zhou.sees_nothing()
    assert await world.audit() == before
    assert len(await world.rows(CheckIn)) == 3


async def test_who_has_checked_in_himself_is_counted_and_not_told(world, team):
    await team.zhou.sends_location()
    await team.wang.says("今天三人在岗")
    await team.wang.sees("石门村 3 人今天在岗")
    assert [row.evidence.value for row in await world.rows(CheckIn)] == ["pressed", "team_line", "team_line"]
    await team.zhou.sees("已签到")


async def test_an_exception_on_a_trip_is_recorded_as_one(world, team):
    liu = world.township_officer("刘敏")
    await team.wang.says("今天三人在岗 周建国公出到县里")
    await team.wang.sees("石门村 2 人今天在岗（王强、赵敏）", "周建国公出：到县里。", buttons=["取消周建国公出"])
    assert await world.day(team.zhou) == DayStatus.OFFICIAL_TRIP
    await team.zhou.sees("王强给您记了公出：11月23日全天，到县里", buttons=["我没去"])
    await liu.sees("公出 · 周建国 · 石门村", "到县里")
    await team.wang.presses("取消周建国公出")
    await team.wang.sees("已取消公出：11月23日全天，到县里")
    assert await world.day(team.zhou) == DayStatus.NOT_YET


async def test_an_exception_named_stays_as_it_is(world, team):
    await team.wang.says("今天两人在岗，赵敏请假")
    await team.wang.sees("石门村 2 人今天在岗（王强、周建国）", "赵敏没有记在岗（请假）。")
    assert await on_duty(world, *team) == [True, True, False]
    await team.zhao.sees_nothing()


async def test_several_exceptions_share_what_follows(world, team):
    await team.wang.says("今天1人在岗，周建国、赵敏请假")
    await team.wang.sees("石门村 1 人今天在岗（王强）", "周建国没有记在岗（请假）", "赵敏没有记在岗（请假）")


async def test_saying_it_again_corrects(world, team):
    await team.wang.says("今天三人在岗")
    card = await team.zhao.sees("王强记您11月23日在岗")
    await team.wang.says("今天两人在岗，赵敏请假")
    await team.wang.sees("石门村 2 人今天在岗（王强、周建国）", "赵敏不记在岗了（请假）")
    edited = await team.zhao.sees("王强已更正：11月23日不再记您在岗", buttons=[])
    assert edited.message_id == card.message_id
    assert await world.day(team.zhao) == DayStatus.NOT_YET
    await team.zhao.sends_location()
    await team.zhao.sees("✅ 已签到 08:02")
    await team.wang.says("今天三人在岗")
    assert await on_duty(world, *team) == [True, True, True]


async def test_a_correction_after_noon_leaves_the_morning(world, team):
    await team.wang.says("今天三人在岗")
    await world.at("13:00")
    await team.wang.says("今天两人在岗，赵敏回家了")
    await team.wang.sees("赵敏不记在岗了（回家了）")
    await team.zhao.sees("王强已更正：11月23日下午不再记您在岗")
    assert await world.day(team.zhao, Half.AM) == DayStatus.ON_DUTY
    assert await world.day(team.zhao, Half.PM) == DayStatus.NOT_YET
    await team.wang.says("今天三人在岗")
    assert await world.day(team.zhao, Half.PM) == DayStatus.ON_DUTY


async def test_a_number_without_a_name_is_asked_back(world, team):
    await team.wang.says("今天两人在岗")
    await team.wang.sees(
        "石门村工作队 3 人，您说 2 人在岗。", "哪位不在？", buttons=["王强", "周建国", "赵敏", "都在岗", "取消"]
    )
    assert await world.rows(CheckIn) == []
    await team.wang.presses("赵敏")
    await team.wang.sees("石门村 2 人今天在岗（王强、周建国）", "赵敏没有记在岗。", buttons=[])
    assert await on_duty(world, *team) == [True, True, False]


async def test_several_names_are_tapped_until_the_number_agrees(world, team):
    await team.wang.says("今天一人在岗")
    await team.wang.presses("赵敏")
    await team.wang.sees("不在的：赵敏", buttons=["王强", "周建国", "赵敏 ✓", "就这样", "取消"])
    await team.wang.presses("赵敏 ✓")
    await team.wang.sees("哪位不在？", buttons=["王强", "周建国", "赵敏", "都在岗", "取消"])
    await team.wang.presses("赵敏")
    await team.wang.presses("周建国")
    await team.wang.sees("石门村 1 人今天在岗（王强）")


async def test_more_than_there_are_is_asked_back(world, team):
    await team.wang.says("今天五人在岗")
    await team.wang.sees("石门村工作队 3 人，您说 5 人在岗。")
    await team.wang.presses("取消")
    await team.wang.sees("没有改动", buttons=[])
    await team.wang.presses_data("team:ok:0")
    await team.wang.sees("这张卡片已经过了")
    assert await world.rows(CheckIn) == []


@pytest.mark.parametrize("count", ["十二三", "三三", "9" * 30])
async def test_a_number_that_is_none_is_asked_back_and_marks_nobody(world, team, count):
    await team.wang.says(f"今天{count}人在岗")
    await team.wang.sees(f"没看懂「{count}」。", "哪位不在？", buttons=["王强", "周建国", "赵敏", "都在岗", "取消"])
    assert await world.rows(CheckIn) == []
    assert {row.attempts for row in await world.rows(Inbox)} == {0}


async def test_a_name_nobody_knows_is_asked_back(world, team):
    await team.wang.says("今天三人在岗，孙丽请假")
    await team.wang.sees("没看懂「孙丽请假」。", buttons=["王强", "周建国", "赵敏", "都在岗", "取消"])
    await team.wang.presses("都在岗")
    await team.wang.sees("石门村 3 人今天在岗")


async def test_too_many_names_for_the_number_are_asked_back(world, team):
    await team.wang.says("今天两人在岗，赵敏请假，周建国请假")
    await team.wang.sees("不在的：周建国、赵敏", buttons=["王强", "周建国 ✓", "赵敏 ✓", "就这样", "取消"])
    await team.wang.presses("周建国 ✓")
    await team.wang.sees("石门村 2 人今天在岗（王强、周建国）", "赵敏没有记在岗（请假）")


async def test_who_is_on_a_trip_already_stays_so(world, team):
    await team.zhou.says("公出 到镇里开例会")
    for line in ("今天三人在岗", "今天两人在岗"):
        await team.wang.says(line)
        await team.wang.sees("石门村 2 人今天在岗（王强、赵敏）", "周建国今天公出，照旧。")
    await team.wang.says("今天三人在岗，周建国公出到县里")
    await team.wang.sees("石门村 2 人今天在岗（王强、赵敏）")
    assert [trip.purpose for trip in await world.rows(OfficialTrip)] == ["到镇里开例会"]


async def test_not_so_says_the_member_and_the_first_secretary_hears(world, team):
    await team.wang.says("今天三人在岗")
    await team.zhou.presses("不对，我不在村")
    await team.zhou.sees("不记您在岗，暂记待核实，不算缺岗", buttons=["记公出"])
    await team.wang.sees("周建国说11月23日不在村，已改为待核实（石门村）。")
    assert await world.day(team.zhou) == DayStatus.UNVERIFIED
    assert await world.day(team.zhou, Half.PM) == DayStatus.UNVERIFIED
    assert (await world.audit())[-1] == "checkin:object"
    await team.wang.says("今天三人在岗")
    await team.wang.sees("石门村 2 人今天在岗（王强、赵敏）", "周建国自己说不在村，没有记。")
    assert await world.day(team.zhou) == DayStatus.UNVERIFIED
    await team.zhou.sends_location()
    await team.zhou.sees("✅ 已签到")
    assert await world.day(team.zhou) == DayStatus.ON_DUTY


async def test_an_objection_pressed_twice_is_one(world, team):
    await team.wang.says("今天三人在岗")
    row = next(row for row in await world.rows(CheckIn) if row.person_id == team.zhou.person_id)
    await team.zhou.presses_data(f"signed:{row.id}")
    before = await world.audit()
    await team.zhou.presses_data(f"signed:{row.id}")
    assert await world.audit() == before
    await team.zhao.presses_data(f"signed:{row.id}")
    await team.zhao.sees("不在您的职责范围内")
    await team.zhao.presses_data("signed:999999")
    await team.zhao.sees("没有找到这一条")


async def test_an_objection_after_two_days_is_too_late(world, team):
    await team.wang.says("今天三人在岗")
    await world.advance(days=3)
    await team.zhou.presses("不对，我不在村")
    await team.zhou.sees("11月23日的记录过了 48 小时", "本县规定")


async def test_only_the_first_secretary_speaks_for_the_team(world, team):
    await team.zhou.says("今天三人在岗")
    await team.zhou.sees("由第一书记说", "代签 姓名 原因")
    await team.wang.says("东峪村今天三人在岗")
    await team.wang.sees("说的是哪个村？")
    assert await world.rows(CheckIn) == []


async def test_outside_the_hours_it_is_refused(world, team):
    await world.at("05:30")
    await team.wang.says("今天三人在岗")
    await team.wang.sees("现在不在签到时间", "本县规定")


# -- 代签 -----------------------------------------------------------------------------------------------------------


async def test_a_colleague_signs_for_one_whose_phone_is_broken(world, team):
    await team.zhao.says("代签 周建国 手机坏了")
    await team.zhao.sees("✅ 已代记 1 人今天在岗（周建国），手机坏了。已告诉本人", buttons=["撤回代签"])
    await team.zhou.sees("赵敏代记您11月23日在岗：石门村 08:02，手机坏了。", buttons=NO)
    assert await on_duty(world, team.zhou) == [True]
    assert [row.evidence.value for row in await world.rows(CheckIn)] == ["proxy"]
    await team.zhao.says("代签 周建国 手机坏了")
    await team.zhao.sees("周建国今天已签到，不用再记。", buttons=[])


async def test_a_proxy_is_taken_back_by_who_recorded_it(world, team):
    await team.zhao.says("代签 周建国手机坏了")
    row = (await world.rows(CheckIn))[0]
    await team.wang.says("帮助")
    await team.wang.presses_data(f"proxyundo:{row.id}")
    await team.wang.sees("不在您的职责范围内")
    await team.zhao.presses("撤回代签")
    await team.zhao.sees("已撤回代签，已告诉本人。", buttons=[])
    await team.zhou.sees("赵敏已更正：11月23日不再记您在岗")
    assert await world.day(team.zhou) == DayStatus.NOT_YET
    await team.zhao.presses_data(f"proxyundo:{row.id}")
    await team.zhao.sees("已经撤回过了")


async def test_a_proxy_objected_to_reaches_the_recorder_and_the_first_secretary(world, team):
    await team.zhao.says("代签 周建国 手机坏了")
    await team.zhou.presses("不对，我不在村")
    for told in (team.zhao, team.wang):
        await told.sees("周建国说11月23日不在村，已改为待核实")
    await team.zhao.says("代签 周建国 手机坏了")
    await team.zhao.sees("周建国自己说不在村，没有记。")


async def test_nobody_signs_for_himself(world, team):
    await team.zhou.says("代签 周建国 手机坏了")
    await team.zhou.sees("不用代签，也不能代签")
    await team.zhou.says("代签")
    await team.zhou.sees("代签 · 石门村 · 11月23日", buttons=["王强", "赵敏", "取消"])
    await team.zhou.presses_data(f"proxy:tick:{team.zhou.person_id}:0")
    await team.zhou.sees_nothing()
    await team.zhou.presses_data("proxy:ok:0:0")
    await team.zhou.sees("还没有选名字")
    assert await world.rows(CheckIn) == []


async def test_without_a_reason_it_is_asked(world, team):
    await team.zhao.says("代签 周建国")
    await team.zhao.sees("为什么代签？", buttons=["手机坏了", "没有信号", "取消"])
    await team.zhao.presses("没有信号")
    await team.zhao.sees("已代记 1 人今天在岗（周建国），没有信号")
    await team.zhao.says("代签")
    await team.zhao.presses("王强")
    await team.zhao.presses("记在岗")
    await team.zhao.says("手机没电")
    await team.zhao.sees("已代记 1 人今天在岗（王强），手机没电")
    await team.zhao.presses_data("proxy:reason:0:0")
    await team.zhao.sees("这张卡片已经过了")


async def test_an_unknown_name_is_said_so(world, team):
    world.cadre("李雪", village="东峪村")
    for name in ("孙丽", "李雪"):
        await team.zhao.says(f"代签 {name} 手机坏了")
        await team.zhao.sees(f"没有找到「{name}」")
    assert await world.rows(CheckIn) == []


async def test_the_township_s_list_in_one_line(world, team):
    liu = world.township_officer("刘敏")
    await liu.says("代签 石门村 周建国 赵敏")
    await liu.sees("✅ 已按名单记 2 人今天在岗（周建国、赵敏）。", buttons=["撤回代签"])
    await team.zhou.sees("刘敏按名单记您11月23日在岗", buttons=NO)
    assert {row.evidence.value for row in await world.rows(CheckIn)} == {"list"}
    assert (await world.audit()).count("checkin:list") == 2


async def test_a_name_of_the_list_that_is_not_there_shows_the_names_to_tap(world, team):
    liu = world.township_officer("刘敏")
    await liu.says("代签 石门村 周建国 孙丽")
    await liu.sees("没有找到「孙丽」。", buttons=["王强", "周建国 ✓", "赵敏", "记在岗", "取消"])
    assert await world.rows(CheckIn) == []
    await liu.presses("赵敏")
    await liu.presses("记在岗")
    await liu.sees("已按名单记 2 人今天在岗（周建国、赵敏）")


async def test_an_officer_taps_a_village_and_names(world, team):
    liu = world.township_officer("刘敏")
    world.cadre("李雪", village="东峪村")
    await team.zhou.sends_location()
    await liu.says("代签")
    await liu.sees("给哪个村代签？")
    await liu.presses("石门村")
    await liu.sees("代签 · 石门村", "周建国今天已签到", buttons=["王强", "赵敏", "取消"])
    await liu.presses("赵敏")
    await liu.presses("赵敏 ✓")
    await liu.sees("点名字选上", buttons=["王强", "赵敏", "取消"])
    await liu.presses("取消")
    await liu.sees("没有代签", buttons=[])


async def test_a_name_of_two_people_is_asked(world, team):
    liu = world.township_officer("刘敏")
    await world.settle()
    other = world.cadre("孟凡", village="东峪村")
    twin = world.cadre("孟凡二", village="石门村")
    await world.settle()
    async with world.db.write() as session:
        (await session.get_one(Person, twin.person_id)).name = "孟凡"
    await liu.says("代签 孟凡 手机坏了")
    await liu.sees("有几位孟凡，是哪一位？")
    await liu.presses("石门村")
    await liu.sees("已代记 1 人今天在岗（孟凡），手机坏了")
    assert [row.person_id for row in await world.rows(CheckIn)] == [twin.person_id]
    assert await world.day(other) == DayStatus.NOT_YET


async def test_an_officer_of_another_township_signs_for_nobody_here(world, team):
    meng = world.township_officer("孟庆", township="石桥镇")
    await team.zhou.says("帮助")
    await meng.says("代签 石门村 周建国")
    await meng.sees("没有找到「石门村」")
    await meng.says("代签")
    await meng.sees("代签由同村工作队、乡镇或县驻村办来记")
    await meng.presses_data(f"proxy:village:{world.area_id('石门村')}:0")
    await meng.sees("没有找到这一条")
    leader = world.county_leader("县长")
    await leader.says("代签 周建国 手机坏了")
    await leader.sees("没有找到「周建国」")
    assert await world.rows(CheckIn) == []


async def test_much_said_of_one_person_still_fits_a_message(world, team):
    await team.wang.says("今天两人在岗，赵敏" + "请假回家" * 900)
    said = await team.wang.sees("石门村 2 人今天在岗", "赵敏没有记在岗（请假回家")
    assert len(said.text) < 400


async def test_a_number_that_is_not_kept_is_not_said_again_either(world, team):
    await team.zhao.says("代签 周建国 手机坏了 身份证130123198501011234")
    said = await team.zhao.sees("已代记 1 人今天在岗（周建国）")
    assert "130123198501011234" not in said.text


async def test_an_exception_who_has_checked_in_himself_is_said_to_be_so(world, team):
    await team.zhou.sends_location()
    await team.zhou.sees("已签到")
    await team.wang.says("今天两人在岗，周建国请假")
    await team.wang.sees("石门村 2 人今天在岗（王强、赵敏）", "周建国今天已有签到，照旧；不对请和本人核对。")
    assert await on_duty(world, *team) == [True, True, True]


async def test_no_reason_is_asked_where_nothing_is_to_be_recorded(world, team):
    await team.zhao.sends_location()
    await team.wang.says("代签 赵敏")
    await team.wang.sees("赵敏今天已签到，不用再记。", buttons=[])
    await team.wang.says("代签 周建国、赵敏")
    await team.wang.sees("为什么代签？")
