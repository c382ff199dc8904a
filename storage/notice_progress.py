"""How far a notice has got: sent, waiting, lost and why, read, done, replied to; seen from the outbox when asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.notices import DROPPED, SUBJECT, subjects
from storage.outbox import HAD, NO_ACCOUNT
from storage.tables import (
    Notice,
    NoticeRecipient,
    NoticeReply,
    Outbox,
    OutboxState,
    ReadReceipt,
    TaskReport,
)


class Failures(NamedTuple):
    """Recipients whom a notice did not reach, by why."""

    no_account: int = 0
    blocked: int = 0
    other: int = 0

    @property
    def people(self) -> int:
        """All of them."""
        return sum(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a notice has got. `held_until`: what still waits does so for a morning; `since`, `last`: first and last sent."""

    people: int
    sent: int
    waiting: int
    held_until: datetime | None
    failures: Failures
    read: int
    done: int
    replies: int
    since: datetime | None
    last: datetime | None


async def progress(session: AsyncSession, notice: Notice, now: datetime) -> Progress:
    """How far a notice has got. The caller has checked that it is the viewer's to see."""
    subject = SUBJECT.format(id=notice.id)
    states = (
        select(Outbox.state, why().label("cause"), func.count(), func.min(Outbox.sent_at), func.max(Outbox.sent_at))
        .where(Outbox.subject == subject, Outbox.kind == "notice")
        .group_by(Outbox.state, "cause")
    )
    counts: dict[OutboxState, int] = {}
    failed: dict[str, int] = {}
    moments: list[datetime] = []
    for state, cause, count, first, latest in await session.execute(states):
        counts[state] = counts.get(state, 0) + count
        if cause is not None:
            failed[cause] = failed.get(cause, 0) + count
        if state in HAD and first is not None and latest is not None:
            moments += [first, latest]
    waiting = counts.get(OutboxState.WAITING, 0) + counts.get(OutboxState.CLAIMED, 0)
    return Progress(
        people=await _count(session, NoticeRecipient, notice.id) if notice.is_spread else notice.size,
        sent=sum(counts.get(state, 0) for state in HAD),
        waiting=waiting,
        held_until=await _held_until(session, subject, now) if waiting else None,
        failures=Failures(**failed),
        read=await _count(session, ReadReceipt, notice.id),
        done=await _count(session, TaskReport, notice.id),
        replies=await _count(session, NoticeReply, notice.id),
        since=min(moments, default=None),
        last=max(moments, default=None),
    )


def is_lost() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row did not arrive and won't, for another reason than that its author stopped it."""
    stopped = func.coalesce(Outbox.error, "") == DROPPED
    return Outbox.state.in_((OutboxState.DROPPED, OutboxState.FAILED)), ~stopped


def why() -> ColumnElement[str | None]:
    """Why a row did not arrive, as a field of `Failures`; None where it did, may still, or was stopped by its author."""
    return case(
        (~and_(*is_lost()), None),
        (Outbox.error == NO_ACCOUNT, "no_account"),
        (Outbox.error.startswith(NO_ACCOUNT), "blocked"),
        else_="other",
    )


async def _held_until(session: AsyncSession, subject: str, now: datetime) -> datetime | None:
    """When the next of what waits goes out, if nothing of it is due now."""
    query = select(func.min(Outbox.not_before)).where(
        Outbox.subject == subject, Outbox.state.in_((OutboxState.WAITING, OutboxState.CLAIMED))
    )
    soonest: datetime | None = (await session.execute(query)).scalar_one()
    return soonest if soonest is not None and soonest > now else None


async def _count(session: AsyncSession, table: type[Any], notice_id: int) -> int:
    return (await session.execute(select(func.count()).where(table.notice_id == notice_id))).scalar_one()


async def is_stirring(session: AsyncSession, notice_id: int) -> bool:
    """Whether something about a notice is being sent at this moment, or waits to be tried again."""
    query = select(Outbox.id).where(
        Outbox.subject.in_(subjects(notice_id)), Outbox.state.in_((OutboxState.CLAIMED, OutboxState.WAITING))
    )
    return (await session.execute(query.limit(1))).first() is not None
