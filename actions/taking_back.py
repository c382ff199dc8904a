"""Taking back what many were sent: what waits is given up, what went out is deleted, what is in flight is looked after."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import outbox

AGAIN = timedelta(seconds=10)
"""After so long what was in flight at the moment of a withdrawal has arrived."""


async def take_back(
    session: AsyncSession, chore: str, subjects: Sequence[str], why: str, payload: dict[str, int], now: datetime
) -> bool:
    """Give up what of subjects that are held still waits, and have what went out deleted; whether more is left.

    One piece of a chore of that kind, which comes again in ten seconds as long as something was in flight; then the
    subjects are let go. The first of them names it.
    """
    for subject in subjects:
        if await outbox.drop(session, subject, why):
            return True
    for subject in subjects:
        if await outbox.take_back(session, subject, now):
            return True
    if await outbox.is_stirring(session, subjects):
        key = f"{subjects[0]}:{chore}:{now.timestamp():.0f}"
        await outbox.chore(session, chore, key=key, now=now + AGAIN, payload=payload)
        return False
    for subject in subjects:
        await outbox.let_go(session, subject)
    return False
