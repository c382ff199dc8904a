"""The press (law 12): documents are built in a process of their own, one at a time, while the bot goes on talking.

What goes in is a function of a module and plain data, what comes out bytes or plain data. A long one says `far` how far
it is; whoever waits for it and wants to know sets `watching`.
"""

import asyncio
import atexit
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import SimpleQueue
from time import monotonic
from typing import ParamSpec, TypeVar

from policy.refusals import Refusal

P = ParamSpec("P")
T = TypeVar("T")


class PressError(Exception):
    """A document could not be built; the text begins with the kind of error."""


class PressClosedError(Exception):
    """The bot is stopping; what was asked for is built after the next start."""


@dataclass(slots=True)
class Watch:
    """How far a document is, of how much; nothing is known while `total` is 0."""

    done: int = 0
    total: int = 0


watching: ContextVar[Watch | None] = ContextVar("watching", default=None)
"""Kept up to date while `build` is awaited."""

Far = tuple[int, int, int]
"""Which job, how far, of how much."""

TOLD_EVERY_S = 0.3

_pool: ProcessPoolExecutor | None = None
_news: "SimpleQueue[Far | None] | None" = None
_watches: dict[int, Watch] = {}
_numbers = itertools.count(1)


async def build(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` makes, from a process of its own, which is started when first needed.

    Raises the function's own `Refusal`; `PressError` for whatever else went wrong there, also when the process has
    died twice (of lack of memory, say); `PressClosedError` after `close`.
    """
    number = next(_numbers)
    job = partial(_run, partial(function, *args, **kwargs), number)
    if (watch := watching.get()) is not None:
        _watches[number] = watch
    try:
        return await _built(job)
    finally:
        _watches.pop(number, None)


async def _built(job: Callable[[], T]) -> T:
    for is_last in (False, True):
        pool = _opened()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, job)
        except asyncio.CancelledError as error:
            # closed while the job stood in line; else it is the caller who has been cancelled
            if _pool is pool or (task := asyncio.current_task()) is None or task.cancelling():
                raise
            raise PressClosedError from error
        except BrokenExecutor as error:
            if _pool is not pool:
                raise PressClosedError from error
            _forget()
            if is_last:
                raise PressError("the process of documents died twice") from error
    raise AssertionError("unreachable")


def close() -> None:
    """End the process, whatever it is at. A later `build` starts another."""
    pool = _pool
    _forget()
    if pool is None:
        return
    # shutdown alone would wait for the work at hand, and a county's month takes its time
    for process in list((pool._processes or {}).values()):  # noqa: SLF001 -- public only from Python 3.14
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


atexit.register(close)


def _opened() -> ProcessPoolExecutor:
    global _pool, _news  # noqa: PLW0603 -- one press a process
    if _pool is None:
        # spawned, never forked: a fork would take along the loop, the connections and the locks of this process
        spawn = multiprocessing.get_context("spawn")
        _news = spawn.SimpleQueue()
        threading.Thread(target=_listen, args=(_news,), daemon=True).start()
        _pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin, initargs=(_news,))
    return _pool


def _listen(news: "SimpleQueue[Far | None]") -> None:
    """Until the press is closed: what its process says of how far it is."""
    while (told := news.get()) is not None:
        number, done, total = told
        if (watch := _watches.get(number)) is not None:
            watch.done, watch.total = done, total


def _forget() -> None:
    global _pool, _news  # noqa: PLW0603
    if _news is not None:
        _news.put(None)
    _pool = _news = None


_job = 0
_told_at = 0.0


def far(done: int, total: int) -> None:
    """In the press's process: how far the document at hand is, of how much. Elsewhere nobody hears it."""
    global _told_at  # noqa: PLW0603
    if _news is not None and _job and monotonic() - _told_at >= TOLD_EVERY_S:
        _told_at = monotonic()
        _news.put((_job, done, total))


def _run(job: Callable[[], T], number: int) -> T:
    """In the press's process: errors go home as ours, since an exception that can't be pickled would end it."""
    global _job  # noqa: PLW0603
    _job = number
    try:
        return job()
    except Refusal:
        raise
    except Exception as error:
        raise PressError(f"{type(error).__name__}: {error}") from error


def _begin(news: "SimpleQueue[Far | None]") -> None:
    """In the press's process: people go before paper, Ctrl-C is the parent's affair, and it ends with the parent."""
    global _news  # noqa: PLW0603
    _news = news
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
