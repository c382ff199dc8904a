"""Exact positions: kept with consent only, and no longer than the county says. POLICY §5."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import CheckIn, Explanation


async def erase_of(session: AsyncSession, person_id: int) -> int:
    """Erase every exact position of a person; how many there were. Distances and their classes stay."""
    erased = 0
    for table in (CheckIn, Explanation):
        theirs = (table.person_id == person_id, table.latitude.is_not(None))
        erased += len(list(await session.scalars(select(table.id).where(*theirs))))
        await session.execute(update(table).where(*theirs).values(latitude=None, longitude=None, accuracy_m=None))
    return erased
