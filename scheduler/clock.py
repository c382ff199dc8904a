"""The clock: APScheduler as a metronome. Once a minute each job is asked what fell due since it was last looked at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from policy.ticks import Fate, fate
from scheduler.jobs import Every, Job, standard
from storage import ticks
from storage.engine import AsyncSession, Database

log = structlog.get_logger()

GRACE_S = 3_600
"""A beat of the metronome that comes late is made all the same; the default of a second skips it after any stall."""
LOOK_BACK = timedelta(days=31)
"""What was missed before that is neither caught up nor noted."""


def utc_now() -> datetime:
    """The time; read here and in `bot/` only (law 5)."""
    return datetime.now(UTC)


class Clock:
    """Does what is due, once, whoever else does the same; what was done lies in the table `tick`.

    `alone`: no other process can have anything in hand, so that what a process left that died is taken up at once.
    """

    def __init__(self, db: Database, jobs: Sequence[Job], now: Callable[[], datetime], *, alone: bool = False) -> None:
        self.jobs = tuple(jobs)
        self._db = db
        self._now = now
        self._alone = alone
        self._looked: dict[str, datetime] = {}

    async def look(self) -> None:
        """Ask every job once."""
        for job in self.jobs:
            await self.look_at(job)

    async def look_at(self, job: Job) -> None:
        """Do what of a job fell due since it was last looked at, and what was left undone; in order."""
        now = self._now()
        try:
            await self._look_at(job, now)
        except Exception as error:  # noqa: BLE001 -- the next look tries again
            log.error("a look at the clock failed", job=job.name, cause=f"{type(error).__name__}: {error}")

    async def _look_at(self, job: Job, now: datetime) -> None:
        first_look = job.name not in self._looked
        stuck_before = now if first_look and self._alone else now - job.longest
        async with self._db.read() as session:
            since = self._looked[job.name] if not first_look else await self._since(session, job, now)
            due = await job.when.moments(session, max(since, now - LOOK_BACK), now)
            left = await ticks.unfinished(session, job.name, stuck_before)
        for due_at in sorted({*left, *due}):
            await self._tick(job, due_at, now, stuck_before)
        self._looked[job.name] = now

    async def _since(self, session: AsyncSession, job: Job, now: datetime) -> datetime:
        """Where the last process stopped; a job that was never due begins now, one of an interval at once."""
        newest = await ticks.newest(session, job.name)
        if newest is not None:
            return newest
        return now - job.when.span if isinstance(job.when, Every) else now

    async def _tick(self, job: Job, due_at: datetime, now: datetime, stuck_before: datetime) -> None:
        late = fate(due_at, now, job.useful) is Fate.SKIP
        take = ticks.skip if late else ticks.claim
        async with self._db.write(ids=1) as session:
            is_ours = await take(session, job.name, due_at, now, stuck_before)
        if late and is_ours:
            log.warning("missed and of no use any more", job=job.name, due_at=due_at.isoformat())
        if late or not is_ours:
            return
        try:
            counts = await job.do(due_at, now)
        except Exception as error:  # noqa: BLE001 -- the next look tries again
            log.error("a sweep failed", sweep=job.name, cause=f"{type(error).__name__}: {error}")
            async with self._db.write(ids=0) as session:
                await ticks.give_back(session, job.name, due_at)
            return
        async with self._db.write(ids=0) as session:
            await ticks.done(session, job.name, due_at, self._now(), counts)

    async def next_due(self, since: datetime, until: datetime) -> datetime | None:
        """The first moment after `since`, up to `until`, at which some job is due; None: there is none."""
        found: list[datetime] = []
        async with self._db.read() as session:
            for job in self.jobs:
                found += (await job.when.moments(session, since, until))[:1]
        return min(found, default=None)


@contextmanager
def ticking(db: Database, extra: Sequence[Job] = (), *, alone: bool = False) -> Iterator[Clock]:
    """Tick while the block runs: at once, and at every full minute. `extra`: jobs of other parts.

    Each job is looked at by itself, so that a long one (a backup) keeps none waiting.
    """
    clock = Clock(db, [*standard(db), *extra], utc_now, alone=alone)
    defaults = {"misfire_grace_time": GRACE_S, "coalesce": True, "max_instances": 1}
    metronome = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
    for job in clock.jobs:
        metronome.add_job(clock.look_at, "cron", args=[job], second=0, next_run_time=utc_now(), id=job.name)
    metronome.start()
    try:
        yield clock
    finally:
        metronome.shutdown(wait=False)
