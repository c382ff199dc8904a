"""应急 on both databases: who is asked, whose word stands, when it is over; and that nobody's day is touched."""

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from actions import emergency, emergency_asking, emergency_replies
from actions.emergency import CLOSE
from policy.authority import Role
from policy.emergency import Answer, RollCallState, Said, Source, stands
from policy.refusals import Code, Refusal
from storage import emergency as queries
from storage import emergency_totals as standing
from storage import people
from storage.ids import new_id
from storage.tables import (
    Area,
    Audit,
    CheckIn,
    Day,
    EmergencyAsked,
    EmergencyRollCall,
    Facts,
    Lane,
    Person,
    PersonRole,
    SafetyReply,
)
from tests.actions.emergencies import (
    AWAY,
    HELP,
    HERE,
    NIGHT,
    SYSTEM,
    UNREACHED,
    county,
    proposed,
    refused,
    reply,
    rows_of,
    running,
    spread,
    told,
    viewer,
)

__all__ = ["county"]


async def test_it_is_spread_in_pieces_and_twice_is_once(world, county, monkeypatch):
    monkeypatch.setattr(emergency_asking, "PIECE", 2)
    async with world.db.write() as session:
        session.add(
            Day(
                id=new_id(session), person_id=county["周建国"].person_id, village_id=world.area_id("石门村"),
                on=date(2026, 11, 21), am=int(Facts.LEAVE), pm=int(Facts.LEAVE),
            )
        )  # fmt: skip
        call = await proposed(session, world, county["陈科长"], ("安岭县",))
        await emergency.confirm(session, by=await viewer(session, county["马处长"]), roll_call_id=call.id, now=NIGHT)
        pieces = 0
        while await emergency_asking.spread(session, by=SYSTEM, now=NIGHT, roll_call_id=call.id):
            pieces += 1
            found = (await session.execute(select(func.count()).select_from(EmergencyAsked))).scalar_one()
            assert found == min(2 * pieces, 5)
            assert call.spread_at is None
        await spread(session, call)
        rows = await rows_of(session, "emergency")
        team = {county[name].person_id for name in ("王强", "周建国", "赵敏", "李雪", "孙伟")}
        assert pieces == 3
        assert sorted(row.person_id for row in rows) == sorted(team), "on leave or not, each once"
        assert {(row.lane, row.not_before, row.expires_at, row.subject) for row in rows} == {
            (Lane.URGENT, NIGHT, call.ends_at, f"emergency:{call.id}")
        }
        progress = {(row.person_id, row.subject) for row in await rows_of(session, "emergency_progress")}
        whole, part = f"emergency:{call.id}:progress", f"emergency:{call.id}:progress:{world.area_id('柳河镇')}"
        assert progress == {
            (county["陈科长"].person_id, whole), (county["马处长"].person_id, whole),
            (county["刘敏"].person_id, part), (county["王主任"].person_id, part),
        }  # fmt: skip
        silent = {
            (row.person_id, row.payload["area"], row.not_before) for row in await rows_of(session, "emergency_silent")
        }
        due = NIGHT + timedelta(minutes=30)
        assert silent == {
            (county["刘敏"].person_id, world.area_id("柳河镇"), due),
            (county["王主任"].person_id, world.area_id("柳河镇"), due),
            (county["陈科长"].person_id, world.area_id("石桥镇"), due),  # no officer there: who decides above
        }


