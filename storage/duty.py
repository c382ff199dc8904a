"""值班表: periods, who is on duty when, how far the teams have come, the rest it earned. Clause 三（二）."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy import duty as rules
from policy.attendance import HalfStatus
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from storage import days, leave, people
from storage.batch import of
from storage.calendars import county_calendar
from storage.headcount import posted
from storage.people import ancestor_paths, within
from storage.tables import (
    Area,
    Day,
    DutyDay,
    DutyPeriod,
    DutySwap,
    Facts,
    LeaveRequest,
    LeaveState,
    Person,
    PersonRole,
    SwapState,
)

PROGRESS = "duty:{id}"
LIST = "duty:{id}:{village}"
SWAP = "duty_swap:{id}"
"""Subjects of cards: how far everybody is, one team's list, a swap."""
_DAY = timedelta(days=1)


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, period_id: int, area_id: int = 0
) -> tuple[DutyPeriod, Area, Role | None]:
    """A period, an area of it (default: the whole), and the role in which `viewer` may do `action` there.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER (it was withdrawn).
    """
    period = await session.get(DutyPeriod, period_id)
    if period is None:
        raise Refusal(Code.NOT_FOUND)
    whole = await session.get_one(Area, period.area_id)
    area = await session.get(Area, area_id) if area_id else whole
    if area is None or not area.path.startswith(whole.path):
        raise Refusal(Code.NOT_FOUND)
    role = require(viewer, action, Target(area.path))
    if period.withdrawn_at is not None:
        raise Refusal(Code.DUTY_OVER)
    return period, area, role


async def standing(session: AsyncSession, viewer: Viewer, on: date) -> list[tuple[DutyPeriod, Area]]:
    """The periods, not over on a day, that touch an area of the viewer's; the earliest first, each with its area."""
    touched = [Area.path.in_(ancestor_paths(path)) for path in viewer.paths(Action.DUTY_VIEW)]
    query = (
        select(DutyPeriod, Area)
        .join(Area, DutyPeriod.area_id == Area.id)
        .where(
            or_(within(viewer.paths(Action.DUTY_VIEW)), *touched),
            DutyPeriod.last_on >= on,
            DutyPeriod.withdrawn_at.is_(None),
        )
        .order_by(DutyPeriod.first_on, DutyPeriod.id)
    )
    return [(period, area) for period, area in await session.execute(query)]


async def overlapping(session: AsyncSession, area: Area, first: date, last: date) -> DutyPeriod | None:
    """A period of the area, or of one above or below it, that has a day in common with these."""
    query = select(DutyPeriod).join(Area, DutyPeriod.area_id == Area.id)
    query = query.where(
        or_(Area.path.startswith(area.path), Area.path.in_(ancestor_paths(area.path))),
        DutyPeriod.first_on <= last,
        DutyPeriod.last_on >= first,
        DutyPeriod.withdrawn_at.is_(None),
    )
    return (await session.scalars(query.order_by(DutyPeriod.id).limit(1))).first()


# -- one village ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DutyList:
    """A team's list. `on_duty` has two names a day, None where nobody was said; `away` who is on leave when."""

    period: DutyPeriod
    village: Area
    today: date
    team: tuple[Person, ...]
    names: dict[int, str]
    on_duty: dict[tuple[date, Half], int | None]
    away: dict[tuple[date, Half], set[int]]

    def days(self) -> list[date]:
        """Each day of the period."""
        return rules.days_of(self.period.first_on, self.period.last_on)

    def who(self, on: date) -> tuple[int | None, int | None]:
        """Who is on duty in the morning and in the afternoon."""
        return self.on_duty.get((on, Half.AM)), self.on_duty.get((on, Half.PM))

    def halves_of(self, person_id: int, on: date) -> tuple[Half, ...]:
        """The halves of a day for which somebody is named."""
        return tuple(half for half in Half if self.on_duty.get((on, half)) == person_id)

    def is_filled(self, on: date) -> bool:
        """Whether both halves of a day have a name."""
        return None not in self.who(on)

    def left(self) -> list[date]:
        """Days that can still be filled and are not."""
        return [on for on in self.days() if on >= self.today and not self.is_filled(on)]

    def is_away(self, person_id: int, on: date, halves: Iterable[Half] = tuple(Half)) -> bool:
        """Whether somebody is on leave on some of these halves."""
        return any(person_id in self.away.get((on, half), ()) for half in halves)


