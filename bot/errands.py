"""What delivery does beside the messages: live cards renewed, messages taken back, files fetched, chores.

Nobody waits for any of it, and nothing waits behind it. Done twice, after a crash, it changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import DeleteMessage
from aiogram.types import Message

from bot import chores, metrics, retry, sending
from bot.budget import Budget
from bot.fetcher import Fetcher
from bot.news import Results
from bot.planning import Planned, plan
from policy.delivery import PROGRESS_EVERY, Lane
from storage import delivery as rows_
from storage import outbox
from storage.delivery import Claimed, LiveCard, Outcome
from storage.engine import Database

log = structlog.get_logger()

PIECE = 200
"""Cards rendered in one session."""
MANY = 20
"""Cards of one subject; where more are to be edited, that is bulk, whoever caused it."""
SOON = timedelta(seconds=0.2)

Errand: TypeAlias = Callable[[], Awaitable[Outcome]]


@dataclass(slots=True)
class _Renewal:
    """A subject whose cards are being renewed, by these rows; the newest has the word. One edit at a time."""

    rows: list[int] = field(default_factory=list)
    newest: int = 0
    one: asyncio.Lock = field(default_factory=asyncio.Lock)


class Errands:
    """Does them. What comes of one is its `Outcome`, or an error for `Results.judge`."""

    def __init__(
        self,
        db: Database,
        bot: Bot,
        channel: str,
        budget: Budget,
        clock: Callable[[], datetime],
        results: Results,
        closing: asyncio.Event,
    ) -> None:
        self._db = db
        self._bot = bot
        self._channel = channel
        self._budget = budget
        self._clock = clock
        self._results = results
        self._closing = closing
        self._renewals: dict[str, _Renewal] = {}
        self.fetcher: Fetcher | None = None

    def of(self, row: Claimed, beside: Sequence[int]) -> Errand | None:
        """What a row asks for, if it is an errand; `beside`: the rows that were taken with it."""
        if row.kind == outbox.REFRESH:
            return lambda: self._refresh(row, beside)
        if row.kind == outbox.TAKE_BACK:
            return lambda: self._take_back(row)
        if row.kind == outbox.FETCH:
            return lambda: self._fetch(row)
        return (lambda: self._chore(row)) if row.kind in chores.STEPS else None

    async def _fetch(self, row: Claimed) -> Outcome:
        if self.fetcher is not None:
            await self.fetcher.fetch(row)
        return Outcome.sent(row.id, self._clock(), None, None)

    async def _chore(self, row: Claimed) -> Outcome:
        if not await chores.do(self._db, row.kind, row.payload, self._clock, self._closing.is_set):
            return Outcome.released(row.id)
        return Outcome.sent(row.id, self._clock(), None, None)

    async def _refresh(self, row: Claimed, beside: Sequence[int]) -> Outcome:
        """Edit every live card of a subject to what it says now; an earlier row that is still at it gives way."""
        subject = row.subject or ""
        renewal = self._renewals.setdefault(subject, _Renewal())
        others = [*beside, *renewal.rows]
        renewal.rows.append(row.id)
        renewal.newest = row.id
        try:
            return await self._refresh_all(row, others, renewal)
        finally:
            renewal.rows.remove(row.id)
            if not renewal.rows:
                del self._renewals[subject]

    async def _refresh_all(self, row: Claimed, others: Sequence[int], renewal: "_Renewal") -> Outcome:
        """As `_refresh`; those cards that a bad line kept from it come later."""
        subject = row.subject or ""
        async with self._db.read() as session:
            lanes = await rows_.lanes_in_flight(session, subject, but_not=others)
            if lanes:  # its words may be of before the change; of what goes out in bulk there is always one in flight
                wait = PROGRESS_EVERY if Lane.BULK in lanes else SOON
                return Outcome.again(row.id, self._clock() + wait, "a card is in flight", row.attempts)
            live = await rows_.live_cards(session, self._channel, subject)
        lane = row.lane if len(live) <= MANY else Lane.BULK  # so many edits let everything else go first
        edited, last = await self._renew_all(row, live, lane, renewal)
        if self._closing.is_set():
            return Outcome.released(row.id)
        if last is None:
            return Outcome.sent(row.id, self._clock(), None, None)
        # while it gets on, it is not given up
        return self._results.judge(row._replace(attempts=0) if edited else row, last)

    async def _renew_all(
        self, row: Claimed, live: Sequence[LiveCard], lane: Lane, renewal: "_Renewal"
    ) -> tuple[int, Exception | None]:
        """How many cards were edited, and the last trouble; no further where a later change has come, or the end."""
        edited, last = 0, None
        for start in range(0, len(live), PIECE):
            cards = {card.id: card for card in live[start : start + PIECE]}
            made = await plan(self._db, self._channel, [card.again() for card in cards.values()], self._clock())
            for planned in made.planned:
                card = cards[planned.row.id]
                if planned.card.text == card.text:
                    continue
                await self._budget.turn(planned.chat_id, lane)
                async with renewal.one:
                    if self._closing.is_set() or renewal.newest != row.id:  # later words are out, or on their way
                        return edited, None
                    trouble = await self._renew(planned, card.message_id, lane)
                last, edited = trouble or last, edited + (trouble is None)
        return edited, last

    async def _renew(self, planned: Planned, message_id: int, lane: Lane) -> Exception | None:
        """Edit one card; what kept it from it for now, if anything did."""
        row = planned.row
        try:
            message_id = await self._edit(planned, message_id)
        except Exception as error:  # noqa: BLE001 -- judged
            match retry.decide(error, 0, 0.0):
                case retry.Unreachable(why) if row.person_id is not None:
                    self._results.news.gone[row.person_id] = why
                case retry.SetAside():  # one card that can't be renewed must not keep the others from it
                    log.error("a card is left as it was", outbox=row.id, kind=row.kind, cause=type(error).__name__)
                case retry.Again(after, _, True):
                    self._budget.pause(after.total_seconds())
                    return error
                case _:
                    return error
        else:
            metrics.sent(lane)
            self._results.edited(row.id, message_id, planned.card.text)
        return None

    async def _edit(self, planned: Planned, message_id: int) -> int:
        """The message that says it now: the old one, or a new one where the old can't be edited."""
        try:
            await self._bot(sending.edited(planned.chat_id, message_id, planned.card))
        except TelegramBadRequest as error:
            if "not modified" in error.message:
                return message_id
            message: Message = await self._bot(sending.sent(planned.chat_id, planned.card, silent=True))
            return message.message_id
        return message_id

    async def _take_back(self, row: Claimed) -> Outcome:
        """Delete a message that was sent; where the channel can't, put what it renders to now in its place."""
        async with self._db.read() as session:
            live = await rows_.live_card(session, row.payload["row"])
        if live is not None:
            made = await plan(self._db, self._channel, [live.again()], self._clock())
            chat_id = made.chats.get(live.person_id or 0)
            if chat_id is not None:
                await self._budget.turn(chat_id, Lane.BULK)
                if self._closing.is_set():
                    return Outcome.released(row.id)
                try:
                    await self._bot(DeleteMessage(chat_id=chat_id, message_id=live.message_id))
                except TelegramBadRequest:  # too old, or gone already
                    with suppress(TelegramBadRequest):
                        for planned in made.planned:
                            await self._bot(sending.edited(chat_id, live.message_id, planned.card))
                self._results.news.outcomes.append(Outcome.withdrawn(live.id))
        return Outcome.sent(row.id, self._clock(), None, None)
