"""The sample county: whole, marked 样例, the same every time, and only into an empty database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from actions import roster, sample
from policy.authority import TEAM, Action, Role, Viewer
from policy.refusals import Code, Refusal
from policy.roster import Level, UnitKind
from policy.workbook import AreaRow, Book, PersonRow, UnitRow
from storage import emergency, figure_totals, figures
from storage.calendars import national
from storage.engine import Database
from storage.notice_progress import progress
from storage.roster import exported
from storage.tables import (
    Area,
    Chat,
    CheckIn,
    CheckInCorrection,
    Day,
    Explanation,
    FigureRequest,
    Household,
    Notice,
    OfficialTrip,
    Outbox,
    OutboxState,
    Person,
    PersonRole,
    Site,
    Verdict,
)

MONDAY = datetime(2026, 11, 23, 1, 35, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
SAME = (1137, 1442, 1331)


@pytest.fixture
async def county(db: Database) -> Database:
    db.channel = sample.CHANNEL
    async with db.write() as session:
        await sample.create(session, now=MONDAY)
    return db


async def test_the_county_is_whole_and_marked(county: Database):
    async with county.read() as session:
        areas = {area.name: area for area in await session.scalars(select(Area))}
        assert all(area.is_sample for area in areas.values())
        assert {"安岭县", "柳河镇", "石桥镇", "白杨乡", "石门村", "东峪村"} <= areas.keys()
        villages = [area for area in areas.values() if area.level is Level.VILLAGE]
        assert len(villages) == 10
        sites = list(await session.scalars(select(Site.village_id)))
        assert {village.id for village in villages} == set(sites)
        cadres = select(func.count()).where(PersonRole.role.in_(TEAM))
        assert (await session.execute(cadres)).scalar_one() == 30
        roles = set(await session.scalars(select(PersonRole.role)))
        assert roles == set(Role)


async def test_the_people_to_be_are_bound_and_marked(county: Database):
    to_be = sample.people_to_be()
    assert [one.name for one in to_be] == ["周建国", "王强", "刘敏", "孙丽", "吴国平", "郑凯"]
    assert all("样例" in one.title for one in to_be)
    async with county.read() as session:
        query = select(Chat.external_id, Person.name, Person.position_consent).join(Person, Chat.person_id == Person.id)
        bound = {external: (name, consent) for external, name, consent in await session.execute(query)}
    assert min(bound) == 1001
    assert all(bound[one.external_id] == (one.name, True) for one in to_be)


async def test_whoever_can_be_played_has_a_second_person_who_can_be(county: Database):
    """应急 wants two: alone on the page one can be both."""
    to_be = {one.name for one in sample.people_to_be()}
    async with county.write() as session:
        session.info["channel"] = sample.CHANNEL
        areas = {area.name: area for area in await session.scalars(select(Area))}
        persons = {person.name: person.id for person in await session.scalars(select(Person))}
        for name, place in (("刘敏", "柳河镇"), ("孙丽", "安岭县"), ("郑凯", "安岭县")):
            asked = await emergency.seconds(session, areas[place], FRIDAY, but_not=persons[name])
            assert {person.name for person in asked} & to_be, f"{name} asks {place} alone"


async def test_no_screen_is_empty(county: Database):
    async with county.read() as session:
        for table in (Explanation, CheckInCorrection):
            verdicts = set(await session.scalars(select(table.verdict)))
            assert {Verdict.PENDING, Verdict.APPROVED, Verdict.REJECTED} <= verdicts
        trips = (await session.execute(select(func.count()).select_from(OfficialTrip))).scalar_one()
        assert trips > 20
        notices = await session.scalars(select(Notice).order_by(Notice.id))
        first, stands = [await progress(session, notice, MONDAY) for notice in notices]
        assert [(one.people, one.read) for one in (first, stands)] == [(30, 27), (30, 14)]
        assert (stands.waiting, stands.replies) == (2, 2), "whoever can be played gets it when he is"
        friday = list(await session.scalars(select(Day).where(Day.on == FRIDAY)))
        assert len(friday) == 29  # one silent: 待核实
        homes = list(await session.scalars(select(Household)))
        assert len(homes) == 90
        assert {kind for home in homes for kind in home.kinds} == {"防止返贫致贫对象"}
        twice = [home for home in homes if home.head == "陈淑兰"]
        assert {home.group for home in twice} == {2, 3}
        today = list(await session.scalars(select(CheckIn.at).where(CheckIn.on == date(2026, 11, 23))))
        assert today
        assert max(today) < MONDAY


async def test_history_keeps_to_working_days_and_positions_to_thirty(county: Database):
    async with county.read() as session:
        days = sorted(set(await session.scalars(select(Day.on))))
        located = await session.scalars(select(func.min(CheckIn.at)).where(CheckIn.latitude.is_not(None)))
        oldest = located.one()
    calendar = national([2026])
    assert all(calendar.is_workday(on) for on in days)
    assert date(2026, 10, 10) in days  # a Saturday worked in exchange
    assert (days[-1] - days[0]).days > 55
    assert MONDAY - oldest < timedelta(days=30)


async def test_those_to_be_have_not_checked_in_today(county: Database):
    names = [one.name for one in sample.people_to_be()]
    async with county.read() as session:
        query = select(Day).join(Person, Day.person_id == Person.id)
        today = query.where(Day.on == date(2026, 11, 23), Person.name.in_(names))
        assert list(await session.scalars(today)) == []


async def test_only_those_to_be_are_told_what_waits(county: Database):
    async with county.read() as session:
        query = select(Outbox.kind, Person.name).join(Person, Outbox.person_id == Person.id)
        waiting = await session.execute(query.where(Outbox.state == OutboxState.WAITING).order_by(Outbox.id))
        assert sorted(tuple(row) for row in waiting) == [
            ("correction", "刘敏"),
            ("explanation", "刘敏"),
            ("figures", "王强"),
            ("figures_progress", "孙丽"),
            ("notice", "周建国"),
            ("notice", "王强"),
            ("notice_progress", "孙丽"),
            ("notice_progress", "孙丽"),
            ("notice_replies", "孙丽"),
        ]


async def test_an_open_request_is_half_answered(county: Database):
    async with county.read() as session:
        [request] = await session.scalars(select(FigureRequest))
        assert figures.takes_answers(request, MONDAY + timedelta(days=3))
        seen = await figures.seen(session, Viewer.system("/"), Action.FIGURES_VIEW, request.id)
        found = await figure_totals.progress(session, seen)
        assert (found.asked, found.replied, found.late) == (10, 4, 0)
        assert [total.number for total in found.totals] == [1_100, 1_800, 0, 0]
        assert found.totals[2].choices == {"是": 1, "否": 3}
        missing = await figure_totals.units(session, seen, only_missing=True)
        assert missing[0].village == "石门村", "its people are there to be played"


async def test_it_is_the_same_every_time(county: Database):
    """The figures of this Monday; whoever changes the sample changes them on purpose."""
    async with county.read() as session:
        rows = (await session.execute(select(Day.am, Day.pm))).all()
    assert (len(rows), sum(am for am, _ in rows), sum(pm for _, pm in rows)) == SAME


async def test_only_into_an_empty_database(county: Database):
    with pytest.raises(Refusal) as caught:
        async with county.write() as session:
            await sample.create(session, now=MONDAY)
    assert caught.value.code is Code.DATABASE_NOT_EMPTY


async def test_its_teams_keep_the_rules(county: Database):
    """Imported as a workbook into nothing, the sample's roster has no fault."""
    viewer = Viewer.system("/")
    async with county.read() as session:
        found = await exported(session, viewer)
    book = Book(
        areas=[AreaRow(n, code, name, level, parent) for n, (code, name, level, parent) in enumerate(found.areas, 2)],
        units=[UnitRow(n, name, level, UnitKind(kind)) for n, (name, level, kind) in enumerate(found.units, 2)],
        people=[
            PersonRow(n, row.name, row.phone, row.party, row.unit, row.role, row.area, row.starts_on, row.ends_on)
            for n, row in enumerate(found.people, 2)
        ],
    )
    async with county.write() as session:
        for table in (Day, CheckIn, CheckInCorrection, Explanation, OfficialTrip, Site, Chat, PersonRole):
            for row in await session.scalars(select(table)):
                await session.delete(row)
        await session.flush()
        planned = await roster.plan(session, book, by=viewer, today=date(2026, 11, 23))
    assert planned.problems == []
    assert planned.under_strength == []


@pytest.mark.parametrize("moment", ["2026-11-22T20:00", "2026-10-08T05:00", "2027-01-01T12:00", "2028-02-29T23:59"])
async def test_any_moment_will_do(db: Database, moment: str):
    async with db.write() as session:
        await sample.create(session, now=datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Shanghai")))
