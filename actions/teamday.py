"""今天三人在岗, clause 三（二）: the first secretary settles the team's day in one line; each may say that it isn't so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions import trips
from policy import checkin as rules
from policy import corrections
from policy.authority import Action, Target, Viewer, require
from policy.calendar import Half, Span
from policy.checkin import Evidence
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, days, leave, month_locks, outbox, people, proofs
from storage.batch import of
from storage.ids import new_id, reserve
from storage.tables import Area, CheckIn, Facts, OfficialTrip, Person
from storage.teamday import Standing, get, rows_of, standings
from storage.trips import counted, span_of

SUBJECT = "check_in:{id}"


@dataclass(frozen=True, slots=True)
class Settled:
    """The team's day as it stands after the line. `on_duty` were there before or are marked now, in the team's order."""

    on_duty: tuple[Person, ...]
    away: tuple[tuple[Person, Standing], ...]
    """Not marked and not named in the line: a trip, a leave, an own objection."""
    trips: tuple[OfficialTrip, ...]
    """Recorded by this line."""
    took_back: tuple[Person, ...]
    """Marked by an earlier line, and no more."""
    proved: tuple[Person, ...]
    """Said to be away, and yet on duty by their own word, or another's, which stays."""


async def settle(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    away: Collection[int],
    on_trips: Mapping[int, str],
    now: datetime,
) -> Settled:
    """Mark the team as on duty, but for those `away` and those on a trip (`on_trips`: person → purpose).

    A later line corrects an earlier one for the half-days that it speaks of; what people said themselves stays, and a
    trip recorded before stays. Raises `Refusal`: NOT_ALLOWED, NOT_FOUND (somebody not of the team), CHECKIN_OFF,
    CHECKIN_CLOSED, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    require(by, Action.CHECKIN_TEAM, Target(village.path, by.person_id))
    local = await of(session).local(village, now)
    halves = rules.halves_proved(local, await of(session).profile(village, local.date()))
    team = {person.id: person for person, _ in await people.team(session, village, local.date())}
    if not team.keys() >= {*away, *on_trips}:
        raise Refusal(Code.NOT_FOUND)
    purposes = {person_id: sentence(purpose) for person_id, purpose in on_trips.items()}
    await reserve(session, 20 * len(team) + trips.IDS_FOR_OTHERS)
    recorded = await _go(session, by, village, purposes, halves, now)
    rows = await rows_of(session, team.keys(), local.date())
    took_back = []
    for row in rows:
        named = row.person_id in {*away, *on_trips} and row.evidence is Evidence.TEAM_LINE
        if named and await take_back(session, by, village, row, now):
            took_back.append(team[row.person_id])
    standing = await standings(session, team.keys(), local.date(), halves)
    on_duty = []
    for person_id, person in team.items():
        if person_id in {*away, *on_trips} or standing[person_id] not in {Standing.OPEN, Standing.PROVED}:
            continue
        on_duty.append(person)
        if standing[person_id] is Standing.OPEN:
            await mark(session, by, village, person, halves, Evidence.TEAM_LINE, now)
    left_out = [
        (person, standing[person_id])
        for person_id, person in team.items()
        if person not in on_duty and person_id not in {*away, *on_trips}
    ]
    proved = [
        person for person_id, person in team.items() if person_id in away and standing[person_id] is Standing.PROVED
    ]
    return Settled(tuple(on_duty), tuple(left_out), tuple(recorded), tuple(took_back), tuple(proved))


async def _go(
    session: AsyncSession,
    by: Viewer,
    village: Area,
    purposes: Mapping[int, str],
    halves: Collection[Half],
    now: datetime,
) -> list[OfficialTrip]:
    """Record the trips that the line tells of; who is on one, or on leave, then already keeps that."""
    if not purposes:
        return []
    on = (await of(session).local(village, now)).date()
    span = Span(on, Half.AM if Half.AM in halves else Half.PM, on, Half.PM)
    taken = {trip.person_id for trip in await counted(session, purposes.keys(), on) if span_of(trip).overlaps(span)}
    leaves = await leave.standing(session, purposes.keys(), on)
    taken |= {one.person_id for one in leaves if leave.span_of(one).overlaps(span)}
    recorded: list[OfficialTrip] = []
    for person_id, purpose in purposes.items():
        if person_id not in taken:
            outcome = await trips.report(
                session, by=by, village=village, who=[person_id], purpose=purpose, span=span, now=now
            )
            recorded += outcome.trips if isinstance(outcome, trips.Reported) else []
    return recorded


async def mark(
    session: AsyncSession,
    by: Viewer,
    village: Area,
    person: Person,
    halves: Collection[Half],
    evidence: Evidence,
    now: datetime,
    words: str | None = None,
) -> CheckIn:
    """Record by another's word that somebody is on duty; he is told and may object.

    Part of an action, which has checked the rest. Raises `Refusal`: NOT_ALLOWED, NOT_YOURSELF.
    """
    role = require(by, _ACTIONS[evidence], Target(village.path, person.id))
    local = await of(session).local(village, now)
    row = CheckIn(
        id=new_id(session),
        person_id=person.id,
        village_id=village.id,
        on=local.date(),
        at=now,
        received_at=now,
        evidence=evidence,
        words=words,
        recorded_by_id=by.person_id,
    )
    session.add(row)
    await days.change(session, person.id, village, row.on, halves, add=Facts.CHECKED_IN, checked_in_at=now)
    subject = SUBJECT.format(id=row.id)
    audit.record(
        session,
        _ACTIONS[evidence],
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={"on": row.on.isoformat(), "halves": days.written(halves), "evidence": evidence.value},
    )
    if person.id != by.person_id:
        await session.flush()
        await outbox.put(
            session,
            "signed_for",
            to=person.id,
            key=f"{subject}:told",
            payload={"id": row.id},
            subject=subject,
            now=now,
        )
    return row


_ACTIONS = {
    Evidence.TEAM_LINE: Action.CHECKIN_TEAM,
    Evidence.PROXY: Action.CHECKIN_PROXY,
    Evidence.LIST: Action.CHECKIN_LIST,
}


async def take_back(session: AsyncSession, by: Viewer, village: Area, row: CheckIn, now: datetime) -> bool:
    """Take a mark back for the half-days that a word at `now` speaks of; whether that changed anything.

    Part of an action, which has checked the rest. Raises `Refusal`: NOT_ALLOWED, NOT_YOURSELF.
    """
    role = require(by, Action.CHECKIN_WITHDRAW, Target(village.path, row.person_id))
    before = await proofs.halves_of(session, village, row)
    local = await of(session).local(village, now)
    if local.date() != row.on:
        return False
    gone = before & rules.halves_at(local, await of(session).profile(village, row.on))
    if not gone:
        return False
    row.withdrawn_at = now
    await _unprove(session, village, row, gone)
    audit.record(
        session,
        Action.CHECKIN_WITHDRAW,
        SUBJECT.format(id=row.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        before={"halves": days.written(before)},
        after={"halves": days.written(before - gone)},
    )
    await outbox.refresh(session, SUBJECT.format(id=row.id), now)
    return True


async def _unprove(
    session: AsyncSession, village: Area, row: CheckIn, halves: frozenset[Half], add: Facts = Facts.NONE
) -> None:
    """Half-days that nothing else proves are open again."""
    rows: Sequence[CheckIn] = await rows_of(session, [row.person_id], row.on)
    still, first = await proofs.left(session, village, rows)
    gone = halves - still
    await days.change(
        session, row.person_id, village, row.on, gone, add=add, drop=Facts.CHECKED_IN, checked_in_at=first
    )


async def object_to(session: AsyncSession, *, by: Viewer, check_in_id: int, now: datetime) -> CheckIn:
    """不对，我不在村: the mark that another made goes, the half-days wait for a word, the first secretary is told.

    Again, or of a mark taken back already, changes nothing. Raises `Refusal`: NOT_FOUND (one's own check-in too),
    NOT_ALLOWED, OBJECTION_TOO_LATE, MONTH_LOCKED.
    """
    row, village, role = await get(session, by, Action.CHECKIN_OBJECT, check_in_id)
    if row.recorded_by_id is None or row.recorded_by_id == by.person_id:
        raise Refusal(Code.NOT_FOUND)
    halves = await proofs.halves_of(session, village, row)
    if not halves:
        return row
    local = await of(session).local(village, now)
    profile = await of(session).profile(village, local.date())
    if local >= corrections.deadline(row.on, local, profile):
        raise Refusal(Code.OBJECTION_TOO_LATE, LOCAL, on=row.on, hours=profile.correction_hours)
    await month_locks.require_open(session, village, row.person_id, [row.on], now)
    row.objected_at = now
    await _unprove(session, village, row, halves, add=Facts.PENDING)
    subject = SUBJECT.format(id=row.id)
    audit.record(
        session,
        Action.CHECKIN_OBJECT,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        before={"halves": days.written(halves)},
        after={"halves": []},
    )
    await outbox.refresh(session, subject, now)
    firsts = await leave.first_secretaries(session, village, local.date(), row.person_id)
    told = {person.id for person in firsts} | {row.recorded_by_id}
    for person_id in sorted(told - {row.person_id}):
        await outbox.put(
            session, "checkin_objected", to=person_id, key=f"{subject}:objected", payload={"id": row.id}, now=now
        )
    return row
