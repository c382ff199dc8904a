"""全员在岗: a county closes days to leave, names exceptions, lifts it again. Clause 三（二）. Nobody is told unasked."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy import leave_closures as rules
from policy.authority import Action, Role, Viewer
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, outbox
from storage import leave_closures as queries
from storage.batch import of
from storage.ids import new_id
from storage.leave import SUBJECT as LEAVE
from storage.tables import Area, LeaveClosure, LeaveState

SUBJECT = "leave_closure:{id}"
EXCEPT, LIFT = "leave:close_except", "leave:close_lift"


async def close(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    first: date,
    last: date,
    reason: str,
    exceptions: Collection[int] = (),
    now: datetime,
) -> LeaveClosure:
    """No leave is granted from `first` to `last`, but to the people named; what is approved already stands.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, and as `policy.leave_closures.check_days`.
    """
    area, role = await queries.county(session, by, Action.LEAVE_CLOSE, area_id)
    rules.check_days(first, last, (await of(session).local(area, now)).date())
    closure = LeaveClosure(
        id=new_id(session),
        area_id=area.id,
        first_on=first,
        last_on=last,
        reason=sentence(reason, rules.REASON),
        exceptions=_held(exceptions),
        set_by_id=by.person_id,
        set_at=now,
    )
    session.add(closure)
    await session.flush()
    after = {"first_on": first.isoformat(), "last_on": last.isoformat(), "exceptions": sorted(exceptions)}
    _note(session, Action.LEAVE_CLOSE, closure, by, role, now, after=after)
    await _show_anew(session, area, closure, now)
    return closure


async def set_exceptions(
    session: AsyncSession, *, by: Viewer, closure_id: int, exceptions: Collection[int], now: datetime
) -> LeaveClosure:
    """Who may have leave all the same. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (it is lifted)."""
    closure, area, role = await _standing(session, by, closure_id)
    before = {"exceptions": sorted(int(one) for one in closure.exceptions)}
    closure.exceptions = _held(exceptions)
    _note(session, EXCEPT, closure, by, role, now, before=before, after={"exceptions": sorted(exceptions)})
    await _show_anew(session, area, closure, now)
    return closure


async def lift(session: AsyncSession, *, by: Viewer, closure_id: int, now: datetime) -> LeaveClosure:
    """Leave is granted again. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (it is lifted)."""
    closure, area, role = await _standing(session, by, closure_id)
    closure.lifted_at = now
    _note(session, LIFT, closure, by, role, now, before={"last_on": closure.last_on.isoformat()})
    await _show_anew(session, area, closure, now)
    return closure


def _held(people: Collection[int]) -> dict[str, bool]:
    return {str(person_id): True for person_id in sorted(people)}


async def _standing(session: AsyncSession, by: Viewer, closure_id: int) -> tuple[LeaveClosure, Area, Role | None]:
    closure, area, role = await queries.get(session, by, Action.LEAVE_CLOSE, closure_id)
    if closure.lifted_at is not None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=closure.set_by_id)
    return closure, area, role


async def _show_anew(session: AsyncSession, area: Area, closure: LeaveClosure, now: datetime) -> None:
    """The cards of requests that wait show how it stands; nobody gets a message for it."""
    waiting = await queries.touched(session, area, closure.first_on, closure.last_on, {LeaveState.WAITING})
    for leave in waiting:
        await outbox.refresh(session, LEAVE.format(id=leave.id), now)


def _note(
    session: AsyncSession,
    action: str,
    closure: LeaveClosure,
    by: Viewer,
    role: Role | None,
    now: datetime,
    **changed: dict[str, Any],
) -> None:
    subject = SUBJECT.format(id=closure.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=closure.area_id, **changed)
