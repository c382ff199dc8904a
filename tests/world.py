"""The world of the conversation tests: a county, its people, a clock, and the bot at work in it.

A test reads as the conversation: `await li.says("签到")`, `await li.sees("已签到", buttons=[…])`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import cos, radians
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import delete, select

from actions import invitations
from bot.answers import Answers
from bot.budget import Budget
from bot.delivery import Delivery
from bot.dispatcher import make_bot, make_dispatcher
from bot.intake import Intake, arrival
from bot.worker import Worker
from policy.attendance import DayStatus
from policy.authority import Role, Viewer
from policy.calendar import Half
from policy.corrections import is_over
from policy.geo import Datum
from policy.profile import Profile
from policy.roster import Level
from scheduler.clock import Clock
from scheduler.jobs import standard
from storage import days
from storage.calendars import county_calendar
from storage.engine import Database
from storage.ids import new_id
from storage.tables import (
    Area,
    Audit,
    Chat,
    Conversation,
    Day,
    DispatchingUnit,
    Inbox,
    Outbox,
    Person,
    PersonRole,
    Setting,
    Site,
)
from tests.botapi import FakeApi, Said

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_MORNING = datetime(2026, 11, 23, 8, 2, tzinfo=SHANGHAI)
VILLAGES = {"石门村": (38.2000, 114.1000), "东峪村": (38.4000, 114.3000)}
CHANNEL = "test"


class _NoSleep:
    """Waits of the budget and of retries pass at once, and are noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass(eq=False)
