"""待办: the matters that wait for somebody come to him one after another, or several are agreed to in one go."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from actions import corrections, explanations, leave, leave_returns, reviewing, trips
from policy.authority import Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage import audit, emergency, figures, notices, outbox
from storage.leave import SUBJECT as LEAVE
from storage.tables import Lane, Verdict
from storage.todo import Todo, TodoKind

CARD = "todo"
"""The kind of card under which a matter comes once more, with the way to the next one."""


class Shown(NamedTuple):
    """The card on which a matter is settled: its kind, its subject, and what its fact is called."""

    kind: str
    subject: Callable[[Todo], str]
    fact: str = "id"


def _by_id(template: str) -> Callable[[Todo], str]:
    return lambda todo: template.format(id=todo.id)


_REVIEWED = (reviewing.REVIEW.format(subject=notices.SUBJECT), reviewing.REVIEW.format(subject=figures.SUBJECT))

SHOWN: Mapping[TodoKind, Shown] = {
    TodoKind.HELP: Shown("emergency_help", lambda todo: emergency.help_subject(todo.of, todo.id)),
    TodoKind.ROLL_CALL: Shown("emergency_confirm", lambda todo: emergency.confirm_subject(todo.id)),
    TodoKind.LEAVE: Shown("leave", _by_id(LEAVE)),
    TodoKind.RETURN: Shown("leave_returned", _by_id(LEAVE)),
    TodoKind.EXPLANATION: Shown("explanation", _by_id(explanations.SUBJECT)),
    TodoKind.CORRECTION: Shown("correction", _by_id(corrections.SUBJECT)),
    TodoKind.TRIP: Shown("trip", _by_id(trips.SUBJECT)),
    TodoKind.NOTICE: Shown("notice_review", _by_id(_REVIEWED[0]), "notice_id"),
    TodoKind.FIGURES: Shown("figures_review", _by_id(_REVIEWED[1]), "request_id"),
}
"""By kind. Settled anywhere, every card of its subject changes."""

AGREED = (TodoKind.LEAVE, TodoKind.RETURN, TodoKind.EXPLANATION, TodoKind.CORRECTION)
"""What may be agreed to several at a time; whatever else waits wants a look at its own card."""


async def offer(session: AsyncSession, *, by: Viewer, todo: Todo, asked: str, now: datetime, only: str = "") -> None:
    """Have one matter sent to who asks for it, as it stands. `asked` is what that hangs on: twice from the same is once.
    `only` is the kind that he goes through, where he chose one.

    Raises `Refusal(NOT_ALLOWED)` where it does not wait for him.
    """
    if by.person_id is None or not todo.is_for(by):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.TODO_OPEN.value)
    role = require(by, Action.TODO_OPEN, Target(todo.area_path, by.person_id))
    kind, subject_of, fact = SHOWN[todo.kind]
    subject = subject_of(todo)
    payload = {"kind": kind, "fact": {fact: todo.id}, "after": list(todo.order), "only": only}
    await outbox.put(
        session,
        CARD,
        to=by.person_id,
        key=f"{CARD}:{subject}:{asked}",
        payload=payload,
        subject=subject,
        lane=Lane.ANSWER,
        now=now,
    )
    audit.record(session, Action.TODO_OPEN, subject, by=by.person_id, role=role, now=now)


async def agree(
    session: AsyncSession, *, by: Viewer, matters: Sequence[tuple[TodoKind, int]], now: datetime
) -> list[Refusal | None]:
    """同意 (情况属实) of several matters, each by its own action and its own rules; for each why it was not done.

    One that is refused is left as it was, the others are done.
    """
    found: list[Refusal | None] = []
    for kind, row_id in matters:
        try:
            await _agree(session, by, kind, row_id, now)
        except Refusal as refusal:  # an action checks before it writes: nothing of this one is left behind
            found.append(refusal)
        else:
            found.append(None)
    return found


async def _agree(session: AsyncSession, by: Viewer, kind: TodoKind, row_id: int, now: datetime) -> None:
    if kind is TodoKind.LEAVE:
        await leave.decide(session, by=by, leave_id=row_id, is_approved=True, now=now)
    elif kind is TodoKind.RETURN:
        await leave_returns.confirm(session, by=by, leave_id=row_id, is_so=True, now=now)
    elif kind is TodoKind.EXPLANATION:
        await explanations.decide(session, by=by, explanation_id=row_id, verdict=Verdict.APPROVED, now=now)
    elif kind is TodoKind.CORRECTION:
        await corrections.decide(session, by=by, correction_id=row_id, verdict=Verdict.APPROVED, now=now)
    else:
        raise Refusal(Code.NOT_FOUND)
