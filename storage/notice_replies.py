"""Replies to a notice: finding them, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Viewer
from policy.refusals import Code, Refusal
from storage import notices
from storage.tables import Area, Notice, NoticeRecipient, NoticeReply, Person


class Said(NamedTuple):
    """A reply, with who said it and where he is posted."""

    reply: NoticeReply
    name: str
    place: str


class Thread(NamedTuple):
    """How much was said to a notice: all of it, by how many people, how much is answered, when last."""

    replies: int
    people: int
    answered: int
    last_at: datetime | None


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, reply_id: int
) -> tuple[NoticeReply, Notice, Role | None]:
    """A reply with its notice, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    row = await session.get(NoticeReply, reply_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    notice, _area, role = await notices.get(session, viewer, action, row.notice_id)
    return row, notice, role


async def said(session: AsyncSession, reply: NoticeReply) -> Said:
    """A reply with who said it. The caller has checked that it is the viewer's to see."""
    row = (await session.execute(_with_names(reply.notice_id).where(NoticeReply.id == reply.id))).one()
    return Said(*row)


async def thread(session: AsyncSession, notice: Notice) -> Thread:
    """How much was said to a notice. The caller has checked that it is the viewer's to see."""
    query = select(
        func.count(),
        func.count(NoticeReply.person_id.distinct()),
        func.count(NoticeReply.answered_at),
        func.max(NoticeReply.at),
    ).where(NoticeReply.notice_id == notice.id)
    return Thread(*(await session.execute(query)).one())


async def page(
    session: AsyncSession, viewer: Viewer, notice_id: int, number: int, size: int
) -> tuple[Notice, Sequence[Said], bool]:
    """One page of what was said to a notice, the newest first; whether older ones follow.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    notice, _area, _role = await notices.get(session, viewer, Action.NOTICE_ANSWER, notice_id)
    query = _with_names(notice_id).order_by(NoticeReply.at.desc(), NoticeReply.id.desc())
    found = [Said(*row) for row in await session.execute(query.offset(number * size).limit(size + 1))]
    return notice, found[:size], len(found) > size


def _with_names(notice_id: int) -> Select[NoticeReply, str, str]:
    return (
        select(NoticeReply, Person.name, Area.name)
        .join(Person, NoticeReply.person_id == Person.id)
        .join(
            NoticeRecipient,
            (NoticeRecipient.notice_id == NoticeReply.notice_id) & (NoticeRecipient.person_id == Person.id),
        )
        .join(Area, NoticeRecipient.area_id == Area.id)
        .where(NoticeReply.notice_id == notice_id)
    )
