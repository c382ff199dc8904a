"""广播通知: handed in, confirmed by a second person where many get it, sent back, paused, stopped, withdrawn."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions import reviewing
from actions.reviewing import Matter
from policy import notices as rules
from policy import tasks
from policy.authority import Action, Role, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.notices import Draft
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audience as audiences
from storage import audit, outbox
from storage import notices as queries
from storage.batch import of
from storage.ids import new_id
from storage.notices import SUBJECT
from storage.tables import Area, Lane, Notice, NoticeState

SPREAD, STOP, TAKE_BACK, LOOK = "notice_spread", "notice_stop", "notice_take_back", "notice_look"
"""Chores (`bot.chores`): tell everybody; drop what waits; delete what was sent as well; renew the progress card."""
ASK_AGAIN, EXPIRE, LAPSE = "notice_ask_again", "notice_expire", "notice_lapse"
"""Chores: remind of a notice that waits for a second person; give it up; end a pause that outlasts the notice."""


async def submit(session: AsyncSession, *, by: Viewer, draft: Draft, now: datetime) -> Notice:
    """Hand a notice in: it goes out at its time, or waits for a second person where more get it than the county lets
    one person write to.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, NOTICE_DUE_PAST, NOTICE_DUE_FAR, NOTICE_OPEN_DAYS,
    NOTICE_NOBODY, NOTICE_NO_SECOND (size, limit), TASK_DUE_EARLY (on), TASK_DUE_FAR (days).
    """
    area = await session.get(Area, draft.area_id)
    if area is None or by.person_id is None:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.NOTICE_SUBMIT, Target(area.path))
    if not draft.html:
        raise Refusal(Code.TEXT_EMPTY, LOCAL)
    rules.check_due(draft.due_at, now)
    rules.check_open(draft.open_days)
    on = (await of(session).local(area, now)).date()
    tasks.check_due_on(draft.due_on, (await of(session).local(area, draft.due_at or now)).date())
    size = await audiences.size(session, by, Action.NOTICE_SUBMIT, draft.audience, on)
    if not size:
        raise Refusal(Code.NOTICE_NOBODY, LOCAL)
    seconders = await reviewing.seconders(
        session, Action.NOTICE_CONFIRM, area, by.person_id, size, on, Code.NOTICE_NO_SECOND
    )
    notice = _notice(session, draft, by.person_id, size, now)
    session.add(notice)
    await session.flush()
    _note(session, notice, Action.NOTICE_SUBMIT, by, role, now, after={"size": size, "urgent": notice.is_urgent})
    await _show_progress(session, notice, by.person_id, now)
    if seconders:
        notice.state = NoticeState.REVIEW
        await reviewing.begin(session, _matter(notice), area, seconders, now)
    else:
        await _let_go(session, notice, area, now)
    return notice


def _notice(session: AsyncSession, draft: Draft, author_id: int, size: int, now: datetime) -> Notice:
    attachment = draft.attachment
    return Notice(
        id=new_id(session),
        kind=draft.kind,
        state=NoticeState.SCHEDULED,
        area_id=draft.area_id,
        author_id=author_id,
        title=draft.title,
        html=draft.html,
        length=draft.length,
        attachment_kind=attachment.kind if attachment is not None else None,
        file_id=attachment.file_id if attachment is not None else None,
        file_name=attachment.name if attachment is not None else None,
        audience=draft.audience.dump(),
        size=size,
        wants_receipt=draft.wants_receipt,
        is_urgent=draft.is_urgent,
        submitted_at=now,
        due_at=draft.due_at or now,
        open_days=draft.open_days,
        due_on=draft.due_on,
    )


async def _show_progress(session: AsyncSession, notice: Notice, person_id: int, now: datetime) -> None:
    """The card by which somebody follows a notice from now on."""
    subject = f"{SUBJECT.format(id=notice.id)}:progress"
    payload = {"notice_id": notice.id}
    await outbox.put(
        session,
        "notice_progress",
        to=person_id,
        key=subject,
        payload=payload,
        subject=subject,
        lane=Lane.ANSWER,
        now=now,
    )


async def ask_again(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Remind those who may give the second word, and ask who can by now. A chore; nothing is left of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    notice, area, role = await queries.get(session, by, Action.NOTICE_MANAGE, notice_id)
    if notice.state is NoticeState.REVIEW:
        matter = _matter(notice)
        asked = await reviewing.ask_again(session, matter, Action.NOTICE_CONFIRM, area, notice.author_id, now)
        _note(session, notice, "notice:ask_again", by, role, now, after={"people": asked})
        await _tell_changed(session, notice, now)
    return False


async def expire(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """Nobody has given the second word in time: it lapses, its author hears and may hand it in anew. A chore.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    notice, _area, role = await queries.get(session, by, Action.NOTICE_MANAGE, notice_id)
    if notice.state is NoticeState.REVIEW:
        notice.state, notice.ended_at = NoticeState.EXPIRED, now
        _note(session, notice, "notice:expire", by, role, now)
        await _tell_changed(session, notice, now)
        await reviewing.tell_author(session, _matter(notice), notice.author_id, "expired", now)
    return False


