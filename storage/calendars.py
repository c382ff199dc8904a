"""The days of an area: China's holidays from the library, and the county's own calendar above them. Clause 三（二）."""

import re
from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import holidays
from holidays.countries.china import ChinaStaticHolidays
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.calendar import Calendar
from storage.people import ancestor_ids
from storage.tables import Area, CalendarDay

PUBLISHED_THROUGH = max(ChinaStaticHolidays.special_public_holidays)
"""The last year whose days off in exchange the library knows: the State Council has published it."""

_NOTE = re.compile(r"（.*?）")
_DAY_OFF = "休息日"
_SPAN = timedelta(days=10)


class _Year(NamedTuple):
    holidays: MappingProxyType[date, str]
    makeup_workdays: frozenset[date]


@cache
def _year(year: int) -> _Year:
    # A neighbouring year's arrangement may reach into this one (a Saturday at the end of December worked).
    china = holidays.country_holidays("CN", years=[year - 1, year, year + 1], language="zh_CN")
    named = {on: _NOTE.sub("", name.split(";")[0]).strip() for on, name in china.items()}
    feasts = [on for on, name in named.items() if name != _DAY_OFF]

    def name(on: date) -> str:
        """A day off in exchange is called after the feast it lengthens."""
        near = min(feasts, key=lambda feast: abs(feast - on))
        return named[near] if abs(near - on) <= _SPAN else named[on]

    return _Year(
        MappingProxyType({on: name(on) for on in sorted(named) if on.year == year}),
        frozenset(on for on in china.weekend_workdays if on.year == year),
    )


def national(years: Collection[int]) -> Calendar:
    """The public calendar of these years; a year after the last published one is a forecast (预计)."""
    found = [_year(year) for year in sorted(set(years))]
    return Calendar(
        holidays={on: name for year in found for on, name in year.holidays.items()},
        makeup_workdays=frozenset().union(*(year.makeup_workdays for year in found)),
        published_through=PUBLISHED_THROUGH,
    )


async def county_calendar(session: AsyncSession, area: Area, years: Collection[int]) -> Calendar:
    """The calendar of these years in an area: what it or an area above it decided wins, the nearest first."""
    return (await of_areas(session, [area], years))[area.id]


async def of_areas(session: AsyncSession, areas: Collection[Area], years: Collection[int]) -> dict[int, Calendar]:
    """As `county_calendar`, for several areas in one statement, by area id."""
    general = national(years)
    along = {area.id: ancestor_ids(area.path) for area in areas}
    query = select(CalendarDay).where(
        CalendarDay.area_id.in_({area_id for ids in along.values() for area_id in ids}),
        CalendarDay.on.between(date(min(years), 1, 1), date(max(years), 12, 31)),
    )
    decided: dict[int, list[CalendarDay]] = {}
    for row in await session.scalars(query):
        decided.setdefault(row.area_id, []).append(row)
    return {
        area_id: Calendar(
            holidays=general.holidays,
            makeup_workdays=general.makeup_workdays,
            own={row.on: row.is_workday for above in ids for row in decided.get(above, ())},
            published_through=general.published_through,
        )
        for area_id, ids in along.items()
    }


async def own_days(session: AsyncSession, viewer: Viewer, area: Area, first: date) -> list[CalendarDay]:
    """What an area itself has decided from a day on, by day. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.CALENDAR_CHANGE, Target(area.path))
    query = select(CalendarDay).where(CalendarDay.area_id == area.id, CalendarDay.on >= first)
    return list(await session.scalars(query.order_by(CalendarDay.on)))


async def own_day(session: AsyncSession, area_id: int, on: date) -> CalendarDay | None:
    """What an area has decided on a day."""
    query = select(CalendarDay).where(CalendarDay.area_id == area_id, CalendarDay.on == on)
    return (await session.scalars(query)).one_or_none()


async def areas_of(session: AsyncSession, viewer: Viewer) -> list[Area]:
    """The areas whose calendar is `viewer`'s own affair, by code."""
    paths = viewer.paths(Action.CALENDAR_CHANGE)
    return list(await session.scalars(select(Area).where(Area.path.in_(paths)).order_by(Area.code)))
