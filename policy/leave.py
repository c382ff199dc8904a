"""Leave (请假): how long it is, who decides, what may not be asked for, when one is due back. Clause 三（二）.

Counted in half-days. Silence decides nothing: a leave is a person's word, asked for, decided by another, ended by 销假.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from policy.authority import Role
from policy.calendar import Calendar, Half, Span, halves
from policy.profile import LEAVE_LIMITS, LeaveKind, Profile, leave_ladder
from policy.refusals import LOCAL, Code, Refusal
from policy.ticks import moment

DAYS_AHEAD = 366
"""A leave is asked for at most so many days before it begins: farther ahead it is a slip."""
LONGEST = 366
"""Days of one leave, rest days included: what is longer is a slip, or goes on as a leave of its own (续假)."""
_DAY = timedelta(days=1)


class Taken(NamedTuple):
    """A leave that is open or approved, as far as rules look at it."""

    span: Span
    kind: LeaveKind


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request comes to: its half-days, those of the chain it stands in, and who decides, the last one at the end.

    `left`: half-days that the kind still has in the year it begins in, this request not counted; None: no limit.
    """

    span: Span
    halves: int
    chain: int
    levels: tuple[Role, ...]
    is_afterwards: bool
    left: int | None = None

    @property
    def days(self) -> float:
        """Days it takes, in halves."""
        return self.halves / 2


def is_counted_daily(kind: LeaveKind, profile: Profile) -> bool:
    """Whether calendar days count for a kind (产假, 探亲假), not working days only."""
    return kind in profile.leave_calendar_kinds


def measure(span: Span, kind: LeaveKind, calendar: Calendar, profile: Profile) -> int:
    """Half-days a leave takes: those of working days (调休 honoured), or all where the kind counts calendar days."""
    daily = is_counted_daily(kind, profile)
    return sum(1 for on, _half in span.halves() if daily or calendar.is_workday(on))


def is_all_rest(span: Span, calendar: Calendar) -> bool:
    """Whether no half-day of the span is worked: then there is nothing to ask leave for."""
    return not any(calendar.is_workday(on) for on, _half in span.halves())


def chain(span: Span, others: Iterable[Taken], calendar: Calendar) -> tuple[Taken, ...]:
    """Those of a person's leaves that join `span` without a half-day of work between, directly or through each other.

    Rest days between bridge a gap: Friday and Monday are one absence, however they were asked for.
    """
    left, found = list(others), []
    first, last = (span.from_on, span.from_half), (span.to_on, span.to_half)
    joined = True
    while joined:
        joined = False
        for other in list(left):
            begins, ends = (other.span.from_on, other.span.from_half), (other.span.to_on, other.span.to_half)
            if _is_bridged(ends, first, calendar) or _is_bridged(last, begins, calendar):
                first, last = min(first, begins), max(last, ends)
                left.remove(other)
                found.append(other)
                joined = True
    return tuple(sorted(found))


def _is_bridged(end: tuple[date, Half], start: tuple[date, Half], calendar: Calendar) -> bool:
    """Whether only rest lies between the end of one and the start of the next (which comes later)."""
    if end >= start:
        return False
    between = [half for half in halves(*end, *start) if half not in (end, start)]
    return not any(calendar.is_workday(on) for on, _half in between)


def chain_halves(span: Span, kind: LeaveKind, others: Iterable[Taken], calendar: Calendar, profile: Profile) -> int:
    """Half-days the ladder goes by: of this leave and, unless the county says otherwise, of all chained to it."""
    own = measure(span, kind, calendar, profile)
    if not profile.leave_chained:
        return own
    return own + sum(measure(*other, calendar, profile) for other in chain(span, others, calendar))


def levels(applicant: Role, kind: LeaveKind, half_days: int, profile: Profile) -> tuple[Role, ...]:
    """Who decides on so many half-days, in order; the last one's word is final.

    One level only, unless the county has each lower one decide first (`leave_in_order`).
    """
    ladder = leave_ladder(profile, applicant)
    steps = [step.decided_by for step in ladder]
    if kind in profile.leave_county_kinds:
        last = len(steps) - 1
    else:
        last = next(n for n, step in enumerate(ladder) if step.up_to_days is None or half_days <= 2 * step.up_to_days)
    return tuple(steps[: last + 1] if profile.leave_in_order else steps[last : last + 1])


ATTACHMENTS = 9
"""So many pictures or files may go along with a leave: an album has no more."""
_UPWARD = (Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.ADMIN)


def sees_attachments(role: Role, levels: Collection[Role]) -> bool:
    """Whether somebody in a role sees what goes along with another's leave: of a level that decides, or above one.

    A first secretary whose leave it is not to decide on is a colleague.
    """
    lowest = min((_UPWARD.index(level) for level in levels), default=len(_UPWARD))
    return role in _UPWARD and (_UPWARD.index(role) >= lowest or role in {Role.COUNTY_STAFF, Role.ADMIN})


