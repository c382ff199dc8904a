"""Working days and half-days of a county. Clause 三（二） (attendance and leave strictly managed).

Holidays and make-up workdays (调休) are handed in as values; a county's own calendar wins over them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

_DAY = timedelta(days=1)
_SATURDAY = 5


class Half(StrEnum):
    """A day has two halves; everything in attendance is counted in them."""

    AM = "am"
    PM = "pm"


class DayKind(StrEnum):
    """Why a day is worked or not."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"


class Span(NamedTuple):
    """Half-days without a gap, both ends included."""

    from_on: date
    from_half: Half
    to_on: date
    to_half: Half

    def is_ordered(self) -> bool:
        """Whether the end is not before the start."""
        return (self.from_on, self.from_half) <= (self.to_on, self.to_half)

    def overlaps(self, other: "Span") -> bool:
        """Whether some half-day belongs to both."""
        return (self.from_on, self.from_half) <= (other.to_on, other.to_half) and (other.from_on, other.from_half) <= (
            self.to_on,
            self.to_half,
        )

    def halves(self) -> Iterator[tuple[date, Half]]:
        """Each half-day, in order."""
        return halves(*self)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A county's days.

    `holidays` holds public holidays with their names, `makeup_workdays` weekend days worked in exchange, `own` the
    county's own decisions (True = work, False = rest), `published_through` the last year whose holidays are published.
    """

    holidays: Mapping[date, str] = field(default_factory=dict)
    makeup_workdays: frozenset[date] = frozenset()
    own: Mapping[date, bool] = field(default_factory=dict)
    published_through: int = 0

    def kind(self, on: date) -> DayKind:
        """The kind of a day: the county's own word, then make-up workdays, then holidays, then the week."""
        general = self._general_kind(on)
        works = self.own.get(on)
        if works is None or works == _is_work(general):
            return general
        if works:
            return DayKind.MAKEUP_WORKDAY
        return DayKind.WEEKEND if on.weekday() >= _SATURDAY else DayKind.HOLIDAY

    def _general_kind(self, on: date) -> DayKind:
        if on in self.makeup_workdays:
            return DayKind.MAKEUP_WORKDAY
        if on in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.WEEKEND if on.weekday() >= _SATURDAY else DayKind.WORKDAY

    def is_workday(self, on: date) -> bool:
        """Whether the day is worked."""
        return _is_work(self.kind(on))

    def name(self, on: date) -> str | None:
        """The holiday's name, on days that rest for it."""
        return self.holidays.get(on) if self.kind(on) is DayKind.HOLIDAY else None

    def is_forecast(self, on: date) -> bool:
        """Whether the day's kind is a forecast (预计): its year is not published and the county has not spoken."""
        return on.year > self.published_through and on not in self.own

    def workdays(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; none where `last` is earlier."""
        days = (first + _DAY * offset for offset in range((last - first).days + 1))
        return sum(map(self.is_workday, days))

    def next_workday(self, on: date) -> date:
        """The first working day after `on`; `on` itself never counts."""
        following = on + _DAY
        while not self.is_workday(following):
            following += _DAY
        return following


def _is_work(kind: DayKind) -> bool:
    return kind in {DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY}


def month_of(on: date) -> tuple[date, date]:
    """First and last day of the day's month."""
    first = on.replace(day=1)
    later = first + timedelta(days=31)
    return first, later - timedelta(days=later.day)


def halves(from_on: date, from_half: Half, to_on: date, to_half: Half) -> Iterator[tuple[date, Half]]:
    """Each half-day from the first to the last, both included; none where the end is before the start."""
    for offset in range((to_on - from_on).days + 1):
        on = from_on + _DAY * offset
        for half in Half:
            if (from_on, from_half) <= (on, half) <= (to_on, to_half):
                yield on, half
