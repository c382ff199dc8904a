"""导出: which paper, of where, of which month, in which format; the month's attendance sheet as a workbook."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import export
from documents import attendance
from documents.attendance import Built, Order
from documents.papers import Format
from handlers import circulars, own_papers, papers, phrases
from handlers.cards import Card, card
from handlers.filters import Word
from handlers.papers import pairs
from handlers.replies import KEY_EXPORT
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, language, mark
from policy.authority import ALLOWED, Action, Scope, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.engine import AsyncSession, address
from storage.tables import Area

router = Router(name="export")

MONTHS = 4
"""Months offered: this one and those before it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of an area's month: what it is called, who may have it, in which formats (one: nobody is asked)."""

    name: str
    action: Action
    formats: tuple[Format, ...]


SHEET = "sheet"
FORMS = "forms"
CIRCULAR = "circular"
DAYS = "days"
PAPERS: Mapping[str, Paper] = {
    SHEET: Paper(mark("考勤统计表"), Action.ATTENDANCE_EXPORT, (Format.XLSX,)),
    CIRCULAR: Paper(mark("在岗通报"), Action.CIRCULAR_EXPORT, circulars.OF_DAY),
    FORMS: Paper(mark("请假审批表"), Action.LEAVE_EXPORT, (Format.DOCX, Format.PDF)),
    DAYS: Paper(mark("驻村天数证明"), Action.CERTIFICATE_EXPORT, (Format.DOCX, Format.PDF)),
}


class ExportWhat(CallbackData, prefix="exportw"):
    """Which paper."""

    paper: str


class ExportOf(CallbackData, prefix="export"):
    """Of which area; one's own are asked for where there are several."""

    paper: str
    area: int


class ExportMonth(CallbackData, prefix="exportm"):
    """Which month (`2026-11`) of which area; `form` is the file's ending, asked for where there are several."""

    paper: str
    area: int
    month: str
    form: str = ""


@router.message(Word(KEY_EXPORT, mark("导出"), command="export"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """📤导出."""
    offered = [key for key, paper in PAPERS.items() if _areas(turn, paper.action)]
    villages = turn.speaker.villages() if turn.speaker is not None else []
    own = own_papers.presses(turn.viewer, villages[0], turn.person) if villages else []
    if not offered and not own:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.ATTENDANCE_EXPORT.value)
    if len(offered) == 1 and not own:
        return turn.say(*await _where(turn, offered[0]))
    flat: list[Button] = [(_(PAPERS[key].name), ExportWhat(paper=key)) for key in offered]
    return turn.say(_("📤 导出什么？"), pairs([*flat, *own]))


@router.callback_query(ExportWhat.filter())
async def on_what(_query: CallbackQuery, callback_data: ExportWhat, turn: Turn) -> Reply:
    """The paper is chosen: of where?"""
    paper = _paper(callback_data.paper)
    if not _areas(turn, paper.action):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=paper.action.value)
    return turn.edit(*await _where(turn, callback_data.paper))


def _paper(key: str) -> Paper:
    if key not in PAPERS:
        raise Refusal(Code.NOT_FOUND)
    return PAPERS[key]


def _areas(turn: Turn, action: Action) -> list[Area]:
    """The areas whose papers one may have; a person with several roles is asked."""
    posts = turn.speaker.posts if turn.speaker is not None else ()
    allowed = {role for role, scope in ALLOWED[action].items() if scope is not Scope.OWN}
    return list({post.area.id: post.area for post in posts if post.role in allowed}.values())


async def _where(turn: Turn, key: str) -> tuple[str, Buttons]:
    areas = _areas(turn, PAPERS[key].action)
    if len(areas) == 1:
        return await _when(turn, areas[0], key)
    text = _("📤 导出哪里的{paper}？").format(paper=_(PAPERS[key].name))
    return text, pairs([(area.name[:8], ExportOf(paper=key, area=area.id)) for area in areas])


@router.callback_query(ExportOf.filter())
async def on_area(_query: CallbackQuery, callback_data: ExportOf, turn: Turn) -> Reply:
    """The area is chosen: which month?"""
    paper = _paper(callback_data.paper)
    area = await turn.session.get(Area, callback_data.area)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    unit_id = next(iter(turn.viewer.units(paper.action)), None)
    require(turn.viewer, paper.action, Target(area.path, unit_id=unit_id))
    return turn.edit(*await _when(turn, area, callback_data.paper))


async def _when(turn: Turn, area: Area, key: str) -> tuple[str, Buttons]:
    return await (circulars.offer(turn, area) if key == CIRCULAR else offer(turn, area, key))


