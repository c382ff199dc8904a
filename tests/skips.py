"""A test that is skipped proves nothing: in CI every skip's reason must stand in `.ci/allowed-skips`, or the run fails."""

import os
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = ROOT / ".ci" / "allowed-skips"


def allowed_reasons(text: str) -> list[str]:
    """The patterns of the list: one a line, `*` for anything; # begins a remark."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def is_allowed(reason: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(reason, pattern) for pattern in patterns)


class SkipsAreErrors:
    """Watches where the results come together: xdist's controller, or the one process."""

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = patterns
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not is_allowed(reason, self.patterns):
            self.unexpected.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unexpected:
            terminalreporter.section("skipped, and not in .ci/allowed-skips", red=True)
            for line in self.unexpected:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipsAreErrors(allowed_reasons(ALLOWED.read_text(encoding="utf-8"))))
