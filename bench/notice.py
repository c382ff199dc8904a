"""A notice to a province, against a Bot API server that allows thirty messages a second.

`notice`: time ÷ the ideal at SEND_RATE, 429s, the answer to somebody who speaks meanwhile, memory. `notice_kills`: the
same with a bad line and 20 SIGKILLs. `notice_engine`: no rate at all, against a bare loop of `bot.send_message`.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from aiogram.client.telegram import TelegramAPIServer
from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from actions import notices
from bench.botserver import FIRST_USER, Crowd
from bench.burst import ALL, KILLS, Peak
from bench.checkins import bot, environment
from bench.county import STARTS, fill
from bench.verdict import MOST_OF_IDEAL, MOST_WAIT_MS, verdict
from bot.api import JsonSession
from bot.dispatcher import make_bot
from policy.audience import Audience
from policy.authority import TEAM, Grant, Role, Viewer
from policy.notices import Draft
from storage.engine import AsyncSession, Database
from storage.tables import Area, Chat, NoticeState, Outbox, OutboxState, Person, PersonRole, Setting

ALLOWED = 30
"""Messages a second that the server lets through."""
RATE = 28
SPEAKERS = 2
"""People a second who check in meanwhile."""
FAULTS = 0.05
TEXT = "📣 关于做好寒潮防范工作的通知\n请各队逐户走访，重点看独居老人的取暖和用水。"


@contextmanager
def _province(
    people: int, *, rate: float, allowed: float = 0, faults: float = 0
) -> Iterator[tuple[Crowd, str, dict[str, str]]]:
    """A province with a notice that two admins have let go, and a server that knows everybody."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        asyncio.run(_fill(url, people))
        crowd = Crowd(allowed, faults)
        crowd.meet(people + 2)
        try:
            yield crowd, url, {**environment(crowd, url, Path(folder)), "ZHUCUN_SEND_RATE": str(rate)}
        finally:
            crowd.close()


async def _fill(url: str, people: int) -> None:
    await fill(url, people)
    db = Database(url, "telegram")
    now = datetime.now(UTC)
    async with db.write() as session:
        root = (await session.scalars(select(Area).where(Area.parent_id.is_(None)))).one()
        always = {"quiet_from": "08:00", "quiet_to": "08:00", "quiet_on_rest_days": False}  # at any hour
        held = {"area_id": root.id, "effective_on": STARTS, "reason": "bench", "set_at": now}
        await session.execute(
            insert(Setting),
            [{"id": db.ids.take(), "key": key, "value": value, **held} for key, value in always.items()],
        )
        admins = [await _admin(session, db, root, people + n) for n in range(2)]
    author, second = admins
    draft = Draft(
        root.id, Audience((root.id,), tuple(TEAM)), html=TEXT, title="关于做好寒潮防范工作的通知", length=len(TEXT)
    )
    async with db.write() as session:
        notice = await notices.submit(session, by=author, draft=draft, now=now)
    if notice.state is NoticeState.REVIEW:  # many people: a second one lets it go
        async with db.write() as session:
            await notices.confirm(session, by=second, notice_id=notice.id, now=now)
    await db.close()


async def _admin(session: AsyncSession, db: Database, root: Area, n: int) -> Viewer:
    person_id = db.ids.take()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    session.add(Person(id=person_id, name=f"样例管理员{n}", language="zh_CN", consented_at=at))
    await session.flush()
    session.add(PersonRole(id=db.ids.take(), person_id=person_id, role=Role.ADMIN, area_id=root.id, starts_on=STARTS))
    session.add(
        Chat(id=db.ids.take(), channel="telegram", external_id=FIRST_USER + n, person_id=person_id, bound_at=at)
    )
    await session.flush()
    return Viewer(person_id, (Grant(Role.ADMIN, root.id, root.path),))


def notice(people: int = ALL, rate: float = RATE) -> int:
    """One notice, uninterrupted, while people speak."""
    with _province(people, rate=rate, allowed=ALLOWED) as (crowd, _url, env):
        with bot([*_COMMAND[1:]], **env) as process:
            peak = Peak(process)
            _until(crowd, people, 1, 60)
            begun = time.perf_counter()
            speaking = int(people / rate * SPEAKERS)
            crowd.check_in(0, speaking, per_second=SPEAKERS)
            _until(crowd, people, people, people / rate * 2 + 60)
            seconds = time.perf_counter() - begun
            delays = crowd.wait(speaking, 30)
        left, doubles = _told(crowd, people)
        refused = crowd.refused()
    # what was answered meanwhile went through the same budget
    ideal = (people - 1 + delays["answers"]) / rate
    print(
        f"notice to {people} at {rate:g}/s: {seconds:.1f} s, {seconds / ideal:.3f} of the ideal, {refused} × 429, "
        f"{left} left out, {doubles} twice; {delays['answers']} spoke meanwhile, answered p50 {delays['p50']:.0f} ms, "
        f"p95 {delays['p95']:.0f} ms; {peak.mb:.0f} MB at most"
    )
    return verdict(
        "notice",
        {
            "nobody is left out": not left,
            "nobody is told twice": not doubles,
            "no 429": not refused,
            f"at most {MOST_OF_IDEAL} of the ideal": seconds / ideal <= MOST_OF_IDEAL,
            f"answers within {MOST_WAIT_MS} ms": delays["p95"] <= MOST_WAIT_MS,
        },
    )


