from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.attendance import (
    LEAVE_MARKS,
    MARKS,
    PRECEDENCE,
    Claim,
    DayStatus,
    HalfStatus,
    day_mark,
    half_status,
    mark,
    required_days,
    tally,
)
from policy.profile import LeaveKind, Profile

ON_DUTY, TRIP, LEAVE = HalfStatus.ON_DUTY, HalfStatus.OFFICIAL_TRIP, HalfStatus.LEAVE
REST, UNVERIFIED, NOT_YET = HalfStatus.REST, HalfStatus.UNVERIFIED, HalfStatus.NOT_YET


@pytest.mark.parametrize(
    "claims, status",
    [
        pytest.param("", UNVERIFIED, id="silence is not absence, it waits for a person"),
        pytest.param("checked_in", ON_DUTY, id="checked in"),
        pytest.param("trip", TRIP, id="official trip"),
        pytest.param("leave", LEAVE, id="decided leave"),
        pytest.param("corrected", ON_DUTY, id="correction granted"),
        pytest.param("pending", UNVERIFIED, id="a reason waits for its answer"),
        pytest.param("pending checked_in", ON_DUTY, id="came to the village after all"),
        pytest.param("pending trip", TRIP, id="the reason became a trip"),
        pytest.param("checked_in trip", TRIP, id="checked in at eight, to the county in the afternoon"),
        pytest.param("checked_in leave", LEAVE, id="never both: leave stands until the return"),
        pytest.param("trip leave", LEAVE, id="leave above a trip"),
        pytest.param("corrected leave", LEAVE, id="leave above a correction"),
        pytest.param("corrected trip", ON_DUTY, id="what another decided stands above what was only reported"),
    ],
)
def test_a_working_half_day_that_is_over(claims, status):
    assert half_status(workday=True, day_over=True, **dict.fromkeys(claims.split(), True)) is status


@pytest.mark.parametrize(
    "claims, status",
    [
        pytest.param("", NOT_YET, id="not yet, not: missing"),
        pytest.param("checked_in", ON_DUTY, id="checked in"),
        pytest.param("pending", UNVERIFIED, id="far away, with a reason"),
        pytest.param("leave", LEAVE, id="on leave"),
    ],
)
def test_today(claims, status):
    assert half_status(workday=True, day_over=False, **dict.fromkeys(claims.split(), True)) is status


@pytest.mark.parametrize("day_over", [False, True])
@pytest.mark.parametrize(
    "claims, status",
    [
        pytest.param("", REST, id="rest"),
        pytest.param("pending", REST, id="nothing is due, so nothing to verify"),
        pytest.param("leave", REST, id="nothing is due, so no leave to take"),
        pytest.param("checked_in", ON_DUTY, id="work on a rest day counts and shows"),
        pytest.param("leave checked_in", ON_DUTY, id="back on the Sunday before"),
        pytest.param("corrected", ON_DUTY, id="confirmed on a rest day"),
        pytest.param("trip", TRIP, id="a trip over the weekend"),
    ],
)
def test_a_rest_day(claims, status, day_over):
    assert half_status(workday=False, day_over=day_over, **dict.fromkeys(claims.split(), True)) is status


@pytest.mark.parametrize("facts", list(product([False, True], repeat=7)))
def test_every_combination_keeps_the_laws(facts):
    names = ("workday", "checked_in", "trip", "leave", "corrected", "pending", "day_over")
    said = dict(zip(names, facts, strict=True))
    status = half_status(**said)
    present = said["checked_in"] or said["corrected"]
    assert status is not ON_DUTY or present
    assert (status is LEAVE) is (said["leave"] and said["workday"])
    assert status is not TRIP or said["trip"]
    assert status is not NOT_YET or not said["day_over"]
    if not said["workday"]:
        assert (status is REST) is not (present or said["trip"])
    if said["workday"] and (present or said["trip"]):
        assert status not in {REST, UNVERIFIED, NOT_YET}


