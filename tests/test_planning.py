"""Rendering of what goes out: what many cards need is fetched for all of them at once, and one that breaks harms no other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from structlog.testing import capture_logs

from bot.planning import plan
from handlers.cards import Card, Fact, card
from storage import notices as queries
from storage import outbox
from storage.delivery import live_cards
from storage.tables import Notice, Outbox, OutboxState
from tests.world import CHANNEL, World

FETCHED = "test_fetched"
KIND = "test_fetching_ahead"


async def _fetch(session: Any, facts: Sequence[Fact]) -> None:
    if any(payload.get("is_broken") for _viewer, payload in facts):
        raise KeyError("is_broken")
    session.info[FETCHED] = {viewer.person_id for viewer, _payload in facts}


@card(KIND, ahead=_fetch)
async def fetching_card(session: Any, viewer: Any, payload: dict[str, Any]) -> Card | None:
    if payload.get("is_broken"):
        raise KeyError("is_broken")
    return Card("有备" if viewer.person_id in session.info.get(FETCHED, ()) else "现取")


async def _asked_for(world: World, cadres: int) -> int:
    """How many statements the cards of a notice to so many take, when they are made once more."""
    sun = world.county_staff("孙丽")
    for n in range(cadres):
        world.cadre(f"队员{n}", village="石门村")
    await sun.says("通知")
    await sun.presses("全县")
    await sun.says("今晚降温，请到低洼户看一看。")
    await sun.presses("发送")
    (notice,) = await world.rows(Notice)
    async with world.db.read() as session:
        cards = await live_cards(session, CHANNEL, queries.key_of(notice.id))
    statements: list[str] = []
    world.db.on_statement(statements.append)
    made = await plan(world.db, CHANNEL, [one.again() for one in cards], world.clock())
    assert len(made.planned) >= cadres
    return len(statements)


async def test_what_cards_need_is_there_when_they_are_made(world):
    wang, li = world.township_officer("王主任"), world.township_officer("李主任")
    await world.settle()
    async with world.db.write() as session:
        for who in (wang, li):
            await outbox.put(session, KIND, to=who.person_id, key="k", now=world.clock())
    await wang.sees("有备")
    await li.sees("有备")


async def test_one_that_breaks_the_fetching_is_set_aside_and_the_others_fetch_their_own(world):
    wang, li, liu = (world.township_officer(name) for name in ("王主任", "李主任", "刘主任"))
    await world.settle()
    with capture_logs() as lines:
        async with world.db.write() as session:
            for who, payload in ((wang, {}), (li, {"is_broken": True}), (liu, {})):
                await outbox.put(session, KIND, to=who.person_id, key="k", payload=payload, now=world.clock())
        await wang.sees("现取")
        await liu.sees("现取")
    async with world.db.read() as session:
        query = select(Outbox.state).where(Outbox.person_id == li.person_id, Outbox.kind == KIND)
        assert (await session.execute(query)).scalar_one() == OutboxState.FAILED
    assert [line["event"] for line in lines if line["event"] == "not fetched ahead"] == ["not fetched ahead"]


async def test_a_notice_for_many_asks_no_more_than_one_for_few(world):
    assert await _asked_for(world, 30) <= 12
