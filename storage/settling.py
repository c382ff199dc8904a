"""Who has half-days that are 待核实 and may be asked about them by name; what came of it. Clauses 三（二）, 三（四）."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.calendar import Half, month_of
from policy.profile import CheckInMode, mode_on
from policy.refusals import Code, Refusal
from policy.settling import FindingState, HalfDay, Outcome, may_be_named
from storage import month_locks, months
from storage.batch import of
from storage.months import PersonMonth
from storage.people import held
from storage.tables import (
    Area,
    CheckInCorrection,
    Explanation,
    Facts,
    Finding,
    Person,
    PersonRole,
    Settlement,
    Verdict,
)

HALVES = tuple(Half)
_TABLES: tuple[Any, ...] = (Explanation, CheckInCorrection)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Somebody with half-days that are 待核实. `waiting`: of these a reason or a correction waits for its decision.

    `tries`: when he was rung up in vain.
    """

    person: Person
    village: Area
    halves: tuple[HalfDay, ...]
    waiting: frozenset[HalfDay]
    tries: tuple[datetime, ...]


def written(halves: Iterable[HalfDay]) -> list[str]:
    """Half-days as rows keep them: 2026-11-24:am."""
    return [f"{on.isoformat()}:{half.value}" for on, half in sorted(halves)]


def read(halves: Iterable[str]) -> list[HalfDay]:
    """Half-days from how rows keep them."""
    return [(date.fromisoformat(text[:10]), Half(text[11:])) for text in halves]


