"""When something is due, in zones with and without summer time, and whether it is of use still."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.ticks import Fate, beat, daily, fate, moment

SHANGHAI, URUMQI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi"), ZoneInfo("Europe/Berlin")
NINE = time(9)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "what, on, at, zone, due_at",
    [
        ("the county", date(2026, 11, 23), NINE, SHANGHAI, "2026-11-23T01:00"),
        ("two hours west", date(2026, 11, 23), NINE, URUMQI, "2026-11-23T03:00"),
        ("just after midnight: the day before in UTC", date(2026, 11, 23), time(0, 30), SHANGHAI, "2026-11-22T16:30"),
        ("summer", date(2026, 7, 1), NINE, BERLIN, "2026-07-01T07:00"),
        ("winter", date(2026, 12, 1), NINE, BERLIN, "2026-12-01T08:00"),
        ("a time that is skipped", date(2026, 3, 29), time(2, 30), BERLIN, "2026-03-29T01:30"),
        ("a time that comes twice: the first", date(2026, 10, 25), time(2, 30), BERLIN, "2026-10-25T00:30"),
    ],
)
def test_the_moment_of_a_local_time(what, on, at, zone, due_at):
    assert moment(on, at, zone) == utc(due_at), what


@pytest.mark.parametrize(
    "what, since, until, days",
    [
        ("a minute without it", "2026-11-23T00:58", "2026-11-23T00:59", []),
        ("the minute it falls due", "2026-11-23T00:59", "2026-11-23T01:00", [23]),
        ("just after", "2026-11-23T01:00", "2026-11-23T01:01", []),
        ("two days missed", "2026-11-21T02:00", "2026-11-23T12:00", [22, 23]),
        ("the clock was set back", "2026-11-23T02:00", "2026-11-23T01:00", []),
    ],
)
def test_each_day_once(what, since, until, days):
    found = list(daily(NINE, SHANGHAI, utc(since), utc(until)))
    assert [on.day for on, _ in found] == days, what
    assert all(due_at == moment(on, NINE, SHANGHAI) for on, due_at in found)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.lists(st.integers(1, 60 * 40), min_size=1, max_size=20),
    st.times(),
    st.sampled_from([SHANGHAI, URUMQI, BERLIN, ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")]),
)
def test_however_often_one_looks_every_day_comes_once(start, minutes, at, zone):
    """Looks side by side without a gap see what one look over the whole span sees: nothing twice, nothing lost."""
    looks, last = [], start
    for step in minutes:
        looks += list(daily(at, zone, last, last + timedelta(minutes=step)))
        last += timedelta(minutes=step)
    assert looks == list(daily(at, zone, start, last))
    days = [on for on, _ in looks]
    assert days == sorted(set(days))


@pytest.mark.parametrize(
    "what, since, until, found",
    [
        ("nothing between two beats", "2026-11-23T01:00", "2026-11-23T01:59", None),
        ("the full hour", "2026-11-23T01:59", "2026-11-23T02:00", "2026-11-23T02:00"),
        ("of five hours missed the last", "2026-11-23T01:10", "2026-11-23T06:20", "2026-11-23T06:00"),
    ],
)
def test_beats_of_an_interval(what, since, until, found):
    assert beat(timedelta(hours=1), utc(since), utc(until)) == (utc(found) if found else None), what


@pytest.mark.parametrize(
    "late, found",
    [
        (timedelta(), Fate.RUN),
        (timedelta(hours=6), Fate.RUN),
        (timedelta(hours=6, seconds=1), Fate.SKIP),
        (timedelta(days=9), Fate.SKIP),
    ],
)
def test_too_late_to_be_of_use(late, found):
    due_at = utc("2026-11-23T01:00")
    assert fate(due_at, due_at + late, timedelta(hours=6)) is found
