"""The clock's sweeps at the scale of a province: 22,098 people in 7,366 villages, a morning on which all owe a check-in.

`python -m bench.sweep` prints seconds on SQLite and on a durable PostgreSQL: each sweep, the same once more (twice is
once), and what a minute costs in which nothing is due. 3 s is the limit.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import structlog
from sqlalchemy import insert, select

from bench import county
from bench.verdict import MOST_SWEEP_S, verdict
from policy.authority import TEAM, Role
from policy.calendar import Half
from policy.roster import Level
from scheduler.clock import Clock
from scheduler.jobs import PROMPTS, standard
from scheduler.preview import preview
from scheduler.telling import Prompt, tell
from storage.engine import Database
from storage.tables import Area, Explanation, PersonRole, Setting, Verdict
from tests.databases import NoPostgresError, postgres_server

PEOPLE = 22_098
MONDAY = date(2026, 11, 2)
"""The month's first working day: all four kinds are due."""
DUE_AT = {
    "checkin_reminder": datetime(2026, 11, 2, 1, tzinfo=UTC),
    "township_digest": datetime(2026, 11, 2, 10, tzinfo=UTC),
    "county_digest": datetime(2026, 11, 2, 0, tzinfo=UTC),
    "lock_reminder": datetime(2026, 11, 2, 1, tzinfo=UTC),
}
REQUIRED = {
    "checkin_mode": "required",
    "required_basis": "样例",
    "required_from": "2026-10-01",
    "required_to": "2026-12-31",
}


async def fill(db: Database) -> None:
    """Check-in is required everywhere; an officer in each township and county; every 50th cadre's reason waits."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    async with db.write(ids=4_000) as session:
        take = db.ids.take
        root = (await session.scalars(select(Area).where(Area.level == Level.PROVINCE))).one()
        settings = [
            {"id": take(), "area_id": root.id, "key": key, "value": value, "effective_on": county.STARTS}
            for key, value in REQUIRED.items()
        ]
        await session.execute(insert(Setting), [{**row, "reason": "bench", "set_at": since} for row in settings])
        posts = select(PersonRole.person_id, PersonRole.area_id).where(PersonRole.role.in_(TEAM))
        people = (await session.execute(posts.order_by(PersonRole.id))).all()
        offices = {Level.TOWNSHIP: Role.TOWNSHIP_OFFICER, Level.COUNTY: Role.COUNTY_STAFF}
        places = list(await session.scalars(select(Area).where(Area.level.in_(offices)).order_by(Area.id)))
        roles = [
            {"id": take(), "person_id": people[n][0], "role": offices[area.level], "area_id": area.id}
            for n, area in enumerate(places)  # a cadre may hold an office too
        ]
        await session.execute(insert(PersonRole), [{**row, "starts_on": county.STARTS} for row in roles])
        reason = {"on": date(2026, 10, 30), "half": Half.AM, "whole_day": True, "at": since, "reason": "样例"}
        reasons = [
            {"id": take(), "person_id": person_id, "village_id": village_id, "verdict": Verdict.PENDING, **reason}
            for person_id, village_id in people[::50]
        ]
        await session.execute(insert(Explanation), reasons)


async def measure(db: Database) -> list[tuple[str, int, float, float]]:
    """What was asked, people told, seconds by the clock and of the processor."""
    found: list[tuple[str, int, float, float]] = []

    async def take(name: str, ask: Callable[[], Awaitable[int]]) -> None:
        start, used = perf_counter(), process_time()
        count = await ask()
        found.append((name, count, perf_counter() - start, process_time() - used))

    for prompt in PROMPTS:
        sweep = partial(_swept, db, prompt)
        await take(prompt.kind, sweep)
        await take(f"{prompt.kind}, again", sweep)
    clock = Clock(db, standard(db), lambda: DUE_AT["lock_reminder"])
    await clock.look()

    async def minute() -> int:
        await clock.look()
        return 0

    await take("a minute with nothing due", minute)
    await take("a county's month ahead", lambda: _month(db))
    return found


async def _swept(db: Database, prompt: Prompt) -> int:
    due_at = DUE_AT[prompt.kind]
    return (await tell(db, prompt, due_at, due_at))["told"]


async def _month(db: Database) -> int:
    async with db.read() as session:
        area = (await session.scalars(select(Area).where(Area.level == Level.COUNTY).order_by(Area.id).limit(1))).one()
        ahead = await preview(session, area, MONDAY, MONDAY + timedelta(days=29), DUE_AT["county_digest"])
        return len(ahead.lines) + ahead.expired


@asynccontextmanager
async def filled(url: str) -> AsyncIterator[Database]:
    """The province, made."""
    await county.fill(url, PEOPLE)
    db = Database(url)
    try:
        await fill(db)
        yield db
    finally:
        await db.close()


async def _print(name: str, url: str) -> int:
    print(f"{name:<28}{'people':>8}{'s':>8}{'cpu s':>8}")
    wrong = 0
    async with filled(url) as db:
        for what, told, seconds, cpu in await measure(db):
            print(f"{what:<28}{told:>8}{seconds:>8.2f}{cpu:>8.2f}")
            wrong |= verdict(f"{name}, {what}", {f"under {MOST_SWEEP_S} s": seconds < MOST_SWEEP_S})
    return wrong


def main() -> int:
    """Print the tables. 1 where a sweep takes too long."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(_print("SQLite", f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"))
    try:
        with postgres_server(durable=True) as server:
            server.create("sweep")
            wrong |= asyncio.run(_print("PostgreSQL", server.url("sweep")))
    except NoPostgresError as error:
        print(error)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
