"""A month of people from the day ledger: what counts, for whom, and how it adds up."""

import random
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from policy.attendance import HalfStatus
from policy.authority import Action, Grant, Role, Viewer
from policy.calendar import Half
from storage import months
from storage.days import change
from storage.tables import Area, Facts, Person, PersonRole
from tests.world import Actor, World

NOVEMBER = date(2026, 11, 9)  # any day of the month names it
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # 09:00 in the county


class County(World):
    """The world with its people at hand."""

    zhou: Actor
    li: Actor
    zhao: Actor
    far: Actor


@pytest.fixture
async def county(database_url):
    """安岭县: two villages of 柳河镇, one of 石桥镇."""
    world = County(database_url)
    world.zhou = world.cadre("周建国", secretary=True)
    world.li = world.cadre("李雪")
    world.zhao = world.cadre("赵敏", village="东峪村")
    world.far = world.cadre("远山", village="南坡村", township="石桥镇")
    await world.settle()
    yield world
    await world.close()


async def path_of(world, name):
    async with world.db.read() as session:
        return (await session.get_one(Area, world.area_id(name))).path


async def viewer(world, role, name, *, unit=None, person=None):
    return Viewer(person, (Grant(role, world.area_id(name), await path_of(world, name), unit),))


async def names(world, by, area="安岭县", action=Action.DAY_VIEW):
    async with world.db.read() as session:
        found = await session.get_one(Area, world.area_id(area))
        return [one.name async for one in months.of_area(session, by, action, found, NOVEMBER, NOW)]


async def own(world, actor, by=None):
    async with world.db.read() as session:
        village = await session.get_one(Area, world.area_id(actor.village))
        by = by or Viewer(actor.person_id)
        return await months.of_person(session, by, actor.person_id, village, NOVEMBER, NOW)


async def test_ordered_by_area_code_and_the_first_secretary_first(county):
    assert await names(county, Viewer.system("/")) == ["周建国", "李雪", "赵敏", "远山"]


async def test_only_the_viewers_areas(county):
    township = await viewer(county, Role.TOWNSHIP_OFFICER, "柳河镇")
    assert await names(county, township) == ["周建国", "李雪", "赵敏"]
    assert await names(county, township, "石桥镇") == []
    secretary = await viewer(county, Role.FIRST_SECRETARY, "石门村")
    assert await names(county, secretary) == ["周建国", "李雪"]
    assert await names(county, await viewer(county, Role.COUNTY_STAFF, "安岭县"), "东峪村") == ["赵敏"]


async def test_a_liaison_sees_the_people_of_his_unit(county):
    async with county.db.write() as session:
        zhao = await session.get_one(Person, county.zhao.person_id)
        unit, zhao.unit_id = zhao.unit_id, None
    liaison = await viewer(county, Role.UNIT_LIAISON, "安岭县", unit=unit)
    assert await names(county, liaison) == ["周建国", "李雪", "远山"]


async def test_one_month_of_another_person(county):
    secretary = await viewer(county, Role.FIRST_SECRETARY, "石门村")
    assert (await own(county, county.li, secretary)).workdays() == 16
    assert (await own(county, county.zhao, secretary)).workdays() == 0, "another village"
    assert (await own(county, county.li, Viewer(county.zhao.person_id))).workdays() == 0


async def test_the_business_day_is_the_countys(county):
    await county.set("time_zone", "Asia/Urumqi")
    async with county.db.read() as session:
        area = await session.get_one(Area, county.area_id("石门村"))
        late = datetime(2026, 11, 22, 17, tzinfo=UTC)  # 23 November in Shanghai, not yet in Urumqi
        assert (await months.sheet(session, area, NOVEMBER, late)).today == date(2026, 11, 22)
        of_area = months.of_area(session, Viewer.system("/"), Action.DAY_VIEW, area, NOVEMBER, late)
        assert [one.month.sheet.today async for one in of_area] == [date(2026, 11, 22)] * 2


async def test_attendance_begins_where_the_county_says(county):
    await county.set("records_from", "2026-11-12")
    await county.set("records_from", "2026-11-20", area="石桥镇")
    assert (await own(county, county.li)).workdays() == 8, "from Thursday the 12th to Monday the 23rd"
    assert (await own(county, county.li)).statuses()[:22] == [None] * 22
    async with county.db.read() as session:
        area = await session.get_one(Area, county.area_id("安岭县"))
        of_area = months.of_area(session, Viewer.system("/"), Action.DAY_VIEW, area, NOVEMBER, NOW)
        assert [one.month.workdays() async for one in of_area] == [8, 8, 8, 2]


async def test_a_beginning_that_is_to_come_holds_from_its_day(county):
    await county.set("records_from", "2026-11-12", on=date(2026, 11, 24))
    assert (await own(county, county.li)).workdays() == 16


async def test_a_day_off_duty_between_two_roles(county):
    async with county.db.write() as session:
        query = select(PersonRole).where(PersonRole.person_id == county.li.person_id)
        (await session.scalars(query)).one().ends_on = date(2026, 11, 4)
    month = await own(county, county.li)
    assert month.workdays() == 3
    assert month.statuses()[2 * 4 :] == [None] * (2 * 26)


@pytest.mark.parametrize("seed", range(5))
async def test_the_totals_are_the_days(county, seed):
    """Whatever is known of each half-day: every half so far is counted once, and both ways of asking agree."""
    chance = random.Random(seed)
    async with county.db.write() as session:
        village = await session.get_one(Area, county.area_id("石门村"))
        for day in range(1, 31):
            for half in Half:
                known = Facts(chance.randrange(32))
                on = date(2026, 11, day)
                await change(session, county.li.person_id, village, on, [half], add=known)
    month = await own(county, county.li)
    tally = month.tally()
    so_far = month.statuses()[: 2 * 23]
    assert tally.total == 46 == len(so_far)
    assert tally.due == 32
    assert tally.on_duty == so_far.count(HalfStatus.ON_DUTY)
    assert tally.due + tally.beyond_due + tally.rest == 46
    async with county.db.read() as session:
        area = await session.get_one(Area, county.area_id("安岭县"))
        of_area = months.of_area(session, Viewer.system("/"), Action.DAY_VIEW, area, NOVEMBER, NOW)
        [again] = [one async for one in of_area if one.person_id == county.li.person_id]
    assert again.month.statuses() == month.statuses()


async def test_since_when(county):
    async with county.db.read() as session:
        assert await months.since(session, county.li.person_id) == date(2026, 1, 1)
        assert await months.since(session, 999_999) is None
