from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.attendance import HalfStatus
from policy.calendar import Half
from policy.corrections import check_correction, correctable, deadline, is_over, may_decide
from policy.profile import Profile
from policy.refusals import Code
from tests.policy.refused import outcome, refused

AM, PM = Half.AM, Half.PM
COUNTY = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 23)
PROFILE = Profile()
SILENT = {AM: HalfStatus.UNVERIFIED, PM: HalfStatus.UNVERIFIED}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=COUNTY)


def ask(
    now: datetime,
    *,
    halves: Collection[Half] = (AM, PM),
    used: int = 0,
    status: Mapping[Half, HalfStatus] = SILENT,
    profile: Profile = PROFILE,
) -> None:
    check_correction(DAY, halves, now_local=now, used_this_month=used, own_status=status, profile=profile)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(at(23, 22), id="the window has closed"),
        pytest.param(at(24, 0), id="midnight"),
        pytest.param(at(24, 9), id="the next morning"),
        pytest.param(at(25, 23, 59), id="the last minute of 48 hours after the day"),
    ],
)
def test_within_48_hours(now):
    ask(now)


@pytest.mark.parametrize("now", [at(26, 0), at(26, 9), datetime(2027, 1, 1, tzinfo=COUNTY)])
def test_later_is_too_late(now):
    with refused(Code.CORRECTION_TOO_LATE, on=DAY, until=at(26, 0), hours=48):
        ask(now)


@pytest.mark.parametrize(
    "now, half",
    [
        pytest.param(at(23, 8), AM, id="one can still check in for both"),
        pytest.param(at(23, 13), PM, id="or for the afternoon"),
        pytest.param(at(22, 13), AM, id="tomorrow is not over"),
    ],
)
def test_what_can_still_be_checked_in_for_needs_no_correction(now, half):
    with refused(Code.CORRECTION_NOT_OVER, on=DAY, half=half):
        ask(now)


def test_this_morning_may_be_corrected_this_afternoon():
    ask(at(23, 13), halves=[AM], status={AM: HalfStatus.NOT_YET, PM: HalfStatus.NOT_YET})


@pytest.mark.parametrize(
    "status, correctable",
    [
        (HalfStatus.UNVERIFIED, True),
        (HalfStatus.NOT_YET, True),
        (HalfStatus.ON_DUTY, False),
        (HalfStatus.OFFICIAL_TRIP, False),
        (HalfStatus.LEAVE, False),
        (HalfStatus.REST, False),
    ],
)
def test_only_what_is_unsettled_can_be_corrected(status, correctable):
    day = {AM: HalfStatus.UNVERIFIED, PM: status}
    if correctable:
        ask(at(24, 9), status=day)
        return
    with refused(Code.CORRECTION_NOT_NEEDED, half=PM, status=status):
        ask(at(24, 9), status=day)


def test_the_other_half_does_not_matter():
    ask(at(24, 9), halves={PM}, status={AM: HalfStatus.ON_DUTY, PM: HalfStatus.UNVERIFIED})


@pytest.mark.parametrize(
    "used, allowed, fits", [(0, 3, True), (2, 3, True), (3, 3, False), (4, 3, False), (0, 0, False)]
)
def test_three_a_month(used, allowed, fits):
    profile = Profile(corrections_per_month=allowed)
    if fits:
        ask(at(24, 9), used=used, profile=profile)
        return
    with refused(Code.CORRECTIONS_USED_UP, used=used, allowed=allowed):
        ask(at(24, 9), used=used, profile=profile)


def test_a_correction_of_nothing_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="half-day"):
        ask(at(24, 9), halves=())


@pytest.mark.parametrize("applicant, decider, may", [(7, 8, True), (7, 7, False)])
def test_nobody_decides_on_his_own(applicant, decider, may):
    assert may_decide(applicant, decider) is may


@given(
    hours=st.integers(1, 744),
    now=st.datetimes(datetime(2026, 11, 20), datetime(2026, 12, 31)),
    halves=st.sets(st.sampled_from(Half), min_size=1),
)
def test_asked_in_time_just_when_over_and_before_the_deadline(hours, now, halves):
    profile = Profile(correction_hours=hours)
    local = now.replace(tzinfo=COUNTY)
    until = deadline(DAY, local, profile)
    assert until == at(24, 0) + timedelta(hours=hours)
    over = all(is_over(DAY, half, local, profile) for half in halves)
    expected = Code.CORRECTION_TOO_LATE if local >= until else None if over else Code.CORRECTION_NOT_OVER
    assert outcome(lambda: ask(local, halves=halves, profile=profile)) is expected


def test_what_may_still_be_corrected() -> None:
    """Over, within the hours, and not settled: in order, however many are left of the month's."""

    def halves(now: datetime, status: Mapping[Half, HalfStatus] = SILENT) -> tuple[Half, ...]:
        return correctable(DAY, now_local=now, own_status=status, profile=Profile())

    assert halves(datetime(2026, 11, 23, 11, 59, tzinfo=COUNTY)) == ()
    assert halves(datetime(2026, 11, 23, 12, 0, tzinfo=COUNTY)) == (Half.AM,)
    assert halves(datetime(2026, 11, 23, 22, 0, tzinfo=COUNTY)) == (Half.AM, Half.PM)
    assert halves(datetime(2026, 11, 25, 23, 59, tzinfo=COUNTY)) == (Half.AM, Half.PM)
    assert halves(datetime(2026, 11, 26, 0, 0, tzinfo=COUNTY)) == ()
    settled = {Half.AM: HalfStatus.OFFICIAL_TRIP, Half.PM: HalfStatus.NOT_YET}
    assert halves(datetime(2026, 11, 24, 8, 0, tzinfo=COUNTY), settled) == (Half.PM,)
    rest = dict.fromkeys(Half, HalfStatus.REST)
    assert halves(datetime(2026, 11, 24, 8, 0, tzinfo=COUNTY), rest) == ()
