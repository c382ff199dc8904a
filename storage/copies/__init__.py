"""A copy of a database while it is written to, and back again: SQLite's online backup, PostgreSQL's pg_dump."""

from collections.abc import Callable
from dataclasses import dataclass, field


class CopyError(Exception):
    """A copy can't be made, or is not what it should be: a code and fields; words are made in `bot/backup.py`.

    Codes: `stopped`; `damaged` (said); `no_program` (name, version); `failed` (name, said).
    """

    def __init__(self, code: str, **fields: str) -> None:
        super().__init__(code)
        self.code, self.fields = code, fields


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: the revision of its tables (None: it is none of the bot's) and their rows."""

    revision: str | None = None
    rows: dict[str, int] = field(default_factory=dict)


Ended = Callable[[], bool]
"""Whether whoever asked wants it no more; looked at between two pieces."""

EMPTY_ANYWAY = frozenset({"alembic_version", "id_block", "settings", "counters", "commands"})
"""Tables that hold a row or two before anything has happened."""


def holds_nothing(contents: Contents) -> bool:
    """Whether nobody has entered anything yet."""
    return not any(count for table, count in contents.rows.items() if table not in EMPTY_ANYWAY)
