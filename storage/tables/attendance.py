"""Attendance (clause 三（二）): each person's day in halves, and what proves or explains it."""

from datetime import date, datetime
from enum import IntFlag, StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy.calendar import Half
from policy.checkin import Evidence
from policy.geo import DistanceClass
from storage.tables.base import Base, Identified, named


class Facts(IntFlag):
    """What is known of one half-day. The status is made of them by `policy.attendance`, never stored."""

    NONE = 0
    CHECKED_IN = 1
    TRIP = 2
    LEAVE = 4
    CORRECTED = 8
    PENDING = 16
    DUTY = 32  # named for the day (值班表); proves nothing by itself


class Day(Identified, Base):
    """One person's business day. A row exists once something is known of it; silence has no row."""

    __tablename__ = "day"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    on: Mapped[date] = mapped_column("on_date")
    # the village of the role held on that day; records are seen by the area they were made in
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    am: Mapped[int] = mapped_column(default=0)
    pm: Mapped[int] = mapped_column(default=0)
    checked_in_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "on_date"),
        Index("ix_day_on_date_village_id", "on_date", "village_id"),
    )


class CheckIn(Identified, Base):
    """签到: a proof of presence. Exact degrees (WGS-84) are kept 30 days, the distance class for good."""

    __tablename__ = "check_in"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    # the moment that counts, and when it reached us
    at: Mapped[datetime] = mapped_column("at_instant")
    received_at: Mapped[datetime]
    evidence: Mapped[Evidence] = mapped_column(named(Evidence))
    distance_class: Mapped[DistanceClass | None] = mapped_column(named(DistanceClass))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    words: Mapped[str | None] = mapped_column(String(512))
    # who said so, where it was not the person himself (代签, 今天三人在岗, the township's list)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    objected_at: Mapped[datetime | None]
    objection: Mapped[str | None] = mapped_column(String(512))
    # who recorded it has taken it back: for the half-days that a word at this moment speaks of
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_check_in_person_id_on_date", "person_id", "on_date"),
        Index("ix_check_in_at_instant", "at_instant"),
    )


class Verdict(StrEnum):
    """How something that waits for a decision stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Explanation(Identified, Base):
    """说明情况: a day away from the village with its reason, until the township says what it was."""

    __tablename__ = "explanation"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    half: Mapped[Half] = mapped_column(named(Half))
    whole_day: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column("at_instant")
    reason: Mapped[str] = mapped_column(String(512))
    distance_m: Mapped[float | None]
    distance_class: Mapped[DistanceClass | None] = mapped_column(named(DistanceClass))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    evidence: Mapped[Evidence | None] = mapped_column(named(Evidence))
    verdict: Mapped[Verdict] = mapped_column(named(Verdict), default=Verdict.PENDING)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_explanation_person_id_on_date", "person_id", "on_date"),
        Index("ix_explanation_verdict_village_id", "verdict", "village_id"),
    )


class OfficialTrip(Identified, Base):
    """公出: official business away from the village; counts as in village."""

    __tablename__ = "official_trip"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    from_on: Mapped[date]
    from_half: Mapped[Half] = mapped_column(named(Half))
    to_on: Mapped[date]
    to_half: Mapped[Half] = mapped_column(named(Half))
    purpose: Mapped[str] = mapped_column(String(512))
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reported_at: Mapped[datetime]
    # one report for the whole team is several rows under one group
    group_id: Mapped[int]
    objected_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    objected_at: Mapped[datetime | None]
    objection: Mapped[str | None] = mapped_column(String(512))
    # what the person says to the objection
    reply: Mapped[str | None] = mapped_column(String(512))
    # by its person (我没去) or by who reported it: only that one brings it back
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_official_trip_person_id_to_on", "person_id", "to_on"),
        Index("ix_official_trip_group_id", "group_id"),
    )


class Outing(Identified, Base):
    """临时外出: under half a day, told to the first secretary in one line."""

    __tablename__ = "outing"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    leaves_at: Mapped[datetime]
    back_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(String(512))
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_outing_person_id_on_date", "person_id", "on_date"),)


class CheckInCorrection(Identified, Base):
    """补签: asked within 48 hours, three a month, decided by somebody else."""

    __tablename__ = "check_in_correction"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    on: Mapped[date] = mapped_column("on_date")
    am: Mapped[bool]
    pm: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(512))
    asked_at: Mapped[datetime]
    verdict: Mapped[Verdict] = mapped_column(named(Verdict), default=Verdict.PENDING)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_check_in_correction_person_id_on_date", "person_id", "on_date"),
        Index("ix_check_in_correction_verdict_village_id", "verdict", "village_id"),
    )
