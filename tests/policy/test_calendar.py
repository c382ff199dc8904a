from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import Calendar, DayKind, Half, Span, halves, month_of

AM, PM = Half.AM, Half.PM


def days(month: int, first: int, last: int) -> list[date]:
    return [date(2026, month, day) for day in range(first, last + 1)]


# The State Council's arrangement of 2026, day by day.
HOLIDAYS_2026 = {
    **dict.fromkeys(days(1, 1, 3), "元旦"),
    **dict.fromkeys(days(2, 15, 23), "春节"),
    **dict.fromkeys(days(4, 4, 6), "清明节"),
    **dict.fromkeys(days(5, 1, 5), "劳动节"),
    **dict.fromkeys(days(6, 19, 21), "端午节"),
    **dict.fromkeys(days(9, 25, 27), "中秋节"),
    **dict.fromkeys(days(10, 1, 7), "国庆节"),
}
MAKEUP_2026 = frozenset(
    {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }
)
YEAR = Calendar(holidays=HOLIDAYS_2026, makeup_workdays=MAKEUP_2026, published_through=2026)


@pytest.mark.parametrize(
    "month, workdays",
    # February is short by the Spring Festival's week although it gives back two Saturdays; October by its first week.
    [(1, 21), (2, 16), (3, 22), (4, 21), (5, 19), (6, 21), (7, 23), (8, 21), (9, 22), (10, 18), (11, 21), (12, 23)],
)
def test_working_days_of_each_month_of_2026(month, workdays):
    assert YEAR.workdays(*month_of(date(2026, month, 15))) == workdays


def test_working_days_of_2026_in_all():
    # 261 weekdays, less 19 that are holidays, and 6 weekend days made up.
    assert YEAR.workdays(date(2026, 1, 1), date(2026, 12, 31)) == 261 - 19 + 6


@pytest.mark.parametrize(
    "on, kind, name",
    [
        (date(2026, 11, 23), DayKind.WORKDAY, None),
        (date(2026, 11, 22), DayKind.WEEKEND, None),
        (date(2026, 10, 1), DayKind.HOLIDAY, "国庆节"),
        (date(2026, 10, 3), DayKind.HOLIDAY, "国庆节"),  # a Saturday, but the holiday's
        (date(2026, 10, 10), DayKind.MAKEUP_WORKDAY, None),
    ],
)
def test_kinds_of_days(on, kind, name):
    assert YEAR.kind(on) is kind
    assert YEAR.name(on) == name


@pytest.mark.parametrize(
    "on, works, kind",
    [
        (date(2026, 11, 23), False, DayKind.HOLIDAY),  # the county rests on a Monday
        (date(2026, 11, 22), True, DayKind.MAKEUP_WORKDAY),  # and works the Sunday instead
        (date(2026, 10, 10), False, DayKind.WEEKEND),  # it doesn't make that Saturday up
        (date(2026, 10, 1), True, DayKind.MAKEUP_WORKDAY),  # a flood on National Day
        (date(2026, 11, 24), True, DayKind.WORKDAY),  # says what is so anyway
        (date(2026, 10, 2), False, DayKind.HOLIDAY),
    ],
)
def test_the_countys_own_calendar_wins(on, works, kind):
    own = Calendar(HOLIDAYS_2026, MAKEUP_2026, {on: works}, 2026)
    assert own.kind(on) is kind
    assert own.is_workday(on) is works


def test_a_holiday_that_is_worked_has_no_name():
    assert Calendar(HOLIDAYS_2026, own={date(2026, 10, 1): True}).name(date(2026, 10, 1)) is None


def test_a_day_made_up_is_worked_though_it_bears_a_feasts_name():
    on = date(2026, 9, 20)
    assert Calendar({on: "中秋节"}, frozenset({on})).is_workday(on)


@pytest.mark.parametrize(
    "on, own, forecast",
    [
        (date(2026, 12, 31), {}, False),
        (date(2027, 1, 1), {}, True),
        (date(2027, 1, 1), {date(2027, 1, 1): False}, False),
        (date(2027, 1, 2), {date(2027, 1, 1): False}, True),
    ],
)
def test_an_unpublished_year_is_a_forecast_until_the_county_speaks(on, own, forecast):
    assert Calendar(own=own, published_through=2026).is_forecast(on) is forecast


@pytest.mark.parametrize(
    "on, following",
    [
        (date(2026, 11, 25), date(2026, 11, 26)),
        (date(2026, 11, 27), date(2026, 11, 30)),  # over a weekend
        (date(2026, 9, 30), date(2026, 10, 8)),  # over the holiday
        (date(2026, 10, 9), date(2026, 10, 10)),  # a Saturday made up
        (date(2026, 2, 14), date(2026, 2, 24)),  # the longest rest of the year
    ],
)
def test_the_next_working_day(on, following):
    assert YEAR.next_workday(on) == following


def test_days_counted_backwards_are_none():
    assert YEAR.workdays(date(2026, 11, 24), date(2026, 11, 23)) == 0


@pytest.mark.parametrize(
    "on, first, last",
    [
        (date(2026, 2, 14), date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 4, 1), date(2026, 4, 1), date(2026, 4, 30)),
    ],
)
def test_month_of(on, first, last):
    assert month_of(on) == (first, last)


@pytest.mark.parametrize(
    "span, expected",
    [
        ((23, AM, 23, PM), [(23, AM), (23, PM)]),
        ((23, PM, 23, PM), [(23, PM)]),
        ((23, PM, 25, AM), [(23, PM), (24, AM), (24, PM), (25, AM)]),
        ((23, PM, 23, AM), []),
        ((24, AM, 23, PM), []),
    ],
)
def test_halves(span, expected):
    from_day, from_half, to_day, to_half = span
    found = list(halves(date(2026, 11, from_day), from_half, date(2026, 11, to_day), to_half))
    assert found == [(date(2026, 11, day), half) for day, half in expected]


spans = st.builds(
    lambda start, length, from_half, to_half: Span(
        date(2026, 11, 1) + timedelta(start), from_half, date(2026, 11, 1) + timedelta(start + length), to_half
    ),
    st.integers(0, 20),
    st.integers(0, 6),
    st.sampled_from(Half),
    st.sampled_from(Half),
).filter(Span.is_ordered)


@given(one=spans, other=spans)
def test_spans_overlap_just_when_they_share_a_half_day(one, other):
    assert one.overlaps(other) is bool(set(one.halves()) & set(other.halves()))
    assert one.overlaps(other) is other.overlaps(one)


@given(
    start=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    parts=st.lists(st.integers(0, 60), min_size=1, max_size=5),
)
def test_working_days_add_up_over_parts(start, parts):
    at, total = start, 0
    for part in parts:
        total += YEAR.workdays(at, at + timedelta(part))
        at += timedelta(part + 1)
    assert total == YEAR.workdays(start, at - timedelta(1))


@given(
    on=st.dates(date(2025, 12, 1), date(2027, 1, 31)),
    own=st.dictionaries(st.dates(date(2025, 12, 1), date(2027, 1, 31)), st.booleans(), max_size=30),
)
def test_the_next_working_day_is_worked_and_none_lies_between(on, own):
    calendar = Calendar(HOLIDAYS_2026, MAKEUP_2026, own, 2026)
    following = calendar.next_workday(on)
    assert following > on
    assert calendar.is_workday(following)
    assert calendar.workdays(on + timedelta(1), following) == 1
