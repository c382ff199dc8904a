"""Settling what is unverified: a person asks by telephone and says what it was. Clauses 三（二）, 三（四）.

Nobody is absent by silence: 不在岗 is a finding that somebody else rules on, and the half-day stays 待核实 until then.
"""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from enum import StrEnum

from policy.calendar import Half, Span
from policy.refusals import Code, Refusal

HalfDay = tuple[date, Half]


class Outcome(StrEnum):
    """What came of asking."""

    ON_DUTY = "on_duty"
    TRIP = "trip"
    LEAVE_ASKED = "leave_asked"  # he is to hand a leave in afterwards (补办)
    UNREACHED = "unreached"
    NOT_AT_POST = "not_at_post"


class Evidence(StrEnum):
    """On what a finding rests."""

    PHONE_CALL = "phone_call"


class FindingState(StrEnum):
    """How a finding stands. What it comes to is decided by a person, never here."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


def may_be_named(*, pending: bool, required: bool, refused: bool, reopened: bool) -> bool:
    """Whether somebody's unverified half-day may stand in a list by his name. POLICY §2, 国办函〔2026〕12号.

    Silence alone names nobody: only a reason or an objection that waits, a reason that was refused, a required
    check-in, or a month that was opened for him does.
    """
    return pending or required or refused or reopened


CALL = timedelta(minutes=1)
"""The same said again of the same half-days within this is the same call: a button pressed twice."""


def check(
    outcome: Outcome, chosen: Collection[HalfDay], *, waiting: AbstractSet[HalfDay], found: AbstractSet[HalfDay]
) -> None:
    """Whether half-days may be settled so; a reason or a correction of his is `waiting`, or a finding stands (`found`).

    Raises `Refusal`: SETTLE_DECIDE_FIRST, SETTLE_FOUND (不在岗 is found once, whoever rings up next).
    """
    if outcome is not Outcome.UNREACHED and waiting & set(chosen):
        raise Refusal(Code.SETTLE_DECIDE_FIRST, "三（二）")
    if outcome is Outcome.NOT_AT_POST and found & set(chosen):
        raise Refusal(Code.SETTLE_FOUND, "三（四）")


def spans(chosen: Iterable[HalfDay]) -> list[Span]:
    """Half-days as spans without a gap, in order."""
    found: list[Span] = []
    for on, half in sorted(set(chosen)):
        if found and _follows((found[-1].to_on, found[-1].to_half), (on, half)):
            found[-1] = found[-1]._replace(to_on=on, to_half=half)
        else:
            found.append(Span(on, half, on, half))
    return found


def _follows(before: HalfDay, after: HalfDay) -> bool:
    if before[1] is Half.AM:
        return after == (before[0], Half.PM)
    return after == (before[0] + timedelta(days=1), Half.AM)


def index(half_day: HalfDay) -> int:
    """The place of a half-day in its month: mornings at even places."""
    return 2 * (half_day[0].day - 1) + (half_day[1] is Half.PM)


def mask(chosen: Iterable[HalfDay]) -> int:
    """Half-days of one month as bits."""
    return sum(1 << index(half_day) for half_day in set(chosen))


def chosen(known: Iterable[HalfDay], bits: int) -> list[HalfDay]:
    """Those of some half-days whose bits are set, in order."""
    return [half_day for half_day in sorted(known) if bits >> index(half_day) & 1]
