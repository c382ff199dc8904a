"""Answers on their way (law 3): in order within a chat, and no chat waits for another."""

import asyncio
import errno
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
import pytest
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from structlog.testing import capture_logs

from bot import answers as answers_module
from bot.answers import AT_ONCE, LONGEST_PAUSE_S, Answers
from bot.api import RawCall
from bot.budget import Budget
from bot.dispatcher import make_bot
from tests.botapi import FakeApi

CALL = RawCall(name="sendMessage")


class Line:
    """A Bot API server of which some chats can't be reached."""

    def __init__(self) -> None:
        self.dead: dict[int, Exception] = {}
        self.unsayable: dict[str, Exception] = {}
        self.said: list[tuple[int, str]] = []
        self.tries = 0

    async def call(self, _bot: Any, _name: str, body: bytes, timeout: float | None = None) -> Any:
        self.tries += 1
        told = orjson.loads(body)
        if (error := self.dead.get(told["chat_id"])) is not None:
            raise error
        if (error := self.unsayable.get(told["text"])) is not None:
            raise error
        self.said.append((told["chat_id"], told["text"]))
        return {}


class Sleep:
    """Waits that last until `wake`; how long they were to be is noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._over.wait()

    def wake(self) -> None:
        self._over.set()
        self._over = asyncio.Event()


class Post:
    """Answers over such a line."""

    def __init__(self) -> None:
        self.line, self.sleep = Line(), Sleep()
        self.answers = Answers(make_bot("1:test", FakeApi()), self.line, Budget(0), self.sleep)
        self.rows = 0

    def put(self, chat: int, *texts: str) -> None:
        self.rows += 1
        bodies = [orjson.dumps({"chat_id": chat, "text": text}) for text in texts]
        self.answers.put(self.rows, chat, [("sendMessage", body) for body in bodies])

    async def rest(self) -> None:
        """Everybody has gone as far as can be without time passing."""
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    made = Post()
    yield made
    await made.answers.cancel()


NETWORK = TelegramNetworkError(method=CALL, message="ClientConnectorError")


@pytest.mark.parametrize(
    "error",
    [
        NETWORK,
        TelegramUnauthorizedError(method=CALL, message="Unauthorized"),
        TelegramRetryAfter(method=CALL, message="Too Many Requests", retry_after=9),
    ],
    ids=["network", "token", "haste"],
)
async def test_chats_that_cannot_be_reached_hold_up_nobody(post, error):
    """However many they are: a wait holds none of the places from which answers go out."""
    for chat in range(AT_ONCE + 1):
        post.line.dead[chat] = error
        post.put(chat, "甲")
    post.answers._budget.pause = lambda _seconds: None  # the haste of all is another matter
    await post.rest()
    assert len(post.sleep.slept) == AT_ONCE + 1
    post.put(1_000, "已签到")
    await post.rest()
    assert post.line.said == [(1_000, "已签到")]
    post.line.dead.clear()
    post.sleep.wake()
    assert await post.answers.drain()
    assert len(post.line.said) == AT_ONCE + 2
    assert sorted(post.answers.sent()) == list(range(1, AT_ONCE + 3))


async def test_one_chat_with_many_answers_does_not_brake_the_worker(post, monkeypatch):
    monkeypatch.setattr(answers_module, "MOST_WAITING", 3)
    post.line.dead[1] = NETWORK
    for _ in range(10):
        post.put(1, "甲")
    await post.rest()
    assert post.answers.has_room.is_set()
    post.line.dead |= {2: NETWORK, 3: NETWORK}
    post.put(2, "乙")
    post.put(3, "丙")
    assert not post.answers.has_room.is_set()  # three chats are too many here
    post.line.dead.clear()
    await post.rest()
    post.sleep.wake()
    await post.answers.drain()
    assert post.answers.has_room.is_set()
    assert len(post.line.said) == 12


async def test_the_waits_grow_and_the_order_holds(post):
    post.line.dead[1] = NETWORK
    post.put(1, "一", "二")
    post.put(1, "三")
    for _ in range(8):
        await post.rest()
        post.sleep.wake()
    await post.rest()
    assert post.sleep.slept == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    post.line.dead.clear()
    post.sleep.wake()
    await post.answers.drain()
    assert post.line.said == [(1, "一"), (1, "二"), (1, "三")]
    assert post.answers.sent() == [1, 2]


async def test_what_nobody_foresaw_is_let_go_and_the_chat_goes_on(post):
    """A library that fails in a way of its own fails so each time: logged by its type alone, and the next ones go out."""
    post.line.unsayable["一"] = KeyError("李雪家门口")
    post.put(1, "一", "二")
    post.put(1, "三")
    with capture_logs() as lines:
        assert await post.answers.drain(5)
    assert [(line["event"], line["log_level"], line["cause"]) for line in lines] == [
        ("answer not deliverable", "error", "KeyError")
    ]
    assert post.sleep.slept == []
    assert post.line.said == [(1, "二"), (1, "三")]
    assert post.answers.sent() == [1, 2]


async def test_trouble_of_this_machine_delays_an_answer_and_loses_none(post):
    post.line.dead[1] = OSError(errno.EMFILE, "Too many open files")
    post.put(1, "一")
    post.put(1, "二")
    for _ in range(3):
        await post.rest()
        post.sleep.wake()
    await post.rest()
    post.line.dead.clear()
    post.sleep.wake()
    assert await post.answers.drain(5)
    assert post.line.said == [(1, "一"), (1, "二")]
    assert post.answers.sent() == [1, 2]


async def test_a_refusal_without_a_reason_is_a_refusal_all_the_same(post):
    post.line.dead[1] = TelegramBadRequest(method=CALL, message=cast(str, None))
    post.put(1, "甲")
    with capture_logs() as lines:
        assert await post.answers.drain(5)
    assert [line["event"] for line in lines] == ["answer not deliverable"]


async def test_where_it_cannot_be_noted_who_is_unreachable_the_rest_goes_on(post):
    post.line.dead[1] = TelegramForbiddenError(method=CALL, message="Forbidden: bot was blocked by the user")

    async def locked(_chat: int, _cause: str) -> None:
        raise OSError(5, "Input/output error")

    post.answers.on_unreachable = locked
    post.put(1, "甲")
    post.put(1, "乙")
    with capture_logs() as lines:
        assert await post.answers.drain()
    assert [line["event"] for line in lines] == ["answer not deliverable", "not noted as unreachable"] * 2
    assert post.answers.sent() == [1, 2]


async def test_what_is_stopped_is_not_noted_as_sent(post):
    post.line.dead[1] = NETWORK
    post.put(1, "甲")
    assert not await post.answers.drain(0)
    await post.answers.cancel()
    assert post.answers.sent() == []
