"""Who has a digest: officers for whom something waits that they may decide. One message each, not one a case."""

from collections.abc import Sequence

from policy.authority import Grant, Role, Viewer
from policy.digests import goes_out, stands_until
from scheduler.telling import Told
from storage import board, clocks, todo
from storage import reminders as queries
from storage.clocks import AreaDay
from storage.engine import AsyncSession
from storage.people import ancestor_ids
from storage.reminders import Officer
from storage.todo import Todo


async def township(session: AsyncSession, days: Sequence[AreaDay]) -> list[Told]:
    """Township officers, in the evening: everything that waits for them."""
    return await _digest(session, days, Role.TOWNSHIP_OFFICER, silence=False)


async def county(session: AsyncSession, days: Sequence[AreaDay]) -> list[Told]:
    """County staff, in the morning: the same; and who was silent where check-in was required."""
    return await _digest(session, days, Role.COUNTY_STAFF, silence=True)


async def _digest(session: AsyncSession, days: Sequence[AreaDay], role: Role, *, silence: bool) -> list[Told]:
    calendars = await clocks.calendars(session, days)
    working = [day for day in days if goes_out(calendars[day.area.id], day.on)]
    found: list[Told] = []
    for on in sorted({day.on for day in working}):
        places = {day.area.id: day for day in working if day.on == on}
        at = max(day.due_at for day in places.values())
        waiting = _by_area(await todo.waiting(session, ["/"], at, todo.COUNTED))
        silent: dict[int, bool] = {}
        for officer in await queries.officers(session, role, places.keys(), on):
            day = places[officer.area_id]
            if not _decides(officer, waiting.get(day.area.id, ())):
                if silence and day.area.id not in silent:
                    silent[day.area.id] = bool(await board.silent_before(session, day.area, on))
                if not silent.get(day.area.id):
                    continue
            local = day.due_at.astimezone(day.zone)
            until = stands_until(calendars[day.area.id], on, local.time(), day.zone)
            who = (officer.person_id, officer.role, officer.area_id)
            found.append(Told(*who, on.isoformat(), day.due_at, until, {"on": on.isoformat()}))
    return found


def _by_area(waiting: Sequence[Todo]) -> dict[int, list[Todo]]:
    """Matters by every area that they lie in."""
    found: dict[int, list[Todo]] = {}
    for matter in waiting:
        for area_id in ancestor_ids(matter.area_path):
            found.setdefault(area_id, []).append(matter)
    return found


def _decides(officer: Officer, waiting: Sequence[Todo]) -> bool:
    viewer = Viewer(officer.person_id, (Grant(officer.role, officer.area_id, officer.area_path),))
    return any(matter.is_for(viewer) for matter in waiting)
