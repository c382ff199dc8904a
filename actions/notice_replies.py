"""Replies to a notice reach its author as a card that counts them; each may be answered, once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import notices as rules
from policy.authority import Action, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, outbox
from storage import notice_replies as stored
from storage import notices as queries
from storage.batch import of
from storage.ids import new_id
from storage.notices import SUBJECT
from storage.tables import Lane, Notice, NoticeReply, NoticeState


async def reply(session: AsyncSession, *, by: Viewer, notice_id: int, text: str, now: datetime) -> Notice:
    """Say something to a notice that one was sent; its author hears that there is something to read.

    Raises `Refusal`: NOT_FOUND (not sent to him), NOTICE_NOT_NOW (withdrawn), TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(text)
    notice, area = await queries.for_reader(session, by, notice_id)
    role = require(by, Action.NOTICE_REPLY, Target(area.path, by.person_id))
    if notice.state is NoticeState.WITHDRAWN or by.person_id is None:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    row = NoticeReply(id=new_id(session), notice_id=notice.id, person_id=by.person_id, at=now, text=said)
    session.add(row)
    await session.flush()
    on = (await of(session).local(area, now)).date()
    await _tell(session, await queries.hearers(session, notice, area, on), row, now)
    # the progress card counts them, and has [看回复]
    await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:progress", now, after=PROGRESS_EVERY)
    audit.record(
        session,
        Action.NOTICE_REPLY,
        f"notice_reply:{row.id}",
        by=by.person_id,
        role=role,
        now=now,
        area_id=notice.area_id,
        after={"notice": notice.id},
    )
    return notice


async def _tell(session: AsyncSession, hearers: Collection[int], row: NoticeReply, now: datetime) -> None:
    """The card that counts replies: edited, or, an hour after the last, a new one, since nobody sees an edit far up."""
    subject, payload = f"{SUBJECT.format(id=row.notice_id)}:replies", {"notice_id": row.notice_id}
    last = await outbox.last_told(session, subject, hearers, now)
    anew = [one for one in hearers if one not in last or rules.is_reply_card_due(last[one], now)]
    if anew:
        await outbox.set_apart(session, subject, f"{subject}:before", anew, payload, "a newer card counts")
        key = f"{subject}:{row.id}"
        await outbox.put_many(
            session, "notice_replies", dict.fromkeys(anew, payload), key=key, subject=subject, now=now
        )
    await outbox.refresh(session, subject, now)


async def answer(session: AsyncSession, *, by: Viewer, reply_id: int, text: str, now: datetime) -> NoticeReply:
    """Answer a reply; it goes back to that person.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_ANSWERED, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(text)
    row, notice, role = await stored.get(session, by, Action.NOTICE_ANSWER, reply_id)
    if row.answer is not None:
        raise Refusal(Code.NOTICE_ANSWERED, LOCAL)
    row.answer, row.answered_by_id, row.answered_at = said, by.person_id, now
    subject = f"notice_reply:{row.id}"
    await session.flush()
    await outbox.put(
        session,
        "notice_answer",
        to=row.person_id,
        key=f"{subject}:answer",
        payload={"notice_id": notice.id, "reply_id": row.id},
        subject=subject,
        lane=Lane.ANSWER,
        now=now,
    )
    await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:replies", now)
    audit.record(
        session,
        Action.NOTICE_ANSWER,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=notice.area_id,
        after={"notice": notice.id},
    )
    return row
