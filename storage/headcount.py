"""People posted below an area on a day, counted in the database by what is known of their day. Clause 三（二）.

Each person counts once: who holds several posts counts where the day's row lies, else in the first of them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import TEAM, Action, Viewer
from policy.roster import Level
from storage.tables import Area, Day, PersonRole

NAMED_WITHIN = frozenset({Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE})
"""Levels of a few hundred people at most: here names are asked for, and plans begin with the area."""


async def named_within(session: AsyncSession, viewer: Viewer, action: Action) -> tuple[str, ...]:
    """The paths of the areas in which names may be shown to `viewer`: his own, as far as they lie within a county."""
    if viewer.system_path is not None:
        return (viewer.system_path,)
    held = select(Area.path).where(Area.path.in_(viewer.paths(action)), Area.level.in_(NAMED_WITHIN))
    return tuple(await session.scalars(held))


@dataclass(frozen=True, slots=True)
class Group:
    """People of one lowest area, at `path`, with the same facts."""

    path: str
    am: int
    pm: int
    people: int


async def groups(session: AsyncSession, area: Area, paths: Mapping[int, str], on: date) -> list[Group]:
    """Everybody posted below an area on a day, by lowest area and facts; `paths` are what `paths()` answers."""
    lowest = _lowest(area)
    am, pm = func.coalesce(Day.am, 0), func.coalesce(Day.pm, 0)
    query = (
        select(lowest, am, pm, func.count())
        .select_from(PersonRole)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(Day, (Day.person_id == PersonRole.person_id) & (Day.on == on))
        .where(PersonRole.area_id.in_(_inside(area)), *posted(on))
        .group_by(lowest, am, pm)
    )
    counts = Counter({(key, am, pm): people for key, am, pm, people in await session.execute(query)})
    for post in await surplus(session, area, on):
        counts[post.key, post.am, post.pm] -= 1
    return [Group(paths[key], am, pm, people) for (key, am, pm), people in counts.items() if people]


def _lowest(area: Area) -> ColumnElement[int]:
    """What people are counted by: the village's township, or the village itself right below the board's area."""
    return case((Area.parent_id == area.id, Area.id), else_=Area.parent_id)


async def paths(session: AsyncSession, area: Area) -> dict[int, str]:
    """The paths of the areas that `_lowest` names, by id."""
    if area.level is Level.VILLAGE:
        return {area.parent_id or 0: area.path}
    query = select(Area.id, Area.path).where(below(area), or_(Area.level != Level.VILLAGE, Area.parent_id == area.id))
    return dict((await session.execute(query)).all())


@dataclass(frozen=True, slots=True)
class Post:
    """One of several posts that a person holds on a day, with the facts of the day."""

    id: int
    person_id: int
    village_id: int
    key: int
    am: int
    pm: int
    is_days: bool
    is_here: bool


async def surplus(session: AsyncSession, area: Area, on: date) -> list[Post]:
    """The posts in an area that don't count: one person counts once, where his day's row lies, else in his first."""
    # in a province it is cheaper to ask first who ever held several roles, below it who is posted here
    candidates = select(PersonRole.person_id)
    if area.level in NAMED_WITHIN:
        candidates = candidates.where(PersonRole.area_id.in_(_inside(area)))
    else:
        candidates = candidates.group_by(PersonRole.person_id).having(func.count() > 1)
    now = (
        select(PersonRole.person_id)
        .where(PersonRole.person_id.in_(candidates), *posted(on))
        .group_by(PersonRole.person_id)
        .having(func.count() > 1)
    )
    query = (
        select(
            PersonRole.id,
            PersonRole.person_id,
            PersonRole.area_id,
            _lowest(area),
            func.coalesce(Day.am, 0),
            func.coalesce(Day.pm, 0),
            PersonRole.area_id == func.coalesce(Day.village_id, 0),
            below(area),
        )
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(Day, (Day.person_id == PersonRole.person_id) & (Day.on == on))
        .where(PersonRole.person_id.in_(now), *posted(on))
    )
    posts: dict[int, list[Post]] = {}
    for row in await session.execute(query):
        post = Post(*row)
        posts.setdefault(post.person_id, []).append(post)
    found = []
    for held in posts.values():
        counted = min(held, key=lambda post: (not post.is_days, post.id))
        found += [post for post in held if post is not counted and post.is_here]
    return found


def posted(on: date) -> tuple[ColumnElement[bool], ...]:
    """The condition that a role is one of a team and in force on a day."""
    in_force = (PersonRole.starts_on <= on) & or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on)
    return PersonRole.role.in_(TEAM), in_force


def below(area: Area) -> ColumnElement[bool]:
    """The condition that an area is this one or lies in it."""
    return Area.path.startswith(area.path)  # digits and strokes: nothing to escape


def _inside(area: Area) -> Select[int]:
    """The areas below one; asked for by themselves, so that the plan begins with them."""
    return select(Area.id).where(below(area))
