"""代理: who stands in for an officer in his office, and for how long. Clause 三（二）; the limits are the software's own."""

from datetime import date

from policy.authority import Role
from policy.refusals import LOCAL, Code, Refusal

OFFICES = frozenset({Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.ADMIN})
"""Roles that decide and can be handed over. First secretaries hand over with a leave (交接)."""
LONGEST = 60
"""Days. Who is away for longer has a successor in the roster."""


def check(for_id: int, stand_in_id: int, first: date, last: date, today: date) -> None:
    """Whether somebody may stand in for somebody on these days, first and last included.

    Raises `Refusal`: STANDIN_ONESELF, STANDIN_ENDS_BEFORE_START, STANDIN_PAST, STANDIN_TOO_LONG.
    """
    if for_id == stand_in_id:
        raise Refusal(Code.STANDIN_ONESELF)
    if last < first:
        raise Refusal(Code.STANDIN_ENDS_BEFORE_START, LOCAL, from_on=first, to_on=last, today=today)
    if first < today:
        raise Refusal(Code.STANDIN_PAST, LOCAL, on=first, today=today)
    if (last - first).days >= LONGEST:
        raise Refusal(Code.STANDIN_TOO_LONG, LOCAL, limit=LONGEST, n=(last - first).days + 1)
