"""我的: one's month at a glance."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from handlers import duty, own_papers, phrases
from handlers.corrections import OpenCorrection, waiting_lines
from handlers.filters import Word
from handlers.replies import KEY_MINE
from handlers.trip_cards import TripAct
from handlers.turn import Button, Reply, Turn
from locales import LANGUAGES, _, language, mark, ngettext
from policy.attendance import HalfStatus, Tally
from policy.profile import CheckInMode, mode_on
from storage import corrections, months
from storage.corrections import OpenDay
from storage.months import Month
from storage.tables import Area

router = Router(name="mine")

MONTHS_AHEAD = 12
MONTHS_BACK = 36

# Only characters as wide as a Chinese one: a √ is narrower in many phones' fonts, and the columns would not align.
MARKS = {
    HalfStatus.ON_DUTY: mark("在"),
    HalfStatus.OFFICIAL_TRIP: mark("公"),
    HalfStatus.LEAVE: mark("假"),
    HalfStatus.REST: mark("休"),
    HalfStatus.UNVERIFIED: mark("待"),
    HalfStatus.NOT_YET: mark("今"),
}
TO_COME = mark("・")
NAMED = mark("值")
_WIDE = {ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789"} | {0x20: 0x3000}


class ShowMonth(CallbackData, prefix="month"):
    """Another month: `2026-10`."""

    of: str


@router.message(Word(KEY_MINE, mark("我的"), command="me"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """👤我的."""
    village = _village(turn)
    if village is None:
        return turn.say(await _posts(turn))
    return turn.say(*await _month(turn, village, await turn.today()))


@router.callback_query(ShowMonth.filter())
async def on_month(_query: CallbackQuery, callback_data: ShowMonth, turn: Turn) -> Reply:
    """[上月] [下月]: the same card, another month."""
    village = _village(turn)
    if village is None:
        return turn.edit(await _posts(turn))
    today = await turn.today()
    return turn.edit(*await _month(turn, village, _first(callback_data.of, today) or today))


def _village(turn: Turn) -> Area | None:
    villages = turn.speaker.villages() if turn.speaker is not None else []
    return villages[0] if villages else None


def _first(written: str, today: date) -> date | None:
    """The first day of a month within reach; None for what can be no button of ours."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", written) is None:
        return None
    year, month = map(int, written.split("-"))
    ahead = (year - today.year) * 12 + month - today.month
    return date(year, month, 1) if -MONTHS_BACK <= ahead <= MONTHS_AHEAD else None


async def _month(turn: Turn, village: Area, on: date) -> tuple[str, list[list[Button]]]:
    month = await months.of_person(turn.session, turn.viewer, turn.person.id, village, on, turn.now)
    today = month.sheet.today
    title = _("👤 {month} · {name}").format(
        month=phrases.month(month.sheet.first, today), name=phrases.typed(turn.person.name)
    )
    lines = [title, f"<pre>{_calendar(month)}</pre>", *_totals(month)]
    if month.sheet.is_forecast():
        lines.append(_("节假日还没有公布，休息日为<b>预计</b>。"))
    buttons: list[Button] = []
    lieu: list[Button] = []
    if month.sheet.first == today.replace(day=1):
        more, buttons = await _open(turn, village, today)
        own_lines, lieu = await duty.own(turn)
        lines += [*more, *own_lines]
        buttons.append((_("记公出"), TripAct(do="new")))
    own = own_papers.presses(turn.viewer, village, turn.person)
    return "\n".join(lines), [buttons, lieu, await _neighbours(turn, month), own]


def _calendar(month: Month) -> str:
    """A line a week: the date of its first day, then a mark a day; two where the halves differ, the morning first."""
    first, statuses = month.sheet.first, month.statuses()
    rows = ["  " + "".join(f" {name}" for name in _(phrases.WEEKDAYS).split())]
    monday = first - timedelta(days=first.weekday())
    while monday <= month.sheet.last:
        week = [monday + timedelta(days=n) for n in range(7)]
        cells = []
        for on in week:
            nth = (on - first).days
            inside = first <= on <= month.sheet.last
            cells.append(_cell(month, statuses, nth) if inside else "  ")
        rows.append(f"{max(monday, first).day:02d}" + "".join(cells))
        monday += timedelta(days=7)
    drawn = "\n".join(row.rstrip() for row in rows)
    return drawn.translate(_WIDE) if language() == "zh_CN" else drawn


