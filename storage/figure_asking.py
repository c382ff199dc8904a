"""报数 on its way: whom a request is still to be put to, who of a team gets it, and who is still missing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.audience import Audience
from policy.authority import Action, Role, Target, Viewer, require
from policy.delivery import opens_at
from policy.figures import STAYS_OPEN, Each
from storage import leave
from storage.audience import paths_of
from storage.batch import of
from storage.calendars import county_calendar
from storage.figures import APART, RELEASED, SUBJECT
from storage.headcount import posted
from storage.outbox import HAD, ON_ITS_WAY
from storage.tables import Area, Chat, FigureAsked, FigureRequest, Outbox, OutboxState, PersonRole


class Posted(NamedTuple):
    """Somebody of a team; `is_reachable`: he has an account that takes messages."""

    village_id: int
    person_id: int
    role: Role
    is_reachable: bool


async def size(session: AsyncSession, viewer: Viewer, action: Action, audience: Audience, each: Each, on: date) -> int:
    """How many teams or people would be asked on a day. Raises `Refusal(NOT_ALLOWED)` where an area is not his."""
    paths = await paths_of(session, viewer, action, audience)
    what = PersonRole.area_id if each is Each.TEAM else PersonRole.person_id
    query = select(func.count(what.distinct())).join(Area, PersonRole.area_id == Area.id)
    return (await session.execute(query.where(_inside(paths), *posted(on)))).scalar_one()


async def recipients(
    session: AsyncSession, viewer: Viewer, action: Action, audience: Audience, each: Each, on: date
) -> int:
    """How many people would get the question on a day. Raises `Refusal(NOT_ALLOWED)` as `size`."""
    if each is Each.PERSON:
        return await size(session, viewer, action, audience, each, on)
    paths = await paths_of(session, viewer, action, audience)
    query = select(PersonRole.area_id).distinct().join(Area, PersonRole.area_id == Area.id)
    villages = list(await session.scalars(query.where(_inside(paths), *posted(on))))
    return sum(len(who_gets_it(team)) for team in (await teams(session, villages, on)).values())


def _inside(paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(False, *(Area.path.startswith(path) for path in paths))


async def villages_to_ask(
    session: AsyncSession, request: FigureRequest, paths: Sequence[str], on: date, limit: int
) -> list[int]:
    """The next villages, by code, in which a team is posted that has not been asked yet."""
    held = exists().where(PersonRole.area_id == Area.id, *posted(on))
    known = exists().where(FigureAsked.request_id == request.id, FigureAsked.village_id == Area.id)
    query = select(Area.id).where(_inside(paths), held, ~known).order_by(Area.code).limit(limit)
    return list(await session.scalars(query))


async def people_to_ask(
    session: AsyncSession, request: FigureRequest, paths: Sequence[str], on: date, limit: int
) -> dict[int, int]:
    """The next people who have not been asked yet, with the village by which they are; the first of several."""
    known = exists().where(FigureAsked.request_id == request.id, FigureAsked.person_id == PersonRole.person_id)
    query = (
        select(PersonRole.person_id, PersonRole.area_id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(_inside(paths), *posted(on), ~known)
        .order_by(Area.code, PersonRole.id)
        .limit(limit)
    )
    found: dict[int, int] = {}
    for person_id, village_id in await session.execute(query):
        found.setdefault(person_id, village_id)
    return found


async def teams(session: AsyncSession, village_ids: Collection[int], on: date) -> dict[int, list[Posted]]:
    """The people of some villages' teams on a day, by village, with who can be reached on the session's channel."""
    mine = (Chat.person_id == PersonRole.person_id) & (Chat.channel == session.info["channel"])
    query = (
        select(PersonRole.area_id, PersonRole.person_id, PersonRole.role, Chat.is_reachable, leave.stands_in(on))
        .outerjoin(Chat, mine)
        .where(PersonRole.area_id.in_(village_ids), *posted(on))
        .order_by(PersonRole.starts_on, PersonRole.id)
    )
    found: dict[int, dict[int, Posted]] = {village_id: {} for village_id in village_ids}
    for village_id, person_id, held_role, is_reachable, is_deputy in await session.execute(query):
        role = Role.FIRST_SECRETARY if is_deputy else held_role  # 交接: asked like him meanwhile
        known = found[village_id].get(person_id)
        if known is None or role is Role.FIRST_SECRETARY:
            found[village_id][person_id] = Posted(village_id, person_id, role, bool(is_reachable))
    return {village_id: list(people.values()) for village_id, people in found.items()}


def who_gets_it(team: Sequence[Posted]) -> list[int]:
    """Of a team the first secretary alone; where there is none who can be reached, the others who can.

    Where nobody can, all of them: they are told once they have an account.
    """
    reachable = [each for each in team if each.is_reachable]
    firsts = [each.person_id for each in reachable if each.role is Role.FIRST_SECRETARY]
    return firsts or [each.person_id for each in reachable or team]


async def missing(session: AsyncSession, request: FigureRequest, limit: int) -> list[FigureAsked]:
    """The first who have not answered."""
    query = select(FigureAsked).where(*_missing(request))
    return list(await session.scalars(query.order_by(FigureAsked.id).limit(limit)))


def _missing(request: FigureRequest) -> tuple[ColumnElement[bool], ...]:
    return FigureAsked.request_id == request.id, FigureAsked.replied_at.is_(None)


def key_of(request_id: int, asked_id: int, nth: int) -> str:
    """The natural key under which the question (`nth` 0) or its nth reminder is told; the person's id follows."""
    return f"{APART.format(id=request_id, asked=asked_id)}:{nth}"


