"""请假: three taps and a sentence, or one line; what was understood is shown before it is handed in."""

from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.methods import TelegramMethod
from aiogram.types import CallbackQuery, Message

from actions import leave, trips
from handlers import leave_words as words
from handlers import phrases, refusals
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.leave_choices import ask_span, kinds, village_of
from handlers.leave_review import PHONE, REVIEW, LeaveDo, over, packed, plan, show, unpacked
from handlers.replies import KEY_LEAVE
from handlers.trip_cards import restore_row, told
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Role
from policy.calendar import Half, Span
from policy.profile import LeaveKind
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.spoken_spans import When, when
from storage import leave as queries
from storage.tables import LeaveState, OfficialTrip
from storage.trips import counted
from storage.trips import span_of as trip_span

router = Router(name="leave")

KIND = "leave.kind"
"""The kind is awaited; kept with it: what a line has said already (`span`, `reason`)."""
SPAN = "leave.span"
"""The days are awaited; kept with it: kind, reason."""
REASON = "leave.reason"
"""Reason and where to are awaited; kept with it: kind, span."""
HANDOVER = "leave.handover"
"""Who stands in for a first secretary is awaited; kept with it: kind, span, reason."""
STATES = frozenset({KIND, SPAN, REASON, HANDOVER, REVIEW, PHONE})


LEAVE = mark("请假")
CALLED = (mark("我的请假"), mark("续假"), mark("缩短"), mark("取消请假"), mark("我要请假"), mark("补办请假"))
"""What else people say who want the list of their leaves, with what can be done about each, or a new one."""


@router.message(Word(LEAVE, KEY_LEAVE, command="leave"))
@router.message(Word(*CALLED, command="leaves", always=False))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """请假: what stands, else which kind."""
    return await own_or_new(turn)


async def own_or_new(turn: Turn) -> Reply:
    """The leaves that stand, with what can be done about each; where there are none, a new one."""
    village = village_of(turn)
    if standing := await queries.own(turn.session, turn.viewer, await turn.today()):
        profile = await turn.batch.profile(village, await turn.today())
        lines = [_("您的<b>请假</b>：")]
        rows: list[list[Button]] = []
        for n, one in enumerate(standing[:4], 1):
            is_one = len(standing) == 1
            line = words.title(one, profile) if is_one else f"{n}. {words.title(one, profile)}"
            lines.append(_("{leave}（等审批）").format(leave=line) if one.state is LeaveState.WAITING else line)
            flat = [(label if is_one else f"{n} {label}", press) for label, press in words.presses(one)]
            rows += [flat[at : at + 2] for at in range(0, len(flat), 2)]
        return turn.say("\n".join(lines), [*rows, [(_("再请一次"), LeaveDo(do="new"))]])
    return await _new(turn)


