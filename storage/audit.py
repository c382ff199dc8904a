"""One audit row a change (law 7), written set-wise at the end of the transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role
from storage.ids import new_id
from storage.tables import Audit


def record(
    session: AsyncSession,
    action: Action | str,
    subject: str,
    *,
    by: int | None,
    role: Role | None,
    now: datetime,
    area_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Note the audit row of a change; `subject` reads `day:7`. The update at hand is taken from the session.

    `Database.write` writes what was noted before it commits.
    """
    row = {
        "id": new_id(session),
        "at": now,
        "person_id": by,
        "role": role,
        "action": str(action),
        "subject": subject,
        "area_id": area_id,
        "before": before,
        "after": after,
        "inbox_id": session.info.get("inbox_id"),
    }
    session.info.setdefault("audit", []).append(row)


async def write(session: AsyncSession) -> None:
    """Write the rows noted, in one statement."""
    rows = session.info.pop("audit", None)
    if rows:
        await session.flush()  # what the rows are about goes first
        await session.execute(insert(Audit), rows)


async def times(session: AsyncSession, action: Action | str, subject: str, *, since: datetime) -> list[datetime]:
    """When something was done to a subject after a moment, in order; what this transaction noted included."""
    await write(session)
    query = select(Audit.at).where(Audit.subject == subject, Audit.action == str(action), Audit.at > since)
    return list(await session.scalars(query.order_by(Audit.at, Audit.id)))
