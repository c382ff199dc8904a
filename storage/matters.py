"""What somebody has to settle: reasons and corrections that wait, objections. The only names of a board. POLICY §2."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.calendar import Half
from storage.tables import Area, CheckIn, CheckInCorrection, Explanation, OfficialTrip, Person, Verdict


class MatterKind(StrEnum):
    """Why a name is on the board."""

    EXPLANATION = "explanation"  # a reason waits for the township
    CORRECTION = "correction"  # 补签 waits for its decision
    CHECKIN_OBJECTION = "checkin_objection"  # he says that what was recorded for him isn't so
    TRIP_OBJECTION = "trip_objection"  # the township doubts a trip
    SILENT = "silent"  # nothing known of him, where check-in is required


@dataclass(frozen=True, slots=True)
class Matter:
    """One person's open matter about some half-days of a day. `id` is that of its row; None: silence has no row."""

    kind: MatterKind
    person_id: int
    name: str
    village: str
    village_code: str
    village_path: str
    on: date
    halves: frozenset[Half]
    id: int | None = None


async def open_matters(session: AsyncSession, area: Area, on: date, before_on: date | None) -> list[Matter]:
    """Everything below an area that waits for somebody: decisions however old, objections about these two days.

    The caller has checked that the area is the viewer's.
    """
    dates = [day for day in (before_on, on) if day is not None]
    found = [matter for matter in await waiting(session, area.path) if matter.on <= on]
    disputed = _with_names(CheckIn, area.path).where(CheckIn.on.in_(dates), CheckIn.objected_at.is_not(None))
    found += [
        _matter(MatterKind.CHECKIN_OBJECTION, row.id, who, row.on, frozenset(Half))
        for row, *who in await session.execute(disputed)
    ]
    doubted = _with_names(OfficialTrip, area.path).where(
        OfficialTrip.objected_at.is_not(None),
        OfficialTrip.cancelled_at.is_(None),
        or_(*(OfficialTrip.from_on.__le__(day) & OfficialTrip.to_on.__ge__(day) for day in dates)),
    )
    for row, *who in await session.execute(doubted):
        day = next(day for day in reversed(dates) if row.from_on <= day <= row.to_on)
        found.append(_matter(MatterKind.TRIP_OBJECTION, row.id, who, day, frozenset(Half)))
    return found


async def waiting(session: AsyncSession, path: str) -> list[Matter]:
    """Reasons and corrections in an area that wait for their decision, the oldest day first. For the system and for
    callers that have checked whose area it is.
    """
    explained = _with_names(Explanation, path).where(Explanation.verdict == Verdict.PENDING)
    asked = _with_names(CheckInCorrection, path).where(CheckInCorrection.verdict == Verdict.PENDING)
    found = []
    for row, *who in await session.execute(explained):
        halves = frozenset(Half) if row.whole_day else frozenset({row.half})
        found.append(_matter(MatterKind.EXPLANATION, row.id, who, row.on, halves))
    for row, *who in await session.execute(asked):
        halves = frozenset(half for half, is_asked in ((Half.AM, row.am), (Half.PM, row.pm)) if is_asked)
        found.append(_matter(MatterKind.CORRECTION, row.id, who, row.on, halves))
    return sorted(found, key=lambda matter: (matter.on, matter.id or 0))


def _with_names(table: Any, path: str) -> Select[Any]:
    return (
        select(table, Person.id, Person.name, Area.name, Area.code, Area.path)
        .join(Person, table.person_id == Person.id)
        .join(Area, table.village_id == Area.id)
        .where(Area.path.startswith(path))
    )


def _matter(kind: MatterKind, row_id: int, who: list[Any], on: date, halves: frozenset[Half]) -> Matter:
    person_id, name, village, code, path = who
    return Matter(kind, person_id, name, village, code, path, on, halves, row_id)
