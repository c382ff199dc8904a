"""Whatever order trips, check-ins, lines, objections and second thoughts come in, the day ledger agrees with the rows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from actions import checkin, teamday, trip_objections, trips
from policy.authority import Viewer
from policy.calendar import Half, Span
from policy.checkin import Fix, half_of
from policy.geo import Point
from policy.profile import Profile
from policy.refusals import Refusal
from storage import days, people, proofs
from storage.batch import of
from storage.tables import Area, Audit, CheckIn, Day, Facts, OfficialTrip, Person
from storage.teamday import rows_of
from storage.trips import counts, span_of
from tests.world import SHANGHAI, VILLAGES, World

MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(n) for n in range(-1, 4)]
SPANS = [
    Span(MONDAY, Half.AM, MONDAY, Half.PM),
    Span(MONDAY, Half.PM, MONDAY, Half.PM),
    Span(MONDAY, Half.AM, MONDAY, Half.AM),
    Span(MONDAY, Half.PM, MONDAY + timedelta(2), Half.AM),
    Span(MONDAY + timedelta(1), Half.AM, MONDAY + timedelta(1), Half.PM),
]
DEEDS = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(range(len(SPANS)))),
    st.tuples(st.sampled_from(["cancel", "restore", "shorten", "here", "doubt", "undoubt", "deny"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["check_in", "line", "line_without", "noon", "tomorrow"]), st.just(0)),
)


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


class _UndoneError(Exception):
    """An example leaves nothing behind."""


class Story:
    """One member, his first secretary and an officer; a clock that goes on a minute a deed."""

    def __init__(self, session: AsyncSession, world: World, ids: dict[str, int]) -> None:
        self.session, self.ids = session, ids
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=SHANGHAI).astimezone(UTC)
        self.village_id = world.area_id("石门村")
        self.doubted_at: dict[tuple[date, Half], datetime] = {}

    async def viewer(self, name: str) -> Viewer:
        person = await self.session.get_one(Person, self.ids[name])
        posts = await people.posts_of(self.session, [person.id], MONDAY)
        return people.viewer_of(person, posts[person.id])

    async def village(self) -> Area:
        return await self.session.get_one(Area, self.village_id)

    async def trip(self, nth: int) -> int:
        found = list(await self.session.scalars(select(OfficialTrip).order_by(OfficialTrip.id)))
        return found[nth].id if nth < len(found) else 0

    async def do(self, deed: str, nth: int) -> None:
        """One deed; a refusal is an answer as well."""
        await getattr(self, deed)(nth)

    async def report(self, nth: int) -> None:
        await trips.report(
            self.session, by=await self.viewer("周建国"), village=await self.village(), who=[self.ids["周建国"]],
            purpose="开会", span=SPANS[nth], now=self.now,
        )  # fmt: skip

    async def _own(self, act: Callable[..., Awaitable[object]], nth: int) -> None:
        await act(self.session, by=await self.viewer("周建国"), trip_id=await self.trip(nth), now=self.now)

    async def cancel(self, nth: int) -> None:
        await self._own(trips.cancel, nth)

    async def restore(self, nth: int) -> None:
        await self._own(trips.restore, nth)

    async def shorten(self, nth: int) -> None:
        await self._own(trips.shorten, nth)

    async def here(self, nth: int) -> None:
        local = self.now.astimezone(SHANGHAI)
        await trips.end_before(
            self.session,
            by=await self.viewer("周建国"),
            trip_id=await self.trip(nth),
            on=local.date(),
            half=half_of(local, Profile()),
            now=self.now,
        )

    async def doubt(self, nth: int) -> None:
        objected = await trip_objections.object_to(
            self.session, by=await self.viewer("刘敏"), trip_ids=[await self.trip(nth)], reason="没见到人", now=self.now
        )
        for trip in objected:
            self.doubted_at |= dict.fromkeys(span_of(trip).halves(), self.now)

    async def undoubt(self, nth: int) -> None:
        await trip_objections.withdraw_objection(
            self.session, by=await self.viewer("刘敏"), trip_id=await self.trip(nth), now=self.now
        )

    async def deny(self, nth: int) -> None:
        rows = list(await self.session.scalars(select(CheckIn).where(CheckIn.person_id == self.ids["周建国"])))
        await teamday.object_to(
            self.session,
            by=await self.viewer("周建国"),
            check_in_id=rows[nth].id if nth < len(rows) else 0,
            now=self.now,
        )

    async def check_in(self, _nth: int) -> None:
        await checkin.record(
            self.session, by=await self.viewer("周建国"), villages=[await self.village()],
            fix=Fix(Point(*VILLAGES["石门村"]), pressed=True), sent_at=self.now, now=self.now,
        )  # fmt: skip

    async def line(self, _nth: int) -> None:
        await self._line([])

    async def line_without(self, _nth: int) -> None:
        await self._line([self.ids["周建国"]])

    async def _line(self, away: list[int]) -> None:
        await teamday.settle(
            self.session,
            by=await self.viewer("王强"),
            village=await self.village(),
            away=away,
            on_trips={},
            now=self.now,
        )

    async def noon(self, _nth: int) -> None:
        local = self.now.astimezone(SHANGHAI)
        self.now = max(self.now, local.replace(hour=13, minute=0).astimezone(UTC))

    async def tomorrow(self, _nth: int) -> None:
        local = self.now.astimezone(SHANGHAI) + timedelta(days=1)
        self.now = local.replace(hour=8, minute=0).astimezone(UTC)

    async def check(self) -> None:
        """The ledger's facts of every half-day follow from the rows."""
        found = list(await self.session.scalars(select(OfficialTrip)))
        counted = [trip for trip in found if counts(trip)]
        covered = [half_day for trip in counted for half_day in span_of(trip).halves()]
        assert len(covered) == len(set(covered)), "a half-day in two trips"
        today = self.now.astimezone(SHANGHAI).date()
        for on in DAYS:
            rows = await rows_of(self.session, [self.ids["周建国"]], on)
            day = await of(self.session).day(self.ids["周建国"], on)
            for half in Half:
                known = days.facts(day, half)
                proved = [row for row in rows if await self._proves(row, on, half)]
                assert (Facts.TRIP in known) == ((on, half) in covered), (on, half, known)
                assert (Facts.CHECKED_IN in known) == bool(proved), (on, half, known)
                doubts = [trip for trip in found if trip.objected_at and (on, half) in span_of(trip).halves()]
                if [trip for trip in doubts if trip.objected_at and _day(trip.objected_at) >= on]:
                    assert Facts.PENDING in known, (on, half, known)
                if not doubts and not any(row.objected_at for row in rows):
                    assert Facts.PENDING not in known, (on, half, known)
            assert day is None or (day.checked_in_at is None) == (not ((day.am | day.pm) & Facts.CHECKED_IN)), on
        assert today >= MONDAY

    async def _proves(self, row: CheckIn, on: date, half: Half) -> bool:
        if half not in await proofs.halves_of(self.session, await self.village(), row):
            return False
        doubted_at = self.doubted_at.get((on, half))
        is_witness = half_of(row.at.astimezone(SHANGHAI), Profile()) is half
        return is_witness or doubted_at is None or row.at > doubted_at

    async def size(self) -> tuple[int, ...]:
        """How much has been written so far."""
        counts_of = [
            (await self.session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (OfficialTrip, CheckIn, Day, Audit)
        ]
        return (*counts_of, len(self.session.info.get("audit", [])))


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
STORIES = st.lists(st.tuples(DEEDS, st.booleans()), min_size=1, max_size=14)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(deeds=STORIES)
async def test_the_ledger_agrees_with_the_rows_and_twice_is_once(world, deeds):
    await _told(world, deeds)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(deeds=STORIES)
async def test_it_agrees_on_postgresql_too(world, deeds):
    """The rules are the same there; a few stories show that the rows are."""
    await _told(world, deeds)


async def _told(world, deeds) -> None:
    actors = getattr(world, "story", None)
    if actors is None:
        actors = world.story = [
            world.cadre("王强", secretary=True), world.cadre("周建国"), world.township_officer("刘敏"),
        ]  # fmt: skip
        await world.settle()
    try:
        async with world.db.write(ids=5_000) as session:
            story = Story(session, world, {actor.name: actor.person_id for actor in actors})
            for (deed, nth), twice in deeds:
                try:
                    await story.do(deed, nth)
                except Refusal:
                    pass
                else:
                    if twice and deed not in {"tomorrow", "noon"}:
                        size = await story.size()
                        with suppress(Refusal):
                            await story.do(deed, nth)
                        assert await story.size() == size, f"{deed} twice"
                await story.check()
                story.now += timedelta(minutes=1)
            raise _UndoneError
    except _UndoneError:
        pass
