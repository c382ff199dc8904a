"""Intake and the batch worker (laws 1–3): nothing lost, nothing twice, neighbours unharmed."""

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import orjson
import pytest
from aiogram import F, Router
from aiogram.types import Message
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from bot.intake import Intake, arrival
from bot.worker import IDLE_S, Worker
from handlers.turn import Turn
from storage import inbox
from storage.engine import is_disk_trouble
from storage.tables import CheckIn, Inbox, InboxState
from tests.botapi import ApiError
from tests.world import CHANNEL, VILLAGES, World


def poison(world: World) -> list[str]:
    """Handlers that fail at 毒 and die at 断: what they were called with."""
    calls: list[str] = []
    router = Router()

    @router.message(F.text == "毒")
    async def fail(message: Message, turn: Turn) -> None:
        calls.append(message.text or "")
        raise ZeroDivisionError("broken")

    @router.message(F.text == "断")
    async def die(message: Message, turn: Turn) -> None:
        raise SystemExit(1)

    world.worker._dispatcher.sub_routers.insert(0, router)
    router._parent_router = world.worker._dispatcher
    return calls


def text(world: World, who, said: str) -> dict:
    """An update by hand, to put several into one batch."""
    message = {
        "message_id": 7,
        "date": int(world.now.timestamp()),
        "chat": who._chat(),
        "from": who._user(),
        "text": said,
    }
    return {"update_id": next(world.numbers), "message": message}


def position(world: World, who) -> dict:
    update = text(world, who, "")
    del update["message"]["text"]
    update["message"]["location"] = {"latitude": 38.2, "longitude": 114.1}
    return update


async def _started_anew(world: World) -> None:
    """A new process takes up what is there."""
    world.worker = Worker(world.db, world.worker._dispatcher, world.bot, CHANNEL, world.answers, world.clock)
    await world.worker.start()


async def test_a_poisoned_update_is_tried_three_times_then_set_aside_and_its_neighbours_are_unharmed(world):
    calls = poison(world)
    zhou, zhao, wang = world.cadre("周建国"), world.cadre("赵敏"), world.cadre("王强", secretary=True)
    await world.settle()
    batch = [position(world, zhou), text(world, zhao, "毒"), position(world, wang)]
    await world.intake.store([arrival(update) for update in batch])
    await world.settle()
    await zhou.sees("已签到")
    await wang.sees("已签到")
    await zhao.sees("没有处理成功", "急事请打电话")
    assert len(calls) == 3
    rows = await world.rows(Inbox)
    assert [row.state for row in rows] == [InboxState.DONE, InboxState.SET_ASIDE, InboxState.DONE]
    assert "ZeroDivisionError: broken" in rows[1].error
    assert len(await world.rows(CheckIn)) == 2


async def test_an_update_that_ends_the_process_is_set_aside_at_the_third_start(world):
    poison(world)
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await world.settle()
    await world.intake.store([arrival(text(world, zhou, "断")), arrival(position(world, zhao))])
    with pytest.raises(SystemExit):
        await world.worker.run_once()
    for _ in range(2):  # the process is started again, and dies again
        await _started_anew(world)
        with pytest.raises(SystemExit):
            await world.worker.run_once()
    await _started_anew(world)
    await world.settle()
    await zhao.sees("已签到")
    await zhou.sees("没有处理成功")


async def test_what_was_answered_before_a_stop_is_not_answered_again(world):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(text(world, zhou, "帮助"))])
    await world.worker.run_once()
    await world.answers.drain()
    assert world.answers.is_busy
    await world.worker.note_sent()  # the last thing done at a stop
    assert not world.answers.is_busy
    said = len(world.api.messages[zhou.chat_id])
    await _started_anew(world)
    await world.answers.drain()
    assert len(world.api.messages[zhou.chat_id]) == said


