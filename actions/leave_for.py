"""代请假, clause 三（二）: asked for one who can't, with an open end if need be; he has the last word on it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions import leave as asking
from actions import leave_attachments, leave_days
from actions.leave import Details, Plan
from policy import leave as rules
from policy.authority import TEAM, Action, Role, Viewer
from policy.calendar import Calendar, Half, Span
from policy.checkin import half_of
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, days, month_locks, outbox, people
from storage import leave as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.leave import SUBJECT, span_of
from storage.tables import Area, Facts, Lane, LeaveRequest, LeaveState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for another: whose, of which kind, from which half-day to which; `last` None: its end is open."""

    person_id: int
    kind: LeaveKind
    first: tuple[date, Half]
    last: tuple[date, Half] | None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What it comes to: the plan, the half-days it stands for, and the leave that it goes on from (续假), if any."""

    plan: Plan
    span: Span
    extends_id: int | None


async def propose(session: AsyncSession, *, by: Viewer, wanted: Wanted, now: datetime) -> Proposed:
    """What a leave for another comes to; nothing is written. Raises `Refusal` as `actions.leave.plan`."""
    posts = (await people.posts_of(session, [wanted.person_id], wanted.first[0]))[wanted.person_id]
    village = next((post.area for post in posts if post.role in TEAM), None)
    span = Span(*wanted.first, *(wanted.last or wanted.first))
    extends_id = None
    if village is not None:
        year = wanted.first[0].year
        calendar = await county_calendar(session, village, {year - 1, year, year + 1})
        before = await _goes_on_from(session, wanted, calendar)
        if before is not None:
            extends_id = before.id
        if wanted.last is None:
            profile = await of(session).profile(village, (await of(session).local(village, now)).date())
            span = rules.provisional(span.from_on, span.from_half, wanted.kind, calendar, profile)
    planned = await asking.plan(session, by=by, person_id=wanted.person_id, kind=wanted.kind, span=span, now=now)
    return Proposed(planned, span, extends_id)


async def _goes_on_from(session: AsyncSession, wanted: Wanted, calendar: Calendar) -> LeaveRequest | None:
    """The leave that stands and has not been returned from, right before this one."""
    standing = await queries.standing(session, [wanted.person_id], wanted.first[0] - timedelta(days=31))
    for leave in reversed(standing):
        if leave.state is LeaveState.APPROVED and rules.goes_on(span_of(leave), wanted.first, calendar):
            return leave
    return None


async def request(session: AsyncSession, *, by: Viewer, wanted: Wanted, reason: str, now: datetime) -> LeaveRequest:
    """Hand it in; the person is told at once, and whoever decides sees who asked. Raises as `actions.leave.request`."""
    proposed = await propose(session, by=by, wanted=wanted, now=now)
    return await asking.request(
        session,
        by=by,
        person_id=wanted.person_id,
        kind=wanted.kind,
        span=proposed.span,
        details=Details(reason),
        now=now,
        is_open_ended=wanted.last is None,
        extends_id=proposed.extends_id,
    )


async def take_back(session: AsyncSession, *, by: Viewer, leave_id: int, now: datetime) -> LeaveRequest:
    """撤回 by who asked, before a decision.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED (another asked), NOT_YOURSELF, ALREADY_DECIDED.
    """
    leave, village, role = await queries.get(session, by, Action.LEAVE_REQUEST_FOR, leave_id)
    if leave.asked_by_id != by.person_id:
        raise Refusal(Code.NOT_ALLOWED, "三（二）", action=Action.LEAVE_WITHDRAW.value)
    if leave.state is not LeaveState.WAITING:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=leave.person_id)
    await _end(session, leave, village, LeaveState.WITHDRAWN, now)
    await _note(session, Action.LEAVE_WITHDRAW, leave, by, role, now, before=LeaveState.WAITING)
    return leave


async def confirm(session: AsyncSession, *, by: Viewer, leave_id: int, now: datetime) -> LeaveRequest:
    """没错: the person himself says that it is so. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED."""
    leave, _village, role = await _own(session, by, Action.LEAVE_CONFIRM, leave_id)
    leave.is_confirmed = True
    await _note(session, Action.LEAVE_CONFIRM, leave, by, role, now, before=leave.state)
    return leave


async def object_to(session: AsyncSession, *, by: Viewer, leave_id: int, now: datetime) -> LeaveRequest:
    """不对: it is his leave, so it goes. Half-days that it had covered and nothing else speaks for wait for a word.

    Who asked and who decides for the village hear of it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED,
    OBJECTION_TOO_LATE (after the return, past the hours of a correction), MONTH_LOCKED.
    """
    leave, village, role = await _own(session, by, Action.LEAVE_OBJECT, leave_id)
    before = leave.state
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    hours = profile.correction_hours
    if (
        leave.settled_at is not None
        and before is LeaveState.RETURNED
        and now - leave.settled_at > timedelta(hours=hours)
    ):
        raise Refusal(Code.OBJECTION_TOO_LATE, LOCAL, on=leave.to_on, hours=hours)
    if before is not LeaveState.WAITING:
        dates = [on for on, _half in span_of(leave).halves()]
        await month_locks.require_open(session, village, leave.person_id, dates, now)
    leave.is_confirmed = False
    await _end(
        session, leave, village, LeaveState.WITHDRAWN if before is LeaveState.WAITING else LeaveState.CANCELLED, now
    )
    if before is not LeaveState.WAITING:
        await _leave_open(session, leave, village, (local.date(), half_of(local, profile)))
    await _note(session, Action.LEAVE_OBJECT, leave, by, role, now, before=before)
    told = {person.id for person in await people.officers(session, village, local.date(), but_not=leave.person_id)}
    for person_id in sorted({*told, leave.asked_by_id}):
        await outbox.put(
            session,
            "leave_for_denied",
            to=person_id,
            key=f"leave_for_denied:{leave.id}",
            payload={"id": leave.id},
            lane=Lane.ANSWER if person_id == leave.asked_by_id else Lane.ORDINARY,
            now=now,
        )
    return leave


async def _own(
    session: AsyncSession, by: Viewer, action: Action, leave_id: int
) -> tuple[LeaveRequest, Area, Role | None]:
    """A leave that another asked for, on which the person has not said his word yet."""
    leave, village, role = await queries.get(session, by, action, leave_id)
    if leave.asked_by_id == leave.person_id:
        raise Refusal(Code.NOT_FOUND)
    if leave.is_confirmed is not None or leave.state not in queries.STANDING:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=leave.person_id)
    return leave, village, role


async def _end(session: AsyncSession, leave: LeaveRequest, village: Area, state: LeaveState, now: datetime) -> None:
    if leave.state is not LeaveState.WAITING:
        await leave_days.cut(session, leave, village, None)
        of(session).forget_leaves(leave.person_id)
    leave.state, leave.settled_at = state, now
    await leave_attachments.drop(session, leave)
    await asking.no_extension(session, leave, village)


async def _leave_open(session: AsyncSession, leave: LeaveRequest, village: Area, until: tuple[date, Half]) -> None:
    """待核实 for what the leave had covered up to now, where nothing else is known: silence never is absence."""
    known = Facts.CHECKED_IN | Facts.CORRECTED | Facts.TRIP
    for on, half in span_of(leave).halves():
        if (on, half) <= until and not days.facts(await of(session).day(leave.person_id, on), half) & known:
            await days.change(session, leave.person_id, village, on, [half], add=Facts.PENDING)


async def _note(
    session: AsyncSession,
    action: Action,
    leave: LeaveRequest,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    before: LeaveState,
) -> None:
    """The audit row, and every card of it shows the present state."""
    subject = SUBJECT.format(id=leave.id)
    audit.record(
        session,
        action,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=leave.village_id,
        before={"state": before},
        after={"state": leave.state},
    )
    await outbox.refresh(session, subject, now)
