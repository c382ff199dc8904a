"""导出: the month's attendance sheet as a workbook."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import export
from documents import attendance, press
from documents.attendance import Built, Order
from documents.press import PressError
from handlers import phrases
from handlers.cards import Card, card
from handlers.filters import Word
from handlers.replies import KEY_EXPORT
from handlers.turn import Button, Reply, Turn
from locales import _, language, mark
from policy.authority import ALLOWED, Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.engine import AsyncSession, address
from storage.tables import Area

log = structlog.get_logger()
router = Router(name="export")

MONTHS = 4
"""Months offered: this one and those before it."""


class ExportOf(CallbackData, prefix="export"):
    """Of which area; one's own are asked for where there are several."""

    area: int


class ExportMonth(CallbackData, prefix="exportm"):
    """Which month (`2026-11`) of which area."""

    area: int
    month: str


class ExportNo(CallbackData, prefix="exportno"):
    """Nothing after all."""


@router.message(Word(KEY_EXPORT, mark("导出"), command="export"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """📤导出."""
    areas = _areas(turn)
    if not areas:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.ATTENDANCE_EXPORT.value)
    if len(areas) == 1:
        return turn.say(*await offer(turn, areas[0]))
    flat: list[Button] = [(area.name[:8], ExportOf(area=area.id)) for area in areas]
    rows = [flat[at : at + 2] for at in range(0, len(flat), 2)]
    return turn.say(_("📤 导出哪里的考勤统计表？"), [*rows, [_cancel()]])


def _areas(turn: Turn) -> list[Area]:
    """The areas whose sheets one may have; a person with several roles is asked."""
    posts = turn.speaker.posts if turn.speaker is not None else ()
    allowed = ALLOWED[Action.ATTENDANCE_EXPORT]
    return list({post.area.id: post.area for post in posts if post.role in allowed}.values())


@router.callback_query(ExportOf.filter())
async def on_area(_query: CallbackQuery, callback_data: ExportOf, turn: Turn) -> Reply:
    """The area is chosen: which month?"""
    area = await turn.session.get(Area, callback_data.area)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(turn.viewer, Action.ATTENDANCE_EXPORT, Target(area.path))
    return turn.edit(*await offer(turn, area))


async def offer(turn: Turn, area: Area) -> tuple[str, list[list[Button]]]:
    """Which month of an area's sheet? Also asked from the board."""
    today = (await turn.batch.local(area, turn.now)).date()
    first = today.replace(day=1)
    flat: list[Button] = []
    for nth in range(MONTHS):
        label = (_("本月"), _("上月"))[nth] if nth < 2 else phrases.month(first, today)
        flat.append((label, ExportMonth(area=area.id, month=f"{first:%Y-%m}")))
        first = (first - timedelta(days=1)).replace(day=1)
    text = _("📤 导出{area}的考勤统计表（Excel）。哪个月？").format(area=phrases.typed(area.name))
    return text, [*(flat[at : at + 2] for at in range(0, len(flat), 2)), [_cancel()]]


def _cancel() -> Button:
    return _("取消"), ExportNo()


@router.callback_query(ExportNo.filter())
async def on_cancel(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is built."""
    return turn.edit(_("好的，没有导出。"))


@router.callback_query(ExportMonth.filter(F.month.regexp(re.compile(r"^\d{4}-(0[1-9]|1[0-2])$"))))
async def on_month(query: CallbackQuery, callback_data: ExportMonth, turn: Turn) -> Reply:
    """Asked for: said at once, sent when it is built."""
    year, month = map(int, callback_data.month.split("-"))
    if year < 2000:
        raise Refusal(Code.NOT_FOUND)
    first = date(year, month, 1)
    hangs_on = query.message.message_id if query.message is not None else query.id
    area = await export.attendance(
        turn.session,
        by=turn.viewer,
        area_id=callback_data.area,
        month=first,
        asked=f"{turn.chat_id}:{hangs_on}",
        now=turn.now,
    )
    return turn.edit(
        _("📤 <b>正在生成</b>{area}{month}考勤统计表…\n好了就发到这里，人多的县要等一会儿。").format(
            area=phrases.typed(area.name), month=phrases.month(first, await turn.today())
        )
    )


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
    try:
        built = await press.build(attendance.build, order)
    except PressError as error:
        log.error("an attendance sheet was not built", area=payload["area_id"], cause=str(error).split(":")[0])
        return Card(_("📤 考勤统计表<b>没有做成</b>，原因已经记下。\n过一会儿再点「📤导出」，还不行请找县驻村办。"))
    return Card(_caption(built), file=built.content, file_name=_file_name(built))


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
