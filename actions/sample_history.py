"""Two months of a sample county's days: the same at every making, nothing by chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from actions import corrections, explanations
from actions import sample_county as county
from policy.authority import Grant, Role, Viewer
from policy.calendar import Calendar, Half
from policy.checkin import Evidence
from policy.geo import DistanceClass
from storage.batch import of
from storage.ids import new_id
from storage.tables import (
    Area,
    CheckIn,
    CheckInCorrection,
    Day,
    Explanation,
    Facts,
    OfficialTrip,
    Person,
    Site,
    Verdict,
)

DAYS_BACK = 61
POSITIONS_KEPT = timedelta(days=30)
NOON = time(12)

# What a cadre's working day was, by a pattern of 41: a prime, so that it falls differently for each.
_PATTERN = 41
_TRIP, _SILENT, _WORDS, _EXCUSED, _CORRECTED = frozenset({3, 19}), 7, 11, 23, 31
_AFTERNOON = frozenset({5, 29})


@dataclass(frozen=True, slots=True)
class Cadre:
    """A person of a team, the village and one of its sites, and who decides for it."""

    person: Person
    village: Area
    site: Site
    role: Role
    officer_id: int

    def viewer(self) -> Viewer:
        """Oneself."""
        return Viewer(self.person.id, (Grant(self.role, self.village.id, self.village.path),), self.person.name)


@dataclass(slots=True)
class _Pen:
    """What every line of the history needs."""

    session: AsyncSession
    now: datetime
    zone: ZoneInfo

    def at(self, on: date, hour: int, minute: int) -> datetime:
        return datetime.combine(on, time(hour, minute), tzinfo=self.zone).astimezone(UTC)

    def day(self, cadre: Cadre, on: date, am: Facts, pm: Facts, checked_in_at: datetime | None = None) -> None:
        day = Day(
            id=new_id(self.session),
            person_id=cadre.person.id,
            on=on,
            village_id=cadre.village.id,
            am=int(am),
            pm=int(pm),
            checked_in_at=checked_in_at,
        )
        of(self.session).add_day(day)


async def write(
    session: AsyncSession, cadres: Sequence[Cadre], calendar: Calendar, *, now: datetime, zone: ZoneInfo
) -> None:
    """The history up to `now`: check-ins, trips, reasons and corrections, decided and pending."""
    pen = _Pen(session, now, zone)
    today = now.astimezone(zone).date()
    worked = workdays(calendar, today)
    to_be = {name for name, _ in county.TO_BE}
    for nth, on in enumerate(worked[:-2]):
        for number, cadre in enumerate(cadres):
            _past_day(pen, cadre, on, number, (number * 7 + nth * 3 + number * nth) % _PATTERN)
    await _day_before_yesterday(pen, cadres, worked[-2])
    await _yesterday(pen, cadres, worked[-1])
    if calendar.is_workday(today):
        for number, cadre in enumerate(cadres):
            if cadre.person.name not in to_be:
                _today(pen, cadre, today, number)
    await session.flush()


def workdays(calendar: Calendar, today: date) -> list[date]:
    """The working days that the history tells of, the last one before today at the end."""
    days = (today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1))
    return [on for on in days if calendar.is_workday(on)]


def _past_day(pen: _Pen, cadre: Cadre, on: date, number: int, pattern: int) -> None:
    if pattern in _TRIP:
        _trip(pen, cadre, on, county.TRIP_PURPOSES[(number + pattern + on.day) % len(county.TRIP_PURPOSES)])
    elif pattern == _EXCUSED:
        verdict = Verdict.REJECTED if number % 4 == 0 else Verdict.APPROVED
        _decided_explanation(pen, cadre, on, county.EXCUSES[number % len(county.EXCUSES)], verdict)
    elif pattern == _CORRECTED:
        verdict = Verdict.REJECTED if number % 5 == 0 else Verdict.APPROVED
        _correction(pen, cadre, on, county.CORRECTION_REASONS[number % len(county.CORRECTION_REASONS)], verdict)
    elif pattern in _AFTERNOON:
        _check_in(pen, cadre, pen.at(on, 13, 10 + number), on)
    elif pattern == _WORDS:
        _check_in(pen, cadre, pen.at(on, 8, 20), on, county.WORDS[number % len(county.WORDS)])
    elif pattern != _SILENT:
        _check_in(pen, cadre, pen.at(on, 7, 12 + pattern), on)


async def _day_before_yesterday(pen: _Pen, cadres: Sequence[Cadre], on: date) -> None:
    """One correction that waits."""
    for number, cadre in enumerate(cadres):
        if cadre.person.name == "宋佳":
            _check_in(pen, cadre, pen.at(on, 14, 20), on)
            await corrections.request(
                pen.session,
                by=cadre.viewer(),
                on=on,
                halves={Half.AM},
                reason=county.CORRECTION_REASONS[1],
                now=pen.at(on, 19, 5),
            )
        else:
            _check_in(pen, cadre, pen.at(on, 7, 15 + number), on)


async def _yesterday(pen: _Pen, cadres: Sequence[Cadre], on: date) -> None:
    """One silent day (待核实), one reason that waits for the township, one trip; the rest at their posts."""
    for number, cadre in enumerate(cadres):
        if cadre.person.name == "邵云":
            continue
        if cadre.person.name == "李雪":
            await explanations.report(
                pen.session,
                by=cadre.viewer(),
                village=cadre.village,
                reason=county.EXCUSES[0],
                at=pen.at(on, 8, 10),
                now=pen.at(on, 8, 10),
                distance_m=9_000,
                distance_class=DistanceClass.FAR,
                evidence=Evidence.PRESSED,
                position=(cadre.site.latitude + 0.081, cadre.site.longitude, 20.0),
            )
        elif cadre.person.name == "秦书明":
            _trip(pen, cadre, on, county.TRIP_PURPOSES[1])
        else:
            _check_in(pen, cadre, pen.at(on, 7, 10 + number), on)


def _today(pen: _Pen, cadre: Cadre, on: date, number: int) -> None:
    """Whoever isn't there to be played has checked in by now, or not yet; one is away on business."""
    at = pen.at(on, 6, 50 + number % 10) + timedelta(minutes=5 * number)
    if at >= pen.now or number % 6 == 5:
        return
    if cadre.person.name == "韩立新":
        _trip(pen, cadre, on, county.TRIP_PURPOSES[0])
    elif at.astimezone(pen.zone).time() < NOON:
        _check_in(pen, cadre, at, on)


