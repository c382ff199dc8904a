"""应急: proposed by one, sent by a second, over by itself. Who is asked: emergency_asking; what they answer: emergency_replies.

No day of anybody is touched by any of it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from policy.audience import Audience
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.emergency import CONFIRM_WITHIN, LONGEST, RollCallState
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audience, audit, emergency_totals, outbox
from storage import emergency as queries
from storage.batch import of
from storage.emergency import confirm_subject, progress_subject, subject
from storage.ids import new_id
from storage.tables import Area, EmergencyRollCall, Lane

SPREAD, EXPIRE, END, CLOSE = "emergency_spread", "emergency_expire", "emergency_end", "emergency_close"
"""Chores: ask everybody; give up waiting for a second person; end; let the cards say that it is over."""
CARDS = 50
"""Subjects whose cards are renewed in one transaction once a call is over."""


def audience_of(areas: Sequence[Area]) -> Audience:
    """Everybody of a team there, on leave or not."""
    return Audience(tuple(area.id for area in areas), tuple(sorted(TEAM)))


async def size(session: AsyncSession, *, by: Viewer, areas: Sequence[Area], now: datetime) -> int:
    """How many a call would ask. Raises `Refusal(NOT_ALLOWED)`."""
    on = (await of(session).local(areas[0], now)).date()
    return await audience.size(session, by, Action.EMERGENCY_PROPOSE, audience_of(areas), on)


async def propose(
    session: AsyncSession, *, by: Viewer, what: str, area_ids: Collection[int], is_drill: bool, now: datetime
) -> EmergencyRollCall:
    """Have a second person asked whether everybody in these areas shall be; nothing is sent before he says so.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, EMERGENCY_NOBODY (no team there),
    EMERGENCY_NO_SECOND (nobody else could confirm it).
    """
    areas = await queries.chosen(session, by, area_ids)
    if by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.EMERGENCY_PROPOSE.value)
    role = require(by, Action.EMERGENCY_PROPOSE, Target(areas[0].path))
    said = sentence(what, LONGEST)
    count = await size(session, by=by, areas=areas, now=now)
    if not count:
        raise Refusal(Code.EMERGENCY_NOBODY)
    area = await queries.common(session, areas)
    on = (await of(session).local(area, now)).date()
    seconds = await queries.seconds(session, area, on, but_not=by.person_id)
    if not seconds:
        raise Refusal(Code.EMERGENCY_NO_SECOND)
    call = EmergencyRollCall(
        id=new_id(session),
        area_id=area.id,
        audience=audience_of(areas).dump(),
        what=said,
        is_drill=is_drill,
        state=RollCallState.PROPOSED,
        people=count,
        proposed_by_id=by.person_id,
        proposed_at=now,
        confirm_until=now + CONFIRM_WITHIN,
    )
    session.add(call)
    await session.flush()
    after = {"areas": [place.id for place in areas], "people": count, "drill": is_drill}
    note(session, Action.EMERGENCY_PROPOSE, call, by, role, now, after=after)
    key, facts = confirm_subject(call.id), {"id": call.id}
    await outbox.put(
        session, "emergency_confirm", to=by.person_id, key=key, payload=facts, subject=key, lane=Lane.ANSWER, now=now
    )
    await outbox.put_many(
        session,
        "emergency_confirm",
        {person.id: facts for person in seconds},
        key=key,
        subject=key,
        lane=Lane.URGENT,
        expires_at=call.confirm_until,
        now=now,
    )
    await outbox.chore(
        session, EXPIRE, key=f"{EXPIRE}:{call.id}", payload={"roll_call_id": call.id}, now=call.confirm_until
    )
    return call


async def withdraw(session: AsyncSession, *, by: Viewer, roll_call_id: int, now: datetime) -> EmergencyRollCall:
    """撤回 by who proposed it, before it is sent. Again changes nothing.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, EMERGENCY_OVER (it is on its way, or has expired).
    """
    call, _area, role = await queries.held(session, by, Action.EMERGENCY_WITHDRAW, roll_call_id)
    if call.state is RollCallState.WITHDRAWN:
        return call
    _require_waiting(call, now)
    call.state, call.closed_at, call.closed_by_id = RollCallState.WITHDRAWN, now, by.person_id
    note(session, Action.EMERGENCY_WITHDRAW, call, by, role, now)
    await outbox.refresh(session, confirm_subject(call.id), now)
    return call


async def confirm(session: AsyncSession, *, by: Viewer, roll_call_id: int, now: datetime) -> EmergencyRollCall:
    """The second person's word: it goes out. Never by who proposed it; the first word counts.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED, EMERGENCY_OVER (withdrawn, or too late).
    """
    call, area, role = await queries.held(session, by, Action.EMERGENCY_CONFIRM, roll_call_id)
    if call.confirmed_at is not None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=call.confirmed_by_id)
    _require_waiting(call, now)
    on = (await of(session).local(area, now)).date()
    hours = (await of(session).profile(area, on)).emergency_hours
    call.state, call.confirmed_by_id, call.confirmed_at = RollCallState.RUNNING, by.person_id, now
    call.ends_at = now + timedelta(hours=hours)
    note(session, Action.EMERGENCY_CONFIRM, call, by, role, now, after={"hours": hours})
    facts = {"roll_call_id": call.id}
    await outbox.chore(session, SPREAD, key=f"{SPREAD}:{call.id}", payload=facts, now=now)
    await outbox.chore(session, END, key=f"{END}:{call.id}", payload=facts, now=call.ends_at)
    await outbox.refresh(session, confirm_subject(call.id), now)
    both = {person_id for person_id in (call.proposed_by_id, call.confirmed_by_id) if person_id is not None}
    await show_progress(session, call, both, None, now)
    return call


def _require_waiting(call: EmergencyRollCall, now: datetime) -> None:
    if call.state is not RollCallState.PROPOSED or now >= call.confirm_until:
        raise Refusal(Code.EMERGENCY_OVER, LOCAL)


async def expire(session: AsyncSession, *, by: Viewer, now: datetime, roll_call_id: int) -> bool:
    """Nobody has confirmed it in time: it lapses, and who proposed it is told. A chore; nothing is left to do."""
    call, area = await queries.get(session, roll_call_id)
    role = require(by, Action.EMERGENCY_CONFIRM, Target(area.path))
    if call.state is RollCallState.PROPOSED:
        call.state, call.closed_at = RollCallState.EXPIRED, now
        note(session, "emergency:expire", call, by, role, now)
        key = confirm_subject(call.id)
        await outbox.refresh(session, key, now)
        await outbox.put(
            session,
            "emergency_expired",
            to=call.proposed_by_id,
            key=f"{key}:expired",
            payload={"id": call.id},
            lane=Lane.URGENT,
            now=now,
        )
    return False


async def renew(session: AsyncSession, call: EmergencyRollCall, area: Area, village: Area, now: datetime) -> None:
    """Let the totals that count a village be counted anew: the whole, the county's, the township's."""
    parts = queries.below(area, village)[-3:-1]  # who else looks on sees the whole
    for part in (None, *parts):
        await outbox.refresh(session, progress_subject(call.id, part), now, after=PROGRESS_EVERY)


def part_of(area: Area, place: Area) -> int | None:
    """Which part of a call in `area` is followed from `place`; None: the whole."""
    return None if area.path.startswith(place.path) else place.id


async def show_progress(
    session: AsyncSession, call: EmergencyRollCall, to: Iterable[int], part: int | None, now: datetime
) -> None:
    """The totals' card, for the whole or for a part; who proposed or confirmed it has the whole already."""
    whole = {call.proposed_by_id, call.confirmed_by_id}
    key = progress_subject(call.id, part)
    payload = {"id": call.id, "area": part}
    await outbox.put_many(
        session,
        "emergency_progress",
        {person_id: payload for person_id in to if part is None or person_id not in whole},
        key=key,
        subject=key,
        lane=Lane.URGENT,
        expires_at=call.ends_at,
        now=now,
    )