async def test_what_is_out_is_noted_within_seconds_where_nothing_else_comes(world, monkeypatch):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(text(world, zhou, "帮助"))])
    stop, waits = asyncio.Event(), list[float]()

    async def first_of(*_events: asyncio.Event, timeout: float | None = None) -> None:
        waits.append(timeout or 0.0)
        await world.answers.drain()
        if not world.answers.is_busy:
            stop.set()

    monkeypatch.setattr("bot.worker.first_of", first_of)
    await world.worker.run(stop)
    assert waits == [1.0, IDLE_S]
    async with world.db.read() as session:
        assert list(await inbox.unsent(session, CHANNEL)) == []


async def test_a_repeat_is_ignored(world):
    zhou = world.cadre("周建国")
    await world.settle()
    update = position(world, zhou)
    for _ in range(2):
        await world.intake.store([arrival(update)])
        await world.settle()
    assert len(await world.rows(Inbox)) == 1
    assert len(world.api.messages[zhou.chat_id]) == 1


async def test_what_cannot_be_decoded_is_set_aside_and_unknown_kinds_are_no_error(world):
    zhou = world.cadre("周建国")
    await world.settle()
    odd = [{"update_id": 900, "message": {"date": "never"}}, {"update_id": 901, "quantum_poll": {"id": 1}}]
    await world.intake.store([arrival(update) for update in [*odd, position(world, zhou)]])
    await world.settle()
    states = {row.update_id: row.state for row in await world.rows(Inbox)}
    assert states[900] is InboxState.SET_ASIDE
    assert states[901] is InboxState.DONE
    await zhou.sees("已签到")


@pytest.mark.parametrize("update", [{"update_id": 5, "message": "text"}, {"update_id": 6, "callback_query": []}])
async def test_odd_shapes_are_stored_too(update):
    assert arrival(update).chat_key is None


async def test_groups_channels_and_bots_are_ignored(world):
    zhou = world.cadre("周建国")
    await world.settle()
    group, robot = text(world, zhou, "签到"), text(world, zhou, "签到")
    group["message"]["chat"] = {"id": -100, "type": "group", "title": "工作群"}
    robot["message"]["from"]["is_bot"] = True
    await world.intake.store([arrival(group), arrival(robot)])
    await world.settle()
    assert world.api.messages.get(-100) is None
    await zhou.sees_nothing()


async def test_a_429_waits_and_repeats_and_a_lost_line_too(world):
    zhou = world.cadre("周建国")
    await world.settle()
    world.api.faults += [ApiError(429, "Too Many Requests: retry after 7", retry_after=7), ApiError(502, "Bad Gateway")]
    await zhou.sends_location()
    await zhou.sees("已签到")
    assert 7 in world.sleep.slept


async def test_an_answer_that_cannot_be_delivered_is_logged_and_the_person_marked_unreachable(world):
    zhou = world.cadre("周建国")
    await world.settle()
    told: list[int] = []

    async def unreachable(chat: int, cause: str) -> None:
        assert "blocked" in cause
        told.append(chat)

    world.answers.on_unreachable = unreachable
    world.api.blocked.add(zhou.chat_id)
    with capture_logs() as lines:
        await zhou.sends_location()
    assert told == [zhou.chat_id]
    assert any(line["event"] == "answer not deliverable" and "blocked" in line["cause"] for line in lines)


