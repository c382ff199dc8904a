"""查: people and places by name, within the viewer's areas; outside them nothing is there. Clause 三（一）."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import TEAM, Action, Role, Target, Viewer, grant_for
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage.tables import Area, DispatchingUnit, Person, PersonRole

MOST_HITS = 40
MOST_NEAR = 6
LONGEST = 20
"""Signs of a name that is looked for; longer ones are nobody's."""

_WILD = frozenset("%_\\")


class HitKind(StrEnum):
    """What has been found."""

    AREA = "area"
    PERSON = "person"


@dataclass(slots=True)
class Hit:
    """A place or a person. `places` tell namesakes apart: where a place lies, where a person is posted."""

    kind: HitKind
    id: int
    name: str
    level: Level | None = None
    role: Role | None = None
    places: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hits:
    """What a name leads to; `near`: nothing has that name, these are spelt nearly so. `more`: not all are here."""

    hits: tuple[Hit, ...]
    near: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A person with the roles held now that the viewer may see."""

    person: Person
    unit: str | None
    posts: tuple[tuple[Role, Area], ...]


async def find(session: AsyncSession, viewer: Viewer, action: Action, words: str, on: date) -> Hits:
    """Places and people by their whole name, else by a part of it, else nearly so; places by code come first."""
    name = "".join(words.split())
    if not name or len(name) > LONGEST:
        return Hits(())
    for patterns in ([_exactly(name)], [f"%{_exactly(name)}%"]):
        if hits := await _search(session, viewer, action, patterns, on, MOST_HITS + 1):
            return Hits(tuple(hits[:MOST_HITS]), more=len(hits) > MOST_HITS)
    if len(name) > 1 and not _WILD & set(name):
        return Hits(tuple(await _search(session, viewer, action, _nearly(name), on, MOST_NEAR))[:MOST_NEAR], near=True)
    return Hits(())


async def person(session: AsyncSession, viewer: Viewer, action: Action, person_id: int, on: date) -> Found:
    """One person. Raises `Refusal(NOT_FOUND)` for nobody and for somebody outside the viewer's areas alike."""
    query = (
        select(Person, DispatchingUnit.name, PersonRole.role, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(DispatchingUnit, Person.unit_id == DispatchingUnit.id)
        .where(Person.id == person_id, _seen(viewer, action), *_held(on))
        .order_by(PersonRole.id)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        raise Refusal(Code.NOT_FOUND)
    found, unit = rows[0][0], rows[0][1]
    return Found(found, unit, tuple((role, area) for _, _, role, area in rows))


async def village(session: AsyncSession, viewer: Viewer, area_id: int) -> Area:
    """A village that the viewer may look into. Raises `Refusal(NOT_FOUND)` as `person`.

    A liaison may ask for any: of its team he is shown his own unit's people only (`storage.presence.team`).
    """
    area = await session.get(Area, area_id)
    if area is None or area.level is not Level.VILLAGE:
        raise Refusal(Code.NOT_FOUND)
    actions = (Action.PERSON_FIND, Action.TEAM_VIEW)
    within = any(grant_for(viewer, action, Target(area.path)) for action in actions)
    if not within and not viewer.units(Action.PERSON_FIND):
        raise Refusal(Code.NOT_FOUND)
    return area


async def _search(
    session: AsyncSession, viewer: Viewer, action: Action, patterns: Sequence[str], on: date, limit: int
) -> list[Hit]:
    areas = await session.execute(_areas(viewer, action, patterns, on).limit(limit))
    hits = [
        Hit(HitKind.AREA, area_id, name, level=level, places=[above or ""]) for area_id, name, level, above in areas
    ]
    people: dict[int, Hit] = {}
    for person_id, name, role, area in await session.execute(_people(viewer, action, patterns, on).limit(limit)):
        hit = people.setdefault(person_id, Hit(HitKind.PERSON, person_id, name, role=role))
        if area not in hit.places:
            hit.places.append(area)
    return (hits + list(people.values()))[:limit]


def _areas(viewer: Viewer, action: Action, patterns: Sequence[str], on: date) -> Select[int, str, Level, str]:
    above = aliased(Area)
    seen: ColumnElement[bool] = _within(viewer.paths(action))
    if units := viewer.units(action):
        posted = select(PersonRole.area_id).join(Person, PersonRole.person_id == Person.id)
        posted = posted.where(Person.unit_id.in_(units), PersonRole.role.in_(TEAM), *_held(on))
        seen = or_(seen, Area.id.in_(posted))
    return (
        select(Area.id, Area.name, Area.level, above.name)
        .outerjoin(above, Area.parent_id == above.id)
        .where(seen, _like(Area.name, patterns))
        .order_by(Area.code)
    )


def _people(viewer: Viewer, action: Action, patterns: Sequence[str], on: date) -> Select[int, str, Role, str]:
    return (
        select(Person.id, Person.name, PersonRole.role, Area.name)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(_seen(viewer, action), _like(Person.name, patterns), *_held(on))
        .order_by(Area.code, PersonRole.id)
    )


def _seen(viewer: Viewer, action: Action) -> ColumnElement[bool]:
    """Who holds a role in the viewer's areas, or is of his unit and in a team."""
    seen: ColumnElement[bool] = _within(viewer.paths(action))
    if units := viewer.units(action):
        seen = or_(seen, Person.unit_id.in_(units) & PersonRole.role.in_(TEAM))
    return seen


def _within(paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(Area.path.startswith(path) for path in paths))


def _held(on: date) -> tuple[ColumnElement[bool], ...]:
    return PersonRole.starts_on <= on, or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on)


def _like(column: Any, patterns: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(column.like(pattern, escape="\\") for pattern in patterns))


def _exactly(name: str) -> str:
    return "".join(f"\\{sign}" if sign in _WILD else sign for sign in name)


def _nearly(name: str) -> list[str]:
    """One sign wrong, one left out, one too many."""
    places = range(len(name))
    wrong = [f"{name[:n]}_{name[n + 1 :]}%" for n in places]
    left_out = [f"{name[:n]}_{name[n:]}" for n in range(1, len(name))]
    too_many = [f"{name[:n]}{name[n + 1 :]}%" for n in places if len(name) > 2]
    return list(dict.fromkeys(wrong + left_out + too_many))
