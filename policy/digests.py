"""Digests: one message of what waits for somebody, instead of one a case. Clause 三（二）; 国办函〔2026〕12号."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from policy.calendar import Calendar
from policy.ticks import moment


def goes_out(calendar: Calendar, on: date) -> bool:
    """Whether there is a digest that day: on working days only."""
    return calendar.is_workday(on)


def stands_until(calendar: Calendar, on: date, at: time, zone: ZoneInfo) -> datetime:
    """When the digest of a day is of no use any more: once the next one is due."""
    return moment(calendar.next_workday(on), at, zone)
