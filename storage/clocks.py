"""What time of day is set where: when something falls due in each area, by its own settings and time zone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.calendar import Calendar
from policy.profile import Profile
from policy.roster import Level
from policy.ticks import moment
from storage.batch import of
from storage.calendars import of_areas
from storage.people import ancestor_ids
from storage.tables import Area

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AreaDay:
    """A local day of an area, with the rules that hold on it. `due_at` is the moment that fell due."""

    area: Area
    on: date
    due_at: datetime
    profile: Profile

    @property
    def zone(self) -> ZoneInfo:
        """The clocks of the area."""
        return ZoneInfo(self.profile.time_zone)

    def at(self, clock: time) -> datetime:
        """The instant of a time of this day."""
        return moment(self.on, clock, self.zone)


async def areas(session: AsyncSession, level: Level, within: str = "/") -> list[Area]:
    """The areas of a level below an area's path, and the one of that level which it lies in; by code.

    Villages have no settings of their own: for them the areas right above them stand, townships as a rule.
    """
    inside = or_(Area.path.startswith(within), Area.id.in_(ancestor_ids(within)))
    query = select(Area).where(inside).order_by(Area.code)
    if level is not Level.VILLAGE:
        return list(await session.scalars(query.where(Area.level == level)))
    # In two steps: as one, PostgreSQL joins every area with every village where its statistics are of before the import.
    above = select(Area.parent_id).where(Area.level == Level.VILLAGE, Area.path.startswith(within)).distinct()
    wanted = set(await session.scalars(above))
    return [area for area in await session.scalars(query.where(Area.level != Level.VILLAGE)) if area.id in wanted]


async def moments(
    session: AsyncSession, places: Sequence[Area], setting: str, since: datetime, until: datetime
) -> dict[datetime, list[AreaDay]]:
    """When a time of day that is a setting falls due in these areas after `since`, up to `until`; in order.

    Each day goes by the settings that hold on it; where there is no time, nothing falls due. Two statements.
    """
    found: dict[datetime, list[AreaDay]] = {}
    on, last = since.date() - _DAY, until.date() + _DAY
    while places and on <= last:
        profiles = await of(session).profiles(places, on)
        for area in places:
            profile = profiles[area.id]
            if (at := getattr(profile, setting)) is None:
                continue
            due_at = moment(on, at, ZoneInfo(profile.time_zone))
            if since < due_at <= until:
                found.setdefault(due_at, []).append(AreaDay(area, on, due_at, profile))
        on += _DAY
    return dict(sorted(found.items()))


async def calendars(session: AsyncSession, days: Sequence[AreaDay]) -> dict[int, Calendar]:
    """The calendars of some areas around their days, by area id."""
    if not days:
        return {}
    years = {(day.on + _DAY * offset).year for day in days for offset in (-31, 0, 31)}
    return await of_areas(session, list({day.area.id: day.area for day in days}.values()), years)


async def named(session: AsyncSession, area_ids: Collection[int]) -> dict[int, Area]:
    """Areas and those right above them, by id."""
    above = select(Area.parent_id).where(Area.id.in_(area_ids))
    found = await session.scalars(select(Area).where(or_(Area.id.in_(area_ids), Area.id.in_(above))))
    return {area.id: area for area in found}
