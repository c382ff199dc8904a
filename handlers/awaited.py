"""What a conversation can be in the middle of: how it is called, how it is asked again, how a draft is taken up.

A feature says `awaits(STATE, mark("说明情况"), ask)` for each state that awaits a sentence. Left by a command word, what
was gathered is kept (law 11) and offered again as [继续上次的] wherever the feature is opened anew (`drafts`).
Where a sentence may be about anything, `plain=mark("就是说明的话")` is its button beside the command word that it
begins with: it is asked which was meant (handlers/meant.py).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiogram.filters.callback_data import CallbackData
from aiogram.methods import TelegramMethod
from aiogram.types import InlineKeyboardMarkup

from handlers.turn import Button, Reply, Turn
from locales import _

Ask = Callable[[Turn], Awaitable[Reply]]
"""Says what is awaited, from what the conversation holds."""


class Resume(CallbackData, prefix="resume"):
    """继续上次的 (`do="go"`) or 不要了 (`do="drop"`): the draft of that state."""

    do: str
    state: str


class Cancel(CallbackData, prefix="cancel"):
    """取消 as a button under any question. `matter` is what it ends (`Dialogue.matter`); 0: not said yet."""

    matter: int = 0


_UNSAID = Cancel().pack()


def cancel() -> Button:
    """[取消]: ends the matter that is awaited once the turn is over, and no later one (`bound`)."""
    return _("取消"), Cancel()


def bound(turn: Turn, answer: Any) -> Any:
    """The answer, each [取消] in it bound to the matter that the conversation is about now."""
    if isinstance(answer, TelegramMethod):
        return _bound(turn, answer)
    return [_bound(turn, each) for each in answer] if isinstance(answer, list) else answer


def _bound(turn: Turn, method: TelegramMethod[Any]) -> TelegramMethod[Any]:
    markup = getattr(method, "reply_markup", None)
    if turn.dialogue.state is None or not isinstance(markup, InlineKeyboardMarkup):
        return method
    said = Cancel(matter=turn.dialogue.matter).pack()
    rows = [
        [
            button.model_copy(update={"callback_data": said}) if button.callback_data == _UNSAID else button
            for button in row
        ]
        for row in markup.inline_keyboard
    ]
    return method.model_copy(update={"reply_markup": InlineKeyboardMarkup(inline_keyboard=rows)})


@dataclass(frozen=True, slots=True)
class Awaited:
    """A state's name for people (a msgid), and the question; without one a draft of it can't be taken up again.

    `plain` is a button's label: the sentence is just what was awaited.
    """

    name: str
    ask: Ask | None = None
    plain: str | None = None


_AWAITED: dict[str, Awaited] = {}


def awaits(state: str, name: str, ask: Ask | None = None, *, plain: str | None = None) -> None:
    """Say what is awaited in a state. `name` and `plain` are marked. Raises ValueError where it was said before."""
    if state in _AWAITED:
        raise ValueError(f"two names for {state}")
    _AWAITED[state] = Awaited(name, ask, plain)


def known(state: str) -> bool:
    """Whether a feature has said what this state awaits."""
    return state in _AWAITED


def name(state: str) -> str:
    """What is awaited, in a few words: 说明情况."""
    return _(_AWAITED[state].name) if state in _AWAITED else _("刚才那一步")


def plain(state: str | None) -> str | None:
    """The button's label for a sentence that is just what was awaited; None: nobody asks."""
    return _AWAITED[state].plain if state in _AWAITED else None


def ask(state: str) -> Ask | None:
    """How it is asked again."""
    return _AWAITED[state].ask if state in _AWAITED else None


def left(turn: Turn, *states: str) -> str | None:
    """The newest draft among these states (none named: among all) that can be taken up again."""
    kept = [state for state in turn.dialogue.drafts if ask(state) is not None and (not states or state in states)]
    return kept[-1] if kept else None


def drafts(turn: Turn, *states: str) -> list[list[Button]]:
    """The row [继续上次的] for the newest draft among these states; no row where there is none."""
    state = left(turn, *states)
    return [] if state is None else [[(_("继续上次的"), Resume(do="go", state=state))]]


async def resume(turn: Turn, state: str) -> Reply:
    """Take a draft up again: what was gathered is there, and the question is asked once more."""
    again = ask(state)
    draft = turn.dialogue.drafts.get(state)
    if again is None or draft is None:
        return turn.edit(_("上次没说完的那件事已经不在了，重新说一次就行。"))
    turn.dialogue.leave()
    turn.dialogue.to(state, **draft)
    return await again(turn)
