"""公出, clause 三（二）: reported, counted at once, seen by the township, which may object. Nobody asks for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import checkin, corrections
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half, Span
from policy.profile import Profile
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.trips import check_trip
from storage import audit, days, leave, month_locks, outbox, people
from storage.batch import of
from storage.ids import new_id, reserve
from storage.tables import Area, Facts, Lane, OfficialTrip, Person
from storage.trips import counted, counts, get, group, span_of

SUBJECT = "trip:{id}"
"""Of the outbox: by the group's id, so that one card shows the whole team's trip."""

IDS_FOR_OTHERS = 1_000
"""Ids that stay ready for the rest of the batch after a long trip of a whole team has taken its own."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What was recorded, for whom; `busy` had a trip or a leave on these half-days already and keep it."""

    trips: tuple[OfficialTrip, ...]
    people: tuple[Person, ...]
    busy: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Already:
    """The very same was reported before; nothing has changed."""

    trip: OfficialTrip


async def report(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    who: Sequence[int],
    purpose: str,
    span: Span,
    now: datetime,
) -> Reported | Already:
    """Report a trip of these people of a village's team; the half-days count as 公出 at once.

    Raises `Refusal`: NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, TRIP_ENDS_BEFORE_START, TRIP_TOO_OLD, TRIP_TOO_LONG,
    TRIP_OVERLAPS, TRIP_OVERLAPS_LEAVE (where everybody has a trip or a leave then), MONTH_LOCKED.
    """
    action = Action.TRIP_REPORT if list(who) == [by.person_id] else Action.TRIP_REPORT_TEAM
    role = require(by, action, Target(village.path, by.person_id))
    said = sentence(purpose)
    today = (await of(session).local(village, now)).date()
    team = {person.id: person for person, _ in await people.team(session, village, today)}
    if not who or not team.keys() >= set(who):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
    free, busy, same = await _free(session, village, [team[person_id] for person_id in who], span, said, now)
    if same is not None:
        return Already(same)
    halves = list(span.halves())
    for person in free:
        await month_locks.require_open(session, village, person.id, [on for on, _half in halves], now)
    await reserve(session, len(free) * (len(halves) + 12) + IDS_FOR_OTHERS)
    group_id = new_id(session)
    trips = [_row(session, by, village, person, span, said, group_id, now) for person in free]
    for trip in trips:
        await _change(session, trip, village, halves, add=Facts.TRIP)
        note(session, action, trip, by, role, now, after=written(span))
    await _tell(session, by, village, trips, now)
    return Reported(tuple(trips), tuple(free), tuple(busy))


async def _free(
    session: AsyncSession, village: Area, persons: Sequence[Person], span: Span, said: str, now: datetime
) -> tuple[list[Person], list[Person], OfficialTrip | None]:
    """Who can go, who is on another trip or leave then, and the trip where the very same is reported already by all."""
    today = (await of(session).local(village, now)).date()
    profile = await of(session).profile(village, today)
    taken = await counted(session, [person.id for person in persons], span.from_on)
    on_leave = await leave.standing(session, [person.id for person in persons], span.from_on)
    free: list[Person] = []
    busy: list[Person] = []
    refusals: list[Refusal] = []
    for person in persons:
        spans = [span_of(trip) for trip in taken if trip.person_id == person.id]
        leaves = [leave.span_of(one) for one in on_leave if one.person_id == person.id]
        try:
            check_trip(*span, today=today, existing_spans=spans, leaves=leaves, profile=profile)
        except Refusal as refusal:
            if refusal.code not in {Code.TRIP_OVERLAPS, Code.TRIP_OVERLAPS_LEAVE}:
                raise
            refusals.append(refusal)
            busy.append(person)
        else:
            free.append(person)
    same = [trip for trip in taken if span_of(trip) == span and trip.purpose == said]
    if not free and len(same) < len(persons):
        raise refusals[0]
    return free, busy, None if free else same[0]


def _row(
    session: AsyncSession,
    by: Viewer,
    village: Area,
    person: Person,
    span: Span,
    said: str,
    group_id: int,
    now: datetime,
) -> OfficialTrip:
    trip = OfficialTrip(
        id=new_id(session),
        person_id=person.id,
        village_id=village.id,
        purpose=said,
        reported_by_id=by.person_id,
        reported_at=now,
        group_id=group_id,
        **span._asdict(),
    )
    session.add(trip)
    return trip


async def _tell(session: AsyncSession, by: Viewer, village: Area, trips: Sequence[OfficialTrip], now: datetime) -> None:
    """The township sees it; a colleague who was named is told and may say that he did not go."""
    await session.flush()
    subject = SUBJECT.format(id=trips[0].group_id)
    today = (await of(session).local(village, now)).date()
    for officer in await people.officers(session, village, today, but_not=by.person_id):
        await outbox.put(
            session, "trip", to=officer.id, key=subject, payload={"id": trips[0].group_id}, subject=subject, now=now
        )
    for trip in trips:
        if trip.person_id != by.person_id:
            await tell(session, "trip_told", trip, trip.person_id, now, subject=subject)