async def test_nothing_is_sent_before_the_commit(world):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou))])

    def refuse(*_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    engine = world.db._writer.sync_engine
    event.listen(engine, "commit", refuse)
    with pytest.raises(OperationalError):
        await world.worker.run_once()
    await world.answers.drain()
    assert not world.api.messages.get(zhou.chat_id)
    event.remove(engine, "commit", refuse)
    await world.settle()
    await zhou.sees("已签到")
    assert all(row.attempts == 0 for row in await world.rows(Inbox))  # the disk's fault is nobody's


async def test_a_full_disk_is_nobodys_fault_and_all_is_done_once_there_is_room(world):
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await world.settle()
    await world.intake.store([arrival(position(world, who)) for who in (zhou, zhao)])
    full, room = FULL_SQLITE if world.db.is_sqlite else FULL_POSTGRES
    for statement in full:
        await run_sql(world, statement)
    for _ in range(3):
        with pytest.raises(DBAPIError, match=r"is full|No space left on device") as caught:
            await world.worker.run_once()
        assert is_disk_trouble(caught.value)
    await run_sql(world, room)
    await zhou.sees("已签到")
    await zhao.sees("已签到")
    assert [(row.state, row.attempts) for row in await world.rows(Inbox)] == [(InboxState.DONE, 0)] * 2
    assert len(await world.rows(CheckIn)) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_runs_alone_while_the_database_is_locked_loses_none_of_its_three_tries(world, monkeypatch):
    """Counted once, however often the database is in the way; nor does a start count for which there was none."""
    calls = poison(world)
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou)), arrival(text(world, zhao, "毒"))])
    await _started_anew(world)  # a process has died over these
    handle = Worker._handle

    async def locked(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(Worker, "_handle", locked)
    for _ in range(5):
        with pytest.raises(OperationalError):
            await world.worker.run_once()
    assert [(row.state, row.attempts) for row in await _rows(world)] == [
        (InboxState.WAITING, 2),
        (InboxState.WAITING, 1),
    ]
    monkeypatch.setattr(Worker, "_handle", handle)
    await zhou.sees("已签到")
    await zhao.sees("没有处理成功")
    assert len(calls) == 2  # the poisoned one: three tries, one of which ended the process
    assert [row.state for row in await _rows(world)] == [InboxState.DONE, InboxState.SET_ASIDE]


async def test_a_stop_amid_the_trouble_takes_the_attempt_back(world, monkeypatch):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou))])
    await _started_anew(world)
    stop, handle = asyncio.Event(), Worker._handle

    async def locked(*_: object) -> None:
        stop.set()
        raise OperationalError("INSERT", {}, ConnectionResetError())

    for _ in range(4):  # processes that were stopped
        stop.clear()
        monkeypatch.setattr(Worker, "_handle", locked)
        with capture_logs() as lines:
            await world.worker.run(stop)
        assert [line["event"] for line in lines] == ["the database does not answer; trying again"]
        assert [(row.state, row.attempts) for row in await _rows(world)] == [(InboxState.WAITING, 1)]
        await _started_anew(world)
    monkeypatch.setattr(Worker, "_handle", handle)
    await zhou.sees("已签到")


FULL_SQLITE = (
    [
        "CREATE TABLE filler (content)",
        "CREATE TRIGGER fill AFTER INSERT ON check_in BEGIN INSERT INTO filler VALUES (zeroblob(1000000)); END",
        "PRAGMA max_page_count = 1",
    ],
    "PRAGMA max_page_count = 1000000",
)
SAY_SO = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'"
FULL_POSTGRES = (
    [
        f"CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {SAY_SO}; END $$",
        "CREATE TRIGGER fill BEFORE INSERT ON check_in EXECUTE FUNCTION fill()",
    ],
    "DROP TRIGGER fill ON check_in",
)


async def run_sql(world: World, statement: str) -> None:
    """Over the writer's own connection and in no transaction, as SQLite wants it."""
    async with world.db._writer.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(statement)


async def test_answers_left_unsent_go_out_after_a_restart_in_order(world):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou)), arrival(position(world, zhou))])
    world.worker._publish = lambda *_args, **_more: None  # the process ends right after the commit
    while await world.worker.run_once():
        pass
    assert not world.api.messages.get(zhou.chat_id)
    await _started_anew(world)
    await world.settle()
    first, second = world.api.messages[zhou.chat_id]
    assert "✅ 已签到" in first.text
    assert "不用再点" in second.text
    async with world.db.read() as session:
        assert not await inbox.unsent(session, CHANNEL)


