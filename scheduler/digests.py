"""Who has a digest: officers for whom something waits that they may decide. One message each, not one a case."""

from collections.abc import Sequence
from datetime import datetime

from policy.authority import Grant, Role, Viewer
from policy.digests import goes_out, stands_until
from scheduler.telling import Told
from storage import board, clocks, matters
from storage import reminders as queries
from storage.clocks import AreaDay
from storage.engine import AsyncSession
from storage.matters import Matter
from storage.reminders import Officer


async def township(session: AsyncSession, days: Sequence[AreaDay], _now: datetime) -> list[Told]:
    """Township officers, in the evening: reasons and corrections that wait for them."""
    return await _digest(session, days, Role.TOWNSHIP_OFFICER, silence=False)


async def county(session: AsyncSession, days: Sequence[AreaDay], _now: datetime) -> list[Told]:
    """County staff, in the morning: the same of the whole county; and who was silent where check-in was required."""
    return await _digest(session, days, Role.COUNTY_STAFF, silence=True)


async def _digest(session: AsyncSession, days: Sequence[AreaDay], role: Role, *, silence: bool) -> list[Told]:
    calendars = await clocks.calendars(session, days)
    working = {day.area.id: day for day in days if goes_out(calendars[day.area.id], day.on)}
    waiting = await matters.waiting(session, "/") if working else []
    by_area = {
        area_id: [matter for matter in waiting if matter.village_path.startswith(day.area.path)]
        for area_id, day in working.items()
    }
    found: list[Told] = []
    for on in sorted({day.on for day in working.values()}):
        held = await queries.officers(session, role, {i for i, day in working.items() if day.on == on}, on)
        quiet = {officer.area_id for officer in held if not _decides(officer, by_area[officer.area_id])}
        silent = {i for i in quiet if silence and await board.silent_before(session, working[i].area, on)}
        for officer in held:
            day = working[officer.area_id]
            if _decides(officer, by_area[day.area.id]) or day.area.id in silent:
                local = day.due_at.astimezone(day.zone)
                until = stands_until(calendars[day.area.id], on, local.time(), day.zone)
                who = (officer.person_id, officer.role, officer.area_id)
                found.append(Told(*who, on, on.isoformat(), day.due_at, until, {"on": on.isoformat()}))
    return found


def _decides(officer: Officer, waiting: Sequence[Matter]) -> bool:
    viewer = Viewer(officer.person_id, (Grant(officer.role, officer.area_id, officer.area_path),))
    return any(matter.may_be_decided_by(viewer) for matter in waiting)
