"""The durable inbox (law 1): stored before acknowledged, handled in order, kept 48 hours once done."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ids import new_id
from storage.tables import Inbox, InboxState


class Arrival(NamedTuple):
    """An update as it came in: its number, whose chat it is for (None: nobody's), the JSON."""

    update_id: int
    chat_key: int | None
    raw: str


class Waiting(NamedTuple):
    """An update that waits to be handled. `attempts` counts the times it was tried alone."""

    id: int
    update_id: int
    chat_key: int | None
    received_at: datetime
    raw: str
    attempts: int


class Unsent(NamedTuple):
    """Answers (Bot API calls as JSON) that are not known to have gone out."""

    id: int
    chat_key: int | None
    answers: str


async def store(session: AsyncSession, channel: str, arrivals: Sequence[Arrival], now: datetime) -> None:
    """Keep updates; one that is there already is left as it is."""
    if not arrivals:
        return
    rows = [
        {
            "id": new_id(session),
            "channel": channel,
            "update_id": arrival.update_id,
            "chat_key": arrival.chat_key,
            "received_at": now,
            "raw": arrival.raw,
            "state": InboxState.WAITING,
            "attempts": 0,
        }
        for arrival in arrivals
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    await session.execute(insert(Inbox).on_conflict_do_nothing(index_elements=["channel", "update_id"]), rows)


async def waiting(
    session: AsyncSession, channel: str, *, limit: int, but_not: Collection[int] = (), tried: bool = False
) -> list[Waiting]:
    """The oldest updates that wait; `tried`: those that are to be run alone. `but_not`: chats made to wait."""
    query = (
        select(Inbox.id, Inbox.update_id, Inbox.chat_key, Inbox.received_at, Inbox.raw, Inbox.attempts)
        .where(Inbox.channel == channel, Inbox.state == InboxState.WAITING)
        .where(Inbox.attempts > 0 if tried else Inbox.attempts == 0)
        .order_by(Inbox.id)
        .limit(limit)
    )
    if but_not:
        query = query.where(func.coalesce(Inbox.chat_key, 0).not_in(but_not))
    return [Waiting(*row) for row in await session.execute(query)]


_FINISH = (
    update(Inbox.__table__)  # type: ignore[arg-type]
    .where(Inbox.__table__.c.id == bindparam("row"))
    .values(state=InboxState.DONE, done_at=bindparam("at"), answers=bindparam("said"))
)


async def finish(session: AsyncSession, done: Sequence[tuple[int, str | None]], now: datetime) -> None:
    """Mark updates as handled, with the answers to send after the commit."""
    rows = [{"row": row_id, "at": now, "said": answers} for row_id, answers in done]
    connection = await session.connection()
    await connection.execute(_FINISH, rows)


async def forget_answers(session: AsyncSession, ids: Sequence[int]) -> None:
    """Empty the answers that are out."""
    if ids:
        await session.execute(update(Inbox).where(Inbox.id.in_(ids)).values(answers=None), execution_options=_PLAIN)


async def unsent(session: AsyncSession, channel: str) -> list[Unsent]:
    """Answers that a process which ended may not have sent, oldest first."""
    query = select(Inbox.id, Inbox.chat_key, Inbox.answers).where(
        Inbox.channel == channel, Inbox.state != InboxState.WAITING, Inbox.answers.is_not(None)
    )
    return [
        Unsent(row.id, row.chat_key, row.answers or "[]") for row in await session.execute(query.order_by(Inbox.id))
    ]


async def count_attempts(session: AsyncSession, ids: Sequence[int]) -> None:
    """Written before a try, so that an update which ends the process counts too."""
    statement = update(Inbox).where(Inbox.id.in_(ids)).values(attempts=Inbox.attempts + 1)
    await session.execute(statement, execution_options=_PLAIN)


async def uncount_attempt(session: AsyncSession, row_id: int) -> None:
    """The try was not made after all; it stays among those that are run alone."""
    statement = update(Inbox).where(Inbox.id == row_id, Inbox.attempts > 1).values(attempts=Inbox.attempts - 1)
    await session.execute(statement, execution_options=_PLAIN)


async def set_aside(
    session: AsyncSession, row_id: int, *, error: str, now: datetime, answers: str | None = None
) -> None:
    """Give an update up: kept with its error for `doctor`."""
    values = {"state": InboxState.SET_ASIDE, "error": error[:4000], "done_at": now, "answers": answers}
    await session.execute(update(Inbox).where(Inbox.id == row_id).values(values), execution_options=_PLAIN)


async def set_asides(session: AsyncSession, limit: int = 20) -> list[tuple[int, int, datetime, str]]:
    """The newest updates given up: id, update number, when they came, the error."""
    query = select(Inbox.id, Inbox.update_id, Inbox.received_at, Inbox.error).where(_is_aside())
    rows = await session.execute(query.order_by(Inbox.id.desc()).limit(limit))
    return [(row.id, row.update_id, row.received_at, row.error or "") for row in rows]


async def count(session: AsyncSession, state: InboxState) -> int:
    """How many updates are in a state."""
    return (await session.execute(select(func.count()).where(Inbox.state == state))).scalar_one()


def _is_aside() -> ColumnElement[bool]:
    return Inbox.state == InboxState.SET_ASIDE


_PLAIN = {"synchronize_session": False}
