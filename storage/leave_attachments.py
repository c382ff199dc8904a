"""附件 of a leave: who may have them, and which leave a message is about. Clause 三（二）."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Viewer
from policy.leave import sees_attachments
from policy.refusals import Code, Refusal
from storage import leave as leaves
from storage.tables import Area, LeaveAttachment, LeaveRequest, Outbox

_ONES_OWN = ("leave_asked", "leave_decided", "leave_back", "leave_overdue")
"""Cards of the person himself: a picture sent in reply to one goes along with that leave."""


async def of_leave(session: AsyncSession, leave_id: int) -> Sequence[LeaveAttachment]:
    """What goes along with a leave, in order. For actions, and for who has been let in (`seen`)."""
    query = select(LeaveAttachment).where(LeaveAttachment.leave_id == leave_id)
    return (await session.scalars(query.order_by(LeaveAttachment.added_at, LeaveAttachment.id))).all()


async def count(session: AsyncSession, leave_id: int) -> int:
    """How many go along with a leave; that there are some is no secret from who sees the leave."""
    query = select(func.count()).where(LeaveAttachment.leave_id == leave_id)
    return (await session.execute(query)).scalar_one()


async def seen(session: AsyncSession, viewer: Viewer, leave_id: int) -> tuple[LeaveRequest, Area, Role | None]:
    """A leave whose attachments `viewer` may see: his own, one that he may decide on, the county's.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    leave, village, role = await leaves.get(session, viewer, Action.LEAVE_ATTACHMENT_VIEW, leave_id)
    is_own = leave.person_id == viewer.person_id
    if not is_own and role is not None and not sees_attachments(role, [Role(level) for level in leave.levels]):
        raise Refusal(Code.NOT_ALLOWED, "三（二）", action=Action.LEAVE_ATTACHMENT_VIEW.value)
    return leave, village, role


async def leave_of(session: AsyncSession, viewer: Viewer, channel: str, message_id: int) -> int | None:
    """The leave of the viewer's own that a message in his chat is about; None: it is about none."""
    query = select(Outbox.payload).where(
        Outbox.channel == channel,
        Outbox.person_id == (viewer.person_id or 0),
        Outbox.message_id == message_id,
        Outbox.kind.in_(_ONES_OWN),
    )
    payload = (await session.execute(query.limit(1))).scalar_one_or_none()
    return payload["id"] if payload is not None else None