def _question_key(request: FigureRequest) -> ColumnElement[str]:
    """The natural key of the row by which a person of a role is asked for a team, in a query over both."""
    start = literal(f"{SUBJECT.format(id=request.id)}:") + cast(FigureAsked.id, String)
    return start + literal(":0:to:") + cast(PersonRole.person_id, String)


def _told(request: FigureRequest, states: Collection[OutboxState], on: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions that somebody of a team that is asked, or asked himself, has a row with the question that stands so."""
    return (
        PersonRole.area_id == FigureAsked.village_id,
        or_(FigureAsked.person_id.is_(None), FigureAsked.person_id == PersonRole.person_id),
        Outbox.natural_key == _question_key(request),
        Outbox.state.in_(states),
        *posted(on),
    )


def _reachable(session: AsyncSession) -> ColumnElement[bool]:
    chat = select(Chat.person_id).where(Chat.channel == session.info["channel"], Chat.is_reachable)
    return PersonRole.person_id.in_(chat.where(Chat.person_id.is_not(None)))


async def remindable(session: AsyncSession, request: FigureRequest, on: date) -> int:
    """How many have the question, can be reached, and have not answered."""
    holds = exists().where(*_told(request, HAD, on), _reachable(session))
    return (await session.execute(select(func.count()).where(*_missing(request), holds))).scalar_one()


async def to_remind(
    session: AsyncSession, request: FigureRequest, on: date, limit: int
) -> dict[FigureAsked, list[int]]:
    """The next of those to whom the request's last reminder has not gone out, with the people who have the question."""
    holds = (*_told(request, HAD, on), _reachable(session))
    query = select(FigureAsked).where(
        *_missing(request), FigureAsked.reminded < request.reminders, exists().where(*holds)
    )
    found = {one.id: one for one in await session.scalars(query.order_by(FigureAsked.id).limit(limit))}
    people = select(FigureAsked.id, PersonRole.person_id).distinct().where(FigureAsked.id.in_(found), *holds)
    to: dict[FigureAsked, list[int]] = {one: [] for one in found.values()}
    for asked_id, person_id in await session.execute(people.order_by(FigureAsked.id, PersonRole.person_id)):
        to[found[asked_id]].append(person_id)
    return to


async def unheard(
    session: AsyncSession, request: FigureRequest, on: date, limit: int, villages: Collection[int] | None = None
) -> list[FigureAsked]:
    """The next of those missing teams of which nobody who can be reached has the question, though somebody could."""
    heard = exists().where(*_told(request, ON_ITS_WAY, on), _reachable(session))
    another = aliased(Outbox)
    key = _question_key(request)
    could = exists().where(
        PersonRole.area_id == FigureAsked.village_id,
        *posted(on),
        _reachable(session),
        ~exists().where(another.natural_key == key),
    )
    query = select(FigureAsked).where(*_missing(request), FigureAsked.person_id.is_(None), ~heard, could)
    if villages is not None:
        query = query.where(FigureAsked.village_id.in_(villages))
    return list(await session.scalars(query.order_by(FigureAsked.id).limit(limit)))


async def untold(
    session: AsyncSession, request: FigureRequest, asked: Sequence[FigureAsked], on: date
) -> dict[int, list[Posted]]:
    """People of the teams that are asked who can be reached and were never told, by the id of what was asked."""
    by_village = await teams(session, {one.village_id for one in asked}, on)
    keys = {
        f"{key_of(request.id, one.id, 0)}:to:{each.person_id}": (one.id, each)
        for one in asked
        for each in by_village[one.village_id]
        if each.is_reachable
    }
    known = set(await session.scalars(select(Outbox.natural_key).where(Outbox.natural_key.in_(keys))))
    found: dict[int, list[Posted]] = {one.id: [] for one in asked}
    for key, (asked_id, each) in keys.items():
        if key not in known:
            found[asked_id].append(each)
    return found


async def open_requests(session: AsyncSession, now: datetime) -> list[FigureRequest]:
    """Requests that still take answers, the oldest first. For the software's own chores."""
    query = select(FigureRequest).where(
        RELEASED,
        FigureRequest.closed_at.is_(None),
        FigureRequest.withdrawn_at.is_(None),
        FigureRequest.due_at > now - STAYS_OPEN,
    )
    return list(await session.scalars(query.order_by(FigureRequest.id)))


async def villages_of(session: AsyncSession, person_id: int, on: date) -> list[int]:
    """The villages in whose teams somebody is."""
    return list(await session.scalars(select(PersonRole.area_id).where(PersonRole.person_id == person_id, *posted(on))))


async def has_question(session: AsyncSession, asked: FigureAsked, person_id: int) -> bool:
    """Whether somebody has the question before him."""
    key = f"{key_of(asked.request_id, asked.id, 0)}:to:{person_id}"
    query = select(Outbox.id).where(Outbox.natural_key == key, Outbox.state.in_(HAD))
    return (await session.execute(query)).first() is not None


async def unreached(session: AsyncSession, request: FigureRequest, on: date) -> int:
    """How many of those missing the question has not reached and will not, as things stand."""
    told = exists().where(*_told(request, ON_ITS_WAY, on))
    return (await session.execute(select(func.count()).where(*_missing(request), ~told))).scalar_one()


async def asked_count(session: AsyncSession, request: FigureRequest) -> int:
    """How many have been asked so far."""
    query = select(func.count()).where(FigureAsked.request_id == request.id)
    return (await session.execute(query)).scalar_one()


async def missing_count(session: AsyncSession, request: FigureRequest) -> int:
    """How many have not answered."""
    query = select(func.count()).where(*_missing(request))
    return (await session.execute(query)).scalar_one()


async def answered(session: AsyncSession, request: FigureRequest) -> list[int]:
    """What has been answered, by the id of what was asked."""
    query = select(FigureAsked.id).where(FigureAsked.request_id == request.id, FigureAsked.replied_at.is_not(None))
    return list(await session.scalars(query))


async def goes_out(session: AsyncSession, area: Area, now: datetime) -> datetime:
    """When what is sent now can reach people of an area: now, or when its quiet hours end. Local."""
    local = await of(session).local(area, now)
    profile = await of(session).profile(area, local.date())
    calendar = await county_calendar(session, area, {local.year, local.year + 1})
    return opens_at(local, profile, calendar) or local


async def below(session: AsyncSession, viewer: Viewer, action: Action, area: Area) -> list[Area]:
    """The areas right below one, by code. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, action, Target(area.path))
    return list(await session.scalars(select(Area).where(Area.parent_id == area.id).order_by(Area.code)))