def _cell(month: Month, statuses: Sequence[HalfStatus | None], nth: int) -> str:
    if not month.served[nth]:
        return "  "
    am, pm = map(_mark, statuses[2 * nth : 2 * nth + 2], month.named(nth))
    return f" {pm}" if am == pm else am + pm


def _mark(half: HalfStatus | None, is_named: bool) -> str:
    if half is None:
        return _(TO_COME)
    return _(NAMED) if is_named and half is HalfStatus.ON_DUTY else _(MARKS[half])


def _totals(month: Month) -> list[str]:
    tally = month.tally()
    if month.sheet.until < month.sheet.first:
        days = sum(month.sheet.workdays)
        return [ngettext("{days} 个工作日。", "{days} 个工作日。", days).format(days=days)]
    if not month.workdays():
        return [_("还没有到岗的工作日。")]
    so_far = _("本月至今 {days} 个工作日：{totals}") if _is_running(month) else _("{days} 个工作日：{totals}")
    lines = [so_far.format(days=month.workdays(), totals=" · ".join(_parts(tally)))]
    if tally.beyond_due:
        lines.append(_("其中休息日 {days} 天。").format(days=f"{tally.beyond_due / 2:g}"))
    return lines


def _is_running(month: Month) -> bool:
    return month.sheet.first <= month.sheet.today <= month.sheet.last


def _parts(tally: Tally) -> list[str]:
    shown = [
        (_("在村 {days}"), tally.on_duty_days, True),
        (_("公出 {days}"), tally.trip_days, True),
        (_("请假 {days}"), tally.leave_days, True),
        (_("待核实 {days}"), tally.unverified_days, True),
        (_("暂未签到 {days}"), tally.not_yet_days, False),
    ]
    return [words.format(days=f"{days:g}") for words, days, always in shown if days or always]


async def _open(turn: Turn, village: Area, today: date) -> tuple[list[str], list[Button]]:
    """What of one's own is open now, how many corrections are left, and the buttons for both."""
    profile = await turn.batch.profile(village, today)
    if mode_on(profile, today) is CheckInMode.OFF:
        return [], []
    found = await corrections.open_days(turn.session, turn.viewer, village, turn.now)
    earlier = min([today.replace(day=1), *(day.on for day in found)])
    rows = await corrections.own_waiting(turn.session, turn.viewer, earlier)
    lines = waiting_lines(rows, today)[-2:]
    if missed := [day for day in found if day.on < today]:
        lines.insert(0, _("{days}待核实。").format(days=_("、").join(_missed(missed, today))))
    left = await corrections.left(turn.session, turn.viewer, village, today)
    lines.append(_("本月还可补签 {left} 次。").format(left=left))
    buttons: list[Button] = [(_("补签"), OpenCorrection())] if found else []
    return lines, buttons


def _missed(found: Sequence[OpenDay], today: date) -> list[str]:
    return [phrases.joined(phrases.near(day.on, today), phrases.halves(day.halves)) for day in found[:3]]


async def _neighbours(turn: Turn, month: Month) -> list[Button]:
    """[上月] as far as one has been in a team, [下月] a year ahead."""
    before, after = month.sheet.first - timedelta(days=1), month.sheet.last + timedelta(days=1)
    since = await months.since(turn.session, turn.person.id) or month.sheet.first
    buttons: list[Button] = []
    if before >= since and _first(f"{before:%Y-%m}", month.sheet.today):
        buttons.append((_("上月"), ShowMonth(of=f"{before:%Y-%m}")))
    if _first(f"{after:%Y-%m}", month.sheet.today):
        buttons.append((_("下月"), ShowMonth(of=f"{after:%Y-%m}")))
    return buttons


async def _posts(turn: Turn) -> str:
    """Who one is to the bot, for those in no team."""
    posts = turn.speaker.posts if turn.speaker is not None else ()
    lines = [_("👤 {name}").format(name=phrases.typed(turn.person.name))]
    lines += [phrases.post(post.role, post.area.name) for post in posts[:3]]
    if not posts:
        lines.append(_("现在没有登记的职务。有疑问请找县驻村办。"))
    lines.append(_("语言：{language}").format(language=LANGUAGES[turn.person.language]))
    bound_at = turn.speaker.chat.bound_at if turn.speaker is not None and turn.speaker.chat is not None else None
    if bound_at is not None:
        area = turn.posts_area()
        local = await turn.batch.local(area, bound_at) if area is not None else bound_at
        lines.append(_("{year}年{day}绑定这个账号。").format(year=local.year, day=phrases.day(local.date())))
    return "\n".join(lines)
