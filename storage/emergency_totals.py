"""应急: how it stands, by area as numbers and by name. Names stay within a county: above it one sees numbers (page 6)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import Action, Role, Target, Viewer, require
from policy.emergency import Answer, Source, Totals, totals
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage.emergency import Seen, below, overlap, seen, subject
from storage.headcount import named_within
from storage.outbox import counts
from storage.tables import Area, EmergencyAsked, EmergencyRollCall, OutboxState, Person, SafetyReply

Village, Township, Teller = aliased(Area), aliased(Area), aliased(Person)

SILENT = (None, Answer.UNREACHED)
"""Answers that say nothing of somebody."""


class Branch(NamedTuple):
    """An area right below the one looked at, and how its people stand."""

    area: Area
    totals: Totals


@dataclass(frozen=True, slots=True)
class View:
    """A call in one area, as its viewer sees it."""

    seen: Seen
    area: Area
    totals: Totals
    branches: tuple[Branch, ...]
    is_named: bool
    """Whether the viewer may see names here."""


class Named(NamedTuple):
    """Somebody who is asked, with the answer that stands and whose word it is."""

    person: Person
    village: str
    township: str
    role: Role
    answer: Answer | None
    source: Source | None
    said_at: datetime | None
    note: str | None
    teller: str | None
    is_taken: bool


async def view(session: AsyncSession, viewer: Viewer, roll_call_id: int, area_id: int | None = None) -> View:
    """How a call stands in an area (None: in all that is the viewer's), with the areas right below it by code.

    Raises `Refusal(NOT_FOUND)` outside the viewer's areas.
    """
    found = await seen(session, viewer, roll_call_id)
    area, paths = await _within(session, found, area_id)
    lowest = EmergencyAsked.village_id if area.level in _BY_VILLAGE else EmergencyAsked.township_id
    query = (
        select(lowest, EmergencyAsked.answer, func.count())
        .join(Village, EmergencyAsked.village_id == Village.id)
        .where(EmergencyAsked.roll_call_id == roll_call_id, _inside(paths))
        .group_by(lowest, EmergencyAsked.answer)
    )
    answers: dict[int, list[tuple[Answer | None, int]]] = defaultdict(list)
    for key, answer, people in await session.execute(query):
        answers[key].append((answer, people))
    branches = await _branches(session, area, answers)
    return View(
        found,
        area,
        sum((branch.totals for branch in branches), Totals()),
        tuple(branches),
        bool(overlap(await named_within(session, viewer, Action.EMERGENCY_VIEW), paths)),
    )


_BY_VILLAGE = frozenset({Level.TOWNSHIP, Level.VILLAGE})


async def _branches(
    session: AsyncSession, area: Area, answers: dict[int, list[tuple[Answer | None, int]]]
) -> list[Branch]:
    sums: dict[int, Totals] = defaultdict(Totals)
    for place in await session.scalars(select(Area).where(Area.id.in_(answers))):
        lower = below(area, place)
        sums[lower[0] if lower else place.id] += totals(answers[place.id])
    rows = await session.scalars(select(Area).where(Area.id.in_(sums)).order_by(Area.code))
    return [Branch(row, sums[row.id]) for row in rows]


async def _within(session: AsyncSession, found: Seen, area_id: int | None) -> tuple[Area, tuple[str, ...]]:
    """The area looked at, and the paths in it that the viewer sees."""
    if area_id is None:
        return found.area, found.paths
    area = await session.get(Area, area_id)
    paths = overlap(found.paths, [area.path]) if area is not None else ()
    if area is None or not paths:
        raise Refusal(Code.NOT_FOUND)
    return area, paths


async def named_in(session: AsyncSession, viewer: Viewer, paths: Sequence[str]) -> tuple[str, ...]:
    """The parts of `paths` where the viewer sees names. Raises `Refusal(EMERGENCY_NUMBERS_ONLY)` where there is none."""
    own = overlap(await named_within(session, viewer, Action.EMERGENCY_VIEW), paths)
    if not own:
        raise Refusal(Code.EMERGENCY_NUMBERS_ONLY, "三（一）")
    return own


def _inside(paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(Village.path.startswith(path) for path in paths))


async def undelivered(session: AsyncSession, call: EmergencyRollCall) -> int:
    """How many could not be sent the question so far: no account, or out of reach."""
    found = await counts(session, subject(call.id))
    return found[OutboxState.DROPPED] + found[OutboxState.FAILED]


async def names(
    session: AsyncSession,
    viewer: Viewer,
    roll_call_id: int,
    area_id: int | None = None,
    answers: Collection[Answer | None] | None = None,
    *,
    page: int = 0,
    size: int = 0,
) -> list[Named]:
    """People of a call by name, by village; `size` 0: all. Raises `Refusal`: NOT_FOUND, EMERGENCY_NUMBERS_ONLY."""
    found = await seen(session, viewer, roll_call_id)
    _area, paths = await _within(session, found, area_id)
    query = _people(roll_call_id, answers).where(_inside(await named_in(session, viewer, paths)))
    return await _rows(session, query.offset(page * size).limit(size) if size else query)


async def silent(
    session: AsyncSession, viewer: Viewer, roll_call_id: int, township: Area, *, page: int = 0, size: int = 0
) -> list[Named]:
    """A township's call list: of whom nothing is known. For who settles it, whatever his level.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    require(viewer, Action.EMERGENCY_SETTLE, Target(township.path))
    query = _people(roll_call_id, SILENT).where(EmergencyAsked.township_id == township.id)
    return await _rows(session, query.offset(page * size).limit(size) if size else query)


async def silent_count(session: AsyncSession, viewer: Viewer, roll_call_id: int, township: Area) -> int:
    """How many stand on a township's call list. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.EMERGENCY_SETTLE, Target(township.path))
    query = select(func.count()).where(
        EmergencyAsked.roll_call_id == roll_call_id, EmergencyAsked.township_id == township.id, _answered(SILENT)
    )
    return (await session.execute(query)).scalar_one()


def _answered(answers: Collection[Answer | None]) -> ColumnElement[bool]:
    known = EmergencyAsked.answer.in_([answer for answer in answers if answer is not None])
    return or_(known, EmergencyAsked.answer.is_(None)) if None in answers else known


def _people(roll_call_id: int, answers: Collection[Answer | None] | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(Person, EmergencyAsked, Village.name, Township.name, SafetyReply, Teller.name)
        .join(EmergencyAsked, EmergencyAsked.person_id == Person.id)
        .join(Village, EmergencyAsked.village_id == Village.id)
        .join(Township, EmergencyAsked.township_id == Township.id)
        .outerjoin(SafetyReply, EmergencyAsked.reply_id == SafetyReply.id)
        .outerjoin(Teller, SafetyReply.said_by_id == Teller.id)
        .where(EmergencyAsked.roll_call_id == roll_call_id)
        .order_by(Village.code, EmergencyAsked.role, Person.id)
    )
    return query if answers is None else query.where(_answered(answers))


async def _rows(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Named]:
    return [
        Named(
            person,
            village,
            township,
            asked.role,
            asked.answer,
            asked.source,
            reply.said_at if reply is not None else None,
            reply.note if reply is not None else None,
            teller,
            reply is not None and reply.taken_by_id is not None,
        )
        for person, asked, village, township, reply, teller in await session.execute(query)
    ]
