"""The doctor: looks at everything that can go wrong, and says what to do. Changes nothing."""

from collections.abc import AsyncIterator

from bot import terminal
from bot.doctor import database, duties, machine, queues, server
from bot.doctor.finding import Finding
from bot.settings import Settings
from storage import roster

__all__ = ["Finding", "examine"]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """All findings, the database's first. Raises CommandError where there is no database to look at."""
    in_service = False
    if (behind := await database.behind(settings)) is not None:
        yield behind
    else:
        async with terminal.database(settings) as db, db.read() as session:
            now = terminal.now()
            async for finding in database.findings(session):
                yield finding
            async for finding in queues.findings(session, settings, now):
                yield finding
            in_service = not await roster.is_empty(session) and not await roster.is_sample(session)
            if in_service:
                async for finding in duties.findings(session, settings):
                    yield finding
    async for finding in server.findings(settings):
        yield finding
    for finding in machine.findings(settings, terminal.now(), in_service=in_service):
        yield finding
