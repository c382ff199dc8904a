"""导出: paper leaves the house only by name and with an audit row. Clause 三（二）.

`asked` is what a request hangs on (a card): asked twice from the same, it comes once. A `form` is the file's ending.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage import audit, outbox
from storage import duty as duties
from storage import leave as leaves
from storage.batch import of
from storage.tables import Area, Lane, LeaveRequest


async def attendance(
    session: AsyncSession, *, by: Viewer, area_id: int, month: date, asked: str, now: datetime
) -> Area:
    """Have the attendance sheet of an area's month built and sent to whoever asks.

    Raises `Refusal`: NOT_FOUND (no such area, or a month that has not begun), NOT_ALLOWED.
    """
    area, role = await _area(session, by, Action.ATTENDANCE_EXPORT, area_id)
    first = await _begun(session, area, month, now)
    await _order(
        session,
        "attendance",
        {"area_id": area.id, "month": first.isoformat()},
        action=Action.ATTENDANCE_EXPORT,
        by=by,
        role=role,
        subject=f"area:{area.id}",
        area_id=area.id,
        key=f"attendance:{area.id}:{first:%Y-%m}:{asked}",
        after={"month": f"{first:%Y-%m}"},
        now=now,
    )
    return area


async def leave_form(
    session: AsyncSession, *, by: Viewer, leave_id: int, form: str, asked: str, now: datetime
) -> LeaveRequest:
    """请假审批表 of one leave. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    leave, village, role = await leaves.get(session, by, Action.LEAVE_EXPORT, leave_id)
    await _order(
        session,
        "leave_form",
        {"leave_id": leave.id, "form": form},
        action=Action.LEAVE_EXPORT,
        by=by,
        role=role,
        subject=f"leave:{leave.id}",
        area_id=village.id,
        key=f"leave_form:{leave.id}:{form}:{asked}",
        after={"form": form},
        now=now,
    )
    return leave


async def leave_forms(
    session: AsyncSession, *, by: Viewer, area_id: int, month: date, form: str, asked: str, now: datetime
) -> Area:
    """请假审批表 of all leaves of an area that begin in a month, in one file.

    Raises `Refusal`: NOT_FOUND (no such area, or a month that has not begun), NOT_ALLOWED.
    """
    area, role = await _area(session, by, Action.LEAVE_EXPORT, area_id)
    first = await _begun(session, area, month, now)
    await _order(
        session,
        "leave_form",
        {"area_id": area.id, "month": first.isoformat(), "form": form},
        action=Action.LEAVE_EXPORT,
        by=by,
        role=role,
        subject=f"area:{area.id}",
        area_id=area.id,
        key=f"leave_forms:{area.id}:{first:%Y-%m}:{form}:{asked}",
        after={"month": f"{first:%Y-%m}", "form": form},
        now=now,
    )
    return area


async def duty(
    session: AsyncSession, *, by: Viewer, period_id: int, area_id: int, form: str, asked: str, now: datetime
) -> None:
    """值班表 of a period in an area. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER."""
    period, area, role = await duties.get(session, by, Action.DUTY_EXPORT, period_id, area_id)
    await _order(
        session,
        "duty_paper",
        {"id": period.id, "area_id": area.id, "form": form},
        action=Action.DUTY_EXPORT,
        by=by,
        role=role,
        subject=f"duty:{period.id}",
        area_id=area.id,
        key=f"duty_paper:{period.id}:{area.id}:{form}:{asked}",
        after={"form": form},
        now=now,
    )


async def _area(session: AsyncSession, by: Viewer, action: Action, area_id: int) -> tuple[Area, Role | None]:
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    # a liaison has his own unit's people, wherever they are: the query sees to it
    unit_id = next(iter(by.units(action)), None)
    return area, require(by, action, Target(area.path, unit_id=unit_id))


async def _begun(session: AsyncSession, area: Area, month: date, now: datetime) -> date:
    """The first day of a month that has begun. Raises `Refusal(NOT_FOUND)` for one to come."""
    first, _last = month_of(month)
    if first > (await of(session).local(area, now)).date():
        raise Refusal(Code.NOT_FOUND)
    return first


async def _order(
    session: AsyncSession,
    kind: str,
    payload: dict[str, Any],
    *,
    action: Action,
    by: Viewer,
    role: Role | None,
    subject: str,
    area_id: int,
    key: str,
    after: dict[str, Any],
    now: datetime,
) -> None:
    """A paper is ordered once, and by whom is written down."""
    if by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    if await outbox.is_known(session, key, by.person_id):
        return
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=area_id, after=after)
    await outbox.put(session, kind, to=by.person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)
