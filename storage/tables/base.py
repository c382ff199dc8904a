"""What every table shares: the declarative base, instants, enums, ids."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, MetaData, String, TypeDecorator
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON


class Instant(TypeDecorator[datetime]):
    """A moment, kept in UTC; naive values are a bug and are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def named(kind: type[Enum]) -> SqlEnum:
    """A column of an enum, kept by its members' names."""
    return SqlEnum(kind, native_enum=False, create_constraint=False, length=32)


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON(none_as_null=True), int: BigInteger}  # noqa: RUF012


class Identified:
    """Rows whose id is made by us from reserved blocks (`storage.ids`), so that inserts go in bulk."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Reviewed:
    """What waits for a second person's word where many get it: who gave it, and why it came back."""

    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    returned_because: Mapped[str | None] = mapped_column(String(512))
