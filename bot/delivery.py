"""Delivery of the outbox (law 4): claimed, rendered for the recipient as things stand, sent, recorded."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.types import BufferedInputFile, FSInputFile, Message

from bot.api import RETRIED
from bot.fetcher import Fetcher
from bot.pace import Pace
from documents import press
from documents.press import PressClosedError
from handlers.cards import Card, is_slow, render
from locales import speaking
from policy.refusals import Refusal
from storage import audit, outbox
from storage.batch import of
from storage.engine import Database, is_disk_trouble
from storage.tables import Chat, Outbox, OutboxState, Person

log = structlog.get_logger()

PIECE = 50
MOST_ATTEMPTS = 300
"""With the waits below two days: a server may be away for long, and that is not the message's fault."""
LONGEST_WAIT = timedelta(minutes=10)
PAPERS_AT_ONCE = 2
"""Each holds a reader of the database while it is made, and the press makes one at a time anyway."""
LOOK_FOR_STUCK_EVERY = timedelta(minutes=1)


class Delivery:
    """Sends what waits in the outbox. `run` until stopped; tests call `run_once`."""

    def __init__(self, db: Database, bot: Bot, channel: str, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._bot = bot
        self._channel = channel
        self._pace = pace
        self._clock = clock
        self.wake = asyncio.Event()
        self.fetcher: Fetcher | None = None
        self._in_hand: set[int] = set()
        self._left: list[int] = []
        self._owed: list[tuple[int, OutboxState, dict[str, Any]]] = []
        self._looked_at: datetime | None = None
        self._papers = asyncio.Semaphore(PAPERS_AT_ONCE)
        self._is_closing = False

    async def start(self) -> None:
        """Put back what an earlier process had in its hands."""
        await self._free_stuck(all_of_them=self._db.is_sqlite)  # on PostgreSQL another process may be at work

    async def _free_stuck(self, *, all_of_them: bool = False) -> None:
        self._looked_at = now = self._clock()
        async with self._db.write(ids=0) as session:
            freed = await outbox.free_stuck(session, self._channel, now, all_of_them=all_of_them, but_not=self._in_hand)
        if freed:
            log.info("messages possibly repeated after the restart", rows=freed)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`. What takes long to make is made aside; at the stop it is left for the next start."""
        async with asyncio.TaskGroup() as aside:
            try:
                while not stop.is_set():
                    self.wake.clear()
                    try:
                        sent = await self.run_once(aside)
                    except Exception as error:  # noqa: BLE001 -- disk or database: the rows stay and are tried again
                        log.error("delivery waits for the database", cause=f"{type(error).__name__}: {error}")
                        sent = 0
                    if not sent:
                        with suppress(TimeoutError):
                            await asyncio.wait_for(_first(self.wake, stop), timeout=1.0)
            finally:
                self._is_closing = True
                press.close()

    async def run_once(self, aside: asyncio.TaskGroup | None = None) -> int:
        """Deliver one piece of what is due; how many rows were taken. Documents go to `aside`, if there is one."""
        now = self._clock()
        await self._catch_up()
        if self._looked_at is not None and now - self._looked_at >= LOOK_FOR_STUCK_EVERY:
            await self._free_stuck()
        async with self._db.read() as session:
            if not await outbox.is_due(session, self._channel, now):
                return 0
        async with self._db.write(ids=0) as session:
            rows = await outbox.claim(session, self._channel, now, PIECE)
        self._in_hand |= {row.id for row in rows}
        waiting = deque(rows)
        try:
            while waiting:
                row = waiting[0]
                if aside is not None and (row.kind == outbox.FETCH or is_slow(row.kind)):
                    aside.create_task(self._deliver_aside(row))
                else:
                    await self._deliver(row)
                    self._in_hand.discard(row.id)
                waiting.popleft()
        except Exception:
            self._leave(*(row.id for row in waiting))
            raise
        return len(rows)

    async def _catch_up(self) -> None:
        """Write what could not be written: what became of rows, and rows not come to."""
        owed, left = self._owed, self._left
        if not owed and not left:
            return
        self._owed, self._left = [], []
        try:
            async with self._db.write(ids=0) as session:
                await outbox.release(session, left)
                for row_id, state, more in owed:
                    await outbox.settle(session, row_id, state, self._clock(), **more)
        except Exception:
            self._owed, self._left = owed + self._owed, left + self._left
            raise

    def _leave(self, *row_ids: int) -> None:
        self._left += row_ids
        self._in_hand -= set(row_ids)

    async def _deliver_aside(self, row: Outbox) -> None:
        try:
            async with self._papers if is_slow(row.kind) else nullcontext():
                if self._is_closing:  # stood in line meanwhile, and would open the press anew
                    raise PressClosedError
                await self._deliver(row)
            self._in_hand.discard(row.id)
        except PressClosedError:
            self._in_hand.discard(row.id)
            log.info("left for the next start", outbox=row.id, kind=row.kind)
        except Exception as error:  # noqa: BLE001 -- disk or database: tried again
            log.error("not delivered", outbox=row.id, kind=row.kind, cause=type(error).__name__)
            self._leave(row.id)

    async def _deliver(self, row: Outbox) -> None:
        try:
            if row.expires_at is not None and row.expires_at <= self._clock():
                await self._settle(row, OutboxState.DROPPED, error="expired")
            elif row.kind == outbox.REFRESH:
                await self._refresh(row)
            elif row.kind == outbox.FETCH and self.fetcher is not None:
                await self.fetcher.fetch(row)
                await self._settle(row, OutboxState.SENT)
            else:
                await self._send(row)
        except TelegramRetryAfter as error:
            self._pace.pause(error.retry_after)
            await self._again(row, timedelta(seconds=error.retry_after), "429")
        except RETRIED as error:
            cause = type(error).__name__
            wait = min(timedelta(seconds=2 ** min(row.attempts, 10)), LONGEST_WAIT)
            log.warning("delivery delayed", outbox=row.id, kind=row.kind, cause=cause, seconds=wait.total_seconds())
            await self._again(row, wait, cause)
        except TelegramForbiddenError as error:
            await self._unreachable(row.person_id)
            await self._settle(row, OutboxState.FAILED, error=error.message)
        except Exception as error:
            if _is_ours(error):
                raise
            log.error("not deliverable", outbox=row.id, kind=row.kind, cause=type(error).__name__)
            await self._settle(row, OutboxState.FAILED, error=f"{type(error).__name__}: {error}")

    async def _send(self, row: Outbox) -> None:
        card, chat = await self._render(row)
        if chat is None:
            await self._settle(row, OutboxState.DROPPED, error=outbox.NO_ACCOUNT)
            return
        if card is None:
            await self._settle(row, OutboxState.DROPPED, error="no longer holds")
            return
        await self._pace.turn(chat.external_id)
        message: Message = await self._bot(_method(chat.external_id, card))
        await self._settle(row, OutboxState.SENT, message_id=message.message_id, text=card.text)

    async def _refresh(self, row: Outbox) -> None:
        async with self._db.read() as session:
            cards = list(await outbox.live_cards(session, self._channel, row.subject or ""))
        for live in cards:
            try:
                await self._renew(live)
            except RETRIED:
                raise
            except TelegramForbiddenError:
                await self._unreachable(live.person_id)
            except Exception as error:
                if _is_ours(error):
                    raise
                # one card that can't be renewed must not keep the others from it
                log.error("a card is left as it was", outbox=live.id, kind=live.kind, cause=type(error).__name__)
        await self._settle(row, OutboxState.SENT)

    async def _renew(self, live: Outbox) -> None:
        card, chat = await self._render(live)
        if card is None or chat is None or live.message_id is None or card.text == live.text:
            return
        await self._pace.turn(chat.external_id)
        message_id = live.message_id
        try:
            await self._bot(_edit(chat.external_id, message_id, card))
        except TelegramBadRequest as error:
            if "not modified" not in error.message:
                message: Message = await self._bot(_method(chat.external_id, card))
                message_id = message.message_id
        await self._settle(live, OutboxState.SENT, message_id=message_id, text=card.text)

    async def _render(self, row: Outbox) -> tuple[Card | None, Chat | None]:
        """The words as things stand, and where they go; the viewer is the recipient."""
        if row.person_id is None:
            return None, None
        async with self._db.read() as session:
            chat = await outbox.chat_of(session, self._channel, row.person_id)
            if chat is None:
                return None, None
            person = await session.get_one(Person, row.person_id)
            now = session.info["now"] = self._clock()
            viewer = await of(session).recipient(person, now)
            with speaking(person.language):
                try:
                    return await render(session, viewer, row.kind, row.payload), chat
                except Refusal:  # no longer the recipient's to see
                    return None, chat

    async def _settle(
        self,
        row: Outbox,
        state: OutboxState,
        *,
        message_id: int | None = None,
        text: str | None = None,
        error: str | None = None,
    ) -> None:
        more: dict[str, Any] = {"message_id": message_id, "text": text, "error": error}
        try:
            async with self._db.write(ids=0) as session:
                await outbox.settle(session, row.id, state, self._clock(), **more)
        except Exception:
            self._owed.append((row.id, state, more))  # said, or given up: it must not be said again for want of a note
            raise

    async def _again(self, row: Outbox, pause: timedelta, cause: str) -> None:
        if row.attempts + 1 >= MOST_ATTEMPTS:
            await self._settle(row, OutboxState.FAILED, error=f"{cause}, {MOST_ATTEMPTS} times")
            return
        async with self._db.write(ids=0) as session:
            await outbox.put_off(session, row.id, self._clock() + pause, cause)

    async def _unreachable(self, person_id: int | None) -> None:
        if person_id is None:
            return
        async with self._db.write(ids=1) as session:
            await outbox.mark_unreachable(session, self._channel, person_id)
            subject, after = f"person:{person_id}", {"channel": self._channel}
            audit.record(session, "chat:unreachable", subject, by=None, role=None, now=self._clock(), after=after)


def _is_ours(error: Exception) -> bool:
    """Whether the trouble is of this machine or this moment, so that no message is given up for it."""
    return is_disk_trouble(error) or isinstance(error, PressClosedError)


def _edit(chat_id: int, message_id: int, card: Card) -> TelegramMethod[Any]:
    if card.file is None:
        return EditMessageText(chat_id=chat_id, message_id=message_id, text=card.text, reply_markup=card.markup())
    return EditMessageCaption(chat_id=chat_id, message_id=message_id, caption=card.text, reply_markup=card.markup())


def _method(chat_id: int, card: Card) -> TelegramMethod[Any]:
    if card.file is None:
        return SendMessage(chat_id=chat_id, text=card.text, reply_markup=card.markup())
    name = card.file_name or "file"
    content = FSInputFile(card.file, name) if isinstance(card.file, Path) else BufferedInputFile(card.file, name)
    if card.is_photo:
        return SendPhoto(chat_id=chat_id, photo=content, caption=card.text, reply_markup=card.markup())
    return SendDocument(chat_id=chat_id, document=content, caption=card.text, reply_markup=card.markup())


async def _first(*events: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    waits = [loop.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
