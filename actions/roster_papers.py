"""名册 as paper: the export leaves the house only by name and with an audit row."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox
from storage.people import ancestor_ids
from storage.tables import Lane

EXPORT = "roster_export"
TEMPLATE = "roster_template"
BAD_ROWS = "roster_bad_rows"


async def export(session: AsyncSession, *, by: Viewer, asked: str, now: datetime) -> None:
    """Have the roster of one's areas, with its ledger, sent to whoever asks. Raises `Refusal(NOT_ALLOWED)`.

    `asked` is what the request hangs on: asked twice from the same, it comes once.
    """
    paths = by.paths(Action.ROSTER_EXPORT)
    if not paths or by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.ROSTER_EXPORT.value)
    if await outbox.is_known(session, f"{EXPORT}:{asked}", by.person_id):
        return
    for path in paths:
        role = require(by, Action.ROSTER_EXPORT, Target(path))
        area_id = ancestor_ids(path)[-1]
        audit.record(
            session, Action.ROSTER_EXPORT, f"area:{area_id}", by=by.person_id, role=role, now=now, area_id=area_id
        )
    await outbox.put(session, EXPORT, to=by.person_id, key=f"{EXPORT}:{asked}", lane=Lane.ANSWER, now=now)


async def template(session: AsyncSession, *, by: Viewer, asked: str, now: datetime) -> None:
    """Have the empty workbook sent. Raises `Refusal(NOT_ALLOWED)`."""
    await _send(session, TEMPLATE, by, asked, {}, now)


async def bad_rows(
    session: AsyncSession, *, by: Viewer, path: str, approval: str | None, asked: str, now: datetime
) -> None:
    """Have the rows that can't be imported sent back, each with its reasons. Raises `Refusal(NOT_ALLOWED)`."""
    await _send(session, BAD_ROWS, by, asked, {"path": path, "approval": approval}, now)


async def _send(
    session: AsyncSession, kind: str, by: Viewer, asked: str, payload: dict[str, str | None], now: datetime
) -> None:
    if by.person_id is None or not by.paths(Action.ROSTER_IMPORT):
        raise Refusal(Code.NOT_ALLOWED, LOCAL, action=Action.ROSTER_IMPORT.value)
    await outbox.put(session, kind, to=by.person_id, key=f"{kind}:{asked}", payload=payload, lane=Lane.ANSWER, now=now)
