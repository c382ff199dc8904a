"""What is on the disk stays: across starts, and across a process that is killed."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiogram.exceptions import TelegramServerError

from gateway import Gateway
from gateway.errors import PageError
from tests.gateway.conftest import PEOPLE, ZHOU, Clock, Phone, bot_for

DAY = 24 * 3600

WRITER = """
import asyncio, sys
from gateway import Gateway

async def main():
    gateway = await Gateway.start(db=sys.argv[1], host="127.0.0.1", port=0)
    gateway.user(101)
    number = 0
    async def one(number):
        await gateway.post_text(101, f"第 {number} 条", client_id=str(number))
        print(number, flush=True)
    while True:
        await asyncio.gather(*(one(number + i) for i in range(20)))
        number += 20

asyncio.run(main())
"""


async def test_a_restart_keeps_token_ids_and_history(tmp_path: Path, clock: Clock):
    db = tmp_path / "gateway.db"
    gateway = await Gateway.start(db=db, host="127.0.0.1", port=0, now=clock)
    token = gateway.token
    gateway.user(ZHOU, "周建国")
    async with bot_for(gateway) as bot:
        await gateway.post_text(ZHOU, "一")
        sent = await bot.send_message(ZHOU, "二")
        [update] = await bot.get_updates()
        assert await bot.get_updates(offset=update.update_id + 1) == []
    await gateway.close()

    gateway = await Gateway.start(db=db, host="127.0.0.1", port=0, now=clock)
    try:
        assert gateway.token == token
        assert [one["text"] for one in await gateway.messages(ZHOU)] == ["一", "二"]
        async with bot_for(gateway) as bot:
            assert (await bot.send_message(ZHOU, "三")).message_id == sent.message_id + 1
            await gateway.post_text(ZHOU, "四")
            assert [u.update_id for u in await bot.get_updates()] == [update.update_id + 1]
    finally:
        await gateway.close()


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path):
    db = tmp_path / "gateway.db"
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(  # noqa: ASYNC220 - the test waits for its lines
        [sys.executable, "-c", WRITER, str(db)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = {int(writer.stdout.readline()) for _ in range(150)}
    writer.send_signal(signal.SIGKILL)
    acknowledged |= {int(line) for line in writer.stdout.read().split("\n") if line.strip()}
    writer.wait()
    writer.stdout.close()

    gateway = await Gateway.start(db=db, host="127.0.0.1", port=0)
    try:
        known = await gateway.messages(ZHOU, 100_000)
        texts = [one["text"] for one in known]
        assert {f"第 {number} 条" for number in acknowledged} <= set(texts)
        assert len(texts) == len(set(texts))
        last = known[-1]["message_id"]
        assert await gateway.post_text(ZHOU, "再说一遍", client_id="0") == known[0]["message_id"]
        assert await gateway.post_text(ZHOU, "新的") > last
        async with bot_for(gateway) as bot:
            seen, offset = [], None
            while updates := await bot.get_updates(offset=offset):
                seen += [update.message.text for update in updates if update.message]
                offset = updates[-1].update_id + 1
            assert seen == [*texts, "新的"]
    finally:
        await gateway.close()


async def test_a_taken_address_is_an_os_error(gateway: Gateway):
    port = int(gateway.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        await Gateway.start(db=":memory:", host="127.0.0.1", port=port)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    wrong = tmp_path / "letter.txt"
    wrong.write_text("This is no database at all, however long one looks at it." * 20)
    with pytest.raises(sqlite3.DatabaseError):
        await Gateway.start(db=wrong, host="127.0.0.1", port=0)


@pytest.mark.parametrize("where", [":memory:", "gateway.db"])
async def test_a_job_that_fails_leaves_nothing_and_harms_no_other(tmp_path: Path, where: str, clock: Clock):
    db = where if where == ":memory:" else tmp_path / where
    gateway = await Gateway.start(db=db, host="127.0.0.1", port=0, now=clock)
    try:
        gateway.user(ZHOU)
        store = gateway._store

        def breaks(tx):
            tx.execute("INSERT INTO settings VALUES ('half', 'done')")
            raise PageError(409, "broken", "on purpose")

        broken = store.submit(breaks)
        said = gateway._phones.text(gateway.user(ZHOU), "在")
        with pytest.raises(PageError, match="on purpose"):
            await broken
        assert await said == 1
        half = await store.run(lambda tx: tx.execute("SELECT * FROM settings WHERE name = 'half'").fetchall())
        assert half == []
    finally:
        await gateway.close()


async def test_positions_go_after_thirty_days_and_updates_after_two(gateway: Gateway, clock: Clock):
    await gateway.post_text(ZHOU, "在村里")
    await gateway.post_location(ZHOU, 38.2031, 114.0125)
    clock.time += 31 * DAY
    await gateway._store.run(lambda tx: gateway._chats.sweep(tx, clock()))
    text, place = await gateway.messages(ZHOU)
    assert text["text"] == "在村里"
    assert "location" not in place
    assert place["position_removed"] is True
    async with bot_for(gateway) as bot:
        assert await bot.get_updates() == []


async def test_a_full_disk_is_said_and_leaves_nothing_half(tmp_path: Path, clock: Clock):
    gateway = await Gateway.start(db=tmp_path / "gateway.db", host="127.0.0.1", port=0, now=clock)
    try:
        await gateway.offer_people(PEOPLE)
        connection = gateway._store._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        long = "长" * 4000
        async with bot_for(gateway) as bot, aiohttp.ClientSession() as session:
            with pytest.raises(TelegramServerError):
                await bot.send_message(ZHOU, long)
            item = {"kind": "text", "text": long, "client_id": "1", "age_ms": 0}
            status, answer = await Phone(session, gateway.url).ask("POST", "/page/send", item, person=ZHOU)
            assert (status, answer["error"]) == (503, "not_kept")
            connection.execute("PRAGMA max_page_count = 1000000")
            await Phone(session, gateway.url).ask("POST", "/page/send", item, person=ZHOU)
            assert (await bot.send_message(ZHOU, "好了")).text == "好了"
            assert [one["text"] for one in await gateway.messages(ZHOU)] == [long, "好了"]
            assert len(await bot.get_updates()) == 1
    finally:
        await gateway.close()
