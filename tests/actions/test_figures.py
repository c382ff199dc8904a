"""报数: who is asked, whose answer stands, what it adds up to, and who is reminded; on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from actions import figure_followup as followup
from actions import figures as actions
from actions.figures import send
from policy.authority import Action, Viewer
from policy.figure_lines import field
from policy.figures import Each
from policy.refusals import Code
from storage import figure_asking, figure_totals, figures, outbox, people
from storage.delivery import Outcome, claim, record
from storage.ids import new_id
from storage.tables import (
    Area,
    Audit,
    Chat,
    FigureAsked,
    FigureReply,
    FigureRequest,
    FigureValue,
    Outbox,
    OutboxState,
    Person,
    PersonRole,
)
from tests.policy.refused import refused
from tests.world import CHANNEL, SHANGHAI, World

NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI).astimezone(UTC)
DUE = datetime(2026, 11, 23, 18, tzinfo=SHANGHAI).astimezone(UTC)
FIELDS = [field("受灾户数 户"), field("面积 亩 小数"), field("是否停电 是/否"), field("备注 文字")]
VALUES = {0: 300, 1: 250, 2: "是", 3: "无"}
SYSTEM = Viewer.system()


class County(World):
    """The world, its people at hand by name, and the steps of chores without delivery."""

    async def viewer(self, name: str) -> Viewer:
        async with self.db.read() as session:
            person = (await session.scalars(select(Person).where(Person.name == name))).one()
            posts = await people.posts_of(session, [person.id], date(2026, 11, 23))
            return people.viewer_of(person, posts[person.id])

    async def ask(self, by="孙丽", *, area="安岭县", within=(), each=Each.TEAM, due=DUE, fields=FIELDS, **more) -> int:
        """Send a request and put it to everybody."""
        viewer = await self.viewer(by)
        async with self.db.write() as session:
            request = await send(
                session,
                by=viewer,
                area_id=self.area_id(area),
                within=[self.area_id(name) for name in within],
                each=each,
                title=more.get("title", "防汛受灾情况"),
                basis=more.get("basis", "县防指〔2026〕3号"),
                fields=fields,
                due_at=due,
                now=more.get("now", NOW),
            )
        await self.all_of(actions.spread, request.id)
        return request.id

    async def all_of(self, step, request_id: int, now: datetime = NOW) -> int:
        """Do a chore to its end; in how many pieces."""
        pieces = 1
        while True:
            async with self.db.write() as session:
                if not await step(session, by=SYSTEM, now=now, request_id=request_id):
                    return pieces
            pieces += 1

    async def reply(self, name: str, asked: int, values=VALUES, replaces=None, now: datetime = NOW) -> int:
        viewer = await self.viewer(name)
        async with self.db.write() as session:
            made = await actions.reply(session, by=viewer, asked_id=asked, values=values, replaces=replaces, now=now)
            return made.id

    async def asked(self, village: str | None = None) -> list[FigureAsked]:
        rows = await self.all_rows(FigureAsked)
        return [row for row in rows if village is None or row.village_id == self.area_id(village)]

    async def all_rows(self, table):
        """All rows, without delivery."""
        async with self.db.read() as session:
            query = select(table)
            return list(await session.scalars(query.order_by(table.id) if hasattr(table, "id") else query))

    async def told(self, kind: str = "figures") -> list[str]:
        """Who has a card of a kind, by name, in order of the rows."""
        names = {person.id: person.name for person in await self.all_rows(Person)}
        return [names[row.person_id] for row in await self.all_rows(Outbox) if row.kind == kind and row.person_id]

    async def deliver(self) -> None:
        """As if all that is due had been sent."""
        async with self.db.write() as session:
            rows = await claim(session, CHANNEL, NOW + timedelta(days=1), 1_000)
            told = [row for row in rows if row.person_id is not None]
            await record(session, [Outcome.sent(row.id, NOW, 1_000 + n, "said") for n, row in enumerate(told)])
            await record(session, [Outcome.dropped(row.id, "a chore") for row in rows if row.person_id is None])


@pytest.fixture
async def county(database_url):
    """石门村 with a first secretary and two members, 东峪村 with one, 南坡村 in another township, and the offices."""
    world = County(database_url)
    world.cadre("王强", secretary=True)
    world.cadre("周建国")
    world.cadre("赵敏")
    world.cadre("李雪", village="东峪村")
    world.cadre("潘建军", village="南坡村", township="石桥镇", secretary=True)
    world.township_officer("刘敏")
    world.township_officer("许文静", "白杨乡")
    world.county_staff("孙丽")
    world.county_leader("陈志远")
    world.unit_liaison("何静")
    world.admin("郑凯")
    await world._people()
    yield world
    await world.close()


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
    assert await county.all_of(actions.spread, request.id) == 1
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
    monkeypatch.setattr(actions, "PIECE", 1)
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


async def test_more_than_a_township_may_ask_alone(county):
    await county.set("second_admin_above", 1)
    with refused(Code.FIGURES_MANY, asked=2, limit=1):
        await county.ask("刘敏", area="柳河镇")
    await county.ask("孙丽")


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


async def progress(county, request_id, name="孙丽"):
    viewer = await county.viewer(name)
    async with county.db.read() as session:
        seen = await figures.seen(session, viewer, Action.FIGURES_VIEW, request_id)
        return seen, await figure_totals.progress(session, seen)


async def test_totals_fill_up_by_area(county):
    request_id = await county.ask()
    for village, name, values in (
        ("石门村", "王强", VALUES),
        ("东峪村", "李雪", {0: 4200, 1: 1025, 2: "否", 3: "已转移"}),
    ):
        await county.reply(name, (await county.asked(village))[0].id, values)
    first = (await county.asked("石门村"))[0].id
    async with county.db.read() as session:
        standing = await figures.standing(session, first)
        assert standing is not None
    await county.reply("赵敏", first, {**VALUES, 0: 500}, replaces=standing.reply.id)
    _seen, found = await progress(county, request_id)
    assert (found.asked, found.replied, found.late) == (3, 2, 0)
    assert [total.number for total in found.totals] == [4700, 1275, 0, 0]
    assert found.totals[2].choices == {"是": 1, "否": 1}
    seen, part = await progress(county, request_id, "刘敏")
    assert (seen.is_whole, part.asked, part.replied) == (False, 2, 2)
    viewer = await county.viewer("孙丽")
    async with county.db.read() as session:
        area = await session.get_one(Area, county.area_id("安岭县"))
        seen = await figures.seen(session, viewer, Action.FIGURES_VIEW, request_id)
        branches = await figure_totals.branches(session, seen, area)
        assert [(row.name, row.asked, row.replied) for row in branches] == [("柳河镇", 2, 2), ("石桥镇", 1, 0)]
        units = await figure_totals.units(session, seen)
        assert [(unit.township, unit.village, unit.by) for unit in units] == [
            ("柳河镇", "石门村", "赵敏"), ("柳河镇", "东峪村", "李雪"), ("石桥镇", "南坡村", None),
        ]  # fmt: skip
        assert units[0].values == {0: 500, 1: 250, 2: "是", 3: "无"}
        missing = await figure_totals.units(session, seen, only_missing=True)
        assert [unit.village for unit in missing] == ["南坡村"]


async def test_who_sees_a_request(county):
    request_id = await county.ask("刘敏", area="柳河镇")
    for name in ("刘敏", "孙丽", "陈志远", "郑凯"):
        seen, _found = await progress(county, request_id, name)
        assert seen.is_whole
    for name in ("许文静", "何静", "王强", "周建国"):
        with refused(Code.NOT_FOUND):
            await progress(county, request_id, name)
    whole = await county.ask(within=["石桥镇"], title="石桥")
    with refused(Code.NOT_FOUND):  # of a request from above only who is asked in one's own area
        await progress(county, whole, "刘敏")


async def test_lists_of_an_office_and_of_a_team(county):
    below, above = await county.ask("刘敏", area="柳河镇"), await county.ask(title="全县")
    await county.ask(within=["石桥镇"], title="石桥")
    async with county.db.read() as session:
        recent = await figures.recent(session, await county.viewer("刘敏"), Action.FIGURES_VIEW, 5)
        assert [(row.request.id, row.asked, row.replied) for row in recent] == [(above, 2, 0), (below, 2, 0)]
        assert await figures.recent(session, await county.viewer("何静"), Action.FIGURES_VIEW, 5) == []
        mine = await figures.open_of(session, await county.viewer("周建国"), NOW)
        assert [one.request.id for one in mine] == [below, above]
        assert await figures.open_of(session, await county.viewer("孙丽"), NOW) == []
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    async with county.db.read() as session:
        mine = await figures.open_of(session, await county.viewer("周建国"), NOW)
        assert [one.request.id for one in mine] == [above, below], "what is missing comes first"
        assert await figures.open_of(session, await county.viewer("周建国"), NOW + timedelta(days=31)) == []


async def remind(county, request_id, name="孙丽", now=NOW):
    viewer = await county.viewer(name)
    async with county.db.write() as session:
        count = await followup.remind(session, by=viewer, request_id=request_id, now=now)
    await county.all_of(followup.remind_next, request_id, now)
    return count


async def test_only_those_missing_are_reminded_three_times_at_most(county, monkeypatch):
    monkeypatch.setattr(followup, "PIECE", 1)
    request_id = await county.ask()
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    assert await remind(county, request_id) == 2
    assert await county.told("figures_reminder") == ["李雪", "潘建军"]
    with refused(Code.FIGURES_REMIND_WAIT):
        await remind(county, request_id, now=NOW + timedelta(minutes=4))
    await county.reply("李雪", (await county.asked("东峪村"))[0].id)
    assert await remind(county, request_id, now=NOW + timedelta(minutes=5)) == 1
    assert await remind(county, request_id, now=NOW + timedelta(minutes=10)) == 1
    assert (await county.told("figures_reminder"))[2:] == ["潘建军", "潘建军"]
    with refused(Code.FIGURES_REMIND_OUT):
        await remind(county, request_id, now=NOW + timedelta(hours=1))
    await county.reply("潘建军", (await county.asked("南坡村"))[0].id)
    with refused(Code.FIGURES_ALL_IN):
        await remind(county, request_id, now=NOW + timedelta(hours=2))
    tags = [row.action for row in await county.all_rows(Audit)]
    assert tags.count("figures:remind") == 3


async def test_a_township_neither_reminds_nor_ends_what_the_county_asked(county):
    request_id = await county.ask()
    liu = await county.viewer("刘敏")
    with refused(Code.NOT_ALLOWED):
        await remind(county, request_id, "刘敏")
    for deed in (followup.close, followup.withdraw):
        with refused(Code.NOT_ALLOWED):
            async with county.db.write() as session:
                await deed(session, by=liu, request_id=request_id, now=NOW)
    with refused(Code.NOT_ALLOWED):
        async with county.db.write() as session:
            await followup.extend(session, by=liu, request_id=request_id, due_at=DUE + timedelta(days=1), now=NOW)


async def test_late_answers_are_taken_and_marked_until_it_is_closed(county):
    request_id = await county.ask()
    sun = await county.viewer("孙丽")
    await county.reply("王强", (await county.asked("石门村"))[0].id, now=DUE)
    await county.reply("李雪", (await county.asked("东峪村"))[0].id, now=DUE + timedelta(seconds=1))
    assert [row.is_late for row in await county.all_rows(FigureReply)] == [False, True]
    async with county.db.write() as session:
        await followup.close(session, by=sun, request_id=request_id, now=DUE + timedelta(hours=1))
    await county.all_of(followup.close_next, request_id)
    last = (await county.asked("南坡村"))[0].id
    with refused(Code.FIGURES_OVER):
        await county.reply("潘建军", last, now=DUE + timedelta(hours=2))
    with refused(Code.FIGURES_OVER):
        await remind(county, request_id, now=DUE + timedelta(hours=2))
    waiting = [
        row for row in await county.all_rows(Outbox) if row.kind == "figures" and row.state is OutboxState.WAITING
    ]
    assert waiting == [], "what was still to be told is given up"
    later = DUE + timedelta(days=1)
    async with county.db.write() as session:
        await followup.extend(session, by=sun, request_id=request_id, due_at=later, now=DUE + timedelta(hours=3))
    await county.reply("潘建军", last, now=later)
    assert not (await county.all_rows(FigureReply))[-1].is_late


async def test_later_means_later(county):
    request_id = await county.ask()
    sun = await county.viewer("孙丽")
    for due in (DUE, DUE - timedelta(hours=1)):
        with refused(Code.FIGURES_DUE_EARLY):
            async with county.db.write() as session:
                await followup.extend(session, by=sun, request_id=request_id, due_at=due, now=NOW)


async def test_taken_back_wherever_it_went(county):
    request_id = await county.ask()
    await county.deliver()
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    sun = await county.viewer("孙丽")
    async with county.db.write() as session:
        await followup.withdraw(session, by=sun, request_id=request_id, now=NOW)
    await county.all_of(followup.take_back_next, request_id)
    cards = {row.id for row in await county.all_rows(Outbox) if row.kind == "figures"}
    back = {row.payload["row"] for row in await county.all_rows(Outbox) if row.kind == outbox.TAKE_BACK}
    assert back == cards, "the answered team's card too"
    with refused(Code.FIGURES_OVER):
        await county.reply("李雪", (await county.asked("东峪村"))[0].id)
    with refused(Code.FIGURES_OVER):
        async with county.db.write() as session:
            await followup.withdraw(session, by=sun, request_id=request_id, now=NOW)
    assert len(await county.all_rows(FigureReply)) == 1, "what was answered is kept"
    async with county.db.read() as session:
        assert await figures.recent(session, sun, Action.FIGURES_VIEW, 5) == []


async def test_withdrawn_while_it_goes_out_asks_nobody_more(county, monkeypatch):
    monkeypatch.setattr(actions, "PIECE", 1)
    sun = await county.viewer("孙丽")
    async with county.db.write() as session:
        request = await send(
            session, by=sun, area_id=county.area_id("安岭县"), within=[], each=Each.TEAM, title="情况", basis="县防指",
            fields=FIELDS, due_at=DUE, now=NOW,
        )  # fmt: skip
    async with county.db.write() as session:
        assert await actions.spread(session, by=SYSTEM, now=NOW, request_id=request.id)
    async with county.db.write() as session:
        await followup.withdraw(session, by=sun, request_id=request.id, now=NOW)
    assert await county.all_of(actions.spread, request.id) == 1
    await county.all_of(followup.take_back_next, request.id)
    assert [row.state for row in await county.all_rows(Outbox) if row.kind == "figures"] == [OutboxState.DROPPED]


async def test_the_sheet_is_ordered_by_name_and_once_a_minute(county):
    request_id = await county.ask()
    for name, whole in (("孙丽", True), ("刘敏", True), ("陈志远", False), ("何静", False), ("王强", False)):
        viewer = await county.viewer(name)
        for _twice in range(2):
            async with county.db.write() as session:
                if whole:
                    await followup.export(session, by=viewer, request_id=request_id, asked="1:08:02", now=NOW)
                else:
                    with refused(Code.NOT_FOUND):
                        await followup.export(session, by=viewer, request_id=request_id, asked="1", now=NOW)
    assert await county.told("figures_sheet") == ["孙丽", "刘敏"]
    tags = [row.action for row in await county.all_rows(Audit)]
    assert tags.count("figures:export") == 2


async def test_a_large_area_is_asked_and_counted_in_time(county):
    """A county of 600 teams: pieces stay small, and each answer touches its own team only."""
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