async def test_nobodys_day_is_touched(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        await reply(session, county, "周建国", call, HERE)
        await reply(session, county, "周建国", call, HELP)
        await emergency_replies.report_team(
            session, by=await viewer(session, county["王强"]), roll_call_id=call.id,
            village=await session.get_one(Area, world.area_id("石门村")), but={}, now=NIGHT,
        )  # fmt: skip
        await emergency_replies.settle(
            session, by=await viewer(session, county["刘敏"]), roll_call_id=call.id,
            person_id=county["李雪"].person_id, answer=UNREACHED, now=NIGHT,
        )  # fmt: skip
        await emergency.end(session, by=await viewer(session, county["刘敏"]), roll_call_id=call.id, now=NIGHT)
        for table in (Day, CheckIn):
            assert list(await session.scalars(select(table))) == []
        columns = {
            column.name for table in (EmergencyRollCall, EmergencyAsked, SafetyReply) for column in table.__table__.c
        }
        assert not columns & {"latitude", "longitude", "accuracy_m", "distance_m", "distance_class", "site_id"}


async def test_it_is_over_when_all_are_known_and_help_is_on_its_way(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        for name in ("王强", "赵敏", "李雪"):
            await reply(session, county, name, call, HERE)
        await reply(session, county, "周建国", call, HELP)
        assert call.state is RollCallState.RUNNING, "somebody needs help, and nobody has him"
        [row] = await session.scalars(select(SafetyReply).where(SafetyReply.answer == HELP))
        by = await viewer(session, county["王主任"])
        await refused(Code.NOT_ALLOWED, emergency_replies.take_help(
            session, by=await viewer(session, county["赵敏"]), reply_id=row.id, now=NIGHT
        ))  # fmt: skip
        await emergency_replies.take_help(session, by=by, reply_id=row.id, now=NIGHT)
        await refused(Code.ALREADY_DECIDED, emergency_replies.take_help(
            session, by=await viewer(session, county["刘敏"]), reply_id=row.id, now=NIGHT
        ))  # fmt: skip
        assert (call.state, call.closed_by_id) == (RollCallState.ENDED, None)
        await refused(Code.EMERGENCY_OVER, reply(session, county, "周建国", call, HERE))
        await emergency.end_by_itself(session, by=SYSTEM, now=call.ends_at, roll_call_id=call.id)
        assert call.closed_at == NIGHT


async def test_it_is_not_over_before_everybody_was_asked(world, county, monkeypatch):
    monkeypatch.setattr(emergency_asking, "PIECE", 1)
    async with world.db.write() as session:
        call = await proposed(session, world, county["刘敏"])
        await emergency.confirm(session, by=await viewer(session, county["王主任"]), roll_call_id=call.id, now=NIGHT)
        await emergency_asking.spread(session, by=SYSTEM, now=NIGHT, roll_call_id=call.id)
        [asked] = await session.scalars(select(EmergencyAsked))
        name = next(name for name, actor in county.items() if actor.person_id == asked.person_id)
        await reply(session, county, name, call, HERE)
        assert call.state is RollCallState.RUNNING
        await spread(session, call)
        assert call.state is RollCallState.RUNNING


async def test_its_hours_end_it_and_the_cards_in_pieces(world, county, monkeypatch):
    monkeypatch.setattr(emergency, "CARDS", 2)
    async with world.db.write() as session:
        call = await running(session, world, county, ("安岭县",))
        await emergency.end_by_itself(session, by=SYSTEM, now=call.ends_at, roll_call_id=call.id)
        assert (call.state, call.closed_at) == (RollCallState.ENDED, call.ends_at)
        starts = [0]
        while starts:
            start = starts.pop()
            await emergency.close(session, by=SYSTEM, now=call.ends_at, roll_call_id=call.id, start=start)
            rows = [row for row in await rows_of(session, CLOSE) if row.payload["start"] > start]
            starts += [row.payload["start"] for row in rows]
        renewed = {row.subject for row in await rows_of(session, "refresh")}
        assert renewed >= {f"emergency:{call.id}", *await queries.parts(session, call)}


async def test_who_may_end_it(world, county):
    async with world.db.write() as session:
        call = await proposed(session, world, county["刘敏"])
        staff = await viewer(session, county["陈科长"])
        await refused(Code.EMERGENCY_OVER, emergency.end(session, by=staff, roll_call_id=call.id, now=NIGHT))
        await emergency.confirm(session, by=staff, roll_call_id=call.id, now=NIGHT)
        for name in ("王主任", "王强"):
            by = await viewer(session, county[name])
            await refused(Code.NOT_ALLOWED, emergency.end(session, by=by, roll_call_id=call.id, now=NIGHT))
        for _again in range(2):
            by = await viewer(session, county["刘敏"])
            await emergency.end(session, by=by, roll_call_id=call.id, now=NIGHT)
        assert call.closed_by_id == county["刘敏"].person_id
        other = await running(session, world, county)
        await emergency.end(session, by=staff, roll_call_id=other.id, now=NIGHT)
        third = await running(session, world, county)
        second = await viewer(session, county["王主任"])
        await emergency.end(session, by=second, roll_call_id=third.id, now=NIGHT)
        assert {other.state, third.state} == {RollCallState.ENDED}


async def joiner(session, world, village="东峪村"):
    """Somebody whose post in a village begins now."""
    late = Person(id=new_id(session), name="新队员", phone=None, language="zh_CN")
    session.add(late)
    await session.flush()
    session.add(
        PersonRole(
            id=new_id(session), person_id=late.id, role=Role.TEAM_MEMBER,
            area_id=world.area_id(village), starts_on=date(2026, 1, 1),
        )
    )  # fmt: skip
    await session.flush()
    return late


async def viewer_of_id(session, person_id):
    posts = await people.posts_of(session, [person_id], NIGHT.date())
    return people.viewer_of(await session.get_one(Person, person_id), posts[person_id])


async def test_who_joins_late_is_asked_once(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        late = await joiner(session, world)
        for _again in range(2):
            await emergency_asking.include(session, by=SYSTEM, person_id=late.id, now=NIGHT)
            await emergency_asking.include(session, by=SYSTEM, person_id=county["孙伟"].person_id, now=NIGHT)
            await emergency_asking.include(session, by=SYSTEM, person_id=county["王主任"].person_id, now=NIGHT)
        asked = await told(session, "emergency")
        assert late.id in asked
        assert county["孙伟"].person_id not in asked, "of another township"
        view = await standing.view(session, await viewer(session, county["刘敏"]), call.id)
        assert view.totals.asked == 5


async def test_only_the_software_includes_somebody_and_it_is_written_down(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        late = await joiner(session, world)
        wang = await viewer(session, county["王强"])
        await refused(Code.NOT_ALLOWED, emergency_asking.include(session, by=wang, person_id=late.id, now=NIGHT))
        await refused(Code.NOT_ALLOWED, emergency_asking.look(session, by=wang, roll_call_id=call.id, now=NIGHT))
        await emergency_asking.include(session, by=SYSTEM, person_id=late.id, now=NIGHT)
        await session.flush()
    noted = [row for row in await world.rows(Audit) if row.action == "emergency:include"]
    assert [(row.person_id, row.after) for row in noted] == [(None, {"people": [late.id]})]


async def test_who_comes_while_it_runs_is_found_at_a_look(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        assert [row.not_before for row in await rows_of(session, emergency_asking.LOOK)] == [
            NIGHT + emergency_asking.LOOK_EVERY
        ]
        late = await joiner(session, world)
        for name in ("王强", "周建国", "赵敏", "李雪"):
            await reply(session, county, name, call, HERE)
        assert {call.state} == {RollCallState.RUNNING}, "he has not been asked yet"
        later = NIGHT + emergency_asking.LOOK_EVERY
        while await emergency_asking.look(session, by=SYSTEM, roll_call_id=call.id, now=later):
            pass
        assert late.id in await told(session, "emergency")
        assert len(await rows_of(session, emergency_asking.LOOK)) == 2
        person = await viewer_of_id(session, late.id)
        await emergency_replies.reply(session, by=person, roll_call_id=call.id, answer=AWAY, now=later)
        assert {call.state} == {RollCallState.ENDED}
        assert not await emergency_asking.look(session, by=SYSTEM, roll_call_id=call.id, now=later)
        assert len(await rows_of(session, emergency_asking.LOOK)) == 2, "it is over: nobody looks any more"


async def test_numbers_above_a_county_names_within(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county, ("安岭县",))
        await reply(session, county, "孙伟", call, AWAY)
        above, staff = await viewer(session, county["马处长"]), await viewer(session, county["陈科长"])
        officer = await viewer(session, county["刘敏"])
        view = await standing.view(session, above, call.id)
        assert ((view.totals.asked, view.totals.safe_away), view.is_named) == ((5, 1), False)
        await refused(Code.EMERGENCY_NUMBERS_ONLY, standing.names(session, above, call.id))
        assert len(await standing.names(session, staff, call.id)) == 5
        own = await standing.view(session, officer, call.id)
        assert [(branch.area.name, branch.totals.asked) for branch in own.branches] == [("柳河镇", 4)]
        assert {row.person.name for row in await standing.names(session, officer, call.id)} == {
            "王强", "周建国", "赵敏", "李雪",
        }  # fmt: skip
        await refused(Code.NOT_FOUND, standing.view(session, officer, call.id, world.area_id("石桥镇")))
        await refused(Code.NOT_FOUND, standing.view(session, await viewer(session, county["王强"]), call.id))
        await refused(Code.NOT_FOUND, standing.names(session, officer, call.id, world.area_id("南坡村")))
        township = await session.get_one(Area, world.area_id("石桥镇"))
        await refused(Code.NOT_ALLOWED, standing.silent(session, officer, call.id, township))


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("own"), st.sampled_from(["王强", "周建国", "赵敏"]), st.sampled_from([HERE, AWAY, HELP])),
        st.tuples(
            st.just("team"), st.sampled_from(["王强", "周建国"]), st.sampled_from([None, HERE, AWAY, HELP, UNREACHED])
        ),
        st.tuples(st.just("phone"), st.sampled_from(["王强", "周建国", "赵敏", "李雪"]), st.sampled_from(list(Answer))),
        st.tuples(st.just("taken"), st.just("刘敏"), st.none()),
    ),
    min_size=1,
    max_size=12,
)


class _UndoneError(Exception):
    """An example leaves nothing behind."""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(deeds=DEEDS)
async def test_in_whatever_order_ones_own_word_wins_and_the_totals_add_up(world, county, deeds):
    try:
        async with world.db.write(ids=5_000) as session:
            call = await running(session, world, county)
            for n, (deed, name, answer) in enumerate(deeds):
                with suppress(Refusal):
                    await _do(session, world, county, call, deed, name, answer, NIGHT + timedelta(minutes=n))
                await _check(session, county, call)
            raise _UndoneError
    except _UndoneError:
        pass


async def _do(session, world, county, call, deed, name, answer, now):
    if deed == "own":
        await reply(session, county, name, call, answer, now)
    elif deed == "team":
        but = {} if answer is None else {county["赵敏"].person_id: (answer, "腿伤了" if answer is HELP else None)}
        await emergency_replies.report_team(
            session, by=await viewer(session, county[name]), roll_call_id=call.id,
            village=await session.get_one(Area, world.area_id("石门村")), but=but, now=now,
        )  # fmt: skip
    elif deed == "phone":
        await emergency_replies.settle(
            session, by=await viewer(session, county["刘敏"]), roll_call_id=call.id,
            person_id=county[name].person_id, answer=answer, now=now,
        )  # fmt: skip
    else:
        for row_id in await session.scalars(select(SafetyReply.id).where(SafetyReply.answer == HELP)):
            with suppress(Refusal):
                await emergency_replies.take_help(
                    session, by=await viewer(session, county[name]), reply_id=row_id, now=now
                )


async def _check(session, county, call):
    """What stands follows from all that was said; every call for help was told; the sums are right everywhere."""
    words = list(await session.scalars(select(SafetyReply).order_by(SafetyReply.id)))
    rows = list(await session.scalars(select(EmergencyAsked)))
    for asked in rows:
        folded = None
        for row in words:
            said = Said(row.answer, row.source)
            if row.person_id == asked.person_id and stands(folded, said):
                folded = said
        held = None if asked.answer is None else Said(asked.answer, asked.source)
        assert held == folded
        own = [row for row in words if row.person_id == asked.person_id and row.source is Source.OWN]
        if own:
            assert held == Said(own[-1].answer, Source.OWN)
    view = await standing.view(session, await viewer(session, county["陈科长"]), call.id)
    assert view.totals.asked == len(rows) == 4
    assert view.totals.silent == len([row for row in rows if row.answer in {None, UNREACHED}])
    assert sum(branch.totals.asked for branch in view.branches) == 4
    for row in words:
        helps = [r for r in await rows_of(session, "emergency_help") if r.payload["id"] == row.id]
        assert bool(helps) == (row.answer is HELP)
    standing_words = [next(r for r in words if r.id == asked.reply_id) for asked in rows if asked.answer is HELP]
    is_over = not view.totals.silent and not any(
        row.taken_by_id is None and (call.closed_at is None or row.said_at <= call.closed_at) for row in standing_words
    )  # help asked for after the end is told, and begins nothing anew
    assert (call.state is RollCallState.ENDED) == is_over
