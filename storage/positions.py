"""Exact positions: kept with consent only, and no longer than the county says. POLICY §5."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import Chat, CheckIn, Conversation, Explanation

_PLACE = {"lat", "lon", "accuracy"}


async def erase_of(session: AsyncSession, person_id: int) -> int:
    """Erase every exact position of a person; how many records had one. Distances and their classes stay.

    What conversations on any channel hold of a place goes as well.
    """
    erased = 0
    for table in (CheckIn, Explanation):
        theirs = (table.person_id == person_id, table.latitude.is_not(None))
        erased += len(list(await session.scalars(select(table.id).where(*theirs))))
        await session.execute(update(table).where(*theirs).values(latitude=None, longitude=None, accuracy_m=None))
    conversations = select(Conversation).join(Chat, Conversation.chat_id == Chat.id)
    for row in await session.scalars(conversations.where(Chat.person_id == person_id)):
        row.data = _without_place(row.data)
    return erased


def _without_place(held: dict[str, Any]) -> dict[str, Any]:
    """What was gathered, drafts included, without degrees."""
    kept = {key: value for key, value in held.items() if key not in _PLACE}
    if "drafts" in kept:
        kept["drafts"] = {state: _without_place(draft) for state, draft in kept["drafts"].items()}
    return kept
