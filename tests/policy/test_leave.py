"""Leave as rules: how long it is, who decides, what is refused, when one is due back."""

import dataclasses
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.authority import Role
from policy.calendar import Calendar, Half, Span
from policy.leave import (
    Asked,
    Taken,
    after_office_hours,
    chain,
    check,
    due_back,
    goes_on,
    levels,
    measure,
    next_half,
    passed_up,
    provisional,
    shortened,
)
from policy.profile import LeaveKind, Profile
from policy.refusals import Code, Refusal
from tests.policy.refused import refused

AM, PM = Half.AM, Half.PM
SHANGHAI = ZoneInfo("Asia/Shanghai")
PROFILE = Profile()
NEW_YEAR = {date(2027, 1, day): "元旦" for day in (1, 2, 3)}
CALENDAR = Calendar(
    holidays={**NEW_YEAR, **{date(2026, 10, day): "国庆节" for day in range(1, 8)}},
    makeup_workdays=frozenset({date(2026, 10, 10), date(2026, 9, 20)}),
    published_through=2027,
)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI)


def span(start: str, end: str) -> Span:
    """`11-24am`, `2027-01-04pm`."""
    return Span(*_half(start), *_half(end))


def _half(text: str) -> tuple[date, Half]:
    day, half = text[:-2], Half(text[-2:])
    return date.fromisoformat(day if len(day) > 5 else f"2026-{day}"), half


def asked(start: str, end: str, kind: LeaveKind = LeaveKind.PERSONAL, **more) -> Asked:
    given = {
        "applicant": Role.TEAM_MEMBER,
        "now": TUESDAY,
        "others": (),
        "trips": (),
        "used": 0,
        "calendar": CALENDAR,
        "profile": PROFILE,
    }
    return check(span(start, end), kind, **{**given, **more})


@pytest.mark.parametrize(
    "start, end, kind, halves",
    [
        pytest.param("11-25am", "11-25am", LeaveKind.PERSONAL, 1, id="half a day"),
        pytest.param("11-25am", "11-25pm", LeaveKind.PERSONAL, 2, id="exactly 1 day"),
        pytest.param("11-24pm", "11-25pm", LeaveKind.PERSONAL, 3, id="a day and a half"),
        pytest.param("11-25am", "11-27pm", LeaveKind.PERSONAL, 6, id="exactly 3 days"),
        pytest.param("11-27am", "11-30pm", LeaveKind.PERSONAL, 4, id="a weekend inside"),
        pytest.param("11-27pm", "11-30am", LeaveKind.PERSONAL, 2, id="halves round a weekend"),
        pytest.param("2026-10-09am", "2026-10-12pm", LeaveKind.PERSONAL, 6, id="a Saturday worked in exchange"),
        pytest.param("2026-09-30am", "2026-10-08pm", LeaveKind.PERSONAL, 4, id="a holiday inside"),
        pytest.param("2026-09-30am", "2026-10-08pm", LeaveKind.FAMILY_VISIT, 18, id="calendar days"),
        pytest.param("2026-09-18pm", "2026-09-21am", LeaveKind.PERSONAL, 4, id="a Sunday worked in exchange, halves"),
        pytest.param("2026-12-31am", "2027-01-04pm", LeaveKind.PERSONAL, 4, id="year end"),
        pytest.param("2026-12-31pm", "2026-12-31pm", LeaveKind.PERSONAL, 1, id="the year's last half"),
        pytest.param("2026-12-31am", "2027-01-04pm", LeaveKind.FAMILY_VISIT, 10, id="calendar days over the year end"),
        pytest.param("2028-02-29pm", "2028-02-29pm", LeaveKind.PERSONAL, 1, id="half a leap day"),
        pytest.param("2028-02-25am", "2028-03-01pm", LeaveKind.FAMILY_VISIT, 12, id="calendar days over a leap day"),
        pytest.param("2028-02-28am", "2028-03-01pm", LeaveKind.PERSONAL, 6, id="leap day"),
        pytest.param("2027-02-26am", "2027-03-01pm", LeaveKind.PERSONAL, 4, id="no leap day"),
    ],
)
def test_it_is_counted_in_half_days(start, end, kind, halves):
    assert measure(span(start, end), kind, CALENDAR, PROFILE) == halves


