"""The Bot API's methods that write: messages, their edits and deletion, answers to buttons."""

import math
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway import files
from gateway.chats import CAPTION_UNITS, MESSAGE_UNITS, Chats
from gateway.entities import Entity, clean, discover, parse_html, trim, units
from gateway.errors import ApiError, bad_request
from gateway.files import Kind, Upload
from gateway.keyboards import Markup, read_markup
from gateway.params import Params
from gateway.people import Person
from gateway.store import Store, Transaction

_MOST_ENTITIES = 100
_MOST_DELETED = 100
_ACTION_SECONDS = 5.0


class Rate:
    """At most so many messages a second over all chats; 0 is no limit."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._most = max(per_second, 1.0)
        self._left = self._most
        self._seen = clock()

    def take(self, messages: int = 1) -> None:
        """Raises:
        ApiError: 429 with the whole seconds to wait.
        """
        if not self._per_second:
            return
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._per_second)
        self._seen = now
        needed = min(messages, self._most)
        if self._left < needed:
            wait = max(1, math.ceil((needed - self._left) / self._per_second))
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._left -= messages


@dataclass(frozen=True, slots=True)
class Desk:
    """What the methods work with. `show_action` tells an open page that the bot is busy, for some seconds."""

    store: Store
    chats: Chats
    rate: Rate
    now: Callable[[], float]
    show_action: Callable[[int, str, float], None]


Method = Callable[[Desk, Params], Awaitable[bytes]]


def _formatted(
    params: Params | dict[str, Any], name: str, entities_name: str, limit: int, too_long: str
) -> dict[str, Any]:
    """The text under `name` with its entities, as a message carries them; {} if there is none."""
    if isinstance(params, dict):
        params = Params(params)
    source = clean(params.text(name) or "")
    mode = (params.text("parse_mode") or "").lower()
    entities: list[Entity] = []
    if mode == "html":
        source, entities = parse_html(source)
    elif mode not in {"", "none"}:
        raise bad_request("unsupported parse_mode")
    elif (given := params.json(entities_name)) is not None:
        entities = _given_entities(given)
    text, entities = trim(source, entities)
    if not text:
        return {}
    if len(text) > limit or units(text) > limit:
        raise bad_request(too_long)
    entities = discover(text, entities)[:_MOST_ENTITIES]
    return {name: text, entities_name: entities} if entities else {name: text}


def _given_entities(given: object) -> list[Entity]:
    if not isinstance(given, list) or not all(
        isinstance(one, dict)
        and isinstance(one.get("type"), str)
        and isinstance(one.get("offset"), int)
        and isinstance(one.get("length"), int)
        for one in given
    ):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    return [{key: value for key, value in one.items() if value is not None} for one in given]


def _text(params: Params) -> dict[str, Any]:
    part = _formatted(params, "text", "entities", MESSAGE_UNITS, "message is too long")
    if not part:
        raise bad_request("message text is empty")
    preview = params.json("link_preview_options")
    if isinstance(preview, dict) and preview:
        part["link_preview_options"] = preview
    return part


def _caption(params: Params | dict[str, Any]) -> dict[str, Any]:
    return _formatted(params, "caption", "caption_entities", CAPTION_UNITS, "message caption is too long")


def _reply(params: Params) -> tuple[int, bool] | None:
    given = params.json("reply_parameters")
    if given is None:
        old = params.integer("reply_to_message_id")
        return None if old is None else (old, params.flag("allow_sending_without_reply"))
    if not isinstance(given, dict) or not isinstance(given.get("message_id"), int):
        raise bad_request("can't parse reply parameters JSON object")
    return given["message_id"], bool(given.get("allow_sending_without_reply"))


async def _send(
    desk: Desk, params: Params, contents: Callable[[Transaction], list[dict[str, Any]]], count: int = 1
) -> list[bytes]:
    person = desk.chats.reachable(params.values.get("chat_id"))
    markup = read_markup(params.json("reply_markup"))
    reply = _reply(params)
    protect = params.flag("protect_content")
    desk.rate.take(count)
    now = desk.now()

    def job(tx: Transaction) -> list[bytes]:
        parts = contents(tx)
        if protect:
            parts = [part | {"has_protected_content": True} for part in parts]
        return desk.chats.send(tx, person, parts, markup, reply, now)

    sent = await desk.store.run(job)
    desk.show_action(person.user_id, "", 0.0)
    return sent


async def send_message(desk: Desk, params: Params) -> bytes:
    part = _text(params)
    return (await _send(desk, params, lambda _: [part]))[0]


def _file_source(params: Params, given: object, name: str) -> Upload | str:
    if name in params.files:
        return params.files[name]
    if not isinstance(given, str) or not given:
        raise bad_request(f"there is no {name} in the request")
    if given.startswith("attach://"):
        upload = params.files.get(given.removeprefix("attach://"))
        if upload is None:
            raise bad_request("there is no file in the request to attach")
        return upload
    if "://" in given:
        raise bad_request("failed to get HTTP URL content")  # no outside network, and so no fetching
    return given


def _file_part(tx: Transaction, kind: Kind, source: Upload | str) -> dict[str, Any]:
    return files.keep(tx, kind, source) if isinstance(source, Upload) else files.again(tx, kind, source)


async def _send_file(desk: Desk, params: Params, kind: Kind) -> bytes:
    source = _file_source(params, params.values.get(kind), kind)
    caption = _caption(params)
    return (await _send(desk, params, lambda tx: [_file_part(tx, kind, source) | caption]))[0]


async def send_photo(desk: Desk, params: Params) -> bytes:
    return await _send_file(desk, params, "photo")


async def send_document(desk: Desk, params: Params) -> bytes:
    return await _send_file(desk, params, "document")


async def send_media_group(desk: Desk, params: Params) -> bytes:
    media = params.json("media")
    if not isinstance(media, list) or not all(isinstance(one, dict) for one in media):
        raise bad_request("can't parse media JSON object")
    if not 2 <= len(media) <= 10:
        raise bad_request("media group must include 2-10 items")
    kinds = {one.get("type") for one in media}
    if not kinds <= {"photo", "document"}:
        raise bad_request("can't parse InputMedia: wrong type")
    if len(kinds) > 1:
        raise bad_request("document can't be mixed with other media types")
    items: list[tuple[Kind, Upload | str, dict[str, Any]]] = [
        (one["type"], _file_source(params, one.get("media"), "media"), _caption(one)) for one in media
    ]
    group = {"media_group_id": str(secrets.randbits(62))}
    sent = await _send(
        desk,
        Params({key: value for key, value in params.values.items() if key != "reply_markup"}),
        lambda tx: [_file_part(tx, kind, source) | caption | group for kind, source, caption in items],
        len(items),
    )
    return b"[%b]" % b",".join(sent)


def read_position(latitude: float | None, longitude: float | None, accuracy: float | None) -> dict[str, float] | None:
    """A location as a message carries it (degrees WGS-84, metres); None if it can't be one."""
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    position = {"latitude": round(latitude, 6), "longitude": round(longitude, 6)}
    if accuracy is not None and accuracy >= 0:
        position["horizontal_accuracy"] = round(min(accuracy, 1500.0), 1)
    return position


