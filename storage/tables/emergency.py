"""应急: a call, who is asked by it, and every answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from policy.authority import Role
from policy.emergency import Answer, RollCallState, Source
from storage.tables.base import Base, Identified, named


class EmergencyRollCall(Identified, Base):
    """Is everybody safe? One person proposes it, a second sends it; it ends by itself."""

    __tablename__ = "emergency_roll_call"

    # the smallest area that holds all who are asked: who answers for it may see and end the whole
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # whom it asks, as `policy.audience.Audience` dumps it
    audience: Mapped[dict[str, Any]]
    what: Mapped[str] = mapped_column(String(512))
    is_drill: Mapped[bool]
    state: Mapped[RollCallState] = mapped_column(named(RollCallState), index=True)
    # as the second person was told before he sent it
    people: Mapped[int]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    confirm_until: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    # everybody has been asked
    spread_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    # withdrawn, expired or ended; by nobody where it was by itself
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class EmergencyAsked(Base):
    """Somebody who is asked, with the answer that stands; the village and the role are those of that day."""

    __tablename__ = "emergency_asked"

    roll_call_id: Mapped[int] = mapped_column(
        ForeignKey("emergency_roll_call.id"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False, index=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # the area right above the village
    township_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    role: Mapped[Role] = mapped_column(named(Role))
    # of the reply that stands, so that counting reads one table
    answer: Mapped[Answer | None] = mapped_column(named(Answer))
    source: Mapped[Source | None] = mapped_column(named(Source))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("safety_reply.id"))

    __table_args__ = (
        Index("ix_emergency_asked_answer", "roll_call_id", "answer"),
        Index("ix_emergency_asked_township", "roll_call_id", "township_id", "answer"),
    )


class SafetyReply(Identified, Base):
    """One answer about one person, his own or another's; all are kept. Never where somebody is."""

    __tablename__ = "safety_reply"

    roll_call_id: Mapped[int] = mapped_column(ForeignKey("emergency_roll_call.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[Answer] = mapped_column(named(Answer))
    source: Mapped[Source] = mapped_column(named(Source))
    said_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    said_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(String(1024))
    # who looks after a call for help
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_safety_reply_roll_call_id_person_id", "roll_call_id", "person_id"),)
