"""销假, clause 三（二）: back from leave, by a check-in from the village or in words. Early, what was not taken is credited."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import leave_days, leave_due
from policy import leave as rules
from policy.authority import Action, Target, Viewer, require
from policy.calendar import Half, Span
from policy.checkin import half_of
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, month_locks, outbox, people, trips
from storage import leave as queries
from storage.batch import of
from storage.ids import new_id
from storage.leave import SUBJECT, span_of
from storage.tables import Area, CheckIn, Lane, LeaveRequest, LeaveReturn, LeaveState


@dataclass(frozen=True, slots=True)
class Returned:
    """Back from a leave. `credited`: half-days that were not taken; `is_late`: after the half-day one was due in."""

    leave: LeaveRequest
    credited: int
    is_late: bool


async def by_check_in(
    session: AsyncSession, *, by: Viewer, village: Area, proof: CheckIn, local: datetime
) -> Returned | None:
    """Whoever checks in while a leave of his stands, begun and not returned from, is back; None: there is none.

    `local` is the moment of the check-in by the village's clocks. Extensions that have not begun go with it. Where
    the check-in is by words, the township confirms. Raises `Refusal(NOT_ALLOWED)`.
    """
    begun, half = await _begun(session, by, village, local)
    if not begun:
        return None
    require(by, Action.LEAVE_RETURN, Target(village.path, by.person_id))
    now = proof.received_at
    chain = list(begun)
    for one in chain:  # which grows: an extension may go on in another
        chain += [further for further in await queries.extensions(session, one, village) if further not in chain]
    to_come = [one for one in chain if one not in begun and one.state is LeaveState.APPROVED]
    due = await queries.due_back(session, begun[-1], village)
    credited = 0
    for leave in begun:
        credited += await _return(session, by, village, leave, proof, (local.date(), half))
    for leave in to_come:
        credited += leave.halves
        await leave_days.cut(session, leave, village, None)
        leave.state, leave.settled_at = LeaveState.CANCELLED, now
        _note(session, by, leave, now, {"cancelled": True})
        await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    of(session).forget_leaves(by.person_id or 0)
    if proof.words is not None:
        await _have_confirmed(session, begun[-1], village, now)
    return Returned(begun[-1], credited, (local.date(), half) > (due.on, due.half))


async def _return(
    session: AsyncSession, by: Viewer, village: Area, leave: LeaveRequest, proof: CheckIn, at: tuple[date, Half]
) -> int:
    """One leave is over; how many of its half-days are credited."""
    before, credited = span_of(leave), 0
    if at <= (before.to_on, before.to_half):
        credited = await leave_days.cut(session, leave, village, rules.shortened(before, *at))
    session.add(
        LeaveReturn(
            id=new_id(session),
            leave_id=leave.id,
            at=proof.at,
            on=at[0],
            half=at[1],
            evidence=proof.evidence,
            distance_class=proof.distance_class,
            words=proof.words,
            until_on=before.to_on,
            until_half=before.to_half,
            credited=credited,
        )
    )
    leave.state, leave.settled_at = LeaveState.RETURNED, proof.received_at
    after = {"on": at[0].isoformat(), "half": at[1].value, "credited": credited, "evidence": proof.evidence.value}
    _note(session, by, leave, proof.received_at, after)
    subject = SUBJECT.format(id=leave.id)
    await outbox.refresh(session, subject, proof.received_at)
    if leave.asked_by_id != leave.person_id and leave.is_confirmed is None:
        await outbox.put(
            session,
            "leave_for_back",
            to=leave.person_id,
            key=f"leave_for_back:{leave.id}",
            payload={"id": leave.id},
            subject=subject,
            lane=Lane.ANSWER,
            now=proof.received_at,
        )
    return credited


def _note(session: AsyncSession, by: Viewer, leave: LeaveRequest, now: datetime, after: dict[str, Any]) -> None:
    audit.record(
        session,
        Action.LEAVE_RETURN,
        SUBJECT.format(id=leave.id),
        by=by.person_id,
        role=leave.role,
        now=now,
        area_id=leave.village_id,
        after=after,
    )


async def is_away(session: AsyncSession, *, by: Viewer, village: Area, local: datetime) -> bool:
    """Whether a leave of the person himself has begun by a local moment and was not returned from."""
    require(by, Action.LEAVE_RETURN, Target(village.path, by.person_id))
    begun, _half = await _begun(session, by, village, local)
    return bool(begun)


async def _begun(session: AsyncSession, by: Viewer, village: Area, local: datetime) -> tuple[list[LeaveRequest], Half]:
    """One's own leaves that have begun by a local moment, the last one at the end, and the half-day it lies in."""
    half = half_of(local, await of(session).profile(village, local.date()))
    at = (local.date(), half)
    return [one for one in await of(session).leaves(by.person_id or 0) if (one.from_on, one.from_half) <= at], half


