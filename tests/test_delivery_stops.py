"""Delivery that is stopped, killed, or has no disk: nothing is lost, and nothing is said twice without a mark."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import chores
from bot.budget import Budget
from bot.delivery import Delivery
from handlers.cards import Card, card
from storage import delivery as rows_
from storage import outbox
from storage.tables import Lane, Outbox, OutboxState
from tests.facts import KIND, as_it_was, put, rows, said
from tests.world import CHANNEL, World

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
    await asyncio.wait_for(running, 5)  # what stands in a line is left for the next start, not waited for
    async with world.db.read() as session:
        left = [row.state for row in await session.scalars(select(Outbox))]
    assert OutboxState.CLAIMED not in left


async def cut_off(world: World, kind: str, waiting: asyncio.Event) -> list[Outbox]:
    """Deliver until somebody waits, and be cancelled then; what the rows of a kind look like after that."""
    running = asyncio.get_running_loop().create_task(world.delivery.run(asyncio.Event()))
    await asyncio.wait_for(waiting.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with world.db.read() as session:
        return list(await session.scalars(select(Outbox).where(Outbox.kind == kind)))


@card("test_slow_fact", slow=True)
async def slow_card(_session: Any, _viewer: Any, _payload: dict[str, Any]) -> Card | None:
    return Card("考勤统计表")


async def test_a_paper_that_waits_for_its_turn_was_surely_not_said(world, monkeypatch):
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        await outbox.put(session, "test_slow_fact", to=wang.person_id, key="p", now=world.clock())
    waiting = asyncio.Event()

    async def for_ever(*_: Any) -> None:
        waiting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Budget, "turn", for_ever)
    [row] = await cut_off(world, "test_slow_fact", waiting)
    assert (row.state, row.possibly_repeated) == (OutboxState.WAITING, False)


async def test_a_paper_on_its_way_is_in_doubt(world, monkeypatch):
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        await outbox.put(session, "test_slow_fact", to=wang.person_id, key="p", now=world.clock())
    sending = asyncio.Event()

    async def for_ever(*_: Any, **_more: Any) -> None:
        sending.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.bot.session, "make_request", for_ever)
    [row] = await cut_off(world, "test_slow_fact", sending)
    assert row.state is OutboxState.CLAIMED, "the next start takes it for possibly repeated"


async def test_a_chore_that_is_broken_off_goes_on_at_once_after_the_next_start(world, monkeypatch):
    """Not after two minutes, as what a dead process left."""
    await world.settle()
    begun = asyncio.Event()

    async def endless(_session: Any, **_more: Any) -> bool:
        begun.set()
        return True

    monkeypatch.setitem(chores.STEPS, "test_chore", endless)
    async with world.db.write() as session:
        await outbox.chore(session, "test_chore", key="c", now=world.clock())
    stop = asyncio.Event()
    running = asyncio.get_running_loop().create_task(world.delivery.run(stop))
    await asyncio.wait_for(begun.wait(), 20)
    stop.set()
    await asyncio.wait_for(running, 20)  # between two pieces, not at the end of all
    async with world.db.read() as session:
        [row] = await session.scalars(select(Outbox).where(Outbox.kind == "test_chore"))
    assert row.state is OutboxState.WAITING


async def test_what_a_process_still_has_in_hand_no_other_takes_for_stuck(world, monkeypatch):
    """A long line to one chat, a server that asks for a pause: two minutes are soon over."""
    wang = world.township_officer("王主任")
    await world.delivery.start()
    await put(world, wang)
    waiting, goes = asyncio.Event(), asyncio.Event()

    async def long_wait(*_: Any) -> None:
        waiting.set()
        await goes.wait()

    monkeypatch.setattr(Budget, "turn", long_wait)
    first = asyncio.get_running_loop().create_task(world.delivery.run_once())
    await asyncio.wait_for(waiting.wait(), 10)
    other = Delivery(world.db, world.bot, CHANNEL, Budget(0, world.sleep), world.clock)
    for _minute in range(5):
        world.now += timedelta(minutes=1)
        await world.delivery._cycle(None)
        await other._free_stuck()
        assert await other.run_once() == 0
    goes.set()
    await first
    assert said(world, wang) == ["请假待批"]
    assert [(row.state, row.possibly_repeated) for row in await rows(world)] == [(OutboxState.SENT, False)]
