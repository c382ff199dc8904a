"""在岗通报 (POLICY §2, §3): numbers and areas of a day or a month; no names, no kinds of leave. Clause 三（二）.

The annex by person (附表) is a workbook of its own, for the office. `build` runs in the press's process.
"""

import asyncio
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from documents import circular, papers
from documents.circular import Grid, Letter, Paragraph
from documents.lists import add_list
from documents.papers import ROLES, SAMPLE, Format, day
from documents.sheets import row_by_row
from policy.attendance import HalfStatus, Tally
from policy.authority import Action, Target, Viewer, require
from policy.calendar import Half
from policy.checkin import Evidence
from policy.profile import CheckInMode, mode_on
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import board as boards
from storage import duty_annex, month_locks, months
from storage.batch import of
from storage.calendars import county_calendar
from storage.duty_annex import Line
from storage.engine import AsyncSession
from storage.tables import Area

WORKDAYS_TO_ANSWER = 3
_ANNEX = ("序号", "乡镇", "村", "姓名", "职务", "派出单位", "状态", "请假起止", "核查方式与时间", "备注")
_STATUSES = {
    HalfStatus.ON_DUTY: "在岗",
    HalfStatus.OFFICIAL_TRIP: "公出",
    HalfStatus.LEAVE: "请假",
    HalfStatus.REST: "休息",
    HalfStatus.UNVERIFIED: "待核实",
    HalfStatus.NOT_YET: "暂未签到",
}
_EVIDENCE = {
    Evidence.LIVE: "实时位置签到",
    Evidence.PRESSED: "定位签到",
    Evidence.PICKED: "选点签到",
    Evidence.WORDS: "文字签到",
    Evidence.TEAM_LINE: "工作队一句话",
    Evidence.PROXY: "代签",
    Evidence.LIST: "乡镇名单",
}
_HALVES = {Half.AM: "上午", Half.PM: "下午"}
_WIDTHS = {0: 6, 3: 10, 4: 10, 5: 24, 6: 20, 7: 34, 8: 22, 9: 24}


@dataclass(frozen=True, slots=True)
class Order:
    """Of which area, of the day `on` or (`is_month`) of its month, as of `now` (UTC). XLSX is the annex of a day."""

    url: str
    viewer: Viewer
    area_id: int
    on: date
    is_month: bool
    form: Format
    now: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """The paper; what it is of (11月23日, 2026年11月); whether the month is locked."""

    content: bytes
    area: str
    when: str
    is_sample: bool
    is_locked: bool
    people: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is told: totals, and the same by the areas directly below, by code. `unit`: 人 of a day, 人天 of a month."""

    when: str
    method: str
    total: Tally
    branches: Sequence[tuple[str, Tally]]
    unit: str
    per: int
    waiting: str = "待核实"
    is_required: bool = False


def build(order: Order) -> Built:
    """The circular or its annex. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    return asyncio.run(papers.read(order.url, partial(_make, order)))


