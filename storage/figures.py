"""报数: requests, their fields, one's own, and the answers that stand. 国办函〔2026〕12号."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus
from policy.audience import Audience
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.figures import HUNDRED, STAYS_OPEN, Field, Source, Value, is_open
from policy.refusals import Code, Refusal
from storage import presence
from storage.headcount import named_within
from storage.people import ancestor_ids
from storage.tables import Area, FigureAsked, FigureField, FigureReply, FigureRequest, FigureReview, FigureValue, Person

SUBJECT = "figures:{id}"
"""The cards of all who are asked and have not answered."""
APART = "figures:{id}:{asked}"
"""The cards of one team that has answered: what it changes later leaves the others alone."""
PROGRESS = "figures:{id}:progress"
RELEASED = or_(FigureRequest.review.is_(None), FigureRequest.review == FigureReview.CONFIRMED)
"""`is_released`, in queries."""


class Mine(NamedTuple):
    """What is asked of a team or a person, with the request and the village."""

    asked: FigureAsked
    request: FigureRequest
    village: Area


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as far as a viewer sees it: `paths` are the areas whose answers are his to see, `named` those in which
    he may be told names: never above a county.
    """

    request: FigureRequest
    area: Area
    paths: tuple[str, ...]
    named: tuple[str, ...]

    def shows_names(self, path: str) -> bool:
        """Whether people of an area may be named to him."""
        return path.startswith(self.named)

    @property
    def is_whole(self) -> bool:
        """Whether he sees all of it, and not only his township's part."""
        return self.paths == (self.area.path,)


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer that stands: by whom, when, and its values by the place of the field."""

    reply: FigureReply
    name: str
    values: dict[int, Value]


class Recent(NamedTuple):
    """A request in a list, with how many of the viewer's part are asked and have answered."""

    request: FigureRequest
    asked: int
    replied: int


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, request_id: int
) -> tuple[FigureRequest, Area, Role | None]:
    """A request with its area, and the role in which `viewer` may do `action` on the whole of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF (to confirm one's own).
    """
    request = await session.get(FigureRequest, request_id)
    if request is None:
        raise Refusal(Code.NOT_FOUND)
    area = await session.get_one(Area, request.area_id)
    return request, area, require(viewer, action, Target(area.path, request.by_id))


async def seen(session: AsyncSession, viewer: Viewer, action: Action, request_id: int) -> Seen:
    """A request as far as `viewer` may do `action` on its answers: the whole, or the part that lies in his areas.

    Raises `Refusal(NOT_FOUND)` for what isn't there and for what isn't his alike.
    """
    request = await session.get(FigureRequest, request_id)
    if request is None:
        raise Refusal(Code.NOT_FOUND)
    area = await session.get_one(Area, request.area_id)
    paths, named = viewer.paths(action), await named_within(session, viewer, action)
    if area.path.startswith(paths):
        return Seen(request, area, (area.path,), named)
    parts = tuple(path for path in paths if path.startswith(area.path))
    if not parts or not await _is_asked(session, request_id, parts):
        raise Refusal(Code.NOT_FOUND)
    return Seen(request, area, parts, named)


async def _is_asked(session: AsyncSession, request_id: int, paths: Collection[str]) -> bool:
    query = select(exists().where(FigureAsked.request_id == request_id, village_in(paths)))
    return bool((await session.execute(query)).scalar_one())


def village_in(paths: Collection[str]) -> ColumnElement[bool]:
    """The condition that what is asked lies in one of these areas."""
    inside = select(Area.id).where(or_(False, *(Area.path.startswith(path) for path in paths)))
    return FigureAsked.village_id.in_(inside)


async def chosen(session: AsyncSession, request: FigureRequest) -> list[Area]:
    """The areas within its own that a request was limited to, by code; none: it asks all of its own."""
    area_ids = set(Audience.load(request.audience).area_ids) - {request.area_id}
    if not area_ids:
        return []
    return list(await session.scalars(select(Area).where(Area.id.in_(area_ids)).order_by(Area.code)))


async def scope(session: AsyncSession, seen: Seen) -> list[Area]:
    """The areas that are asked, as far as the viewer sees them, by code: the request's, those chosen, or his part."""
    asked = await chosen(session, seen.request) or [seen.area]
    parts = await session.scalars(select(Area).where(Area.path.in_(seen.paths)).order_by(Area.code))
    found = {
        lower.id: lower
        for part in parts
        for area in asked
        for lower in (max(part, area, key=lambda one: len(one.path)),)
        if lower.path.startswith(part.path) and lower.path.startswith(area.path)
    }
    return sorted(found.values(), key=lambda area: area.code)


async def fields(session: AsyncSession, request_id: int) -> list[FigureField]:
    """What a request asks, in order."""
    query = select(FigureField).where(FigureField.request_id == request_id).order_by(FigureField.place)
    return list(await session.scalars(query))


def as_asked(row: FigureField) -> Field:
    """A field as the rules know it."""
    return Field(
        row.title,
        row.kind,
        row.unit,
        row.low,
        row.high,
        row.decimals,
        tuple(row.choices),
        row.basis,
        row.source,
    )