@pytest.mark.parametrize(
    "applicant, halves, decides",
    [
        pytest.param(Role.TEAM_MEMBER, 1, Role.FIRST_SECRETARY, id="half a day"),
        pytest.param(Role.TEAM_MEMBER, 2, Role.FIRST_SECRETARY, id="exactly 1 day"),
        pytest.param(Role.TEAM_MEMBER, 3, Role.TOWNSHIP_OFFICER, id="a day and a half"),
        pytest.param(Role.TEAM_MEMBER, 6, Role.TOWNSHIP_OFFICER, id="exactly 3 days"),
        pytest.param(Role.TEAM_MEMBER, 7, Role.COUNTY_STAFF, id="three and a half"),
        pytest.param(Role.FIRST_SECRETARY, 1, Role.TOWNSHIP_OFFICER, id="a first secretary's half"),
        pytest.param(Role.FIRST_SECRETARY, 6, Role.TOWNSHIP_OFFICER, id="a first secretary's 3"),
        pytest.param(Role.FIRST_SECRETARY, 7, Role.COUNTY_STAFF, id="a first secretary's 3 and a half"),
    ],
)
def test_the_ladder(applicant, halves, decides):
    assert levels(applicant, LeaveKind.PERSONAL, halves, PROFILE) == (decides,)


def test_the_ladder_in_order_and_by_kind():
    in_order = dataclasses.replace(PROFILE, leave_in_order=True, leave_county_kinds=(LeaveKind.MARRIAGE,))
    three = (Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF)
    assert levels(Role.TEAM_MEMBER, LeaveKind.PERSONAL, 6, in_order) == three[:2]
    assert levels(Role.TEAM_MEMBER, LeaveKind.MARRIAGE, 1, in_order) == three
    last_only = dataclasses.replace(in_order, leave_in_order=False)
    assert levels(Role.TEAM_MEMBER, LeaveKind.MARRIAGE, 1, last_only) == (Role.COUNTY_STAFF,)


def taken(start: str, end: str, kind: LeaveKind = LeaveKind.PERSONAL) -> Taken:
    return Taken(span(start, end), kind)


@pytest.mark.parametrize(
    "others, chained",
    [
        pytest.param([taken("11-27am", "11-27pm")], 1, id="Friday before a Monday"),
        pytest.param([taken("11-26am", "11-26pm")], 0, id="a day of work between"),
        pytest.param([taken("11-27am", "11-27am")], 0, id="an afternoon of work between"),
        pytest.param([taken("12-01am", "12-01pm")], 1, id="the day after"),
        pytest.param([taken("11-26am", "11-26pm"), taken("11-27am", "11-27pm")], 2, id="through each other"),
        pytest.param([taken("11-27am", "11-27pm"), taken("12-01am", "12-02pm")], 2, id="on both sides"),
        pytest.param([taken("11-27pm", "11-27pm")], 1, id="Friday's afternoon"),
        pytest.param([taken("11-29am", "11-29pm")], 1, id="a Sunday of calendar days"),
    ],
)
def test_leaves_with_only_rest_between_are_a_chain(others, chained):
    assert len(chain(span("11-30am", "11-30pm"), others, CALENDAR)) == chained


@pytest.mark.parametrize(
    "before, after, chained",
    [
        pytest.param("09-30pm", "2026-10-08am", 1, id="over a week's holiday"),
        pytest.param("12-31pm", "2027-01-04am", 1, id="over the new year"),
        pytest.param("12-31am", "2027-01-04am", 0, id="an afternoon of work before the new year"),
        pytest.param("10-09pm", "2026-10-12am", 0, id="a Saturday worked in exchange between"),
        pytest.param("2028-02-28pm", "2028-03-01am", 0, id="the leap day between"),
        pytest.param("2027-02-26pm", "2027-03-01am", 1, id="February's end on a weekend"),
    ],
)
def test_a_chain_over_a_holiday_and_a_year_end(before, after, chained):
    assert len(chain(span(after, after), [taken(before, before)], CALENDAR)) == chained