async def of_village(session: AsyncSession, period: DutyPeriod, village: Area, now: datetime) -> DutyList:
    """A team's list as it stands. The caller has asked whether it may be seen (`get`)."""
    today = (await of(session).local(village, now)).date()
    team = [person for person, _role in await people.team(session, village, max(today, period.first_on))]
    rows = await rows_of(session, period.id, [village.id])
    on_duty: dict[tuple[date, Half], int | None] = {}
    for row in rows:
        on_duty[row.on, Half.AM], on_duty[row.on, Half.PM] = row.am_id, row.pm_id
    named = {person for person in on_duty.values() if person is not None} | {person.id for person in team}
    away = await on_leave(session, named, period.first_on, period.last_on)
    found: dict[int, str] = dict(
        (await session.execute(select(Person.id, Person.name).where(Person.id.in_(named)))).all()
    )
    distinct = tuple({person.id: person for person in team}.values())
    return DutyList(period, village, today, distinct, found, on_duty, away)


async def rows_of(session: AsyncSession, period_id: int, village_ids: Collection[int]) -> Sequence[DutyDay]:
    """The days of villages in a period that somebody was named for, in order."""
    query = select(DutyDay).where(DutyDay.period_id == period_id, DutyDay.village_id.in_(village_ids))
    return (await session.scalars(query.order_by(DutyDay.village_id, DutyDay.on))).all()


async def on_leave(
    session: AsyncSession, person_ids: Collection[int], first: date, last: date
) -> dict[tuple[date, Half], set[int]]:
    """Who of these people is on approved leave on which half-days. For whoever may see the list they stand on."""
    query = select(LeaveRequest).where(
        LeaveRequest.person_id.in_(person_ids),
        LeaveRequest.state.in_((LeaveState.APPROVED, LeaveState.RETURNED)),
        LeaveRequest.from_on <= last,
        LeaveRequest.to_on >= first,
    )
    found: dict[tuple[date, Half], set[int]] = {}
    for row in await session.scalars(query):
        for on, half in leave.span_of(row).halves():
            if first <= on <= last:
                found.setdefault((on, half), set()).add(row.person_id)
    return found


async def some_rows(session: AsyncSession, period_id: int, limit: int) -> Sequence[DutyDay]:
    """Some days of a period that somebody was named for. For the software."""
    query = select(DutyDay).where(DutyDay.period_id == period_id).order_by(DutyDay.village_id).limit(limit)
    return (await session.scalars(query)).all()


async def names_of(session: AsyncSession, rows: Sequence[DutyDay]) -> dict[int, str]:
    """What the people of these days are called. The caller has asked whether the list may be seen (`get`)."""
    named = {person for row in rows for person in (row.am_id, row.pm_id)} - {None}
    query = select(Person.id, Person.name).where(Person.id.in_(named))
    found: dict[int, str] = dict((await session.execute(query)).all())
    return found


# -- how far everybody is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VillageDuty:
    """A village that has a team, and on how many days of the period both halves have a name."""

    id: int
    name: str
    path: str
    township_id: int
    township: str
    filled: int


async def progress(session: AsyncSession, period: DutyPeriod, area: Area) -> list[VillageDuty]:
    """The villages with teams in an area, by code. The caller has asked whether they may be seen (`get`)."""
    above = aliased(Area)
    named = DutyDay.am_id.is_not(None) & DutyDay.pm_id.is_not(None) & (DutyDay.period_id == period.id)
    query = (
        select(Area.id, Area.name, Area.path, above.id, above.name, func.count(DutyDay.id))
        .join(above, Area.parent_id == above.id)
        .outerjoin(DutyDay, (DutyDay.village_id == Area.id) & named)
        .where(Area.path.startswith(area.path), exists().where(PersonRole.area_id == Area.id, *posted(period.first_on)))
        .group_by(Area.id, Area.name, Area.path, Area.code, above.id, above.name, above.code)
        .order_by(above.code, Area.code)
    )
    return [VillageDuty(*row) for row in await session.execute(query)]


