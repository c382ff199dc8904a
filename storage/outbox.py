"""The outbox (law 4): facts to be told, under natural keys. How they go out is in `storage.delivery`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, delete, exists, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.ids import new_id, reserve
from storage.tables import Chat, Lane, Outbox, OutboxHold, OutboxState

NO_ACCOUNT = "no account to reach"
"""How the reason begins why a row was dropped: nobody is bound yet, or he is gone. It is told once somebody is there."""
HAD = frozenset({OutboxState.SENT, OutboxState.MERGED})
"""States of a row whose recipient has had what it says, if only as a line of his morning card."""
ON_ITS_WAY = HAD | {OutboxState.WAITING, OutboxState.CLAIMED}
"""States of a row whose recipient has had it, or is to have it."""
_TOLD_LATER = timedelta(days=30)

REFRESH = "refresh"
"""The kind of a row that asks for every live card of its subject to be made to show the present state."""

FETCH = "fetch"
"""The kind of a row that asks for a person's file to be brought here (law 12)."""

TAKE_BACK = "take_back"
"""The kind of a row that deletes another row's message (`payload["row"]`), or edits it where the channel can't."""

_PLAIN = {"synchronize_session": False}


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
    await put_many(
        session,
        kind,
        {to: payload or {}},
        key=key,
        now=now,
        subject=subject,
        lane=lane,
        not_before=not_before,
        expires_at=expires_at,
    )


