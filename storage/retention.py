"""What is kept no longer (law 14): done updates, left conversations, exact positions."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policy.checkin import POSITION_KEPT_DAYS
from storage.tables import CheckIn, Conversation, Explanation, Inbox, InboxState

INBOX_KEPT = timedelta(hours=48)
CONVERSATION_KEPT = timedelta(hours=48)
POSITION_KEPT = timedelta(days=POSITION_KEPT_DAYS)
SET_ASIDE_KEPT = timedelta(days=30)
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
