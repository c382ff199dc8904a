"""值班表 of an area: one description, printed as Excel, Word or a picture. Clause 三（二）.

Villages by area code under their townships, a column a day, seven days side by side; nothing is ranked, no telephone
numbers. `build` runs in the press's process. Papers that offices file are Chinese, whoever asks for them.
"""

import asyncio
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from documents import papers, typeset, word
from documents.board import PIXELS_PER_INCH, ROWS_OF_A_PHOTO, WIDTH_PT
from documents.papers import SAMPLE, Format, day
from documents.sheets import plain, print_landscape, row_by_row
from documents.word import Look
from policy.authority import Action, Viewer
from policy.duty import days_of
from storage import duty as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.engine import AsyncSession
from storage.tables import DutyDay

DAYS_SIDE_BY_SIDE = 7
MOST = {Format.PNG: 2_000, Format.DOCX: 8_000}
"""Boxes (villages times days) of a paper that can still be looked at, or written in; beyond it a township at a time."""
_WEEKDAYS = "一二三四五六日"
_SIGNED = "制表人：              审核人：              负责人（盖章）：              日期：    年    月    日"


@dataclass(frozen=True, slots=True)
class Order:
    """Whose list: a period in an area, as of `now` (UTC)."""

    url: str
    viewer: Viewer
    period_id: int
    area_id: int
    format: Format
    now: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """The file, and what to say beside it. `filled` of `villages` have named somebody for each half-day."""

    content: bytes
    title: str
    area: str
    is_sample: bool
    villages: int
    filled: int
    is_photo: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A village: who is on duty on each day, as it stands in a box."""

    township: str
    village: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """What every printer prints. `rest` tells of each day whether it is one of rest."""

    title: str
    area: str
    is_sample: bool
    note: str
    days: tuple[date, ...]
    rest: tuple[bool, ...]
    lines: tuple[Line, ...]

    def weeks(self) -> Iterator[tuple[int, int]]:
        """The days that stand side by side: from, to (not included)."""
        for start in range(0, len(self.days), DAYS_SIDE_BY_SIDE):
            yield start, min(start + DAYS_SIDE_BY_SIDE, len(self.days))

    def townships(self) -> dict[str, list[Line]]:
        """The villages by their township, in order."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.township, []).append(line)
        return found


def formats(villages: int, days: int) -> list[Format]:
    """As what a list of so many villages and days is to be had."""
    return [one for one in (Format.XLSX, Format.DOCX, Format.PNG) if villages * days <= MOST.get(one, villages * days)]


def build(order: Order) -> Built:
    """The list. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER."""
    return asyncio.run(make(order))


async def make(order: Order) -> Built:
    """As `build`, where a loop runs already."""
    return await papers.read(order.url, partial(_make, order))


async def _make(order: Order, session: AsyncSession) -> Built:
    roster, filled = await read(session, order)
    content = _PRINTERS[order.format](roster)
    count = len(roster.lines)
    is_photo = order.format is Format.PNG and count * len(list(roster.weeks())) <= ROWS_OF_A_PHOTO
    return Built(content, roster.title, roster.area, roster.is_sample, count, filled, is_photo)


async def read(session: AsyncSession, order: Order) -> tuple[Roster, int]:
    """The list as it stands, and how many villages have filled it. Raises `Refusal` as `build`."""
    viewer = order.viewer
    period, area, _role = await queries.get(session, viewer, Action.DUTY_EXPORT, order.period_id, order.area_id)
    found = await queries.progress(session, period, area)
    days = days_of(period.first_on, period.last_on)
    rows = await queries.rows_of(session, period.id, [row.id for row in found])
    names = await queries.names_of(session, rows)
    named: dict[tuple[int, date], str] = {(row.village_id, row.on): _box(row, names) for row in rows}
    lines = [Line(row.township, row.name, tuple(named.get((row.id, on), "") for on in days)) for row in found]
    calendar = await county_calendar(session, area, {days[0].year, days[-1].year})
    local = await of(session).local(area, order.now)
    note = f"{day(days[0])}至{day(days[-1])}    截至{day(local.date())} {local:%H:%M}"
    if period.basis:
        note = f"{note}    依据：{period.basis}"
    rest = tuple(not calendar.is_workday(on) for on in days)
    roster = Roster(f"{period.title}表", area.name, area.is_sample, note, tuple(days), rest, tuple(lines))
    return roster, sum(1 for row in found if row.filled >= len(days))


def _box(row: DutyDay, names: dict[int, str]) -> str:
    """周建国; where the halves differ, a line each."""
    am, pm = names.get(row.am_id or 0, ""), names.get(row.pm_id or 0, "")
    return am if row.am_id == row.pm_id else f"上午 {am}\n下午 {pm}"


def _heading(roster: Roster) -> str:
    return f"{SAMPLE if roster.is_sample else ''}{roster.area}{roster.title}"


def _head(on: date) -> str:
    return f"{on.month}月{on.day}日\n星期{_WEEKDAYS[on.weekday()]}"


# -- Excel ------------------------------------------------------------------------------------------------------------

_EDGE = Side(style="thin", color="FF808080")
_BOX = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center")
_GREY = PatternFill("solid", fgColor="FFE8E8E8")
_LEADING = ("序号", "乡镇", "村")


