"""The clock: APScheduler as a metronome. Once a minute each job is asked what fell due since it was last looked at."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from policy.ticks import Fate, fate
from scheduler.jobs import Every, Job, standard
from storage import ticks
from storage.engine import Database, cause_of

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
    `on_swept` hears of each job done, and the seconds it took.
    """

    def __init__(
        self,
        db: Database,
        jobs: Sequence[Job],
        now: Callable[[], datetime],
        *,
        alone: bool = False,
        on_swept: Callable[[str, float], None] = lambda _job, _seconds: None,
    ) -> None:
        self.jobs = tuple(jobs)
        self._on_swept = on_swept
        self._db = db
        self._now = now
        self._alone = alone
        self._looked: dict[str, datetime] = {}

    async def look(self, jobs: Sequence[Job] | None = None) -> None:
        """Ask every job (or these) once. What fails is raised, once all have been asked."""
        failed = [
            error for job in (self.jobs if jobs is None else jobs) if (error := await self._look_at(job)) is not None
        ]
        if failed:
            raise failed[0]

    async def look_at(self, job: Job) -> None:
        """Do what of a job fell due since it was last looked at, and what was left undone; the next look tries again."""
        try:
            error = await self._look_at(job)
        except asyncio.CancelledError:  # the bot stops, and the metronome would print a trace of that
            log.info("a sweep was broken off", sweep=job.name)
            return
        if error is not None:
            log.error("a sweep failed", sweep=job.name, cause=cause_of(error))

    async def _look_at(self, job: Job) -> Exception | None:
        now, failed = self._now(), None
        first_look = job.name not in self._looked
        stuck_before = now if first_look and self._alone else now - job.longest
        try:
            since = await self._since(job, now) if first_look else self._looked[job.name]
            async with self._db.read() as session:
                due = await job.when.moments(session, max(since, now - LOOK_BACK), now)
                left = await ticks.unfinished(session, job.name, stuck_before)
            for due_at in sorted({*left, *due}):
                failed = await self._tick(job, due_at, now, stuck_before) or failed
        except Exception as error:  # noqa: BLE001 -- of the database: looked at again, from where it was
            return error
        self._looked[job.name] = now
        return failed

    async def _since(self, job: Job, now: datetime) -> datetime:
        """Where the last process stopped. A job that is new begins now, and that is noted; one of an interval at once."""
        async with self._db.read() as session:
            newest = await ticks.newest(session, job.name)
        if newest is not None:
            return newest
        if isinstance(job.when, Every):
            return now - job.when.span
        async with self._db.write(ids=1) as session:
            await ticks.begin(session, job.name, now)
        return now

    async def _tick(self, job: Job, due_at: datetime, now: datetime, stuck_before: datetime) -> Exception | None:
        late = fate(due_at, now, job.useful) is Fate.SKIP
        take = ticks.skip if late else ticks.claim
        async with self._db.write(ids=1) as session:
            is_ours = await take(session, job.name, due_at, now, stuck_before)
        if late and is_ours:
            log.warning("missed and of no use any more", sweep=job.name, due_at=due_at.isoformat())
        if late or not is_ours:
            return None
        begun = perf_counter()
        try:
            counts = await job.do(due_at, now)
        except Exception as error:  # noqa: BLE001 -- given back, so that the next look takes it up
            async with self._db.write(ids=0) as session:
                await ticks.give_back(session, job.name, due_at)
            return error
        async with self._db.write(ids=0) as session:
            await ticks.done(session, job.name, due_at, self._now(), counts)
        self._on_swept(job.name, perf_counter() - begun)
        return None

    async def next_due(self, since: datetime, until: datetime) -> tuple[datetime, list[Job]] | None:
        """The first moment after `since`, up to `until`, at which some job is due, and which; None: there is none."""
        found: dict[datetime, list[Job]] = {}
        async with self._db.read() as session:
            for job in self.jobs:
                for due_at in (await job.when.moments(session, since, until))[:1]:
                    found.setdefault(due_at, []).append(job)
        return min(found.items(), key=lambda item: item[0], default=None)


@contextmanager
def ticking(
    db: Database,
    extra: Sequence[Job] = (),
    *,
    alone: bool = False,
    on_swept: Callable[[str, float], None] = lambda _job, _seconds: None,
) -> Iterator[Clock]:
    """Tick while the block runs: at once, and at every full minute. `extra`: jobs of other parts.

    Each job is looked at by itself, so that a long one (a backup) keeps none waiting.
    """
    clock = Clock(db, [*standard(db), *extra], utc_now, alone=alone, on_swept=on_swept)
    defaults = {"misfire_grace_time": GRACE_S, "coalesce": True, "max_instances": 1}
    metronome = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
    for job in clock.jobs:
        metronome.add_job(clock.look_at, "cron", args=[job], second=0, next_run_time=utc_now(), id=job.name)
    metronome.start()
    try:
        yield clock
    finally:
        metronome.shutdown(wait=False)