async def send_location(desk: Desk, params: Params) -> bytes:
    position = read_position(
        params.number("latitude"), params.number("longitude"), params.number("horizontal_accuracy")
    )
    if position is None:
        raise bad_request("location is invalid")
    return (await _send(desk, params, lambda _: [{"location": position}]))[0]


def _message_id(params: Params, what: str) -> int:
    message_id = params.integer("message_id")
    if message_id is None:
        raise bad_request(f"message to {what} not found")
    return message_id


async def _edit(
    desk: Desk, params: Params, part: Callable[[Transaction], dict[str, Any]] | None, markup: Markup | None
) -> bytes:
    person = desk.chats.reachable(params.values.get("chat_id"))
    message_id = _message_id(params, "edit")
    now = desk.now()

    def job(tx: Transaction) -> bytes:
        return desk.chats.edit(tx, person, message_id, part(tx) if part else None, markup, now)

    return await desk.store.run(job)


async def edit_message_text(desk: Desk, params: Params) -> bytes:
    part = _text(params)
    return await _edit(desk, params, lambda _: part, read_markup(params.json("reply_markup")))


async def edit_message_caption(desk: Desk, params: Params) -> bytes:
    part = _caption(params)
    # An empty caption takes the old one away.
    return await _edit(desk, params, lambda _: part, read_markup(params.json("reply_markup")))


async def edit_message_media(desk: Desk, params: Params) -> bytes:
    media = params.json("media")
    if not isinstance(media, dict) or media.get("type") not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia")
    source, caption = _file_source(params, media.get("media"), "media"), _caption(media)
    return await _edit(
        desk,
        params,
        lambda tx: _file_part(tx, media["type"], source) | caption,
        read_markup(params.json("reply_markup")),
    )


async def edit_message_reply_markup(desk: Desk, params: Params) -> bytes:
    return await _edit(desk, params, None, read_markup(params.json("reply_markup")))


async def delete_message(desk: Desk, params: Params) -> bytes:
    person = desk.chats.reachable(params.values.get("chat_id"))
    message_id = _message_id(params, "delete")
    return await _delete(desk, person, [message_id], strict=True)


async def delete_messages(desk: Desk, params: Params) -> bytes:
    person = desk.chats.reachable(params.values.get("chat_id"))
    ids = params.json("message_ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, int) for one in ids):
        raise bad_request("message identifiers are not specified")
    if len(ids) > _MOST_DELETED:
        raise bad_request("too many message identifiers specified")
    return await _delete(desk, person, ids, strict=False)


async def _delete(desk: Desk, person: Person, ids: list[int], *, strict: bool) -> bytes:
    now = desk.now()
    await desk.store.run(lambda tx: desk.chats.delete(tx, person, ids, now, strict=strict))
    return b"true"


async def answer_callback_query(desk: Desk, params: Params) -> bytes:
    text = clean(params.text("text") or "").strip()
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {"text": text, "alert": params.flag("show_alert")}
    if url := params.text("url"):
        answer["url"] = url
    told = params.text("callback_query_id") or ""
    query_id = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0
    now = desk.now()
    await desk.store.run(lambda tx: desk.chats.answer(tx, query_id, answer, now))
    return b"true"


async def send_chat_action(desk: Desk, params: Params) -> bytes:
    person = desk.chats.reachable(params.values.get("chat_id"))
    action = params.text("action") or ""
    if action not in {"typing", "upload_photo", "upload_document", "find_location"}:
        raise bad_request("wrong parameter action in request")
    desk.show_action(person.user_id, action, _ACTION_SECONDS)
    return b"true"


async def get_chat(desk: Desk, params: Params) -> bytes:
    person = desk.chats.reachable(params.values.get("chat_id"))
    return orjson.dumps(person.chat() | {"accent_color_id": 0, "max_reaction_count": 0})


MESSAGE_METHODS: dict[str, Method] = {
    "sendmessage": send_message,
    "answercallbackquery": answer_callback_query,
    "sendphoto": send_photo,
    "senddocument": send_document,
    "sendmediagroup": send_media_group,
    "sendlocation": send_location,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagemedia": edit_message_media,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "sendchataction": send_chat_action,
    "getchat": get_chat,
}