async def look(session: AsyncSession, *, by: Viewer, roll_call_id: int, asked: str, now: datetime) -> None:
    """看进展: the totals' card once more for whoever asks; it changes and ends as the first one does.

    `asked` is what the request hangs on: asked twice from the same, it comes once. Raises `Refusal(NOT_FOUND)`.
    """
    found = await queries.seen(session, by, roll_call_id)
    require(by, Action.EMERGENCY_VIEW, Target(found.paths[0]))
    if by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    key = progress_subject(found.call.id)
    await outbox.put(
        session,
        "emergency_progress",
        to=by.person_id,
        key=f"{key}:look:{asked}",
        payload={"id": found.call.id, "area": None},
        subject=key,
        lane=Lane.ANSWER,
        now=now,
    )


async def end(session: AsyncSession, *, by: Viewer, roll_call_id: int, now: datetime) -> EmergencyRollCall:
    """结束 by who began or confirmed it, or by the county. Again changes nothing.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, EMERGENCY_OVER (it was never sent).
    """
    call, _area, role = await queries.held(session, by, Action.EMERGENCY_END, roll_call_id)
    if call.state is RollCallState.RUNNING:
        await _end(session, call, by, role, now)
    elif call.state is not RollCallState.ENDED:
        raise Refusal(Code.EMERGENCY_OVER, LOCAL)
    return call


