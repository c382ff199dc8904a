"""The line to a Bot API server: JSON bodies instead of forms, and plain calls for answers that are JSON already."""

from typing import Any, Protocol, cast

import orjson
from aiogram import Bot
from aiogram.client.default import Default
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from aiohttp import ClientError, ClientTimeout
from pydantic import BaseModel

RETRIED = (TelegramNetworkError, TelegramServerError, TelegramUnauthorizedError, TelegramRetryAfter)
"""What is no fault of the call made: the line, the server, a token that the server does not know (yet), haste."""


class Line(Protocol):
    """What intake and answers need of a session: one plain call."""

    async def call(self, bot: Bot, name: str, body: bytes, timeout: float | None = None) -> Any:
        """Call a method with a JSON body. Raises aiogram's `TelegramAPIError`s."""


class RawCall(TelegramMethod[Any]):
    """A call made from stored JSON; stands in for the method in aiogram's errors."""

    __returning__ = Any
    __api_method__ = "raw"

    name: str = ""


class JsonSession(AiohttpSession):
    """aiogram's session, posting JSON where no file goes along."""

    async def call(self, bot: Bot, name: str, body: bytes, timeout: float | None = None) -> Any:
        """Call a method with a JSON body; the result as plain values."""
        method = RawCall(name=name)
        status, content = await self._post(bot, name, body, timeout)
        try:
            answer = orjson.loads(content)  # of bytes that are no UTF-8 it says the same as of what is no JSON
        except orjson.JSONDecodeError:
            answer = None
        if isinstance(answer, dict) and "ok" in answer:
            if status == 200 and answer["ok"] and "result" in answer:
                return answer["result"]
            if "error_code" in answer:
                self._refused(bot, method, status, content.decode())
        # not of a Bot API server: a proxy on the way
        raise TelegramNetworkError(method=method, message=f"HTTP {status}")

    def _refused(self, bot: Bot, method: RawCall, status: int, content: str) -> None:
        """Raise what the server refused the call with."""
        try:
            self.check_response(bot, method, status, content)
        except ClientDecodeError as error:  # a refusal in a shape that we don't know
            raise TelegramNetworkError(method=method, message=_NO_ANSWER) from error

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """As aiogram's own, but JSON where there is no file, and an answer that is none is the network's fault."""
        try:
            if has_file(method):
                return await super().make_request(bot, method, timeout)
            status, content = await self._post(bot, method.__api_method__, encode(method, bot), timeout)
            response = self.check_response(bot, method, status, content.decode())
        except UnicodeDecodeError as error:
            raise TelegramNetworkError(method=method, message=_NO_ANSWER) from error
        except ClientDecodeError as error:
            if isinstance(error.data, dict) and error.data.get("ok"):  # done, and said so in a way we don't know
                raise
            raise TelegramNetworkError(method=method, message=_NO_ANSWER) from error
        return cast(TelegramType, response.result)

    async def _post(self, bot: Bot, name: str, body: bytes, timeout: float | None) -> tuple[int, bytes]:
        session = await self.create_session()
        limit = ClientTimeout(total=self.timeout if timeout is None else timeout)
        url = self.api.api_url(token=bot.token, method=name)
        try:
            async with session.post(url, data=body, headers=_JSON, timeout=limit) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TelegramNetworkError(method=RawCall(name=name), message="Request timeout error") from error
        except (ClientError, OSError) as error:
            raise TelegramNetworkError(method=RawCall(name=name), message=type(error).__name__) from error


_JSON = {"Content-Type": "application/json"}
_NO_ANSWER = "no answer of a Bot API server"


def encode(method: TelegramMethod[Any], bot: Bot) -> bytes:
    """A method's arguments as a JSON body, the bot's defaults filled in."""
    body: dict[str, Any] = {}
    for name, value in method:
        filled = bot.default[value.name] if isinstance(value, Default) else value
        if filled is not None:
            body[name] = filled
    return orjson.dumps(body, default=_jsonable)


def has_file(method: TelegramMethod[Any]) -> bool:
    """Whether a file must be uploaded, so that a form is needed."""
    return any(_is_file(value) for _, value in method)


def _is_file(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_file(item) for item in value)
    return isinstance(value, InputFile) or isinstance(getattr(value, "media", None), InputFile)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Default):
        return None
    if isinstance(value, BaseModel):
        return {name: item for name, item in value if item is not None and not isinstance(item, Default)}
    raise TypeError(f"cannot be sent as JSON: {type(value).__name__}")
