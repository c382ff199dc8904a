"""报数: who is asked, through whom, and whose answer stands; on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from actions import figure_sending
from actions import figures as actions
from policy.figures import Each
from policy.refusals import Code
from storage import figure_asking
from storage.ids import new_id
from storage.tables import (
    Area,
    Audit,
    Chat,
    FigureReply,
    FigureRequest,
    FigureValue,
    Outbox,
    OutboxState,
    Person,
    PersonRole,
)
from tests.figures import DUE, FIELDS, NOW, VALUES
from tests.policy.refused import refused
from tests.world import SHANGHAI


async def test_each_team_is_asked_once_through_its_first_secretary(county):
    await county.ask()
    asked = await county.asked()
    assert [(row.village_id, row.person_id) for row in asked] == [
        (county.area_id("石门村"), None), (county.area_id("东峪村"), None), (county.area_id("南坡村"), None),
    ]  # fmt: skip
    assert await county.told() == ["王强", "李雪", "潘建军"]
    assert await county.told("figures_progress") == ["孙丽"]
    row = next(row for row in await county.all_rows(Outbox) if row.kind == "figures")
    assert (row.subject, row.lane.value) == (f"figures:{asked[0].request_id}", "bulk")
    [request] = await county.all_rows(FigureRequest)
    assert request.spread_at == NOW
    [audit] = [row for row in await county.all_rows(Audit) if row.action == "figures:send"]
    assert audit.after == {"each": "team", "asked": 3, "fields": 4, "due_at": DUE.isoformat()}
    [audit] = [row for row in await county.all_rows(Audit) if row.action == "figures:spread"]
    assert (audit.person_id, audit.after, audit.subject) == (None, {"asked": 3}, f"figures:{request.id}")
    assert await county.all_of(figure_sending.spread, request.id) == 1
    assert len(await county.asked()) == 3


async def test_where_the_first_secretary_can_t_be_reached_the_members_get_it(county):
    wang = (await county.viewer("王强")).person_id
    async with county.db.write() as session:
        await session.execute(update(Chat).where(Chat.person_id == wang).values(is_reachable=False))
    await county.ask()
    assert (await county.told())[:2] == ["周建国", "赵敏"]


async def test_where_nobody_can_be_reached_all_of_them_are_told_later(county):
    async with county.db.write() as session:
        await session.execute(delete(Chat))
    await county.ask(within=["石门村"])
    assert await county.told() == ["王强", "周建国", "赵敏"]


async def test_each_person_is_asked_once_whatever_his_villages(county):
    county.cadre("李雪", village="石门村")
    await county._people()
    await county.ask(each=Each.PERSON)
    assert await county.told() == ["王强", "周建国", "赵敏", "李雪", "潘建军"]
    assert len({row.person_id for row in await county.asked()}) == 5


async def test_somebody_of_two_teams_answers_for_each(county):
    county.cadre("李雪", village="南坡村", township="石桥镇")
    pan = (await county.viewer("潘建军")).person_id
    await county._people()
    async with county.db.write() as session:
        await session.execute(update(Chat).where(Chat.person_id == pan).values(is_reachable=False))
    await county.ask()
    assert await county.told() == ["王强", "李雪", "李雪"]
    await county.deliver()
    first, second = (await county.asked("东峪村"))[0], (await county.asked("南坡村"))[0]
    await county.reply("李雪", first.id)
    subjects = [row.subject for row in await county.all_rows(Outbox) if row.kind == "figures"]
    assert subjects == [
        f"figures:{first.request_id}",
        f"figures:{first.request_id}:{first.id}",
        f"figures:{first.request_id}",
    ]
    await county.reply("李雪", second.id)
    assert len(await county.all_rows(FigureReply)) == 2


async def test_in_pieces_nobody_is_left_out_or_asked_twice(county, monkeypatch):
    monkeypatch.setattr(figure_sending, "PIECE", 1)
    await county.ask()
    assert await county.told() == ["王强", "李雪", "潘建军"]
    county_id = await county.ask(each=Each.PERSON, title="每人")
    assert len([row for row in await county.asked() if row.request_id == county_id]) == 5


async def test_a_township_asks_its_own_and_chosen_areas_lie_within(county):
    await county.ask("刘敏", area="柳河镇")
    assert await county.told() == ["王强", "李雪"]
    await county.ask("孙丽", within=["石桥镇"], title="石桥")
    assert (await county.told())[2:] == ["潘建军"]
    with refused(Code.NOT_ALLOWED):
        await county.ask("刘敏", area="石桥镇")
    with refused(Code.NOT_ALLOWED):
        await county.ask("刘敏", area="柳河镇", within=["石桥镇"])
    with refused(Code.FIGURES_NOBODY):
        await county.ask("许文静", area="白杨乡")
    for name in ("王强", "周建国", "陈志远", "何静"):
        with refused(Code.NOT_ALLOWED):
            await county.ask(name, area="石门村" if name in {"王强", "周建国"} else "安岭县")


async def test_nothing_is_sent_without_fields_basis_or_time(county):
    for code, more in (
        (Code.FIGURES_NO_FIELD, {"fields": []}),
        (Code.FIGURE_TWICE, {"fields": [FIELDS[0], FIELDS[0]]}),
        (Code.FIGURES_NO_BASIS, {"basis": "无"}),
        (Code.FIGURE_FORBIDDEN, {"title": "收集身份证号"}),
        (Code.FIGURES_DUE_EARLY, {"due": NOW}),
        (Code.FIGURES_DUE_FAR, {"due": NOW + timedelta(days=200)}),
    ):
        with refused(code):
            await county.ask(**more)
    night = datetime(2026, 11, 23, 21, tzinfo=SHANGHAI).astimezone(UTC)
    with refused(Code.FIGURES_DUE_EARLY):  # it would be over before it can be read
        await county.ask(now=night, due=night + timedelta(hours=2))
    assert await county.all_rows(FigureRequest) == []
    assert await county.told() == []


async def test_the_first_answer_stands_and_whoever_of_the_team_may_give_it(county):
    request_id = await county.ask()
    await county.deliver()
    [asked] = await county.asked("石门村")
    first = await county.reply("赵敏", asked.id)
    with refused(Code.FIGURES_REPORTED, name="赵敏", on=date(2026, 11, 23)):
        await county.reply("王强", asked.id, {**VALUES, 0: 400})
    cards = [row for row in await county.all_rows(Outbox) if row.kind == "figures"]
    assert cards[0].subject == f"figures:{request_id}:{asked.id}"
    assert [row.subject for row in cards[1:]] == [f"figures:{request_id}"] * 2, "nobody else's card is edited"
    refreshes = {row.subject for row in await county.all_rows(Outbox) if row.kind == "refresh"}
    assert {f"figures:{request_id}:{asked.id}", f"figures:{request_id}:progress"} <= refreshes
    second = await county.reply("王强", asked.id, {**VALUES, 0: 400}, replaces=first)
    with refused(Code.FIGURES_REPORTED, name="王强"):
        await county.reply("赵敏", asked.id, {**VALUES, 0: 500}, replaces=first)
    rows = await county.all_rows(FigureReply)
    assert [(row.id, row.replaced_at is None) for row in rows] == [(first, False), (second, True)]
    assert len(await county.all_rows(FigureValue)) == 8, "the old answer is kept"
    audits = [row for row in await county.all_rows(Audit) if row.action == "figures:reply"]
    assert [row.before for row in audits] == [None, {"reply": first}]


async def test_what_still_waits_is_not_told_once_it_is_answered(county):
    await county.ask()
    [asked] = await county.asked("石门村")
    await county.reply("周建国", asked.id)
    card = next(row for row in await county.all_rows(Outbox) if row.kind == "figures")
    assert (card.state, card.error) == (OutboxState.DROPPED, actions.ANSWERED)


async def test_others_answer_for_nobody(county):
    await county.ask()
    [asked] = await county.asked("石门村")
    for name in ("李雪", "刘敏", "孙丽", "陈志远", "何静", "郑凯"):
        with refused(Code.NOT_ALLOWED):
            await county.reply(name, asked.id)
    with refused(Code.NOT_FOUND):
        await county.reply("王强", 999_999)
    await county.ask(each=Each.PERSON, title="每人")
    zhou = (await county.viewer("周建国")).person_id
    [own] = [row for row in await county.asked("石门村") if row.person_id == zhou]
    with refused(Code.NOT_ALLOWED):
        await county.reply("王强", own.id)
    await county.reply("周建国", own.id)


@pytest.mark.parametrize(
    "values, code",
    [
        ({**VALUES, 0: -100}, Code.FIGURE_INVALID),
        ({**VALUES, 0: 150}, Code.FIGURE_INVALID),
        ({**VALUES, 2: "也许"}, Code.FIGURE_INVALID),
        ({0: 300, 1: 0, 2: "是"}, Code.TEXT_EMPTY),
        ({**VALUES, 3: "110101199003078515"}, Code.FIGURE_PRIVATE),
    ],
)
async def test_a_wrong_answer_leaves_nothing(county, values, code):
    await county.ask()
    [asked] = await county.asked("石门村")
    with refused(code):
        await county.reply("王强", asked.id, values)
    assert await county.all_rows(FigureReply) == []
    assert (await county.asked("石门村"))[0].replied_at is None


async def test_a_large_area_is_asked_and_counted_in_time(county):
    """A county of 600 teams: pieces stay small, and each answer touches its own team only."""
    await county.set("second_admin_above", 1_000)
    async with county.db.write(ids=5_000) as session:
        township = await session.get_one(Area, county.area_id("石桥镇"))
        for n in range(600):
            area_id, person_id = new_id(session), new_id(session)
            session.add(
                Area(id=area_id, code=f"99{n:06d}", name=f"样例{n}村", level="village", parent_id=township.id,
                     path=f"{township.path}{area_id}/", is_sample=True)
            )  # fmt: skip
            session.add(Person(id=person_id, name=f"干部{n}", language="zh_CN"))
            await session.flush()
            session.add(
                PersonRole(id=new_id(session), person_id=person_id, role="FIRST_SECRETARY", area_id=area_id, starts_on=date(2026, 1, 1))
            )  # fmt: skip
    statements: list[str] = []
    await county.ask()
    assert len(await county.asked()) == 603
    await county.deliver()
    county.db.on_statement(statements.append)
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    assert len(statements) < 45
    async with county.db.read() as session:
        [request] = await session.scalars(select(FigureRequest))
        assert await figure_asking.missing_count(session, request) == 602
