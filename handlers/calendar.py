"""年历: the coming days off and days worked in exchange, and what the county decides against them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import calendar as actions
from handlers import awaited, phrases, refusals
from handlers.awaited import awaits
from handlers.filters import TEXT, Awaiting, Word
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Target, require
from policy.calendar import Calendar, DayKind, month_of
from policy.refusals import LOCAL, Code, Refusal
from policy.spoken import any_day
from storage import calendars
from storage.tables import Area, CalendarDay

router = Router(name="calendar")

HOLIDAYS = (
    mark("元旦"),
    mark("农历除夕"),
    mark("春节"),
    mark("清明节"),
    mark("劳动节"),
    mark("端午节"),
    mark("中秋节"),
    mark("国庆节"),
)
"""What the public calendar calls its days (storage/calendars.py); said in the language being spoken."""

DATE, REASON = "calendar.date", "calendar.reason"
SHOWN = 3
REMOVABLE = 6


class Year(CallbackData, prefix="year"):
    """An area's calendar: `show`, `work` or `rest` (add such a day)."""

    area: int
    do: str


class Remove(CallbackData, prefix="yearx"):
    """Take back a day that the county decided."""

    id: int


class Feast(NamedTuple):
    """Days off in a row with a feast among them; `forecast`: the year is not published yet."""

    name: str
    first: date
    last: date
    forecast: bool


