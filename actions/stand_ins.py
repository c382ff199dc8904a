"""代理, clause 三（二）: an officer names who has his office while he is away; who is named may decline."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy import stand_ins as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox
from storage import stand_ins as queries
from storage.batch import of
from storage.ids import new_id
from storage.stand_ins import SUBJECT
from storage.tables import Area, Person, PersonRole, StandIn


async def name(
    session: AsyncSession, *, by: Viewer, office_id: int, person_id: int, first: date, last: date, now: datetime
) -> StandIn:
    """Have somebody stand in for the holder of an office (a row of the roster), first and last day included.

    He is told, and so is the holder where another has named him. It holds at once; he may decline. Raises `Refusal`:
    NOT_FOUND, NOT_ALLOWED, STANDIN_ONESELF, STANDIN_ENDS_BEFORE_START, STANDIN_PAST, STANDIN_TOO_LONG,
    STANDIN_NOT_STAFF (name), STANDIN_OVERLAPS (name, from_on, to_on).
    """
    office, person = await session.get(PersonRole, office_id), await session.get(Person, person_id)
    if office is None or person is None or office.role not in rules.OFFICES:
        raise Refusal(Code.NOT_FOUND)
    area = await session.get_one(Area, office.area_id)
    role = require(by, Action.STANDIN_SET, Target(area.path, office.person_id))
    today = (await of(session).local(area, now)).date()
    if office.starts_on > first or (office.ends_on is not None and office.ends_on < first):
        raise Refusal(Code.NOT_FOUND)
    rules.check(office.person_id, person_id, first, last, today)
    if not await queries.is_fit(session, person_id, area, today):
        raise Refusal(Code.STANDIN_NOT_STAFF, LOCAL, name=person.name)
    if (other := await queries.overlapping(session, office, first, last)) is not None:
        other_name = (await session.get_one(Person, other.person_id)).name
        raise Refusal(
            Code.STANDIN_OVERLAPS, LOCAL, name=other_name, from_on=other.from_on, to_on=other.to_on, today=today
        )
    made = StandIn(
        id=new_id(session),
        person_id=person_id,
        for_id=office.person_id,
        role=office.role,
        area_id=area.id,
        from_on=first,
        to_on=last,
        set_by_id=by.person_id or 0,
        set_at=now,
    )
    session.add(made)
    await session.flush()
    after = {"person": person_id, "for": made.for_id, "from": first.isoformat(), "to": last.isoformat()}
    _note(session, Action.STANDIN_SET, made, by, role, now, after)
    await _tell(session, "standin", made, {person_id}, now, subject=SUBJECT.format(id=made.id))
    await _tell(session, "standin_named", made, {made.for_id} - {by.person_id}, now)
    return made


async def answer(session: AsyncSession, *, by: Viewer, stand_in_id: int, is_fine: bool, now: datetime) -> StandIn:
    """没错 / 不合适 by who is named, as long as it lasts. Declined, it ends; who named him and whom it is for hear it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, STANDIN_OVER.
    """
    told, role = await queries.get(session, by, Action.STANDIN_ANSWER, stand_in_id)
    row = told.row
    await _check_stands(session, told, now)
    _note(session, Action.STANDIN_ANSWER, row, by, role, now, {"accepted": is_fine})
    if is_fine:
        row.accepted_at = row.accepted_at or now
    else:
        row.ended_at, row.ended_by_id = now, by.person_id
        await _tell(session, "standin_declined", row, {row.for_id, row.set_by_id} - {by.person_id or 0}, now)
    await outbox.refresh(session, SUBJECT.format(id=row.id), now)
    return row


async def end(session: AsyncSession, *, by: Viewer, stand_in_id: int, now: datetime) -> StandIn:
    """提前结束: at once. Who stood in is told. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, STANDIN_OVER."""
    told, role = await queries.get(session, by, Action.STANDIN_END, stand_in_id)
    row = told.row
    await _check_stands(session, told, now)
    row.ended_at, row.ended_by_id = now, by.person_id
    _note(session, Action.STANDIN_END, row, by, role, now, {"ended": True})
    await outbox.refresh(session, SUBJECT.format(id=row.id), now)
    await _tell(session, "standin_ended", row, {row.person_id} - {by.person_id or 0}, now)
    return row


async def _check_stands(session: AsyncSession, told: queries.Told, now: datetime) -> None:
    today = (await of(session).local(told.area, now)).date()
    if told.row.ended_at is not None or told.row.to_on < today:
        raise Refusal(Code.STANDIN_OVER)


async def _tell(
    session: AsyncSession, kind: str, row: StandIn, to: set[int], now: datetime, *, subject: str | None = None
) -> None:
    facts = {person_id: {"id": row.id} for person_id in to}
    await outbox.put_many(session, kind, facts, key=f"{kind}:{row.id}", subject=subject, now=now)


def _note(
    session: AsyncSession,
    action: Action,
    row: StandIn,
    by: Viewer,
    role: Role | None,
    now: datetime,
    after: dict[str, Any],
) -> None:
    subject = SUBJECT.format(id=row.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=row.area_id, after=after)
