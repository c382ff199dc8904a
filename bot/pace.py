"""The send budget: so many messages a second in all, about one a second to one chat with a burst of three."""

import asyncio
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]

BURST = 3


class Pace:
    """Makes a sender wait its turn. Rate 0: no limit at all. Seconds of the loop's monotonic clock."""

    def __init__(self, rate: float, sleep: Sleep = asyncio.sleep) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._sleep = sleep
        self._next = 0.0
        self._chats: dict[int, float] = {}
        self._paused_until = 0.0

    async def turn(self, chat_key: int | None) -> None:
        """Return when one message may go to this chat."""
        if not self._gap:
            if self._paused_until:
                await self._pause_over()
            return
        now = asyncio.get_running_loop().time()
        start = max(now, self._next, self._paused_until)
        self._next = start + self._gap
        if chat_key is not None:
            start = max(start, self._chat_turn(chat_key, now))
        if start > now:
            await self._sleep(start - now)

    def pause(self, seconds: float) -> None:
        """The server said 429: nothing goes out before."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    async def _pause_over(self) -> None:
        left = self._paused_until - asyncio.get_running_loop().time()
        if left > 0:
            await self._sleep(left)

    def _chat_turn(self, chat_key: int, now: float) -> float:
        # the moment at which this chat's bucket of three has room: one second a message
        full_at = max(self._chats.get(chat_key, 0.0), now - BURST + 1)
        self._chats[chat_key] = full_at + 1
        if len(self._chats) > 10_000:
            self._chats = {key: at for key, at in self._chats.items() if at > now - BURST}
        return full_at
