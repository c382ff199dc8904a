"""What would change a half-day of a locked month is refused before anything is written; what comes too late is kept."""

from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from actions import checkin, corrections, explanations, leave, months, trip_objections, trips
from actions.leave import Details
from policy.attendance import HalfStatus
from policy.authority import Grant, Role, Viewer
from policy.calendar import Half, Span
from policy.checkin import Evidence
from policy.profile import LeaveKind
from policy.refusals import Code, Refusal
from storage import days
from storage.batch import of
from storage.tables import Area, Audit, Base, CheckIn, Day, Facts, MonthLock, MonthReopening, Outbox, Verdict
from tests.world import SHANGHAI, World

AM, PM = Half.AM, Half.PM
LAST = date(2026, 11, 30)  # a Monday
SENT = datetime(2026, 11, 30, 21, 10, tzinfo=SHANGHAI)


class Place:
    """安岭县 at the end of November, one team with what may still change."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.li, self.zhao, self.wang = (
            world.cadre("李志强"),
            world.cadre("赵敏"),
            world.cadre("王强", secretary=True),
        )
        self.liu, self.sun, self.chen = (
            world.township_officer("刘敏"),
            world.county_staff("孙丽"),
            world.county_staff("陈立"),
        )

    async def viewer(self, session, actor, role):
        area = await session.get_one(
            Area, self.world.area_id(actor.village or {"刘敏": "柳河镇"}.get(actor.name, "安岭县"))
        )
        return Viewer(actor.person_id, (Grant(role, area.id, area.path),))

    async def village(self, session):
        return await session.get_one(Area, self.world.area_id("石门村"))


@pytest.fixture
async def place(database_url):
    world = World(database_url, datetime(2026, 11, 30, 15, 0, tzinfo=SHANGHAI))
    made = Place(world)
    await world._people()
    yield made
    await world.close()


async def everything(session):
    """All that is stored, but for the ids that are reserved."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "id_block"]
    return {table.name: sorted(map(repr, (await session.execute(select(table))).all())) for table in tables}


async def reported(session, by, village, purpose, span, now):
    outcome = await trips.report(
        session, by=by, village=village, who=[by.person_id], purpose=purpose, span=span, now=now
    )
    assert isinstance(outcome, trips.Reported)
    return outcome.trips[0]


async def prepared(place):
    """What is open on the last of November: a trip, an explanation, a correction, a mark by another, a leave, a return."""
    async with place.world.db.write(ids=1000) as session:
        li = await place.viewer(session, place.li, Role.TEAM_MEMBER)
        wang = await place.viewer(session, place.wang, Role.FIRST_SECRETARY)
        village, now = await place.village(session), place.world.clock()
        liu = await place.viewer(session, place.liu, Role.TOWNSHIP_OFFICER)
        trip = await reported(
            session, wang, village, "到县里开会", Span(date(2026, 11, 28), AM, date(2026, 12, 2), PM), now
        )
        asked = await corrections.request(
            session, by=li, on=date(2026, 11, 30), halves=[AM], reason="手机坏了", now=now
        )
        reason = await explanations.report(session, by=li, village=village, reason="到镇里拿药", at=now, now=now)
        doubted = await reported(
            session, li, village, "送材料", Span(date(2026, 11, 28), AM, date(2026, 11, 28), PM), now
        )
        await trip_objections.object_to(session, by=liu, trip_ids=[doubted.id], reason="没有见到人", now=now)
        span = Span(LAST, PM, date(2026, 12, 2), PM)
        away = await leave.request(
            session, by=li, person_id=li.person_id, kind=LeaveKind.PERSONAL, span=span, details=Details("看病"), now=now
        )
        return {"trip": trip.id, "asked": asked.id, "reason": reason.id, "doubted": doubted.id, "leave": away.id}