async def end_by_itself(session: AsyncSession, *, by: Viewer, now: datetime, roll_call_id: int) -> bool:
    """Its hours are over. A chore; nothing is left to do."""
    call, area = await queries.get(session, roll_call_id)
    role = require(by, Action.EMERGENCY_END, Target(area.path))
    if call.state is RollCallState.RUNNING:
        await _end(session, call, by, role, now)
    return False


async def finish(session: AsyncSession, call: EmergencyRollCall, now: datetime) -> None:
    """End a call of which everything is known: all have answered, and whoever needs help has somebody.

    Part of an action after which it may be so. Who has come meanwhile and is still to be asked keeps it open.
    """
    if call.state is not RollCallState.RUNNING or not await queries.is_all_known(session, call):
        return
    area = await session.get_one(Area, call.area_id)
    on = (await of(session).local(area, now)).date()
    if not await queries.unasked(session, call, on, limit=1):
        await _end(session, call, None, None, now)


async def _end(
    session: AsyncSession, call: EmergencyRollCall, by: Viewer | None, role: Role | None, now: datetime
) -> None:
    call.state, call.closed_at = RollCallState.ENDED, now
    call.closed_by_id = by.person_id if by is not None else None
    note(session, Action.EMERGENCY_END, call, by, role, now)
    await _close_cards(session, call.id, 0, now)


async def _close_cards(session: AsyncSession, roll_call_id: int, start: int, now: datetime) -> None:
    facts = {"roll_call_id": roll_call_id, "start": start}
    await outbox.chore(session, CLOSE, key=f"{CLOSE}:{roll_call_id}:{start}", payload=facts, now=now)


async def close(session: AsyncSession, *, by: Viewer, now: datetime, roll_call_id: int, start: int) -> bool:
    """Have the cards of a call that is over say so, from the `start`th subject on; the rest is a chore after this."""
    call, area = await queries.get(session, roll_call_id)
    require(by, Action.EMERGENCY_END, Target(area.path))
    subjects = [subject(call.id), *await queries.parts(session, call)]
    for each in subjects[start : start + CARDS]:
        await outbox.refresh(session, each, now)
    if len(subjects) > start + CARDS:
        await _close_cards(session, call.id, start + CARDS, now)
    return False


async def export(session: AsyncSession, *, by: Viewer, roll_call_id: int, asked: str, now: datetime) -> None:
    """Have the answers sent as a workbook to whoever asks, as far as he sees names.

    `asked` is what the request hangs on: asked twice from the same, it comes once. Raises `Refusal`: NOT_FOUND,
    NOT_ALLOWED, EMERGENCY_NUMBERS_ONLY.
    """
    found = await queries.seen(session, by, roll_call_id)
    if by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.EMERGENCY_EXPORT, Target(found.paths[0]))
    await emergency_totals.named_in(session, by, found.paths)
    key = f"{subject(roll_call_id)}:export:{asked}"
    if await outbox.is_known(session, key, by.person_id):
        return
    note(session, Action.EMERGENCY_EXPORT, found.call, by, role, now)
    payload = {"id": roll_call_id}
    await outbox.put(session, "emergency_export", to=by.person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)


def note(
    session: AsyncSession,
    action: Action | str,
    call: EmergencyRollCall,
    by: Viewer | None,
    role: Role | None,
    now: datetime,
    **facts: dict[str, object],
) -> None:
    """The audit row of what was done to a call; `by` None: it came about by itself."""
    audit.record(
        session,
        action,
        subject(call.id),
        by=by.person_id if by is not None else None,
        role=role,
        now=now,
        area_id=call.area_id,
        **facts,
    )


STEPS: Mapping[str, Callable[..., Awaitable[bool]]] = {EXPIRE: expire, END: end_by_itself, CLOSE: close}
"""Chores, for `bot/chores.py`."""
