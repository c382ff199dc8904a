"""全员在岗: days on which a county grants no leave, but to who is named. Clause 三（二）; a rule of the county's own."""

from datetime import date, timedelta

from policy.refusals import LOCAL, Code, Refusal

LONGEST = 92
"""Days of one closure: a flood season. What is longer is no exception any more."""
DAYS_AHEAD = 366
"""A closure begins at most so many days ahead: farther it is a slip."""
REASON = 100
"""Characters of its reason, which stands on cards."""


def check_days(first: date, last: date, today: date) -> None:
    """Whether days may be closed.

    Raises `Refusal`: LEAVE_ENDS_BEFORE_START, CLOSURE_PAST (last day before today), LEAVE_TOO_FAR, CLOSURE_TOO_LONG.
    """
    if last < first:
        raise Refusal(Code.LEAVE_ENDS_BEFORE_START, LOCAL, from_on=first, to_on=last, today=today)
    if last < today:
        raise Refusal(Code.CLOSURE_PAST, LOCAL, on=last, today=today)
    if first > today + timedelta(days=DAYS_AHEAD):
        raise Refusal(Code.LEAVE_TOO_FAR, LOCAL, from_on=first, days=DAYS_AHEAD, today=today)
    if (last - first).days >= LONGEST:
        raise Refusal(Code.CLOSURE_TOO_LONG, LOCAL, days=(last - first).days + 1, limit=LONGEST)
