"""Whatever is asked, decided, taken back and lived through, in whatever order: what is so of leave stays so.

A small county in a real database; an example is one transaction, undone at its end.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from actions import checkin, leave, leave_due, leave_returns, trips
from actions.leave import Details
from policy import leave as rules
from policy.authority import Role, Viewer
from policy.calendar import Half, Span
from policy.checkin import Fix
from policy.geo import Point
from policy.profile import LeaveKind
from policy.refusals import Refusal
from storage.leave import span_of, taken
from storage.tables import LeaveDecision, LeaveRequest, LeaveState, OfficialTrip, Outbox, OutboxState
from tests.actions.leave_ground import CALENDAR, PROFILE, RANK, STANDING, Ground
from tests.world import SHANGHAI, VILLAGES, World

ASKERS = st.sampled_from(["周建国", "王强"])
OFFICERS = st.sampled_from(["孙丽", "刘敏", "陈涛"])
DECIDERS = st.sampled_from(["孙丽", "刘敏", "陈涛", "王强", "赵敏", "周建国"])
NTH = st.sampled_from([0, 0, 0, 1, 1, 2])
"""Counted from the newest."""


def has(table: type[Any], *states: LeaveState) -> Callable[[Ground], bool]:
    """Whether there is a row, in one of these states."""
    return lambda told: any(not states or row.state in states for row in told.held.get(table, []))


class Machine(Ground):
    """周建国 and his first secretary 王强 ask; 赵敏 stands in; two officers and the county decide. Time goes by half-days."""

    # -- what people do -------------------------------------------------------------------------------------------

    @rule(who=ASKERS, skip=st.integers(0, 9), length=st.integers(1, 9), kind=st.sampled_from(list(LeaveKind)[:4]))
    def asks(self, who: str, skip: int, length: int, kind: LeaveKind) -> None:
        self.run(self._asks(who, self.ahead(skip, length), kind))

    @initialize(who=ASKERS, length=st.integers(1, 9))
    def begins(self, who: str, length: int) -> None:
        self._is_granted(who, length)

    @rule(who=ASKERS, length=st.integers(1, 9))
    def goes_on_leave(self, who: str, length: int) -> None:
        self._is_granted(who, length)

    def _is_granted(self, who: str, length: int) -> None:
        """Asked for and granted; begins with this half-day."""
        asked = self.run(self._asks(who, self.ahead(0, length), LeaveKind.PERSONAL))
        if isinstance(asked, LeaveRequest):
            self.run(self._decide("孙丽", asked, is_approved=True))
            assert asked.state is LeaveState.APPROVED

    async def _asks(self, who: str, span: Span, kind: LeaveKind, extends: LeaveRequest | None = None) -> Any:
        standing = [one for one in await self.all(LeaveRequest) if one.person_id == self.ids[who]]
        others = [
            taken(one)
            for one in standing
            if one.state in STANDING and (one.halves or one.state is not LeaveState.RETURNED)
        ]
        stand_in = self.ids["赵敏"] if who == "王强" and extends is None else None
        made = leave.request(
            self.session, by=await self.viewer(who), person_id=self.ids[who], kind=kind, span=span,
            details=Details("家里有事", stand_in_id=stand_in), now=self.now, extends_id=extends.id if extends is not None else None,
        )  # fmt: skip
        found = await self.deed(made)
        if isinstance(found, LeaveRequest):
            chained = rules.chain_halves(span, kind, others, CALENDAR, PROFILE)
            assert found.chain_halves == chained
            assert tuple(found.levels) == rules.levels(found.role, kind, chained, PROFILE), "not what policy says"
        return found

    @precondition(has(LeaveRequest, LeaveState.APPROVED))
    @rule(nth=NTH, length=st.integers(1, 5))
    def extends(self, nth: int, length: int) -> None:
        before = self.run(self.nth(nth, LeaveState.APPROVED))
        if before is not None:
            who = next(name for name, found in self.ids.items() if found == before.person_id)
            span = self.ahead(0, length, rules.half_after(before.to_on, before.to_half))
            self.run(self._asks(who, span, before.kind, before))

    @precondition(has(LeaveRequest))
    @rule(
        first=OFFICERS,
        second=DECIDERS,
        nth=NTH,
        words=st.tuples(st.sampled_from([True, True, True, True, False, None]), st.sampled_from([True, False, None])),
    )
    def decide(self, first: str, second: str, nth: int, words: tuple[bool | None, bool | None]) -> None:
        """Two press on the same card: whatever the order, a leave that is decided stays so."""
        found = self.run(self.nth(nth, LeaveState.WAITING)) or self.run(self.nth(nth))
        self.run(self._decide(first, found, words[0]))
        self.run(self._decide(second, found, words[1]))

    async def _decide(self, who: str, found: LeaveRequest, is_approved: bool | None) -> None:
        state, asked = found.state, [Role(level) for level in found.levels[found.level :]]
        made = leave.decide(
            self.session, by=await self.viewer(who), leave_id=found.id, is_approved=is_approved, now=self.now,
            reason="镇里派人", is_confirmed=True,
        )  # fmt: skip
        done = await self.deed(made)
        if state is not LeaveState.WAITING:
            assert isinstance(done, Refusal), "decided twice"
        elif not isinstance(done, Refusal):
            said = (await self.all(LeaveDecision))[-1]
            assert found.person_id != self.ids[who], "on himself"
            assert RANK[said.role] >= RANK[said.level], "above one's own level"
            assert RANK[said.level] >= RANK[asked[0]], "below the level asked"
            if found.state is LeaveState.WAITING:
                assert RANK[Role(found.levels[found.level])] > RANK[said.level], "goes on downwards"

    @precondition(has(LeaveRequest))
    @rule(nth=NTH)
    def withdraws(self, nth: int) -> None:
        self.run(self._own(nth, leave.withdraw))

    @precondition(has(LeaveRequest, LeaveState.APPROVED))
    @rule(nth=NTH, after=st.integers(0, 6))
    def shortens(self, nth: int, after: int) -> None:
        span = self.ahead(after, 1)
        self.run(self._own(nth, leave.shorten, to=(span.from_on, span.from_half)))

    async def _own(self, nth: int, act: Any, **more: Any) -> None:
        found = (act is leave.shorten and await self.nth(nth, LeaveState.APPROVED)) or await self.nth(nth)
        if found is not None:
            who = next(name for name, person_id in self.ids.items() if person_id == found.person_id)
            before = (found.state, span_of(found), found.halves)
            done = await self.deed(
                act(self.session, by=await self.viewer(who), leave_id=found.id, now=self.now, **more)
            )
            if isinstance(done, int):
                assert found.halves + done == before[2], "credited"
            if isinstance(done, Refusal):
                assert (found.state, span_of(found), found.halves) == before

    @rule(who=ASKERS, in_words=st.booleans())
    def checks_in(self, who: str, in_words: bool) -> None:
        self.run(self._checks_in(who, in_words))

    async def _checks_in(self, who: str, in_words: bool) -> None:
        at: dict[str, Any] = {"villages": [self.village], "sent_at": self.now, "now": self.now}
        begun = [
            one
            for one in await self.all(LeaveRequest)
            if one.person_id == self.ids[who]
            and one.state is LeaveState.APPROVED
            and (one.from_on, one.from_half) <= self.half_now()
        ]
        by = await self.viewer(who)
        made = (
            checkin.record_words(self.session, by=by, words="在村委会", **at)
            if in_words
            else checkin.record(self.session, by=by, fix=Fix(Point(*VILLAGES["石门村"]), pressed=True), **at)
        )
        done = await self.deed(made)
        assert bool(begun) == (isinstance(done, checkin.Recorded) and done.back is not None)
        assert {one.state for one in begun} <= {LeaveState.RETURNED}

    @precondition(has(LeaveRequest, LeaveState.RETURNED))
    @rule(who=st.sampled_from(["刘敏", "陈涛"]), nth=NTH, is_so=st.booleans())
    def confirms(self, who: str, nth: int, is_so: bool) -> None:
        async def confirm() -> None:
            if (found := await self.nth(nth, LeaveState.RETURNED)) is not None:
                await self.deed(
                    leave_returns.confirm(
                        self.session, by=await self.viewer(who), leave_id=found.id, is_so=is_so, now=self.now
                    )
                )

        self.run(confirm())

    @rule(who=ASKERS, skip=st.integers(0, 6), length=st.integers(1, 4))
    def goes_on_a_trip(self, who: str, skip: int, length: int) -> None:
        async def report() -> None:
            await self.deed(
                trips.report(
                    self.session, by=await self.viewer(who), village=self.village, who=[self.ids[who]],
                    purpose="开会", span=self.ahead(skip, length), now=self.now,
                )
            )  # fmt: skip

        self.run(report())

    @precondition(has(OfficialTrip))
    @rule(act=st.sampled_from([trips.cancel, trips.restore]), nth=NTH)
    def second_thoughts_on_a_trip(self, act: Any, nth: int) -> None:
        async def again() -> None:
            found = await self.all(OfficialTrip)
            if nth < len(found):
                trip = found[-1 - nth]
                changes = (trip.cancelled_at is None) == (act is trips.cancel)
                who = next(name for name, one in self.ids.items() if one == trip.person_id)
                made = act(self.session, by=await self.viewer(who), trip_id=trip.id, now=self.now)
                if changes:
                    await self.deed(made)
                else:
                    await made

        self.run(again())

    @precondition(lambda self: self.local().date() < date(2026, 12, 10))
    @rule(halves_on=st.integers(1, 4))
    def time_goes_by(self, halves_on: int) -> None:
        """What falls due on the way is done at its moment; done twice (after a crash) it changes nothing."""
        on, half = self.half_now()
        for _ in range(halves_on):
            on, half = rules.half_after(on, half)
        until = datetime.combine(on, time(8, 0) if half is Half.AM else time(13, 0), tzinfo=SHANGHAI).astimezone(UTC)
        self.run(self._sweep(until))
        self.now = until

    async def _sweep(self, until: datetime) -> None:
        query = select(Outbox).where(
            Outbox.kind.in_(leave_due.STEPS), Outbox.not_before <= until, Outbox.state == OutboxState.WAITING
        )
        query = query.order_by(Outbox.not_before, Outbox.id).limit(1)
        while (row := (await self.session.scalars(query)).one_or_none()) is not None:
            self.now = max(self.now, row.not_before)
            row.state = OutboxState.SENT
            await self._chore(row)
            before = await self.size()
            await self._chore(row)
            assert await self.size() == before, f"{row.kind} twice"

    async def _chore(self, row: Outbox) -> None:
        self.session.info.pop("batch", None)
        await leave_due.STEPS[row.kind](self.session, by=Viewer.system(), now=self.now, **row.payload)


@pytest.mark.parametrize("database_url, examples", [("sqlite", 12), ("postgresql", 4)], indirect=["database_url"])
def test_what_is_so_of_leave_stays_so(database_url, examples):
    with asyncio.Runner() as runner:
        world = World(database_url)
        actors = [
            world.cadre("王强", secretary=True), world.cadre("周建国"), world.cadre("赵敏"),
            world.township_officer("刘敏"), world.township_officer("陈涛"), world.county_staff("孙丽"),
        ]  # fmt: skip
        runner.run(world.settle())
        told = type("Told", (Machine,), {
            "world": world, "runner": runner, "ids": {actor.name: actor.person_id for actor in actors},
        })  # fmt: skip
        try:
            run_state_machine_as_test(
                told,
                settings=settings(
                    max_examples=examples, stateful_step_count=30, deadline=None, report_multiple_bugs=False
                ),
            )
        finally:
            runner.run(world.close())
