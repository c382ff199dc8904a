"""A Chromium to open the phone page in: the system's, else the one that npm carries."""

import base64
import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser

ROOT = Path(__file__).parents[2]
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE, VERSION = "@sparticuz/chromium", "153.0.0"
INTEGRITY = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
UNPACKED = ROOT / "build" / f"chromium-{VERSION}"
FLAGS = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]

# The package's files are packed with brotli, which Python does not know and node does.
DECOMPRESS = "const fs = require('fs'); fs.writeFileSync(process.argv[2], require('zlib').brotliDecompressSync(fs.readFileSync(process.argv[1])))"
# The libraries in `al2023` are for systems that lack them; elsewhere the system's own fit better.
START = """#!/bin/sh
here=$(dirname "$0")
"$here/chromium" --version >/dev/null 2>&1 || export LD_LIBRARY_PATH="$here/al2023/lib"
exec "$here/chromium" "$@"
"""


class NoChromiumError(Exception):
    """No Chromium can be had here; the message says why."""


def find_chromium() -> Path:
    """The program to start. The environment's CHROMIUM names one, or says `npm`.

    Raises:
        NoChromiumError: the system has none, and npm can't bring one.
    """
    named = os.environ.get("CHROMIUM")
    if named == "npm":
        return from_npm()
    for name in [named] if named else SYSTEM:
        found = shutil.which(name)
        if found:
            return Path(found)
    if named:
        raise NoChromiumError(f"CHROMIUM={named} is no program")
    return from_npm()


def from_npm() -> Path:
    """npm's Chromium, fetched once into build/ and checked against its hash."""
    start = UNPACKED / "start"
    if start.exists():
        return start
    if not (shutil.which("npm") and shutil.which("node")):
        raise NoChromiumError("no Chromium: the system has none, and there is no node to fetch one with")
    UNPACKED.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent, prefix="chromium-") as temporary:
        unpacked = _unpack(_fetch(Path(temporary)))
        with contextlib.suppress(OSError):  # another worker was quicker
            unpacked.rename(UNPACKED)
    return start


def _unpack(package: Path) -> Path:
    folder = package.parent / "unpacked"
    subprocess.run(["tar", "--no-same-owner", "-xf", package, "-C", package.parent], check=True)
    folder.mkdir()
    for part, place in (("chromium", ""), ("swiftshader.tar", ""), ("al2023.tar", "al2023")):
        target = folder / place / part
        target.parent.mkdir(exist_ok=True)
        packed = package.parent / "package" / "bin" / f"{part}.br"
        subprocess.run(["node", "-e", DECOMPRESS, packed, target], check=True)
        if target.suffix == ".tar":
            subprocess.run(["tar", "--no-same-owner", "-xf", target, "-C", target.parent], check=True)
            target.unlink()
    (folder / "start").write_text(START)
    for program in ("start", "chromium"):
        (folder / program).chmod(0o755)
    return folder


def _fetch(folder: Path) -> Path:
    fetched = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, f"{PACKAGE}@{VERSION}"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    packed = list(folder.glob("*.tgz"))
    if fetched.returncode != 0 or not packed:
        raise NoChromiumError(f"no Chromium: the system has none, and npm can't fetch one: {fetched.stderr.strip()}")
    digest = base64.b64encode(hashlib.sha512(packed[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise NoChromiumError(f"{PACKAGE} {VERSION} is not what it was: sha512-{digest}")
    return packed[0]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The program to start; skips aloud where none can be had."""
    try:
        return find_chromium()
    except NoChromiumError as error:
        pytest.skip(str(error))


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator["Browser"]:
    """A running headless Chromium, fresh for each test (half a second): it lives in the test's own event loop."""
    from playwright.async_api import async_playwright  # here, since most runs of a few tests need none

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()
