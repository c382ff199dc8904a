"""The gateway: one aiohttp application, one database, one bot."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from gateway.botapi import BotApi
from gateway.chats import Chats
from gateway.files import LARGEST_UPLOAD, Upload
from gateway.methods import Desk, Rate
from gateway.pages import Pages
from gateway.people import Person, language_tag
from gateway.phones import Phones
from gateway.store import Store, Transaction
from gateway.updates import Hook, Updates

log = logging.getLogger(__name__)

_SWEEP_EVERY = 3600.0
_USERNAME = "zhucun_bot"


@dataclass(frozen=True)
class SamplePerson:
    """Somebody one may be on this machine, to look round."""

    user_id: int
    name: str
    title: str
    language: str = "zh-hans"


class Gateway:
    """A running gateway. Make one with `start`."""

    def __init__(
        self, *, store: Store, token: str, chats: Chats, updates: Updates, phones: Phones, pages: Pages
    ) -> None:
        self._store = store
        self._chats = chats
        self._updates = updates
        self._phones = phones
        self._pages = pages
        self._runner: web.AppRunner | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.token = token
        self.url = ""
        self.public_url = ""

    @classmethod
    async def start(
        cls,
        *,
        db: str | Path,
        host: str,
        port: int,
        public_url: str | None = None,
        rate: float = 0,
        now: Callable[[], float] = time.time,
        name: str = "驻村助手",
    ) -> "Gateway":
        """Open the database and listen.

        Args:
            db: SQLite file, made if it isn't there, or ":memory:".
            host: Address to listen on.
            port: 0 takes any free one.
            public_url: Where people reach the page, if not at `url`. Not on this machine: then nobody may be a sample
                person, since requests come through a proxy and all look local.
            rate: Messages a second the bot may send over all chats, else 429; 0 is no limit.
            now: Unix seconds.
            name: The bot's name in the page's header and getMe.

        Raises:
            OSError: The address is taken or not ours.
            sqlite3.Error: The file can't be opened, or is no such database.
        """
        store = Store(db)
        try:
            settings = await store.run(_settings)
            bot = {
                "id": int(settings["token"].split(":")[0]), "is_bot": True, "first_name": name, "username": _USERNAME
            }  # fmt: skip
            chats = await store.run(lambda tx: Chats(tx, bot))
            stored_hook = settings.get("webhook")
            updates = Updates(store, chats, Hook(**orjson.loads(stored_hook)) if stored_hook else None, now)
            phones = Phones(store, chats, now)

            def after_commit(touched: set[int], update_added: bool) -> None:
                if touched:
                    phones.wake(touched)
                if update_added:
                    updates.wake()

            store.after_commit = after_commit
            desk = Desk(store, chats, Rate(rate), now, phones.show_action)
            pages = Pages(phones, chats, bot_name=name, public_url=public_url)
            api = BotApi(token=settings["token"], store=store, chats=chats, updates=updates, desk=desk)
            gateway = cls(
                store=store, token=settings["token"], chats=chats, updates=updates, phones=phones, pages=pages
            )
            await gateway._listen(api, host, port)
        except BaseException:
            await store.close()
            raise
        gateway.public_url = (public_url or gateway.url).rstrip("/")
        gateway._sweeper = asyncio.get_running_loop().create_task(gateway._sweep(now), name="gateway-sweep")
        return gateway

    async def _listen(self, api: BotApi, host: str, port: int) -> None:
        application = web.Application(client_max_size=LARGEST_UPLOAD)
        application.add_routes([*api.routes(), *self._pages.routes()])
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        address = runner.addresses[0]
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        self.url = f"http://{shown}:{address[1]}"

    async def _sweep(self, now: Callable[[], float]) -> None:
        while True:
            try:
                await self._store.run(lambda tx: self._chats.sweep(tx, now()))
            except sqlite3.Error:
                log.exception("the sweep could not be kept; the next one tries again")
            await asyncio.sleep(_SWEEP_EVERY)

    async def close(self) -> None:
        """Answer who waits, stop listening, close the database."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        self._phones.close()
        self._updates.stop_polls()
        await self._updates.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._store.close()

    def link(self, start: str) -> str:
        """The invitation link that makes an account and says `/start TOKEN`."""
        return f"{self.public_url}/?start={start}"

    # People, without HTTP

    async def offer_people(self, people: Sequence[SamplePerson]) -> None:
        """Replace the list of people one may be (on this machine only); they have a chat with the bot from now on."""
        for sample in people:
            known = self._chats.people.get(sample.user_id)
            person = known or Person(sample.user_id, sample.name, language_tag(sample.language))
            person.name, person.language = sample.name, language_tag(sample.language)
            await self._phones.add(person)
        self._pages.samples = {sample.user_id: sample for sample in people}

    def user(self, user_id: int, name: str | None = None, language: str = "zh-hans") -> Person:
        """Somebody with a chat, made if unknown."""
        person = self._chats.people.get(user_id)
        if person is None:
            made = person = Person(user_id, name or f"用户{user_id}", language_tag(language))
            self._chats.people[user_id] = made
            self._store.submit(lambda tx: self._chats.keep_person(tx, made)).add_done_callback(_tell_failure)
        return person

    async def post_text(self, user_id: int, text: str, *, age: float = 0.0, client_id: str | None = None) -> int:
        """The person says something, `age` seconds ago; answers the message's id."""
        return await self._phones.text(self.user(user_id), text, age=age, client_id=client_id)

    async def post_location(
        self,
        user_id: int,
        latitude: float,
        longitude: float,
        *,
        accuracy: float | None = None,
        age: float = 0.0,
        picked: bool = False,
        client_id: str | None = None,
    ) -> int:
        """A position (degrees WGS-84, metres). Unless `picked` by hand it replies to the keyboard's message."""
        person = self.user(user_id)
        keyboard = None if picked else await self._store.run(lambda tx: self._chats.keyboard(tx, person))
        keyboard_id = None if keyboard is None else keyboard["message_id"]
        return await self._phones.location(
            person, latitude, longitude, accuracy=accuracy, age=age, client_id=client_id, keyboard_id=keyboard_id
        )

    async def post_contact(self, user_id: int, phone: str) -> int:
        return await self._phones.contact(self.user(user_id), phone)

    async def post_photo(self, user_id: int, data: bytes, *, caption: str = "", album: str | None = None) -> int:
        upload = Upload("photo.jpg", "image/jpeg", data)
        return await self._phones.file(self.user(user_id), "photo", upload, caption=caption, album=album)

    async def post_document(self, user_id: int, name: str, data: bytes, *, caption: str = "") -> int:
        upload = Upload(name, "application/octet-stream", data)
        return await self._phones.file(self.user(user_id), "document", upload, caption=caption)

    async def press(self, user_id: int, message_id: int, data: str) -> str:
        """Press an inline button by its callback data; answers the query's id."""
        return await self._phones.press(self.user(user_id), message_id, data)

    async def block(self, user_id: int, blocked: bool = True) -> None:
        await self._phones.block(self.user(user_id), blocked)

    async def messages(self, user_id: int, limit: int = 50) -> list[dict[str, Any]]:
        """The end of the chat as Bot API messages, oldest first."""
        person = self.user(user_id)
        found = await self._store.run(lambda tx: self._chats.history(tx, person, None, limit))
        return [orjson.loads(one) for one in found]


def _tell_failure(kept: asyncio.Future[None]) -> None:
    if not kept.cancelled() and (error := kept.exception()) is not None:
        log.error("a person could not be kept", exc_info=error)


def _settings(tx: Transaction) -> dict[str, str]:
    """What is kept of the last start; the bot's token is made at the first."""
    settings = dict(tx.execute("SELECT name, value FROM settings").fetchall())
    if "token" not in settings:
        settings["token"] = f"{7_000_000_000 + secrets.randbelow(999_999_999)}:{secrets.token_urlsafe(26)}"
        tx.execute("INSERT INTO settings VALUES ('token', ?)", (settings["token"],))
    return settings
