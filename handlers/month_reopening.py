"""单独开放: a locked month is opened again for one person: who, why, for how long; the list of them. Clause 三（二）."""

from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import months
from handlers import paging, phrases, refusals
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.months import Months, first_of, to
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import months as rules
from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage import lookup, month_locks
from storage import month_review as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.lookup import HitKind
from storage.month_locks import Reopened
from storage.tables import Area, Person

router = Router(name="month_reopening")

WHO = "month_open.who"
WHY = "month_open.why"
LONG = "month_open.days"
"""The reason is there; for how many days is pressed."""
PAGE = 8


class Reopen(CallbackData, prefix="reopen"):
    """`pick` a person (`id`), `days` (`id` of them), `close` a reopening (`id`)."""

    do: str
    id: int


@router.callback_query(Months.filter(F.do == "reopen"))
async def on_reopen(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """单独开放: for whom?"""
    county = await queries.place(turn.session, turn.viewer, callback_data.area)
    await month_locks.reopenings(turn.session, turn.viewer, county, callback_data.first)  # it is his to open
    turn.dialogue.leave()
    turn.dialogue.to(WHO, area=county.id, month=callback_data.month)
    return await _ask_who(turn)


async def _ask_who(turn: Turn) -> Reply:
    month = phrases.month(first_of(turn.dialogue.data["month"]), await turn.today())
    return turn.say(_("为谁开放{month}考勤？发姓名。").format(month=month), [[cancel()]])


@router.message(Awaiting(WHO), TEXT)
async def on_who(message: Message, turn: Turn) -> Reply:
    """The name; of several, which."""
    kept = turn.dialogue.data
    county, month = await queries.place(turn.session, turn.viewer, kept["area"]), first_of(kept["month"])
    hits = await lookup.find(turn.session, turn.viewer, Action.PERSON_FIND, message.text or "", await turn.today())
    villages = {
        hit.id: await month_locks.village_of(turn.session, county, hit.id, month)
        for hit in hits.hits
        if hit.kind is HitKind.PERSON
    }
    found = [(hit, village) for hit in hits.hits if (village := villages.get(hit.id)) is not None]
    if len(found) == 1 and not hits.near:
        return await _chosen(turn, found[0][0].id)
    if not found:
        words = _("{month}在本县驻村的人里没有找到「{name}」。请发全名再试。")
        said = phrases.typed((message.text or "").strip()[: lookup.LONGEST])
        return turn.say(words.format(month=phrases.month(month, await turn.today()), name=said), [[cancel()]])
    lines = [_("找到这些，是哪一位？")]
    lines += [f"{n}. {phrases.typed(hit.name)} · {phrases.typed(village.name)}" for n, (hit, village) in _few(found)]
    buttons: list[Button] = [(f"{n} {hit.name}"[:8], Reopen(do="pick", id=hit.id)) for n, (hit, _v) in _few(found)]
    return turn.say("\n".join(lines), [*paging.pairs(buttons), [cancel()]])


def _few(found: list[Any]) -> list[tuple[int, Any]]:
    return list(enumerate(found[:PAGE], 1))


@router.callback_query(Reopen.filter(F.do == "pick"))
async def on_pick(_query: CallbackQuery, callback_data: Reopen, turn: Turn) -> Reply:
    """One of several of that name."""
    if turn.dialogue.state != WHO:
        return turn.edit(_passed())
    return await _chosen(turn, callback_data.id)


async def _chosen(turn: Turn, person_id: int) -> Reply:
    kept = turn.dialogue.data
    county = await queries.place(turn.session, turn.viewer, kept["area"])
    if await month_locks.village_of(turn.session, county, person_id, first_of(kept["month"])) is None:
        raise Refusal(Code.NOT_FOUND)
    turn.dialogue.to(WHY, **kept, person=person_id)
    return await _ask_why(turn)


async def _ask_why(turn: Turn) -> Reply:
    person = await turn.session.get_one(Person, turn.dialogue.data["person"])
    words = _("为什么给{name}开放？一句话，会告诉本人并留存，例如：11日公出漏报，单位出了证明。")
    return turn.edit(words.format(name=phrases.typed(person.name)), [[cancel()]])


@router.message(Awaiting(WHY), TEXT)
async def on_why(message: Message, turn: Turn) -> Reply:
    """The reason; then for how long."""
    turn.dialogue.to(LONG, **turn.dialogue.data, reason=sentence(message.text or ""))
    return await _ask_long(turn)


async def _ask_long(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    person = await turn.session.get_one(Person, kept["person"])
    words = _("为{name}开放{month}考勤几天？（含今天，到期自动关上）\n原因：{reason}").format(
        name=phrases.typed(person.name),
        month=phrases.month(first_of(kept["month"]), await turn.today()),
        reason=phrases.typed(kept["reason"]),
    )
    buttons: list[Button] = [(_("{n} 天").format(n=n), Reopen(do="days", id=n)) for n in rules.REOPEN_DAYS]
    return turn.say(words, paging.pairs([*buttons, cancel()]))


@router.callback_query(Reopen.filter(F.do == "days"))
async def on_days(_query: CallbackQuery, callback_data: Reopen, turn: Turn) -> Reply:
    """It is open for him; he is told."""
    if turn.dialogue.state != LONG:
        return turn.edit(_passed())
    kept, month = turn.dialogue.data, first_of(turn.dialogue.data["month"])
    opened = await months.reopen(
        turn.session,
        by=turn.viewer,
        county_id=kept["area"],
        month=month,
        person_id=kept["person"],
        for_days=callback_data.id,
        reason=kept["reason"],
        now=turn.now,
    )
    turn.dialogue.end()
    county = await queries.place(turn.session, turn.viewer, kept["area"])
    person = await turn.session.get_one(Person, kept["person"])
    words = _("🔓 已为<b>{name}</b>单独开放{month}考勤，{until}到期自动关上。已告诉本人。").format(
        name=phrases.typed(person.name),
        month=phrases.month(month, await turn.today()),
        until=await _until(turn.session, county, opened.until, await turn.today()),
    )
    return turn.edit(words, [[(_("开放记录"), to(county.id, month, "opened")), (_("月结"), to(county.id, month))]])


def _passed() -> str:
    return _("这一步已经过了。发「月结」再来一次。")


async def _until(session: AsyncSession, county: Area, until: Any, today: date) -> str:
    """今天 24:00, 12月3日 24:00: until the end of the day before the instant."""
    last = (await of(session).local(county, until - timedelta(seconds=1))).date()
    return _("{day} 24:00").format(day=_("今天") if last == today else phrases.day(last, today.year))


@router.callback_query(Months.filter(F.do == "opened"))
async def on_opened(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """开放记录: for whom, why, by whom, until when."""
    county = await queries.place(turn.session, turn.viewer, callback_data.area)
    return turn.edit(*await _list(turn, county, callback_data.first, callback_data.page))


async def _list(turn: Turn, county: Area, month: date, page: int) -> tuple[str, Buttons]:
    found = await month_locks.reopenings(turn.session, turn.viewer, county, month)
    today = await turn.today()
    name, back = phrases.month(month, today), [(_("返回"), to(county.id, month))]
    if not found:
        return _("{month}没有为谁单独开放过。").format(month=name), [back]
    pages = -(-len(found) // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = found[page * PAGE : (page + 1) * PAGE]
    lines = [_("{month}单独开放 <b>{n} 次</b>：").format(month=name, n=len(found))]
    lines += [await _line(turn, county, one, today) for one in shown]
    close: list[Button] = [
        (_("关上 {name}").format(name=one.name)[:8], Reopen(do="close", id=one.row.id))
        for one in shown
        if one.is_open(turn.now)
    ]
    turning = paging.turning(page, pages, lambda at: to(county.id, month, "opened", page=at))
    return "\n".join(lines), [*paging.pairs(close), turning, back]


async def _line(turn: Turn, county: Area, one: Reopened, today: date) -> str:
    opened = await turn.batch.local(county, one.row.opened_at)
    state = (
        _("到{until}").format(until=await _until(turn.session, county, one.row.until, today))
        if one.is_open(turn.now)
        else _("已关上")
    )
    return _("{name} · {day}起 · {state} · {by} · {reason}").format(
        name=phrases.typed(one.name),
        day=phrases.day(opened.date(), today.year),
        state=state,
        by=phrases.typed(one.by or ""),
        reason=phrases.typed(one.row.reason),
    )


@router.callback_query(Reopen.filter(F.do == "close"))
async def on_close(_query: CallbackQuery, callback_data: Reopen, turn: Turn) -> Reply:
    """关上 before its time."""
    opened = await months.close(turn.session, by=turn.viewer, reopening_id=callback_data.id, now=turn.now)
    _opened, lock, county = await month_locks.reopening(turn.session, turn.viewer, opened.id)
    return turn.edit(*await _list(turn, county, lock.month, 0))


@router.callback_query(Reopen.filter())
async def on_nothing(_query: CallbackQuery) -> Reply:
    """No such thing."""
    raise Refusal(Code.NOT_FOUND)


awaits(WHO, mark("单独开放：为谁"), _ask_who)
awaits(WHY, mark("单独开放的原因"), _ask_why, plain=mark("就是原因"))
awaits(LONG, mark("单独开放几天"), _ask_long)


@card("month_reopened")
async def reopened_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To whom it is opened: until when and why; over meanwhile: nothing."""
    opened, lock, county = await month_locks.reopening(session, viewer, payload["id"])
    now = session.info["now"]
    if opened.closed_at is not None or opened.until <= now:
        return None
    today = (await of(session).local(county, now)).date()
    words = _(
        "🔓 {month}考勤为您<b>单独开放</b>到{until}{rule}。\n原因：{reason}\n"
        "要改的请在这几天里和乡镇或县里说清楚，由他们核实改正；到期自动关上。"
    )
    return Card(
        words.format(
            month=phrases.month(lock.month, today),
            until=await _until(session, county, opened.until, today),
            rule=refusals.rule("三（二）"),
            reason=phrases.typed(opened.reason),
        )
    )
