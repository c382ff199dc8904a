"""What the clock has done: so that nothing is done twice, and nothing that was due is forgotten."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from storage.tables.base import Base, Identified, named


class TickState(StrEnum):
    """Where a job stands that was due."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"  # it was missed, and of no use any more


class Tick(Identified, Base):
    """A job of the clock that was due at a moment. Who makes the row has the job in hand: others leave it alone."""

    __tablename__ = "tick"

    job: Mapped[str] = mapped_column(String(48))
    due_at: Mapped[datetime]
    state: Mapped[TickState] = mapped_column(named(TickState))
    # None: it failed, and the next look takes it up again
    claimed_at: Mapped[datetime | None]
    ran_at: Mapped[datetime | None]
    # what came of it: {"checkin_reminder": 74}
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (UniqueConstraint("job", "due_at"), Index("ix_tick_state", "state"))
