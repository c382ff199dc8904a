"""The send budget: so many a second in all, one a second to one chat, whoever speaks goes first."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.budget import BURST, CATCH_UP, Budget, Turns, _Waiter
from policy.delivery import Lane

RANKS = {lane: rank for rank, lane in enumerate(Lane)}


class Never:
    """A future that nobody sets."""

    def done(self) -> bool:
        return False


def stand(turns: Turns, chat: int | None, lane: Lane, now: float) -> _Waiter:
    waiter = _Waiter(chat, RANKS[lane], Never())  # type: ignore[arg-type]
    turns.add(waiter, now)
    return waiter


def serve(turns: Turns, now: float, until: float) -> list[tuple[float, _Waiter]]:
    """Who gets a turn when, the clock going from one such moment to the next."""
    served = []
    while now <= until:
        waiter, again_at = turns.pop(now)
        if waiter is not None:
            served.append((now, waiter))
        elif again_at is None:
            break
        else:
            assert again_at > now
            now = again_at
    return served


def test_answers_pass_what_waits_in_bulk():
    turns = Turns(10)
    for chat in range(100):
        stand(turns, chat, Lane.BULK, 0)
    serve(turns, 0, 1)
    answer, urgent = stand(turns, 500, Lane.ANSWER, 1), stand(turns, 501, Lane.URGENT, 1)
    order = [waiter for _, waiter in serve(turns, 1, 2)]
    assert order.index(answer) == 0
    assert order.index(urgent) == 1


def test_one_chat_has_a_burst_of_three_then_one_a_second_in_order():
    turns = Turns(100)
    waiters = [stand(turns, 7, Lane.ORDINARY, 100) for _ in range(6)]
    other = stand(turns, 8, Lane.BULK, 100)
    served = [(at - 100, waiter) for at, waiter in serve(turns, 100, 110)]
    assert [waiter for _, waiter in served if waiter is not other] == waiters
    times = [round(at, 2) for at, waiter in served if waiter is not other]
    assert times[:3] == [0, 0, 0.01]
    assert [b - a >= 0.98 for a, b in pairwise(times[2:])] == [True] * 3
    assert next(at for at, waiter in served if waiter is other) < 0.1  # it does not wait behind the busy chat


def test_who_gave_up_takes_no_turn():
    turns = Turns(1)
    gone = stand(turns, 1, Lane.ANSWER, 0)
    gone.future = asyncio.Future(loop=asyncio.new_event_loop())
    gone.future.cancel()
    waits = stand(turns, 2, Lane.BULK, 0)
    assert turns.pop(0) == (waits, None)
    gone.future.get_loop().close()


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5), st.sampled_from(list(Lane))), min_size=1, max_size=80),
    st.sampled_from([3.0, 10.0, 28.0]),
)
def test_no_second_holds_more_than_the_rate_and_nobody_is_forgotten(arrivals: list[Any], rate: float):
    turns = Turns(rate)
    served: list[tuple[float, _Waiter]] = []
    now = 0.0
    for at, chat, lane in sorted(arrivals, key=lambda one: one[0]):
        served += serve(turns, now, at)
        now = max(now, at, served[-1][0] if served else 0)
        stand(turns, chat, lane, now)
    served += serve(turns, now, now + 1_000)
    assert len(served) == len(arrivals)
    times = [at for at, _ in served]
    for start in times:
        assert sum(start <= at < start + 0.999 for at in times) <= rate + CATCH_UP + 1
    for chat in range(1, 6):
        own = [at for at, waiter in served if waiter.chat == chat]
        for start in own:
            assert sum(start <= at < start + 0.999 for at in own) <= BURST + 1


async def test_a_pause_holds_up_everybody():
    budget = Budget(1_000)
    loop = asyncio.get_running_loop()
    budget.pause(0.05)
    start = loop.time()
    await asyncio.gather(budget.turn(1), budget.turn(2, Lane.BULK))
    assert loop.time() - start >= 0.045


async def test_without_a_rate_only_a_pause_is_waited_for():
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    budget = Budget(0, sleep)
    for chat in range(100):
        await budget.turn(chat)
    assert slept == []
    budget.pause(7)
    await budget.turn(1)
    assert [6 < seconds <= 7 for seconds in slept] == [True]


async def test_who_is_cancelled_leaves_the_line():
    budget = Budget(20)
    for _ in range(4):
        await budget.turn(None)
    waiting = asyncio.get_running_loop().create_task(budget.turn(1))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await budget.turn(2)
