"""What falls due of a leave: a decision that waits, a return (销假). Each looks again whether it is still so.

Chores of the software's own (`bot.chores`), put off until their moment when the leave is asked for or approved. Never a
finding: who is asked first is the person himself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from policy import leave as rules
from policy.authority import Action, Role, Target, Viewer, require
from storage import audit, outbox
from storage import leave as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.leave import SUBJECT
from storage.tables import Area, Lane, LeaveRequest, LeaveState, Person

REMIND, ESCALATE, BACK, OVERDUE = "leave_remind", "leave_escalate", "leave_ask_back", "leave_ask_overdue"
STEPS_UP = (None, Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF)
"""Who hears that somebody is overdue, in turn; None: the person himself."""


async def await_decision(session: AsyncSession, leave: LeaveRequest, village: Area, now: datetime) -> None:
    """Have the level that is asked reminded after its office hours, and the one above told after more."""
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    calendar = await county_calendar(session, village, {local.year, local.year + 1})
    for kind, hours in ((REMIND, profile.leave_reminded_hours), (ESCALATE, profile.leave_escalated_hours)):
        at = rules.after_office_hours(local, hours, calendar, profile)
        facts = {"leave_id": leave.id, "level": leave.level}
        await outbox.chore(session, kind, key=f"{kind}:{leave.id}:{leave.level}", now=at, payload=facts)


async def await_return(session: AsyncSession, leave: LeaveRequest, village: Area, *, again: str = "") -> None:
    """Have somebody asked for his 销假 when the leave is over, and those above in turn where it does not come.

    `again` tells one waiting from an earlier one for the same end.
    """
    back = await queries.due_back(session, leave, village)
    facts = {"leave_id": leave.id, "until": _until(leave)}
    key = f"{leave.id}:{facts['until']}{again and ':'}{again}"
    await outbox.chore(session, BACK, key=f"{BACK}:{key}", now=back.asked_at, payload=facts)
    await outbox.chore(session, OVERDUE, key=f"{OVERDUE}:{key}:0", now=back.overdue_at, payload={**facts, "nth": 0})


def _until(leave: LeaveRequest) -> int:
    """The end of a leave as a number: whatever was put off for another end is void."""
    return leave.to_on.toordinal() * 2 + (leave.to_half == "pm")


async def remind(session: AsyncSession, *, by: Viewer, now: datetime, leave_id: int, level: int) -> bool:
    """Remind those who still have to decide. Raises `Refusal(NOT_ALLOWED)`."""
    found = await _waiting(session, by, leave_id, level)
    if found is not None:
        leave, village = found
        on = (await of(session).local(village, now)).date()
        asked = await queries.approvers(session, village, Role(leave.levels[level]), leave.person_id, on)
        if any([await _put(session, "leave_reminder", leave, one.id, now, f"{level}") for one in asked.people]):
            _note(session, by, leave, now, {"reminded": level})
    return False


async def escalate(session: AsyncSession, *, by: Viewer, now: datetime, leave_id: int, level: int) -> bool:
    """Tell the level above of what nobody has decided: it may decide as well. Raises `Refusal(NOT_ALLOWED)`."""
    found = await _waiting(session, by, leave_id, level)
    if found is not None:
        leave, village = found
        on = (await of(session).local(village, now)).date()
        asked = await queries.approvers(session, village, Role(leave.levels[level]), leave.person_id, on)
        above = await queries.above(session, village, asked.role, leave.person_id, on)
        if any([await _put(session, "leave", leave, one.id, now, f"{level}:above") for one in above]):
            _note(session, by, leave, now, {"escalated": level})
    return False


async def ask_back(session: AsyncSession, *, by: Viewer, now: datetime, leave_id: int, until: int) -> bool:
    """Ask somebody whose leave is over for his 销假. Raises `Refusal(NOT_ALLOWED)`."""
    found = await _not_back(session, by, leave_id, until)
    if found is not None:
        leave, _village = found
        told = [await _put(session, "leave_back", leave, leave.person_id, now, str(until), lane=Lane.ANSWER)]
        if leave.is_open_ended and leave.asked_by_id != leave.person_id:  # who can't ask can't ask for more
            told.append(
                await _put(session, "leave_for_over", leave, leave.asked_by_id, now, str(until), lane=Lane.ANSWER)
            )
        if any(told):
            _note(session, by, leave, now, {"asked_back": until})
    return False


async def overdue(session: AsyncSession, *, by: Viewer, now: datetime, leave_id: int, until: int, nth: int) -> bool:
    """Tell the next one in turn that somebody has not come back; himself first. Raises `Refusal(NOT_ALLOWED)`."""
    found = await _not_back(session, by, leave_id, until)
    if found is None:
        return False
    leave, village = found
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    if STEPS_UP[nth] is None:
        told = [await _put(session, "leave_overdue", leave, leave.person_id, now, str(until), lane=Lane.ANSWER)]
    else:
        nth, asked = await _in_turn(session, leave, village, nth, local.date())
        told = [await _put(session, "leave_missing", leave, one.id, now, f"{until}:{nth}") for one in asked]
    if any(told):
        _note(session, by, leave, now, {"overdue": nth})
    if nth + 1 < len(STEPS_UP):
        calendar = await county_calendar(session, village, {local.year, local.year + 1})
        at = rules.after_office_hours(local, profile.return_escalated_hours, calendar, profile)
        facts = {"leave_id": leave.id, "until": until, "nth": nth + 1}
        key = f"{OVERDUE}:{leave.id}:{until}:{nth + 1}"
        await outbox.chore(session, OVERDUE, key=key, now=max(at, now + timedelta(minutes=1)), payload=facts)
    return False


async def _in_turn(
    session: AsyncSession, leave: LeaveRequest, village: Area, nth: int, on: date
) -> tuple[int, Sequence[Person]]:
    """Who is told next, and which step that is: one that nobody is there for is passed over, so that none hears twice."""
    for step in range(nth, len(STEPS_UP)):
        role = STEPS_UP[step]
        if role is not None:
            asked = await queries.approvers(session, village, role, leave.person_id, on)
            if asked.role is role or step + 1 == len(STEPS_UP):
                return step, asked.people
    return len(STEPS_UP), ()


async def _waiting(session: AsyncSession, by: Viewer, leave_id: int, level: int) -> tuple[LeaveRequest, Area] | None:
    """A leave on which the same level has still to decide."""
    leave, village = await _get(session, by, leave_id)
    return (leave, village) if leave.state is LeaveState.WAITING and leave.level == level else None


async def _not_back(session: AsyncSession, by: Viewer, leave_id: int, until: int) -> tuple[LeaveRequest, Area] | None:
    """A leave with the same end that nobody has come back from, and that does not go on in another (续假)."""
    leave, village = await _get(session, by, leave_id)
    is_over = leave.state is LeaveState.APPROVED and _until(leave) == until
    return (leave, village) if is_over and not await queries.extensions(session, leave, village) else None


async def _get(session: AsyncSession, by: Viewer, leave_id: int) -> tuple[LeaveRequest, Area]:
    leave = await session.get_one(LeaveRequest, leave_id)
    village = await session.get_one(Area, leave.village_id)
    require(by, Action.LEAVE_DECIDE, Target(village.path, leave.person_id))
    return leave, village


async def _put(
    session: AsyncSession,
    kind: str,
    leave: LeaveRequest,
    to: int,
    now: datetime,
    key: str,
    *,
    lane: Lane = Lane.ORDINARY,
) -> bool:
    """Whether he is told now; False: he was before."""
    natural_key = f"{kind}:{leave.id}:{key}"
    if await outbox.is_known(session, natural_key, to):
        return False
    await outbox.put(
        session,
        kind,
        to=to,
        key=natural_key,
        payload={"id": leave.id},
        subject=SUBJECT.format(id=leave.id),
        lane=lane,
        now=now,
    )
    return True


def _note(session: AsyncSession, by: Viewer, leave: LeaveRequest, now: datetime, after: dict[str, int]) -> None:
    audit.record(
        session,
        "leave:due",
        SUBJECT.format(id=leave.id),
        by=by.person_id,
        role=None,
        now=now,
        area_id=leave.village_id,
        after=after,
    )


STEPS: Mapping[str, Callable[..., Awaitable[bool]]] = {
    REMIND: remind,
    ESCALATE: escalate,
    BACK: ask_back,
    OVERDUE: overdue,
}
"""The chores of 请假, for `bot/chores.py`."""
