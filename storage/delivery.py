"""How the outbox goes out (law 4): claimed, and recorded set-wise; what waits, is merged, is put back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policy.delivery import UNSOLICITED, WEEK, Lane
from storage.ids import new_id
from storage.tables import Outbox, OutboxHold, OutboxState

MORNING = "morning"
"""The kind of the card that others were merged into."""

_LANES = (Lane.ANSWER, Lane.URGENT, Lane.ORDINARY, Lane.BULK)
_STUCK_AFTER = timedelta(minutes=2)
_PLAIN = {"synchronize_session": False}


PAST_LIMIT = "past the week's number, and of no use by the next morning card"
"""Why a row was dropped that a cadre's week had no room for."""


class Claimed(NamedTuple):
    """A row in a process's hands, as it was when it was taken."""

    id: int
    person_id: int | None
    kind: str
    payload: dict[str, Any]
    subject: str | None
    lane: Lane
    expires_at: datetime | None
    attempts: int
    held: bool


class LiveCard(NamedTuple):
    """A message about a subject that somebody has before him, and what it says."""

    id: int
    person_id: int | None
    kind: str
    payload: dict[str, Any]
    message_id: int
    text: str | None

    def again(self) -> Claimed:
        """The row as if it were in hand once more, to be rendered as things stand; nothing holds it up."""
        return Claimed(self.id, self.person_id, self.kind, self.payload, None, Lane.ANSWER, None, 0, held=False)


