"""代请假 周建国 病假 今天起: asked for one who can't; the end may stay open. He is told, and has the last word."""

import re
from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import leave_for
from actions.leave_for import Proposed, Wanted
from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.leave_review import decides
from handlers.proxies import named_first
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.calendar import Half
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.spoken_spans import when
from storage import leave as queries
from storage import teamday
from storage.tables import Area, LeaveState, Person

router = Router(name="leave_for")

WHO = "leave_for.who"
"""Whose leave is awaited; kept with it: what a line has said already (kind, first, last, reason)."""
KIND = "leave_for.kind"
"""The kind is awaited; kept with it: who."""
SPAN = "leave_for.span"
"""From when, and to when if that is known, is awaited; kept with it: who, kind."""
REASON = "leave_for.reason"
"""The reason is awaited; kept with it: who, kind, first, last (`""`: its end is open)."""
REVIEW = "leave_for.review"
"""All is there and is shown."""

_STATES = (WHO, KIND, SPAN, REASON, REVIEW)
NAMES_AT_ONCE = 12
FIRST_KINDS = (LeaveKind.SICK, LeaveKind.PERSONAL, LeaveKind.BEREAVEMENT)
SAYS_NOTHING = frozenset({LeaveKind.PERSONAL, LeaveKind.OTHER})
"""Kinds that are no reason by themselves."""


class ForDo(CallbackData, prefix="lvfor"):
    """A press while asking: `who` (a person's id in `v`), `kind`, `more`, `span`, `send`, `change`."""

    do: str
    v: str = ""


