from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import Half
from policy.checkin import (
    Evidence,
    Fix,
    Site,
    counts_at,
    grade,
    halves_proved,
    is_late,
    judge,
    named_in,
    require_on,
    villages_inside,
)
from policy.geo import DistanceClass, Point
from policy.profile import CheckInMode, Profile
from policy.refusals import Code
from tests.policy.refused import refused

PROFILE = Profile()
METRES_A_DEGREE = 111_195.08

COMMITTEE = Site(1, 10, "石门村村委会", Point(38.5, 114.2))
UPPER = Site(2, 10, "石门村上庄", Point(38.53, 114.2))  # 3.3 km north of it
DONGYU = Site(3, 20, "东峪村村委会", Point(38.518, 114.2))  # 2 km north, the village between


def north_of(site: Site, metres: float, **how: Any) -> Fix:
    return Fix(Point(site.point.lat + metres / METRES_A_DEGREE, site.point.lon), **how)


@pytest.mark.parametrize(
    "fix, evidence",
    [
        (Fix(COMMITTEE.point, live=True), Evidence.LIVE),
        (Fix(COMMITTEE.point, live=True, pressed=True), Evidence.LIVE),
        (Fix(COMMITTEE.point, pressed=True), Evidence.PRESSED),
        (Fix(COMMITTEE.point), Evidence.PICKED),
    ],
)
def test_grades_of_a_position(fix, evidence):
    assert grade(fix) is evidence


def test_grades_run_from_the_best_to_the_plainest():
    assert list(Evidence)[:3] == [Evidence.LIVE, Evidence.PRESSED, Evidence.PICKED]
    assert list(Evidence)[3:] == [Evidence.WORDS, Evidence.TEAM_LINE, Evidence.PROXY, Evidence.LIST]


def test_a_forwarded_position_is_refused_however_it_was_sent():
    with refused(Code.POSITION_FORWARDED):
        grade(Fix(COMMITTEE.point, live=True, pressed=True, forwarded=True))


@pytest.mark.parametrize(
    "metres, accuracy, inside",
    [
        pytest.param(0, None, True, id="at the committee"),
        pytest.param(1_499, None, True, id="just inside"),
        pytest.param(1_501, None, False, id="just outside, accuracy unknown"),
        pytest.param(1_590, 100.0, True, id="outside by less than the accuracy"),
        pytest.param(1_610, 100.0, False, id="outside by more than the accuracy"),
        pytest.param(1_990, 5_000.0, True, id="a vague position, within the cap"),
        pytest.param(2_010, 5_000.0, False, id="a vague position, beyond the cap"),
        pytest.param(1_501, -50.0, False, id="a senseless accuracy adds nothing"),
        pytest.param(1_490, -50.0, True, id="nor takes anything"),
        pytest.param(1_501, float("inf"), False, id="infinite accuracy adds nothing"),
        pytest.param(1_501, float("nan"), False, id="no number adds nothing"),
    ],
)
def test_the_fence_is_its_width_plus_the_capped_accuracy(metres, accuracy, inside):
    judgement = judge(north_of(COMMITTEE, metres, accuracy_m=accuracy), [COMMITTEE], PROFILE)
    assert judgement.inside is inside
    assert judgement.distance_m == pytest.approx(metres, abs=1)
    assert (judgement.distance_class is DistanceClass.IN_VILLAGE) is inside


@pytest.mark.parametrize(
    "metres, kept",
    [(3_000, DistanceClass.NEAR), (9_000, DistanceClass.FAR), (90_000, DistanceClass.AWAY)],
)
def test_outside_the_class_tells_how_far(metres, kept):
    assert judge(north_of(COMMITTEE, metres), [COMMITTEE], PROFILE).distance_class is kept


def test_the_nearest_site_of_a_village_is_the_one_that_counts():
    judgement = judge(north_of(COMMITTEE, 3_000), [COMMITTEE, UPPER], PROFILE)
    assert (judgement.site, judgement.inside, judgement.village_id) == (UPPER, True, 10)


@pytest.mark.parametrize(
    "metres, villages",
    [(0, (10,)), (900, (10, 20)), (1_200, (20, 10)), (1_900, (20, 10)), (-1_000, (10,)), (-2_000, ())],
)
def test_who_has_two_villages_may_be_in_both(metres, villages):
    assert villages_inside(north_of(COMMITTEE, metres), [COMMITTEE, UPPER, DONGYU], PROFILE) == villages


def test_a_wider_fence_is_a_setting():
    assert judge(north_of(COMMITTEE, 2_900), [COMMITTEE], Profile(fence_m=3_000)).inside


def test_a_late_arrival_is_marked():
    assert judge(Fix(COMMITTEE.point), [COMMITTEE], PROFILE, late=True).late
    assert not judge(Fix(COMMITTEE.point), [COMMITTEE], PROFILE).late


@pytest.mark.parametrize("ask", [judge, villages_inside])
def test_a_village_without_sites_can_not_judge(ask):
    with refused(Code.VILLAGE_WITHOUT_SITE):
        ask(Fix(COMMITTEE.point), [], PROFILE)


