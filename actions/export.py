"""导出: paper leaves the house only by name and with an audit row. Clause 三（二）."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage import audit, outbox
from storage.batch import of
from storage.tables import Area, Lane


async def attendance(
    session: AsyncSession, *, by: Viewer, area_id: int, month: date, asked: str, now: datetime
) -> Area:
    """Have the attendance sheet of an area's month built and sent to whoever asks.

    `asked` is what the request hangs on (a card): asked twice from the same, it comes once. Raises `Refusal`:
    NOT_FOUND (no such area, or a month that has not begun), NOT_ALLOWED.
    """
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.ATTENDANCE_EXPORT, Target(area.path))
    first, _last = month_of(month)
    if first > (await of(session).local(area, now)).date():
        raise Refusal(Code.NOT_FOUND)
    key = f"attendance:{area.id}:{first:%Y-%m}:{asked}"
    if await outbox.is_known(session, key, by.person_id):
        return area
    audit.record(
        session,
        Action.ATTENDANCE_EXPORT,
        f"area:{area.id}",
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        after={"month": f"{first:%Y-%m}"},
    )
    payload = {"area_id": area.id, "month": first.isoformat()}
    await outbox.put(session, "attendance", to=by.person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)
    return area
