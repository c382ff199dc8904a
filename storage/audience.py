"""Who an audience is on a day: each person once, with the post by which he belongs to it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.audience import Audience
from policy.authority import TEAM, Action, Role, Viewer
from policy.refusals import Code, Refusal
from storage import leave
from storage.people import held, within
from storage.tables import Area, Person, PersonRole


class Addressee(NamedTuple):
    """One person of an audience. `area_id` is where the post is held: a village for a team, else what it says."""

    person_id: int
    role: Role
    area_id: int


async def members(
    session: AsyncSession, viewer: Viewer, action: Action, audience: Audience, on: date
) -> list[Addressee]:
    """Everybody of an audience on a day, by area code, then by post; who holds several posts by the first of them.

    Only within the areas in which `viewer` may do `action`. Raises `Refusal(NOT_ALLOWED)` where an area is not his.
    """
    paths = await paths_of(session, viewer, action, audience)
    query = (
        select(PersonRole.person_id, PersonRole.role, PersonRole.area_id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(*_belongs(audience, paths, on))
        .order_by(Area.code, PersonRole.id)
    )
    found: dict[int, Addressee] = {}
    for row in await session.execute(query):
        found.setdefault(row.person_id, Addressee(*row))
    return list(found.values())


async def piece(
    session: AsyncSession,
    viewer: Viewer,
    action: Action,
    audience: Audience,
    on: date,
    *,
    but_not: Select[int],
    limit: int,
    only: int | None = None,
) -> list[Addressee]:
    """The next of an audience by person id, those of `but_not` (a query of person ids) left out; `only`: one person.

    For what is told to many in pieces, a transaction each. Raises `Refusal(NOT_ALLOWED)` as `members`.
    """
    paths = await paths_of(session, viewer, action, audience)
    belongs = _belongs(audience, paths, on)
    query = select(PersonRole.person_id).distinct().join(Area, PersonRole.area_id == Area.id)
    query = query.where(*belongs, PersonRole.person_id.not_in(but_not)).order_by(PersonRole.person_id).limit(limit)
    if only is not None:
        query = query.where(PersonRole.person_id == only)
    ids = list(await session.scalars(query))
    posts = (
        select(PersonRole.person_id, PersonRole.role, PersonRole.area_id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(*belongs, PersonRole.person_id.in_(ids))
        .order_by(Area.code, PersonRole.id)
    )
    found: dict[int, Addressee] = {}
    for row in await session.execute(posts):
        found.setdefault(row.person_id, Addressee(*row))
    return [found[person_id] for person_id in ids]


async def size(session: AsyncSession, viewer: Viewer, action: Action, audience: Audience, on: date) -> int:
    """How many people an audience has on a day. Raises `Refusal(NOT_ALLOWED)`."""
    paths = await paths_of(session, viewer, action, audience)
    query = (
        select(func.count(PersonRole.person_id.distinct()))
        .join(Area, PersonRole.area_id == Area.id)
        .where(*_belongs(audience, paths, on))
    )
    return (await session.execute(query)).scalar_one()


async def paths_of(session: AsyncSession, viewer: Viewer, action: Action, audience: Audience) -> list[str]:
    """Where the areas of an audience lie. Raises `Refusal(NOT_ALLOWED)` where one is not the viewer's."""
    paths = list(await session.scalars(select(Area.path).where(Area.id.in_(audience.area_ids))))
    allowed = viewer.paths(action)
    if len(paths) < len(set(audience.area_ids)) or not all(path.startswith(allowed) for path in paths):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
    return paths


def _belongs(audience: Audience, paths: Sequence[str], on: date) -> list[ColumnElement[bool]]:
    conditions = [within(paths), held(on, on)]
    if audience.roles:
        held_so = PersonRole.role.in_(audience.roles)
        is_first = Role.FIRST_SECRETARY in audience.roles
        conditions.append(or_(held_so, PersonRole.role.in_(TEAM) & leave.stands_in(on)) if is_first else held_so)
    if audience.unit_ids:
        sent_by = select(Person.id).where(Person.unit_id.in_(audience.unit_ids))
        conditions.append(PersonRole.person_id.in_(sent_by))
    if audience.person_ids:
        conditions.append(PersonRole.person_id.in_(audience.person_ids))
    return conditions
