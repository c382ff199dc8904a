"""The half-days of a leave in the day ledger: exactly those it touches are written, and taken back when it is cut."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from policy import leave as rules
from policy.calendar import Half, Span
from storage import days, month_locks, proofs
from storage.batch import of
from storage.calendars import county_calendar
from storage.ids import reserve
from storage.leave import span_of
from storage.tables import Area, Facts, LeaveRequest

HalfDay = tuple[date, Half]


async def count(session: AsyncSession, leave: LeaveRequest, village: Area) -> None:
    """Its half-days are leave now, but for those in which he was in the village: no half-day is both.

    Part of an action, which has checked authority and writes the audit row.
    """
    present = await _present(session, leave, village)
    absent = {each for each in span_of(leave).halves() if each not in present}
    leave.halves = await _length(session, leave, village, absent)
    if leave.halves:
        await _change(session, leave, village, absent, add=Facts.LEAVE)


async def cut(session: AsyncSession, leave: LeaveRequest, village: Area, left: Span | None) -> int:
    """What is not `left` of it is no leave any more; how many half-days are credited. None: nothing is left.

    Where what is left takes no half-day (it is rest), none is leave. Part of an action, as `count`.
    """
    before = {each for each in span_of(leave).halves() if Facts.LEAVE in await _facts(session, leave, *each)}
    kept = before & set(left.halves()) if left is not None else set()
    taken = await _length(session, leave, village, kept)
    credited = await _length(session, leave, village, before) - taken
    if not taken:  # rest of a month that is locked meanwhile stays as it is: it shows as rest either way
        kept = {each for each in kept if await month_locks.lock_of(session, village, each[0]) is not None}
    await _change(session, leave, village, before - kept, drop=Facts.LEAVE)
    if left is not None:
        leave.to_on, leave.to_half = left.to_on, left.to_half
    leave.halves = taken
    return credited


async def _present(session: AsyncSession, leave: LeaveRequest, village: Area) -> set[HalfDay]:
    """The half-days of a leave in which a position, or another's word, shows him in the village. Not his own word alone."""
    found: set[HalfDay] = set()
    for on in sorted({on for on, _half in span_of(leave).halves()}):
        if any([Facts.CHECKED_IN in await _facts(session, leave, on, half) for half in Half]):
            halves = await proofs.witnessed(session, village, leave.person_id, on, own_words=False)
            found |= {(on, half) for half in halves}
    return found


async def _facts(session: AsyncSession, leave: LeaveRequest, on: date, half: Half) -> Facts:
    return days.facts(await of(session).day(leave.person_id, on), half)


async def _length(session: AsyncSession, leave: LeaveRequest, village: Area, halves: Collection[HalfDay]) -> int:
    """How many of these half-days a leave takes, by the county's calendar as it is now."""
    profile = await of(session).profile(village, leave.from_on)
    calendar = await county_calendar(session, village, {leave.from_on.year, leave.to_on.year})
    return sum(rules.measure(Span(*each, *each), leave.kind, calendar, profile) for each in halves)


async def _change(
    session: AsyncSession,
    leave: LeaveRequest,
    village: Area,
    halves: Collection[HalfDay],
    *,
    add: Facts = Facts.NONE,
    drop: Facts = Facts.NONE,
) -> None:
    by_day: dict[date, set[Half]] = {}
    for on, half in sorted(halves):
        by_day.setdefault(on, set()).add(half)
    await reserve(session, len(by_day) + 100)
    for on, changed in by_day.items():
        await days.change(session, leave.person_id, village, on, changed, add=add, drop=drop)