async def _make(order: Order, session: AsyncSession) -> Built:
    area = await session.get(Area, order.area_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(order.viewer, Action.CIRCULAR_EXPORT, Target(area.path))
    lock = await month_locks.lock_of(session, area, order.on) if order.is_month else None
    if order.form is Format.XLSX:
        lines, when = await _annex(session, order, area)
        content, people = _workbook(lines, when, area, await _zone(session, area, order)), len(lines)
    else:
        numbers = await (_month if order.is_month else _day)(session, order, area)
        people, when = numbers.total.total, numbers.when
        written = await _letter(session, order, area, numbers, is_locked=lock is not None)
        content = _printed(written, order.form)
    return Built(content, area.name, when, area.is_sample, lock is not None, people)


def _printed(letter: Letter, form: Format) -> bytes:
    if form is Format.PNG:
        return circular.png(letter)
    return circular.docx([letter]) if form is Format.DOCX else circular.pdf([letter])


async def _zone(session: AsyncSession, area: Area, order: Order) -> ZoneInfo:
    return ZoneInfo((await of(session).profile(area, order.on)).time_zone)


async def _day(session: AsyncSession, order: Order, area: Area) -> Numbers:
    found = await boards.board(session, order.viewer, area, order.now, order.on)
    until = f"（截至{found.at:%H:%M}）" if found.half is not None else ""
    return Numbers(
        f"{day(order.on)}{until}",
        "队员签到、公出报备和请销假记录汇总，未签到的由乡镇核实",
        found.tally,
        [(branch.name, branch.tally) for branch in found.branches],
        "人",
        1,
        "暂未签到" if found.half is not None else "待核实",
        found.mode is CheckInMode.REQUIRED,
    )


async def _month(session: AsyncSession, order: Order, area: Area) -> Numbers:
    total, branches = Tally(), dict[tuple[int, str], Tally]()
    async for person in months.of_area(session, order.viewer, Action.CIRCULAR_EXPORT, area, order.on, order.now):
        tally = person.month.tally()
        total = _sum(total, tally)
        branch = months.below(person, area)
        branches[branch] = _sum(branches.get(branch, Tally()), tally)
    whole = f"{order.on.year}年{order.on.month}月"
    mode = mode_on(await of(session).profile(area, order.on), order.on)
    is_required = mode is CheckInMode.REQUIRED
    told = [(name, tally) for (_id, name), tally in branches.items()]
    return Numbers(whole, "按月考勤统计表汇总", total, told, "人天", 2, is_required=is_required)


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(*(getattr(one, name) + getattr(other, name) for name in Tally.__slots__))


async def _letter(session: AsyncSession, order: Order, area: Area, numbers: Numbers, *, is_locked: bool) -> Letter:
    today = (await of(session).local(area, order.now)).date()
    calendar = await county_calendar(session, area, {today.year, today.year + 1})
    until = today
    for _ in range(WORKDAYS_TO_ANSWER):
        until = calendar.next_workday(until)
    head = "草稿，签发后有效"
    if order.is_month and not is_locked:
        head = "草稿，本月考勤还没有月结，数字还会变"
    return letter(area, numbers, today, until, head, is_month=order.is_month)


def letter(area: Area, numbers: Numbers, today: date, until: date, head: str, *, is_month: bool) -> Letter:
    """The circular: totals, areas, what is to be put right until when."""
    is_township = area.level is Level.TOWNSHIP
    here, below = ("全乡镇", "各驻村工作队") if is_township else ("全域", "各乡镇党委，各派出单位")
    if area.level is Level.COUNTY:
        here = "全县"
    when = numbers.when.split("（")[0]
    office = f"中共{area.name}委员会" if is_township else f"{area.name}驻村工作领导小组办公室"
    body: list[Paragraph | Grid] = [
        Paragraph(f"按照驻村工作队考勤和请销假管理要求，对{here}驻村工作队{when}在岗情况进行了核查，现通报如下。"),
        Paragraph("一、核查方式和时间", 1),
        Paragraph(f"{numbers.method}；时间为{numbers.when}。"),
        Paragraph("二、在岗情况", 1),
        Paragraph(f"{here}{_told(numbers.total, numbers)}。"),
    ]
    if numbers.branches:
        body.append(_grid(numbers))
    body.append(Paragraph("三、有关要求", 1))
    body += [Paragraph(text) for text in _wanted(numbers, until)]
    span = "月度" if is_month else ""
    return Letter(
        title=f"{SAMPLE if area.is_sample else ''}关于{when}驻村工作队{span}在岗情况的通报",
        body=tuple(body),
        office=office,
        on=today,
        addressees=f"{below}：",
        head=head,
    )


def _cells(tally: Tally, numbers: Numbers) -> tuple[str, ...]:
    waiting = tally.unverified + tally.not_yet
    halves = (tally.due, tally.on_duty, tally.trip, tally.leave, waiting)
    return tuple(f"{one / numbers.per:g}" for one in halves)


def _told(tally: Tally, numbers: Numbers) -> str:
    due, on_duty, trip, leave, waiting = _cells(tally, numbers)
    unit = numbers.unit
    beyond = tally.beyond_due / numbers.per
    at_rest = f"（在岗和公出含休息日{beyond:g}{unit}）" if beyond > 0 else ""
    return (
        f"应在{due}{unit}，在岗{on_duty}{unit}，公出{trip}{unit}，请假{leave}{unit}，"
        f"{numbers.waiting}{waiting}{unit}{at_rest}"
    )


def _grid(numbers: Numbers) -> Grid:
    rows = [(name, *_cells(tally, numbers)) for name, tally in numbers.branches]
    total = ("合计", *_cells(numbers.total, numbers))
    return Grid(("地区", "应在", "在岗", "公出", "请假", numbers.waiting), (*rows, total), (10, 5, 5, 5, 5, 5))


def _wanted(numbers: Numbers, until: date) -> Iterator[str]:
    """What is to be put right until when. Where check-in is not required, silence is a number and nobody is asked."""
    waiting, by = numbers.waiting, f"{until.month}月{until.day}日"
    if numbers.total.unverified + numbers.total.not_yet and numbers.is_required:
        yield f"（一）{waiting}的，由所在乡镇逐人核实，在{by}前说明情况或补办手续。未经核实不作结论。"
    else:
        yield f"（一）情况说明、补签和请假还没有办结的，由所在乡镇在{by}前办结。"
    yield "（二）请假到期的按时销假，需要续假的提前办理。"
    yield f"（三）{waiting}只作数字通报，不等于缺岗，不排名次。"


async def _annex(session: AsyncSession, order: Order, area: Area) -> tuple[list[Line], str]:
    today = (await of(session).local(area, order.now)).date()
    calendar = await county_calendar(session, area, {order.on.year})
    lines = await duty_annex.lines(
        session,
        order.viewer,
        area,
        order.on,
        workday=calendar.is_workday(order.on),
        day_over=order.on < today,
    )
    return lines, day(order.on)


def _workbook(lines: Sequence[Line], when: str, area: Area, zone: ZoneInfo) -> bytes:
    target = io.BytesIO()
    title = f"{SAMPLE if area.is_sample else ''}附表（内部）{when}"
    with row_by_row() as book:
        add_list(book, title, _ANNEX, (_person(n, line, zone) for n, line in enumerate(lines, 1)), widths=_WIDTHS)
        book.save(target)
    return target.getvalue()


def _person(n: int, line: Line, zone: ZoneInfo) -> tuple[str | int, ...]:
    am, pm = (_STATUSES[one] for one in line.statuses)
    status = am if am == pm else f"上午{am}，下午{pm}"
    span = ""
    if line.leave is not None:
        leave = line.leave
        span = f"{day(leave.from_on)}{_HALVES[leave.from_half]}至{day(leave.to_on)}{_HALVES[leave.to_half]}"
    known = ""
    if line.check_in is not None:
        known = f"{_EVIDENCE[line.check_in.evidence]} {line.check_in.at.astimezone(zone):%H:%M}"
    elif line.trip is not None:
        known = "公出报备"
    note = line.trip.purpose if line.trip is not None else ""
    return n, line.township, line.village, line.name, ROLES[line.role], line.unit, status, span, known, note
