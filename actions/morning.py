"""逐件处理: what a morning card counted is told one by one, since the person asks for it. POLICY §2 (merged messages)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage import audit, delivery, outbox

SUBJECT = "morning:{id}"


async def unfold(session: AsyncSession, *, by: Viewer, card_id: int, now: datetime) -> int:
    """Have what lies behind one's own morning card told one by one; how many, none the second time.

    Raises `Refusal`: NOT_FOUND (another's card), NOT_ALLOWED (no role in force).
    """
    if by.person_id is None or not by.grants:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.MORNING_UNFOLD, Target(by.grants[0].area_path, by.person_id))
    count = await delivery.unfold(session, card_id, by.person_id, now)
    if count:
        subject = SUBJECT.format(id=card_id)
        audit.record(
            session, Action.MORNING_UNFOLD, subject, by=by.person_id, role=role, now=now, after={"count": count}
        )
        await outbox.refresh(session, subject, now)
    return count
