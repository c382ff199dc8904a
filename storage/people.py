"""People and their roles in force; who decides where. Finding a person by chat is exempt from viewers (law 8)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import ALLOWED, STAFF, TEAM, Action, Grant, Role, Viewer
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.stand_ins import OFFICES
from storage.tables import Area, Chat, Conversation, Person, PersonRole, StandIn


def ancestor_ids(path: str) -> list[int]:
    """The ids along an area path, the root first, the area itself last."""
    return [int(part) for part in path.strip("/").split("/") if part]


def ancestor_paths(path: str) -> list[str]:
    """The paths along an area path, the root first, the area itself last."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


@dataclass(frozen=True, slots=True)
class Post:
    """A role in force, with its area."""

    role: Role
    area: Area
    unit_id: int | None
    starts_on: date
    ends_on: date | None

    def in_force(self, on: date) -> bool:
        """First and last day included."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


@dataclass(slots=True)
class Speaker:
    """Who speaks from a chat, with roles and what the conversation is in the middle of."""

    chat: Chat | None
    person: Person | None
    conversation: Conversation | None
    posts: tuple[Post, ...] = ()

    def viewer(self) -> Viewer:
        """The authority this person has."""
        if self.person is None:
            return Viewer(person_id=None)
        return viewer_of(self.person, self.posts)

    def villages(self) -> list[Area]:
        """The villages this person is posted to as a member of a team."""
        return [post.area for post in self.posts if post.role in TEAM]

    def lives_by(self) -> Area | None:
        """The area whose clocks and settings this person lives by: the village, else the first post's."""
        villages = self.villages()
        if villages:
            return villages[0]
        return self.posts[0].area if self.posts else None


def viewer_of(person: Person, posts: Iterable[Post]) -> Viewer:
    """The authority that posts give."""
    grants = tuple(Grant(post.role, post.area.id, post.area.path, post.unit_id) for post in posts)
    return Viewer(person_id=person.id, grants=grants, name=person.name)


async def speakers(session: AsyncSession, channel: str, external_ids: Collection[int]) -> dict[int, Speaker]:
    """Who speaks from these chats, without their posts; a chat not known is left out."""
    query = (
        select(Chat, Person, Conversation)
        .outerjoin(Person, Chat.person_id == Person.id)
        .outerjoin(Conversation, Conversation.chat_id == Chat.id)
        .where(Chat.channel == channel, Chat.external_id.in_(external_ids))
    )
    rows = await session.execute(query)
    return {chat.external_id: Speaker(chat, person, conversation) for chat, person, conversation in rows}


async def posts_of(
    session: AsyncSession, person_ids: Collection[int], first: date, last: date | None = None
) -> dict[int, list[Post]]:
    """The roles people hold on any day from `first` to `last` (default: the same day), by person.

    Of staff also the offices in which they stand in for somebody (代理), behind their own.
    """
    found: dict[int, list[Post]] = {person_id: [] for person_id in person_ids}
    query = (
        select(PersonRole, Area)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.person_id.in_(person_ids), held(first, last or first))
        .order_by(PersonRole.id)
    )
    for role, area in await session.execute(query):
        found[role.person_id].append(Post(role.role, area, role.unit_id, role.starts_on, role.ends_on))
    staff = [person_id for person_id, posts in found.items() if any(post.role in STAFF for post in posts)]
    if staff:  # the others, who check in by the thousand, are not asked about
        await _add_stood_in(session, found, staff, first, last or first)
    return found


async def _add_stood_in(
    session: AsyncSession, found: dict[int, list[Post]], staff: Collection[int], first: date, last: date
) -> None:
    is_held = exists().where(
        PersonRole.person_id == StandIn.for_id,
        PersonRole.role == StandIn.role,
        PersonRole.area_id == StandIn.area_id,
        held(first, last),
    )
    query = select(StandIn, Area).join(Area, StandIn.area_id == Area.id)
    query = query.where(StandIn.person_id.in_(staff), stands(first, last), is_held).order_by(StandIn.id)
    for one, area in await session.execute(query):
        found[one.person_id].append(Post(one.role, area, None, one.from_on, one.to_on))


def stands(first: date, last: date) -> ColumnElement[bool]:
    """The condition that somebody stands in for an officer on some day from `first` to `last`."""
    return StandIn.ended_at.is_(None) & (StandIn.from_on <= last) & (StandIn.to_on >= first)


Office = tuple[int, Role, int]
"""Whose it is (person id), the role, the area's id."""


async def stood_in(session: AsyncSession, on: date, among: ColumnElement[bool]) -> dict[Office, Person]:
    """Who stands in for officers on a day, by office; `among` says which rows. Who is no longer staff doesn't."""
    is_staff = exists().where(PersonRole.person_id == StandIn.person_id, PersonRole.role.in_(STAFF), held(on, on))
    query = select(StandIn, Person).join(Person, StandIn.person_id == Person.id).where(among, stands(on, on), is_staff)
    return {(one.for_id, one.role, one.area_id): person for one, person in await session.execute(query)}


