"""The half-days of a leave in the day ledger: exactly those it touches are written, and taken back when it is cut."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from policy import leave as rules
from policy.calendar import Half, Span
from storage import days
from storage.batch import of
from storage.calendars import county_calendar
from storage.ids import reserve
from storage.leave import span_of
from storage.tables import Area, Facts, LeaveRequest


async def count(session: AsyncSession, leave: LeaveRequest, village: Area) -> None:
    """Its half-days are leave now. Part of an action, which has checked authority and writes the audit row."""
    await _change(session, leave, village, span_of(leave), add=Facts.LEAVE)
    leave.halves = await _length(session, leave, village, span_of(leave))


async def cut(session: AsyncSession, leave: LeaveRequest, village: Area, left: Span | None) -> int:
    """What is not `left` of it is no leave any more; how many half-days are credited. None: nothing is left.

    Where what is left takes no half-day (it is rest), none is leave. Part of an action, as `count`.
    """
    before = span_of(leave)
    taken = await _length(session, leave, village, left) if left is not None else 0
    kept = set(left.halves()) if left is not None and taken else set()
    await _change(session, leave, village, before, but_not=kept, drop=Facts.LEAVE)
    credited = await _length(session, leave, village, before) - taken
    if left is not None:
        leave.to_on, leave.to_half = left.to_on, left.to_half
    leave.halves = taken
    return credited


async def _length(session: AsyncSession, leave: LeaveRequest, village: Area, span: Span) -> int:
    """Half-days that a leave takes of a span, by the county's calendar as it is now."""
    profile = await of(session).profile(village, span.from_on)
    calendar = await county_calendar(session, village, {span.from_on.year, span.to_on.year})
    return rules.measure(span, leave.kind, calendar, profile)


async def _change(
    session: AsyncSession,
    leave: LeaveRequest,
    village: Area,
    span: Span,
    *,
    but_not: "set[tuple[date, Half]] | None" = None,
    add: Facts = Facts.NONE,
    drop: Facts = Facts.NONE,
) -> None:
    by_day: dict[date, set[Half]] = {}
    for on, half in span.halves():
        if but_not is None or (on, half) not in but_not:
            by_day.setdefault(on, set()).add(half)
    await reserve(session, len(by_day) + 100)
    for on, halves in by_day.items():
        await days.change(session, leave.person_id, village, on, halves, add=add, drop=drop)
