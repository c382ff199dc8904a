"""请假, clause 三（二）: asked for, decided level by level by somebody else, withdrawn, cancelled, shortened."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import leave_attachments, leave_days, leave_due
from policy import leave as rules
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.calendar import Half, Span
from policy.checkin import half_of
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, duty, month_locks, outbox, people, trips
from storage import leave as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.ids import new_id
from storage.leave import SUBJECT, Approvers, span_of, taken
from storage.tables import Area, Lane, LeaveDecision, LeaveRequest, LeaveState, Person

CHAIN_REACH = timedelta(days=366)
"""So far back leaves may belong to one chain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request comes to before it is made: its length, who decides, who stays, days the county has closed."""

    village: Area
    role: Role
    asked: rules.Asked
    approvers: Approvers
    staying: tuple[Person, ...]
    closed: tuple[str, ...]


async def plan(
    session: AsyncSession, *, by: Viewer, person_id: int, kind: LeaveKind, span: Span, now: datetime
) -> Plan:
    """What a leave of somebody comes to, if it may be asked for; nothing is written.

    Raises `Refusal`: NOT_ALLOWED, LEAVE_* (as `policy.leave.check`), LEAVE_NOBODY_DECIDES, MONTH_LOCKED.
    """
    village, role = await _post(session, person_id, span)
    await _asks(session, by, person_id, village)
    local = await of(session).local(village, now)
    rules.check_span(span, local.date())
    await _require_open(session, village, person_id, span, now)
    profile = await of(session).profile(village, local.date())
    calendar = await county_calendar(session, village, {span.from_on.year - 1, span.from_on.year, span.to_on.year + 1})
    before = await queries.standing(session, [person_id], span.from_on - CHAIN_REACH)
    gone = [trips.span_of(trip) for trip in await trips.counted(session, [person_id], span.from_on)]
    asked = rules.check(
        span,
        kind,
        applicant=role,
        now=local,
        others=[taken(leave) for leave in before],
        trips=gone,
        used=await queries.used(session, person_id, kind, span.from_on.year),
        calendar=calendar,
        profile=profile,
        in_lieu=await duty.lieu_left(session, person_id, village, span.from_on) if kind is LeaveKind.IN_LIEU else 0,
    )
    deciding = await queries.approvers(session, village, asked.levels[0], person_id, local.date())
    if not deciding.people:
        raise Refusal(Code.LEAVE_NOBODY_DECIDES, LOCAL)
    staying = await queries.staying(session, village, person_id, span)
    closed = await queries.closures(session, village, span)
    reasons = tuple(one.reason for one in closed if str(person_id) not in one.exceptions)
    return Plan(village, role, asked, deciding, tuple(staying), reasons)


async def _require_open(session: AsyncSession, village: Area, person_id: int, span: Span, now: datetime) -> None:
    """That no half-day of a leave lies in a locked month."""
    await month_locks.require_open(session, village, person_id, [on for on, _half in span.halves()], now)


async def _post(session: AsyncSession, person_id: int, span: Span) -> tuple[Area, Role]:
    """The village and role that somebody's leave belongs to. Raises `Refusal(NOT_ALLOWED)` where he has no post then."""
    posts = (await people.posts_of(session, [person_id], span.from_on))[person_id]
    found = [post for post in posts if post.role in TEAM]
    if not found:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.LEAVE_REQUEST.value)
    return found[0].area, found[0].role


async def _asks(session: AsyncSession, by: Viewer, person_id: int, village: Area) -> tuple[Action, Role | None]:
    """In which role `by` asks: for himself, or for another (代请假). Raises `Refusal(NOT_ALLOWED)`."""
    action = Action.LEAVE_REQUEST if person_id == by.person_id else Action.LEAVE_REQUEST_FOR
    unit_id = (await session.get_one(Person, person_id)).unit_id
    return action, require(by, action, Target(village.path, person_id, unit_id))


@dataclass(frozen=True, slots=True)
class Details:
    """What a request says besides its days: one sentence of reason and where to, a telephone, 交接."""

    reason: str
    phone: str | None = None
    stand_in_id: int | None = None