_CLAIMED = (
    Outbox.id,
    Outbox.person_id,
    Outbox.kind,
    Outbox.payload,
    Outbox.subject,
    Outbox.lane,
    Outbox.expires_at,
    Outbox.attempts,
    Outbox.held,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row in hand. `values` are the columns that change."""

    row_id: int
    values: dict[str, Any]

    @property
    def is_final(self) -> bool:
        """Whether the row is done with."""
        return self.values.get("state") not in {None, OutboxState.WAITING}

    @property
    def is_failed(self) -> bool:
        """Whether it can't be said at all."""
        return self.values.get("state") is OutboxState.FAILED

    @classmethod
    def sent(cls, row_id: int, now: datetime, message_id: int | None, text: str | None) -> "Outcome":
        """It is out: evidence of what was said, as which message, when."""
        values = {"state": OutboxState.SENT, "error": None}
        return cls(row_id, {**values, "sent_at": now, "message_id": message_id, "text": text})

    @classmethod
    def edited(cls, row_id: int, message_id: int, text: str) -> "Outcome":
        """A message that stands changed its words; when it was sent stays."""
        return cls(row_id, {"message_id": message_id, "text": text})

    @classmethod
    def dropped(cls, row_id: int, why: str) -> "Outcome":
        """Nothing was said."""
        return cls(row_id, {"state": OutboxState.DROPPED, "error": why})

    @classmethod
    def failed(cls, row_id: int, error: str) -> "Outcome":
        """It can't be said, and is set aside with its error."""
        return cls(row_id, {"state": OutboxState.FAILED, "error": error[:1000]})

    @classmethod
    def again(cls, row_id: int, at: datetime, cause: str, attempts: int) -> "Outcome":
        """It is tried once more."""
        values = {"state": OutboxState.WAITING, "error": cause, "attempts": attempts}
        return cls(row_id, {**values, "not_before": at})

    @classmethod
    def held(cls, row_id: int, until: datetime) -> "Outcome":
        """It waits for the morning."""
        return cls(row_id, {"state": OutboxState.WAITING, "not_before": until, "held": True})

    @classmethod
    def withdrawn(cls, row_id: int) -> "Outcome":
        """It was taken back."""
        return cls(row_id, {"state": OutboxState.WITHDRAWN})

    @classmethod
    def released(cls, row_id: int) -> "Outcome":
        """It was not come to."""
        return cls(row_id, {"state": OutboxState.WAITING})


async def is_due(session: AsyncSession, channel: str, now: datetime) -> bool:
    """Whether anything is to go out now."""
    due = exists().where(*_due(channel, now), Outbox.lane.in_(_LANES))
    return bool((await session.execute(select(due))).scalar_one())


async def claim(session: AsyncSession, channel: str, now: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` rows that are due, the most urgent lane first; side by side with other processes."""
    found: list[Claimed] = []
    for lane in _LANES:
        if len(found) == limit:
            break
        query = (
            select(*_CLAIMED)
            .where(*_due(channel, now), Outbox.lane == lane)
            .order_by(Outbox.not_before, Outbox.id)
            .limit(limit - len(found))
            .with_for_update(skip_locked=True)
        )
        found += [Claimed(*row) for row in await session.execute(query)]
    if found:
        statement = update(Outbox).where(Outbox.id.in_([row.id for row in found]))
        await session.execute(statement.values(state=OutboxState.CLAIMED, claimed_at=now), execution_options=_PLAIN)
    return found


def _due(channel: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    held = select(OutboxHold.subject)
    return (
        Outbox.channel == channel,
        Outbox.state == OutboxState.WAITING,
        Outbox.not_before <= now,
        or_(Outbox.subject.is_(None), Outbox.subject.not_in(held)),
    )


async def record(session: AsyncSession, outcomes: Iterable[Outcome]) -> None:
    """Write what became of rows, a statement for each kind of outcome."""
    table = Outbox.__table__
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for outcome in outcomes:
        values = {f"new_{name}": value for name, value in outcome.values.items()}
        groups.setdefault(tuple(outcome.values), []).append({"row": outcome.row_id, **values})
    connection = await session.connection()
    for names, rows in groups.items():
        statement = update(table).where(table.c.id == bindparam("row"))  # type: ignore[arg-type]
        statement = statement.values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
        await connection.execute(statement, rows)


async def free_stuck(
    session: AsyncSession, channel: str, now: datetime, *, all_of_them: bool = False, but_not: Collection[int] = ()
) -> int:
    """Put back rows claimed two minutes ago by a process which ended; `all_of_them`: nobody else can have any.

    They may have been said: they are marked so, for good.
    """
    limit = now if all_of_them else now - _STUCK_AFTER
    statement = (
        update(Outbox)
        .where(Outbox.channel == channel, Outbox.state == OutboxState.CLAIMED, Outbox.claimed_at <= limit)
        .where(Outbox.id.not_in(but_not))
        .values(state=OutboxState.WAITING, possibly_repeated=True)
    )
    found = await session.execute(statement, execution_options=_PLAIN)
    return found.rowcount  # type: ignore[attr-defined, no-any-return]


async def keep(session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
    """These rows are still in this process's hands, so that no other takes it for dead."""
    if row_ids:
        statement = update(Outbox).where(Outbox.id.in_(row_ids), Outbox.state == OutboxState.CLAIMED)
        await session.execute(statement.values(claimed_at=now), execution_options=_PLAIN)


_LIVE = (Outbox.id, Outbox.person_id, Outbox.kind, Outbox.payload, Outbox.message_id, Outbox.text)
_IS_LIVE = (Outbox.state == OutboxState.SENT, Outbox.message_id.is_not(None), Outbox.thinned_at.is_(None))


async def live_cards(session: AsyncSession, channel: str, subject: str) -> Sequence[LiveCard]:
    """The messages about a subject that people on a channel have before them; morning cards that count it too."""
    merged_into = select(Outbox.merged_into_id).where(Outbox.subject == subject, Outbox.state == OutboxState.MERGED)
    about = or_(Outbox.subject == subject, Outbox.id.in_(merged_into))
    query = select(*_LIVE).where(Outbox.channel == channel, about, *_IS_LIVE)
    return [LiveCard(*row) for row in await session.execute(query.order_by(Outbox.id))]


async def live_card(session: AsyncSession, row_id: int) -> LiveCard | None:
    """One such message; None: it was not sent, or has been taken back."""
    is_out = (Outbox.state == OutboxState.SENT, Outbox.message_id.is_not(None))  # its text may be thinned by now
    row = (await session.execute(select(*_LIVE).where(Outbox.id == row_id, *is_out))).one_or_none()
    return LiveCard(*row) if row is not None else None


async def has_cards(session: AsyncSession, subject: str) -> bool:
    """Whether anybody has a message about a subject before him."""
    return bool((await session.execute(select(exists().where(Outbox.subject == subject, *_IS_LIVE)))).scalar_one())


async def lanes_in_flight(session: AsyncSession, subject: str, *, but_not: Collection[int]) -> set[Lane]:
    """The lanes in which messages about a subject are being sent, in whatever process; rows taken together are left
    aside.
    """
    claimed = (Outbox.subject == subject, Outbox.state == OutboxState.CLAIMED, Outbox.id.not_in(but_not))
    return set(await session.scalars(select(Outbox.lane).where(*claimed).distinct()))


async def unsolicited(session: AsyncSession, person_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many unsolicited messages people had in the last seven days; who had none is left out."""
    query = (
        select(Outbox.person_id, func.count())
        .where(Outbox.person_id.in_(person_ids), Outbox.lane.in_(UNSOLICITED))
        .where(Outbox.state == OutboxState.SENT, Outbox.sent_at > now - WEEK)
        .group_by(Outbox.person_id)
    )
    return {person_id: count for person_id, count in await session.execute(query) if person_id is not None}


async def merge(session: AsyncSession, person_id: int, row_ids: Sequence[int], now: datetime) -> None:
    """Make one morning card of rows in hand."""
    card_id = new_id(session)
    session.add(
        Outbox(
            id=card_id,
            channel=session.info["channel"],
            person_id=person_id,
            kind=MORNING,
            payload={"id": card_id},
            natural_key=f"{MORNING}:{card_id}:to:{person_id}",
            subject=f"{MORNING}:{card_id}",
            lane=Lane.ORDINARY,
            not_before=now,
        )
    )
    await session.flush()
    statement = update(Outbox).where(Outbox.id.in_(row_ids))
    await session.execute(statement.values(state=OutboxState.MERGED, merged_into_id=card_id), execution_options=_PLAIN)


async def merged(session: AsyncSession, card_id: int, person_id: int) -> list[Claimed]:
    """What lies behind a person's morning card, in order; rows told by themselves since are left out."""
    query = select(*_CLAIMED).where(
        Outbox.merged_into_id == card_id,
        Outbox.person_id == person_id,
        Outbox.state == OutboxState.MERGED,
        Outbox.thinned_at.is_(None),
    )
    return [Claimed(*row) for row in await session.execute(query.order_by(Outbox.id))]


async def unfold(session: AsyncSession, card_id: int, person_id: int, now: datetime) -> int:
    """Have what lies behind a morning card told one by one, since it is asked for; how many."""
    ids = [row.id for row in await merged(session, card_id, person_id)]
    statement = update(Outbox).where(Outbox.id.in_(ids))
    values = {"state": OutboxState.WAITING, "lane": Lane.ANSWER, "not_before": now}
    await session.execute(statement.values(values), execution_options=_PLAIN)
    session.info["outbox"] = True
    return len(ids)
