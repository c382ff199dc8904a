"""The Bot API over HTTP: `/bot<TOKEN>/<method>` and `/file/bot<TOKEN>/<path>`."""

import hmac
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from gateway import files
from gateway.chats import Chats
from gateway.commands import COMMAND_METHODS
from gateway.errors import ApiError, bad_request
from gateway.methods import MESSAGE_METHODS, Desk
from gateway.params import Params, read_params
from gateway.store import Store
from gateway.updates import Hook, Updates

log = logging.getLogger(__name__)

_LARGEST_TIMEOUT = 50
_SECRET_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


class BotApi:
    """Answers the bot. Methods answer the JSON of their result."""

    def __init__(self, *, token: str, store: Store, chats: Chats, updates: Updates, desk: Desk) -> None:
        self._token = token.encode()
        self._store = store
        self._chats = chats
        self._updates = updates
        self._desk = desk
        self._own: dict[str, Callable[[Params], Awaitable[bytes]]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "getfile": self._get_file,
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/file/bot{token}/{path:.+}", self._download),
            web.route("*", "/bot{token}/{method}", self._call),
        ]

    def _known(self, request: web.Request) -> bool:
        return hmac.compare_digest(request.match_info["token"].encode(), self._token)

    async def _call(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return _failure(ApiError(401, "Unauthorized"))
        name = request.match_info["method"].lower()
        try:
            if (own := self._own.get(name)) is not None:
                result = await own(await read_params(request))
            elif (method := MESSAGE_METHODS.get(name) or COMMAND_METHODS.get(name)) is not None:
                result = await method(self._desk, await read_params(request))
            else:
                raise ApiError(404, "Not Found")
        except ApiError as error:
            return _failure(error)
        except sqlite3.Error:
            log.exception("%s could not be kept", name)
            return _failure(ApiError(500, "Internal Server Error"))
        return web.Response(body=b'{"ok":true,"result":%b}' % result, content_type="application/json")

    async def _download(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return _failure(ApiError(401, "Unauthorized"))
        stored = await self._store.run(lambda tx: files.by_path(tx, request.match_info["path"]))
        if stored is None:
            return _failure(ApiError(404, "Not Found"))
        return web.Response(body=stored.data, headers={"Content-Type": "application/octet-stream"})

    async def _get_me(self, _: Params) -> bytes:
        abilities = {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }
        return orjson.dumps(self._chats.bot | abilities)

    async def _get_updates(self, params: Params) -> bytes:
        return await self._updates.fetch(
            params.integer("offset"),
            params.integer("limit"),
            min(params.integer("timeout") or 0, _LARGEST_TIMEOUT),
            params.json("allowed_updates"),
        )

    async def _set_webhook(self, params: Params) -> bytes:
        url = (params.text("url") or "").strip()
        drop = params.flag("drop_pending_updates")
        if not url:
            return await self._delete_webhook(params)
        if not url.startswith(("https://", "http://")) or any(character.isspace() for character in url):
            raise bad_request("bad webhook: An HTTP or HTTPS URL must be provided for webhook")
        secret = params.text("secret_token")
        if secret and (len(secret) > 256 or not _SECRET_CHARACTERS.issuperset(secret)):
            raise bad_request("secret token contains unallowed characters")
        if (allowed := params.json("allowed_updates")) is not None:
            await self._updates.allow(allowed)
        connections = min(max(params.integer("max_connections") or 40, 1), 100)
        await self._updates.set_hook(Hook(url, secret or None, connections), drop=drop)
        return b"true"

    async def _delete_webhook(self, params: Params) -> bytes:
        await self._updates.set_hook(None, drop=params.flag("drop_pending_updates"))
        return b"true"

    async def _get_webhook_info(self, _: Params) -> bytes:
        return orjson.dumps(await self._updates.info())

    async def _get_file(self, params: Params) -> bytes:
        file_id = params.text("file_id")
        if not file_id:
            raise bad_request("file_id not specified")
        return orjson.dumps(await self._store.run(lambda tx: files.describe(tx, file_id)))


def _failure(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
        headers["Retry-After"] = str(error.retry_after)
    return web.Response(body=orjson.dumps(body), status=error.code, content_type="application/json", headers=headers)
