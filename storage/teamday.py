"""Check-ins that somebody else recorded (今天三人在岗, 代签, the township's list): finding them, and whom they may name."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import TEAM, Action, Role, Target, Viewer, grant_for, require
from policy.calendar import Half
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import days
from storage.batch import of
from storage.tables import Area, CheckIn, Facts, Person, PersonRole


class Standing(StrEnum):
    """What is known of somebody's half-days before others say that he is on duty."""

    TRIP = "trip"
    LEAVE = "leave"
    PROVED = "proved"  # checked in already, by himself or by others
    OBJECTED = "objected"  # he has said himself that he isn't in the village
    OPEN = "open"


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, check_in_id: int
) -> tuple[CheckIn, Area, Role | None]:
    """A check-in with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF.
    """
    query = select(CheckIn, Area).join(Area, CheckIn.village_id == Area.id).where(CheckIn.id == check_in_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    check_in, village = row
    return check_in, village, require(viewer, action, Target(village.path, check_in.person_id))


async def rows_of(session: AsyncSession, person_ids: Collection[int], on: date) -> list[CheckIn]:
    """Everything that says of these people that they were in the village on a day, taken back or not."""
    query = select(CheckIn).where(CheckIn.person_id.in_(person_ids), CheckIn.on == on)
    return list(await session.scalars(query.order_by(CheckIn.at, CheckIn.id)))


async def standings(
    session: AsyncSession, person_ids: Collection[int], on: date, halves: Collection[Half]
) -> dict[int, Standing]:
    """How people stand in these halves of a day; for actions, which have checked whom they are about."""
    rows = await rows_of(session, person_ids, on)
    objected = {row.person_id for row in rows if row.objected_at is not None}
    found = {}
    for person_id in person_ids:
        day = await of(session).day(person_id, on)
        known = [days.facts(day, half) for half in halves]
        if all(facts & (Facts.TRIP | Facts.LEAVE) for facts in known):
            found[person_id] = Standing.LEAVE if any(Facts.LEAVE in facts for facts in known) else Standing.TRIP
        elif all(facts & (Facts.CHECKED_IN | Facts.CORRECTED | Facts.TRIP | Facts.LEAVE) for facts in known):
            found[person_id] = Standing.PROVED
        else:
            found[person_id] = Standing.OBJECTED if person_id in objected else Standing.OPEN
    return found


async def standings_in(
    session: AsyncSession,
    viewer: Viewer,
    village: Area,
    person_ids: Collection[int],
    on: date,
    halves: Collection[Half],
) -> dict[int, Standing]:
    """`standings` of a village's people, for whoever may record them there (law 8). Raises `Refusal(NOT_ALLOWED)`."""
    if not village.path.startswith((*viewer.paths(Action.CHECKIN_PROXY), *viewer.paths(Action.CHECKIN_TEAM))):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_PROXY.value)
    return await standings(session, person_ids, on, halves)


async def members(
    session: AsyncSession,
    viewer: Viewer,
    action: Action,
    on: date,
    *,
    names: Collection[str] | None = None,
    limit: int | None = None,
) -> list[tuple[Person, Area]]:
    """Members of teams on whom `viewer` may do `action`, oneself included; by village, then by name.

    In his areas or of his unit; only those so called where names are given.
    """
    paths, units = viewer.paths(action), viewer.units(action)
    if not (paths or units) or (names is not None and not names):
        return []
    query = (
        select(Person, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(
            PersonRole.role.in_(TEAM),
            PersonRole.starts_on <= on,
            or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on),
            or_(Person.unit_id.in_(units), *(Area.path.startswith(path) for path in paths)),
        )
        .order_by(Area.code, Person.name, Person.id)
        .limit(limit)
    )
    if names is not None:
        query = query.where(Person.name.in_(names))
    found: dict[tuple[int, int], tuple[Person, Area]] = {}
    for person, area in await session.execute(query):
        found.setdefault((person.id, area.id), (person, area))
    return list(found.values())


async def villages(
    session: AsyncSession, viewer: Viewer, action: Action, *, named: Collection[str] | None = None, limit: int = 40
) -> list[Area]:
    """The villages in which `viewer` may do `action`, by code; only those so called where names are given."""
    paths = viewer.paths(action)
    if not paths:
        return []
    query = select(Area).where(Area.level == Level.VILLAGE, or_(*(Area.path.startswith(path) for path in paths)))
    if named is not None:
        query = query.where(Area.name.in_(named))
    return list(await session.scalars(query.order_by(Area.code).limit(limit)))


async def village(session: AsyncSession, viewer: Viewer, action: Action, village_id: int) -> Area:
    """A village in which `viewer` may do `action`. Raises `Refusal(NOT_FOUND)` for any other: nothing leaks."""
    area = await session.get(Area, village_id)
    if area is None or area.level is not Level.VILLAGE or grant_for(viewer, action, Target(area.path)) is None:
        raise Refusal(Code.NOT_FOUND)
    return area
