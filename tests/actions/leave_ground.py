"""The ground of `test_leave_machine`: a small county, one transaction an example, and what must stay so of leave."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import func, select

from actions import checkin, trips
from policy import leave as rules
from policy.attendance import HalfStatus, tally
from policy.authority import Role, Viewer
from policy.calendar import Calendar, Half, Span, halves
from policy.checkin import half_of
from policy.profile import Profile
from policy.refusals import Refusal
from storage import days
from storage.batch import of
from storage.leave import SUBJECT, span_of
from storage.tables import (
    Area,
    Audit,
    CheckIn,
    Day,
    Facts,
    LeaveDecision,
    LeaveRequest,
    LeaveReturn,
    LeaveState,
    OfficialTrip,
    Outbox,
    Person,
)
from storage.trips import counts
from storage.trips import span_of as trip_span
from tests.world import SHANGHAI, World

PROFILE, CALENDAR = Profile(), Calendar(published_through=2026)
FIRST, LAST = date(2026, 11, 20), date(2026, 12, 31)
HORIZON = list(halves(FIRST, Half.AM, LAST, Half.PM))
RANK = {Role.TEAM_MEMBER: 0, Role.FIRST_SECRETARY: 1, Role.TOWNSHIP_OFFICER: 2, Role.COUNTY_STAFF: 3}
STANDING = {LeaveState.WAITING, LeaveState.APPROVED, LeaveState.RETURNED}


TABLES = (LeaveRequest, LeaveDecision, LeaveReturn, OfficialTrip, CheckIn, Day, Outbox, Audit)
COUNTS = select(*[select(func.count(table.id)).scalar_subquery() for table in TABLES])


class _UndoneError(Exception):
    """An example leaves nothing behind."""


class Ground(RuleBasedStateMachine):
    """周建国 and his first secretary 王强 ask; 赵敏 stands in; two officers and the county decide. The clock goes by half-days."""

    world: World
    ids: dict[str, int]
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 24, 8, 0, tzinfo=SHANGHAI).astimezone(UTC)
        self.stack = AsyncExitStack()
        self.session = self.run(self.stack.enter_async_context(self.world.db.write(ids=20_000)))
        self.village = self.run(self.session.get_one(Area, self.world.area_id("石门村")))
        self.counted: dict[str, int] | None = None
        self.held: dict[type[Any], list[Any]] = {}

    def run(self, deed: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await deed

        return self.runner.run(awaited())

    def teardown(self) -> None:
        self.run(self.stack.__aexit__(_UndoneError, _UndoneError(), None))

    def local(self) -> datetime:
        return self.now.astimezone(SHANGHAI)

    def half_now(self) -> tuple[date, Half]:
        return self.local().date(), half_of(self.local(), PROFILE)

    def ahead(self, skip: int, length: int, begin: tuple[date, Half] | None = None) -> Span:
        """So many half-days after the present one (or `begin`), so long."""
        on, half = begin or self.half_now()
        for _ in range(skip):
            on, half = rules.half_after(on, half)
        to_on, to_half = on, half
        for _ in range(length - 1):
            to_on, to_half = rules.half_after(to_on, to_half)
        return Span(on, half, to_on, to_half)

    async def viewer(self, name: str) -> Viewer:
        self.session.info.pop("batch", None)  # each deed is a transaction in service
        person = await self.session.get_one(Person, self.ids[name])
        return await of(self.session).recipient(person, self.now)

    async def all(self, table: type[Any]) -> list[Any]:
        """Every row of a table; what this session holds already is not asked for again."""
        counted = self.counted or await self.size()
        if table not in self.held or len(self.held[table]) != counted[table.__tablename__]:
            self.held[table] = list(await self.session.scalars(select(table).order_by(table.id)))
        return self.held[table]

    async def nth(self, nth: int, *states: LeaveState) -> LeaveRequest | None:
        found = [one for one in await self.all(LeaveRequest) if not states or one.state in states]
        return found[-1 - nth % len(found)] if found else None

    async def size(self) -> dict[str, int]:
        """How much is written so far."""
        counted = (await self.session.execute(COUNTS)).one()
        names = [table.__tablename__ for table in TABLES]
        self.counted = {**dict(zip(names, counted, strict=True)), "noted": len(self.session.info.get("audit", []))}
        return self.counted

    async def deed(self, made: Awaitable[Any]) -> Any:
        """A change leaves audit rows; a refusal leaves nothing."""
        before, done = self.counted or await self.size(), None
        try:
            done = await made
        except Refusal as refused:
            done = refused
        if isinstance(done, Refusal):
            assert not self.session.new, done
            assert not self.session.dirty, done
            assert await self.size() == before, done
            return done
        after = await self.size()
        if not isinstance(done, checkin.Already | checkin.Outside | trips.Already):
            assert after["audit"] + after["noted"] > before["audit"] + before["noted"], "no audit row"
        return done

    # -- what stays so --------------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        self.run(self._holds())

    async def _holds(self) -> None:
        found, gone = await self.all(LeaveRequest), await self.all(OfficialTrip)
        returns = {one.leave_id: one for one in await self.all(LeaveReturn)}
        check_ins = await self.all(CheckIn)
        known = {(day.person_id, day.on): day for day in await self.all(Day)}
        decisions: dict[int, list[LeaveDecision]] = {}
        for said in await self.all(LeaveDecision):
            decisions.setdefault(said.leave_id, []).append(said)
        seen = {
            (row.person_id, (local.date(), half_of(local, PROFILE)))
            for row in check_ins
            if row.words is None
            for local in [row.at.astimezone(SHANGHAI)]
        }
        for one in found:
            self._agrees(one, decisions.get(one.id, []), returns.get(one.id), seen)
        for person_id in (self.ids["周建国"], self.ids["王强"]):
            own = [one for one in found if one.person_id == person_id]
            away = [span for one in own if one.state in STANDING and one.halves for span in [span_of(one)]]
            on_trips = [trip_span(trip) for trip in gone if trip.person_id == person_id and counts(trip)]
            spoken_for = [half for span in [*away, *on_trips] for half in span.halves()]
            assert len(spoken_for) == len(set(spoken_for)), "a half-day is spoken for twice"
            decided = [one for one in own if one.state in {LeaveState.APPROVED, LeaveState.RETURNED} and one.halves]
            on_leave = {half for one in decided for half in span_of(one).halves() if (person_id, half) not in seen}
            statuses = []
            for on, half in HORIZON:
                facts = days.facts(known.get((person_id, on)), half)
                assert (Facts.LEAVE in facts) == ((on, half) in on_leave), (on, half, facts)
                workday, over = CALENDAR.is_workday(on), on < self.local().date()
                statuses.append(days.status(facts, workday=workday, day_over=over))
            self._adds_up(statuses, on_leave)

    def _agrees(
        self,
        one: LeaveRequest,
        said: list[LeaveDecision],
        back: LeaveReturn | None,
        seen: set[tuple[int, tuple[date, Half]]],
    ) -> None:
        """A leave's state is what was decided of it, once a level; its length is that of its days.

        `seen`: in which half-days who was in the village; those are none of a leave that was granted.
        """
        subject = SUBJECT.format(id=one.id)
        assert len({each.level for each in said}) == len(said), f"{subject}: a level decided twice"
        ranks = [RANK[each.level] for each in said]
        assert ranks == sorted(ranks), f"{subject}: decided downwards"
        last = said[-1].is_approved if said else None
        if one.state in {LeaveState.WAITING, LeaveState.WITHDRAWN}:
            assert last is not False
        elif one.state is LeaveState.REJECTED:
            assert last is False
        else:
            assert last is True
            assert one.level == len(one.levels)
        assert (back is not None) == (one.state is LeaveState.RETURNED)
        if one.state in {LeaveState.APPROVED, LeaveState.WAITING} or (one.state is LeaveState.RETURNED and one.halves):
            own = [
                each
                for each in span_of(one).halves()
                if one.state is LeaveState.WAITING or (one.person_id, each) not in seen
            ]
            assert one.halves == sum(rules.measure(Span(*each, *each), one.kind, CALENDAR, PROFILE) for each in own), (
                subject
            )

    def _adds_up(self, statuses: list[HalfStatus], on_leave: set[tuple[date, Half]]) -> None:
        total = tally(statuses)
        parts = total.on_duty_days + total.trip_days + total.leave_days + total.rest_days + total.unverified_days
        assert parts + total.not_yet_days == len(HORIZON) / 2
        assert total.leave == sum(1 for on, _half in on_leave if CALENDAR.is_workday(on))
