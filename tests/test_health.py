"""`/healthz`, `/metrics` and the log: whoever watches sees how it goes, and nobody's name, words, place or token."""

import asyncio
import json
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import structlog
from aiogram import F, Router
from aiogram.types import Message
from aiohttp import ClientSession
from structlog.testing import capture_logs

from bot import logs, metrics
from bot.health import PARTS, SILENT_S, Health, PortTakenError, watched
from bot.settings import LogFormat, Settings
from gateway import Gateway
from handlers.turn import Turn
from policy.delivery import Lane
from storage import outbox
from storage.engine import Database
from tests.botapi import ApiError
from tests.test_run import held_port, running, until
from tests.world import CHANNEL, World


@pytest.fixture(autouse=True)
def nobody_has_beaten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_last", {})


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def answering(db: Database, world: World | None = None) -> AsyncIterator[str]:
    """The health port, open; its address."""
    clock = world.clock if world is not None else lambda: pytest.fail("nobody asked for the time")
    with held_port() as port:
        listen = f"127.0.0.1:{port}"
        async with watched(Settings(health_listen=listen), Health(db, CHANNEL, clock)):
            yield f"http://{listen}"


async def ask(address: str) -> tuple[int, str]:
    async with ClientSession() as http, http.get(address) as answer:
        return answer.status, await answer.text()


# -- is it alive -------------------------------------------------------------------------------------------------------


async def test_it_is_well_while_the_database_answers_and_every_part_goes_round(world):
    async with answering(world.db, world) as address:
        status, said = await ask(f"{address}/healthz")
    assert status == 200
    told = json.loads(said)
    assert (told["status"], told["channel"], told["silent_seconds"].keys()) == ("ok", CHANNEL, set(PARTS))
    assert "wrong" not in told


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_goes_round_no_more_is_named(world, part):
    health = Health(world.db, CHANNEL, world.clock)
    health._since -= SILENT_S + 1  # started long ago
    for other in PARTS:
        metrics.beat(other)
    assert (await health.look())[0] == 200
    metrics._last[part] = time.monotonic() - SILENT_S - 1
    status, told = await health.look()
    assert (status, told["status"], told["wrong"]) == (
        503,
        "unwell",
        [f"{part}: has not gone round for {int(SILENT_S) + 1} s"],
    )


async def test_a_part_that_never_began_is_missed_after_a_while():
    db = Database("postgresql+asyncpg://zhucun:secret@127.0.0.1:1/none")
    health = Health(db, CHANNEL, lambda: pytest.fail("no time is told"))
    health._since -= SILENT_S + 1
    status, told = await health.look()
    await db.close()
    assert status == 503
    assert told["wrong"][:3] == [f"{part}: has not gone round for {int(SILENT_S) + 1} s" for part in PARTS]
    assert told["wrong"][3].startswith("database: ")
    assert "secret" not in json.dumps(told)


async def test_worker_and_intake_beat_while_nothing_comes(world, monkeypatch):
    stop = asyncio.Event()
    monkeypatch.setattr("bot.intake.IDLE_S", 0.01)
    monkeypatch.setattr("bot.worker.IDLE_S", 0.01)
    async with asyncio.TaskGroup() as group:
        group.create_task(world.worker.run(stop))
        group.create_task(world.intake.store_webhooks(stop))
        for _ in range(2):
            metrics._last.clear()
            await _until(lambda: {"worker", "intake"} <= metrics._last.keys())
        stop.set()


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for what another task does; not for ever."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not come to pass")


async def test_the_process_answers_on_its_port_and_still_ends_in_time(tmp_path):
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0)
    with held_port() as port:
        settings = {"HEALTH_LISTEN": f"127.0.0.1:{port}", "BOT_TOKEN": gateway.token, "BOT_API": gateway.url}
        async with running(tmp_path, **settings) as bot:
            await bot.says("ready")
            async with ClientSession() as http:  # a connection that stays open must not hold up the end
                async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    assert (answer.status, (await answer.json())["status"]) == (200, "ok")
                await until(
                    lambda: metrics_of(port).get('zhucun_last_beat_seconds{part="intake"}', 0) > 0, "a beat", bot
                )
                found = metrics_of(port)
                assert found["zhucun_database_up"] == 1
                assert found["zhucun_writer_wait_seconds_count"] > 0
                assert found['zhucun_last_beat_seconds{part="worker"}'] > 0
                assert await bot.end() == 0
    await gateway.close()
    assert all(line.startswith("{") for line in bot.lines), "every line is JSON"


