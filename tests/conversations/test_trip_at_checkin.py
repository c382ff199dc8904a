"""签到 on a day for which a trip is reported: elsewhere nothing is owed, in the village the position is never lost."""

from datetime import date

from policy.attendance import DayStatus
from policy.calendar import Half
from storage.tables import CheckIn, Explanation, OfficialTrip

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


async def test_away_on_a_trip_nothing_is_owed(world):
    zhou, liu = world.cadre("周建国"), world.township_officer("刘敏")
    await zhou.says("公出 到24日 到县里开会")
    await liu.looks_away()
    await zhou.sends_location(km_from_village=17)
    await zhou.sees(
        "今天已报公出：11月23日至24日，到县里开会，不用签到。", "约 17 公里", buttons=["结束公出", "取消公出", "照旧"]
    )
    await zhou.presses("照旧")
    await zhou.sees("公出照旧", buttons=[])
    await liu.sees_nothing()
    assert await world.rows(Explanation) == []
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
    await zhou.sends_location(km_from_village=17)
    await zhou.presses("结束公出")
    await zhou.sees("公出到现在这半天为止：11月23日上午")
    await world.at("14:00")
    await zhou.sends_location(km_from_village=17)
    await zhou.sees("不在驻村范围", buttons=["公出", "说明情况", "取消"])


async def test_a_trip_of_the_other_half_is_none_now(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 下午 到县里开会")
    await zhou.sends_location(km_from_village=17)
    await zhou.sees("不在驻村范围", buttons=["公出", "说明情况", "取消"])
    await zhou.sends_location()
    await zhou.sees("✅ 已签到 08:02 · 石门村", "还记着公出：11月23日下午，到县里开会，照旧。", buttons=[])
    assert await world.day(zhou, Half.AM) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.PM) == DayStatus.OFFICIAL_TRIP


async def test_in_the_village_on_a_trip_it_is_asked_and_the_proof_is_kept(world):
    zhou, liu = world.cadre("周建国"), world.township_officer("刘敏")
    await zhou.says("公出 到县里开会")
    await zhou.sends_location()
    await zhou.sees(
        "✅ 已签到 08:02 · 石门村",
        "这时记的是公出：11月23日全天，到县里开会。要改成在村吗？",
        buttons=["改记在村", "照旧"],
    )
    assert len(await world.rows(CheckIn)) == 1
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP, "until it is said"
    await zhou.presses("照旧")
    await zhou.sees("公出照旧", buttons=[])
    await zhou.says("签到 在村部")
    await zhou.sees("今天 08:02 已签到", buttons=["改记在村", "照旧"])
    again = (await zhou.last()).buttons()["改记在村"]
    await zhou.presses("改记在村")
    await zhou.sees("已改记在村，公出已取消：11月23日全天", buttons=["恢复公出"])
    assert await world.day(zhou) == DayStatus.ON_DUTY
    assert (await world.audit())[-1] == "trip:cancel"
    await liu.sees("已取消")
    await zhou.presses_data(again)
    await zhou.sees("已经不记公出了，没有改动")


async def test_back_from_a_long_trip_it_ends_before_this_half_day(world):
    zhou, liu = world.cadre("周建国"), world.township_officer("刘敏")
    await zhou.says("公出 到25日 去省里学习")
    await world.at("14:00", TUESDAY)
    await zhou.sends_location()
    await zhou.presses("改记在村")
    await zhou.sees("已改记在村，公出到这之前为止：11月23日至24日上午，去省里学习。", buttons=[])
    await liu.sees("11月23日至24日上午")
    assert await world.day(zhou, Half.AM, TUESDAY) == DayStatus.OFFICIAL_TRIP
    assert await world.day(zhou, Half.PM, TUESDAY) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.AM, WEDNESDAY) == DayStatus.NOT_YET
    assert (await world.audit())[-1] == "trip:shorten"


async def test_a_late_arrival_changes_the_half_in_which_it_was_sent(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 到县里开会")
    await world.at("13:40")
    await zhou.sends_location(minutes_ago=330)
    await zhou.presses("改记在村")
    await zhou.sees("公出已取消")
    assert await world.day(zhou, Half.AM) == DayStatus.ON_DUTY
    assert await world.day(zhou, Half.PM) == DayStatus.ON_DUTY


async def test_without_a_proof_and_for_others_the_button_does_nothing(world):
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await zhou.says("公出 到县里开会")
    (trip,) = await world.rows(OfficialTrip)
    await zhou.presses_data(f"triphere:{trip.id}:2026-11-23:am")
    await zhou.sees("11月23日上午没有签到，公出照旧。")
    await zhou.presses_data(f"triphere:{trip.id}:nonsense:am")
    await zhou.sees("没有找到这一条")
    await zhao.says("帮助")
    await zhao.presses_data(f"triphere:{trip.id}:2026-11-23:am")
    await zhao.sees("不在您的职责范围内")
    assert await world.day(zhou) == DayStatus.OFFICIAL_TRIP
