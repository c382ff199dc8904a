"""值班表 (clause 三（二）): periods that a county opens, who is on duty in a village on each day, swaps."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Identified, named


class DutyPeriod(Identified, Base):
    """国庆值班, 防汛值班: days on which each team of an area has somebody on duty; filled by `due_on`."""

    __tablename__ = "duty_period"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    title: Mapped[str] = mapped_column(String(60))
    # a paper or decision; none for a holiday of the public calendar
    basis: Mapped[str | None] = mapped_column(String(200))
    first_on: Mapped[date]
    last_on: Mapped[date]
    due_on: Mapped[date]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class DutyDay(Identified, Base):
    """Who is on duty in a village on a day, by halves; None: not said yet."""

    __tablename__ = "duty_day"

    period_id: Mapped[int] = mapped_column(ForeignKey("duty_period.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    am_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    pm_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)

    __table_args__ = (UniqueConstraint("period_id", "village_id", "on_date"),)


class SwapState(StrEnum):
    """How a swap stands. One that nobody answers is over when its day has come; that needs no row."""

    WAITING = "waiting"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class DutySwap(Identified, Base):
    """换班: two of a team change their days, by agreement of both. `other_on` None: the other one takes the day over."""

    __tablename__ = "duty_swap"

    period_id: Mapped[int] = mapped_column(ForeignKey("duty_period.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asker_on: Mapped[date]
    other_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    other_on: Mapped[date | None]
    asked_at: Mapped[datetime]
    state: Mapped[SwapState] = mapped_column(named(SwapState), default=SwapState.WAITING)
    settled_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_duty_swap_period_id_village_id", "period_id", "village_id"),)
