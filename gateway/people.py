"""People, and what they send."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


@dataclass(slots=True)
class Person:
    """Somebody with a chat. In private chats the chat's id is the person's."""

    user_id: int
    name: str
    language: str
    blocked: bool = False

    def user(self) -> dict[str, Any]:
        return {"id": self.user_id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    def chat(self) -> dict[str, Any]:
        return {"id": self.user_id, "first_name": self.name, "type": "private"}


@dataclass(frozen=True, slots=True)
class Item:
    """What a person sends: its content, when it was sent (unix seconds), and the sender's own key for it."""

    content: dict[str, Any]
    date: int
    client_id: str | None = None
    reply_to: int | None = None


def language_tag(told: object) -> str:
    """A language code which a Bot API client can read; "zh-hans" where the browser's can't be used."""
    tag = told.strip().lower().replace("_", "-") if isinstance(told, str) else ""
    return tag if len(tag) <= 35 and _LANGUAGE.fullmatch(tag) else "zh-hans"


def hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
