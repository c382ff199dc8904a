"""Check-in: how good the evidence is, whether it lies in the village, which half-days it proves. Clause 三（二）.

Words, a team's line or the township's list prove as much as a position; the grade only says which it was.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from policy import geo
from policy.calendar import Half
from policy.geo import DistanceClass, Point
from policy.profile import CheckInMode, Profile, mode_on
from policy.refusals import LOCAL, Code, Refusal

CLOCKS_APART = timedelta(minutes=2)
"""How far a sender's server may be ahead of ours."""

LATE_AFTER = timedelta(minutes=10)
"""From this on, an arrival is shown with both its times."""


POSITION_KEPT_DAYS = 30
"""Exact positions go after so many days; then only the distance class is kept. Not a county's to change."""


class Evidence(StrEnum):
    """How a check-in came about, best first."""

    LIVE = "live"  # a position shared live
    PRESSED = "pressed"  # the location key
    PICKED = "picked"  # a place chosen on the map
    WORDS = "words"  # one's own sentence
    TEAM_LINE = "team_line"  # the first secretary's line for the team
    PROXY = "proxy"  # a colleague for one whose phone is broken
    LIST = "list"  # the township's list


@dataclass(frozen=True, slots=True)
class Site:
    """One of a village's places; its fence is a circle round it. The point is WGS-84."""

    id: int
    village_id: int
    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Fix:
    """A position as it arrived: WGS-84, accuracy in metres where the phone told it, and how it was sent."""

    point: Point
    accuracy_m: float | None = None
    live: bool = False
    pressed: bool = False
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A position against the nearest site. `distance_m` is in metres and is not kept; the class is."""

    inside: bool
    site: Site
    village_id: int
    distance_m: float
    distance_class: DistanceClass
    late: bool


def grade(fix: Fix) -> Evidence:
    """The grade of a position. Raises `Refusal(POSITION_FORWARDED)`: somebody else's position proves nothing."""
    if fix.forwarded:
        raise Refusal(Code.POSITION_FORWARDED, "三（二）")
    if fix.live:
        return Evidence.LIVE
    return Evidence.PRESSED if fix.pressed else Evidence.PICKED


def judge(fix: Fix, sites: Sequence[Site], profile: Profile, *, late: bool = False) -> Judgement:
    """The position against the nearest of the sites, of one village or several.

    Raises `Refusal(VILLAGE_WITHOUT_SITE)` where no site is known, `Refusal(POSITION_INVALID)` for no real position.
    """
    metres, site = _by_distance(fix, sites)[0]
    inside = metres <= _reach_m(fix, profile)
    return Judgement(
        inside=inside,
        site=site,
        village_id=site.village_id,
        distance_m=metres,
        distance_class=geo.classify(metres, inside),
        late=late,
    )


def villages_inside(fix: Fix, sites: Sequence[Site], profile: Profile) -> tuple[int, ...]:
    """Every village whose fence holds the position, nearest first; more than one and the person is asked which.

    Raises as `judge` does.
    """
    reach = _reach_m(fix, profile)
    near = [site.village_id for metres, site in _by_distance(fix, sites) if metres <= reach]
    return tuple(dict.fromkeys(near))


def _by_distance(fix: Fix, sites: Sequence[Site]) -> list[tuple[float, Site]]:
    if not sites:
        raise Refusal(Code.VILLAGE_WITHOUT_SITE, LOCAL)
    point = geo.check(fix.point.lat, fix.point.lon)
    return sorted(((geo.distance(point, site.point), site) for site in sites), key=lambda pair: pair[0])


def _reach_m(fix: Fix, profile: Profile) -> float:
    """The fence in metres plus the reported accuracy, capped; many phones report none."""
    accuracy = fix.accuracy_m if fix.accuracy_m is not None and math.isfinite(fix.accuracy_m) else 0.0
    return profile.fence_m + min(max(accuracy, 0.0), profile.fence_accuracy_cap_m)


def named_in(words: str, villages: Sequence[str]) -> int | None:
    """Which of the villages a sentence names, with 村 or without; None: none of them, or more than one."""
    for stem in (False, True):
        named = [n for n, name in enumerate(villages) if (name.removesuffix("村") if stem else name) in words]
        if named:
            return named[0] if len(named) == 1 else None
    return None


def counts_at(sent_at: datetime, received_at: datetime, profile: Profile) -> datetime:
    """The instant that counts (both aware): when it was sent, so that late and offline arrivals lose nothing.

    A sender's server more than two minutes ahead of ours is not believed: then it counts when it was received.
    Raises `Refusal(POSITION_TOO_OLD)` beyond the age the county allows.
    """
    age = received_at - sent_at
    if age > timedelta(hours=profile.position_max_age):
        raise Refusal(Code.POSITION_TOO_OLD, LOCAL, sent_at=sent_at, hours=profile.position_max_age)
    return received_at if age < -CLOCKS_APART else sent_at


def is_late(sent_at: datetime, received_at: datetime) -> bool:
    """Whether the two instants lie so far apart that both are shown."""
    return received_at - sent_at > LATE_AFTER


def require_on(profile: Profile, on: date) -> None:
    """Raises `Refusal(CHECKIN_OFF)` where the county has switched check-in off."""
    if mode_on(profile, on) is CheckInMode.OFF:
        raise Refusal(Code.CHECKIN_OFF, LOCAL)


def halves_proved(at_local: datetime, profile: Profile) -> frozenset[Half]:
    """The half-days a check-in at this local time proves.

    One a day: before noon both halves, later the afternoon. Where the county asks for two, each proves its own half.
    The window holds its first and its last minute. Raises `Refusal(CHECKIN_OFF)` or `Refusal(CHECKIN_CLOSED)`.
    """
    require_on(profile, at_local.date())
    at = at_local.time().replace(second=0, microsecond=0)
    if not profile.checkin_opens <= at <= profile.checkin_closes:
        raise Refusal(Code.CHECKIN_CLOSED, LOCAL, opens=profile.checkin_opens, closes=profile.checkin_closes)
    return halves_at(at_local, profile)


def halves_at(at_local: datetime, profile: Profile) -> frozenset[Half]:
    """The half-days a word at this local time speaks of, whatever the window; what counts is as in `halves_proved`."""
    if half_of(at_local, profile) is Half.PM:
        return frozenset({Half.PM})
    return frozenset({Half.AM}) if profile.checkins_per_day > 1 else frozenset(Half)


def half_of(at_local: datetime, profile: Profile) -> Half:
    """The half of the day that a local time lies in."""
    return Half.AM if at_local.time() < profile.half_boundary else Half.PM
