"""When a message may reach somebody: quiet hours, rest days, so many unsolicited ones a week. POLICY §2; 国办函〔2026〕12号."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from policy.calendar import Calendar
from policy.profile import Profile

WEEK = timedelta(days=7)
"""The span in which a cadre's unsolicited messages are counted."""
_FARTHEST = 30
"""Days in which the next opening is looked for; the longest holiday is shorter."""


class Lane(StrEnum):
    """Who goes first: answers, then urgent, then ordinary, then bulk.

    An answer is what somebody asked for, or what became of it: it passes quiet hours without a sound and isn't counted.
    Urgent passes with a sound. Ordinary and bulk wait for the morning and count; held ordinary ones become one card.
    """

    ANSWER = "answer"
    URGENT = "urgent"
    ORDINARY = "ordinary"
    BULK = "bulk"


PROGRESS_EVERY = timedelta(seconds=3)
"""A card that changes all the time is edited no more often."""

UNSOLICITED = frozenset({Lane.ORDINARY, Lane.BULK})
"""Lanes that wait for the morning and are counted."""


class Fate(StrEnum):
    """What becomes of a message that is due."""

    SEND = "send"
    HOLD = "hold"  # it waits
    MERGE = "merge"  # a line in the morning card
    DROP = "drop"  # past the week's number, and of no use by the next morning card


class Ruling(NamedTuple):
    """What becomes of a message; `until` where it waits (an instant)."""

    fate: Fate
    until: datetime | None = None


def is_quiet(local: datetime, profile: Profile, calendar: Calendar) -> bool:
    """Whether only urgent messages and answers pass at this local moment."""
    if profile.quiet_on_rest_days and not calendar.is_workday(local.date()):
        return True
    first, last, at = profile.quiet_from, profile.quiet_to, local.time()
    return first <= at < last if first <= last else at >= first or at < last


def opens_at(local: datetime, profile: Profile, calendar: Calendar) -> datetime | None:
    """When ordinary messages may go out again; None: they may now."""
    return next_morning(local, profile, calendar) if is_quiet(local, profile, calendar) else None


def next_morning(local: datetime, profile: Profile, calendar: Calendar) -> datetime:
    """The next end of quiet hours after this local moment: the morning card's time."""
    for offset in range(_FARTHEST):
        day = local.date() + timedelta(days=offset)
        end = datetime.combine(day, profile.quiet_to, tzinfo=local.tzinfo)
        if end > local and not is_quiet(end, profile, calendar):
            return end
    return local + timedelta(days=1)  # a county that never works: not silenced for ever


def ruling(
    lane: Lane,
    *,
    held: bool,
    opens: datetime | None,
    morning: datetime,
    is_over_limit: bool,
    expires: datetime | None = None,
) -> Ruling:
    """What becomes of a message that is due now.

    `held`: it has waited already; `opens`: when quiet hours end (None: it is not quiet); `morning`: the next morning
    card; `is_over_limit`: a cadre who has had the week's number of unsolicited messages; `expires`: from when on it is of
    no use (None: always).
    """
    if lane not in UNSOLICITED:
        return Ruling(Fate.SEND)
    if opens is not None:
        return Ruling(Fate.HOLD, opens)
    if is_over_limit:
        if held:
            return Ruling(Fate.MERGE)
        return Ruling(Fate.DROP) if expires is not None and expires <= morning else Ruling(Fate.HOLD, morning)
    return Ruling(Fate.MERGE if held and lane is Lane.ORDINARY else Fate.SEND)
