"""报数 that many get: a second person's word on it, as on a notice (`actions.reviewing`)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions import reviewing
from actions.figures import matter, note, put_to_all
from policy.authority import Action, Role, Viewer
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import figure_asking, figures, outbox
from storage.batch import of
from storage.figures import PROGRESS
from storage.tables import Area, FigureRequest, FigureReview

ASK_AGAIN, EXPIRE = "figures_ask_again", "figures_expire"
"""Chores: remind of a request that waits for a second person; give it up."""


async def confirm(session: AsyncSession, *, by: Viewer, request_id: int, now: datetime) -> FigureRequest:
    """发出: the second person's word; it goes out.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id), FIGURES_TOO_LATE (on, at: it would
    be due before people can read it).
    """
    request, area, role = await _under_review(session, by, request_id)
    if request.due_at <= await figure_asking.goes_out(session, area, now):
        local = await of(session).local(area, request.due_at)
        raise Refusal(Code.FIGURES_TOO_LATE, LOCAL, on=local.date(), at=local)
    request.review, request.reviewed_by_id, request.reviewed_at = FigureReview.CONFIRMED, by.person_id, now
    request.sent_at = now
    note(session, Action.FIGURES_CONFIRM, request, by, role, now)
    await put_to_all(session, request, now)
    await _tell(session, request, "confirmed", now)
    return request


async def send_back(session: AsyncSession, *, by: Viewer, request_id: int, reason: str, now: datetime) -> FigureRequest:
    """退回: whoever asks hears why, and may change it and hand it in anew.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id), TEXT_EMPTY, TEXT_TOO_LONG.
    """
    because = sentence(reason)
    request, _area, role = await _under_review(session, by, request_id)
    request.review, request.returned_because = FigureReview.RETURNED, because
    request.reviewed_by_id, request.reviewed_at = by.person_id, now
    note(session, "figures:return", request, by, role, now)
    await _tell(session, request, "returned", now)
    return request


async def _under_review(session: AsyncSession, by: Viewer, request_id: int) -> tuple[FigureRequest, Area, Role | None]:
    request, area, role = await figures.get(session, by, Action.FIGURES_CONFIRM, request_id)
    if not figures.awaits_word(request):
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=request.reviewed_by_id)
    return request, area, role


async def ask_again(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Remind those who may give the second word, and ask who can by now. A chore; nothing is left of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    request, area, role = await figures.get(session, by, Action.FIGURES_SEND, request_id)
    if figures.awaits_word(request):
        action = Action.FIGURES_CONFIRM
        asked = await reviewing.ask_again(session, matter(request), action, area, request.by_id, now)
        note(session, "figures:ask_again", request, by, role, now, after={"people": asked})
        await show_changed(session, request, now)
    return False


async def expire(session: AsyncSession, *, by: Viewer, now: datetime, request_id: int) -> bool:
    """Nobody has given the second word in time, or by the time it was due: it lapses, and whoever asks may hand it in
    anew. A chore; nothing is left of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED.
    """
    request, _area, role = await figures.get(session, by, Action.FIGURES_SEND, request_id)
    if figures.awaits_word(request):
        request.review, request.reviewed_at = FigureReview.EXPIRED, now
        note(session, "figures:expire", request, by, role, now)
        await _tell(session, request, "expired", now)
    return False


async def _tell(session: AsyncSession, request: FigureRequest, what: str, now: datetime) -> None:
    await show_changed(session, request, now)
    await reviewing.tell_author(session, matter(request), request.by_id, what, now)


async def show_changed(session: AsyncSession, request: FigureRequest, now: datetime) -> None:
    """The cards by which staff follow it, and give their word on it, show what it is now."""
    await session.flush()
    for subject in (PROGRESS.format(id=request.id), matter(request).cards):
        await outbox.refresh(session, subject, now)