async def request(
    session: AsyncSession,
    *,
    by: Viewer,
    person_id: int,
    kind: LeaveKind,
    span: Span,
    details: Details,
    now: datetime,
    is_open_ended: bool = False,
    extends_id: int | None = None,
) -> LeaveRequest:
    """Ask for a leave, one's own or (代请假) somebody else's who can't; the first level that decides is told.

    `extends_id`: 续假, a leave of its own that goes on from another; the ladder counts both.

    Raises `Refusal` as `plan`, and TEXT_EMPTY, TEXT_TOO_LONG, LEAVE_NOT_EXTENDED (it does not begin where that one ends).
    """
    said = sentence(details.reason)
    if extends_id is not None:
        await _check_extension(session, by, extends_id, person_id, span)
    planned = await plan(session, by=by, person_id=person_id, kind=kind, span=span, now=now)
    action, role = await _asks(session, by, person_id, planned.village)
    leave = LeaveRequest(
        id=new_id(session),
        person_id=person_id,
        village_id=planned.village.id,
        role=planned.role,
        kind=kind,
        asked_to_on=span.to_on,
        asked_to_half=span.to_half,
        is_open_ended=is_open_ended,
        halves=planned.asked.halves,
        chain_halves=planned.asked.chain,
        levels=[level.value for level in planned.asked.levels],
        level=0,
        reason=said,
        phone=details.phone,
        stand_in_id=details.stand_in_id,
        is_afterwards=planned.asked.is_afterwards,
        extends_id=extends_id,
        asked_by_id=by.person_id,
        asked_at=now,
        state=LeaveState.WAITING,
        **span._asdict(),
    )
    session.add(leave)
    await session.flush()
    after = {**_written(span), "kind": kind, "halves": leave.halves, "levels": leave.levels}
    _note(session, action, leave, by, role, now, after=after)
    if leave.asked_by_id == person_id:
        await _tell(session, "leave_asked", leave, person_id, now, lane=Lane.ANSWER)
    else:
        await _tell(session, "leave_for_asked", leave, leave.asked_by_id, now, lane=Lane.ANSWER)
        await _tell(session, "leave_for", leave, person_id, now, lane=Lane.ANSWER)
    await _ask(session, leave, planned.approvers, now)
    return leave


async def _check_extension(session: AsyncSession, by: Viewer, extends_id: int, person_id: int, span: Span) -> None:
    action = Action.LEAVE_REQUEST if person_id == by.person_id else Action.LEAVE_REQUEST_FOR
    before, village, _role = await queries.get(session, by, action, extends_id)
    calendar = await county_calendar(session, village, {before.to_on.year, span.from_on.year})
    is_standing = before.state is LeaveState.APPROVED and before.person_id == person_id
    if not is_standing or not rules.goes_on(span_of(before), (span.from_on, span.from_half), calendar):
        raise Refusal(Code.LEAVE_NOT_EXTENDED, LOCAL, to_on=before.to_on)


async def shorten(session: AsyncSession, *, by: Viewer, leave_id: int, to: tuple[date, Half], now: datetime) -> int:
    """An approved leave ends earlier; the half-days that are not taken are credited. How many that are.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED, LEAVE_NOT_SHORTER (not earlier, or before now).
    """
    leave, village, role = await queries.get(session, by, Action.LEAVE_WITHDRAW, leave_id)
    if leave.state is not LeaveState.APPROVED:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=await queries.settled_by(session, leave))
    before = span_of(leave)
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    earliest = max((before.from_on, before.from_half), (local.date(), half_of(local, profile)))
    if not earliest <= to < (before.to_on, before.to_half):
        raise Refusal(Code.LEAVE_NOT_SHORTER, LOCAL, from_on=earliest[0], to_on=before.to_on)
    credited = await leave_days.cut(session, leave, village, before._replace(to_on=to[0], to_half=to[1]))
    after = {"to_on": to[0].isoformat(), "to_half": to[1].value, "credited": credited}
    _note(session, Action.LEAVE_WITHDRAW, leave, by, role, now, before=_written(before), after=after)
    of(session).forget_leaves(leave.person_id)
    await leave_due.await_return(session, leave, village)
    await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    return credited


async def _ask(session: AsyncSession, leave: LeaveRequest, deciding: Approvers, now: datetime) -> None:
    """The card of those who decide next."""
    for person in deciding.people:
        await _tell(session, "leave", leave, person.id, now, lane=Lane.ORDINARY, key=f":{leave.level}")
    await leave_due.await_decision(session, leave, await session.get_one(Area, leave.village_id), now)


