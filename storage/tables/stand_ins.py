"""代理, clause 三（二）: who stands in for an officer, in which office, from when to when."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from policy.authority import Role
from storage.tables.base import Base, Identified, named


class StandIn(Identified, Base):
    """`person_id` has the office (`role` in an area) of `for_id` on these days, unless it was ended or declined."""

    __tablename__ = "stand_in"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    for_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(named(Role))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    set_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]
    # he has said 没错; it holds without that too
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # himself: he has declined
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
