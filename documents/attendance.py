"""考勤统计表 (POLICY §3): a month of an area, one row a person, one column a day. Clause 三（二）.

`build` runs in the press's process: it opens the database itself and needs plain data only.
"""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from documents import press
from documents.papers import KINDS
from documents.sheets import plain, print_landscape, row_by_row
from locales import _, mark, speaking
from policy.attendance import LEAVE_MARKS, Tally, day_mark
from policy.attendance import mark as sheet_mark
from policy.authority import Action, Role, Viewer
from policy.refusals import Code, Refusal
from storage import month_locks, months
from storage.batch import of
from storage.engine import Database
from storage.months import PersonMonth, Sheet
from storage.tables import Area

ROLES = {Role.FIRST_SECRETARY: mark("第一书记"), Role.TEAM_MEMBER: mark("队员")}
WEEKDAYS = mark("一 二 三 四 五 六 日")
_HEADER_ROWS = "3:4"
_FIRST_ROW = 5
_LINE = Side(style="thin", color="FF808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_MIDDLE = Alignment(horizontal="center", vertical="center", shrink_to_fit=True)
_LEFT = Alignment(horizontal="left", vertical="center")
_GREY = PatternFill("solid", fgColor="FFE8E8E8")
_FONT = "宋体"


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: for whom (the viewer sees his areas only), the month that holds `month`, as of `now` (UTC)."""

    url: str
    viewer: Viewer
    area_id: int
    month: date
    now: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Built:
    """The workbook, and what to say beside it. `until` is the last day counted; days are sums over all people."""

    content: bytes
    area: str
    is_sample: bool
    first: date
    until: date
    people: int
    due_days: float
    on_duty_days: float
    trip_days: float
    leave_days: float
    unverified_days: float


def build(order: Order) -> Built:
    """The attendance sheet. Raises `Refusal`: NOT_FOUND (no such area), NOT_ALLOWED (nothing of it is his to see)."""
    with speaking(order.language):
        return asyncio.run(_build(order))


async def _build(order: Order) -> Built:
    database = Database(order.url)
    try:
        async with database.read() as session:
            area = await session.get(Area, order.area_id)
            if area is None:
                raise Refusal(Code.NOT_FOUND)
            sheet = await months.sheet(session, area, order.month, order.now)
            lock = await month_locks.lock_of(session, area, sheet.first)
            locked_on = (await of(session).local(area, lock.locked_at)).date() if lock is not None else None
            people = months.of_area(session, order.viewer, Action.ATTENDANCE_EXPORT, area, order.month, order.now)
            with row_by_row() as book:
                paper = _Paper(book, area, sheet, locked_on)
                total = await months.people_in(session, order.viewer, Action.ATTENDANCE_EXPORT, area, sheet)
                async for person in people:
                    paper.write(person)
                    press.far(paper.people, total)
                return paper.finish()
    finally:
        await database.close()


@dataclass
class _Sum:
    """Half-days of all people."""

    due: int = 0
    on_duty: int = 0
    trip: int = 0
    leave: int = 0
    unverified: int = 0

    def add(self, tally: Tally) -> None:
        self.due += tally.due_so_far
        for name in ("on_duty", "trip", "leave", "unverified"):
            setattr(self, name, getattr(self, name) + getattr(tally, name))

    def days(self) -> list[float]:
        """应出勤 在村 公出 请假 待核实."""
        return [getattr(self, one.name) / 2 for one in fields(self)]


@dataclass
class _Branch:
    """What lies directly below the area: its people and their sum."""

    people: int = 0
    sum: _Sum = field(default_factory=_Sum)


@dataclass
class _Paper:
    """A workbook being written row by row; nothing of a row is kept."""

    book: Workbook
    area: Area
    sheet: Sheet
    locked_on: date | None
    people: int = 0
    sum: _Sum = field(default_factory=_Sum)
    branches: dict[tuple[int, str], _Branch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._page = self.book.create_sheet(self.sheet.first.strftime("%Y-%m"))
        self._rest = [not worked for worked in self.sheet.workdays]
        self._marks: dict[tuple[str, str, bool], Cell] = {}
        self._leading = [_("序号"), _("乡镇"), _("村"), _("姓名"), _("职务")]
        self._totals = [_("应出勤"), _("在村"), _("公出"), _("请假"), _("待核实")]
        self._text, self._number = self._cell(""), self._cell(0)
        self._set_up()
        self._head()

    @property
    def _width(self) -> int:
        return len(self._leading) + self.sheet.length + len(self._totals)

    def _set_up(self) -> None:
        widths = [5, 9, 11, 9, 9] + [3.6] * self.sheet.length + [7] * len(self._totals)
        for place, width in enumerate(widths, 1):
            self._page.column_dimensions[get_column_letter(place)].width = width
        self._page.row_dimensions[1].height = 32
        self._page.row_dimensions[2].height = 18
        self._page.freeze_panes = f"{get_column_letter(len(self._leading) + 1)}{_FIRST_ROW}"
        print_landscape(self._page, _HEADER_ROWS)
        last = get_column_letter(self._width)
        merged = [f"A1:{last}1", f"A2:{last}2"]
        fixed = [*range(1, len(self._leading) + 1), *range(self._width - len(self._totals) + 1, self._width + 1)]
        merged += [f"{get_column_letter(place)}3:{get_column_letter(place)}4" for place in fixed]
        for cells in merged:
            self._page.merged_cells.add(cells)

    def _head(self) -> None:
        title = _("{area}驻村工作队考勤统计表（{year}年{month}月）").format(
            area=self.area.name, year=self.sheet.first.year, month=self.sheet.first.month
        )
        if self.area.is_sample:
            title = _("【样例】{title}").format(title=title)
        self._page.append([self._cell(plain(title), bold=True, size=18, boxed=False)])
        self._page.append([self._cell(self._legend(), size=9, boxed=False, align=_LEFT)])
        names = _(WEEKDAYS).split()
        days = self.sheet.days()
        numbers = [self._cell(on.day, bold=True, grey=rest) for on, rest in zip(days, self._rest, strict=True)]
        weekdays = [
            self._cell(names[on.weekday()], size=9, grey=rest) for on, rest in zip(days, self._rest, strict=True)
        ]
        leading = [self._cell(words, bold=True) for words in self._leading]
        totals = [self._cell(words, bold=True) for words in self._totals]
        self._page.append([*leading, *numbers, *totals])
        self._page.append([*(self._cell("") for _name in leading), *weekdays, *(self._cell("") for _name in totals)])

    def _legend(self) -> str:
        kinds = " ".join(f"{sign}（{KINDS[kind]}）" for kind, sign in LEAVE_MARKS.items())
        parts = [
            _(
                "√ 在村  公 公出  休 休息  值 值班  待 待核实  请假：{kinds}  两个字：上午、下午  空白：未到任或未到日期"
            ).format(kinds=kinds)
        ]
        if self.locked_on is not None:
            parts.append(_("{month}月{day}日月结").format(month=self.locked_on.month, day=self.locked_on.day))
        else:
            parts.append(_("还没有月结，草稿"))
        if self.sheet.until < self.sheet.last:
            parts.append(_("截至{month}月{day}日").format(month=self.sheet.until.month, day=self.sheet.until.day))
        if self.sheet.is_forecast():
            parts.append(_("节假日尚未公布，为预计"))
        return "    ".join(parts)

    def write(self, person: PersonMonth) -> None:
        """One person's row."""
        tally = person.month.tally()
        self.people += 1
        self.sum.add(tally)
        branch = self.branches.setdefault(months.below(person, self.area), _Branch())
        branch.people += 1
        branch.sum.add(tally)
        self._page.append(self._row(person, tally))

    def _row(self, person: PersonMonth, tally: Tally) -> Iterator[Cell]:
        yield self._with(self._number, self.people)
        for words in (person.township, "、".join(person.villages), person.name, _(ROLES[person.role])):
            yield self._with(self._text, plain(words))
        statuses = person.month.statuses()
        kinds = person.month.kinds
        for nth, rest in enumerate(self._rest):
            named = person.month.named(nth)
            marks = [
                "" if half is None else sheet_mark(half, kinds.get(2 * nth + place), is_named=named[place])
                for place, half in enumerate(statuses[2 * nth : 2 * nth + 2])
            ]
            yield self._mark(marks[0], marks[1], rest)
        for days in (
            tally.due_so_far / 2,
            tally.on_duty_days,
            tally.trip_days,
            tally.leave_days,
            tally.unverified_days,
        ):
            yield self._with(self._number, days)

    def _mark(self, am: str, pm: str, rest: bool) -> Cell:
        key = am, pm, rest
        if key not in self._marks:
            self._marks[key] = self._cell(day_mark(am, pm), grey=rest)
        return self._marks[key]

    def finish(self) -> Built:
        """The sum, the signatures, and the workbook."""
        blank = [self._cell("") for _day in range(len(self._leading) - 2 + self.sheet.length)]
        days = self.sum.days()
        self._page.append([self._cell(""), self._cell(_("合计"), bold=True), *blank, *map(self._cell, days)])
        self._page.append([])
        line = _("制表人：              审核人：              负责人（盖章）：              日期：    年    月    日")
        self._page.append([self._cell(line, boxed=False, size=11, align=_LEFT)])
        row = _FIRST_ROW + self.people + 2
        self._page.merged_cells.add(f"A{row}:{get_column_letter(self._width)}{row}")
        if len(self.branches) > 1:
            self._sum_up()
        target = io.BytesIO()
        self.book.save(target)
        return Built(
            target.getvalue(),
            self.area.name,
            self.area.is_sample,
            self.sheet.first,
            self.sheet.until,
            self.people,
            *days,
        )

    def _sum_up(self) -> None:
        """A second page: people and days by what lies directly below the area."""
        self._page = self.book.create_sheet(_("汇总"))
        print_landscape(self._page, "2:2")
        for place, width in enumerate([6, 20, 8, *[12] * len(self._totals)], 1):
            self._page.column_dimensions[get_column_letter(place)].width = width
        title = _("{area}驻村工作队考勤汇总（{year}年{month}月，人天）").format(
            area=self.area.name, year=self.sheet.first.year, month=self.sheet.first.month
        )
        self._page.append([self._cell(plain(title), bold=True, size=16, boxed=False)])
        self._page.merged_cells.add(f"A1:{get_column_letter(3 + len(self._totals))}1")
        heads = [_("序号"), _("地区"), _("人数"), *self._totals]
        self._page.append([self._cell(words, bold=True) for words in heads])
        for nth, ((_id, name), branch) in enumerate(self.branches.items(), 1):
            self._sum_line(nth, plain(name), branch.people, branch.sum)
        self._sum_line("", _("合计"), self.people, self.sum)

    def _sum_line(self, nth: str | int, name: str, people: int, days: _Sum) -> None:
        values: list[str | float] = [nth, name, people, *days.days()]
        self._page.append([self._cell(value) for value in values])

    def _cell(
        self,
        value: str | float,
        *,
        bold: bool = False,
        size: int = 10,
        grey: bool = False,
        boxed: bool = True,
        align: Alignment = _MIDDLE,
    ) -> Cell:
        cell = WriteOnlyCell(self._page, value)
        cell.font = Font(name=_FONT, size=size, bold=bold)
        cell.alignment = align
        if boxed:
            cell.border = _BOX
        if grey:
            cell.fill = _GREY
        return cell

    @staticmethod
    def _with(cell: Cell, value: str | float) -> Cell:
        """A cell is written at once, so one serves all that look like it: styles are dear, 22,098 rows long."""
        cell.value = value
        return cell
