"""Webhooks (law 1): on disk before 200, nothing taken from strangers, and the server told where to push."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot import greeting, intake
from bot.api import JsonSession, RawCall
from bot.dispatcher import make_bot
from bot.greeting import Hook, attach, until_told
from bot.intake import ALLOWED, LARGEST_UPDATE, Intake
from gateway import Gateway
from storage import inbox
from storage.engine import Database
from storage.tables import Inbox

NOW = datetime(2026, 11, 23, 0, 2, tzinfo=UTC)
SECRET = "s-ecret_1"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def text(number: int, said: str = "签到", chat: int = 5001) -> dict[str, Any]:
    who = {"id": chat, "first_name": "周建国"}
    message = {"message_id": 7, "date": 1, "chat": who | {"type": "private"}, "from": who | {"is_bot": False}}
    return {"update_id": number, "message": message | {"text": said}}


class Line:
    """The receiving end at work, and a server that pushes to it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.stop = asyncio.Event()
        self.woken = 0
        self.intake = Intake(db, "test", lambda: NOW, self._wake)
        self.url = ""
        self.session = aiohttp.ClientSession()
        self.storing: asyncio.Task[None] | None = None

    def _wake(self) -> None:
        self.woken += 1

    async def push(self, body: Any, secret: str | None = SECRET) -> int:
        """Push an update; the status of the answer."""
        data = BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = {} if secret is None else {HEADER: secret}
        async with self.session.post(self.url, headers=headers, data=data) as response:
            return response.status

    async def stored(self) -> list[int]:
        async with self.db.read() as session:
            return list(await session.scalars(select(Inbox.update_id).order_by(Inbox.id)))

    def waiting(self) -> int:
        """Updates that have come and wait for their transaction."""
        return self.intake._queue.qsize()


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until it holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    db = Database(database_url)
    made = Line(db)
    runner = web.AppRunner(made.intake.webhook("/hook", SECRET), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    made.storing = asyncio.get_running_loop().create_task(made.intake.store_webhooks(made.stop))
    yield made
    made.stop.set()
    await asyncio.gather(made.storing, return_exceptions=True)
    await made.session.close()
    await runner.cleanup()
    await db.close()


async def test_an_update_is_on_disk_before_it_is_acknowledged(line):
    async with line.db.write():  # the disk is busy
        pushing = asyncio.get_running_loop().create_task(line.push(text(1)))
        await until(lambda: line.db._turn._waiters is not None and len(line.db._turn._waiters) == 1)
        assert not pushing.done()
        assert await line.stored() == []
    assert await pushing == 200
    assert await line.stored() == [1]
    assert line.woken == 1


async def test_what_comes_side_by_side_shares_a_transaction(line):
    inserts: list[str] = []
    line.db.on_statement(lambda statement: inserts.append(statement) if statement.startswith("INSERT") else None)
    async with line.db.write():
        loop = asyncio.get_running_loop()
        first = loop.create_task(line.push(text(1)))
        await until(lambda: line.db._turn._waiters is not None and len(line.db._turn._waiters) == 1)
        rest = [loop.create_task(line.push(text(number))) for number in range(2, 32)]
        await until(lambda: line.waiting() == 30)
    assert await asyncio.gather(first, *rest) == [200] * 31
    assert len(inserts) == 2
    assert sorted(await line.stored()) == list(range(1, 32))


async def test_a_repeat_is_acknowledged_and_ignored(line):
    assert [await line.push(text(1)) for _ in range(2)] == [200, 200]
    assert await line.stored() == [1]


async def test_a_secret_that_is_no_text_at_all_is_wrong(line):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(line.url.split(":")[2].split("/")[0]))
    writer.write(b"POST /hook HTTP/1.1\r\nHost: x\r\n%b: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}" % HEADER.encode())
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET.upper(), "密"])
async def test_who_does_not_know_the_secret_is_not_listened_to(line, secret):
    assert await line.push(text(1), secret) == 401
    assert await line.stored() == []


