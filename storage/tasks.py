"""已落实: what recipients said to a task notice, and the file of one of them. Clause 三（一）."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Viewer
from policy.notices import NoticeKind
from policy.refusals import LOCAL, Code, Refusal
from storage.notice_lists import is_named
from storage.notices import for_reader, seen
from storage.tables import Area, Notice, NoticeRecipient, Person, TaskReport

DUE = "notice:{id}:due"
"""The reminders of the last day: they wait by themselves, so nothing of a notice is on its way because of them."""


class Reported(NamedTuple):
    """What somebody said, with his name and the area of his post."""

    report: TaskReport
    name: str
    area: Area


async def for_doer(session: AsyncSession, viewer: Viewer, notice_id: int) -> tuple[Notice, Area]:
    """A task that `viewer` was sent. Raises `Refusal`: NOT_FOUND; NOTICE_NOT_NOW for a notice that is no task."""
    notice, area = await for_reader(session, viewer, notice_id)
    if notice.kind is not NoticeKind.TASK:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    return notice, area


async def report(session: AsyncSession, notice_id: int, person_id: int) -> TaskReport | None:
    """What somebody said; None: not done yet, as far as we know."""
    return await session.get(TaskReport, (notice_id, person_id))


async def reported(session: AsyncSession, viewer: Viewer, notice_id: int, person_id: int) -> Reported:
    """What one recipient said, for whoever may see names in his area.

    Raises `Refusal`: NOT_FOUND (also for what isn't the viewer's), NOTICE_NAMES_ABOVE.
    """
    await seen(session, viewer, notice_id)
    query = (
        select(TaskReport, Person.name, Area)
        .join(
            NoticeRecipient,
            (NoticeRecipient.notice_id == TaskReport.notice_id) & (NoticeRecipient.person_id == TaskReport.person_id),
        )
        .join(Person, TaskReport.person_id == Person.id)
        .join(Area, NoticeRecipient.area_id == Area.id)
        .where(TaskReport.notice_id == notice_id, TaskReport.person_id == person_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    if not await is_named(session, viewer, row[2]):
        raise Refusal(Code.NOTICE_NAMES_ABOVE, LOCAL)
    return Reported(*row)
