"""The first path, in a real browser over a real `run`: a cadre taps 签到, county staff see it on the board."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.async_api import Browser, Page, expect

from actions.sample_county import SHIMEN, SITES

ROOT = Path(__file__).parents[2]
AT_SHIMEN = next(site for site in SITES if site.village == SHIMEN)


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    """The bot as `make run` starts it, with nothing there before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHUCUN_")}
    env = {**kept, "ZHUCUN_DATA_DIR": str(tmp_path), "ZHUCUN_GATEWAY_LISTEN": listen}
    process = subprocess.Popen([sys.executable, "-m", "bot", "run"], cwd=ROOT, env=env)
    url = f"http://{listen}"
    try:
        _until_up(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def _until_up(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            urlopen(url).close()  # noqa: S310 -- our own page on this machine
            return
        except URLError:
            time.sleep(0.1)  # another process's start can only be waited for
    raise AssertionError("the page does not come up")


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


async def test_a_tap_in_the_village_is_on_the_countys_board(browser: Browser, page_url: str):
    zhou = await be(browser, page_url, "周建国")
    await expect(zhou.get_by_text("周建国").last).to_be_visible()
    await zhou.get_by_role("button", name="📍签到").tap()
    await expect(zhou.get_by_text("已签到").last).to_be_visible()
    await expect(zhou.get_by_text("石门村").last).to_be_visible()

    sun = await be(browser, page_url, "孙丽")
    await sun.get_by_role("button", name="📋今日在岗").tap()
    board = sun.get_by_text("今日在岗").last
    await expect(board).to_be_visible()
    await expect(sun.get_by_text("安岭县").last).to_be_visible()
