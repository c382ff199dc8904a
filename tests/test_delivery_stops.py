"""Delivery that is stopped, killed, or has no disk: nothing is lost, and nothing is said twice without a mark."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.budget import Budget
from bot.delivery import Delivery
from storage import delivery as rows_
from storage import outbox
from storage.tables import Lane, Outbox, OutboxState
from tests.facts import KIND, as_it_was, put, rows, said
from tests.world import CHANNEL

__all__ = ["as_it_was"]


async def test_what_a_process_died_over_goes_out_at_the_next_start(world):
    wang = world.township_officer("王主任")
    await put(world, wang)
    async with world.db.write() as session:
        assert len(await rows_.claim(session, CHANNEL, world.clock(), 10)) == 1  # and the process is gone
    await world.settle()
    await wang.sees_nothing()
    if not world.db.is_sqlite:  # another process may have it in hand: only after two minutes
        await world.advance(minutes=3)
    world.delivery = Delivery(world.db, world.bot, CHANNEL, Budget(0, world.sleep), world.clock)
    await world.delivery.start()
    await wang.sees("请假待批")


async def test_what_another_process_died_over_is_found_while_running(world):
    wang = world.township_officer("王主任")
    await world.delivery.start()
    await put(world, wang)
    async with world.db.write() as session:
        assert len(await rows_.claim(session, CHANNEL, world.clock(), 10)) == 1
    await world.advance(seconds=90)
    await wang.sees_nothing()
    await world.advance(minutes=2)
    await wang.sees("请假待批")


async def test_a_disk_that_fails_after_the_sending_makes_nothing_be_said_twice(world, monkeypatch):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    record, failed = rows_.record, []

    async def fail_twice(session: Any, outcomes: Any) -> None:
        if outcomes and len(failed) < 2:
            failed.append(True)
            raise OperationalError("UPDATE", {}, Exception("database or disk is full"))
        await record(session, outcomes)

    monkeypatch.setattr(rows_, "record", fail_twice)
    for _ in range(2):
        with pytest.raises(OperationalError):
            await world.delivery.run_once()
    await world.settle()
    assert (said(world, wang), said(world, li)) == (["请假待批"], ["请假待批"])
    assert [row.state for row in await rows(world)] == [OutboxState.SENT, OutboxState.SENT]
    assert next(row.message_id for row in await rows(world)) == world.api.messages[wang.chat_id][0].message_id


async def test_a_sender_who_stops_leaves_nothing_in_doubt(world):
    """What waits for its turn at the stop was surely not said: it is no possible repetition at the next start."""
    people = [world.township_officer(f"王{n}") for n in range(6)]
    await put(world, *people)
    world.delivery = Delivery(world.db, world.bot, CHANNEL, Budget(0.5), world.clock)
    stop = asyncio.Event()
    out, answer = asyncio.Event(), world.bot.session.make_request

    async def noted(*args: Any, **more: Any) -> Any:
        out.set()
        return await answer(*args, **more)

    world.bot.session.make_request = noted
    running = asyncio.get_running_loop().create_task(world.delivery.run(stop))
    await asyncio.wait_for(out.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with world.db.read() as session:
        found = list(await session.scalars(select(Outbox)))
    assert {row.state for row in found} == {OutboxState.SENT, OutboxState.WAITING}
    assert not any(row.possibly_repeated for row in found)


async def test_a_chat_with_much_to_hear_keeps_nobody_waiting(world):
    """Its second message is not yet due, and a hundred behind it take one place only."""
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await world.settle()
    async with world.db.write() as session:
        for n in range(40):
            await outbox.put(session, KIND, to=wang.person_id, key=f"k{n}", lane=Lane.ANSWER, now=world.clock())
        await outbox.put(session, KIND, to=li.person_id, key="li", lane=Lane.BULK, now=world.clock())
    world.delivery = Delivery(world.db, world.bot, CHANNEL, Budget(20), world.clock)
    out, answer = asyncio.Event(), world.bot.session.make_request

    async def noted(bot: Any, method: Any, timeout: Any = None) -> Any:
        if method.chat_id == li.chat_id:
            out.set()
        return await answer(bot, method, timeout)

    world.bot.session.make_request = noted
    stop = asyncio.Event()
    running = asyncio.get_running_loop().create_task(world.delivery.run(stop))
    await asyncio.wait_for(out.wait(), 10)
    assert len(said(world, wang)) <= 6
    stop.set()
    await running
    async with world.db.read() as session:
        left = [row.state for row in await session.scalars(select(Outbox))]
    assert OutboxState.CLAIMED not in left
