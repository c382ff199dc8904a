"""One audit row a change (law 7)."""

from datetime import datetime
from typing import Any

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
    """Add the audit row of a change; `subject` reads `day:7`. The update at hand is taken from the session."""
    session.add(
        Audit(
            id=new_id(session),
            at=now,
            person_id=by,
            role=role,
            action=str(action),
            subject=subject,
            area_id=area_id,
            before=before,
            after=after,
            inbox_id=session.info.get("inbox_id"),
        )
    )
