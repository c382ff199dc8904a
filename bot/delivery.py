"""Delivery of the outbox (law 4): claimed, rendered for the recipient as things stand, sent, recorded.

A cycle is one transaction: what became of rows is written and new ones are taken, no more than go out within half a
second. So a crash leaves few rows of which nobody knows whether they were said.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from aiogram import Bot
from aiogram.types import Message

from bot import metrics, paper_progress, sending
from bot.budget import Budget
from bot.errands import Errands
from bot.news import Results
from bot.planning import Plan, Planned, plan
from bot.stopping import first_of
from documents import press
from handlers.cards import is_slow
from storage import delivery as rows_
from storage import outbox
from storage.delivery import Claimed, Outcome
from storage.engine import Database, cause_of

log = structlog.get_logger()

PIECE = 200
"""Rows in hand at once where nothing limits the rate."""
FEWEST = 3
PAPERS_AT_ONCE = 2
"""Each holds a reader of the database while it is made, and the press makes one at a time anyway."""
LOOK_FOR_STUCK_EVERY = timedelta(minutes=1)
GATHER_S = 0.05
"""Seconds in which results are gathered for one transaction."""

Work: TypeAlias = Callable[[], Awaitable[Outcome | None]]
"""What is done for a row beside the messages; None: it was settled on the way."""


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
        self._closing = asyncio.Event()
        self._results = Results(budget, clock, jitter)
        self.errands = Errands(db, bot, channel, budget, clock, self._results, self._closing)
        self._window = max(FEWEST, int(budget.rate / 2)) if budget.rate else PIECE
        self.wake = asyncio.Event()
        self._in_hand: set[int] = set()
        self._lines: dict[int, deque[Planned]] = {}  # by chat: a busy one takes one place, however much waits for it
        self._aside: set[int] = set()
        self._taking_back: set[int] = set()
        self._saying: set[int] = set()  # nobody knows whether these were said, until it is recorded
        self._looked_at: datetime | None = None
        self._papers = asyncio.Semaphore(PAPERS_AT_ONCE)

    async def start(self) -> None:
        """Put back what an earlier process had in its hands."""
        await self._free_stuck(all_of_them=self._db.is_sqlite)  # on PostgreSQL another process may be at work

    async def _free_stuck(self, *, all_of_them: bool = False) -> None:
        self._looked_at = now = self._clock()
        mine = self._in_hand | self._aside
        async with self._db.write(ids=0) as session:
            await rows_.keep(session, mine, now)
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
                    self._results.landed.clear()
                    try:
                        took = await self._cycle(group)
                    except Exception as error:  # noqa: BLE001 -- disk or database: the rows stay and are tried again
                        log.error("delivery waits for the database", cause=cause_of(error))
                        await first_of(stop, timeout=1.0)
                        continue
                    if not took or len(self._lines) > self._window // 2:
                        await first_of(self.wake, self._results.landed, stop, timeout=1.0)
                        await first_of(stop, timeout=GATHER_S)
                self._closing.set()
                press.close()
        finally:
            self._closing.set()
            with suppress(Exception):  # not written: the next start takes them for possibly repeated
                await self._write(claim=0)

    async def run_once(self) -> int:
        """Deliver one piece of what is due, to its end; how many rows were taken."""
        self._closing.clear()
        took, trouble = 0, None
        async with asyncio.TaskGroup() as group:
            try:
                took = await self._cycle(group)
            except Exception as error:  # noqa: BLE001 -- raised below: what was set going must come to its end
                trouble = error
        if trouble is not None:
            raise trouble
        if self._results.news:
            await self._write(claim=0)
        return took

    async def _cycle(self, group: asyncio.TaskGroup) -> int:
        """Write what there is to write, take what there is room for, and set it going."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at >= LOOK_FOR_STUCK_EVERY:
            await self._free_stuck()
        room = self._window - len(self._lines) - len(self._taking_back)
        if room > 0 and not self._results.news:
            async with self._db.read() as session:
                room = room if await rows_.is_due(session, self._channel, now) else 0
        if room <= 0 and not self._results.news:
            return 0
        taken = await self._write(claim=room)
        await self._set_going(taken, group)
        return len(taken)

    async def _write(self, *, claim: int) -> list[Claimed]:
        """One transaction: what became of rows, and the next ones."""
        news = self._results.take()
        try:
            async with self._db.write(ids=100) as session:
                await news.write(session, self._clock())
                return await rows_.claim(session, self._channel, self._clock(), claim) if claim > 0 else []
        except BaseException:
            self._results.news.add(news)
            raise

    # -- setting rows going ----------------------------------------------------------------------------------------

    async def _set_going(self, taken: Sequence[Claimed], group: asyncio.TaskGroup) -> None:
        beside = [row.id for row in taken]
        cards: dict[int, Claimed] = {}
        for row in taken:
            work = self.errands.of(row, beside) or self._paper_of(row)
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
        self._results.news.merges += made.merges
        merged = {row_id for _, row_ids in made.merges for row_id in row_ids}
        self._in_hand -= merged
        self._aside -= merged

    def _paper_of(self, row: Claimed) -> Work | None:
        return (lambda: self._paper(row)) if is_slow(row.kind) else None

    async def _do(self, row: Claimed, work: Work) -> None:
        try:
            outcome = await work()
        except asyncio.CancelledError:
            if row.id not in self._saying:
                self._done(row, Outcome.released(row.id))
            raise
        except Exception as error:  # noqa: BLE001 -- judged
            outcome = self._results.judge(row, error)
        if outcome is not None:
            self._done(row, outcome)

    async def _deliver(self, chat_id: int) -> None:
        """Messages to one chat, one after another; those that come to its line meanwhile as well."""
        line = self._lines[chat_id]
        try:
            while line and not self._closing.is_set():
                await self._budget.turn(chat_id, line[0].row.lane)
                planned = line.popleft()
                stops = self._closing.is_set()
                outcome = Outcome.released(planned.row.id) if stops else await self._send(planned)
                self._done(planned.row, outcome)
        finally:
            del self._lines[chat_id]
            for planned in line:  # stopped amid the work: these were surely not said
                self._done(planned.row, Outcome.released(planned.row.id))

    async def _send(self, planned: Planned) -> Outcome:
        """Send, since it is its turn."""
        row = planned.row
        self._saying.add(row.id)
        try:
            message: Message = await self._bot(sending.sent(planned.chat_id, planned.card, silent=planned.silent))
        except Exception as error:  # noqa: BLE001 -- judged
            return self._results.judge(row, error)
        metrics.sent(row.lane)
        return Outcome.sent(row.id, self._clock(), message.message_id, planned.card.text)

    def _done(self, row: Claimed, outcome: Outcome) -> None:
        self._in_hand.discard(row.id)
        self._aside.discard(row.id)
        self._taking_back.discard(row.id)
        self._saying.discard(row.id)
        self._results.note(row, outcome)

    async def _paper(self, row: Claimed) -> Outcome | None:
        """A document: it takes seconds to make, so nothing waits behind it."""
        async with self._papers:
            if self._closing.is_set():  # stood in line meanwhile, and would open the press anew
                return Outcome.released(row.id)
            async with paper_progress.told(self._db, self._bot, self._channel, self._budget, row, self._clock()):
                made = await plan(self._db, self._channel, [row], self._clock())
        self._take_over(made, {row.id: row})
        for planned in made.planned:
            await self._budget.turn(planned.chat_id, row.lane)
            return await self._send(planned)
        return None
