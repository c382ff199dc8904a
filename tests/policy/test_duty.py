"""值班表: which days, who in turn, what earns rest in lieu and how long it is good."""

from datetime import date, timedelta

import pytest

from policy import duty
from policy.attendance import HalfStatus
from policy.calendar import Calendar
from policy.refusals import Code
from tests.policy.refused import refused

TODAY = date(2026, 9, 21)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 7)


@pytest.mark.parametrize(
    "first, last, due, code",
    [
        pytest.param(LAST, FIRST, TODAY, Code.DUTY_ENDS_BEFORE_START, id="backwards"),
        pytest.param(date(2026, 9, 20), LAST, TODAY, Code.DUTY_PAST, id="begun yesterday"),
        pytest.param(FIRST, FIRST + timedelta(124), TODAY, Code.DUTY_TOO_LONG, id="a day too long"),
        pytest.param(TODAY + timedelta(367), TODAY + timedelta(368), TODAY, Code.DUTY_TOO_FAR, id="a day too far"),
        pytest.param(FIRST, LAST, date(2026, 10, 2), Code.DUTY_DUE, id="filled after it begins"),
        pytest.param(FIRST, LAST, date(2026, 9, 20), Code.DUTY_DUE, id="filled yesterday"),
    ],
)
def test_periods_that_may_not_be_opened(first, last, due, code):
    with refused(code):
        duty.check_period(first, last, due, TODAY)


def test_the_widest_that_may():
    duty.check_period(TODAY, TODAY, TODAY, TODAY)
    duty.check_period(TODAY + timedelta(366), TODAY + timedelta(366 + 123), TODAY + timedelta(366), TODAY)


def test_filled_three_days_before_and_reminded_on_the_last_working_day():
    assert duty.due_on(FIRST, TODAY) == date(2026, 9, 28)
    assert duty.due_on(date(2026, 9, 22), TODAY) == TODAY
    plain = Calendar()
    assert duty.reminded_on(date(2026, 9, 28), TODAY, plain) == date(2026, 9, 28)
    assert duty.reminded_on(date(2026, 9, 27), TODAY, plain) == date(2026, 9, 25), "a Sunday"
    assert duty.reminded_on(TODAY, TODAY, plain) is None, "they have just been asked"
    assert duty.reminded_on(date(2026, 9, 27), date(2026, 9, 25), plain) is None, "only a weekend between"


def test_in_turn_whoever_is_away_lets_the_next_one_go_first():
    days = duty.days_of(FIRST, LAST)
    assert list(duty.rotation(days, [1, 2, 3], {}).values()) == [1, 2, 3, 1, 2, 3, 1]
    assert list(duty.rotation(days, [1, 2, 3], {}, last=1).values()) == [2, 3, 1, 2, 3, 1, 2]
    away = {days[0]: {1}, days[1]: {1}, days[2]: {1, 2, 3}}
    assert duty.rotation(days[:5], [1, 2, 3], away) == {days[0]: 2, days[1]: 3, days[3]: 1, days[4]: 2}
    assert duty.rotation(days, [], {}) == {}


@pytest.mark.parametrize("status", HalfStatus)
def test_rest_is_earned_by_who_is_named_and_there_on_a_day_of_rest(status):
    there = status is HalfStatus.ON_DUTY
    assert duty.earns(status, is_named=True, workday=False) is there
    assert not duty.earns(status, is_named=True, workday=True)
    assert not duty.earns(status, is_named=False, workday=False)


def test_what_is_left_in_lieu():
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    earned = [first, first, second]
    assert duty.lieu_left(earned, [], first, 10) == 0, "from the next day on"
    assert duty.lieu_left(earned, [], second, 10) == 2
    assert duty.lieu_left(earned, [], date(2026, 10, 11), 10) == 3, "the tenth day"
    assert duty.lieu_left(earned, [], date(2026, 10, 12), 10) == 1, "the first is no good any more"
    assert duty.lieu_left(earned, [date(2026, 10, 5)], date(2026, 10, 12), 10) == 1, "the oldest is used up first"
    assert duty.lieu_left(earned, [date(2026, 10, 12)], date(2026, 10, 5), 10) == 2, "what is asked for is kept"
    assert duty.lieu_left(earned, [date(2026, 9, 30)], date(2026, 10, 5), 10) == 3, (
        "nothing is taken before it is earned"
    )


def test_a_swap_is_over_when_one_of_its_days_has_come():
    assert not duty.swap_is_over(FIRST, LAST, date(2026, 9, 30))
    assert duty.swap_is_over(LAST, FIRST, FIRST)
    assert not duty.swap_is_over(LAST, None, date(2026, 10, 6))
    assert duty.swap_is_over(LAST, None, LAST)