async def mine(session: AsyncSession, viewer: Viewer, action: Action, asked_id: int) -> Mine:
    """What is asked of a team `viewer` is of, or of himself. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    query = (
        select(FigureAsked, FigureRequest, Area)
        .join(FigureRequest, FigureAsked.request_id == FigureRequest.id)
        .join(Area, FigureAsked.village_id == Area.id)
        .where(FigureAsked.id == asked_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    found = Mine(*row)
    require(viewer, action, Target(found.village.path))
    if found.asked.person_id not in {None, viewer.person_id}:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
    return found


async def open_of(session: AsyncSession, viewer: Viewer, now: datetime) -> list[Mine]:
    """What is asked of `viewer` or of his teams and still open: what is missing first, then by due time."""
    query = _asked_of(viewer).where(
        FigureRequest.closed_at.is_(None),
        FigureRequest.withdrawn_at.is_(None),
        FigureRequest.due_at > now - STAYS_OPEN,
    )
    query = query.order_by(FigureAsked.replied_at.is_not(None), FigureRequest.due_at, FigureAsked.id)
    return [Mine(*row) for row in await session.execute(query)]


async def lately_over(session: AsyncSession, viewer: Viewer, now: datetime, limit: int) -> list[Mine]:
    """What was asked of `viewer` or of his teams, was due within two months and is over; the newest first."""
    is_over = or_(
        FigureRequest.closed_at.is_not(None),
        FigureRequest.withdrawn_at.is_not(None),
        FigureRequest.due_at <= now - STAYS_OPEN,
    )
    query = _asked_of(viewer).where(is_over, FigureRequest.due_at > now - 2 * STAYS_OPEN)
    query = query.order_by(FigureRequest.sent_at.desc(), FigureAsked.id).limit(limit)
    return [Mine(*row) for row in await session.execute(query)]


def _asked_of(viewer: Viewer) -> Select[FigureAsked, FigureRequest, Area]:
    villages = {grant.area_id for grant in viewer.holds(TEAM)}
    return (
        select(FigureAsked, FigureRequest, Area)
        .join(FigureRequest, FigureAsked.request_id == FigureRequest.id)
        .join(Area, FigureAsked.village_id == Area.id)
        .where(
            FigureAsked.village_id.in_(villages),
            or_(FigureAsked.person_id.is_(None), FigureAsked.person_id == viewer.person_id),
        )
    )


async def standing(session: AsyncSession, asked_id: int) -> Standing | None:
    """The answer that stands; None: missing."""
    query = (
        select(FigureReply, Person.name)
        .join(Person, FigureReply.by_id == Person.id)
        .where(FigureReply.asked_id == asked_id, FigureReply.replaced_at.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    reply, name = row
    return Standing(reply, name, (await values(session, [reply.id])).get(reply.id, {}))


async def values(session: AsyncSession, reply_ids: Collection[int]) -> dict[int, dict[int, Value]]:
    """What replies say, by the place of the field."""
    query = (
        select(FigureValue.reply_id, FigureField.place, FigureValue.number, FigureValue.words)
        .join(FigureField, FigureValue.field_id == FigureField.id)
        .where(FigureValue.reply_id.in_(reply_ids))
    )
    found: dict[int, dict[int, Value]] = {}
    for reply_id, place, number, words in await session.execute(query):
        found.setdefault(reply_id, {})[place] = number if number is not None else words or ""
    return found


async def recent(session: AsyncSession, viewer: Viewer, action: Action, limit: int) -> list[Recent]:
    """The newest requests of `viewer`'s areas, and those from above that ask somebody of his; not the withdrawn."""
    paths = viewer.paths(action)
    if not paths:
        return []
    above = {area_id for path in paths for area_id in ancestor_ids(path)[:-1]}
    inside = or_(*(Area.path.startswith(path) for path in paths))
    of_his = exists().where(FigureAsked.request_id == FigureRequest.id, village_in(paths))
    query = (
        select(FigureRequest)
        .join(Area, FigureRequest.area_id == Area.id)
        .where(FigureRequest.withdrawn_at.is_(None), or_(inside, FigureRequest.area_id.in_(above) & of_his))
        .order_by(FigureRequest.sent_at.desc(), FigureRequest.id.desc())
        .limit(limit)
    )
    requests = list(await session.scalars(query))
    counts = await _counts(session, [request.id for request in requests], paths)
    return [Recent(request, *counts.get(request.id, (0, 0))) for request in requests]


async def _counts(
    session: AsyncSession, request_ids: Sequence[int], paths: Collection[str]
) -> dict[int, tuple[int, int]]:
    query = (
        select(FigureAsked.request_id, func.count(), func.count(FigureAsked.replied_at))
        .where(FigureAsked.request_id.in_(request_ids), village_in(paths))
        .group_by(FigureAsked.request_id)
    )
    return {request_id: (asked, replied) for request_id, asked, replied in await session.execute(query)}


_STATUS = {
    Source.ON_DUTY: HalfStatus.ON_DUTY,
    Source.TRIP: HalfStatus.OFFICIAL_TRIP,
    Source.LEAVE: HalfStatus.LEAVE,
}


async def known(
    session: AsyncSession, viewer: Viewer, village: Area, asked: Sequence[Field], now: datetime
) -> dict[int, Value]:
    """What the system knows of a team today, by the place of the field that asks for it; only to be confirmed.

    Raises `Refusal(NOT_FOUND)` for a team that `viewer` may not see.
    """
    sources = {place: field.source for place, field in enumerate(asked) if field.source is not None}
    if not sources:
        return {}
    team = await presence.team(session, viewer, village, now)
    found: dict[int, Value] = {}
    for place, source in sources.items():
        people = [each for each in team.members if source is Source.TEAM or each.status is _STATUS[source]]
        found[place] = len(people) * HUNDRED
    return found


def takes_answers(request: FigureRequest, now: datetime) -> bool:
    """Whether a request is out and still open."""
    return is_released(request) and is_open(request.due_at, request.closed_at, request.withdrawn_at, now)


def is_released(request: FigureRequest) -> bool:
    """Whether a request may go out: nobody's second word was needed, or it has been given."""
    return request.review in {None, FigureReview.CONFIRMED}


def awaits_word(request: FigureRequest) -> bool:
    """Whether a request still waits for the second person's word."""
    return request.review is FigureReview.WAITING and request.withdrawn_at is None
