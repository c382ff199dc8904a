"""看电话: one person's telephone number, shown to one who may see it; the look is written down. Clause 三（一）."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage import audit, lookup
from storage.lookup import Found


async def reveal_phone(session: AsyncSession, *, by: Viewer, person_id: int, on: date, now: datetime) -> Found:
    """A person whose number `by` may see on a business day. The audit row holds ids only, never the number.

    Raises `Refusal`: NOT_FOUND for nobody, for somebody outside one's areas, and where no number is registered
    (`person`: his id).
    """
    found = await lookup.person(session, by, Action.PHONE_REVEAL, person_id, on)
    if found.person.phone is None:
        raise Refusal(Code.NOT_FOUND, person=person_id)
    _role, area = found.posts[0]
    role = require(by, Action.PHONE_REVEAL, Target(area.path, person_id, found.person.unit_id))
    audit.record(
        session,
        Action.PHONE_REVEAL,
        f"person:{person_id}",
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
    )
    return found
