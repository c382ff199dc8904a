"""Where people work: the area tree, villages' sites, dispatching units, and the settings of an area."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.geo import Datum
from policy.roster import Level
from storage.tables.base import Base, Identified, named


class Area(Identified, Base):
    """A node of province → city → county → township → village."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    level: Mapped[Level] = mapped_column(named(Level))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    # `/1/5/9/`: the ids from the root down; everything below an area starts with its path
    path: Mapped[str] = mapped_column(String(128, collation=None), unique=True)
    is_sample: Mapped[bool] = mapped_column(default=False)


class Site(Identified, Base):
    """A place of a village from which a check-in counts. Degrees in WGS-84, and as they were entered."""

    __tablename__ = "site"

    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    latitude: Mapped[float]
    longitude: Mapped[float]
    datum: Mapped[Datum] = mapped_column(named(Datum))
    entered_latitude: Mapped[float]
    entered_longitude: Mapped[float]

    __table_args__ = (UniqueConstraint("village_id", "name"),)


class DispatchingUnit(Identified, Base):
    """派出单位: the organ, state enterprise or public institution that sends people. Clause 一（一）."""

    __tablename__ = "dispatching_unit"

    name: Mapped[str] = mapped_column(String(128), unique=True)
    level: Mapped[Level] = mapped_column(named(Level))
    kind: Mapped[str] = mapped_column(String(32))


class Setting(Identified, Base):
    """One parameter of `policy.profile` in an area from a day on; the newest of the day holds."""

    __tablename__ = "setting"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    key: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    effective_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(512))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]

    __table_args__ = (Index("ix_setting_area_id_key", "area_id", "key", "effective_on"),)


class CalendarDay(Identified, Base):
    """The county's own calendar: a day that is worked or rested against the national one."""

    __tablename__ = "calendar_day"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    is_workday: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(512))

    __table_args__ = (UniqueConstraint("area_id", "on_date"),)
