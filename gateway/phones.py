"""The person's side: what people send, and news of their chat. Used by the page, and in-process by tests and benches."""

import asyncio
import contextlib
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway import commands, files
from gateway.chats import DAY, MESSAGE_UNITS, Chats
from gateway.entities import clean, discover, units
from gateway.errors import ApiError, PageError
from gateway.files import Kind, StoredFile, Upload
from gateway.methods import read_position
from gateway.people import Item, Person, hashed
from gateway.store import Store, Transaction

_SHOWN_AT_ONCE = 60
_LONGEST_KEY = 80
_FIRST_INVITED, _INVITED_SPAN = 6_000_000_000, 1_000_000_000


class Phones:
    """One for the gateway: every person's phone goes through it. Ages are seconds since the person pressed send."""

    def __init__(self, store: Store, chats: Chats, now: Callable[[], float]) -> None:
        self._store = store
        self._chats = chats
        self._now = now
        self._watchers: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._actions: dict[int, tuple[str, float]] = {}
        self.closing = False

    # Accounts

    async def add(self, person: Person) -> None:
        self._chats.people[person.user_id] = person
        await self._store.run(lambda tx: self._chats.keep_person(tx, person))

    async def invite(self, name: str, language: str) -> tuple[Person, str]:
        """A new account of a browser: the person, and the secret by which the browser is known again."""
        user_id = _FIRST_INVITED + secrets.randbelow(_INVITED_SPAN)
        while user_id in self._chats.people:
            user_id += 1
        person, secret = Person(user_id, name, language), secrets.token_urlsafe(32)
        await self._store.run(lambda tx: self._chats.keep_person(tx, person, hashed(secret)))
        self._chats.people[user_id] = person
        self._chats.by_secret[hashed(secret)] = user_id
        return person, secret

    def by_secret(self, secret: str) -> Person | None:
        user_id = self._chats.by_secret.get(hashed(secret))
        return None if user_id is None else self._chats.people.get(user_id)

    # Sending

    def _date(self, age: float) -> int:
        if not 0 <= age <= DAY:
            raise PageError(422, "age", "an item must be between 0 and 24 hours old")
        return int(self._now() - age)

    async def text(self, person: Person, text: str, *, age: float = 0.0, client_id: str | None = None) -> int:
        """Raises:
        PageError: Empty, longer than 4096 UTF-16 units, of an impossible age, or the bot is stopped.
        """
        text = clean(text).strip()
        if not text:
            raise PageError(422, "empty", "the text is empty")
        if units(text) > MESSAGE_UNITS:
            raise PageError(422, "too_long", f"a message holds at most {MESSAGE_UNITS} characters")
        content: dict[str, Any] = {"text": text}
        if entities := discover(text, []):
            content["entities"] = entities
        return await self._receive(person, content, age, client_id)

    async def location(
        self,
        person: Person,
        latitude: float,
        longitude: float,
        *,
        accuracy: float | None = None,
        age: float = 0.0,
        client_id: str | None = None,
        keyboard_id: int | None = None,
    ) -> int:
        """A position in degrees WGS-84, accuracy in metres. `keyboard_id` is the message that brought the location
        key which was pressed: the location then replies to it, as on Telegram. None: a point picked by hand.
        """
        position = read_position(latitude, longitude, accuracy)
        if position is None:
            raise PageError(422, "position", "latitude is within ±90 degrees, longitude within ±180")
        return await self._receive(person, {"location": position}, age, client_id, keyboard_id)

    async def contact(
        self,
        person: Person,
        phone: str,
        *,
        age: float = 0.0,
        client_id: str | None = None,
        keyboard_id: int | None = None,
    ) -> int:
        """A phone number the person typed. It is unverified, and so carries no `user_id`."""
        number = "".join(character for character in phone if character.isdigit() or character == "+")
        if not 5 <= len(number) <= 20:
            raise PageError(422, "phone", "a phone number has 5 to 20 digits")
        contact = {"phone_number": number, "first_name": person.name}
        return await self._receive(person, {"contact": contact}, age, client_id, keyboard_id)

    async def file(
        self,
        person: Person,
        kind: Kind,
        upload: Upload,
        *,
        caption: str = "",
        album: str | None = None,
        age: float = 0.0,
        client_id: str | None = None,
    ) -> int:
        """A photo or document of at most 20 MB; items with the same `album` belong together."""
        if len(upload.data) > files.LARGEST_DOWNLOAD:
            raise PageError(413, "too_large", "a file has at most 20 MB")
        extra: dict[str, Any] = {}
        if caption := clean(caption).strip()[:1000]:
            extra["caption"] = caption
        if album is not None:
            extra["media_group_id"] = str(int.from_bytes(hashed(f"{person.user_id}:{album}")[:7], "big"))
        date = self._date(age)

        def job(tx: Transaction) -> int:
            try:
                content = files.keep(tx, kind, upload) | extra
            except ApiError as error:
                raise PageError(422, "not_a_picture" if kind == "photo" else "empty", error.description) from error
            return self._chats.receive(tx, person, Item(content, date, client_id))

        return await self._store.run(job)

    async def _receive(
        self, person: Person, content: dict[str, Any], age: float, client_id: str | None, keyboard_id: int | None = None
    ) -> int:
        if client_id is not None and not 1 <= len(client_id) <= _LONGEST_KEY:
            raise PageError(422, "client_id", f"a key has 1 to {_LONGEST_KEY} characters")
        date = self._date(age)

        def job(tx: Transaction) -> int:
            reply_to = self._chats.keyboard_message(tx, person, keyboard_id)
            return self._chats.receive(tx, person, Item(content, date, client_id, reply_to))

        return await self._store.run(job)

    async def press(self, person: Person, message_id: int, data: str, *, client_id: str | None = None) -> str:
        """Press an inline button; answers the query's id."""
        now = self._now()
        return await self._store.run(lambda tx: self._chats.press(tx, person, message_id, data, client_id, now))

    async def block(self, person: Person, blocked: bool) -> None:
        now = self._now()
        await self._store.run(lambda tx: self._chats.block(tx, person, blocked, now))

    # Looking

    async def state(self, person: Person) -> dict[str, Any]:
        """All a page needs to begin: the end of the chat and what stands round it."""

        def job(tx: Transaction) -> dict[str, Any]:
            messages = self._chats.history(tx, person, None, _SHOWN_AT_ONCE)
            around = self._around(tx, person)
            return around | {"change": tx.last("change"), "messages": messages}

        found = await self._store.run(job)
        return found | {"more": len(found["messages"]) == _SHOWN_AT_ONCE}

    async def earlier(self, person: Person, before: int) -> list[bytes]:
        return await self._store.run(lambda tx: self._chats.history(tx, person, before, _SHOWN_AT_ONCE))

    async def news(self, person: Person, after: int, timeout: float) -> dict[str, Any]:
        """What changed after the change `after`, waiting up to `timeout` seconds for it."""
        event = asyncio.Event()
        watchers = self._watchers[person.user_id]
        watchers.add(event)
        deadline = time.monotonic() + timeout
        shown = self._action(person)
        try:
            while True:
                event.clear()
                found = await self._store.run(partial(self._news, person, after))
                action = self._action(person)
                left = deadline - time.monotonic()
                if found["change"] > after or action != shown or left <= 0 or self.closing:
                    return found | {"action": action}
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), left)
        finally:
            watchers.discard(event)
            if not watchers:
                self._watchers.pop(person.user_id, None)
                self._actions.pop(person.user_id, None)

    def _news(self, person: Person, after: int, tx: Transaction) -> dict[str, Any]:
        if after > tx.last("change"):  # a page that remembers another database
            after = 0
        return self._around(tx, person) | self._chats.changes(tx, person, after, _SHOWN_AT_ONCE)

    def _around(self, tx: Transaction, person: Person) -> dict[str, Any]:
        return {
            "keyboard": self._chats.keyboard(tx, person),
            "commands": commands.shown_to(tx, person.user_id, person.language),
            "blocked": person.blocked,
            "now": int(self._now() * 1000),
        }

    def wake(self, chat_ids: set[int]) -> None:
        """These chats have changed."""
        for chat_id in chat_ids & self._watchers.keys():
            for event in self._watchers[chat_id]:
                event.set()

    def show_action(self, chat_id: int, action: str, seconds: float) -> None:
        """Tell open pages that the bot is busy ("typing" and the like); "" that it no longer is."""
        if chat_id not in self._watchers:
            return
        if action:
            self._actions[chat_id] = (action, time.monotonic() + seconds)
            self.wake({chat_id})
        else:
            self._actions.pop(chat_id, None)

    def _action(self, person: Person) -> str:
        action, until = self._actions.get(person.user_id, ("", 0.0))
        return action if time.monotonic() < until else ""

    async def opened(self, person: Person, message_id: int) -> StoredFile | None:
        """The file in a message of this person's chat."""

        def job(tx: Transaction) -> StoredFile | None:
            file_id = self._chats.file_of(tx, person, message_id)
            return None if file_id is None else files.by_id(tx, file_id)

        return await self._store.run(job)

    def close(self) -> None:
        """Let waiting pages go."""
        self.closing = True
        self.wake(set(self._watchers))
