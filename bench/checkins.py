"""Check-ins a second against a bare aiogram echo over the same Bot API server; delay, memory, start-up.

Each figure is a ratio within one run: echo and ours take turns, and the median of the pairs counts.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from bench.botserver import Crowd
from bench.county import fill
from bench.verdict import LEAST_RATIO, verdict
from tests.databases import NoPostgresError, postgres_server

WARM = 300
BURST = 3_000


@dataclass
class Measured:
    """One bot under load. Rates in updates a second, delays in ms, memory in MB, start-up in s, CPU in ms an update."""

    name: str
    rate: float
    p50: float = 0.0
    p99: float = 0.0
    memory: float = 0.0
    start: float = 0.0
    cpu: float = 0.0


@contextmanager
def bot(command: list[str], **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A bot's process, from its start to SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if "-q" in sys.argv else None,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def measure(
    name: str, crowd: Crowd, command: list[str], env: dict[str, str], *, calm: bool = True, burst: int = BURST
) -> Measured:
    """Start a bot, warm it, let a burst come, then fifty a second for a while."""
    begun = time.perf_counter()
    with bot(command, **env) as process:
        crowd.check_in(0, 1)
        if not crowd.wait(1, 60)["answers"]:
            raise RuntimeError(f"{name} does not answer")
        start = time.perf_counter() - begun
        crowd.check_in(1, WARM)
        crowd.wait(WARM, 60)
        before = _cpu_s(process.pid)
        crowd.check_in(1 + WARM, burst)
        done = crowd.wait(burst, 120)
        used = _cpu_s(process.pid) - before
        if done["answers"] != burst:
            raise RuntimeError(f"{name}: {done['answers']} of {burst} answered")
        measured = Measured(name, burst / done["seconds"], start=start, cpu=used / burst * 1000)
        if calm:
            crowd.check_in(1 + WARM + burst, 500, per_second=50)
            paced = crowd.wait(500, 60)
            measured.p50, measured.p99 = paced["p50"], paced["p99"]
        measured.memory = psutil.Process(process.pid).memory_info().rss / 1e6
    return measured


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def echo(*, calm: bool = True) -> Measured:
    """The peer."""
    crowd = Crowd()
    try:
        return measure("echo", crowd, ["-m", "bench.echo", crowd.url, crowd.token], {}, calm=calm)
    finally:
        crowd.close()


def ours(url: str, folder: Path, name: str, *, calm: bool = True) -> Measured:
    """Our bot over a database that is filled and has no check-ins of today."""
    crowd = Crowd()
    try:
        return measure(name, crowd, ["-m", "bot", "run"], environment(crowd, url, folder), calm=calm)
    finally:
        crowd.close()


def environment(crowd: Crowd, url: str, folder: Path) -> dict[str, str]:
    """The settings of a bot under measurement."""
    return {
        "ZHUCUN_BOT_TOKEN": crowd.token,
        "ZHUCUN_BOT_API": crowd.url,
        "ZHUCUN_DATABASE_URL": url,
        "ZHUCUN_SEND_RATE": "0",
        "ZHUCUN_DATA_DIR": str(folder),
        "ZHUCUN_LOG_FORMAT": "json",
    }


def main(rounds: int = 3) -> int:
    """Print the table; 1 where a database is too slow beside the echo."""
    people = WARM + BURST + 501
    echoes, sqlites, postgreses = [], [], []
    for n in range(rounds):
        echoes.append(echo(calm=n == 0))
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite+aiosqlite:///{folder}/bench.db"
            asyncio.run(fill(url, people))
            sqlites.append(ours(url, Path(folder), "SQLite", calm=n == 0))
        try:
            with postgres_server(durable=True) as server, tempfile.TemporaryDirectory() as folder:
                server.create("bench")
                asyncio.run(fill(server.url("bench"), people))
                postgreses.append(ours(server.url("bench"), Path(folder), "PostgreSQL", calm=n == 0))
        except NoPostgresError as error:
            print(f"PostgreSQL left out: {error}")
    return show(echoes, [sqlites, postgreses])


def show(echoes: list[Measured], others: list[list[Measured]]) -> int:
    """A row a bot; ratios pair by pair, the median counts. 1 where one is too low."""
    ratios: dict[str, float] = {}
    print(f"{'':<12}{'check-ins/s':>12}{'÷ echo':>8}{'p50 ms':>8}{'p99 ms':>8}{'MB':>6}{'start s':>9}{'CPU ms':>8}")
    for runs in [echoes, *others]:
        if not runs:
            continue
        ratio = median(run.rate / peer.rate for run, peer in zip(runs, echoes, strict=True))
        first = runs[0]
        ratios[first.name] = ratio
        print(
            f"{first.name:<12}{median(r.rate for r in runs):>12.0f}{ratio:>8.2f}{first.p50:>8.0f}{first.p99:>8.0f}"
            f"{max(r.memory for r in runs):>6.0f}{median(r.start for r in runs):>9.1f}"
            f"{median(r.cpu for r in runs):>8.2f}"
        )
    return max(
        verdict(name, {f"at least {least} of the echo": ratios[name] >= least})
        for name, least in LEAST_RATIO.items()
        if name in ratios
    )


if __name__ == "__main__":
    sys.exit(main())
