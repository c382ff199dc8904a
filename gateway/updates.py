"""Updates on their way to the bot: fetched by getUpdates, or pushed to a webhook."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import orjson

from gateway.chats import DEFAULT_UPDATES, Chats
from gateway.errors import ApiError, bad_request
from gateway.store import Store, Transaction

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 100
_LONGEST_POLL = 50.0
_PUSH_TIMEOUT = aiohttp.ClientTimeout(total=60)
_PUSH_PAUSES = (0.2, 1.0, 3.0, 10.0, 30.0)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


@dataclass(frozen=True, slots=True)
class Hook:
    """Where updates are pushed to."""

    url: str
    secret: str | None = None
    connections: int = 40


class Updates:
    """The bot's end of the queue; the queue itself is a table, emptied as the bot acknowledges."""

    def __init__(self, store: Store, chats: Chats, hook: Hook | None, now: Callable[[], float]) -> None:
        self._store = store
        self._chats = chats
        self._now = now
        self._arrived = asyncio.Event()
        self._poll = 0
        self._closing = False
        self.hook = hook
        self.last_error: tuple[int, str] | None = None
        self._pusher: asyncio.Task[None] | None = None
        if hook is not None:
            self._start_pushing(hook)

    def wake(self) -> None:
        """There are new updates."""
        self._arrived.set()

    async def fetch(self, offset: int | None, limit: int | None, timeout: float, allowed: object = None) -> bytes:
        """getUpdates: forget what is below `offset`, wait up to `timeout` seconds for one, answer a JSON array.

        Raises:
            ApiError: 409 while a webhook is set, or when a later getUpdates takes over.
        """
        if self.hook is not None:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        if allowed is not None:
            await self.allow(allowed)
        self._poll += 1
        mine = self._poll
        self._arrived.set()  # an older poll wakes, and sees that it has been replaced
        most = min(max(limit or _MOST_AT_ONCE, 1), _MOST_AT_ONCE)
        deadline = asyncio.get_running_loop().time() + min(max(timeout, 0.0), _LONGEST_POLL)
        while True:
            self._arrived.clear()
            found = await self._store.run(partial(self._take, offset, most))
            self._still_mine(mine)
            left = deadline - asyncio.get_running_loop().time()
            if found or left <= 0 or self._closing:
                return b"[%b]" % b",".join(found)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), left)
            self._still_mine(mine)  # before the event is cleared: it may be the later poll's

    def _still_mine(self, poll: int) -> None:
        if self._poll != poll:
            raise ApiError(
                409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            )

    @staticmethod
    def _take(offset: int | None, limit: int, tx: Transaction) -> list[bytes]:
        if offset is not None:
            if offset < 0:  # "the last n"
                row = tx.execute(
                    "SELECT update_id FROM updates ORDER BY update_id DESC LIMIT 1 OFFSET ?", (-offset - 1,)
                ).fetchone()
                offset = row[0] if row is not None else 0
            tx.execute("DELETE FROM updates WHERE update_id < ?", (offset,))
        rows = tx.execute(
            "SELECT body FROM updates WHERE update_id >= ? ORDER BY update_id LIMIT ?", (offset or 0, limit)
        ).fetchall()
        return [row[0] for row in rows]

    async def allow(self, kinds: object) -> None:
        """Which kinds are made from now on; an empty list is the default.

        Raises:
            ApiError: 400 if it isn't a list of names.
        """
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise bad_request("can't parse allowed_updates: expected an Array of String")
        allowed = frozenset(kinds) or DEFAULT_UPDATES
        if allowed == self._chats.allowed:
            return
        self._chats.allowed = allowed
        value = orjson.dumps(sorted(allowed)).decode()
        await self._store.run(lambda tx: _set(tx, "allowed_updates", value))

    async def set_hook(self, hook: Hook | None, *, drop: bool) -> None:
        """Set or (None) remove the webhook; `drop` forgets what waits."""
        await self.close()
        self.hook = hook
        self.last_error = None
        value = orjson.dumps({"url": hook.url, "secret": hook.secret, "connections": hook.connections}) if hook else b""

        def job(tx: Transaction) -> None:
            _set(tx, "webhook", value.decode())
            if drop:
                tx.execute("DELETE FROM updates")

        await self._store.run(job)
        self._poll += 1
        self._arrived.set()
        if hook is not None:
            self._start_pushing(hook)

    async def info(self) -> dict[str, Any]:
        waiting = await self._store.run(lambda tx: tx.execute("SELECT count(*) FROM updates").fetchone()[0])
        hook = self.hook
        answer: dict[str, Any] = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": waiting,
        }
        if hook is not None:
            answer["max_connections"] = hook.connections
        if self.last_error is not None:
            answer["last_error_date"], answer["last_error_message"] = self.last_error
        if self._chats.allowed != DEFAULT_UPDATES:
            answer["allowed_updates"] = sorted(self._chats.allowed)
        return answer

    async def close(self) -> None:
        """Stop pushing."""
        if self._pusher is not None:
            self._pusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pusher
            self._pusher = None

    def stop_polls(self) -> None:
        """Let waiting polls answer at once (the server closes)."""
        self._closing = True
        self._arrived.set()

    def _start_pushing(self, hook: Hook) -> None:
        self._pusher = asyncio.get_running_loop().create_task(self._push(hook), name="gateway-webhook")

    async def _push(self, hook: Hook) -> None:
        failures = 0
        connector = aiohttp.TCPConnector(limit=hook.connections)
        async with aiohttp.ClientSession(connector=connector, timeout=_PUSH_TIMEOUT) as session:
            while True:
                self._arrived.clear()
                try:
                    batch = await self._store.run(lambda tx: _one_per_chat(tx, hook.connections))
                    done = [
                        update_id
                        for update_id, error in await asyncio.gather(*(_deliver(session, hook, *one) for one in batch))
                        if not self._failed(error)
                    ]
                    if done:
                        await self._store.run(lambda tx, done=done: _forget(tx, done))  # type: ignore[misc]
                except Exception:
                    log.exception("pushing updates failed")
                    batch, done = [(0, b"")], []
                if len(done) < len(batch):
                    await asyncio.sleep(_PUSH_PAUSES[min(failures, len(_PUSH_PAUSES) - 1)])
                    failures += 1
                    continue
                failures = 0
                if not batch:
                    await self._arrived.wait()

    def _failed(self, error: str | None) -> bool:
        if error is not None:
            self.last_error = (int(self._now()), error)
        return error is not None


