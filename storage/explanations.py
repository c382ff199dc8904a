"""说明情况: finding them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.tables import Area, Explanation


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, explanation_id: int
) -> tuple[Explanation, Area, Role | None]:
    """An explanation with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF.
    """
    query = select(Explanation, Area).join(Area, Explanation.village_id == Area.id)
    row = (await session.execute(query.where(Explanation.id == explanation_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    explanation, village = row
    return explanation, village, require(viewer, action, Target(village.path, explanation.person_id))
