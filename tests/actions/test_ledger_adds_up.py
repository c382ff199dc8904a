"""Whatever is said, settled, decided, undone and locked in whatever order: the totals add up, and only what was spoken of changes."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from actions import explanations, months, settling, trip_objections, trips
from policy.attendance import HalfStatus
from policy.authority import Viewer
from policy.calendar import Half, Span
from policy.refusals import Refusal
from policy.settling import Outcome
from storage import month_locks, people
from storage import months as ledger
from storage import settling as queries
from storage.tables import Area, Explanation, OfficialTrip, Person, Settlement, Verdict
from storage.trips import span_of
from tests.world import SHANGHAI, World

NOVEMBER, MONDAY = date(2026, 11, 1), date(2026, 11, 30)
NAMES = ("周建国", "王强", "刘敏", "孙丽")
DEEDS = st.one_of(
    st.tuples(st.just("settle"), st.tuples(st.sampled_from(list(Outcome)), st.integers(1, 2**12 - 1))),
    st.tuples(st.just("report"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["undo", "cancel", "doubt", "undoubt", "decide", "refuse"]), st.integers(0, 2)),
    st.tuples(st.sampled_from(["explain", "lock", "unlock", "reopen", "hour"]), st.just(0)),
)


class _UndoneError(Exception):
    """An example leaves nothing behind."""


class Story:
    """One member, an officer and the county, on the first of December."""

    def __init__(self, session, world, ids):
        self.session, self.ids, self.world = session, ids, world
        self.now = datetime(2026, 12, 1, 8, 0, tzinfo=SHANGHAI).astimezone(UTC)

    async def viewer(self, name):
        person = await self.session.get_one(Person, self.ids[name])
        posts = await people.posts_of(self.session, [person.id], MONDAY)
        return people.viewer_of(person, posts[person.id])

    async def area(self, name):
        return await self.session.get_one(Area, self.world.area_id(name))

    async def nth(self, table, nth):
        found = list(await self.session.scalars(select(table).order_by(table.id)))
        return found[nth % len(found)] if found else None

    async def month(self):
        system = Viewer.system("/")
        village = await self.area("石门村")
        return await ledger.of_person(self.session, system, self.ids["周建国"], village, NOVEMBER, self.now)

    async def settle(self, what):
        outcome, bits = what
        liu, township = await self.viewer("刘敏"), await self.area("柳河镇")
        one = await queries.one(self.session, liu, township, self.ids["周建国"], NOVEMBER, self.now)
        if one is None:
            return set()
        halves = [half_day for nth, half_day in enumerate(one.halves) if bits >> nth & 1]
        await settling.settle(
            self.session, by=liu, area=township, person_id=one.person.id, month=NOVEMBER, halves=halves,
            outcome=outcome, words="电话问过", now=self.now,
        )  # fmt: skip
        return set(halves) if outcome in {Outcome.ON_DUTY, Outcome.TRIP} else set()

    async def undo(self, nth):
        row = await self.nth(Settlement, nth)
        if row is None:
            return set()
        await settling.undo(self.session, by=await self.viewer("刘敏"), settlement_id=row.id, now=self.now)
        return set(queries.read(row.halves))

    async def report(self, nth):
        span = Span(MONDAY - timedelta(days=nth % 2), Half.PM if nth > 1 else Half.AM, MONDAY, Half.PM)
        zhou, village = await self.viewer("周建国"), await self.area("石门村")
        await trips.report(
            self.session, by=zhou, village=village, who=[zhou.person_id], purpose="开会", span=span, now=self.now
        )
        return set(span.halves())

    async def _trip(self, nth, act):
        trip = await self.nth(OfficialTrip, nth)
        if trip is None:
            return set()
        await act(trip)
        return set(span_of(trip).halves())

    async def cancel(self, nth):
        zhou = await self.viewer("周建国")
        return await self._trip(nth, lambda trip: trips.cancel(self.session, by=zhou, trip_id=trip.id, now=self.now))

    async def doubt(self, nth):
        liu, act = await self.viewer("刘敏"), trip_objections.object_to
        return await self._trip(nth, lambda t: act(self.session, by=liu, trip_ids=[t.id], reason="没去", now=self.now))

    async def undoubt(self, nth):
        liu, act = await self.viewer("刘敏"), trip_objections.withdraw_objection
        return await self._trip(nth, lambda t: act(self.session, by=liu, trip_id=t.id, now=self.now))

    async def explain(self, _nth):
        at = datetime(2026, 11, 30, 9, 0, tzinfo=SHANGHAI)
        zhou, village = await self.viewer("周建国"), await self.area("石门村")
        await explanations.report(self.session, by=zhou, village=village, reason="在镇里", at=at, now=self.now)
        return {(MONDAY, half) for half in Half}

    async def decide(self, nth, verdict=Verdict.APPROVED):
        row, liu = await self.nth(Explanation, nth), await self.viewer("刘敏")
        if row is not None:
            await explanations.decide(self.session, by=liu, explanation_id=row.id, verdict=verdict, now=self.now)
        return {(MONDAY, half) for half in Half}

    async def refuse(self, nth):
        return await self.decide(nth, Verdict.REJECTED)

    async def _county(self, act, **more):
        county = await self.area("安岭县")
        await act(self.session, by=await self.viewer("孙丽"), county_id=county.id, month=NOVEMBER, now=self.now, **more)
        return set()

    async def lock(self, _nth):
        return await self._county(months.lock, is_confirmed=True)

    async def unlock(self, _nth):
        return await self._county(months.unlock)

    async def reopen(self, _nth):
        person = self.ids["周建国"]
        return await self._county(months.reopen, person_id=person, for_days=1, reason="单位出了证明")

    async def hour(self, _nth):
        self.now += timedelta(hours=1)
        return set()

    async def is_shut(self):
        village = await self.area("石门村")
        return await month_locks.is_locked(self.session, village, self.ids["周建国"], [MONDAY], self.now) is not None


def adds_up(month):
    """Each half-day of the month is counted once, under what it is."""
    tally, statuses = month.tally(), [one for one in month.statuses() if one is not None]
    parts = (tally.on_duty, tally.trip, tally.leave, tally.unverified, tally.not_yet, tally.rest)
    kinds = (HalfStatus.ON_DUTY, HalfStatus.OFFICIAL_TRIP, HalfStatus.LEAVE, HalfStatus.UNVERIFIED, HalfStatus.NOT_YET, HalfStatus.REST)  # fmt: skip
    assert parts == tuple(map(statuses.count, kinds))
    assert sum(parts) == tally.total == 60
    assert (tally.due, tally.not_yet) == (42, 0)


@pytest.fixture
async def world(database_url):
    made = World(database_url, datetime(2026, 12, 1, 8, 0, tzinfo=SHANGHAI))
    made.cadre("周建国"), made.cadre("王强", secretary=True), made.township_officer("刘敏"), made.county_staff("孙丽")
    for key, value in (
        ("checkin_mode", "required"),
        ("required_from", "2026-11-02"),
        ("required_to", "2026-11-30"),
        ("required_basis", "县防指通知第 3 号"),
    ):
        await made.set(key, value)
    yield made
    await made.close()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(deeds=st.lists(DEEDS, min_size=4, max_size=14))
async def test_totals_add_up_and_only_what_was_spoken_of_changes(world, deeds):
    with suppress(_UndoneError):
        async with world.db.write(ids=3000) as session:
            ids = {person.name: person.id for person in await session.scalars(select(Person))}
            story = Story(session, world, ids)
            before = await story.month()
            for deed, what in deeds:
                was_shut, touched = await story.is_shut(), set()
                with suppress(Refusal):
                    touched = await getattr(story, deed)(what)
                await session.flush()
                after = await story.month()
                adds_up(after)
                places = {2 * (on.day - 1) + (half is Half.PM) for on, half in touched if on.month == 11}
                pairs = enumerate(zip(before.facts, after.facts, strict=True))
                changed = {nth for nth, (old, new) in pairs if old != new}
                assert changed <= places, (deed, what)
                if was_shut:
                    assert not changed, (deed, what)
                before = after
            raise _UndoneError