async def decide(
    session: AsyncSession,
    *,
    by: Viewer,
    leave_id: int,
    is_approved: bool | None,
    now: datetime,
    reason: str | None = None,
    is_confirmed: bool = False,
) -> LeaveRequest:
    """同意 / 不同意 / 报上级 (`None`) at the level that is asked, or by one above it. The first word at a level counts.

    The person hears of it once the last level has decided. `is_confirmed`: below the minimum in the village, for the
    reason given.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id), TEXT_EMPTY (不同意 without a reason),
    LEAVE_COVER_LOW (left, minimum), LEAVE_CLOSED (reason), LEAVE_LAST_LEVEL (nobody is above),
    MONTH_LOCKED (同意).
    """
    leave, village, role = await queries.get(session, by, Action.LEAVE_DECIDE, leave_id)
    if leave.state is not LeaveState.WAITING:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=await queries.settled_by(session, leave))
    level = await _level_of(session, leave, village, by, now)
    words = sentence(reason) if reason is not None or is_approved is False else None
    if is_approved:
        await _require_open(session, village, leave.person_id, span_of(leave), now)
        await _check_cover(session, leave, village, words if is_confirmed else None, now)
    elif is_approved is None:
        leave.levels = await _passed_up(session, leave, village, level, role or level, now)
    decision = LeaveDecision(
        id=new_id(session),
        leave_id=leave.id,
        level=level,
        is_approved=is_approved,
        reason=words,
        by_id=by.person_id,
        role=role,
        at=now,
    )
    session.add(decision)
    if is_approved is not False:
        leave.level = leave.levels.index(level.value) + 1
    after = {"level": level, "approved": is_approved}
    _note(session, Action.LEAVE_DECIDE, leave, by, role, now, before={"state": leave.state}, after=after)
    await _go_on(session, leave, village, is_approved=is_approved, now=now)
    return leave


async def _passed_up(
    session: AsyncSession, leave: LeaveRequest, village: Area, level: Role, by: Role, now: datetime
) -> list[str]:
    """报上级: who decides, in order. Raises `Refusal(LEAVE_LAST_LEVEL)` where nobody is above."""
    asked = rules.passed_up([Role(one) for one in leave.levels], level, by)
    on = (await of(session).local(village, now)).date()
    above = await queries.approvers(session, village, asked[asked.index(level) + 1], leave.person_id, on)
    if not above.people:
        raise Refusal(Code.LEAVE_LAST_LEVEL, LOCAL)
    return [one.value for one in asked]


async def _level_of(session: AsyncSession, leave: LeaveRequest, village: Area, by: Viewer, now: datetime) -> Role:
    """The level that `by` speaks for: a later one whose own he is, else the one that is asked.

    Raises `Refusal(NOT_ALLOWED)` for whoever is neither of it nor above it.
    """
    on = (await of(session).local(village, now)).date()
    left = [Role(level) for level in leave.levels[leave.level :]]
    for level in reversed(left):
        deciding = await queries.approvers(session, village, level, leave.person_id, on)
        if by.person_id in deciding.may:
            return level
    if not await queries.may_decide(session, village, left[0], leave.person_id, by.person_id or 0, on):
        raise Refusal(Code.NOT_ALLOWED, "三（二）", action=Action.LEAVE_DECIDE.value)
    return left[0]


async def _check_cover(
    session: AsyncSession, leave: LeaveRequest, village: Area, confirmed: str | None, now: datetime
) -> None:
    span = span_of(leave)
    closed = await queries.closures(session, village, span)
    if stopped := [one for one in closed if str(leave.person_id) not in one.exceptions]:
        raise Refusal(
            Code.LEAVE_CLOSED, LOCAL, from_on=stopped[0].first_on, to_on=stopped[0].last_on, reason=stopped[0].reason
        )
    profile = await of(session).profile(village, (await of(session).local(village, now)).date())
    left = len(await queries.staying(session, village, leave.person_id, span))
    if left < profile.minimum_in_village and confirmed is None:
        raise Refusal(Code.LEAVE_COVER_LOW, LOCAL, left=left, minimum=profile.minimum_in_village)


