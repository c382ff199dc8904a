"""What the tests of 报数 share: a county to ask in, the steps of its chores, a request typed in one message."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from actions import figure_sending
from actions import figures as actions
from actions.figures import send
from policy.authority import Action, Viewer
from policy.figure_lines import field
from policy.figures import Each
from storage import figure_totals, figures, people
from storage.delivery import Outcome, claim, record
from storage.figure_totals import Progress
from storage.figures import Seen
from storage.tables import FigureAsked, FigureValue, Outbox, Person
from tests.world import CHANNEL, SHANGHAI, Actor, World

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
        await self.all_of(figure_sending.spread, request.id)
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


def at_hand(world: County) -> County:
    """石门村 with a first secretary and two members, 东峪村 with one, 南坡村 in another township, and the offices."""
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
    return world


async def progress(county: County, request_id: int, name: str = "孙丽") -> tuple[Seen, Progress]:
    """A request as far as somebody sees it, and how far it is."""
    viewer = await county.viewer(name)
    async with county.db.read() as session:
        seen = await figures.seen(session, viewer, Action.FIGURES_VIEW, request_id)
        return seen, await figure_totals.progress(session, seen)


# -- as conversations go -------------------------------------------------------------------------------------------------------------

LINES = "受灾户数 户\n危房 处 0-50\n是否停电 是/否\n备注 文字"


def cast(world: World) -> dict[str, Actor]:
    """石门村 with 王强 (first secretary) and 周建国, 东峪村 with 李雪; 孙丽 of the county, 刘敏 of the township."""
    return {
        "王强": world.cadre("王强", secretary=True),
        "周建国": world.cadre("周建国"),
        "李雪": world.cadre("李雪", village="东峪村"),
        "刘敏": world.township_officer("刘敏"),
        "孙丽": world.county_staff("孙丽"),
    }


async def ask(by, lines=LINES, *, title="防汛受灾情况", due="今天18:00", basis="县防指〔2026〕3号"):
    """All in one message, then 发送."""
    await by.says(f"报数 {title}\n{lines}\n依据：{basis}\n截止：{due}")
    await by.sees("预览")
    await by.presses("发送")
    await by.sees("已发出")


async def values(world: World) -> list[FigureValue]:
    """What was answered, field by field."""
    await world.settle()
    async with world.db.read() as session:
        return list(await session.scalars(select(FigureValue).order_by(FigureValue.reply_id, FigureValue.field_id)))
