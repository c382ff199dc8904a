"""Delivery of the outbox (law 4): claimed, rendered for the recipient as things stand, sent, recorded.

A cycle is one transaction: what became of rows is written and new ones are taken, no more than go out within half a
second. So a crash leaves few rows of which nobody knows whether they were said.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import DeleteMessage
from aiogram.types import Message

from actions import unreachable
from bot import chores, metrics, retry, sending
from bot.budget import Budget
from bot.fetcher import Fetcher
from bot.planning import Plan, Planned, plan
from bot.stopping import first_of
from documents import press
from handlers.cards import is_slow
from policy.authority import Viewer
from policy.delivery import Lane
from storage import delivery as rows_
from storage import outbox
from storage.delivery import Claimed, Outcome
from storage.engine import AsyncSession, Database, cause_of

log = structlog.get_logger()

PIECE = 200
"""Rows in hand at once where nothing limits the rate."""
FEWEST = 8
PAPERS_AT_ONCE = 2
"""Each holds a reader of the database while it is made, and the press makes one at a time anyway."""
LOOK_FOR_STUCK_EVERY = timedelta(minutes=1)
GATHER_S = 0.05
"""Seconds in which results are gathered for one transaction."""
MANY = 20
"""Cards of one subject; where more are to be edited, that is bulk, whoever caused it."""
PROGRESS_EVERY = timedelta(seconds=3)
SOON = timedelta(seconds=0.2)

Work: TypeAlias = Callable[[], Awaitable[Outcome | None]]
"""What is done for one row; None: it was settled on the way."""


@dataclass(slots=True)
class _News:
    """What is to be written in the next transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    merges: list[tuple[int, list[int]]] = field(default_factory=list)
    gone: dict[int, str] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)  # subjects of which something went out
    spoilt: list[tuple[int, int]] = field(default_factory=list)  # morning cards that can't be said, and whose

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.merges or self.gone or self.moved or self.spoilt)

    def add(self, other: "_News") -> None:
        self.outcomes = other.outcomes + self.outcomes
        self.merges = other.merges + self.merges
        self.gone = other.gone | self.gone
        self.moved |= other.moved
        self.spoilt = other.spoilt + self.spoilt