def test_the_ladder_counts_the_chain():
    friday = taken("11-27am", "11-27pm")
    found = asked("11-30am", "11-30pm", others=[friday])
    assert (found.halves, found.chain, found.levels) == (2, 4, (Role.TOWNSHIP_OFFICER,))
    alone = dataclasses.replace(PROFILE, leave_chained=False)
    assert asked("11-30am", "11-30pm", others=[friday], profile=alone).levels == (Role.FIRST_SECRETARY,)


@pytest.mark.parametrize(
    "before, start, end, decides",
    [
        pytest.param(taken("11-25am", "11-25am"), "11-25pm", "11-25pm", Role.FIRST_SECRETARY, id="up to exactly 1 day"),
        pytest.param(taken("11-25am", "11-25pm"), "11-26am", "11-26am", Role.TOWNSHIP_OFFICER, id="half a day over 1"),
        pytest.param(taken("11-25am", "11-26pm"), "11-27am", "11-27pm", Role.TOWNSHIP_OFFICER, id="up to exactly 3"),
        pytest.param(taken("11-25am", "11-27pm"), "11-30am", "11-30am", Role.COUNTY_STAFF, id="over 3 after a weekend"),
        pytest.param(
            taken("12-30am", "12-31pm"), "2027-01-04am", "2027-01-05am", Role.COUNTY_STAFF, id="over a year end"
        ),
    ],
)
def test_an_extension_over_a_tier_goes_to_the_next_level(before, start, end, decides):
    assert asked(start, end, others=[before]).levels == (decides,)


FIRST, TOWNSHIP, COUNTY = Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF


@pytest.mark.parametrize(
    "asked_of, level, by, then",
    [
        pytest.param([FIRST], FIRST, FIRST, (FIRST, TOWNSHIP), id="a first secretary"),
        pytest.param([TOWNSHIP], TOWNSHIP, TOWNSHIP, (TOWNSHIP, COUNTY), id="the township"),
        pytest.param([FIRST], FIRST, TOWNSHIP, (FIRST, COUNTY), id="the township for a vacant first secretary"),
        pytest.param([FIRST, TOWNSHIP], FIRST, FIRST, (FIRST, TOWNSHIP), id="in order"),
        pytest.param([FIRST, TOWNSHIP], TOWNSHIP, TOWNSHIP, (FIRST, TOWNSHIP, COUNTY), id="the last, before the first"),
        pytest.param([FIRST, TOWNSHIP, COUNTY], FIRST, TOWNSHIP, (FIRST, COUNTY), id="past the level one holds"),
        pytest.param([COUNTY], COUNTY, COUNTY, None, id="the county has nobody above"),
        pytest.param([FIRST], FIRST, Role.ADMIN, None, id="nor has an admin"),
    ],
)
def test_who_decides_once_a_level_has_passed_it_up(asked_of, level, by, then):
    if then is None:
        with refused(Code.LEAVE_LAST_LEVEL):
            passed_up(asked_of, level, by)
    else:
        assert passed_up(asked_of, level, by) == then


@pytest.mark.parametrize(
    "start, end, more, code",
    [
        pytest.param("11-25pm", "11-25am", {}, Code.LEAVE_ENDS_BEFORE_START, id="ends before it starts"),
        pytest.param("11-28am", "11-29pm", {}, Code.LEAVE_ALL_REST, id="a weekend"),
        pytest.param("2027-01-01am", "2027-01-03pm", {}, Code.LEAVE_ALL_REST, id="a holiday"),
        pytest.param("2028-01-03am", "2028-01-03pm", {}, Code.LEAVE_TOO_FAR, id="in two years"),
        pytest.param("11-25am", "2099-12-31pm", {}, Code.LEAVE_TOO_LONG, id="for a lifetime"),
        pytest.param("11-20am", "11-20pm", {}, Code.LEAVE_TOO_OLD, id="last week"),
        pytest.param("11-25am", "11-26pm", {"others": [taken("11-26pm", "11-26pm")]}, Code.LEAVE_OVERLAPS, id="leave"),
        pytest.param(
            "11-25am", "11-26pm", {"trips": [span("11-26pm", "11-27am")]}, Code.LEAVE_OVERLAPS_TRIP, id="a trip"
        ),
    ],
)
def test_what_may_not_be_asked_for(start, end, more, code):
    with pytest.raises(Refusal) as refused:
        asked(start, end, **more)
    assert refused.value.code is code