@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'"\\ud800"', 400),
        ([text(1)], 400),
        ({}, 400),
        (7, 400),
        (None, 400),
        (text(1) | {"update_id": None}, 400),
        (text(1) | {"update_id": "1"}, 400),
        (text(1) | {"update_id": 1.5}, 400),
        (text(1) | {"update_id": 1 << 63}, 400),
        (text(1) | {"update_id": -1}, 400),  # the numbers of our own
        (text(1, "长" * LARGEST_UPDATE), 413),
    ],
)
async def test_what_is_no_update_is_refused(line, body, status):
    assert await line.push(body) == status
    assert await line.push(text(2)) == 200  # and nobody else suffers from it
    assert await line.stored() == [2]


@pytest.mark.parametrize("chat", [1 << 63, -(1 << 70), 1.5, "5001", True, None, {}])
async def test_an_odd_chat_is_stored_all_the_same(line, chat):
    odd = text(1)
    odd["message"]["chat"]["id"] = chat
    assert await line.push(odd) in {200, 400}
    assert await line.push(text(2)) == 200


async def test_where_it_cannot_be_stored_the_server_is_told_to_come_again(line, monkeypatch):
    real, failed = inbox.store, []

    async def full(*args: Any) -> None:
        if not failed:
            failed.append(True)
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        await real(*args)

    monkeypatch.setattr(inbox, "store", full)
    with capture_logs() as lines:
        assert await line.push(text(1)) == 503
    assert [entry["event"] for entry in lines] == ["updates could not be stored"]
    assert await line.stored() == []
    assert await line.push(text(1)) == 200
    assert await line.stored() == [1]


async def test_at_the_stop_what_has_come_is_stored_and_who_comes_later_told_to_come_again(line):
    async with line.db.write():
        loop = asyncio.get_running_loop()
        first = loop.create_task(line.push(text(1)))
        await until(lambda: line.db._turn._waiters is not None and len(line.db._turn._waiters) == 1)
        second = loop.create_task(line.push(text(2)))
        await until(lambda: line.waiting() == 1)
        line.stop.set()
    assert [await first, await second] == [200, 200]
    await line.storing
    assert await line.push(text(3)) == 503
    assert await line.stored() == [1, 2]


async def test_where_the_disk_holds_up_the_stop_who_waits_is_told_to_come_again(line):
    async with line.db.write():
        loop = asyncio.get_running_loop()
        first = loop.create_task(line.push(text(1)))
        await until(lambda: line.db._turn._waiters is not None and len(line.db._turn._waiters) == 1)
        second = loop.create_task(line.push(text(2)))
        await until(lambda: line.waiting() == 1)
        line.storing.cancel()
        assert [await first, await second] == [503, 503]
    assert await line.stored() == []


async def test_a_server_that_hangs_up_disturbs_nobody(line):
    async with line.db.write():
        loop = asyncio.get_running_loop()
        gone = loop.create_task(line.push(text(1)))
        await until(lambda: line.db._turn._waiters is not None and len(line.db._turn._waiters) == 1)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    assert await line.push(text(2)) == 200
    assert await line.stored() == [1, 2]


# -- telling the server ---------------------------------------------------------------------------------------------


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    running = await Gateway.start(db=":memory:", host="127.0.0.1", port=0)
    yield running
    await running.close()


@pytest.fixture
async def bot(gateway: Gateway) -> AsyncIterator[Bot]:
    async with make_bot(gateway.token, JsonSession(api=TelegramAPIServer.from_base(gateway.url))) as made:
        yield made


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_server_pushes_where_it_was_told_to_and_polling_undoes_it(line, gateway, bot):
    await attach(bot, Hook(line.url, SECRET))
    info = await bot.get_webhook_info()
    assert (info.url, gateway._updates.hook.secret) == (line.url, SECRET)
    assert sorted(ALLOWED) == sorted(gateway._chats.allowed)
    await gateway.post_text(5001, "签到")
    await until(lambda: line.woken > 0)
    assert len(await line.stored()) == 1
    await attach(bot, None)
    await gateway.post_text(5001, "我的")
    (update,) = await bot.get_updates(timeout=0)  # 409 as long as a webhook is set
    assert update.message.text == "我的"


