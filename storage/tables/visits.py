"""走访: visits to households, what was written of them, what was photographed. Clause 二（四）."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.authority import Role
from policy.notices import AttachmentKind
from storage.tables.base import Base, Identified, named


class HouseholdVisit(Identified, Base):
    """走访: one visit, to one or several households or to none by name, as it was said."""

    __tablename__ = "household_visit"

    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(named(Role))
    on: Mapped[date] = mapped_column("on_date")
    # when it was written, and when it came in: on a bad line these lie apart
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    # the duties it was done for, as they were called then
    duties: Mapped[list[str]] = mapped_column(JSON)
    # parts that come later are added to it until then
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_household_visit_village_id_on_date", "village_id", "on_date"),
        Index("ix_household_visit_by_id_on_date", "by_id", "on_date"),
    )


class VisitHousehold(Base):
    """A household that was visited."""

    __tablename__ = "visit_household"

    visit_id: Mapped[int] = mapped_column(ForeignKey("household_visit.id"), primary_key=True, autoincrement=False)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), primary_key=True, autoincrement=False)

    __table_args__ = (Index("ix_visit_household_household_id", "household_id", "visit_id"),)


class VisitCompanion(Base):
    """A colleague who came along: the visit is his as well."""

    __tablename__ = "visit_companion"

    visit_id: Mapped[int] = mapped_column(ForeignKey("household_visit.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False, index=True)


class VisitPaper(Identified, Base):
    """A photo, a voice message or a file of a visit, or of a villager's request."""

    __tablename__ = "visit_paper"

    visit_id: Mapped[int] = mapped_column(ForeignKey("household_visit.id"), index=True)
    kind: Mapped[AttachmentKind] = mapped_column(named(AttachmentKind))
    # the channel's own id, by which it is shown
    file_id: Mapped[str] = mapped_column(String(256))
    file_name: Mapped[str | None] = mapped_column(String(128))
    # what it is called under DATA_DIR/files, by its content; None: not fetched yet
    kept_as: Mapped[str | None] = mapped_column(String(96))
    added_at: Mapped[datetime]


class VisitVersion(Identified, Base):
    """What a visit said before it was corrected."""

    __tablename__ = "visit_version"

    visit_id: Mapped[int] = mapped_column(ForeignKey("household_visit.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    duties: Mapped[list[str]] = mapped_column(JSON)
    household_ids: Mapped[list[int]] = mapped_column(JSON)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column("at_instant")
