"""What to do about a message that could not be sent: a decision, taken without doing anything."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

from bot.api import RETRIED
from documents.press import PressClosedError
from storage.engine import cause_of, is_disk_trouble

LONGEST_WAIT = timedelta(minutes=10)
MOST_ATTEMPTS = 300
"""With the waits below two days: a server may be away for long, and that is not the message's fault."""

_GONE = ("chat not found", "user is deactivated", "user not found", "bot was blocked", "peer_id_invalid")


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more after a while; `pause`: the server wants nothing at all until then."""

    after: timedelta
    cause: str
    pause: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The account has blocked the bot or is gone: its person can't be written to."""

    error: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """It is the message's own fault: kept with its error, never tried again."""

    error: str


@dataclass(frozen=True, slots=True)
class Release:
    """The trouble is of this machine or this moment: nothing was said, and nothing is counted against the message."""


Decision: TypeAlias = Again | Unreachable | SetAside | Release


def decide(error: Exception, attempts: int, jitter: float) -> Decision:
    """What to do after `attempts` tries before this one; `jitter`, from 0 to 1, keeps those who wait from coming at once."""
    if isinstance(error, PressClosedError) or is_disk_trouble(error):
        return Release()
    if isinstance(error, TelegramForbiddenError):
        return Unreachable(error.message)
    if isinstance(error, TelegramBadRequest) and any(word in error.message.lower() for word in _GONE):
        return Unreachable(error.message)
    cause = type(error).__name__
    if not isinstance(error, RETRIED):
        return SetAside(cause_of(error))
    if attempts + 1 >= MOST_ATTEMPTS:
        return SetAside(f"{cause}, {MOST_ATTEMPTS} times")
    if isinstance(error, TelegramRetryAfter):
        return Again(timedelta(seconds=error.retry_after), "429", pause=True)
    wait = min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_WAIT)
    return Again(wait * (0.5 + jitter / 2), cause)
