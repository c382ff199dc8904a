"""The outbox (law 4): facts to be told, under natural keys; claimed, sent, recorded."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ids import new_id
from storage.tables import Chat, Lane, Outbox, OutboxState

NO_ACCOUNT = "no account to reach"
"""Why a row was dropped: nobody is bound yet. It is told once somebody is."""
_TOLD_LATER = timedelta(days=30)

REFRESH = "refresh"
"""The kind of a row that asks for every live card of its subject to be made to show the present state."""

FETCH = "fetch"
"""The kind of a row that asks for a person's file to be brought here (law 12)."""

_FIRST_TO_LAST = (Lane.ANSWER, Lane.URGENT, Lane.ORDINARY, Lane.BULK)
_ORDER = case(*((Outbox.lane == lane, place) for place, lane in enumerate(_FIRST_TO_LAST)))
_STUCK_AFTER = timedelta(minutes=2)


async def put(
    session: AsyncSession,
    kind: str,
    *,
    to: int,
    key: str,
    now: datetime,
    payload: dict[str, Any] | None = None,
    subject: str | None = None,
    lane: Lane = Lane.ORDINARY,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Have a person told a fact, once: a second row under the same natural key changes nothing."""
    channel = session.info.get("channel", "main")
    row = {
        "id": new_id(session),
        "channel": channel,
        "person_id": to,
        "kind": kind,
        "payload": payload or {},
        "natural_key": f"{key}:to:{to}",
        "subject": subject,
        "lane": lane,
        "not_before": not_before or now,
        "expires_at": expires_at,
        "state": OutboxState.WAITING,
        "attempts": 0,
    }
    await _insert(session, [row])


async def is_known(session: AsyncSession, key: str, to: int) -> bool:
    """Whether a fact has been put for a person under this key."""
    return (await session.scalar(select(Outbox.id).where(Outbox.natural_key == f"{key}:to:{to}"))) is not None


async def drop_waiting(session: AsyncSession, *, but_to: Collection[int]) -> None:
    """Tell nobody else what waits: in the sample county most people are nobody's."""
    statement = update(Outbox).where(Outbox.state == OutboxState.WAITING, Outbox.person_id.not_in(but_to))
    await session.execute(statement.values(state=OutboxState.DROPPED), execution_options={"synchronize_session": False})


async def refresh(session: AsyncSession, subject: str, now: datetime) -> None:
    """Have every live card of a subject show the present state. Several that wait become one."""
    query = select(Outbox.id).where(
        Outbox.kind == REFRESH, Outbox.subject == subject, Outbox.state == OutboxState.WAITING
    )
    if (await session.execute(query)).first() is not None:
        return
    row_id = new_id(session)
    row = {
        "id": row_id,
        "channel": session.info.get("channel", "main"),
        "person_id": None,
        "kind": REFRESH,
        "payload": {},
        "natural_key": f"{REFRESH}:{subject}:{row_id}",
        "subject": subject,
        "lane": Lane.ANSWER,
        "not_before": now,
        "expires_at": None,
        "state": OutboxState.WAITING,
        "attempts": 0,
    }
    await _insert(session, [row])


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    await session.execute(insert(Outbox).on_conflict_do_nothing(index_elements=["natural_key"]), rows)
    session.info["outbox"] = True  # the worker wakes delivery once this is committed


async def claim(session: AsyncSession, channel: str, now: datetime, limit: int) -> list[Outbox]:
    """Take the rows that are due, the most urgent lane first; on PostgreSQL side by side with other processes."""
    query = (
        select(Outbox)
        .where(Outbox.channel == channel, Outbox.state == OutboxState.WAITING, Outbox.not_before <= now)
        .order_by(_ORDER, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(await session.scalars(query))
    for row in rows:
        row.state, row.claimed_at = OutboxState.CLAIMED, now
    return rows


async def release(session: AsyncSession, ids: Collection[int]) -> None:
    """Put back rows that were claimed and not come to."""
    statement = update(Outbox).where(Outbox.id.in_(ids), Outbox.state == OutboxState.CLAIMED)
    await session.execute(statement.values(state=OutboxState.WAITING))


async def free_stuck(
    session: AsyncSession, channel: str, now: datetime, *, all_of_them: bool = False, but_not: Collection[int] = ()
) -> int:
    """Put back rows claimed two minutes ago by a process which ended; `all_of_them`: nobody else can have any."""
    limit = now if all_of_them else now - _STUCK_AFTER
    statement = (
        update(Outbox)
        .where(Outbox.channel == channel, Outbox.state == OutboxState.CLAIMED, Outbox.claimed_at <= limit)
        .where(Outbox.id.not_in(but_not))
        .values(state=OutboxState.WAITING, error="possibly repeated")
    )
    return (await session.execute(statement)).rowcount  # type: ignore[attr-defined, no-any-return]


async def live_cards(session: AsyncSession, channel: str, subject: str) -> Sequence[Outbox]:
    """The messages about a subject that people on a channel have before them."""
    query = select(Outbox).where(
        Outbox.channel == channel,
        Outbox.subject == subject,
        Outbox.kind != REFRESH,
        Outbox.state == OutboxState.SENT,
        Outbox.message_id.is_not(None),
    )
    return (await session.scalars(query)).all()


async def chat_of(session: AsyncSession, channel: str, person_id: int) -> Chat | None:
    """The account of a person on a channel, if there is one that can be reached."""
    query = select(Chat).where(Chat.channel == channel, Chat.person_id == person_id, Chat.is_reachable)
    return (await session.scalars(query)).one_or_none()


async def is_due(session: AsyncSession, channel: str, now: datetime) -> bool:
    """Whether anything waits to go out now."""
    query = select(Outbox.id).where(
        Outbox.channel == channel, Outbox.state == OutboxState.WAITING, Outbox.not_before <= now
    )
    return (await session.execute(query.limit(1))).first() is not None


async def settle(
    session: AsyncSession,
    row_id: int,
    state: OutboxState,
    now: datetime,
    *,
    message_id: int | None = None,
    text: str | None = None,
    error: str | None = None,
) -> None:
    """Record what became of a row."""
    values: dict[str, Any] = {"state": state, "error": error}
    if state is OutboxState.SENT:
        values |= {"sent_at": now, "message_id": message_id, "text": text}
    await session.execute(update(Outbox).where(Outbox.id == row_id).values(values))


async def put_off(session: AsyncSession, row_id: int, until: datetime, cause: str) -> None:
    """Try a row again later."""
    values = {"state": OutboxState.WAITING, "not_before": until, "attempts": Outbox.attempts + 1, "error": cause}
    await session.execute(update(Outbox).where(Outbox.id == row_id).values(values))


async def mark_unreachable(session: AsyncSession, channel: str, person_id: int) -> None:
    """The channel says that this account has blocked the bot or is gone."""
    await session.execute(
        update(Chat).where(Chat.channel == channel, Chat.person_id == person_id).values(is_reachable=False)
    )


async def tell_now(session: AsyncSession, channel: str, person_id: int, now: datetime) -> None:
    """A person can be reached from now on: what was dropped for want of an account in the last 30 days is told.

    Each row is rendered as things stand, so what is settled by now says so or says nothing.
    """
    dropped = (Outbox.channel == channel, Outbox.person_id == person_id, Outbox.state == OutboxState.DROPPED)
    statement = update(Outbox).where(*dropped, Outbox.error == NO_ACCOUNT, Outbox.not_before > now - _TOLD_LATER)
    values = {"state": OutboxState.WAITING, "not_before": now, "error": None}
    await session.execute(statement.values(values), execution_options={"synchronize_session": False})
    session.info["outbox"] = True
