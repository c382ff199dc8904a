"""Check-in (签到), clause 三（二）: a position or a sentence becomes a proof of presence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.leave_returns import Returned, by_check_in, is_away
from policy import checkin as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.checkin import Evidence, Fix, Judgement
from policy.geo import DistanceClass
from policy.profile import Profile
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage import audit, days, month_locks, trips
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, CheckIn, Day, Facts, OfficialTrip


@dataclass(frozen=True, slots=True)
class Recorded:
    """Written down. `at` is the local moment that counts; `late`: both times are shown.

    `trip` is one's own on these half-days: it stands above the check-in until it is ended. `back`: it was 销假 as well.
    """

    village: Area
    at: datetime
    received_at: datetime
    late: bool
    halves: frozenset[Half]
    trip: OfficialTrip | None = None
    back: Returned | None = None


@dataclass(frozen=True, slots=True)
class Already:
    """Was there before; nothing has changed. `at` is the local moment of the first, `now` of this one."""

    village_id: int
    at: datetime | None
    now: datetime
    trip: OfficialTrip | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Came so late that its month is locked: kept as it was said, and counts once the month is open again for him."""

    village: Area
    at: datetime
    received_at: datetime
    month: date


@dataclass(frozen=True, slots=True)
class Outside:
    """Not in any fence; nothing has been written. The person may report a trip or explain.

    `trip`: one's own, under way at that moment; then there is nothing to explain.
    """

    judgement: Judgement
    village: Area
    evidence: Evidence
    at: datetime
    trip: OfficialTrip | None = None


@dataclass(frozen=True, slots=True)
class Which:
    """In the fences of several villages one is posted to, or words that name none; nothing has been written."""

    villages: tuple[Area, ...]
    evidence: Evidence


async def record(
    session: AsyncSession,
    *,
    by: Viewer,
    villages: Sequence[Area],
    fix: Fix,
    sent_at: datetime,
    now: datetime,
    keep_position: bool = True,
) -> Recorded | Already | Kept | Outside | Which:
    """Check in by a position. `sent_at` counts, within the age the county allows.

    `villages` are the ones the person is posted to; `keep_position` whether the person agrees that the exact place is
    kept (POLICY §5), the distance class always is. Raises `Refusal`: NOT_ALLOWED, POSITION_*, VILLAGE_WITHOUT_SITE,
    CHECKIN_OFF, CHECKIN_CLOSED.
    """
    village = _first(villages)
    require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    evidence = rules.grade(fix)
    batch = of(session)
    at, local, profile = await _counts(session, village, sent_at, now)
    halves = rules.halves_proved(local, profile)
    day = await batch.day(_self(by), local.date())
    if _is_proved(day, halves) and not await is_away(session, by=by, village=village, local=local):
        return await _already(session, by, village, day, local, halves)
    sites = await batch.sites([area.id for area in villages])
    judgement = rules.judge(fix, sites, profile, late=rules.is_late(sent_at, now))
    inside = [area for area in villages if area.id in rules.villages_inside(fix, sites, profile)]
    if not inside:
        nearest = next(area for area in villages if area.id == judgement.village_id)
        trip = await _trip(session, by, day, local, [rules.half_of(local, profile)])
        return Outside(judgement, nearest, evidence, at, trip)
    if len(inside) > 1:
        return Which(tuple(inside), evidence)
    position = fix if keep_position else None
    return await record_in(
        session, by=by, village=inside[0], evidence=evidence, position=position, sent_at=sent_at, now=now
    )


async def record_in(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    evidence: Evidence,
    position: Fix | None,
    sent_at: datetime,
    now: datetime,
) -> Recorded | Already | Kept:
    """Check in where a position has been judged to lie in this village's fence; `position` where it is kept.

    Raises `Refusal`: NOT_ALLOWED, POSITION_TOO_OLD, CHECKIN_OFF, CHECKIN_CLOSED.
    """
    at, local, profile = await _counts(session, village, sent_at, now)
    row = _row(session, by, village, local, at, now, evidence)
    row.distance_class = DistanceClass.IN_VILLAGE
    if position is not None:
        row.latitude, row.longitude, row.accuracy_m = position.point.lat, position.point.lon, position.accuracy_m
    return await _record(session, by, village, row, local, rules.halves_proved(local, profile))