@pytest.mark.parametrize("point", [Point(0.0, 0.0), Point(float("nan"), 114.2), Point(114.2, 38.5)])
def test_no_real_position_is_judged(point):
    with refused(Code.POSITION_INVALID):
        judge(Fix(point), [COMMITTEE], PROFILE)


@given(
    lat=st.floats(36, 43),
    lon=st.floats(113, 120),
    accuracy=st.none() | st.floats(),
    sites=st.lists(st.builds(Point, st.floats(36, 43), st.floats(113, 120)), min_size=1, max_size=6),
)
def test_inside_a_village_just_when_its_nearest_site_holds_the_position(lat, lon, accuracy, sites):
    places = [Site(number, number % 2, f"{number}号点", point) for number, point in enumerate(sites)]
    fix = Fix(Point(lat, lon), accuracy)
    judgement = judge(fix, places, PROFILE)
    inside = villages_inside(fix, places, PROFILE)
    assert judgement.inside is bool(inside)
    for village in {place.village_id for place in places}:
        own = [place for place in places if place.village_id == village]
        assert judge(fix, own, PROFILE).inside is (village in inside)
    if inside:
        assert judgement.village_id == inside[0]


SENT = datetime(2026, 11, 22, 23, 58, tzinfo=UTC)  # 07:58 in the county


@pytest.mark.parametrize(
    "after, late",
    [
        pytest.param(timedelta(seconds=2), False, id="at once"),
        pytest.param(timedelta(minutes=10), False, id="ten minutes"),
        pytest.param(timedelta(minutes=10, seconds=1), True, id="later"),
        pytest.param(timedelta(hours=1, minutes=42), True, id="no signal in the hills"),
        pytest.param(timedelta(hours=24), True, id="a day, the most"),
        pytest.param(timedelta(minutes=-2), False, id="their clock ahead of ours, a little"),
    ],
)
def test_the_time_of_sending_counts(after, late):
    assert counts_at(SENT, SENT + after, PROFILE) == SENT
    assert is_late(SENT, SENT + after) is late


def test_an_instant_in_the_future_is_not_believed():
    received = SENT - timedelta(minutes=2, seconds=1)
    assert counts_at(SENT, received, PROFILE) == received
    assert not is_late(SENT, received)


def test_older_than_a_day_is_refused_with_the_rule():
    with refused(Code.POSITION_TOO_OLD, hours=24):
        counts_at(SENT, SENT + timedelta(hours=24, seconds=1), PROFILE)


def test_the_age_allowed_is_a_setting():
    with refused(Code.POSITION_TOO_OLD, hours=2):
        counts_at(SENT, SENT + timedelta(hours=3), Profile(position_max_age=2))


BOTH, AFTERNOON, MORNING = frozenset(Half), frozenset({Half.PM}), frozenset({Half.AM})


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(date(2026, 11, 23), time(hour, minute, second))


@pytest.mark.parametrize(
    "moment, proved",
    [
        (at(6), BOTH),
        (at(8, 2), BOTH),
        (at(11, 59, 59), BOTH),
        (at(12), AFTERNOON),
        (at(21, 59), AFTERNOON),
        (at(22, 0, 40), AFTERNOON),  # the clock still says 22:00
    ],
)
def test_before_noon_both_halves_later_the_afternoon(moment, proved):
    assert halves_proved(moment, PROFILE) == proved


@pytest.mark.parametrize("moment", [at(0), at(5, 59, 59), at(22, 1), at(23, 59, 59)])
def test_outside_the_window(moment):
    with refused(Code.CHECKIN_CLOSED, opens=time(6), closes=time(22)):
        halves_proved(moment, PROFILE)


@pytest.mark.parametrize("moment, proved", [(at(8), MORNING), (at(14), AFTERNOON)])
def test_where_two_a_day_are_asked_each_proves_its_own_half(moment, proved):
    assert halves_proved(moment, Profile(checkins_per_day=2)) == proved


def test_off_is_off():
    with refused(Code.CHECKIN_OFF):
        halves_proved(at(8), Profile(checkin_mode=CheckInMode.OFF))


def test_off_speaks_before_the_window_does():
    with refused(Code.CHECKIN_OFF):
        halves_proved(at(23), Profile(checkin_mode=CheckInMode.OFF))


@pytest.mark.parametrize("mode", [CheckInMode.VOLUNTARY, CheckInMode.REQUIRED])
def test_otherwise_check_in_is_open(mode):
    require_on(Profile(checkin_mode=mode), date(2026, 11, 23))


@given(moment=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_the_afternoon_is_always_proved_within_the_window(moment):
    profile = Profile(checkin_opens=time(0), checkin_closes=time(23, 59))
    proved = halves_proved(moment, profile)
    assert Half.PM in proved
    assert (Half.AM in proved) is (moment.hour < 12)


@pytest.mark.parametrize(
    "words, villages, named",
    [
        ("在东峪村委会", ("石门村", "东峪村"), 1),
        ("在石门入户", ("石门村", "东峪村"), 0),
        ("在三组入户", ("石门村", "东峪村"), None),
        ("从石门村到东峪村", ("石门村", "东峪村"), None),
        ("在石门北村", ("石门村", "石门北村"), 1),
        ("在石门北", ("石门村", "石门北村"), None),
    ],
)
def test_the_village_that_words_name(words, villages, named):
    assert named_in(words, villages) == named
