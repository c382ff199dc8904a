"""Notices spread, stopped, taken back and reminded of in pieces: nobody left out, nobody twice, whatever dies in between."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from actions import notice_receipts, notice_replies, notice_sending, notices
from actions.taking_back import AGAIN
from bench.county import fill
from bot import chores
from policy.audience import Audience
from policy.authority import TEAM, Grant, Role, Viewer
from policy.notices import Draft
from policy.refusals import Code
from policy.roster import Level
from storage import notice_lists, notice_progress, outbox
from storage import notices as queries
from storage.engine import Database
from storage.ids import new_id
from storage.notice_lists import Standing
from storage.tables import (
    Area,
    Audit,
    Chat,
    Notice,
    NoticeRecipient,
    NoticeState,
    Outbox,
    OutboxHold,
    OutboxState,
    Person,
    PersonRole,
)
from tests.policy.refused import refused

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, nine in the morning
FEW, MANY = 600, 2_500
SYSTEM = Viewer.system()


@pytest.fixture
async def province(database_url, request):
    """Cadres in counties of 480: 600 of them, or as many as the test wants."""
    await fill(database_url, getattr(request, "param", FEW), "main")
    db = Database(database_url)
    yield db
    await db.close()


async def staff(db, area: Area, name: str, role: Role = Role.ADMIN) -> Viewer:
    async with db.write() as session:
        person = Person(id=new_id(session), name=name, language="zh_CN")
        session.add(person)
        await session.flush()
        post = {"person_id": person.id, "role": role, "area_id": area.id, "starts_on": date(2026, 1, 1)}
        session.add(PersonRole(id=new_id(session), **post))
        session.add(Chat(id=new_id(session), channel=db.channel, external_id=person.id, person_id=person.id))
    return Viewer(person.id, (Grant(role, area.id, area.path),), name)


async def area_of(db, level: Level) -> Area:
    async with db.read() as session:
        return (await session.scalars(select(Area).where(Area.level == level).order_by(Area.id).limit(1))).one()


def draft(area: Area, **changes) -> Draft:
    plain = Draft(area.id, Audience((area.id,), tuple(sorted(TEAM))), html="防寒", title="防寒", length=2)
    return plain.but(**changes)


async def submitted(db, by: Viewer, wanted: Draft, now: datetime = NOW) -> int:
    async with db.write() as session:
        return (await notices.submit(session, by=by, draft=wanted, now=now)).id


async def no_second(db, area: Area) -> None:
    """Nobody's second word is needed."""
    from storage.tables import Setting

    async with db.write() as session:
        row = {"area_id": area.id, "key": "second_admin_above", "value": 100_000, "reason": "", "set_at": NOW}
        session.add(Setting(id=new_id(session), effective_on=date(2026, 1, 1), **row))


async def step(db, act, now: datetime = NOW, **facts) -> bool:
    async with db.write() as session:
        return await act(session, by=SYSTEM, now=now, **facts)


async def rows(db, subject: str) -> list[Outbox]:
    async with db.read() as session:
        return list(await session.scalars(select(Outbox).where(Outbox.subject == subject).order_by(Outbox.id)))


async def count(db, table) -> int:
    async with db.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def settle(db, subject: str, state: OutboxState, *, limit: int = 10_000, **values) -> None:
    """What delivery does, for many at once: message ids are the rows' own."""
    async with db.write() as session:
        ids = select(Outbox.id).where(Outbox.subject == subject, Outbox.state == OutboxState.WAITING).limit(limit)
        found = list(await session.scalars(ids))
        sent = {"sent_at": NOW, "message_id": Outbox.id} if state is OutboxState.SENT else {}
        await session.execute(update(Outbox).where(Outbox.id.in_(found)).values(state=state, **sent, **values))


async def tags(db) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(Audit.action).order_by(Audit.id)))


class CrashError(Exception):
    """The process dies."""


async def dies_within_a_piece(db, notice_id: int) -> None:
    async with db.write() as session:
        await notice_sending.spread(session, by=SYSTEM, now=NOW, notice_id=notice_id)
        raise CrashError


