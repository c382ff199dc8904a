"""The roster: areas, sites, units, people and roles, set-wise."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import Area, DispatchingUnit, Person


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody and nothing has been entered yet."""
    query = select(exists(select(Area.id)), exists(select(Person.id)), exists(select(DispatchingUnit.id)))
    return not any((await session.execute(query)).one())
