"""已落实: said once, with a sentence, a file or nothing; added to later, or said anew in its place. Clause 三（一）."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import notices, tasks
from policy.authority import Action, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.notices import Attachment
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, outbox
from storage import notices as queries
from storage import tasks as stored
from storage.batch import of
from storage.notices import SUBJECT
from storage.tables import Area, Lane, Notice, ReadReceipt, TaskReport
from storage.tasks import DUE


async def report(
    session: AsyncSession,
    *,
    by: Viewer,
    notice_id: int,
    words: str | None,
    file: Attachment | None,
    size: int | None = None,
    adds: bool = False,
    now: datetime,
) -> TaskReport:
    """已落实 of one's own; who does so has read it as well. `size` of the file in bytes.

    `adds`: to what was said before, which stays, with the moment of it; another file takes the place of the first.
    Else all of it is said anew. Raises `Refusal`: NOT_FOUND (not sent to him), NOTICE_NOT_NOW (no task, or withdrawn),
    TEXT_TOO_LONG, TASK_WORDS_FULL (limit), NOTICE_FILE_TYPE, NOTICE_FILE_SIZE.
    """
    notice, area = await stored.for_doer(session, by, notice_id)
    role = require(by, Action.TASK_REPORT, Target(area.path, by.person_id))
    if by.person_id is None or notice.due_on is None or notice.state not in queries.TOLD:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    said = sentence(words, tasks.WORDS) if words is not None and words.strip() else None
    if file is not None and file.name:
        notices.check_file(file.name, size)
    on = (await of(session).local(area, now)).date()
    row = await stored.report(session, notice.id, by.person_id)
    is_first = row is None
    if row is None:
        row = TaskReport(notice_id=notice.id, person_id=by.person_id)
        session.add(row)
    if is_first or not adds:
        row.done_at, row.is_late, row.words = now, tasks.is_late(notice.due_on, on), said
    elif said is not None:
        row.words = tasks.joined(row.words, said)
    if is_first or not adds or file is not None:
        row.kept_as, row.file_kind = None, file.kind if file is not None else None
        row.file_id, row.file_name = (file.file_id, file.name) if file is not None else (None, None)
    if await queries.receipt(session, notice.id, by.person_id) is None:
        session.add(ReadReceipt(notice_id=notice.id, person_id=by.person_id, read_at=now))
    subject = SUBJECT.format(id=notice.id)
    audit.record(
        session,
        Action.TASK_REPORT,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=notice.area_id,
        after={
            "first": is_first,
            "adds": adds and not is_first,
            "words": said is not None,
            "file": file is not None,
            "late": row.is_late,
        },
    )
    await session.flush()
    await outbox.refresh(session, f"{subject}:progress", now, after=PROGRESS_EVERY)
    return row


async def keep_file(
    session: AsyncSession, *, by: Viewer, notice_id: int, file_name: str, kept_as: str, now: datetime
) -> bool:
    """The file of one's 已落实 has been fetched; whether it still is that file.

    Raises `Refusal`: NOT_FOUND, NOTICE_NOT_NOW.
    """
    notice, area = await stored.for_doer(session, by, notice_id)
    role = require(by, Action.TASK_REPORT, Target(area.path, by.person_id))
    row = await stored.report(session, notice.id, by.person_id or 0)
    if row is None or row.file_name != file_name:
        return False
    row.kept_as = kept_as
    subject = SUBJECT.format(id=notice.id)
    audit.record(session, "task:keep_file", subject, by=by.person_id, role=role, now=now, area_id=notice.area_id)
    return True


async def remind_on_the_day(
    session: AsyncSession, notice: Notice, area: Area, people: Collection[int], now: datetime
) -> None:
    """Have those who are told of a task reminded on its day, if they haven't said 已落实 by then."""
    if notice.due_on is None or not people:
        return
    at = tasks.reminder_at(notice.due_on, await of(session).local(area, now))
    if at is None:
        return
    subject = DUE.format(id=notice.id)
    await outbox.put_many(
        session,
        "task_reminder",
        {person_id: {"notice_id": notice.id} for person_id in people},
        key=subject,
        subject=subject,
        lane=Lane.URGENT if notice.is_urgent else Lane.BULK,
        not_before=at,
        now=now,
    )
