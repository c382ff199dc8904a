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

    `found`: a finding about them stands; `tries`: when he was rung up in vain.
    """

    person: Person
    village: Area
    halves: tuple[HalfDay, ...]
    waiting: frozenset[HalfDay]
    found: frozenset[HalfDay]
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
    posted = await _posted(session, area, month, only)
    await of(session).profiles([village for _person, village in posted.values()], month)  # in one statement
    said = await _Said.of(session, area, month)
    lock = await month_locks.lock_of(session, area, month)
    opened = await month_locks.open_for(session, lock, now) if lock is not None else frozenset()
    tries, found_of = await _tries(session, area, month), await _findings_by_person(session, area)
    found = []
    async for entry in months.of_area(session, viewer, Action.DAY_SETTLE, area, month, now):
        if entry.person_id not in posted or entry.person_id == viewer.person_id:
            continue
        if lock and entry.person_id not in opened:
            continue
        person, village = posted[entry.person_id]
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
            of_finding = found_of.get(person.id, frozenset()) & frozenset(halves)
            found.append(
                Unsettled(person, village, tuple(halves), waiting, of_finding, tuple(tries.get(person.id, ())))
            )
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


async def _posted(session: AsyncSession, area: Area, month: date, only: int | None) -> dict[int, tuple[Person, Area]]:
    """Each cadre of an area in a month with his village, the last one of several."""
    query = (
        select(Person, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.role.in_(TEAM), held(*month_of(month)), Area.path.startswith(area.path))
        .order_by(PersonRole.starts_on, PersonRole.id)
    )
    if only is not None:
        query = query.where(PersonRole.person_id == only)
    return {person.id: (person, village) for person, village in await session.execute(query)}


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
    return any((on, half) in read(row.halves) for row in await standing(session, person_id, Outcome.ON_DUTY))


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


async def standing(
    session: AsyncSession, person_id: int, outcome: Outcome, since: datetime | None = None
) -> list[Settlement]:
    """What came of asking somebody, of one outcome, and was not undone; `since`: from a moment on. For actions."""
    query = select(Settlement).where(
        Settlement.person_id == person_id, Settlement.outcome == outcome, Settlement.undone_at.is_(None)
    )
    if since is not None:
        query = query.where(Settlement.at >= since)
    return list(await session.scalars(query.order_by(Settlement.id)))


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


async def _findings_by_person(session: AsyncSession, area: Area) -> dict[int, frozenset[HalfDay]]:
    """The half-days of people of an area about which a finding stands that nobody has ruled on."""
    query = (
        select(Finding)
        .join(Area, Finding.area_id == Area.id)
        .where(Finding.state == FindingState.OPEN, Finding.person_id.is_not(None), Area.path.startswith(area.path))
    )
    found: dict[int, frozenset[HalfDay]] = {}
    for row in await session.scalars(query):
        found[row.person_id or 0] = found.get(row.person_id or 0, frozenset()) | frozenset(read(row.halves))
    return found


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
