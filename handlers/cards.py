"""Words for facts of the outbox: rendered at delivery, in the recipient's language, as things stand then (law 4)."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiogram.types import InlineKeyboardMarkup

from handlers.turn import Buttons, inline
from locales import _
from policy.authority import Viewer
from storage.engine import AsyncSession


@dataclass(frozen=True, slots=True)
class Card:
    """A message to be sent or to take the place of one: text with buttons, or a file with the text as caption.

    `file`: a path, its content, or the channel's own id of a file that it has already.
    """

    text: str
    buttons: Buttons = ()
    file: Path | bytes | str | None = None
    file_name: str | None = None
    is_photo: bool = False

    def markup(self) -> InlineKeyboardMarkup | None:
        """The buttons as the Bot API has them."""
        return inline(self.buttons)


Render = Callable[[AsyncSession, Viewer, dict[str, Any]], Awaitable[Card | None]]
"""What to say of a fact, to this viewer; None: its condition no longer holds, nothing is said."""

Fact = tuple[Viewer, dict[str, Any]]
"""Of whom a card is for, and the payload."""
Ahead = Callable[[AsyncSession, Sequence[Fact]], Awaitable[None]]
"""Fetches set-wise what the cards of these facts will ask for."""

_RENDERS: dict[str, Render] = {}
_AHEAD: dict[str, Ahead] = {}
_SLOW: set[str] = set()
_LABELS: dict[str, str] = {}


def card(
    kind: str, *, slow: bool = False, label: str | None = None, ahead: Ahead | None = None
) -> Callable[[Render], Render]:
    """Register the words of a kind of fact; `slow`: it is a document, so that delivery lets nothing wait behind it.

    `label`, a marked word, names the kind where a morning card counts: 核实 2. `ahead` fetches for many such cards.
    """

    def register(render: Render) -> Render:
        if kind in _RENDERS:
            raise ValueError(f"two renders for {kind}")
        if slow:
            _SLOW.add(kind)
        if ahead is not None:
            _AHEAD[kind] = ahead
        if label is not None:
            _LABELS[kind] = label
        _RENDERS[kind] = render
        return render

    return register


def is_slow(kind: str) -> bool:
    """Whether the card of such a fact takes seconds to make."""
    return kind in _SLOW


def label(kind: str) -> str | None:
    """What a kind of fact is called where cards are counted; None: it is not counted by name."""
    return _(_LABELS[kind]) if kind in _LABELS else None


async def fetch_ahead(session: AsyncSession, kinds: Iterable[str], facts: Iterable[Fact]) -> None:
    """What the cards of these facts will ask for, kind by kind; for a session that renders them and ends."""
    asked: dict[Ahead, list[Fact]] = {}
    for kind, fact in zip(kinds, facts, strict=True):
        if kind in _AHEAD:
            asked.setdefault(_AHEAD[kind], []).append(fact)
    for ahead, several in asked.items():
        await ahead(session, several)


async def render(session: AsyncSession, viewer: Viewer, kind: str, payload: dict[str, Any]) -> Card | None:
    """The card of a fact. Raises KeyError for a kind nobody has words for."""
    return await _RENDERS[kind](session, viewer, payload)