class Actor:
    """Somebody with a phone. `says`, `presses`, `sends_location`; then `sees`."""

    world: "World"
    name: str
    chat_id: int
    person_id: int = 0
    seen: int = 0
    village: str | None = None
    language_code: str = "zh-hans"
    extra: dict[str, Any] = field(default_factory=dict)

    async def says(self, text: str, *, minutes_ago: float = 0) -> None:
        """Send a text; `minutes_ago` it was written."""
        await self._sends({"text": text}, minutes_ago, shown=text)

    async def sends_location(
        self,
        km_from_village: float = 0.0,
        *,
        village: str | None = None,
        at: tuple[float, float] | None = None,
        pressed: bool = True,
        minutes_ago: float = 0,
        accuracy: float | None = 20,
        **message: Any,
    ) -> None:
        """Send a position so many kilometres north of the village's site, or `at` degrees."""
        if at is None:
            latitude, longitude = VILLAGES[village or self.village or "石门村"]
            at = (latitude + km_from_village / 111.195, longitude)
        location: dict[str, Any] = {"latitude": at[0], "longitude": at[1]}
        if accuracy is not None:
            location["horizontal_accuracy"] = accuracy
        body: dict[str, Any] = {"location": location, **message}
        if pressed:
            body["reply_to_message"] = {
                "message_id": 1,
                "date": 1,
                "chat": self._chat(),
                "text": "⌨",
                "from": self.world.bot_user,
            }
        await self._sends(body, minutes_ago, shown=f"📍{at[0]:.4f},{at[1]:.4f}")

    async def sends_document(self, content: bytes, file_name: str, caption: str | None = None) -> None:
        """Send a file."""
        file_id = f"file{len(self.world.api.files) + 1}"
        self.world.api.files[file_id] = content
        document = {
            "file_id": file_id,
            "file_unique_id": file_id,
            "file_name": file_name,
            "file_size": len(content),
        }
        body: dict[str, Any] = {"document": document}
        if caption is not None:
            body["caption"] = caption
        await self._sends(body, 0, shown=f"📎{file_name}")

    async def sends_raw(self, message: dict[str, Any]) -> None:
        """Send any message the Bot API knows."""
        await self._sends(message, 0, shown=str(message)[:60])

    async def presses(self, label: str) -> None:
        """Press a button by the words on it, on the newest message that has it."""
        for said in reversed(self._messages()):
            if label in said.buttons():
                await self.presses_data(said.buttons()[label], said, shown=label)
                return
        self.world.fail(f"{self.name} has no button [{label}]")

    async def presses_data(self, data: str, said: Said | None = None, *, shown: str | None = None) -> None:
        """Press a button with such data, forged or old; `said` is the message it hangs on."""
        said = said or self._messages()[-1]
        query_id = f"query{next(self.world.numbers)}"
        self.world.api.query_chats[query_id] = self.chat_id
        message = {
            "message_id": said.message_id,
            "date": 1,
            "chat": self._chat(),
            "from": self.world.bot_user,
            "text": said.text or "x",
        }
        query = {"id": query_id, "from": self._user(), "message": message, "chat_instance": "1", "data": data}
        self.seen = len(self._messages())
        self._marks = {m.message_id: m.edits for m in self._messages()}
        self.world.note(f"{self.name} › [{shown or data}]")
        await self.world.feed({"callback_query": query})

    _marks: dict[int, int] = field(default_factory=dict)

    async def sees(self, *words: str, buttons: Sequence[str] | None = None, keys: Sequence[str] | None = None) -> Said:
        """The newest messages (or edits) since one last spoke hold these words; among them one with these buttons."""
        await self.world.settle()
        fresh = self._fresh()
        for said in reversed(fresh):
            if (
                all(word in said.text for word in words)
                and (buttons is None or list(said.buttons()) == list(buttons))
                and (keys is None or said.keys() == list(keys))
            ):
                return said
        wanted = f"{words} {list(buttons) if buttons is not None else ''} {list(keys) if keys is not None else ''}"
        found = [(said.text, list(said.buttons())) for said in fresh]
        return self.world.fail(f"{self.name} does not see {wanted}\n  but {found}")

    async def sees_nothing(self) -> None:
        """Nothing new was said to this person."""
        await self.world.settle()
        if fresh := self._fresh():
            self.world.fail(f"{self.name} sees {[said.text for said in fresh]}")

    async def looks_away(self) -> None:
        """What was said up to now counts as read."""
        await self.world.settle()
        self.seen = len(self._messages())
        self._marks = {m.message_id: m.edits for m in self._messages()}

    async def last(self) -> Said:
        """The newest message of the bot."""
        await self.world.settle()
        return self._messages()[-1]

    def _fresh(self) -> list[Said]:
        messages = self._messages()
        edited = [
            m
            for m in messages[: self.seen]
            if m.edits > self._marks.get(m.message_id, m.edits if not self._marks else 0)
        ]
        return edited + messages[self.seen :]

    def _messages(self) -> list[Said]:
        return self.world.api.messages.setdefault(self.chat_id, [])

    async def _sends(self, body: dict[str, Any], minutes_ago: float, *, shown: str) -> None:
        await self.world.settle()
        self.seen = len(self._messages())
        self._marks = {m.message_id: m.edits for m in self._messages()}
        self.world.note(f"{self.name} › {shown}")
        sent_at = self.world.now - timedelta(minutes=minutes_ago)
        message = {
            "message_id": self.world.api.next_id(),
            "date": int(sent_at.timestamp()),
            "chat": self._chat(),
            "from": self._user(),
            **body,
        }
        await self.world.feed({"message": message})

    def _chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "type": "private", "first_name": self.name, **self.extra}

    def _user(self) -> dict[str, Any]:
        return {"id": self.chat_id, "is_bot": False, "first_name": self.name, "language_code": self.language_code}


