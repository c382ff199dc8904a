"""请假: finding leaves, who decides on one, who stays in the village. Clause 三（二）."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy import leave as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half, Span
from policy.leave import Back, Taken
from policy.profile import LeaveKind, Profile
from policy.refusals import Code, Refusal
from storage import people, trips
from storage.batch import of
from storage.calendars import county_calendar
from storage.tables import Area, LeaveClosure, LeaveDecision, LeaveRequest, LeaveReturn, LeaveState, Person, PersonRole

SUBJECT = "leave:{id}"
STANDING = (LeaveState.WAITING, LeaveState.APPROVED, LeaveState.RETURNED)
"""States in which a leave was neither refused nor taken back."""
STANDS = LeaveRequest.state.in_(STANDING) & ((LeaveRequest.state != LeaveState.RETURNED) | (LeaveRequest.halves > 0))
"""The condition that the half-days of a leave are spoken for, or were taken. Back before any of it was taken, none is."""


def span_of(leave: LeaveRequest) -> Span:
    """The half-days of a leave, as far as it goes now."""
    return Span(leave.from_on, leave.from_half, leave.to_on, leave.to_half)


def taken(leave: LeaveRequest) -> Taken:
    """A leave as the rules look at it."""
    return Taken(span_of(leave), leave.kind)


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, leave_id: int
) -> tuple[LeaveRequest, Area, Role | None]:
    """A leave with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF.
    """
    query = (
        select(LeaveRequest, Area, Person.unit_id)
        .join(Area, LeaveRequest.village_id == Area.id)
        .join(Person, LeaveRequest.person_id == Person.id)
    )
    row = (await session.execute(query.where(LeaveRequest.id == leave_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    leave, village, unit_id = row
    return leave, village, require(viewer, action, Target(village.path, leave.person_id, unit_id))


async def standing(session: AsyncSession, person_ids: Collection[int], from_on: date) -> list[LeaveRequest]:
    """Leaves of people that wait, stand or were taken, and end on a day or later; in order. For actions."""
    query = select(LeaveRequest).where(LeaveRequest.person_id.in_(person_ids), LeaveRequest.to_on >= from_on, STANDS)
    return list(await session.scalars(query.order_by(LeaveRequest.from_on, LeaveRequest.id)))


async def used(session: AsyncSession, person_id: int, kind: LeaveKind, year: int) -> int:
    """Half-days of a kind that somebody has taken or asked for in leaves that begin in a year.

    For callers that have checked that it may be seen: it is his own, or stands on a leave that one decides on.
    """
    return await _halves(session, person_id, year, LeaveRequest.kind == kind)


async def taken_in(session: AsyncSession, person_id: int, year: int) -> int:
    """Half-days of approved leave, of any kind, that somebody has had in a year. For callers that have checked, as `used`."""
    return await _halves(session, person_id, year, LeaveRequest.state != LeaveState.WAITING)


async def _halves(session: AsyncSession, person_id: int, year: int, which: ColumnElement[bool]) -> int:
    """As the leaves have them: where he was in the village after all, the half-day is none of theirs."""
    query = select(func.coalesce(func.sum(LeaveRequest.halves), 0)).where(
        LeaveRequest.person_id == person_id,
        LeaveRequest.from_on.between(date(year, 1, 1), date(year, 12, 31)),
        STANDS,
        which,
    )
    return int((await session.scalars(query)).one())


async def due_back(session: AsyncSession, leave: LeaveRequest, village: Area) -> Back:
    """When somebody is due back from a leave. For callers that have checked that it may be seen (`get`)."""
    calendar = await county_calendar(session, village, {leave.to_on.year, leave.to_on.year + 1})
    return rules.due_back(span_of(leave), calendar, await of(session).profile(village, leave.to_on))


async def next_half(session: AsyncSession, leave: LeaveRequest, village: Area) -> tuple[date, Half]:
    """The half-day in which a leave goes on (续假). For callers that have checked that it may be seen (`get`)."""
    calendar = await county_calendar(session, village, {leave.to_on.year, leave.to_on.year + 1})
    profile = await of(session).profile(village, leave.to_on)
    return rules.next_half(span_of(leave), leave.kind, calendar, profile)


class Why(StrEnum):
    """Why a level does not decide itself."""

    VACANT = "vacant"
    HIMSELF = "himself"
    ON_LEAVE = "on_leave"
    STOOD_IN_FOR = "stood_in_for"


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who decides at a level. `role` is theirs; `instead_of` and `why` say for whom, where it is not the level's own.

    `absent` are officers whose place somebody takes (代理): they are not asked, and may decide all the same.
    """

    role: Role
    people: tuple[Person, ...]
    instead_of: Role | None = None
    why: Why | None = None
    absent: tuple[Person, ...] = ()

    @property
    def may(self) -> frozenset[int]:
        """Who may decide at this level, by person id."""
        return frozenset(person.id for person in (*self.people, *self.absent))