@router.message(Word(mark("年历"), command="year"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """One's own area at once; of several, which."""
    areas = await calendars.areas_of(turn.session, turn.viewer)
    if not areas:
        return turn.say(_("年历由县驻村办管。放假和调休有疑问，请问县驻村办。"))
    if len(areas) == 1:
        return await _show(turn, areas[0])
    buttons: list[Button] = [(area.name[:8], Year(area=area.id, do="show")) for area in areas]
    return turn.say(_("📆 <b>年历</b>：哪个地区的？"), [buttons[i : i + 2] for i in range(0, len(buttons), 2)])


@router.callback_query(Year.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, callback_data: Year, turn: Turn) -> Reply:
    """The calendar of one area."""
    return await _show(turn, await _area(turn, callback_data.area))


async def _show(turn: Turn, area: Area) -> Reply:
    today = await _today(turn, area)
    calendar = await calendars.county_calendar(turn.session, area, {today.year, today.year + 1})
    own = await calendars.own_days(turn.session, turn.viewer, area, month_of(today)[0])
    lines = [_("📆 <b>年历</b> · {area}").format(area=phrases.typed(area.name))]
    lines += [_feast(feast, today) for feast, _number in zip(feasts(calendar, today), range(SHOWN), strict=False)]
    worked = [on for on in sorted(calendar.makeup_workdays) if on >= today and calendar.is_workday(on)]
    if worked:
        lines.append(_("调休上班：{days}").format(days=_("、").join(_day(on, today) for on in worked[:REMOVABLE])))
    if own:
        lines.append(_("本县另定：{days}").format(days=_("；").join(_own(day, today) for day in own[:REMOVABLE])))
    add: list[Button] = [
        (_("加休息日"), Year(area=area.id, do="rest")),
        (_("加工作日"), Year(area=area.id, do="work")),
    ]
    undo: list[Button] = [
        (_("撤{day}").format(day=f"{day.on.month}-{day.on.day}"), Remove(id=day.id)) for day in own[:REMOVABLE]
    ]
    rows = [add, *(undo[start : start + 2] for start in range(0, len(undo), 2))]
    return turn.edit("\n".join(lines), [*rows, *awaited.drafts(turn, DATE, REASON)])


def feasts(calendar: Calendar, today: date) -> Iterator[Feast]:
    """The coming runs of days off with a holiday among them, in order, up to the end of next year."""
    run: list[date] = []
    on, end = today, date(today.year + 1, 12, 31)
    while on <= end + timedelta(days=1):
        if on <= end and not calendar.is_workday(on):
            run.append(on)
        elif run:
            feast = _as_feast(calendar, run)
            run = []
            if feast is not None:
                yield feast
        on += timedelta(days=1)


def _as_feast(calendar: Calendar, run: list[date]) -> Feast | None:
    if not any(calendar.kind(on) is DayKind.HOLIDAY for on in run):
        return None  # a weekend like any other
    names = dict.fromkeys(name for on in run if (name := calendar.name(on)))
    return Feast(_("、").join(map(_, names)), run[0], run[-1], any(map(calendar.is_forecast, run)))


def _feast(feast: Feast, today: date) -> str:
    days = phrases.days(feast.first, feast.last, today.year)
    # the names come from the public calendar; a day the county itself rests has none
    words = _("{name} {days}休（预计）") if feast.forecast else _("{name} {days}休")
    return words.format(name=feast.name or _("本县放假"), days=days)


def _own(day: CalendarDay, today: date) -> str:
    words = _("{day}上班（{reason}）") if day.is_workday else _("{day}休息（{reason}）")
    return words.format(day=_day(day.on, today), reason=phrases.typed(day.reason[:20]))


@router.callback_query(Year.filter(F.do.in_({"work", "rest"})))
async def on_add(_query: CallbackQuery, callback_data: Year, turn: Turn) -> Reply:
    """Ask which day."""
    area = await _area(turn, callback_data.area)
    turn.dialogue.leave()
    turn.dialogue.to(DATE, area_id=area.id, work=callback_data.do == "work")
    return await _ask_date(turn)


async def _ask_date(turn: Turn) -> Reply:
    words = _("哪天上班？例如 12月5日：") if turn.dialogue.data["work"] else _("哪天休息？例如 12月5日：")
    return turn.edit(words, [[awaited.cancel()]])


@router.message(Awaiting(DATE), TEXT)
async def on_date(message: Message, turn: Turn) -> Reply:
    """Which day; then why."""
    kept = turn.dialogue.data
    area = await _area(turn, kept["area_id"])
    on = any_day(message.text or "", await _today(turn, area))
    if on is None:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=(message.text or "")[:40])
    try:
        await actions.check_day(turn.session, by=turn.viewer, area=area, on=on, is_workday=kept["work"], now=turn.now)
    except Refusal as refusal:
        if refusal.code is not Code.CALENDAR_SAME:
            raise
        turn.dialogue.end()  # it is as it should be: nothing more is asked
        return turn.say(refusals.words(refusal), [[(_("看年历"), Year(area=area.id, do="show"))]])
    turn.dialogue.to(REASON, **kept, on=on.isoformat())
    return await _ask_reason(turn)


async def _ask_reason(turn: Turn) -> Reply:
    on = date.fromisoformat(turn.dialogue.data["on"])
    year = (await turn.today()).year
    words = _("{day}上班，为什么？一句话：") if turn.dialogue.data["work"] else _("{day}休息，为什么？一句话：")
    return turn.edit(words.format(day=phrases.day(on, year)), [[awaited.cancel()]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """Written; it can be taken back."""
    kept = turn.dialogue.data
    area = await _area(turn, kept["area_id"])
    day = await actions.set_day(
        turn.session,
        by=turn.viewer,
        area=area,
        on=date.fromisoformat(kept["on"]),
        is_workday=kept["work"],
        reason=message.text or "",
        now=turn.now,
    )
    turn.dialogue.end()
    words = _("✅ <b>已定</b> · {area}：{day}上班") if day.is_workday else _("✅ <b>已定</b> · {area}：{day}休息")
    text = words.format(area=phrases.typed(area.name), day=_day(day.on, await _today(turn, area)))
    return turn.say(text, [[(_("撤回"), Remove(id=day.id)), (_("看年历"), Year(area=area.id, do="show"))]])


@router.callback_query(Remove.filter())
async def on_remove(_query: CallbackQuery, callback_data: Remove, turn: Turn) -> Reply:
    """The national calendar holds again."""
    day, area = await actions.remove_day(turn.session, by=turn.viewer, day_id=callback_data.id, now=turn.now)
    text = _("好的，<b>已撤回</b> · {area}：{day}照国家的放假安排。").format(
        area=phrases.typed(area.name), day=_day(day.on, await _today(turn, area))
    )
    return turn.edit(text, [[(_("看年历"), Year(area=area.id, do="show"))]])


async def _area(turn: Turn, area_id: int) -> Area:
    area = await turn.session.get(Area, area_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(turn.viewer, Action.CALENDAR_CHANGE, Target(area.path))
    return area


async def _today(turn: Turn, area: Area) -> date:
    return (await turn.batch.local(area, turn.now)).date()


def _day(on: date, today: date) -> str:
    return phrases.day(on, today.year)


awaits(DATE, mark("改年历，选哪天"), _ask_date)
awaits(REASON, mark("改年历，写原因"), _ask_reason, plain=mark("就是原因"))