class Told:
    """A server that says no so many times."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, which pass at once."""
    made: list[float] = []

    async def note(_stop: asyncio.Event, seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(greeting, "pause", note)
    monkeypatch.setattr(intake, "pause", note)
    return made


CALL = RawCall(name="setWebhook")


async def test_the_server_is_told_until_it_listens(pauses):
    down = [TelegramServerError(method=CALL, message="Bad Gateway") for _ in range(7)]
    server = Told(*down, TelegramRetryAfter(method=CALL, message="", retry_after=9))
    with capture_logs() as lines:
        assert await until_told(asyncio.Event(), server)
    assert server.calls == 9
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 9]
    assert {line["event"] for line in lines} == {"the Bot API server does not answer; trying again"}


async def test_a_token_that_the_server_does_not_know_is_said_and_tried_again(pauses):
    server = Told(TelegramUnauthorizedError(method=CALL, message="Unauthorized"))
    with capture_logs() as lines:
        assert await until_told(asyncio.Event(), server)
    assert [(line["log_level"], "ZHUCUN_BOT_TOKEN" in line["event"]) for line in lines] == [("error", True)]
    assert pauses == [30]


async def test_stop_ends_the_telling(pauses):
    stop = asyncio.Event()

    async def hang() -> None:
        stop.set()
        await asyncio.Event().wait()

    assert not await until_told(stop, hang)


async def test_polling_bears_an_unknown_token_haste_nonsense_and_a_dead_line(gateway, bot, database_url, pauses):
    stop = asyncio.Event()
    real = bot.session
    troubles: list[Any] = [
        TelegramUnauthorizedError(method=CALL, message="Unauthorized"),
        TelegramRetryAfter(method=CALL, message="", retry_after=9),
        TelegramServerError(method=CALL, message="Bad Gateway"),
        [{"no": "update"}],
        True,
    ]

    class Server:
        async def call(self, *args: Any) -> Any:
            if not troubles:
                stop.set()
                return await real.call(*args)
            trouble = troubles.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return trouble

    db = Database(database_url)
    await gateway.post_text(5001, "签到")
    with capture_logs() as lines:
        await Intake(db, "test", lambda: NOW, lambda: None).poll(bot, Server(), stop)
    assert pauses == [30, 9, 1, 2, 4]
    assert [line["log_level"] for line in lines] == ["error", "warning", "error", "error"]
    async with db.read() as session:
        assert len(list(await session.scalars(select(Inbox.id)))) <= 1
    await db.close()


@pytest.fixture
async def answering() -> AsyncIterator[Callable[[int, bytes], Awaitable[JsonSession]]]:
    """A server that answers everything alike, and a line to it."""
    runners: list[web.AppRunner] = []

    async def start(status: int, body: bytes) -> JsonSession:
        async def answer(_request: web.Request) -> web.Response:
            return web.Response(status=status, body=body)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runners.append(web.AppRunner(app, access_log=None))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        return JsonSession(api=TelegramAPIServer.from_base(f"http://127.0.0.1:{runners[-1].addresses[0][1]}"))

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    "status, body",
    [
        (502, b"<html>Bad Gateway</html>"),
        (503, b'{"message": "no upstream"}'),
        (503, b'{"error_code": 503}'),
        (400, b'{"ok": false, "error_code": "E17"}'),
        (200, b'{"error_code": 17}'),
        (200, b"[]"),
        (200, b"\xff"),
        (502, b'{"error_code": 502, "description": "\xff"}'),
    ],
)
async def test_a_proxy_that_answers_for_the_server_is_the_networks_trouble(status, body, answering):
    session = await answering(status, body)
    async with make_bot("1:test", session) as one:
        for call in (one.get_me, lambda: session.call(one, "getUpdates", b"{}")):
            with pytest.raises(TelegramAPIError) as caught:
                await call()
            assert type(caught.value).__name__ == "TelegramNetworkError"


@pytest.mark.parametrize("name", ["getUpdates", "sendMessage"])
async def test_a_yes_without_a_result_is_no_answer_of_a_bot_api_server(name, answering):
    session = await answering(200, b'{"ok": true}')
    async with make_bot("1:test", session) as one:
        with pytest.raises(TelegramNetworkError):
            await session.call(one, name, b"{}")
