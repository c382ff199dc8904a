"""`python -m bot run` as a process: ended, killed, started twice, without a server, a port, a disk; nothing lost."""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import psutil
import pytest

from bench.botserver import FIRST_USER, site_of
from bench.county import fill
from bot import __main__ as command_line
from bot import app
from bot.intake import ALLOWED
from gateway import Gateway
from gateway.updates import Hook
from scheduler.clock import ticking
from storage.engine import Database

ROOT = Path(__file__).parents[1]
STOP_WITHIN_S = 5
NOBODY = 65_534
AMID = 900
"""Check-ins in a burst that is cut off; more than a fast machine gets done between two looks."""
PATIENCE_S = 60
"""Another process on a busy machine: it is waited for, not timed."""


@contextmanager
def held_port() -> Iterator[int]:
    """A port that nobody else gets meanwhile: it is bound here, not listened on, and shared with whom we tell."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


async def until(condition: Callable[[], bool], what: str, bot: "Process") -> None:
    """Wait for what another process does; not for ever."""
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        if bot.ended():
            break
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} does not come to pass\n" + "\n".join(map(str, bot.log[-30:])))


class Process:
    """A `run`, and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def start(cls, folder: Path, stdout: int | None, /, **settings: str) -> "Process":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHUCUN_")}
        env = kept | {"PYTHONPATH": str(ROOT), "ZHUCUN_DATA_DIR": str(folder), "ZHUCUN_LOG_FORMAT": "json"}
        env |= {f"ZHUCUN_{name}": value for name, value in settings.items()}
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "bot", "run"]
        return cls(await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=stdout, stderr=pipe))

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            said = line.decode().rstrip()
            self.lines.append(said)
            self.log.append(orjson.loads(said) if said.startswith("{") else {"event": said})

    def ended(self) -> bool:
        return self.process.returncode is not None

    def events(self) -> list[str]:
        return [line["event"] for line in self.log]

    async def says(self, *events: str, after: int = 0) -> None:
        """One of these is logged."""
        await until(lambda: any(event in events for event in self.events()[after:]), f"“{events}”", self)

    async def end(self) -> int | None:
        """SIGTERM; the exit code, which must be there in time after it was taken note of."""
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        ended = datetime.now(UTC)
        await self._reading
        begun = [datetime.fromisoformat(line["timestamp"]) for line in self.log if line["event"] == "stopping"]
        assert (ended - begun[-1]).total_seconds() < STOP_WITHIN_S
        return self.process.returncode

    async def kill(self) -> None:
        """SIGKILL."""
        if not self.ended():
            self.process.kill()
        await self.process.wait()
        await self._reading


@asynccontextmanager
async def running(folder: Path, stdout: int | None = None, /, **settings: str) -> AsyncIterator[Process]:
    """A `run` that does not outlive the test."""
    process = await Process.start(folder, stdout, **settings)
    try:
        yield process
    finally:
        await process.kill()


class Crowd:
    """Cadres at the gateway, each in the own village."""

    def __init__(self, gateway: Gateway, database: Path) -> None:
        self.gateway = gateway
        self.database = database
        self.count = 0
        self.answers: dict[int, int] = {}
        touched = gateway._store.after_commit

        def note(chats: set[int], update_added: bool) -> None:
            touched(chats, update_added)
            if not update_added:
                for chat in chats:
                    self.answers[chat] = self.answers.get(chat, 0) + 1

        gateway._store.after_commit = note

    async def check_in(self, more: int) -> None:
        """So many more cadres send their position at once."""
        for n in range(self.count, self.count + more):
            await self.gateway.post_location(FIRST_USER + n, *site_of(n), accuracy=20)
        self.count += more

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the database from outside."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    async def all_done(self, bot: Process) -> None:
        """Everybody is checked in, exactly once, has an answer, and nobody's update is to blame for anything."""
        await until(lambda: len(self.answers) == self.count, f"{self.count} answers ({len(self.answers)})", bot)
        assert self.ask("SELECT state, count(*) FROM inbox GROUP BY state") == [("DONE", self.count)]
        assert self.ask("SELECT count(*), count(DISTINCT person_id) FROM check_in") == [(self.count, self.count)]
        assert self.ask("SELECT count(*) FROM day") == [(self.count,)]


