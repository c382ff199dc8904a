"""What the clock does, as data: name, when it is due, how long it is of use after that, what is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from policy.roster import Level
from policy.ticks import beat, daily
from scheduler import digests, reminders, sweeps
from scheduler.telling import Prompt, tell
from storage import clocks
from storage.engine import AsyncSession, Database

Counts = Mapping[str, int]
"""What came of a job: {"told": 74}; kept with its tick."""


class When(Protocol):
    """When a job is due."""

    async def moments(self, session: AsyncSession, since: datetime, until: datetime) -> list[datetime]:
        """The moments after `since`, up to `until`, at which it is due; in order."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again; of several beats missed one is enough."""

    span: timedelta

    async def moments(self, _session: AsyncSession, since: datetime, until: datetime) -> list[datetime]:
        """The newest beat."""
        newest = beat(self.span, since, until)
        return [newest] if newest is not None else []


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day, at a local time of the installation."""

    at: time
    zone: ZoneInfo

    async def moments(self, _session: AsyncSession, since: datetime, until: datetime) -> list[datetime]:
        """Its moment of each day."""
        return [due_at for _on, due_at in daily(self.at, self.zone, since, until)]


@dataclass(frozen=True, slots=True)
class AsSet:
    """Once a day, at the time that is set for each area of a level; several areas of one time are one moment."""

    setting: str
    level: Level

    async def moments(self, session: AsyncSession, since: datetime, until: datetime) -> list[datetime]:
        """Every moment of some area."""
        return list(await clocks.moments(session, await clocks.areas(session, self.level), self.setting, since, until))


@dataclass(frozen=True, slots=True)
class Job:
    """One thing the clock does. `do(due_at, now)`; done twice, after a crash, it changes nothing.

    `useful`: how long after its moment it is caught up; missed by more, it is skipped. `longest`: whoever has it in
    hand for longer is taken for dead.
    """

    name: str
    when: When
    useful: timedelta
    do: Callable[[datetime, datetime], Awaitable[Counts]]
    longest: timedelta = timedelta(minutes=10)


def of_ones_own(
    name: str,
    when: time | timedelta,
    do: Callable[[datetime], Awaitable[Counts | None]],
    zone: ZoneInfo,
    *,
    useful: timedelta = timedelta(hours=12),
    longest: timedelta = timedelta(hours=2),
) -> Job:
    """A job of another part: at a local time every day, or again and again; `do(now)`. A nightly backup is one."""

    async def once(_due_at: datetime, now: datetime) -> Counts:
        return await do(now) or {}

    return Job(name, Daily(when, zone) if isinstance(when, time) else Every(when), useful, once, longest)


PROMPTS = (
    Prompt("checkin_reminder", "checkin_reminder_at", Level.VILLAGE, timedelta(hours=6), reminders.checkin),
    # missed in the evening, it is read in the morning
    Prompt("township_digest", "township_digest_at", Level.TOWNSHIP, timedelta(hours=15), digests.township),
    Prompt("county_digest", "county_digest_at", Level.COUNTY, timedelta(hours=9), digests.county),
    Prompt("lock_reminder", "lock_reminder_at", Level.COUNTY, timedelta(hours=9), reminders.lock),
)
"""Everything that people are told by the clock; `preview` lists the same."""


def standard(db: Database) -> list[Job]:
    """The clock's own jobs."""
    found = [Job(each.kind, AsSet(each.setting, each.level), each.useful, partial(tell, db, each)) for each in PROMPTS]
    hour = timedelta(hours=1)
    return [*found, Job("retention", Every(hour), hour, partial(_thin, db))]


async def _thin(db: Database, _due_at: datetime, now: datetime) -> Counts:
    return await sweeps.thin(db, now)
