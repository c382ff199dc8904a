"""应急 on both databases: who may, who is asked, whose word stands, when it is over; and that nobody's day is touched."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from actions import emergency, emergency_replies
from actions.emergency import CLOSE, END, EXPIRE, SPREAD
from policy.authority import Role, Viewer
from policy.emergency import Answer, RollCallState, Said, Source, stands
from policy.refusals import Code, Refusal
from storage import emergency as queries
from storage import emergency_totals as standing
from storage import people
from storage.ids import new_id
from storage.tables import (
    Area,
    Audit,
    Chat,
    CheckIn,
    Day,
    EmergencyAsked,
    EmergencyRollCall,
    Facts,
    Lane,
    Outbox,
    Person,
    PersonRole,
    SafetyReply,
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
    while await emergency.spread(session, by=SYSTEM, now=now, roll_call_id=call.id):
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
        assert not await emergency.spread(session, by=SYSTEM, now=late, roll_call_id=other.id)
        assert await rows_of(session, "emergency") == []
    async with world.db.read() as session:
        tags = list(await session.scalars(select(Audit.action).order_by(Audit.id)))
    assert tags == ["emergency:propose", "emergency:expire", "emergency:propose", "emergency:withdraw"]


async def test_it_is_spread_in_pieces_and_twice_is_once(world, county, monkeypatch):
    monkeypatch.setattr(emergency, "PIECE", 2)
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
        while await emergency.spread(session, by=SYSTEM, now=NIGHT, roll_call_id=call.id):
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
    monkeypatch.setattr(emergency, "PIECE", 1)
    async with world.db.write() as session:
        call = await proposed(session, world, county["刘敏"])
        await emergency.confirm(session, by=await viewer(session, county["王主任"]), roll_call_id=call.id, now=NIGHT)
        await emergency.spread(session, by=SYSTEM, now=NIGHT, roll_call_id=call.id)
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


async def test_who_joins_late_is_asked_once(world, county):
    async with world.db.write() as session:
        call = await running(session, world, county)
        late = Person(id=new_id(session), name="新队员", phone=None, language="zh_CN")
        session.add(late)
        await session.flush()
        session.add(
            PersonRole(
                id=new_id(session), person_id=late.id, role=Role.TEAM_MEMBER,
                area_id=world.area_id("东峪村"), starts_on=date(2026, 1, 1),
            )
        )  # fmt: skip
        await session.flush()
        for _again in range(2):
            await emergency.include(session, person_id=late.id, now=NIGHT)
            await emergency.include(session, person_id=county["孙伟"].person_id, now=NIGHT)
            await emergency.include(session, person_id=county["王主任"].person_id, now=NIGHT)
        asked = await told(session, "emergency")
        assert late.id in asked
        assert county["孙伟"].person_id not in asked, "of another township"
        view = await standing.view(session, await viewer(session, county["刘敏"]), call.id)
        assert view.totals.asked == 5


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
    is_over = not view.totals.silent and not any(
        asked.answer is HELP and next(r for r in words if r.id == asked.reply_id).taken_by_id is None for asked in rows
    )
    assert (call.state is RollCallState.ENDED) == is_over
