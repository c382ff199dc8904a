"""What of a county's month is still open before it is locked: reasons, corrections and leave that wait. Clause 三（二）."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.calendar import month_of
from storage import matters
from storage.matters import MatterKind
from storage.people import ancestor_ids
from storage.tables import Area, LeaveRequest, LeaveState, Person


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something of a month that waits for a decision; `kind` None: a leave."""

    kind: MatterKind | None
    name: str
    village: str
    township_id: int
    on: date


async def waiting(session: AsyncSession, viewer: Viewer, area: Area, month: date) -> list[Waiting]:
    """What waits for a decision and speaks of days of a month, in an area, the oldest day first.

    Raises `Refusal(NOT_ALLOWED)` where the viewer may not have its sheet.
    """
    require(viewer, Action.ATTENDANCE_EXPORT, Target(area.path))
    first, last = month_of(month)
    found = [
        Waiting(one.kind, one.name, one.village, ancestor_ids(one.village_path)[-2], one.on)
        for one in await matters.waiting(session, area.path)
        if first <= one.on <= last
    ]
    query = (
        select(Person.name, Area.name, Area.parent_id, LeaveRequest.from_on)
        .select_from(LeaveRequest)
        .join(Person, LeaveRequest.person_id == Person.id)
        .join(Area, LeaveRequest.village_id == Area.id)
        .where(
            LeaveRequest.state == LeaveState.WAITING,
            LeaveRequest.from_on <= last,
            LeaveRequest.to_on >= first,
            Area.path.startswith(area.path),
        )
    )
    for name, village, township_id, from_on in await session.execute(query):
        found.append(Waiting(None, name, village, township_id or area.id, max(from_on, first)))
    return sorted(found, key=lambda one: (one.on, one.name))


async def townships(session: AsyncSession, found: Sequence[Waiting]) -> list[tuple[Area, int]]:
    """How much waits in each township, by its code."""
    query = select(Area).where(Area.id.in_({one.township_id for one in found})).order_by(Area.code)
    return [(area, sum(one.township_id == area.id for one in found)) for area in await session.scalars(query)]
