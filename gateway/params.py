"""A request's parameters: from the address, a form, multipart or JSON, read with the types the Bot API gives them."""

import asyncio
import math
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import BodyPartReader, web

from gateway.errors import ApiError, bad_request
from gateway.files import LARGEST_UPLOAD, Upload

_LARGEST_BODY = LARGEST_UPLOAD + 1024 * 1024


class Params:
    """Values by name, and files by field name."""

    __slots__ = ("files", "values")

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str) -> str | None:
        """A string; numbers become one.

        Raises:
            ApiError: 400 for anything else.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        raise bad_request(f'field "{name}" must be of type String')

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is None or value == "" or isinstance(value, bool):
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'field "{name}" must be a Number') from None

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise bad_request(f'field "{name}" must be a Number') from None
        if not math.isfinite(number):
            raise bad_request(f'field "{name}" must be a finite Number')
        return number

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        return value.lower() in {"true", "1", "yes"} if isinstance(value, str) else bool(value)

    def json(self, name: str) -> Any:
        """An object or array, given as such or as JSON text; None if it isn't given."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad_request(f"can't parse {name} JSON object") from None


async def read_params(request: web.Request) -> Params:
    """Raises:
    ApiError: 400 for a body that can't be read, 413 for one that is too large.
    """
    query = dict(request.query) if request.query_string else {}
    if not request.body_exists:
        return Params(query)
    kind = request.content_type
    if kind == "multipart/form-data":
        return await _multipart(request, query)
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    if kind == "application/json":
        return Params(query | _json_object(body)) if body else Params(query)
    if kind == "application/x-www-form-urlencoded":
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200))
        except ValueError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return Params(query | form)
    return Params(query)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("can't parse request JSON") from None
    if not isinstance(values, dict):
        raise bad_request("can't parse request JSON: expected an Object")
    return values


async def _multipart(request: web.Request, query: dict[str, str]) -> Params:
    values: dict[str, Any] = dict(query)
    files: dict[str, Upload] = {}
    left = _LARGEST_BODY
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            data = bytearray()
            while chunk := await part.read_chunk(256 * 1024):
                left -= len(chunk)
                if left < 0:
                    raise ApiError(413, "Request Entity Too Large")
                data += chunk
            if part.filename is not None:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                files[part.name] = Upload(part.filename, mime, bytes(data))
            else:
                values[part.name] = data.decode()
    except (ValueError, AssertionError, asyncio.IncompleteReadError):
        raise bad_request("can't parse multipart form") from None
    return Params(values, files)
