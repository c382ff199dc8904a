"""Who: people, the roles they hold, the accounts they speak from, and invitations."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy.authority import Role
from storage.tables.base import Base, Identified, named


class Person(Identified, Base):
    """A cadre or a member of staff."""

    __tablename__ = "person"

    name: Mapped[str] = mapped_column(String(64), index=True)
    phone: Mapped[str | None] = mapped_column(String(16), index=True)
    political_status: Mapped[str | None] = mapped_column(String(16))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("dispatching_unit.id"), index=True)
    language: Mapped[str] = mapped_column(String(8), default="zh_CN")
    # None: not asked yet. False: 不用定位, words count the same
    position_consent: Mapped[bool | None]
    consented_at: Mapped[datetime | None]


class PersonRole(Identified, Base):
    """A role held by a person in an area, first and last day included; no last day: still held."""

    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(named(Role))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("dispatching_unit.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = (UniqueConstraint("person_id", "role", "area_id", "starts_on"),)


class Chat(Identified, Base):
    """An account on a channel. One account per person and channel, one person per account."""

    __tablename__ = "chat"

    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    bound_at: Mapped[datetime | None]
    # False once the channel says that the person has blocked the bot or gone
    is_reachable: Mapped[bool] = mapped_column(default=True)
    unreachable_since: Mapped[datetime | None]
    # what its keyboard and commands were last made for; None: they were never set
    menu: Mapped[str | None] = mapped_column(String(160))

    __table_args__ = (UniqueConstraint("channel", "external_id"), UniqueConstraint("channel", "person_id"))


class Invitation(Identified, Base):
    """A single-use token, kept as a hash, good for seven days."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    # a newer link for the same person ends the older ones
    revoked_at: Mapped[datetime | None]
    # True: the new phone takes the place of a lost one
    is_takeover: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_invitation_expires_at", "expires_at"),)
