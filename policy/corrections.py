"""Corrections of a missed check-in (补签). Clause 三（二）; the hours and the number a month are the county's."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from policy.attendance import HalfStatus
from policy.calendar import Half
from policy.profile import Profile
from policy.refusals import LOCAL, Code, Refusal

_CORRECTABLE = frozenset({HalfStatus.UNVERIFIED, HalfStatus.NOT_YET})


def deadline(on: date, now_local: datetime, profile: Profile) -> datetime:
    """Until when the day may be corrected: the hours allowed run from its end, in the time zone of `now_local`."""
    day_end = datetime.combine(on + timedelta(days=1), time(), tzinfo=now_local.tzinfo)
    return day_end + timedelta(hours=profile.correction_hours)


def is_over(on: date, half: Half, now_local: datetime, profile: Profile) -> bool:
    """Whether the half-day can no longer be checked in for: mornings end at noon, afternoons with the window."""
    if on != now_local.date():
        return on < now_local.date()
    return now_local.time() >= (profile.half_boundary if half is Half.AM else profile.checkin_closes)


def correctable(
    on: date, *, now_local: datetime, own_status: Mapping[Half, HalfStatus], profile: Profile
) -> tuple[Half, ...]:
    """The halves of a day that may still be asked to be corrected, in order; how many are left is not looked at."""
    if now_local >= deadline(on, now_local, profile):
        return ()
    return tuple(half for half in Half if own_status[half] in _CORRECTABLE and is_over(on, half, now_local, profile))


def check_correction(
    on: date,
    halves: Collection[Half],
    *,
    now_local: datetime,
    used_this_month: int,
    own_status: Mapping[Half, HalfStatus],
    profile: Profile,
) -> None:
    """Whether these halves of the day may be asked to be corrected, as one request.

    `used_this_month` counts the requests for days of the month `on` lies in; `own_status` is the applicant's day.
    Raises `Refusal`: CORRECTION_NOT_OVER (one can still check in), CORRECTION_TOO_LATE, CORRECTION_NOT_NEEDED (the
    half-day is already settled), CORRECTIONS_USED_UP. `ValueError` where no half is named.
    """
    if not halves:
        raise ValueError("a correction needs at least one half-day")
    for half in sorted(halves):
        if not is_over(on, half, now_local, profile):
            raise Refusal(Code.CORRECTION_NOT_OVER, LOCAL, on=on, half=half)
    if now_local >= (until := deadline(on, now_local, profile)):
        raise Refusal(Code.CORRECTION_TOO_LATE, LOCAL, on=on, until=until, hours=profile.correction_hours)
    for half in sorted(halves):
        if (status := own_status[half]) not in _CORRECTABLE:
            raise Refusal(Code.CORRECTION_NOT_NEEDED, LOCAL, on=on, half=half, status=status)
    if used_this_month >= profile.corrections_per_month:
        raise Refusal(Code.CORRECTIONS_USED_UP, LOCAL, used=used_this_month, allowed=profile.corrections_per_month)


def may_decide(applicant_id: int, decider_id: int) -> bool:
    """Nobody decides on his own correction."""
    return applicant_id != decider_id
