"""What handlers answered goes out after the commit: in order within a chat, chats side by side (law 3)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import TelegramMethod

from bot import metrics, retry
from bot.api import RETRIED, Line, encode
from bot.budget import Budget, Sleep

log = structlog.get_logger()

AT_ONCE = 100
MOST_WAITING = 1_000
"""Chats with answers on the way before the worker waits. Chats, not answers: one that can't be reached holds up nobody."""
LONGEST_PAUSE_S = 30.0
_HARMLESS = ("query is too old", "message is not modified")


Call = tuple[str, bytes]
"""A Bot API method's name and its arguments as JSON."""


def calls_of(methods: Sequence[TelegramMethod[Any]], bot: Bot) -> list[Call]:
    """What handlers returned, as it goes over the line."""
    return [(method.__api_method__, encode(method, bot)) for method in methods]


def pack(calls: Sequence[Call]) -> str:
    """Answers as they are stored: `[["sendMessage", {…}], …]`."""
    return orjson.dumps([[name, orjson.Fragment(body)] for name, body in calls]).decode()


def unpack(stored: str) -> list[Call]:
    """Stored answers, to be sent after a restart."""
    return [(name, orjson.dumps(body)) for name, body in orjson.loads(stored)]


class Answers:
    """Sends stored answers; remembers which are out, so that a later batch empties them."""

    def __init__(self, bot: Bot, line: Line, budget: Budget, sleep: Sleep = asyncio.sleep) -> None:
        self._bot = bot
        self._line = line
        self._budget = budget
        self._sleep = sleep
        self._lanes: dict[int | None, deque[tuple[int, Sequence[Call]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self.has_room = asyncio.Event()
        self.has_room.set()
        self._sent: list[int] = []
        self.on_unreachable: Callable[[int, str], Awaitable[None]] | None = None

    def put(self, row_id: int, chat_key: int | None, calls: Sequence[Call]) -> None:
        """Have the answers of an inbox row sent."""
        lane = self._lanes.get(chat_key)
        if lane is not None:
            lane.append((row_id, calls))
            return
        self._lanes[chat_key] = deque([(row_id, calls)])
        if len(self._lanes) >= MOST_WAITING:
            self.has_room.clear()
        task = asyncio.get_running_loop().create_task(self._serve(chat_key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def is_busy(self) -> bool:
        """Whether answers are on their way, or are out and not noted yet."""
        return bool(self._lanes or self._sent)

    def sent(self) -> list[int]:
        """The inbox rows whose answers are out since this was last asked."""
        out, self._sent = self._sent, []
        return out

    def unsay(self, ids: Sequence[int]) -> None:
        """The note of what is out could not be kept: keep it for the next time."""
        self._sent.extend(ids)

    async def drain(self, seconds: float | None = None) -> bool:
        """Wait until all is out; False where time ran out first."""
        if not self._tasks:
            return True
        _, pending = await asyncio.wait(set(self._tasks), timeout=seconds)
        return not pending

    async def cancel(self) -> None:
        """Stop sending; what is not out stays in the inbox and goes out at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, chat_key: int | None) -> None:
        lane = self._lanes[chat_key]
        try:
            while lane:
                row_id, calls = lane[0]
                for name, body in calls:
                    await self._send(chat_key, name, body)
                lane.popleft()
                self._sent.append(row_id)
        finally:
            self._lanes.pop(chat_key, None)
            if len(self._lanes) < MOST_WAITING:
                self.has_room.set()

    async def _send(self, chat_key: int | None, name: str, body: bytes) -> None:
        pause = 0.5
        while True:
            try:
                await self._try(chat_key, name, body)
                return
            except TelegramRetryAfter as error:
                metrics.too_many()
                self._budget.pause(error.retry_after)
                await self._sleep(error.retry_after)
                continue
            except RETRIED as error:
                metrics.retried("answers")
                log.warning("answer delayed", method=name, chat=chat_key, cause=type(error).__name__)
            except Exception as error:  # noqa: BLE001 -- judged; the chat must not fall silent over it
                if not isinstance(retry.decide(error, 0, 0.0), retry.Release):
                    log.error("answer not deliverable", method=name, chat=chat_key, cause=type(error).__name__)
                    return
                log.error("answer delayed", method=name, chat=chat_key, cause=type(error).__name__)
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _try(self, chat_key: int | None, name: str, body: bytes) -> None:
        """Send once; what can't be delivered at all is logged, and done with. Raises what another try may mend."""
        try:
            async with self._at_once:  # and never during a wait: who can't be reached must not hold a place
                if name != "answerCallbackQuery":
                    await self._budget.turn(chat_key)
                await self._line.call(self._bot, name, body)
            metrics.answered(name)
        except RETRIED:
            raise
        except TelegramForbiddenError as error:
            log.warning("answer not deliverable", method=name, chat=chat_key, cause=error.message)
            await self._unreachable(chat_key, body, error.message)
        except TelegramAPIError as error:
            said = error.message or ""  # a server may leave it out
            if not (isinstance(error, TelegramBadRequest) and any(words in said for words in _HARMLESS)):
                log.error("answer not deliverable", method=name, chat=chat_key, cause=said)

    async def _unreachable(self, chat_key: int | None, body: bytes, cause: str) -> None:
        if self.on_unreachable is None or chat_key is None or not _goes_to(chat_key, body):
            return
        try:
            await self.on_unreachable(chat_key, cause)
        except Exception as error:  # noqa: BLE001 -- the database's trouble; the next 403 notes it
            log.error("not noted as unreachable", chat=chat_key, cause=type(error).__name__)


def _goes_to(chat_key: int, body: bytes) -> bool:
    """Whether a call is for the chat whose update it answers; a takeover tells the old account as well."""
    return bool(orjson.loads(body).get("chat_id") == chat_key)
