"""Alembic runs this for every command; the connection comes from `storage.migrate`."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from storage.tables import Base
from storage.tables.base import Instant


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Types of our own as SQLAlchemy's, so that old migrations don't hang on today's code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String({item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
