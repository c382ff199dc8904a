"""年历: a county works or rests a day against the national calendar. Clause 三（二）."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, calendars
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, CalendarDay

SUBJECT = "calendar_day:{id}"
REMOVE = "calendar:remove"


async def check_day(
    session: AsyncSession, *, by: Viewer, area: Area, on: date, is_workday: bool, now: datetime
) -> None:
    """Whether a day may be decided so.

    Raises `Refusal`: NOT_ALLOWED, CALENDAR_PAST (before this month), CALENDAR_TOO_FAR (after next year),
    CALENDAR_SAME (it is so already).
    """
    require(by, Action.CALENDAR_CHANGE, Target(area.path))
    await _check_bounds(session, area, on, now)
    calendar = await calendars.county_calendar(session, area, {on.year})
    if calendar.is_workday(on) == is_workday and (on in calendar.own or not calendar.is_forecast(on)):
        raise Refusal(Code.CALENDAR_SAME, LOCAL, on=on, today=(await of(session).local(area, now)).date())


async def set_day(
    session: AsyncSession, *, by: Viewer, area: Area, on: date, is_workday: bool, reason: str, now: datetime
) -> CalendarDay:
    """Decide that a day is worked, or rested. Raises `Refusal` as `check_day`, TEXT_EMPTY, TEXT_TOO_LONG."""
    await check_day(session, by=by, area=area, on=on, is_workday=is_workday, now=now)
    role = require(by, Action.CALENDAR_CHANGE, Target(area.path))
    said = sentence(reason)
    day = await calendars.own_day(session, area.id, on)
    before = None if day is None else _audited(day)
    if day is None:
        day = CalendarDay(id=new_id(session), area_id=area.id, on=on, is_workday=is_workday, reason=said)
        session.add(day)
    day.is_workday, day.reason = is_workday, said
    audit.record(
        session,
        Action.CALENDAR_CHANGE,
        SUBJECT.format(id=day.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        before=before,
        after=_audited(day),
    )
    return day


async def remove_day(session: AsyncSession, *, by: Viewer, day_id: int, now: datetime) -> tuple[CalendarDay, Area]:
    """The national calendar holds again. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, CALENDAR_PAST."""
    day = await session.get(CalendarDay, day_id)
    if day is None:
        raise Refusal(Code.NOT_FOUND)
    area = await session.get_one(Area, day.area_id)
    role = require(by, Action.CALENDAR_CHANGE, Target(area.path))
    await _check_bounds(session, area, day.on, now)
    audit.record(
        session,
        REMOVE,
        SUBJECT.format(id=day.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        before=_audited(day),
    )
    await session.delete(day)
    await session.flush()
    return day, area


async def _check_bounds(session: AsyncSession, area: Area, on: date, now: datetime) -> None:
    today = (await of(session).local(area, now)).date()
    if on < month_of(today)[0]:
        raise Refusal(Code.CALENDAR_PAST, LOCAL, on=on, today=today)
    if on.year > today.year + 1:
        raise Refusal(Code.CALENDAR_TOO_FAR, LOCAL, on=on, today=today)


def _audited(day: CalendarDay) -> dict[str, str | bool]:
    return {"on": day.on.isoformat(), "is_workday": day.is_workday, "reason": day.reason}
