"""What became of rows in hand, until the next transaction writes it: gathered by senders, judged where it went wrong."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from actions import unreachable
from bot import metrics, retry
from bot.budget import Budget
from policy.authority import Viewer
from policy.delivery import PROGRESS_EVERY, Lane
from storage import delivery as rows_
from storage import outbox
from storage.delivery import Claimed, Outcome
from storage.engine import AsyncSession

log = structlog.get_logger()


@dataclass(slots=True)
class News:
    """What is to be written in one transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    merges: list[tuple[int, list[int]]] = field(default_factory=list)
    gone: dict[int, str] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)  # subjects of which something went out
    spoilt: list[tuple[int, int]] = field(default_factory=list)  # morning cards that can't be said, and whose

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.merges or self.gone or self.moved or self.spoilt)

    def add(self, other: "News") -> None:
        """Put what was to be written before in front of this."""
        self.outcomes = other.outcomes + self.outcomes
        self.merges = other.merges + self.merges
        self.gone = other.gone | self.gone
        self.moved |= other.moved
        self.spoilt = other.spoilt + self.spoilt

    async def write(self, session: AsyncSession, now: datetime) -> None:
        """Write it, with what follows from it."""
        await rows_.record(session, self.outcomes)
        for person_id, row_ids in self.merges:
            await rows_.merge(session, person_id, row_ids, now)
        for card_id, person_id in self.spoilt:  # nothing is lost by a card that nobody could have foreseen
            await rows_.unfold(session, card_id, person_id, now)
        for person_id, cause in self.gone.items():
            await unreachable.mark(session, by=Viewer.system(), person_id=person_id, cause=cause, now=now)
        for subject in self.moved:
            if await rows_.has_cards(session, f"{subject}:progress"):
                await outbox.refresh(session, f"{subject}:progress", now, after=PROGRESS_EVERY)


class Results:
    """Where senders say what became of a row. `landed` is set when there is something to be written."""

    def __init__(
        self, budget: Budget, clock: Callable[[], datetime], jitter: Callable[[], float] = random.random
    ) -> None:
        self._budget = budget
        self._clock = clock
        self._jitter = jitter
        self.news = News()
        self.landed = asyncio.Event()

    def take(self) -> News:
        """What is there by now; it is the caller's to write, or to give back."""
        taken, self.news = self.news, News()
        return taken

    def note(self, row: Claimed, outcome: Outcome) -> None:
        """This became of a row."""
        self.news.outcomes.append(outcome)
        if row.lane is Lane.BULK and row.subject is not None and outcome.is_final:
            self.news.moved.add(row.subject)
        if outcome.is_failed and row.kind == rows_.MORNING and row.person_id is not None:
            self.news.spoilt.append((row.id, row.person_id))
        self.landed.set()

    def edited(self, row_id: int, message_id: int, text: str) -> None:
        """A message that stands says something else now."""
        self.news.outcomes.append(Outcome.edited(row_id, message_id, text))
        self.landed.set()

    def judge(self, row: Claimed, error: Exception) -> Outcome:
        """What becomes of a row of which nothing came but an error."""
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
                    self.news.gone[row.person_id] = why
                return Outcome.dropped(row.id, f"{outbox.NO_ACCOUNT}: {why}")
            case retry.SetAside(why):
                log.error("not deliverable", outbox=row.id, kind=row.kind, cause=cause)
                return Outcome.failed(row.id, why)