def attempts(rows):
    """Every action that would change a half-day of November, by name: (who, what)."""
    nov = Span(LAST, AM, date(2026, 12, 1), AM)

    def told(who, at):
        return lambda s, by, v, now: trips.report(
            s, by=by, village=v, who=[by.person_id], purpose=who, span=Span(at, AM, at, PM), now=now
        )

    return {
        "trip reported": ("zhao", told("开会", LAST)),
        "trip cancelled": ("wang", lambda s, by, _v, now: trips.cancel(s, by=by, trip_id=rows["trip"], now=now)),
        "trip doubted": (
            "liu",
            lambda s, by, _v, now: trip_objections.object_to(s, by=by, trip_ids=[rows["trip"]], reason="没去", now=now),
        ),
        "objection taken back": (
            "liu",
            lambda s, by, _v, now: trip_objections.withdraw_objection(s, by=by, trip_id=rows["doubted"], now=now),
        ),
        "correction asked": (
            "zhao",
            lambda s, by, _v, now: corrections.request(s, by=by, on=LAST, halves=[PM], reason="忘了", now=now),
        ),
        "correction decided": (
            "liu",
            lambda s, by, _v, now: corrections.decide(
                s, by=by, correction_id=rows["asked"], verdict=Verdict.APPROVED, now=now
            ),
        ),
        "correction withdrawn": (
            "li",
            lambda s, by, _v, now: corrections.withdraw(s, by=by, correction_id=rows["asked"], now=now),
        ),
        "explained": (
            "zhao",
            lambda s, by, v, now: explanations.report(
                s, by=by, village=v, reason="在县里", at=SENT - timedelta(hours=2), now=now
            ),
        ),
        "explanation decided": (
            "liu",
            lambda s, by, _v, now: explanations.decide(
                s, by=by, explanation_id=rows["reason"], verdict=Verdict.REJECTED, now=now
            ),
        ),
        "leave asked": (
            "zhao",
            lambda s, by, _v, now: leave.request(
                s, by=by, person_id=by.person_id, kind=LeaveKind.SICK, span=nov, details=Details("住院"), now=now
            ),
        ),
        "leave approved": (
            "liu",
            lambda s, by, _v, now: leave.decide(s, by=by, leave_id=rows["leave"], is_approved=True, now=now),
        ),
    }


ROLES = {
    "li": Role.TEAM_MEMBER,
    "zhao": Role.TEAM_MEMBER,
    "wang": Role.FIRST_SECRETARY,
    "liu": Role.TOWNSHIP_OFFICER,
    "sun": Role.COUNTY_STAFF,
    "chen": Role.COUNTY_STAFF,
}


async def locked(place, *, confirmed=True):
    """The first of December, nine o'clock: 孙丽 locks November."""
    place.world.now = datetime(2026, 12, 1, 9, 0, tzinfo=SHANGHAI)
    async with place.world.db.write(ids=1000) as session:
        sun = await place.viewer(session, place.sun, Role.COUNTY_STAFF)
        return await months.lock(
            session,
            by=sun,
            county_id=place.world.area_id("安岭县"),
            month=date(2026, 11, 1),
            now=place.world.clock(),
            is_confirmed=confirmed,
        )


async def reopened(place, actor, for_days=1):
    async with place.world.db.write(ids=1000) as session:
        sun = await place.viewer(session, place.sun, Role.COUNTY_STAFF)
        return await months.reopen(
            session,
            by=sun,
            county_id=place.world.area_id("安岭县"),
            month=date(2026, 11, 1),
            person_id=actor.person_id,
            for_days=for_days,
            reason="单位出了证明",
            now=place.world.clock(),
        )


async def attempt(place, who, what, *, looks=False):
    """Do it, and take everything back: what it was refused with, and (`looks`) whether nothing would have been left."""
    said, is_clean = None, None
    with suppress(_TakenBackError):
        async with place.world.db.write(ids=1000) as session:
            by, village = await place.viewer(session, getattr(place, who), ROLES[who]), await place.village(session)
            before = await everything(session) if looks else None
            try:
                await what(session, by, village, place.world.clock())
            except Refusal as refusal:
                said = refusal
            await session.flush()
            if looks:
                is_clean = (await everything(session)) == before and not session.info.get("audit")
            raise _TakenBackError
    return said, is_clean


class _TakenBackError(Exception):
    """Nothing of an attempt stays."""


async def test_nothing_of_a_locked_month_changes_and_a_refusal_leaves_nothing_behind(place):
    rows = await prepared(place)
    with pytest.raises(Refusal) as refused:
        await locked(place, confirmed=False)
    assert (refused.value.code, refused.value.fields["n"]) == (Code.MONTH_HAS_OPEN, 3)
    tried = attempts(rows)
    place.world.now = datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI)
    before = {name: await attempt(place, *one) for name, one in tried.items()}
    assert {name: refusal for name, (refusal, _left) in before.items() if refusal is not None} == {}, "all would go"
    lock = await locked(place)
    assert lock.open_matters == 3
    for name, one in tried.items():
        refusal, is_clean = await attempt(place, *one, looks=True)
        assert (refusal and refusal.code, is_clean) == (Code.MONTH_LOCKED, True), name
    for actor in (place.li, place.zhao, place.wang):
        await reopened(place, actor)
    for name, one in tried.items():
        refusal, _ = await attempt(place, *one)
        assert refusal is None, (name, refusal)
    place.world.now += timedelta(hours=15)  # past midnight: it has closed by itself
    refusal, is_clean = await attempt(place, *tried["explanation decided"], looks=True)
    assert (refusal.code, is_clean) == (Code.MONTH_LOCKED, True)