async def cancel(
    session: AsyncSession, *, by: Viewer, trip_id: int, now: datetime, whole_team: bool = False
) -> list[OfficialTrip]:
    """Cancel one's own trip, or one that one has reported, the whole team's too; what was cancelled now.

    After its end as well, as long as a check-in of its last day could be corrected: what is reported afterwards can
    be wrong too. Cancelling again changes nothing. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED,
    OBJECTION_TOO_LATE, MONTH_LOCKED.
    """
    trip, village, role = await get(session, by, Action.TRIP_REPORT_TEAM, trip_id)
    if trip.reported_by_id != by.person_id:
        role = require(by, Action.TRIP_CANCEL, Target(village.path, trip.person_id))
    if trip.cancelled_at is not None:
        return []
    if trip.objected_at is not None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=trip.objected_by_id)
    await _require_in_time(session, trip, village, now)
    is_own = trip.reported_by_id == by.person_id
    trips = [trip]
    if whole_team and is_own:
        rows = await group(session, by, Action.TRIP_REPORT_TEAM, trip.group_id)
        trips = [row for row, _, _ in rows if counts(row)]
    await require_months(session, village, trips, now)
    for each in trips:
        each.cancelled_at, each.cancelled_by_id = now, by.person_id
        await _change(session, each, village, span_of(each).halves(), drop=Facts.TRIP)
        note(session, Action.TRIP_CANCEL, each, by, role, now, before=written(span_of(each)))
        if each.person_id != by.person_id:
            await tell(session, "trip_off", each, each.person_id, now, again=now)
    if not is_own:
        await tell(session, "trip_denied", trip, trip.reported_by_id, now, again=now)
    await outbox.refresh(session, SUBJECT.format(id=trip.group_id), now)
    return trips


async def restore(session: AsyncSession, *, by: Viewer, trip_id: int, now: datetime) -> list[OfficialTrip]:
    """Undo one's own cancellation, with whoever was cancelled in the same breath; what counts again now.

    A member's own 我没去 is his: who reported the trip doesn't undo it, nor the other way round.
    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TRIP_CANCELLED_BY_OTHER, OBJECTION_TOO_LATE, TRIP_OVERLAPS,
    TRIP_OVERLAPS_LEAVE, MONTH_LOCKED.
    """
    trip, village, role = await get(session, by, Action.TRIP_REPORT_TEAM, trip_id)
    if trip.reported_by_id != by.person_id:
        role = require(by, Action.TRIP_RESTORE, Target(village.path, trip.person_id))
    if trip.cancelled_at is None:
        return []
    if trip.cancelled_by_id not in {None, by.person_id}:  # None: from before it was kept
        raise Refusal(Code.TRIP_CANCELLED_BY_OTHER, LOCAL, by_id=trip.cancelled_by_id)
    await _require_in_time(session, trip, village, now)
    trips = [trip]
    if trip.reported_by_id == by.person_id:
        rows = await group(session, by, Action.TRIP_REPORT_TEAM, trip.group_id)
        together = (trip.cancelled_at, trip.cancelled_by_id)
        trips = [row for row, _, _ in rows if (row.cancelled_at, row.cancelled_by_id) == together]
    await require_free(session, trips)
    await require_months(session, village, trips, now)
    for each in trips:
        each.cancelled_at = each.cancelled_by_id = None
        await _change(session, each, village, span_of(each).halves(), add=Facts.TRIP)
        note(session, Action.TRIP_RESTORE, each, by, role, now, after=written(span_of(each)))
        if each.person_id != by.person_id:
            subject = SUBJECT.format(id=each.group_id)
            await tell(session, "trip_told", each, each.person_id, now, again=now, subject=subject)
    await outbox.refresh(session, SUBJECT.format(id=trip.group_id), now)
    return trips


async def shorten(session: AsyncSession, *, by: Viewer, trip_id: int, now: datetime) -> OfficialTrip | None:
    """End one's own trip with the half-day that it is now; None where that changes nothing.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED, TRIP_ENDED.
    """
    trip, village, role = await get(session, by, Action.TRIP_SHORTEN, trip_id)
    if not counts(trip):
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=trip.objected_by_id)
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    _require_open(trip, local, profile)
    before = span_of(trip)
    end = (local.date(), checkin.half_of(local, profile))
    if not (before.from_on, before.from_half) <= end < (before.to_on, before.to_half):
        return None
    trip.to_on, trip.to_half = end
    await _shortened(session, trip, village, before, by, role, now)
    return trip


