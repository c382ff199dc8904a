"""`reply_markup`: inline keyboards, reply keyboards and their removal, checked as Telegram checks them."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from gateway.errors import bad_request

_URL = re.compile(r"(?:https?|tg)://[^\s]+", re.IGNORECASE)
_CALLBACK_BYTES = 64
_MOST_BUTTONS = 100
_STYLES = {"danger", "success", "primary"}
_ONE_OF_INLINE = {"callback_data", "url", "copy_text"}


@dataclass(frozen=True, slots=True)
class Markup:
    """A checked `reply_markup`; `data` is as it is stored and shown."""

    kind: Literal["inline", "keyboard", "remove", "force"]
    data: dict[str, Any]


def read_markup(value: object) -> Markup | None:
    """Raises:
    ApiError: 400 where Telegram answers so.
    """
    if value is None or value in ({}, ""):
        return None
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in value:
        rows = _rows(value["inline_keyboard"], "inline keyboard", _inline_button)
        return Markup("inline", {"inline_keyboard": rows}) if rows else None
    if "keyboard" in value:
        return _reply_keyboard(value)
    if value.get("remove_keyboard"):
        return Markup("remove", {})
    if value.get("force_reply"):
        return Markup("force", {})
    return None


def _reply_keyboard(value: dict[str, Any]) -> Markup | None:
    rows = _rows(value["keyboard"], "reply keyboard", _key)
    if not rows:
        return None
    data: dict[str, Any] = {"keyboard": rows}
    for flag in ("resize_keyboard", "is_persistent", "one_time_keyboard"):
        if value.get(flag):
            data[flag] = True
    placeholder = value.get("input_field_placeholder")
    if isinstance(placeholder, str) and placeholder:
        data["input_field_placeholder"] = placeholder[:64]
    return Markup("keyboard", data)


def _rows(value: object, what: str, button: Any) -> list[list[dict[str, Any]]]:
    if not isinstance(value, list):
        raise bad_request(f"can't parse {what} markup: field must be of type Array")
    rows = []
    total = 0
    for row in value:
        if not isinstance(row, list):
            raise bad_request(f"can't parse {what} markup: row must be of type Array")
        if row:
            rows.append([button(one) for one in row])
            total += len(row)
    if total > _MOST_BUTTONS * 3:
        raise bad_request("reply markup is too long")
    if what == "inline keyboard" and total > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return rows


def _inline_button(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    button = {"text": _label(value, "inline keyboard button")}
    actions = [name for name in _ONE_OF_INLINE if value.get(name)]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    action = actions[0]
    if action == "callback_data":
        data = value["callback_data"]
        if not isinstance(data, str) or len(data.encode()) > _CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif action == "url" and not (isinstance(value["url"], str) and _URL.fullmatch(value["url"])):
        raise bad_request(f"inline keyboard button URL '{value['url']}' is invalid: Wrong HTTP URL")
    button[action] = value[action]
    if value.get("style") in _STYLES:
        button["style"] = value["style"]
    return button


def _key(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        raise bad_request("can't parse keyboard button: expected an Object")
    key: dict[str, Any] = {"text": _label(value, "keyboard button")}
    for flag in ("request_location", "request_contact"):
        if value.get(flag):
            key[flag] = True
    if value.get("style") in _STYLES:
        key["style"] = value["style"]
    return key


def _label(value: dict[str, Any], what: str) -> str:
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request(f'can\'t parse {what}: Field "text" must be of type String and not empty')
    return text
