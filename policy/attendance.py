"""The day ledger: what each half-day was, and the month's totals. Clauses 三（二）, 四（三）.

Silence is never absence: a half-day nobody explained is 待核实 until a person rules on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from policy.profile import LeaveKind, Profile


class HalfStatus(StrEnum):
    """What a half-day was."""

    ON_DUTY = "on_duty"
    OFFICIAL_TRIP = "official_trip"
    LEAVE = "leave"
    REST = "rest"
    UNVERIFIED = "unverified"
    NOT_YET = "not_yet"  # today only: 暂未签到


DayStatus = HalfStatus


class Claim(StrEnum):
    """What speaks for a half-day, strongest first; `PRECEDENCE` says why."""

    LEAVE = "leave"
    CORRECTION = "correction"
    TRIP = "trip"
    CHECK_IN = "check_in"
    PENDING = "pending"


PRECEDENCE: Mapping[Claim, HalfStatus] = MappingProxyType(
    {
        # What another person decided about this very half-day stands above what was only said of it ...
        Claim.LEAVE: HalfStatus.LEAVE,
        Claim.CORRECTION: HalfStatus.ON_DUTY,
        # ... what was said of it above what the morning's check-in lets one suppose of the afternoon ...
        Claim.TRIP: HalfStatus.OFFICIAL_TRIP,
        Claim.CHECK_IN: HalfStatus.ON_DUTY,
        # ... and a reason that still waits for its answer above silence.
        Claim.PENDING: HalfStatus.UNVERIFIED,
    }
)


def half_status(
    *,
    workday: bool,
    checked_in: bool = False,
    trip: bool = False,
    leave: bool = False,
    corrected: bool = False,
    pending: bool = False,
    day_over: bool,
) -> HalfStatus:
    """The status of one half-day from all that is known of it. Clause 三（二）.

    - `leave`: covered by a decided leave that has not been returned from. A half-day is never both present and on
      leave: until the return, the leave stands, whatever position comes in.
    - `corrected`: somebody else has confirmed presence (补签, 情况属实).
    - `trip`: reported and neither cancelled nor upheld against. It stands above a check-in, since a check-in before
      noon proves the afternoon only by supposition, while the trip was reported for this half-day.
    - `checked_in`: proved by any grade of evidence.
    - `pending`: a reason or a correction waits for its answer.

    On a rest day nothing is due: there is no leave to take and nothing to verify; but work done counts and shows.
    """
    claims = set()
    if leave and workday:
        claims.add(Claim.LEAVE)
    if corrected:
        claims.add(Claim.CORRECTION)
    if trip:
        claims.add(Claim.TRIP)
    if checked_in:
        claims.add(Claim.CHECK_IN)
    if pending and workday:
        claims.add(Claim.PENDING)
    for claim, status in PRECEDENCE.items():
        if claim in claims:
            return status
    if not workday:
        return HalfStatus.REST
    return HalfStatus.UNVERIFIED if day_over else HalfStatus.NOT_YET


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals in half-days; the properties ending in `_days` are days. `due` are the half-days of working days."""

    due: int = 0
    on_duty: int = 0
    trip: int = 0
    leave: int = 0
    unverified: int = 0
    not_yet: int = 0
    rest: int = 0

    @property
    def total(self) -> int:
        """All half-days counted, each once."""
        return self.on_duty + self.trip + self.leave + self.unverified + self.not_yet + self.rest

    @property
    def beyond_due(self) -> int:
        """Half-days worked on rest days."""
        return self.total - self.rest - self.due

    @property
    def due_days(self) -> float:
        """应出勤."""
        return self.due / 2

    @property
    def due_so_far(self) -> int:
        """应出勤 without what of today is still to come: on paper the columns add up to it."""
        return self.due - self.not_yet

    @property
    def on_duty_days(self) -> float:
        """在村."""
        return self.on_duty / 2

    @property
    def trip_days(self) -> float:
        """公出."""
        return self.trip / 2

    @property
    def leave_days(self) -> float:
        """请假."""
        return self.leave / 2

    @property
    def unverified_days(self) -> float:
        """待核实."""
        return self.unverified / 2

    @property
    def not_yet_days(self) -> float:
        """暂未签到."""
        return self.not_yet / 2

    @property
    def rest_days(self) -> float:
        """休."""
        return self.rest / 2

    def in_village_days(self, profile: Profile) -> float:
        """Days that count toward the days required in the village; official trips where the county says so."""
        return (self.on_duty + (self.trip if profile.trip_counts_in_village else 0)) / 2