def xlsx(roster: Roster) -> bytes:
    """One sheet, a row a village, a column a day; days of rest are grey."""
    target = io.BytesIO()
    with row_by_row() as book:
        page = book.create_sheet("值班表")
        width = len(_LEADING) + len(roster.days)
        for place, wide in enumerate([5.0, 10.0, 12.0] + [10.0] * len(roster.days), 1):
            page.column_dimensions[get_column_letter(place)].width = wide
        page.row_dimensions[1].height, page.row_dimensions[3].height = 32, 32
        page.freeze_panes = f"{get_column_letter(len(_LEADING) + 1)}4"
        print_landscape(page, "3:3")
        last = max(len(roster.lines) + 5, 5)
        for cells in (f"A1:{get_column_letter(width)}1", f"A2:{get_column_letter(width)}2"):
            page.merged_cells.add(cells)
        page.merged_cells.add(f"A{last}:{get_column_letter(width)}{last}")
        page.append([_cell(page, plain(_heading(roster)), size=18, bold=True, boxed=False)])
        page.append([_cell(page, plain(roster.note), size=9, boxed=False, align=_LEFT)])
        heads = [
            _cell(page, _head(on), bold=True, grey=rest) for on, rest in zip(roster.days, roster.rest, strict=True)
        ]
        page.append([*(_cell(page, name, bold=True) for name in _LEADING), *heads])
        for number, line in enumerate(roster.lines, 1):
            boxes = [_cell(page, plain(name), grey=rest) for name, rest in zip(line.names, roster.rest, strict=True)]
            page.append(
                [_cell(page, number), _cell(page, plain(line.township)), _cell(page, plain(line.village)), *boxes]
            )
        page.append([])
        page.append([_cell(page, _SIGNED, size=11, boxed=False, align=_LEFT)])
        book.save(target)
    return target.getvalue()


def _cell(
    page: Any,
    value: str | int,
    *,
    bold: bool = False,
    size: int = 10,
    grey: bool = False,
    boxed: bool = True,
    align: Alignment = _MIDDLE,
) -> Cell:
    cell = WriteOnlyCell(page, value)
    cell.font, cell.alignment = Font(name="宋体", size=size, bold=bold), align
    if boxed:
        cell.border = _BOX
    if grey:
        cell.fill = _GREY
    return cell


# -- Word -------------------------------------------------------------------------------------------------------------

_TITLE, _SUBHEAD = Look(word.TITLE_FONT, word.TITLE_PT), Look(word.SUBHEAD_FONT, word.BODY_PT)
_HEAD, _TEXT, _SMALL = Look(word.HEAD_FONT, 12), Look(word.BODY_FONT, 12), Look(word.BODY_FONT, 10.5)
_VILLAGE_MM, _DAY_MM, _PITCH = 35, 30, 16


def docx(roster: Roster) -> bytes:
    """A lying sheet, a table a township and week, the heads on each page, and the line to sign."""
    document = word.new(is_lying=True)
    word.line(document, _heading(roster), _TITLE, align="center", pitch=None)
    word.line(document, roster.note, _SMALL, align="center", pitch=None)
    for township, lines in roster.townships().items():
        for start, end in roster.weeks():
            word.line(document, township, _SUBHEAD)
            _table(document, lines, roster, start, end)
    word.line(document, _SIGNED, _TEXT, pitch=None)
    word.number_pages(document)
    return word.saved(document)


def _table(document: Any, lines: Sequence[Line], roster: Roster, start: int, end: int) -> None:
    made = word.table(document, len(lines) + 1, [_VILLAGE_MM, *[_DAY_MM] * (end - start)])
    heads = ["村", *map(_head, roster.days[start:end])]
    for row, texts in enumerate([heads, *([line.village, *line.names[start:end]] for line in lines)]):
        for cell, text in zip(made.rows[row].cells, texts, strict=True):
            look = _TEXT if row else _HEAD
            word.fill(cell, [(part, "center") for part in text.split("\n")], look, _PITCH)
    word.repeat_head(made)


# -- a picture --------------------------------------------------------------------------------------------------------


def png(roster: Roster) -> bytes:
    """One page as wide as a phone, a table a week."""
    weeks = [
        {
            "heads": [["村"], *(_head(on).split("\n") for on in roster.days[start:end])],
            "rest": roster.rest[start:end],
            "townships": [
                {"name": name, "rows": [[[line.village], *_split(line.names[start:end])] for line in lines]}
                for name, lines in roster.townships().items()
            ],
        }
        for start, end in roster.weeks()
    ]
    data = {
        "width": WIDTH_PT,
        "title": roster.title,
        "area": roster.area,
        "sample": "样例" if roster.is_sample else "",
        "note": roster.note,
        "weeks": weeks,
        "foot": "按区划代码排列。",
    }
    return typeset.png("duty.typ", data, PIXELS_PER_INCH)


def _split(names: Sequence[str]) -> list[list[str]]:
    """A line break is no sign that a page can show: lines go in apart."""
    return [name.split("\n") for name in names]


_PRINTERS = {Format.XLSX: xlsx, Format.DOCX: docx, Format.PNG: png}
