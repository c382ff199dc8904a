"""有异议, clause 三（二）: the township doubts a trip, its person answers, the township takes it back."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.trips import SUBJECT, note, require_free, require_months, tell, written
from policy.authority import Action, Viewer
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import days, outbox, proofs
from storage.batch import of
from storage.tables import Area, Facts, Lane, OfficialTrip
from storage.trips import counts, get, is_doubted, span_of


async def object_to(
    session: AsyncSession, *, by: Viewer, trip_ids: Sequence[int], reason: str, now: datetime
) -> list[OfficialTrip]:
    """The township's 有异议, with its reason: the half-days so far become 待核实, those to come are open again.

    An afternoon that only the morning's check-in vouches for is open too: he said himself that he was elsewhere.
    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, TEXT_EMPTY, TEXT_TOO_LONG, ALREADY_DECIDED, MONTH_LOCKED.
    """
    found = [await get(session, by, Action.TRIP_OBJECT, trip_id) for trip_id in trip_ids]
    said = sentence(reason)
    standing = [entry for entry in found if counts(entry[0])]
    if not standing:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=found[0][0].objected_by_id if found else None)
    for trip, village, _role in standing:
        await require_months(session, village, [trip], now)
    for trip, village, role in standing:
        trip.objected_by_id, trip.objected_at, trip.objection, trip.reply = by.person_id, now, said, None
        await _doubt(session, trip, village, (await of(session).local(village, now)).date())
        note(session, Action.TRIP_OBJECT, trip, by, role, now, before=written(span_of(trip)))
        await tell(session, "trip_objected", trip, trip.person_id, now, again=now, subject=subject_of_person(trip))
        await outbox.refresh(session, SUBJECT.format(id=trip.group_id), now)
    return [trip for trip, _, _ in standing]


async def _doubt(session: AsyncSession, trip: OfficialTrip, village: Area, today: date) -> None:
    for on, half in span_of(trip).halves():
        witnessed = await proofs.witnessed(session, village, trip.person_id, on) if on <= today else frozenset()
        day = await of(session).day(trip.person_id, on)
        checked_in_at = day.checked_in_at if day is not None and witnessed else None
        drop = Facts.TRIP if half in witnessed else Facts.TRIP | Facts.CHECKED_IN
        add = Facts.PENDING if on <= today else Facts.NONE
        await days.change(session, trip.person_id, village, on, [half], add=add, drop=drop, checked_in_at=checked_in_at)


async def withdraw_objection(session: AsyncSession, *, by: Viewer, trip_id: int, now: datetime) -> OfficialTrip:
    """The township takes its objection back: the half-days count as 公出 again, the person hears.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED, TRIP_OVERLAPS,
    TRIP_OVERLAPS_LEAVE, MONTH_LOCKED.
    """
    trip, village, role = await get(session, by, Action.TRIP_OBJECTION_WITHDRAW, trip_id)
    if trip.objected_at is None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=by.person_id)
    await require_free(session, [trip])
    await require_months(session, village, [trip], now)
    trip.objected_by_id = trip.objected_at = trip.objection = None
    await session.flush()
    for on, half in span_of(trip).halves():
        disputed = await proofs.disputed(session, village, trip.person_id, on)
        doubted = half in disputed or await is_doubted(session, trip.person_id, on, half)
        drop = Facts.NONE if doubted else Facts.PENDING
        await days.change(session, trip.person_id, village, on, [half], add=Facts.TRIP, drop=drop)
    note(session, Action.TRIP_OBJECTION_WITHDRAW, trip, by, role, now, after=written(span_of(trip)))
    await tell(session, "trip_settled", trip, trip.person_id, now, again=now, lane=Lane.ANSWER)
    await outbox.refresh(session, subject_of_person(trip), now)
    await outbox.refresh(session, SUBJECT.format(id=trip.group_id), now)
    return trip


async def reply(session: AsyncSession, *, by: Viewer, trip_id: int, words: str, now: datetime) -> OfficialTrip:
    """What the person says to an objection; it goes to the officer who made it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    trip, _village, role = await get(session, by, Action.TRIP_REPLY, trip_id)
    said = sentence(words)
    if trip.objected_at is None or trip.objected_by_id is None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=trip.objected_by_id)
    trip.reply = said
    note(session, Action.TRIP_REPLY, trip, by, role, now)
    subject = SUBJECT.format(id=trip.group_id)
    await outbox.put(
        session,
        "trip",
        to=trip.objected_by_id,
        key=f"{subject}:reply:{trip.id}:{now.isoformat()}",
        payload={"id": trip.group_id},
        subject=subject,
        now=now,
    )
    await outbox.refresh(session, subject, now)
    await outbox.refresh(session, subject_of_person(trip), now)
    return trip


def subject_of_person(trip: OfficialTrip) -> str:
    """Of the outbox: what the person himself is told of an objection."""
    return f"trip_person:{trip.id}"
