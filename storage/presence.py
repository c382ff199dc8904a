"""Who of a team is where today: what is known of each, and nothing made of silence. Clause 三（二）."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus
from policy.authority import TEAM, Action, Role, Target, Viewer, grant_for
from policy.calendar import Half
from policy.profile import CheckInMode, mode_on
from policy.refusals import Code, Refusal
from storage import days
from storage.batch import of
from storage.board import half_now
from storage.calendars import county_calendar
from storage.tables import Area, Day, DispatchingUnit, Facts, OfficialTrip, Outing, Person, PersonRole

Row = TypeVar("Row", OfficialTrip, Outing)


@dataclass(frozen=True, slots=True)
class Member:
    """One of a team in this half of the day. `is_silent`: nothing is known of it; the status then says so too."""

    person: Person
    role: Role
    unit: str | None
    status: HalfStatus
    is_silent: bool
    checked_in_at: datetime | None
    """The local moment of the day's first check-in."""
    elsewhere: str | None
    """The other village in which the day is counted, for one posted to two."""
    trips: tuple[OfficialTrip, ...]
    outings: tuple[Outing, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A village's people, the first secretary first, as far as the viewer may see them. `at` is local."""

    village: Area
    at: datetime
    half: Half
    is_workday: bool
    mode: CheckInMode
    members: tuple[Member, ...]

    @property
    def names_silence(self) -> bool:
        """Whether somebody of whom nothing is known may be named for it: only where check-in is required."""
        return self.mode is CheckInMode.REQUIRED


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database holds of some people's day, by person."""

    days: dict[int, Day]
    villages: dict[int, str]
    trips: dict[int, list[OfficialTrip]]
    outings: dict[int, list[Outing]]


async def team(session: AsyncSession, viewer: Viewer, village: Area, now: datetime) -> Team:
    """The people of a village today. A liaison sees his own unit's only.

    Raises `Refusal(NOT_FOUND)` where the viewer may see nobody: an empty village of his is no such case.
    """
    batch = of(session)
    at = await batch.local(village, now)
    on = at.date()
    profile = await batch.profile(village, on)
    calendar = await county_calendar(session, village, {on.year})
    half = half_now(at, profile)
    posted = await _posted(session, village, at)
    if not _sees_all(viewer, village):
        units = set(viewer.units(Action.DAY_VIEW))
        posted = [row for row in posted if row[0].unit_id in units]
        if not posted:
            raise Refusal(Code.NOT_FOUND)
    known = await _known(session, [person.id for person, _, _ in posted], at)
    workday = calendar.is_workday(on)
    members = []
    for person, role, unit in posted:
        day = known.days.get(person.id)
        facts = days.facts(day, half)
        checked_in_at = day.checked_in_at if day is not None else None
        members.append(
            Member(
                person=person,
                role=role,
                unit=unit,
                status=days.status(facts, workday=workday, day_over=False),
                is_silent=not facts & ~Facts.DUTY,
                checked_in_at=await batch.local(village, checked_in_at) if checked_in_at else None,
                elsewhere=known.villages.get(day.village_id) if day and day.village_id != village.id else None,
                trips=tuple(known.trips.get(person.id, ())),
                outings=tuple(known.outings.get(person.id, ())),
            )
        )
    return Team(village, at, half, workday, mode_on(profile, on), tuple(members))


def _sees_all(viewer: Viewer, village: Area) -> bool:
    if viewer.system_path is not None:
        return village.path.startswith(viewer.system_path)
    target = Target(village.path)
    return any(grant_for(viewer, action, target) for action in (Action.DAY_VIEW, Action.TEAM_VIEW))


async def _posted(session: AsyncSession, village: Area, at: datetime) -> list[tuple[Person, Role, str | None]]:
    on = at.date()
    query = (
        select(Person, PersonRole.role, DispatchingUnit.name)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .outerjoin(DispatchingUnit, Person.unit_id == DispatchingUnit.id)
        .where(
            PersonRole.area_id == village.id,
            PersonRole.role.in_(TEAM),
            PersonRole.starts_on <= on,
            or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on),
        )
        .order_by(PersonRole.id)
    )
    rows: list[tuple[Person, Role, str | None]] = [(p, role, unit) for p, role, unit in await session.execute(query)]
    rows.sort(key=lambda row: row[1] is not Role.FIRST_SECRETARY)
    return list({row[0].id: row for row in reversed(rows)}.values())[::-1]


async def _known(session: AsyncSession, person_ids: list[int], at: datetime) -> _Known:
    on = at.date()
    rows = list(await session.scalars(select(Day).where(Day.person_id.in_(person_ids), Day.on == on)))
    names = select(Area.id, Area.name).where(Area.id.in_({row.village_id for row in rows}))
    trips = select(OfficialTrip).where(
        OfficialTrip.person_id.in_(person_ids),
        OfficialTrip.from_on <= on,
        OfficialTrip.to_on >= on,
        OfficialTrip.cancelled_at.is_(None),
    )
    outings = select(Outing).where(Outing.person_id.in_(person_ids), Outing.on == on, Outing.cancelled_at.is_(None))
    return _Known(
        days={row.person_id: row for row in rows},
        villages=dict((await session.execute(names)).all()),
        trips=_by_person(await session.scalars(trips.order_by(OfficialTrip.id))),
        outings=_by_person(await session.scalars(outings.order_by(Outing.leaves_at))),
    )


def _by_person(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found
