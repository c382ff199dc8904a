"""走访, clause 二（四）: which day a visit may be of, how long it may be corrected, which parts belong together."""

from datetime import date, datetime, timedelta

from policy.calendar import month_of
from policy.profile import Period
from policy.refusals import LOCAL, Code, Refusal

TEXT = 2_000
"""Characters that a visit may hold."""
LATE_DAYS = 31
"""So many days later a visit may still be written down."""
CORRECT_DAYS = 7
"""So many days after it was written a visit may be corrected; what it said before is kept."""
JOIN = timedelta(minutes=10)
"""Photos that are sent within this after a visit, or after its last part, belong to it."""
MOST_HOUSEHOLDS = 30
MOST_PAPERS = 30


def check_day(on: date, today: date) -> None:
    """That a visit may be of that day. Raises `Refusal`: VISIT_NOT_YET (on), VISIT_TOO_LATE (on, days)."""
    if on > today:
        raise Refusal(Code.VISIT_NOT_YET, LOCAL, on=on)
    if (today - on).days > LATE_DAYS:
        raise Refusal(Code.VISIT_TOO_LATE, LOCAL, on=on, days=LATE_DAYS)


def check_correction(received_on: date, today: date) -> None:
    """That a visit may still be corrected. Raises `Refusal(VISIT_CLOSED)` (days, until)."""
    until = received_on + timedelta(days=CORRECT_DAYS)
    if today > until:
        raise Refusal(Code.VISIT_CLOSED, LOCAL, days=CORRECT_DAYS, until=until)


def belongs(changed_at: datetime, sent_at: datetime) -> bool:
    """Whether a photo that was sent at a moment is a part of the visit that was last added to at another.

    By when they were sent: a bad line delivers them late and all at once.
    """
    return timedelta(0) <= sent_at - changed_at <= JOIN


def period_of(on: date, period: Period) -> tuple[date, date]:
    """First and last day of the month, quarter, half-year or year that a day lies in."""
    months = {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}[period]
    first = (on.month - 1) // months * months + 1
    return date(on.year, first, 1), month_of(date(on.year, first + months - 1, 1))[1]
