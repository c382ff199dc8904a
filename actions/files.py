"""A file that somebody has sent is brought here (law 12), for a purpose that he may have."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, grant_for
from policy.refusals import Code, Refusal
from storage import audit, outbox
from storage.tables import Lane


async def want(
    session: AsyncSession,
    *,
    by: Viewer,
    file_id: str,
    name: str,
    purpose: str,
    action: Action,
    asked: str,
    now: datetime,
) -> None:
    """Have a file of the speaker's fetched; it comes back as an update (`handlers.files.FileReady`).

    `action`: what it is for, which must be his to do somewhere; `asked`: twice the same is once. Raises
    `Refusal(NOT_ALLOWED)`.
    """
    grants = [grant_for(by, action, Target(grant.area_path, by.person_id)) for grant in by.grants]
    role = next((grant.role for grant in grants if grant is not None), None)
    if by.person_id is None or role is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
    audit.record(
        session,
        "file:want",
        f"person:{by.person_id}",
        by=by.person_id,
        role=role,
        now=now,
        after={"purpose": purpose},
    )
    payload = {"file_id": file_id, "name": name, "purpose": purpose}
    key = f"fetch:{asked}"
    await outbox.put(session, outbox.FETCH, to=by.person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)
