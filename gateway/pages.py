"""The phone page: its files, and the JSON it speaks under `/page/`."""

import contextlib
import hashlib
import ipaddress
import mimetypes
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import orjson
from aiohttp import web

from gateway.chats import Chats
from gateway.errors import ApiError, PageError
from gateway.files import Kind, picture
from gateway.params import Params, read_params
from gateway.people import Person, language_tag
from gateway.phones import Phones

if TYPE_CHECKING:
    from gateway.server import SamplePerson

_STATIC = Path(__file__).parent / "static"
_POLL_SECONDS = 25.0
_COOKIE = "gateway_account"
_COOKIE_SECONDS = 400 * 24 * 3600
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_NEW_ACCOUNTS_A_MINUTE = 60
_POLICY = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}

Answer = Callable[[web.Request, Person], Awaitable[Any]]


class Pages:
    """Serves the page. `samples` are the people one may be on this machine."""

    def __init__(self, phones: Phones, chats: Chats, *, bot_name: str, public_url: str | None) -> None:
        self._phones = phones
        self._chats = chats
        self._bot_name = bot_name
        public = urlsplit(public_url or "")
        self._public_host = public.netloc.lower()
        self._secure = public.scheme == "https"
        self._all_local = not self._public_host or _is_loopback_name(public.hostname or "")
        self._made: list[float] = []
        self.samples: dict[int, SamplePerson] = {}
        self._static = {
            f"/{path.name}": (path.read_bytes(), _mime(path)) for path in sorted(_STATIC.iterdir()) if path.is_file()
        }
        self._static["/"] = self._static.pop("/index.html")

    def routes(self) -> list[web.RouteDef]:
        asked: list[tuple[str, str, Answer]] = [
            ("GET", "/page/state", self._state),
            ("GET", "/page/events", self._events),
            ("GET", "/page/history", self._history),
            ("POST", "/page/send", self._send),
            ("POST", "/page/upload", self._upload),
            ("POST", "/page/press", self._press),
            ("POST", "/page/block", self._block),
        ]
        return [
            *(web.get(path, self._file) for path in self._static),
            *(web.route(method, path, self._for_person(answer)) for method, path, answer in asked),
            web.get("/page/people", self._guarded(self._people)),
            web.post("/page/enter", self._guarded(self._enter)),
            web.get("/page/file/{message_id:[0-9]{1,18}}", self._open),
        ]

    # Who asks

    def _is_local(self, request: web.Request) -> bool:
        """From this machine, to a name of this machine (a rebound DNS name isn't), and through no proxy."""
        if not self._all_local or any(header in request.headers for header in _FORWARDED):
            return False
        try:
            remote = ipaddress.ip_address((request.remote or "").split("%")[0])
            host = urlsplit(f"//{request.host}").hostname or ""
        except ValueError:
            return False
        return remote.is_loopback and _is_loopback_name(host)

    def _person(self, request: web.Request) -> Person:
        told = request.headers.get("X-As") or request.query.get("as")
        if told is not None:
            if not self._is_local(request):
                raise PageError(403, "not_local", "sample people can be chosen on this machine only")
            if not self.samples:
                raise PageError(503, "starting", "no sample people are offered yet")
            sample = self.samples.get(int(told)) if told.isascii() and told.isdigit() and len(told) < 19 else None
            if sample is None:
                raise PageError(404, "no_such_person", "this is none of the sample people")
            return self._chats.people[sample.user_id]
        person = self._phones.by_secret(request.cookies.get(_COOKIE, ""))
        if person is None:
            raise PageError(401, "stranger", "this browser has no account; open the invitation link once")
        return person

    def _check_origin(self, request: web.Request) -> None:
        """Only the page itself may ask: no other site can set this header, nor be of the same origin."""
        origin = request.headers.get("Origin")
        ours = {request.host.lower(), self._public_host} - {""}
        foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
        foreign |= origin is not None and urlsplit(origin).netloc.lower() not in ours
        if "X-Page" not in request.headers or foreign:
            raise PageError(403, "foreign", "only the page itself may ask this")

    def _guarded(self, answer: Callable[[web.Request], Awaitable[web.Response]]) -> Any:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._check_origin(request)
                return await answer(request)
            except PageError as error:
                return _json({"error": error.code, "reason": error.reason}, status=error.status)
            except ApiError as error:
                return _json({"error": "bad_request", "reason": error.description}, status=error.code)
            except sqlite3.Error:
                return _json({"error": "not_kept", "reason": "could not be kept; try again later"}, status=503)

        return handle

    def _for_person(self, answer: Answer) -> Any:
        async def with_person(request: web.Request) -> web.Response:
            return _json(await answer(request, self._person(request)))

        return self._guarded(with_person)

    # Coming in

    async def _people(self, request: web.Request) -> web.Response:
        local = self._is_local(request)
        people = [
            {"id": one.user_id, "name": one.name, "title": one.title}
            for one in (self.samples.values() if local else ())
        ]
        own = self._phones.by_secret(request.cookies.get(_COOKIE, ""))
        return _json({"people": people, "account": own is not None, "bot": self._bot_name})

    async def _enter(self, request: web.Request) -> web.Response:
        """With an invitation: an account for this browser if it has none, and `/start TOKEN` once."""
        params = await read_params(request)
        start = params.text("start") or ""
        if not 1 <= len(start) <= 64 or not start.isascii() or not start.replace("-", "").replace("_", "").isalnum():
            raise PageError(422, "bad_link", "this is no invitation link")
        secret = None
        try:
            person = self._person(request)
        except PageError as error:
            if error.code != "stranger":
                raise
            self._limit_accounts()
            name = "用户" + "".join(secrets.choice("0123456789") for _ in range(4))
            person, secret = await self._phones.invite(name, language_tag(params.text("language")))
        key = "start:" + hashlib.sha256(start.encode()).hexdigest()[:40]
        await self._phones.text(person, f"/start {start}", client_id=key)
        response = _json({"ok": True})
        if secret is not None:
            response.set_cookie(
                _COOKIE,
                secret,
                max_age=_COOKIE_SECONDS,
                httponly=True,
                samesite="Strict",
                secure=self._secure,
                path="/",
            )
        return response

    def _limit_accounts(self) -> None:
        now = time.monotonic()
        self._made = [made for made in self._made if made > now - 60]
        if len(self._made) >= _NEW_ACCOUNTS_A_MINUTE:
            raise PageError(429, "busy", "too many new accounts at once; try again in a minute")
        self._made.append(now)

    # What the page asks

    async def _state(self, request: web.Request, person: Person) -> dict[str, Any]:
        state = await self._phones.state(person)
        sample = self.samples.get(person.user_id)
        me = {"id": person.user_id, "name": person.name, "title": sample.title if sample else ""}
        messages = [orjson.Fragment(one) for one in state["messages"]]
        return state | {"me": me, "bot": self._bot_name, "messages": messages, "local": self._is_local(request)}

    async def _events(self, request: web.Request, person: Person) -> dict[str, Any]:
        params = Params(dict(request.query))
        seconds = 0.0 if params.text("wait") == "0" else _POLL_SECONDS
        return await self._phones.news(person, params.integer("after") or 0, seconds)

    async def _history(self, request: web.Request, person: Person) -> dict[str, Any]:
        before = Params(dict(request.query)).integer("before") or 0
        messages = await self._phones.earlier(person, before)
        return {"messages": [orjson.Fragment(one) for one in messages], "more": len(messages) > 0}

    async def _send(self, request: web.Request, person: Person) -> dict[str, Any]:
        params = await read_params(request)
        kind, client_id, age = params.text("kind"), _key(params), _age(params)
        keyboard_id = params.integer("keyboard_id")
        if kind == "text":
            message_id = await self._phones.text(person, params.text("text") or "", age=age, client_id=client_id)
        elif kind == "location":
            latitude, longitude = params.number("latitude"), params.number("longitude")
            if latitude is None or longitude is None:
                raise PageError(422, "position", "latitude and longitude are missing")
            message_id = await self._phones.location(
                person, latitude, longitude, accuracy=params.number("accuracy"), age=age, client_id=client_id,
                keyboard_id=keyboard_id,
            )  # fmt: skip
        elif kind == "contact":
            message_id = await self._phones.contact(
                person, params.text("phone") or "", age=age, client_id=client_id, keyboard_id=keyboard_id
            )
        else:
            raise PageError(422, "kind", "kind is text, location or contact")
        return {"message_id": message_id}

    async def _upload(self, request: web.Request, person: Person) -> dict[str, Any]:
        params = await read_params(request)
        upload = params.files.get("file")
        if upload is None:
            raise PageError(422, "empty", "there is no file")
        kind: Kind = "photo" if params.text("kind") == "photo" else "document"
        message_id = await self._phones.file(
            person, kind, upload, caption=params.text("caption") or "", album=params.text("album") or None,
            age=_age(params), client_id=_key(params),
        )  # fmt: skip
        return {"message_id": message_id}

    async def _press(self, request: web.Request, person: Person) -> dict[str, Any]:
        params = await read_params(request)
        message_id, data = params.integer("message_id") or 0, params.text("data") or ""
        return {"query_id": await self._phones.press(person, message_id, data, client_id=_key(params))}

    async def _block(self, request: web.Request, person: Person) -> dict[str, Any]:
        params = await read_params(request)
        await self._phones.block(person, params.flag("blocked"))
        return {"blocked": person.blocked}

    async def _open(self, request: web.Request) -> web.Response:
        """A file of one's own chat: pictures are shown, everything else is saved."""
        try:
            person = self._person(request)
        except PageError as error:
            return _json({"error": error.code, "reason": error.reason}, status=error.status)
        stored = await self._phones.opened(person, int(request.match_info["message_id"]))
        if stored is None:
            return _json({"error": "no_file", "reason": "there is no such file"}, status=404)
        seen = picture(stored.data)
        shown = seen is not None and "save" not in request.query
        headers = _HEADERS | {
            "Content-Type": seen[0] if seen else "application/octet-stream",
            "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(stored.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        }
        return web.Response(body=stored.data, headers=headers)

    async def _file(self, request: web.Request) -> web.Response:
        body, mime = self._static[request.path]
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = _HEADERS | {"Content-Type": mime, "ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)


def _json(value: Any, status: int = 200) -> web.Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=orjson.dumps(value), status=status, headers=headers)


def _key(params: Params) -> str:
    key = params.text("client_id") or ""
    if not 1 <= len(key) <= 80:
        raise PageError(422, "client_id", "client_id has 1 to 80 characters")
    return key


def _age(params: Params) -> float:
    """Seconds since send was pressed, by the page's own running clock; a phone's date is never asked."""
    age = params.number("age_ms")
    if age is None:
        raise PageError(422, "age", "age_ms is missing")
    return age / 1000


def _is_loopback_name(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _mime(path: Path) -> str:
    mime = {".js": "text/javascript", ".svg": "image/svg+xml"}.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return f"{mime or 'application/octet-stream'}; charset=utf-8"
