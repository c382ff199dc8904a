"""A fact of the outbox whose words a test decides, and what becomes of its rows."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from handlers.cards import Card, card
from policy.authority import Role
from storage import outbox
from storage.tables import Outbox
from tests.world import Actor, World

KIND = "test_fact"
SUBJECT = "leave:7"
PRESS = [[("同意", "yes"), ("驳回", "no")]]
LINE = "Bad Gateway"


@dataclass
class Fact:
    """What is so at the moment."""

    text: str | None = "请假待批"
    file: bytes | None = None
    broken: dict[int, Exception] = field(default_factory=dict)
    rendered_for: list[int | None] = field(default_factory=list)
    roles: list[frozenset[Role]] = field(default_factory=list)


fact = Fact()


@card(KIND)
async def fact_card(session: Any, viewer: Any, payload: dict[str, Any]) -> Card | None:
    fact.rendered_for.append(viewer.person_id)
    fact.roles.append(viewer.roles())
    if (error := fact.broken.get(viewer.person_id)) is not None:
        raise error
    if fact.text is None:
        return None
    name = "板.png" if fact.file is not None else None
    return Card(fact.text, PRESS, file=fact.file, file_name=name, is_photo=fact.file is not None)


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    fact.text, fact.file = Fact.text, None
    fact.broken.clear()
    fact.rendered_for.clear()
    fact.roles.clear()


async def put(world: World, *people: Actor, key: str = "k", **more: Any) -> None:
    await world.settle()
    async with world.db.write() as session:
        for who in people:
            await outbox.put(session, KIND, to=who.person_id, key=key, subject=SUBJECT, now=world.clock(), **more)


async def refresh(world: World) -> None:
    async with world.db.write() as session:
        await outbox.refresh(session, SUBJECT, world.clock())


async def rows(world: World) -> list[Outbox]:
    return [row for row in await world.rows(Outbox) if row.kind == KIND]


def said(world: World, who: Actor) -> list[str]:
    return [message.text for message in world.api.messages.get(who.chat_id, [])]
