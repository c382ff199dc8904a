"""Everybody at once: 22,098 check-ins in one burst, none lost, memory under 400 MB; then the same with 20 SIGKILLs."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import func, select

from bench.botserver import Crowd
from bench.checkins import bot, environment
from bench.county import fill
from bench.verdict import MOST_MB, verdict
from storage.engine import Database
from storage.tables import CheckIn, Day, Inbox, InboxState

ALL = 22_098
KILLS = 20


class Peak:
    """The most memory a process held, in MB, looked at ten times a second."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.mb = 0.0
        self._process = psutil.Process(process.pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            while True:
                self.mb = max(self.mb, self._process.memory_info().rss / 1e6)
                time.sleep(0.1)
        except psutil.NoSuchProcess:
            return


@contextmanager
def _county(people: int) -> Iterator[tuple[Crowd, str, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        asyncio.run(fill(url, people))
        crowd = Crowd()
        try:
            yield crowd, url, environment(crowd, url, Path(folder))
        finally:
            crowd.close()


def burst(people: int = ALL) -> int:
    """One burst, uninterrupted; 1 where something is lost, twice or too large."""
    with _county(people) as (crowd, url, env):
        with bot(["-m", "bot", "run"], **env) as process:
            peak = Peak(process)
            crowd.check_in(0, people)
            done = crowd.wait(people, 300)
        rows, doubles, waiting = asyncio.run(_count(url))
        print(
            f"burst of {people}: {done['answers']} answered in {done['seconds']:.1f} s from the start of the process, "
            f"{rows} check-ins, {doubles} twice, {waiting} left, {peak.mb:.0f} MB at most"
        )
    whole = _whole(people, rows, doubles, waiting) | {"everybody is answered": done["answers"] == people}
    return verdict("burst", whole | {f"at most {MOST_MB} MB": peak.mb <= MOST_MB})


def kills(people: int = ALL, times: int = KILLS, seed: int | None = None) -> int:
    """The same burst with the process killed at random moments; 1 unless every check-in is there exactly once."""
    seed = seed if seed is not None else random.randrange(1 << 30)
    chance = random.Random(seed)
    with _county(people) as (crowd, url, env):
        crowd.check_in(0, people)
        for _ in range(times):
            process = subprocess.Popen(_COMMAND, env=_with(env), stderr=subprocess.DEVNULL)
            _until(crowd, crowd.answered() + chance.randrange(2 * people // times))
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
            process.wait()
        with bot(_COMMAND[1:], **env):
            crowd.wait(people, 300)
            rows, doubles, waiting = asyncio.run(_count(url))
        answers = crowd.answers()
        unanswered = people - len(answers)
        repeated = sum(count - 1 for count in answers.values())
        print(
            f"{times} SIGKILLs (seed {seed}): {rows} of {people} check-ins there, {doubles} twice, {waiting} left, "
            f"{unanswered} unanswered, {repeated} answers repeated"
        )
    return verdict("kills", _whole(people, rows, doubles, waiting) | {"everybody is answered": unanswered == 0})


def _whole(people: int, rows: int, doubles: int, waiting: int) -> dict[str, bool]:
    return {
        "no check-in is lost": rows - doubles == people,
        "no check-in is there twice": doubles == 0,
        "no update is left": waiting == 0,
    }


def _until(crowd: Crowd, answers: int, seconds: float = 20) -> None:
    """Until so many people have an answer, so that the kill comes amid the work; not for ever."""
    give_up = time.perf_counter() + seconds
    while crowd.answered() < answers and time.perf_counter() < give_up:
        time.sleep(0.02)


async def _count(url: str) -> tuple[int, int, int]:
    """Check-ins written, people with more than one, updates not handled."""
    db = Database(url)
    async with db.read() as session:
        rows = (await session.execute(select(func.count()).select_from(CheckIn))).scalar_one()
        days = (await session.execute(select(func.count()).select_from(Day))).scalar_one()
        waiting = (
            await session.execute(select(func.count()).select_from(Inbox).where(Inbox.state != InboxState.DONE))
        ).scalar_one()
    await db.close()
    return rows, rows - days, waiting


def _with(env: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **env}


_COMMAND = [sys.executable, "-m", "bot", "run"]


def main() -> int:
    """Both."""
    return max(burst(), kills())


if __name__ == "__main__":
    sys.exit(main())
