"""Official trips (公出) and outings (临时外出). Clause 三（二）.

A trip is reported, not asked for: it counts at once as in the village, the township sees it and may object.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from policy.calendar import Half, Span
from policy.profile import Profile
from policy.refusals import LOCAL, Code, Refusal


class Purpose(StrEnum):
    """Standing purposes, one tap each; anything else is a sentence."""

    MEETING = "meeting"  # 开会
    PROJECT = "project"  # 跑项目
    MEDICAL_ESCORT = "medical_escort"  # 送群众就医
    UNIT = "unit"  # 回单位
    OTHER = "other"


DAYS_AHEAD = 90
"""A trip is reported at most so many days before it begins: farther ahead it is a slip, or a plan that will change."""


def earliest_day(today: date, profile: Profile) -> date:
    """The first day that may still be explained afterwards: the hours allowed run from the end of that day."""
    return today - timedelta(days=-(-profile.correction_hours // 24))


def check_trip(
    from_on: date,
    from_half: Half,
    to_on: date,
    to_half: Half,
    *,
    today: date,
    existing_spans: Iterable[Span],
    leaves: Iterable[Span] = (),
    profile: Profile,
) -> Span:
    """The trip's span, if it may be reported.

    `existing_spans` are the person's open trips, `leaves` those asked for or standing. Raises `Refusal`:
    TRIP_ENDS_BEFORE_START, TRIP_TOO_OLD, TRIP_TOO_FAR, TRIP_TOO_LONG, TRIP_OVERLAPS, TRIP_OVERLAPS_LEAVE (both with
    the span in the way).
    """
    span = Span(from_on, from_half, to_on, to_half)
    if not span.is_ordered():
        raise Refusal(Code.TRIP_ENDS_BEFORE_START, LOCAL, from_on=from_on, to_on=to_on, today=today)
    earliest = earliest_day(today, profile)
    if from_on < earliest:
        hours = profile.correction_hours
        raise Refusal(Code.TRIP_TOO_OLD, LOCAL, from_on=from_on, earliest=earliest, hours=hours, today=today)
    if from_on > today + timedelta(days=DAYS_AHEAD):
        raise Refusal(Code.TRIP_TOO_FAR, LOCAL, from_on=from_on, days=DAYS_AHEAD, today=today)
    days = (to_on - from_on).days + 1
    if days > profile.trip_max_days:
        raise Refusal(Code.TRIP_TOO_LONG, LOCAL, days=days, allowed=profile.trip_max_days)
    for other in existing_spans:
        if span.overlaps(other):
            raise Refusal(Code.TRIP_OVERLAPS, LOCAL, **other._asdict())
    for other in leaves:
        if span.overlaps(other):
            raise Refusal(Code.TRIP_OVERLAPS_LEAVE, LOCAL, **other._asdict())
    return span


def check_outing(leaves_at: datetime, back_at: datetime, *, profile: Profile) -> timedelta:
    """How long an outing lasts, if it is one: within a day and under half of it (local times).

    Longer is a trip or a leave. Raises `Refusal`: OUTING_ENDS_BEFORE_START, OUTING_NOT_SAME_DAY, OUTING_TOO_LONG.
    """
    if back_at <= leaves_at:
        raise Refusal(Code.OUTING_ENDS_BEFORE_START, LOCAL, leaves_at=leaves_at, back_at=back_at)
    if back_at.date() != leaves_at.date():
        raise Refusal(Code.OUTING_NOT_SAME_DAY, LOCAL, leaves_at=leaves_at, back_at=back_at)
    length = back_at - leaves_at
    if length > timedelta(hours=profile.outing_hours):
        raise Refusal(Code.OUTING_TOO_LONG, LOCAL, leaves_at=leaves_at, back_at=back_at, hours=profile.outing_hours)
    return length
