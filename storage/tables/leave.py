"""Leave (请假), clause 三（二）: asked for, decided level by level, ended by 销假."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.authority import Role
from policy.calendar import Half
from policy.checkin import Evidence
from policy.geo import DistanceClass
from policy.notices import AttachmentKind
from policy.profile import LeaveKind
from storage.tables.base import Base, Identified, named


class LeaveState(StrEnum):
    """How a leave stands. Approved, it stands until 销假 or until it is cancelled before it begins."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class LeaveRequest(Identified, Base):
    """请假. `to_on`, `to_half` are where it ends now: an early return or a shortening moves them; `asked_to_*` stay."""

    __tablename__ = "leave_request"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # the role held when it was asked for: the ladder goes by it
    role: Mapped[Role] = mapped_column(named(Role))
    kind: Mapped[LeaveKind] = mapped_column(named(LeaveKind))
    from_on: Mapped[date]
    from_half: Mapped[Half] = mapped_column(named(Half))
    to_on: Mapped[date]
    to_half: Mapped[Half] = mapped_column(named(Half))
    asked_to_on: Mapped[date]
    asked_to_half: Mapped[Half] = mapped_column(named(Half))
    # 代请假 may leave the end open until the person has said
    is_open_ended: Mapped[bool] = mapped_column(default=False)
    # half-days it takes, and those of the chain that the ladder went by
    halves: Mapped[int]
    chain_halves: Mapped[int]
    # who decides, in order, as roles; `level` counts those that have said yes
    levels: Mapped[list[str]] = mapped_column(JSON)
    level: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(512))
    phone: Mapped[str | None] = mapped_column(String(20))
    # 交接: who has a first secretary's cards meanwhile
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # 补办: asked for after it began, in an emergency
    is_afterwards: Mapped[bool] = mapped_column(default=False)
    # the leave that this one goes on from (续假)
    extends_id: Mapped[int | None] = mapped_column(ForeignKey("leave_request.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    # what the person himself says of a leave that another asked for (代请假); None: nothing yet
    is_confirmed: Mapped[bool | None]
    # 说明情况: why he is not back, in his own words
    late_reason: Mapped[str | None] = mapped_column(String(512))
    state: Mapped[LeaveState] = mapped_column(named(LeaveState), default=LeaveState.WAITING)
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_leave_request_person_id_to_on", "person_id", "to_on"),
        Index("ix_leave_request_state_village_id", "state", "village_id"),
    )


class LeaveAttachment(Identified, Base):
    """A picture or file that goes along with a leave (病假条): for those who decide on it, the person, the county."""

    __tablename__ = "leave_attachment"

    leave_id: Mapped[int] = mapped_column(ForeignKey("leave_request.id"), index=True)
    kind: Mapped[AttachmentKind] = mapped_column(named(AttachmentKind))
    # the channel's own id, by which it is shown
    file_id: Mapped[str] = mapped_column(String(256))
    file_name: Mapped[str] = mapped_column(String(128))
    # what it is called under DATA_DIR/files, by its content; None: not fetched yet
    kept_as: Mapped[str | None] = mapped_column(String(96))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class LeaveDecision(Identified, Base):
    """One level's word on a leave: 同意, 不同意, 报上级 (`None`: passed on)."""

    __tablename__ = "leave_decision"

    leave_id: Mapped[int] = mapped_column(ForeignKey("leave_request.id"), index=True)
    level: Mapped[Role] = mapped_column(named(Role))
    is_approved: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(String(512))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(named(Role))
    at: Mapped[datetime] = mapped_column("at_instant")


class LeaveReturn(Identified, Base):
    """销假: back in the village, by a position or by words, which the township confirms."""

    __tablename__ = "leave_return"

    leave_id: Mapped[int] = mapped_column(ForeignKey("leave_request.id"), unique=True)
    at: Mapped[datetime] = mapped_column("at_instant")
    on: Mapped[date] = mapped_column("on_date")
    half: Mapped[Half] = mapped_column(named(Half))
    evidence: Mapped[Evidence] = mapped_column(named(Evidence))
    distance_class: Mapped[DistanceClass | None] = mapped_column(named(DistanceClass))
    words: Mapped[str | None] = mapped_column(String(512))
    # where the leave ended before: it stands again where the return turns out not to be so
    until_on: Mapped[date]
    until_half: Mapped[Half] = mapped_column(named(Half))
    # half-days of the leave that were not taken
    credited: Mapped[int] = mapped_column(default=0)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]


class LeaveClosure(Identified, Base):
    """全员在岗: days on which a county grants no leave, but for the exceptions (ids of people)."""

    __tablename__ = "leave_closure"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    exceptions: Mapped[dict[str, Any]]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
