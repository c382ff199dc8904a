"""The morning card: what waited through the night, or past the week's number, in one message."""

import re
from collections import Counter
from collections.abc import Sequence
from html import unescape
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import morning
from actions.todo import AGREED, SHOWN
from handlers import phrases
from handlers.cards import Card, card, label, render
from handlers.turn import Reply, Turn
from locales import _
from policy.authority import STAFF, Viewer
from policy.refusals import Refusal
from storage import delivery as queries
from storage import todo
from storage.delivery import Claimed
from storage.engine import AsyncSession

router = Router(name="morning")

MOST_LINES = 6
LONGEST_LINE = 60
_NUMBERS = "①②③④⑤⑥"
_TAG = re.compile(r"<[^<>]*>")


class Unfold(CallbackData, prefix="morning"):
    """[去处理] / [逐件处理]: the cards behind this one, please."""

    id: int


@router.callback_query(Unfold.filter())
async def on_unfold(_query: CallbackQuery, callback_data: Unfold, turn: Turn) -> Reply:
    """The cards come one by one; the second press finds nothing left."""
    count = await morning.unfold(turn.session, by=turn.viewer, card_id=callback_data.id, now=turn.now)
    return turn.toast(_("下面一件一件来。") if count else _("已经都发给您了，往上翻就能看到。"))


@card(queries.MORNING)
async def morning_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """Each matter in a line; for those who decide, how many of what. None: nothing of it holds any more."""
    lines, kinds = [], Counter[str]()
    rows = await queries.merged(session, payload["id"], viewer.person_id or 0)
    if not rows:
        return Card(_("已在下面逐件发出。"))
    settled = await _settled(session, viewer, rows)
    for row in rows:
        if row.id in settled:
            continue
        try:
            behind = await render(session, viewer, row.kind, row.payload)
        except Refusal:  # no longer this person's to see
            behind = None
        if behind is not None:
            lines.append(_line(behind.text))
            kinds[label(row.kind) or _("其他")] += 1
    if not lines:
        return (
            Card(_("都已处理，没有要办的了。"))
            if await queries.has_cards(session, f"morning:{payload['id']}")
            else None
        )
    if viewer.roles() & STAFF:
        counted = " · ".join(f"{kind} {count}" for kind, count in kinds.items())
        head = _("今天待您处理 {count} 件：{kinds}。").format(count=len(lines), kinds=counted)
        return Card(head, [[(_("逐件处理"), Unfold(id=payload["id"]))]])
    shown = [f"{number} {line}" for number, line in zip(_NUMBERS, lines, strict=False)]
    head = _("今天 {count} 件事：").format(count=len(lines))
    if len(lines) > MOST_LINES:
        shown.append(_("还有 {count} 件。").format(count=len(lines) - MOST_LINES))
    return Card("\n".join([head, *shown]), [[(_("去处理"), Unfold(id=payload["id"]))]])


async def _settled(session: AsyncSession, viewer: Viewer, rows: Sequence[Claimed]) -> set[int]:
    """What wanted this person's word and no longer does: settled through 待办 in the night, or withdrawn."""
    wanted = {shown.kind: shown.fact for shown in map(SHOWN.__getitem__, AGREED)}
    asked = [row for row in rows if row.kind in wanted]
    if not asked:
        return set()
    found = await todo.of_viewer(session, viewer, session.info["now"], AGREED)
    waiting = {(SHOWN[each.kind].kind, each.id) for each in found}
    return {row.id for row in asked if (row.kind, row.payload[wanted[row.kind]]) not in waiting}


def _line(text: str) -> str:
    """A card's first line, short and without formatting: a tag may begin in it and end in another."""
    first = unescape(_TAG.sub("", text.split("\n", 1)[0])).strip()
    return phrases.typed(first if len(first) <= LONGEST_LINE else first[: LONGEST_LINE - 1] + "…")