def test_every_claim_has_its_place():
    assert list(PRECEDENCE) == list(Claim)


def test_a_day_speaks_the_same_words():
    assert DayStatus is HalfStatus


statuses = st.lists(st.sampled_from(HalfStatus), max_size=124)


@given(found=statuses)
def test_total_days_are_the_sum_of_what_they_were(found):
    total = tally(found)
    assert total.total == len(found)
    assert (
        total.on_duty_days
        + total.trip_days
        + total.leave_days
        + total.unverified_days
        + total.not_yet_days
        + total.rest_days
    ) == len(found) / 2
    assert total.due_days + total.rest_days == len(found) / 2
    assert total.beyond_due == 0


@given(one=statuses, other=statuses)
def test_totals_of_parts_add_up(one, other):
    a, b, both = tally(one), tally(other), tally(one + other)
    for name in ("due", "on_duty", "trip", "leave", "unverified", "not_yet", "rest", "total"):
        assert getattr(a, name) + getattr(b, name) == getattr(both, name)


def test_the_month_of_the_sketch():
    month = tally([ON_DUTY] * 25 + [TRIP] * 4 + [LEAVE] * 2 + [UNVERIFIED] + [REST] * 14)
    assert (month.due_days, month.on_duty_days, month.trip_days, month.leave_days) == (16, 12.5, 2, 1)
    assert (month.unverified_days, month.rest_days) == (0.5, 7)


def test_work_on_a_rest_day_counts_without_being_due():
    month = tally([ON_DUTY, ON_DUTY, ON_DUTY, REST], due=2)
    assert (month.on_duty, month.due, month.beyond_due) == (3, 2, 1)


@pytest.mark.parametrize("due", [-1, 3])
def test_half_days_due_must_be_among_those_counted(due):
    with pytest.raises(ValueError, match="due"):
        tally([ON_DUTY, LEAVE, REST], due=due)


@pytest.mark.parametrize("counts, days", [(True, 3), (False, 2)])
def test_official_trips_count_as_in_the_village_where_the_county_says_so(counts, days):
    month = tally([ON_DUTY] * 4 + [TRIP] * 2 + [LEAVE] * 2)
    assert month.in_village_days(Profile(trip_counts_in_village=counts)) == days


@pytest.mark.parametrize(
    "workdays, leave, figure, required",
    [
        (23, 0, 20, 20),
        (23, 2.5, 20, 20),
        (23, 3.5, 20, 19.5),
        (16, 0, 20, 16),  # February with the Spring Festival
        (16, 16, 20, 0),
        (16, 20, 20, 0),  # leave in calendar days may exceed the working days
        (23, 0, 15, 15),
    ],
)
def test_days_required_in_the_village(workdays, leave, figure, required):
    assert required_days(workdays, leave, Profile(required_days_in_village=figure)) == required


def test_every_status_and_every_kind_of_leave_has_a_mark():
    assert set(MARKS) == set(HalfStatus)
    assert set(LEAVE_MARKS) == set(LeaveKind)
    assert len(set(MARKS.values())) == len(MARKS)


@pytest.mark.parametrize(
    "status, kind, sign",
    [(ON_DUTY, None, "√"), (TRIP, None, "公"), (LEAVE, LeaveKind.SICK, "病"), (LEAVE, None, "假"), (REST, None, "休")],
)
def test_marks(status, kind, sign):
    assert mark(status, kind) == sign


@pytest.mark.parametrize("am, pm, shown", [("√", "√", "√"), ("√", "公", "√公"), ("待", "√", "待√"), ("√", "", "√")])
def test_a_day_has_one_mark_where_its_halves_agree(am, pm, shown):
    assert day_mark(am, pm) == shown


def test_on_the_duty_roster_of_a_day_of_rest():
    assert mark(ON_DUTY, is_named=True) == "值"
    assert (mark(REST, is_named=True), mark(TRIP, is_named=True)) == ("休", "公")
