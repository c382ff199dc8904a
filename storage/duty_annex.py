"""The annex of a circular (在岗通报附表): everybody of an area on a day, with how that is known. For the office only.

Clause 三（二）. Set-wise: five queries whatever the size.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.attendance import HalfStatus
from policy.authority import TEAM, Action, Role, Viewer
from policy.calendar import Half
from storage import days
from storage.people import held, within
from storage.tables import (
    Area,
    CheckIn,
    Day,
    DispatchingUnit,
    LeaveRequest,
    LeaveState,
    OfficialTrip,
    Person,
    PersonRole,
)


@dataclass(slots=True)
class Line:
    """A person's day: statuses of its halves, the check-in that proves it, the leave and the trip it lies in."""

    person_id: int
    name: str
    role: Role
    township: str
    village: str
    unit: str
    statuses: tuple[HalfStatus, HalfStatus]
    check_in: CheckIn | None = None
    leave: LeaveRequest | None = None
    trip: OfficialTrip | None = None


async def lines(
    session: AsyncSession, viewer: Viewer, area: Area, on: date, *, workday: bool, day_over: bool
) -> list[Line]:
    """Each person once, by area code, the first secretary before the members; as far as the viewer may."""
    township = aliased(Area)
    query = (
        select(Person.id, Person.name, PersonRole.role, township.name, Area.name, DispatchingUnit.name, Day.am, Day.pm)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(township, Area.parent_id == township.id)
        .outerjoin(DispatchingUnit, Person.unit_id == DispatchingUnit.id)
        .outerjoin(Day, (Day.person_id == Person.id) & (Day.on == on))
        .where(
            PersonRole.role.in_(TEAM),
            held(on, on),
            Area.path.startswith(area.path),
            within(viewer.paths(Action.CIRCULAR_EXPORT)),
        )
        .order_by(Area.code, PersonRole.role != Role.FIRST_SECRETARY, PersonRole.starts_on, PersonRole.id)
    )
    found: dict[int, Line] = {}
    for person_id, name, role, above, village, unit, am, pm in await session.execute(query):
        if person_id not in found:
            known = Day(am=am or 0, pm=pm or 0)
            half = [days.status(days.facts(known, one), workday=workday, day_over=day_over) for one in Half]
            statuses = (half[0], half[1])
            found[person_id] = Line(person_id, name, role, above or "", village, unit or "", statuses)
    await _explain(session, found, area, on)
    return list(found.values())


async def _explain(session: AsyncSession, found: dict[int, Line], area: Area, on: date) -> None:
    inside = select(Area.id).where(Area.path.startswith(area.path))
    checked = select(CheckIn).where(
        CheckIn.on == on,
        CheckIn.withdrawn_at.is_(None),
        CheckIn.objected_at.is_(None),
        CheckIn.village_id.in_(inside),
    )
    for check_in in await session.scalars(checked.order_by(CheckIn.at.desc())):
        if check_in.person_id in found:
            found[check_in.person_id].check_in = check_in  # the first of the day is the last one seen
    away = select(LeaveRequest).where(
        LeaveRequest.state.in_((LeaveState.APPROVED, LeaveState.RETURNED)),
        LeaveRequest.from_on <= on,
        LeaveRequest.to_on >= on,
        LeaveRequest.village_id.in_(inside),
    )
    for leave in await session.scalars(away.order_by(LeaveRequest.id)):
        if leave.person_id in found:
            found[leave.person_id].leave = leave
    gone = select(OfficialTrip).where(
        OfficialTrip.from_on <= on,
        OfficialTrip.to_on >= on,
        OfficialTrip.cancelled_at.is_(None),
        OfficialTrip.village_id.in_(inside),
    )
    for trip in await session.scalars(gone.order_by(OfficialTrip.id)):
        if trip.person_id in found:
            found[trip.person_id].trip = trip
