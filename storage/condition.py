"""How the database and its queues are, for whoever keeps them running (`doctor`, `/metrics`): numbers, nobody's words.

Queues are those of one channel: what another has left waits for a `run` that serves it.
"""

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from policy.delivery import Lane
from storage.tables import Chat, Inbox, InboxState, Outbox, OutboxHold, OutboxState

STUCK_AFTER = timedelta(minutes=10)
"""A row in hand for longer is in nobody's: delivery frees them after two minutes."""
_KIND = re.compile(r"\w+(?:, \d+ times)?", re.ASCII)


async def answers(session: AsyncSession) -> None:
    """Ask the database for nothing. Raises what SQLAlchemy raises where it does not answer."""
    await session.execute(text("SELECT 1"))


async def integrity(session: AsyncSession) -> list[str]:
    """What the database itself finds wrong with its pages and indexes; empty: nothing."""
    if session.get_bind().dialect.name == "sqlite":
        found = [str(line) for line in await session.scalars(text("PRAGMA integrity_check(5)"))]
        return [] if found == ["ok"] else found
    invalid = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
    return [f"invalid index {name}" for name in await session.scalars(text(invalid))]


async def size(session: AsyncSession) -> int:
    """Bytes that the database takes up."""
    if session.get_bind().dialect.name == "sqlite":
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        return int(pages * (await session.execute(text("PRAGMA page_size"))).scalar_one())
    return int((await session.execute(text("SELECT pg_database_size(current_database())"))).scalar_one())


async def take_stock(session: AsyncSession) -> None:
    """Have PostgreSQL count its tables, for its planner; to be called once much has come in.

    Left to itself it does so about a minute later, and until then takes 7,366 villages for ten: what asks for everybody
    in a province takes seconds instead of hundredths. SQLite needs no counting.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("ANALYZE"))


async def clock(session: AsyncSession) -> datetime | None:
    """What time the database's machine has; None for SQLite, which is this one."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    found: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return found


async def updates_waiting(session: AsyncSession, channel: str) -> int:
    """How many updates wait to be handled."""
    return (
        await session.execute(select(func.count()).where(Inbox.channel == channel, Inbox.state == InboxState.WAITING))
    ).scalar_one()


async def outbox_states(session: AsyncSession, channel: str) -> dict[OutboxState, int]:
    """How many rows of the outbox stand where."""
    query = select(Outbox.state, func.count()).where(Outbox.channel == channel).group_by(Outbox.state)
    found: dict[Any, int] = dict((await session.execute(query)).all())
    return {state: found.get(state, 0) for state in OutboxState}


async def oldest_due(session: AsyncSession, channel: str, now: datetime) -> dict[Lane, float]:
    """For how many seconds the oldest row of each lane could have gone out and has not; what is paused is left out."""
    query = (
        select(Outbox.lane, func.min(Outbox.not_before))
        .where(Outbox.channel == channel, Outbox.state == OutboxState.WAITING, Outbox.not_before <= now)
        .where(or_(Outbox.subject.is_(None), Outbox.subject.not_in(select(OutboxHold.subject))))
        .group_by(Outbox.lane)
    )
    return {lane: (now - since).total_seconds() for lane, since in await session.execute(query)}


class Held(NamedTuple):
    """A subject of which nothing goes out, since when, and how many rows that keeps back."""

    subject: str
    since: datetime
    rows: int


async def held(session: AsyncSession, channel: str, before: datetime) -> list[Held]:
    """What has been held since before a moment; what belongs together (`notice:7`, `notice:7:remind`) is one."""
    waits = (Outbox.subject == OutboxHold.subject) & (Outbox.channel == channel)
    query = (
        select(OutboxHold.subject, OutboxHold.since, func.count(Outbox.id))
        .outerjoin(Outbox, waits & (Outbox.state == OutboxState.WAITING))
        .where(OutboxHold.since < before)
        .group_by(OutboxHold.subject, OutboxHold.since)
        .order_by(OutboxHold.since, OutboxHold.subject)
    )
    found: dict[str, Held] = {}
    for subject, since, rows in await session.execute(query):
        whole = ":".join(subject.split(":")[:2])
        known = found.setdefault(whole, Held(whole, since, 0))
        found[whole] = known._replace(rows=known.rows + rows)
    return list(found.values())


async def stuck(session: AsyncSession, channel: str, now: datetime) -> int:
    """How many rows a process took up long ago and neither sent nor gave back."""
    claimed = (
        Outbox.channel == channel,
        Outbox.state == OutboxState.CLAIMED,
        Outbox.claimed_at < now - STUCK_AFTER,
    )
    return (await session.execute(select(func.count()).where(*claimed))).scalar_one()


async def failed(session: AsyncSession, channel: str, since: datetime) -> dict[str, int]:
    """How many rows were given up since then, by the kind of error; what an error quotes is left out."""
    at = func.coalesce(Outbox.claimed_at, Outbox.not_before)
    given_up = (Outbox.channel == channel, Outbox.state == OutboxState.FAILED, at >= since)
    query = select(Outbox.error, func.count()).where(*given_up)
    kinds: dict[str, int] = {}
    for error, count in await session.execute(query.group_by(Outbox.error)):
        found = _KIND.match(error or "")
        kind = found[0] if found else "?"
        kinds[kind] = kinds.get(kind, 0) + count
    return dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))


async def unreachable(session: AsyncSession, channel: str) -> int:
    """How many bound people have blocked the bot or are gone from the channel."""
    gone = (Chat.channel == channel, Chat.is_reachable.is_(False), Chat.person_id.is_not(None))
    return (await session.execute(select(func.count()).where(*gone))).scalar_one()