def _set(tx: Transaction, name: str, value: str) -> None:
    tx.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def _one_per_chat(tx: Transaction, limit: int) -> list[tuple[int, bytes]]:
    """What may be pushed side by side: the oldest update of each chat, so that order within a chat holds."""
    rows = tx.execute(
        "SELECT update_id, body FROM updates WHERE update_id IN"
        " (SELECT min(update_id) FROM (SELECT * FROM updates ORDER BY update_id LIMIT 500) GROUP BY chat_id)"
        " ORDER BY update_id LIMIT ?",
        (limit,),
    )
    return rows.fetchall()


def _forget(tx: Transaction, update_ids: list[int]) -> None:
    for update_id in update_ids:
        tx.execute("DELETE FROM updates WHERE update_id = ?", (update_id,))


async def _deliver(session: aiohttp.ClientSession, hook: Hook, update_id: int, body: bytes) -> tuple[int, str | None]:
    headers = {"Content-Type": "application/json"}
    if hook.secret is not None:
        headers[SECRET_HEADER] = hook.secret
    try:
        async with session.post(hook.url, data=body, headers=headers, allow_redirects=False) as response:
            await response.read()
            if 200 <= response.status < 300:
                return update_id, None
            return update_id, f"Wrong response from the webhook: {response.status} {response.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return update_id, f"{type(error).__name__}: {error}"
