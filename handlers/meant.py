"""A sentence is awaited, and what comes begins with a command word (公出 明天 到县里开会): which was meant is asked.

Either may be: a trip's purpose is 培训, a reason is 请假的同事托我办事. A guess would swallow the one or the other
(decision 24), so that nothing is recorded until a press says which.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import TelegramMethod
from aiogram.types import CallbackQuery, Message

from handlers import awaited, phrases
from handlers.filters import OPENINGS, Opening, is_word
from handlers.turn import Button, Reply, Turn
from locales import _
from policy.sentences import mask_numbers

router = Router(name="meant")

SHOWN = 40
"""Characters of the sentence that are shown again."""


class Meant(CallbackData, prefix="meant"):
    """`line`: what it begins with; `plain`: just the sentence that was awaited."""

    do: str


class Unclear(Filter):
    """A sentence where one is awaited that begins like something else which isn't understood there."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """What it begins with as `opening`, and what it is otherwise as `plain`."""
        plain = awaited.plain(turn.dialogue.state)
        if turn.is_plain or message.text is None or plain is None:
            return False
        opening = _opening(message.text)
        if opening is None or turn.dialogue.state in opening.states or is_word(message.text):
            return False
        return {"opening": opening, "plain": plain}


def _opening(text: str) -> Opening | None:
    return next((each for each in OPENINGS if each.opens(text) is not None), None)


@router.message(Unclear())
async def on_unclear(message: Message, turn: Turn, opening: Opening, plain: str) -> Reply:
    """Ask; what was gathered stays, the sentence beside it."""
    state, said = turn.dialogue.state, message.text or ""
    if state is not None:
        turn.dialogue.to(state, **{**turn.dialogue.data, **_kept(turn, said)})
    text = _("这句像是「{word}」，按哪个记？\n{said}").format(word=_(opening.name), said=phrases.typed(_short(said)))
    rows: list[list[Button]] = [
        [(_(opening.button), Meant(do="line")), (_(plain), Meant(do="plain"))],
        [awaited.cancel()],
    ]
    return turn.say(text, rows)


def _kept(turn: Turn, said: str) -> dict[str, Any]:
    return {"said": mask_numbers(said), "said_at": turn.sent_at.isoformat()}


@router.callback_query(Meant.filter(F.do.in_({"line", "plain"})))
async def on_meant(query: CallbackQuery, callback_data: Meant, turn: Turn, event_router: Router, **data: Any) -> Reply:
    """Say it again: with nothing awaited, or as just the sentence."""
    kept = dict(turn.dialogue.data)
    said, said_at = kept.pop("said", None), kept.pop("said_at", None)
    if turn.dialogue.state is None or said is None or said_at is None or not isinstance(query.message, Message):
        return turn.edit(_("这一条已经过了，没有改动。再说一次就行。"))
    turn.dialogue.to(turn.dialogue.state, **kept)
    shown = turn.edit(phrases.typed(_short(said)))
    turn.callback, turn.sent_at = None, datetime.fromisoformat(said_at)
    turn.is_plain = callback_data.do == "plain"
    if not turn.is_plain:
        opening = _opening(said)
        said = (opening.opens(said) if opening is not None else None) or said
        turn.dialogue.leave()
    message = query.message.model_copy(update={"text": said, "from_user": query.from_user, "reply_markup": None})
    answer = await _root(event_router).propagate_event("message", message, turn=turn, **data)
    return [shown, *_methods(answer)]


def _root(router: Router) -> Router:
    while router.parent_router is not None:
        router = router.parent_router
    return router


def _methods(answer: Any) -> Sequence[TelegramMethod[Any]]:
    if answer is None or answer is UNHANDLED:
        return []
    return [answer] if isinstance(answer, TelegramMethod) else list(answer)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
