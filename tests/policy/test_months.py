"""When a month may be locked, for how long it is opened again, and which half-days a person is asked about."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import months, settling
from policy.calendar import Half, month_of
from policy.refusals import Code, Refusal
from tests.policy.refused import outcome

NOVEMBER = date(2026, 11, 1)
half_days = st.sets(
    st.tuples(st.integers(1, 30).map(lambda day: date(2026, 11, day)), st.sampled_from(list(Half))), min_size=1
)


@pytest.mark.parametrize(
    "month, today, n, is_confirmed, expected",
    [
        (NOVEMBER, date(2026, 11, 30), 0, False, Code.MONTH_NOT_OVER),
        (NOVEMBER, date(2026, 12, 1), 0, False, None),
        (NOVEMBER, date(2026, 12, 1), 1, False, Code.MONTH_HAS_OPEN),
        (NOVEMBER, date(2026, 12, 1), 1, True, None),
        (NOVEMBER, date(2026, 11, 30), 1, True, Code.MONTH_NOT_OVER),
        (date(2024, 2, 29), date(2024, 3, 1), 0, False, None),
        (date(2025, 12, 1), date(2026, 12, 31), 0, False, None),
        (date(2025, 11, 1), date(2026, 12, 1), 0, False, Code.MONTH_TOO_OLD),
    ],
)
def test_when_a_month_may_be_locked(month, today, n, is_confirmed, expected):
    said = outcome(lambda: months.check_lock(month, today=today, open_matters=n, is_confirmed=is_confirmed))
    assert said == expected


def test_a_lock_is_taken_back_on_its_day_only():
    on = date(2026, 12, 1)
    months.check_unlock(NOVEMBER, locked_on=on, today=on)
    with pytest.raises(Refusal) as refused:
        months.check_unlock(NOVEMBER, locked_on=on, today=on + timedelta(days=1))
    assert refused.value.code is Code.MONTH_LOCK_STANDS


def test_a_reopening_holds_the_day_at_hand_and_only_offered_lengths():
    assert months.reopened_until(date(2026, 12, 31), 1) == date(2026, 12, 31)
    assert months.reopened_until(date(2026, 12, 31), 3) == date(2027, 1, 2)
    with pytest.raises(ValueError, match="2 days"):
        months.reopened_until(date(2026, 12, 31), 2)


@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)))
def test_months_follow_each_other(on):
    first = on.replace(day=1)
    assert months.before(months.after(on)) == first
    assert month_of(months.before(on))[1] + timedelta(days=1) == first


@given(half_days)
def test_half_days_make_spans_without_gap_or_loss(chosen):
    spans = settling.spans(chosen)
    assert [one for span in spans for one in span.halves()] == sorted(chosen)
    for before, after in itertools.pairwise(spans):
        between = {(on, half) for on in (before.to_on, after.from_on) for half in Half}
        assert between - chosen or after.from_on - before.to_on > timedelta(days=1)


@given(half_days, half_days)
def test_a_press_speaks_of_exactly_the_half_days_whose_bits_it_carries(known, picked):
    bits = settling.mask(picked)
    assert bits < 1 << 62
    assert settling.chosen(known, bits) == sorted(known & picked)


def test_silence_alone_names_nobody():
    nothing = {"pending": False, "required": False, "refused": False, "reopened": False}
    assert not settling.may_be_named(**nothing)
    assert all(settling.may_be_named(**(nothing | {why: True})) for why in nothing)