def tally(statuses: Iterable[HalfStatus], *, due: int | None = None) -> Tally:
    """The totals of half-days, each counted once.

    `due` is the number of half-days on working days; left out, every half-day not at rest was due. Hand it in where
    work on rest days may be among them. Raises `ValueError` for a `due` that the half-days can't hold.
    """
    counts = dict.fromkeys(HalfStatus, 0)
    for status in statuses:
        counts[status] += 1
    worked = sum(counts.values()) - counts[HalfStatus.REST]
    if due is not None and not 0 <= due <= worked:
        raise ValueError(f"{due} half-days due among {worked} that are not at rest")
    return Tally(
        due=worked if due is None else due,
        on_duty=counts[HalfStatus.ON_DUTY],
        trip=counts[HalfStatus.OFFICIAL_TRIP],
        leave=counts[HalfStatus.LEAVE],
        unverified=counts[HalfStatus.UNVERIFIED],
        not_yet=counts[HalfStatus.NOT_YET],
        rest=counts[HalfStatus.REST],
    )


def required_days(workdays: float, leave_days: float, profile: Profile) -> float:
    """Days in the village a month asks for: the county's figure, or the month's working days less leave if fewer."""
    return max(0.0, min(float(profile.required_days_in_village), workdays - leave_days))


MARKS: Mapping[HalfStatus, str] = MappingProxyType(
    {
        HalfStatus.ON_DUTY: "√",
        HalfStatus.OFFICIAL_TRIP: "公",
        HalfStatus.LEAVE: "假",
        HalfStatus.REST: "休",
        HalfStatus.UNVERIFIED: "待",
        HalfStatus.NOT_YET: "",
    }
)
"""Marks of the attendance sheet (考勤统计表)."""

LEAVE_MARKS: Mapping[LeaveKind, str] = MappingProxyType(
    {
        LeaveKind.PERSONAL: "事",
        LeaveKind.SICK: "病",
        LeaveKind.ANNUAL: "年",
        LeaveKind.FAMILY_VISIT: "探",
        LeaveKind.MARRIAGE: "婚",
        LeaveKind.MATERNITY: "产",
        LeaveKind.PATERNITY: "护",
        LeaveKind.CHILDCARE: "育",
        LeaveKind.BEREAVEMENT: "丧",
        LeaveKind.INJURY: "伤",
        LeaveKind.IN_LIEU: "补",
        LeaveKind.OTHER: "假",
    }
)
"""Marks of leave where its kind may be shown; elsewhere it is the plain 假."""

DUTY_MARK = "值"
"""Mark of a holiday on which one was on the duty roster (值班)."""


def mark(status: HalfStatus, kind: LeaveKind | None = None, *, is_named: bool = False) -> str:
    """The sheet's mark of one half-day. `is_named`: a day of rest for which one was on the duty roster."""
    if is_named and status is HalfStatus.ON_DUTY:
        return DUTY_MARK
    if status is HalfStatus.LEAVE and kind is not None:
        return LEAVE_MARKS[kind]
    return MARKS[status]


def day_mark(am: str, pm: str) -> str:
    """A day's mark from its halves': one if they agree, else both, the morning first (`√公`)."""
    return am if am == pm else am + pm
