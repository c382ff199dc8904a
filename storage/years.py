"""个人全年汇总: a person's year, month by month, from the day ledger. Clause 三（二）."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus
from policy.authority import Action, Role, Viewer
from policy.profile import LeaveKind
from storage import month_locks, months, people
from storage.batch import of
from storage.certificates import post_in
from storage.months import Month
from storage.tables import Area, DispatchingUnit, Facts, LeaveRequest, LeaveState, Person


@dataclass(frozen=True, slots=True)
class Year:
    """A person's year. `months` are those that have begun, each with whether it is locked."""

    person: Person
    unit: str
    role: Role
    village: Area
    place: str
    today: date
    months: tuple[tuple[Month, bool], ...]


async def of_person(session: AsyncSession, viewer: Viewer, person_id: int, year: int, now: datetime) -> Year:
    """Raises `Refusal`: NOT_FOUND (no such person, or in no team that year), NOT_ALLOWED."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    person, post, _role = await post_in(session, viewer, Action.YEAR_EXPORT, person_id, first, last)
    today = (await of(session).local(post.area, now)).date()
    query = select(LeaveRequest).where(
        LeaveRequest.person_id == person_id,
        LeaveRequest.state.in_((LeaveState.APPROVED, LeaveState.RETURNED)),
        LeaveRequest.from_on <= last,
        LeaveRequest.to_on >= first,
    )
    taken = list(await session.scalars(query.order_by(LeaveRequest.id)))
    found = []
    for nth in range(1, 13):
        begins = date(year, nth, 1)
        if begins > today:
            break
        month = await months.of_person(session, viewer, person_id, post.area, begins, now)
        for leave in taken:
            if leave.from_on <= month.sheet.last and leave.to_on >= month.sheet.first:
                months.name_leave(month, leave)
        found.append((month, await month_locks.lock_of(session, post.area, begins) is not None))
    along = [area.name for area in await people.along(session, post.area)][-3:]
    unit = await session.get(DispatchingUnit, person.unit_id or 0)
    return Year(
        person, unit.name if unit is not None else "", post.role, post.area, "".join(along), today, tuple(found)
    )


def leave_days(month: Month) -> dict[LeaveKind, float]:
    """Days on leave in a month so far, by kind, as they count in its totals."""
    found: dict[LeaveKind, float] = {}
    for nth, status in enumerate(month.statuses()[: 2 * month.sheet.so_far]):
        if status is HalfStatus.LEAVE:
            kind = month.kinds.get(nth, LeaveKind.OTHER)
            found[kind] = found.get(kind, 0) + 0.5
    return found


def duty_days(month: Month) -> float:
    """Days on the duty roster (值班) in a month so far."""
    return sum(bool(known & Facts.DUTY) for known in month.facts[: 2 * month.sheet.so_far]) / 2