async def _go_on(
    session: AsyncSession, leave: LeaveRequest, village: Area, *, is_approved: bool | None, now: datetime
) -> None:
    """What follows from a level's word: the next level is asked, or it is settled and the person hears."""
    if is_approved is False:
        leave.state, leave.settled_at = LeaveState.REJECTED, now
        await no_extension(session, leave, village)
    elif leave.level >= len(leave.levels):
        leave.state, leave.settled_at = LeaveState.APPROVED, now
        of(session).forget_leaves(leave.person_id)
        await leave_days.count(session, leave, village)
        await leave_due.await_return(session, leave, village)
        await _copy(session, leave, village, now)
    await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    if leave.state is not LeaveState.WAITING:
        await _tell(session, "leave_decided", leave, leave.person_id, now, lane=Lane.ANSWER)
        if leave.asked_by_id != leave.person_id:
            await _tell(session, "leave_for_decided", leave, leave.asked_by_id, now, lane=Lane.ANSWER)
        return
    on = (await of(session).local(village, now)).date()
    deciding = await queries.approvers(session, village, Role(leave.levels[leave.level]), leave.person_id, on)
    await _ask(session, leave, deciding, now)


async def withdraw(session: AsyncSession, *, by: Viewer, leave_id: int, now: datetime) -> LeaveRequest:
    """撤回 before a decision, or the cancelling of an approved one that has not begun; its half-days are free again.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED, LEAVE_BEGUN (then it is 销假 or shortening).
    """
    leave, village, role = await queries.get(session, by, Action.LEAVE_WITHDRAW, leave_id)
    before = leave.state
    if before is LeaveState.WAITING:
        leave.state = LeaveState.WITHDRAWN
    elif before is LeaveState.APPROVED:
        local = await of(session).local(village, now)
        half = half_of(local, await of(session).profile(village, local.date()))
        if (local.date(), half) >= (leave.from_on, leave.from_half):
            raise Refusal(Code.LEAVE_BEGUN, LOCAL, from_on=leave.from_on)
        leave.state = LeaveState.CANCELLED
        of(session).forget_leaves(leave.person_id)
        await leave_days.cut(session, leave, village, None)
    else:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=await queries.settled_by(session, leave))
    leave.settled_at = now
    await leave_attachments.drop(session, leave)
    await no_extension(session, leave, village)
    _note(session, Action.LEAVE_WITHDRAW, leave, by, role, now, before={"state": before}, after={"state": leave.state})
    await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    return leave


async def _copy(session: AsyncSession, leave: LeaveRequest, village: Area, now: datetime) -> None:
    """What the township has approved is copied to the county and to the unit, as the county has set."""
    if leave.levels[-1] != Role.TOWNSHIP_OFFICER:
        return
    on = (await of(session).local(village, now)).date()
    profile = await of(session).profile(village, on)
    for person_id in sorted(await queries.copied_to(session, leave, village, profile, on)):
        await _tell(session, "leave_copy", leave, person_id, now, lane=Lane.ORDINARY)


async def no_extension(session: AsyncSession, leave: LeaveRequest, village: Area) -> None:
    """The leave that was to go on is over at its own end after all. Part of an action, which has checked authority."""
    if leave.extends_id is not None:
        before = await session.get_one(LeaveRequest, leave.extends_id)
        await leave_due.await_return(session, before, village, again=f"{leave.id}")


def _written(span: Span) -> dict[str, str]:
    return {key: str(value) for key, value in span._asdict().items()}


def _note(
    session: AsyncSession,
    action: Action,
    leave: LeaveRequest,
    by: Viewer,
    role: Role | None,
    now: datetime,
    **changed: dict[str, Any],
) -> None:
    subject = SUBJECT.format(id=leave.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=leave.village_id, **changed)


async def _tell(
    session: AsyncSession, kind: str, leave: LeaveRequest, to: int, now: datetime, *, lane: Lane, key: str = ""
) -> None:
    subject = SUBJECT.format(id=leave.id)
    await outbox.put(
        session,
        kind,
        to=to,
        key=f"{kind}:{leave.id}{key}",
        payload={"id": leave.id},
        subject=None if kind in {"leave_decided", "leave_for_decided"} else subject,
        lane=lane,
        now=now,
    )
