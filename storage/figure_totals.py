"""报数 as it fills up: how many have answered, sums and counts by area, who has and who hasn't. Clause 三（一）.

Lists go by area code and rank nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import Action, Target, Viewer, grant_for
from policy.figures import FieldKind, Value
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage.figures import Seen, fields, values, village_in
from storage.people import ancestor_ids
from storage.tables import Area, FigureAsked, FigureField, FigureReply, FigureValue, Person


@dataclass(frozen=True, slots=True)
class Total:
    """One field over all answers that stand: the sum in hundredths, or how often each choice was made."""

    field: FigureField
    number: int
    choices: dict[str, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is in some areas. `late` counts among `replied`."""

    asked: int
    replied: int
    late: int
    totals: tuple[Total, ...]


class Branch(NamedTuple):
    """An area below another, and how far it is."""

    id: int
    name: str
    level: Level
    asked: int
    replied: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A team or a person that is asked. `name` is the person's; the rest is None and empty while it is missing.

    Names, `by` too, are None where the viewer sees none.
    """

    asked_id: int
    township: str | None
    village: str
    name: str | None
    by: str | None
    at: datetime | None
    is_late: bool
    values: dict[int, Value]


async def progress(session: AsyncSession, seen: Seen, paths: Collection[str] | None = None) -> Progress:
    """How far a request is in the areas of `seen`, or in some below them."""
    inside = village_in(seen.paths if paths is None else paths)
    of_request = FigureAsked.request_id == seen.request.id
    counted = select(func.count(), func.count(FigureAsked.replied_at)).where(of_request, inside)
    asked, replied = (await session.execute(counted)).one()
    stands = FigureReply.replaced_at.is_(None)
    lately = select(func.count(FigureReply.id)).join(FigureAsked, FigureReply.asked_id == FigureAsked.id)
    late = (await session.execute(lately.where(of_request, inside, stands, FigureReply.is_late))).scalar_one()
    sums = _values(select(FigureValue.field_id, func.sum(FigureValue.number))).where(of_request, inside, stands)
    numbers = dict((await session.execute(sums.group_by(FigureValue.field_id))).all())
    choices = await _choices(session, of_request, inside, stands)
    totals = [
        Total(field, int(numbers.get(field.id) or 0), {c: choices.get((field.id, c), 0) for c in field.choices})
        for field in await fields(session, seen.request.id)
    ]
    return Progress(asked, replied, late, tuple(totals))


def _values(query: Any) -> Any:
    return query.join(FigureReply, FigureValue.reply_id == FigureReply.id).join(
        FigureAsked, FigureReply.asked_id == FigureAsked.id
    )


async def _choices(session: AsyncSession, *conditions: Any) -> dict[tuple[int, str], int]:
    query = _values(select(FigureValue.field_id, FigureValue.words, func.count()))
    query = query.join(FigureField, FigureValue.field_id == FigureField.id)
    query = query.where(*conditions, FigureField.kind == FieldKind.CHOICE)
    rows = await session.execute(query.group_by(FigureValue.field_id, FigureValue.words))
    return {(field_id, words or ""): count for field_id, words, count in rows}


async def area_for(session: AsyncSession, viewer: Viewer, seen: Seen, area_id: int) -> Area:
    """An area of the request, if it is the viewer's to see. Raises `Refusal(NOT_FOUND)`."""
    area = await session.get(Area, area_id)
    if area is None or not area.path.startswith(seen.area.path):
        raise Refusal(Code.NOT_FOUND)
    if viewer.system_path is None and grant_for(viewer, Action.FIGURES_VIEW, Target(area.path)) is None:
        raise Refusal(Code.NOT_FOUND)
    return area


async def branches(session: AsyncSession, seen: Seen, area: Area) -> list[Branch]:
    """The areas right below one in which somebody is asked, by code."""
    query = (
        select(Area.path, func.count(), func.count(FigureAsked.replied_at))
        .join(Area, FigureAsked.village_id == Area.id)
        .where(FigureAsked.request_id == seen.request.id, Area.path.startswith(area.path))
        .group_by(Area.path)
    )
    counts: dict[int, tuple[int, int]] = {}
    for path, asked, replied in await session.execute(query):
        lower = ancestor_ids(path.removeprefix(area.path))
        if lower:
            before = counts.get(lower[0], (0, 0))
            counts[lower[0]] = before[0] + asked, before[1] + replied
    below = select(Area).where(Area.parent_id == area.id).order_by(Area.code)
    return [
        Branch(row.id, row.name, row.level, *counts[row.id]) for row in await session.scalars(below) if row.id in counts
    ]


async def units(
    session: AsyncSession,
    seen: Seen,
    paths: Collection[str] | None = None,
    *,
    only_missing: bool = False,
    offset: int = 0,
    limit: int = 1_000,
) -> list[Unit]:
    """Who is asked in the areas of `seen` or in some below them, by area code, a page at a time."""
    person, by, above = aliased(Person), aliased(Person), aliased(Area)
    query = (
        select(
            FigureAsked.id,
            above.name,
            Area.name,
            Area.path,
            person.name,
            by.name,
            FigureReply.id,
            FigureReply.at,
            FigureReply.is_late,
        )
        .join(Area, FigureAsked.village_id == Area.id)
        .outerjoin(above, Area.parent_id == above.id)
        .outerjoin(person, FigureAsked.person_id == person.id)
        .outerjoin(FigureReply, (FigureReply.asked_id == FigureAsked.id) & FigureReply.replaced_at.is_(None))
        .outerjoin(by, FigureReply.by_id == by.id)
        .where(FigureAsked.request_id == seen.request.id, village_in(seen.paths if paths is None else paths))
        .order_by(Area.code, FigureAsked.id)
    )
    if only_missing:
        query = query.where(FigureAsked.replied_at.is_(None))
    rows = (await session.execute(query.offset(offset).limit(limit))).all()
    said = await values(session, [row[6] for row in rows])
    found: list[Unit] = []
    for asked_id, township, village, path, name, by_name, reply_id, at, is_late in rows:
        who, by_whom = (name, by_name) if seen.shows_names(path) else (None, None)
        found.append(Unit(asked_id, township, village, who, by_whom, at, bool(is_late), said.get(reply_id, {})))
    return found


async def place(session: AsyncSession, seen: Seen, area: Area) -> int:
    """How many areas with somebody asked stand before this one below the same area, by code."""
    parent = await session.get(Area, area.parent_id) if area.parent_id is not None else None
    if parent is None:
        return 0
    ids = [branch.id for branch in await branches(session, seen, parent)]
    return ids.index(area.id) if area.id in ids else 0