def _check_in(
    pen: _Pen, cadre: Cadre, at: datetime, on: date, words: str | None = None, *, am: Facts | None = None
) -> None:
    if am is None:
        am = Facts.CHECKED_IN if at.astimezone(pen.zone).time() < NOON else Facts.NONE
    is_kept = words is None and pen.now - at < POSITIONS_KEPT
    shift = (at.minute - 30) / 20_000  # within 170 m
    pen.session.add(
        CheckIn(
            id=new_id(pen.session),
            person_id=cadre.person.id,
            village_id=cadre.village.id,
            on=on,
            at=at,
            received_at=at + timedelta(seconds=1),
            evidence=Evidence.PRESSED if words is None else Evidence.WORDS,
            distance_class=DistanceClass.IN_VILLAGE if words is None else None,
            latitude=cadre.site.latitude + shift if is_kept else None,
            longitude=cadre.site.longitude - shift if is_kept else None,
            accuracy_m=15.0 if is_kept else None,
            words=words,
        )
    )
    pen.day(cadre, on, am, Facts.CHECKED_IN, at)


def _trip(pen: _Pen, cadre: Cadre, on: date, purpose: str) -> None:
    trip_id = new_id(pen.session)
    pen.session.add(
        OfficialTrip(
            id=trip_id,
            person_id=cadre.person.id,
            village_id=cadre.village.id,
            from_on=on,
            from_half=Half.AM,
            to_on=on,
            to_half=Half.PM,
            purpose=purpose,
            reported_by_id=cadre.person.id,
            reported_at=pen.at(on, 6, 40),
            group_id=trip_id,
        )
    )
    pen.day(cadre, on, Facts.TRIP, Facts.TRIP)


def _decided_explanation(pen: _Pen, cadre: Cadre, on: date, reason: str, verdict: Verdict) -> None:
    at = pen.at(on, 8, 5)
    pen.session.add(
        Explanation(
            id=new_id(pen.session),
            person_id=cadre.person.id,
            village_id=cadre.village.id,
            on=on,
            half=Half.AM,
            whole_day=True,
            at=at,
            reason=reason,
            distance_m=6_200.0,
            distance_class=DistanceClass.FAR,
            evidence=Evidence.PRESSED,
            verdict=verdict,
            decided_by_id=cadre.officer_id,
            decided_at=at + timedelta(hours=2),
        )
    )
    known = Facts.CORRECTED if verdict is Verdict.APPROVED else Facts.NONE
    pen.day(cadre, on, known, known)


def _correction(pen: _Pen, cadre: Cadre, on: date, reason: str, verdict: Verdict) -> None:
    """A missed morning, decided; the afternoon was checked in for."""
    asked_at = pen.at(on, 19, 5)
    pen.session.add(
        CheckInCorrection(
            id=new_id(pen.session),
            person_id=cadre.person.id,
            village_id=cadre.village.id,
            on=on,
            am=True,
            pm=False,
            reason=reason,
            asked_at=asked_at,
            verdict=verdict,
            decided_by_id=cadre.officer_id,
            decided_at=asked_at + timedelta(hours=1),
        )
    )
    known = Facts.CORRECTED if verdict is Verdict.APPROVED else Facts.NONE
    _check_in(pen, cadre, pen.at(on, 14, 20), on, am=known)
