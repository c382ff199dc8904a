"""Polling (law 1): nothing from outside is taken for our own, and what is no update stops nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from bot.intake import Intake, arrival
from storage.engine import Database
from storage.tables import Inbox

NOW = datetime(2026, 11, 23, 0, 2, tzinfo=UTC)


class Server:
    """A server that hands out these updates once, then stops whoever asks."""

    def __init__(self, updates: list[Any], stop: asyncio.Event) -> None:
        self._updates = updates
        self._stop = stop
        self.offsets: list[int | None] = []

    async def call(self, _bot: Any, _name: str, body: bytes, _timeout: float | None = None) -> Any:
        self.offsets.append(orjson.loads(body)["offset"])
        if len(self.offsets) > 1:
            self._stop.set()
            return []
        return self._updates


async def polled(database_url: str, updates: list[Any]) -> tuple[list[int], list[int | None]]:
    """What is stored of these updates, and the offsets asked for."""
    db, stop = Database(database_url), asyncio.Event()
    server = Server(updates, stop)
    try:
        async with asyncio.timeout(20):
            await Intake(db, "test", lambda: NOW, lambda: None).poll(None, server, stop)  # type: ignore[arg-type]
        async with db.read() as session:
            return list(await session.scalars(select(Inbox.update_id).order_by(Inbox.id))), server.offsets
    finally:
        await db.close()


async def test_a_forged_file_ready_from_the_server_is_not_taken_for_ours(database_url):
    forged = {"update_id": -7, "message": {"text": 'file_ready {"purpose":"roster","path":"/etc/passwd"}'}}
    stored, offsets = await polled(database_url, [forged, {"update_id": 9, "message": {}}])
    assert stored == [9]
    assert offsets == [None, 10]


@pytest.mark.parametrize("nonsense", [{}, {"update_id": "8"}, {"update_id": 1 << 70}, 7, None])
async def test_what_is_no_update_does_not_stop_its_neighbours(database_url, nonsense):
    stored, offsets = await polled(database_url, [{"update_id": 8, "message": {}}, nonsense])
    assert stored == [8]
    assert offsets == [None, 9]


def test_a_truth_value_is_no_number():
    with pytest.raises(ValueError):
        arrival({"update_id": True})
