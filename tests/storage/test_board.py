"""The board's cost, and the counting that conversations don't reach."""

from datetime import date

import pytest

from policy.authority import Viewer
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import board
from storage.ids import new_id
from storage.tables import Area, Day, Facts

TODAY = date(2026, 11, 23)


async def asked(world, name="安岭县", viewer=None):
    """The board of an area, and the statements it took."""
    await world.settle()
    sent = []
    world.db.on_statement(sent.append)
    async with world.db.read() as session:
        area = await session.get_one(Area, world.area_id(name))
        sent.clear()
        made = await board.board(session, viewer or Viewer.system("/"), area, world.clock())
        count = len(sent)
    return made, count


async def test_more_people_and_places_cost_no_more_statements(world):
    world.cadre("周建国")
    few, before = await asked(world)
    for n in range(12):
        for nth in range(3):
            world.cadre(f"干部{n}-{nth}", village=f"样例{n:02d}村", township=f"样例{n // 3}镇")
    many, after = await asked(world)
    assert (few.tally.due, many.tally.due) == (1, 37)
    assert after == before <= 17


async def test_every_sum_is_the_sum_of_its_parts(world):
    people = [world.cadre(f"干部{n}", village=f"样例{n % 7:02d}村", township=f"样例{n % 3}镇") for n in range(40)]
    await world.settle()
    async with world.db.write() as session:
        for n, actor in enumerate(people[::2]):
            known = (Facts.CHECKED_IN, Facts.TRIP, Facts.LEAVE, Facts.PENDING, Facts.CHECKED_IN | Facts.PENDING)[n % 5]
            village = world.area_id(actor.village)
            row = Day(id=new_id(session), person_id=actor.person_id, on=TODAY, village_id=village, am=known, pm=0)
            session.add(row)
    for name in ("样例省", "样例市", "安岭县", "样例0镇"):
        made, _ = await asked(world, name)
        for key in ("due", "on_duty", "trip", "leave", "unverified", "not_yet", "rest", "total"):
            assert getattr(made.tally, key) == sum(getattr(row.tally, key) for row in made.branches), (name, key)
        assert made.tally.total == made.tally.due
        assert made.before_unverified == sum(row.before_unverified for row in made.branches)
        assert [row.code for row in made.branches] == sorted(row.code for row in made.branches)
    assert (await asked(world))[0].tally.due == 40


async def test_a_village_right_below_its_county_is_counted_there(world):
    world.cadre("周建国")
    world.cadre("邵云", village="直管村")
    await world.settle()
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id("直管村"))
        county = await session.get_one(Area, world.area_id("安岭县"))
        village.parent_id, village.path = county.id, f"{county.path}{village.id}/"
    made, _ = await asked(world)
    assert {row.name: row.tally.due for row in made.branches} == {"柳河镇": 1, "直管村": 1}
    assert {row.level for row in made.branches} == {Level.TOWNSHIP, Level.VILLAGE}
    assert (await asked(world, "直管村"))[0].tally.due == 1
    assert (await asked(world, "样例省"))[0].branches[0].tally.due == 2


async def test_a_county_that_began_today_has_no_day_before(world):
    world.cadre("周建国")
    await world.set("records_from", "2026-11-23")
    made, _ = await asked(world)
    assert (made.before_on, made.before_unverified, made.tally.due) == (None, 0, 1)
    await world.set("records_from", "2026-11-20", on=date(2026, 1, 2))
    made, _ = await asked(world)
    assert (made.before_on, made.before_unverified) == (date(2026, 11, 20), 1)


async def test_two_roles_in_one_village_are_one_person(world):
    world.cadre("王强", secretary=True)
    world.cadre("王强")
    made, _ = await asked(world)
    assert made.tally.due == 1


@pytest.mark.parametrize("half, expected", [("09:00", (1, 0, 1)), ("13:00", (0, 1, 1))])
async def test_each_half_has_its_own_facts(world, half, expected):
    zhou, _li = world.cadre("周建国"), world.cadre("李雪")
    await world.settle()
    async with world.db.write() as session:
        village = world.area_id("石门村")
        row = Day(id=new_id(session), person_id=zhou.person_id, on=TODAY, village_id=village)
        row.am, row.pm = Facts.CHECKED_IN, Facts.TRIP
        session.add(row)
    await world.at(half)
    made, _ = await asked(world)
    assert (made.tally.on_duty, made.tally.trip, made.tally.not_yet) == expected


async def test_a_viewer_without_the_area_gets_nothing(world):
    world.cadre("周建国")
    with pytest.raises(Refusal) as refused:
        await asked(world, viewer=Viewer(person_id=1))
    assert refused.value.code is Code.NOT_FOUND
    with pytest.raises(Refusal):
        await asked(world, viewer=Viewer.system("/999/"))