async def _have_confirmed(session: AsyncSession, leave: LeaveRequest, village: Area, now: datetime) -> None:
    """Those who decide for the village hear of a return in words, and say whether it is so."""
    on = (await of(session).local(village, now)).date()
    for officer in await people.officers(session, village, on, but_not=leave.person_id):
        await outbox.put(
            session,
            "leave_returned",
            to=officer.id,
            key=f"leave_returned:{leave.id}",
            payload={"id": leave.id},
            subject=SUBJECT.format(id=leave.id),
            now=now,
        )


async def explain(session: AsyncSession, *, by: Viewer, leave_id: int, reason: str, now: datetime) -> LeaveRequest:
    """说明情况: why one is not back yet, in a line; said again, the newer one counts. It ends nothing and is no finding.

    The first secretary and those who decide for the village read it, beside what is overdue. Raises `Refusal`:
    NOT_FOUND, NOT_ALLOWED, LEAVE_NOT_OVER (to_on), TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(reason)
    leave, village, role = await queries.get(session, by, Action.LEAVE_EXPLAIN, leave_id)
    local = await of(session).local(village, now)
    at = (local.date(), half_of(local, await of(session).profile(village, local.date())))
    if leave.state is not LeaveState.APPROVED or at <= (leave.to_on, leave.to_half):
        raise Refusal(Code.LEAVE_NOT_OVER, LOCAL, to_on=leave.to_on)
    leave.late_reason = said
    subject = SUBJECT.format(id=leave.id)
    audit.record(
        session,
        Action.LEAVE_EXPLAIN,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={"said": True},
    )
    await outbox.refresh(session, subject, now)
    told = await people.officers(session, village, local.date(), but_not=leave.person_id)
    told += await queries.first_secretaries(session, village, local.date(), leave.person_id)
    for person_id in sorted({person.id for person in told}):
        await outbox.put(
            session,
            "leave_late",
            to=person_id,
            key=f"leave_late:{leave.id}:{leave.to_on}",
            payload={"id": leave.id},
            subject=subject,
            now=now,
        )
    return leave


async def confirm(session: AsyncSession, *, by: Viewer, leave_id: int, is_so: bool, now: datetime) -> LeaveRequest:
    """情况属实 / 不属实 of a return in words. 不属实, the leave stands again until its end, and the person hears of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id), MONTH_LOCKED (不属实).
    """
    leave, village, role = await queries.get(session, by, Action.LEAVE_RETURN_CONFIRM, leave_id)
    back = await queries.return_of(session, leave.id)
    if back is None or leave.state is not LeaveState.RETURNED:
        raise Refusal(Code.NOT_FOUND)
    if back.confirmed_at is not None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=back.confirmed_by_id)
    if not is_so:  # the half-days that were credited are leave again
        await month_locks.require_open(session, village, leave.person_id, [back.on, back.until_on], now)
    if is_so:
        back.confirmed_by_id, back.confirmed_at = by.person_id, now
    else:
        await _stand_again(session, leave, village, back)
    subject = SUBJECT.format(id=leave.id)
    audit.record(
        session,
        Action.LEAVE_RETURN_CONFIRM,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={"is_so": is_so},
    )
    await outbox.refresh(session, subject, now)
    if not is_so:
        await outbox.put(
            session,
            "leave_not_returned",
            to=leave.person_id,
            key=f"leave_not_returned:{leave.id}:{now.timestamp():.0f}",
            payload={"id": leave.id},
            lane=Lane.ANSWER,
            now=now,
        )
    return leave


async def _stand_again(session: AsyncSession, leave: LeaveRequest, village: Area, back: LeaveReturn) -> None:
    """The leave is as it was before its return, up to what was asked for or reported since; none is left: cancelled."""
    whole = span_of(leave)._replace(to_on=back.until_on, to_half=back.until_half)
    left = rules.shortened(whole, *begins) if (begins := await _taken_since(session, leave, whole)) else whole
    await session.delete(back)
    of(session).forget_leaves(leave.person_id)
    if left is None:
        leave.state = LeaveState.CANCELLED
        return
    leave.state = LeaveState.APPROVED
    leave.to_on, leave.to_half = left.to_on, left.to_half
    await leave_days.count(session, leave, village)
    await leave_due.await_return(session, leave, village, again=f"{back.id}")


async def _taken_since(session: AsyncSession, leave: LeaveRequest, whole: Span) -> tuple[date, Half] | None:
    """The first half-day of a leave's that another leave or a trip of the person has now."""
    others = [
        span_of(one) for one in await queries.standing(session, [leave.person_id], whole.from_on) if one is not leave
    ]
    others += [trips.span_of(trip) for trip in await trips.counted(session, [leave.person_id], whole.from_on)]
    return min(
        (max((one.from_on, one.from_half), (whole.from_on, whole.from_half)) for one in others if one.overlaps(whole)),
        default=None,
    )
