"""Cards that are out: renewed when their matter changes, taken back; papers beside them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.budget import Budget
from handlers import cards
from handlers.cards import Card, card
from storage import outbox
from storage.delivery import claim
from storage.tables import Lane, Outbox, OutboxState
from tests.botapi import ApiError
from tests.facts import LINE, SUBJECT, as_it_was, fact, put, refresh, rows, said
from tests.world import CHANNEL

__all__ = ["as_it_was"]


async def test_a_change_is_shown_on_every_live_card(world):
    wang, li, zhao = (world.township_officer(name) for name in ("王主任", "李主任", "赵主任"))
    await put(world, wang, li, zhao)
    await world.settle()
    world.api.messages[li.chat_id].clear()  # deleted on the phone: said anew
    world.api.blocked.add(wang.chat_id)  # and one who can't be reached keeps nobody from it
    world.api.messages[wang.chat_id].clear()
    fact.text = "请假已批 · 王主任"
    await refresh(world)
    await world.settle()
    assert (said(world, wang), said(world, li), said(world, zhao)) == ([], [fact.text], [fact.text])
    assert world.api.messages[zhao.chat_id][0].edits == 1
    assert [row.message_id for row in await rows(world)][1] == world.api.messages[li.chat_id][0].message_id
    async with world.db.read() as session:
        assert await outbox.chat_of(session, CHANNEL, wang.person_id) is None


async def test_a_card_whose_words_break_keeps_the_others_from_nothing(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    await world.settle()
    fact.text = "请假已批"
    fact.broken[wang.person_id] = ZeroDivisionError("broken")
    await refresh(world)
    with capture_logs() as lines:
        await world.settle()
    assert (said(world, wang), said(world, li)) == (["请假待批"], ["请假已批"])
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["not deliverable"]


async def test_two_refreshes_are_one_and_one_that_changes_nothing_is_silent(world):
    wang = world.township_officer("王主任")
    await put(world, wang)
    await world.settle()
    fact.text = "请假已批"
    await refresh(world)
    await refresh(world)
    await world.settle()
    await refresh(world)
    await world.settle()
    assert world.api.messages[wang.chat_id][0].edits == 1
    assert len([row for row in await world.rows(Outbox) if row.kind == outbox.REFRESH]) == 2


async def test_a_refresh_over_a_bad_line_is_finished_later_and_edits_nothing_twice(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    await world.settle()
    fact.text = "请假已批"
    calls = [None, ApiError(502, LINE)]
    real = world.api._answer

    def second_fails(name: str, body: dict[str, Any]) -> dict[str, Any]:
        if calls and (fault := calls.pop(0)) is not None:
            world.api.faults.append(fault)
        return real(name, body)

    world.api._answer = second_fails
    await refresh(world)
    await world.settle()
    assert (said(world, wang), said(world, li)) == (["请假已批"], ["请假待批"])
    await world.advance(seconds=1)
    assert said(world, li) == ["请假已批"]
    assert [world.api.messages[who.chat_id][0].edits for who in (wang, li)] == [1, 1]


async def test_the_words_under_a_picture_are_edited_as_its_caption(world):
    wang = world.township_officer("王主任")
    fact.file = b"PNG"
    await put(world, wang)
    await world.settle()
    fact.text = "请假已批"
    await refresh(world)
    await world.settle()
    (only,) = world.api.messages[wang.chat_id]
    assert (only.text, only.is_photo, only.edits) == ("请假已批", True, 1)
    fact.text, fact.file = "请假已销", None  # a text can't take a picture's place: it is said anew
    await refresh(world)
    await world.settle()
    assert said(world, wang) == ["请假已批", "请假已销"]


async def test_a_change_touches_only_the_cards_of_its_own_channel(world):
    wang = world.township_officer("王主任")
    await put(world, wang)
    await wang.sees("请假待批")
    async with world.db.write() as session:
        await session.execute(update(Outbox).values(channel="elsewhere"))
    fact.text = "请假已批"
    await wang.looks_away()
    await refresh(world)
    await wang.sees_nothing()


class Pile:
    """Papers being made at the same moment."""

    now = most = 0


@card("test_paper_pile", slow=True)
async def pile_card(session: Any, viewer: Any, payload: dict[str, Any]) -> Card | None:
    Pile.now += 1
    Pile.most = max(Pile.most, Pile.now)
    for _ in range(100):  # whoever could run beside it would by now
        await asyncio.sleep(0)
    Pile.now -= 1
    return Card(f"{payload['n']} 月考勤统计表")


async def test_papers_asked_for_at_once_leave_readers_for_everybody_else(world):
    """Each holds a reader of the database while it stands in line for the press, which makes one at a time."""
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        for n in range(1, 13):
            await outbox.put(
                session, "test_paper_pile", to=wang.person_id, key=f"p{n}", payload={"n": n}, now=world.clock()
            )
    await world.delivery.run_once()
    assert len(said(world, wang)) == 12
    assert Pile.most <= 2


@pytest.mark.parametrize("lane, seconds", [(Lane.ORDINARY, 0.2), (Lane.BULK, 3)])
async def test_a_change_while_a_card_is_in_flight_is_shown_once_it_has_arrived(world, lane, seconds):
    """Its words may be of before the change, and it is no live card yet. Amid many it is looked for now and then."""
    wang = world.township_officer("王主任")
    await put(world, wang, lane=lane)
    sending, arrived = asyncio.Event(), asyncio.Event()
    answer = world.bot.session.make_request

    async def slow(*args: Any, **more: Any) -> Any:
        sending.set()
        await arrived.wait()
        return await answer(*args, **more)

    world.bot.session.make_request = slow
    first = asyncio.get_running_loop().create_task(world.delivery.run_once())
    await sending.wait()
    fact.text = "请假已批"
    await refresh(world)
    await world.delivery.run_once()  # the refresh finds it in flight
    arrived.set()
    await first
    await world.advance(seconds=seconds - 0.1)
    assert said(world, wang) == ["请假待批"]
    await world.advance(seconds=0.1)
    assert said(world, wang) == ["请假已批"]


async def test_a_card_of_progress_moves_while_much_is_to_go_out(world):
    wang, *crowd = [world.township_officer(name) for name in ("王主任", *(f"样例{n}" for n in range(9)))]
    await put(world, wang)
    await wang.sees("请假待批")
    fact.text = "发送中 3/9"
    async with world.db.write() as session:
        for who in crowd:
            await outbox.put(session, "test_fact", to=who.person_id, key="bulk", lane=Lane.BULK, now=world.clock())
        await outbox.refresh(session, SUBJECT, world.clock(), after=timedelta(seconds=3))
    world.now += timedelta(seconds=3)
    async with world.db.write() as session:
        first, *_ = await claim(session, CHANNEL, world.clock(), 4)
    assert (first.kind, first.subject) == (outbox.REFRESH, SUBJECT)


async def test_what_is_taken_back_is_deleted_or_edited_where_it_can_not_be(world):
    wang, li, zhao = (world.township_officer(name) for name in ("王主任", "李主任", "赵主任"))
    await put(world, wang, li, zhao)
    await world.settle()
    fact.text = "已撤回"
    delete = world.api._deleteMessage

    def too_old(body: dict[str, Any]) -> bool:
        if body["chat_id"] == li.chat_id:
            raise ApiError(400, "Bad Request: message can't be deleted for everyone")
        return delete(body)

    world.api._deleteMessage = too_old
    world.api.messages[zhao.chat_id].clear()  # gone on the phone already
    async with world.db.write() as session:
        assert await outbox.take_back(session, SUBJECT, world.clock()) == 3
    await world.settle()
    assert (said(world, wang), said(world, li), said(world, zhao)) == ([], ["已撤回"], [])
    assert {row.state for row in await rows(world)} == {OutboxState.WITHDRAWN}


async def test_later_words_are_not_overtaken_by_earlier_ones(world, monkeypatch):
    """A renewal that stood in line while the matter went on and was shown at once."""
    wang = world.township_officer("王主任")
    await put(world, wang)
    await world.settle()
    waits, goes = asyncio.Event(), asyncio.Event()
    turn = Budget.turn

    async def progress_waits(self: Budget, chat: int | None, lane: Lane = Lane.ANSWER) -> None:
        if lane is Lane.ORDINARY:
            waits.set()
            await goes.wait()
        await turn(self, chat, lane)

    monkeypatch.setattr(Budget, "turn", progress_waits)
    fact.text = "进行中"
    async with world.db.write() as session:
        await outbox.refresh(session, SUBJECT, world.clock(), after=timedelta(seconds=3))
    world.now += timedelta(seconds=3)
    first = asyncio.get_running_loop().create_task(world.delivery.run_once())
    await asyncio.wait_for(waits.wait(), 10)
    fact.text = "已结束"
    await refresh(world)
    await world.delivery.run_once()
    assert said(world, wang) == ["已结束"]
    goes.set()
    await first
    assert said(world, wang) == ["已结束"]
    assert {row.state for row in await world.rows(Outbox)} == {OutboxState.SENT}


async def test_a_morning_card_whose_words_break_gives_back_what_it_merged(world, monkeypatch):
    wang = world.township_officer("王主任")
    await world.at("23:00")
    await put(world, wang, key="a")
    await put(world, wang, key="b")
    await wang.sees_nothing()

    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.setitem(cards._RENDERS, "morning", broken)
    await world.at("08:30", world.now.date() + timedelta(days=1))
    assert said(world, wang) == ["请假待批", "请假待批"]
    morning = [row for row in await world.rows(Outbox) if row.kind == "morning"]
    assert [row.state for row in morning] == [OutboxState.FAILED]
