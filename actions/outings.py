"""临时外出, clause 三（二）: under half a day away, one line to the first secretary; no leave, no half-day changes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from policy.trips import check_outing
from storage import audit, leave, outbox, people
from storage.batch import of
from storage.ids import new_id
from storage.outings import get, own_open
from storage.tables import Area, Outing, Person

SUBJECT = "outing:{id}"


@dataclass(frozen=True, slots=True)
class Told:
    """An outing and who was told of it; `is_new` False: the one still open was changed, or was the same already."""

    outing: Outing
    people: tuple[Person, ...]
    is_new: bool


async def report(
    session: AsyncSession, *, by: Viewer, village: Area, purpose: str, back_at: datetime, now: datetime
) -> Told:
    """Say that one is out until `back_at`; while still out, saying it again corrects what was said.

    The first secretary is told; where he goes himself, or there is none, the township, which looks for him next.
    Raises `Refusal`: NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, OUTING_ENDS_BEFORE_START, OUTING_NOT_SAME_DAY,
    OUTING_TOO_LONG.
    """
    role = require(by, Action.OUTING_REPORT, Target(village.path, by.person_id))
    said = sentence(purpose)
    if by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.OUTING_REPORT.value)
    local = await of(session).local(village, now)
    back = await of(session).local(village, back_at)
    check_outing(local, back, profile=await of(session).profile(village, local.date()))
    told = await _who_is_told(session, by, village, now)
    outing = await own_open(session, by.person_id, local.date())
    if outing is None or outing.back_at <= now:
        outing = Outing(
            id=new_id(session),
            person_id=by.person_id,
            village_id=village.id,
            on=local.date(),
            leaves_at=now,
            back_at=back_at,
            purpose=said,
        )
        session.add(outing)
        _audit(session, Action.OUTING_REPORT, outing, by, role, now, after=back_at)
        await session.flush()
        subject = SUBJECT.format(id=outing.id)
        for person in told:
            await outbox.put(
                session, "outing", to=person.id, key=subject, payload={"id": outing.id}, subject=subject, now=now
            )
        return Told(outing, told, is_new=True)
    if (outing.purpose, outing.back_at) != (said, back_at):
        _audit(session, Action.OUTING_REPORT, outing, by, role, now, before=outing.back_at, after=back_at)
        outing.purpose, outing.back_at = said, back_at
        await outbox.refresh(session, SUBJECT.format(id=outing.id), now)
    return Told(outing, told, is_new=False)


async def cancel(session: AsyncSession, *, by: Viewer, outing_id: int, now: datetime) -> Outing:
    """Not gone after all; again changes nothing. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    outing, _village, role = await get(session, by, Action.OUTING_CANCEL, outing_id)
    if outing.cancelled_at is None:
        outing.cancelled_at = now
        _audit(session, Action.OUTING_CANCEL, outing, by, role, now, before=outing.back_at)
        await outbox.refresh(session, SUBJECT.format(id=outing.id), now)
    return outing


async def _who_is_told(session: AsyncSession, by: Viewer, village: Area, now: datetime) -> tuple[Person, ...]:
    today = (await of(session).local(village, now)).date()
    team = await people.team(session, village, today)
    is_first = any(role is Role.FIRST_SECRETARY for person, role in team if person.id == by.person_id)
    leaders = await leave.first_secretaries(session, village, today, by.person_id or 0)
    if not leaders or is_first:
        leaders = await people.officers(session, village, today, but_not=by.person_id)
    return tuple(person for person in leaders if person.id != by.person_id)


def _audit(
    session: AsyncSession,
    action: Action,
    outing: Outing,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
) -> None:
    audit.record(
        session,
        action,
        SUBJECT.format(id=outing.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=outing.village_id,
        before={"back_at": before.isoformat()} if before is not None else None,
        after={"back_at": after.isoformat()} if after is not None else None,
    )
