"""The one place that wires everything: gateway or token, database, intake, worker, answers, delivery."""

import asyncio
import fcntl
import gc
import os
import secrets
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import structlog
import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web

from actions import sample, unreachable
from bot import logs, metrics, terminal
from bot.answers import Answers
from bot.api import JsonSession
from bot.budget import Budget
from bot.commands_menu import set_default_commands
from bot.delivery import Delivery
from bot.dispatcher import make_bot, make_dispatcher
from bot.fetcher import Fetcher
from bot.greeting import Hook, attach, until_told
from bot.health import Health, PortTakenError, watched
from bot.intake import Intake
from bot.jobs import own_jobs
from bot.settings import Settings, host_and_port
from bot.worker import Worker
from gateway.server import Gateway, SamplePerson
from locales import _
from policy.authority import Viewer
from scheduler.clock import ticking
from storage import abroad, people, roster
from storage.engine import Database
from storage.migrate import migrate

log = structlog.get_logger()

FINISH_WITHIN_S = 2.5
"""Seconds that the batch and the answers at hand are given after SIGTERM; the rest is there at the next start."""
END_WITHIN_S = 4.5
"""Seconds after which a process ends that hangs on a disk or a line; nothing acknowledged is lost by that."""


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
    dispatcher: Dispatcher
    line: JsonSession
    intake: Intake
    worker: Worker
    answers: Answers
    delivery: Delivery
    fetcher: Fetcher
    gateway: Gateway | None


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    if settings.bot_api is not None and settings.bot_token is None:
        raise StartError(_("有 ZHUCUN_BOT_API 时也要有 ZHUCUN_BOT_TOKEN。"))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_one(settings):
        await _prepare(settings)
        async with _wired(settings) as app, _hooked(settings, app) as hook, _watched(settings, app):
            await _offer_samples(app)
            await app.worker.start()
            await app.delivery.start()
            await _warn_abroad(settings, app)
            _settle_memory()
            log.info("ready", channel=settings.channel, page=app.gateway.public_url if app.gateway else None)
            terminal.say(_how_to_go_on(app.gateway))
            with ticking(app.db, own_jobs(settings, app.db), alone=app.db.is_sqlite, on_swept=metrics.swept):
                left = await _work(app, hook, stop)
            await app.answers.drain(left)
            await app.answers.cancel()
            with suppress(Exception):  # not noted: said once more at the next start
                await app.worker.note_sent()


def _how_to_go_on(gateway: Gateway | None) -> str:
    if gateway is None:
        return _("助手已启动。按 Ctrl-C 停止。")
    return _("助手已启动，请打开 {page}。按 Ctrl-C 停止。").format(page=gateway.public_url)


async def _warn_abroad(settings: Settings, app: App) -> None:
    """Data of real cadres through a server abroad: said in one line at every start (POLICY §5)."""
    if not settings.speaks_abroad:
        return
    async with app.db.read() as session:
        if await roster.is_empty(session) or await roster.is_sample(session):
            return
        since = await abroad.acknowledged_since(session)
    if since is not None:
        log.info("messages go through a server abroad; an admin has acknowledged it", since=since.isoformat())
        return
    log.warning(
        "the roster is not a sample, but messages go through a server abroad; keep cadres' data in the mainland"
    )


def _settle_memory() -> None:
    """What was made up to now stays for good: the collector need not look at it again (measured: a tenth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _work(app: App, hook: Hook | None, stop: asyncio.Event) -> float:
    """Everything at work until `stop`; the seconds that are left for the answers then."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        parts = [app.worker.run(stop), app.delivery.run(stop), app.fetcher.keep_tidy(stop), _receive(app, hook, stop)]
        tasks = [group.create_task(part) for part in parts]
        await stop.wait()
        log.info("stopping")
        _end_by(END_WITHIN_S)
        end = loop.time() + FINISH_WITHIN_S
        _, slow = await asyncio.wait(tasks, timeout=FINISH_WITHIN_S)
        for task in slow:
            task.cancel()
    return max(0.0, end - loop.time())


def _end_by(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, args=(0,))
    timer.daemon = True
    timer.start()


