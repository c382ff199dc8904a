"""值班表: who is on duty in the village on each day of a holiday or of the flood season, and the rest it earns. Clause 三（二）.

A county opens a period, each team names somebody for every half-day of it. Being named is no check-in: what counts, and
earns its rest in lieu (补休), is a half-day of rest on which somebody on the list was in the village.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from policy.attendance import HalfStatus
from policy.calendar import Calendar
from policy.refusals import LOCAL, Code, Refusal

DAYS_MOST = 124
"""Days of one period: a flood season of four months."""
DAYS_AHEAD = 366
FILLED_BEFORE = 3
"""Days before a period begins by which teams have filled it, where the county says nothing else."""
TITLE, BASIS = 20, 100
"""Characters."""
_DAY = timedelta(days=1)


def check_period(first: date, last: date, due: date, today: date) -> None:
    """Whether a period may be opened, to be filled by `due` (the day included).

    Raises `Refusal`: DUTY_ENDS_BEFORE_START, DUTY_PAST, DUTY_TOO_LONG, DUTY_TOO_FAR, DUTY_DUE.
    """
    if last < first:
        raise Refusal(Code.DUTY_ENDS_BEFORE_START, LOCAL, from_on=first, to_on=last, today=today)
    if first < today:
        raise Refusal(Code.DUTY_PAST, LOCAL, on=first, today=today)
    if (last - first).days >= DAYS_MOST:
        raise Refusal(Code.DUTY_TOO_LONG, LOCAL, days=DAYS_MOST)
    if (first - today).days > DAYS_AHEAD:
        raise Refusal(Code.DUTY_TOO_FAR, LOCAL, on=first, days=DAYS_AHEAD, today=today)
    if not today <= due <= first:
        raise Refusal(Code.DUTY_DUE, LOCAL, from_on=today, to_on=first, today=today)


def due_on(first: date, today: date) -> date:
    """The day by which a period is filled, where nobody says another."""
    return max(today, first - timedelta(days=FILLED_BEFORE))


def reminded_on(due: date, opened: date, calendar: Calendar) -> date | None:
    """The working day on whose morning those who still owe it are reminded, once; None: they have just been asked."""
    on = due
    while on > opened:
        if calendar.is_workday(on):
            return on
        on -= _DAY
    return None


def days_of(first: date, last: date) -> list[date]:
    """Each day of a period."""
    return [first + _DAY * n for n in range((last - first).days + 1)]


def rotation(
    days: Iterable[date], team: Sequence[int], away: Mapping[date, AbstractSet[int]], last: int | None = None
) -> dict[date, int]:
    """Who is on duty on these days in turn, going on behind `last`; who is away on a day lets the next one go first.

    A day on which everybody is away is left out.
    """
    found: dict[date, int] = {}
    turn = list(team)
    if last in turn:
        turn = turn[turn.index(last) + 1 :] + turn[: turn.index(last) + 1]
    for on in days:
        there = [person for person in turn if person not in away.get(on, ())]
        if there:
            found[on] = there[0]
            turn.remove(there[0])
            turn.append(there[0])
    return found


def earns(status: HalfStatus, *, is_named: bool, workday: bool) -> bool:
    """Whether a half-day earns half a day of rest: at rest for others, on duty and in the village for who is named."""
    return is_named and not workday and status is HalfStatus.ON_DUTY


def lieu_left(earned: Iterable[date], taken: Iterable[date], on: date, valid_days: int) -> int:
    """Half-days of rest in lieu that may be taken on a day; `earned` and `taken` hold a day for each half-day.

    What is earned may be taken from the next day on and for `valid_days` days; each half-day taken uses up the oldest
    that was good then.
    """
    left = sorted(earned)
    for day in sorted(taken):
        good = next((one for one in left if _is_good(one, day, valid_days)), None)
        if good is not None:
            left.remove(good)
    return sum(1 for one in left if _is_good(one, on, valid_days))


def _is_good(earned: date, on: date, valid_days: int) -> bool:
    return earned < on <= earned + timedelta(days=valid_days)


def swap_is_over(asker_on: date, other_on: date | None, today: date) -> bool:
    """Whether a swap that nobody has answered is over: one of its days has begun, or is past."""
    return min(asker_on, other_on or asker_on) <= today
