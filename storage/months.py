"""A month of people, half-day by half-day, from the day ledger. Clauses 三（二）, 四（三）.

Set-wise and lean: a person's month is two bytes a day; a silent day costs no row. A person's days count only while
a role in a team lasts, and a query sees the people of its viewer's areas on those days (law 8).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.attendance import HalfStatus, Tally, tally
from policy.authority import TEAM, Action, Role, Target, Viewer, grant_for
from policy.calendar import Calendar, Half, halves, month_of
from policy.profile import LeaveKind, load
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import days
from storage.batch import of
from storage.calendars import county_calendar, national
from storage.people import ancestor_ids
from storage.tables import Area, CalendarDay, Day, Facts, LeaveRequest, LeaveState, Person, PersonRole, Setting

_DAY = timedelta(days=1)
_PIECE = 5_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The days of one month in an area: its calendar, and how far it has come (`today`, the area's business day)."""

    first: date
    last: date
    today: date
    calendar: Calendar
    begins: date | None = None
    """The first day of which the area keeps attendance; before it nothing is due. None: as long as posts are held."""
    workdays: tuple[bool, ...] = field(init=False)
    """Whether each day is worked; asked once a month, not once a person."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "workdays", tuple(map(self.calendar.is_workday, self.days())))

    @property
    def length(self) -> int:
        """Days of the month."""
        return (self.last - self.first).days + 1

    @property
    def until(self) -> date:
        """The last day that counts so far; before `first` in a month to come."""
        return min(self.last, self.today)

    @property
    def so_far(self) -> int:
        """How many of its days count so far."""
        return max(0, (self.until - self.first).days + 1)

    def days(self) -> list[date]:
        """Each day, in order."""
        return [self.first + _DAY * n for n in range(self.length)]

    def is_forecast(self) -> bool:
        """Whether some day's kind is a forecast (预计)."""
        return any(map(self.calendar.is_forecast, self.days()))


@dataclass(slots=True)
class Month:
    """One person's month. `served` tells by day whether a role in a team was held, `facts` holds two bytes a day.

    `kinds`: which leave it was, by half-day from the first of the month on, where that was asked for.
    """

    sheet: Sheet
    served: bytearray
    facts: bytearray
    kinds: dict[int, LeaveKind] = field(default_factory=dict)

    def statuses(self) -> list[HalfStatus | None]:
        """Each half-day in order, mornings at even places.

        None: no role was held that day, or a working day still to come.
        """
        found: list[HalfStatus | None] = []
        today = (self.sheet.today - self.sheet.first).days
        for nth, workday in enumerate(self.sheet.workdays):
            if not self.served[nth]:
                found += (None, None)
                continue
            for known in self.facts[2 * nth : 2 * nth + 2]:
                status = _status(known, workday, nth < today)
                found.append(None if nth > today and status is HalfStatus.NOT_YET else status)
        return found

    def named(self, nth: int) -> tuple[bool, bool]:
        """Whether one was on the duty roster (值班) in the halves of the nth day, if it is a day of rest."""
        if self.sheet.workdays[nth]:
            return False, False
        am, pm = self.facts[2 * nth : 2 * nth + 2]
        return bool(am & Facts.DUTY), bool(pm & Facts.DUTY)

    def workdays(self) -> int:
        """Working days so far on which a role was held."""
        return sum(map(int.__and__, self.served[: self.sheet.so_far], self.sheet.workdays))

    def tally(self) -> Tally:
        """The totals so far, today included."""
        statuses = (status for status in self.statuses()[: 2 * self.sheet.so_far] if status is not None)
        return tally(statuses, due=2 * self.workdays())


@dataclass(slots=True)
class PersonMonth:
    """A person's month with what a list shows of him; the villages are those of the roles that count in it, `path` is
    that of the first.
    """

    person_id: int
    name: str
    role: Role
    county: str
    township: str
    villages: tuple[str, ...]
    path: str
    month: Month


def below(person: PersonMonth, area: Area) -> tuple[int, str]:
    """What directly below an area somebody's month is counted in: village, township, else county; id and name.

    Counties of two cities may bear one name (桥西区): the id tells them apart.
    """
    ids = ancestor_ids(person.path)
    if area.level in {Level.TOWNSHIP, Level.VILLAGE}:
        return ids[-1], person.villages[0]
    if area.level is Level.COUNTY:
        return ids[-2], person.township
    return ids[-3], person.county


@cache
def _status(known: int, workday: bool, day_over: bool) -> HalfStatus:
    return days.status(Facts(known), workday=workday, day_over=day_over)


async def sheet(session: AsyncSession, area: Area, month: date, now: datetime) -> Sheet:
    """The month that holds the day `month`, in an area, as of `now`."""
    first, last = month_of(month)
    today = (await of(session).local(area, now)).date()
    begins = (await of(session).profile(area, today)).records_from
    return Sheet(first, last, today, await county_calendar(session, area, {first.year}), begins)


