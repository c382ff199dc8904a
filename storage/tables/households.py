"""农户: the households of a village, clause 二（四）. Villagers' data: the village's team and above only, and the least."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from storage.tables.base import Base, Identified


class Household(Identified, Base):
    """A household. The head's name may occur twice in a village: group, address and year of birth tell them apart."""

    __tablename__ = "household"

    village_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    # 村民小组; None: not known
    group: Mapped[int | None] = mapped_column("group_number")
    head: Mapped[str] = mapped_column(String(64))
    head_born: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(128))
    # how many live there
    members: Mapped[int | None]
    # names of grown-up others, as they are called when spoken of
    others: Mapped[list[str]] = mapped_column(JSON)
    phone: Mapped[str | None] = mapped_column(String(16))
    # priority kinds in the era's words, as the county writes them
    kinds: Mapped[list[str]] = mapped_column(JSON)
    # 包户干部: of the roster, else as he is written
    paired_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    paired_name: Mapped[str | None] = mapped_column(String(64))
    # syllables of the head's name, one a character, and their initials: `chen shu lan`, `csl`
    sounds: Mapped[str] = mapped_column(String(160))
    initials: Mapped[str] = mapped_column(String(32))
    added_at: Mapped[datetime]
    # moved away or died out: no longer visited, kept for what is written of it
    gone_on: Mapped[date | None]
    gone_reason: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        Index("ix_household_village_id_head", "village_id", "head"),
        Index("ix_household_village_id_initials", "village_id", "initials"),
    )


class HouseholdChange(Identified, Base):
    """What a household was before it was corrected or moved: the old values by their names."""

    __tablename__ = "household_change"

    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column("at_instant")
