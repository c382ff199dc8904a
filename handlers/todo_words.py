"""Words of 待办: a line a matter, how many of what, and what is agreed to in a second look."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from actions.explanations import halves_of as explained
from actions.todo import SHOWN
from handlers import leave_words, phrases
from handlers.cards import label
from handlers.turn import Turn
from locales import _, ngettext
from storage import corrections, explanations, leave
from storage.todo import DECIDED_BY, Todo, TodoKind

LONGEST_REASON = 60


def name(kind: TodoKind) -> str:
    """请假, 核实: as where cards are counted."""
    return label(SHOWN[kind].kind) or _("其他")


def counted(found: Sequence[Todo]) -> str:
    """请假 1 · 核实 2."""
    counts = Counter(todo.kind for todo in found)
    return " · ".join(f"{name(kind)} {counts[kind]}" for kind in TodoKind if counts[kind])


def whose(todo: Todo) -> str:
    """请假 · 周建国（石门村）."""
    return _("{kind} · {name}（{place}）").format(
        kind=name(todo.kind), name=phrases.typed(todo.name), place=phrases.typed(todo.place)
    )


async def line(turn: Turn, todo: Todo, today: date) -> str:
    """请假 · 周建国（石门村） · 11月20日，3 天了."""
    area = turn.posts_area()
    local = await turn.batch.local(area, todo.since) if area is not None else todo.since
    waited = (today - local.date()).days
    if waited <= 0:
        return _("{what} · {day} {time}").format(what=whose(todo), day=_("今天"), time=f"{local:%H:%M}")
    return ngettext("{what} · {day}，等了 {n} 天", "{what} · {day}，等了 {n} 天", waited).format(
        what=whose(todo), day=phrases.day(local.date(), today.year), n=waited
    )


async def details(turn: Turn, todo: Todo) -> str:
    """What is agreed to: the days and the reason. Raises `Refusal` for what is not the viewer's."""
    session, viewer, action = turn.session, turn.viewer, DECIDED_BY[todo.kind]
    if todo.kind is TodoKind.LEAVE:
        asked, village, _role = await leave.get(session, viewer, action, todo.id)
        profile = await turn.batch.profile(village, asked.asked_at.date())
        return _told(leave_words.title(asked, profile), asked.reason)
    if todo.kind is TodoKind.RETURN:
        await leave.get(session, viewer, action, todo.id)
        back = await leave.return_of(session, todo.id)
        return _told(phrases.day(back.on), back.words) if back is not None else ""
    if todo.kind is TodoKind.CORRECTION:
        correction, _village, _role = await corrections.get(session, viewer, action, todo.id)
        when = phrases.joined(phrases.day(correction.on), phrases.halves(corrections.halves_of(correction)))
        return _told(when, correction.reason)
    explanation, _village, _role = await explanations.get(session, viewer, action, todo.id)
    when = phrases.joined(phrases.day(explanation.on), phrases.halves(explained(explanation)))
    return _told(when, explanation.reason)


def _told(when: str, why: str | None) -> str:
    said = (why or "").replace("\n", " ")
    said = said if len(said) <= LONGEST_REASON else said[: LONGEST_REASON - 1] + "…"
    return _("{when}，{why}").format(when=when, why=phrases.typed(said)) if said else when