async def of_person(
    session: AsyncSession, viewer: Viewer, person_id: int, area: Area, month: date, now: datetime
) -> Month:
    """The month of one person by the calendar of `area`. One's own is whole, ended roles included; of somebody else
    only the days in a village that `viewer` may see count.
    """
    found = await sheet(session, area, month, now)
    query = (
        select(PersonRole.starts_on, PersonRole.ends_on, Area.path, Person.unit_id)
        .join(Area, PersonRole.area_id == Area.id)
        .join(Person, PersonRole.person_id == Person.id)
        .where(PersonRole.person_id == person_id, *_in_team(found))
    )
    made = _empty(found)
    for starts_on, ends_on, path, unit_id in await session.execute(query):
        if person_id == viewer.person_id or _sees(viewer, Target(path, person_id, unit_id)):
            _serve(made, starts_on, ends_on)
    ledger = select(Day.person_id, Day.on, Day.am, Day.pm)
    ledger = ledger.where(Day.person_id == person_id, Day.on.between(found.first, found.last))
    for _, on, am, pm in await session.execute(ledger):
        _note(made, on, am, pm)
    return made


async def since(session: AsyncSession, person_id: int) -> date | None:
    """The first day somebody held a role in a team; None: never. Of oneself only."""
    query = select(func.min(PersonRole.starts_on))
    return (await session.execute(query.where(PersonRole.person_id == person_id, PersonRole.role.in_(TEAM)))).scalar()


def of_area(
    session: AsyncSession, viewer: Viewer, action: Action, area: Area, month: date, now: datetime
) -> AsyncIterator[PersonMonth]:
    """The month of everybody in an area, as far as `viewer` may do `action` there; ordered by area code, the first
    secretary before the members.

    Six queries whatever the size; two bytes a day and person are held. Raises `Refusal(NOT_ALLOWED)` at once, before
    anything is asked, where the viewer has no area and no unit for it.
    """
    return _of_area(session, _seen(viewer, action, area), area, month, now)


async def people_in(session: AsyncSession, viewer: Viewer, action: Action, area: Area, found: Sheet) -> int:
    """How many people `of_area` has. Raises `Refusal(NOT_ALLOWED)`."""
    query = _inside(_seen(viewer, action, area), found).distinct().subquery()
    return (await session.execute(select(func.count()).select_from(query))).scalar_one()


async def _of_area(
    session: AsyncSession, seen: ColumnElement[bool], area: Area, month: date, now: datetime
) -> AsyncIterator[PersonMonth]:
    sheets = await _sheets(session, area, month, now)
    people: dict[int, PersonMonth] = {}
    async for row in await session.stream(_roles(seen, sheets.of(area.path)).execution_options(yield_per=_PIECE)):
        person_id, name, role, starts_on, ends_on, village, path, township, county = row
        entry = people.get(person_id)
        if entry is None:
            found = sheets.of(path)
            entry = PersonMonth(person_id, name, role, county or "", township or "", (village,), path, _empty(found))
            people[person_id] = entry
        elif village not in entry.villages:
            entry.villages += (village,)
        _serve(entry.month, starts_on, ends_on)
    await _fill(session, people, seen, sheets.of(area.path))
    await _name_leaves(session, people, seen, sheets.of(area.path))
    for entry in people.values():
        yield entry


def _empty(found: Sheet) -> Month:
    return Month(found, bytearray(found.length), bytearray(2 * found.length))


def _in_team(found: Sheet) -> tuple[ColumnElement[bool], ...]:
    held = or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= found.first)
    return PersonRole.role.in_(TEAM), PersonRole.starts_on <= found.last, held


def _sees(viewer: Viewer, target: Target) -> bool:
    if viewer.system_path is not None:
        return target.area_path.startswith(viewer.system_path)
    return grant_for(viewer, Action.DAY_VIEW, target) is not None


def _seen(viewer: Viewer, action: Action, area: Area) -> ColumnElement[bool]:
    """What of an area a viewer sees: the part of it that lies in his areas, and the people of his unit."""
    reach = [Area.path.startswith(path) for path in viewer.paths(action)]
    if units := viewer.units(action):
        reach.append(Person.unit_id.in_(units))
    if not reach:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
    return Area.path.startswith(area.path) & or_(*reach)


def _roles(seen: ColumnElement[bool], found: Sheet) -> Select[int, str, Role, date, date | None, str, str, str, str]:
    township, county = aliased(Area), aliased(Area)
    is_member = PersonRole.role != Role.FIRST_SECRETARY
    return (
        select(
            Person.id,
            Person.name,
            PersonRole.role,
            PersonRole.starts_on,
            PersonRole.ends_on,
            Area.name,
            Area.path,
            township.name,
            county.name,
        )
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(township, Area.parent_id == township.id)
        .outerjoin(county, township.parent_id == county.id)
        .where(seen, *_in_team(found))
        .order_by(county.code, township.code, Area.code, is_member, PersonRole.starts_on, PersonRole.id)
    )