UPWARD = (Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.ADMIN)
"""Who may decide, from the level nearest to the village upwards."""


async def approvers(session: AsyncSession, village: Area, level: Role, applicant_id: int, on: date) -> Approvers:
    """Who decides on a leave at a level, on a day: those in office there, a deputy, or the level above.

    Nobody decides on himself. Empty where no level above has anybody. For callers that have checked that he may ask, or
    that the leave may be seen.
    """
    why: Why | None = None
    for role in UPWARD[UPWARD.index(level) :]:
        found, reason, absent = await _in_office(session, village, role, applicant_id, on)
        if found:
            is_own = role is level and reason is None
            whose, because = (None, None) if is_own else (level, why or reason)
            return Approvers(role, tuple(found), whose, because, tuple(absent))
        why = why or reason
    return Approvers(level, (), level, why)


async def above(session: AsyncSession, village: Area, role: Role, applicant_id: int, on: date) -> tuple[Person, ...]:
    """Who decides right above a role. For callers that have checked, as `approvers`."""
    higher = UPWARD[UPWARD.index(role) + 1 :]
    return (await approvers(session, village, higher[0], applicant_id, on)).people if higher else ()


async def may_decide(
    session: AsyncSession, village: Area, level: Role, applicant_id: int, by_id: int, on: date
) -> bool:
    """Whether somebody may decide at a level: as one of those asked, or from any level above them."""
    for role in UPWARD[UPWARD.index(level) :]:
        if by_id in (await approvers(session, village, role, applicant_id, on)).may:
            return True
    return False


async def _in_office(
    session: AsyncSession, village: Area, role: Role, applicant_id: int, on: date
) -> tuple[list[Person], Why | None, list[Person]]:
    """Who holds an office over a village and is there; why that is not everybody it could be; whose place others take."""
    along = [area.path for area in await people.along(session, village)]
    rows = await people.holders(session, [role], along, on)
    holders = {person.id: person for person, _role, _area in rows}
    absent_ids = {held.person_id for person, held, _area in rows if person.id != held.person_id}
    absent = [await session.get_one(Person, one) for one in sorted(absent_ids) if one not in {applicant_id, *holders}]
    away = {leave.person_id: leave.stand_in_id for leave in await running(session, list(holders), on)}
    found, why = there(holders, applicant_id, away)
    if why is Why.ON_LEAVE:
        return list(await session.scalars(select(Person).where(Person.id.in_(found)))), why, absent
    if found and not {held.person_id for _person, held, _area in rows} & set(found):
        why = Why.STOOD_IN_FOR
    return [holders[person_id] for person_id in found], why, absent


def there(
    holders: Collection[int], applicant_id: int, away: Mapping[int, int | None]
) -> tuple[Sequence[int], Why | None]:
    """Who of an office's holders decides, by person id: those not on leave, else their deputies; and why the latter.

    `away`: who of them is on leave, and who stands in for him. Nobody decides on himself.
    """
    others = [person_id for person_id in holders if person_id != applicant_id]
    if not others:
        return (), Why.HIMSELF if holders else Why.VACANT
    present = [person_id for person_id in others if person_id not in away]
    if present:
        return present, None
    deputies = {away[person_id] for person_id in others} - {applicant_id}
    return [deputy for deputy in deputies if deputy is not None], Why.ON_LEAVE


def stands_in(on: date) -> ColumnElement[bool]:
    """The condition that a post is that of somebody who stands in for the first secretary there on a day (交接)."""
    return exists().where(
        LeaveRequest.stand_in_id == PersonRole.person_id,
        LeaveRequest.village_id == PersonRole.area_id,
        LeaveRequest.state == LeaveState.APPROVED,
        LeaveRequest.from_on <= on,
        LeaveRequest.to_on >= on,
    )


async def first_secretaries(session: AsyncSession, village: Area, on: date, but_not: int) -> list[Person]:
    """Who acts as a village's first secretary on a day: he himself, or who stands in for him while he is on leave.

    For callers that have checked, as `approvers`.
    """
    return (await _in_office(session, village, Role.FIRST_SECRETARY, but_not, on))[0]


async def copied_to(session: AsyncSession, leave: LeaveRequest, village: Area, profile: Profile, on: date) -> set[int]:
    """Who is told of a leave that the township has approved: the county's office, the person's unit, as is set."""
    found: set[int] = set()
    if profile.leave_copied_to_county:
        found |= {person.id for person in await people.county_office(session, village, on)}
    if profile.leave_copied_to_unit:
        unit = select(Person.unit_id).where(Person.id == leave.person_id).scalar_subquery()
        query = select(PersonRole.person_id).where(
            PersonRole.role == Role.UNIT_LIAISON, PersonRole.unit_id == unit, people.held(on, on)
        )
        found |= set(await session.scalars(query))
    return found - {leave.person_id}


