"""月结: whether a month is locked, and for whom it is open again. Clause 三（二）.

An action that may reach into an earlier month asks `require_open` before it writes anything; `storage.days` sees to it
that nothing gets past.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, extract, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from policy.authority import TEAM, Action, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage.batch import of
from storage.people import ancestor_ids, held
from storage.tables import Area, CheckIn, MonthLock, MonthReopening, Person, PersonRole


async def lock_of(session: AsyncSession, area: Area, month: date) -> MonthLock | None:
    """The lock that holds in an area on the month that `month` lies in; None: the month is open."""
    locks = await of(session).month_locks(month.replace(day=1))
    return next((locks[area_id] for area_id in ancestor_ids(area.path) if area_id in locks), None)


async def is_locked(
    session: AsyncSession, village: Area, person_id: int, days: Iterable[date], now: datetime
) -> MonthLock | None:
    """The lock that keeps somebody's half-days of these days as they are; None: they may change.

    Days of the current month cost no statement.
    """
    this_month = (await of(session).local(village, now)).date().replace(day=1)
    for month in sorted({on.replace(day=1) for on in days}):
        lock = await lock_of(session, village, month) if month < this_month else None
        if lock is not None and await reopening_of(session, lock, person_id, now) is None:
            return lock
        of(session).found_open(person_id, month)
    return None


async def require_open(
    session: AsyncSession, village: Area, person_id: int, days: Iterable[date], now: datetime
) -> None:
    """That half-days of these days may change for a person. Called by an action before it writes.

    Raises `Refusal(MONTH_LOCKED)` (month).
    """
    if (lock := await is_locked(session, village, person_id, days, now)) is not None:
        today = (await of(session).local(village, now)).date()
        raise Refusal(Code.MONTH_LOCKED, "三（二）", month=lock.month, today=today)


def may_change(
    on: InstrumentedAttribute[date], person_id: InstrumentedAttribute[int], now: datetime
) -> ColumnElement[bool]:
    """The condition that a day of somebody, in a query that has his village as `Area`, is in no locked month, or in one
    that is open again for him.
    """
    county = aliased(Area)
    reopened = exists().where(
        MonthReopening.lock_id == MonthLock.id,
        MonthReopening.person_id == person_id,
        MonthReopening.closed_at.is_(None),
        MonthReopening.until > now,
    )
    locked = (
        select(MonthLock.id)
        .join(county, MonthLock.county_id == county.id)
        .where(
            MonthLock.unlocked_at.is_(None),
            Area.path.startswith(county.path),
            extract("year", MonthLock.month) == extract("year", on),
            extract("month", MonthLock.month) == extract("month", on),
            ~reopened,
        )
        .correlate_except(MonthLock, county)
    )
    return ~locked.exists()


async def reopening_of(session: AsyncSession, lock: MonthLock, person_id: int, now: datetime) -> MonthReopening | None:
    """By which a locked month is open for a person at a moment."""
    query = select(MonthReopening).where(
        MonthReopening.lock_id == lock.id,
        MonthReopening.person_id == person_id,
        MonthReopening.closed_at.is_(None),
        MonthReopening.until > now,
    )
    return (await session.scalars(query.order_by(MonthReopening.until.desc()).limit(1))).one_or_none()


async def row_of(session: AsyncSession, county_id: int, month: date) -> MonthLock | None:
    """A county's row of a month, a lock that was taken back included. For actions."""
    query = select(MonthLock).where(MonthLock.county_id == county_id, MonthLock.month == month.replace(day=1))
    return (await session.scalars(query)).one_or_none()


async def of_lock(session: AsyncSession, lock: MonthLock) -> list[MonthReopening]:
    """Every reopening of a lock. For actions."""
    query = select(MonthReopening).where(MonthReopening.lock_id == lock.id)
    return list(await session.scalars(query.order_by(MonthReopening.id)))


async def open_for(session: AsyncSession, lock: MonthLock, now: datetime) -> frozenset[int]:
    """Whose locked month is open at a moment."""
    return frozenset(row.person_id for row in await of_lock(session, lock) if row.closed_at is None and row.until > now)


async def kept(session: AsyncSession, lock: MonthLock, person_id: int | None) -> list[tuple[CheckIn, Area]]:
    """Check-ins of a locked month that came after the lock, of one person or of everybody (`None`). For actions."""
    county = aliased(Area)
    query = (
        select(CheckIn, Area)
        .join(Area, CheckIn.village_id == Area.id)
        .join(county, county.id == lock.county_id)
        .where(
            CheckIn.on.between(*month_of(lock.month)),
            CheckIn.received_at >= lock.locked_at,
            Area.path.startswith(county.path),
        )
        .order_by(CheckIn.at, CheckIn.id)
    )
    if person_id is not None:
        query = query.where(CheckIn.person_id == person_id)
    return [(row, village) for row, village in await session.execute(query)]


@dataclass(frozen=True, slots=True)
class Reopened:
    """A reopening, of whom and by whom."""

    row: MonthReopening
    name: str
    by: str | None

    def is_open(self, now: datetime) -> bool:
        """Whether it lasts."""
        return self.row.closed_at is None and self.row.until > now


async def reopenings(session: AsyncSession, viewer: Viewer, county: Area, month: date) -> list[Reopened]:
    """For whom a month of a county was opened again, the newest first. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.MONTH_REOPEN, Target(county.path))
    by = aliased(Person)
    query = (
        select(MonthReopening, Person.name, by.name)
        .join(MonthLock, MonthReopening.lock_id == MonthLock.id)
        .join(Person, MonthReopening.person_id == Person.id)
        .outerjoin(by, MonthReopening.opened_by_id == by.id)
        .where(MonthLock.county_id == county.id, MonthLock.month == month.replace(day=1))
        .order_by(MonthReopening.opened_at.desc(), MonthReopening.id.desc())
    )
    return [Reopened(*row) for row in await session.execute(query)]


async def village_of(session: AsyncSession, county: Area, person_id: int, month: date) -> Area | None:
    """The village of a county in whose team somebody was in a month, the last one of several. For callers that have
    checked whose county it is.
    """
    query = (
        select(Area)
        .join(PersonRole, PersonRole.area_id == Area.id)
        .where(
            PersonRole.person_id == person_id,
            PersonRole.role.in_(TEAM),
            held(*month_of(month)),
            Area.path.startswith(county.path),
        )
        .order_by(PersonRole.starts_on.desc(), PersonRole.id.desc())
    )
    return (await session.scalars(query.limit(1))).one_or_none()


async def reopening(session: AsyncSession, viewer: Viewer, reopening_id: int) -> tuple[MonthReopening, MonthLock, Area]:
    """A reopening with its lock and county. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    query = (
        select(MonthReopening, MonthLock, Area)
        .join(MonthLock, MonthReopening.lock_id == MonthLock.id)
        .join(Area, MonthLock.county_id == Area.id)
        .where(MonthReopening.id == reopening_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    found, lock, county = row
    if found.person_id != viewer.person_id:  # who it is for may see it
        require(viewer, Action.MONTH_REOPEN, Target(county.path))
    return found, lock, county
