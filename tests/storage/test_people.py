"""People: who sees a team (law 8)."""

import pytest

from policy.authority import Viewer
from policy.calendar import Half
from policy.refusals import Refusal
from storage import corrections, invitations, people, teamday
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


async def test_how_a_team_stands_is_seen_by_who_may_record_it(world: World):
    zhou = world.cadre("周建国")
    seers = [zhou, world.township_officer("刘敏"), world.county_staff("孙丽")]
    others = [world.township_officer("钱主任", township="石桥镇"), world.cadre("李雪", village="东峪村")]
    await world.settle()
    on = world.now.date()
    async with world.db.read() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        posts = await people.posts_of(session, [one.person_id for one in [*seers, *others]], on)
        for one in [*seers, *others]:
            viewer = people.viewer_of(await session.get_one(Person, one.person_id), posts[one.person_id])
            asked = teamday.standings_in(session, viewer, village, [zhou.person_id], on, list(Half))
            if one in seers:
                assert await asked == {zhou.person_id: teamday.Standing.OPEN}
            else:
                with pytest.raises(Refusal):
                    await asked


async def test_whether_somebody_is_bound_is_seen_by_who_may_invite_him(world: World):
    zhou, sun = world.cadre("周建国"), world.county_staff("孙丽")
    other, liu = world.county_staff("邻县老李", county="邻山县"), world.township_officer("刘敏")
    await world.settle()
    on = world.now.date()
    async with world.db.read() as session:
        posts = await people.posts_of(session, [sun.person_id, other.person_id, liu.person_id], on)
        for one in (sun, other, liu):
            viewer = people.viewer_of(await session.get_one(Person, one.person_id), posts[one.person_id])
            asked = invitations.has_account(session, viewer, "test", zhou.person_id, on)
            if one is sun:
                assert await asked
            else:
                with pytest.raises(Refusal):
                    await asked


async def test_ones_own_is_nobodys_where_the_software_asks(world: World):
    world.cadre("周建国")
    await world.settle()
    async with world.db.read() as session:
        village = await session.get_one(Area, world.area_id("石门村"))
        for asked in (
            corrections.open_days(session, Viewer.system("/"), village, world.clock()),
            corrections.left(session, Viewer.system("/"), village, world.now.date()),
            corrections.own_waiting(session, Viewer.system("/"), world.now.date()),
        ):
            with pytest.raises(Refusal):
                await asked
