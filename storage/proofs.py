"""What the check-ins of a day prove, half by half; for whoever takes one of them back. Clause 三（二）."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import checkin as rules
from policy.calendar import Half
from storage import teamday
from storage.batch import of
from storage.tables import Area, CheckIn


async def halves_of(session: AsyncSession, village: Area, row: CheckIn) -> frozenset[Half]:
    """The half-days a check-in still proves: what was said of it later takes away what the later word spoke of."""
    return frozenset() if row.objected_at is not None else await _recorded(session, village, row)


async def disputed(session: AsyncSession, village: Area, person_id: int, on: date) -> frozenset[Half]:
    """The half-days of a day of which he says that what others recorded isn't so."""
    found: frozenset[Half] = frozenset()
    for row in await teamday.rows_of(session, [person_id], on):
        if row.objected_at is not None:
            found |= await _recorded(session, village, row)
    return found


async def _recorded(session: AsyncSession, village: Area, row: CheckIn) -> frozenset[Half]:
    proved = await _spoken_of(session, village, row.at)
    return proved if row.withdrawn_at is None else proved - await _spoken_of(session, village, row.withdrawn_at)


async def left(
    session: AsyncSession, village: Area, rows: Iterable[CheckIn], *, but_not: int | None = None
) -> tuple[frozenset[Half], datetime | None]:
    """The half-days that these check-ins prove without one of them, and the first moment among those that do."""
    halves: frozenset[Half] = frozenset()
    first: datetime | None = None
    for row in rows:
        if row.id == but_not or not (proved := await halves_of(session, village, row)):
            continue
        halves |= proved
        first = row.at if first is None else min(first, row.at)
    return halves, first


async def witnessed(
    session: AsyncSession, village: Area, person_id: int, on: date, *, own_words: bool = True
) -> frozenset[Half]:
    """The half-days in which a check-in itself lies; an afternoon proved by the morning's is only supposed.

    `own_words`: as well where he has but said so himself.
    """
    profile = await of(session).profile(village, on)
    found = set()
    for row in await teamday.rows_of(session, [person_id], on):
        if row.words is not None and row.recorded_by_id in {None, person_id} and not own_words:
            continue
        half = rules.half_of(await of(session).local(village, row.at), profile)
        if half in await halves_of(session, village, row):
            found.add(half)
    return frozenset(found)


async def _spoken_of(session: AsyncSession, village: Area, at: datetime) -> frozenset[Half]:
    local = await of(session).local(village, at)
    return rules.halves_at(local, await of(session).profile(village, local.date()))
