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
    """One person's open matter about some half-days of a day."""

    kind: MatterKind
    person_id: int
    name: str
    village: str
    village_code: str
    on: date
    halves: frozenset[Half]


async def open_matters(session: AsyncSession, area: Area, on: date, before_on: date | None) -> list[Matter]:
    """Everything below an area that waits for somebody: decisions however old, objections about these two days.

    The caller has checked that the area is the viewer's.
    """
    dates = [day for day in (before_on, on) if day is not None]
    found = [
        _matter(MatterKind.EXPLANATION, who, row.on, frozenset(Half) if row.whole_day else frozenset({row.half}))
        for row, *who in await session.execute(
            _with_names(Explanation, area).where(Explanation.verdict == Verdict.PENDING, Explanation.on <= on)
        )
    ]
    pending = _with_names(CheckInCorrection, area).where(
        CheckInCorrection.verdict == Verdict.PENDING, CheckInCorrection.on <= on
    )
    for row, *who in await session.execute(pending):
        halves = {half for half, asked in ((Half.AM, row.am), (Half.PM, row.pm)) if asked}
        found.append(_matter(MatterKind.CORRECTION, who, row.on, frozenset(halves)))
    disputed = _with_names(CheckIn, area).where(CheckIn.on.in_(dates), CheckIn.objected_at.is_not(None))
    found += [
        _matter(MatterKind.CHECKIN_OBJECTION, who, row.on, frozenset(Half))
        for row, *who in await session.execute(disputed)
    ]
    doubted = _with_names(OfficialTrip, area).where(
        OfficialTrip.objected_at.is_not(None),
        OfficialTrip.cancelled_at.is_(None),
        or_(*(OfficialTrip.from_on.__le__(day) & OfficialTrip.to_on.__ge__(day) for day in dates)),
    )
    for row, *who in await session.execute(doubted):
        day = next(day for day in reversed(dates) if row.from_on <= day <= row.to_on)
        found.append(_matter(MatterKind.TRIP_OBJECTION, who, day, frozenset(Half)))
    return found


def _with_names(table: Any, area: Area) -> Select[Any]:
    return (
        select(table, Person.id, Person.name, Area.name, Area.code)
        .join(Person, table.person_id == Person.id)
        .join(Area, table.village_id == Area.id)
        .where(Area.path.startswith(area.path))
    )


def _matter(kind: MatterKind, who: list[Any], on: date, halves: frozenset[Half]) -> Matter:
    person_id, name, village, code = who
    return Matter(kind, person_id, name, village, code, on, halves)
