"""走访, clause 二（四）: a visit is written down once, added to, corrected, taken back."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy import visits as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.notices import Attachment
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, households, people
from storage import visits as queries
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, HouseholdVisit, VisitCompanion, VisitHousehold, VisitPaper, VisitVersion
from storage.visits import SUBJECT


async def record(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    on: date,
    text: str,
    household_ids: Sequence[int],
    companion_ids: Collection[int] = (),
    duties: Sequence[str] = (),
    sent_at: datetime,
    now: datetime,
) -> HouseholdVisit:
    """Write down a visit of one's own, to one or several households or to none by name.

    Raises `Refusal`: NOT_ALLOWED, NOT_FOUND (a household or a colleague is not of the village), TEXT_EMPTY,
    TEXT_TOO_LONG, VISIT_NOT_YET, VISIT_TOO_LATE, VISIT_TOO_MANY (limit).
    """
    role = require(by, Action.VISIT_RECORD, Target(village.path, by.person_id))
    if by.person_id is None or role is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.VISIT_RECORD.value)
    said = sentence(text, rules.TEXT)
    today = (await of(session).local(village, now)).date()
    rules.check_day(on, today)
    if len(set(household_ids)) > rules.MOST_HOUSEHOLDS:
        raise Refusal(Code.VISIT_TOO_MANY, LOCAL, limit=rules.MOST_HOUSEHOLDS)
    visited = await households.some(session, village, household_ids)
    await _check_companions(session, village, by.person_id, companion_ids, on)
    visit = HouseholdVisit(
        id=new_id(session),
        village_id=village.id,
        by_id=by.person_id,
        role=role,
        on=on,
        sent_at=sent_at,
        received_at=now,
        text=said,
        duties=list(duties),
        changed_at=sent_at,
    )
    session.add(visit)
    await session.flush()
    session.add_all(VisitHousehold(visit_id=visit.id, household_id=one.id) for one in visited)
    session.add_all(VisitCompanion(visit_id=visit.id, person_id=one) for one in sorted(set(companion_ids)))
    after = {"on": on.isoformat(), "households": [one.id for one in visited], "along": sorted(set(companion_ids))}
    _note(session, Action.VISIT_RECORD, visit, by, role, now, after=after)
    return visit


async def _check_companions(
    session: AsyncSession, village: Area, person_id: int, companion_ids: Collection[int], on: date
) -> None:
    team = {person.id for person, _role in await people.team(session, village, on)}
    if not set(companion_ids) <= team - {person_id}:
        raise Refusal(Code.NOT_FOUND)


async def correct(
    session: AsyncSession,
    *,
    by: Viewer,
    visit_id: int,
    now: datetime,
    text: str | None = None,
    household_ids: Sequence[int] | None = None,
    duties: Sequence[str] | None = None,
) -> HouseholdVisit:
    """Say anew what a visit was, within seven days; what it said before is kept. What is `None` stays.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, VISIT_CLOSED, VISIT_TOO_MANY.
    """
    visit, village, role = await _open(session, by, Action.VISIT_CORRECT, visit_id, now)
    (before,) = await queries.written(session, [visit])
    ids = [one.id for one in before.households]
    said = visit.text if text is None else sentence(text, rules.TEXT)
    wanted = ids if household_ids is None else list(dict.fromkeys(household_ids))
    tags = visit.duties if duties is None else list(duties)
    if len(wanted) > rules.MOST_HOUSEHOLDS:
        raise Refusal(Code.VISIT_TOO_MANY, LOCAL, limit=rules.MOST_HOUSEHOLDS)
    if (said, sorted(wanted), tags) == (visit.text, sorted(ids), visit.duties):
        return visit
    await households.some(session, village, wanted)
    session.add(
        VisitVersion(
            id=new_id(session),
            visit_id=visit.id,
            text=visit.text,
            duties=visit.duties,
            household_ids=ids,
            by_id=by.person_id,
            at=now,
        )
    )
    if set(wanted) != set(ids):
        await queries.forget_households(session, visit.id)
        session.add_all(VisitHousehold(visit_id=visit.id, household_id=one) for one in wanted)
    changed = {"text": said != visit.text, "households": wanted, "duties": tags != visit.duties}
    visit.text, visit.duties = said, tags
    _note(session, Action.VISIT_CORRECT, visit, by, role, now, before={"households": ids}, after=changed)
    return visit


async def withdraw(session: AsyncSession, *, by: Viewer, visit_id: int, now: datetime) -> HouseholdVisit:
    """A visit that was none, or was written twice; within seven days. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, VISIT_CLOSED."""
    visit, _village, role = await _open(session, by, Action.VISIT_CORRECT, visit_id, now)
    visit.withdrawn_at = now
    _note(session, Action.VISIT_CORRECT, visit, by, role, now, after={"withdrawn": True})
    return visit


async def add_paper(
    session: AsyncSession, *, by: Viewer, visit_id: int, file: Attachment, sent_at: datetime, now: datetime
) -> VisitPaper:
    """A photo or a file that belongs to a visit. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, VISIT_CLOSED, VISIT_PAPERS_FULL (limit)."""
    visit, _village, role = await _open(session, by, Action.VISIT_CORRECT, visit_id, now)
    (before,) = await queries.written(session, [visit])
    if before.papers >= rules.MOST_PAPERS:
        raise Refusal(Code.VISIT_PAPERS_FULL, LOCAL, limit=rules.MOST_PAPERS)
    paper = VisitPaper(
        id=new_id(session),
        visit_id=visit.id,
        kind=file.kind,
        file_id=file.file_id,
        file_name=file.name,
        added_at=now,
    )
    session.add(paper)
    visit.changed_at = max(visit.changed_at, sent_at)
    _note(session, Action.VISIT_CORRECT, visit, by, role, now, after={"paper": paper.id})
    await session.flush()
    return paper


async def _open(
    session: AsyncSession, by: Viewer, action: Action, visit_id: int, now: datetime
) -> tuple[HouseholdVisit, Area, Role | None]:
    visit, village, role = await queries.get(session, by, action, visit_id)
    received = await of(session).local(village, visit.received_at)
    rules.check_correction(received.date(), (await of(session).local(village, now)).date())
    return visit, village, role


def _note(
    session: AsyncSession,
    action: Action,
    visit: HouseholdVisit,
    by: Viewer,
    role: Role | None,
    now: datetime,
    **changed: dict[str, Any],
) -> None:
    subject = SUBJECT.format(id=visit.id)
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=visit.village_id, **changed)
