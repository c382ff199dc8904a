"""换班, clause 三（二）: two of a team change their days on duty, by agreement of both; the list is what tells the others."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import duty
from policy import duty as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox
from storage import duty as queries
from storage.duty import SWAP, DutyList
from storage.ids import new_id
from storage.tables import Area, DutyPeriod, DutySwap, Lane, SwapState


async def ask(
    session: AsyncSession,
    *,
    by: Viewer,
    period_id: int,
    village_id: int,
    on: date,
    other_id: int,
    other_on: date | None,
    now: datetime,
) -> DutySwap:
    """Ask another of the team to change days; `other_on` None: to take the day over. He is asked, nobody else is told.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER, DUTY_NOT_OF_TEAM, DUTY_SWAP_OVER, DUTY_SWAP_CHANGED (somebody is
    not named for his day), DUTY_ON_LEAVE (name, on), DUTY_SWAP_WAITS (on).
    """
    period, village, _role = await queries.get(session, by, Action.DUTY_VIEW, period_id, village_id)
    role = require(by, Action.DUTY_SWAP, Target(village.path, by.person_id))
    asker_id = by.person_id or 0
    found = await queries.of_village(session, period, village, now)
    if other_id == asker_id or all(person.id != other_id for person in found.team):
        raise Refusal(Code.DUTY_NOT_OF_TEAM, LOCAL)
    made = DutySwap(
        id=new_id(session),
        period_id=period.id,
        village_id=village.id,
        asker_id=asker_id,
        asker_on=on,
        other_id=other_id,
        other_on=other_on,
        asked_at=now,
        state=SwapState.WAITING,
    )
    _check(found, made)
    before = await queries.waiting_swap(session, period.id, asker_id, on)
    if before is not None:
        raise Refusal(Code.DUTY_SWAP_WAITS, LOCAL, on=on)
    session.add(made)
    await session.flush()
    after = {"on": on.isoformat(), "with": other_id, "for": other_on.isoformat() if other_on else None}
    _note(session, Action.DUTY_SWAP, made, by, role, now, after)
    for kind, to, lane in (("duty_swap", other_id, Lane.ORDINARY), ("duty_swap_asked", asker_id, Lane.ANSWER)):
        await outbox.put(
            session,
            kind,
            to=to,
            key=f"{kind}:{made.id}",
            payload={"id": made.id},
            subject=SWAP.format(id=made.id),
            lane=lane,
            now=now,
        )
    return made


def _check(found: DutyList, swap: DutySwap) -> None:
    """Whether both days can still be changed so. Raises `Refusal`: DUTY_SWAP_OVER, DUTY_SWAP_CHANGED, DUTY_ON_LEAVE."""
    if rules.swap_is_over(swap.asker_on, swap.other_on, found.today):
        raise Refusal(Code.DUTY_SWAP_OVER, LOCAL)
    for giver, taker, on in _moves(swap):
        halves = found.halves_of(giver, on)
        if not halves:
            raise Refusal(Code.DUTY_SWAP_CHANGED)
        if found.is_away(taker, on, halves):
            raise Refusal(Code.DUTY_ON_LEAVE, LOCAL, name=found.names[taker], on=on)


def _moves(swap: DutySwap) -> list[tuple[int, int, date]]:
    """Who gives a day to whom."""
    moves = [(swap.asker_id, swap.other_id, swap.asker_on)]
    return moves if swap.other_on is None else [*moves, (swap.other_id, swap.asker_id, swap.other_on)]


async def answer(session: AsyncSession, *, by: Viewer, swap_id: int, is_agreed: bool, now: datetime) -> DutySwap:
    """同意 / 不同意 by the one who is asked. Agreed, both days change, and whoever has the list before him sees it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (by_id), DUTY_OVER, DUTY_SWAP_OVER, DUTY_SWAP_CHANGED,
    DUTY_ON_LEAVE.
    """
    swap, village, role = await queries.swap(session, by, Action.DUTY_SWAP_ANSWER, swap_id, of_other=True)
    _check_waiting(swap)
    if is_agreed:
        period, _village, _role = await queries.get(session, by, Action.DUTY_VIEW, swap.period_id, village.id)
        await _change(session, period, village, swap, now)
    swap.state, swap.settled_at = SwapState.AGREED if is_agreed else SwapState.DECLINED, now
    _note(session, Action.DUTY_SWAP_ANSWER, swap, by, role, now, {"agreed": is_agreed})
    await outbox.refresh(session, SWAP.format(id=swap.id), now)
    key = f"duty_swap_settled:{swap.id}"
    payload, lane = {"id": swap.id}, Lane.ANSWER
    await outbox.put(session, "duty_swap_settled", to=swap.asker_id, key=key, payload=payload, lane=lane, now=now)
    return swap


async def _change(session: AsyncSession, period: DutyPeriod, village: Area, swap: DutySwap, now: datetime) -> None:
    found = await queries.of_village(session, period, village, now)
    _check(found, swap)
    changes: dict[date, dict[Half, int | None]] = {}
    for giver, taker, on in _moves(swap):
        changes.setdefault(on, {}).update(dict.fromkeys(found.halves_of(giver, on), taker))
    await duty.put_days(session, found, changes)
    await duty.refresh(session, period, village, now)


async def withdraw(session: AsyncSession, *, by: Viewer, swap_id: int, now: datetime) -> DutySwap:
    """撤回, while nobody has answered. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (by_id)."""
    swap, _village, role = await queries.swap(session, by, Action.DUTY_SWAP, swap_id, of_other=False)
    _check_waiting(swap)
    swap.state, swap.settled_at = SwapState.WITHDRAWN, now
    _note(session, Action.DUTY_SWAP, swap, by, role, now, {"withdrawn": True})
    await outbox.refresh(session, SWAP.format(id=swap.id), now)
    return swap


def _check_waiting(swap: DutySwap) -> None:
    if swap.state is not SwapState.WAITING:
        by_id = swap.asker_id if swap.state is SwapState.WITHDRAWN else swap.other_id
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=by_id)


def _note(
    session: AsyncSession,
    action: Action,
    swap: DutySwap,
    by: Viewer,
    role: Role | None,
    now: datetime,
    after: dict[str, Any],
) -> None:
    subject = SWAP.format(id=swap.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=swap.village_id, after=after)
