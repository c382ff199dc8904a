"""A bench fails where what it measures is lost, twice, too large or too slow, and says which line."""

import sys
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace

import pytest

from bench import __main__ as benches
from bench import burst, checkins, notice, roster_import, sweep
from bench.botserver import FIRST_USER
from bench.checkins import Measured
from tests.databases import NoPostgresError


@pytest.mark.parametrize(
    "sqlite, postgresql, failed",
    [
        (70, 60, []),
        (69, 60, ["FAILED SQLite: at least 0.7 of the echo"]),
        (100, 59, ["FAILED PostgreSQL: at least 0.6 of the echo"]),
        (100, None, []),  # there is none on this machine
    ],
)
def test_the_rate_beside_the_echo(sqlite, postgresql, failed, capsys):
    others = [[Measured("SQLite", sqlite)], [Measured("PostgreSQL", postgresql)] if postgresql else []]
    assert checkins.show([Measured("echo", 100)], others) == (1 if failed else 0)
    assert [line for line in capsys.readouterr().out.splitlines() if "FAILED" in line] == failed


@pytest.mark.parametrize(
    "counts, mb, failed",
    [
        ((40, 0, 0), 399, []),
        ((39, 0, 0), 399, ["no check-in is lost"]),
        ((40, 1, 0), 399, ["no check-in is lost", "no check-in is there twice"]),
        ((41, 1, 0), 399, ["no check-in is there twice"]),
        ((40, 0, 2), 399, ["no update is left"]),
        ((40, 0, 0), 401, ["at most 400 MB"]),
    ],
)
def test_a_burst(counts, mb, failed, capsys, monkeypatch):
    async def count(_url: str) -> tuple[int, int, int]:
        return counts

    async def no_county(*_: object) -> None:
        return

    crowd = SimpleNamespace(
        check_in=lambda *_: None, wait=lambda *_: {"answers": 40, "seconds": 1.0}, close=lambda: None
    )
    monkeypatch.setattr(burst, "fill", no_county)
    monkeypatch.setattr(burst, "Crowd", lambda: crowd)
    monkeypatch.setattr(burst, "environment", lambda *_: {})
    monkeypatch.setattr(burst, "_COMMAND", [sys.executable, "-c", ""])
    monkeypatch.setattr(burst, "bot", lambda *_command, **_env: checkins.bot(["-c", ""]))
    monkeypatch.setattr(burst, "Peak", lambda _process: SimpleNamespace(mb=mb))
    monkeypatch.setattr(burst, "_count", count)
    assert burst.burst(40) == (1 if failed else 0)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("burst of 40: 40 answered")
    assert said[1:] == [f"FAILED burst: {what}" for what in failed]


