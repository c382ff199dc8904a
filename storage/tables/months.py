"""月结, clause 三（二）: a month of a county that is locked, and who may be corrected in it all the same."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy.authority import Role
from storage.tables.base import Base, Identified, named


class MonthLock(Identified, Base):
    """A county's month is settled: no half-day of it changes. Taken back (`unlocked_at`), it may be locked again."""

    __tablename__ = "month_lock"

    county_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # the first day of the month
    month: Mapped[date]
    locked_at: Mapped[datetime]
    locked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role | None] = mapped_column(named(Role))
    # what was still open when it was locked all the same
    open_matters: Mapped[int] = mapped_column(default=0)
    unlocked_at: Mapped[datetime | None]
    unlocked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("county_id", "month"),)


class MonthReopening(Identified, Base):
    """单独开放: one person's locked month may be corrected until an instant, for a reason. It closes by itself."""

    __tablename__ = "month_reopening"

    lock_id: Mapped[int] = mapped_column(ForeignKey("month_lock.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(512))
    opened_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column("until_instant")
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
