"""The clock: APScheduler as a metronome. What a tick does lies in `scheduler.sweeps`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler import sweeps
from storage.engine import Database

log = structlog.get_logger()

GRACE_S = 3_600
"""A tick that comes late by up to an hour is still made; the default of a second skips it after any stall."""


@contextmanager
def ticking(db: Database) -> Iterator[AsyncIOScheduler]:
    """Tick while the block runs: hourly, and once at the start."""
    clock = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": GRACE_S, "coalesce": True, "max_instances": 1}
    )
    clock.add_job(_thin, "interval", args=[db], hours=1, next_run_time=datetime.now(UTC), id="thin")
    clock.start()
    try:
        yield clock
    finally:
        clock.shutdown(wait=False)


async def _thin(db: Database) -> None:
    try:
        await sweeps.thin(db, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 -- the next tick tries again
        log.error("a sweep failed", sweep="thin", cause=f"{type(error).__name__}: {error}")