@pytest.mark.parametrize("province", [MANY], indirect=True)
async def test_2500_people_in_pieces_with_crashes_between_and_within(province):
    area = await area_of(province, Level.PROVINCE)
    author = await staff(province, area, "样例甲")
    await no_second(province, area)
    notice_id = await submitted(province, author, draft(area))
    assert await step(province, notice_sending.spread, notice_id=notice_id), "more is left"
    for _ in range(3):  # dies within a piece, before the commit: nothing of it is there
        with pytest.raises(CrashError):
            await dies_within_a_piece(province, notice_id)
    assert await count(province, NoticeRecipient) == notice_sending.PIECE
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)  # taken up by the next process
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)  # done twice, it changes nothing
    told = Counter(row.person_id for row in await rows(province, f"notice:{notice_id}"))
    assert (len(told), set(told.values())) == (MANY, {1})
    assert await count(province, NoticeRecipient) == MANY
    async with province.read() as session:
        notice = await session.get_one(Notice, notice_id)
        progress = await notice_progress.progress(session, notice, NOW)
    assert (notice.is_spread, notice.state, notice.started_at) == (True, NoticeState.OUT, NOW)
    assert (progress.people, progress.waiting, progress.sent) == (MANY, MANY, 0)
    assert await tags(province) == ["notice:submit", "notice:send"]


async def test_many_recipients_need_a_second_person(province):
    area = await area_of(province, Level.PROVINCE)
    author = await staff(province, area, "样例甲")
    with refused(Code.NOTICE_NO_SECOND, size=FEW, limit=500):
        await submitted(province, author, draft(area))
    assert await count(province, Notice) == 0
    other = await staff(province, area, "样例乙")
    notice_id = await submitted(province, author, draft(area))
    assert not await step(province, notice_sending.spread, notice_id=notice_id), "not before the second word"
    assert await count(province, NoticeRecipient) == 0
    assert [row.person_id for row in await rows(province, f"notice:{notice_id}:review")] == [other.person_id]
    with refused(Code.NOT_YOURSELF):
        async with province.write() as session:
            await notices.confirm(session, by=author, notice_id=notice_id, now=NOW)
    async with province.write() as session:
        await notices.confirm(session, by=other, notice_id=notice_id, now=NOW)
    with refused(Code.ALREADY_DECIDED, by_id=other.person_id):
        async with province.write() as session:
            await notices.send_back(session, by=other, notice_id=notice_id, reason="再改改", now=NOW)
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    assert await count(province, NoticeRecipient) == FEW


async def test_withdrawn_in_the_middle_everything_goes(province):
    area = await area_of(province, Level.PROVINCE)
    author = await staff(province, area, "样例甲")
    await no_second(province, area)
    notice_id = await submitted(province, author, draft(area))
    subject = f"notice:{notice_id}"
    assert await step(province, notice_sending.spread, notice_id=notice_id)
    await settle(province, subject, OutboxState.SENT, limit=400)
    async with province.write() as session:
        await notices.withdraw(session, by=author, notice_id=notice_id, now=NOW)
    assert not await step(province, notice_sending.spread, notice_id=notice_id), "it spreads no further"
    await chores.do(province, notices.TAKE_BACK, {"notice_id": notice_id}, lambda: NOW)
    states = Counter(row.state for row in await rows(province, subject))
    assert states == {OutboxState.SENT: 400, OutboxState.DROPPED: 100}
    deletions = await rows(province, f"{subject}:{outbox.TAKE_BACK}")
    assert len({row.payload["row"] for row in deletions}) == 400
    assert await count(province, OutboxHold) == 0
    with refused(Code.NOTICE_NOT_NOW):
        async with province.write() as session:
            await notices.withdraw(session, by=author, notice_id=notice_id, now=NOW)


async def test_what_was_in_flight_at_a_withdrawal_is_looked_after(province):
    area = await area_of(province, Level.COUNTY)
    author = await staff(province, area, "样例甲")
    await no_second(province, area)
    notice_id = await submitted(province, author, draft(area))
    subject = f"notice:{notice_id}"
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    await settle(province, subject, OutboxState.CLAIMED, limit=5)
    async with province.write() as session:
        await notices.withdraw(session, by=author, notice_id=notice_id, now=NOW)
    await chores.do(province, notices.TAKE_BACK, {"notice_id": notice_id}, lambda: NOW)
    async with province.read() as session:
        chore = select(Outbox).where(Outbox.kind == notices.TAKE_BACK, Outbox.not_before > NOW)
        [again] = await session.scalars(chore)
    assert again.not_before == NOW + AGAIN
    async with province.write() as session:  # they have arrived meanwhile
        arrived = update(Outbox).where(Outbox.subject == subject, Outbox.state == OutboxState.CLAIMED)
        await session.execute(arrived.values(state=OutboxState.SENT, message_id=Outbox.id))
    await chores.do(province, notices.TAKE_BACK, again.payload, lambda: NOW + AGAIN)
    assert len(await rows(province, f"{subject}:{outbox.TAKE_BACK}")) == 5


