"""What is done about a message that could not be sent: a table."""

from datetime import timedelta

import pytest
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import SendMessage

from bot.retry import LONGEST_WAIT, MOST_ATTEMPTS, Again, Release, SetAside, Unreachable, decide
from documents.press import PressClosedError

CALL = SendMessage(chat_id=1, text="x")


def error(kind: type, message: str) -> Exception:
    return kind(method=CALL, message=message)


@pytest.mark.parametrize(
    "trouble, decision",
    [
        (error(TelegramNetworkError, "timeout"), Again(timedelta(seconds=1), "TelegramNetworkError")),
        (error(TelegramServerError, "Bad Gateway"), Again(timedelta(seconds=1), "TelegramServerError")),
        (
            TelegramRetryAfter(method=CALL, message="Too Many Requests", retry_after=7),
            Again(timedelta(seconds=7), "429", pause=True),
        ),
        (
            error(TelegramForbiddenError, "Forbidden: user is deactivated"),
            Unreachable("Forbidden: user is deactivated"),
        ),
        (error(TelegramBadRequest, "Bad Request: chat not found"), Unreachable("Bad Request: chat not found")),
        (OSError(28, "No space left on device"), Release()),
        (PressClosedError(), Release()),
    ],
)
def test_decisions(trouble: Exception, decision: object):
    assert decide(trouble, 0, 1.0) == decision


def test_a_message_that_is_wrong_is_set_aside():
    assert isinstance(decide(error(TelegramBadRequest, "Bad Request: can't parse entities"), 0, 1.0), SetAside)
    assert isinstance(decide(ZeroDivisionError("broken"), 0, 1.0), SetAside)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_waits_grow_are_jittered_and_end(jitter: float):
    waits = []
    for attempts in range(MOST_ATTEMPTS - 1):
        decision = decide(error(TelegramNetworkError, "x"), attempts, jitter)
        assert isinstance(decision, Again)
        waits.append(decision.after)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1) * (0.5 + jitter / 2)
    assert waits[-1] == LONGEST_WAIT * (0.5 + jitter / 2)
    assert isinstance(decide(error(TelegramNetworkError, "x"), MOST_ATTEMPTS - 1, jitter), SetAside)
