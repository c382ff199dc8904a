"""Which handler is meant: a key or a word, a word with something behind it, an awaited sentence."""

from collections.abc import Collection
from typing import Any

from aiogram.filters import Filter
from aiogram.types import Message

from handlers.replies import bare, called
from handlers.turn import Turn
from locales import mark
from policy.authority import Role


class Word(Filter):
    """A key, a bare command word or a slash command; works in any state and leaves what was awaited.

    `leaves=False`: the handler itself sees to what was awaited (取消). `always=False`: while a sentence is awaited the
    bare word is part of it (a trip's purpose may be 培训); the slash command works all the same.
    """

    def __init__(self, *words: str, command: str, leaves: bool = True, always: bool = True) -> None:
        self._leaves = leaves
        self._always = always
        self._words = {word.casefold() for word in called(*words)}
        self._command = command
        _WORDS.append(self)

    def fits(self, text: str) -> bool:
        """Whether a text is just this word; a slash command also with words behind it that nobody takes (`Line`)."""
        spoken = text.strip()
        if spoken.startswith("/"):
            command, behind = _slash(spoken)
            return command == self._command and not (behind and command in _LINES)
        return spoken.casefold() in self._words or bare(spoken).casefold() in self._words

    def interrupts(self, text: str) -> bool:
        """Whether a text is this word even where a sentence is awaited."""
        return self.fits(text) and (self._always or text.strip().startswith("/"))

    async def __call__(self, message: Message, turn: Turn) -> bool:
        """Whether the message is this word; a sentence that was awaited is kept as a draft."""
        if message.text is None or not self.fits(message.text):
            return False
        if turn.dialogue.state is not None and not self.interrupts(message.text):
            return False
        if self._leaves:
            turn.dialogue.leave()
        return True


def _slash(text: str) -> tuple[str | None, str]:
    """A slash command's name and the words behind it; None: it is none."""
    first, *behind = text.strip().split(maxsplit=1)[:2] or [""]
    if not first.startswith("/"):
        return None, ""
    return first[1:].split("@", 1)[0].lower(), behind[0] if behind else ""


_WORDS: list[Word] = []
_LINES: set[str] = set()
"""Slash commands that take words behind them."""


def is_word(text: str) -> bool:
    """Whether a text is a command word, or a slash command with words behind it, even where a sentence is awaited.

    Whichever feature it belongs to.
    """
    return _slash(text)[0] in _LINES or any(word.interrupts(text) for word in _WORDS)


CANCEL = Word(mark("取消"), command="cancel", leaves=False)


class Opening(Filter):
    """What begins with a command word and goes on. `name` is the word; `button` what it is called on a button.

    `even_in` names states in which it is understood all the same: a press is awaited there, or this very thing.
    `asked=False`: where a sentence is awaited, one that begins so is that sentence, and nobody asks (decision 24).
    """

    def __init__(self, name: str, *, button: str | None, even_in: Collection[str], asked: bool) -> None:
        self.name = name
        self.button = button or name
        self.states = frozenset({None, *even_in})
        if asked:
            OPENINGS.append(self)

    def opens(self, text: str) -> str | None:
        """The text as it is understood where nothing is awaited; None: it doesn't begin so."""
        raise NotImplementedError


OPENINGS: list[Opening] = []
"""Everything that a sentence may begin with and be meant for something else than what is awaited."""


class Line(Opening):
    """A command word with what follows on the line (`代签 周建国 手机坏了`), while no sentence is awaited.

    As a slash command in any state: it leaves what was awaited, like a bare one. `always=True`: in any state (应急); the handler sees to what was awaited.
    """

    def __init__(
        self,
        *words: str,
        command: str | None = None,
        even_in: Collection[str] = (),
        button: str | None = None,
        asked: bool = True,
        always: bool = False,
    ) -> None:
        super().__init__(words[0], button=button, even_in=even_in, asked=asked and not always)
        self._words = sorted(called(*words), key=len, reverse=True)
        self._command = command
        self._always = always
        if command is not None:
            _LINES.add(command)

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The rest of the line as `rest`."""
        text = message.text or ""
        rest = self._rest(text)
        if rest is None:
            return False
        if turn.dialogue.state not in self.states and not self._always:
            if not text.strip().startswith("/"):
                return False
            turn.dialogue.leave()
        return {"rest": rest}

    def opens(self, text: str) -> str | None:
        """The line itself; a Chinese word that runs on without a space (`公出到县里`) gets one."""
        if self._rest(text) is not None:
            return text
        for word in self._words:
            rest = text.strip().removeprefix(word)
            if rest != text.strip() and rest and len(word) > 1 and not word.isascii():
                return f"{word} {rest}"
        return None

    def _rest(self, text: str) -> str | None:
        text = text.strip()
        command, behind = _slash(text)
        if command is not None:
            return behind.strip() if behind and command == self._command else None
        for word in self._words:
            rest = text[len(word) :]
            if text[: len(word)].casefold() == word.casefold() and rest[:1] in _AFTER_A_WORD:
                return rest.strip(" \u3000：:，,")
        return None


_AFTER_A_WORD = frozenset(" \u3000：:，,")


class Awaiting(Filter):
    """A sentence that was asked for; a command word is none, whichever feature it belongs to."""

    def __init__(self, *states: str) -> None:
        self._states = frozenset(states)

    async def __call__(self, event: Any, turn: Turn) -> bool:
        """Whether this is what the conversation waits for."""
        if turn.dialogue.state not in self._states:
            return False
        text = event.text if isinstance(event, Message) else None
        return text is None or not is_word(text)


class Holds(Filter):
    """A person with one of these roles."""

    def __init__(self, *roles: Role) -> None:
        self._roles = frozenset(roles)

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether the speaker holds one of the roles today."""
        return bool(turn.viewer.roles() & self._roles)


class Stranger(Filter):
    """Nobody is bound to this chat."""

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether the speaker is unknown."""
        return not turn.is_bound


class Has(Filter):
    """A message with something in it: `Has("text")`. aiogram runs its own `F.text` in a thread, a hop for each message."""

    def __init__(self, field: str) -> None:
        self._field = field

    async def __call__(self, message: Message) -> bool:
        """Whether the message has it."""
        return bool(getattr(message, self._field))


TEXT, POSITION, DOCUMENT, PHOTO = Has("text"), Has("location"), Has("document"), Has("photo")
