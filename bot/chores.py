"""What the software has put off to do by itself (`outbox.chore`): in pieces, a transaction each, so that nobody waits."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from policy.authority import Viewer
from storage.engine import AsyncSession, Database


class Step(Protocol):
    """One piece of a chore, an action; keyword arguments are the row's payload. True: more is left."""

    def __call__(self, session: AsyncSession, *, by: Viewer, now: datetime, **facts: int) -> Awaitable[bool]:
        """Do one piece; done twice (after a crash) it changes nothing."""


STEPS: Mapping[str, Step] = {}
"""By kind of row."""


async def do(db: Database, kind: str, facts: dict[str, int], clock: Callable[[], datetime]) -> None:
    """Do a chore to its end. Raises KeyError for one nobody knows."""
    step, is_left = STEPS[kind], True
    while is_left:
        async with db.write() as session:
            is_left = await step(session, by=Viewer.system(), now=clock(), **facts)
