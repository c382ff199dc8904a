"""The press: a process of its own."""

import asyncio
import os
import time

import pytest

from documents import press
from documents.press import PressClosedError, PressError
from policy.refusals import Code, Refusal


def where(answer):
    return os.getpid(), answer


def dies():
    os._exit(1)


def refuses():
    raise Refusal(Code.NOT_FOUND)


def breaks():
    raise ValueError("a cell too many")


def counts():
    for n in (1, 2, 3):
        time.sleep(press.TOLD_EVERY_S)
        press.far(n, 3)


def lasts():
    time.sleep(60)


@pytest.fixture(autouse=True)
def closed():
    yield
    press.close()


async def test_it_is_another_process_and_stays_the_same():
    first, answer = await press.build(where, b"paper")
    second, _ = await press.build(where, answer=b"more")
    assert answer == b"paper"
    assert first == second != os.getpid()


async def test_a_refusal_comes_through_and_other_errors_are_the_presss():
    with pytest.raises(Refusal) as refused:
        await press.build(refuses)
    assert refused.value.code is Code.NOT_FOUND
    with pytest.raises(PressError, match="ValueError: a cell too many"):
        await press.build(breaks)


async def test_a_process_that_dies_is_replaced():
    with pytest.raises(PressError, match="died twice"):
        await press.build(dies)
    assert (await press.build(where, 1))[1] == 1


async def test_closing_ends_the_work_at_hand():
    await press.build(where, 1)
    async with asyncio.TaskGroup() as group:
        work = group.create_task(_closed_while(press.build(lasts)))
        await asyncio.sleep(0)  # it is handed in
        press.close()
    assert work.result()


async def _closed_while(building):
    with pytest.raises(PressClosedError):
        await building
    return True


async def test_how_far_it_is_comes_home_to_who_waits_for_it():
    watch = press.Watch()
    before = press.watching.set(watch)
    try:
        await press.build(counts)
    finally:
        press.watching.reset(before)
    assert watch.total == 3
    assert 2 <= watch.done <= 3  # the last word may come after the paper
    press.far(9, 9)  # in no press: nobody hears it
    assert watch.done <= 3