def test_past_the_limit_of_a_kind_it_says_what_is_left():
    with pytest.raises(Refusal) as refused:
        asked("11-25am", "11-27pm", LeaveKind.BEREAVEMENT, used=1)
    assert refused.value.code is Code.LEAVE_OVER_LIMIT
    assert refused.value.fields == {"kind": LeaveKind.BEREAVEMENT, "allowed": 3, "left": 2.5, "days": 3.0}
    assert asked("11-25am", "11-27pm", LeaveKind.BEREAVEMENT).halves == 6


@pytest.mark.parametrize(
    "start, is_afterwards",
    [
        pytest.param("11-24am", False, id="this morning"),
        pytest.param("11-23am", True, id="yesterday"),
        pytest.param("11-22pm", True, id="within 48 hours"),
    ],
)
def test_an_emergency_may_be_asked_for_afterwards(start, is_afterwards):
    assert asked(start, "11-25am").is_afterwards is is_afterwards


def test_a_county_may_allow_days_back():
    back = dataclasses.replace(PROFILE, leave_backdate_days=7)
    assert asked("11-20am", "11-20pm", profile=back).is_afterwards is False


@pytest.mark.parametrize(
    "end, on, half, asked_at, overdue_at",
    [
        pytest.param("11-25pm", "11-26", AM, "11-26 08:00", "11-26 12:00", id="the morning after"),
        pytest.param("11-25am", "11-25", PM, "11-25 12:00", "11-26 12:00", id="at noon of the day"),
        pytest.param("11-27pm", "11-30", AM, "11-30 08:00", "11-30 12:00", id="over a weekend"),
        pytest.param("11-28am", "11-30", AM, "11-30 08:00", "11-30 12:00", id="from within a weekend"),
        pytest.param("12-31pm", "2027-01-04", AM, "2027-01-04 08:00", "2027-01-04 12:00", id="over a holiday"),
        pytest.param("2026-10-09pm", "2026-10-10", AM, "2026-10-10 08:00", "2026-10-10 12:00", id="worked in exchange"),
    ],
)
def test_when_one_is_due_back(end, on, half, asked_at, overdue_at):
    back = due_back(span("2026-09-01am", end), CALENDAR, PROFILE)

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text if len(text) > 11 else f"2026-{text}").replace(tzinfo=SHANGHAI)

    assert (back.on, back.half) == (date.fromisoformat(on if len(on) > 5 else f"2026-{on}"), half)
    assert (back.asked_at, back.overdue_at) == (at(asked_at), at(overdue_at))


@pytest.mark.parametrize(
    "on, half, left",
    [
        pytest.param("11-26", PM, span("11-24pm", "11-26am"), id="back in the afternoon"),
        pytest.param("11-26", AM, span("11-24pm", "11-25pm"), id="back in the morning"),
        pytest.param("11-25", AM, span("11-24pm", "11-24pm"), id="a half was taken"),
        pytest.param("11-24", PM, None, id="never went"),
        pytest.param("11-23", AM, None, id="before it began"),
    ],
)
def test_who_is_back_early_keeps_what_was_not_taken(on, half, left):
    assert shortened(span("11-24pm", "11-27pm"), date.fromisoformat(f"2026-{on}"), half) == left


def test_back_after_the_end_cuts_nothing_off():
    with pytest.raises(ValueError, match="after the end"):
        shortened(span("11-24pm", "11-25am"), date(2026, 11, 25), PM)


