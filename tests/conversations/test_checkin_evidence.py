"""签到: which positions count and which don't, words in their place, and what the officer does with the rest."""

import pytest

from policy.attendance import DayStatus
from policy.calendar import Half
from policy.checkin import Evidence
from policy.geo import DistanceClass
from storage.tables import CheckIn, Explanation
from tests.world import VILLAGES, north


async def evidence(world) -> list[Evidence]:
    return [row.evidence for row in await world.rows(CheckIn)]


@pytest.mark.parametrize(
    "how, grade",
    [
        ({"pressed": True}, Evidence.PRESSED),
        ({"pressed": False}, Evidence.PICKED),
        ({"location": {"latitude": 38.2, "longitude": 114.1, "live_period": 900}}, Evidence.LIVE),
    ],
)
async def test_grades_of_evidence_are_kept_and_count_alike(world, how, grade):
    zhou = world.cadre("周建国")
    await zhou.sends_location(**how)
    await zhou.sees("✅ 已签到 08:02 · 石门村")
    assert await evidence(world) == [grade]


@pytest.mark.parametrize(
    "mark",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "别人"}},
        {
            "venue": {
                "location": {"latitude": 38.2, "longitude": 114.1},
                "title": "村部",
                "address": "石门村",
            }
        },
        {"via_bot": {"id": 9, "is_bot": True, "first_name": "别的助手"}},
    ],
)
async def test_a_position_of_somebody_else_is_refused_with_the_reason(world, mark):
    zhou = world.cadre("周建国")
    await zhou.sends_location(**mark)
    await zhou.sees("转发的位置不能用来签到", "《意见》三（二）", "请点「📍签到」")
    assert await world.rows(CheckIn) == []


@pytest.mark.parametrize("at", [(0.0, 0.0), (91.0, 114.0), (38.2, 181.0)])
async def test_no_real_position_is_refused(world, at):
    zhou = world.cadre("周建国")
    await zhou.sends_location(at=at)
    await zhou.sees("这个位置不对，没有签到", "定位不了就说一句")
    assert await world.rows(CheckIn) == []


async def test_a_late_arrival_counts_by_the_moment_it_was_sent_and_shows_both(world):
    zhou = world.cadre("周建国")
    await world.at("13:40")
    await zhou.sends_location(minutes_ago=342)
    await zhou.sees("✅ 已签到 · 石门村", "按发出时间 07:58 计（13:40 收到）")
    assert await world.day(zhou, Half.AM) == DayStatus.ON_DUTY


