"""Who changed what (law 7), and the blocks that ids come from (law 5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from policy.authority import Role
from storage.tables.base import Base, Identified, named


class Audit(Identified, Base):
    """One change: by whom, in what role, what, before → after, when, by which update. Never coordinates."""

    __tablename__ = "audit"

    at: Mapped[datetime] = mapped_column("at_instant")
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    role: Mapped[Role | None] = mapped_column(named(Role))
    action: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(64))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    inbox_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_audit_subject", "subject"),
        Index("ix_audit_area_id_at_instant", "area_id", "at_instant"),
    )


class IdBlock(Base):
    """The next id that nobody has reserved."""

    __tablename__ = "id_block"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    next_id: Mapped[int]