@router.callback_query(LeaveDo.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """One leave more."""
    village_of(turn)
    return await _new(turn)


async def _new(turn: Turn) -> Reply:
    begun = drafts(turn, *STATES)
    turn.dialogue.to(KIND)
    text, rows = await kinds(turn)
    return turn.say(text, [*begun, *rows])


async def _ask_kind(turn: Turn) -> Reply:
    text, rows = await kinds(turn)
    return turn.edit(text, rows)


class RunOn(Filter):
    """请假三天: days right behind the word, while no sentence is awaited."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The line behind the word as `rest`."""
        text = (message.text or "").strip()
        rest = text.removeprefix(LEAVE)
        if turn.dialogue.state is not None or rest == text or not rest:
            return False
        return {"rest": rest} if when(rest, await turn.today()).rest != rest else False


@router.message(Line(LEAVE, command="leave", even_in=STATES))
@router.message(RunOn())
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """请假 11-24下午到11-25 孩子看病 回石家庄: all at once; the kind is 事假 where none is named."""
    village_of(turn)
    kind, rest = words.kind_said(rest)
    return await _line(turn, {"kind": kind.value} if kind else {}, rest)


@router.message(Line(*words.OPENING_KINDS, even_in={REVIEW}, asked=False))
async def on_kind_line(message: Message, turn: Turn) -> Reply:
    """病假 明天到后天 发烧, 请病假 明天: the kind says that it is a leave."""
    village_of(turn)
    kind, rest = words.kind_said((message.text or "").strip().removeprefix("请"))
    return await _line(turn, {"kind": (kind or LeaveKind.PERSONAL).value}, rest)


@router.callback_query(LeaveDo.filter(F.do == "kind"))
async def on_kind(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """The kind is chosen: when?"""
    if turn.dialogue.state not in STATES or callback_data.v not in set(LeaveKind):
        return over(turn)
    return await _next(turn, {**turn.dialogue.data, "kind": callback_data.v})


@router.message(Awaiting(KIND), TEXT)
async def on_kind_words(message: Message, turn: Turn) -> Reply:
    """The kind in words; days and reason behind it are taken too."""
    kept = turn.dialogue.data
    kind, rest = words.kind_said(message.text or "")
    if kind is None:
        text, rows = await kinds(turn, every=True)
        return turn.say(_("没听出是哪一种假。{ask}").format(ask=text), rows)
    return await _line(turn, {**kept, "kind": kind.value}, rest)


@router.callback_query(LeaveDo.filter(F.do.in_({"rekind", "dates", "rereason", "rehand"})))
async def on_again(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """One thing of it anew: what is shown, or what stands in the way."""
    if turn.dialogue.state not in STATES:
        return over(turn)
    kept = {**turn.dialogue.data}
    wanted = kept.pop("wanted", None)
    match callback_data.do:
        case "rekind":
            kept.pop("kind", None)
            return await _next(turn, {**kept, "span": kept.get("span", wanted)})
        case "dates":
            return await _ask_dates(turn, kept)
        case "rereason" if "span" in kept:
            turn.dialogue.to(REASON, **{**kept, "reason": None})
            return await _ask_reason(turn)
        case "rehand" if "span" in kept:
            turn.dialogue.to(HANDOVER, **kept)
            return await _ask_handover(turn)
    return over(turn)


async def _ask_dates(turn: Turn, kept: dict[str, Any]) -> Reply:
    """Other days; those of an extension begin where the leave ends."""
    kept.pop("span", None)
    if "extends" not in kept:
        turn.dialogue.to(SPAN, **kept)
        return await ask_span(turn)
    turn.dialogue.to(SPAN, **kept, **await _begin_of(turn, kept["extends"]))
    return await ask_end(turn)


async def _begin_of(turn: Turn, extended: int) -> dict[str, str]:
    found, village, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_WITHDRAW, extended)
    on, half = await queries.next_half(turn.session, found, village)
    return {"begin": f"{on:%Y%m%d}{half.value}"}


@router.callback_query(words.LeaveAct.filter(F.do.in_({"extend", "shorten"})))
async def on_other_end(_query: CallbackQuery, callback_data: words.LeaveAct, turn: Turn) -> Reply:
    """续假, 缩短: until when?"""
    found, _area, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_WITHDRAW, callback_data.id)
    if found.state is not LeaveState.APPROVED:
        return turn.toast(_("这次请假已经不能改了。"), alert=True)
    turn.dialogue.leave()
    if callback_data.do == "extend":
        after = await _begin_of(turn, found.id)
        turn.dialogue.to(SPAN, kind=found.kind.value, extends=found.id, reason=found.reason, **after)
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
    """Ask for what is still missing; what can't be is said at once; with all of it there, show it."""
    for name, state, ask in (("kind", KIND, _ask_kind), ("span", SPAN, ask_span)):
        if not kept.get(name):
            turn.dialogue.to(state, **kept)
            return await ask(turn)
    try:
        planned = await plan(turn.session, turn.viewer, kept, turn.now)
    except Refusal as refusal:
        if refusal.code not in IN_THE_WAY:
            raise
        return await _stopped(turn, kept, refusal)
    if not kept.get("reason"):
        turn.dialogue.to(REASON, **kept)
        return await _ask_reason(turn)
    if kept.get("stand_in") and kept["stand_in"] not in {person.id for person in planned.staying}:
        del kept["stand_in"]  # on these days he is away as well
    if "stand_in" not in kept and "extends" not in kept and planned.role is Role.FIRST_SECRETARY and planned.staying:
        turn.dialogue.to(HANDOVER, **kept)
        return await _ask_handover(turn)
    turn.dialogue.to(REVIEW, **kept)
    return await show(turn)


IN_THE_WAY = {
    Code.LEAVE_ENDS_BEFORE_START,
    Code.LEAVE_TOO_OLD,
    Code.LEAVE_TOO_FAR,
    Code.LEAVE_TOO_LONG,
    Code.LEAVE_ALL_REST,
    Code.LEAVE_OVERLAPS,
    Code.LEAVE_OVERLAPS_TRIP,
    Code.LEAVE_OVER_LIMIT,
    Code.LEAVE_NOT_EARNED,
}
"""What can be put right here: by other days, another kind, without the trip."""


async def _stopped(turn: Turn, kept: dict[str, Any], refusal: Refusal) -> Reply:
    """The rule that stands in the way, and what can be done; other days may be typed at once."""
    wanted = kept["span"]
    left = {name: value for name, value in kept.items() if name not in {"span", "wanted", "begin"}}
    again = await _begin_of(turn, kept["extends"]) if "extends" in kept else {}
    turn.dialogue.to(SPAN, **left, wanted=wanted, **again)
    row: list[Button] = [(_("改日期"), LeaveDo(do="dates"))]
    if refusal.code is Code.LEAVE_OVERLAPS_TRIP and (trip := await _trip_within(turn, wanted)) is not None:
        row.append((_("取消公出"), LeaveDo(do="trip", v=str(trip.id))))
    elif refusal.code is Code.LEAVE_OVERLAPS:
        row.append((_("看那次请假"), LeaveDo(do="own")))
    elif refusal.code in {Code.LEAVE_OVER_LIMIT, Code.LEAVE_NOT_EARNED}:
        row.append((_("换假别"), LeaveDo(do="rekind")))
    return turn.edit(refusals.words(refusal), [row, [cancel()]])


async def _trip_within(turn: Turn, wanted: str) -> OfficialTrip | None:
    span = unpacked(wanted)
    if span is None:
        return None
    gone = await counted(turn.session, [turn.person.id], span.from_on)
    return next((trip for trip in gone if trip_span(trip).overlaps(span)), None)


@router.callback_query(LeaveDo.filter(F.do == "trip"))
async def on_trip(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """取消公出, one's own part in it; then the leave goes on."""
    kept = {**turn.dialogue.data}
    wanted = kept.pop("wanted", None)
    trip = await _trip_within(turn, wanted or "")
    if turn.dialogue.state != SPAN or trip is None or str(trip.id) != callback_data.v:
        return over(turn)
    await trips.cancel(turn.session, by=turn.viewer, trip_id=trip.id, now=turn.now)
    done = turn.edit(_("已取消<b>公出</b>：{trip}。乡镇那边同时更新。").format(trip=told(trip)), [restore_row(trip)])
    turn.callback = None  # what follows is a message of its own
    follows = await _next(turn, {**kept, "span": wanted})
    return [done, *([follows] if isinstance(follows, TelegramMethod) else follows or [])]


@router.callback_query(LeaveDo.filter(F.do == "own"))
async def on_own(_query: CallbackQuery, turn: Turn) -> Reply:
    """看那次请假: with what can be done about it; what was said so far is kept."""
    turn.dialogue.leave()
    return await own_or_new(turn)


async def _ask_handover(turn: Turn) -> Reply:
    """交接: who has a first secretary's cards meanwhile."""
    planned = await plan(turn.session, turn.viewer, turn.dialogue.data, turn.now)
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
    planned = await plan(turn.session, turn.viewer, turn.dialogue.data, turn.now)
    ids = {str(person.id): person.id for person in planned.staying}
    return await _next(turn, {**turn.dialogue.data, "stand_in": ids.get(callback_data.v)})


@router.callback_query(LeaveDo.filter(F.do == "span"))
async def on_span(_query: CallbackQuery, callback_data: LeaveDo, turn: Turn) -> Reply:
    """A likely span, by one tap."""
    span = unpacked(callback_data.v)
    if span is None or "kind" not in turn.dialogue.data or turn.dialogue.state not in STATES:
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
    return await _next(turn, {**{name: kept[name] for name in kept if name != "wanted"}, "span": packed(span)})


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


async def _line(turn: Turn, kept: dict[str, Any], rest: str) -> Reply:
    """What a line says besides the kind: days, reason and where to. A kind not named before the days may stand behind them."""
    span, reason = _said(rest, await turn.today())
    if "kind" not in kept:
        kind, reason = words.kind_said(reason)
        kept = {**kept, "kind": (kind or LeaveKind.PERSONAL).value}
    if reason:
        kept = {**kept, "reason": sentence(reason)}
    return await (_next(turn, kept) if span is None else with_span(turn, kept, span))


awaits(KIND, mark("请假"), _ask_kind)
awaits(SPAN, mark("请假"), ask_span)
awaits(REASON, mark("请假"), _ask_reason, plain=mark("就是请假事由"))
awaits(HANDOVER, mark("请假"), _ask_handover)
