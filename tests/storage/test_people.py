"""People: who sees a team (law 8)."""

import pytest

from policy.refusals import Refusal
from storage import people
from storage.tables import Area, Person
from tests.world import World


async def test_a_team_is_seen_by_itself_and_by_those_above_it(world: World):
    zhou = world.cadre("周建国")
    seers = [zhou, world.township_officer("刘敏"), world.county_staff("孙丽"), world.county_leader("马国栋")]
    others = [
        world.township_officer("钱主任", township="石桥镇"),
        world.cadre("李雪", village="东峪村"),
        world.unit_liaison("吴凡"),
    ]
    await world.settle()
    on = world.now.date()
    async with world.db.read() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        posts = await people.posts_of(session, [one.person_id for one in [*seers, *others]], on)
        for one in seers:
            viewer = people.viewer_of(await session.get_one(Person, one.person_id), posts[one.person_id])
            assert [person.name for person, _role in await people.colleagues(session, viewer, village, on)] == [
                "周建国"
            ]
        for one in others:
            viewer = people.viewer_of(await session.get_one(Person, one.person_id), posts[one.person_id])
            with pytest.raises(Refusal):
                await people.colleagues(session, viewer, village, on)