def metrics_of(port: int) -> dict[str, float]:
    """What a process counts, asked for as Prometheus does."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        said = b"".join(iter(lambda: line.recv(65_536), b"")).decode()
    assert said.startswith("HTTP/1.0 200")
    lines = [row for row in said.split("\r\n\r\n", 1)[1].splitlines() if row and not row.startswith("#")]
    return {row.rsplit(" ", 1)[0]: float(row.rsplit(" ", 1)[1]) for row in lines}


async def test_a_port_that_is_taken_is_an_error_only_where_it_was_asked_for(world):
    health = Health(world.db, CHANNEL, world.clock)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PortTakenError, match="Address already in use"):
            async with watched(Settings(health_listen=listen), health):
                pytest.fail("it has no port")
        default = Settings(health_listen=listen)
        default.model_fields_set.discard("health_listen")
        with capture_logs() as lines:
            async with watched(default, health):
                pass
    assert [line["event"] for line in lines] == ["the health port is taken; going on without"]
    async with watched(Settings(health_listen="off"), health):
        pass


# -- how is it doing ---------------------------------------------------------------------------------------------------


async def test_what_happens_is_counted(world):
    zhou = world.cadre("周建国")
    await world.settle()
    names = ("updates_received_total", "updates_handled_total", "batch_updates_count", "batch_seconds_count")
    before = {name: value(f"zhucun_{name}") for name in names}
    answers = value("zhucun_answers_sent_total", method="sendMessage")
    refused, again = value("zhucun_too_many_requests_total"), value("zhucun_retries_total", part="answers")
    world.api.faults += [ApiError(429, "Too Many Requests: retry after 7", retry_after=7), ApiError(502, "Bad Gateway")]
    await zhou.sends_location()
    await zhou.sees("已签到")
    assert {name: value(f"zhucun_{name}") - before[name] for name in names} == dict.fromkeys(names, 1)
    assert value("zhucun_answers_sent_total", method="sendMessage") - answers == 1
    assert value("zhucun_too_many_requests_total") - refused == 1
    assert value("zhucun_retries_total", part="answers") - again == 1


async def test_what_is_given_up_is_counted_once_it_is_written(world):
    zhou = world.cadre("周建国")
    await world.settle()
    aside, handled = value("zhucun_updates_set_aside_total"), value("zhucun_updates_handled_total")
    _breaks_at(world, "毒")
    await zhou.says("毒")
    await zhou.sees("没有处理成")
    await world.feed({"message": {"message_id": "what is this"}})
    assert value("zhucun_updates_set_aside_total") - aside == 2
    assert value("zhucun_updates_handled_total") == handled


async def test_the_queues_are_counted_when_they_are_asked_for(world):
    wang = world.township_officer("王主任")
    await world.settle()
    now = world.clock()
    async with world.db.write() as session:
        for n, (lane, ago) in enumerate([(Lane.BULK, 90), (Lane.BULK, 30), (Lane.URGENT, -60)]):
            at = now - timedelta(seconds=ago)
            await outbox.put(session, "trip", to=wang.person_id, key=f"k{n}", lane=lane, not_before=at, now=now)
        await outbox.put(
            session, "trip", to=wang.person_id, key="held", subject="notice:1", lane=Lane.ORDINARY, now=now
        )
        await outbox.hold(session, "notice:1", now)
    async with answering(world.db, world) as address:
        status, said = await ask(f"{address}/metrics")
    assert status == 200
    found = {
        line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1] for line in said.splitlines() if line.startswith("zhucun_outbox")
    }
    assert (found['zhucun_outbox_rows{state="waiting"}'], found['zhucun_outbox_rows{state="sent"}']) == ("4.0", "0.0")
    ages = {lane: found[f'zhucun_outbox_oldest_seconds{{lane="{lane}"}}'] for lane in Lane}
    assert ages == {"answer": "0.0", "urgent": "0.0", "ordinary": "0.0", "bulk": "90.0"}


async def test_without_the_database_the_rest_is_told_all_the_same():
    db = Database("postgresql+asyncpg://zhucun:secret@127.0.0.1:1/none")
    health = Health(db, CHANNEL, lambda: pytest.fail("no time is told"))
    with capture_logs() as lines:
        answer = await health._metrics(None)  # type: ignore[arg-type]
    await db.close()
    assert b"zhucun_database_up 0.0" in answer.body  # type: ignore[operator]
    assert b"zhucun_updates_received_total" in answer.body  # type: ignore[operator]
    assert [line["event"] for line in lines] == ["the database did not answer a scrape"]


def test_the_send_rate_is_taken_over_ten_seconds():
    now = [100.0]
    rate = metrics.Rate(lambda: now[0])
    for second in range(10):
        now[0] = 100.0 + second
        for _ in range(28):
            rate.note()
    assert rate.per_second() == 28 * 9 / 10  # the second at hand is not over
    now[0] = 110.5
    assert rate.per_second() == 28
    now[0] = 115.0
    assert rate.per_second() == 28 * 5 / 10
    now[0] = 200.0
    assert rate.per_second() == 0


def test_lanes_and_sweeps_have_their_own_numbers():
    sent, swept = value("zhucun_messages_sent_total", lane="bulk"), value("zhucun_sweep_seconds_count", sweep="test")
    metrics.sent(Lane.BULK)
    metrics.retried("delivery")
    with metrics.sweeping("test"):
        pass
    with pytest.raises(ZeroDivisionError), metrics.sweeping("test"):
        raise ZeroDivisionError
    assert value("zhucun_messages_sent_total", lane="bulk") - sent == 1
    assert value("zhucun_sweep_seconds_count", sweep="test") - swept == 1


# -- what the log holds ------------------------------------------------------------------------------------------------


@pytest.fixture(params=list(LogFormat))
def log_format(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogFormat]:
    """Logs as they are set up in service, libraries included; afterwards as it was."""
    before = structlog.get_config()
    for name in ("aiogram", "aiohttp.access"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    yield request.param
    structlog.configure(**before)


def _breaks_at(world: World, word: str) -> None:
    """A handler that stumbles over what somebody wrote, and quotes it."""
    router = Router()

    @router.message(F.text.startswith(word))
    async def fail(message: Message, turn: Turn) -> None:
        raise ValueError(f"what is this: {message.text}, by {turn.person.name}")

    world.worker._dispatcher.sub_routers.insert(0, router)
    router._parent_router = world.worker._dispatcher


async def test_names_words_places_and_tokens_never_get_into_the_log(world, log_format, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the test run's own
    logs.set_up(log_format)
    zhou, wang = world.cadre("周建国"), world.township_officer("王主任")
    lost = world.cadre("赵敏")
    token = await world.invites(lost)
    _breaks_at(world, "毒")
    # a whole morning, with everything going wrong that can
    await zhou.says("毒 孩子看病，回石家庄 13812345678")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    world.api.faults += [
        ApiError(400, "Bad Request: can't parse entities: unsupported start tag 在隔壁村取种子"),
        ApiError(502, "x"),
    ]
    await zhou.says("在隔壁村取种子，中午回")
    await wang.looks_away()
    world.api.faults += [ApiError(429, "Too Many Requests", retry_after=1), ApiError(500, "李雪 at 38.20001,114.10001")]
    await zhou.says("公出 今天 到县里开会")
    world.api.blocked.add(wang.chat_id)
    await zhou.says("补签")
    await lost.says(f"/start {token}")
    async with world.db.write() as session:
        await outbox.put(session, "nobody_has_words_for_周建国", to=zhou.person_id, key="odd", now=world.clock())
    await world.settle()
    _a_library_complains(token)
    said = capsys.readouterr().err
    phone = f"139{zhou.chat_id:04d}1234"
    private = [
        "周建国",
        "王主任",
        "赵敏",
        "孩子",
        "石家庄",
        "隔壁村",
        "开会",
        "李雪",
        "石门村",
        "柳河镇",
        phone,
        "13812345678",
    ]
    private += [token, BOT_TOKEN, "38.2", "114.1", "s3cret"]
    assert [word for word in private if word in said] == []
    lines = said.splitlines()
    assert len(lines) >= 8, "nothing was logged, so nothing is shown"
    for event in (
        "an update is set aside",
        "answer not deliverable",
        "answer delayed",
        "not deliverable",
        "Error at",
        "RuntimeError",
    ):
        assert event in said
    if log_format is LogFormat.JSON:
        assert all({"event", "level", "timestamp"} <= json.loads(line).keys() for line in lines)


BOT_TOKEN = "8123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"


def _a_library_complains(token: str) -> None:
    try:
        person, place = "周建国", (38.20001, 114.10001)
        raise RuntimeError(f"{person} at {place}, /start {token}")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("Error at https://api.example.cn/bot%s/getMe", BOT_TOKEN)
    address = "postgresql+asyncpg://zhucun:s3cret@127.0.0.1/zhucun"
    structlog.get_logger().error("the database does not answer; trying again", cause=f"OSError: {address}")
    assert sys.exc_info()[0] is None
