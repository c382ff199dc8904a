"""A notice as one who was sent it has it: all that its card needs, fetched for many readers in one statement."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Viewer
from policy.refusals import Code, Refusal
from storage.tables import Area, Notice, NoticeRecipient, Person, ReadReceipt, TaskReport

_FETCHED = "notices_received"


class Received(NamedTuple):
    """A notice and its area, who wrote it, and what its reader has said: 已阅, 已落实."""

    notice: Notice
    area: Area
    author: str
    is_read: bool
    is_done: bool


async def fetch_received(session: AsyncSession, notice_ids: Collection[int], viewers: Collection[Viewer]) -> None:
    """Fetch ahead what `received` will be asked for: so many readers cost one statement."""
    fetched = session.info.setdefault(_FETCHED, {})
    readers = {viewer.person_id for viewer in viewers}
    query = (
        select(NoticeRecipient.person_id, Notice, Area, Person.name, ReadReceipt.person_id, TaskReport.person_id)
        .join(Notice, Notice.id == NoticeRecipient.notice_id)
        .join(Area, Area.id == Notice.area_id)
        .join(Person, Person.id == Notice.author_id)
        .outerjoin(ReadReceipt, _by_reader(ReadReceipt))
        .outerjoin(TaskReport, _by_reader(TaskReport))
        .where(NoticeRecipient.notice_id.in_(notice_ids), NoticeRecipient.person_id.in_(readers))
    )
    for reader, notice, area, author, read_by, done_by in await session.execute(query):
        fetched[notice.id, reader] = Received(notice, area, author, read_by is not None, done_by is not None)


def _by_reader(said: type[ReadReceipt] | type[TaskReport]) -> ColumnElement[bool]:
    return and_(said.notice_id == NoticeRecipient.notice_id, said.person_id == NoticeRecipient.person_id)


async def received(session: AsyncSession, viewer: Viewer, notice_id: int) -> Received:
    """A notice as `viewer`, who was sent it, has it. Raises `Refusal(NOT_FOUND)` for any other."""
    key = (notice_id, viewer.person_id)
    if key not in session.info.get(_FETCHED, {}):
        await fetch_received(session, [notice_id], [viewer])
    found: Received | None = session.info[_FETCHED].get(key)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return found
