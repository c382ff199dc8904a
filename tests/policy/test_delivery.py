"""When a message may reach somebody: tables of quiet hours, rest days, and the week's number."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from policy.calendar import Calendar
from policy.delivery import Fate, Lane, Ruling, is_quiet, next_morning, opens_at, ruling
from policy.profile import Profile

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    holidays={date(2026, 10, day): "国庆节" for day in range(1, 8)},
    makeup_workdays=frozenset({date(2026, 10, 10)}),
    published_through=2026,
)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    "moment, opens",
    [
        ("2026-11-23 08:00", None),  # Monday, the hours end
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 19:59", None),
        ("2026-11-23 20:00", "2026-11-24 08:00"),
        ("2026-11-24 00:30", "2026-11-24 08:00"),
        ("2026-11-27 20:01", "2026-11-30 08:00"),  # Friday evening waits for Monday
        ("2026-11-28 10:00", "2026-11-30 08:00"),  # Saturday
        ("2026-09-30 21:00", "2026-10-08 08:00"),  # the long holiday
        ("2026-10-10 09:00", None),  # a Saturday worked in exchange
        ("2026-10-09 23:00", "2026-10-10 08:00"),
    ],
)
def test_quiet_hours_and_rest_days(moment: str, opens: str | None):
    expected = at(opens) if opens is not None else None
    assert opens_at(at(moment), Profile(), CALENDAR) == expected
    assert is_quiet(at(moment), Profile(), CALENDAR) is (opens is not None)


@pytest.mark.parametrize(
    "quiet_from, quiet_to, moment, quiet",
    [
        (time(12), time(14), "2026-11-23 13:00", True),  # a nap by day
        (time(12), time(14), "2026-11-23 14:00", False),
        (time(8), time(8), "2026-11-23 03:00", False),  # none at all
    ],
)
def test_other_hours(quiet_from: time, quiet_to: time, moment: str, quiet: bool):
    assert is_quiet(at(moment), Profile(quiet_from=quiet_from, quiet_to=quiet_to), CALENDAR) is quiet


def test_rest_days_need_not_be_quiet():
    assert not is_quiet(at("2026-11-28 10:00"), Profile(quiet_on_rest_days=False), CALENDAR)


@pytest.mark.parametrize(
    "moment, morning",
    [
        ("2026-11-23 08:00", "2026-11-24 08:00"),
        ("2026-11-23 07:00", "2026-11-23 08:00"),
        ("2026-11-27 09:00", "2026-11-30 08:00"),
    ],
)
def test_the_next_morning_card(moment: str, morning: str):
    assert next_morning(at(moment), Profile(), CALENDAR) == at(morning)


def test_a_county_that_never_works_is_not_silenced_for_ever():
    resting = Calendar(own={date(2026, 11, 23) + timedelta(days=n): False for n in range(40)})
    assert next_morning(at("2026-11-23 09:00"), Profile(), resting) == at("2026-11-24 09:00")


LATER, MORNING = at("2026-11-24 08:00"), at("2026-11-25 08:00")


@pytest.mark.parametrize(
    "lane, held, quiet, over, expected",
    [
        (Lane.ANSWER, False, True, True, Ruling(Fate.SEND)),
        (Lane.URGENT, False, True, True, Ruling(Fate.SEND)),
        (Lane.ORDINARY, False, False, False, Ruling(Fate.SEND)),
        (Lane.ORDINARY, False, True, False, Ruling(Fate.HOLD, LATER)),
        (Lane.ORDINARY, True, False, False, Ruling(Fate.MERGE)),
        (Lane.ORDINARY, True, True, False, Ruling(Fate.HOLD, LATER)),  # the line was down until the next evening
        (Lane.ORDINARY, False, False, True, Ruling(Fate.HOLD, MORNING)),
        (Lane.ORDINARY, True, False, True, Ruling(Fate.MERGE)),
        (Lane.BULK, False, False, False, Ruling(Fate.SEND)),
        (Lane.BULK, False, True, False, Ruling(Fate.HOLD, LATER)),
        (Lane.BULK, True, False, False, Ruling(Fate.SEND)),  # a notice keeps its own card
        (Lane.BULK, False, False, True, Ruling(Fate.HOLD, MORNING)),
        (Lane.BULK, True, False, True, Ruling(Fate.MERGE)),
    ],
)
def test_rulings(lane: Lane, held: bool, quiet: bool, over: bool, expected: Ruling):
    opens = LATER if quiet else None
    assert ruling(lane, held=held, opens=opens, morning=MORNING, is_over_limit=over) == expected


@pytest.mark.parametrize(
    "held, over, until, expected",
    [
        (False, True, MORNING, Ruling(Fate.DROP)),  # the day's reminder: of no use the next morning
        (False, True, MORNING + timedelta(minutes=1), Ruling(Fate.HOLD, MORNING)),
        (True, True, MORNING, Ruling(Fate.MERGE)),  # it has its line in this morning's card
        (False, False, MORNING, Ruling(Fate.SEND)),
    ],
)
def test_past_the_weeks_number_what_is_of_no_use_by_the_morning_is_dropped(
    held: bool, over: bool, until: datetime, expected: Ruling
):
    found = ruling(Lane.ORDINARY, held=held, opens=None, morning=MORNING, is_over_limit=over, expires=until)
    assert found == expected