async def offer(turn: Turn, area: Area, key: str = SHEET) -> tuple[str, Buttons]:
    """Which month of an area's paper? Also asked from the board."""
    today = (await turn.batch.local(area, turn.now)).date()
    first = today.replace(day=1)
    flat: list[Button] = []
    for nth in range(MONTHS):
        label = (_("本月"), _("上月"))[nth] if nth < 2 else phrases.month(first, today)
        flat.append((label, ExportMonth(paper=key, area=area.id, month=f"{first:%Y-%m}")))
        first = (first - timedelta(days=1)).replace(day=1)
    text = _("📤 导出{area}的{paper}。哪个月？").format(area=phrases.typed(area.name), paper=_(PAPERS[key].name))
    return text, pairs(flat)


@router.callback_query(ExportMonth.filter(F.month.regexp(re.compile(r"^\d{4}-(0[1-9]|1[0-2])$"))))
async def on_month(_query: CallbackQuery, callback_data: ExportMonth, turn: Turn) -> Reply:
    """The month is chosen: in which format? Said at once, sent when it is built."""
    paper = _paper(callback_data.paper)
    if callback_data.paper == CIRCULAR:  # which has days as well, and presses of its own
        raise Refusal(Code.NOT_FOUND)
    year, month = map(int, callback_data.month.split("-"))
    if year < 2000:
        raise Refusal(Code.NOT_FOUND)
    form = callback_data.form or (paper.formats[0].value if len(paper.formats) == 1 else "")
    first = date(year, month, 1)
    if not form:
        text = _("📤 {month}的{paper}，要哪一种？").format(
            month=phrases.month(first, await turn.today()), paper=_(paper.name)
        )
        return turn.edit(
            text, papers.choices(paper.formats, lambda one: callback_data.model_copy(update={"form": one.value}))
        )
    if form not in paper.formats:
        raise Refusal(Code.NOT_FOUND)
    area = await _order(turn, callback_data.paper, callback_data.area, first, form)
    return turn.edit(
        _("📤 <b>正在生成</b>{area}{month}{paper}…\n好了就发到这里，人多的县要等一会儿。").format(
            area=phrases.typed(area.name), month=phrases.month(first, await turn.today()), paper=_(paper.name)
        )
    )


async def _order(turn: Turn, key: str, area_id: int, month: date, form: str) -> Area:
    given: dict[str, Any] = {"by": turn.viewer, "area_id": area_id, "month": month, "now": turn.now}
    if key == SHEET:
        return await export.attendance(turn.session, asked=turn.card_id(), **given)
    ordered = export.leave_forms if key == FORMS else export.all_certificates
    return await ordered(turn.session, form=form, asked=turn.card_id(), **given)


@router.callback_query(ExportMonth.filter())
async def on_no_month(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A month that no button of ours names."""
    raise Refusal(Code.NOT_FOUND)


@card("attendance", slow=True)
async def attendance_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The workbook, built in the press as things stand now."""
    now: datetime = session.info["now"]
    month = date.fromisoformat(payload["month"])
    order = Order(address(session), viewer, payload["area_id"], month, now, language())
    return await papers.made(
        _("考勤统计表"),
        attendance.build,
        order,
        lambda built: Card(_caption(built), file=built.content, file_name=_file_name(built)),
    )


def _caption(built: Built) -> str:
    first = built.first
    lines = [
        _("📄 {sample}{area} {year}年{month}月考勤统计表").format(
            sample=_("样例 · ") if built.is_sample else "",
            area=phrases.typed(built.area),
            year=first.year,
            month=first.month,
        )
    ]
    if not built.people:
        lines.append(_("这个月没有驻村工作队员，表是空的。"))
        return "\n".join(lines)
    lines.append(_("{people} 人 · 截至{day}").format(people=built.people, day=phrases.day(built.until)))
    lines.append(
        _("应出勤 {due} · 在村 {on_duty} · 公出 {trip} · 请假 {leave} · 待核实 {unverified}（人天）").format(
            due=f"{built.due_days:,.1f}".removesuffix(".0"),
            on_duty=f"{built.on_duty_days:,.1f}".removesuffix(".0"),
            trip=f"{built.trip_days:,.1f}".removesuffix(".0"),
            leave=f"{built.leave_days:,.1f}".removesuffix(".0"),
            unverified=f"{built.unverified_days:,.1f}".removesuffix(".0"),
        )
    )
    lines.append(_("待核实不等于缺岗。草稿，签字盖章后有效。"))
    return "\n".join(lines)


def _file_name(built: Built) -> str:
    stem = _("{area}{year}年{month}月考勤统计表").format(
        area=built.area, year=built.first.year, month=built.first.month
    )
    return phrases.file_name(stem, "xlsx", is_sample=built.is_sample)
