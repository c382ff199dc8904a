"""What people are told by the clock: what is due (a pure question, asked by the sweep and by `preview` alike) → rows."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import structlog

from policy.authority import Role
from policy.delivery import Lane
from policy.profile import PARAMETERS
from policy.roster import Level
from storage import clocks, outbox
from storage.clocks import AreaDay
from storage.engine import AsyncSession, Database

log = structlog.get_logger()

PIECE = 1_000
"""Rows of one transaction, so that nobody waits for the writer long."""
LANE = Lane.ORDINARY
"""Nobody has asked: it waits for the morning, counts, may be merged."""
_INSTANT = timedelta(microseconds=1)


class Told(NamedTuple):
    """Somebody who is to be told. `area_id` is where he holds `role`.

    `key`, with the kind before it and the person behind it, makes it one: told twice, it is told once.
    """

    person_id: int
    role: Role
    area_id: int
    key: str
    not_before: datetime
    expires_at: datetime
    payload: dict[str, Any]


Due = Callable[[AsyncSession, Sequence[AreaDay]], Awaitable[list[Told]]]
"""Who is to be told on these days of areas (one or many of each), as far as is known now. Reads only."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One kind of card that comes by itself, and the rule it comes under.

    `setting` holds its time of day for every area of `level`, None: it is off. `useful`: how long after that moment it
    is still sent when it was missed.
    """

    kind: str
    setting: str
    level: Level
    useful: timedelta
    due: Due

    @property
    def clause(self) -> str:
        """The rule: that of its setting."""
        return PARAMETERS[self.setting].clause


async def tell(db: Database, prompt: Prompt, due_at: datetime, now: datetime) -> dict[str, int]:
    """The sweep: have everybody told for whom it fell due at a moment. Twice is once."""
    async with db.read() as session:
        places = await clocks.areas(session, prompt.level)
        days = await clocks.moments(session, places, prompt.setting, due_at - _INSTANT, due_at)
        found = await prompt.due(session, days.get(due_at, ()))
    for piece in pieces(found):
        first = piece[0]
        async with db.write(ids=len(piece)) as session:
            await outbox.put_many(
                session,
                prompt.kind,
                {told.person_id: told.payload for told in piece},
                key=f"{prompt.kind}:{first.key}",
                lane=LANE,
                not_before=first.not_before,
                expires_at=first.expires_at,
                now=now,
            )
    if found:
        log.info("told", kind=prompt.kind, people=len(found))
    return {"told": len(found)}


def pieces(found: Sequence[Told]) -> Iterator[list[Told]]:
    """What can be put together: the same key and times, a thousand at most."""
    together = sorted(found, key=_alike)
    for _alike_key, group in groupby(together, key=_alike):
        rows = list(group)
        yield from (rows[start : start + PIECE] for start in range(0, len(rows), PIECE))


def _alike(told: Told) -> tuple[str, datetime, datetime]:
    return told.key, told.not_before, told.expires_at
