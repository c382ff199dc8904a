"""Spreading a notice, stopping it, taking it back, reminding: chores of the software's own, in pieces (`bot.chores`).

Each call does one piece in a transaction of its own and says whether more is left. Done twice, after a crash, it changes
nothing: who was told is noted together with the row that tells him.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import taking_back
from actions.notices import TAKE_BACK, look_after
from actions.tasks import remind_on_the_day
from policy.authority import Action, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from storage import audit, notice_progress, outbox
from storage import notices as queries
from storage.audience import Addressee
from storage.batch import of
from storage.notices import DROPPED, LIVE, SUBJECT, key_of, reminder_key, subjects
from storage.tables import Area, Lane, Notice, NoticeState
from storage.tasks import DUE

PIECE = 500
"""People told in one transaction: each is two rows or three."""
TOGETHER = 25
"""People whose pictures go out before their texts: nobody waits long for the second."""

JOIN, JOINERS = "notice_join", "notice_joiners"
"""Chores: the open notices for one person who has just come; one notice for everybody whose role has begun meanwhile."""


async def spread(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Tell the next of those a notice is for. Raises `Refusal(NOT_ALLOWED)`."""
    notice = await session.get(Notice, notice_id)
    if notice is None or notice.is_spread or notice.state not in {*LIVE, NoticeState.SCHEDULED}:
        return False
    area = await session.get_one(Area, notice.area_id)
    role = require(by, Action.NOTICE_SEND, Target(area.path))
    subject = SUBJECT.format(id=notice.id)
    if notice.started_at is None:
        notice.started_at = now
        if notice.state is NoticeState.SCHEDULED:
            notice.state = NoticeState.OUT
        audit.record(session, Action.NOTICE_SEND, subject, by=by.person_id, role=role, now=now, area_id=area.id)
        await session.flush()
    on = (await of(session).local(area, now)).date()
    found = await queries.untold(session, by, notice, on, PIECE)
    await _tell(session, notice, found, now)
    if len(found) < PIECE:
        notice.is_spread = True
        await session.flush()
        # by then it is out, or waits for the morning
        await outbox.refresh(session, f"{subject}:progress", now, after=PROGRESS_EVERY)
        await look_after(session, notice, now)
    return not notice.is_spread


async def _tell(session: AsyncSession, notice: Notice, found: Sequence[Addressee], now: datetime) -> None:
    """The row that tells each of them, with the note of it; a picture whose text is too long goes before the text."""
    await queries.add_recipients(session, notice, found)
    to = {one.person_id: {"notice_id": notice.id} for one in found}
    if not to:
        return
    lane = Lane.URGENT if notice.is_urgent else Lane.BULK
    text, picture, *_ = subjects(notice.id)
    await remind_on_the_day(session, notice, await session.get_one(Area, notice.area_id), to.keys(), now)
    more: dict[str, Any] = {"lane": lane, "expires_at": notice.open_until, "now": now}
    if queries.draft_of(notice).messages == 1:
        await outbox.put_many(session, "notice", to, key=key_of(notice.id), subject=text, **more)
        return
    people = list(to.items())
    for at in range(0, len(people), TOGETHER):  # rows go out in the order in which they are made
        some = dict(people[at : at + TOGETHER])
        await outbox.put_many(session, "notice_picture", some, key=picture, subject=picture, **more)
        await outbox.put_many(session, "notice", some, key=key_of(notice.id), subject=text, **more)