async def put_many(
    session: AsyncSession,
    kind: str,
    to: Mapping[int, dict[str, Any]],
    *,
    key: str,
    now: datetime,
    subject: str | None = None,
    lane: Lane = Lane.ORDINARY,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Have many people told a fact, each once and with facts of his own (person → payload).

    Twice is once: a row that is there under its natural key (`key:to:person`) stays as it is. For more than a
    thousand people call it in pieces, a transaction each, so that nobody waits for the writer long.
    """
    await reserve(session, len(to))
    rows = [
        _row(session, kind, person_id, f"{key}:to:{person_id}", payload, subject, lane, not_before or now, expires_at)
        for person_id, payload in to.items()
    ]
    await _insert(session, rows)


def _row(
    session: AsyncSession,
    kind: str,
    person_id: int | None,
    natural_key: str,
    payload: dict[str, Any],
    subject: str | None,
    lane: Lane,
    not_before: datetime,
    expires_at: datetime | None,
) -> dict[str, Any]:
    return {
        "id": new_id(session),
        "channel": session.info["channel"],
        "person_id": person_id,
        "kind": kind,
        "payload": payload,
        "natural_key": natural_key,
        "subject": subject,
        "lane": lane,
        "not_before": not_before,
        "expires_at": expires_at,
        "state": OutboxState.WAITING,
        "attempts": 0,
    }


async def adopt(
    session: AsyncSession,
    kind: str,
    *,
    to: int,
    key: str,
    payload: dict[str, Any],
    subject: str,
    message_id: int,
    text: str,
    now: datetime,
) -> None:
    """A message that was said to a person in a conversation is a card of a subject from now on, as if sent by a row.

    It is edited and taken back with the others. Twice is once. `text` is what it says.
    """
    await reserve(session, 1)
    row = _row(session, kind, to, f"{key}:to:{to}", payload, subject, Lane.ANSWER, now, None)
    sent = {"state": OutboxState.SENT, "sent_at": now, "message_id": message_id, "text": text}
    await _insert(session, [{**row, **sent}])


async def chore(
    session: AsyncSession, kind: str, *, key: str, now: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Have the software itself do something after this transaction, once: spread a notice, take one back.

    `bot/chores.py` knows how; nobody is told anything by it.
    """
    await _insert(session, [_row(session, kind, None, key, payload or {}, None, Lane.ANSWER, now, None)])


async def is_known(session: AsyncSession, key: str, to: int) -> bool:
    """Whether a fact has been put for a person under this key."""
    return (await session.scalar(select(Outbox.id).where(Outbox.natural_key == f"{key}:to:{to}"))) is not None


async def last_told(
    session: AsyncSession, subject: str, to: Collection[int], now: datetime
) -> dict[int, datetime | None]:
    """When people were last told of a subject anew, by person; None: they are yet to be, if only once they are back.

    Who was never told is left out.
    """
    query = select(Outbox.person_id, Outbox.state, Outbox.sent_at, Outbox.not_before, Outbox.error)
    told: dict[int, datetime | None] = {}
    for person_id, state, sent_at, at, why in await session.execute(
        query.where(Outbox.subject == subject, Outbox.person_id.in_(to)).order_by(Outbox.id)
    ):
        waits = state in {OutboxState.WAITING, OutboxState.CLAIMED}
        comes_back = state is OutboxState.DROPPED and (why or "").startswith(NO_ACCOUNT) and at > now - _TOLD_LATER
        if person_id is not None:
            told[person_id] = None if waits or comes_back else sent_at or at
    return told


async def drop_waiting(session: AsyncSession, *, but_to: Collection[int]) -> None:
    """Tell nobody else what waits: in the sample county most people are nobody's."""
    statement = update(Outbox).where(Outbox.state == OutboxState.WAITING, Outbox.person_id.not_in(but_to))
    await session.execute(statement.values(state=OutboxState.DROPPED), execution_options=_PLAIN)


async def refresh(session: AsyncSession, subject: str, now: datetime, *, after: timedelta = timedelta()) -> None:
    """Have every live card of a subject show the present state. Several that wait become one.

    `after`: not at once, so that a card that changes all the time (a notice's progress) is edited now and then; before
    what goes out in bulk, or it would stand still until all of that is out.
    """
    query = select(Outbox.id).where(
        Outbox.subject == subject, Outbox.state == OutboxState.WAITING, Outbox.kind == REFRESH
    )
    if (await session.execute(query)).first() is not None:
        return
    lane = Lane.ORDINARY if after else Lane.ANSWER
    row = _row(session, REFRESH, None, "", {}, subject, lane, now + after, None)
    row["natural_key"] = f"{REFRESH}:{subject}:{row['id']}"
    await _insert(session, [row])


async def hold(session: AsyncSession, subject: str, now: datetime) -> None:
    """Let nothing of a subject go out until `let_go`; what is in flight arrives."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(OutboxHold).on_conflict_do_nothing(index_elements=["subject"])
    await session.execute(statement, [{"subject": subject, "since": now}])


async def let_go(session: AsyncSession, subject: str) -> None:
    """End a hold."""
    await session.execute(delete(OutboxHold).where(OutboxHold.subject == subject))
    session.info["outbox"] = True


async def drop(session: AsyncSession, subject: str, why: str, *, limit: int = 1_000) -> int:
    """Give up rows of a subject that still wait; how many. Call it again until none is left, a transaction each."""
    waiting = select(Outbox.id).where(Outbox.subject == subject, Outbox.state == OutboxState.WAITING)
    ids = list(await session.scalars(waiting.where(Outbox.kind != REFRESH).limit(limit)))
    statement = update(Outbox).where(Outbox.id.in_(ids)).values(state=OutboxState.DROPPED, error=why)
    await session.execute(statement, execution_options=_PLAIN)
    return len(ids)


async def is_stirring(session: AsyncSession, subjects: Collection[str]) -> bool:
    """Whether something of these subjects is being sent at this moment, or waits to be; edits are left aside."""
    query = select(Outbox.id).where(
        Outbox.subject.in_(subjects),
        Outbox.kind != REFRESH,
        Outbox.state.in_((OutboxState.CLAIMED, OutboxState.WAITING)),
    )
    return (await session.execute(query.limit(1))).first() is not None


async def put_back(
    session: AsyncSession, subject: str, kind: str, why: str, now: datetime, *, limit: int = 1_000
) -> int:
    """Have what of a kind was given up for a reason (`drop`) wait to be told again; how many, as `drop`."""
    given_up = select(Outbox.id).where(Outbox.subject == subject, Outbox.kind == kind, Outbox.error == why)
    ids = list(await session.scalars(given_up.where(Outbox.state == OutboxState.DROPPED).limit(limit)))
    statement = update(Outbox).where(Outbox.id.in_(ids))
    values = {"state": OutboxState.WAITING, "not_before": now, "error": None}
    await session.execute(statement.values(values), execution_options=_PLAIN)
    session.info["outbox"] = True
    return len(ids)


async def take_back(session: AsyncSession, subject: str, now: datetime, *, limit: int = 1_000) -> int:
    """Have messages about a subject that were sent deleted; for how many that was asked now.

    Call it again until none is left, a transaction each. Where the channel can't delete, the card is edited to what it
    renders to by then.
    """
    asking = aliased(Outbox)
    asked = exists().where(asking.natural_key == literal(f"{TAKE_BACK}:") + cast(Outbox.id, String))
    sent = select(Outbox.id, Outbox.person_id).where(
        Outbox.subject == subject, Outbox.state == OutboxState.SENT, Outbox.message_id.is_not(None), ~asked
    )
    rows = sorted(await session.execute(sent.limit(limit)))  # no order in the query: it would read all of them
    await reserve(session, len(rows))
    made = [
        _row(
            session,
            TAKE_BACK,
            row.person_id,
            f"{TAKE_BACK}:{row.id}",
            {"row": row.id},
            f"{subject}:{TAKE_BACK}",
            Lane.BULK,
            now,
            None,
        )
        for row in rows
    ]
    await _insert(session, made)
    return len(made)


async def set_apart(
    session: AsyncSession, subject: str, apart: str, people: Collection[int], payload: dict[str, Any], why: str
) -> None:
    """Have these people's cards of a subject that tell `payload` be cards of `apart` from now on.

    A refresh of one then leaves the thousands of others alone. Those that still wait are given up (`why`).
    """
    query = select(Outbox.id, Outbox.state, Outbox.payload).where(
        Outbox.subject == subject, Outbox.person_id.in_(people)
    )
    rows = [row for row in await session.execute(query) if row.payload == payload]
    waiting = [row.id for row in rows if row.state == OutboxState.WAITING]
    for ids, values in (
        ([row.id for row in rows], {"subject": apart}),
        (waiting, {"state": OutboxState.DROPPED, "error": why}),
    ):
        if ids:
            statement = update(Outbox).where(Outbox.id.in_(ids)).values(values)
            await session.execute(statement, execution_options=_PLAIN)


async def gather(session: AsyncSession, subject: str, apart: Collection[str]) -> None:
    """Have cards that were set apart be the subject's again."""
    statement = update(Outbox).where(Outbox.subject.in_(apart)).values(subject=subject)
    await session.execute(statement, execution_options=_PLAIN)


async def counts(session: AsyncSession, subject: str) -> dict[OutboxState, int]:
    """How many rows of a subject stand where."""
    query = select(Outbox.state, func.count()).where(Outbox.subject == subject, Outbox.kind != REFRESH)
    found = dict((await session.execute(query.group_by(Outbox.state))).all())
    return {state: found.get(state, 0) for state in OutboxState}


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    await session.execute(insert(Outbox).on_conflict_do_nothing(index_elements=["natural_key"]), rows)
    session.info["outbox"] = True  # the worker wakes delivery once this is committed


async def chat_of(session: AsyncSession, channel: str, person_id: int) -> Chat | None:
    """The account of a person on a channel, if there is one that can be reached."""
    query = select(Chat).where(Chat.channel == channel, Chat.person_id == person_id, Chat.is_reachable)
    return (await session.scalars(query)).one_or_none()


async def tell_now(session: AsyncSession, channel: str, person_id: int, now: datetime) -> None:
    """A person can be reached from now on: what was dropped for want of an account in the last 30 days is told.

    Each row is rendered as things stand, so what is settled by now says so or says nothing.
    """
    dropped = (Outbox.channel == channel, Outbox.person_id == person_id, Outbox.state == OutboxState.DROPPED)
    statement = update(Outbox).where(
        *dropped, Outbox.error.startswith(NO_ACCOUNT), Outbox.not_before > now - _TOLD_LATER
    )
    values = {"state": OutboxState.WAITING, "not_before": now, "error": None}
    await session.execute(statement.values(values), execution_options=_PLAIN)
    session.info["outbox"] = True
