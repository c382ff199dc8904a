"""应急 on both databases, before it goes out: who may, who is the second person, when it lapses."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from actions import emergency, emergency_asking
from actions.emergency import END, EXPIRE, SPREAD
from policy.emergency import RollCallState
from policy.refusals import Code
from storage import emergency as queries
from storage.tables import (
    Audit,
    Chat,
    EmergencyRollCall,
    Lane,
    Outbox,
)
from tests.actions.emergencies import (
    HELP,
    NIGHT,
    SYSTEM,
    county,
    proposed,
    refused,
    reply,
    rows_of,
    running,
    told,
    viewer,
)

__all__ = ["county"]


async def test_two_people_of_the_area_or_above(world, county):
    async with world.db.write() as session:
        await refused(Code.NOT_ALLOWED, proposed(session, world, county["王强"]))
        await refused(Code.NOT_ALLOWED, proposed(session, world, county["刘敏"], ("石桥镇",)))
        await refused(Code.NOT_ALLOWED, proposed(session, world, county["刘敏"], ("安岭县",)))
        call = await proposed(session, world, county["刘敏"])
        assert await told(session, "emergency_confirm") == {county["刘敏"].person_id, county["王主任"].person_id}
        assert {row.lane for row in await rows_of(session, "emergency_confirm")} == {Lane.ANSWER, Lane.URGENT}

        async def confirm(name):
            by = await viewer(session, county[name])
            return await emergency.confirm(session, by=by, roll_call_id=call.id, now=NIGHT)

        await refused(Code.NOT_YOURSELF, confirm("刘敏"))
        await refused(Code.NOT_ALLOWED, confirm("王强"))
        assert call.state is RollCallState.PROPOSED
        await confirm("陈科长")  # the level above, without having been asked
        assert (call.state, call.confirmed_by_id) == (RollCallState.RUNNING, county["陈科长"].person_id)
        assert call.ends_at == NIGHT + timedelta(hours=12)
        await refused(Code.ALREADY_DECIDED, confirm("王主任"))
        chores = {row.kind: row.not_before for row in await session.scalars(select(Outbox)) if row.person_id is None}
        assert (chores[SPREAD], chores[END]) == (NIGHT, call.ends_at)
        assert chores[EXPIRE] == NIGHT + timedelta(minutes=30)


@pytest.mark.parametrize(
    "by, places, asked",
    [
        ("刘敏", ("柳河镇",), {"王主任"}),
        ("陈科长", ("柳河镇",), {"刘敏", "王主任"}),
        ("刘敏", ("石门村", "东峪村"), {"王主任"}),
        ("陈科长", ("柳河镇", "石桥镇"), {"马处长"}),  # nobody else in the county: the level above
        ("陈科长", ("石桥镇",), {"马处长"}),
        ("马处长", ("石桥镇",), {"陈科长"}),
    ],
)
async def test_the_nearest_level_is_asked(world, county, by, places, asked):
    async with world.db.write() as session:
        await proposed(session, world, county[by], places)
        found = await told(session, "emergency_confirm") - {county[by].person_id}
        assert found == {county[name].person_id for name in asked}


async def test_who_has_no_account_cannot_be_the_second_person(world, county):
    async with world.db.write() as session:
        await session.execute(delete(Chat).where(Chat.person_id == county["王主任"].person_id))
        await proposed(session, world, county["刘敏"])
        assert await told(session, "emergency_confirm") == {county["刘敏"].person_id, county["陈科长"].person_id}
        everybody = [county[name].person_id for name in ("王主任", "陈科长", "马处长")]
        await session.execute(delete(Chat).where(Chat.person_id.in_(everybody)))
        await refused(Code.EMERGENCY_NO_SECOND, proposed(session, world, county["刘敏"]))


async def test_a_call_for_help_reaches_somebody_who_has_an_account(world, county):
    async with world.db.write() as session:
        mute = [county[name].person_id for name in ("刘敏", "王主任", "陈科长")]
        call = await running(session, world, county, ("安岭县",))
        await session.execute(delete(Chat).where(Chat.person_id.in_(mute)))
        await reply(session, county, "周建国", call, HELP)
        assert await told(session, "emergency_help") == {*mute, county["马处长"].person_id}
        other = await running(session, world, county, ("柳河镇", "石桥镇"))
        [silent] = [
            {row.person_id for row in await rows_of(session, "emergency_silent") if row.subject == subject}
            for subject in [queries.silent_subject(other.id, world.area_id("柳河镇"))]
        ]
        assert silent == {*mute[:2], county["马处长"].person_id}


async def test_nobody_is_asked_where_there_is_nobody(world, county):
    world.township_officer("何乡长", "空山镇")
    world.township_officer("余乡长", "空山镇")
    await world._people()
    async with world.db.write() as session:
        await refused(Code.EMERGENCY_NOBODY, proposed(session, world, county["陈科长"], ("空山镇",)))
        await refused(Code.NOT_FOUND, emergency.propose(
            session, by=await viewer(session, county["陈科长"]), what="a", area_ids=[], is_drill=False, now=NIGHT
        ))  # fmt: skip
        assert list(await session.scalars(select(EmergencyRollCall))) == []


async def test_unconfirmed_it_lapses_and_withdrawn_it_is_over(world, county):
    async with world.db.write() as session:
        call = await proposed(session, world, county["刘敏"])
        late = NIGHT + timedelta(minutes=30)
        second = await viewer(session, county["王主任"])
        await refused(Code.EMERGENCY_OVER, emergency.confirm(session, by=second, roll_call_id=call.id, now=late))
        assert not await emergency.expire(session, by=SYSTEM, now=late, roll_call_id=call.id)
        assert not await emergency.expire(session, by=SYSTEM, now=late, roll_call_id=call.id)
        assert call.state is RollCallState.EXPIRED
        assert await told(session, "emergency_expired") == {county["刘敏"].person_id}
        other = await proposed(session, world, county["刘敏"])
        first = await viewer(session, county["刘敏"])
        await refused(Code.NOT_ALLOWED, emergency.withdraw(session, by=second, roll_call_id=other.id, now=NIGHT))
        for _again in range(2):
            await emergency.withdraw(session, by=first, roll_call_id=other.id, now=NIGHT)
        assert other.state is RollCallState.WITHDRAWN
        await refused(Code.EMERGENCY_OVER, emergency.confirm(session, by=second, roll_call_id=other.id, now=NIGHT))
        await emergency.expire(session, by=SYSTEM, now=late, roll_call_id=other.id)
        assert other.state is RollCallState.WITHDRAWN
        assert not await emergency_asking.spread(session, by=SYSTEM, now=late, roll_call_id=other.id)
        assert await rows_of(session, "emergency") == []
    async with world.db.read() as session:
        tags = list(await session.scalars(select(Audit.action).order_by(Audit.id)))
    assert tags == ["emergency:propose", "emergency:expire", "emergency:propose", "emergency:withdraw"]
