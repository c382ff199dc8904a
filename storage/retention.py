"""What is kept no longer (law 14): done updates, left conversations, exact positions, the words of finished messages."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policy.checkin import POSITION_KEPT_DAYS
from policy.emergency import NOTE_KEPT_DAYS
from storage.outbox import FETCH, TAKE_BACK
from storage.tables import (
    CheckIn,
    Conversation,
    EmergencyRollCall,
    Explanation,
    Inbox,
    InboxState,
    LeaveAttachment,
    Outbox,
    OutboxState,
    SafetyReply,
    TaskReport,
    VisitPaper,
)

INBOX_KEPT = timedelta(hours=48)
CONVERSATION_KEPT = timedelta(hours=48)
POSITION_KEPT = timedelta(days=POSITION_KEPT_DAYS)
HELP_NOTE_KEPT = timedelta(days=NOTE_KEPT_DAYS)
SET_ASIDE_KEPT = timedelta(days=30)
MESSAGE_KEPT = timedelta(days=30)
ERRAND_KEPT = timedelta(hours=48)
PIECE = 500
"""Rows of one transaction, so that nobody waits for the writer long."""


async def drop_done(session: AsyncSession, now: datetime) -> int:
    """Delete updates handled more than 48 hours ago whose answers are out, and set-aside ones after 30 days; how many."""
    done = (Inbox.state == InboxState.DONE) & (Inbox.done_at < now - INBOX_KEPT)
    aside = (Inbox.state == InboxState.SET_ASIDE) & (Inbox.done_at < now - SET_ASIDE_KEPT)
    ids = list(await session.scalars(select(Inbox.id).where(done | aside, Inbox.answers.is_(None)).limit(PIECE)))
    await session.execute(delete(Inbox).where(Inbox.id.in_(ids)))
    return len(ids)


async def drop_conversations(session: AsyncSession, now: datetime) -> int:
    """Delete conversations nobody has gone on with; they have expired a day before."""
    old = select(Conversation.chat_id).where(Conversation.updated_at < now - CONVERSATION_KEPT).limit(PIECE)
    ids = list(await session.scalars(old))
    await session.execute(delete(Conversation).where(Conversation.chat_id.in_(ids)))
    return len(ids)


async def thin_positions(session: AsyncSession, now: datetime) -> int:
    """Erase exact positions and distances older than 30 days; the distance class stays. How many."""
    thinned = 0
    nothing = {"latitude": None, "longitude": None, "accuracy_m": None}
    for table, values in ((CheckIn, nothing), (Explanation, {**nothing, "distance_m": None})):
        exact = or_(*(getattr(table, name).is_not(None) for name in values))
        ids = list(await session.scalars(select(table.id).where(table.at < now - POSITION_KEPT, exact).limit(PIECE)))
        await session.execute(update(table).where(table.id.in_(ids)).values(values))
        thinned += len(ids)
    return thinned


async def thin_help_notes(session: AsyncSession, now: datetime) -> int:
    """Erase what people needed, in words, 30 days after the 应急 has ended; that they needed help stays. How many."""
    old = (
        select(SafetyReply.id)
        .join(EmergencyRollCall, SafetyReply.roll_call_id == EmergencyRollCall.id)
        .where(SafetyReply.note.is_not(None), EmergencyRollCall.closed_at < now - HELP_NOTE_KEPT)
        .limit(PIECE)
    )
    ids = list(await session.scalars(old))
    await session.execute(update(SafetyReply).where(SafetyReply.id.in_(ids)).values(note=None))
    return len(ids)


_FINISHED = (
    OutboxState.SENT,
    OutboxState.MERGED,
    OutboxState.DROPPED,
    OutboxState.FAILED,
    OutboxState.WITHDRAWN,
)


async def thin_messages(session: AsyncSession, now: datetime) -> int:
    """Erase what was said in messages finished more than 30 days ago; how many.

    That it was said, to whom, when, as which message and about what (ids) stays: text, file names, dates of a fact go.
    """
    limit = now - MESSAGE_KEPT
    old = (
        select(Outbox.id, Outbox.payload)
        .where(Outbox.thinned_at.is_(None), Outbox.not_before < limit, Outbox.state.in_(_FINISHED))
        .where(func.coalesce(Outbox.sent_at, Outbox.not_before) < limit)
        .order_by(Outbox.not_before)
        .limit(PIECE)
    )
    rows = [
        {"id": row_id, "text": None, "payload": _ids_of(payload), "thinned_at": now}
        for row_id, payload in await session.execute(old)
    ]
    if rows:
        await session.execute(update(Outbox), rows)
    return len(rows)


def _ids_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Of a fact what is a number, or a list of them; words, names, dates go."""
    return {name: value for name, value in payload.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, list) and all(isinstance(one, int) for one in value))


async def drop_errands(session: AsyncSession, now: datetime) -> int:
    """Delete what the software did for itself more than 48 hours ago, told to nobody; how many.

    Refreshes, chores, files fetched, messages taken back.
    """
    limit = now - ERRAND_KEPT
    done = (
        select(Outbox.id)
        .where(Outbox.thinned_at.is_(None), Outbox.not_before < limit, Outbox.state.in_(_FINISHED))
        .where(or_(Outbox.person_id.is_(None), Outbox.kind.in_((FETCH, TAKE_BACK))))
        .where(func.coalesce(Outbox.sent_at, Outbox.not_before) < limit)
        .limit(PIECE)
    )
    ids = list(await session.scalars(done))
    await session.execute(delete(Outbox).where(Outbox.id.in_(ids)))
    return len(ids)


async def wanted_files(session: AsyncSession) -> set[str]:
    """The kept files that a record points to, by name."""
    found: set[str] = set()
    for column in (TaskReport.kept_as, LeaveAttachment.kept_as, VisitPaper.kept_as):
        found |= {name for name in await session.scalars(select(column)) if name is not None}
    return found