class Watch:
    """`perf_counter` that has gone on by so many seconds at each second look."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.looks = seconds, 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks // 2 * self.seconds


@pytest.mark.parametrize(
    "told, refused, seconds, p95, failed",
    [
        ([1] * 29, 0, 1.0, 900, []),
        ([1] * 28 + [0], 0, 1.0, 900, ["nobody is left out"]),
        ([1] * 28 + [2], 0, 1.0, 900, ["nobody is told twice"]),
        ([1] * 29, 1, 1.0, 900, ["no 429"]),
        ([1] * 29, 0, 1.05, 900, ["at most 1.02 of the ideal"]),
        ([1] * 29, 0, 1.0, 1_001, ["answers within 1000 ms"]),
    ],
)
def test_a_notice(told, refused, seconds, p95, failed, monkeypatch, capsys):
    crowd = SimpleNamespace(
        noticed=lambda people: people,
        notices=lambda: dict(enumerate(told, FIRST_USER)),
        check_in=lambda *_, **__: None,
        wait=lambda *_: {"answers": 0, "p50": 1.0, "p95": p95},
        refused=lambda: refused,
    )

    @contextmanager
    def province(_people: int, **_more: object):
        yield crowd, "", {}

    monkeypatch.setattr(notice, "_province", province)
    monkeypatch.setattr(notice, "_until", lambda *_: None)
    monkeypatch.setattr(notice, "bot", lambda *_command, **_env: checkins.bot(["-c", ""]))
    monkeypatch.setattr(notice, "Peak", lambda _process: SimpleNamespace(mb=1))
    monkeypatch.setattr("bench.notice.time", SimpleNamespace(perf_counter=Watch(seconds)))
    assert notice.notice(29, rate=28) == (1 if failed else 0)
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == [f"FAILED notice: {what}" for what in failed]


@pytest.mark.parametrize("seconds, failed", [(2.9, []), (3.1, ["FAILED SQLite, checkin_reminder: under 3 s"])])
def test_a_sweep(seconds, failed, monkeypatch, capsys):
    @asynccontextmanager
    async def filled(_url: str):
        yield None

    async def measured(_db: object) -> list[tuple[str, int, float, float]]:
        return [("checkin_reminder", 22_098, seconds, 1.0)]

    def no_postgres(**_: object) -> None:
        raise NoPostgresError("none here")

    monkeypatch.setattr(sweep, "filled", filled)
    monkeypatch.setattr(sweep, "measure", measured)
    monkeypatch.setattr(sweep, "postgres_server", no_postgres)
    monkeypatch.setattr("bench.sweep.structlog.configure", lambda **_: None)
    assert sweep.main() == (1 if failed else 0)
    assert [line for line in capsys.readouterr().out.splitlines() if "FAILED" in line] == failed


@pytest.mark.parametrize(
    "told, in_flight, code",
    [
        ([1, 1, 1, 1], 0, 0),
        ([1, 0, 1, 1], 9, 1),  # one left out
        ([1, 2, 1, 2], 2, 0),
        ([1, 3, 1, 2], 2, 1),  # more repeated than were in flight at the two kills
    ],
)
def test_a_notice_over_kills(told, in_flight, code, monkeypatch, capsys):
    crowd = SimpleNamespace(noticed=lambda people: people, notices=lambda: dict(enumerate(told, FIRST_USER)))

    @contextmanager
    def province(people: int, **more: object):
        assert more == {"rate": 28, "allowed": notice.ALLOWED, "faults": notice.FAULTS}
        yield crowd, "", {}

    async def half(_url: str) -> int:
        return in_flight // 2

    monkeypatch.setattr(notice, "_province", province)
    monkeypatch.setattr(notice, "_claimed", half)
    monkeypatch.setattr(notice, "_marked", half)
    monkeypatch.setattr(notice, "_COMMAND", [sys.executable, "-c", ""])
    monkeypatch.setattr(notice, "bot", lambda *_command, **_env: checkins.bot(["-c", ""]))
    monkeypatch.setattr("bench.notice.time.sleep", lambda _seconds: None)
    assert notice.notice_kills(4, times=2, seed=1) == code
    assert f"{told.count(0)} of 4 left out" in capsys.readouterr().out


def test_a_rosters_minute(monkeypatch, capsys):
    async def slow(*_: object) -> list[roster_import.Measured]:
        return [roster_import.Measured("first import", 20, 20, 20, 1, 1)]

    monkeypatch.setattr(roster_import, "measure", slow)
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert roster_import.main() == 1
    assert "FAILED first import: under 60 s" in capsys.readouterr().out


def test_the_command_fails_where_a_bench_does_and_runs_the_others(monkeypatch, capsys):
    ran: list[str] = []

    def bench(name: str, code: int) -> int:
        ran.append(name)
        return code

    parts = {"bad": lambda: bench("bad", 1), "silent": lambda: ran.append("silent"), "good": lambda: bench("good", 0)}
    monkeypatch.setitem(sys.modules, "bench.invented", SimpleNamespace(**parts))
    monkeypatch.setattr(sys, "argv", ["bench"])
    monkeypatch.setattr(benches, "BENCHES", {name: f"invented.{name}" for name in parts})
    assert benches.main([]) == 1
    assert ran == ["bad", "silent", "good"]
    assert capsys.readouterr().err == "\nfailed: bad\n"
    assert benches.main(["silent", "good"]) == 0
    assert benches.main(["nonsense"]) == 2