async def test_who_may_lock_and_when(place):
    county_id, november = place.world.area_id("安岭县"), date(2026, 11, 1)

    async def tries(who, act, **more):
        return (await attempt(place, who, lambda s, by, _v, now: act(s, by=by, county_id=county_id, now=now, **more)))[
            0
        ]

    place.world.now = datetime(2026, 11, 30, 23, 59, tzinfo=SHANGHAI)
    assert (await tries("sun", months.lock, month=november)).code is Code.MONTH_NOT_OVER
    place.world.now = datetime(2026, 12, 1, 0, 0, tzinfo=SHANGHAI)
    for who in ("li", "wang", "liu"):
        assert (await tries(who, months.lock, month=november)).code is Code.NOT_ALLOWED
    assert (await tries("sun", months.lock, month=date(2025, 11, 1))).code is Code.MONTH_TOO_OLD
    assert (await tries("sun", months.lock, month=november)) is None
    await locked(place)
    assert (await tries("chen", months.lock, month=november)).code is Code.ALREADY_DECIDED
    reopen = {"month": november, "for_days": 1, "reason": "单位出了证明"}
    assert (await tries("liu", months.reopen, person_id=place.li.person_id, **reopen)).code is Code.NOT_ALLOWED
    for nobody, code in ((place.sun.person_id, Code.NOT_YOURSELF), (place.chen.person_id, Code.NOT_FOUND)):
        assert (await tries("sun", months.reopen, person_id=nobody, **reopen)).code is code
    assert (await tries("sun", months.reopen, person_id=place.li.person_id, **reopen)) is None
    place.world.now = datetime(2026, 12, 2, 0, 0, tzinfo=SHANGHAI)
    assert (await tries("sun", months.unlock, month=november)).code is Code.MONTH_LOCK_STANDS


async def test_a_check_in_that_comes_after_the_lock_is_kept_and_counts_once_it_is_open_again(place):
    world, li = place.world, place.li
    await locked(place)
    async with world.db.write(ids=1000) as session:
        by, village = await place.viewer(session, li, Role.TEAM_MEMBER), await place.village(session)
        outcome = await checkin.record_words(
            session, by=by, villages=[village], words="在村里", sent_at=SENT, now=world.clock()
        )
    assert isinstance(outcome, checkin.Kept)
    assert (outcome.month, f"{outcome.at:%d %H:%M}") == (date(2026, 11, 1), "30 21:10")
    (kept,) = await world.rows(CheckIn)
    assert (kept.words, kept.evidence, await world.rows(Day)) == ("在村里", Evidence.WORDS, [])
    opened = await reopened(place, li)
    assert await world.day(li, PM, LAST) is HalfStatus.ON_DUTY
    async with world.db.write(ids=1000) as session:
        chen = await place.viewer(session, place.chen, Role.COUNTY_STAFF)
        await months.close(session, by=chen, reopening_id=opened.id, now=world.clock())
    (row,) = await world.rows(MonthReopening)
    assert (row.closed_by_id, row.opened_by_id) == (place.chen.person_id, place.sun.person_id)
    assert [tag for tag in await world.audit() if tag.startswith("month")] == [
        "month:lock",
        "month:reopen",
        "month:close",
    ]
    assert [row.kind for row in await world.rows(Outbox)] == ["month_reopened"]


async def test_a_lock_is_taken_back_on_its_day_and_what_was_kept_counts(place):
    world = place.world
    await locked(place)
    async with world.db.write(ids=1000) as session:
        by, village = await place.viewer(session, place.li, Role.TEAM_MEMBER), await place.village(session)
        await checkin.record_words(session, by=by, villages=[village], words="在村里", sent_at=SENT, now=world.clock())
    async with world.db.write(ids=1000) as session:
        chen = await place.viewer(session, place.chen, Role.COUNTY_STAFF)
        await months.unlock(
            session, by=chen, county_id=world.area_id("安岭县"), month=date(2026, 11, 1), now=world.clock()
        )
    assert await world.day(place.li, PM, LAST) is HalfStatus.ON_DUTY
    await locked(place)
    (lock,) = await world.rows(MonthLock)
    assert lock.unlocked_at is None


async def test_an_action_that_forgets_to_ask_is_a_fault_and_todays_check_in_asks_nothing(place):
    world = place.world
    await locked(place)
    async with world.db.write(ids=1000) as session:
        village = await place.village(session)
        with pytest.raises(days.MonthLockedError):
            await days.change(session, place.li.person_id, village, LAST, [AM], add=Facts.CORRECTED)
    async with world.db.write(ids=1000) as session:
        by, village = await place.viewer(session, place.li, Role.TEAM_MEMBER), await place.village(session)
        await of(session).profile(village, world.clock().date())
        asked: list[str] = []
        world.db.on_statement(asked.append)
        now = world.clock()
        await checkin.record_words(session, by=by, villages=[village], words="在村里", sent_at=now, now=now)
        await session.flush()
    assert asked
    assert not [line for line in asked if "month_lock" in line]
    assert (await world.rows(Audit))[-1].action == "checkin:record"
