"""Ticks: what was due of the clock's jobs, who has it in hand, what came of it. One process does it, and once.

A tick is claimed by its row, under the one writer's lock (`Database.write`): on PostgreSQL an advisory lock of the
transaction, on SQLite the file's; the unique key says the rest.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ids import new_id
from storage.tables import Tick, TickState

KEPT = timedelta(days=400)
"""How long it can be looked up what a job did."""


async def newest(session: AsyncSession, job: str) -> datetime | None:
    """The last moment at which a job is known to have been due; None: never."""
    return (await session.execute(select(func.max(Tick.due_at)).where(Tick.job == job))).scalar()


async def unfinished(session: AsyncSession, job: str, stuck_before: datetime) -> list[datetime]:
    """What is to be taken up again: it failed, or whoever had it in hand since `stuck_before` is taken for dead."""
    query = select(Tick.due_at).where(Tick.job == job, Tick.state == TickState.RUNNING)
    free = or_(Tick.claimed_at.is_(None), Tick.claimed_at <= stuck_before)
    return list(await session.scalars(query.where(free).order_by(Tick.due_at)))


async def begin(session: AsyncSession, job: str, now: datetime) -> None:
    """Note that a job is there from now on: whatever falls due later is made up for, should the process die before."""
    await _take(session, job, now, now, state=TickState.DONE, ran_at=now)


async def claim(session: AsyncSession, job: str, due_at: datetime, now: datetime, stuck_before: datetime) -> bool:
    """Take a job in hand; False: another has it, or it is settled."""
    return await _take(session, job, due_at, stuck_before, state=TickState.RUNNING, claimed_at=now)


async def skip(session: AsyncSession, job: str, due_at: datetime, now: datetime, stuck_before: datetime) -> bool:
    """Let go of a job that is of no use any more; False: another has it in hand, or it is settled."""
    return await _take(session, job, due_at, stuck_before, state=TickState.SKIPPED, ran_at=now)


async def _take(
    session: AsyncSession, job: str, due_at: datetime, stuck_before: datetime, **values: TickState | datetime
) -> bool:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Tick).values(id=new_id(session), job=job, due_at=due_at, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["job", "due_at"],
        set_=values,
        where=(Tick.state == TickState.RUNNING) & or_(Tick.claimed_at.is_(None), Tick.claimed_at <= stuck_before),
    )
    return (await session.execute(statement.returning(Tick.id))).first() is not None


async def done(session: AsyncSession, job: str, due_at: datetime, now: datetime, counts: Mapping[str, int]) -> None:
    """A job has come to its end."""
    statement = update(Tick).where(Tick.job == job, Tick.due_at == due_at)
    await session.execute(statement.values(state=TickState.DONE, ran_at=now, counts=dict(counts)))


async def give_back(session: AsyncSession, job: str, due_at: datetime) -> None:
    """A job has failed: the next look takes it up again."""
    statement = update(Tick).where(Tick.job == job, Tick.due_at == due_at, Tick.state == TickState.RUNNING)
    await session.execute(statement.values(claimed_at=None))


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop what nobody looks up any more."""
    await session.execute(delete(Tick).where(Tick.due_at < now - KEPT))
