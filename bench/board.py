"""The on-duty board and 查 at the scale of a province: 7,366 villages, 22,098 people, straight into SQLite.

`python -m bench.board` prints statements and milliseconds, by the clock and of the processor: the median of several.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench import county
from policy.authority import TEAM, Action, Viewer
from policy.calendar import Half
from policy.roster import Level
from storage import board, lookup
from storage.engine import Database
from storage.tables import Area, Day, Explanation, Facts, PersonRole, Verdict

PEOPLE = 22_098
NOW = datetime(2026, 11, 23, 1, 35, tzinfo=UTC)
TODAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 20)
ROUNDS = 15
WORDS = ("样例3000村", "样例30", "样例三000村")
"""A name, a part of many names, and one that is spelt wrong."""


async def fill(db: Database) -> None:
    """Friday and today: four in five have a day; one in twenty is on a trip, one in thirty on leave."""
    async with db.write(ids=3 * PEOPLE) as session:
        posts = select(PersonRole.person_id, PersonRole.area_id).where(PersonRole.role.in_(TEAM))
        people = (await session.execute(posts)).all()
        rows = []
        for on in (FRIDAY, TODAY):
            for n, (person_id, village_id) in enumerate(people):
                if n % 5 == 4:
                    continue
                known = int(Facts.TRIP if n % 20 == 0 else Facts.LEAVE if n % 30 == 1 else Facts.CHECKED_IN)
                row = {"id": db.ids.take(), "person_id": person_id, "on": on, "village_id": village_id}
                rows.append({**row, "am": known, "pm": known})
        await session.execute(insert(Day), rows)
        await session.execute(insert(Explanation), [_reason(db.ids.take(), *post) for post in people[::50]])


def _reason(row_id: int, person_id: int, village_id: int) -> dict[str, Any]:
    return {
        "id": row_id,
        "person_id": person_id,
        "village_id": village_id,
        "on": TODAY,
        "half": Half.AM,
        "whole_day": True,
        "at": NOW,
        "reason": "到邻村取种子",
        "verdict": Verdict.PENDING,
    }


async def measure(db: Database) -> list[tuple[str, int, int, float, float]]:
    """What is asked, what it found, statements, milliseconds by the clock and of the processor."""
    viewer = Viewer.system("/")
    sent: list[str] = []
    db.on_statement(sent.append)
    found = []

    async def take(name: str, ask: Callable[[AsyncSession], Awaitable[int]]) -> None:
        times, busy, answer = [], [], 0
        for _ in range(ROUNDS):
            sent.clear()
            async with db.read() as session:
                start, used = perf_counter(), process_time()
                answer = await ask(session)
                times.append((perf_counter() - start) * 1000)
                busy.append((process_time() - used) * 1000)
        found.append((name, answer, len(sent), statistics.median(times), statistics.median(busy)))

    for level in (Level.PROVINCE, Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE):
        async with db.read() as session:
            area = (await session.scalars(select(Area).where(Area.level == level).order_by(Area.id).limit(1))).one()

        async def people(session: AsyncSession, area: Area = area) -> int:
            return (await board.board(session, viewer, area, NOW)).tally.total

        await take(f"board of a {level.name.lower()}", people)
    for words in WORDS:

        async def hits(session: AsyncSession, words: str = words) -> int:
            return len((await lookup.find(session, viewer, Action.PERSON_FIND, words, TODAY)).hits)

        await take(f"find {words}", hits)
    return found


def main() -> None:
    """Print the table."""
    asyncio.run(_show())


async def _show() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        await county.fill(url, PEOPLE)
        db = Database(url)
        try:
            await fill(db)
            print(f"{'':<24}{'found':>8}{'statements':>12}{'ms':>8}{'cpu ms':>8}")
            for name, answer, statements, ms, cpu in await measure(db):
                print(f"{name:<24}{answer:>8}{statements:>12}{ms:>8.1f}{cpu:>8.1f}")
        finally:
            await db.close()


if __name__ == "__main__":
    main()
