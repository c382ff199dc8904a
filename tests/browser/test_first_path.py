"""The first path, in a real browser over a real `run`: a cadre taps 签到, county staff see it on the board."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from actions.sample_county import SHIMEN, SITES

ROOT = Path(__file__).parents[2]
TOTALS = re.compile(r"在村 (\d+)")
AT_SHIMEN = next(site for site in SITES if site.village == SHIMEN)


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    """The bot as `make run` starts it, with nothing there before, on a port that it finds free."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHUCUN_")}
    env = {**kept, "ZHUCUN_DATA_DIR": str(tmp_path), "ZHUCUN_LOG_FORMAT": "json"}
    env["ZHUCUN_GATEWAY_LISTEN"] = "127.0.0.1:0"
    log = tmp_path / "run.log"
    with log.open("wb") as written:
        process = subprocess.Popen([sys.executable, "-m", "bot", "run"], cwd=ROOT, env=env, stderr=written)
    try:
        yield _page_of(log, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def _page_of(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """The page's address, from the log."""
    for _ in range(1_800):
        assert process.poll() is None, log.read_text("utf-8")
        for line in log.read_text("utf-8").splitlines():
            if '"ready"' in line and line.endswith("}"):
                return str(json.loads(line)["page"])
        time.sleep(0.1)  # another process's start can only be waited for
    raise AssertionError("the page does not come up\n" + log.read_text("utf-8"))


async def be(browser: Browser, url: str, name: str) -> Page:
    """A phone in the village, in the hands of a sample person."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 740},
        locale="zh-CN",
        is_mobile=True,
        has_touch=True,
        geolocation={"latitude": AT_SHIMEN.latitude, "longitude": AT_SHIMEN.longitude, "accuracy": 20},
        permissions=["geolocation"],
    )
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("link", name=name).tap()
    await page.get_by_role("button", name="开始").tap()
    return page


async def looks_at_the_board(page: Page) -> Locator:
    """A tap on 今日在岗: a new card with the totals."""
    cards = page.get_by_text(TOTALS)
    before = await cards.count()
    await page.get_by_role("button", name="📋今日在岗").tap()
    await expect(cards).to_have_count(before + 1)
    return cards.last


async def in_the_village(board: Locator) -> int:
    """How many the board counts: 在村 12."""
    found = TOTALS.search(await board.inner_text())
    assert found is not None
    return int(found[1])


async def test_a_tap_in_the_village_is_on_the_countys_board(browser: Browser, page_url: str):
    sun = await be(browser, page_url, "孙丽")
    board = await looks_at_the_board(sun)
    await expect(board).to_contain_text("安岭县")
    before = await in_the_village(board)

    zhou = await be(browser, page_url, "周建国")
    await expect(zhou.get_by_text("周建国").last).to_be_visible()
    await zhou.get_by_role("button", name="📍签到").tap()
    await expect(zhou.get_by_text("已签到").last).to_be_visible()
    await expect(zhou.get_by_text("石门村").last).to_be_visible()

    assert await in_the_village(await looks_at_the_board(sun)) == before + 1
