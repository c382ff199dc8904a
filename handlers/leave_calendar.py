"""选日期: a calendar in the chat, from one day and half to another; rest days are marked."""

from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from handlers import phrases
from handlers.awaited import cancel
from handlers.leave import SPAN, with_span
from handlers.leave_review import over
from handlers.turn import Button, Reply, Turn
from locales import _
from policy.calendar import Half, Span, month_of
from storage.calendars import county_calendar

router = Router(name="leave_calendar")

_WEEK = 7
_MONTHS_AHEAD = 12


class Grid(CallbackData, prefix="lvgrid"):
    """A press on the calendar: `month` (`202611`), `day` (`20261124`), `half` (`20261124pm`), `none` (an empty place)."""

    do: str
    v: str = ""


@router.callback_query(Grid.filter(F.do == "none"))
async def on_nothing(_query: CallbackQuery, turn: Turn) -> Reply:
    """A place without a day."""
    return turn.toast(_("请点一个日子。"))


@router.callback_query(Grid.filter(F.do == "month"))
async def on_month(_query: CallbackQuery, callback_data: Grid, turn: Turn) -> Reply:
    """The calendar opened, or another month of it."""
    if turn.dialogue.state != SPAN:
        return over(turn)
    today = await turn.today()
    return await _show(turn, _month(callback_data.v, today))


def _month(text: str, today: date) -> date:
    """The first day of a month on a button, kept between this month and a year ahead."""
    last = month_of(today.replace(day=1) + timedelta(days=31 * _MONTHS_AHEAD))[0]
    try:
        wanted = date(int(text[:4]), int(text[4:6]), 1)
    except ValueError:
        wanted = today.replace(day=1)
    return max(today.replace(day=1), min(wanted, last))


async def _show(turn: Turn, month: date) -> Reply:
    kept = turn.dialogue.data
    village = turn.posts_area()
    if village is None:
        return over(turn)
    begin = _begin(kept)
    calendar = await county_calendar(turn.session, village, {month.year})
    first, last = month_of(month)
    blank: Button = ("·", Grid(do="none"))
    cells: list[Button] = [blank] * first.weekday()
    for n in range(last.day):
        on = first + timedelta(days=n)
        if begin is not None and on < begin[0]:
            cells.append(blank)
            continue
        label = str(on.day) if calendar.is_workday(on) else _("{n}休").format(n=on.day)
        cells.append((label, Grid(do="day", v=f"{on:%Y%m%d}")))
    cells += [blank] * (-len(cells) % _WEEK)
    rows = [cells[at : at + _WEEK] for at in range(0, len(cells), _WEEK)]
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    rows.append([("‹", Grid(do="month", v=f"{before:%Y%m}")), ("›", Grid(do="month", v=f"{after:%Y%m}"))])
    rows.append([cancel()])
    name = phrases.month(first, await turn.today())
    if begin is None:
        text = _("<b>{month}</b>，从哪天起？也可以写：11-25下午到11-27。").format(month=name)
    else:
        text = _("从{begin}起，到哪天？<b>{month}</b>").format(
            begin=phrases.joined(phrases.day(begin[0]), phrases.half(begin[1])), month=name
        )
    return turn.edit(text, rows)


def _begin(kept: dict[str, Any]) -> tuple[date, Half] | None:
    text = kept.get("begin")
    return _half(text) if isinstance(text, str) else None


def _half(text: str) -> tuple[date, Half] | None:
    """`20261124pm`."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])), Half(text[8:])
    except ValueError:
        return None


@router.callback_query(Grid.filter(F.do == "day"))
async def on_day(_query: CallbackQuery, callback_data: Grid, turn: Turn) -> Reply:
    """A day: its morning or its afternoon?"""
    if turn.dialogue.state != SPAN or _half(f"{callback_data.v}am") is None:
        return over(turn)
    on = callback_data.v
    day = phrases.day(date(int(on[:4]), int(on[4:6]), int(on[6:8])))
    if _begin(turn.dialogue.data) is None:
        text = _("从{day}什么时候起？").format(day=day)
        flat: list[Button] = [
            (_("上午起"), Grid(do="half", v=f"{on}am")),
            (_("下午起"), Grid(do="half", v=f"{on}pm")),
        ]
    else:
        text = _("到{day}什么时候？").format(day=day)
        flat = [(_("到中午"), Grid(do="half", v=f"{on}am")), (_("到晚上"), Grid(do="half", v=f"{on}pm"))]
    return turn.edit(text, [flat, [(_("返回"), Grid(do="month", v=on[:6])), cancel()]])


@router.callback_query(Grid.filter(F.do == "half"))
async def on_half(_query: CallbackQuery, callback_data: Grid, turn: Turn) -> Reply:
    """The first half-day, then the last."""
    chosen = _half(callback_data.v)
    if turn.dialogue.state != SPAN or chosen is None:
        return over(turn)
    kept = turn.dialogue.data
    begin = _begin(kept)
    if begin is None:
        turn.dialogue.to(SPAN, **kept, begin=callback_data.v)
        return await _show(turn, chosen[0].replace(day=1))
    rest = {name: value for name, value in kept.items() if name != "begin"}
    turn.dialogue.to(SPAN, **rest)
    return await with_span(turn, rest, Span(*begin, *chosen))
