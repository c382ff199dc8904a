"""What everything keeps to that reaches many people: whose second word it needs, how often one may remind. POLICY §4."""

from datetime import datetime, timedelta
from math import ceil

from policy.profile import Profile
from policy.refusals import LOCAL, Code, Refusal

REMIND_EVERY = timedelta(minutes=5)
MOST_REMINDERS = 3


def needs_second(recipients: int, profile: Profile) -> bool:
    """Whether somebody else must confirm: for more recipients than the county lets one person write to by himself."""
    return recipients > profile.second_admin_above


def check_reminder(times: int, last_at: datetime | None, now: datetime) -> None:
    """再次提醒, 催报: three times, five minutes apart.

    Raises `Refusal`: REMINDED_OUT (allowed); REMINDED_NOW (minutes: between two; left: until the next).
    """
    if times >= MOST_REMINDERS:
        raise Refusal(Code.REMINDED_OUT, LOCAL, allowed=MOST_REMINDERS)
    if last_at is not None and now - last_at < REMIND_EVERY:
        left = ceil((REMIND_EVERY - (now - last_at)).total_seconds() / 60)
        raise Refusal(Code.REMINDED_NOW, LOCAL, minutes=REMIND_EVERY.seconds // 60, left=left)