async def test_reminders_reach_only_those_who_have_it_and_have_not_read_it(province):
    area = await area_of(province, Level.TOWNSHIP)
    author = await staff(province, area, "样例甲")
    notice_id = await submitted(province, author, draft(area))
    subject = f"notice:{notice_id}"
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    with refused(Code.NOTICE_ALL_READ):
        async with province.write() as session:
            await notice_receipts.remind(session, by=author, notice_id=notice_id, now=NOW)
    await settle(province, subject, OutboxState.DROPPED, limit=2, error=outbox.NO_ACCOUNT)
    await settle(province, subject, OutboxState.SENT)
    told = [row.person_id for row in await rows(province, subject) if row.state is OutboxState.SENT]
    readers, others = told[:20], told[20:]
    for person_id in readers:
        async with province.write() as session:
            who = Viewer(person_id, (Grant(Role.TEAM_MEMBER, 1, area.path),))
            assert (await notice_receipts.read(session, by=who, notice_id=notice_id, now=NOW))[1] is None
            before = await notice_receipts.read(session, by=who, notice_id=notice_id, now=NOW + timedelta(hours=1))
            assert before[1] == NOW
    later = NOW
    for nth in (1, 2, 3):
        async with province.write() as session:
            assert await notice_receipts.remind(session, by=author, notice_id=notice_id, now=later) == nth
        facts = {"notice_id": notice_id, "nth": nth}
        for _ in range(2):  # twice is once
            await step(province, notice_sending.remind, later, **facts)
        reminded = Counter(row.person_id for row in await rows(province, f"{subject}:remind"))
        assert reminded == dict.fromkeys(others, nth)
        with refused(Code.REMINDED_NOW if nth < 3 else Code.REMINDED_OUT):
            async with province.write() as session:
                soon = later + timedelta(minutes=4)
                await notice_receipts.remind(session, by=author, notice_id=notice_id, now=soon)
        later += timedelta(minutes=5)
    async with province.read() as session:
        found = await notice_lists.lists(session, author, notice_id)
    assert found.tally == (60, 20, 2)
    assert found.tally.unread == 38
    assert found.is_named


async def everybody_new(db, notice_ids: list[int], now: datetime = NOW) -> None:
    """The morning's sweep, and the chores that it puts."""
    for _ in range(2):  # twice is once
        await step(db, notice_sending.late_joiners, now)
    async with db.read() as session:
        put = select(Outbox.payload).where(Outbox.kind == notice_sending.JOINERS, Outbox.not_before == now)
        facts = list(await session.scalars(put))
    assert {fact["notice_id"] for fact in facts} <= set(notice_ids)
    for fact in facts:
        await chores.do(db, notice_sending.JOINERS, fact, lambda: now)


async def test_whoever_joins_later_gets_what_is_still_open(province):
    area = await area_of(province, Level.COUNTY)
    author = await staff(province, area, "样例甲")
    ids = [
        await submitted(province, author, draft(area)),
        await submitted(province, author, draft(area, open_days=0)),
        await submitted(province, author, draft(area, open_days=1)),
    ]
    for notice_id in ids:
        await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    await everybody_new(province, ids)
    assert await count(province, NoticeRecipient) == 480 * 3, "nobody is new"
    village = await area_of(province, Level.VILLAGE)
    joined = (await staff(province, village, "新来的", Role.TEAM_MEMBER)).person_id
    await step(province, notice_sending.join, person_id=joined)
    await step(province, notice_sending.join, person_id=joined)
    async with province.read() as session:
        query = select(NoticeRecipient.notice_id).where(NoticeRecipient.person_id == joined)
        assert set(await session.scalars(query)) == set(ids)
    assert (await tags(province))[-3:] == ["notice:join"] * 3
    async with province.read() as session:
        elsewhere = Viewer(joined, (Grant(Role.ADMIN, village.id, village.path),))
        assert [len(await queries.still_open(session, one, NOW)) for one in (author, elsewhere)] == [3, 0]
    third = (await staff(province, village, "再来的", Role.TEAM_MEMBER)).person_id
    days_later = NOW + timedelta(days=3)
    await everybody_new(province, ids, days_later)
    async with province.read() as session:
        query = select(NoticeRecipient.notice_id).where(NoticeRecipient.person_id == third)
        assert set(await session.scalars(query)) == set(ids[:2]), "one was open for a day only"
    much_later = NOW + timedelta(days=30)
    last = (await staff(province, village, "最后来的", Role.TEAM_MEMBER)).person_id
    await everybody_new(province, ids, much_later)
    async with province.read() as session:
        query = select(NoticeRecipient.notice_id).where(NoticeRecipient.person_id == last)
        assert set(await session.scalars(query)) == {ids[1]}, "长期"


