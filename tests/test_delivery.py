"""Delivery of the outbox (law 4): said once, to whom it concerns, as things stand; nothing lost to a bad line."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot import retry
from bot.budget import Budget
from bot.delivery import Delivery
from handlers.cards import Card, card
from policy.authority import Role
from policy.refusals import Code, Refusal
from storage import delivery as rows_
from storage import outbox
from storage.tables import Chat, Lane, Outbox, OutboxState, PersonRole
from tests.botapi import ApiError
from tests.world import CHANNEL, Actor, World

KIND = "test_fact"
SUBJECT = "leave:7"
PRESS = [[("同意", "yes"), ("驳回", "no")]]
LINE = "Bad Gateway"


@dataclass
class Fact:
    """What is so at the moment."""

    text: str | None = "请假待批"
    file: bytes | None = None
    broken: dict[int, Exception] = field(default_factory=dict)
    rendered_for: list[int | None] = field(default_factory=list)
    roles: list[frozenset[Role]] = field(default_factory=list)


fact = Fact()


@card(KIND)
async def fact_card(session: Any, viewer: Any, payload: dict[str, Any]) -> Card | None:
    fact.rendered_for.append(viewer.person_id)
    fact.roles.append(viewer.roles())
    if (error := fact.broken.get(viewer.person_id)) is not None:
        raise error
    if fact.text is None:
        return None
    name = "板.png" if fact.file is not None else None
    return Card(fact.text, PRESS, file=fact.file, file_name=name, is_photo=fact.file is not None)


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    fact.text, fact.file = Fact.text, None
    fact.broken.clear()
    fact.rendered_for.clear()
    fact.roles.clear()


async def put(world: World, *people: Actor, key: str = "k", **more: Any) -> None:
    await world.settle()
    async with world.db.write() as session:
        for who in people:
            await outbox.put(session, KIND, to=who.person_id, key=key, subject=SUBJECT, now=world.clock(), **more)


async def refresh(world: World) -> None:
    async with world.db.write() as session:
        await outbox.refresh(session, SUBJECT, world.clock())


async def rows(world: World) -> list[Outbox]:
    return [row for row in await world.rows(Outbox) if row.kind == KIND]


def said(world: World, who: Actor) -> list[str]:
    return [message.text for message in world.api.messages.get(who.chat_id, [])]


async def test_it_is_rendered_at_delivery_for_the_recipient(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    fact.text = "请假已批"
    await wang.sees("请假已批", buttons=["同意", "驳回"])
    await li.sees("请假已批")
    assert fact.rendered_for == [wang.person_id, li.person_id]
    first = (await rows(world))[0]
    assert (first.state, first.text) == (OutboxState.SENT, "请假已批")
    assert first.message_id == world.api.messages[wang.chat_id][0].message_id


async def test_nothing_goes_out_before_its_time_and_what_has_expired_is_dropped(world):
    wang = world.township_officer("王主任")
    now = world.clock()
    await put(world, wang, key="later", not_before=now + timedelta(minutes=5))
    await put(world, wang, key="late", expires_at=now)
    await world.settle()
    await wang.sees_nothing()
    assert {row.natural_key.split(":")[0]: (row.state, row.error) for row in await rows(world)} == {
        "later": (OutboxState.WAITING, None),
        "late": (OutboxState.DROPPED, "expired"),
    }
    await world.advance(minutes=5)
    await wang.sees("请假待批")


async def test_what_no_longer_holds_is_dropped(world):
    wang = world.township_officer("王主任")
    await put(world, wang)
    fact.text = None
    await wang.sees_nothing()
    assert [(row.state, row.error) for row in await rows(world)] == [(OutboxState.DROPPED, "no longer holds")]


async def test_who_has_no_account_is_not_written_to(world):
    wang = world.township_officer("王主任")
    await world.newcomer(wang)
    await put(world, wang)
    assert [(row.state, row.error) for row in await rows(world)] == [(OutboxState.DROPPED, "no account to reach")]


async def test_a_429_waits_as_long_as_it_says_and_holds_up_the_others_too(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    world.api.faults.append(ApiError(429, "Too Many Requests: retry after 7", retry_after=7))
    await world.settle()
    assert any(6 < seconds <= 7 for seconds in world.sleep.slept)  # before the next one was sent
    assert (said(world, wang), said(world, li)) == ([], ["请假待批"])
    await world.advance(seconds=6)
    assert said(world, wang) == []
    await world.advance(seconds=1)
    assert said(world, wang) == ["请假待批"]


@pytest.mark.parametrize(
    "trouble", [ApiError(502, LINE), ApiError(500, "Internal Server Error"), ApiError(401, "Unauthorized")]
)
async def test_a_bad_line_a_sick_server_or_an_unknown_token_is_tried_again_with_growing_waits(world, trouble):
    wang = world.township_officer("王主任")
    await put(world, wang)
    waits = []
    for _ in range(12):
        world.api.faults.append(trouble)
        with capture_logs() as lines:
            await world.settle()
        row = (await rows(world))[0]
        assert row.state is OutboxState.WAITING
        waits.append((row.not_before - world.clock()).total_seconds())
        assert [line["outbox"] for line in lines if line["event"] == "delivery delayed"] == [row.id]
        world.now = row.not_before
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    await wang.sees("请假待批")
    assert len(said(world, wang)) == 1


async def test_after_two_days_of_it_a_message_is_given_up(world, monkeypatch):
    wang = world.township_officer("王主任")
    assert timedelta(days=2) < retry.MOST_ATTEMPTS * retry.LONGEST_WAIT
    monkeypatch.setattr(retry, "MOST_ATTEMPTS", 2)
    await put(world, wang)
    world.api.faults += [ApiError(502, LINE), ApiError(502, LINE)]
    await world.settle()
    await world.advance(seconds=1)
    assert [(row.state, row.error) for row in await rows(world)] == [
        (OutboxState.FAILED, "TelegramServerError, 2 times")
    ]


async def test_who_has_blocked_the_bot_is_marked_and_not_tried_again_until_back(world):
    wang = world.township_officer("王主任")
    await put(world, wang, key="a")
    world.api.blocked.add(wang.chat_id)
    await world.settle()
    await put(world, wang, key="b")
    assert [(row.state, row.error) for row in await rows(world)] == [
        (OutboxState.DROPPED, "no account to reach: Forbidden: bot was blocked by the user"),
        (OutboxState.DROPPED, "no account to reach"),
    ]
    assert await world.audit() == ["chat:unreachable"]
    world.api.blocked.clear()
    await wang.says("帮助")  # who writes can be written to, and hears what was not said meanwhile
    assert said(world, wang).count("请假待批") == 2
    assert await world.audit() == ["chat:unreachable", "chat:reachable"]


async def test_what_cannot_be_delivered_is_set_aside_with_its_error_and_its_neighbours_go_out(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await put(world, wang, li)
    world.api.faults.append(ApiError(400, "Bad Request: can't parse entities"))
    with capture_logs() as lines:
        await world.settle()
    first, second = await rows(world)
    assert (first.state, second.state) == (OutboxState.FAILED, OutboxState.SENT)
    assert "can't parse entities" in (first.error or "")
    assert [line["outbox"] for line in lines if line["event"] == "not deliverable"] == [first.id]


@pytest.mark.parametrize("error", [ZeroDivisionError("broken"), KeyError("gone")])
async def test_words_that_cannot_be_made_are_set_aside_and_their_neighbours_go_out(world, error):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await world.settle()
    fact.broken[wang.person_id] = error
    await put(world, wang, li)
    first, second = await rows(world)
    assert (first.state, second.state) == (OutboxState.FAILED, OutboxState.SENT)
    assert (first.error or "").startswith(type(error).__name__)


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


async def test_the_urgent_goes_first(world):
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        for lane in (Lane.BULK, Lane.ORDINARY, Lane.URGENT):
            await outbox.put(session, KIND, to=wang.person_id, key=lane, lane=lane, now=world.clock())
    await world.settle()
    sent = sorted(await rows(world), key=lambda row: row.message_id or 0)
    assert [row.lane for row in sent] == [Lane.URGENT, Lane.ORDINARY, Lane.BULK]


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


async def test_a_chat_bound_anew_gets_what_waits(world):
    wang = world.township_officer("王主任")
    await put(world, wang, not_before=world.clock() + timedelta(minutes=5))
    phone = world.stranger("王主任的新手机")
    async with world.db.write() as session:
        await session.execute(update(Chat).where(Chat.person_id == wang.person_id).values(external_id=phone.chat_id))
    await world.advance(minutes=5)
    assert (said(world, wang), said(world, phone)) == ([], ["请假待批"])


async def test_the_recipients_roles_are_those_of_the_countys_own_day(world):
    """Between midnight and eight it is still yesterday by UTC: who takes office today is in office."""
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        await session.execute(update(PersonRole).values(starts_on=world.now.date()))
    await world.at("06:30")
    await put(world, wang, lane=Lane.URGENT)
    await wang.sees("请假待批")
    assert fact.roles == [{Role.TOWNSHIP_OFFICER}]


async def test_who_may_no_longer_see_it_is_not_told_and_it_is_no_fault(world):
    wang = world.township_officer("王主任")
    await put(world, wang)
    fact.broken[wang.person_id] = Refusal(Code.NOT_ALLOWED, "三（一）")
    with capture_logs() as logs:
        await wang.sees_nothing()
    assert [(row.state, row.error) for row in await rows(world)] == [(OutboxState.DROPPED, "no longer holds")]
    assert not [line for line in logs if line["log_level"] == "error"]


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


async def test_a_change_while_a_card_is_in_flight_is_shown_once_it_has_arrived(world):
    """Its words may be of before the change, and it is no live card yet."""
    wang = world.township_officer("王主任")
    await put(world, wang)
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
    assert said(world, wang) == ["请假待批"]
    await world.advance(seconds=1)
    assert said(world, wang) == ["请假已批"]


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
