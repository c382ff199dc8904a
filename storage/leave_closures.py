"""全员在岗: the closures of a county that are in force, whose leave they touch. Clause 三（二）."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage.people import within
from storage.tables import Area, LeaveClosure, LeaveRequest, LeaveState, Person


async def counties(session: AsyncSession, viewer: Viewer) -> Sequence[Area]:
    """The counties whose closures the viewer sees, by code."""
    query = select(Area).where(within(viewer.paths(Action.LEAVE_CLOSURE_VIEW)), Area.level == Level.COUNTY)
    return (await session.scalars(query.order_by(Area.code))).all()


async def county(session: AsyncSession, viewer: Viewer, action: Action, area_id: int) -> tuple[Area, Role | None]:
    """A county, and the role in which `viewer` may do `action` in it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    area = await session.get(Area, area_id)
    if area is None or area.level is not Level.COUNTY:
        raise Refusal(Code.NOT_FOUND)
    return area, require(viewer, action, Target(area.path))


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, closure_id: int
) -> tuple[LeaveClosure, Area, Role | None]:
    """A closure with its county. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    found = await session.get(LeaveClosure, closure_id)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return found, *await county(session, viewer, action, found.area_id)


async def in_force(session: AsyncSession, viewer: Viewer, area: Area, today: date) -> Sequence[LeaveClosure]:
    """The closures of a county that stand and have not ended before a day, in order. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.LEAVE_CLOSURE_VIEW, Target(area.path))
    query = select(LeaveClosure).where(
        LeaveClosure.area_id == area.id, LeaveClosure.last_on >= today, LeaveClosure.lifted_at.is_(None)
    )
    return (await session.scalars(query.order_by(LeaveClosure.first_on, LeaveClosure.id))).all()


async def names(session: AsyncSession, viewer: Viewer, area: Area, people: Collection[int]) -> Sequence[str]:
    """What the exceptions of a county are called. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.LEAVE_CLOSURE_VIEW, Target(area.path))
    query = select(Person.name).where(Person.id.in_(people)).order_by(Person.name, Person.id)
    return (await session.scalars(query)).all()


async def touched(
    session: AsyncSession, area: Area, first: date, last: date, states: Collection[LeaveState]
) -> Sequence[LeaveRequest]:
    """Leaves of a county's people in some states that reach into days. For actions, and for who has been let in."""
    query = (
        select(LeaveRequest)
        .join(Area, LeaveRequest.village_id == Area.id)
        .where(within([area.path]), LeaveRequest.from_on <= last, LeaveRequest.to_on >= first)
        .where(LeaveRequest.state.in_(states))
    )
    return (await session.scalars(query.order_by(LeaveRequest.id))).all()
