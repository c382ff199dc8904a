"""Settling what is unverified, clauses 三（二）, 三（四）: an officer has asked by telephone, and says what it was.

不在岗 changes no half-day: it is a finding that its person answers and somebody else rules on.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import leave
from policy import settling as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.settling import Evidence, FindingState, HalfDay, Outcome
from storage import audit, days, month_locks, outbox, proofs, trips
from storage import settling as queries
from storage.ids import new_id, reserve
from storage.settling import Unsettled, read, written
from storage.tables import Area, Facts, Finding, OfficialTrip, Settlement

SUBJECT = "settlement:{id}"
FINDING = "finding:{id}"
CLAUSE = "三（四）"
"""Absent without cause or leave; what follows is decided by a person."""

_TOLD = {Outcome.ON_DUTY: "settled", Outcome.TRIP: "settled", Outcome.LEAVE_ASKED: "leave_wanted"}


async def settle(
    session: AsyncSession,
    *,
    by: Viewer,
    area: Area,
    person_id: int,
    month: date,
    halves: Collection[HalfDay],
    outcome: Outcome,
    now: datetime,
    words: str | None = None,
) -> Settlement:
    """Write down what came of asking somebody about half-days that are 待核实; he is told.

    `area`: where the asker answers; `words`: a trip's purpose, what was seen of one who is not at his post. Pressed
    twice is one call, and 补办请假 is asked for once. Raises `Refusal`: NOT_ALLOWED, NOT_YOURSELF, SETTLED (nothing of
    them is to be settled any more), SETTLE_DECIDE_FIRST (his own reason waits), SETTLE_FOUND, MONTH_LOCKED, TEXT_EMPTY,
    TEXT_TOO_LONG, and for 补办请假 what `leave.plan` refuses.
    """
    role = require(by, Action.DAY_SETTLE, Target(area.path, person_id))
    said = sentence(words) if outcome in {Outcome.TRIP, Outcome.NOT_AT_POST} else None
    found = await queries.one(session, by, area, person_id, month, now)
    chosen = [half_day for half_day in found.halves if half_day in set(halves)] if found is not None else []
    if found is None or not chosen:
        raise Refusal(Code.SETTLED, LOCAL)
    await month_locks.require_open(session, found.village, person_id, [on for on, _half in chosen], now)
    rules.check(outcome, chosen, waiting=found.waiting, found=found.found)
    if (before := await _said_before(session, by, person_id, chosen, outcome, now)) is not None:
        return before
    if outcome is Outcome.LEAVE_ASKED:
        for span in rules.spans(chosen):
            await leave.plan(session, by=by, person_id=person_id, kind=LeaveKind.PERSONAL, span=span, now=now)
    await reserve(session, 4 * len(chosen) + 50)
    row = Settlement(
        id=new_id(session),
        person_id=person_id,
        village_id=found.village.id,
        outcome=outcome,
        halves=written(chosen),
        trips=[],
        by_id=by.person_id,
        role=role,
        at=now,
    )
    if outcome is Outcome.ON_DUTY:
        await _write(session, person_id, found.village, chosen, Facts.CORRECTED)
    elif outcome is Outcome.TRIP:
        row.trips = _go(session, by, found, chosen, said or "", now)
        await _write(session, person_id, found.village, chosen, Facts.TRIP)
    elif outcome is Outcome.NOT_AT_POST:
        row.finding_id = await _find(session, by, role, found, chosen, said or "", now)
    session.add(row)
    await session.flush()
    after: dict[str, Any] = {"outcome": outcome, "halves": row.halves}
    _note(session, Action.DAY_SETTLE, row, by, role, now, after=after)
    if outcome in _TOLD:
        await _tell(session, _TOLD[outcome], row, now)
    return row


async def _said_before(
    session: AsyncSession, by: Viewer, person_id: int, chosen: Sequence[HalfDay], outcome: Outcome, now: datetime
) -> Settlement | None:
    """The same, said before and still standing: a call by the same officer just now, a leave by anybody at any time."""
    if outcome is Outcome.UNREACHED:
        earlier = await queries.standing(session, person_id, outcome, now - rules.CALL)
        earlier = [row for row in earlier if row.by_id == by.person_id]
    elif outcome is Outcome.LEAVE_ASKED:
        earlier = await queries.standing(session, person_id, outcome)
    else:
        return None
    return next((row for row in earlier if set(chosen) <= set(read(row.halves))), None)


async def _write(session: AsyncSession, person_id: int, village: Area, chosen: Sequence[HalfDay], fact: Facts) -> None:
    for on, half in chosen:
        await days.change(session, person_id, village, on, [half], add=fact, drop=Facts.PENDING)


def _go(
    session: AsyncSession, by: Viewer, found: Unsettled, chosen: Sequence[HalfDay], purpose: str, now: datetime
) -> list[int]:
    """The trips that the half-days make."""
    group_id, ids = new_id(session), []
    for span in rules.spans(chosen):
        trip = OfficialTrip(
            id=new_id(session),
            person_id=found.person.id,
            village_id=found.village.id,
            purpose=purpose,
            reported_by_id=by.person_id,
            reported_at=now,
            group_id=group_id,
            **span._asdict(),
        )
        session.add(trip)
        ids.append(trip.id)
    return ids


async def _find(
    session: AsyncSession,
    by: Viewer,
    role: Role | None,
    found: Unsettled,
    chosen: Sequence[HalfDay],
    seen: str,
    now: datetime,
) -> int:
    """The finding; its person is told and may answer. The half-days stay as they are."""
    row = Finding(
        id=new_id(session),
        person_id=found.person.id,
        area_id=found.village.id,
        halves=written(chosen),
        seen=seen,
        evidence=Evidence.PHONE_CALL,
        clause=CLAUSE,
        state=FindingState.OPEN,
        by_id=by.person_id,
        role=role,
        at=now,
    )
    session.add(row)
    await session.flush()
    subject = FINDING.format(id=row.id)
    payload = {"id": row.id}
    await outbox.put(session, "finding", to=found.person.id, key=subject, payload=payload, subject=subject, now=now)
    return row.id


async def undo(session: AsyncSession, *, by: Viewer, settlement_id: int, now: datetime) -> Settlement:
    """撤销: the half-days are as they were before, as far as nothing else speaks for them; again changes nothing.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, MONTH_LOCKED.
    """
    row, village, role = await queries.settlement(session, by, Action.DAY_SETTLE_UNDO, settlement_id)
    if row.undone_at is not None:
        return row
    halves = read(row.halves)
    await month_locks.require_open(session, village, row.person_id, [on for on, _half in halves], now)
    row.undone_at, row.undone_by_id = now, by.person_id
    for trip_id in row.trips:
        trip = await session.get_one(OfficialTrip, trip_id)
        if trip.cancelled_at is None:
            trip.cancelled_at, trip.cancelled_by_id = now, by.person_id
    await session.flush()
    if row.outcome in {Outcome.ON_DUTY, Outcome.TRIP}:
        for on, half in halves:
            await _unwrite(session, row, village, on, half)
    if row.finding_id is not None:
        await _withdraw(session, row.finding_id, by, now)
    _note(session, Action.DAY_SETTLE_UNDO, row, by, role, now, before={"outcome": row.outcome, "halves": row.halves})
    await outbox.refresh(session, SUBJECT.format(id=row.id), now)
    return row


async def _unwrite(session: AsyncSession, row: Settlement, village: Area, on: date, half: Half) -> None:
    """What the settling wrote of a half-day goes; what another says of it stays, and so does what is in doubt."""
    if row.outcome is Outcome.ON_DUTY:
        others = await queries.is_confirmed(session, row.person_id, on, half)
        fact = Facts.NONE if others else Facts.CORRECTED
    else:
        gone = await trips.counted(session, [row.person_id], on)
        fact = Facts.NONE if any((on, half) in set(trips.span_of(one).halves()) for one in gone) else Facts.TRIP
    doubted = half in await proofs.disputed(session, village, row.person_id, on)
    doubted = doubted or await trips.is_doubted(session, row.person_id, on, half)
    add = Facts.PENDING if doubted else Facts.NONE
    await days.change(session, row.person_id, village, on, [half], add=add, drop=fact)


async def _withdraw(session: AsyncSession, finding_id: int, by: Viewer, now: datetime) -> None:
    found = await session.get_one(Finding, finding_id)
    if found.state is FindingState.OPEN:
        found.state, found.withdrawn_at, found.withdrawn_by_id = FindingState.WITHDRAWN, now, by.person_id
        await outbox.refresh(session, FINDING.format(id=found.id), now)


async def answer(session: AsyncSession, *, by: Viewer, finding_id: int, words: str, now: datetime) -> Finding:
    """What the person says to a finding, kept with it; who made it hears. A later sentence takes the place of an earlier.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (it was withdrawn or ruled on), TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(words)
    found, area, role = await queries.finding(session, by, Action.FINDING_ANSWER, finding_id)
    if found.state is not FindingState.OPEN:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=found.withdrawn_by_id)
    found.answer, found.answered_at = said, now
    subject = FINDING.format(id=found.id)
    audit.record(
        session,
        Action.FINDING_ANSWER,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        after={"to": "answered"},
    )
    key = f"finding_answered:{found.id}:{now.timestamp():.0f}"
    await outbox.put(session, "finding_answered", to=found.by_id, key=key, payload={"id": found.id}, now=now)
    await outbox.refresh(session, subject, now)
    return found


async def _tell(session: AsyncSession, kind: str, row: Settlement, now: datetime) -> None:
    subject = SUBJECT.format(id=row.id)
    await outbox.put(
        session, kind, to=row.person_id, key=f"{kind}:{row.id}", payload={"id": row.id}, subject=subject, now=now
    )


def _note(
    session: AsyncSession,
    action: Action,
    row: Settlement,
    by: Viewer,
    role: Role | None,
    now: datetime,
    **changed: dict[str, Any],
) -> None:
    subject = SUBJECT.format(id=row.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=row.village_id, **changed)
