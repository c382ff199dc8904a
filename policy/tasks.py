"""A notice that wants 已落实 by a day: which day may be named, when who is missing is reminded. Clause 三（一）."""

from datetime import date, datetime, time, timedelta

from policy.refusals import LOCAL, Code, Refusal

FARTHEST = timedelta(days=366)
REMIND_AT = time(9)
"""On the day itself, by the clocks of the notice's area."""
SETTLE = timedelta(hours=1)
"""Who has just been told is not reminded at once."""
WORDS = 200
"""Characters of what is said with 已落实."""
WORDS_IN_ALL = 250
"""Characters with what was added later."""


def joined(before: str | None, added: str) -> str:
    """What was said before, and what is added to it. Raises `Refusal(TASK_WORDS_FULL)` (limit)."""
    if before is None:
        return added
    both = f"{before.rstrip('。.；; ')}；{added}"
    if len(both) > WORDS_IN_ALL:
        raise Refusal(Code.TASK_WORDS_FULL, LOCAL, limit=WORDS_IN_ALL)
    return both


def check_due_on(due_on: date | None, going_out: date) -> None:
    """Whether something sent on a day can be wanted by `due_on`. Raises `Refusal`: TASK_DUE_EARLY (on), TASK_DUE_FAR."""
    if due_on is None:
        return
    if due_on < going_out:
        raise Refusal(Code.TASK_DUE_EARLY, LOCAL, on=going_out)
    if due_on - going_out > FARTHEST:
        raise Refusal(Code.TASK_DUE_FAR, LOCAL, days=FARTHEST.days)


def reminder_at(due_on: date, now_local: datetime) -> datetime | None:
    """When who hasn't said 已落实 is reminded, in the time zone of `now_local`; None: it is as good as then."""
    moment = datetime.combine(due_on, REMIND_AT, tzinfo=now_local.tzinfo)
    return moment if moment - now_local >= SETTLE else None


def is_late(due_on: date, on: date) -> bool:
    """Whether 已落实 on a day is marked late."""
    return on > due_on
