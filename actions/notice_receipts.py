"""已阅: pressed once, quietly; 再次提醒 reaches those who haven't; the list leaves the house as a workbook."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.notices import check_open
from policy.authority import Action, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.notices import NoticeKind
from policy.reaching import check_reminder
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox
from storage import notices as queries
from storage.notices import SUBJECT
from storage.tables import Area, Lane, Notice, NoticeState, ReadReceipt

REMIND = "notice_remind"
"""The chore that reminds (`actions.notice_sending.remind`)."""


async def read(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> tuple[Notice, datetime | None]:
    """已阅: the receipt, and, where there was one, when it was given; then nothing changes.

    The receipt itself says who and when, so there is no audit row beside it. Raises `Refusal`: NOT_FOUND (not sent to
    him), NOTICE_NOT_NOW (withdrawn, or it wants no receipt).
    """
    notice, area = await queries.for_reader(session, by, notice_id)
    require(by, Action.NOTICE_READ, Target(area.path, by.person_id))
    if not notice.wants_receipt or notice.state not in queries.TOLD or by.person_id is None:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    before = await queries.receipt(session, notice.id, by.person_id)
    if before is not None:
        return notice, before.read_at
    session.add(ReadReceipt(notice_id=notice.id, person_id=by.person_id, read_at=now))
    await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:progress", now, after=PROGRESS_EVERY)
    return notice, None


async def copy(session: AsyncSession, *, by: Viewer, notice_id: int, asked: str, now: datetime) -> Notice:
    """看全文: a notice comes once more to a recipient who asks for it, by the outbox, so that a withdrawal finds it.

    `asked` is what the request hangs on: asked twice from the same, it comes once. Raises `Refusal`: NOT_FOUND (not sent
    to him), NOTICE_NOT_NOW (withdrawn).
    """
    notice, area = await queries.for_reader(session, by, notice_id)
    role = require(by, Action.NOTICE_READ, Target(area.path, by.person_id))
    if notice.state not in queries.TOLD or by.person_id is None:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    subject = queries.subjects(notice.id)[3]
    for part in range(queries.draft_of(notice).messages):
        await outbox.put(
            session,
            "notice_copy",
            to=by.person_id,
            key=f"{subject}:{asked}:{part}",
            payload={"notice_id": notice.id, "part": part},
            subject=subject,
            lane=Lane.ANSWER,
            now=now,
        )
    about = SUBJECT.format(id=notice.id)
    audit.record(session, "notice:copy", about, by=by.person_id, role=role, now=now, area_id=notice.area_id)
    return notice


async def remind(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> int:
    """再次提醒 whoever had it and hasn't pressed 已阅 (of a task: 已落实); which time it is.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_NO_RECEIPT, NOTICE_NOT_NOW, NOTICE_CLOSED (on),
    REMINDED_OUT, REMINDED_NOW, NOTICE_ALL_READ, TASK_ALL_DONE.
    """
    notice, _area, role = await queries.get(session, by, Action.NOTICE_MANAGE, notice_id)
    is_task = notice.kind is NoticeKind.TASK
    if not notice.wants_receipt and not is_task:
        raise Refusal(Code.NOTICE_NO_RECEIPT, LOCAL)
    if notice.state not in {NoticeState.OUT, NoticeState.CANCELLED}:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    await check_open(session, notice, now)
    check_reminder(notice.reminders, notice.reminded_at, now)
    nth = notice.reminders + 1
    if not await queries.to_remind(session, notice, nth, 1):
        raise Refusal(Code.TASK_ALL_DONE if is_task else Code.NOTICE_ALL_READ, LOCAL)
    notice.reminders, notice.reminded_at = nth, now
    subject = SUBJECT.format(id=notice.id)
    payload = {"notice_id": notice.id, "nth": nth}
    await outbox.chore(session, REMIND, key=queries.reminder_key(notice.id, nth), now=now, payload=payload)
    audit.record(
        session,
        "notice:remind",
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=notice.area_id,
        after={"nth": nth},
    )
    await session.flush()
    await outbox.refresh(session, f"{subject}:progress", now)
    return nth


async def export(
    session: AsyncSession, *, by: Viewer, notice_id: int, area_id: int, asked: str, now: datetime
) -> Notice:
    """Have the list of who has read a notice, in an area, made and sent to whoever asks.

    `asked` is what the request hangs on (a card): asked twice from the same, it comes once. Raises `Refusal`:
    NOT_FOUND, NOT_ALLOWED.
    """
    notice, _whole = await queries.seen(session, by, notice_id)
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.NOTICE_EXPORT, Target(area.path))
    subject = SUBJECT.format(id=notice.id)
    key = f"{subject}:sheet:{area.id}:{asked}"
    if await outbox.is_known(session, key, by.person_id):
        return notice
    audit.record(
        session,
        Action.NOTICE_EXPORT,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
    )
    payload = {"notice_id": notice.id, "area_id": area.id}
    await outbox.put(session, "notice_sheet", to=by.person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)
    return notice
