"""The one place that wires everything: gateway or token, database, intake, worker, answers, delivery."""

import asyncio
import fcntl
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import structlog
import uvloop
from aiogram import Bot
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError
from aiohttp import web

from actions import sample
from bot import logs, terminal
from bot.answers import Answers
from bot.api import JsonSession
from bot.commands_menu import set_default_commands
from bot.delivery import Delivery
from bot.dispatcher import make_bot, make_dispatcher
from bot.intake import Intake
from bot.pace import Pace
from bot.settings import Settings, host_and_port
from bot.worker import Worker
from gateway.server import Gateway, SamplePerson
from locales import _
from scheduler.clock import ticking
from storage import people, roster
from storage.engine import Database
from storage.migrate import migrate

log = structlog.get_logger()

FINISH_WITHIN_S = 3.0
"""Seconds that answers at hand are given after SIGTERM; the rest goes out at the next start."""


class StartError(Exception):
    """The bot can't start; the one line to say on stderr."""


def run(settings: Settings) -> int:
    """Run until SIGTERM or Ctrl-C. Returns the exit code: 0 done, 2 can't start."""
    logs.set_up(settings.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings))
    except StartError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def utc_now() -> datetime:
    """The time; read here and in `scheduler/` only (law 5)."""
    return datetime.now(UTC)


@dataclass(slots=True)
class App:
    """Everything that runs, wired."""

    db: Database
    bot: Bot
    line: JsonSession
    intake: Intake
    worker: Worker
    answers: Answers
    delivery: Delivery
    gateway: Gateway | None


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(settings):
        await _prepare(settings)
        async with _wired(settings) as app:
            await _offer_samples(app)
            await app.worker.start()
            await app.delivery.start()
            _settle_memory()
            log.info("ready", channel=settings.channel, page=app.gateway.public_url if app.gateway else None)
            await _serve(settings, app, stop)
            log.info("stopping")
            await app.answers.drain(FINISH_WITHIN_S)
            await app.answers.cancel()


def _settle_memory() -> None:
    """What was made up to now stays for good: the collector need not look at it again (measured: a tenth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(settings: Settings, app: App, stop: asyncio.Event) -> None:
    with ticking(app.db):
        await _work(settings, app, stop)


async def _work(settings: Settings, app: App, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(app.worker.run(stop))
        group.create_task(app.delivery.run(stop))
        group.create_task(_receive(settings, app, stop))
        group.create_task(_greet(app, stop))


async def _receive(settings: Settings, app: App, stop: asyncio.Event) -> None:
    if settings.webhook_url is None:
        await app.intake.poll(app.bot, app.line, stop)
        return
    host, port = host_and_port(settings.webhook_listen)
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    runner = web.AppRunner(app.intake.webhook(urlsplit(settings.webhook_url).path or "/", secret), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        await app.intake.store_webhooks(stop)
    finally:
        await runner.cleanup()


async def _greet(app: App, stop: asyncio.Event) -> None:
    """Tell the Bot API server what it must know; it may be down at start, so try until it is told."""
    pause = 1.0
    while not stop.is_set():
        try:
            await app.bot.get_me()
            await set_default_commands(app.bot)
            return
        except (TelegramAPIError, OSError) as error:
            log.warning("the Bot API server does not answer; trying again", cause=type(error).__name__, seconds=pause)
            await _wait(stop, pause)
            pause = min(pause * 2, 60)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _prepare(settings: Settings) -> None:
    """Bring the database up to date; on the gateway an empty one gets the sample county to play with."""
    try:
        await migrate(settings.database)
    except Exception as error:
        raise StartError(terminal.trouble(error) or _("数据库打不开：{cause}").format(cause=error)) from error
    if not settings.uses_gateway:
        return
    db = Database(settings.database)
    try:
        async with db.read() as session:
            is_empty = await roster.is_empty(session)
        if is_empty:
            async with db.write() as session:
                await sample.create(session, now=utc_now())
            log.info("made the sample county")
    finally:
        await db.close()


async def _offer_samples(app: App) -> None:
    """The page lists a few sample people to be, as long as the roster is the sample."""
    if app.gateway is None:
        return
    async with app.db.read() as session:
        if not await roster.is_sample(session):
            return
    people_to_be = [SamplePerson(one.external_id, one.name, one.title) for one in sample.people_to_be()]
    await app.gateway.offer_people(people_to_be)


@asynccontextmanager
async def _wired(settings: Settings) -> AsyncIterator[App]:
    db = Database(settings.database)
    gateway = await _gateway(settings) if settings.uses_gateway and settings.bot_api is None else None
    line = JsonSession(api=_server(settings, gateway)) if _server(settings, gateway) else JsonSession()
    bot = make_bot(_token(settings, gateway), line)
    pace = Pace(settings.rate)
    answers = Answers(bot, line, pace)
    worker = Worker(db, make_dispatcher(), bot, settings.channel, answers, utc_now)
    delivery = Delivery(db, bot, settings.channel, pace, utc_now)
    worker.on_outbox = delivery.wake.set

    async def unreachable(external_id: int) -> None:
        async with db.write(ids=0) as session:
            await people.mark_unreachable(session, settings.channel, external_id)

    answers.on_unreachable = unreachable
    intake = Intake(db, settings.channel, utc_now, worker.wake.set)
    try:
        yield App(db, bot, line, intake, worker, answers, delivery, gateway)
    finally:
        await line.close()
        if gateway is not None:
            await gateway.close()
        await db.close()


async def _gateway(settings: Settings) -> Gateway:
    host, port = host_and_port(settings.gateway_listen)
    try:
        return await Gateway.start(
            db=settings.data_dir / "gateway.db", host=host, port=port, public_url=settings.gateway_public_url
        )
    except OSError as error:
        raise StartError(
            _("手机页面的端口 {listen} 用不了（{cause}）。请改 ZHUCUN_GATEWAY_LISTEN。").format(
                listen=settings.gateway_listen, cause=error.strerror
            )
        ) from error


def _server(settings: Settings, gateway: Gateway | None) -> TelegramAPIServer | None:
    base = settings.bot_api or (gateway.url if gateway is not None else None)
    return TelegramAPIServer.from_base(base) if base is not None else None


def _token(settings: Settings, gateway: Gateway | None) -> str:
    if settings.bot_token is not None:
        return settings.bot_token.get_secret_value()
    if gateway is None:
        raise StartError(_("有 ZHUCUN_BOT_API 时也要有 ZHUCUN_BOT_TOKEN。"))
    return gateway.token


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """One `run` on one SQLite file. Raises StartError where another one has it."""
    path = lock_path(settings)
    if path is None:
        yield
        return
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(_("这个数据库已经有一个助手在运行：{name}").format(name=path.stem)) from None
        file.write(str(os.getpid()))
        file.flush()
        yield


def lock_path(settings: Settings) -> Path | None:
    """The lock beside an SQLite file; None for PostgreSQL, which carries several processes."""
    if not settings.database.startswith("sqlite"):
        return None
    path = Path(settings.database.split("///", 1)[-1].split("?")[0])
    return path.with_name(path.name + ".lock")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise StartError(
            _("数据目录写不了（{cause}）：{name}").format(cause=error.strerror, name=path.parent)
        ) from error
    with file:
        yield file
