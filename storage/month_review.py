"""What of a county's month is still open before it is locked: reasons, corrections and leave that wait. Clause 三（二）."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import Tally
from policy.authority import Action, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import matters, month_locks, months, settling
from storage.batch import of
from storage.matters import MatterKind
from storage.people import ancestor_ids, within
from storage.tables import Area, LeaveRequest, LeaveState, MonthLock, Person


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


@dataclass(frozen=True, slots=True)
class Review:
    """A month of an area as it is looked over: the totals, what waits and where, the lock."""

    area: Area
    month: date
    today: date
    tally: Tally
    people: int
    unverified: int
    """People of whom some half-day is 待核实."""
    waiting: tuple[Waiting, ...]
    by_township: tuple[tuple[Area, int], ...]
    to_ask: int
    """People who may be asked by name about half-days that are 待核实."""
    findings: int
    """Findings about the month that nobody has ruled on."""
    lock: MonthLock | None
    locked_at: datetime | None
    """By the area's clocks."""
    locked_by: str | None


async def review(session: AsyncSession, viewer: Viewer, area: Area, month: date, now: datetime) -> Review:
    """Look a month of a county or a township over. Raises `Refusal(NOT_ALLOWED)`."""
    totals, people, unverified = Counter[str](), 0, 0
    async for person in months.of_area(session, viewer, Action.ATTENDANCE_EXPORT, area, month, now):
        of_person = person.month.tally()
        people += 1
        unverified += bool(of_person.unverified)
        totals.update(asdict(of_person))
    found = await waiting(session, viewer, area, month)
    lock = await month_locks.lock_of(session, area, month)
    by = await session.get(Person, lock.locked_by_id) if lock is not None and lock.locked_by_id is not None else None
    return Review(
        area=area,
        month=month.replace(day=1),
        today=(await of(session).local(area, now)).date(),
        tally=Tally(**totals),
        people=people,
        unverified=unverified,
        waiting=tuple(found),
        by_township=tuple(await townships(session, found)),
        to_ask=len(await settling.unsettled(session, viewer, area, month, now)),
        findings=len(await settling.findings(session, viewer, area, month)),
        lock=lock,
        locked_at=await of(session).local(area, lock.locked_at) if lock is not None else None,
        locked_by=by.name if by is not None else None,
    )


async def places(session: AsyncSession, viewer: Viewer) -> list[Area]:
    """Where a viewer looks months over, by code: the counties that are his, else the townships."""
    paths = viewer.paths(Action.ATTENDANCE_EXPORT)
    levels = (Level.COUNTY, Level.TOWNSHIP)
    query = select(Area).where(within(paths), Area.level.in_(levels)).order_by(Area.code)
    found = list(await session.scalars(query)) if paths else []
    return [area for area in found if area.level is Level.COUNTY] or found


async def place(session: AsyncSession, viewer: Viewer, area_id: int) -> Area:
    """A county or township whose months are the viewer's to look over. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    area = await session.get(Area, area_id)
    if area is None or area.level not in {Level.COUNTY, Level.TOWNSHIP}:
        raise Refusal(Code.NOT_FOUND)
    require(viewer, Action.ATTENDANCE_EXPORT, Target(area.path))
    return area
