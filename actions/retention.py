"""Keeping no longer than told (law 14); audited with counts."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Viewer
from policy.refusals import Code, Refusal
from storage import audit, retention


async def thin(session: AsyncSession, *, by: Viewer, now: datetime) -> dict[str, int]:
    """Delete one piece of what has been kept long enough; how many rows of what kind. All zero: nothing is left.

    Raises `Refusal(NOT_ALLOWED)`: only the software itself does this.
    """
    if by.system_path is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action="retention:thin")
    counts = {
        "updates": await retention.drop_done(session, now),
        "conversations": await retention.drop_conversations(session, now),
        "positions": await retention.thin_positions(session, now),
        "help_notes": await retention.thin_help_notes(session, now),
        "errands": await retention.drop_errands(session, now),
        "messages": await retention.thin_messages(session, now),
    }
    for kind in ("positions", "help_notes", "messages"):  # of people; the rest is the software's own
        if counts[kind]:
            audit.record(session, "retention:thin", kind, by=None, role=None, now=now, after={kind: counts[kind]})
    return counts


async def note_files(session: AsyncSession, *, by: Viewer, count: int, now: datetime) -> None:
    """So many kept files are gone, since no record wanted them any more. Raises `Refusal(NOT_ALLOWED)`."""
    if by.system_path is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action="retention:thin")
    audit.record(session, "retention:thin", "files", by=None, role=None, now=now, after={"files": count})
