"""Settling what is unverified, clauses 三（二）, 三（四）: what came of a telephone call, and what was found."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.authority import Role
from policy.settling import Evidence, FindingState, Outcome
from storage.tables.base import Base, Identified, named


class Finding(Identified, Base):
    """What somebody saw, with its evidence. A finding decides nothing: its person answers, another person rules on it.

    It may be of a person in a village (`person_id`), or of the area itself: a team, a township, a county.
    """

    __tablename__ = "finding"

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # the half-days it speaks of: 2026-11-24:am
    halves: Mapped[list[str]] = mapped_column(JSON)
    seen: Mapped[str] = mapped_column(String(512))
    evidence: Mapped[Evidence] = mapped_column(named(Evidence))
    clause: Mapped[str] = mapped_column(String(32))
    state: Mapped[FindingState] = mapped_column(named(FindingState))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role | None] = mapped_column(named(Role))
    at: Mapped[datetime] = mapped_column("at_instant")
    # what the person says to it
    answer: Mapped[str | None] = mapped_column(String(512))
    answered_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_finding_state_area_id", "state", "area_id"),
        Index("ix_finding_person_id", "person_id"),
    )


class Settlement(Identified, Base):
    """What came of asking somebody about half-days that were unverified; undone, they are so again."""

    __tablename__ = "settlement"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    outcome: Mapped[Outcome] = mapped_column(named(Outcome))
    halves: Mapped[list[str]] = mapped_column(JSON)
    # the trips it wrote
    trips: Mapped[list[int]] = mapped_column(JSON)
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role | None] = mapped_column(named(Role))
    at: Mapped[datetime] = mapped_column("at_instant")
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
