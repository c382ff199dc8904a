"""公出: what cadres, colleagues and the township see."""

from datetime import date, timedelta

from sqlalchemy import update

from policy.attendance import DayStatus
from policy.calendar import Half
from storage.tables import OfficialTrip, PersonRole
from tests.world import World

CARD = [
    "开会", "跑项目", "送群众就医", "回单位", "今天全天 ✓", "上午", "下午", "到…日", "取消",
]  # fmt: skip
TEAM_CARD = [*CARD[:-1], "只我 ✓", "全队", "取消"]


async def test_from_outside_the_fence_to_a_recorded_trip(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("公出")
    await zhou.sees("去哪里、办什么事？一句话，例如：到镇里开例会。", "11月23日全天 · 只我", buttons=CARD)
    await zhou.says("到镇里开例会。")
    await zhou.sees("已记公出：11月23日全天，到镇里开例会。已向柳河镇报备，不用等答复。", buttons=["取消公出"])
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
    assert await world.day(zhou, Half.PM) == DayStatus.OFFICIAL_TRIP
    await liu.sees("公出 · 周建国 · 石门村", "11月23日全天，到镇里开例会", buttons=["有异议"])
    assert (await world.audit())[-1] == "trip:report"


async def test_a_standing_purpose_is_one_tap_and_done(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.sees("去哪里、办什么事？", buttons=CARD)
    await zhou.presses("送群众就医")
    await zhou.sees("已记公出：11月23日全天，送群众就医", buttons=["取消公出"])
    await zhou.presses_data("trip:purpose:meeting")
    await zhou.sees("这张卡片已经过了")
    assert len(await world.rows(OfficialTrip)) == 1


async def test_toggles_edit_the_card_in_place(world):
    zhou = world.cadre("周建国")
    world.cadre("赵敏")
    await zhou.says("/trip")
    card = await zhou.sees("去哪里", buttons=TEAM_CARD)
    await zhou.presses("下午")
    await zhou.sees("11月23日下午 · 只我")
    await zhou.presses("到…日")
    await zhou.sees(
        "公出到哪天？", buttons=["24日", "25日", "26日", "27日", "28日", "29日", "30日", "1日", "返回", "更晚"]
    )
    await zhou.presses("更晚")
    await zhou.presses("返回")
    await zhou.presses("到…日")
    await zhou.presses("25日")
    await zhou.sees(
        "11月23日下午至25日 · 只我", buttons=[*TEAM_CARD[:4], "今天全天", "上午", "下午 ✓", "到25日 ✓", *TEAM_CARD[8:]]
    )
    await zhou.presses("全队")
    edited = await zhou.sees("11月23日下午至25日 · 全队 2 人")
    assert edited.message_id == card.message_id
    await zhou.presses("上午")
    await zhou.sees("11月23日上午 · 全队 2 人")
    await zhou.presses("取消")
    await zhou.sees("没有记公出", buttons=[])
    assert await world.rows(OfficialTrip) == []


async def test_pressing_what_is_chosen_changes_nothing(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.presses("今天全天 ✓")
    await zhou.sees_nothing()


async def test_one_line_is_enough(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 到镇里开例会")
    await zhou.sees("已记公出：11月23日全天，到镇里开例会。已向柳河镇报备，不用等答复。")
    await zhou.says("公出 到镇里开例会")
    await zhou.sees("已经记过公出", "不用再报")
    assert len(await world.rows(OfficialTrip)) == 1


async def test_a_line_may_say_when_and_who(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    await zhou.says("公出 明天下午，全队 到25日 去省里学习")
    await zhou.sees("已记公出（周建国、赵敏）：11月24日下午至25日，去省里学习")
    assert await world.day(zhao, Half.AM, date(2026, 11, 24)) != DayStatus.OFFICIAL_TRIP
    assert await world.day(zhao, Half.PM, date(2026, 11, 24)) == DayStatus.OFFICIAL_TRIP
    assert await world.day(zhao, Half.PM, date(2026, 11, 25)) == DayStatus.OFFICIAL_TRIP
    assert await world.day(zhao, Half.AM, date(2026, 11, 26)) != DayStatus.OFFICIAL_TRIP


async def test_a_line_without_a_purpose_asks_for_it(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 下午")
    await zhou.sees("去哪里", "11月23日下午")
    await zhou.says("公出 跑项目")
    await zhou.sees("已记公出：11月23日下午，跑项目")


async def test_after_noon_it_is_the_afternoon(world):
    zhou = world.cadre("周建国")
    await world.at("13:30")
    await zhou.says("公出")
    await zhou.sees("11月23日下午")
    await zhou.presses("开会")
    await zhou.sees("已记公出：11月23日下午，开会")
    assert await world.day(zhou, Half.AM) == DayStatus.NOT_YET


async def test_an_overlap_names_the_span_and_can_be_cancelled(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 到24日 跑项目")
    await zhou.says("公出 下午 到镇里开例会")
    await zhou.sees("重叠（11月23日至24日，跑项目）", "本县规定", buttons=["取消公出"])
    assert len(await world.rows(OfficialTrip)) == 1
    await zhou.presses("取消公出")
    await zhou.sees("已取消公出")
    await zhou.says("公出 下午 到镇里开例会")
    await zhou.sees("已记公出：11月23日下午")


async def test_an_open_trip_is_shown_and_cancelled_and_brought_back(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.says("公出 到镇里开例会")
    await zhou.says("公出")
    await zhou.sees("您有公出：", "11月23日全天，到镇里开例会", buttons=["取消公出", "提前结束", "再记一次"])
    await zhou.presses("取消公出")
    await zhou.sees("已取消公出：11月23日全天，到镇里开例会", buttons=["恢复公出"])
    await liu.sees("已取消", buttons=[])
    assert await world.day(zhou) == DayStatus.NOT_YET
    await zhou.presses("恢复公出")
    await zhou.sees("已恢复公出", buttons=["取消公出"])
    await liu.sees("公出 · 周建国", buttons=["有异议"])
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
    assert (await world.audit())[-2:] == ["trip:cancel", "trip:restore"]


async def test_several_open_trips_have_a_button_each(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 到镇里开例会")
    await zhou.says("公出 明天 跑项目")
    await zhou.says("公出")
    await zhou.sees("11月24日全天，跑项目", buttons=["取消23日公出", "提前结束", "取消24日公出", "再记一次"])
    await zhou.presses("再记一次")
    await zhou.sees("去哪里")
    await zhou.says("公出 12月31日 到省里")
    await zhou.says("公出")
    await zhou.sees("12月31日全天", buttons=["取消23日公出", "提前结束", "取消24日公出", "取消12月31日", "再记一次"])


async def test_back_early_ends_it_with_this_half_day(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.says("公出 到25日 去省里学习")
    await world.at("10:00", date(2026, 11, 24))
    await zhou.says("公出")
    await zhou.presses("提前结束")
    await zhou.sees("公出到现在这半天为止：11月23日至24日上午，去省里学习")
    await liu.sees("11月23日至24日上午")
    assert await world.day(zhou, Half.AM) == DayStatus.OFFICIAL_TRIP
    assert await world.day(zhou, Half.PM) == DayStatus.NOT_YET
    await zhou.says("公出 下午 跑项目")
    await zhou.sees("已记公出：11月24日下午")


async def test_a_trip_that_has_ended_is_cancelled_as_long_as_a_day_can_be_corrected(world):
    zhou, liu = world.cadre("周建国"), world.township_officer("刘敏")
    await zhou.says("公出 昨天 到镇里开例会")
    await zhou.sees("已记公出：11月22日全天", buttons=["取消公出"])
    await zhou.says("公出 昨天 到镇里开会")
    await zhou.sees("重叠（11月22日全天，到镇里开例会）", buttons=["取消公出"])
    await world.advance(days=1)
    old = (await zhou.last()).buttons()["取消公出"]
    await zhou.presses("取消公出")
    await zhou.sees("已取消公出：11月22日全天，到镇里开例会", buttons=["恢复公出"])
    await liu.sees("已取消")
    await zhou.presses("恢复公出")
    await zhou.sees("已恢复公出：11月22日全天")
    await world.at("00:10", date(2026, 11, 25))
    await zhou.presses_data(old)
    await zhou.sees("11月22日的记录过了 48 小时，不能在这里改了（本县规定）")
    await zhou.says("公出")
    await zhou.sees("去哪里")


async def test_a_button_that_would_do_nothing_is_not_shown(world):
    zhou = world.cadre("周建国")
    await world.set("correction_hours", 1)
    await zhou.says("公出 昨天 到镇里开例会")
    await zhou.sees("已记公出", buttons=[])
    await zhou.says("公出 昨天 到镇里开会")
    await zhou.sees("重叠（11月22日全天，到镇里开例会）", buttons=[])


async def test_only_who_cancelled_a_trip_brings_it_back(world):
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await zhou.says("公出 全队 到镇里开例会")
    mine, theirs = sorted(await world.rows(OfficialTrip), key=lambda trip: trip.person_id != zhou.person_id)
    await zhao.presses("我没去")
    await zhao.sees("已去掉您的这次公出", buttons=["恢复公出"])
    await zhou.presses_data(f"tripact:restore:{theirs.id}")
    await zhou.sees("这次公出不是您取消的，没有恢复", "去了就再报一次")
    assert await world.day(zhao) == DayStatus.NOT_YET
    await zhao.presses("恢复公出")
    assert await world.day(zhao) == DayStatus.OFFICIAL_TRIP
    await zhou.says("公出")
    await zhou.presses("取消公出")
    await zhou.presses("全队")
    await zhao.sees("周建国取消了公出")
    await zhao.presses_data(f"tripact:restore:{theirs.id}")
    await zhao.sees("这次公出不是您取消的，没有恢复")
    await zhou.presses_data(f"tripact:restore:{mine.id}")
    await zhou.sees("已恢复公出")
    assert await world.day(zhao) == DayStatus.OFFICIAL_TRIP


async def test_the_whole_team_goes_and_colleagues_are_told(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    wang = world.cadre("王强", secretary=True)
    liu = world.township_officer("刘敏")
    await zhou.says("公出 全队 到镇里开例会")
    await zhou.sees("已记公出（周建国、王强、赵敏）：11月23日全天，到镇里开例会")
    await zhao.sees("周建国给您记了公出：11月23日全天，到镇里开例会。不用再报。", buttons=["我没去"])
    await liu.sees("公出 · 周建国、王强、赵敏 · 石门村", buttons=["有异议"])
    assert len({trip.group_id for trip in await world.rows(OfficialTrip)}) == 1
    await zhao.presses("我没去")
    await zhao.sees("已去掉您的这次公出", buttons=["恢复公出"])
    await zhou.sees("赵敏说没去，已去掉他的公出")
    await liu.sees("赵敏：已取消")
    assert await world.day(zhao) == DayStatus.NOT_YET
    assert await world.day(wang) == DayStatus.OFFICIAL_TRIP


async def test_who_reported_a_team_trip_cancels_it_for_all_or_for_himself(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    await zhou.says("公出 全队 到镇里开例会")
    await zhou.presses("取消公出")
    await zhou.sees("取消谁的公出？一起去的有：周建国、赵敏", buttons=["全队", "只我", "不取消"])
    await zhou.presses("不取消")
    await zhou.sees("公出照旧")
    await zhou.says("公出")
    await zhou.presses("取消公出")
    await zhou.presses("全队")
    await zhou.sees("已取消全队公出")
    await zhao.sees("周建国取消了公出：11月23日全天")
    assert await world.day(zhao) == DayStatus.NOT_YET
    await zhou.presses("恢复公出")
    await zhao.sees("周建国给您记了公出", buttons=["我没去"])
    assert await world.day(zhao) == DayStatus.OFFICIAL_TRIP


async def test_who_is_on_another_trip_keeps_it(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    await zhao.says("公出 回单位")
    await zhou.says("公出 全队 到镇里开例会")
    await zhou.sees("已记公出：11月23日全天，到镇里开例会", "赵敏那时已有公出或请假，没有重复记。")
    assert [trip.purpose for trip in await world.rows(OfficialTrip)] == ["回单位", "到镇里开例会"]


async def test_the_township_objects_and_the_person_answers(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.says("公出 到镇里开例会")
    await liu.presses("有异议")
    await liu.sees("哪里不对？一句话，会告诉本人。", buttons=["取消"])
    await liu.says("今天镇里没有会")
    await liu.sees("已记下异议，已告诉周建国。", "待核实")
    await zhou.sees("柳河镇 刘敏对您的公出有异议：今天镇里没有会", "暂记待核实，不算缺岗", buttons=["回一句"])
    assert await world.day(zhou) == DayStatus.UNVERIFIED
    assert await world.day(zhou, Half.PM) == DayStatus.UNVERIFIED
    assert (await world.audit())[-1] == "trip:object"
    await zhou.presses("取消公出")
    await zhou.sees("这件事已由刘敏处理过了，没有改动。")
    await zhou.presses("回一句")
    await zhou.says("会改在水利站开")
    await zhou.sees("已发给提出异议的人")
    await liu.sees("有异议 · 刘敏 · 11月23日 08:02：今天镇里没有会", "本人说明：会改在水利站开", buttons=["撤回异议"])
    await liu.presses("撤回异议")
    await zhou.sees("柳河镇已撤回异议，仍记公出：11月23日全天，到镇里开例会")
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
    await liu.sees("公出 · 周建国", buttons=["有异议"])


async def test_an_objection_takes_one_of_the_team(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    liu = world.township_officer("刘敏")
    await zhou.says("公出 全队 到镇里开例会")
    await liu.presses("有异议")
    await liu.sees("对谁的公出有异议？", buttons=["周建国", "赵敏", "全部", "取消"])
    await liu.presses("赵敏")
    await liu.says("只来了一个人")
    await zhao.sees("柳河镇 刘敏对您的公出有异议：只来了一个人", buttons=["回一句"])
    assert await world.day(zhao) == DayStatus.UNVERIFIED
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
    await liu.sees("赵敏：有异议", buttons=["有异议", "撤回赵敏"])


async def test_of_two_officers_the_first_objection_stands(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    song = world.township_officer("宋涛")
    await zhou.says("公出 到镇里开例会")
    await liu.presses("有异议")
    await song.presses("有异议")
    await liu.says("今天镇里没有会")
    await song.says("没见到人")
    await song.sees("这件事已由刘敏处理过了，没有改动。")
    assert [trip.objection for trip in await world.rows(OfficialTrip)] == ["今天镇里没有会"]


async def test_the_afternoon_a_morning_check_in_vouched_for_is_open_again(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.sends_location()
    await world.at("13:00")
    await zhou.says("公出 到镇里开例会")
    await liu.presses("有异议")
    await liu.says("没见到人")
    assert await world.day(zhou, Half.AM) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.PM) == DayStatus.UNVERIFIED
    await zhou.sends_location()
    await zhou.sees("✅ 已签到 13:00 · 石门村")
    assert await world.day(zhou, Half.PM) == DayStatus.ON_DUTY


async def test_only_the_township_of_the_village_objects(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    world.township_officer("刘敏")
    other = world.township_officer("孟庆", township="石桥镇")
    await zhou.says("公出 到镇里开例会")
    trip = (await world.rows(OfficialTrip))[0]
    for outsider in (other, zhao):
        await outsider.says("帮助")
        await outsider.presses_data(f"tripword:object:{trip.group_id}")
        await outsider.sees("没有找到这一条")
        await outsider.presses_data(f"tripword:one:{trip.id}")
        await outsider.sees("不在您的职责范围内")
    await zhao.presses_data(f"tripact:cancel:{trip.id}")
    await zhao.sees("不在您的职责范围内")
    await zhao.presses_data("tripact:cancel:999999")
    await zhao.sees("没有找到这一条")
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP


async def test_words_and_purposes_are_escaped_and_never_empty(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.says("   ")
    assert await world.rows(OfficialTrip) == []
    await zhou.says("<b>到镇里</b>")
    await zhou.sees("<b>到镇里</b>")


async def test_a_command_word_leaves_the_card_and_the_draft_is_offered_again(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.presses("下午")
    await zhou.says("签到")
    await zhou.sees("点「📍签到」最快")
    await zhou.says("公出")
    await zhou.sees("11月23日下午 · 只我")
    assert await world.rows(OfficialTrip) == []


async def test_too_long_a_trip_is_refused_with_its_rule(world: World):
    await world.set("trip_max_days", 3)
    zhou = world.cadre("周建国")
    await zhou.says("公出 到30日 去省里学习")
    await zhou.sees("公出一次最多 3 天", "本县规定")
    await zhou.says("公出")
    await zhou.presses("到…日")
    await zhou.sees("公出到哪天？", buttons=["24日", "25日", "返回"])


async def test_staff_report_no_trips(world):
    liu = world.township_officer("刘敏")
    await liu.says("公出")
    await liu.sees("您不在驻村工作队")
    await liu.presses_data("trip:purpose:meeting")
    await liu.sees("这张卡片已经过了")


async def test_it_goes_to_the_officer_of_the_day_on_which_it_is_said(world):
    zhou, liu, ma = world.cadre("周建国"), world.township_officer("刘敏"), world.township_officer("马会")
    await world.settle()
    today = world.now.date()
    async with world.db.write() as session:  # 刘敏 is in office until today, 马会 from tomorrow on
        mine = PersonRole.person_id == liu.person_id
        await session.execute(update(PersonRole).where(mine).values(ends_on=today))
        theirs = PersonRole.person_id == ma.person_id
        await session.execute(update(PersonRole).where(theirs).values(starts_on=today + timedelta(days=1)))
    await zhou.says("公出 明天 到县里开会")
    await liu.sees("公出 · 周建国 · 石门村", "到县里开会", buttons=["有异议"])
    await ma.sees_nothing()
