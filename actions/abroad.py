"""An admin acknowledges that messages go through servers abroad (POLICY §5)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from storage import abroad, audit


async def acknowledge(session: AsyncSession, *, by: Viewer, now: datetime) -> datetime:
    """Keep that an admin knows, in the audit log; since when it is known. Again changes nothing.

    Raises `Refusal(NOT_ALLOWED)`: he is no admin. 个人信息保护法 36.
    """
    paths = by.paths(Action.ABROAD_ACKNOWLEDGE)
    widest = min(paths, key=len, default="/")
    role = require(by, Action.ABROAD_ACKNOWLEDGE, Target(widest))
    since = await abroad.acknowledged_since(session)
    if since is not None:
        return since
    area_id = next((grant.area_id for grant in by.grants if grant.area_path == widest), None)
    audit.record(
        session, Action.ABROAD_ACKNOWLEDGE, abroad.SUBJECT, by=by.person_id, role=role, now=now, area_id=area_id
    )
    return now
