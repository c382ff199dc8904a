"""Files that people send (law 12): asked for with `want`, brought aside, and here again as an internal `file_ready`."""

from typing import Any

import orjson
from aiogram.filters import Filter
from aiogram.types import Document, Message, Update

from actions import files
from handlers.turn import Turn
from policy.authority import Action

LARGEST = 20_000_000
"""Bytes: what a Bot API server hands out."""

_READY = "file_ready "


class FileReady(Filter):
    """A file that was asked for is here (`facts`: path, name, error). Internal updates have negative numbers."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    async def __call__(self, message: Message, event_update: Update) -> bool | dict[str, Any]:
        """Whether this is such an update, and for this purpose."""
        if event_update.update_id >= 0 or message.text is None or not message.text.startswith(_READY):
            return False
        facts: dict[str, Any] = orjson.loads(message.text.removeprefix(_READY))
        return {"facts": facts} if facts["purpose"] == self._purpose else False


async def want(turn: Turn, document: Document, purpose: str, action: Action) -> None:
    """Have a person's file brought here, for something he may do; it comes back to the handlers as `FileReady(purpose)`.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    await files.want(
        turn.session,
        by=turn.viewer,
        file_id=document.file_id,
        name=(document.file_name or "")[:100],
        purpose=purpose,
        action=action,
        asked=f"{document.file_unique_id}:{turn.session.info.get('inbox_id')}",
        now=turn.now,
    )


def ready(row_id: int, external_id: int, at: int, facts: dict[str, Any]) -> dict[str, Any]:
    """The internal update that says so; `at` is the time in seconds."""
    chat = {"id": external_id, "type": "private"}
    sender = {"id": external_id, "is_bot": False, "first_name": "-"}
    text = _READY + orjson.dumps(facts).decode()
    message = {"message_id": 0, "date": at, "chat": chat, "from": sender, "text": text}
    return {"update_id": -row_id, "message": message}