def notice_kills(people: int = ALL, times: int = KILLS, rate: float = RATE, seed: int | None = None) -> int:
    """As `notice`, over a bad line, and the process dies at random moments all along: nobody left out, few repeats."""
    seed = seed if seed is not None else random.randrange(1 << 30)
    chance = random.Random(seed)
    # one in each stretch of the run, so that they are spread over all of it
    points = [int((n + chance.random()) * people / (times + 1)) for n in range(times)]
    in_flight, away = 0, 0.0
    with _province(people, rate=rate, allowed=ALLOWED, faults=FAULTS) as (crowd, url, env):
        begun = time.perf_counter()
        for point in points:
            up = time.perf_counter()
            process = subprocess.Popen(_COMMAND, env={**os.environ, **env}, stderr=subprocess.DEVNULL)
            told = crowd.noticed(people)
            _until(crowd, people, min(people, told + 1), 60)
            away += time.perf_counter() - up
            _until(crowd, people, point, people / rate * 2 + 60)
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
            process.wait()
            in_flight += asyncio.run(_claimed(url))
        up = time.perf_counter()
        with bot(_COMMAND[1:], **env):
            _until(crowd, people, min(people, crowd.noticed(people) + 1), 60)
            away += time.perf_counter() - up
            _until(crowd, people, people, people / rate * 2 + 300)
            seconds = time.perf_counter() - begun - away
            time.sleep(2)
        left, doubles = _told(crowd, people)
        marked = asyncio.run(_marked(url))
    print(
        f"{times} SIGKILLs and {FAULTS:.0%} faults at {rate:g}/s (seed {seed}): {left} of {people} left out, {doubles} "
        f"repeated; {in_flight} were in flight at the kills, {marked} are marked as possibly repeated; "
        f"{seconds:.0f} s without {away:.0f} s of starts"
    )
    return verdict(
        "notice over kills",
        {"nobody is left out": not left, "repeats only of what was in flight": doubles <= in_flight},
    )


def notice_engine(people: int = 6_000, rounds: int = 3) -> int:
    """No rate: what the engine itself can do, against a bare loop, each in a process of its own; pair by pair."""
    ratios, ours = [], []
    for _ in range(rounds):
        with _province(people, rate=0) as (crowd, _url, env):
            bare = asyncio.run(_bare(crowd, people // 4))
            with bot(_COMMAND[1:], **env):
                _until(crowd, people, people // 8, 60)
                begun, at = time.perf_counter(), crowd.noticed(people)
                _until(crowd, people, people, 120)
                ours.append((crowd.noticed(people) - at) / (time.perf_counter() - begun))
        ratios.append(ours[-1] / bare)
    print(f"engine: {median(ours):.0f} messages/s, {median(ratios):.2f} of a bare loop of send_message")
    return 0


async def _bare(crowd: Crowd, count: int) -> float:
    api = make_bot(crowd.token, JsonSession(api=TelegramAPIServer.from_base(crowd.url)))
    begun = time.perf_counter()
    for n in range(count):
        await api.send_message(FIRST_USER + n, TEXT.removeprefix("📣 "))
    seconds = time.perf_counter() - begun
    await api.session.close()
    return count / seconds


def _until(crowd: Crowd, people: int, told: int, seconds: float) -> None:
    """Until so many of the people have it; not for ever."""
    give_up = time.perf_counter() + seconds
    while crowd.noticed(people) < told and time.perf_counter() < give_up:
        time.sleep(0.05)


def _told(crowd: Crowd, people: int) -> tuple[int, int]:
    """How many were left out, how many messages were one too many."""
    told = crowd.notices()
    cadres = [told.get(FIRST_USER + n, 0) for n in range(people)]
    return cadres.count(0), sum(max(0, count - 1) for count in cadres)


async def _claimed(url: str) -> int:
    """Notices in a process's hands: what the software does for itself is told to nobody."""
    return await _count(url, (Outbox.state == OutboxState.CLAIMED) & Outbox.kind.startswith("notice"))


async def _marked(url: str) -> int:
    return await _count(url, Outbox.possibly_repeated)


async def _count(url: str, condition: ColumnElement[bool] | InstrumentedAttribute[bool]) -> int:
    db = Database(url)
    async with db.read() as session:
        found: int = (await session.execute(select(func.count()).select_from(Outbox).where(condition))).scalar_one()
    await db.close()
    return found


_COMMAND = [sys.executable, "-m", "bot", "run"]
