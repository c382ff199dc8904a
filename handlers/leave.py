"""请假: three taps and a sentence, or one line; what was understood is shown before it is handed in."""

from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import leave
from actions.leave import Details, Plan
from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.replies import KEY_LEAVE
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Role
from policy.calendar import Half, Span
from policy.leave import half_after
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import mask_phone, sentence
from policy.spoken_spans import When, when
from storage import leave as queries
from storage.tables import Area, LeaveState

router = Router(name="leave")

KIND = "leave.kind"
"""The kind is awaited; kept with it: what a line has said already (`span`, `reason`)."""
SPAN = "leave.span"
"""The days are awaited; kept with it: kind, reason."""
REASON = "leave.reason"
"""Reason and where to are awaited; kept with it: kind, span."""
HANDOVER = "leave.handover"
"""Who stands in for a first secretary is awaited; kept with it: kind, span, reason."""
REVIEW = "leave.review"
"""All is there and is shown; kept with it: kind, span, reason."""

FIRST_KINDS = (LeaveKind.PERSONAL, LeaveKind.SICK, LeaveKind.ANNUAL)
_DAY = timedelta(days=1)


class LeaveDo(CallbackData, prefix="leave"):
    """A press while asking: `kind`, `more`, `span`, `hand`, `send`, `change`, `new`."""

    do: str
    v: str = ""