async def unsettled(
    session: AsyncSession, viewer: Viewer, area: Area, month: date, now: datetime, only: int | None = None
) -> list[Unsettled]:
    """Whom the viewer may ask about a month in an area, by area code; `only` one person. Days that are not over, and
    oneself, are left out; of a locked month there is only who has it open again.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    require(viewer, Action.DAY_SETTLE, Target(area.path))
    villages = await _villages(session, area, month, only)
    said = await _Said.of(session, area, month)
    lock = await month_locks.lock_of(session, area, month)
    opened = await month_locks.open_for(session, lock, now) if lock is not None else frozenset()
    tries = await _tries(session, area, month)
    found = []
    async for entry in months.of_area(session, viewer, Action.DAY_SETTLE, area, month, now):
        village = villages.get(entry.person_id)
        if village is None or entry.person_id == viewer.person_id or (lock and entry.person_id not in opened):
            continue
        is_required = await _required_days(session, village, entry)
        halves = [
            half_day
            for half_day, known in _open_halves(entry)
            if may_be_named(
                pending=Facts.PENDING in known,
                required=half_day[0] in is_required,
                refused=(entry.person_id, *half_day) in said.refused,
                reopened=entry.person_id in opened,
            )
        ]
        if halves:
            waiting = frozenset(half_day for half_day in halves if (entry.person_id, *half_day) in said.waiting)
            person = await session.get_one(Person, entry.person_id)
            found.append(Unsettled(person, village, tuple(halves), waiting, tuple(tries.get(entry.person_id, ()))))
    return found


async def one(
    session: AsyncSession, viewer: Viewer, area: Area, person_id: int, month: date, now: datetime
) -> Unsettled | None:
    """One of `unsettled`; None: nothing of his is to be asked about (any more)."""
    return next(iter(await unsettled(session, viewer, area, month, now, only=person_id)), None)


def _open_halves(entry: PersonMonth) -> list[tuple[HalfDay, Facts]]:
    """The half-days of days that are over of which nothing is proved, with what is known of them."""
    sheet = entry.month.sheet
    found = []
    for nth, status in enumerate(entry.month.statuses()):
        on = sheet.days()[nth // 2] if status is HalfStatus.UNVERIFIED else None
        if on is not None and on < sheet.today:
            found.append(((on, HALVES[nth % 2]), Facts(entry.month.facts[nth])))
    return found


async def _required_days(session: AsyncSession, village: Area, entry: PersonMonth) -> set[date]:
    """Days of the month on which check-in was required in a village."""
    found = set()
    for on, works in zip(entry.month.sheet.days(), entry.month.sheet.workdays, strict=True):
        if works and mode_on(await of(session).profile(village, on), on) is CheckInMode.REQUIRED:
            found.add(on)
    return found


async def _villages(session: AsyncSession, area: Area, month: date, only: int | None) -> dict[int, Area]:
    """The village of each cadre of an area in a month, the last one of several."""
    query = (
        select(PersonRole.person_id, Area)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.role.in_(TEAM), held(*month_of(month)), Area.path.startswith(area.path))
        .order_by(PersonRole.starts_on, PersonRole.id)
    )
    if only is not None:
        query = query.where(PersonRole.person_id == only)
    return {row[0]: row[1] for row in await session.execute(query)}


@dataclass(frozen=True, slots=True)
class _Said:
    """Half-days of people of which something was said: it waits for a decision, or it was refused."""

    waiting: frozenset[tuple[int, date, Half]]
    refused: frozenset[tuple[int, date, Half]]

    @classmethod
    async def of(cls, session: AsyncSession, area: Area, month: date) -> "_Said":
        found: dict[Verdict, set[tuple[int, date, Half]]] = {Verdict.PENDING: set(), Verdict.REJECTED: set()}
        for row in await _rows(session, area, month):
            if row.verdict in found:
                found[row.verdict] |= {(row.person_id, row.on, half) for half in _halves_of(row)}
        return cls(frozenset(found[Verdict.PENDING]), frozenset(found[Verdict.REJECTED]))


async def _rows(session: AsyncSession, area: Area, month: date) -> list[Explanation | CheckInCorrection]:
    """What the people of an area have said of their days in a month."""
    found: list[Explanation | CheckInCorrection] = []
    for table in _TABLES:
        query = select(table).join(Area, table.village_id == Area.id)
        within = (table.on.between(*month_of(month)), Area.path.startswith(area.path))
        found += await session.scalars(query.where(*within))
    return found


async def is_confirmed(session: AsyncSession, person_id: int, on: date, half: Half) -> bool:
    """Whether somebody has confirmed a half-day: a reason, a correction, or by asking. For actions."""
    for table in _TABLES:
        query = select(table).where(table.person_id == person_id, table.on == on, table.verdict == Verdict.APPROVED)
        if any(half in _halves_of(row) for row in await session.scalars(query)):
            return True
    asked = select(Settlement.halves).where(
        Settlement.person_id == person_id, Settlement.outcome == Outcome.ON_DUTY, Settlement.undone_at.is_(None)
    )
    return any((on, half) in read(halves) for halves in await session.scalars(asked))


def _halves_of(row: Explanation | CheckInCorrection) -> list[Half]:
    if isinstance(row, Explanation):
        return list(Half) if row.whole_day else [row.half]
    return [half for half, is_asked in ((Half.AM, row.am), (Half.PM, row.pm)) if is_asked]


async def _tries(session: AsyncSession, area: Area, month: date) -> dict[int, list[datetime]]:
    """When people of an area were rung up in vain about a month, in order."""
    query = (
        select(Settlement)
        .join(Area, Settlement.village_id == Area.id)
        .where(
            Settlement.outcome == Outcome.UNREACHED,
            Settlement.undone_at.is_(None),
            Area.path.startswith(area.path),
        )
        .order_by(Settlement.at, Settlement.id)
    )
    found: dict[int, list[datetime]] = {}
    for row in await session.scalars(query):
        if any(on.replace(day=1) == month.replace(day=1) for on, _half in read(row.halves)):
            found.setdefault(row.person_id, []).append(row.at)
    return found


async def settlement(
    session: AsyncSession, viewer: Viewer, action: Action, settlement_id: int
) -> tuple[Settlement, Area, Role | None]:
    """What came of asking, with the village. Its person sees it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF."""
    query = select(Settlement, Area).join(Area, Settlement.village_id == Area.id)
    row = (await session.execute(query.where(Settlement.id == settlement_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    found, village = row
    return found, village, require(viewer, action, Target(village.path, found.person_id))


async def finding(
    session: AsyncSession, viewer: Viewer, action: Action, finding_id: int
) -> tuple[Finding, Area, Role | None]:
    """A finding with its area. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    query = select(Finding, Area).join(Area, Finding.area_id == Area.id)
    row = (await session.execute(query.where(Finding.id == finding_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    found, area = row
    return found, area, require(viewer, action, Target(area.path, found.person_id))


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with whose it is and where."""

    row: Finding
    name: str
    village: str


async def findings(session: AsyncSession, viewer: Viewer, area: Area, month: date) -> list[Found]:
    """Open findings about days of a month in an area, by area code. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.FINDING_VIEW, Target(area.path))
    query = (
        select(Finding, Person.name, Area.name)
        .join(Person, Finding.person_id == Person.id)
        .join(Area, Finding.area_id == Area.id)
        .where(Finding.state == FindingState.OPEN, Area.path.startswith(area.path))
        .order_by(Area.code, Finding.id)
    )
    rows = [Found(*row) for row in await session.execute(query)]
    first = month.replace(day=1)
    return [one for one in rows if any(on.replace(day=1) == first for on, _half in read(one.row.halves))]
