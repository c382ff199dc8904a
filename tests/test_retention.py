"""What is kept no longer (law 14)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from actions import retention
from policy.authority import Viewer
from policy.refusals import Refusal
from scheduler import sweeps
from storage import outbox
from storage import retention as kept
from storage.tables import Audit, CheckIn, Conversation, Explanation, Inbox, Lane, Outbox, OutboxState
from tests.world import World


async def test_exact_positions_go_after_thirty_days_and_the_class_stays(world):
    zhou, li = world.cadre("周建国"), world.cadre("李雪")
    await zhou.sends_location()
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("到乡镇开例会")
    await sweeps.thin(world.db, world.clock() + timedelta(days=29))
    assert (await world.rows(CheckIn))[0].latitude is not None
    await sweeps.thin(world.db, world.clock() + timedelta(days=31))
    [check_in], [explanation] = await world.rows(CheckIn), await world.rows(Explanation)
    assert (check_in.latitude, check_in.longitude, check_in.accuracy_m) == (None, None, None)
    assert check_in.distance_class is not None
    assert (explanation.latitude, explanation.distance_m) == (None, None)
    assert explanation.distance_class is not None
    assert (await world.audit())[-1] == "retention:thin"


async def test_a_distance_goes_too_where_no_position_was_kept(world):
    li = world.cadre("李雪")
    await li.says("不用定位")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("到乡镇开例会")
    [explanation] = await world.rows(Explanation)
    assert (explanation.latitude, explanation.distance_m) == (None, 9_000)
    later = world.clock() + timedelta(days=31)
    assert (await sweeps.thin(world.db, later))["positions"] == 1
    assert (await sweeps.thin(world.db, later))["positions"] == 0
    [explanation] = await world.rows(Explanation)
    assert explanation.distance_m is None
    assert explanation.distance_class is not None


async def test_done_updates_and_left_conversations_go_after_two_days(world):
    li = world.cadre("李雪")
    await li.sends_location(km_from_village=9)
    await world.advance(minutes=1)
    await li.says("帮助")
    await world.settle()
    later = world.clock() + timedelta(hours=49)
    counts = await sweeps.thin(world.db, later)
    assert counts["updates"] >= 1
    assert counts["conversations"] == 1
    assert not any((await sweeps.thin(world.db, later)).values())
    async with world.db.read() as session:
        assert not list(await session.scalars(select(Conversation)))


async def put(world: World, **more: Any) -> None:
    async with world.db.write() as session:
        await outbox.put(session, now=world.clock(), **more)


async def test_what_messages_said_goes_after_thirty_days_and_that_they_were_sent_stays(world):
    wang, zhou = world.township_officer("王主任"), world.cadre("周建国")
    await zhou.says("公出 今天 到县里开会")
    await wang.sees("公出")
    facts = {"trip_id": 7, "people": [1, 2], "names": ["李雪"], "month": "2026-11", "name": "名册.xlsx"}
    await put(world, kind="nobody_has_words_for_it", to=wang.person_id, key="odd", payload=facts)
    await put(world, kind="trip", to=wang.person_id, key="later", not_before=world.clock() + timedelta(days=40))
    before = {row.natural_key: row for row in await world.rows(Outbox)}
    await sweeps.thin(world.db, world.clock() + timedelta(days=29))
    assert [row.text for row in await world.rows(Outbox)] == [row.text for row in before.values()]
    at = world.clock() + timedelta(days=31)
    assert (await sweeps.thin(world.db, at))["messages"] == 2
    assert (await sweeps.thin(world.db, at))["messages"] == 0, "twice is once"
    after = {row.natural_key: row for row in await world.rows(Outbox)}
    assert after.keys() == before.keys()
    for key, row in after.items():
        was = before[key]
        assert (row.state, row.sent_at, row.message_id, row.subject) == (
            was.state,
            was.sent_at,
            was.message_id,
            was.subject,
        )
        is_finished = row.state is not OutboxState.WAITING
        assert (row.text, row.thinned_at) == ((None, at) if is_finished else (was.text, None))
    [sent] = [row for row in after.values() if row.state is OutboxState.SENT]
    assert before[sent.natural_key].text is not None
    assert sent.payload == before[sent.natural_key].payload, "an id says nothing"
    [odd] = [row for row in after.values() if row.state is OutboxState.FAILED]
    assert odd.payload == {"trip_id": 7, "people": [1, 2]}
    assert [row.after for row in await world.rows(Audit) if row.action == "retention:thin"] == [{"messages": 2}]


async def test_what_the_software_did_for_itself_goes_after_two_days(world):
    wang, zhou = world.township_officer("王主任"), world.cadre("周建国")
    await zhou.says("公出 今天 到县里开会")
    [told] = [row for row in await world.rows(Outbox) if row.person_id == wang.person_id]
    file = {"file_id": "gone", "purpose": "roster", "name": "名册.xlsx"}
    await put(world, kind=outbox.FETCH, to=wang.person_id, key="fetch", payload=file, lane=Lane.ANSWER)
    async with world.db.write() as session:
        await outbox.refresh(session, told.subject, world.clock())
        await outbox.take_back(session, told.subject, world.clock())
    errands = {outbox.FETCH, outbox.REFRESH, outbox.TAKE_BACK}
    assert errands <= {row.kind for row in await world.rows(Outbox)}
    assert (await sweeps.thin(world.db, world.clock() + timedelta(hours=47)))["errands"] == 0
    count = sum(row.kind in errands for row in await world.rows(Outbox))
    assert (await sweeps.thin(world.db, world.clock() + timedelta(hours=49)))["errands"] == count
    assert {row.natural_key for row in await world.rows(Outbox)} == {told.natural_key, *await spared(world)}
    async with world.db.write() as session:
        assert await outbox.take_back(session, told.subject, world.clock()) == 0, "what was taken back is known to be"


async def spared(world: World) -> set[str]:
    """The keys of rows that tell somebody something."""
    return {
        row.natural_key for row in await world.rows(Outbox) if row.person_id is not None and row.kind != outbox.FETCH
    }


async def test_it_is_done_in_pieces(world, monkeypatch):
    wang = world.township_officer("王主任")
    await world.settle()
    for n in range(5):
        await put(world, kind="nobody_has_words_for_it", to=wang.person_id, key=f"odd{n}")
    await world.settle()
    monkeypatch.setattr(kept, "PIECE", 2)
    later = world.clock() + timedelta(days=31)
    assert (await sweeps.thin(world.db, later))["messages"] == 5
    assert [row.after["messages"] for row in await world.rows(Audit) if row.subject == "messages"] == [2, 2, 1]


async def test_nobody_but_the_software_does_it(world):
    wang = world.admin("王主任")
    await world.settle()
    async with world.db.write() as session:
        with pytest.raises(Refusal):
            await retention.thin(session, by=Viewer(person_id=wang.person_id), now=world.clock())
    assert await world.rows(Inbox) == []