async def leaders(session: AsyncSession, villages: Collection[int], on: date) -> dict[int, set[int]]:
    """Who fills the list of each of these villages: the first secretary, or who stands in for him. For the software."""
    query = select(PersonRole.person_id, PersonRole.area_id).where(
        PersonRole.role == Role.FIRST_SECRETARY, PersonRole.area_id.in_(villages), people.held(on, on)
    )
    posts = [(person_id, village_id) for person_id, village_id in await session.execute(query)]
    away = {row.person_id: row for row in await leave.running(session, [person for person, _ in posts], on)}
    found: dict[int, set[int]] = {village_id: set() for village_id in villages}
    for person_id, village_id in posts:
        stand_in = away[person_id].stand_in_id if person_id in away else None
        found[village_id].add(stand_in or person_id)
    return found


# -- a person's own ---------------------------------------------------------------------------------------------------


async def own(session: AsyncSession, viewer: Viewer, on: date) -> list[DutyDay]:
    """The days, from one on, for which the viewer himself is named; in order."""
    me = viewer.person_id or 0
    query = (
        select(DutyDay)
        .join(DutyPeriod, DutyDay.period_id == DutyPeriod.id)
        .where(or_(DutyDay.am_id == me, DutyDay.pm_id == me), DutyDay.on >= on, DutyPeriod.withdrawn_at.is_(None))
    )
    return list(await session.scalars(query.order_by(DutyDay.on, DutyDay.id)))


async def lieu_left(session: AsyncSession, person_id: int, village: Area, on: date) -> int:
    """Half-days of rest in lieu (补休) that somebody may take on a day: earned, not taken or asked for, still good.

    For himself, and for an action on his leave.
    """
    profile = await of(session).profile(village, on)
    begin = on - 2 * timedelta(days=profile.duty_lieu_days)
    query = select(Day).where(Day.person_id == person_id, Day.on.between(begin, on - _DAY))
    named = [row for row in await session.scalars(query) if (row.am | row.pm) & Facts.DUTY]
    if not named:
        return 0
    calendar = await county_calendar(session, village, set(range(begin.year, on.year + 2)))
    earned = [row.on for row in named for half in Half if _earns(days.facts(row, half), calendar.is_workday(row.on))]
    taken = [
        day
        for request in await leave.standing(session, [person_id], begin)
        if request.kind is LeaveKind.IN_LIEU
        for day, _half in leave.span_of(request).halves()
        if calendar.is_workday(day)
    ]
    return rules.lieu_left(earned, taken, on, profile.duty_lieu_days)


def _earns(known: Facts, workday: bool) -> bool:
    return rules.earns(
        days.status(known, workday=workday, day_over=True), is_named=Facts.DUTY in known, workday=workday
    )


def is_present(am: int, pm: int) -> bool:
    """Whether somebody named for a day of rest was in the village on a half-day for which he is named."""
    return any(
        known & Facts.DUTY and days.status(Facts(known), workday=False, day_over=False) is HalfStatus.ON_DUTY
        for known in (am, pm)
    )


async def swap(
    session: AsyncSession, viewer: Viewer, action: Action, swap_id: int, *, of_other: bool
) -> tuple[DutySwap, Area, Role | None]:
    """A swap with its village, and the role in which `viewer` may do `action` as the one asked, or as the one who asks.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    found = await session.get(DutySwap, swap_id)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    village = await session.get_one(Area, found.village_id)
    whose = found.other_id if of_other else found.asker_id
    return found, village, require(viewer, action, Target(village.path, whose))


async def waiting_swap(session: AsyncSession, period_id: int, asker_id: int, on: date) -> DutySwap | None:
    """A swap of this day that somebody has asked for and nobody has answered. For actions."""
    query = select(DutySwap).where(
        DutySwap.period_id == period_id,
        DutySwap.asker_id == asker_id,
        DutySwap.asker_on == on,
        DutySwap.state == SwapState.WAITING,
    )
    return (await session.scalars(query.limit(1))).first()


def check_open(period: DutyPeriod, on: date, today: date) -> None:
    """Whether who is on duty on a day may still be changed. Raises `Refusal`: NOT_FOUND, DUTY_DAY_PAST."""
    if not period.first_on <= on <= period.last_on:
        raise Refusal(Code.NOT_FOUND)
    if on < today:
        raise Refusal(Code.DUTY_DAY_PAST, LOCAL, on=on, today=today)
