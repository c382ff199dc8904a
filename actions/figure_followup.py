"""报数 after it went out: 催报 to those missing only, a later due time, the end, taking it back, the sheet."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions.figure_review import show_changed
from actions.figure_sending import tell
from actions.figures import note, put_to_all
from actions.taking_back import take_back
from policy import figures as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.reaching import check_reminder
from policy.refusals import LOCAL, Code, Refusal
from storage import figure_asking, figures, outbox
from storage.batch import of
from storage.figures import APART, PROGRESS, SUBJECT
from storage.ids import reserve
from storage.tables import Area, FigureRequest, FigureReview, Lane

PIECE = 100
REMIND, CLOSE, REOPEN = "figures_remind", "figures_close", "figures_reopen"
TAKE_BACK = "figures_take_back"
"""Kinds of chores."""
CLOSED, WITHDRAWN = "closed", "withdrawn"
"""Why rows of a request that was closed or withdrawn did not go out."""


async def remind(session: AsyncSession, *, by: Viewer, request_id: int, now: datetime) -> int:
    """催报: how many are reminded, none but those who have the question and have not answered; three times at most.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, FIGURES_OVER, FIGURES_ALL_IN, REMINDED_NOW (minutes, left),
    REMINDED_OUT (allowed), FIGURES_NOT_THERE (nobody who is missing has it; it isn't counted).
    """
    request, area, role = await _open(session, by, Action.FIGURES_REMIND, request_id, now)
    if not await figure_asking.missing_count(session, request):
        raise Refusal(Code.FIGURES_ALL_IN, LOCAL)
    check_reminder(request.reminders, request.reminded_at, now)
    today = (await of(session).local(area, now)).date()
    count = await figure_asking.remindable(session, request, today)
    if not count:
        raise Refusal(Code.FIGURES_NOT_THERE, LOCAL)
    request.reminders, request.reminded_at = request.reminders + 1, now
    note(session, Action.FIGURES_REMIND, request, by, role, now, after={"reminded": count})
    await _chore(session, REMIND, request, now, nth=request.reminders)
    return count


async def remind_next(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Remind the next of those who have the question and have not answered; whether more are left."""
    request, area, _role = await figures.get(session, by, Action.FIGURES_REMIND, request_id)
    if not figures.takes_answers(request, now):
        return False
    today = (await of(session).local(area, now)).date()
    found = await figure_asking.to_remind(session, request, today, PIECE)
    await reserve(session, sum(map(len, found.values())))
    for asked, people in found.items():
        asked.reminded = request.reminders
        for person_id in people:
            await tell(session, "figures_reminder", request, asked.id, person_id, now, nth=request.reminders)
    await session.flush()
    return bool(found)


async def extend(
    session: AsyncSession, *, by: Viewer, request_id: int, due_at: datetime, now: datetime
) -> FigureRequest:
    """延期: answers are due later. A request that was closed is open again by it: who wasn't told of it yet is told.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, FIGURES_OVER (withdrawn, or it never went out), FIGURES_DUE_EARLY (on, at), FIGURES_DUE_FAR.
    """
    request, area, role = await figures.get(session, by, Action.FIGURES_EXTEND, request_id)
    if request.withdrawn_at is not None or not figures.is_released(request):
        raise Refusal(Code.FIGURES_OVER, LOCAL)
    batch = of(session)
    earliest = max(await batch.local(area, request.due_at), await batch.local(area, now))
    rules.check_due(await batch.local(area, due_at), goes_out=earliest)
    before = {"due_at": request.due_at.isoformat(), "closed": request.closed_at is not None}
    request.due_at, request.closed_at = due_at, None
    after = {"due_at": due_at.isoformat()}
    note(session, Action.FIGURES_EXTEND, request, by, role, now, before=before, after=after)
    if before["closed"]:
        await outbox.let_go(session, SUBJECT.format(id=request.id))
        await _chore(session, REOPEN, request, now, nth=0)
    if request.spread_at is None:
        await put_to_all(session, request, now)
    await _refresh(session, request, now)
    return request


async def reopen_next(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Have what was given up at the end of a request told after all; whether more is left."""
    request, _area, _role = await figures.get(session, by, Action.FIGURES_EXTEND, request_id)
    if not figures.takes_answers(request, now):  # ended once more meanwhile
        return False
    return bool(await outbox.put_back(session, SUBJECT.format(id=request.id), "figures", CLOSED, now))


async def close(session: AsyncSession, *, by: Viewer, request_id: int, now: datetime) -> FigureRequest:
    """结束: no answers are taken any more; what waits to be told is not told.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, FIGURES_OVER.
    """
    request, _area, role = await _open(session, by, Action.FIGURES_CLOSE, request_id, now)
    request.closed_at = now
    await outbox.hold(session, SUBJECT.format(id=request.id), now)  # nobody is told now that he need not answer
    missing = await figure_asking.missing_count(session, request)
    note(session, Action.FIGURES_CLOSE, request, by, role, now, after={"missing": missing})
    await _chore(session, CLOSE, request, now, nth=0)
    return request


async def close_next(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Give up what still waits to be told, then show everybody that it is over; whether more is left."""
    request, _area, _role = await figures.get(session, by, Action.FIGURES_CLOSE, request_id)
    if request.closed_at is None:  # opened again meanwhile
        return False
    subject = SUBJECT.format(id=request.id)
    if await outbox.drop(session, subject, CLOSED):
        return True
    await outbox.let_go(session, subject)
    await _refresh(session, request, now)
    return False


async def withdraw(session: AsyncSession, *, by: Viewer, request_id: int, now: datetime) -> FigureRequest:
    """撤回: cards that went out are taken back; answers given so far are kept and count no more. What still waits for a
    second person doesn't go out.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, FIGURES_OVER (withdrawn already, sent back, or expired).
    """
    request, _area, role = await figures.get(session, by, Action.FIGURES_WITHDRAW, request_id)
    if request.withdrawn_at is not None or request.review in {FigureReview.RETURNED, FigureReview.EXPIRED}:
        raise Refusal(Code.FIGURES_OVER, LOCAL)
    request.withdrawn_at = now
    await outbox.hold(session, SUBJECT.format(id=request.id), now)
    note(session, Action.FIGURES_WITHDRAW, request, by, role, now)
    await _chore(session, TAKE_BACK, request, now, nth=0)
    await show_changed(session, request, now)
    return request


async def take_back_next(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Take back the next cards that went out, and give up what waits; whether more is left.

    What is in flight at this moment is looked after ten seconds later.
    """
    request, _area, _role = await figures.get(session, by, Action.FIGURES_WITHDRAW, request_id)
    subject = SUBJECT.format(id=request.id)
    answered = await figure_asking.answered(session, request)
    await outbox.gather(session, subject, [APART.format(id=request.id, asked=asked_id) for asked_id in answered])
    return await take_back(session, TAKE_BACK, [subject], WITHDRAWN, {"request_id": request.id}, now)


async def export(session: AsyncSession, *, by: Viewer, request_id: int, asked: str, now: datetime) -> FigureRequest:
    """Have the sheet of a request built, as far as it is theirs to see, and sent to whoever asks.

    `asked` is what the request hangs on (a card, a minute): asked twice from the same, it comes once. Raises
    `Refusal`: NOT_FOUND.
    """
    seen = await figures.seen(session, by, Action.FIGURES_EXPORT, request_id)
    key = f"figures_sheet:{request_id}:{asked}"
    if by.person_id is None or await outbox.is_known(session, key, by.person_id):
        return seen.request
    role = require(by, Action.FIGURES_EXPORT, Target(seen.paths[0]))
    note(session, Action.FIGURES_EXPORT, seen.request, by, role, now)
    await outbox.put(
        session,
        "figures_sheet",
        to=by.person_id,
        key=key,
        payload={"id": request_id},
        lane=Lane.ANSWER,
        now=now,
    )
    return seen.request


async def _open(
    session: AsyncSession, by: Viewer, action: Action, request_id: int, now: datetime
) -> tuple[FigureRequest, Area, Role | None]:
    request, area, role = await figures.get(session, by, action, request_id)
    if not figures.takes_answers(request, now):
        raise Refusal(Code.FIGURES_OVER, LOCAL)
    return request, area, role


async def _chore(session: AsyncSession, kind: str, request: FigureRequest, now: datetime, *, nth: int) -> None:
    key = f"{kind}:{request.id}:{nth or now.isoformat()}"
    await outbox.chore(session, kind, key=key, now=now, payload={"request_id": request.id})


async def _refresh(session: AsyncSession, request: FigureRequest, now: datetime) -> None:
    for subject in (SUBJECT, PROGRESS):
        await outbox.refresh(session, subject.format(id=request.id), now)
