"""What the tests of 应急 share: a county at night, a call proposed, a call that runs."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from actions import emergency, emergency_asking, emergency_replies
from policy.authority import Viewer
from policy.emergency import Answer
from policy.refusals import Refusal
from storage import people
from storage.tables import (
    Outbox,
    Person,
)
from tests.world import SHANGHAI

NIGHT = datetime(2026, 11, 21, 23, 5, tzinfo=SHANGHAI).astimezone(UTC)
"""A Saturday, late."""
SYSTEM = Viewer.system()
HERE, AWAY, HELP, UNREACHED = Answer.SAFE_HERE, Answer.SAFE_AWAY, Answer.NEEDS_HELP, Answer.UNREACHED


async def viewer(session, actor):
    person = await session.get_one(Person, actor.person_id)
    posts = await people.posts_of(session, [person.id], NIGHT.date())
    return people.viewer_of(person, posts[person.id])


async def refused(code, deed):
    with pytest.raises(Refusal) as caught:
        await deed
    assert caught.value.code is code


@pytest.fixture
async def county(world):
    """Two villages of 柳河镇, one of 石桥镇; two officers here, none there."""
    made = {
        "王强": world.cadre("王强", secretary=True),
        "周建国": world.cadre("周建国"),
        "赵敏": world.cadre("赵敏"),
        "李雪": world.cadre("李雪", village="东峪村"),
        "孙伟": world.cadre("孙伟", village="南坡村", township="石桥镇"),
        "刘敏": world.township_officer("刘敏"),
        "王主任": world.township_officer("王主任"),
        "陈科长": world.county_staff("陈科长"),
        "马处长": world.admin("马处长"),
    }
    await world._people()
    return made


async def proposed(session, world, by, places=("柳河镇",), *, drill=False, now=NIGHT):
    return await emergency.propose(
        session,
        by=await viewer(session, by),
        what="暴雨红色预警，请转移低洼户",
        area_ids=[world.area_id(place) for place in places],
        is_drill=drill,
        now=now,
    )


async def spread(session, call, now=NIGHT):
    while await emergency_asking.spread(session, by=SYSTEM, now=now, roll_call_id=call.id):
        pass


async def running(session, world, county, places=("柳河镇",), now=NIGHT):
    first, second = ("刘敏", "王主任") if places == ("柳河镇",) else ("陈科长", "马处长")
    call = await proposed(session, world, county[first], places, now=now)
    await emergency.confirm(session, by=await viewer(session, county[second]), roll_call_id=call.id, now=now)
    await spread(session, call, now)
    return call


async def rows_of(session, kind):
    query = select(Outbox).where(Outbox.kind == kind).order_by(Outbox.id)
    return list(await session.scalars(query))


async def told(session, kind):
    return {row.person_id for row in await rows_of(session, kind)}


async def reply(session, county, name, call, answer, now=NIGHT):
    return await emergency_replies.reply(
        session, by=await viewer(session, county[name]), roll_call_id=call.id, answer=answer, now=now
    )
