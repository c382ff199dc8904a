"""不用定位: consent to exact positions is one's own, refused or given again at any time, without any loss. POLICY §5."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from storage import audit, positions
from storage.tables import Area, Person


async def set_consent(
    session: AsyncSession, *, by: Viewer, person: Person, area: Area, consent: bool, now: datetime
) -> bool:
    """Give or withdraw the consent; False where it stood so already. Withdrawn, what was kept is erased.

    `area` is where the person serves. Raises `Refusal(NOT_ALLOWED)`.
    """
    role = require(by, Action.CONSENT_SET, Target(area.path, person.id))
    if person.position_consent is consent:
        return False
    before = {"position": person.position_consent}
    person.position_consent = consent
    erased = 0 if consent else await positions.erase_of(session, person.id)
    audit.record(
        session,
        Action.CONSENT_SET,
        f"person:{person.id}",
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        before=before,
        after={"position": consent, "erased": erased},
    )
    return True