async def test_numbers_and_names_by_area(province):
    whole, county = await area_of(province, Level.PROVINCE), await area_of(province, Level.COUNTY)
    township = await area_of(province, Level.TOWNSHIP)
    above, office = await staff(province, whole, "省里"), await staff(province, county, "县里", Role.COUNTY_STAFF)
    officer = await staff(province, township, "镇里", Role.TOWNSHIP_OFFICER)
    await no_second(province, whole)
    notice_id = await submitted(province, above, draft(whole))
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    await settle(province, f"notice:{notice_id}", OutboxState.SENT)
    async with province.read() as session:
        for viewer, people, below, is_named in (
            (above, FEW, 1, False),
            (office, 480, 8, True),
            (officer, 60, 20, True),
        ):
            found = await notice_lists.lists(session, viewer, notice_id)
            assert (found.tally, len(found.branches), found.is_named) == ((people, 0, 0), below, is_named)
            assert sum(branch.tally.people for branch in found.branches) == people
        opened = await notice_lists.lists(session, above, notice_id, county.id)
        assert (opened.tally.people, opened.is_named) == (480, False)
        with refused(Code.NOTICE_NAMES_ABOVE):
            await notice_lists.names(session, above, opened, Standing.UNREAD, 0, 8)
        first = await notice_lists.lists(session, office, notice_id, opened.branches[0].id)
        page = await notice_lists.names(session, office, first, Standing.UNREAD, 0, 8)
        assert len(page) == 8
        assert {line.above for line in page} == {township.name}

        async def everything(viewer, area_id):
            return [line async for line in notice_lists.everybody(session, viewer, notice_id, area_id)]

        assert len(await everything(office, county.id)) == 480
        for viewer, area_id in ((office, whole.id), (officer, county.id)):
            with pytest.raises(Exception, match="not_found"):
                await everything(viewer, area_id)
            with pytest.raises(Exception, match="not_found"):
                await notice_lists.lists(session, viewer, notice_id, area_id)
    nobody = Viewer(office.person_id, (Grant(Role.TEAM_MEMBER, township.id, township.path),))
    async with province.read() as session:
        with pytest.raises(Exception, match="not_found"):
            await notice_lists.lists(session, nobody, notice_id)


async def test_only_recipients_reply_and_only_staff_of_the_area_answers(province):
    county = await area_of(province, Level.COUNTY)
    author = await staff(province, county, "县里", Role.COUNTY_STAFF)
    notice_id = await submitted(province, author, draft(county))
    await chores.do(province, notices.SPREAD, {"notice_id": notice_id}, lambda: NOW)
    async with province.read() as session:
        recipient = (await session.scalars(select(NoticeRecipient).limit(1))).one()
    cadre = Viewer(recipient.person_id, (Grant(recipient.role, recipient.area_id, county.path),))
    with pytest.raises(Exception, match="not_found"):
        async with province.write() as session:
            await notice_replies.reply(session, by=author, notice_id=notice_id, text="我也说", now=NOW)
    async with province.write() as session:
        await notice_replies.reply(session, by=cadre, notice_id=notice_id, text="村里缺盐", now=NOW)
        await notice_replies.reply(session, by=cadre, notice_id=notice_id, text="还缺沙子", now=NOW)
    assert len(await rows(province, f"notice:{notice_id}:replies")) == 2, "one card, one refresh"
    async with province.read() as session:
        from storage.tables import NoticeReply

        first = (await session.scalars(select(NoticeReply).order_by(NoticeReply.id).limit(1))).one()
    with refused(Code.NOT_ALLOWED):
        async with province.write() as session:
            await notice_replies.answer(session, by=cadre, reply_id=first.id, text="自己答", now=NOW)
    async with province.write() as session:
        await notice_replies.answer(session, by=author, reply_id=first.id, text="明天送到", now=NOW)
    with refused(Code.NOTICE_ANSWERED):
        async with province.write() as session:
            await notice_replies.answer(session, by=author, reply_id=first.id, text="后天送到", now=NOW)
    [told] = await rows(province, f"notice_reply:{first.id}")
    assert (told.person_id, told.lane.value) == (cadre.person_id, "answer")
