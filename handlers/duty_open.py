"""值班, opened by the county: a holiday of the calendar in two taps, or days, name and basis of its own."""

from datetime import date, timedelta

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import duty
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.calendar import Feast, feasts
from handlers.duty_lists import progress_view
from handlers.filters import TEXT, Awaiting
from handlers.paging import pairs
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import duty as rules
from policy.authority import ALLOWED, Action, Target, require
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.sentences import sentence
from policy.spoken import any_day
from policy.spoken_spans import when
from storage import duty as queries
from storage.calendars import county_calendar
from storage.tables import Area

router = Router(name="duty_open")

DAYS, TITLE, DUE, REVIEW = "duty.new.days", "duty.new.title", "duty.new.due", "duty.new.review"
"""Kept with them: the area, and what has been said: `first`, `last`, `due`, `title`, `basis`."""
OFFERED = 2
FAR = timedelta(days=200)
"""How many holidays are offered, and how far ahead."""


class Open(CallbackData, prefix="dutyo"):
    """A press while a period is opened: `feast` (with its first day in `v`), `own`, `due`, `name`, `yes`."""

    do: str
    area: int = 0
    v: str = ""


def areas(turn: Turn) -> list[Area]:
    """The counties and townships for which one may open periods."""
    posts = turn.speaker.posts if turn.speaker is not None else ()
    allowed = ALLOWED[Action.DUTY_OPEN]
    found = [post.area for post in posts if post.role in allowed and post.area.level in {Level.COUNTY, Level.TOWNSHIP}]
    return list({area.id: area for area in found}.values())


async def offers(turn: Turn, found: list[Area]) -> list[list[Button]]:
    """The next holidays that have no period yet, and 自定; named with the area where there are several."""
    flat: list[Button] = []
    for area in found[:3]:
        for feast in await _coming(turn, area):
            label = feast.name.split(_("、"))[-1] or _("放假")
            flat.append((label[:20] if len(found) == 1 else f"{area.name[:4]} {label}"[:20], _feast_press(area, feast)))
        own = _("自定") if len(found) == 1 else _("{area} 自定").format(area=area.name[:4])
        flat.append((own, Open(do="own", area=area.id)))
    return pairs(flat)


def _feast_press(area: Area, feast: Feast) -> Open:
    return Open(do="feast", area=area.id, v=f"{feast.first:%Y%m%d}")


async def _coming(turn: Turn, area: Area) -> list[Feast]:
    today = (await turn.batch.local(area, turn.now)).date()
    calendar = await county_calendar(turn.session, area, {today.year, today.year + 1})
    found: list[Feast] = []
    for feast in feasts(calendar, today):
        if feast.first > today + FAR or len(found) == OFFERED:
            break
        if feast.first >= today and await queries.overlapping(turn.session, area, feast.first, feast.last) is None:
            found.append(feast)
    return found


async def _area(turn: Turn, area_id: int) -> Area:
    area = await turn.session.get(Area, area_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    require(turn.viewer, Action.DUTY_OPEN, Target(area.path))
    return area


async def _today(turn: Turn) -> date:
    area = await _area(turn, turn.dialogue.data["area"])
    return (await turn.batch.local(area, turn.now)).date()


@router.callback_query(Open.filter(F.do == "feast"))
async def on_feast(_query: CallbackQuery, callback_data: Open, turn: Turn) -> Reply:
    """A holiday: all is known, one tap more."""
    area = await _area(turn, callback_data.area)
    chosen = [one for one in await _coming(turn, area) if f"{one.first:%Y%m%d}" == callback_data.v]
    if not chosen:
        raise Refusal(Code.NOT_FOUND)
    today = (await turn.batch.local(area, turn.now)).date()
    feast = chosen[0]
    name = feast.name.split(_("、"))[-1] or _("放假")
    turn.dialogue.leave()
    turn.dialogue.to(
        REVIEW,
        area=area.id,
        first=feast.first.isoformat(),
        last=feast.last.isoformat(),
        due=rules.due_on(feast.first, today).isoformat(),
        title=_("{name}值班").format(name=name),
        basis=None,
    )
    return await _ask_review(turn)


@router.callback_query(Open.filter(F.do == "own"))
async def on_own(_query: CallbackQuery, callback_data: Open, turn: Turn) -> Reply:
    """自定: which days?"""
    area = await _area(turn, callback_data.area)
    turn.dialogue.leave()
    turn.dialogue.to(DAYS, area=area.id)
    return await _ask_days(turn)


async def _ask_days(turn: Turn) -> Reply:
    return turn.edit(_("哪几天值班？例如：7月1日到7月15日"), [[cancel()]])


@router.message(Awaiting(DAYS), TEXT)
async def on_days(message: Message, turn: Turn) -> Reply:
    """The days; what can't be is said before the name is asked for."""
    today = await _today(turn)
    said = when(message.text or "", today)
    if said.unclear or (said.first is None and said.last is None):
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=(said.unclear or message.text or "")[:20])
    span = said.span(today)
    due = rules.due_on(span.from_on, today)
    area = await _area(turn, turn.dialogue.data["area"])
    await duty.check_days(
        turn.session, by=turn.viewer, area=area, first=span.from_on, last=span.to_on, due=due, now=turn.now
    )
    kept = {"first": span.from_on.isoformat(), "last": span.to_on.isoformat(), "due": due.isoformat()}
    turn.dialogue.to(TITLE, **{**turn.dialogue.data, **kept})
    return await _ask_title(turn)


