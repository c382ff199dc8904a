"""Delivery of the outbox (law 4): said once, to whom it concerns, as things stand; nothing lost to a bad line."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot import retry
from policy.authority import Role
from policy.refusals import Code, Refusal
from storage import outbox
from storage.tables import Chat, Lane, OutboxState, PersonRole
from tests.botapi import ApiError
from tests.facts import KIND, LINE, as_it_was, fact, put, rows, said

__all__ = ["as_it_was"]


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


async def test_the_urgent_goes_first(world):
    wang = world.township_officer("王主任")
    await world.settle()
    async with world.db.write() as session:
        for lane in (Lane.BULK, Lane.ORDINARY, Lane.URGENT):
            await outbox.put(session, KIND, to=wang.person_id, key=lane, lane=lane, now=world.clock())
    await world.settle()
    sent = sorted(await rows(world), key=lambda row: row.message_id or 0)
    assert [row.lane for row in sent] == [Lane.URGENT, Lane.ORDINARY, Lane.BULK]


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
