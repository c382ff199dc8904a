"""The sweep of retention: done piece by piece; twice is once. What people are told is in `scheduler.telling`."""

from datetime import datetime

import structlog

from actions import retention
from policy.authority import Viewer
from storage import ticks
from storage.engine import Database

log = structlog.get_logger()

MOST_PIECES = 1_000


async def thin(db: Database, now: datetime) -> dict[str, int]:
    """Delete all that has been kept long enough (law 14), a transaction a piece."""
    totals: dict[str, int] = {}
    for _ in range(MOST_PIECES):
        async with db.write() as session:
            counts = await retention.thin(session, by=Viewer.system(), now=now)
        for kind, count in counts.items():
            totals[kind] = totals.get(kind, 0) + count
        if not any(counts.values()):
            break
    if any(totals.values()):
        log.info("kept no longer", **totals)
    async with db.write(ids=0) as session:
        await ticks.forget(session, now)
    return totals