@router.message(Word(mark("代请假"), command="leavefor"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """Whose? Names to tap, where they are few."""
    begun = drafts(turn, *_STATES)
    turn.dialogue.to(WHO)
    return await _ask_who(turn, begun)


@router.message(Line(mark("代请假"), command="leavefor", even_in=_STATES))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """代请假 周建国 病假 今天起: all at once, or what is missing is asked."""
    return await _named(turn, rest, {})


@router.message(Awaiting(WHO), TEXT)
async def on_who_words(message: Message, turn: Turn) -> Reply:
    """The name, and what follows it."""
    return await _named(turn, message.text or "", turn.dialogue.data)


async def _ask_who(turn: Turn, begun: list[list[Button]] | None = None) -> Reply:
    if not turn.viewer.may(Action.LEAVE_REQUEST_FOR):
        turn.dialogue.end()
        return turn.say(_("代请假由同村工作队、乡镇、县驻村办或派出单位来办，没有改动。"))
    found = await _candidates(turn)
    if not found:
        turn.dialogue.end()
        return turn.say(_("您这里没有可以代请假的人。自己请假发「请假」。"))
    flat: list[Button] = [(person.name[:8], ForDo(do="who", v=str(person.id))) for person, _area in found]
    if len(found) > NAMES_AT_ONCE:
        flat = []
    text = _("替谁请假？点名字，或一句话，例如：代请假 周建国 病假 今天起。")
    return turn.edit(text, [*(begun or []), *(flat[at : at + 2] for at in range(0, len(flat), 2)), [cancel()]])


async def _candidates(turn: Turn) -> list[tuple[Person, Area]]:
    """Whom the speaker may ask for, oneself left out; no more than one too many to show."""
    found = await teamday.members(
        turn.session, turn.viewer, Action.LEAVE_REQUEST_FOR, await turn.today(), limit=NAMES_AT_ONCE + 2
    )
    return [(person, area) for person, area in found if person.id != turn.person.id]


async def _named(turn: Turn, line: str, kept: dict[str, Any]) -> Reply:
    """A line that begins with a name: whose leave, and what else it says."""
    if not turn.viewer.may(Action.LEAVE_REQUEST_FOR):
        return await _ask_who(turn)
    spoken = [word for word in re.split(r"[\s，,、；;：:]+", line) if word]
    found, rest = await named_first(turn, Action.LEAVE_REQUEST_FOR, spoken)
    if not found:
        turn.dialogue.to(WHO, **kept)
        name = phrases.typed(spoken[0][:20] if spoken else "")
        return turn.say(_("没有找到「{name}」，没有提交。看看名字写对没有，再说一次。").format(name=name), [[cancel()]])
    if len(found) > 1:
        return turn.say(_("一次替一个人请假，没有提交。先说一位的名字。"))
    kept = {**kept, **_said(" ".join(rest), await turn.today())}
    if len(found[0]) == 1:
        return await _chosen(turn, kept, found[0][0][0].id)
    turn.dialogue.to(WHO, **kept)
    flat: list[Button] = []
    for person, area in found[0]:
        same = sum(other.id == area.id for _person, other in found[0]) > 1
        label = f"{area.name[:4]}{(person.phone or '')[-4:]}" if same else area.name[:8]
        flat.append((label, ForDo(do="who", v=str(person.id))))
    text = _("有几位{name}，是哪一位？").format(name=phrases.typed(found[0][0][0].name))
    return turn.say(text, [*(flat[at : at + 2] for at in range(0, len(flat), 2)), [cancel()]])


async def _chosen(turn: Turn, kept: dict[str, Any], person_id: int) -> Reply:
    if person_id == turn.person.id:
        turn.dialogue.end(*_STATES)
        return turn.edit(_("自己请假发「请假」就行，不用代请。"))
    return await _next(turn, {**kept, "who": person_id})


@router.callback_query(ForDo.filter(F.do == "who"))
async def on_who(_query: CallbackQuery, callback_data: ForDo, turn: Turn) -> Reply:
    """A name was tapped; whether he may be asked for is checked where the leave is planned."""
    if turn.dialogue.state != WHO or not callback_data.v.isdecimal():
        return over(turn)
    return await _chosen(turn, turn.dialogue.data, int(callback_data.v))


def _said(line: str, today: date) -> dict[str, Any]:
    """What a line says of the leave: kind, days, reason, in whatever order. Raises `Refusal(DATE_UNREADABLE)`."""
    kept: dict[str, Any] = {}
    which, line = words.kind_said(line)
    said = when(line, today)
    if said.unclear:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=said.unclear)
    if said.first is not None or said.last is not None or said.halves is not None or said.whole or said.half:
        span = said.span(today)
        kept["first"] = _packed(span.from_on, span.from_half)
        kept["last"] = "" if said.open else _packed(span.to_on, span.to_half)
        line = said.rest
    if which is None:
        which, line = words.kind_said(line)
    if which is not None:
        kept["kind"] = which.value
    if line.strip():
        kept["reason"] = sentence(line)
    return kept


def _packed(on: date, half: Half) -> str:
    return f"{on:%Y%m%d}{half.value}"


def _unpacked(text: str) -> tuple[date, Half]:
    """A half-day as it is kept. Raises `Refusal(NOT_FOUND)` for what is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])), Half(text[8:])
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None


async def _next(turn: Turn, kept: dict[str, Any]) -> Reply:
    """Ask for what is still missing; with all of it there, show it."""
    for name, state, ask in (("kind", KIND, _ask_kind), ("first", SPAN, _ask_span)):
        if name not in kept:
            turn.dialogue.to(state, **kept)
            return await ask(turn)
    kind = LeaveKind(kept["kind"])
    await _propose(turn, kept)  # what can't be is said before the reason is typed
    if not kept.get("reason"):
        if kind in SAYS_NOTHING:
            turn.dialogue.to(REASON, **kept)
            return await _ask_reason(turn)
        kept = {**kept, "reason": words.kind(kind)}
    turn.dialogue.to(REVIEW, **kept)
    return await _show(turn)


async def _ask_kind(turn: Turn) -> Reply:
    flat: list[Button] = [(words.kind(one), ForDo(do="kind", v=one.value)) for one in FIRST_KINDS]
    return turn.edit(_("请选假别："), [[*flat, (_("更多"), ForDo(do="more"))], [cancel()]])


@router.callback_query(ForDo.filter(F.do == "more"))
async def on_more(_query: CallbackQuery, turn: Turn) -> Reply:
    """Every kind."""
    if turn.dialogue.state != KIND:
        return over(turn)
    flat: list[Button] = [(words.kind(one), ForDo(do="kind", v=one.value)) for one in LeaveKind]
    return turn.edit(_("请选假别："), [*(flat[at : at + 3] for at in range(0, len(flat), 3)), [cancel()]])


@router.callback_query(ForDo.filter(F.do == "kind"))
async def on_kind(_query: CallbackQuery, callback_data: ForDo, turn: Turn) -> Reply:
    """The kind is chosen."""
    if turn.dialogue.state != KIND or callback_data.v not in set(LeaveKind):
        return over(turn)
    return await _next(turn, {**turn.dialogue.data, "kind": callback_data.v})


async def _ask_span(turn: Turn) -> Reply:
    today = await turn.today()
    tomorrow = today + timedelta(days=1)
    rows: list[list[Button]] = [
        [(_("今天起"), _from(today, None)), (_("今天1天"), _from(today, today))],
        [(_("明天起"), _from(tomorrow, None)), (_("明天1天"), _from(tomorrow, tomorrow))],
        [cancel()],
    ]
    return turn.edit(_("什么时候？只说「今天起」，止期先空着。也可以说：11-24到11-26。"), rows)


def _from(first: date, last: date | None) -> ForDo:
    return ForDo(do="span", v=_packed(first, Half.AM) + ("" if last is None else _packed(last, Half.PM)))


@router.callback_query(ForDo.filter(F.do == "span"))
async def on_span(_query: CallbackQuery, callback_data: ForDo, turn: Turn) -> Reply:
    """From when, by one tap."""
    if turn.dialogue.state != SPAN:
        return over(turn)
    first, last = callback_data.v[:10], callback_data.v[10:]
    for part in filter(None, (first, last)):
        _unpacked(part)
    return await _next(turn, {**turn.dialogue.data, "first": first, "last": last})


@router.message(Awaiting(SPAN), TEXT)
async def on_span_words(message: Message, turn: Turn) -> Reply:
    """From when in words; a reason behind it is taken too."""
    line = message.text or ""
    said = _said(line, await turn.today())
    if "first" not in said:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=line[:20])
    return await _next(turn, {**said, **turn.dialogue.data})


async def _ask_reason(turn: Turn) -> Reply:
    return turn.edit(_("什么事、在哪里？一句话（不用写病情）："), [[cancel()]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason in one sentence."""
    return await _next(turn, {**turn.dialogue.data, "reason": sentence(message.text)})


def _wanted(kept: dict[str, Any]) -> Wanted:
    last = _unpacked(kept["last"]) if kept["last"] else None
    return Wanted(kept["who"], LeaveKind(kept["kind"]), _unpacked(kept["first"]), last)


async def _propose(turn: Turn, kept: dict[str, Any]) -> Proposed:
    return await leave_for.propose(turn.session, by=turn.viewer, wanted=_wanted(kept), now=turn.now)


async def _show(turn: Turn) -> Reply:
    """请核对: whose, what it takes, who decides and why, who stays."""
    kept = turn.dialogue.data
    proposed = await _propose(turn, kept)
    planned, kind = proposed.plan, LeaveKind(kept["kind"])
    today = await turn.today()
    profile = await turn.batch.profile(planned.village, today)
    person = await turn.session.get_one(Person, kept["who"])
    lines = [
        _("请核对，<b>代请假</b>：{name} · {village}").format(
            name=phrases.typed(person.name), village=phrases.typed(planned.village.name)
        ),
        _("{kind} · {span} · <b>{days}</b>").format(
            kind=words.kind(kind),
            span=words.span(proposed.span, today.year),
            days=words.days(planned.asked.halves, kind, profile),
        ),
    ]
    if kept["reason"] != words.kind(kind):
        lines.append(phrases.typed(kept["reason"]))
    if not kept["last"]:
        lines.append(words.open_end(proposed.span))
    if planned.asked.is_afterwards:
        lines.append(_("这是事后<b>补办</b>。"))
    lines += [
        words.staying(planned.staying),
        await decides(turn.session, planned, kind, today),
        _("提交后马上告诉{name}，他说不对就取消。").format(name=phrases.typed(person.name)),
    ]
    lines += [_("⚠️ 这几天全员在岗：{reason}。").format(reason=phrases.typed(reason)) for reason in planned.closed]
    return turn.edit("\n".join(lines), [[(_("提交"), ForDo(do="send")), (_("修改"), ForDo(do="change"))], [cancel()]])


@router.callback_query(ForDo.filter(F.do == "change"))
async def on_change(_query: CallbackQuery, turn: Turn) -> Reply:
    """修改: kind and days are asked again; whose it is stays."""
    if turn.dialogue.state != REVIEW:
        return over(turn)
    return await _next(turn, {"who": turn.dialogue.data["who"]})


@router.callback_query(ForDo.filter(F.do == "send"))
async def on_send(_query: CallbackQuery, turn: Turn) -> Reply:
    """提交: the answer is a card, since it will change."""
    kept = turn.dialogue.data
    if turn.dialogue.state != REVIEW:
        return over(turn)
    await leave_for.request(turn.session, by=turn.viewer, wanted=_wanted(kept), reason=kept["reason"], now=turn.now)
    turn.dialogue.end(*_STATES)
    return turn.edit(_("代请假已提交。"))


@router.callback_query(words.LeaveForAct.filter(F.do == "again"))
async def on_again(_query: CallbackQuery, callback_data: words.LeaveForAct, turn: Turn) -> Reply:
    """续假 by who asked: on from its end, open again."""
    found, village, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_REQUEST_FOR, callback_data.id)
    if found.state is not LeaveState.APPROVED or not found.is_open_ended:
        return turn.toast(_("这次请假已经了结，不用续。"), alert=True)
    turn.dialogue.leave()
    first = _packed(*await queries.next_half(turn.session, found, village))
    kept = {"who": found.person_id, "kind": found.kind.value, "first": first, "last": "", "reason": found.reason}
    turn.callback = None  # the card stays: it is asked below it
    return await _next(turn, kept)


def over(turn: Turn) -> Reply:
    """An old card was pressed."""
    return turn.edit(_("这张卡片已经过了。发「代请假」可以重新请。"))


awaits(WHO, mark("替谁请假"), _ask_who, plain=mark("就是姓名"))
awaits(KIND, mark("代请假的假别"), _ask_kind)
awaits(SPAN, mark("代请假的日期"), _ask_span)
awaits(REASON, mark("代请假的事由"), _ask_reason, plain=mark("就是请假事由"))
awaits(REVIEW, mark("代请假"), _show)
