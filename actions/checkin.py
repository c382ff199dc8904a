"""Check-in (签到), clause 三（二）: a position or a sentence becomes a proof of presence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import checkin as rules
from policy.authority import Action, Target, Viewer, require
from policy.calendar import Half
from policy.checkin import Evidence, Fix, Judgement
from policy.geo import DistanceClass
from policy.profile import Profile
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage import audit, days
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, CheckIn, Day, Facts


@dataclass(frozen=True, slots=True)
class Recorded:
    """Written down. `at` is the local moment that counts; `late`: both times are shown."""

    village: Area
    at: datetime
    received_at: datetime
    late: bool
    halves: frozenset[Half]


@dataclass(frozen=True, slots=True)
class Already:
    """Was there before; nothing has changed. `at` is the local moment of the first."""

    village_id: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Outside:
    """Not in any fence; nothing has been written. The person may report a trip or explain."""

    judgement: Judgement
    village: Area
    evidence: Evidence
    at: datetime


@dataclass(frozen=True, slots=True)
class Which:
    """In the fences of several villages one is posted to; nothing has been written."""

    villages: tuple[Area, ...]


async def record(
    session: AsyncSession,
    *,
    by: Viewer,
    villages: Sequence[Area],
    fix: Fix,
    sent_at: datetime,
    now: datetime,
    chosen_id: int | None = None,
    keep_position: bool = True,
) -> Recorded | Already | Outside | Which:
    """Check in by a position. `sent_at` counts, within the age the county allows.

    `villages` are the ones the person is posted to; `chosen_id` the answer where several fit; `keep_position` whether
    the person agrees that the exact place is kept (POLICY §5), the distance class always is. Raises `Refusal`:
    NOT_ALLOWED, POSITION_*, VILLAGE_WITHOUT_SITE, CHECKIN_OFF, CHECKIN_CLOSED.
    """
    village = _first(villages)
    require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    evidence = rules.grade(fix)
    batch = of(session)
    at, local, profile = await _counts(session, village, sent_at, now)
    halves = rules.halves_proved(local, profile)
    day = await batch.day(_self(by), local.date())
    if _is_proved(day, halves):
        return await _already(session, village, day)
    sites = await batch.sites([area.id for area in villages])
    judgement = rules.judge(fix, sites, profile, late=rules.is_late(sent_at, now))
    inside = [area for area in villages if area.id in rules.villages_inside(fix, sites, profile)]
    if not inside:
        nearest = next(area for area in villages if area.id == judgement.village_id)
        return Outside(judgement, nearest, evidence, at)
    if chosen_id is None and len(inside) > 1:
        return Which(tuple(inside))
    village = next((area for area in inside if area.id == chosen_id), inside[0])
    row = _row(session, by, village, local, at, now, evidence)
    row.distance_class = judgement.distance_class
    if keep_position:
        row.latitude, row.longitude, row.accuracy_m = fix.point.lat, fix.point.lon, fix.accuracy_m
    await _write(session, by, row, village, halves)
    received = await batch.local(village, now)
    return Recorded(village, local, received, judgement.late, halves)


async def record_words(
    session: AsyncSession, *, by: Viewer, village: Area, words: str, sent_at: datetime, now: datetime
) -> Recorded | Already:
    """Check in by a sentence: counts the same as a position and is marked so. Raises `Refusal` as `record`."""
    require(by, Action.CHECKIN_RECORD, Target(village.path, by.person_id))
    said = sentence(words)
    batch = of(session)
    at, local, profile = await _counts(session, village, sent_at, now)
    halves = rules.halves_proved(local, profile)
    day = await batch.day(_self(by), local.date())
    if _is_proved(day, halves):
        return await _already(session, village, day)
    row = _row(session, by, village, local, at, now, Evidence.WORDS)
    row.words = said
    await _write(session, by, row, village, halves)
    received = await batch.local(village, now)
    return Recorded(village, local, received, rules.is_late(sent_at, now), halves)


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
    audit.record(
        session,
        Action.CHECKIN_RECORD,
        f"check_in:{row.id}",
        by=by.person_id,
        role=role,
        now=row.received_at,
        area_id=village.id,
        after={
            "on": row.on.isoformat(),
            "halves": days.written(halves),
            "evidence": row.evidence.value,
            "distance": (row.distance_class or DistanceClass.IN_VILLAGE).value if row.words is None else None,
        },
    )


def _is_proved(day: Day | None, halves: frozenset[Half]) -> bool:
    return day is not None and all(Facts.CHECKED_IN in days.facts(day, half) for half in halves)


async def _already(session: AsyncSession, village: Area, day: Day | None) -> Already:
    if day is None or day.checked_in_at is None:
        return Already(village.id, None)
    return Already(day.village_id, await of(session).local(village, day.checked_in_at))


def _first(villages: Sequence[Area]) -> Area:
    if not villages:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_RECORD.value)
    return villages[0]


def _self(by: Viewer) -> int:
    if by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_RECORD.value)
    return by.person_id