async def _receive(app: App, hook: Hook | None, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        if hook is not None:  # before the server is told of it
            group.create_task(app.intake.store_webhooks(stop))
        if not await until_told(stop, lambda: attach(app.bot, hook)):
            return
        group.create_task(until_told(stop, lambda: _greet(app)))
        if hook is None:
            await app.intake.poll(app.bot, app.line, stop)


async def _greet(app: App) -> None:
    me = await app.bot.get_me()
    if app.gateway is None:
        app.dispatcher["deep_link"] = f"https://t.me/{me.username}?start="
    await set_default_commands(app.bot)


@asynccontextmanager
async def _hooked(settings: Settings, app: App) -> AsyncIterator[Hook | None]:
    """Listening for webhooks, where they are wanted. Raises StartError where the port can't be had."""
    if settings.webhook_url is None:
        yield None
        return
    given = settings.webhook_secret
    hook = Hook(settings.webhook_url, given.get_secret_value() if given is not None else secrets.token_urlsafe(32))
    receiver = app.intake.webhook(urlsplit(settings.webhook_url).path or "/", hook.secret)
    runner = web.AppRunner(receiver, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *host_and_port(settings.webhook_listen)).start()
        except OSError as error:
            words = _("接收更新的端口 {listen} 用不了（{cause}）。请改 ZHUCUN_WEBHOOK_LISTEN。")
            raise StartError(words.format(listen=settings.webhook_listen, cause=_cause(error))) from error
        yield hook
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _watched(settings: Settings, app: App) -> AsyncIterator[None]:
    """`/healthz` and `/metrics` on their port. Raises StartError where one was asked for that can't be had."""
    try:
        async with watched(settings, Health(app.db, settings.channel, utc_now)):
            yield
    except PortTakenError as error:
        words = _("健康检查的端口 {listen} 用不了（{cause}）。请改 ZHUCUN_HEALTH_LISTEN。")
        raise StartError(words.format(listen=settings.health_listen, cause=error)) from error


async def _prepare(settings: Settings) -> None:
    """Bring the database up to date; on the gateway an empty one gets the sample county to play with."""
    try:
        await migrate(settings.database)
    except Exception as error:
        raise StartError(terminal.trouble(error) or _("数据库打不开：{cause}").format(cause=error)) from error
    if not settings.uses_gateway:
        return
    db = Database(settings.database, settings.channel)
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
    for one in sample.everybody():
        app.gateway.user(one.external_id, one.name)  # cards for them find a chat, though the page offers only a few
    people_to_be = [SamplePerson(one.external_id, one.name, one.title) for one in sample.people_to_be()]
    await app.gateway.offer_people(people_to_be)


@asynccontextmanager
async def _wired(settings: Settings) -> AsyncIterator[App]:
    db = Database(settings.database, settings.channel)
    db.on_turn = metrics.waited
    gateway = await _gateway(settings) if settings.uses_gateway and settings.bot_api is None else None
    line = JsonSession(api=_server(settings, gateway)) if _server(settings, gateway) else JsonSession()
    bot = make_bot(_token(settings, gateway), line)
    budget = Budget(settings.rate)
    answers = Answers(bot, line, budget)
    dispatcher = make_dispatcher()
    dispatcher["deep_link"] = gateway.link("") if gateway is not None else None
    dispatcher["send_rate"] = settings.rate
    worker = Worker(db, dispatcher, bot, settings.channel, answers, utc_now)
    delivery = Delivery(db, bot, settings.channel, budget, utc_now)
    worker.on_outbox = delivery.wake.set
    fetcher = Fetcher(db, bot, settings.channel, settings.data_dir / "incoming", utc_now, worker.wake.set)
    delivery.errands.fetcher = fetcher

    async def note_unreachable(external_id: int, cause: str) -> None:
        async with db.write() as session:
            speaker = (await people.speakers(session, settings.channel, [external_id])).get(external_id)
            if speaker is not None and speaker.chat is not None:
                await unreachable.mark_chat(session, speaker.chat, by=Viewer.system(), cause=cause, now=utc_now())
        delivery.wake.set()

    answers.on_unreachable = note_unreachable
    intake = Intake(db, settings.channel, utc_now, worker.wake.set)
    try:
        yield App(db, bot, dispatcher, line, intake, worker, answers, delivery, fetcher, gateway)
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
        words = _("手机页面的端口 {listen} 用不了（{cause}）。请改 ZHUCUN_GATEWAY_LISTEN。")
        raise StartError(words.format(listen=settings.gateway_listen, cause=_cause(error))) from error
    except sqlite3.Error as error:
        raise StartError(_("手机页面的数据打不开（{cause}）：{name}").format(cause=error, name="gateway.db")) from error


def _cause(error: OSError) -> str:
    """The system's own words; asyncio wraps them into a sentence."""
    return os.strerror(error.errno) if error.errno is not None else str(error)


def _server(settings: Settings, gateway: Gateway | None) -> TelegramAPIServer | None:
    base = settings.bot_api or (gateway.url if gateway is not None else None)
    return TelegramAPIServer.from_base(base) if base is not None else None


def _token(settings: Settings, gateway: Gateway | None) -> str:
    if gateway is not None:
        return gateway.token
    return settings.bot_token.get_secret_value() if settings.bot_token is not None else ""


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
        file.truncate(0)
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
        file = path.open("a")  # not emptied: it says who has it
    except OSError as error:
        raise StartError(
            _("数据目录写不了（{cause}）：{name}").format(cause=error.strerror, name=path.parent)
        ) from error
    with file:
        yield file
