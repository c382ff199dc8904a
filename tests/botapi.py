"""The session double: answers as a Bot API server would (ids, edits, errors) and keeps a transcript."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import BufferedInputFile, FSInputFile, InputFile

from bot.api import RawCall, encode
from gateway.entities import parse_html

MEDIA = {"sendPhoto": "photo", "sendDocument": "document"}


@dataclass
class Said:
    """A message of the bot as it stands now in somebody's chat."""

    message_id: int
    chat_id: int
    text: str
    markup: dict[str, Any] | None = None
    location: tuple[float, float] | None = None
    file_name: str | None = None
    file: bytes | None = None
    is_photo: bool = False
    toast: bool = False
    silent: bool = False
    edits: int = 0

    def buttons(self) -> dict[str, str]:
        """Inline buttons: what a person sees → the data behind it."""
        rows = (self.markup or {}).get("inline_keyboard") or []
        return {button["text"]: button.get("callback_data", "") for row in rows for button in row}

    def keys(self) -> list[str]:
        """The keys of a reply keyboard that came with it."""
        return [key["text"] for row in (self.markup or {}).get("keyboard") or [] for key in row]


class ApiError(Exception):
    """What a Bot API server says no with."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after


@dataclass
class FakeApi(BaseSession):
    """Chats in memory. `faults` are raised, one a call, before anything else happens."""

    messages: dict[int, list[Said]] = field(default_factory=dict)
    transcript: list[str] = field(default_factory=list)
    faults: list[ApiError] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    answered: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    query_chats: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    _next_id: int = 1

    def __post_init__(self) -> None:
        super().__init__()

    async def call(self, bot: Bot, name: str, body: bytes, timeout: float | None = None) -> Any:
        """A plain call, as `bot.api.JsonSession` makes it."""
        answer = self._answer(name, orjson.loads(body))
        if not answer["ok"]:
            self.check_response(bot, RawCall(name=name), answer["error_code"], orjson.dumps(answer).decode())
        return answer["result"]

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """A call of aiogram's."""
        uploads = {name: value for name, value in method if isinstance(value, InputFile)}
        slim = method.model_copy(update=dict.fromkeys(uploads, "attach"))
        body = orjson.loads(encode(slim, bot))
        for name, value in uploads.items():
            body[name] = {"name": value.filename, "bytes": await _read(value)}
        answer = self._answer(method.__api_method__, body)
        response = self.check_response(bot, method, answer.get("error_code", 200), orjson.dumps(answer).decode())
        return response.result  # type: ignore[return-value]

    async def stream_content(self, url: str, *args: Any, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        """A file that a person sent."""
        yield self.files[url.rsplit("/", 1)[-1]]

    async def close(self) -> None:
        """Nothing to close."""

    def next_id(self) -> int:
        """Message ids rise over all chats."""
        self._next_id += 1
        return self._next_id - 1

    def _answer(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            if self.faults:
                raise self.faults.pop(0)
            return {"ok": True, "result": getattr(self, f"_{name}")(body)}
        except ApiError as error:
            answer: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
            if error.retry_after is not None:
                answer["parameters"] = {"retry_after": error.retry_after}
            return answer

    def _sendMessage(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._add(body, Said(self.next_id(), body["chat_id"], _text(body), body.get("reply_markup")))

    def _sendLocation(self, body: dict[str, Any]) -> dict[str, Any]:
        said = Said(self.next_id(), body["chat_id"], "", location=(body["latitude"], body["longitude"]))
        return self._add(body, said)

    def _sendPhoto(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._file(body, "photo")

    def _sendDocument(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._file(body, "document")

    def _file(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        said = Said(self.next_id(), body["chat_id"], _text(body, "caption", 1024), body.get("reply_markup"))
        content = body[kind] if isinstance(body[kind], dict) else {"name": body[kind], "bytes": None}  # or its id
        said.file_name, said.file, said.is_photo = content["name"], content["bytes"], kind == "photo"
        return self._add(body, said)

    def _add(self, body: dict[str, Any], said: Said) -> dict[str, Any]:
        if said.chat_id in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if said.chat_id not in self.names:
            raise ApiError(400, "Bad Request: chat not found")
        _check_buttons(body)
        said.silent = body.get("disable_notification", False)
        self.messages.setdefault(said.chat_id, []).append(said)
        self._note(said)
        return _message(said)

    def _editMessageText(self, body: dict[str, Any]) -> dict[str, Any]:
        said = self._find(body)
        if said.file_name is not None:
            raise ApiError(400, "Bad Request: there is no text in the message to edit")
        text = _text(body)
        if said.text == text and (said.markup or None) == (body.get("reply_markup") or None):
            raise ApiError(400, "Bad Request: message is not modified: specified new message content is the same")
        _check_buttons(body)
        said.text, said.markup, said.edits = text, body.get("reply_markup"), said.edits + 1
        self._note(said)
        return _message(said)

    def _editMessageReplyMarkup(self, body: dict[str, Any]) -> dict[str, Any]:
        said = self._find(body)
        said.markup = body.get("reply_markup")
        return _message(said)

    def _editMessageCaption(self, body: dict[str, Any]) -> dict[str, Any]:
        said = self._find(body)
        if said.file_name is None:
            raise ApiError(400, "Bad Request: there is no caption in the message to edit")
        text = _text(body, "caption", 1024)
        if said.text == text and (said.markup or None) == (body.get("reply_markup") or None):
            raise ApiError(400, "Bad Request: message is not modified: specified new message content is the same")
        said.text, said.markup, said.edits = text, body.get("reply_markup"), said.edits + 1
        self._note(said)
        return _message(said)

    def _deleteMessage(self, body: dict[str, Any]) -> bool:
        said = self._find(body)
        self.messages[said.chat_id].remove(said)
        return True

    def _answerCallbackQuery(self, body: dict[str, Any]) -> bool:
        self.answered.append(body)
        chat_id = self.query_chats.get(body["callback_query_id"])
        if chat_id is None:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if body.get("text"):
            said = Said(self.next_id(), chat_id, body["text"], toast=True)
            self.messages.setdefault(chat_id, []).append(said)
            self._note(said)
        return True

    def _setMyCommands(self, body: dict[str, Any]) -> bool:
        self.commands.append(body)
        return True

    def _sendChatAction(self, _body: dict[str, Any]) -> bool:
        return True

    def _getFile(self, body: dict[str, Any]) -> dict[str, Any]:
        file_id = body["file_id"]
        if file_id not in self.files:
            raise ApiError(400, "Bad Request: invalid file_id")
        size = len(self.files[file_id])
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": f"files/{file_id}"}

    def _getMe(self, _body: dict[str, Any]) -> dict[str, Any]:
        return {"id": 1, "is_bot": True, "first_name": "驻村助手", "username": "zhucun_test_bot"}

    def _find(self, body: dict[str, Any]) -> Said:
        for said in self.messages.get(body["chat_id"], []):
            if said.message_id == body["message_id"] and not said.toast:
                return said
        raise ApiError(400, "Bad Request: message to edit not found")

    def _note(self, said: Said) -> None:
        mark = "💬" if said.toast else "🤖"
        rows = (said.markup or {}).get("inline_keyboard") or []
        buttons = "  ".join(f"[{button['text']}]" for row in rows for button in row)
        what = said.text or said.file_name or f"📍{said.location}"
        self.transcript.append(f"{self.names.get(said.chat_id, said.chat_id)} {mark} {what} {buttons}".rstrip())


def _text(body: dict[str, Any], name: str = "text", limit: int = 4096) -> str:
    source = body.get(name) or ""
    try:
        text, _entities = parse_html(source) if body.get("parse_mode") == "HTML" else (source, [])
    except Exception as error:
        raise ApiError(400, f"Bad Request: can't parse entities: {error}") from error
    if name == "text" and not text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise ApiError(400, "Bad Request: message is too long")
    return text


def _check_buttons(body: dict[str, Any]) -> None:
    for row in (body.get("reply_markup") or {}).get("inline_keyboard") or []:
        for button in row:
            if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
                raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")


def _message(said: Said) -> dict[str, Any]:
    return {
        "message_id": said.message_id,
        "date": 1,
        "chat": {"id": said.chat_id, "type": "private"},
        "text": said.text,
    }


async def _read(file: InputFile) -> bytes:
    if isinstance(file, BufferedInputFile):
        return file.data
    if isinstance(file, FSInputFile):
        return Path(file.path).read_bytes()
    raise TypeError(type(file).__name__)