@router.message(Word(mark("请假"), KEY_LEAVE, command="leave"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """请假: what stands, else which kind."""
    village = _village(turn)
    if standing := await queries.own(turn.session, turn.viewer, await turn.today()):
        profile = await turn.batch.profile(village, await turn.today())
        lines = [_("您的<b>请假</b>：")]
        rows: list[list[Button]] = []
        for n, one in enumerate(standing[:4], 1):
            is_one = len(standing) == 1
            line = words.title(one, profile) if is_one else f"{n}. {words.title(one, profile)}"
            lines.append(_("{leave}（等审批）").format(leave=line) if one.state is LeaveState.WAITING else line)
            rows.append([(label if is_one else f"{n} {label}", press) for label, press in words.presses(one)])
        return turn.say("\n".join(lines), [*rows, [(_("再请一次"), LeaveDo(do="new"))]])
    return await _new(turn)


@router.callback_query(LeaveDo.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """One leave more."""
    _village(turn)
    return await _new(turn)


async def _new(turn: Turn) -> Reply:
    begun = drafts(turn, KIND, SPAN, REASON, HANDOVER, REVIEW)
    turn.dialogue.to(KIND)
    text, rows = await _kinds(turn)
    return turn.say(text, [*begun, *rows])


def _village(turn: Turn) -> Area:
    village = turn.posts_area()
    if village is None or not turn.viewer.may(Action.LEAVE_REQUEST):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.LEAVE_REQUEST.value)
    return village


async def _kinds(_turn: Turn, *, every: bool = False) -> tuple[str, list[list[Button]]]:
    shown = LeaveKind if every else FIRST_KINDS
    flat: list[Button] = [(words.kind(one), LeaveDo(do="kind", v=one.value)) for one in shown]
    if not every:
        flat.append((_("更多"), LeaveDo(do="more")))
    return _("请选假别："), [*(flat[at : at + 3] for at in range(0, len(flat), 3)), [cancel()]]


def over(turn: Turn) -> Reply:
    """An old card was pressed."""
    return turn.edit(_("这张卡片已经过了。发「请假」可以重新请。"))


async def _ask_kind(turn: Turn) -> Reply:
    text, rows = await _kinds(turn)
    return turn.edit(text, rows)


@router.callback_query(LeaveDo.filter(F.do == "more"))
async def on_more(_query: CallbackQuery, turn: Turn) -> Reply:
    """Every kind."""
    text, rows = await _kinds(turn, every=True)
    return turn.edit(text, rows)


@router.callback_query(LeaveDo.filter(F.do == "kind"))
async def on_kind(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """The kind is chosen: when?"""
    if turn.dialogue.state not in {KIND, SPAN, REASON, REVIEW} or callback_data.v not in set(LeaveKind):
        return over(turn)
    return await _next(turn, {**turn.dialogue.data, "kind": callback_data.v})


@router.callback_query(words.LeaveAct.filter(F.do.in_({"extend", "shorten"})))
async def on_other_end(_query: CallbackQuery, callback_data: words.LeaveAct, turn: Turn) -> Reply:
    """续假, 缩短: until when?"""
    found, _area, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_WITHDRAW, callback_data.id)
    if found.state is not LeaveState.APPROVED:
        return turn.toast(_("这次请假已经不能改了。"), alert=True)
    turn.dialogue.leave()
    if callback_data.do == "extend":
        on, half = half_after(found.to_on, found.to_half)
        turn.dialogue.to(
            SPAN, kind=found.kind.value, extends=found.id, begin=f"{on:%Y%m%d}{half.value}", reason=found.reason
        )
    else:
        begin = f"{found.from_on:%Y%m%d}{found.from_half.value}"
        turn.dialogue.to(SPAN, kind=found.kind.value, shortens=found.id, begin=begin)
    return await ask_end(turn)


async def ask_end(turn: Turn) -> Reply:
    """The last half-day of a leave that goes on or ends earlier: by the calendar, or in words."""
    begin = turn.dialogue.data["begin"]
    open_calendar: Button = (_("选日期"), f"lvgrid:month:{begin[:6]}")
    text = _("改到哪天为止？") if "shortens" in turn.dialogue.data else _("续到哪天？")
    return turn.say(_("{ask}选日期，或说一个，例如：27日上午。").format(ask=text), [[open_calendar, cancel()]])


async def _next(turn: Turn, kept: dict[str, Any]) -> Reply:
    """Ask for what is still missing; with all of it there, show it."""
    for name, state, ask in (("kind", KIND, _ask_kind), ("span", SPAN, _ask_span), ("reason", REASON, _ask_reason)):
        if not kept.get(name):
            turn.dialogue.to(state, **kept)
            return await ask(turn)
    if "stand_in" not in kept and "extends" not in kept:
        planned = await _plan(turn, kept)
        if planned.role is Role.FIRST_SECRETARY and planned.staying:
            turn.dialogue.to(HANDOVER, **kept)
            return await _ask_handover(turn)
    turn.dialogue.to(REVIEW, **kept)
    return await _show(turn)


async def _ask_handover(turn: Turn) -> Reply:
    """交接: who has a first secretary's cards meanwhile."""
    planned = await _plan(turn, turn.dialogue.data)
    flat: list[Button] = [(person.name, LeaveDo(do="hand", v=str(person.id))) for person in planned.staying[:4]]
    rows = [flat[at : at + 2] for at in range(0, len(flat), 2)]
    return turn.edit(
        _("交接给谁？您请假这几天，要您定的事先由他定。"), [*rows, [(_("不交接"), LeaveDo(do="hand", v="0")), cancel()]]
    )


@router.callback_query(LeaveDo.filter(F.do == "hand"))
async def on_hand(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """The one who stands in, or nobody."""
    if turn.dialogue.state != HANDOVER:
        return over(turn)
    planned = await _plan(turn, turn.dialogue.data)
    ids = {str(person.id): person.id for person in planned.staying}
    return await _next(turn, {**turn.dialogue.data, "stand_in": ids.get(callback_data.v)})


async def _ask_span(turn: Turn) -> Reply:
    local = await turn.local_now()
    tomorrow = local.date() + _DAY
    likely = [
        (_("明天1天"), Span(tomorrow, Half.AM, tomorrow, Half.PM)),
        (_("明天起2天"), Span(tomorrow, Half.AM, tomorrow + _DAY, Half.PM)),
        (_("明天下午起1天半"), Span(tomorrow, Half.PM, tomorrow + _DAY, Half.PM)),
    ]
    flat: list[Button] = [(label, LeaveDo(do="span", v=_packed(span))) for label, span in likely]
    flat.append((_("选日期"), f"lvgrid:month:{tomorrow:%Y%m}"))  # handlers/leave_calendar.py, which builds on this
    return turn.edit(_("什么时候？"), [flat[:2], flat[2:], [cancel()]])


def _packed(span: Span) -> str:
    return f"{span.from_on:%Y%m%d}{span.from_half.value}{span.to_on:%Y%m%d}{span.to_half.value}"


def _unpacked(text: str) -> Span | None:
    try:
        first, last = (date(int(part[:4]), int(part[4:6]), int(part[6:8])) for part in (text[:8], text[10:18]))
        return Span(first, Half(text[8:10]), last, Half(text[18:20]))
    except ValueError:
        return None


@router.callback_query(LeaveDo.filter(F.do == "span"))
async def on_span(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """A likely span, by one tap."""
    span = _unpacked(callback_data.v)
    if span is None or "kind" not in turn.dialogue.data or turn.dialogue.state not in {SPAN, REASON, REVIEW}:
        return over(turn)
    return await with_span(turn, turn.dialogue.data, span)


async def with_span(turn: Turn, kept: dict[str, Any], span: Span) -> Reply:
    """The days, looked at at once: what can't be is said before the reason is typed."""
    if "shortens" in kept:
        credited = await leave.shorten(
            turn.session, by=turn.viewer, leave_id=kept["shortens"], to=(span.to_on, span.to_half), now=turn.now
        )
        turn.dialogue.end()
        return turn.edit(
            _("已改：请假到{day}{half}为止，少休的 {n} 天不计入请假。").format(
                day=phrases.day(span.to_on), half=phrases.half(span.to_half), n=f"{credited / 2:g}"
            )
        )
    kept = {**kept, "span": _packed(span)}
    if "kind" in kept:
        await _plan(turn, kept)
    return await _next(turn, kept)


@router.message(Awaiting(SPAN), TEXT)
async def on_span_words(message: Message, turn: Turn) -> Reply:
    """The days in words; a reason behind them is taken too."""
    kept = {**turn.dialogue.data}
    line, begin = message.text or "", kept.pop("begin", None)
    if begin is not None:
        first, half = date(int(begin[:4]), int(begin[4:6]), int(begin[6:8])), Half(begin[8:])
        said = when(
            line if line.startswith("到") else f"到{line}", await turn.today(), When("", first=first, half=half)
        )
        if said.last is None:
            raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=line[:20])
        return await with_span(turn, kept, Span(first, half, said.last, said.last_half or Half.PM))
    span, rest = _said(line, await turn.today())
    if span is None:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=line[:20])
    if rest:
        kept["reason"] = sentence(rest)
    return await with_span(turn, kept, span)


def _said(line: str, today: date) -> tuple[Span | None, str]:
    """The days that a line begins with, and what is behind them. Raises `Refusal(DATE_UNREADABLE)` for what is unclear."""
    said = when(line, today)
    if said.unclear:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=said.unclear)
    if said.first is None and said.last is None and said.halves is None and said.half is None and not said.whole:
        return None, line.strip()
    return said.span(today), said.rest


async def _ask_reason(turn: Turn) -> Reply:
    return turn.edit(_("事由和去向，一句话："), [[cancel()]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """Reason and where to, in one sentence."""
    return await _next(turn, {**turn.dialogue.data, "reason": sentence(message.text)})


@router.message(Line(mark("请假"), command="leave", even_in={KIND, SPAN, REASON, HANDOVER, REVIEW}))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """请假 11-24下午到11-25 孩子看病 回石家庄: all at once; the kind is 事假 where none is named."""
    _village(turn)
    kept: dict[str, Any] = {}
    for one in LeaveKind:
        if rest.startswith(name := words.kind(one)):
            kept["kind"], rest = one.value, rest[len(name) :].strip()
            break
    span, reason = _said(rest, await turn.today())
    kept.setdefault("kind", LeaveKind.PERSONAL.value)
    if reason:
        kept["reason"] = sentence(reason)
    return await (_next(turn, kept) if span is None else with_span(turn, kept, span))


async def _plan(turn: Turn, kept: dict[str, Any]) -> Plan:
    span = _unpacked(kept["span"])
    if span is None:
        raise Refusal(Code.NOT_FOUND)
    return await leave.plan(
        turn.session,
        by=turn.viewer,
        person_id=turn.person.id,
        kind=LeaveKind(kept["kind"]),
        span=span,
        now=turn.now,
    )


async def _show(turn: Turn) -> Reply:
    """请核对: all that will be handed in, what it takes, who decides and why, who stays."""
    kept = turn.dialogue.data
    planned = await _plan(turn, kept)
    today = await turn.today()
    profile = await turn.batch.profile(planned.village, today)
    kind = LeaveKind(kept["kind"])
    length = words.days(planned.asked.halves, kind, profile)
    rule = words.rung(planned.role, kind, planned.asked.levels[-1], profile)
    lines = [
        _("请核对："),
        _("{kind} · {span} · <b>{days}</b>").format(
            kind=words.kind(kind), span=words.span(planned.asked.span, today.year), days=length
        ),
        _said_with_phone(turn, kept["reason"]),
        words.staying(planned.staying),
        _("审批人：{who}（{rule}）").format(
            who=await words.deciding(turn.session, planned.village, planned.approvers), rule=rule
        ),
    ]
    if planned.asked.chain > planned.asked.halves:
        chain = words.days(planned.asked.chain, kind, profile)
        lines.append(_("和前后只隔休息日的请假合起来 {days}，按合计看由谁批。").format(days=chain))
    if kept.get("stand_in"):
        names = [person.name for person in planned.staying if person.id == kept["stand_in"]]
        lines.append(_("交接给{name}").format(name=phrases.names(names)))
    if planned.asked.is_afterwards:
        lines.append(_("这是事后补办。"))
    lines += [_("⚠️ 这几天全员在岗：{reason}。").format(reason=phrases.typed(reason)) for reason in planned.closed]
    rows: list[list[Button]] = [[(_("提交"), LeaveDo(do="send")), (_("修改"), LeaveDo(do="change")), cancel()]]
    return turn.edit("\n".join(lines), rows)


def _said_with_phone(turn: Turn, reason: str) -> str:
    phone = mask_phone(turn.person.phone)
    said = phrases.typed(reason)
    return _("{reason} · 电话 {phone}").format(reason=said, phone=phone) if phone else said


@router.callback_query(LeaveDo.filter(F.do == "change"))
async def on_change(_query: CallbackQuery, turn: Turn) -> Reply:
    """修改: from the kind on; what stays is not asked again."""
    if turn.dialogue.state != REVIEW:
        return over(turn)
    kept = turn.dialogue.data
    turn.dialogue.to(KIND, reason=kept["reason"])
    return await _ask_kind(turn)


@router.callback_query(LeaveDo.filter(F.do == "send"))
async def on_send(_query: CallbackQuery, turn: Turn) -> Reply:
    """提交: the answer is a card, since it will change."""
    kept = turn.dialogue.data
    if turn.dialogue.state != REVIEW:
        return over(turn)
    span = _unpacked(kept["span"])
    if span is None:
        raise Refusal(Code.NOT_FOUND)
    await leave.request(
        turn.session,
        by=turn.viewer,
        person_id=turn.person.id,
        kind=LeaveKind(kept["kind"]),
        span=span,
        details=Details(kept["reason"], phone=turn.person.phone, stand_in_id=kept.get("stand_in")),
        now=turn.now,
        extends_id=kept.get("extends"),
    )
    turn.dialogue.end()
    return turn.edit(_("{kind} · {span}").format(kind=words.kind(LeaveKind(kept["kind"])), span=words.span(span)))


awaits(KIND, mark("请假"), _ask_kind)
awaits(SPAN, mark("请假"), _ask_span)
awaits(REASON, mark("请假"), _ask_reason, plain=mark("就是请假事由"))
awaits(HANDOVER, mark("请假"), _ask_handover)
awaits(REVIEW, mark("请假"), _show)
