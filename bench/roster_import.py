"""Importing a province's roster: 7,366 villages with 22,098 people, first and again. `python -m bench.roster_import [NAMES]`.

NAMES is a CSV (plain or .xz) with the columns code, county, township, village; without it names are invented.
"""

import argparse
import asyncio
import csv
import lzma
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from actions import roster
from bench.verdict import MOST_IMPORT_S, verdict
from documents.lists import add_list
from documents.roster import read
from policy.authority import Viewer
from policy.workbook import COLUMNS, Book, Sheet
from storage.engine import Database
from storage.migrate import migrate

VILLAGES = 7_366
TEAM = 3
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PROVINCE = "13"


class Village(NamedTuple):
    """A row of NAMES."""

    code: str
    county: str
    township: str
    name: str


def villages(names: Path | None) -> list[Village]:
    """The villages of the bench."""
    if names is None or not names.exists():
        return [
            Village(f"13{n // 2000 + 1:02d}{n // 200 % 10 + 10:02d}{n // 20 % 10 + 100:03d}{n % 20 + 200:03d}",
                    f"第{n // 200}县", f"第{n // 20}镇", f"第{n}村")
            for n in range(VILLAGES)
        ]  # fmt: skip
    opener = lzma.open if names.suffix == ".xz" else open
    with opener(names, "rt", encoding="utf-8") as file:
        rows = [Village(*row) for row in list(csv.reader(file))[1:]]
    return rows[:: max(1, len(rows) // VILLAGES)][:VILLAGES]


def write_workbook(path: Path, rows: list[Village], *, renamed: int = 0) -> None:
    """The workbook of a province; the first `renamed` people have another phone."""
    workbook = Workbook(write_only=True)
    add_list(workbook, Sheet.AREAS, COLUMNS[Sheet.AREAS], _areas(rows), text_columns=(0, 3))
    sites = (
        (row.code, "村委会", 36.5 + n % 500 / 100, 114.0 + n // 500 / 5, ("WGS-84", "GCJ-02", "BD-09")[n % 3])
        for n, row in enumerate(rows)
    )
    add_list(workbook, Sheet.SITES, COLUMNS[Sheet.SITES], sites, text_columns=(0,))
    units = ((f"样例省第{n}单位", "省", "党政机关") for n in range(200))
    add_list(workbook, Sheet.UNITS, COLUMNS[Sheet.UNITS], units)
    add_list(workbook, Sheet.PEOPLE, COLUMNS[Sheet.PEOPLE], _people(rows, renamed), text_columns=(1, 5))
    workbook.save(path)


def _areas(rows: list[Village]) -> Iterator[tuple[str, str, str, str | None]]:
    yield PROVINCE, "样例省", "省", None
    seen = set()
    for row in rows:
        for width, name, level in ((6, row.county, "县"), (9, row.township, "乡镇")):
            if row.code[:width] not in seen:
                seen.add(row.code[:width])
                yield row.code[:width], name, level, PROVINCE if width == 6 else row.code[:6]
        yield row.code, row.name, "村", row.code[:9]


def _people(rows: list[Village], renamed: int) -> Iterator[tuple[str | None, ...]]:
    for n, row in enumerate(rows):
        for place in range(TEAM):
            number = n * TEAM + place
            phone = f"13{900_000_000 + number:09d}" if number >= renamed else f"15{900_000_000 + number:09d}"
            role = "第一书记" if place == 0 else "队员"
            unit = f"样例省第{n % 200}单位"
            yield f"{'赵钱孙'[place]}{number}", phone, "中共党员", unit, role, row.code, "2026-03-01", None


class Measured(NamedTuple):
    """One import: seconds of each part, changes written, statements sent."""

    what: str
    reading: float
    checking: float
    writing: float
    changes: int
    statements: int


@contextmanager
def _taking() -> Iterator[Callable[[], float]]:
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


async def import_once(db: Database, path: Path, what: str, bar: Progress) -> Measured:
    """Read, plan and apply, as the command line does."""
    statements: list[str] = []
    db.on_statement(statements.append)
    reading = bar.add_task(f"{what}: reading")
    with _taking() as taken:
        book: Book = read(path, lambda done: bar.update(reading, completed=done))
        read_s = taken()
    by = Viewer.system("/")
    with _taking() as taken:
        async with db.read() as session:
            planned = await roster.plan(session, book, by=by, today=NOW.date())
        plan_s = taken()
    assert not planned.problems, planned.problems[:3]
    writing = bar.add_task(f"{what}: writing")
    with _taking() as taken:
        async with db.write() as session:
            await roster.apply(
                session,
                planned,
                by=by,
                today=NOW.date(),
                now=NOW,
                progress=lambda done, total: bar.update(writing, completed=done, total=total),
            )
        write_s = taken()
    return Measured(what, read_s, plan_s, write_s, len(planned.changes), len(statements))


async def measure(url: str, names: Path | None, folder: Path) -> list[Measured]:
    """The first import, the same again, and one with 500 changed phones."""
    rows = villages(names)
    first, second = folder / "first.xlsx", folder / "second.xlsx"
    write_workbook(first, rows)
    write_workbook(second, rows, renamed=500)
    await migrate(url)
    db = Database(url)
    try:
        with Progress(console=Console(stderr=True)) as bar:
            return [
                await import_once(db, first, "first import", bar),
                await import_once(db, first, "the same again", bar),
                await import_once(db, second, "500 phones changed", bar),
            ]
    finally:
        await db.close()


def main() -> int:
    """Print the table; 1 where the first import takes a minute or more."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="?", type=Path)
    arguments.add_argument("--database", help="an empty database; default: an SQLite file of its own")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite+aiosqlite:///{folder}/bench.db"
        found = asyncio.run(measure(url, given.names, Path(folder)))
    table = Table("roster import", "read s", "check s", "write s", "total s", "changes", "statements")
    for row in found:
        parts = (row.reading, row.checking, row.writing, row.reading + row.checking + row.writing)
        table.add_row(row.what, *(f"{part:.1f}" for part in parts), str(row.changes), str(row.statements))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    table.caption = f"peak memory {peak} MB, making the workbooks included"
    Console(width=110).print(table)
    first = found[0]
    seconds = first.reading + first.checking + first.writing
    return verdict(first.what, {f"under {MOST_IMPORT_S} s": seconds < MOST_IMPORT_S})


if __name__ == "__main__":
    sys.exit(main())