async def test_a_flood_is_slowed_and_nothing_dropped(world):
    zhou, zhao = world.cadre("周建国"), world.cadre("赵敏")
    await world.settle()
    flood = [arrival(position(world, zhou)) for _ in range(60)]
    await world.intake.store([*flood, arrival(position(world, zhao))])
    await world.worker.run_once()
    done = [row for row in await _rows(world) if row.state is InboxState.DONE]
    assert len(done) == 21  # twenty of the flood, and the neighbour
    for _ in range(4):
        world.now += timedelta(seconds=3)
        await world.worker.run_once()
    assert all(row.state is InboxState.DONE for row in await _rows(world))
    await world.answers.drain()
    assert len(world.api.messages[zhou.chat_id]) == 60


async def _rows(world: World) -> list[Inbox]:
    async with world.db.read() as session:
        return list(await session.scalars(select(Inbox)))


async def test_a_hundred_check_ins_take_at_most_twenty_statements(world):
    crowd = [world.cadre(f"样例{n}", village=f"样例{n // 3}村") for n in range(100)]
    await world.settle()
    updates = []
    for who in crowd:
        update = position(world, who)
        latitude, longitude = VILLAGES[who.village]
        update["message"]["location"] = {"latitude": latitude, "longitude": longitude}
        updates.append(arrival(update))
    statements: list[str] = []
    world.db.on_statement(statements.append)
    await world.intake.store(updates)
    assert await world.worker.run_once() == 100
    assert len(statements) <= 20, "\n".join(statements)
    await world.answers.drain()
    assert len(await world.rows(CheckIn)) == 100


async def test_stop_finishes_the_batch_at_hand(world):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou))])
    stop = asyncio.Event()
    running = asyncio.get_running_loop().create_task(world.worker.run(stop))
    async with asyncio.timeout(30):
        while not world.api.messages.get(zhou.chat_id):  # noqa: ASYNC110 -- an answer is no event
            await asyncio.sleep(0)
        stop.set()
        await running


def _last(stop: asyncio.Event) -> list:
    stop.set()
    return []


async def test_stop_ends_a_worker_that_waits_until_answers_are_out(world):
    zhou = world.cadre("周建国")
    await world.settle()
    await world.intake.store([arrival(position(world, zhou))])
    world.answers.has_room.clear()
    stop = asyncio.Event()
    running = asyncio.get_running_loop().create_task(world.worker.run(stop))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not running.done()
    stop.set()
    async with asyncio.timeout(30):
        await running
    assert [row.state for row in await _rows(world)] == [InboxState.WAITING]  # there at the next start


class _Server:
    """A Bot API server's getUpdates, by hand."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.offsets = list(answers), []

    async def call(self, _bot: object, _name: str, body: bytes, timeout: float | None = None) -> object:
        self.offsets.append(orjson.loads(body)["offset"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer()
        return answer


async def test_polling_acknowledges_only_what_is_stored(world):
    zhou = world.cadre("周建国")
    await world.settle()
    stop = asyncio.Event()
    update = position(world, zhou)
    server = _Server([update], lambda: _last(stop))
    await world.intake.poll(world.bot, server, stop)
    assert server.offsets == [None, update["update_id"] + 1]
    assert [row.update_id for row in await world.rows(Inbox)] == [update["update_id"]]


async def test_what_could_not_be_stored_is_asked_for_again(world, monkeypatch):
    zhou = world.cadre("周建国")
    await world.settle()
    stop = asyncio.Event()
    update = position(world, zhou)
    server = _Server([update], [update], lambda: _last(stop))
    store, failed = Intake.store, []

    async def fail_once(self: Intake, arrivals: list) -> None:
        if arrivals and not failed:
            failed.append(True)
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        await store(self, arrivals)

    async def at_once(*_: object) -> None:
        return

    monkeypatch.setattr(Intake, "store", fail_once)
    monkeypatch.setattr("bot.intake.pause", at_once)
    await world.intake.poll(world.bot, server, stop)
    assert server.offsets == [None, None, update["update_id"] + 1]
    await zhou.sees("已签到")


async def test_conversation_state_expires_kindly_after_a_day(world):
    li = world.cadre("李雪")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await world.advance(hours=25)
    await li.says("到乡镇开例会")
    await li.sees("放了一天")
    assert "explanation:report" not in await world.audit()
