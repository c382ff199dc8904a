"""`/healthz` and `/metrics` on a local port: is it alive, and how is it doing. No secrets, nobody's words."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from bot import metrics
from bot.settings import Settings, host_and_port
from bot.version import version
from storage import condition
from storage.engine import Database

log = structlog.get_logger()

PARTS = ("worker", "intake", "delivery")
"""What must go round, each calling `metrics.beat` as it does."""
SILENT_S = 120.0
"""A part that has not gone round for so long is stuck, or can't reach what it needs: intake beats once the server answers."""
DATABASE_S = 5.0
"""So long the database is given to answer."""


class PortTakenError(Exception):
    """The port that was asked for can't be had; holds the cause."""


class Health:
    """Answers whoever watches. `clock` tells the time, for ages of rows."""

    def __init__(self, db: Database, channel: str, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._channel = channel
        self._clock = clock
        self._since = time.monotonic()

    async def look(self) -> tuple[int, dict[str, Any]]:
        """The HTTP status and what it stands for: 200 all is well, 503 with what is wrong."""
        wrong = []
        silent = {part: metrics.silent_for(part, self._since) for part in PARTS}
        wrong += [f"{part}: has not gone round for {int(s)} s" for part, s in silent.items() if s > SILENT_S]
        try:
            async with asyncio.timeout(DATABASE_S), self._db.read() as session:
                await condition.answers(session)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the database does not answer; its words may hold a password
            wrong.append(f"database: {type(error).__name__}")
        said: dict[str, Any] = {
            "status": "unwell" if wrong else "ok",
            "version": version(),
            "channel": self._channel,
            "up_seconds": int(time.monotonic() - self._since),
            "silent_seconds": {part: int(seconds) for part, seconds in silent.items()},
        }
        return (503, {**said, "wrong": wrong}) if wrong else (200, said)

    async def _healthz(self, _request: web.Request) -> web.Response:
        status, said = await self.look()
        return web.json_response(said, status=status)

    async def _metrics(self, _request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(DATABASE_S), self._db.read() as session:
                waiting = await condition.updates_waiting(session, self._channel)
                states = await condition.outbox_states(session, self._channel)
                oldest = await condition.oldest_due(session, self._channel, self._clock())
        except Exception as error:  # noqa: BLE001 -- what is counted here is told all the same
            log.warning("the database did not answer a scrape", cause=type(error).__name__)
            metrics.database_down()
        else:
            metrics.queues(waiting, {state.value: count for state, count in states.items()}, oldest)
        return web.Response(body=metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def application(self) -> web.Application:
        """`GET /healthz`, `GET /metrics`."""
        app = web.Application()
        app.add_routes([web.get("/healthz", self._healthz), web.get("/metrics", self._metrics)])
        return app


@asynccontextmanager
async def watched(settings: Settings, health: Health) -> AsyncIterator[None]:
    """Answer on the health port while the block runs.

    Where the port is taken: a warning, since several may run on one machine. Raises PortTakenError where that port was
    asked for by name.
    """
    if settings.health_listen is None:
        yield
        return
    metrics.limit(settings.rate)
    runner = web.AppRunner(health.application(), access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *host_and_port(settings.health_listen)).start()
        except (OSError, AttributeError) as error:
            # taken between bind and listen, uvloop leaves no socket, and aiohttp asks it for its name
            number = error.errno if isinstance(error, OSError) else errno.EADDRINUSE
            cause = os.strerror(number) if number is not None else str(error)
            if "health_listen" in settings.model_fields_set:
                raise PortTakenError(cause) from error
            log.warning("the health port is taken; going on without", listen=settings.health_listen, cause=cause)
        yield
    finally:
        await runner.cleanup()