async def running(session: AsyncSession, person_ids: Collection[int], on: date) -> list[LeaveRequest]:
    """Approved leaves of people that a day lies in. For callers that have checked whose they may see."""
    query = select(LeaveRequest).where(
        LeaveRequest.person_id.in_(person_ids),
        LeaveRequest.state == LeaveState.APPROVED,
        LeaveRequest.from_on <= on,
        LeaveRequest.to_on >= on,
    )
    return list(await session.scalars(query))


async def extensions(session: AsyncSession, leave: LeaveRequest, village: Area) -> list[LeaveRequest]:
    """Leaves asked for to go on (续假) from where this one ends now, and not refused. For callers that have checked it."""
    query = select(LeaveRequest).where(LeaveRequest.extends_id == leave.id, STANDS)
    found = list(await session.scalars(query.order_by(LeaveRequest.from_on, LeaveRequest.id)))
    calendar = await county_calendar(session, village, {leave.to_on.year, *(one.from_on.year for one in found)})
    return [one for one in found if rules.goes_on(span_of(leave), (one.from_on, one.from_half), calendar)]


async def return_of(session: AsyncSession, leave_id: int) -> LeaveReturn | None:
    """How somebody came back from a leave; None: he has not. For callers that have checked that it may be seen (`get`)."""
    return (await session.scalars(select(LeaveReturn).where(LeaveReturn.leave_id == leave_id))).one_or_none()


async def decisions(session: AsyncSession, leave_id: int) -> Sequence[LeaveDecision]:
    """What each level said, in order. For callers that have checked that the leave may be seen (`get`)."""
    query = select(LeaveDecision).where(LeaveDecision.leave_id == leave_id)
    return (await session.scalars(query.order_by(LeaveDecision.id))).all()


async def settled_by(session: AsyncSession, leave: LeaveRequest) -> int:
    """Whose word stands on a leave that is settled: that of who decided last, or the person's own. Part of actions."""
    if leave.state in {LeaveState.WITHDRAWN, LeaveState.CANCELLED, LeaveState.RETURNED}:
        return leave.person_id
    said = await decisions(session, leave.id)
    return said[-1].by_id if said else leave.person_id


async def staying(session: AsyncSession, village: Area, applicant_id: int, span: Span) -> list[Person]:
    """Who of the team stays in the village all through a span: neither on leave nor on a trip on any half-day of it.

    For callers that have checked: one asks for a leave in this village, or decides on it.
    """
    team = [person for person, _ in await people.team(session, village, span.from_on) if person.id != applicant_id]
    ids = [person.id for person in team]
    away = {leave.person_id for leave in await standing(session, ids, span.from_on) if span_of(leave).overlaps(span)}
    gone = await trips.counted(session, ids, span.from_on)
    away |= {trip.person_id for trip in gone if trips.span_of(trip).overlaps(span)}
    return [person for person in team if person.id not in away]


async def closures(session: AsyncSession, village: Area, span: Span) -> list[LeaveClosure]:
    """Days within a span on which the county, or an area above it, grants no leave (全员在岗).

    For callers that have checked, as `staying`.
    """
    along = [area.id for area in await people.along(session, village)]
    query = select(LeaveClosure).where(
        LeaveClosure.area_id.in_(along),
        LeaveClosure.first_on <= span.to_on,
        LeaveClosure.last_on >= span.from_on,
        LeaveClosure.lifted_at.is_(None),
    )
    return list(await session.scalars(query.order_by(LeaveClosure.first_on, LeaveClosure.id)))


async def own(session: AsyncSession, viewer: Viewer, today: date) -> list[LeaveRequest]:
    """The viewer's own leaves that wait, or stand and have not been returned from; the earliest first."""
    query = select(LeaveRequest).where(
        LeaveRequest.person_id == (viewer.person_id or 0),
        or_(
            LeaveRequest.state == LeaveState.APPROVED,
            (LeaveRequest.state == LeaveState.WAITING) & (LeaveRequest.to_on >= today),
        ),
    )
    return list(await session.scalars(query.order_by(LeaveRequest.from_on, LeaveRequest.id)))


async def last_phone(session: AsyncSession, viewer: Viewer) -> str | None:
    """The telephone number that the viewer gave last when he asked for leave; None: he never gave one."""
    query = select(LeaveRequest.phone).where(
        LeaveRequest.person_id == (viewer.person_id or 0),
        LeaveRequest.asked_by_id == LeaveRequest.person_id,
        LeaveRequest.phone.is_not(None),
    )
    return (
        await session.scalars(query.order_by(LeaveRequest.asked_at.desc(), LeaveRequest.id.desc()).limit(1))
    ).first()