async def test_ended_killed_locked_out_and_with_a_full_disk_nothing_is_lost_or_done_twice(tmp_path):
    database = tmp_path / "zhucun.db"
    await fill(f"sqlite+aiosqlite:///{database}", 1_500 + AMID)
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0)
    crowd = Crowd(gateway, database)
    settings = {"BOT_TOKEN": gateway.token, "BOT_API": gateway.url, "SEND_RATE": "0"}
    try:
        # a webhook is set from before: polling must undo it
        await gateway._updates.set_hook(Hook("http://127.0.0.1:1/old", None), drop=False)
        await crowd.check_in(AMID)
        async with running(tmp_path, **settings) as bot:
            await until(lambda: len(crowd.answers) > 50, "some answers", bot)
            assert await bot.end() == 0
            assert gateway._updates.hook is None
            assert crowd.ask(BLAMED) == [(0,)]
        assert len(crowd.answers) < AMID, "the burst was too small for this machine"
        await _killed_while_served_by_webhook(tmp_path, crowd, settings)
        old, new = _files_that_came_in(tmp_path)
        async with running(tmp_path, **settings) as bot:
            await crowd.all_done(bot)
            assert not old.exists()  # nobody has sent another (law 14)
            assert new.exists()
            await _a_second_one(bot, tmp_path, settings)
            await _locked(bot, crowd)
            await _full(bot, crowd)
            assert await bot.end() == 0
    finally:
        await gateway.close()


def _files_that_came_in(folder: Path) -> tuple[Path, Path]:
    """One whose time is up, and one of now."""
    old, new = folder / "incoming" / "old.xlsx", folder / "incoming" / "new.xlsx"
    old.parent.mkdir()
    for path in (old, new):
        path.write_bytes(b"PK")
    long_ago = old.stat().st_mtime - 49 * 3600
    os.utime(old, (long_ago, long_ago))
    return old, new


async def _killed_while_served_by_webhook(folder: Path, crowd: Crowd, settings: dict[str, str]) -> None:
    with held_port() as port:
        url, listen = f"http://127.0.0.1:{port}/hook/7", f"127.0.0.1:{port}"
        async with running(folder, **settings, WEBHOOK_URL=url, WEBHOOK_LISTEN=listen) as bot:
            await _served_by_webhook(bot, crowd, url)


async def _served_by_webhook(bot: Process, crowd: Crowd, url: str) -> None:
    await bot.says("ready")
    await until(lambda: crowd.gateway._updates.hook is not None, "the webhook", bot)
    hook = crowd.gateway._updates.hook
    assert hook is not None
    assert hook.url == url
    assert len(hook.secret or "") >= 32, "none was given: one is made"
    assert crowd.gateway._chats.allowed == set(ALLOWED)
    before = len(crowd.answers)
    await crowd.check_in(200)
    await until(lambda: len(crowd.answers) > before + 50, "some answers by webhook", bot)
    await bot.kill()


async def _a_second_one(bot: Process, folder: Path, settings: dict[str, str]) -> None:
    async with running(folder, **settings) as second:
        assert await asyncio.wait_for(second.process.wait(), PATIENCE_S) == 2
        await second._reading
        assert second.lines == ["这个数据库已经有一个助手在运行：zhucun.db"]
    assert (folder / "zhucun.db.lock").read_text() == str(bot.process.pid), "who has it stays written there"