def _inside(seen: ColumnElement[bool], found: Sheet) -> Select[int]:
    return (
        select(PersonRole.person_id)
        .join(Area, PersonRole.area_id == Area.id)
        .join(Person, PersonRole.person_id == Person.id)
        .where(seen, *_in_team(found))
    )


async def _fill(session: AsyncSession, people: dict[int, PersonMonth], seen: ColumnElement[bool], found: Sheet) -> None:
    query = (
        select(Day.person_id, Day.on, Day.am, Day.pm)
        .where(Day.on.between(found.first, found.last), Day.person_id.in_(_inside(seen, found)))
        .execution_options(yield_per=_PIECE)
    )
    async for rows in (await session.stream(query)).partitions():
        for person_id, on, am, pm in rows:
            if (entry := people.get(person_id)) is not None:
                _note(entry.month, on, am, pm)


async def _name_leaves(
    session: AsyncSession, people: dict[int, PersonMonth], seen: ColumnElement[bool], found: Sheet
) -> None:
    query = select(LeaveRequest).where(
        LeaveRequest.state.in_((LeaveState.APPROVED, LeaveState.RETURNED)),
        LeaveRequest.from_on <= found.last,
        LeaveRequest.to_on >= found.first,
        LeaveRequest.person_id.in_(_inside(seen, found)),
    )
    for leave in await session.scalars(query.order_by(LeaveRequest.id)):
        if (entry := people.get(leave.person_id)) is not None:
            name_leave(entry.month, leave)


def name_leave(month: Month, leave: LeaveRequest) -> None:
    """Say of the half-days of a leave, as far as they lie in the month, which kind it was."""
    sheet = month.sheet
    begins = (leave.from_on, leave.from_half) if leave.from_on >= sheet.first else (sheet.first, Half.AM)
    ends = (leave.to_on, leave.to_half) if leave.to_on <= sheet.last else (sheet.last, Half.PM)
    for on, half in halves(*begins, *ends):
        month.kinds[2 * (on - sheet.first).days + (half is Half.PM)] = leave.kind


def _serve(month: Month, starts_on: date, ends_on: date | None) -> None:
    first = max(starts_on, month.sheet.first, month.sheet.begins or starts_on)
    last = month.sheet.last if ends_on is None else min(ends_on, month.sheet.last)
    for nth in range((first - month.sheet.first).days, (last - month.sheet.first).days + 1):
        month.served[nth] = 1


def _note(month: Month, on: date, am: int, pm: int) -> None:
    place = 2 * (on - month.sheet.first).days
    month.facts[place], month.facts[place + 1] = am, pm


class _Sheets:
    """The sheets of an area and of what lies below it, where a county or township has a calendar or beginning of its own."""

    def __init__(
        self, first: date, last: date, today: date, own: dict[int, dict[date, bool]], begins: dict[int, date | None]
    ) -> None:
        self._first, self._last, self._today = first, last, today
        self._own, self._begins = own, begins
        self._general = national({first.year})
        self._made: dict[tuple[int, ...], Sheet] = {}

    def of(self, path: str) -> Sheet:
        """The sheet that holds in the area of a path; the nearest decision wins."""
        deciding = tuple(area_id for area_id in ancestor_ids(path) if area_id in self._own or area_id in self._begins)
        if deciding not in self._made:
            own = {on: works for area_id in deciding for on, works in self._own.get(area_id, {}).items()}
            calendar = Calendar(
                self._general.holidays, self._general.makeup_workdays, own, self._general.published_through
            )
            begins = [self._begins[area_id] for area_id in deciding if area_id in self._begins]
            self._made[deciding] = Sheet(self._first, self._last, self._today, calendar, begins[-1] if begins else None)
        return self._made[deciding]


async def _sheets(session: AsyncSession, area: Area, month: date, now: datetime) -> _Sheets:
    first, last = month_of(month)
    today = (await of(session).local(area, now)).date()
    around = or_(Area.id.in_(ancestor_ids(area.path)), Area.path.startswith(area.path))
    query = (
        select(CalendarDay.area_id, CalendarDay.on, CalendarDay.is_workday)
        .join(Area, CalendarDay.area_id == Area.id)
        .where(CalendarDay.on.between(first, last), around)
    )
    own: dict[int, dict[date, bool]] = {}
    for area_id, on, works in await session.execute(query):
        own.setdefault(area_id, {})[on] = works
    held = (
        select(Setting.area_id, Setting.value)
        .join(Area, Setting.area_id == Area.id)
        .where(Setting.key == "records_from", Setting.effective_on <= today, around)
        .order_by(Setting.effective_on, Setting.id)
    )
    begins = {area_id: load("records_from", value) for area_id, value in await session.execute(held)}
    return _Sheets(first, last, today, own, begins)
