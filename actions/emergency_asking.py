"""应急: everybody of a team is asked, in pieces; who comes while it runs as well; officers get totals and call lists."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions.emergency import SPREAD, finish, note, part_of, renew, show_progress
from policy.authority import Action, Role, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.emergency import RollCallState
from storage import emergency as queries
from storage import outbox, people
from storage.batch import of
from storage.emergency import Unasked, progress_subject, silent_subject, subject
from storage.tables import Area, EmergencyRollCall, Lane, Person

INCLUDE, LOOK = "emergency_include", "emergency_look"
"""Chores: ask somebody who can be reached from now on; ask whoever has come to the area meanwhile."""
PIECE = 300
"""People asked in one transaction."""
LOOK_EVERY = timedelta(minutes=5)


async def spread(session: AsyncSession, *, by: Viewer, now: datetime, roll_call_id: int) -> bool:
    """Ask the next of those who are to be asked; whether more are left. A chore."""
    call, area = await queries.get(session, roll_call_id)
    role = require(by, Action.EMERGENCY_CONFIRM, Target(area.path))
    if call.state is not RollCallState.RUNNING:
        return False
    on = (await of(session).local(area, now)).date()
    found = await queries.unasked(session, call, on, limit=PIECE)
    if found:
        await _ask(session, call, area, found, now)
        return True
    if call.spread_at is None:
        call.spread_at = now
        note(session, "emergency:spread", call, by, role, now)
        await outbox.refresh(session, progress_subject(call.id), now, after=PROGRESS_EVERY)
        await finish(session, call, now)
        await _look_again(session, call, now)
    return False


async def include(session: AsyncSession, *, by: Viewer, now: datetime, person_id: int) -> bool:
    """Somebody can be reached from now on: what runs where he is posted asks him too, or shows him how it stands.

    A chore; nothing is left to do. Who was asked before he had an account is told by the outbox. Raises
    `Refusal(NOT_ALLOWED)`.
    """
    for call in await queries.running(session):
        area = await session.get_one(Area, call.area_id)
        role = require(by, Action.EMERGENCY_CONFIRM, Target(area.path))
        on = (await of(session).local(area, now)).date()
        found = await queries.unasked(session, call, on, limit=PIECE, person_id=person_id)
        if found:
            await _join(session, by, role, call, area, found, now)
        held = (await people.posts_of(session, [person_id], on))[person_id]
        places = [place.path for place in await queries.places(session, call)]
        for post in held:
            if post.role in {Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF} and queries.overlap([post.area.path], places):
                await show_progress(session, call, {person_id}, part_of(area, post.area), now)
    return False


async def look(session: AsyncSession, *, by: Viewer, now: datetime, roll_call_id: int) -> bool:
    """Ask the next of those whose post here began while it runs; whether more are left. A chore, every five minutes.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    call, area = await queries.get(session, roll_call_id)
    role = require(by, Action.EMERGENCY_CONFIRM, Target(area.path))
    if call.state is not RollCallState.RUNNING:
        return False
    on = (await of(session).local(area, now)).date()
    found = await queries.unasked(session, call, on, limit=PIECE)
    if found:
        await _join(session, by, role, call, area, found, now)
    else:
        await finish(session, call, now)
        await _look_again(session, call, now)
    return bool(found)


async def _look_again(session: AsyncSession, call: EmergencyRollCall, now: datetime) -> None:
    at = now + LOOK_EVERY
    if call.state is RollCallState.RUNNING and (call.ends_at is None or at < call.ends_at):
        key = f"{LOOK}:{call.id}:{at.timestamp():.0f}"
        await outbox.chore(session, LOOK, key=key, payload={"roll_call_id": call.id}, now=at)


async def _join(
    session: AsyncSession,
    by: Viewer,
    role: Role | None,
    call: EmergencyRollCall,
    area: Area,
    found: Sequence[Unasked],
    now: datetime,
) -> None:
    """Ask these as well, since they have come meanwhile; the totals count them."""
    await _ask(session, call, area, found, now)
    for village in {one.village.id: one.village for one in found}.values():
        await renew(session, call, area, village, now)
    people_ids = [one.person_id for one in found]
    note(session, "emergency:include", call, by, role, now, after={"people": people_ids})


async def _ask(
    session: AsyncSession, call: EmergencyRollCall, area: Area, found: Sequence[Unasked], now: datetime
) -> None:
    """Ask these, and let their townships and counties follow it."""
    await queries.ask(session, call, found)
    key = subject(call.id)
    await outbox.put_many(
        session,
        "emergency",
        {one.person_id: {"id": call.id} for one in found},
        key=key,
        subject=key,
        lane=Lane.URGENT,
        expires_at=call.ends_at,
        now=now,
    )
    villages = list({one.village.id: one.village for one in found}.values())
    on = (await of(session).local(area, now)).date()
    watchers = await queries.watchers(session, villages, on)
    for part in {part_of(area, place) for _person, place in watchers}:
        own = {person.id for person, place in watchers if part_of(area, place) == part}
        await show_progress(session, call, own, part, now)
    await _list_silent(session, call, villages, watchers, now)


async def _list_silent(
    session: AsyncSession,
    call: EmergencyRollCall,
    villages: Sequence[Area],
    watchers: Sequence[tuple[Person, Area]],
    now: datetime,
) -> None:
    """After so many minutes each township gets the list of those who are silent then."""
    townships = [await session.get_one(Area, area_id) for area_id in {v.parent_id or v.id for v in villages}]
    on = (await of(session).local(townships[0], now)).date()
    profiles = await of(session).profiles(townships, on)
    for township in townships:
        own = [person for person, place in watchers if place.id == township.id]
        told = await queries.or_above(session, own, township, on)
        key = silent_subject(call.id, township.id)
        await outbox.put_many(
            session,
            "emergency_silent",
            {person_id: {"id": call.id, "area": township.id} for person_id in told},
            key=key,
            subject=key,
            lane=Lane.URGENT,
            not_before=now + timedelta(minutes=profiles[township.id].emergency_silence_minutes),
            expires_at=call.ends_at,
            now=now,
        )


STEPS: Mapping[str, Callable[..., Awaitable[bool]]] = {SPREAD: spread, INCLUDE: include, LOOK: look}
"""Chores, for `bot/chores.py`."""