class Delivery:
    """Sends what waits in the outbox. `run` until stopped; tests call `run_once`."""

    def __init__(
        self,
        db: Database,
        bot: Bot,
        channel: str,
        budget: Budget,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._db = db
        self._bot = bot
        self._channel = channel
        self._budget = budget
        self._clock = clock
        self._jitter = jitter
        self._window = max(FEWEST, int(budget.rate / 2)) if budget.rate else PIECE
        self.wake = asyncio.Event()
        self.fetcher: Fetcher | None = None
        self._in_hand: set[int] = set()
        self._lines: dict[int, deque[Planned]] = {}  # by chat: a busy one takes one place, however much waits for it
        self._aside: set[int] = set()
        self._taking_back: set[int] = set()
        self._news = _News()
        self._landed = asyncio.Event()
        self._looked_at: datetime | None = None
        self._papers = asyncio.Semaphore(PAPERS_AT_ONCE)
        self._is_closing = False

    async def start(self) -> None:
        """Put back what an earlier process had in its hands."""
        await self._free_stuck(all_of_them=self._db.is_sqlite)  # on PostgreSQL another process may be at work

    async def _free_stuck(self, *, all_of_them: bool = False) -> None:
        self._looked_at = now = self._clock()
        mine = self._in_hand | self._aside
        async with self._db.write(ids=0) as session:
            freed = await rows_.free_stuck(session, self._channel, now, all_of_them=all_of_them, but_not=mine)
        if freed:
            log.info("messages possibly repeated after the restart", rows=freed)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then what is in flight arrives, and the rest is left for the next start."""
        try:
            async with asyncio.TaskGroup() as group:
                while not stop.is_set():
                    metrics.beat("delivery")
                    self.wake.clear()
                    self._landed.clear()
                    try:
                        took = await self._cycle(group)
                    except Exception as error:  # noqa: BLE001 -- disk or database: the rows stay and are tried again
                        log.error("delivery waits for the database", cause=cause_of(error))
                        await first_of(stop, timeout=1.0)
                        continue
                    if not took or len(self._lines) > self._window // 2:
                        await first_of(self.wake, self._landed, stop, timeout=1.0)
                        await first_of(stop, timeout=GATHER_S)
                self._is_closing = True
                press.close()
        finally:
            self._is_closing = True
            with suppress(Exception):  # not written: the next start takes them for possibly repeated
                await self._write(claim=0)

    async def run_once(self) -> int:
        """Deliver one piece of what is due, to its end; how many rows were taken."""
        self._is_closing = False
        took, trouble = 0, None
        async with asyncio.TaskGroup() as group:
            try:
                took = await self._cycle(group)
            except Exception as error:  # noqa: BLE001 -- raised below: what was set going must come to its end
                trouble = error
        if trouble is not None:
            raise trouble
        if self._news:
            await self._write(claim=0)
        return took

    async def _cycle(self, group: asyncio.TaskGroup) -> int:
        """Write what there is to write, take what there is room for, and set it going."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at >= LOOK_FOR_STUCK_EVERY:
            await self._free_stuck()
        room = self._window - len(self._lines) - len(self._taking_back)
        if room > 0 and not self._news:
            async with self._db.read() as session:
                room = room if await rows_.is_due(session, self._channel, now) else 0
        if room <= 0 and not self._news:
            return 0
        taken = await self._write(claim=room)
        await self._set_going(taken, group)
        return len(taken)

    async def _write(self, *, claim: int) -> list[Claimed]:
        """One transaction: what became of rows, and the next ones."""
        news, self._news = self._news, _News()
        try:
            async with self._db.write(ids=100) as session:
                await rows_.record(session, news.outcomes)
                await self._tell_of(session, news)
                taken = []
                if claim > 0:
                    taken = await rows_.claim(session, self._channel, self._clock(), claim)
        except BaseException:
            self._news.add(news)
            raise
        return taken

    async def _tell_of(self, session: AsyncSession, news: _News) -> None:
        now = self._clock()
        for person_id, row_ids in news.merges:
            await rows_.merge(session, person_id, row_ids, now)
        for card_id, person_id in news.spoilt:  # nothing is lost by a card that nobody could have foreseen
            await rows_.unfold(session, card_id, person_id, now)
        for person_id, cause in news.gone.items():
            await unreachable.mark(session, by=Viewer.system(), person_id=person_id, cause=cause, now=now)
        for subject in news.moved:
            if await rows_.has_cards(session, f"{subject}:progress"):
                await outbox.refresh(session, f"{subject}:progress", now, after=PROGRESS_EVERY)

    # -- setting rows going ----------------------------------------------------------------------------------------

    async def _set_going(self, taken: Sequence[Claimed], group: asyncio.TaskGroup) -> None:
        beside = [row.id for row in taken]
        cards: dict[int, Claimed] = {}
        for row in taken:
            work = self._work(row, beside)
            if work is None:
                cards[row.id] = row
                self._in_hand.add(row.id)
            else:
                self._aside.add(row.id)
                if row.kind == outbox.TAKE_BACK:
                    self._taking_back.add(row.id)
                group.create_task(self._do(row, work))
        if not cards:
            return
        try:
            made = await plan(self._db, self._channel, list(cards.values()), self._clock())
        except BaseException:
            for row in cards.values():
                self._done(row, Outcome.released(row.id))
            raise
        self._take_over(made, cards)
        for planned in made.planned:
            if planned.chat_id in self._lines:
                self._lines[planned.chat_id].append(planned)
            else:
                self._lines[planned.chat_id] = deque([planned])
                group.create_task(self._deliver(planned.chat_id))

    def _take_over(self, made: Plan, rows: Mapping[int, Claimed]) -> None:
        """What a plan settles without sending."""
        for outcome in made.outcomes:
            self._done(rows[outcome.row_id], outcome)
        self._news.merges += made.merges
        merged = {row_id for _, row_ids in made.merges for row_id in row_ids}
        self._in_hand -= merged
        self._aside -= merged

    def _work(self, row: Claimed, beside: Sequence[int]) -> Work | None:
        """What is done for a row beside the others, since it takes long or is told to nobody; None: it is a card."""
        if row.kind == outbox.REFRESH:
            return lambda: self._refresh(row, beside)
        if row.kind == outbox.TAKE_BACK:
            return lambda: self._take_back(row)
        if row.kind == outbox.FETCH:
            return lambda: self._fetch(row)
        if row.kind in chores.STEPS:
            return lambda: self._chore(row)
        return (lambda: self._paper(row)) if is_slow(row.kind) else None

    async def _do(self, row: Claimed, work: Work) -> None:
        try:
            outcome = await work()
        except Exception as error:  # noqa: BLE001 -- judged
            outcome = self._judge(row, error)
        if outcome is not None:
            self._done(row, outcome)

    async def _deliver(self, chat_id: int) -> None:
        """Messages to one chat, one after another; those that come to its line meanwhile as well."""
        line = self._lines[chat_id]
        try:
            while line:
                await self._budget.turn(chat_id, line[0].row.lane)
                planned = line.popleft()  # from here on nobody knows whether it was said, until it is recorded
                stops = self._is_closing
                outcome = Outcome.released(planned.row.id) if stops else await self._send(planned)
                self._done(planned.row, outcome)
        finally:
            del self._lines[chat_id]
            for planned in line:  # stopped amid the work: these were surely not said
                self._done(planned.row, Outcome.released(planned.row.id))

    async def _send(self, planned: Planned) -> Outcome:
        """Send, since it is its turn."""
        row = planned.row
        try:
            message: Message = await self._bot(sending.sent(planned.chat_id, planned.card, silent=planned.silent))
        except Exception as error:  # noqa: BLE001 -- judged
            return self._judge(row, error)
        metrics.sent(row.lane)
        return Outcome.sent(row.id, self._clock(), message.message_id, planned.card.text)

    def _done(self, row: Claimed, outcome: Outcome) -> None:
        self._in_hand.discard(row.id)
        self._aside.discard(row.id)
        self._taking_back.discard(row.id)
        self._news.outcomes.append(outcome)
        if row.lane is Lane.BULK and row.subject is not None and outcome.is_final:
            self._news.moved.add(row.subject)
        self._landed.set()

    def _judge(self, row: Claimed, error: Exception) -> Outcome:
        decision = retry.decide(error, row.attempts, self._jitter())
        cause = type(error).__name__
        match decision:
            case retry.Release():
                log.warning("left for later", outbox=row.id, kind=row.kind, cause=cause)
                return Outcome.again(row.id, self._clock() + timedelta(seconds=1), cause, row.attempts)
            case retry.Again(after, why, pause):
                if pause:
                    metrics.too_many()
                    self._budget.pause(after.total_seconds())
                else:
                    metrics.retried("delivery")
                log.warning(
                    "delivery delayed", outbox=row.id, kind=row.kind, cause=cause, seconds=after.total_seconds()
                )
                return Outcome.again(row.id, self._clock() + after, why, row.attempts + 1)
            case retry.Unreachable(why):
                if row.person_id is not None:
                    self._news.gone[row.person_id] = why
                return Outcome.dropped(row.id, f"{outbox.NO_ACCOUNT}: {why}")
            case retry.SetAside(why):
                log.error("not deliverable", outbox=row.id, kind=row.kind, cause=cause)
                if row.kind == rows_.MORNING and row.person_id is not None:
                    self._news.spoilt.append((row.id, row.person_id))
                return Outcome.failed(row.id, why)

    # -- what takes long, and what is told to nobody -------------------------------------------------------------------

    async def _paper(self, row: Claimed) -> Outcome | None:
        """A document: it takes seconds to make, so nothing waits behind it."""
        async with self._papers:
            if self._is_closing:  # stood in line meanwhile, and would open the press anew
                return Outcome.released(row.id)
            made = await plan(self._db, self._channel, [row], self._clock())
        self._take_over(made, {row.id: row})
        for planned in made.planned:
            await self._budget.turn(planned.chat_id, row.lane)
            return await self._send(planned)
        return None

    async def _fetch(self, row: Claimed) -> Outcome:
        if self.fetcher is not None:
            await self.fetcher.fetch(row)
        return Outcome.sent(row.id, self._clock(), None, None)

    async def _chore(self, row: Claimed) -> Outcome:
        await chores.do(self._db, row.kind, row.payload, self._clock)
        return Outcome.sent(row.id, self._clock(), None, None)

    async def _refresh(self, row: Claimed, beside: Sequence[int]) -> Outcome:
        """Edit every live card of a subject to what it says now; those that a bad line kept from it come later."""
        subject = row.subject or ""
        async with self._db.read() as session:
            if await rows_.is_in_flight(session, subject, but_not=beside):  # its words may be of before the change
                return Outcome.again(row.id, self._clock() + SOON, "a card is in flight", row.attempts)
            live = await rows_.live_cards(session, self._channel, subject)
        lane = row.lane if len(live) <= MANY else Lane.BULK  # so many edits let everything else go first
        edited, last = 0, None
        for start in range(0, len(live), PIECE):
            cards = {card.id: card for card in live[start : start + PIECE]}
            made = await plan(self._db, self._channel, [card.again() for card in cards.values()], self._clock())
            for planned in made.planned:
                card = cards[planned.row.id]
                if planned.card.text != card.text:
                    trouble = await self._renew(planned, card.message_id, lane)
                    last, edited = trouble or last, edited + (trouble is None)
        if last is None:
            return Outcome.sent(row.id, self._clock(), None, None)
        return self._judge(row._replace(attempts=0) if edited else row, last)  # while it gets on, it is not given up

    async def _renew(self, planned: Planned, message_id: int, lane: Lane) -> Exception | None:
        """Edit one card; what kept it from it for now, if anything did."""
        row = planned.row
        try:
            message_id = await self._edit(planned, message_id, lane)
        except Exception as error:  # noqa: BLE001 -- judged
            match retry.decide(error, 0, 0.0):
                case retry.Unreachable(why) if row.person_id is not None:
                    self._news.gone[row.person_id] = why
                case retry.SetAside():  # one card that can't be renewed must not keep the others from it
                    log.error("a card is left as it was", outbox=row.id, kind=row.kind, cause=type(error).__name__)
                case retry.Again(after, _, True):
                    self._budget.pause(after.total_seconds())
                    return error
                case _:
                    return error
        else:
            metrics.sent(row.lane)
            self._news.outcomes.append(Outcome.edited(row.id, message_id, planned.card.text))
            self._landed.set()
        return None

    async def _edit(self, planned: Planned, message_id: int, lane: Lane) -> int:
        """The message that says it now: the old one, or a new one where the old can't be edited."""
        await self._budget.turn(planned.chat_id, lane)
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
                if self._is_closing:
                    return Outcome.released(row.id)
                try:
                    await self._bot(DeleteMessage(chat_id=chat_id, message_id=live.message_id))
                except TelegramBadRequest:  # too old, or gone already
                    with suppress(TelegramBadRequest):
                        for planned in made.planned:
                            await self._bot(sending.edited(chat_id, live.message_id, planned.card))
                self._news.outcomes.append(Outcome.withdrawn(live.id))
        return Outcome.sent(row.id, self._clock(), None, None)
