"""不用定位: refused or given again at any time, without any loss."""

from policy.attendance import DayStatus
from policy.checkin import Evidence
from policy.geo import DistanceClass
from storage import positions
from storage.tables import Audit, CheckIn, Explanation, Person
from tests.world import VILLAGES, north

WITH, WITHOUT = ["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"], ["✅签到", "📝请假", "🏠走访", "👤我的", "❓帮助"]


async def consent(world, actor):
    return next(row for row in await world.rows(Person) if row.id == actor.person_id).position_consent


async def test_refused_and_given_again(world):
    zhou = world.cadre("周建国")
    await zhou.says("不用定位")
    await zhou.sees("以后签到不用定位", "同样算数", keys=WITHOUT)
    assert await consent(world, zhou) is False
    await zhou.says("✅签到")
    await zhou.sees("说一句就签到")
    await zhou.says("在村部，准备入户")
    await zhou.sees("已签到 08:02")
    assert await world.day(zhou) is DayStatus.ON_DUTY
    await zhou.says("使用定位")
    await zhou.sees("签到用定位", "30 天后删除", keys=WITH)
    assert await consent(world, zhou) is True
    rows = [row for row in await world.rows(Audit) if row.action == "consent:set"]
    assert [(row.before["position"], row.after["position"]) for row in rows] == [(True, False), (False, True)]


async def test_the_command_shows_how_it_stands(world):
    zhou = world.cadre("周建国")
    await zhou.says("/location")
    await zhou.sees("现在签到用定位", buttons=["不用定位"])
    await zhou.presses("不用定位")
    await zhou.sees("以后签到不用定位", keys=WITHOUT)
    await zhou.says("定位")
    await zhou.sees("现在签到不用定位", buttons=["使用定位"])
    await zhou.presses("使用定位")
    await zhou.sees("签到用定位", keys=WITH)


async def test_twice_changes_nothing(world):
    zhou = world.cadre("周建国")
    await zhou.says("不用定位")
    before = await world.audit()
    await zhou.says("不用定位")
    await zhou.sees("本来就不用定位，没有改动。", keys=WITHOUT)
    assert await world.audit() == before


async def test_what_was_kept_is_erased(world):
    zhou, li = world.cadre("周建国"), world.cadre("李雪")
    await zhou.sends_location()
    await li.sends_location()
    await zhou.says("不用定位")
    await zhou.sees("已记的精确位置也删了")
    mine, theirs = sorted(await world.rows(CheckIn), key=lambda row: row.person_id != zhou.person_id)
    assert (mine.latitude, mine.longitude, mine.accuracy_m) == (None, None, None)
    assert mine.distance_class is not None
    assert theirs.latitude is not None
    assert await world.day(zhou) is DayStatus.ON_DUTY
    assert (await world.rows(Audit))[-1].after == {"position": False, "erased": 1}


async def test_without_consent_a_position_counts_and_is_not_kept(world):
    zhou = world.cadre("周建国")
    await zhou.says("不用定位")
    await zhou.sends_location()
    await zhou.sees("已签到 08:02")
    (row,) = await world.rows(CheckIn)
    assert (row.latitude, row.longitude, row.accuracy_m) == (None, None, None)
    await world.advance(days=1)
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("到乡镇开会")
    await zhou.sees("已报柳河镇核实")
    (explanation,) = await world.rows(Explanation)
    assert (explanation.latitude, explanation.distance_m) == (None, 9000)


async def test_what_the_conversation_holds_of_a_place_goes_too(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("不用定位")
    await zhou.says("取消")
    await zhou.sees("不用取消", buttons=[])


async def test_of_two_villages_only_the_villages_are_kept_without_consent(world):
    VILLAGES["石门北村"] = north("石门村", 1.0)
    zhou = world.cadre("周建国", village="石门村")
    world.cadre("周建国", village="石门北村")
    where = north("石门村", 0.5)
    await zhou.sends_location(at=where)
    await zhou.sees("签在哪个村")
    assert f"{where[0]:.3f}" in await world.kept(zhou), "with consent it waits for the answer"
    await zhou.says("不用定位")
    assert "lat" not in await world.kept(zhou)
    await zhou.sends_location(at=where)
    await zhou.sees("签在哪个村", buttons=["石门村", "石门北村"])
    kept = await world.kept(zhou)
    assert "lat" not in kept
    assert f"{where[0]:.3f}" not in kept
    await zhou.presses("石门北村")
    await zhou.sees("已签到 08:02 · 石门北村")
    (row,) = await world.rows(CheckIn)
    assert (row.latitude, row.evidence, row.distance_class) == (None, Evidence.PRESSED, DistanceClass.IN_VILLAGE)


async def test_every_conversation_of_a_person_forgets_the_place(world):
    zhou = world.cadre("周建国")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    assert '"lat"' in await world.kept(zhou)
    async with world.db.write() as session:
        assert await positions.erase_of(session, zhou.person_id) == 0
    kept = await world.kept(zhou)
    assert '"lat"' not in kept
    assert '"distance_m":9000' in kept


async def test_staff_have_nothing_to_change(world):
    wang = world.township_officer("王主任")
    for word in ("不用定位", "使用定位", "/location"):
        await wang.says(word)
        await wang.sees("您不用签到，这里不会问您要位置")
    await wang.presses_data("position:0")
    await wang.sees("您不用签到")
    assert await world.audit() == []
