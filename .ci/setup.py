"""Puts the Python packages of requirements/ into .venv, and writes those lock files.

    python3 .ci/setup.py run     what `make run` needs
    python3 .ci/setup.py test    that, and what tests and checks need
    python3 .ci/setup.py lock    pyproject.toml → requirements/*.lock (lock --upgrade: newest versions)

Needs Python 3.11 with pip and nothing else. Does nothing when nothing changed; what was interrupted is built anew.
"""

import ast
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
VENV = ROOT / ".venv"
OLD = ROOT / ".venv.old"
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"  # what the environment holds: kind, lock, Python
UNFINISHED = VENV / ".unfinished"  # there while packages are being put in
UV = VENV / "uv"  # beside the packages, so that a sync leaves it alone
BASE = getattr(sys, "_base_executable", sys.executable)

# Settings of pip → the same of uv.
SAME_IN_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
# What the machine at hand adds to the public index or its mirror, and no lock may hold.
NOT_IN_A_LOCK = (
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_EXCLUDE_NEWER",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
)

LOCKED = {
    "run": ["pyproject.toml"],
    "test": ["pyproject.toml", "--group", "test", "--constraint", "requirements/run.lock"],
    "setup": ["--group", "setup"],
}


class SetupError(Exception):
    """Set-up can't go on; the message says what to do."""


def main(arguments: list[str]) -> None:
    match arguments:
        case ["run" | "test" as kind]:
            if not ready(kind):
                with alone():
                    if not ready(kind):
                        prepare(kind)
        case ["lock", *options] if set(options) <= {"--upgrade"}:
            with alone():
                lock(options)
        case _:
            sys.exit(__doc__)


def ready(kind: str) -> bool:
    """Whether .venv holds what `kind` needs; what tests need includes what `run` needs."""
    if UNFINISHED.exists() or not PYTHON.exists() or not READY.exists():
        return False
    return READY.read_text() in {stamp(kind), stamp("test")}


def stamp(kind: str) -> str:
    digest = hashlib.sha256((LOCKS / f"{kind}.lock").read_bytes()).hexdigest()
    return f"{kind} {digest} {sys.version_info[0]}.{sys.version_info[1]}\n"


@contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time; a second waits for the first."""
    folder = os.open(LOCKS, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def prepare(kind: str) -> None:
    if READY.exists() and READY.read_text().startswith("test "):
        kind = "test"  # never take the tools away again
    say(f"setting up .venv for {kind} (about 15 seconds the first time)")
    if not fit():
        make_venv()
    READY.unlink(missing_ok=True)
    UNFINISHED.touch()
    try:
        install(LOCKS / f"{kind}.lock")
    except SetupError:
        UNFINISHED.unlink()  # both installers fetch everything before they change anything
        raise
    READY.write_text(stamp(kind))
    UNFINISHED.unlink()


def fit() -> bool:
    """Whether .venv can be built upon: whole, and of this Python."""
    if UNFINISHED.exists() or not (VENV / "pyvenv.cfg").exists() or not PYTHON.exists():
        return False
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return run([PYTHON, "-c", version])


def make_venv() -> None:
    shutil.rmtree(OLD, ignore_errors=True)
    if VENV.exists():
        VENV.rename(OLD)  # a half-removed environment must never look like a whole one
        shutil.rmtree(OLD, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    if not run([BASE, "-m", "venv", "--without-pip", VENV]):
        raise SetupError(f"{BASE} can't make a virtual environment; on Debian and Ubuntu: apt install python3-venv")


def install(lock_file: Path) -> None:
    """By uv; by pip, which takes longer, where uv can't be had or fails."""
    try:
        if run([uv(), "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", lock_file], uv_environment()):
            return
        say("uv failed; trying pip")
    except SetupError as error:
        say(f"{error}; going on with pip alone, which takes longer")
    if not pip_install("--requirement", lock_file):
        raise SetupError(
            f"the packages of {lock_file.relative_to(ROOT)} can't be installed; the lines above say why. "
            "Behind a mirror or a proxy: tell pip (pip config set global.index-url ADDRESS), uv is told from there"
        )


def uv() -> Path:
    """The uv of requirements/setup.lock, put in by pip."""
    program = UV / "bin" / "uv"
    wanted = re.search(r"^uv==(\S+)", (LOCKS / "setup.lock").read_text(), re.MULTILINE)
    if wanted is None:
        raise SetupError("requirements/setup.lock names no uv")
    if not (UV / f"uv-{wanted[1]}.dist-info").exists() or not program.exists():
        shutil.rmtree(UV, ignore_errors=True)
        if not pip_install("--target", UV, "--requirement", LOCKS / "setup.lock") or not program.exists():
            raise SetupError("uv can't be had")
    return program


def pip_install(*options: str | Path) -> bool:
    return run([*pip(), "install", "--quiet", "--require-hashes", "--no-deps", *options])


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


@cache
def pip() -> list[str | Path]:
    """A pip that can install into .venv, which has none."""
    for candidate in ([BASE, "-m", "pip"], ["pip3"], ["pip"]):
        try:
            told = subprocess.run([*candidate, "--version"], check=False, capture_output=True, text=True).stdout
        except OSError:
            continue
        version = re.match(r"pip (\d+)\.(\d+)", told)
        if version and (int(version[1]), int(version[2])) >= (22, 3):  # the first with --python
            return [*candidate, "--disable-pip-version-check", "--python", PYTHON]
    raise SetupError(f"{BASE} has no pip (22.3 or newer); on Debian and Ubuntu: apt install python3-pip")


@cache
def uv_environment() -> dict[str, str]:
    """The environment for uv, with pip's mirror, certificate and proxy; what is set for uv itself stays."""
    told: dict[str, str] = {}
    listed = subprocess.run([*pip(), "config", "list"], check=False, capture_output=True, text=True).stdout
    for rank in ("global", "install", ":env:"):  # the last one wins, as in pip
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            section, _, name = key.rpartition(".")
            if section == rank and name in SAME_IN_UV:
                words = str(ast.literal_eval(value)).split()
                told[SAME_IN_UV[name]] = ("," if name == "find-links" else " ").join(words)
    if not os.access(os.environ.get("HOME") or "", os.W_OK):
        told["UV_CACHE_DIR"] = str(VENV / "cache")
    # As pip does: the wanted version from whichever index has it. The hashes make that safe.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never", **told, **os.environ}


def lock(options: list[str]) -> None:
    """Write the lock files: hashes of the public index or its mirror, and no address."""
    if not fit():
        make_venv()
        UNFINISHED.unlink()
    environment = {name: value for name, value in uv_environment().items() if name not in NOT_IN_A_LOCK}
    how = [
        "--quiet",
        "--no-config",
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-emit-index-url",
    ]
    for name, what in LOCKED.items():
        written = f"requirements/{name}.lock"
        if not run(
            [uv(), "pip", "compile", *how, "--no-header", *options, *what, "--output-file", written], environment
        ):
            raise SetupError(f"{written} can't be written")
        strange = re.search(
            r"^(?!\s+--hash=|\s*#|[\w.-]+(\[.*\])?==).*\S.*$", (ROOT / written).read_text(), re.MULTILINE
        )
        if strange:
            raise SetupError(f"{written} holds more than names, versions and hashes: {strange[0]}")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SetupError as error:
        sys.exit(f"set-up: {error}.")
    except KeyboardInterrupt:
        sys.exit("set-up: interrupted; the next call begins anew.")
