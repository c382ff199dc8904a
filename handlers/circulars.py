"""在岗通报: drafted from the day or a month, as a Word file, PDF or picture; the annex by person for the office."""

import re
from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import export
from documents import duty_circular
from documents.duty_circular import Built, Order
from documents.papers import Format
from handlers import papers, phrases
from handlers.cards import Card, card
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _
from policy.authority import Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage.calendars import county_calendar
from storage.engine import AsyncSession, address
from storage.tables import Area

router = Router(name="circulars")

OF_DAY = (Format.DOCX, Format.PDF, Format.PNG, Format.XLSX)
OF_MONTH = (Format.DOCX, Format.PDF, Format.PNG)
_DAYS_BACK = 3


class Circular(CallbackData, prefix="circ"):
    """Of which area and when (`2026-11-23`, `2026-11`); `form` empty asks in which format."""

    area: int
    on: str
    form: str = ""


async def offer(turn: Turn, area: Area) -> tuple[str, Buttons]:
    """Which day or month of an area?"""
    today = (await turn.batch.local(area, turn.now)).date()
    calendar = await county_calendar(turn.session, area, {today.year, today.year - 1})
    earlier = (today - timedelta(days=back) for back in range(1, 30))
    before = [on for on in earlier if calendar.is_workday(on)][:_DAYS_BACK]
    flat: list[Button] = [
        (phrases.near(on, today), Circular(area=area.id, on=on.isoformat())) for on in (today, *before)
    ]
    last = today.replace(day=1) - timedelta(days=1)
    months = (today.replace(day=1), last.replace(day=1))
    for label, first in zip((_("本月"), _("上月")), months, strict=True):
        flat.append((label, Circular(area=area.id, on=f"{first:%Y-%m}")))
    text = _("📤 {area}的在岗通报：哪一天，还是哪个月？\n只有人数和地区，不写姓名；附表是内部用的。")
    return text.format(area=phrases.typed(area.name)), papers.pairs(flat)


@router.callback_query(Circular.filter(F.on.regexp(re.compile(r"^\d{4}-\d\d(-\d\d)?$"))))
async def on_when(_query: CallbackQuery, callback_data: Circular, turn: Turn) -> Reply:
    """The day is chosen: in which format? Then it is made."""
    is_month = len(callback_data.on) == 7
    try:
        on = date.fromisoformat(f"{callback_data.on}-01" if is_month else callback_data.on)
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None
    area = await turn.session.get(Area, callback_data.area)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(turn.viewer, Action.CIRCULAR_EXPORT, Target(area.path))
    formats = OF_MONTH if is_month else OF_DAY
    when = phrases.month(on, await turn.today()) if is_month else phrases.day(on)
    if not callback_data.form:
        buttons = papers.choices(formats, lambda one: callback_data.model_copy(update={"form": one.value}))
        if not is_month:
            buttons[1][1] = (_("附表"), callback_data.model_copy(update={"form": Format.XLSX.value}))
        return turn.edit(_("📤 {when}的在岗通报，要哪一种？").format(when=when), buttons)
    if callback_data.form not in formats:
        raise Refusal(Code.NOT_FOUND)
    await export.circular(
        turn.session,
        by=turn.viewer,
        area_id=area.id,
        on=on,
        is_month=is_month,
        form=callback_data.form,
        asked=turn.asked(),
        now=turn.now,
    )
    return turn.edit(papers.being_made(_("{when}的在岗通报").format(when=when)))


@router.callback_query(Circular.filter())
async def on_no_day(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A day that no button of ours names."""
    raise Refusal(Code.NOT_FOUND)


@card("circular", slow=True)
async def circular_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The circular or its annex, built in the press."""
    form = Format(payload["form"])
    order = Order(
        address(session),
        viewer,
        payload["area_id"],
        date.fromisoformat(payload["on"]),
        payload["is_month"],
        form,
        session.info["now"],
    )
    is_annex = form is Format.XLSX

    def shown(built: Built) -> Card:
        stem = _("在岗通报附表（内部）") if is_annex else _("在岗通报")
        lines = [_("📄 {paper} · {area} · {when}").format(paper=stem, area=phrases.typed(built.area), when=built.when)]
        if not built.people:
            lines.append(_("这里没有驻村工作队员，数字都是 0。"))
        if is_annex:
            lines.append(_("{n} 人，有姓名，只供单位内部使用，不随通报印发。").format(n=built.people))
        elif order.is_month and not built.is_locked:
            lines.append(_("这个月还没有月结，数字还会变。月结以后再印发。"))
        lines.append(_("草稿，签发后有效。"))
        name = papers.name_of(f"{stem}-{built.area}{built.when}", form, is_sample=built.is_sample)
        return Card("\n".join(lines), file=built.content, file_name=name)

    return await papers.made(_("在岗通报"), duty_circular.build, order, shown)
