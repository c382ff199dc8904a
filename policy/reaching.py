"""What everything keeps to that reaches many people: whose second word it needs, how often one may remind. POLICY §4."""

from datetime import datetime, time, timedelta
from math import ceil

from policy.calendar import Calendar
from policy.profile import Profile
from policy.refusals import LOCAL, Code, Refusal

REMIND_EVERY = timedelta(minutes=5)
MOST_REMINDERS = 3
REVIEW_REMINDED_AT = time(8, 30)
REVIEW_DAYS = 3
"""Working days in which a second person may confirm, after the one it was handed in on."""
REVIEW_ENDS_AT = time(18)


def needs_second(recipients: int, profile: Profile) -> bool:
    """Whether somebody else must confirm: for more recipients than the county lets one person write to by himself."""
    return recipients > profile.second_admin_above


def review_reminded_at(submitted_local: datetime, calendar: Calendar) -> datetime:
    """When those who are asked for the second word are reminded, once: the next working morning."""
    on = calendar.next_workday(submitted_local.date())
    return datetime.combine(on, REVIEW_REMINDED_AT, tzinfo=submitted_local.tzinfo)


def review_until(submitted_local: datetime, calendar: Calendar) -> datetime:
    """When what nobody has confirmed lapses: in the evening of the third working day after."""
    on = submitted_local.date()
    for _ in range(REVIEW_DAYS):
        on = calendar.next_workday(on)
    return datetime.combine(on, REVIEW_ENDS_AT, tzinfo=submitted_local.tzinfo)


def check_reminder(times: int, last_at: datetime | None, now: datetime) -> None:
    """再次提醒, 催报: three times, five minutes apart.

    Raises `Refusal`: REMINDED_OUT (allowed); REMINDED_NOW (minutes: between two; left: until the next).
    """
    if times >= MOST_REMINDERS:
        raise Refusal(Code.REMINDED_OUT, LOCAL, allowed=MOST_REMINDERS)
    if last_at is not None and now - last_at < REMIND_EVERY:
        left = ceil((REMIND_EVERY - (now - last_at)).total_seconds() / 60)
        raise Refusal(Code.REMINDED_NOW, LOCAL, minutes=REMIND_EVERY.seconds // 60, left=left)