def _matter(notice: Notice) -> Matter:
    """A notice as what waits for a second person."""
    draft = queries.draft_of(notice)
    return Matter(
        "notice",
        SUBJECT.format(id=notice.id),
        {"notice_id": notice.id},
        lane=Lane.URGENT if notice.is_urgent else Lane.ORDINARY,
        samples=0 if draft.is_framed else draft.messages,
    )


async def _let_go(session: AsyncSession, notice: Notice, area: Area, now: datetime) -> None:
    """Have it spread when it is due."""
    due_at = max(notice.due_at, now)
    notice.state = NoticeState.SCHEDULED if due_at > now else NoticeState.OUT
    notice.open_until = rules.open_until(await of(session).local(area, due_at), notice.open_days)
    key = f"{SUBJECT.format(id=notice.id)}:spread"
    await outbox.chore(session, SPREAD, key=key, now=due_at, payload={"notice_id": notice.id})


async def confirm(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> Notice:
    """发送: the second person's word; it goes out, at its time or at once where that is past.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id).
    """
    notice, area, role = await _under_review(session, by, notice_id)
    notice.reviewed_by_id, notice.reviewed_at = by.person_id, now
    await _let_go(session, notice, area, now)
    _note(session, notice, Action.NOTICE_CONFIRM, by, role, now)
    await _tell_changed(session, notice, now)
    return notice


async def send_back(session: AsyncSession, *, by: Viewer, notice_id: int, reason: str, now: datetime) -> Notice:
    """退回: the author hears why, and may change it and hand it in anew.

    Raises `Refusal`: as `confirm`, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    because = sentence(reason)
    notice, _area, role = await _under_review(session, by, notice_id)
    notice.state, notice.returned_because = NoticeState.RETURNED, because
    notice.reviewed_by_id, notice.reviewed_at = by.person_id, now
    _note(session, notice, "notice:return", by, role, now)
    await _tell_changed(session, notice, now)
    await reviewing.tell_author(session, _matter(notice), notice.author_id, "returned", now)
    return notice


async def _under_review(session: AsyncSession, by: Viewer, notice_id: int) -> tuple[Notice, Area, Role | None]:
    notice, area, role = await queries.get(session, by, Action.NOTICE_CONFIRM, notice_id)
    if notice.state is not NoticeState.REVIEW:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=notice.reviewed_by_id or notice.ended_by_id)
    return notice, area, role


async def pause(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> Notice:
    """暂停: nothing more goes out until it is resumed, at most until its days are over; what is in flight arrives.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_NOT_NOW (it isn't going out).
    """
    notice, role = await _managed(session, by, notice_id, NoticeState.OUT)
    notice.state = NoticeState.PAUSED
    for subject in queries.subjects(notice.id)[:3]:  # what somebody asks for himself comes
        await outbox.hold(session, subject, now)
    if notice.open_until is not None:
        key = f"{SUBJECT.format(id=notice.id)}:{LAPSE}"
        await outbox.chore(session, LAPSE, key=key, now=notice.open_until, payload={"notice_id": notice.id})
    _note(session, notice, "notice:pause", by, role, now)
    await _tell_changed(session, notice, now)
    return notice


async def lapse(session: AsyncSession, *, by: Viewer, now: datetime, notice_id: int) -> bool:
    """A pause that nobody has ended by the time its days are over: what is held won't go out. A chore; nothing is left.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    notice, _area, role = await queries.get(session, by, Action.NOTICE_MANAGE, notice_id)
    if notice.state is NoticeState.PAUSED:
        await _end(session, notice, NoticeState.CANCELLED, STOP, by, now)
        _note(session, notice, "notice:lapse", by, role, now)
        await _tell_changed(session, notice, now)
    return False


async def resume(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> Notice:
    """继续. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_NOT_NOW (it isn't paused)."""
    notice, role = await _managed(session, by, notice_id, NoticeState.PAUSED)
    notice.state = NoticeState.OUT
    for subject in queries.subjects(notice.id):
        await outbox.let_go(session, subject)
    await look_after(session, notice, now)
    _note(session, notice, "notice:resume", by, role, now)
    await _tell_changed(session, notice, now)
    return notice


async def cancel(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> Notice:
    """取消: what hasn't gone out doesn't; what has, stays.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_NOT_NOW (it was returned, stopped or withdrawn before).
    """
    states = (NoticeState.REVIEW, NoticeState.SCHEDULED, NoticeState.OUT, NoticeState.PAUSED)
    notice, role = await _managed(session, by, notice_id, *states)
    await _end(session, notice, NoticeState.CANCELLED, STOP, by, now)
    _note(session, notice, "notice:cancel", by, role, now)
    await _tell_changed(session, notice, now)
    return notice


async def withdraw(session: AsyncSession, *, by: Viewer, notice_id: int, now: datetime) -> Notice:
    """撤回: what has gone out is deleted, where the channel can't it says so; what hasn't doesn't go out.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOTICE_NOT_NOW (nothing of it went out, or it is withdrawn already),
    NOTICE_CLOSED (on).
    """
    notice, role = await _managed(session, by, notice_id, *queries.TOLD)
    if notice.started_at is None:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    await check_open(session, notice, now)
    await _end(session, notice, NoticeState.WITHDRAWN, TAKE_BACK, by, now)
    _note(session, notice, "notice:withdraw", by, role, now)
    await _tell_changed(session, notice, now)
    return notice


async def check_open(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """Raises `Refusal(NOTICE_CLOSED)` (on: its last day) once a notice's days are over."""
    if notice.open_until is not None and now >= notice.open_until:
        area = await session.get_one(Area, notice.area_id)
        local = await of(session).local(area, notice.open_until)
        raise Refusal(Code.NOTICE_CLOSED, LOCAL, on=rules.last_day(local))


async def _managed(
    session: AsyncSession, by: Viewer, notice_id: int, *states: NoticeState
) -> tuple[Notice, Role | None]:
    notice, _area, role = await queries.get(session, by, Action.NOTICE_MANAGE, notice_id)
    if notice.state not in states:
        raise Refusal(Code.NOTICE_NOT_NOW, LOCAL)
    return notice, role


async def _end(
    session: AsyncSession, notice: Notice, state: NoticeState, chore: str, by: Viewer, now: datetime
) -> None:
    """Stop it at once; the chore does what takes long."""
    notice.state, notice.ended_by_id, notice.ended_at = state, by.person_id, now
    for subject in queries.subjects(notice.id):
        await outbox.hold(session, subject, now)
    await outbox.chore(
        session, chore, key=f"{SUBJECT.format(id=notice.id)}:{chore}", now=now, payload={"notice_id": notice.id}
    )


async def look_after(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """Have an urgent notice's progress looked at in three seconds; of what goes out in bulk delivery sees to it."""
    if notice.is_urgent:
        due_at = now + PROGRESS_EVERY
        key = f"{SUBJECT.format(id=notice.id)}:look:{due_at.timestamp():.0f}"
        await outbox.chore(session, LOOK, key=key, now=due_at, payload={"notice_id": notice.id})


async def _tell_changed(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """Every card by which staff follow it shows what it is now."""
    await session.flush()
    for card in ("progress", "review"):
        await outbox.refresh(session, f"{SUBJECT.format(id=notice.id)}:{card}", now)


def _note(
    session: AsyncSession,
    notice: Notice,
    what: Action | str,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    after: dict[str, int] | None = None,
) -> None:
    audit.record(
        session,
        what,
        SUBJECT.format(id=notice.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=notice.area_id,
        after=after,
    )