async def look(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Renew the progress card of an urgent notice, as long as something of it is on its way.

    Delivery does so for what goes out in bulk. Raises `Refusal(NOT_ALLOWED)`.
    """
    notice = await session.get(Notice, notice_id)
    if notice is not None and notice.state is NoticeState.OUT:
        area = await session.get_one(Area, notice.area_id)
        require(by, Action.NOTICE_SEND, Target(area.path))
        await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:progress", now)
        if await notice_progress.is_stirring(session, notice.id):
            await look_after(session, notice, now)
    return False


async def stop(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Give up what of a cancelled notice still waits. Raises `Refusal(NOT_ALLOWED)`."""
    notice = await _ended(session, by, notice_id)
    if notice is None or await _drop_some(session, notice):
        return notice is not None
    for subject in subjects(notice.id):
        await outbox.let_go(session, subject)
    await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:progress", now)
    return False


async def take_back(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Give up what of a withdrawn notice still waits, and have what went out deleted. Raises `Refusal(NOT_ALLOWED)`.

    What is in flight at this moment is looked after ten seconds later.
    """
    notice = await _ended(session, by, notice_id)
    if notice is None:
        return False
    payload = {"notice_id": notice.id}
    if await taking_back.take_back(session, TAKE_BACK, _all_of(notice), DROPPED, payload, now):
        return True
    await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:progress", now)
    return False


async def _ended(session: AsyncSession, by: Viewer, notice_id: int) -> Notice | None:
    notice = await session.get(Notice, notice_id)
    if notice is None or notice.state not in {NoticeState.CANCELLED, NoticeState.WITHDRAWN}:
        return None
    area = await session.get_one(Area, notice.area_id)
    require(by, Action.NOTICE_MANAGE, Target(area.path))
    return notice


def _all_of(notice: Notice) -> tuple[str, ...]:
    return (*subjects(notice.id), DUE.format(id=notice.id))


async def _drop_some(session: AsyncSession, notice: Notice) -> bool:
    for subject in _all_of(notice):
        if await outbox.drop(session, subject, DROPPED):
            return True
    return False


async def remind(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int, nth: int) -> bool:
    """Remind the next of those who had a notice and haven't read it. Raises `Refusal(NOT_ALLOWED)`."""
    notice = await session.get(Notice, notice_id)
    if notice is None or notice.state not in queries.TOLD:
        return False
    area = await session.get_one(Area, notice.area_id)
    require(by, Action.NOTICE_MANAGE, Target(area.path))
    found = await queries.to_remind(session, notice, nth, PIECE)
    if found:
        await outbox.put_many(
            session,
            "notice_reminder",
            {person_id: {"notice_id": notice.id} for person_id in found},
            key=reminder_key(notice.id, nth),
            subject=subjects(notice.id)[2],
            lane=Lane.URGENT if notice.is_urgent else Lane.BULK,
            expires_at=notice.open_until,
            now=now,
        )
    return len(found) == PIECE


async def late_joiners(session: AsyncSession, *, by: Viewer, now: datetime) -> bool:
    """Have whoever's role has begun since a notice went out told of it, as long as it is open: a chore for each notice.

    To be called once each morning; twice a day is once. Nothing is left of it: always False. Raises
    `Refusal(NOT_ALLOWED)`.
    """
    for notice in await queries.still_open(session, by, now):
        area = await session.get_one(Area, notice.area_id)
        require(by, Action.NOTICE_SEND, Target(area.path))
        on = (await of(session).local(area, now)).date()
        key = f"{SUBJECT.format(id=notice.id)}:joiners:{on.isoformat()}"
        await outbox.chore(session, JOINERS, key=key, now=now, payload={"notice_id": notice.id})
    return False


async def joiners(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Tell the next of those who belong to an open notice by now. Raises `Refusal(NOT_ALLOWED)`."""
    notice = await session.get(Notice, notice_id)
    return notice is not None and await _join(session, by, notice, now) == PIECE


async def join(session: AsyncSession, *, by: Viewer, now: datetime, person_id: int) -> bool:
    """Tell somebody who has just been bound every open notice that is for him. Raises `Refusal(NOT_ALLOWED)`."""
    for notice in await queries.still_open(session, by, now):
        await _join(session, by, notice, now, only=person_id)
    return False


async def _join(session: AsyncSession, by: Viewer, notice: Notice, now: datetime, *, only: int | None = None) -> int:
    """Tell those whom an open notice is for and who weren't told; how many."""
    if not notice.is_spread or notice.state not in LIVE or (notice.open_until and notice.open_until <= now):
        return 0
    area = await session.get_one(Area, notice.area_id)
    role = require(by, Action.NOTICE_SEND, Target(area.path))
    on = (await of(session).local(area, now)).date()
    found = await queries.untold(session, by, notice, on, PIECE, only=only)
    await _tell(session, notice, found, now)
    if found:
        subject, after = SUBJECT.format(id=notice.id), {"people": len(found)}
        audit.record(session, "notice:join", subject, by=by.person_id, role=role, now=now, area_id=area.id, after=after)
        await outbox.refresh(session, f"{subject}:progress", now)
    return len(found)
