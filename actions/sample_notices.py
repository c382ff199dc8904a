"""Two notices that the sample county has sent: one read by nearly all, one by half; a reply answered, one that waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from sqlalchemy.ext.asyncio import AsyncSession

from actions import notice_receipts, notice_replies, notice_sending, notices
from actions import sample_county as county
from actions.sample_history import Cadre
from policy import notices as rules
from policy.audience import Audience
from policy.authority import TEAM, Viewer
from policy.notices import Draft
from storage import delivery
from storage import notice_replies as stored
from storage.delivery import Outcome
from storage.ids import reserve
from storage.tables import Area

_MOST = 500
"""More rows than a notice to the sample county makes."""


async def write(
    session: AsyncSession, cadres: Sequence[Cadre], author: Viewer, area: Area, moments: Sequence[datetime]
) -> None:
    """Send them at these moments (UTC), the older one first. Whoever can be played still has to read the newer one."""
    await reserve(session, _MOST)
    to_be = {name for name, _ in county.TO_BE}
    older, newer = county.NOTICES
    first = await _sent(session, author, area, older, moments[0], but_to=())
    for place, cadre in enumerate(cadres):
        if place % 11:
            await _read(session, cadre, first, moments[0] + timedelta(minutes=7 * place + 3))
    waiting = [cadre.person.id for cadre in cadres if cadre.person.name in to_be]
    second = await _sent(session, author, area, newer, moments[1], but_to=waiting)
    others = [cadre for cadre in cadres if cadre.person.id not in waiting]
    for place, cadre in enumerate(others[::2]):
        await _read(session, cadre, second, moments[1] + timedelta(minutes=5 * place + 2))
    said_at = moments[1] + timedelta(hours=1)
    for cadre, text in zip(others, county.NOTICE_REPLIES, strict=False):
        await notice_replies.reply(session, by=cadre.viewer(), notice_id=second, text=text, now=said_at)
    _notice, said, _more = await stored.page(session, author, second, 0, len(county.NOTICE_REPLIES))
    answered_at = said_at + timedelta(minutes=20)
    await notice_replies.answer(
        session, by=author, reply_id=said[-1].reply.id, text=county.NOTICE_ANSWER, now=answered_at
    )


async def _sent(
    session: AsyncSession, author: Viewer, area: Area, text: str, at: datetime, *, but_to: Sequence[int]
) -> int:
    """A notice handed in and gone out; to some people it still has to go."""
    audience = Audience((area.id,), tuple(sorted(TEAM)))
    draft = Draft(area.id, audience, escape(text, quote=False), rules.title_of(text), rules.units(text))
    notice = await notices.submit(session, by=author, draft=draft, now=at)
    await notice_sending.spread(session, by=author, now=at, notice_id=notice.id)
    rows = await delivery.claim(session, session.info["channel"], at, _MOST)
    gone = {row.id for row in rows if row.kind in {"notice", notices.SPREAD} and row.person_id not in but_to}
    await delivery.record(
        session,
        [Outcome.sent(row.id, at, None, None) if row.id in gone else Outcome.released(row.id) for row in rows],
    )
    return notice.id


async def _read(session: AsyncSession, cadre: Cadre, notice_id: int, at: datetime) -> None:
    await notice_receipts.read(session, by=cadre.viewer(), notice_id=notice_id, now=at)
