"""全员在岗: the county's days without leave: said in a line or step by step, shown before they hold, lifted again."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import leave_closures as actions
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import leave_closures as rules
from policy.authority import Action
from policy.notices import names_in
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.spoken_spans import when
from storage import leave_closures as queries
from storage import notice_audience
from storage.tables import Area, LeaveClosure, LeaveState

router = Router(name="leave_closures")

DAYS = "leave_closure.days"
"""The days are awaited; kept with it: area, what a line has said already."""
REASON = "leave_closure.reason"
"""The reason is awaited; kept with it: area, first, last."""
READY = "leave_closure.ready"
"""All is there and is shown; kept with it: area, first, last, reason, people."""
NAMES = "leave_closure.names"
"""Names of exceptions are awaited; kept with it: as READY, or the closure's id."""
STATES = (DAYS, REASON, READY, NAMES)

SHOWN = 5
_BUT = re.compile(
    r"[,，;；、\s]*(?:除了?|例外[:：]?|\bexcept\b)\s*(?P<names>.+?)\s*(?:以外|之外|除外|外)?\s*$", re.IGNORECASE
)


class Closure(CallbackData, prefix="closure"):
    """`show` and `new` with a county's id; `but` and `lift` with a closure's; `set`, `names`, `back` of what is shown."""

    do: str
    id: int = 0


