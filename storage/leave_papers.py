"""What the leave form (请假审批表) says: a leave with its people, places, each level's word and the return. Clause 三（二）."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import Action, Viewer
from policy.calendar import month_of
from storage import leave as leaves
from storage.people import within
from storage.tables import (
    Area,
    DispatchingUnit,
    LeaveAttachment,
    LeaveDecision,
    LeaveRequest,
    LeaveReturn,
    LeaveState,
    Person,
)

MOST = 300
"""Forms in one file: a county's month has fewer; a province's is asked for county by county."""
_ON_PAPER = (LeaveState.WAITING, LeaveState.APPROVED, LeaveState.RETURNED, LeaveState.REJECTED)


@dataclass(slots=True)
class LeavePaper:
    """A leave and who and what it names. `said`: each level's word with the name of who gave it, in order."""

    leave: LeaveRequest
    person: Person
    village: Area
    township: str
    county: str
    unit: str
    said: list[tuple[LeaveDecision, str]] = field(default_factory=list)
    back: LeaveReturn | None = None
    stand_in: str = ""
    asked_by: str = ""
    attached: int = 0


async def one(session: AsyncSession, viewer: Viewer, leave_id: int) -> LeavePaper:
    """The paper of one leave. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    await leaves.get(session, viewer, Action.LEAVE_EXPORT, leave_id)
    paper = LeavePaper(*_filled((await session.execute(_papers().where(LeaveRequest.id == leave_id))).one()))
    await _complete(session, [paper])
    return paper


async def of_month(session: AsyncSession, viewer: Viewer, area: Area, month: date) -> list[LeavePaper]:
    """The papers of leaves that begin in a month, in an area, as far as `viewer` may have them; by place and day.

    What was withdrawn or cancelled has none. At most `MOST` and one more. Raises `Refusal(NOT_ALLOWED)`.
    """
    first, last = month_of(month)
    seen = [within(viewer.paths(Action.LEAVE_EXPORT)), Person.unit_id.in_(viewer.units(Action.LEAVE_EXPORT))]
    query = _papers().where(
        LeaveRequest.from_on.between(first, last),
        LeaveRequest.state.in_(_ON_PAPER),
        Area.path.startswith(area.path),
        or_(*seen),
    )
    rows = await session.execute(query.order_by(Area.code, LeaveRequest.from_on, LeaveRequest.id).limit(MOST + 1))
    papers = [LeavePaper(*_filled(row)) for row in rows]
    await _complete(session, papers)
    return papers


def _papers() -> Select[LeaveRequest, Person, Area, str, str, str]:
    township, county = aliased(Area), aliased(Area)
    return (
        select(LeaveRequest, Person, Area, township.name, county.name, DispatchingUnit.name)
        .join(Person, LeaveRequest.person_id == Person.id)
        .join(Area, LeaveRequest.village_id == Area.id)
        .outerjoin(township, Area.parent_id == township.id)
        .outerjoin(county, township.parent_id == county.id)
        .outerjoin(DispatchingUnit, Person.unit_id == DispatchingUnit.id)
    )


def _filled(
    row: Sequence[LeaveRequest | Person | Area | str | None],
) -> tuple[LeaveRequest, Person, Area, str, str, str]:
    leave, person, village, *names = row
    township, county, unit = (name or "" for name in names)
    return leave, person, village, township, county, unit  # type: ignore[return-value]


async def _complete(session: AsyncSession, papers: Collection[LeavePaper]) -> None:
    """What each level said, the return, its attachments, and the names of others: four queries whatever their number."""
    by_id = {paper.leave.id: paper for paper in papers}
    said = select(LeaveDecision, Person.name).join(Person, LeaveDecision.by_id == Person.id)
    said = said.where(LeaveDecision.leave_id.in_(by_id)).order_by(LeaveDecision.id)
    for decision, name in await session.execute(said):
        by_id[decision.leave_id].said.append((decision, name))
    for back in await session.scalars(select(LeaveReturn).where(LeaveReturn.leave_id.in_(by_id))):
        by_id[back.leave_id].back = back
    count = select(LeaveAttachment.leave_id, func.count()).where(LeaveAttachment.leave_id.in_(by_id))
    for leave_id, attached in await session.execute(count.group_by(LeaveAttachment.leave_id)):
        by_id[leave_id].attached = attached
    wanted = {paper.leave.stand_in_id for paper in papers} | {paper.leave.asked_by_id for paper in papers}
    found = await session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted - {None})))
    names = {row[0]: row[1] for row in found}
    for paper in papers:
        paper.stand_in = names.get(paper.leave.stand_in_id or 0, "")
        if paper.leave.asked_by_id != paper.leave.person_id:
            paper.asked_by = names.get(paper.leave.asked_by_id, "")