async def record_words(
    session: AsyncSession,
    *,
    by: Viewer,
    villages: Sequence[Area],
    words: str,
    sent_at: datetime,
    now: datetime,
) -> Recorded | Already | Kept | Which:
    """Check in by a sentence: counts the same as a position and is marked so.

    Of several villages the one that the words name; where they name none, `Which`. Raises `Refusal` as `record`.
    """
    village = _first(villages)
    require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    said = sentence(words)
    at, local, profile = await _counts(session, village, sent_at, now)
    halves = rules.halves_proved(local, profile)
    day = await of(session).day(_self(by), local.date())
    if _is_proved(day, halves) and not await is_away(session, by=by, village=village, local=local):
        return await _already(session, by, village, day, local, halves)
    if len(villages) > 1:
        named = rules.named_in(said, [area.name for area in villages])
        if named is None:
            return Which(tuple(villages), Evidence.WORDS)
        village = villages[named]
    row = _row(session, by, village, local, at, now, Evidence.WORDS)
    row.words = said
    return await _record(session, by, village, row, local, halves)


async def _record(
    session: AsyncSession, by: Viewer, village: Area, row: CheckIn, local: datetime, halves: frozenset[Half]
) -> Recorded | Already | Kept:
    day = await of(session).day(_self(by), local.date())
    if _is_proved(day, halves) and not await is_away(session, by=by, village=village, local=local):
        return await _already(session, by, village, day, local, halves)
    if (lock := await month_locks.is_locked(session, village, row.person_id, [row.on], row.received_at)) is not None:
        _keep(session, by, row, village)
        return Kept(village, local, await of(session).local(village, row.received_at), lock.month)
    await _write(session, by, row, village, halves)
    back = await by_check_in(session, by=by, village=village, proof=row, local=local)
    received = await of(session).local(village, row.received_at)
    trip = await _trip(session, by, day, local, halves)
    return Recorded(village, local, received, rules.is_late(row.at, row.received_at), halves, trip, back)


async def _counts(
    session: AsyncSession, village: Area, sent_at: datetime, now: datetime
) -> tuple[datetime, datetime, Profile]:
    """The instant that counts, the same as the village's clocks show it, and the rules of that day there."""
    batch = of(session)
    today = (await batch.local(village, now)).date()
    at = rules.counts_at(sent_at, now, await batch.profile(village, today))
    local = await batch.local(village, at)
    return at, local, await batch.profile(village, local.date())


def _row(
    session: AsyncSession, by: Viewer, village: Area, local: datetime, at: datetime, now: datetime, evidence: Evidence
) -> CheckIn:
    return CheckIn(
        id=new_id(session),
        person_id=_self(by),
        village_id=village.id,
        on=local.date(),
        at=at,
        received_at=now,
        evidence=evidence,
    )


async def _write(session: AsyncSession, by: Viewer, row: CheckIn, village: Area, halves: frozenset[Half]) -> None:
    role = require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    session.add(row)
    await days.change(session, row.person_id, village, row.on, halves, add=Facts.CHECKED_IN, checked_in_at=row.at)
    _note(session, by, role, row, halves)


def _keep(session: AsyncSession, by: Viewer, row: CheckIn, village: Area) -> None:
    """A proof of a locked month: the half-days stay as they are (`months.reopen`)."""
    role = require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    session.add(row)
    _note(session, by, role, row, ())


def _note(session: AsyncSession, by: Viewer, role: Role | None, row: CheckIn, halves: Collection[Half]) -> None:
    audit.record(
        session,
        Action.CHECKIN_RECORD,
        f"check_in:{row.id}",
        by=by.person_id,
        role=role,
        now=row.received_at,
        area_id=row.village_id,
        after={
            "on": row.on.isoformat(),
            "halves": days.written(halves),
            "evidence": row.evidence.value,
            "distance": (row.distance_class or DistanceClass.IN_VILLAGE).value if row.words is None else None,
        },
    )


def _is_proved(day: Day | None, halves: frozenset[Half]) -> bool:
    return day is not None and all(Facts.CHECKED_IN in days.facts(day, half) for half in halves)


async def _already(
    session: AsyncSession, by: Viewer, village: Area, day: Day | None, local: datetime, halves: frozenset[Half]
) -> Already:
    trip = await _trip(session, by, day, local, halves)
    if day is None or day.checked_in_at is None:
        return Already(village.id, None, local, trip)
    return Already(day.village_id, await of(session).local(village, day.checked_in_at), local, trip)


async def _trip(
    session: AsyncSession, by: Viewer, day: Day | None, local: datetime, halves: Collection[Half]
) -> OfficialTrip | None:
    """One's own trip on these half-days; asked for only where the day knows of one."""
    if day is None or not any(Facts.TRIP in days.facts(day, half) for half in halves):
        return None
    return await trips.own_on(session, by, local.date(), halves)


def _first(villages: Sequence[Area]) -> Area:
    if not villages:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_RECORD.value)
    return villages[0]


def _self(by: Viewer) -> int:
    if by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_RECORD.value)
    return by.person_id
