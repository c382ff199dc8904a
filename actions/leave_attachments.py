"""附件 of a leave (病假条): added while it is asked for or later, looked at, taken away again. Clause 三（二）."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Viewer
from policy.leave import ATTACHMENTS
from policy.notices import Attachment, check_file
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox
from storage import leave as leaves
from storage import leave_attachments as queries
from storage.ids import new_id
from storage.leave import STANDING, SUBJECT
from storage.tables import Lane, LeaveAttachment, LeaveRequest, LeaveState

ALBUM = timedelta(seconds=2)
"""So long after its first picture an album is answered: by then the rest has come."""
REMOVE, KEEP = "leave:detach", "leave:keep_file"


def check(files: Sequence[Attachment], size: int | None, had: int = 0) -> None:
    """Whether files may go along, the last of them of `size` bytes, with `had` there already.

    Raises `Refusal`: NOTICE_FILE_TYPE, NOTICE_FILE_SIZE, LEAVE_ATTACHED_MANY (limit).
    """
    for file in files:
        check_file(file.name, size)
    if had + len(files) > ATTACHMENTS:
        raise Refusal(Code.LEAVE_ATTACHED_MANY, LOCAL, limit=ATTACHMENTS)


async def answer_album(
    session: AsyncSession, *, by: Viewer, album: str, now: datetime, leave_id: int | None = None
) -> None:
    """Have an album answered once, when all of it has come (law 4): by what it was added to, a leave or 请核对.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    if by.person_id is None or not by.may(Action.LEAVE_ATTACH):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.LEAVE_ATTACH.value)
    await outbox.put(
        session,
        "leave_review" if leave_id is None else "leave_attached",
        to=by.person_id,
        key=f"leave:{leave_id or 'review'}:album:{album}",
        payload={} if leave_id is None else {"id": leave_id},
        lane=Lane.ANSWER,
        not_before=now + ALBUM,
        now=now,
    )


async def add(
    session: AsyncSession,
    *,
    by: Viewer,
    leave_id: int,
    files: Sequence[Attachment],
    size: int | None = None,
    now: datetime,
) -> list[LeaveAttachment]:
    """Have files go along with one's own leave; the cards of those who decide show it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, LEAVE_NOT_ATTACHED_NOW (withdrawn, refused), and as `check`.
    """
    leave, _village, role = await leaves.get(session, by, Action.LEAVE_ATTACH, leave_id)
    if leave.state not in STANDING:
        raise Refusal(Code.LEAVE_NOT_ATTACHED_NOW, LOCAL)
    check(files, size, await queries.count(session, leave.id))
    rows = [
        LeaveAttachment(
            id=new_id(session),
            leave_id=leave.id,
            kind=file.kind,
            file_id=file.file_id,
            file_name=file.name,
            added_at=now,
            added_by_id=by.person_id,
        )
        for file in files
    ]
    session.add_all(rows)
    await session.flush()
    _note(session, Action.LEAVE_ATTACH, leave, by, role, now, [row.id for row in rows])
    await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    return rows


async def keep_file(
    session: AsyncSession, *, by: Viewer, attachment_id: int, kept_as: str | None, now: datetime
) -> LeaveAttachment | None:
    """A file has been fetched, or could not be had (`kept_as` None): then it stays by the channel's id only.

    None: it has been taken away meanwhile. Raises `Refusal(NOT_ALLOWED)`.
    """
    row = await session.get(LeaveAttachment, attachment_id)
    if row is None:
        return None
    leave, _village, role = await leaves.get(session, by, Action.LEAVE_ATTACH, row.leave_id)
    if kept_as is not None:
        row.kept_as = kept_as
        _note(session, KEEP, leave, by, role, now, [row.id])
    return row


async def remove(session: AsyncSession, *, by: Viewer, attachment_id: int, now: datetime) -> LeaveRequest:
    """Take one of one's own away, unless it was there when the leave was decided.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, LEAVE_ATTACHMENT_KEPT.
    """
    row = await session.get(LeaveAttachment, attachment_id)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    leave, _village, role = await leaves.get(session, by, Action.LEAVE_ATTACH, row.leave_id)
    is_evidence = leave.settled_at is not None and row.added_at <= leave.settled_at
    if leave.state is not LeaveState.WAITING and is_evidence:
        raise Refusal(Code.LEAVE_ATTACHMENT_KEPT, LOCAL)
    await session.delete(row)
    await session.flush()
    _note(session, REMOVE, leave, by, role, now, [attachment_id])
    await outbox.refresh(session, SUBJECT.format(id=leave.id), now)
    return leave


async def drop(session: AsyncSession, leave: LeaveRequest) -> None:
    """Nothing goes along with a leave that is no more. Part of an action, which has checked authority."""
    for row in await queries.of_leave(session, leave.id):
        await session.delete(row)


async def look(session: AsyncSession, *, by: Viewer, leave_id: int, now: datetime) -> Sequence[LeaveAttachment]:
    """What goes along with a leave, for one who may see it; the look is written down. Raises as `queries.seen`."""
    leave, _village, role = await queries.seen(session, by, leave_id)
    found = await queries.of_leave(session, leave.id)
    _note(session, Action.LEAVE_ATTACHMENT_VIEW, leave, by, role, now, [row.id for row in found])
    return found


def _note(
    session: AsyncSession,
    action: str,
    leave: LeaveRequest,
    by: Viewer,
    role: Role | None,
    now: datetime,
    ids: Sequence[int],
) -> None:
    audit.record(
        session,
        action,
        SUBJECT.format(id=leave.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=leave.village_id,
        after={"attachments": list(ids)},
    )
