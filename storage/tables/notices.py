"""广播通知: a notice, whom it went to, who has read it, what they replied. Clause 三（一）."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from policy.authority import Role
from policy.notices import AttachmentKind, NoticeKind
from storage.tables.base import Base, Identified, Reviewed, named


class NoticeState(StrEnum):
    """Where a notice stands. That all of it is out is seen from the outbox, and not kept here."""

    REVIEW = "review"  # waits for a second person's word
    RETURNED = "returned"
    EXPIRED = "expired"  # nobody has confirmed it in time
    SCHEDULED = "scheduled"
    OUT = "out"  # going out, or gone out
    PAUSED = "paused"
    CANCELLED = "cancelled"  # what had gone out by then stays
    WITHDRAWN = "withdrawn"  # what had gone out is deleted


class Notice(Identified, Reviewed, Base):
    """A notice of an area. Drafts are none yet: they lie in the author's conversation."""

    __tablename__ = "notice"

    kind: Mapped[NoticeKind] = mapped_column(named(NoticeKind), default=NoticeKind.PLAIN)
    state: Mapped[NoticeState] = mapped_column(named(NoticeState))
    # the author's area, in which everybody addressed lies
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str] = mapped_column(String(120))
    html: Mapped[str] = mapped_column(Text)
    length: Mapped[int]
    attachment_kind: Mapped[AttachmentKind | None] = mapped_column(named(AttachmentKind))
    # the channel's own id of the picture or file
    file_id: Mapped[str | None] = mapped_column(String(256))
    file_name: Mapped[str | None] = mapped_column(String(128))
    audience: Mapped[dict[str, Any]]
    # recipients as counted when it was handed in; late joiners come on top
    size: Mapped[int]
    wants_receipt: Mapped[bool]
    is_urgent: Mapped[bool]
    submitted_at: Mapped[datetime]
    # when it is to go out
    due_at: Mapped[datetime]
    open_days: Mapped[int]
    # until when people who join get it; None: without end, or not begun
    open_until: Mapped[datetime | None]
    # a task's day (已落实); None for a plain notice
    due_on: Mapped[date | None]
    started_at: Mapped[datetime | None]
    # everybody who belonged to it when it went out has a row in the outbox
    is_spread: Mapped[bool] = mapped_column(default=False)
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None]
    # cancelled, or withdrawn
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_notice_area_id_submitted_at", "area_id", "submitted_at"),
        Index("ix_notice_state_open_until", "state", "open_until"),
    )


class NoticeRecipient(Base):
    """Somebody a notice is for, with the post by which he belongs to it: lists are made by that area."""

    __tablename__ = "notice_recipient"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False, index=True)
    role: Mapped[Role] = mapped_column(named(Role))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))

    __table_args__ = (Index("ix_notice_recipient_area_id_notice_id", "area_id", "notice_id"),)


class ReadReceipt(Base):
    """已读回执: he pressed 已阅, once."""

    __tablename__ = "read_receipt"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    read_at: Mapped[datetime]


class NoticeReply(Identified, Base):
    """What a recipient said to a notice, and what he was answered."""

    __tablename__ = "notice_reply"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column("at_instant")
    text: Mapped[str] = mapped_column(String(512))
    answer: Mapped[str | None] = mapped_column(String(512))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_notice_reply_notice_id_at_instant", "notice_id", "at_instant"),)
