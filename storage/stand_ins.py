"""代理: who stands in for which officer, whom one may name, and what stands. Clause 三（二）."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import STAFF, TEAM, Action, Role, Target, Viewer, grant_for, require
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.stand_ins import OFFICES
from storage import people
from storage.people import held, within
from storage.tables import Area, Person, PersonRole, StandIn

SUBJECT = "stand_in:{id}"


@dataclass(frozen=True, slots=True)
class Told:
    """A stand-in with whoever it is about."""

    row: StandIn
    area: Area
    person: Person
    absent: Person


async def get(session: AsyncSession, viewer: Viewer, action: Action, stand_in_id: int) -> tuple[Told, Role | None]:
    """One, and the role in which `viewer` may do `action`: his whom it is for, but STANDIN_ANSWER of who is named.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    row = await session.get(StandIn, stand_in_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    area = await session.get_one(Area, row.area_id)
    whose = row.person_id if action is Action.STANDIN_ANSWER else row.for_id
    role = require(viewer, action, Target(area.path, whose))
    person, absent = await session.get_one(Person, row.person_id), await session.get_one(Person, row.for_id)
    return Told(row, area, person, absent), role


async def standing(session: AsyncSession, viewer: Viewer, today: date) -> list[Told]:
    """What stands or is to come: for the viewer, by him, and in the areas that are his to see; the earliest first."""
    if not viewer.may(Action.STANDIN_VIEW):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.STANDIN_VIEW.value)
    absent, me = aliased(Person), viewer.person_id or 0
    query = (
        select(StandIn, Area, Person, absent)
        .join(Area, StandIn.area_id == Area.id)
        .join(Person, StandIn.person_id == Person.id)
        .join(absent, StandIn.for_id == absent.id)
        .where(
            or_(StandIn.person_id == me, StandIn.for_id == me, within(viewer.paths(Action.STANDIN_VIEW))),
            StandIn.ended_at.is_(None),
            StandIn.to_on >= today,
        )
        .order_by(StandIn.from_on, StandIn.id)
    )
    return [Told(*row) for row in await session.execute(query)]


async def overlapping(session: AsyncSession, office: PersonRole, first: date, last: date) -> StandIn | None:
    """Who is named for some of these days already. Locks the office, so that of two at once the second one sees it."""
    await session.execute(select(PersonRole.id).where(PersonRole.id == office.id).with_for_update())
    query = select(StandIn).where(
        StandIn.for_id == office.person_id,
        StandIn.role == office.role,
        StandIn.area_id == office.area_id,
        people.stands(first, last),
    )
    return (await session.scalars(query.order_by(StandIn.from_on).limit(1))).first()


async def named(session: AsyncSession, viewer: Viewer, names: Collection[str], on: date) -> list[tuple[Person, Area]]:
    """Staff so called in the counties in which the viewer has an office, each with the area of his first post."""
    areas = {grant.area_id: None for grant in viewer.holds(OFFICES)}
    tops = {(await _top(session, await session.get_one(Area, area_id))).path for area_id in areas}
    query = (
        select(Person, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(Person.name.in_(names), PersonRole.role.in_(STAFF), held(on, on), within(tops))
        .order_by(Area.code, PersonRole.id)
    )
    found: dict[int, tuple[Person, Area]] = {}
    for person, area in await session.execute(query):
        found.setdefault(person.id, (person, area))
    return list(found.values())


async def offices(
    session: AsyncSession, viewer: Viewer, person_ids: Iterable[int], on: date
) -> list[tuple[PersonRole, Area]]:
    """The offices of these people that the viewer may hand over."""
    query = (
        select(PersonRole, Area)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.person_id.in_(person_ids), PersonRole.role.in_(OFFICES), held(on, on))
        .order_by(PersonRole.id)
    )
    rows = (await session.execute(query)).all()
    return [
        (office, area)
        for office, area in rows
        if grant_for(viewer, Action.STANDIN_SET, Target(area.path, office.person_id))
    ]


async def is_fit(session: AsyncSession, person_id: int, area: Area, on: date) -> bool:
    """Whether somebody may stand in for an office of an area: staff of the same county, and in no team."""
    query = (
        select(PersonRole.role, Area.path)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.person_id == person_id, held(on, on))
    )
    posts = (await session.execute(query)).all()
    top = (await _top(session, area)).path
    return not any(role in TEAM for role, _ in posts) and any(
        role in STAFF and path.startswith(top) for role, path in posts
    )


async def _top(session: AsyncSession, area: Area) -> Area:
    """The county; of an office above it, its own area."""
    return await people.area_at(session, area, Level.COUNTY) or area
