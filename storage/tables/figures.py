"""报数: a request for a few figures, its fields, who is asked, and what they answer. 国办函〔2026〕12号."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.figures import Each, FieldKind, Source
from storage.tables.base import Base, Identified, Reviewed, named


class FigureReview(StrEnum):
    """Where a request stands that needs a second person's word."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    EXPIRED = "expired"  # nobody has confirmed it in time


class FigureRequest(Identified, Reviewed, Base):
    """One request for figures: on what basis, of whom, until when."""

    __tablename__ = "figure_request"

    # the area of whoever asks: within it all who are asked lie, and by it authority is judged
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str] = mapped_column(String(64))
    basis: Mapped[str] = mapped_column(String(128))
    each: Mapped[Each] = mapped_column("of_each", named(Each))
    # a `policy.audience.Audience`, as it stores itself
    audience: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime]
    # when it was handed in; of what a second person confirmed, when that was
    sent_at: Mapped[datetime]
    # None: nobody's second word was needed; `reviewed_at` is also when it expired
    review: Mapped[FigureReview | None] = mapped_column(named(FigureReview))
    # people who would get it, as counted when it was handed in; None: from before that was kept
    size: Mapped[int | None]
    # when everybody had been asked; None: still going out
    spread_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_figure_request_area_id_sent_at", "area_id", "sent_at"),)


class FigureField(Identified, Base):
    """One thing that a request asks: a number with its unit, a choice, a short text. Bounds in hundredths."""

    __tablename__ = "figure_field"

    request_id: Mapped[int] = mapped_column(ForeignKey("figure_request.id"))
    place: Mapped[int]
    title: Mapped[str] = mapped_column(String(32))
    kind: Mapped[FieldKind] = mapped_column(named(FieldKind))
    unit: Mapped[str] = mapped_column(String(16))
    low: Mapped[int | None]
    high: Mapped[int | None]
    decimals: Mapped[int]
    choices: Mapped[list[str]] = mapped_column(JSON)
    basis: Mapped[str | None] = mapped_column(String(128))
    source: Mapped[Source | None] = mapped_column(named(Source))

    __table_args__ = (UniqueConstraint("request_id", "place"),)


class FigureAsked(Identified, Base):
    """A team (no person) or a person of whom an answer is wanted."""

    __tablename__ = "figure_asked"

    request_id: Mapped[int] = mapped_column(ForeignKey("figure_request.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # of the answer that stands; None: missing
    replied_at: Mapped[datetime | None]
    # the last of the request's reminders that has gone out to it
    reminded: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_figure_asked_request_id_village_id", "request_id", "village_id"),
        Index("ix_figure_asked_village_id", "village_id"),
    )


class FigureReply(Identified, Base):
    """An answer. A later one by the same team takes its place; the old one is kept."""

    __tablename__ = "figure_reply"

    asked_id: Mapped[int] = mapped_column(ForeignKey("figure_asked.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column("at_instant")
    is_late: Mapped[bool]
    # None: it stands
    replaced_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_figure_reply_asked_id", "asked_id"),)


class FigureValue(Base):
    """What a reply says to one field: a number in hundredths of the unit, or words."""

    __tablename__ = "figure_value"

    reply_id: Mapped[int] = mapped_column(ForeignKey("figure_reply.id"), primary_key=True, autoincrement=False)
    field_id: Mapped[int] = mapped_column(ForeignKey("figure_field.id"), primary_key=True, autoincrement=False)
    number: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(String(256))

    __table_args__ = (Index("ix_figure_value_field_id", "field_id"),)