@pytest.mark.parametrize(
    "since, hours, until",
    [
        pytest.param("11-24 09:00", 4, "11-24 13:00", id="within a day"),
        pytest.param("11-24 16:00", 4, "11-25 11:00", id="over night"),
        pytest.param("11-27 16:00", 4, "11-30 11:00", id="over a weekend"),
        pytest.param("11-28 10:00", 4, "11-30 12:30", id="from a weekend"),
        pytest.param("11-24 20:00", 4, "11-25 12:30", id="in the evening"),
        pytest.param("11-24 06:00", 9, "11-24 17:30", id="a whole day"),
        pytest.param("11-24 06:00", 9.5, "11-25 09:00", id="a bit more than a day"),
    ],
)
def test_office_hours_pass_in_the_office(since, hours, until):
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)

    assert after_office_hours(at(since), hours, CALENDAR, PROFILE) == at(until)


DAYS = st.dates(date(2026, 9, 1), date(2027, 3, 1))
SPANS = st.builds(Span, DAYS, st.sampled_from(Half), DAYS, st.sampled_from(Half)).filter(Span.is_ordered)


@given(SPANS, st.sampled_from(LeaveKind))
def test_a_leave_takes_no_more_than_it_spans(one, kind):
    halves = list(one.halves())
    assert 0 <= measure(one, kind, CALENDAR, PROFILE) <= len(halves)


@given(SPANS, st.data())
def test_what_is_left_and_what_is_credited_make_the_whole(one, data):
    on, half = data.draw(st.sampled_from(list(one.halves())))
    left = shortened(one, on, half)
    kept = list(left.halves()) if left is not None else []
    assert kept == [each for each in one.halves() if each < (on, half)]


@given(SPANS, st.lists(SPANS, max_size=4))
def test_a_chain_does_not_depend_on_the_order(one, others):
    apart = [other for n, other in enumerate(others) if not any(other.overlaps(each) for each in (one, *others[:n]))]
    several = [Taken(other, LeaveKind.PERSONAL) for other in apart]
    assert chain(one, several, CALENDAR) == chain(one, reversed(several), CALENDAR)


@given(SPANS)
def test_one_is_due_back_in_the_first_half_of_work_after_it(one):
    back = due_back(one, CALENDAR, PROFILE)
    assert CALENDAR.is_workday(back.on)
    assert (back.on, back.half) > (one.to_on, one.to_half)
    assert back.asked_at < back.overdue_at
    between = Span(one.to_on, one.to_half, back.on, back.half).halves()
    idle = [on for on, half in between if (one.to_on, one.to_half) < (on, half) < (back.on, back.half)]
    assert not any(CALENDAR.is_workday(on) for on in idle)


@pytest.mark.parametrize(
    "first, kind, end",
    [
        ("11-24am", LeaveKind.SICK, "11-26pm"),
        ("11-24pm", LeaveKind.SICK, "11-27am"),
        ("11-28am", LeaveKind.SICK, "12-02pm"),  # begun on a Saturday
        ("09-30am", LeaveKind.SICK, "10-09pm"),  # the holiday between isn't counted
        ("11-27am", LeaveKind.MATERNITY, "11-29pm"),  # calendar days are
        ("2026-12-31am", LeaveKind.SICK, "2027-01-05pm"),
    ],
)
def test_an_open_end_stands_for_three_days_that_count(first, kind, end):
    found = provisional(*_half(first), kind, CALENDAR, PROFILE)
    assert found == span(first, end)
    assert measure(found, kind, CALENDAR, PROFILE) == 2 * PROFILE.leave_open_days


@pytest.mark.parametrize(
    "end, kind, goes_on_in",
    [
        ("11-27pm", LeaveKind.PERSONAL, "11-30am"),
        ("11-27pm", LeaveKind.MATERNITY, "11-28am"),
        ("11-25am", LeaveKind.PERSONAL, "11-25pm"),
        ("11-25pm", LeaveKind.PERSONAL, "11-26am"),
    ],
)
def test_where_a_leave_goes_on(end, kind, goes_on_in):
    before = span("11-24am", end)
    assert next_half(before, kind, CALENDAR, PROFILE) == _half(goes_on_in)
    assert goes_on(before, _half(goes_on_in), CALENDAR)
    assert not goes_on(before, _half("12-01pm"), CALENDAR)
