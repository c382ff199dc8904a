"""People and their chats with the bot: jobs that add, change and show messages, and the updates that follow."""

from typing import Any, Final

import orjson

from gateway.errors import ApiError, PageError, bad_request
from gateway.keyboards import Markup
from gateway.people import Item, Person
from gateway.store import Transaction

FROM_BOT: Final = 1
CARRIES_KEYBOARD: Final = 2
HAS_POSITION: Final = 4

DAY: Final = 24 * 3600
MESSAGE_UNITS: Final = 4096
CAPTION_UNITS: Final = 1024
_PRESS_LIVES: Final = 15 * 60
_POSITION_DAYS: Final = 30
_COLUMNS: Final = "message_id, date, flags, reply_to, content"

DEFAULT_UPDATES: Final = frozenset({"message", "callback_query", "my_chat_member"})
Row = tuple[int, int, int, int | None, bytes]


class Chats:
    """The jobs. People are held in memory (a few hundred bytes each), messages are not."""

    def __init__(self, tx: Transaction, bot: dict[str, Any]) -> None:
        self.bot = bot
        self._bot_json = orjson.dumps(bot)
        self.people: dict[int, Person] = {}
        self.by_secret: dict[bytes, int] = {}
        for user_id, name, language, secret, blocked in tx.execute(
            "SELECT user_id, name, language, secret, blocked FROM people"
        ):
            self.people[user_id] = Person(user_id, name, language, bool(blocked))
            if secret is not None:
                self.by_secret[secret] = user_id
        stored = tx.execute("SELECT value FROM settings WHERE name = 'allowed_updates'").fetchone()
        self.allowed = frozenset(orjson.loads(stored[0])) if stored else DEFAULT_UPDATES

    # People

    def keep_person(self, tx: Transaction, person: Person, secret: bytes | None = None) -> None:
        tx.execute(
            "INSERT INTO people (user_id, name, language, secret) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (user_id) DO UPDATE SET name = ?2, language = ?3, secret = coalesce(?4, secret)",
            (person.user_id, person.name, person.language, secret),
        )

    def reachable(self, chat_id: object) -> Person:
        """The person the bot may write to.

        Raises:
            ApiError: 400 chat not found, 403 blocked.
        """
        if chat_id is None or chat_id == "":
            raise bad_request("chat_id is empty")
        try:
            person = self.people.get(int(chat_id))  # type: ignore[call-overload]
        except (TypeError, ValueError):
            person = None
        if person is None:
            raise bad_request("chat not found")
        if person.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return person

    def block(self, tx: Transaction, person: Person, blocked: bool, now: float) -> None:
        """The person stops the bot, or lets it speak again. Saying it twice changes nothing."""
        if person.blocked == blocked:
            return
        tx.execute("UPDATE people SET blocked = ? WHERE user_id = ?", (blocked, person.user_id))
        person.blocked = blocked
        states = [{"status": "member", "user": self.bot}, {"status": "kicked", "user": self.bot, "until_date": 0}]
        if not blocked:
            states.reverse()
        change = {"chat": person.chat(), "from": person.user(), "date": int(now)}
        body = orjson.dumps(change | {"old_chat_member": states[0], "new_chat_member": states[1]})
        self._emit(tx, "my_chat_member", person, body, now)
        tx.touched.add(person.user_id)

    # Messages

    def _add(self, tx: Transaction, person: Person, item: Item, flags: int) -> bytes:
        message_id = tx.next("message")
        if "location" in item.content:
            flags |= HAS_POSITION
        content = orjson.dumps(item.content)
        tx.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (message_id, person.user_id, tx.next("change"), item.date, flags, item.reply_to, content, item.client_id),
        )
        tx.touched.add(person.user_id)
        return self._whole(tx, person, (message_id, item.date, flags, item.reply_to, content))

    def _whole(self, tx: Transaction, person: Person, row: Row, *, with_reply: bool = True) -> bytes:
        """A message as the Bot API shows it."""
        message_id, date, flags, reply_to, content = row
        sender = self._bot_json if flags & FROM_BOT else orjson.dumps(person.user())
        head = b'{"message_id":%d,"from":%b,"chat":%b,"date":%d,' % (
            message_id,
            sender,
            orjson.dumps(person.chat()),
            date,
        )
        if reply_to is not None and with_reply:
            replied = self._row(tx, person, reply_to)
            if replied is not None:
                head += b'"reply_to_message":%b,' % self._whole(tx, person, replied, with_reply=False)
        return head + content[1:]

    def _row(self, tx: Transaction, person: Person, message_id: int) -> Row | None:
        row: Row | None = tx.execute(
            f"SELECT {_COLUMNS} FROM messages WHERE message_id = ? AND chat_id = ? AND content IS NOT NULL",  # noqa: S608
            (message_id, person.user_id),
        ).fetchone()
        return row

    def send(
        self,
        tx: Transaction,
        person: Person,
        contents: list[dict[str, Any]],
        markup: Markup | None,
        reply: tuple[int, bool] | None,
        now: float,
    ) -> list[bytes]:
        """What the bot says; `reply` is the message answered, and whether to send without if that is gone."""
        flags = FROM_BOT
        reply_to = None
        if reply is not None:
            if self._row(tx, person, reply[0]) is not None:
                reply_to = reply[0]
            elif not reply[1]:
                raise bad_request("message to be replied not found")
        if markup is not None:
            if markup.kind == "inline":
                contents[0]["reply_markup"] = markup.data
            else:
                flags |= CARRIES_KEYBOARD
        sent = [self._add(tx, person, Item(content, int(now), reply_to=reply_to), flags) for content in contents]
        if markup is not None and markup.kind in {"keyboard", "remove"}:
            keyboard = orjson.dumps(markup.data) if markup.kind == "keyboard" else None
            tx.execute(
                "UPDATE people SET keyboard = ?, keyboard_id = ? WHERE user_id = ?",
                (keyboard, tx.last("message"), person.user_id),
            )
        return sent

    def receive(self, tx: Transaction, person: Person, item: Item) -> int:
        """What a person sends; the same `client_id` again is the same message.

        Raises:
            PageError: The person has stopped the bot.
        """
        if item.client_id is not None:
            known = tx.execute(
                "SELECT message_id FROM messages WHERE chat_id = ? AND client_id = ?", (person.user_id, item.client_id)
            ).fetchone()
            if known is not None:
                return int(known[0])
        if person.blocked:
            raise PageError(409, "blocked", "the bot is stopped; let it speak again first")
        body = self._add(tx, person, item, 0)
        self._emit(tx, "message", person, body, item.date)
        return tx.last("message")

    def edit(
        self,
        tx: Transaction,
        person: Person,
        message_id: int,
        part: dict[str, Any] | None,
        markup: Markup | None,
        now: float,
    ) -> bytes:
        """Put `part` (text, caption or media with their entities; None: keep) and the inline keyboard in place.

        Raises:
            ApiError: 400, as Telegram words it.
        """
        row = self._row(tx, person, message_id)
        if row is None:
            raise bad_request("message to edit not found")
        if not row[2] & FROM_BOT or row[2] & CARRIES_KEYBOARD:
            raise bad_request("message can't be edited")
        old: dict[str, Any] = orjson.loads(row[4])
        new = {key: value for key, value in old.items() if key not in {"reply_markup", "edit_date"}}
        if part is not None:
            new = _replaced(new, part)
        if markup is not None and markup.kind == "inline":
            new["reply_markup"] = markup.data
        if new == {key: value for key, value in old.items() if key != "edit_date"}:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same"
                " as a current content and reply markup of the message"
            )
        new["edit_date"] = int(now)
        content = orjson.dumps(new)
        tx.execute(
            "UPDATE messages SET content = ?, change = ? WHERE message_id = ?", (content, tx.next("change"), message_id)
        )
        tx.touched.add(person.user_id)
        return self._whole(tx, person, (*row[:4], content))

    def delete(self, tx: Transaction, person: Person, message_ids: list[int], now: float, *, strict: bool) -> None:
        """Delete in both directions; `strict` refuses what isn't there, or is older than 48 hours."""
        for message_id in message_ids:
            row = self._row(tx, person, message_id)
            if row is None or row[1] < now - 2 * DAY:
                if strict:
                    raise bad_request("message to delete not found" if row is None else "message can't be deleted")
                continue
            tx.execute(
                "UPDATE messages SET content = NULL, flags = flags & 1, change = ? WHERE message_id = ?",
                (tx.next("change"), message_id),
            )
            tx.execute(
                "UPDATE people SET keyboard = NULL WHERE user_id = ? AND keyboard_id = ?", (person.user_id, message_id)
            )
            tx.touched.add(person.user_id)

    # Buttons

    def press(
        self, tx: Transaction, person: Person, message_id: int, data: str, client_id: str | None, now: float
    ) -> str:
        """A press on an inline button: answers the query's id. The same `client_id` again is the same press.

        Raises:
            PageError: The message isn't in this chat, or has no such button (any more).
        """
        if client_id is not None:
            known = tx.execute(
                "SELECT query_id FROM presses WHERE chat_id = ? AND client_id = ?", (person.user_id, client_id)
            ).fetchone()
            if known is not None:
                return str(known[0])
        if person.blocked:
            raise PageError(409, "blocked", "the bot is stopped; let it speak again first")
        row = self._row(tx, person, message_id)
        buttons = orjson.loads(row[4]).get("reply_markup", {}).get("inline_keyboard", []) if row else []
        if row is None or not any(button.get("callback_data") == data for line in buttons for button in line):
            raise PageError(409, "button_gone", "this button is no longer there")
        query_id = tx.next("press")
        tx.execute(
            "INSERT INTO presses (query_id, chat_id, client_id, date) VALUES (?, ?, ?, ?)",
            (query_id, person.user_id, client_id, int(now)),
        )
        query = {
            "id": str(query_id),
            "from": person.user(),
            "message": orjson.Fragment(self._whole(tx, person, row)),
            "chat_instance": str(person.user_id),
            "data": data,
        }
        self._emit(tx, "callback_query", person, orjson.dumps(query), now)
        return str(query_id)

    def answer(self, tx: Transaction, query_id: int, answer: dict[str, Any], now: float) -> None:
        """Raises:
        ApiError: 400 for a press that isn't known, or too old.
        """
        row = tx.execute(
            "SELECT chat_id, answer IS NULL FROM presses WHERE query_id = ? AND date > ?",
            (query_id, now - _PRESS_LIVES),
        ).fetchone()
        if row is None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if row[1]:
            tx.execute(
                "UPDATE presses SET answer = ?, change = ? WHERE query_id = ?",
                (orjson.dumps({"id": str(query_id)} | answer), tx.next("change"), query_id),
            )
            tx.touched.add(row[0])

    # What the page shows

    def history(self, tx: Transaction, person: Person, before: int | None, limit: int) -> list[bytes]:
        """Messages of the chat, oldest first: the last `limit` before the message `before` (None: the end)."""
        rows: list[Row] = tx.execute(
            f"SELECT {_COLUMNS} FROM messages WHERE chat_id = ? AND message_id < ? AND content IS NOT NULL"  # noqa: S608
            " ORDER BY message_id DESC LIMIT ?",
            (person.user_id, before if before is not None else 1 << 62, limit),
        ).fetchall()
        return [self._whole(tx, person, row) for row in reversed(rows)]

    def changes(self, tx: Transaction, person: Person, after: int, limit: int) -> dict[str, Any]:
        """What happened in the chat since the change `after`: new and edited messages, deleted ids, answers to presses."""
        rows = tx.execute(
            f"SELECT change, {_COLUMNS}, client_id FROM messages"  # noqa: S608
            " WHERE chat_id = ? AND change > ? ORDER BY change LIMIT ?",
            (person.user_id, after, limit),
        ).fetchall()
        answers = tx.execute(
            "SELECT change, answer FROM presses"
            " WHERE chat_id = ? AND change > ? AND answer IS NOT NULL ORDER BY change",
            (person.user_id, after),
        ).fetchall()
        if len(rows) == limit:  # the rest comes with the next call
            answers = [row for row in answers if row[0] <= rows[-1][0]]
        shown = [row for row in rows if row[5] is not None]
        return {
            "change": max([after, *(row[0] for row in rows[-1:]), *(row[0] for row in answers[-1:])]),
            "messages": [orjson.Fragment(self._whole(tx, person, row[1:6])) for row in shown],
            "deleted": [row[1] for row in rows if row[5] is None],
            "own": {str(row[1]): row[6] for row in shown if row[6] is not None},
            "answers": [orjson.Fragment(row[1]) for row in answers],
        }

    def keyboard(self, tx: Transaction, person: Person) -> dict[str, Any] | None:
        """The reply keyboard in place, with the id of the message that brought it."""
        row = tx.execute("SELECT keyboard, keyboard_id FROM people WHERE user_id = ?", (person.user_id,)).fetchone()
        if row is None or row[0] is None:
            return None
        return {"message_id": row[1], "markup": orjson.Fragment(row[0])}

    def keyboard_message(self, tx: Transaction, person: Person, message_id: int | None) -> int | None:
        """The id given, if that message of this chat did bring a reply keyboard."""
        row = self._row(tx, person, message_id) if message_id is not None else None
        return message_id if row is not None and row[2] & CARRIES_KEYBOARD else None

    def file_of(self, tx: Transaction, person: Person, message_id: int) -> str | None:
        """The id of the file which a message of this chat carries."""
        row = self._row(tx, person, message_id)
        content = orjson.loads(row[4]) if row is not None else {}
        if "photo" in content:
            return str(content["photo"][-1]["file_id"])
        return str(content["document"]["file_id"]) if "document" in content else None

    # Housekeeping

    def _emit(self, tx: Transaction, kind: str, person: Person, body: bytes, date: float) -> None:
        if kind not in self.allowed:
            return
        update_id = tx.next("update")
        whole = b'{"update_id":%d,"%b":%b}' % (update_id, kind.encode(), body)
        tx.execute("INSERT INTO updates VALUES (?, ?, ?, ?)", (update_id, person.user_id, int(date), whole))
        tx.update_added = True

    def sweep(self, tx: Transaction, now: float) -> None:
        """Drop updates nobody fetched in a day, presses of yesterday, and positions older than thirty days."""
        tx.execute("DELETE FROM updates WHERE date < ?", (int(now) - 2 * DAY,))
        tx.execute("DELETE FROM presses WHERE date < ?", (int(now) - DAY,))
        rows = tx.execute(
            "SELECT message_id, chat_id, content FROM messages WHERE flags & 4 AND date < ?",
            (int(now) - _POSITION_DAYS * DAY,),
        ).fetchall()
        for message_id, chat_id, raw in rows:
            content = orjson.loads(raw)
            content.pop("location", None)
            content["position_removed"] = True  # a key of our own: the page has the words
            tx.execute(
                "UPDATE messages SET content = ?, flags = flags & ~4, change = ? WHERE message_id = ?",
                (orjson.dumps(content), tx.next("change"), message_id),
            )
            tx.touched.add(chat_id)


def _replaced(content: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    media = {"photo", "document", "location"} & content.keys()
    if "text" in part:
        if "text" not in content:
            raise bad_request("there is no text in the message to edit")
        gone = {"text", "entities", "link_preview_options"}
    elif {"photo", "document"} & part.keys():
        if not {"photo", "document"} & content.keys():
            raise bad_request("message can't be edited")
        gone = {"photo", "document", "caption", "caption_entities"}
    else:
        if not media or "location" in media:
            raise bad_request("there is no caption in the message to edit")
        gone = {"caption", "caption_entities"}
    return {key: value for key, value in content.items() if key not in gone} | part
