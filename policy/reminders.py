"""What cadres and county staff are reminded of, and when. Clause 三（二）; 国办函〔2026〕12号."""

from datetime import date

from policy.attendance import HalfStatus
from policy.calendar import Calendar, month_of
from policy.profile import CheckInMode, Profile, mode_on

LOCK_AHEAD = (3, 1)
"""Working days before the deadline on which the month's review is asked for again."""


def asks_for_checkin(profile: Profile, calendar: Calendar, on: date) -> bool:
    """Whether a silent cadre may be reminded that day: only where check-in is required, never on a rest day."""
    return mode_on(profile, on) is CheckInMode.REQUIRED and calendar.is_workday(on)


def owes_checkin(status: HalfStatus) -> bool:
    """Whether the half-day at hand says nothing at all: no check-in, trip, leave, correction, nor a reason that waits."""
    return status is HalfStatus.NOT_YET


def lock_deadline(on: date, profile: Profile) -> date:
    """The last day for reviewing and locking the month before the one `on` lies in."""
    return on.replace(day=min(profile.bulletin_days, month_of(on)[1].day))


def lock_reminded(on: date, calendar: Calendar, profile: Profile) -> bool:
    """Whether county staff are reminded that day: on the month's first working day, and 3 and 1 before the deadline.

    Where the deadline rests, the last working day before it is meant. Never after the deadline.
    """
    first, deadline = month_of(on)[0], lock_deadline(on, profile)
    if not calendar.is_workday(on) or on > deadline:
        return False
    return calendar.workdays(first, on) == 1 or calendar.workdays(on, deadline) - 1 in LOCK_AHEAD