class MayClose(Filter):
    """Somebody who sees a county's closures; for a team 全员在岗 says that all of it is there."""

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether the speaker may."""
        return turn.viewer.may(Action.LEAVE_CLOSURE_VIEW)


@router.message(MayClose(), Word(mark("全员在岗"), mark("停假"), command="closures", always=False))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """What is in force; of several counties, which."""
    counties = await queries.counties(turn.session, turn.viewer)
    if len(counties) == 1:
        return await _list(turn, counties[0])
    return _ask_county(counties, turn)


def _ask_county(counties: Sequence[Area], turn: Turn) -> Reply:
    flat: list[Button] = [(area.name[:8], Closure(do="show", id=area.id)) for area in counties[:12]]
    text = _("<b>全员在岗</b>：哪个县？也可以写在前面，例如：全员在岗 安岭县 12-1到12-5 防汛。")
    return turn.say(text, [flat[at : at + 2] for at in range(0, len(flat), 2)])


@router.message(MayClose(), Line(mark("全员在岗"), mark("停假"), command="closures", asked=False))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """全员在岗 12-1到12-5 防汛 除了周建国: all at once."""
    counties = await queries.counties(turn.session, turn.viewer)
    named = [area for area in counties if rest.startswith(area.name)]
    if not named and len(counties) != 1:
        return _ask_county(counties, turn)
    area = (named or counties)[0]
    kept: dict[str, Any] = {"area": area.id}
    return await _days(turn, kept, rest.removeprefix(area.name).strip())


@router.callback_query(Closure.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, callback_data: Closure, turn: Turn) -> Reply:
    """The closures of one county."""
    area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSURE_VIEW, callback_data.id)
    return await _list(turn, area)


async def _list(turn: Turn, area: Area) -> Reply:
    found = await queries.in_force(turn.session, turn.viewer, area, await _today(turn, area))
    may = turn.viewer.may(Action.LEAVE_CLOSE)
    lines = [_("<b>全员在岗</b> · {area}").format(area=phrases.typed(area.name))]
    if not found:
        lines.append(_("现在没有全员在岗的日子。定了以后，这些天不批假，点名的例外除外；已经批准的不受影响。"))
    rows: list[list[Button]] = []
    for n, one in enumerate(found[:SHOWN], 1):
        lines.append(_("{n}. {closure}").format(n=n, closure=await _told(turn, one)))
        if may:
            rows.append(
                [
                    (_("{n} 加例外").format(n=n), Closure(do="but", id=one.id)),
                    (_("{n} 解除").format(n=n), Closure(do="lift", id=one.id)),
                ]
            )
    if len(found) > SHOWN:
        lines.append(_("还有 {n} 次。").format(n=len(found) - SHOWN))
    if may:
        rows += [[(_("新定"), Closure(do="new", id=area.id))], *drafts(turn, *STATES)]
    return turn.edit("\n".join(lines), rows)


async def _told(turn: Turn, closure: LeaveClosure) -> str:
    """12月1日至5日，防汛。例外：周建国."""
    year = (await turn.today()).year
    text = _("{days}，{reason}").format(
        days=phrases.days(closure.first_on, closure.last_on, year), reason=phrases.typed(closure.reason)
    )
    area = await turn.session.get_one(Area, closure.area_id)
    names = await queries.names(turn.session, turn.viewer, area, _excepted(closure))
    return _("{closure}。例外：{names}").format(closure=text, names=phrases.names(names)) if names else text


def _excepted(closure: LeaveClosure) -> list[int]:
    return [int(one) for one in closure.exceptions]


async def _today(turn: Turn, area: Area) -> date:
    return (await turn.batch.local(area, turn.now)).date()


# -- set ------------------------------------------------------------------------------------------------------------


@router.callback_query(Closure.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, callback_data: Closure, turn: Turn) -> Reply:
    """新定: which days?"""
    area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(DAYS, area=area.id)
    return await _ask_days(turn)


async def _ask_days(turn: Turn) -> Reply:
    return turn.edit(_("哪几天全员在岗？例如：12-1到12-5 防汛。"), [[cancel()]])


@router.message(Awaiting(DAYS), TEXT)
async def on_days(message: Message, turn: Turn) -> Reply:
    """The days; a reason behind them is taken too."""
    return await _days(turn, turn.dialogue.data, message.text or "")


async def _days(turn: Turn, kept: dict[str, Any], line: str) -> Reply:
    area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["area"])
    today = await _today(turn, area)
    said = when(line, today)
    if said.unclear or (said.first is None and said.last is None and said.halves is None):
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=(said.unclear or line)[:20])
    span = said.span(today)
    rules.check_days(span.from_on, span.to_on, today)
    kept = {"area": area.id, "first": span.from_on.isoformat(), "last": span.to_on.isoformat(), "people": []}
    if not said.rest:
        turn.dialogue.to(REASON, **kept)
        return await _ask_reason(turn)
    return await _reason(turn, kept, said.rest)


async def _ask_reason(turn: Turn) -> Reply:
    return turn.edit(_("为什么？一句话，例如：防汛、迎接检查。会写在请假卡片上："), [[cancel()]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """Why."""
    return await _reason(turn, turn.dialogue.data, message.text or "")


async def _reason(turn: Turn, kept: dict[str, Any], text: str) -> Reply:
    """The reason; 除了周建国 at its end names exceptions."""
    but = _BUT.search(text)
    people: list[int] = []
    if but is not None and text[: but.start()].strip():
        area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["area"])
        people, text = await _people(turn, area, but["names"]), text[: but.start()]
    turn.dialogue.to(READY, **{**kept, "reason": sentence(text, rules.REASON), "people": people})
    return await _show(turn)


async def _show(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["area"])
    first, last = date.fromisoformat(kept["first"]), date.fromisoformat(kept["last"])
    states = {LeaveState.APPROVED, LeaveState.WAITING}
    touched = await queries.touched(turn.session, area, first, last, states)
    approved = sum(one.state is LeaveState.APPROVED for one in touched)
    names = await queries.names(turn.session, turn.viewer, area, kept["people"])
    lines = [
        _("请核对：<b>全员在岗</b> · {area}").format(area=phrases.typed(area.name)),
        _("{days}，{reason}").format(
            days=phrases.days(first, last, (await turn.today()).year), reason=phrases.typed(kept["reason"])
        ),
        _("例外：{names}").format(names=phrases.names(names)) if names else _("没有例外"),
        _("这几天已批假 {n} 次，不受影响；等审批 {m} 次，不能同意。").format(n=approved, m=len(touched) - approved),
    ]
    rows: list[list[Button]] = [
        [(_("确定"), Closure(do="set")), (_("加例外"), Closure(do="names"))],
        [cancel()],
    ]
    return turn.edit("\n".join(lines), rows)


@router.callback_query(Closure.filter(F.do == "back"))
async def on_back(_query: CallbackQuery, turn: Turn) -> Reply:
    """返回: what is shown, as it was."""
    kept = turn.dialogue.data
    if turn.dialogue.state != NAMES or "reason" not in kept:
        return _over(turn)
    turn.dialogue.to(READY, **kept)
    return await _show(turn)


@router.callback_query(Closure.filter(F.do == "set"))
async def on_set(_query: CallbackQuery, turn: Turn) -> Reply:
    """确定."""
    kept = turn.dialogue.data
    if turn.dialogue.state != READY:
        return _over(turn)
    closure = await actions.close(
        turn.session,
        by=turn.viewer,
        area_id=kept["area"],
        first=date.fromisoformat(kept["first"]),
        last=date.fromisoformat(kept["last"]),
        reason=kept["reason"],
        exceptions=kept["people"],
        now=turn.now,
    )
    turn.dialogue.end()
    text = _("✅ 已定<b>全员在岗</b>：{closure}。请假的人和审批的人会在卡片上看到，不另外通知。")
    return turn.edit(text.format(closure=await _told(turn, closure)), [_presses(closure)])


def _presses(closure: LeaveClosure) -> list[Button]:
    return [
        (_("加例外"), Closure(do="but", id=closure.id)),
        (_("解除"), Closure(do="lift", id=closure.id)),
        (_("看全部"), Closure(do="show", id=closure.area_id)),
    ]


def _over(turn: Turn) -> Reply:
    return turn.edit(_("这一步已经过了。发「全员在岗」看看现在怎么定的。"))


# -- exceptions -----------------------------------------------------------------------------------------------------


@router.callback_query(Closure.filter(F.do == "names"))
async def on_names_press(_query: CallbackQuery, turn: Turn) -> Reply:
    """加例外, before it holds."""
    if turn.dialogue.state != READY:
        return _over(turn)
    turn.dialogue.to(NAMES, **turn.dialogue.data)
    return await _ask_names(turn)


@router.callback_query(Closure.filter(F.do == "but"))
async def on_but(_query: CallbackQuery, callback_data: Closure, turn: Turn) -> Reply:
    """加例外, of one that holds."""
    closure, _area, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_CLOSE, callback_data.id)
    if closure.lifted_at is not None:
        return _over(turn)
    turn.dialogue.leave()
    turn.dialogue.to(NAMES, closure=closure.id)
    return await _ask_names(turn)


async def _ask_names(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    if "closure" in kept:
        closure, area, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["closure"])
        people = _excepted(closure)
    else:
        area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["area"])
        people = kept["people"]
    lines = [_("谁例外？发姓名，用顿号隔开；已在例外里的再发一次就去掉。")]
    if people:
        names = await queries.names(turn.session, turn.viewer, area, people)
        lines.append(_("现在例外：{names}").format(names=phrases.names(names)))
    back: list[Button] = [(_("返回"), Closure(do="back"))] if "reason" in kept else []
    return turn.edit("\n".join(lines), [[*back, cancel()]])


@router.message(Awaiting(NAMES), TEXT)
async def on_names(message: Message, turn: Turn) -> Reply:
    """Those named are excepted; those who were are no more."""
    kept = turn.dialogue.data
    if "closure" not in kept:
        area, _role = await queries.county(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["area"])
        people = _toggled(kept["people"], await _people(turn, area, message.text or ""))
        turn.dialogue.to(READY, **{**kept, "people": people})
        return await _show(turn)
    closure, area, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_CLOSE, kept["closure"])
    people = _toggled(_excepted(closure), await _people(turn, area, message.text or ""))
    closure = await actions.set_exceptions(
        turn.session, by=turn.viewer, closure_id=closure.id, exceptions=people, now=turn.now
    )
    turn.dialogue.end()
    return turn.say(
        _("✅ 例外已改 · <b>全员在岗</b>：{closure}。").format(closure=await _told(turn, closure)), [_presses(closure)]
    )


def _toggled(had: Sequence[int], named: Sequence[int]) -> list[int]:
    return sorted(set(had) ^ set(named))


async def _people(turn: Turn, area: Area, text: str) -> list[int]:
    """The people of a county that are named; of namesakes the one whose village stands before the name (石门村周建国).

    Raises `Refusal`: CLOSURE_NOBODY (name), CLOSURE_NAMESAKES (name, places).
    """
    names = names_in(text)
    if not names:
        raise Refusal(Code.TEXT_EMPTY, LOCAL)
    on = await _today(turn, area)
    endings = {name: [name[at:] for at in range(len(name) - 1)] for name in names}
    every = {ending for found in endings.values() for ending in found}
    known = await notice_audience.named(turn.session, turn.viewer, area, every, on)
    people = []
    for name, found in endings.items():
        whole = known.get(name, [])
        placed = [one for end in found for one in known.get(end, []) if one.area == name.removesuffix(end)]
        if len(whole or placed) > 1:
            places = _("、").join(one.area for one in whole)
            raise Refusal(Code.CLOSURE_NAMESAKES, LOCAL, name=name, places=places)
        if not (whole or placed):
            raise Refusal(Code.CLOSURE_NOBODY, LOCAL, name=name[:20])
        people.append((whole or placed)[0].person_id)
    return people


# -- lifted ---------------------------------------------------------------------------------------------------------


@router.callback_query(Closure.filter(F.do == "lift"))
async def on_lift(_query: CallbackQuery, callback_data: Closure, turn: Turn) -> Reply:
    """解除."""
    closure = await actions.lift(turn.session, by=turn.viewer, closure_id=callback_data.id, now=turn.now)
    text = _("已<b>解除</b>全员在岗：{closure}。这些天照常批假。").format(closure=await _told(turn, closure))
    return turn.edit(text, [[(_("看全部"), Closure(do="show", id=closure.area_id))]])


awaits(DAYS, mark("定全员在岗的日子"), _ask_days)
awaits(REASON, mark("全员在岗的原因"), _ask_reason, plain=mark("就是原因"))
awaits(READY, mark("定全员在岗"), _show)
awaits(NAMES, mark("全员在岗的例外"), _ask_names)
