"""临时外出: finding them."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.tables import Area, Outing


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, outing_id: int
) -> tuple[Outing, Area, Role | None]:
    """An outing with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    query = select(Outing, Area).join(Area, Outing.village_id == Area.id).where(Outing.id == outing_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    outing, village = row
    return outing, village, require(viewer, action, Target(village.path, outing.person_id))


async def own_open(session: AsyncSession, person_id: int, on: date) -> Outing | None:
    """The newest outing of a person's day that was not called off; whether he is back by now is the asker's to see."""
    query = (
        select(Outing)
        .where(Outing.person_id == person_id, Outing.on == on, Outing.cancelled_at.is_(None))
        .order_by(Outing.leaves_at.desc(), Outing.id.desc())
    )
    return (await session.scalars(query.limit(1))).first()
