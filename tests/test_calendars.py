"""The days of an area: the library's holidays and make-up workdays, and what an area decided for itself."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from actions import sample
from policy.calendar import DayKind
from storage.calendars import PUBLISHED_THROUGH, county_calendar, national
from storage.engine import Database
from storage.ids import new_id
from storage.tables import Area, CalendarDay


@pytest.fixture
async def county(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    async with db.write() as session:
        await sample.create(session, now=datetime(2026, 11, 23, tzinfo=UTC))
    yield db
    await db.close()


@pytest.mark.parametrize(
    "on, kind, name",
    [
        (date(2026, 1, 1), DayKind.HOLIDAY, "元旦"),
        (date(2026, 1, 2), DayKind.HOLIDAY, "元旦"),  # a day off in exchange, called after its feast
        (date(2026, 1, 4), DayKind.MAKEUP_WORKDAY, None),  # the Sunday worked for it
        (date(2026, 2, 16), DayKind.HOLIDAY, "农历除夕"),
        (date(2026, 2, 23), DayKind.HOLIDAY, "春节"),
        (date(2026, 2, 28), DayKind.MAKEUP_WORKDAY, None),
        (date(2026, 10, 5), DayKind.HOLIDAY, "国庆节"),
        (date(2026, 10, 10), DayKind.MAKEUP_WORKDAY, None),
        (date(2026, 11, 21), DayKind.WEEKEND, None),
        (date(2026, 11, 23), DayKind.WORKDAY, None),
    ],
)
def test_the_year_as_published(on: date, kind: DayKind, name: str | None):
    calendar = national([2026])
    assert (calendar.kind(on), calendar.name(on)) == (kind, name)
    assert not calendar.is_forecast(on)


@pytest.mark.parametrize("year, workdays", [(2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_whole_years(year: int, workdays: int):
    """The days of the year less 104 of weekends and 11 feast days, 13 since 2025."""
    assert national([year]).workdays(date(year, 1, 1), date(year, 12, 31)) == workdays


def test_a_year_that_is_not_published_is_a_forecast():
    later = PUBLISHED_THROUGH + 1
    calendar = national([PUBLISHED_THROUGH, later])
    assert calendar.is_forecast(date(later, 10, 1))
    assert calendar.kind(date(later, 10, 1)) is DayKind.HOLIDAY
    assert not calendar.is_forecast(date(PUBLISHED_THROUGH, 10, 1))


async def test_the_nearest_area_decides(county: Database):
    areas = {}
    async with county.write() as session:
        for area in await session.scalars(select(Area)):
            areas[area.name] = area
        for place, on, works in (
            ("样例省", date(2026, 11, 23), False),
            ("安岭县", date(2026, 11, 23), True),
            ("样例市", date(2026, 11, 24), False),
            ("石桥镇", date(2026, 11, 25), False),
            ("安岭县", date(2025, 11, 25), False),
        ):
            row = CalendarDay(id=new_id(session), area_id=areas[place].id, on=on, is_workday=works, reason="试")
            session.add(row)
    async with county.read() as session:
        shimen = await county_calendar(session, areas["石门村"], [2026])
        bridge = await county_calendar(session, areas["石桥村"], [2026])
    assert shimen.own == {date(2026, 11, 23): True, date(2026, 11, 24): False}
    assert not bridge.is_workday(date(2026, 11, 25))
    assert shimen.is_workday(date(2026, 11, 25))
