"""Work that ends early where the bot is to stop."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def unless(stop: asyncio.Event, work: Awaitable[T], timeout: float | None = None) -> T | None:
    """The result of `work`, or None where `stop` came first, or so many seconds went by; the work is cancelled then."""
    loop = asyncio.get_running_loop()
    task, stopping = asyncio.ensure_future(work), loop.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        return None
    finally:
        stopping.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not beyond `stop`."""
    await unless(stop, asyncio.sleep(seconds))


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Return when one of the events is set, or after `timeout` seconds."""
    loop = asyncio.get_running_loop()
    waits = [loop.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
