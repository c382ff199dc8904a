"""The Bot API server of the benches: our gateway, in memory, in a process of its own, with a crowd of people in it.

`Crowd` starts it and gives it orders over a pipe; it notes when each person's answer came.
"""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

FIRST_USER = 1_000_001


NOTICE = "📣"
"""How a notice begins: what is sent without being asked for, and so is no answer."""


class Crowd:
    """A Bot API server in its own process, seen from the bench.

    `rate`: messages a second that it allows (0: as many as come). `faults`: the share of them that a bad line loses on
    their way to it.
    """

    def __init__(self, rate: float = 0, faults: float = 0) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, rate, faults), daemon=True)
        self._process.start()
        self.url, self.token = self._pipe.recv()

    def check_in(self, first: int, count: int, *, per_second: float | None = None) -> None:
        """People `first`, `first + 1`, … send a position: all at once, or so many a second."""
        self._ask("check_in", first, count, per_second)

    def meet(self, count: int) -> None:
        """So many people have written to the bot once, so that it may write to them."""
        self._ask("meet", 0, count)

    def wait(self, count: int, timeout: float) -> dict[str, Any]:
        """Wait until so many answers have come since the last order: seconds from first to last, delays in ms."""
        return dict(self._ask("wait", count, timeout))

    def answers(self) -> dict[int, int]:
        """How many messages each person has been sent."""
        return dict(self._ask("answers"))

    def answered(self) -> int:
        """How many people have been answered."""
        return int(self._ask("answered"))

    def notices(self) -> dict[int, int]:
        """How many notices each person has been sent."""
        return dict(self._ask("notices"))

    def noticed(self, people: int) -> int:
        """How many of the first so many people have been sent a notice."""
        return int(self._ask("noticed", people))

    def refused(self) -> int:
        """How many messages were answered with 429."""
        return int(self._ask("refused"))

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.join()

    def _ask(self, *order: Any) -> Any:
        self._pipe.send(order)
        return self._pipe.recv()


class _Server:
    def __init__(self) -> None:
        self.asked: dict[int, float] = {}
        self.answered: list[float] = []
        self.delays: list[float] = []
        self.counts: dict[int, int] = {}
        self.notices: dict[int, int] = {}
        self.refused = 0
        self.start = 0.0
        self.enough = asyncio.Event()
        self.wanted = 1 << 60

    def note(self, user_id: int, text: str) -> None:
        """A message has gone to a person."""
        now = time.perf_counter()
        if text.startswith(NOTICE):
            self.notices[user_id] = self.notices.get(user_id, 0) + 1
            return
        self.counts[user_id] = self.counts.get(user_id, 0) + 1
        asked = self.asked.pop(user_id, None)
        if asked is None:
            return
        self.answered.append(now)
        self.delays.append((now - asked) * 1000)
        if len(self.answered) >= self.wanted:
            self.enough.set()

    async def check_in(self, gateway: Any, first: int, count: int, per_second: float | None) -> None:
        self.answered, self.delays, self.enough = [], [], asyncio.Event()
        self.wanted = 1 << 60
        self.start = time.perf_counter()
        for n in range(first, first + count):
            user_id = FIRST_USER + n
            if per_second is not None:
                late = self.start + (n - first) / per_second - time.perf_counter()
                if late > 0:
                    await asyncio.sleep(late)
            self.asked[user_id] = time.perf_counter()
            await gateway.post_location(user_id, *site_of(n), accuracy=20.0)

    async def wait(self, count: int, timeout: float) -> dict[str, Any]:
        self.wanted = count
        if len(self.answered) < count:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.enough.wait(), timeout)
        delays = sorted(self.delays)
        return {
            "answers": len(self.answered),
            "seconds": (self.answered[-1] - self.start) if self.answered else 0.0,
            "p50": delays[len(delays) // 2] if delays else None,
            "p95": delays[int(len(delays) * 0.95)] if delays else None,
            "p99": delays[int(len(delays) * 0.99)] if delays else None,
        }


def site_of(n: int) -> tuple[float, float]:
    """Where person number `n` is posted: three to a village, villages on a grid (degrees)."""
    village = n // 3
    return 36.0 + (village % 100) * 0.05, 114.0 + (village // 100) * 0.05


def _serve(pipe: Connection, rate: float, faults: float) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_orders(pipe, rate, faults))


async def _orders(pipe: Connection, rate: float, faults: float) -> None:
    from gateway.server import Gateway

    server = _Server()
    _listen_in(server, faults)
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0, rate=rate)
    pipe.send((gateway.url, gateway.token))
    loop = asyncio.get_running_loop()
    tasks = set()
    counts: dict[str, Callable[..., Any]] = {
        "answered": lambda: len(server.counts),
        "answers": lambda: server.counts,
        "notices": lambda: server.notices,
        "noticed": lambda people: sum(user_id < FIRST_USER + people for user_id in server.notices),
        "refused": lambda: server.refused,
    }
    while True:
        order, *args = await loop.run_in_executor(None, pipe.recv)
        if order == "check_in":
            task = loop.create_task(server.check_in(gateway, *args))
            tasks.add(task)
            if args[2] is None:
                await task
            pipe.send(None)
        elif order == "wait":
            pipe.send(await server.wait(*args))
        elif order == "meet":
            for n in range(*args):
                gateway.user(FIRST_USER + n, f"样例{n}")
            pipe.send(None)
        else:
            pipe.send(counts[order](*args))


def _listen_in(server: _Server, faults: float) -> None:
    """Have the server count what is sent, and lose some of it on the way."""
    import orjson

    from gateway import methods
    from gateway.errors import ApiError

    plain = methods.MESSAGE_METHODS["sendmessage"]
    chance = random.Random(7)

    async def noting(desk: Any, params: Any) -> bytes:
        if chance.random() < faults:
            raise ApiError(502, "Bad Gateway")
        try:
            result = await plain(desk, params)
        except ApiError as error:
            server.refused += error.code == 429
            raise
        message = orjson.loads(result)
        server.note(message["chat"]["id"], message["text"])
        return result

    methods.MESSAGE_METHODS["sendmessage"] = noting