async def test_older_than_a_day_is_refused_with_the_rule(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(minutes_ago=25 * 60)
    await zhou.sees("24 小时以前", "本县规定", "补签")
    assert await world.rows(CheckIn) == []


async def test_after_noon_it_proves_the_afternoon_only(world):
    zhou = world.cadre("周建国")
    await world.at("13:05")
    await zhou.sends_location()
    await zhou.sees("已签到 13:05")
    assert await world.day(zhou, Half.PM) == DayStatus.ON_DUTY
    await world.advance(days=1)
    assert await world.day(zhou, Half.AM, on=world.now.date().replace(day=23)) == DayStatus.UNVERIFIED


async def test_outside_the_window_the_refusal_names_it(world):
    zhou = world.cadre("周建国")
    await world.at("22:30")
    await zhou.sends_location()
    await zhou.sees("现在不在签到时间", "本县规定", "06:00", "22:00")


async def test_where_the_county_has_switched_it_off_nobody_signs_in(world):
    zhou = world.cadre("周建国")
    await world.set("checkin_mode", "off")
    await zhou.sends_location()
    await zhou.sees("本县没有开通签到", "不用签")


async def test_the_reported_accuracy_widens_the_fence_up_to_a_cap(world):
    near, far = world.cadre("周建国"), world.cadre("赵敏")
    await near.sends_location(km_from_village=1.9, accuracy=450)
    await near.sees("已签到")
    await far.sends_location(km_from_village=2.2, accuracy=5_000)
    await far.sees("不在驻村范围")


async def test_words_count_the_same_and_are_marked_so(world):
    li = world.cadre("李雪")
    await li.says("签到")
    await li.sees("点「📍签到」最快", buttons=["在村里", "取消"])
    await li.says("手机没信号，在三组入户 🙂")
    await li.sees("✅ 已签到 08:02 · 石门村", "在三组入户 🙂")
    assert await evidence(world) == [Evidence.WORDS]
    assert await world.day(li) == DayStatus.ON_DUTY


async def test_one_tap_in_place_of_the_sentence(world):
    li = world.cadre("李雪")
    await li.says("/checkin")
    await li.presses("在村里")
    await li.sees("已签到 08:02 · 石门村", "在村里")
    await li.presses_data("here:here")
    await li.sees("今天 08:02 已签到")


async def test_cancel_leaves_nothing(world):
    li = world.cadre("李雪")
    await li.sends_location(km_from_village=9)
    await li.presses("取消")
    await li.sees("没有记录", buttons=[])
    assert await world.rows(CheckIn) == []
    assert await world.rows(Explanation) == []
    assert await world.day(li) == DayStatus.NOT_YET


async def test_a_person_with_two_villages_is_in_either_and_counted_once(world):
    VILLAGES["石门北村"] = north("石门村", 1.0)
    zhou = world.cadre("周建国", village="石门村")
    world.cadre("周建国", village="石门北村")
    await zhou.sends_location(at=north("石门村", 0.5))
    await zhou.sees("签在哪个村", buttons=["石门村", "石门北村"])
    await zhou.presses("石门北村")
    await zhou.sees("已签到 08:02 · 石门北村")
    await zhou.sends_location(at=VILLAGES["石门村"])
    await zhou.sees("今天 08:02 已签到（石门北村），不用再点")
    assert len(await world.rows(CheckIn)) == 1


async def test_staff_and_strangers_have_nothing_to_sign(world):
    sun, nobody = world.county_staff("孙科长"), world.stranger("路人")
    await sun.sends_location(village="石门村")
    await sun.sees("不用签到")
    await nobody.sends_location(village="石门村")
    await nobody.sees("这里是驻村工作内部使用的助手")
    assert await world.rows(CheckIn) == []


async def waiting_explanation(world):
    """李雪 is nine kilometres away and has said why."""
    li = world.cadre("李雪")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("在隔壁村取种子，<b>中午</b>回")
    await li.sees("已报柳河镇核实")
    return li


async def test_not_so_is_never_absence(world):
    wang = world.township_officer("王主任")
    li = await waiting_explanation(world)
    await wang.sees("<b>中午</b>回")  # what people type is shown as typed
    await wang.presses("不属实")
    await li.sees("没有通过核实", "仍记待核实，不算缺岗", "补签")
    assert await world.day(li) == DayStatus.NOT_YET
    assert "explanation:decide" in await world.audit()


async def test_the_place_is_a_location_message_and_nothing_for_others(world):
    wang, other = world.township_officer("王主任"), world.township_officer("钱主任", township="石桥镇")
    li = await waiting_explanation(world)
    await wang.presses("看位置")
    place = (await wang.last()).location
    assert place == pytest.approx(north("石门村", 9))
    [explanation] = await world.rows(Explanation)
    assert explanation.distance_class is DistanceClass.FAR
    await other.says("帮助")
    for do in ("place", "true", "false"):
        await other.presses_data(f"explain:{explanation.id}:{do}")
        await other.sees("不在您的职责范围内", "《意见》三（一）")
    await li.presses_data(f"explain:{explanation.id}:true")
    await li.sees("没有改动")
    assert (await world.rows(Explanation))[0].decided_at is None


async def test_whatever_order_two_officers_press_in_one_decision_stands(world):
    wang, qian = world.township_officer("王主任"), world.township_officer("钱主任")
    li = await waiting_explanation(world)
    await wang.looks_away()
    await qian.looks_away()
    await qian.presses("情况属实")
    await wang.sees("情况属实 · 钱主任", buttons=[])  # the other's card has changed
    [explanation] = await world.rows(Explanation)
    await wang.presses_data(f"explain:{explanation.id}:false")
    await wang.sees("这件事已由钱主任处理过了，没有改动。")
    await li.sees("在岗")
    assert await world.day(li) == DayStatus.ON_DUTY


async def test_five_thousand_characters_are_refused_kindly_and_the_question_stays(world):
    li = world.cadre("李雪")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("很" * 5_000)
    await li.sees("写得太长了，没有记下", "请写短一点")
    await li.says("取种子")
    await li.sees("已报柳河镇核实")


async def test_in_english(world):
    li = world.cadre("李雪")
    await li.says("/language")
    await li.presses("English")
    await li.sends_location()
    await li.sees("08:02", "石门村")
    assert "签到" not in (await li.last()).text