def within(paths: Collection[str]) -> ColumnElement[bool]:
    """The condition that an area is one of these or lies in one; of none, where there is no path."""
    return or_(False, *(Area.path.startswith(path) for path in paths))  # digits and strokes: nothing to escape


def held(first: date, last: date) -> ColumnElement[bool]:
    """The condition that a role is in force on some day from `first` to `last`."""
    return (PersonRole.starts_on <= last) & or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= first)


async def holders(
    session: AsyncSession, roles: Collection[Role], area_paths: Sequence[str], on: date
) -> list[tuple[Person, PersonRole, Area]]:
    """People who hold one of `roles` exactly in one of these areas on a day, the longest-serving first.

    In the place of an officer who has somebody stand in for him comes that person, with the officer's row.
    """
    query = (
        select(Person, PersonRole, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(Area.path.in_(area_paths), PersonRole.role.in_(roles), held(on, on))
        .order_by(PersonRole.starts_on, PersonRole.id)
    )
    rows = [(person, role, area) for person, role, area in await session.execute(query)]
    officers = {role.person_id for _, role, _ in rows if role.role in OFFICES}
    if not officers:
        return rows
    instead = await stood_in(session, on, StandIn.for_id.in_(officers))
    return [(instead.get((role.person_id, role.role, role.area_id), person), role, area) for person, role, area in rows]


async def team(session: AsyncSession, village: Area, on: date) -> list[tuple[Person, Role]]:
    """The people posted to a village on a day, the first secretary first."""
    rows = await holders(session, TEAM, [village.path], on)
    people = [(person, role.role) for person, role, _ in rows]
    return sorted(people, key=lambda pair: pair[1] is not Role.FIRST_SECRETARY)


async def colleagues(session: AsyncSession, viewer: Viewer, village: Area, on: date) -> list[tuple[Person, Role]]:
    """`team`, for whoever may see it: the team itself, and those who see the village's days (law 8).

    Raises `Refusal(NOT_ALLOWED)`.
    """
    seen = (*viewer.paths(Action.TEAM_VIEW), *viewer.paths(Action.DAY_VIEW))
    if not village.path.startswith(seen):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.TEAM_VIEW.value)
    return await team(session, village, on)


async def officers(session: AsyncSession, village: Area, on: date, *, but_not: int | None = None) -> list[Person]:
    """Who decides for a village: the officers of its township, else the county's staff. Clause 三（一）.

    `but_not`: whose matter it is; nobody decides on himself, so another or the level above hears of it.
    """
    roles = (Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.ADMIN)
    return await _nearest(session, roles, village, on, but_not=but_not)


async def county_office(session: AsyncSession, area: Area, on: date) -> list[Person]:
    """Who answers for an area's roster: the county's staff, else the admins. Clause 三（一）."""
    return await _nearest(session, (Role.COUNTY_STAFF, Role.ADMIN), area, on)


async def reached(session: AsyncSession, found: Iterable[Person]) -> list[Person]:
    """Those of these who have an account that takes messages, each once: nobody waits for the word of the others."""
    known = {person.id: person for person in found}
    query = select(Chat.person_id).where(
        Chat.channel == session.info["channel"], Chat.person_id.in_(known), Chat.is_reachable
    )
    have = set(await session.scalars(query))
    return [person for person_id, person in known.items() if person_id in have]


async def seconders(session: AsyncSession, action: Action, area: Area, author_id: int, on: date) -> list[Person]:
    """Who may give the second word (`action`) on what somebody sends in an area, and can be reached: never himself."""
    rows = await holders(session, tuple(ALLOWED[action]), ancestor_paths(area.path), on)
    return await reached(session, [person for person, _, _ in rows if person.id != author_id])


async def _nearest(
    session: AsyncSession, roles: Sequence[Role], area: Area, on: date, *, but_not: int | None = None
) -> list[Person]:
    """The holders, in an area or above it, of the first of `roles` that anybody holds there."""
    for role in roles:
        rows = await holders(session, [role], ancestor_paths(area.path), on)
        found = {person.id: person for person, _, _ in rows if person.id != but_not}
        if found:
            return list(found.values())
    return []


async def along(session: AsyncSession, area: Area) -> list[Area]:
    """The areas that an area lies in, the root first, itself last."""
    ids = ancestor_ids(area.path)
    found = {row.id: row for row in await session.scalars(select(Area).where(Area.id.in_(ids)))}
    return [found[area_id] for area_id in ids]


async def area_at(session: AsyncSession, area: Area, level: Level) -> Area | None:
    """The area of a level that an area lies in (itself included)."""
    query = select(Area).where(Area.id.in_(ancestor_ids(area.path)), Area.level == level)
    return (await session.execute(query)).scalar_one_or_none()
