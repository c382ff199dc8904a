"""The command line in this process, in an empty folder of its own."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import __main__ as command_line

Run = Callable[..., SimpleNamespace]


def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; what it said (`out`, `err`, the last `line` of it) and its exit code."""
    for name in [name for name in os.environ if name.startswith(("ZHUCUN_", "PG", "LC_ALL", "LANG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZHUCUN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str | Path) -> SimpleNamespace:
        code = command_line.main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err.strip(), line=said.err.strip().splitlines()[-1:])

    return run_command