class World:
    """A county with the bot in it. `now` moves only by `advance` and `at`.

    `clock_runs`: on the way everything that falls due is done at its moment, in order: reminders and digests.
    Off, so that nobody who tests something else is told of it.
    """

    actor: type[Actor] = Actor
    clock_runs = False

    def __init__(self, database_url: str, now: datetime = MONDAY_MORNING) -> None:
        self.db = Database(database_url, CHANNEL)
        self.now = now
        self.api = FakeApi()
        self.sleep = _NoSleep()
        self.numbers = itertools.count(1)
        self.bot = make_bot("1:test", self.api)
        self.bot_user = {"id": 1, "is_bot": True, "first_name": "驻村助手"}
        budget = Budget(0, self.sleep)
        self.answers = Answers(self.bot, self.api, budget, self.sleep)
        self.worker = Worker(self.db, make_dispatcher(), self.bot, CHANNEL, self.answers, self.clock)
        self.delivery = Delivery(self.db, self.bot, CHANNEL, budget, self.clock, jitter=lambda: 1.0)
        self.intake = Intake(self.db, CHANNEL, self.clock, lambda: None)
        reminders = [job for job in standard(self.db) if job.name != "retention"]  # which has tests of its own
        self.ticks = Clock(self.db, reminders, self.clock)
        self._areas: dict[str, int] = {}
        self._pending: list[Any] = []
        self._writes = 0
        self._settled: tuple[datetime, int] | None = None
        self.db.on_statement(self._note_write)

    def clock(self) -> datetime:
        """What time it is, UTC."""
        return self.now.astimezone(UTC)

    # -- people -------------------------------------------------------------------------------------------------

    def cadre(self, name: str, *, village: str = "石门村", secretary: bool = False, township: str = "柳河镇") -> Actor:
        """A member of a village's team, or its first secretary; bound, consent given."""
        role = Role.FIRST_SECRETARY if secretary else Role.TEAM_MEMBER
        return self._person(name, role, (village, township), village=village)

    def township_officer(self, name: str, township: str = "柳河镇") -> Actor:
        """An officer of a township."""
        return self._person(name, Role.TOWNSHIP_OFFICER, (township,))

    def county_staff(self, name: str, county: str = "安岭县") -> Actor:
        """Staff of the county's organisation department."""
        return self._person(name, Role.COUNTY_STAFF, (county,))

    def county_leader(self, name: str, county: str = "安岭县") -> Actor:
        """A leader of the county, who reads."""
        return self._person(name, Role.COUNTY_LEADER, (county,))

    def unit_liaison(self, name: str, county: str = "安岭县") -> Actor:
        """The liaison of the dispatching unit 县农业农村局."""
        return self._person(name, Role.UNIT_LIAISON, (county,))

    def admin(self, name: str, area: str = "样例省") -> Actor:
        """An admin of an area and all below."""
        return self._person(name, Role.ADMIN, (area,))

    def stranger(self, name: str) -> Actor:
        """Somebody nobody knows."""
        actor = self.actor(self, name, chat_id=next(self.numbers) + 5000)
        self.api.names[actor.chat_id] = name
        return actor

    async def newcomer(self, actor: Actor) -> Actor:
        """The person is on the roster, and nobody has spoken from this phone yet."""
        await self._people()
        async with self.db.write() as session:
            await session.execute(delete(Chat).where(Chat.external_id == actor.chat_id))
            person = await session.get_one(Person, actor.person_id)
            person.position_consent = person.consented_at = None
        return actor

    async def invites(self, actor: Actor, *, takeover: bool = False) -> str:
        """A fresh invitation's token for a person."""
        await self._people()
        async with self.db.write() as session:
            by = self.viewer_system()
            return await invitations.create(
                session, by=by, person_id=actor.person_id, now=self.clock(), takeover=takeover
            )

    def _person(self, name: str, role: Role, places: tuple[str, ...], *, village: str | None = None) -> Actor:
        actor = self.actor(self, name, chat_id=next(self.numbers) + 5000, village=village)
        self.api.names[actor.chat_id] = name
        self._pending.append((actor, role, places))
        return actor

    async def settle(self) -> None:
        """Everything that waits is done: people exist, updates are handled, answers and cards are out.

        Where nothing was written since and no time has passed, nothing can wait.
        """
        await self._people()
        await self.answers.drain()
        if self._settled == (self.now, self._writes):
            return
        handled = True
        while handled:  # what was handled last may have put something into the outbox
            while await self.worker.run_once():
                pass
            await self.answers.drain()
            while await self.delivery.run_once():
                pass
            handled = bool(await self.worker.run_once())
            await self.answers.drain()
        self._settled = (self.now, self._writes)

    def _note_write(self, statement: str) -> None:
        self._writes += not statement.startswith(("SELECT", "BEGIN"))

    async def feed(self, update: dict[str, Any]) -> None:
        """An update comes in and is handled."""
        await self._people()
        await self.intake.store([arrival({"update_id": next(self.numbers), **update})])
        await self.settle()

    async def advance(self, **span: float) -> None:
        """Let time pass (`minutes=…`, `hours=…`, `days=…`); what falls due happens."""
        await self._go(self.now + timedelta(**span))

    async def at(self, moment: str, on: date | None = None) -> None:
        """Go to a time of day (`"09:40"`, the county's clock), today or on a day."""
        hour, minute = moment.split(":")
        await self._go(datetime.combine(on or self.now.date(), time(int(hour), int(minute)), tzinfo=SHANGHAI))

    async def _go(self, moment: datetime) -> None:
        if self.clock_runs and moment > self.now:
            await self.settle()
            await self.ticks.look()
            while (due := await self.ticks.next_due(self.now, moment)) is not None:
                self.now = due[0].astimezone(SHANGHAI)
                await self.ticks.look(due[1])
                await self.settle()
        self.now = moment
        await self.settle()

    # -- what is there ------------------------------------------------------------------------------------------

    async def day(self, actor: Actor, half: Half = Half.AM, on: date | None = None) -> DayStatus:
        """What a half-day of somebody is."""
        await self.settle()
        on = on or self.now.date()
        async with self.db.read() as session:
            row = (
                await session.scalars(select(Day).where(Day.person_id == actor.person_id, Day.on == on))
            ).one_or_none()
            area = await session.get_one(Area, self._areas[actor.village or "安岭县"])
            calendar = await county_calendar(session, area, {on.year})
            over = is_over(on, half, self.now, Profile())
            return days.status(
                days.facts(row, half), workday=calendar.is_workday(on), day_over=over and on < self.now.date()
            )

    async def rows(self, table: type[Any]) -> list[Any]:
        """All rows of a table."""
        await self.settle()
        async with self.db.read() as session:
            return list(await session.scalars(select(table).order_by(*table.__mapper__.primary_key)))

    async def kept(self, actor: Actor) -> str:
        """Everything that somebody's conversation holds, as it is stored."""
        await self.settle()
        async with self.db.read() as session:
            query = select(Conversation.data).join(Chat, Conversation.chat_id == Chat.id)
            found = (await session.scalars(query.where(Chat.external_id == actor.chat_id))).one_or_none()
            return orjson.dumps(found).decode()

    async def audit(self) -> list[str]:
        """The audit tags so far, in order."""
        return [row.action for row in await self.rows(Audit)]

    async def set(self, key: str, value: Any, area: str = "安岭县", on: date = date(2026, 1, 1)) -> None:
        """A setting of an area, in force from the first of the year or from `on`. `value` as JSON holds it."""
        await self._people()
        async with self.db.write() as session:
            session.add(
                Setting(
                    id=new_id(session),
                    area_id=await self._area(session, area),
                    key=key,
                    value=value,
                    effective_on=on,
                    reason="test",
                    set_by_id=None,
                    set_at=self.clock(),
                )
            )

    def area_id(self, name: str) -> int:
        """The id of an area by its name."""
        return self._areas[name]

    def viewer_system(self) -> Viewer:
        """The software itself."""
        return Viewer.system("/")

    def note(self, line: str) -> None:
        """A line of the transcript."""
        self.api.transcript.append(line)

    def fail(self, why: str) -> NoReturn:
        """Fail with the transcript."""
        raise AssertionError(why + "\n\n" + "\n".join(self.api.transcript[-40:]))

    async def close(self) -> None:
        """Give everything back."""
        await self.answers.cancel()
        await self.db.close()

    # -- making people ------------------------------------------------------------------------------------------

    async def _people(self) -> None:
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        async with self.db.write() as session:
            for actor, role, places in pending:
                await self._make(session, actor, role, places)

    async def _make(self, session: Any, actor: Actor, role: Role, places: tuple[str, ...]) -> None:
        area_id = 0
        for place in reversed(places):
            area_id = await self._area(session, place, township=places[-1])
        unit = await self._unit(session)
        person = (await session.scalars(select(Person).where(Person.name == actor.name))).first()
        if person is None:
            person = Person(
                id=new_id(session),
                name=actor.name,
                phone=f"139{actor.chat_id:04d}1234",
                political_status="中共党员",
                unit_id=unit,
                language="zh_CN",
                position_consent=True,
                consented_at=self.clock(),
            )
            session.add(person)
            await session.flush()
            session.add(
                Chat(
                    id=new_id(session),
                    channel=CHANNEL,
                    external_id=actor.chat_id,
                    person_id=person.id,
                    bound_at=self.clock(),
                )
            )
            await session.flush()
        actor.person_id = person.id
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=person.id,
                role=role,
                area_id=area_id,
                unit_id=unit if role is Role.UNIT_LIAISON else None,
                starts_on=date(2026, 1, 1),
            )
        )
        await session.flush()

    async def _unit(self, session: Any) -> int:
        found = (await session.scalars(select(DispatchingUnit).limit(1))).first()
        if found is None:
            found = DispatchingUnit(id=new_id(session), name="县农业农村局", level=Level.COUNTY, kind="党政机关")
            session.add(found)
            await session.flush()
        return found.id

    async def _area(self, session: Any, name: str, township: str = "柳河镇") -> int:
        if name in self._areas:
            return self._areas[name]
        levels = {"样例省": Level.PROVINCE, "样例市": Level.CITY}
        default = Level.COUNTY if name.endswith("县") else Level.VILLAGE if name.endswith("村") else Level.TOWNSHIP
        level = levels.get(name, default)
        parent_name = {
            Level.CITY: "样例省",
            Level.COUNTY: "样例市",
            Level.TOWNSHIP: "安岭县",
            Level.VILLAGE: township,
        }.get(level)
        parent = await self._area(session, parent_name) if parent_name is not None else None
        path = (await session.get_one(Area, parent)).path if parent is not None else "/"
        area_id = new_id(session)
        session.add(
            Area(
                id=area_id,
                code=str(130000 + area_id),
                name=name,
                level=level,
                parent_id=parent,
                path=f"{path}{area_id}/",
                is_sample=True,
            )
        )
        await session.flush()
        if level is Level.VILLAGE:
            latitude, longitude = VILLAGES.setdefault(name, (38.0 + len(VILLAGES) * 0.2, 114.0))
            session.add(
                Site(
                    id=new_id(session),
                    village_id=area_id,
                    name="村部",
                    latitude=latitude,
                    longitude=longitude,
                    datum=Datum.WGS84,
                    entered_latitude=latitude,
                    entered_longitude=longitude,
                )
            )
            await session.flush()
        self._areas[name] = area_id
        return area_id


def north(village: str, km: float) -> tuple[float, float]:
    """A point so many kilometres north of a village's site."""
    latitude, longitude = VILLAGES[village]
    return latitude + km / 111.195, longitude


def east(village: str, km: float) -> tuple[float, float]:
    """A point so many kilometres east of a village's site."""
    latitude, longitude = VILLAGES[village]
    return latitude, longitude + km / (111.195 * cos(radians(latitude)))


__all__ = ["MONDAY_MORNING", "SHANGHAI", "Actor", "Inbox", "Outbox", "World", "east", "north", "orjson"]
