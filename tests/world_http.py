"""The world over a second line: the same people and the same bot, and between them the gateway and real HTTP.

People act on the gateway as its page does and see what it holds; updates come by getUpdates, answers go out as calls.
"""

from pathlib import Path
from typing import Any

import orjson
from aiogram.client.telegram import TelegramAPIServer

from bot.answers import Answers
from bot.api import JsonSession
from bot.budget import Budget
from bot.delivery import Delivery
from bot.dispatcher import make_bot, make_dispatcher
from bot.intake import ALLOWED, arrival
from bot.worker import Worker
from gateway import Gateway
from handlers.replies import keys
from locales import speaking
from storage import people
from storage.tables import Person
from tests.botapi import Said
from tests.world import CHANNEL, Actor, World


class HttpActor(Actor):
    """Somebody at the gateway's page. What only a forger sends can't be sent from here."""

    world: "HttpWorld"

    async def presses_data(self, data: str, said: Said | None = None, *, shown: str | None = None) -> None:
        await self.looks_away()
        said = said or self._messages()[-1]
        self.world.note(f"{self.name} › [{shown or data}]")
        await self.world.gateway.press(self.chat_id, said.message_id, data)
        await self.world.settle()

    async def _sends(self, body: dict[str, Any], minutes_ago: float, *, shown: str) -> None:
        await self.looks_away()
        self.world.note(f"{self.name} › {shown}")
        age = minutes_ago * 60
        if set(body) == {"text"}:
            await self.world.gateway.post_text(self.chat_id, body["text"], age=age)
        elif set(body) - {"reply_to_message"} == {"location"}:
            await self._sends_location(body["location"], picked="reply_to_message" not in body, age=age)
        elif set(body) - {"caption"} == {"document"}:
            content = self.world.api.files[body["document"]["file_id"]]
            name, caption = body["document"]["file_name"], body.get("caption", "")
            await self.world.gateway.post_document(self.chat_id, name, content, caption=caption)
        else:
            raise NotImplementedError(f"the page sends no {sorted(body)}")
        await self.world.settle()

    async def _sends_location(self, location: dict[str, Any], *, picked: bool, age: float) -> None:
        accuracy = location.get("horizontal_accuracy")
        place = (location["latitude"], location["longitude"])
        await self.world.gateway.post_location(self.chat_id, *place, accuracy=accuracy, age=age, picked=picked)


class HttpWorld(World):
    """A county whose bot talks to a gateway over HTTP. Made by `start`."""

    actor = HttpActor
    gateway: Gateway
    line: JsonSession
    _offset: int | None = None

    @classmethod
    async def start(cls, database_url: str, gateway_db: Path | str = ":memory:") -> "HttpWorld":
        """The county, and a gateway whose clock is the world's."""
        world = cls(database_url)
        world.gateway = await Gateway.start(
            db=gateway_db, host="127.0.0.1", port=0, now=lambda: world.clock().timestamp()
        )
        world.line = JsonSession(api=TelegramAPIServer.from_base(world.gateway.url))
        world.bot = make_bot(world.gateway.token, world.line)
        budget = Budget(0, world.sleep)
        world.answers = Answers(world.bot, world.line, budget, world.sleep)
        world.worker = Worker(world.db, make_dispatcher(), world.bot, CHANNEL, world.answers, world.clock)
        world.delivery = Delivery(world.db, world.bot, CHANNEL, budget, world.clock)
        return world

    async def settle(self) -> None:
        """As ever, once the updates that wait at the gateway have been fetched; and what people see is looked up."""
        await self._people()
        while await self._fetch():
            pass
        await super().settle()
        for chat_id in self.api.names:
            await self._look(chat_id)

    async def close(self) -> None:
        """Give everything back."""
        await super().close()
        await self.line.close()
        await self.gateway.close()

    async def _fetch(self) -> int:
        ask = orjson.dumps({"offset": self._offset, "timeout": 0, "allowed_updates": ALLOWED})
        updates = await self.line.call(self.bot, "getUpdates", ask)
        await self.intake.store([arrival(update) for update in updates])
        if updates:
            self._offset = updates[-1]["update_id"] + 1
        return len(updates)

    async def _look(self, chat_id: int) -> None:
        """Bring what the world shows of a chat up to date with what the gateway holds."""
        phones, person = self.gateway._phones, self.gateway.user(chat_id)
        held = await phones.state(person)
        shown = self.api.messages.setdefault(chat_id, [])
        known = {said.message_id: said for said in shown}
        keyboard = orjson.loads(orjson.dumps(held["keyboard"]))
        for message in map(orjson.loads, held["messages"]):
            if not message["from"]["is_bot"]:
                continue
            now = _said(message)
            if (file := await phones.opened(person, now.message_id)) is not None:
                now.file, now.file_name = file.data, file.name
            if keyboard is not None and keyboard["message_id"] == now.message_id:
                now.markup = keyboard["markup"]
            if (said := known.get(now.message_id)) is None:
                shown.append(now)
                self.api._note(now)
            elif "edit_date" in message and (said.text, said.markup) != (now.text, now.markup):
                said.text, said.markup, said.edits = now.text, now.markup, said.edits + 1
                self.api._note(said)
        held_ids = {orjson.loads(message)["message_id"] for message in held["messages"]}
        self.api.messages[chat_id] = [said for said in shown if said.toast or said.message_id in held_ids]
        await self._look_for_toasts(chat_id)

    async def _look_for_toasts(self, chat_id: int) -> None:
        news = orjson.loads(orjson.dumps(await self.gateway._phones.news(self.gateway.user(chat_id), 0, 0)))
        shown = self.api.messages[chat_id]
        known = {said.message_id for said in shown if said.toast}
        for answer in news["answers"]:
            number = -int(answer["id"])  # a toast is no message: its number is the press's
            if answer.get("text") and number not in known:
                shown.append(Said(number, chat_id, answer["text"], toast=True))
                self.api._note(shown[-1])

    async def _people(self) -> None:
        """As ever; and those who have a keyboard have it before them, since a position pressed replies to it."""
        made = [actor for actor, *_ in self._pending]
        for chat_id, name in self.api.names.items():
            self.gateway.user(chat_id, name)
        await super()._people()
        for actor in made:
            await self._give_keyboard(actor)

    async def _give_keyboard(self, actor: Actor) -> None:
        async with self.db.read() as session:
            person = await session.get_one(Person, actor.person_id)
            posts = (await people.posts_of(session, [person.id], self.now.date()))[person.id]
        with speaking(person.language):
            keyboard = keys(people.viewer_of(person, posts), person)
        await self.bot.send_message(actor.chat_id, "⌨", reply_markup=keyboard)
        await self._look(actor.chat_id)
        actor.seen = len(actor._messages())


def _said(message: dict[str, Any]) -> Said:
    """A message of the bot, as the Bot API shows it."""
    place = message.get("location")
    said = Said(
        message["message_id"],
        message["chat"]["id"],
        message.get("text") or message.get("caption") or "",
        markup=message.get("reply_markup"),
        location=(place["latitude"], place["longitude"]) if place else None,
    )
    said.is_photo = "photo" in message
    return said