async def end_before(
    session: AsyncSession, *, by: Viewer, trip_id: int, on: date, half: Half, now: datetime
) -> OfficialTrip | None:
    """改记在村: one's own trip ends before a half-day in which one has checked in; cancelled where that was its first.

    None where the trip doesn't hold that half-day any more. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED,
    OBJECTION_TOO_LATE, TRIP_WITHOUT_PROOF (nobody has checked in there), MONTH_LOCKED.
    """
    trip, village, role = await get(session, by, Action.TRIP_SHORTEN, trip_id)
    before = span_of(trip)
    kept = [half_day for half_day in before.halves() if half_day < (on, half)]
    if trip.cancelled_at is not None or len(kept) == len(list(before.halves())):
        return None
    if not counts(trip):
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=trip.objected_by_id)
    if Facts.CHECKED_IN not in days.facts(await of(session).day(trip.person_id, on), half):
        raise Refusal(Code.TRIP_WITHOUT_PROOF, LOCAL, on=on, half=half)
    if not kept:
        await cancel(session, by=by, trip_id=trip_id, now=now)
        return trip
    await _require_in_time(session, trip, village, now)
    await month_locks.require_open(session, village, trip.person_id, [on, before.to_on], now)
    trip.to_on, trip.to_half = kept[-1]
    await _shortened(session, trip, village, before, by, role, now)
    return trip


async def _shortened(
    session: AsyncSession, trip: OfficialTrip, village: Area, before: Span, by: Viewer, role: Role | None, now: datetime
) -> None:
    kept = set(span_of(trip).halves())
    gone = [half_day for half_day in before.halves() if half_day not in kept]
    await _change(session, trip, village, gone, drop=Facts.TRIP)
    note(session, Action.TRIP_SHORTEN, trip, by, role, now, before=written(before), after=written(span_of(trip)))
    await outbox.refresh(session, SUBJECT.format(id=trip.group_id), now)


async def _require_in_time(session: AsyncSession, trip: OfficialTrip, village: Area, now: datetime) -> None:
    """That what was recorded can still be put right here."""
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    if local >= corrections.deadline(trip.to_on, local, profile):
        raise Refusal(Code.OBJECTION_TOO_LATE, LOCAL, on=trip.to_on, hours=profile.correction_hours)


def _require_open(trip: OfficialTrip, local: datetime, profile: Profile) -> None:
    if corrections.is_over(trip.to_on, trip.to_half, local, profile):
        raise Refusal(Code.TRIP_ENDED, LOCAL)


async def require_months(session: AsyncSession, village: Area, trips: Sequence[OfficialTrip], now: datetime) -> None:
    """That no half-day of trips of one report lies in a locked month. Raises `Refusal(MONTH_LOCKED)`."""
    for trip in trips:
        days_of = [on for on, _half in span_of(trip).halves()]
        await month_locks.require_open(session, village, trip.person_id, days_of, now)


async def require_free(session: AsyncSession, trips: Sequence[OfficialTrip]) -> None:
    """That what is to count again overlaps nothing that was reported or asked for meanwhile."""
    whose, first = [trip.person_id for trip in trips], min(trip.from_on for trip in trips)
    others, leaves = await counted(session, whose, first), await leave.standing(session, whose, first)
    for trip in trips:
        for one in leaves:
            if one.person_id == trip.person_id and leave.span_of(one).overlaps(span_of(trip)):
                raise Refusal(Code.TRIP_OVERLAPS_LEAVE, LOCAL, **leave.span_of(one)._asdict())
        for other in others:
            if other.person_id == trip.person_id and other.id != trip.id and span_of(other).overlaps(span_of(trip)):
                raise Refusal(Code.TRIP_OVERLAPS, LOCAL, **span_of(other)._asdict())


async def _change(
    session: AsyncSession,
    trip: OfficialTrip,
    village: Area,
    halves: Iterable[tuple[date, Half]],
    *,
    add: Facts = Facts.NONE,
    drop: Facts = Facts.NONE,
) -> None:
    for on, half in halves:
        await days.change(session, trip.person_id, village, on, [half], add=add, drop=drop)


async def tell(
    session: AsyncSession,
    kind: str,
    trip: OfficialTrip,
    person_id: int,
    now: datetime,
    *,
    again: datetime | None = None,
    subject: str | None = None,
    lane: Lane = Lane.ORDINARY,
) -> None:
    """Tell somebody of a trip; `again` is the moment of what can happen to it several times."""
    key = f"trip:{trip.id}:{kind}" + (f":{again.isoformat()}" if again is not None else "")
    await outbox.put(session, kind, to=person_id, key=key, payload={"id": trip.id}, subject=subject, lane=lane, now=now)


def note(
    session: AsyncSession,
    action: Action,
    trip: OfficialTrip,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """The audit row of what happened to a trip."""
    audit.record(
        session,
        action,
        SUBJECT.format(id=trip.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=trip.village_id,
        before=before,
        after=after,
    )


def written(span: Span) -> dict[str, str]:
    """A span as audit rows keep it."""
    return {"from": f"{span.from_on} {span.from_half}", "to": f"{span.to_on} {span.to_half}"}
