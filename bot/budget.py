"""The send budget: one for all that the bot sends, so many messages a second; who speaks now goes first."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable

from policy.delivery import Lane

Sleep = Callable[[float], Awaitable[None]]

BURST = 3
"""Messages that one chat may have at once; then one a second."""
CATCH_UP = 1
"""Turns that may be made up for after the loop was busy; more would break a server's limit in the second after."""
_RANK = {lane: rank for rank, lane in enumerate(Lane)}


class _Waiter:
    """Somebody who waits for a turn."""

    __slots__ = ("chat", "future", "rank")

    def __init__(self, chat: int | None, rank: int, future: "asyncio.Future[None]") -> None:
        self.chat, self.rank, self.future = chat, rank, future


class Turns:
    """Whose turn it is; pure: every moment is handed in (seconds of a monotonic clock)."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0
        self._full_at: dict[int, float] = {}
        self._ready: list[tuple[int, int, _Waiter]] = []
        self._resting: list[tuple[float, int, int]] = []  # chats that have had their burst, by when they may go on
        self._behind: dict[int, list[tuple[int, int, _Waiter]]] = {}
        self._numbers = itertools.count()
        self.paused_until = 0.0

    def add(self, waiter: _Waiter, now: float) -> None:
        """Stand in line: behind those of the same lane who came before."""
        entry = (waiter.rank, next(self._numbers), waiter)
        chat = waiter.chat
        if chat is not None and (chat in self._behind or self._room_at(chat) > now):
            self._rest(chat, entry)
        else:
            heapq.heappush(self._ready, entry)

    def pop(self, now: float) -> tuple[_Waiter | None, float | None]:
        """Whose turn it is now; None: nobody's, and the moment to ask again (None: nobody waits)."""
        self._wake(now)
        opens = max(self._next, self.paused_until)
        while self._ready:
            waiter = self._ready[0][2]
            if waiter.future.done():  # it gave up
                heapq.heappop(self._ready)
                continue
            if opens > now:
                return None, opens
            entry = heapq.heappop(self._ready)
            if waiter.chat is not None and self._room_at(waiter.chat) > now:
                self._rest(waiter.chat, entry)
                continue
            self._take(waiter.chat, now)
            return waiter, None
        return None, max(self._resting[0][0], opens) if self._resting else None

    def _take(self, chat: int | None, now: float) -> None:
        self._next = max(now - CATCH_UP * self._gap, self._next) + self._gap
        if chat is None:
            return
        self._full_at[chat] = max(self._full_at.get(chat, 0.0), now) + 1
        if len(self._full_at) > 10_000:
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}

    def _room_at(self, chat: int) -> float:
        """When a chat may have one more: its bucket empties by one a second and holds three."""
        return self._full_at.get(chat, 0.0) - (BURST - 1)

    def _rest(self, chat: int, entry: tuple[int, int, _Waiter]) -> None:
        if chat not in self._behind:
            self._behind[chat] = []
            heapq.heappush(self._resting, (self._room_at(chat), next(self._numbers), chat))
        heapq.heappush(self._behind[chat], entry)

    def _wake(self, now: float) -> None:
        while self._resting and self._resting[0][0] <= now:
            _, number, chat = heapq.heappop(self._resting)
            line = self._behind[chat]
            heapq.heappush(self._ready, heapq.heappop(line))
            if line:  # the next of this chat has room a second later
                heapq.heappush(self._resting, (self._room_at(chat) + 1, number, chat))
            else:
                del self._behind[chat]


class Budget:
    """Makes a sender wait its turn. Rate 0: no limit at all, but for the pauses that a server asks for."""

    def __init__(self, rate: float, sleep: Sleep = asyncio.sleep) -> None:
        self.rate = rate
        self._sleep = sleep
        self._turns = Turns(rate) if rate else None
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, chat: int | None, lane: Lane = Lane.ANSWER) -> None:
        """Return when one message may go to this chat."""
        if self._turns is None:
            left = self._paused_until - _now()
            if left > 0:
                await self._sleep(left)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.add(_Waiter(chat, _RANK[lane], future), _now())
        self._serve()
        await future

    def pause(self, seconds: float) -> None:
        """The server said 429: nothing goes out before."""
        self._paused_until = max(self._paused_until, _now() + seconds)
        if self._turns is not None:
            self._turns.paused_until = self._paused_until

    def _serve(self) -> None:
        if self._turns is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while True:
            waiter, again_at = self._turns.pop(_now())
            if waiter is not None:
                waiter.future.set_result(None)
            elif again_at is None:
                return
            else:
                self._timer = asyncio.get_running_loop().call_at(again_at, self._serve)
                return


def _now() -> float:
    return asyncio.get_running_loop().time()
