from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import Half, Span
from policy.profile import Profile
from policy.refusals import Code
from policy.trips import Purpose, check_outing, check_trip
from tests.policy.refused import outcome, refused

AM, PM = Half.AM, Half.PM
TODAY = date(2026, 11, 23)
PROFILE = Profile()


def november(day: int) -> date:
    return date(2026, 11, day)


def ask(span: tuple[int, Half, int, Half], existing: Sequence[Span] = (), profile: Profile = PROFILE) -> Span:
    from_day, from_half, to_day, to_half = span
    return check_trip(
        november(from_day),
        from_half,
        november(to_day),
        to_half,
        today=TODAY,
        existing_spans=existing,
        profile=profile,
    )


@pytest.mark.parametrize(
    "span",
    [
        pytest.param((23, AM, 23, PM), id="today"),
        pytest.param((23, PM, 23, PM), id="this afternoon"),
        pytest.param((23, PM, 25, AM), id="to the day after tomorrow"),
        pytest.param((21, AM, 21, PM), id="the day before yesterday, within 48 hours of its end"),
        pytest.param((30, AM, 30, PM), id="next week"),
    ],
)
def test_a_trip_is_taken_as_reported(span):
    from_day, from_half, to_day, to_half = span
    assert ask(span) == Span(november(from_day), from_half, november(to_day), to_half)


@pytest.mark.parametrize(
    "span, code",
    [
        pytest.param((24, AM, 23, PM), Code.TRIP_ENDS_BEFORE_START, id="the day before"),
        pytest.param((23, PM, 23, AM), Code.TRIP_ENDS_BEFORE_START, id="the half before"),
        pytest.param((20, AM, 23, PM), Code.TRIP_TOO_OLD, id="begun too long ago"),
    ],
)
def test_what_is_no_trip(span, code):
    with refused(code):
        ask(span)


def test_the_refusal_of_an_old_trip_names_the_first_day_that_would_do():
    with refused(Code.TRIP_TOO_OLD, earliest=november(21), hours=48):
        ask((20, AM, 20, PM))


@pytest.mark.parametrize("hours, earliest", [(1, 22), (24, 22), (25, 21), (48, 21), (72, 20)])
def test_how_far_back_is_the_same_setting_as_for_corrections(hours, earliest):
    profile = Profile(correction_hours=hours)
    assert ask((earliest, AM, earliest, PM), profile=profile)
    with refused(Code.TRIP_TOO_OLD):
        ask((earliest - 1, AM, earliest - 1, PM), profile=profile)


def test_the_longest_trip_is_a_setting():
    profile = Profile(trip_max_days=3)
    assert ask((23, AM, 25, PM), profile=profile)
    with refused(Code.TRIP_TOO_LONG, days=4, allowed=3):
        ask((23, AM, 26, AM), profile=profile)


LEAVE = Span(november(25), PM, november(27), AM)


@pytest.mark.parametrize(
    "span, overlaps",
    [
        ((24, AM, 25, AM), False),
        ((24, AM, 25, PM), True),
        ((26, AM, 26, PM), True),
        ((27, AM, 27, AM), True),
        ((27, PM, 28, PM), False),
        ((23, AM, 30, PM), True),
    ],
)
def test_a_half_day_is_in_one_place_only(span, overlaps):
    elsewhere = Span(november(1), AM, november(2), PM)
    if not overlaps:
        assert ask(span, [elsewhere, LEAVE])
        return
    with refused(Code.TRIP_OVERLAPS, from_on=november(25), from_half=PM, to_on=november(27), to_half=AM):
        ask(span, [elsewhere, LEAVE])


@given(asked=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(Half), st.integers(0, 4), st.sampled_from(Half))))
def test_trips_taken_one_after_another_never_share_a_half_day(asked):
    taken: list[Span] = []
    for start, from_half, length, to_half in asked:
        from_on = TODAY + timedelta(start)
        to_on = from_on + timedelta(length)
        span = Span(from_on, from_half, to_on, to_half)
        found = outcome(partial(check_trip, *span, today=TODAY, existing_spans=taken, profile=PROFILE))
        if found == span:
            taken.append(span)
        else:
            assert found in {Code.TRIP_OVERLAPS, Code.TRIP_ENDS_BEFORE_START}
    covered = [half for span in taken for half in span.halves()]
    assert len(covered) == len(set(covered))


def test_standing_purposes():
    assert {Purpose.MEETING, Purpose.PROJECT, Purpose.MEDICAL_ESCORT, Purpose.UNIT, Purpose.OTHER} == set(Purpose)


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute)


@pytest.mark.parametrize(
    "leaves, back, length",
    [
        (at(9), at(11), timedelta(hours=2)),
        (at(9), at(13), timedelta(hours=4)),
        (at(11, 30), at(12, 30), timedelta(hours=1)),
    ],
)
def test_an_outing_is_under_half_a_day(leaves, back, length):
    assert check_outing(leaves, back, profile=PROFILE) == length


@pytest.mark.parametrize(
    "leaves, back, code",
    [
        pytest.param(at(11), at(11), Code.OUTING_ENDS_BEFORE_START, id="no time at all"),
        pytest.param(at(11), at(9), Code.OUTING_ENDS_BEFORE_START, id="back before leaving"),
        pytest.param(at(9), at(13, 1), Code.OUTING_TOO_LONG, id="longer than half a day"),
        pytest.param(at(22), at(1, day=24), Code.OUTING_NOT_SAME_DAY, id="over midnight"),
        pytest.param(at(9), at(9, 30, day=25), Code.OUTING_NOT_SAME_DAY, id="two days later"),
    ],
)
def test_what_is_no_outing(leaves, back, code):
    with refused(code):
        check_outing(leaves, back, profile=PROFILE)


def test_how_long_an_outing_may_be_is_a_setting():
    with refused(Code.OUTING_TOO_LONG, hours=2):
        check_outing(at(9), at(12), profile=Profile(outing_hours=2))


def test_a_trip_far_ahead_is_refused_by_its_own_rule():
    with refused(Code.TRIP_TOO_FAR, days=90, today=TODAY):
        ask_on(TODAY + timedelta(days=91))
    assert ask_on(TODAY + timedelta(days=90)).from_on == TODAY + timedelta(days=90)


def ask_on(on: date) -> Span:
    return check_trip(on, AM, on, PM, today=TODAY, existing_spans=(), profile=PROFILE)
