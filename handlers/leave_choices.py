"""What can be tapped while asking for leave: the kinds, with the county's rules for them, and likely days."""

from datetime import date, timedelta

from aiogram import F, Router
from aiogram.types import CallbackQuery

from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import cancel
from handlers.leave_review import LeaveDo, packed
from handlers.turn import Button, Reply, Turn
from locales import _
from policy.authority import Action
from policy.calendar import Calendar, Half, Span
from policy.leave import is_counted_daily, limit
from policy.profile import LeaveKind
from policy.refusals import Code, Refusal
from storage import leave as queries
from storage.calendars import county_calendar
from storage.tables import Area

router = Router(name="leave_choices")

FIRST_KINDS = (LeaveKind.PERSONAL, LeaveKind.SICK, LeaveKind.ANNUAL)
_DAY = timedelta(days=1)


def village_of(turn: Turn) -> Area:
    """Whose village somebody asks for leave in. Raises `Refusal(NOT_ALLOWED)`."""
    village = turn.posts_area()
    if village is None or not turn.viewer.may(Action.LEAVE_REQUEST):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.LEAVE_REQUEST.value)
    return village


async def kinds(turn: Turn, *, every: bool = False) -> tuple[str, list[list[Button]]]:
    """The kinds to choose from: the usual ones, or all of them with the county's rules."""
    shown = LeaveKind if every else FIRST_KINDS
    flat: list[Button] = [(words.kind(one), LeaveDo(do="kind", v=one.value)) for one in shown]
    text = _("请选假别：")
    if every:
        text = "\n".join([text, *await _rules_of_kinds(turn)])
    else:
        flat.append((_("更多"), LeaveDo(do="more")))
    return text, [*(flat[at : at + 3] for at in range(0, len(flat), 3)), [cancel()]]


async def _rules_of_kinds(turn: Turn) -> list[str]:
    """How each kind is counted in this county, what it may take a year and what is left of that, what goes to the county."""
    village, today = village_of(turn), await turn.today()
    profile = await turn.batch.profile(village, today)
    comma = _("、")
    daily = [words.kind(one) for one in LeaveKind if is_counted_daily(one, profile)]
    working = [words.kind(one) for one in LeaveKind if not is_counted_daily(one, profile)]
    lines = [_("按工作日算：{kinds}").format(kinds=comma.join(working))]
    if daily:
        lines.append(_("按日历天算，休息日也在内：{kinds}").format(kinds=comma.join(daily)))
    limits = []
    for one in LeaveKind:
        if (allowed := limit(one, profile)) is not None:
            used = await queries.used(turn.session, turn.person.id, one, today.year)
            limits.append(words.limit(one, allowed, max(0, 2 * allowed - used)))
    if limits:
        lines.append(_("一年最多（本县规定）：{kinds}").format(kinds=comma.join(limits)))
    if profile.leave_county_kinds:
        lines.append(_("都由县里批：{kinds}").format(kinds=comma.join(map(words.kind, profile.leave_county_kinds))))
    return lines


@router.callback_query(LeaveDo.filter(F.do == "more"))
async def on_more(_query: CallbackQuery, turn: Turn) -> Reply:
    """Every kind."""
    text, rows = await kinds(turn, every=True)
    return turn.edit(text, rows)


async def ask_span(turn: Turn) -> Reply:
    """When? Likely days first, the calendar behind them."""
    today = await turn.today()
    calendar = await county_calendar(turn.session, village_of(turn), {today.year, today.year + 1})
    first = calendar.next_workday(today)
    flat: list[Button] = [
        (label, LeaveDo(do="span", v=packed(span))) for label, span in _likely(first, today, calendar)
    ]
    flat.append((_("选日期"), f"lvgrid:month:{first:%Y%m}"))  # handlers/leave_calendar.py, which builds on this
    return turn.edit(_("什么时候？"), [*(flat[at : at + 2] for at in range(0, len(flat), 2)), [cancel()]])


def _likely(first: date, today: date, calendar: Calendar) -> list[tuple[str, Span]]:
    """明天1天, 明天起2天, 明天下午起1天半; from the next working day, and only over days that are worked."""
    if first == today + _DAY:
        begin = _("明天")
    else:
        begin = phrases.weekday(first) if (first - today).days < 7 else phrases.day(first, today.year)
    after = first + _DAY
    spans = [(_("{day}1天").format(day=begin), Span(first, Half.AM, first, Half.PM))]
    if calendar.is_workday(after):
        spans += [
            (_("{day}起2天").format(day=begin), Span(first, Half.AM, after, Half.PM)),
            (_("{day}下午起1天半").format(day=begin), Span(first, Half.PM, after, Half.PM)),
        ]
    else:
        spans.append((_("{day}下午").format(day=begin), Span(first, Half.PM, first, Half.PM)))
    return spans
