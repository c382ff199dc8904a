"""What is kept no longer (law 14)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions import retention
from policy.authority import Viewer
from policy.refusals import Refusal
from scheduler import sweeps
from storage.tables import CheckIn, Conversation, Explanation, Inbox


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
    assert await sweeps.thin(world.db, later) == {"updates": 0, "conversations": 0, "positions": 0}
    async with world.db.read() as session:
        assert not list(await session.scalars(select(Conversation)))


async def test_nobody_but_the_software_does_it(world):
    wang = world.admin("王主任")
    await world.settle()
    async with world.db.write() as session:
        with pytest.raises(Refusal):
            await retention.thin(session, by=Viewer(person_id=wang.person_id), now=world.clock())
    assert await world.rows(Inbox) == []
