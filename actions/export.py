"""导出: paper leaves the house only by name and with an audit row. Clause 三（二）.

`asked` is what a request hangs on (a card): asked twice from the same, it comes once. A `form` is the file's ending.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage import audit, certificates, outbox
from storage import duty as duties
from storage import leave as leaves
from storage.batch import of
from storage.tables import Area, Lane, LeaveRequest, Person

CIRCULAR_REACH = timedelta(days=366)
"""So far back a day is circulated."""


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
    given: dict[str, Any] = {"by": by, "role": role, "form": form, "asked": asked, "now": now}
    await _order_month(session, "leave_form", Action.LEAVE_EXPORT, area, first, **given)
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


async def certificate(
    session: AsyncSession, *, by: Viewer, person_id: int, month: date, form: str, asked: str, now: datetime
) -> Person:
    """驻村天数证明 of one person's month. Clause 四（三）.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, MONTH_NOT_LOCKED.
    """
    first, last = month_of(month)
    person, post, role = await certificates.post_in(session, by, Action.CERTIFICATE_EXPORT, person_id, first, last)
    await certificates.locked(session, post.area, first, now, person_id)
    await _order(
        session,
        "certificate",
        {"person_id": person.id, "month": first.isoformat(), "form": form},
        action=Action.CERTIFICATE_EXPORT,
        by=by,
        role=role,
        subject=f"person:{person.id}",
        area_id=post.area.id,
        key=f"certificate:{person.id}:{first:%Y-%m}:{form}:{asked}",
        after={"month": f"{first:%Y-%m}", "form": form},
        now=now,
    )
    return person


async def all_certificates(
    session: AsyncSession, *, by: Viewer, area_id: int, month: date, form: str, asked: str, now: datetime
) -> Area:
    """驻村天数证明 of everybody in an area, a liaison's of his unit's people, in one zip. Clause 四（三）.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, MONTH_NOT_LOCKED.
    """
    area, role = await _area(session, by, Action.CERTIFICATE_EXPORT, area_id)
    first = await _begun(session, area, month, now)
    await certificates.locked(session, area, first, now)
    given: dict[str, Any] = {"by": by, "role": role, "form": form, "asked": asked, "now": now}
    await _order_month(session, "certificate", Action.CERTIFICATE_EXPORT, area, first, **given)
    return area


async def year(
    session: AsyncSession, *, by: Viewer, person_id: int, of_year: int, form: str, asked: str, now: datetime
) -> Person:
    """个人全年汇总. Raises `Refusal`: NOT_FOUND (in no team that year, or a year to come), NOT_ALLOWED."""
    first, last = date(of_year, 1, 1), date(of_year, 12, 31)
    person, post, role = await certificates.post_in(session, by, Action.YEAR_EXPORT, person_id, first, last)
    await _begun(session, post.area, first, now)
    await _order(
        session,
        "year",
        {"person_id": person.id, "year": of_year, "form": form},
        action=Action.YEAR_EXPORT,
        by=by,
        role=role,
        subject=f"person:{person.id}",
        area_id=post.area.id,
        key=f"year:{person.id}:{of_year}:{form}:{asked}",
        after={"year": of_year, "form": form},
        now=now,
    )
    return person


async def circular(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    on: date,
    is_month: bool,
    form: str,
    asked: str,
    now: datetime,
) -> Area:
    """在岗通报 of a day or of its month. Raises `Refusal`: NOT_FOUND (to come, or too long ago), NOT_ALLOWED."""
    area, role = await _area(session, by, Action.CIRCULAR_EXPORT, area_id)
    today = (await of(session).local(area, now)).date()
    if not today - CIRCULAR_REACH <= on <= today:
        raise Refusal(Code.NOT_FOUND)
    when = f"{on:%Y-%m}" if is_month else on.isoformat()
    await _order(
        session,
        "circular",
        {"area_id": area.id, "on": on.isoformat(), "is_month": is_month, "form": form},
        action=Action.CIRCULAR_EXPORT,
        by=by,
        role=role,
        subject=f"area:{area.id}",
        area_id=area.id,
        key=f"circular:{area.id}:{when}:{form}:{asked}",
        after={"of": when, "form": form},
        now=now,
    )
    return area


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


async def _order_month(
    session: AsyncSession,
    kind: str,
    action: Action,
    area: Area,
    first: date,
    *,
    by: Viewer,
    role: Role | None,
    form: str,
    asked: str,
    now: datetime,
) -> None:
    """The papers of everybody in an area's month, in one file."""
    await _order(
        session,
        kind,
        {"area_id": area.id, "month": first.isoformat(), "form": form},
        action=action,
        by=by,
        role=role,
        subject=f"area:{area.id}",
        area_id=area.id,
        key=f"{kind}:all:{area.id}:{first:%Y-%m}:{form}:{asked}",
        after={"month": f"{first:%Y-%m}", "form": form},
        now=now,
    )


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
