"""A running gateway, a real aiogram bot talking to it over HTTP, and a phone page's way of asking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from gateway import Gateway, SamplePerson

ZHOU, LI = 101, 102
PEOPLE = [SamplePerson(ZHOU, "周建国", "队员 · 石门村"), SamplePerson(LI, "李雪", "第一书记 · 东峪村", "en")]


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until it holds: somebody's question has arrived. Raises TimeoutError where it never does."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the gateway tells nobody that a question waits
            await asyncio.sleep(0)


class Clock:
    """The gateway's time, set by the test: unix seconds."""

    def __init__(self) -> None:
        self.time = 1_795_392_120.0  # 23 November 2026, 08:02 in Shijiazhuang

    def __call__(self) -> float:
        return self.time


def bot_for(gateway: Gateway) -> Bot:
    return Bot(gateway.token, session=AiohttpSession(api=TelegramAPIServer.from_base(gateway.url)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def gateway(clock: Clock) -> AsyncIterator[Gateway]:
    running = await Gateway.start(db=":memory:", host="127.0.0.1", port=0, now=clock)
    await running.offer_people(PEOPLE)
    yield running
    await running.close()


@pytest.fixture
async def bot(gateway: Gateway) -> AsyncIterator[Bot]:
    async with bot_for(gateway) as made:
        yield made


class Phone:
    """Asks as the page does, and answers (status, JSON)."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        person: int | None = None,
        headers: dict[str, str] | None = None,
        data: Any = None,
    ) -> tuple[int, Any]:
        told = {"X-Page": "1"} | ({} if person is None else {"X-As": str(person)}) | (headers or {})
        async with self.session.request(method, self.url + path, json=body, data=data, headers=told) as response:
            return response.status, await response.json()


@pytest.fixture
async def phone(gateway: Gateway) -> AsyncIterator[Phone]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Phone(session, gateway.url)
