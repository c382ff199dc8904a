"""Who is reminded: cadres who still owe a check-in, county staff of a month to be settled. Clause 三（二）."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from policy.authority import Role
from policy.calendar import Half
from policy.checkin import half_of
from policy.reminders import asks_for_checkin, lock_deadline, lock_reminded, owes_checkin
from policy.ticks import moment
from scheduler.telling import Told
from storage import clocks, matters, month_locks
from storage import reminders as queries
from storage.clocks import AreaDay
from storage.engine import AsyncSession

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Window:
    """When a reminder of a day can be of use, and of which half-day it speaks."""

    half: Half
    opens: datetime
    closes: datetime


async def checkin(session: AsyncSession, days: Sequence[AreaDay]) -> list[Told]:
    """Cadres whose half-day says nothing yet, where check-in is required that day. `days` are of areas above villages."""
    calendars = await clocks.calendars(session, days)
    asked = [day for day in days if asks_for_checkin(day.profile, calendars[day.area.id], day.on)]
    found: list[Told] = []
    for on in sorted({day.on for day in asked}):
        windows = {day.area.id: _window(day) for day in asked if day.on == on}
        for cadre in await queries.cadres(session, windows.keys(), on):
            window = windows[cadre.above_id]
            known = cadre.am if window.half is Half.AM else cadre.pm
            if window.opens < window.closes and owes_checkin(queries.today(known)):
                facts = {"on": on.isoformat(), "village_id": cadre.village_id}
                who = (cadre.person_id, cadre.role, cadre.village_id)
                found.append(Told(*who, on.isoformat(), window.opens, window.closes, facts))
    return found


def _window(day: AreaDay) -> _Window:
    """From the reminder's time, or when check-ins are taken where that is later, until they no longer are."""
    opens = max(day.due_at, day.at(day.profile.checkin_opens))
    half = half_of(opens.astimezone(day.zone), day.profile)
    return _Window(half, opens, day.at(day.profile.checkin_closes))


async def lock(session: AsyncSession, days: Sequence[AreaDay]) -> list[Told]:
    """County staff whose month before is to be reviewed, as long as something of it is open."""
    calendars = await clocks.calendars(session, days)
    due = [day for day in days if lock_reminded(day.on, calendars[day.area.id], day.profile)]
    waiting = await matters.waiting(session, "/") if due else []
    found: list[Told] = []
    for day in due:
        month = day.on.replace(day=1) - _DAY
        if await month_locks.lock_of(session, day.area, month) is not None:
            continue
        inside = [matter for matter in waiting if matter.village_path.startswith(day.area.path)]
        is_open = queries.of_month(inside, month) or await queries.has_unverified(
            session, day.area, calendars[day.area.id], month, day.profile.records_from
        )
        if not is_open:
            continue
        until = moment(lock_deadline(day.on, day.profile) + _DAY, time(), day.zone)
        facts = {"county_id": day.area.id, "month": month.replace(day=1).isoformat()}
        for staff in await queries.officers(session, Role.COUNTY_STAFF, {day.area.id}, day.on):
            key = f"{day.area.id}:{day.on.isoformat()}"
            found.append(Told(staff.person_id, staff.role, staff.area_id, key, day.due_at, until, facts))
    return found
