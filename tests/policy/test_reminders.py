"""What is due of reminders and digests, as tables. November 2026: the 1st is a Sunday."""

from datetime import date, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from policy.attendance import HalfStatus, half_status
from policy.calendar import Calendar
from policy.digests import goes_out, stands_until
from policy.profile import CheckInMode, Profile
from policy.reminders import asks_for_checkin, lock_deadline, lock_reminded, owes_checkin
from policy.ticks import moment

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 21)
SHANGHAI = ZoneInfo("Asia/Shanghai")
FLOOD = Profile(
    checkin_mode=CheckInMode.REQUIRED,
    required_basis="县防汛指挥部 2026 年第 3 号",
    required_from=date(2026, 11, 20),
    required_to=date(2026, 11, 30),
)
WORKED_SATURDAY = Calendar(own={SATURDAY: True})
RESTED_MONDAY = Calendar(own={MONDAY: False})


@pytest.mark.parametrize(
    "what, profile, calendar, on, asked",
    [
        ("required", FLOOD, Calendar(), MONDAY, True),
        ("voluntary: silence is nobody's business", Profile(), Calendar(), MONDAY, False),
        ("off", Profile(checkin_mode=CheckInMode.OFF), Calendar(), MONDAY, False),
        ("required, before its first day", FLOOD, Calendar(), date(2026, 11, 19), False),
        ("required, after its last day", FLOOD, Calendar(), date(2026, 12, 1), False),
        ("required without a basis", Profile(checkin_mode=CheckInMode.REQUIRED), Calendar(), MONDAY, False),
        ("a rest day", FLOOD, Calendar(), SATURDAY, False),
        ("a Saturday worked in exchange", FLOOD, WORKED_SATURDAY, SATURDAY, True),
        ("the county's own rest day", FLOOD, RESTED_MONDAY, MONDAY, False),
    ],
)
def test_where_a_check_in_is_asked_for(what, profile, calendar, on, asked):
    assert asks_for_checkin(profile, calendar, on) is asked, what


@pytest.mark.parametrize("known", list(product([False, True], repeat=5)))
def test_only_of_whom_nothing_is_known(known):
    facts = dict(zip(("checked_in", "trip", "leave", "corrected", "pending"), known, strict=True))
    assert owes_checkin(half_status(workday=True, day_over=False, **facts)) is (not any(known))


@pytest.mark.parametrize("status", [status for status in HalfStatus if status is not HalfStatus.NOT_YET])
def test_nothing_else_is_owed(status):
    assert not owes_checkin(status)


NATIONAL = Calendar(
    holidays={date(2026, 10, n): "国庆节" for n in range(1, 8)}, makeup_workdays=frozenset({date(2026, 10, 10)})
)


@pytest.mark.parametrize(
    "what, month, calendar, days, reminded",
    [
        ("the 10th is a Tuesday", (2026, 11), Calendar(), 10, [2, 5, 9]),
        ("the 10th is a Sunday: Friday the 8th counts", (2027, 1), Calendar(), 10, [1, 5, 7]),
        ("a long holiday: nothing before the first working day", (2026, 10), NATIONAL, 10, [8, 9]),
        ("three days only", (2026, 12), Calendar(), 3, [1, 2]),
        ("the first day is the last", (2026, 12), Calendar(), 1, [1]),
        ("no working day before the deadline", (2026, 8), Calendar(), 2, []),
        ("to the end of February", (2026, 2), Calendar(), 28, [2, 24, 26]),
    ],
)
def test_the_days_on_which_a_month_is_asked_for(what, month, calendar, days, reminded):
    profile = Profile(bulletin_days=days)
    found = [n for n in range(1, 29) if lock_reminded(date(month[0], month[1], n), calendar, profile)]
    assert found == reminded, what
    assert lock_deadline(date(month[0], month[1], 1), profile) == date(month[0], month[1], days)


@pytest.mark.parametrize(
    "what, calendar, on, out",
    [
        ("a working day", Calendar(), MONDAY, True),
        ("a Saturday", Calendar(), SATURDAY, False),
        ("a Saturday worked in exchange", WORKED_SATURDAY, SATURDAY, True),
        ("the county's own rest day", RESTED_MONDAY, MONDAY, False),
    ],
)
def test_digests_are_of_working_days(what, calendar, on, out):
    assert goes_out(calendar, on) is out, what


@pytest.mark.parametrize(
    "what, on, next_on",
    [("Monday's until Tuesday's", MONDAY, date(2026, 11, 24)), ("Friday's until Monday's", date(2026, 11, 20), MONDAY)],
)
def test_a_digest_stands_until_the_next(what, on, next_on):
    assert stands_until(Calendar(), on, time(18), SHANGHAI) == moment(next_on, time(18), SHANGHAI), what
