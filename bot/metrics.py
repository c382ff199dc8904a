"""What is counted and timed, for `/metrics` (Prometheus). Numbers by kind only: nobody's name, text, place or id.

Whoever does something says so with one call: `metrics.sent(lane)`, `metrics.too_many()`, `metrics.beat("worker")`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from policy.delivery import Lane

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

RATE_OVER_S = 10
"""Seconds over which the send rate is taken."""
_QUICK = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 5, 10, 20, 50, 100)
_LONG = (0.01, 0.1, 0.5, 1, 3, 10, 30, 60, 300)

_received = Counter("zhucun_updates_received", "Updates stored; a repeat counts again", registry=REGISTRY)
_handled = Counter("zhucun_updates_handled", "Updates handled and committed", registry=REGISTRY)
_set_aside = Counter("zhucun_updates_set_aside", "Updates given up, with their error", registry=REGISTRY)
_batch_size = Histogram("zhucun_batch_updates", "Updates of one batch of the worker", buckets=_SIZES, registry=REGISTRY)
_batch_time = Histogram("zhucun_batch_seconds", "Time of one batch, commit included", buckets=_QUICK, registry=REGISTRY)
_answers = Counter("zhucun_answers_sent", "Calls that answer who is speaking, sent", ["method"], registry=REGISTRY)
_sent = Counter("zhucun_messages_sent", "Messages of the outbox sent, edits included", ["lane"], registry=REGISTRY)
_too_many = Counter("zhucun_too_many_requests", "429 from the Bot API server", registry=REGISTRY)
_retries = Counter("zhucun_retries", "Calls put off for the line or the server", ["part"], registry=REGISTRY)
_sweeps = Histogram(
    "zhucun_sweep_seconds", "Sweeps of the clock and their time", ["sweep"], buckets=_LONG, registry=REGISTRY
)
_writer_wait = Histogram(
    "zhucun_writer_wait_seconds", "Waiting for one's turn to write", buckets=_QUICK, registry=REGISTRY
)
_beats = Gauge("zhucun_last_beat_seconds", "When a part last went round, unix seconds", ["part"], registry=REGISTRY)
_outbox = Gauge("zhucun_outbox_rows", "Rows of the outbox", ["state"], registry=REGISTRY)
_oldest = Gauge(
    "zhucun_outbox_oldest_seconds", "For how long the oldest row that is due has waited", ["lane"], registry=REGISTRY
)
_waiting = Gauge("zhucun_updates_waiting", "Updates that wait to be handled", registry=REGISTRY)
_database_up = Gauge("zhucun_database_up", "1: the database answered this scrape", registry=REGISTRY)
_rate_limit = Gauge("zhucun_send_rate_limit", "Messages a second allowed, 0: no limit", registry=REGISTRY)


class Rate:
    """Messages a second over the last ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[list[int]] = deque()  # [second, messages]

    def note(self) -> None:
        """One message went out."""
        second = int(self._clock())
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([second, 1])
            self._forget(second)

    def per_second(self) -> float:
        """How fast they go; the second at hand is not over and is left out."""
        second = int(self._clock())
        self._forget(second)
        return sum(count for at, count in self._seconds if at < second) / RATE_OVER_S

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] < second - RATE_OVER_S:
            self._seconds.popleft()


_rate = Rate()
Gauge(
    "zhucun_send_rate", f"Messages a second over the last {RATE_OVER_S} seconds, all lanes", registry=REGISTRY
).set_function(_rate.per_second)
_last: dict[str, float] = {}


def received(count: int) -> None:
    """Updates are on disk."""
    _received.inc(count)


def batch(updates: int, handled: int, seconds: float) -> None:
    """A batch was committed; what of it was not handled can't be decoded, and was set aside."""
    _batch_size.observe(updates)
    _batch_time.observe(seconds)
    _handled.inc(handled)
    _set_aside.inc(updates - handled)


def set_aside() -> None:
    """An update was given up after its tries."""
    _set_aside.inc()


def answered(method: str) -> None:
    """A call that answers somebody went out; `method` is the Bot API's. Answering a press is no message."""
    _answers.labels(method).inc()
    if method != "answerCallbackQuery":
        _rate.note()


def sent(lane: Lane) -> None:
    """A message of the outbox went out, or one that stands was edited."""
    _sent.labels(lane.value).inc()
    _rate.note()


def too_many() -> None:
    """The server said 429."""
    _too_many.inc()


def retried(part: str) -> None:
    """A call is tried again later, for no fault of its own. `part`: `answers`, `delivery`."""
    _retries.labels(part).inc()


def waited(seconds: float) -> None:
    """Somebody waited so long for the turn to write."""
    _writer_wait.observe(seconds)


def swept(sweep: str, seconds: float) -> None:
    """A sweep was run to its end."""
    _sweeps.labels(sweep).observe(seconds)


@contextmanager
def sweeping(sweep: str) -> Iterator[None]:
    """Time a sweep; one that fails is not counted."""
    begun = time.perf_counter()
    yield
    swept(sweep, time.perf_counter() - begun)


def beat(part: str) -> None:
    """A part of the bot has gone round once more: it is not stuck. `part`: `worker`, `intake`, `delivery`."""
    _last[part] = time.monotonic()
    _beats.labels(part).set_to_current_time()


def silent_for(part: str, since: float) -> float:
    """Seconds since a part last went round; where it never has, since `since` (of the monotonic clock)."""
    return time.monotonic() - max(_last.get(part, since), since)


def limit(rate: float) -> None:
    """What may be sent a second."""
    _rate_limit.set(rate)


def queues(waiting: int, states: Mapping[str, int], oldest: Mapping[Lane, float]) -> None:
    """How the queues stand at this scrape: updates that wait, rows by state, seconds of the oldest due row by lane."""
    _database_up.set(1)
    _waiting.set(waiting)
    for state, count in states.items():
        _outbox.labels(state).set(count)
    for lane in Lane:
        _oldest.labels(lane.value).set(oldest.get(lane, 0.0))


def database_down() -> None:
    """The database did not answer this scrape; the queues are as they were last known."""
    _database_up.set(0)


def text() -> bytes:
    """All of it, as Prometheus reads it."""
    return generate_latest(REGISTRY)
