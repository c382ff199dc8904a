"""月结: when a month may be locked, and for how long it is open again for one person. Clause 三（二）."""

from datetime import date, timedelta

from policy.calendar import month_of
from policy.refusals import LOCAL, Code, Refusal

REOPEN_DAYS = (1, 3, 7)
"""For how many days a month may be open again for one person, the day at hand included."""

LOOK_BACK = 12
"""Months back that are shown and may be locked."""


def is_over(month: date, today: date) -> bool:
    """Whether the month that `month` lies in is over; only then may it be locked."""
    return month_of(month)[1] < today


def check_lock(month: date, *, today: date, open_matters: int, is_confirmed: bool) -> None:
    """That a month may be locked. What is open is named first; it may be locked all the same, by a second word.

    Raises `Refusal`: MONTH_NOT_OVER (month, opens_on), MONTH_TOO_OLD (month, months), MONTH_HAS_OPEN (month, n).
    """
    first, last = month_of(month)
    if not is_over(month, today):
        raise Refusal(Code.MONTH_NOT_OVER, "三（二）", month=first, opens_on=last + timedelta(days=1), today=today)
    if first < earliest(today):
        raise Refusal(Code.MONTH_TOO_OLD, LOCAL, month=first, months=LOOK_BACK, today=today)
    if open_matters and not is_confirmed:
        raise Refusal(Code.MONTH_HAS_OPEN, "三（二）", month=first, n=open_matters, today=today)


def check_unlock(month: date, *, locked_on: date, today: date) -> None:
    """That a lock may be taken back: on its own day only, before papers have been made of it.

    Raises `Refusal(MONTH_LOCK_STANDS)` (month, on).
    """
    if today != locked_on:
        raise Refusal(Code.MONTH_LOCK_STANDS, LOCAL, month=month, on=locked_on, today=today)


def reopened_until(today: date, days: int) -> date:
    """The last day on which a month is open again for one person. Raises `ValueError` for a length that is not offered."""
    if days not in REOPEN_DAYS:
        raise ValueError(f"{days} days are not offered")
    return today + timedelta(days=days - 1)


def earliest(today: date) -> date:
    """The first day of the earliest month that is shown."""
    index = today.year * 12 + today.month - 1 - LOOK_BACK
    return date(index // 12, index % 12 + 1, 1)


def before(month: date) -> date:
    """The first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def after(month: date) -> date:
    """The first day of the month after."""
    return month_of(month)[1] + timedelta(days=1)
