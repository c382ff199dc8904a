"""Who may be reminded: cadres of whose day nothing is known, county staff of a month that isn't settled."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus
from policy.authority import Action, Role, Viewer
from policy.calendar import Calendar, month_of
from policy.delivery import UNSOLICITED
from storage import days, matters, month_locks, months, people
from storage.headcount import posted
from storage.matters import Matter
from storage.people import ancestor_ids, held
from storage.tables import Area, Day, Facts, Outbox, OutboxState, Person, PersonRole, StandIn

_SETTLED = int(Facts.CHECKED_IN | Facts.TRIP | Facts.LEAVE | Facts.CORRECTED)
_WIDE = 1_000
"""Up to so many areas are asked for by their ids; beyond it everybody is looked at."""


class Cadre(NamedTuple):
    """Somebody of a team with what is known of his day (facts of morning and afternoon).

    `above_id`: the area right above the village, its township as a rule.
    """

    person_id: int
    role: Role
    village_id: int
    above_id: int
    am: int
    pm: int


@cache
def today(known: int) -> HalfStatus:
    """What facts make of a half-day of a working day that isn't over."""
    return days.status(Facts(known), workday=True, day_over=False)


async def cadres(session: AsyncSession, above_ids: Collection[int], on: date) -> list[Cadre]:
    """Everybody posted to a village right below these areas on a day, by area code; each once, in his first post."""
    above: ColumnElement[int] = Area.parent_id  # type: ignore[assignment]  # no village is without one
    am, pm = func.coalesce(Day.am, 0), func.coalesce(Day.pm, 0)
    query = (
        select(PersonRole.person_id, PersonRole.role, PersonRole.area_id, above, am, pm)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(Day, (Day.person_id == PersonRole.person_id) & (Day.on == on))
        .where(*posted(on))
        .order_by(Area.code, PersonRole.id)
    )
    if len(above_ids) <= _WIDE:
        query = query.where(above.in_(above_ids))
    found: dict[int, Cadre] = {}
    for row in await session.execute(query):
        if row[3] in above_ids:
            found.setdefault(row[0], Cadre(*row))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who holds an office in an area."""

    person_id: int
    role: Role
    area_id: int
    area_path: str


async def officers(session: AsyncSession, role: Role, area_ids: Collection[int], on: date) -> list[Officer]:
    """Who holds a role exactly in these areas on a day, or stands in for its holder, by area code."""
    query = (
        select(PersonRole.person_id, PersonRole.role, Area.id, Area.path)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.role == role, held(on, on))
        .order_by(Area.code, PersonRole.id)
    )
    found = [Officer(*row) for row in await session.execute(query) if row[2] in area_ids]
    instead = await people.stood_in(session, on, StandIn.role == role) if found else {}
    told = []
    for one in found:
        person = instead.get((one.person_id, one.role, one.area_id))
        told.append(one if person is None else replace(one, person_id=person.id))
    return list(dict.fromkeys(told))


@dataclass(frozen=True, slots=True)
class OpenMonth:
    """What keeps a month from being settled: matters that wait, by township, and people with 待核实 in it."""

    by_township: Mapping[str, int]
    unverified: int
    is_locked: bool = False

    @property
    def is_open(self) -> bool:
        """Whether anything is left to settle; nothing is once the month is locked."""
        return not self.is_locked and bool(self.by_township or self.unverified)


async def open_month(session: AsyncSession, viewer: Viewer, county: Area, month: date, now: datetime) -> OpenMonth:
    """What is open of a county's month. Raises `Refusal(NOT_ALLOWED)` where the viewer may not have its sheet."""
    if await month_locks.lock_of(session, county, month) is not None:
        return OpenMonth({}, 0, is_locked=True)
    unverified = 0
    async for person in months.of_area(session, viewer, Action.ATTENDANCE_EXPORT, county, month, now):
        unverified += bool(person.month.tally().unverified)
    found = of_month(await matters.waiting(session, county.path), month)
    counts = Counter(_township_id(matter) for matter in found)
    names = select(Area.id, Area.name).where(Area.id.in_(counts)).order_by(Area.code)
    return OpenMonth({name: counts[area_id] for area_id, name in await session.execute(names)}, unverified)


def of_month(found: Sequence[Matter], month: date) -> list[Matter]:
    """The matters about days of the month that `month` lies in."""
    first, last = month_of(month)
    return [matter for matter in found if first <= matter.on <= last]


def _township_id(matter: Matter) -> int:
    return ancestor_ids(matter.village_path)[-2]


async def has_unverified(
    session: AsyncSession, county: Area, calendar: Calendar, month: date, begins: date | None
) -> bool:
    """Whether some half-day of a month is 待核实 in a county: a look at its working days, the last one first.

    `begins`: the first day of which attendance is kept (`records_from`).
    """
    first, last = month_of(month)
    first = max(first, begins or first)
    for on in (date.fromordinal(day) for day in range(last.toordinal(), first.toordinal() - 1, -1)):
        if not calendar.is_workday(on):
            continue
        silent = or_(*(func.coalesce(half, 0).op("&")(_SETTLED) == 0 for half in (Day.am, Day.pm)))
        query = (
            select(literal(1))
            .select_from(PersonRole)
            .join(Area, PersonRole.area_id == Area.id)
            .outerjoin(Day, (Day.person_id == PersonRole.person_id) & (Day.on == on))
            .where(Area.path.startswith(county.path), silent, *posted(on))
        )
        if (await session.execute(query.limit(1))).first() is not None:
            return True
    return False


async def unsolicited(session: AsyncSession, person_ids: Collection[int], since: datetime) -> dict[int, list[datetime]]:
    """When people had messages that count toward the week's limit, after a moment."""
    found: dict[int, list[datetime]] = {}
    query = select(Outbox.person_id, Outbox.sent_at).where(
        Outbox.state == OutboxState.SENT, Outbox.lane.in_(UNSOLICITED), Outbox.sent_at > since
    )
    for person_id, sent_at in await session.execute(query):
        if person_id is not None and person_id in person_ids and sent_at is not None:
            found.setdefault(person_id, []).append(sent_at)
    return found


async def persons(session: AsyncSession, person_ids: Collection[int]) -> Sequence[Person]:
    """People by their ids."""
    return (await session.scalars(select(Person).where(Person.id.in_(person_ids)))).all()