_RISING = (Role.TEAM_MEMBER, Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF)


def passed_up(asked: Sequence[Role], level: Role, by: Role) -> tuple[Role, ...]:
    """Who decides on a leave, in order, once `level` has passed it up; `by`: the role of who did, above it or the same.

    The next of those asked that is above both, else the level right above. Raises `Refusal(LEAVE_LAST_LEVEL)`.
    """
    if by not in _RISING or by is _RISING[-1]:
        raise Refusal(Code.LEAVE_LAST_LEVEL, LOCAL)
    own = max(_RISING.index(level), _RISING.index(by))
    later = [one for one in asked if _RISING.index(one) > own]
    return (*asked[: asked.index(level) + 1], *(later or _RISING[own + 1 : own + 2]))


def rung(applicant: Role, level: Role, profile: Profile) -> tuple[float | None, float | None]:
    """Above how many days, and up to how many, a level decides; None: from the first, or without end."""
    below: float | None = None
    for step in leave_ladder(profile, applicant):
        if step.decided_by is level:
            return below, step.up_to_days
        below = step.up_to_days
    return below, None


def limit(kind: LeaveKind, profile: Profile) -> int | None:
    """Days a year that a kind may take; None: no limit."""
    return getattr(profile, LEAVE_LIMITS[kind]) or None if kind in LEAVE_LIMITS else None


def check_span(span: Span, today: date) -> None:
    """Whether days can be meant at all, before anything is counted.

    Raises `Refusal`: LEAVE_ENDS_BEFORE_START, LEAVE_TOO_FAR, LEAVE_TOO_LONG.
    """
    if not span.is_ordered():
        raise Refusal(Code.LEAVE_ENDS_BEFORE_START, LOCAL, from_on=span.from_on, to_on=span.to_on, today=today)
    if span.from_on > today + timedelta(days=DAYS_AHEAD):
        raise Refusal(Code.LEAVE_TOO_FAR, LOCAL, from_on=span.from_on, days=DAYS_AHEAD, today=today)
    if (span.to_on - span.from_on).days >= LONGEST:
        raise Refusal(Code.LEAVE_TOO_LONG, LOCAL, to_on=span.to_on, days=LONGEST, today=today)


def check(
    span: Span,
    kind: LeaveKind,
    *,
    applicant: Role,
    now: datetime,
    others: Collection[Taken],
    trips: Iterable[Span],
    used: int,
    calendar: Calendar,
    profile: Profile,
    in_lieu: int = 0,
) -> Asked:
    """What a request comes to, if it may be made.

    `now` is local; `others` are the person's open and approved leaves, `trips` his open trips, `used` the half-days of
    this kind that he has had or asked for in the year `span` begins in, `in_lieu` those that he has earned on duty
    (补休) and not taken. A leave that began before the days allowed is
    taken as 补办 within the hours that an emergency has.

    Raises `Refusal` as `check_span`, and LEAVE_TOO_OLD, LEAVE_ALL_REST, LEAVE_OVERLAPS,
    LEAVE_OVERLAPS_TRIP (both with the span in the way), LEAVE_OVER_LIMIT, LEAVE_NOT_EARNED.
    """
    check_span(span, now.date())
    is_afterwards = _is_afterwards(span, now, profile)
    if is_all_rest(span, calendar):
        raise Refusal(Code.LEAVE_ALL_REST, LOCAL, **span._asdict())
    for other in others:
        if span.overlaps(other.span):
            raise Refusal(Code.LEAVE_OVERLAPS, LOCAL, **other.span._asdict())
    for trip in trips:
        if span.overlaps(trip):
            raise Refusal(Code.LEAVE_OVERLAPS_TRIP, LOCAL, **trip._asdict())
    taken = measure(span, kind, calendar, profile)
    left = _left(kind, taken, used, in_lieu, profile)
    in_chain = chain_halves(span, kind, others, calendar, profile)
    return Asked(span, taken, in_chain, levels(applicant, kind, in_chain, profile), is_afterwards, left)


def _left(kind: LeaveKind, taken: int, used: int, in_lieu: int, profile: Profile) -> int | None:
    """Half-days of a kind that are left before this leave; None: no limit. Raises `Refusal` where they are too few."""
    if kind is LeaveKind.IN_LIEU:
        if taken > in_lieu:
            valid = profile.duty_lieu_days
            raise Refusal(Code.LEAVE_NOT_EARNED, LOCAL, left=in_lieu / 2, days=taken / 2, valid=valid)
        return in_lieu
    allowed = limit(kind, profile)
    left = None if allowed is None else max(0, 2 * allowed - used)
    if left is not None and taken > left:
        raise Refusal(Code.LEAVE_OVER_LIMIT, LOCAL, kind=kind, allowed=allowed, left=left / 2, days=taken / 2)
    return left


