"""Delivery of the outbox (law 4): claimed, rendered for the recipient as things stand, sent, recorded."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import EditMessageText, SendDocument, SendMessage, SendPhoto, TelegramMethod
from aiogram.types import BufferedInputFile, FSInputFile, Message

from bot.fetcher import Fetcher
from bot.pace import Pace
from documents import press
from documents.press import PressClosedError
from handlers.cards import Card, is_slow, render
from locales import speaking
from policy.refusals import Refusal
from storage import audit, outbox, people
from storage.engine import Database
from storage.tables import Chat, Outbox, OutboxState, Person

log = structlog.get_logger()

PIECE = 50
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Target:
    """A message that is before somebody: where it lies and what it says."""

    row_id: int
    chat: Chat
    message_id: int
    text: str | None


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

    async def start(self) -> None:
        """Put back what an earlier process had in its hands."""
        async with self._db.write() as session:
            freed = await outbox.free_stuck(session, self._channel, self._clock(), all_of_them=True)
        if freed:
            log.info("messages possibly repeated after the restart", rows=freed)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`. What takes long to make is made aside; at the stop it is left for the next start."""
        async with asyncio.TaskGroup() as aside:
            while not stop.is_set():
                self.wake.clear()
                try:
                    sent = await self.run_once(aside)
                except Exception as error:  # noqa: BLE001 -- disk or database: the rows stay and are tried again
                    log.error("delivery waits for the database", cause=f"{type(error).__name__}: {error}")
                    sent = 0
                if not sent:
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(_first(self.wake, stop), timeout=1.0)
            press.close()

    async def run_once(self, aside: asyncio.TaskGroup | None = None) -> int:
        """Deliver one piece of what is due; how many rows were taken. Documents go to `aside`, if there is one."""
        now = self._clock()
        async with self._db.read() as session:
            if not await outbox.is_due(session, self._channel, now):
                return 0
        async with self._db.write() as session:
            rows = await outbox.claim(session, self._channel, now, PIECE)
        for row in rows:
            if aside is not None and (row.kind == outbox.FETCH or is_slow(row.kind)):
                aside.create_task(self._deliver_aside(row))
            else:
                await self._deliver(row)
        return len(rows)

    async def _deliver_aside(self, row: Outbox) -> None:
        try:
            await self._deliver(row)
        except PressClosedError:
            log.info("left for the next start", outbox=row.id, kind=row.kind)
        except Exception as error:  # noqa: BLE001 -- it must not end the delivery of the rest
            log.error("not delivered", outbox=row.id, kind=row.kind, cause=type(error).__name__)

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
        except (TelegramNetworkError, TelegramServerError) as error:
            await self._again(row, min(timedelta(seconds=2**row.attempts), LONGEST_WAIT), type(error).__name__)
        except TelegramForbiddenError as error:
            await self._unreachable(row, error.message)
        except (TelegramAPIError, Refusal, KeyError) as error:
            log.error("not deliverable", outbox=row.id, kind=row.kind, cause=type(error).__name__)
            await self._settle(row, OutboxState.FAILED, error=f"{type(error).__name__}: {error}")

    async def _send(self, row: Outbox) -> None:
        card, chat = await self._render(row)
        if chat is None:
            await self._settle(row, OutboxState.DROPPED, error="no account to reach")
            return
        if card is None:
            await self._settle(row, OutboxState.DROPPED, error="no longer holds")
            return
        await self._pace.turn(chat.external_id)
        message: Message = await self._bot(_method(chat.external_id, card))
        await self._settle(row, OutboxState.SENT, message_id=message.message_id, text=card.text)

    async def _refresh(self, row: Outbox) -> None:
        async with self._db.read() as session:
            cards = list(await outbox.live_cards(session, row.subject or ""))
        for live in cards:
            card, chat = await self._render(live)
            if card is None or chat is None or live.message_id is None or card.text == live.text:
                continue
            await self._edit(live, card, _Target(live.id, chat, live.message_id, live.text))
        await self._settle(row, OutboxState.SENT)

    async def _edit(self, live: Outbox, card: Card, target: _Target) -> None:
        await self._pace.turn(target.chat.external_id)
        edit = EditMessageText(
            chat_id=target.chat.external_id, message_id=target.message_id, text=card.text, reply_markup=card.markup()
        )
        try:
            await self._bot(edit)
        except TelegramBadRequest as error:
            if "not modified" not in error.message:
                message: Message = await self._bot(_method(target.chat.external_id, card))
                await self._settle(live, OutboxState.SENT, message_id=message.message_id, text=card.text)
                return
        await self._settle(live, OutboxState.SENT, message_id=target.message_id, text=card.text)

    async def _render(self, row: Outbox) -> tuple[Card | None, Chat | None]:
        """The words as things stand, and where they go; the viewer is the recipient."""
        if row.person_id is None:
            return None, None
        async with self._db.read() as session:
            chat = await outbox.chat_of(session, self._channel, row.person_id)
            if chat is None:
                return None, None
            person = await session.get_one(Person, row.person_id)
            today = self._clock().date()
            posts = (await people.posts_of(session, [person.id], today))[person.id]
            session.info["now"] = self._clock()
            with speaking(person.language):
                return await render(session, people.viewer_of(person, posts), row.kind, row.payload), chat

    async def _settle(
        self,
        row: Outbox,
        state: OutboxState,
        *,
        message_id: int | None = None,
        text: str | None = None,
        error: str | None = None,
    ) -> None:
        async with self._db.write(ids=0) as session:
            await outbox.settle(session, row.id, state, self._clock(), message_id=message_id, text=text, error=error)

    async def _again(self, row: Outbox, pause: timedelta, cause: str) -> None:
        if row.attempts + 1 >= MOST_ATTEMPTS:
            await self._settle(row, OutboxState.FAILED, error=f"{cause}, {MOST_ATTEMPTS} times")
            return
        async with self._db.write(ids=0) as session:
            await outbox.put_off(session, row.id, self._clock() + pause, cause)

    async def _unreachable(self, row: Outbox, cause: str) -> None:
        async with self._db.write() as session:
            if row.person_id is not None:
                await outbox.mark_unreachable(session, self._channel, row.person_id)
                audit.record(
                    session,
                    "chat:unreachable",
                    f"person:{row.person_id}",
                    by=None,
                    role=None,
                    now=self._clock(),
                    after={"channel": self._channel},
                )
            await outbox.settle(session, row.id, OutboxState.FAILED, self._clock(), error=cause)


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
