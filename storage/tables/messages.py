"""What came in, what is said in between, what goes out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.delivery import Lane
from storage.tables.base import Base, Identified, named


class InboxState(StrEnum):
    """Where an update stands."""

    WAITING = "waiting"
    DONE = "done"
    SET_ASIDE = "set_aside"


class Inbox(Identified, Base):
    """An update, written before it is acknowledged (law 1). Ids rise in order of arrival."""

    __tablename__ = "inbox"

    channel: Mapped[str] = mapped_column(String(16))
    update_id: Mapped[int]
    chat_key: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
    state: Mapped[InboxState] = mapped_column(named(InboxState), default=InboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]
    # Bot API calls to send after the commit, as JSON; emptied once they are out
    answers: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("channel", "update_id"),
        Index("ix_inbox_channel_state_id", "channel", "state", "id"),
        Index("ix_inbox_done_at", "done_at"),
    )


class Conversation(Base):
    """What a chat is in the middle of; expires kindly after 24 hours."""

    __tablename__ = "conversation"

    chat_id: Mapped[int] = mapped_column(ForeignKey("chat.id"), primary_key=True, autoincrement=False)
    state: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    updated_at: Mapped[datetime]


class OutboxState(StrEnum):
    """Where a message to somebody stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    MERGED = "merged"  # said in a line of another card; told by itself when that is pressed
    DROPPED = "dropped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # it was sent, and taken back


_UNTHINNED = text("thinned_at IS NULL")


class Outbox(Identified, Base):
    """A fact to be told (law 4): rendered at delivery, in the recipient's language."""

    __tablename__ = "outbox"

    channel: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # what is told, e.g. `explanation`; with it the facts that words need
    kind: Mapped[str] = mapped_column(String(48))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    natural_key: Mapped[str] = mapped_column(String(160), unique=True)
    # `explanation:7`: every live card of a subject is edited when it changes
    subject: Mapped[str | None] = mapped_column(String(64))
    lane: Mapped[Lane] = mapped_column(named(Lane), default=Lane.ORDINARY)
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    state: Mapped[OutboxState] = mapped_column(named(OutboxState), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None]
    # what was said: evidence, and the means to see that an edit changes nothing
    text: Mapped[str | None] = mapped_column(Text)
    # it had to wait for the morning (quiet hours, or more than so many messages a week)
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    # in flight when a process died: the person may have had it twice
    possibly_repeated: Mapped[bool] = mapped_column(default=False, server_default=false())
    # when what was said was erased: the row stays, as evidence that it was
    thinned_at: Mapped[datetime | None]

    __table_args__ = (
        # lane by lane, what is due first goes first
        Index("ix_outbox_due", "channel", "state", "lane", "not_before", "id"),
        Index("ix_outbox_subject_state", "subject", "state"),
        # what may be thinned, without a look at what has been
        Index("ix_outbox_unthinned", "not_before", "kind", sqlite_where=_UNTHINNED, postgresql_where=_UNTHINNED),
    )


class OutboxHold(Base):
    """A subject of which nothing goes out for now: a notice that is paused."""

    __tablename__ = "outbox_hold"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
