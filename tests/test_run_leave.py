"""请假 with the bot killed (SIGKILL) after each of its steps: nothing is lost, nothing is done twice."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.botserver import FIRST_USER, site_of
from bench.county import fill
from gateway import Gateway
from tests.test_run import PATIENCE_S, running, until

ZHOU, SUN = FIRST_USER + 1, FIRST_USER + 3
TO_COUNTY = """UPDATE person_role SET role = 'COUNTY_STAFF', area_id = (SELECT id FROM area WHERE level = 'COUNTY')
    WHERE person_id = (SELECT person_id FROM chat WHERE external_id = ?)"""


AT_ANY_HOUR = """INSERT INTO setting (id, area_id, key, value, effective_on, reason, set_at)
    SELECT ?, id, ?, ?, '2020-01-01', 'test', '2020-01-01 00:00:00.000000' FROM area WHERE level = 'COUNTY'"""


class Desk:
    """The gateway, the database seen from outside, and a bot that is killed as soon as a step is written."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway, self.folder = gateway, folder
        self.settings = {"BOT_TOKEN": gateway.token, "BOT_API": gateway.url, "SEND_RATE": "0", "HEALTH_LISTEN": "off"}

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "zhucun.db", timeout=30)) as connection, connection:
            return connection.execute(query, values).fetchall()

    async def killed_once(self, written: str, *, seen: tuple[int, str], presses: str | None = None) -> None:
        """Run until what was shown is seen and pressed, and this is in the database; then SIGKILL, whatever is under way."""
        async with running(self.folder, **self.settings) as bot:
            await self.sees(*seen)
            for label in presses.split(">") if presses else ():
                await self.presses(seen[0], label)
            await until(lambda: self.ask(written)[0][0] > 0, written, bot)
            await bot.kill()

    async def sees(self, user_id: int, text: str) -> list[dict[str, Any]]:
        """The bot's messages with this text; waited for."""
        told: list[dict[str, Any]] = []
        for _ in range(PATIENCE_S * 20):
            told = [one for one in await self.gateway.messages(user_id) if one["from"]["is_bot"]]
            if found := [one for one in told if text in one.get("text", "")]:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{text} does not come, but {[one.get('text') for one in told]}")

    async def presses(self, user_id: int, label: str) -> None:
        """The newest button of this name; waited for."""
        for _ in range(PATIENCE_S * 20):
            for message in reversed(await self.gateway.messages(user_id)):
                rows = message.get("reply_markup", {}).get("inline_keyboard", [])
                for button in (one for row in rows for one in row if one["text"] == label):
                    await self.gateway.press(user_id, message["message_id"], button["callback_data"])
                    return
            await asyncio.sleep(0.05)
        raise AssertionError(f"no button {label}")


async def test_killed_after_each_step_of_a_leave_nothing_is_lost_or_done_twice(tmp_path):
    await fill(f"sqlite+aiosqlite:///{tmp_path / 'zhucun.db'}", 6)
    gateway = await Gateway.start(db=":memory:", host="127.0.0.1", port=0)
    try:
        desk = Desk(gateway, tmp_path)
        desk.ask(TO_COUNTY, SUN)
        desk.ask(AT_ANY_HOUR, 1, "checkin_opens", '"00:00"')
        desk.ask(AT_ANY_HOUR, 2, "checkin_closes", '"23:59"')
        until_on = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=9)
        await gateway.post_text(ZHOU, f"请假 今天到{until_on.month}-{until_on.day} 孩子看病")
        async with running(tmp_path, **desk.settings) as bot:
            await until(lambda: desk.ask("SELECT count(*) FROM inbox WHERE state = 'DONE'") == [(1,)], "read", bot)
            await bot.kill()
        await desk.killed_once("SELECT count(*) FROM leave_request", seen=(ZHOU, "请核对"), presses="提交")
        await gateway.post_text(SUN, "待办")
        await desk.killed_once("SELECT count(*) FROM leave_decision", seen=(SUN, "待您处理"), presses="逐件处理>同意")
        async with running(tmp_path, **desk.settings) as bot:
            await desk.sees(ZHOU, "请假已批准")
            await gateway.post_location(ZHOU, *site_of(1), accuracy=20)
            returned = "SELECT count(*) FROM leave_return"
            await until(lambda: desk.ask(returned) == [(1,)], "return", bot)
            await bot.kill()
        async with running(tmp_path, **desk.settings) as bot:
            await desk.sees(ZHOU, "已销假")
            await until(lambda: desk.ask("SELECT DISTINCT state FROM inbox") == [("DONE",)], "the rest", bot)
        told = await desk.sees(ZHOU, "请假已批准")
        ((repeated,),) = desk.ask("SELECT possibly_repeated FROM outbox WHERE kind = 'leave_decided'")
        assert len(told) == 1 or repeated, "told twice, unmarked"
        assert desk.ask("SELECT state FROM leave_request") == [("RETURNED",)]
        counts = (
            "SELECT (SELECT count(*) FROM leave_decision), (SELECT count(*) FROM leave_return), count(*) FROM check_in"
        )
        assert desk.ask(counts) == [(1, 1, 1)]
        assert desk.ask("SELECT DISTINCT state FROM inbox") == [("DONE",)]
    finally:
        await gateway.close()
