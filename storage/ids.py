"""Ids come from blocks reserved in a table (law 5): no clock, no node number, and inserts go in bulk."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import IdBlock

BLOCK = 1_000


class Ids:
    """Ids reserved by this process. Used by the one writer only, so nothing here races."""

    def __init__(self) -> None:
        self._next = 0
        self._end = 0

    def take(self) -> int:
        """The next id. Raises RuntimeError when more are taken than were reserved."""
        if self._next >= self._end:
            raise RuntimeError("no ids reserved; ask for more with Database.write(ids=...) or Ids.reserve")
        self._next += 1
        return self._next - 1

    async def reserve(self, session: AsyncSession, count: int) -> None:
        """See to it that `count` ids stand ready. Part of the transaction: where that fails, `forget`."""
        if self._end - self._next >= count:
            return
        size = BLOCK * -(-(2 * count) // BLOCK)
        statement = update(IdBlock).where(IdBlock.name == "all").values(next_id=IdBlock.next_id + size)
        end = (await session.execute(statement.returning(IdBlock.next_id))).scalar_one()
        self._next, self._end = end - size, end

    def forget(self) -> None:
        """Reserve anew before the next id is given.

        A commit that failed may have been made all the same (the line broke before it could be said): ids that it used
        must not be given again, and ids that it reserved may be another process's by now.
        """
        self._next = self._end = 0


def new_id(session: AsyncSession) -> int:
    """An id for a new row of a session made by `Database.write`."""
    ids: Ids = session.info["ids"]
    return ids.take()


async def reserve(session: AsyncSession, count: int) -> None:
    """Have `count` ids more stand ready in a session made by `Database.write`, where only now it is known how many."""
    ids: Ids = session.info["ids"]
    await ids.reserve(session, count)
