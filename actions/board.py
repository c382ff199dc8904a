"""今日在岗 as a picture: drawn while the talk goes on. Clause 三（二）."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from storage import audit, board, outbox
from storage.tables import Area, Lane


async def picture(session: AsyncSession, *, by: Viewer, area_id: int, asked: str, now: datetime) -> Area:
    """Have the board of an area drawn and sent to whoever asks.

    `asked` is what the request hangs on (a card): asked twice from the same, it comes once. Raises `Refusal`:
    NOT_FOUND, NOT_ALLOWED.
    """
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    if not board.may_see(by, area):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.BOARD_VIEW.value)
    key = f"board_picture:{area.id}:{asked}"
    if not await outbox.is_known(session, key, by.person_id):
        subject = f"area:{area.id}"
        audit.record(session, "board:picture", subject, by=by.person_id, role=None, now=now, area_id=area.id)
        payload, lane = {"area_id": area.id}, Lane.ANSWER
        await outbox.put(session, "board_picture", to=by.person_id, key=key, payload=payload, lane=lane, now=now)
    return area
