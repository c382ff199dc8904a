"""The bot's menu of commands, by scope and language."""

import re
from typing import Any

import orjson

from gateway.errors import bad_request
from gateway.methods import Desk, Method
from gateway.params import Params
from gateway.store import Transaction

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_PLAIN_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}


def _key(desk: Desk, params: Params) -> tuple[str, str]:
    """Scope and language under which a list of commands is kept."""
    scope = params.json("scope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope JSON object")
    kind = scope.get("type")
    language = params.text("language_code") or ""
    if len(language) not in {0, 2} or not (language.islower() or not language):
        raise bad_request("invalid language code specified")
    if kind in _PLAIN_SCOPES:
        return str(kind), language
    if kind == "chat":
        return f"chat:{desk.chats.reachable(scope.get('chat_id')).user_id}", language
    raise bad_request("can't parse BotCommandScope: unsupported type")


async def set_my_commands(desk: Desk, params: Params) -> bytes:
    given = params.json("commands")
    if not isinstance(given, list) or len(given) > 100:
        raise bad_request("can't parse commands JSON object")
    commands = []
    for one in given:
        name, description = (one.get("command"), one.get("description")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not _NAME.fullmatch(name.removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not isinstance(description, str) or not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name.removeprefix("/"), "description": description})
    await _keep(desk, _key(desk, params), commands)
    return b"true"


async def delete_my_commands(desk: Desk, params: Params) -> bytes:
    await _keep(desk, _key(desk, params), [])
    return b"true"


async def get_my_commands(desk: Desk, params: Params) -> bytes:
    key = _key(desk, params)
    row = await desk.store.run(
        lambda tx: tx.execute("SELECT commands FROM commands WHERE scope = ? AND language = ?", key).fetchone()
    )
    return bytes(row[0]) if row is not None else b"[]"


async def _keep(desk: Desk, key: tuple[str, str], commands: list[dict[str, str]]) -> None:
    body = orjson.dumps(commands)

    def job(tx: Transaction) -> None:
        if not commands:
            tx.execute("DELETE FROM commands WHERE scope = ? AND language = ?", key)
        else:
            tx.execute("INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?)", (*key, tx.next("change"), body))
        if key[0].startswith("chat:"):
            tx.touched.add(int(key[0].removeprefix("chat:")))

    await desk.store.run(job)


def shown_to(tx: Transaction, chat_id: int, language: str) -> Any:
    """The list one person sees: the narrowest scope that has one, in their language first."""
    own, short = f"chat:{chat_id}", language.partition("-")[0]
    rows = {
        (scope, tag): commands
        for scope, tag, commands in tx.execute(
            "SELECT scope, language, commands FROM commands WHERE scope IN (?, 'all_private_chats', 'default')"
            " AND language IN (?, '')",
            (own, short),
        )
    }
    for scope in (own, "all_private_chats", "default"):
        for tag in (short, ""):
            if (scope, tag) in rows:
                return orjson.Fragment(rows[scope, tag])
    return []


COMMAND_METHODS: dict[str, Method] = {
    "setmycommands": set_my_commands,
    "deletemycommands": delete_my_commands,
    "getmycommands": get_my_commands,
}