def _is_afterwards(span: Span, now: datetime, profile: Profile) -> bool:
    """Whether it is asked for afterwards (补办). Raises `Refusal(LEAVE_TOO_OLD)` past the hours for that."""
    today = now.date()
    earliest = today - timedelta(days=profile.leave_backdate_days)
    if span.from_on >= earliest:
        return False
    hours = profile.leave_emergency_hours
    begun = (
        moment(span.from_on, profile.half_boundary, ZoneInfo(profile.time_zone))
        if span.from_half is Half.PM
        else (moment(span.from_on, profile.return_asked_at, ZoneInfo(profile.time_zone)))
    )
    if now - begun > timedelta(hours=hours):
        raise Refusal(Code.LEAVE_TOO_OLD, LOCAL, from_on=span.from_on, earliest=earliest, hours=hours, today=today)
    return True


class Back(NamedTuple):
    """When somebody is due back: the half-day, the instant he is asked, the instant he is overdue (UTC)."""

    on: date
    half: Half
    asked_at: datetime
    overdue_at: datetime


def due_back(span: Span, calendar: Calendar, profile: Profile) -> Back:
    """The first half-day of work after a leave; asked as it begins, overdue from the next noon of a working day."""
    zone = ZoneInfo(profile.time_zone)
    if span.to_half is Half.AM and calendar.is_workday(span.to_on):
        asked_at = moment(span.to_on, profile.half_boundary, zone)
        late = calendar.next_workday(span.to_on)
        return Back(span.to_on, Half.PM, asked_at, moment(late, profile.return_overdue_at, zone))
    on = calendar.next_workday(span.to_on)
    asked_at, overdue_at = moment(on, profile.return_asked_at, zone), moment(on, profile.return_overdue_at, zone)
    return Back(on, Half.AM, asked_at, overdue_at)


def half_after(on: date, half: Half) -> tuple[date, Half]:
    """The half-day right after another."""
    return (on, Half.PM) if half is Half.AM else (on + _DAY, Half.AM)


def provisional(first: date, half: Half, kind: LeaveKind, calendar: Calendar, profile: Profile) -> Span:
    """What a leave without an end (代请假) stands for until it is asked about again: so many days that count for its kind.

    The ladder goes by them, and each time it goes on by all of the chain: nobody is away for long on the lowest word.
    """
    daily = is_counted_daily(kind, profile)
    left = 2 * profile.leave_open_days
    on, at = first, half
    while True:
        left -= daily or calendar.is_workday(on)
        if not left:
            return Span(first, half, on, at)
        on, at = half_after(on, at)


def next_half(span: Span, kind: LeaveKind, calendar: Calendar, profile: Profile) -> tuple[date, Half]:
    """Where a leave goes on (续假): right after its end; where working days count, in the first half-day of work."""
    on, half = half_after(span.to_on, span.to_half)
    if is_counted_daily(kind, profile) or calendar.is_workday(on):
        return on, half
    return calendar.next_workday(on), Half.AM


def goes_on(before: Span, first: tuple[date, Half], calendar: Calendar) -> bool:
    """Whether a leave that begins in `first` goes on from another: nothing, or only rest, lies between."""
    return _is_bridged((before.to_on, before.to_half), first, calendar)


def shortened(span: Span, on: date, half: Half) -> Span | None:
    """What is left of a leave for somebody who is back in this half-day; None: nothing of it was taken.

    Raises `ValueError` where he is back after its end.
    """
    if (on, half) > (span.to_on, span.to_half):
        raise ValueError("back after the end: nothing is cut off")
    if (on, half) <= (span.from_on, span.from_half):
        return None
    if half is Half.PM:
        return span._replace(to_on=on, to_half=Half.AM)
    return span._replace(to_on=on - _DAY, to_half=Half.PM)


def after_office_hours(since: datetime, hours: float, calendar: Calendar, profile: Profile) -> datetime:
    """The instant at which so many office hours have passed after another one; `since` and the result are local."""
    left = timedelta(hours=hours)
    at = since
    while True:
        opens = at.replace(hour=profile.office_from.hour, minute=profile.office_from.minute, second=0, microsecond=0)
        closes = at.replace(hour=profile.office_to.hour, minute=profile.office_to.minute, second=0, microsecond=0)
        at = max(at, opens)
        if calendar.is_workday(at.date()) and at < closes:
            if at + left <= closes:
                return at + left
            left -= closes - at
        at = (opens + _DAY).replace(hour=0, minute=0)
