"""The batch worker (law 2): what waits is handled in order, up to a hundred at a time, in one transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import orjson
import structlog
from aiogram import Bot, Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

from bot import metrics
from bot.answers import Answers, Call, calls_of, pack, unpack
from bot.stopping import first_of
from handlers.replies import apology
from storage import inbox
from storage.batch import Batch
from storage.engine import AsyncSession, Database, cause_of, is_disk_trouble
from storage.inbox import Waiting

log = structlog.get_logger()

BATCH = 100
TRIES = 3
ONE_PERSON = 20
"""Updates of one chat in one batch; who sends more waits a little, and nothing is dropped."""
HOLD = timedelta(seconds=2)
IDLE_S = 30.0
"""At most so long it waits to be woken; then it goes round once for nothing."""
IDS = 500
"""New ids that stand ready before each update; more than any one of them makes rows."""


class HandlerError(Exception):
    """A handler failed at one update; the batch is run again without it."""

    def __init__(self, row: Waiting) -> None:
        super().__init__(row.id)
        self.row = row


class Worker:
    """The one that runs handlers. `run` until stopped; tests call `run_once`."""

    def __init__(
        self,
        db: Database,
        dispatcher: Dispatcher,
        bot: Bot,
        channel: str,
        answers: Answers,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._dispatcher = dispatcher
        self._bot = bot
        self._channel = channel
        self._answers = answers
        self._clock = clock
        self._limit = BATCH
        self._some_tried = True  # rows to be run alone may be there from before
        self._held: dict[int, datetime] = {}
        self._counted: int | None = None  # the row whose present attempt is written already, and was not made yet
        self.wake = asyncio.Event()
        self.on_outbox: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Take up what an earlier process left: send its answers, and be wary of what it died over."""
        async with self._db.write() as session:
            for row in await inbox.unsent(session, self._channel):
                self._answers.put(row.id, row.chat_key, unpack(row.answers))
            left = await inbox.waiting(session, self._channel, limit=BATCH)
            if left:
                await inbox.count_attempts(session, [row.id for row in left])
                log.info("taking up what was left", updates=len(left))

    async def run(self, stop: asyncio.Event) -> None:
        """Handle what comes until `stop`; the batch at hand is finished."""
        while not stop.is_set():
            metrics.beat("worker")
            if not self._answers.has_room.is_set():
                await first_of(self._answers.has_room, stop, timeout=IDLE_S)
                continue
            self.wake.clear()
            try:
                handled = await self.run_once()
            except Exception as error:  # noqa: BLE001 -- of the disk or the database: nobody's update is to blame
                log.error("the database does not answer; trying again", cause=cause_of(error))
                await first_of(stop, timeout=1.0)
                continue
            if not handled:
                soon = bool(self._held) or self._answers.is_busy  # what is out is noted before long
                await first_of(self.wake, stop, timeout=1.0 if soon else IDLE_S)
        await self._take_back()

    async def note_sent(self) -> None:
        """Write which answers are out, so that none is said again at the next start."""
        if sent := self._answers.sent():
            async with self._db.write(ids=0) as session:
                await inbox.forget_answers(session, sent)

    async def run_once(self) -> int:
        """One batch, or one update alone; how many were taken."""
        if self._some_tried:
            async with self._db.read() as session:
                alone = await inbox.waiting(session, self._channel, limit=1, tried=True)
            if alone:
                await self._run_alone(alone[0])
                return 1
            self._some_tried = False
        try:
            return await self._run_batch()
        except HandlerError as failure:
            await self._to_be_run_alone([failure.row.id])
            return 1

    async def _run_batch(self) -> int:
        now, begun = self._clock(), perf_counter()
        rows: list[Waiting] = []
        done: list[tuple[Waiting, list[Call]]] = []
        sent = self._answers.sent()
        try:
            async with self._db.write() as session:
                self._held = {chat: until for chat, until in self._held.items() if until > now}
                rows = self._fair(
                    await inbox.waiting(session, self._channel, limit=self._limit, but_not=self._held), now
                )
                if rows:
                    done = await self._handle(session, rows, now)
                await inbox.forget_answers(session, sent)
                has_outbox = session.info.get("outbox", False)
        except HandlerError:
            self._answers.unsay(sent)
            raise
        except Exception as error:
            self._answers.unsay(sent)
            if is_disk_trouble(error) or not rows:
                raise
            await self._narrow_down(rows, error)
            return len(rows)
        self._limit = BATCH
        if rows:
            metrics.batch(len(rows), len(done), perf_counter() - begun)
        self._publish(done, has_outbox=has_outbox)
        return len(rows)

    async def _run_alone(self, row: Waiting) -> None:
        now, attempt, begun = self._clock(), row.attempts, perf_counter()
        if row.id != self._counted:
            if row.attempts >= TRIES:
                await self._give_up(row, "ended the process, or was set back, three times")
                return
            async with self._db.write() as session:
                await inbox.count_attempts(session, [row.id])
            self._counted, attempt = row.id, row.attempts + 1
        try:
            async with self._db.write() as session:
                done = await self._handle(session, [row], now)
                has_outbox = session.info.get("outbox", False)
        except Exception as error:
            if is_disk_trouble(error):
                raise  # the attempt stands for the next try: it is not counted again
            self._counted = None
            cause = error.__cause__ or error
            log.warning("an update failed", inbox=row.id, attempt=attempt, cause=type(cause).__name__)
            if attempt >= TRIES:
                await self._give_up(row, cause_of(cause))
            return
        self._counted = None
        metrics.batch(1, len(done), perf_counter() - begun)
        self._publish(done, has_outbox=has_outbox)

    async def _take_back(self) -> None:
        """An attempt that disk or database prevented to the end is not left for the next process to count on."""
        if self._counted is None:
            return
        try:
            async with self._db.write(ids=0) as session:
                await inbox.uncount_attempt(session, self._counted)
        except Exception as error:  # noqa: BLE001 -- the trouble lasts; one attempt of three is lost
            log.error("an attempt that was not made stays counted", inbox=self._counted, cause=type(error).__name__)

    async def _handle(
        self, session: AsyncSession, rows: list[Waiting], now: datetime
    ) -> list[tuple[Waiting, list[Call]]]:
        session.info["outbox"] = False
        batch = session.info["batch"] = Batch(session)
        chats = {row.chat_key for row in rows if row.chat_key is not None}
        if chats:
            await batch.prefetch(self._channel, chats, [row.received_at for row in rows])
        done: list[tuple[Waiting, list[Call]]] = []
        for row in rows:
            update = self._decode(row)
            if isinstance(update, str):
                await inbox.set_aside(session, row.id, error=update, now=now)
                continue
            done.append((row, await self._answer(session, row, update)))
        await session.flush()
        if done:
            await inbox.finish(session, [(row.id, pack(calls) if calls else None) for row, calls in done], now)
        return done

    async def _answer(self, session: AsyncSession, row: Waiting, update: Update) -> list[Call]:
        session.info["inbox_id"] = row.id
        try:
            await self._db.ids.reserve(session, IDS)
            result = await self._dispatcher.feed_update(
                self._bot, update, session=session, received_at=row.received_at, channel=self._channel
            )
        except Exception as error:
            if is_disk_trouble(error):
                raise
            raise HandlerError(row) from error
        return calls_of(_complete(update, result), self._bot)

    def _decode(self, row: Waiting) -> Update | str:
        try:
            return Update.model_validate(orjson.loads(row.raw), context={"bot": self._bot})
        except (ValidationError, ValueError) as error:
            log.warning("an update that can't be decoded is set aside", inbox=row.id)
            return f"can't be decoded: {type(error).__name__}"

    def _publish(self, done: list[tuple[Waiting, list[Call]]], *, has_outbox: bool) -> None:
        for row, calls in done:
            if calls:
                self._answers.put(row.id, row.chat_key, calls)
        if has_outbox:
            self.on_outbox()

    def _fair(self, rows: list[Waiting], now: datetime) -> list[Waiting]:
        counts: dict[int, int] = {}
        fair = []
        for row in rows:
            chat = row.chat_key
            if chat is not None:
                counts[chat] = counts.get(chat, 0) + 1
                if counts[chat] > ONE_PERSON:
                    self._held[chat] = now + HOLD
                    continue
            fair.append(row)
        return fair

    async def _narrow_down(self, rows: list[Waiting], error: Exception) -> None:
        """Flush or commit failed and no handler is to blame by name: halve until one update is left."""
        log.warning("a batch could not be written", updates=len(rows), cause=type(error).__name__)
        if len(rows) > 1:
            self._limit = max(1, len(rows) // 2)
        else:
            await self._to_be_run_alone([rows[0].id])

    async def _to_be_run_alone(self, ids: list[int]) -> None:
        async with self._db.write() as session:
            await inbox.count_attempts(session, ids)
        self._some_tried = True

    async def _give_up(self, row: Waiting, error: str) -> None:
        log.error("an update is set aside", inbox=row.id, cause=error.split(":", maxsplit=1)[0])
        calls: list[Call] = []
        if row.chat_key is not None:
            calls = calls_of([apology(row.chat_key)], self._bot)
        async with self._db.write() as session:
            packed = pack(calls) if calls else None
            await inbox.set_aside(session, row.id, error=error, now=self._clock(), answers=packed)
        metrics.set_aside()
        if calls:
            self._answers.put(row.id, row.chat_key, calls)


def _complete(update: Update, result: Any) -> list[TelegramMethod[Any]]:
    """A handler's answer as a list, with the press answered where the handler left that to us."""
    if result is UNHANDLED or result is None:
        methods: list[TelegramMethod[Any]] = []
    elif isinstance(result, TelegramMethod):
        methods = [result]
    else:
        methods = [method for method in result if method is not None]
    query = update.callback_query
    if query is not None and not any(isinstance(method, AnswerCallbackQuery) for method in methods):
        methods.append(AnswerCallbackQuery(callback_query_id=query.id))
    return methods
