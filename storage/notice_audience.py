"""Whom a notice may be sent to, to choose from: areas right below, units, people by name. Clause 三（一）."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.audience import Audience
from policy.authority import ALLOWED, TEAM, Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.people import held, within
from storage.tables import Area, DispatchingUnit, Person, PersonRole


class Namesake(NamedTuple):
    """Somebody of a name, with the post by which he is told apart."""

    person_id: int
    role: Role
    area: str


async def area_for(session: AsyncSession, viewer: Viewer, area_id: int) -> Area:
    """An area in which `viewer` may send. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    area = await session.get(Area, area_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(viewer, Action.NOTICE_SUBMIT, Target(area.path))
    return area


async def areas_of(session: AsyncSession, viewer: Viewer) -> Sequence[Area]:
    """The areas in which somebody holds an office that sends notices, by code."""
    paths = {grant.area_path for grant in viewer.grants if grant.role in ALLOWED[Action.NOTICE_SUBMIT]}
    return (await session.scalars(select(Area).where(Area.path.in_(paths)).order_by(Area.code))).all()


async def below(session: AsyncSession, viewer: Viewer, area: Area) -> Sequence[Area]:
    """The areas right below one, by code. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.NOTICE_SUBMIT, Target(area.path))
    return (await session.scalars(select(Area).where(Area.parent_id == area.id).order_by(Area.code))).all()


async def units(session: AsyncSession, viewer: Viewer, area: Area, on: date) -> Sequence[DispatchingUnit]:
    """The units that have people in the teams of an area on a day, by name. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.NOTICE_SUBMIT, Target(area.path))
    sent_by = (
        select(Person.unit_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(within([area.path]), held(on, on), PersonRole.role.in_(TEAM))
    )
    query = select(DispatchingUnit).where(DispatchingUnit.id.in_(sent_by)).order_by(DispatchingUnit.name)
    return (await session.scalars(query)).all()


async def named(
    session: AsyncSession, viewer: Viewer, area: Area, names: Collection[str], on: date
) -> dict[str, list[Namesake]]:
    """Who in an area is called so on a day, by name; each person once. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.NOTICE_SUBMIT, Target(area.path))
    query = (
        select(Person.name, Person.id, PersonRole.role, Area.name)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(within([area.path]), held(on, on), Person.name.in_(names))
        .order_by(Area.code, PersonRole.id)
    )
    found: dict[str, dict[int, Namesake]] = {}
    for name, person_id, role, place in await session.execute(query):
        found.setdefault(name, {}).setdefault(person_id, Namesake(person_id, role, place))
    return {name: list(people.values()) for name, people in found.items()}


class Named(NamedTuple):
    """The names that an audience is told by; of people only the first few."""

    areas: Sequence[str]
    units: Sequence[str]
    people: Sequence[str]


async def names_of(session: AsyncSession, audience: Audience, most: int = 3) -> Named:
    """What an audience's areas, units and people are called, `most` of each."""
    areas = select(Area.name).where(Area.id.in_(audience.area_ids)).order_by(Area.code)
    units = select(DispatchingUnit.name).where(DispatchingUnit.id.in_(audience.unit_ids))
    people = select(Person.name).where(Person.id.in_(audience.person_ids[:most]))
    return Named(
        (await session.scalars(areas.limit(most))).all(),
        (await session.scalars(units.order_by(DispatchingUnit.name).limit(most))).all(),
        (await session.scalars(people.order_by(Person.id))).all(),
    )
