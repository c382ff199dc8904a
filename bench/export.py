"""The month of a province as a workbook: 22,098 people, two thirds of their days known, in a process of its own.

`python -m bench export` prints seconds, memory and size; `python -m bench.export 4000` takes fewer people.
"""

import asyncio
import multiprocessing
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import insert, select

from bench import county
from bench.verdict import MOST_EXPORT_MB, MOST_EXPORT_S, verdict
from documents import attendance
from documents.attendance import Order
from policy.authority import TEAM, Viewer
from policy.calendar import month_of
from policy.roster import Level
from storage.engine import Database
from storage.tables import Area, Day, Facts, PersonRole

PEOPLE = 22_098
MONTH = date(2026, 11, 1)
NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)


async def fill(db: Database) -> int:
    """Two of three people have a row on each weekday; the province's id."""
    first, last = month_of(MONTH)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    async with db.read() as session:
        posts = select(PersonRole.person_id, PersonRole.area_id).where(PersonRole.role.in_(TEAM))
        people = (await session.execute(posts.order_by(PersonRole.id))).all()
        root = (await session.scalars(select(Area.id).where(Area.level == Level.PROVINCE))).one()
    for on in days:
        if on.weekday() >= 5:
            continue
        async with db.write(ids=len(people)) as session:
            rows = [
                {"id": db.ids.take(), "person_id": person_id, "on": on, "village_id": village_id, **_known(n, on)}
                for n, (person_id, village_id) in enumerate(people)
                if (n + on.day) % 3
            ]
            await session.execute(insert(Day), rows)
    return root


def _known(n: int, on: date) -> dict[str, int]:
    known = int(Facts.TRIP if (n + on.day) % 20 == 0 else Facts.LEAVE if (n + on.day) % 31 == 1 else Facts.CHECKED_IN)
    return {"am": known, "pm": int(Facts.CHECKED_IN) if n % 7 == 0 else known}


def timed(order: Order) -> tuple[float, float, float, int, int]:
    """In its own process: seconds by the clock and of the processor, the most memory in MB, people, bytes."""
    start, used = perf_counter(), process_time()
    built = attendance.build(order)
    seconds, busy = perf_counter() - start, process_time() - used
    return seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, built.people, len(built.content)


def main() -> int:
    """Print the line; 1 where it is too slow or too large."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        province = asyncio.run(_filled(url, people))
        order = Order(url, Viewer.system("/"), province, MONTH, NOW, "zh_CN")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            seconds, busy, mb, written, size = pool.submit(timed, order).result()
    print(
        f"{written} people, {seconds:.1f} s ({busy:.1f} s of the processor), {mb:.0f} MB, a file of {size / 1e6:.1f} MB"
    )
    return verdict(
        "attendance sheet",
        {
            "everybody is in it": written == people,
            f"at most {MOST_EXPORT_S} s": seconds <= MOST_EXPORT_S,
            f"at most {MOST_EXPORT_MB} MB": mb <= MOST_EXPORT_MB,
        },
    )


async def _filled(url: str, people: int) -> int:
    await county.fill(url, people)
    db = Database(url)
    try:
        return await fill(db)
    finally:
        await db.close()


if __name__ == "__main__":
    sys.exit(main())
