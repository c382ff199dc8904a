"""Receiving (law 1): an update is on disk before it is acknowledged, by polling or by webhook."""

import asyncio
import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter, TelegramUnauthorizedError
from aiohttp import web

from bot import metrics
from bot.api import Line
from bot.stopping import pause, unless
from storage import inbox
from storage.engine import Database, cause_of
from storage.inbox import Arrival

log = structlog.get_logger()

ALLOWED = ["message", "callback_query", "my_chat_member"]
LONG_POLL_S = 25
LARGEST_UPDATE = 1 << 20
"""Bytes of a webhook's body."""
AT_ONCE = 100
IDLE_S = 30.0
"""At most so long a webhook is waited for; then the loop goes round once for nothing."""


class Intake:
    """Stores what comes in; concurrent webhooks share one transaction."""

    def __init__(self, db: Database, channel: str, clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._db = db
        self._channel = channel
        self._clock = clock
        self._wake = wake
        self._queue: asyncio.Queue[tuple[Arrival, asyncio.Future[None]]] = asyncio.Queue()
        self._closed = False

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """Return when these updates are on disk."""
        if not arrivals:
            return
        async with self._db.write() as session:
            await inbox.store(session, self._channel, arrivals, self._clock())
        metrics.received(len(arrivals))
        self._wake()

    async def poll(self, bot: Bot, line: Line, stop: asyncio.Event) -> None:
        """Ask for updates until `stop`; a batch is stored before the next one is asked for."""
        offset, seconds = None, 1.0
        metrics.beat("intake")  # the server has just taken `attach`; from now on, whenever it answers
        while not stop.is_set():
            try:
                updates = await unless(stop, line.call(bot, "getUpdates", _ask(offset), LONG_POLL_S + 10))
                if updates is None:
                    return
                found = _arrivals(updates)
                await self.store(found)
            except TelegramRetryAfter as error:
                metrics.too_many()
                await pause(stop, error.retry_after)
            except TelegramUnauthorizedError:
                log.error("the Bot API server does not know this token; see ZHUCUN_BOT_TOKEN")
                await pause(stop, 30)
            except TelegramAPIError as error:
                cause = f"{type(error).__name__}: {error.message}"
                log.warning("no updates to be had; trying again", cause=cause, seconds=seconds)
                await pause(stop, seconds)
                seconds = min(seconds * 2, 30)
            except Exception as error:  # noqa: BLE001 -- disk or database: not acknowledged, so it comes again
                log.error("updates could not be stored; trying again", cause=cause_of(error))
                await pause(stop, seconds)
                seconds = min(seconds * 2, 5)
            else:
                metrics.beat("intake")
                seconds = 1.0
                if found:
                    offset = found[-1].update_id + 1

    def webhook(self, path: str, secret: str) -> web.Application:
        """A web application that stores an update before it answers 200; 401 without the secret, 503 not stored."""

        async def receive(request: web.Request) -> web.Response:
            given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
            if not hmac.compare_digest(given.encode(errors="surrogateescape"), secret.encode()):
                return web.Response(status=401)
            try:
                update = arrival(orjson.loads(await request.read()))
            except (ValueError, KeyError, TypeError):
                log.warning("a webhook call that is no update")
                return web.Response(status=400)
            if self._closed:
                return web.Response(status=503)
            stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            await self._queue.put((update, stored))
            try:
                await stored
            except Exception:  # noqa: BLE001 -- said in the log by `store_webhooks`; the server sends it again
                return web.Response(status=503)
            return web.Response()

        app = web.Application(client_max_size=LARGEST_UPDATE)
        app.router.add_post(path, receive)
        return app

    async def store_webhooks(self, stop: asyncio.Event) -> None:
        """Store what webhooks bring, all that waits in one transaction, until `stop`; who comes later is told 503."""
        taken: list[tuple[Arrival, asyncio.Future[None]]] = []
        try:
            while True:
                metrics.beat("intake")
                first = await unless(stop, self._queue.get(), timeout=IDLE_S)
                if first is None and stop.is_set():
                    break
                if first is None:
                    continue
                taken = [first]
                while not self._queue.empty() and len(taken) < AT_ONCE:
                    taken.append(self._queue.get_nowait())
                try:
                    await self.store([update for update, _ in taken])
                except Exception as error:  # noqa: BLE001 -- told to every waiting request
                    log.error("updates could not be stored", cause=cause_of(error))
                    _not_stored(taken)
                else:
                    for _, stored in taken:
                        if not stored.done():  # whoever asked may have gone
                            stored.set_result(None)
        finally:
            self._closed = True
            while not self._queue.empty():
                taken.append(self._queue.get_nowait())
            _not_stored(taken)


def _not_stored(taken: Sequence[tuple[Arrival, asyncio.Future[None]]]) -> None:
    for _, stored in taken:
        if not stored.done():
            stored.set_exception(ConnectionError("not stored"))
            stored.exception()


def arrival(update: dict[str, Any]) -> Arrival:
    """An update from outside as the inbox keeps it. Raises KeyError, TypeError or ValueError for what is no update.

    Numbers below zero are our own (`handlers.files`), and nobody else may send them.
    """
    update_id = update["update_id"]
    if type(update_id) is not int or not 0 <= update_id < _TOO_LARGE:
        raise ValueError("an update's number is a whole one, not below zero")
    return Arrival(update_id, chat_key(update), orjson.dumps(update).decode())


_TOO_LARGE = 1 << 63


def _arrivals(updates: Sequence[dict[str, Any]]) -> list[Arrival]:
    """What of an answer to `getUpdates` are updates; anything else must not stop them.

    Raises ValueError where none is: the same would be handed out again at once.
    """
    found = []
    for update in updates:
        with suppress(ValueError, KeyError, TypeError):
            found.append(arrival(update))
    if updates and not found:
        raise ValueError("none of them is an update")
    if len(found) < len(updates):
        log.warning("what is no update is passed over", count=len(updates) - len(found))
    return found


def chat_key(update: dict[str, Any]) -> int | None:
    """The private chat an update belongs to; None where it belongs to none, or has a shape we don't know."""
    query = update.get("callback_query")
    carrier = update.get("message") or (query.get("message") if isinstance(query, dict) else None)
    carrier = carrier or update.get("my_chat_member")
    chat = carrier.get("chat") if isinstance(carrier, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private":
        return None
    key = chat.get("id")
    return key if isinstance(key, int) and abs(key) < _TOO_LARGE else None


def _ask(offset: int | None) -> bytes:
    return orjson.dumps({"offset": offset, "timeout": LONG_POLL_S, "limit": AT_ONCE, "allowed_updates": ALLOWED})
