"""The day ledger: facts of each half-day, and what they make of it."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus, half_status
from policy.calendar import Half
from storage import month_locks
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, Day, Facts


def facts(day: Day | None, half: Half) -> Facts:
    """What is known of a half-day."""
    if day is None:
        return Facts.NONE
    return Facts(day.am if half is Half.AM else day.pm)


def status(known: Facts, *, workday: bool, day_over: bool) -> HalfStatus:
    """What the facts make of a half-day, by the rules of `policy.attendance`."""
    return half_status(
        workday=workday,
        checked_in=Facts.CHECKED_IN in known,
        trip=Facts.TRIP in known,
        leave=Facts.LEAVE in known,
        corrected=Facts.CORRECTED in known,
        pending=Facts.PENDING in known,
        day_over=day_over,
    )


class MonthLockedError(Exception):
    """An action would change a half-day of a locked month and has not asked first: a fault of ours, not a refusal."""


async def change(
    session: AsyncSession,
    person_id: int,
    village: Area,
    on: date,
    halves: Collection[Half],
    *,
    add: Facts = Facts.NONE,
    drop: Facts = Facts.NONE,
    checked_in_at: datetime | None = None,
) -> Day:
    """Add and drop facts of exactly these halves; the day's row is made where there is none.

    `checked_in_at` is the first moment somebody checked in; where check-ins are dropped, that of those which are left.
    Part of an action, which has checked authority and that the month is open (`month_locks.require_open`), and writes
    the audit row. Raises `MonthLockedError` where it hasn't and the month is locked: then nothing of it may be kept.
    """
    batch = of(session)
    day = await batch.day(person_id, on)
    is_new = any((facts(day, half) | add) & ~drop != facts(day, half) for half in halves)
    if is_new and not batch.is_open(person_id, on.replace(day=1)):
        if await month_locks.lock_of(session, village, on) is not None:
            raise MonthLockedError(f"{on} lies in a locked month, and nobody asked before writing")
        batch.found_open(person_id, on.replace(day=1))
    if day is None:
        day = Day(id=new_id(session), person_id=person_id, on=on, village_id=village.id, am=0, pm=0)
        batch.add_day(day)
    for half in halves:
        known = (facts(day, half) | add) & ~drop
        if half is Half.AM:
            day.am = int(known)
        else:
            day.pm = int(known)
    if Facts.CHECKED_IN in drop or (checked_in_at is not None and day.checked_in_at is None):
        day.checked_in_at = checked_in_at
    return day


def written(halves: Iterable[Half]) -> list[str]:
    """Halves as the audit row has them."""
    return sorted(half.value for half in halves)