async def _locked(bot: Process, crowd: Crowd) -> None:
    """Another program holds the database for longer than the busy timeout."""
    seen, blamed = len(bot.log), crowd.ask(BLAMED)
    with closing(sqlite3.connect(crowd.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await crowd.check_in(200)
        await bot.says(*TROUBLE, after=seen)
        other.execute("ROLLBACK")
    await _recovered(bot, crowd, seen, "database is locked", blamed)


async def _full(bot: Process, crowd: Crowd) -> None:
    """No file of the bot's may grow any more."""
    seen, blamed = len(bot.log), crowd.ask(BLAMED)
    process = psutil.Process(bot.process.pid)
    process.rlimit(psutil.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    await crowd.check_in(200)
    await bot.says(*TROUBLE, after=seen)
    process.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await _recovered(bot, crowd, seen, "disk I/O error", blamed)


TROUBLE = ("the database does not answer; trying again", "updates could not be stored; trying again")


BLAMED = "SELECT count(*) FROM inbox WHERE attempts > 0"


async def _recovered(bot: Process, crowd: Crowd, seen: int, cause: str, blamed: list[tuple[Any, ...]]) -> None:
    await crowd.all_done(bot)
    assert crowd.ask(BLAMED) == blamed, "trouble of the disk counts against nobody"
    said = [line for line in bot.log[seen:] if line["event"] in TROUBLE]
    assert all(cause in line["cause"] for line in said)
    assert not any("latitude" in str(line) for line in said), "positions are not for the log"


async def test_a_server_that_is_down_at_start_and_one_that_does_not_know_the_token(tmp_path):
    with held_port() as port:
        await _down_at_start(tmp_path, port)


async def _down_at_start(tmp_path: Path, port: int) -> None:
    known, other = tmp_path / "known.db", tmp_path / "other.db"
    gateway = await Gateway.start(db=known, host="127.0.0.1", port=port)
    settings = {"BOT_TOKEN": gateway.token, "BOT_API": gateway.url}
    await gateway.close()
    async with running(tmp_path, **settings) as bot:
        await bot.says("the Bot API server does not answer; trying again")
        gateway = await Gateway.start(db=known, host="127.0.0.1", port=port)
        await gateway.post_text(5001, "签到")
        await until(lambda: bool(gateway._chats.people), "a person", bot)
        await _answered(bot, gateway, 5001)
        await gateway.close()
        stranger = await Gateway.start(db=other, host="127.0.0.1", port=port)
        await bot.says("the Bot API server does not know this token; see ZHUCUN_BOT_TOKEN")
        assert await bot.end() == 0
        assert gateway.token not in "".join(bot.lines)
        await stranger.close()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Where somebody watches: what he reads, and what is written to."""
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


async def test_who_watches_is_told_where_to_look_and_a_stop_right_after_the_start_is_quiet(tmp_path, terminal):
    """The clock's first sweep is at work then: it is broken off without a trace of any error."""
    reads, writes = terminal
    async with running(tmp_path, writes, GATEWAY_LISTEN="127.0.0.1:0", LANG="zh") as bot:
        await bot.says("ready")
        assert await bot.end() == 0
        assert [line for line in bot.lines if not line.startswith("{")] == []
    (page,) = [line["page"] for line in bot.log if line["event"] == "ready"]
    told = os.read(reads, 4096).decode().splitlines()
    assert told == ["正在启动……", f"助手已启动，请打开 {page}。按 Ctrl-C 停止。"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_sweep_amid_which_the_bot_stops_leaves_no_trace_in_the_log(database_url, monkeypatch, caplog):
    begun = asyncio.Event()

    async def hang(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("scheduler.sweeps.thin", hang)
    db = Database(database_url)
    with ticking(db):
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
    for _ in range(20):
        await asyncio.sleep(0)
    await db.close()
    assert caplog.records == []


async def _answered(bot: Process, gateway: Gateway, user_id: int) -> None:
    for _ in range(PATIENCE_S * 20):
        if any(message["from"]["is_bot"] for message in await gateway.messages(user_id)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no answer\n" + "\n".join(bot.lines))


async def test_a_part_that_hangs_is_cut_off_at_the_stop(monkeypatch):
    """A line or a disk that hangs must not hold up the end; the rest is there at the next start."""
    monkeypatch.setattr(app, "FINISH_WITHIN_S", 0.01)
    ends: list[float] = []
    monkeypatch.setattr(app, "_end_by", ends.append)
    cut: list[str] = []

    async def hang(what: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.append(what)

    parts = SimpleNamespace(
        worker=SimpleNamespace(run=lambda _stop: hang("worker")),
        delivery=SimpleNamespace(run=lambda _stop: hang("delivery")),
        fetcher=SimpleNamespace(keep_tidy=lambda _stop: hang("fetcher")),
        bot=SimpleNamespace(delete_webhook=lambda: hang("server")),
    )
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(STOP_WITHIN_S):
        assert await app._work(cast(app.App, parts), None, stop) == 0
    assert sorted(cut) in (["delivery", "fetcher", "server", "worker"], ["delivery", "fetcher", "worker"])
    assert ends == [app.END_WITHIN_S]
    assert app.END_WITHIN_S < STOP_WITHIN_S


# -- what can't start: one clear line, exit code 2 ------------------------------------------------------------------

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`run` in this process, since it ends before anything begins; in an empty folder, on free ports."""
    for name in [name for name in os.environ if name.startswith("ZHUCUN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.logs.set_up", lambda _form: None)
    monkeypatch.setenv("ZHUCUN_LANG", "zh")
    monkeypatch.setenv("ZHUCUN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ZHUCUN_GATEWAY_LISTEN", "127.0.0.1:0")

    def run_with(**settings: str) -> SimpleNamespace:
        for name, value in settings.items():
            monkeypatch.setenv(f"ZHUCUN_{name}", value)
        code = command_line.main(["run"])
        said = capfd.readouterr()
        return SimpleNamespace(code=code, lines=said.err.strip().splitlines())

    return run_with


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("TIMEZONE", "Nowhere/Land", "ZHUCUN_TIMEZONE"),
        ("GATEWAY_LISTEN", "8080", "ZHUCUN_GATEWAY_LISTEN"),
        ("GATEWAY_LISTEN", "127.0.0.1:99999", "ZHUCUN_GATEWAY_LISTEN"),
        ("WEBHOOK_LISTEN", "here", "ZHUCUN_WEBHOOK_LISTEN"),
        ("HEALTH_LISTEN", "8090", "ZHUCUN_HEALTH_LISTEN"),
        ("BACKUP_AT", "25:00", "ZHUCUN_BACKUP_AT"),
        ("WEBHOOK_SECRET", "with space", "ZHUCUN_WEBHOOK_SECRET"),
        ("WEBHOOK_URL", "example.cn/hook", "ZHUCUN_WEBHOOK_URL"),
        ("BOT_TOKEN", "no token", "ZHUCUN_BOT_TOKEN"),
        ("BOT_API", "ftp://api.example.cn", "ZHUCUN_BOT_API"),
        ("BOT_API", "http://127.0.0.1:1", "有 ZHUCUN_BOT_API 时也要有 ZHUCUN_BOT_TOKEN"),
        ("SEND_RATE", "-1", "ZHUCUN_SEND_RATE"),
        ("LOG_FORMAT", "xml", "ZHUCUN_LOG_FORMAT"),
        ("DATABASE_URL", "what is this", "数据库打不开"),
        ("DATABASE_URL", "postgresql+asyncpg://nobody:secret@127.0.0.1:1/none", "数据库连不上"),
    ],
)
def test_a_wrong_setting_is_one_line_and_changes_nothing(run, tmp_path, name, value, words):
    done = run(**{name: value})
    assert (done.code, len(done.lines)) == (2, 1), done.lines
    assert words in done.lines[0]
    assert "secret@" not in done.lines[0]
    assert name not in {"BOT_TOKEN", "WEBHOOK_SECRET"} or value not in done.lines[0]
    assert not list(tmp_path.rglob("*.db"))


def test_a_port_that_is_taken_is_one_line(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        page = run(GATEWAY_LISTEN=listen)
        hook = run(BOT_TOKEN="1:abc", BOT_API="http://127.0.0.1:1", WEBHOOK_URL="http://x/", WEBHOOK_LISTEN=listen)
        health = run(WEBHOOK_URL="", HEALTH_LISTEN=listen)
    words = f"的端口 {listen} 用不了（Address already in use）。请改 ZHUCUN_"
    assert (page.code, page.lines) == (2, [f"手机页面{words}GATEWAY_LISTEN。"])
    assert (hook.code, hook.lines) == (2, [f"接收更新{words}WEBHOOK_LISTEN。"])
    assert (health.code, health.lines) == (2, [f"健康检查{words}HEALTH_LISTEN。"])


def test_a_data_folder_that_cannot_be_written_is_one_line(run, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert run(DATA_DIR=str(tmp_path / "file")).lines == ["文件读写不了（File exists）：file"]
    below = run(DATA_DIR=str(tmp_path / "file" / "data"))
    assert (below.code, below.lines) == (2, ["文件读写不了（Not a directory）：data"])


def test_a_data_folder_of_somebody_else_is_one_line(run, tmp_path):
    tmp_path.chmod(0o711)
    (tmp_path / "theirs").mkdir(mode=0o500)
    command_line.build()  # what is imported on the way may lie where only root reads
    root = os.geteuid() == 0
    if root:  # who may write everywhere
        os.seteuid(NOBODY)
    try:
        done = run(DATA_DIR="theirs/data")
    finally:
        if root:
            os.seteuid(0)
    assert (done.code, done.lines) == (2, ["文件读写不了（Permission denied）：data"])


@pytest.mark.parametrize("file, words", [("zhucun.db", "数据库文件坏了"), ("gateway.db", "手机页面的数据打不开")])
def test_a_database_that_is_none_is_one_line_and_stays_as_it_is(run, tmp_path, file, words):
    broken = tmp_path / "data" / file
    broken.parent.mkdir()
    broken.write_bytes(b"no database" * 100)
    done = run()
    assert (done.code, len(done.lines)) == (2, 1), done.lines
    assert words in done.lines[0]
    assert broken.read_bytes() == b"no database" * 100


def test_a_database_that_stays_locked_is_one_line(run, tmp_path):
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / "zhucun.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = run(DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/data/zhucun.db?timeout=0.01")
    assert (done.code, done.lines) == (2, ["数据库正被别的程序占用，没有改动。请稍后再试。"])
