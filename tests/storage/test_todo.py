"""What waits for whom, asked for a whole county at once: the same as asked leave by leave, in a few statements."""

import time
from datetime import date, timedelta

from policy.authority import Grant, Role, Viewer
from policy.calendar import Half
from policy.profile import LeaveKind
from storage import leave, todo
from storage.ids import new_id, reserve
from storage.leave_offices import Offices
from storage.tables import Area, CheckInCorrection, Explanation, LeaveRequest, LeaveState, Verdict

MONDAY = date(2026, 11, 23)
LEVELS = (Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF)


def asked(session, person_id, village_id, level, now, **more):
    """A leave of half a day next week that waits at a level."""
    on = more.pop("on", MONDAY + timedelta(days=7))
    days = {"from_on": on, "from_half": Half.AM, "to_on": on, "to_half": Half.PM}
    facts = {
        "id": new_id(session), "person_id": person_id, "village_id": village_id, "role": Role.TEAM_MEMBER,
        "asked_by_id": person_id, "kind": LeaveKind.PERSONAL, "asked_to_on": on, "asked_to_half": Half.PM, "halves": 2,
        "chain_halves": 2, "asked_at": now, "levels": [level.value], "reason": "去银行", "state": LeaveState.WAITING,
    }  # fmt: skip
    return LeaveRequest(**facts | days | more)


async def test_who_decides_is_the_same_for_many_as_for_one(world):
    """Vacant, oneself, on leave with a deputy or without: every village, level and applicant."""
    wang, zhou = world.cadre("王强", secretary=True), world.cadre("周建国")
    zhao = world.cadre("赵敏")
    ma = world.cadre("马丽", village="东峪村", secretary=True)
    world.cadre("孙书记", village="石桥村", township="石桥镇", secretary=True)
    world.township_officer("孙书记", township="石桥镇")
    world.township_officer("刘敏")
    world.county_staff("孙丽")
    world.admin("马处长")
    await world.settle()
    async with world.db.write() as session:
        here, there = world.area_id("石门村"), world.area_id("东峪村")
        gone = {"on": MONDAY, "state": LeaveState.APPROVED}
        session.add_all([
            asked(session, wang.person_id, here, LEVELS[1], world.clock(), stand_in_id=zhao.person_id, **gone),
            asked(session, ma.person_id, there, LEVELS[1], world.clock(), **gone),
        ])  # fmt: skip
    seen = set()
    async with world.db.read() as session:
        villages = [await session.get_one(Area, world.area_id(name)) for name in ("石门村", "东峪村", "石桥村")]
        people = [actor.person_id for actor in (wang, zhou, zhao, ma)]
        for on in (MONDAY, MONDAY + timedelta(days=1)):
            offices = await Offices.over(session, villages, on, on)
            for village in villages:
                for level in LEVELS:
                    for applicant in people:
                        one = await leave.approvers(session, village, level, applicant, on)
                        role, ids = offices.asked(village.path, level, applicant, on)
                        assert (role, set(ids)) == (one.role, {person.id for person in one.people})
                        above = await leave.above(session, village, role, applicant, on)
                        assert offices.above(village.path, role, applicant, on) == {person.id for person in above}
                        seen.add((one.role, one.why))
    assert len(seen) > 4, "vacancies, oneself, deputies and levels above have been seen"


async def test_a_county_s_list_is_a_few_statements(world):
    cadres = [world.cadre(f"干部{n}", village=village) for n, village in enumerate(("石门村", "东峪村", "石桥村") * 2)]
    staff, secretary = world.county_staff("孙丽"), world.cadre("王强", secretary=True)
    await world.settle()
    places = [world.area_id(actor.village) for actor in cadres]
    async with world.db.write() as session:
        await reserve(session, 700)
        for n in range(600):
            person_id, village_id = cadres[n // 3 % 6].person_id, places[n // 3 % 6]
            at, on = world.clock() - timedelta(minutes=n), MONDAY - timedelta(days=n % 30)
            common = {"id": new_id(session), "person_id": person_id, "village_id": village_id, "reason": "手机没电"}
            if n % 3 == 0:
                session.add(asked(session, person_id, village_id, LEVELS[n // 3 % 2 * 2], at))
            elif n % 3 == 1:
                session.add(Explanation(on=on, half=Half.AM, at=at, verdict=Verdict.PENDING, **common))
            else:
                session.add(CheckInCorrection(on=on, am=True, pm=True, asked_at=at, verdict=Verdict.PENDING, **common))
    county, village = world.area_id("安岭县"), world.area_id("石门村")
    said, took, found = [], [], []
    world.db.on_statement(said.append)
    for _ in range(3):
        async with world.db.read() as session:
            path = (await session.get_one(Area, county)).path
            viewer = Viewer(staff.person_id, (Grant(Role.COUNTY_STAFF, county, path),))
            said.clear()
            begun = time.perf_counter()
            found = await todo.of_viewer(session, viewer, world.clock())
            took.append(time.perf_counter() - begun)
    asks = [statement for statement in said if statement.startswith("SELECT")]
    assert len(asks) <= 13, asks
    assert len(found) > 450
    assert [row.order for row in found] == sorted(row.order for row in found)
    assert {row.kind for row in found} == {todo.TodoKind.LEAVE, todo.TodoKind.EXPLANATION, todo.TodoKind.CORRECTION}
    assert min(took) < 0.2, f"{took} s"
    async with world.db.read() as session:
        path = (await session.get_one(Area, village)).path
        viewer = Viewer(secretary.person_id, (Grant(Role.FIRST_SECRETARY, village, path),))
        own = await todo.of_viewer(session, viewer, world.clock())
    assert {row.kind for row in own} == {todo.TodoKind.LEAVE, todo.TodoKind.CORRECTION}
    assert {row.place for row in own} == {"石门村"}