async def _ask_title(turn: Turn) -> Reply:
    flat: list[Button] = [(_(name), Open(do="name", v=key)) for key, name in NAMES.items()]
    return turn.edit(_("叫什么值班？后面可以写依据，例如：防汛值班 县防指第 3 号"), [flat, [cancel()]])


NAMES = {"flood": mark("防汛值班"), "fire": mark("防火值班")}


@router.callback_query(Open.filter(F.do == "name"))
async def on_name(_query: CallbackQuery, callback_data: Open, turn: Turn) -> Reply:
    """A usual name, by one tap."""
    if turn.dialogue.state != TITLE or callback_data.v not in NAMES:
        return _over(turn)
    return await _named(turn, _(NAMES[callback_data.v]))


@router.message(Awaiting(TITLE), TEXT)
async def on_title(message: Message, turn: Turn) -> Reply:
    """Its name; what stands behind a space is the basis."""
    return await _named(turn, message.text or "")


async def _named(turn: Turn, said: str) -> Reply:
    name, _space, basis = said.strip().partition(" ")
    kept = {
        "title": sentence(name, rules.TITLE),
        "basis": sentence(basis, rules.BASIS) if basis.strip() else None,
    }
    turn.dialogue.to(REVIEW, **{**turn.dialogue.data, **kept})
    return await _ask_review(turn)


async def _ask_review(turn: Turn) -> Reply:
    """请核对."""
    kept = turn.dialogue.data
    area = await _area(turn, kept["area"])
    today = await _today(turn)
    first, last, due = (date.fromisoformat(kept[key]) for key in ("first", "last", "due"))
    lines = [
        _("请核对："),
        _("<b>{title}</b> · {area} · {days}，{n} 天").format(
            title=phrases.typed(kept["title"]),
            area=phrases.typed(area.name),
            days=phrases.days(first, last, today.year),
            n=(last - first).days + 1,
        ),
    ]
    if kept["basis"]:
        lines.append(_("依据：{basis}").format(basis=phrases.typed(kept["basis"])))
    lines.append(_("各村第一书记{due}前排好；没排的，到时早上只提醒一次。").format(due=phrases.day(due, today.year)))
    return turn.edit("\n".join(lines), [[(_("定下"), Open(do="yes")), (_("改截止日"), Open(do="due"))], [cancel()]])


@router.callback_query(Open.filter(F.do == "due"))
async def on_due(_query: CallbackQuery, turn: Turn) -> Reply:
    """Another day by which it is filled."""
    if turn.dialogue.state != REVIEW:
        return _over(turn)
    turn.dialogue.to(DUE, **turn.dialogue.data)
    return await _ask_due(turn)


async def _ask_due(turn: Turn) -> Reply:
    today = await _today(turn)
    example = phrases.day(rules.due_on(date.fromisoformat(turn.dialogue.data["first"]), today))
    return turn.edit(_("哪天以前排好？例如：{example}").format(example=example), [[cancel()]])


@router.message(Awaiting(DUE), TEXT)
async def on_due_said(message: Message, turn: Turn) -> Reply:
    """The day, typed."""
    kept, today = turn.dialogue.data, await _today(turn)
    due = any_day(message.text or "", today)
    if due is None:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=(message.text or "")[:20])
    rules.check_period(date.fromisoformat(kept["first"]), date.fromisoformat(kept["last"]), due, today)
    turn.dialogue.to(REVIEW, **{**kept, "due": due.isoformat()})
    return await _ask_review(turn)


@router.callback_query(Open.filter(F.do == "yes"))
async def on_yes(_query: CallbackQuery, turn: Turn) -> Reply:
    """定下: the teams' first secretaries are asked."""
    kept = turn.dialogue.data
    if turn.dialogue.state != REVIEW:
        return _over(turn)
    first, last, due = (date.fromisoformat(kept[key]) for key in ("first", "last", "due"))
    period = await duty.open_period(
        turn.session,
        by=turn.viewer,
        area_id=kept["area"],
        title=kept["title"],
        basis=kept["basis"],
        first=first,
        last=last,
        due=due,
        now=turn.now,
    )
    turn.dialogue.end()
    area = await turn.session.get_one(Area, period.area_id)
    text, rows = await progress_view(turn.session, turn.viewer, period, area, turn.now)
    said = _("✅ <b>已定</b>，各村第一书记会收到。发「值班」看谁排好了。")
    return turn.edit(f"{said}\n{text}", rows)


def _over(turn: Turn) -> Reply:
    return turn.edit(_("这张卡片已经过了。发「值班」可以重新来。"))


@router.callback_query(Open.filter())
async def on_nothing(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A press that no button of ours makes."""
    raise Refusal(Code.NOT_FOUND)


awaits(DAYS, mark("值班，哪几天"), _ask_days)
awaits(TITLE, mark("值班，叫什么"), _ask_title, plain=mark("就是名称"))
awaits(DUE, mark("值班，哪天排好"), _ask_due)
awaits(REVIEW, mark("定值班"), _ask_review)
