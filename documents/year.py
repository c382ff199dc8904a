"""个人全年汇总: one page per person and year, months × days. Clause 三（二）. `build` runs in the press's process."""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from documents import forms, papers
from documents.forms import Cell, Form, Row, label
from documents.lists import add_list
from documents.papers import KINDS, ROLES, SAMPLE, Format, day
from documents.sheets import row_by_row
from policy.authority import Viewer
from policy.profile import LeaveKind
from storage import years
from storage.engine import AsyncSession
from storage.years import Year, duty_days, leave_days

HEADS = ("月份", "应出勤", "在村", "公出", "请假", "其中假别", "值班", "待核实", "月结")
_COLUMNS = (5, 6, 4.5, 4.5, 4.5, 10, 4.5, 6, 6)


@dataclass(frozen=True, slots=True)
class Order:
    """Whose year, as what, as of `now` (UTC)."""

    url: str
    viewer: Viewer
    person_id: int
    year: int
    form: Format
    now: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """The page, and what to say beside it; days so far."""

    content: bytes
    name: str
    is_sample: bool
    in_village: float
    trips: float
    leave: float


def build(order: Order) -> Built:
    """One page. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    return asyncio.run(papers.read(order.url, partial(_make, order)))


async def _make(order: Order, session: AsyncSession) -> Built:
    year = await years.of_person(session, order.viewer, order.person_id, order.year, order.now)
    rows, total = table(year)
    made = _workbook(year, order.year, rows) if order.form is Format.XLSX else forms.pdf([form(year, order.year)])
    return Built(made, year.person.name, year.village.is_sample, *total)


def table(year: Year) -> tuple[list[tuple[str, ...]], tuple[float, float, float]]:
    """A row a month, 合计 at the end; and the days in the village, on trips, on leave of all."""
    rows: list[tuple[str, ...]] = []
    sums = [0.0] * 6
    kinds: dict[LeaveKind, float] = {}
    for month, is_locked in year.months:
        tally = month.tally()
        if not any(month.served):
            continue
        days = [tally.due_so_far / 2, tally.on_duty_days, tally.trip_days, tally.leave_days]
        days += [duty_days(month), tally.unverified_days]
        sums = [one + other for one, other in zip(sums, days, strict=True)]
        named = leave_days(month)
        kinds = {kind: kinds.get(kind, 0) + named.get(kind, 0) for kind in (*kinds, *named)}
        rows.append(_row(f"{month.sheet.first.month}月", days, named, "已月结" if is_locked else "未月结"))
    rows.append(_row("合计", sums, kinds, ""))
    return rows, (sums[1], sums[2], sums[3])


def _row(name: str, days: list[float], kinds: dict[LeaveKind, float], lock: str) -> tuple[str, ...]:
    due, in_village, trips, leave, duty, unverified = (f"{one:g}" for one in days)
    named = "，".join(f"{KINDS[kind]} {kinds[kind]:g}" for kind in LeaveKind if kinds.get(kind))
    return name, due, in_village, trips, leave, named, duty, unverified, lock


def form(year: Year, which: int) -> Form:
    """The page."""
    rows, _total = table(year)
    who = Row((label("姓名"), Cell(year.person.name), label("职务"), Cell(ROLES[year.role], 2), Cell(year.place, 4)))
    unit = Row((label("派出单位", 2), Cell(year.unit, 7)))
    heads = Row(tuple(label(head) for head in HEADS))
    lines = [Row(tuple(Cell(text) for text in row), 9) for row in rows]
    return Form(
        title=f"{which}年驻村情况汇总",
        columns=_COLUMNS,
        rows=(who, unit, heads, *lines),
        above=f"单位：天，按半天计。截至{day(year.today)}。",
        below="取自考勤记录；待核实不等于缺岗，未月结的月份还会变化。",
        mark=SAMPLE if year.village.is_sample else "",
    )


def _workbook(year: Year, which: int, rows: list[tuple[str, ...]]) -> bytes:
    target = io.BytesIO()
    with row_by_row() as book:
        values = [[_number(text) for text in row] for row in rows]
        add_list(
            book,
            f"{which}年",
            [*HEADS, "姓名", "驻村", "派出单位"],
            ([*row, year.person.name, year.place, year.unit] for row in values),
            widths={5: 28, 10: 24, 11: 24},
        )
        book.save(target)
    return target.getvalue()


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
