"""补签: which half-day, why, and somebody else's word on it."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import corrections
from handlers import phrases, refusals
from handlers.awaited import awaits, drafts
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import checkin
from policy.authority import Action, Viewer
from policy.calendar import Half
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.spoken import Lean
from policy.spoken_spans import When, when
from storage import corrections as queries
from storage import people
from storage.batch import of
from storage.corrections import OpenDay, halves_of
from storage.engine import AsyncSession
from storage.tables import Area, CheckInCorrection, Person, Verdict

router = Router(name="corrections")

REASON = "correct.reason"
"""The reason is awaited; kept with it: the day and the halves."""

REASONS = {"battery": mark("手机没电"), "signal": mark("没有信号"), "forgot": mark("忘记了")}
MOST_BUTTONS = 12
LONGEST_AGO = timedelta(days=366)


class OpenCorrection(CallbackData, prefix="correct"):
    """补签 from a card."""


class Pick(CallbackData, prefix="missed"):
    """Which half-days (`am`, `pm` or `ampm`) of which day (`2026-11-22`)."""

    on: str
    halves: str


class Because(CallbackData, prefix="because"):
    """A usual reason by one tap, or `cancel`."""

    why: str


class Decide(CallbackData, prefix="fix"):
    """A press on a correction that waits: `yes`, `no`, or the person's own `withdraw`."""

    id: int
    do: str


@router.message(Word(mark("补签"), command="correct"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """补签 typed."""
    return turn.say(*await _offer(turn))


@router.message(Line(mark("补签"), command="correct", even_in={REASON}))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """补签 昨天上午 忘了: which half-days and why at once; what is missing is asked for."""
    if not turn.viewer.may(Action.CORRECTION_REQUEST):
        return turn.say(*await _offer(turn))
    today = await turn.today()
    said = when(rest, today, lean=Lean.PAST)
    if said.unclear:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=said.unclear)
    if said.first is None:
        return turn.say(*await _offer(turn))
    turn.dialogue.to(REASON, on=said.first.isoformat(), halves=await _halves(turn, said))
    if not said.rest:
        return await _ask(turn)
    return await _request(turn, said.rest)


async def _halves(turn: Turn, said: When) -> list[Half]:
    """The half-days that are named; of a day named as a whole, those that are open."""
    if said.half is not None:
        return [said.half]
    found = await queries.open_days(turn.session, turn.viewer, await _village(turn), turn.now)
    return next((list(day.halves) for day in found if day.on == said.first), list(Half))


async def _village(turn: Turn) -> Area:
    village = turn.posts_area()
    if village is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CORRECTION_REQUEST.value)
    return village


@router.callback_query(OpenCorrection.filter())
async def on_open(_query: CallbackQuery, turn: Turn) -> Reply:
    """补签 pressed: beside the card it hangs on, which stays."""
    turn.dialogue.leave()
    return turn.say(*await _offer(turn))


async def _offer(turn: Turn) -> tuple[str, list[list[Button]]]:
    village = turn.posts_area()
    if village is None or not turn.viewer.may(Action.CORRECTION_REQUEST):
        return _("您不在驻村工作队，不用补签。发「帮助」看看能做什么。"), []
    today = await turn.today()
    profile = await turn.batch.profile(village, today)
    checkin.require_on(profile, today)
    found = await queries.open_days(turn.session, turn.viewer, village, turn.now)
    if not found:
        return await _nothing(turn, village, today), []
    left = {day.on.replace(day=1): await queries.left(turn.session, turn.viewer, village, day.on) for day in found}
    found = [day for day in found if left[day.on.replace(day=1)]]
    if not found:
        allowed = profile.corrections_per_month
        raise Refusal(Code.CORRECTIONS_USED_UP, used=allowed, allowed=allowed)
    text = _("补签哪一段？{hours} 小时以内的可以补，<b>{month}还可补签 {left} 次</b>。").format(
        hours=profile.correction_hours,
        month=phrases.month(found[0].on, today),
        left=left[found[0].on.replace(day=1)],
    )
    begun = drafts(turn, REASON) if _is_open(turn.dialogue.drafts.get(REASON), found) else []
    return text, [*begun, *_choices(found, today)]


async def _nothing(turn: Turn, village: Area, today: date) -> str:
    """Nothing to correct: what waits already, and how many are left."""
    left = await queries.left(turn.session, turn.viewer, village, today)
    lines = [_("最近没有要补签的，都有记录。")]
    rows = await queries.own_waiting(turn.session, turn.viewer, today.replace(day=1))
    if rows:
        lines[0] = _("现在没有可以补签的。")
        lines += waiting_lines(rows, today)
    return "\n".join([*lines[:4], _("本月还可补签 {left} 次。").format(left=left)])


def waiting_lines(rows: Collection[Any], today: date) -> list[str]:
    """昨天上午的补签等审批: what of one's own waits for somebody's word."""
    lines = []
    for row in rows:
        halves = queries.spoken_for([row], row.on)
        when = phrases.joined(phrases.near(row.on, today), phrases.halves(halves))
        words = _("{when}的补签等审批。") if isinstance(row, CheckInCorrection) else _("{when}的说明等乡镇核实。")
        lines.append(words.format(when=when))
    return lines


def _is_open(begun: dict[str, Any] | None, found: Collection[OpenDay]) -> bool:
    """Whether what was begun and left for something else can still be asked."""
    if begun is None:
        return False
    wanted = {Half(half) for half in begun["halves"]}
    return any(day.on.isoformat() == begun["on"] and wanted <= set(day.halves) for day in found)


def _choices(found: list[OpenDay], today: date) -> list[list[Button]]:
    """A button for each half-day and for a whole day; where many days are open, one for all of a day that is."""
    few = sum(len(day.halves) + (len(day.halves) == len(Half)) for day in found) <= MOST_BUTTONS
    flat: list[Button] = []
    for day in found:
        choices: list[Collection[Half]] = [day.halves] if len(day.halves) == len(Half) else []
        if few or not choices:
            choices += [[half] for half in day.halves]
        for halves in choices:
            label = phrases.joined(phrases.near(day.on, today), phrases.halves(halves))
            flat.append((label, Pick(on=day.on.isoformat(), halves="".join(halves))))
    flat = flat[:MOST_BUTTONS]
    return [*(flat[at : at + 2] for at in range(0, len(flat), 2)), [_cancel()]]


@router.callback_query(Pick.filter())
async def on_pick(_query: CallbackQuery, callback_data: Pick, turn: Turn) -> Reply:
    """The half-days are chosen: why?"""
    today = await turn.today()
    halves = [half for half in Half if half.value in callback_data.halves]
    on = _day(callback_data.on, today)
    if not halves or on is None:
        raise Refusal(Code.NOT_FOUND)
    if turn.dialogue.state != REASON:
        turn.dialogue.leave()
    turn.dialogue.to(REASON, on=on.isoformat(), halves=halves)
    return await _ask(turn)


def _day(written: str, today: date) -> date | None:
    """The day on a button; None for what can be no button of ours."""
    try:
        on = date.fromisoformat(written)
    except ValueError:
        return None
    return on if today - LONGEST_AGO <= on <= today else None


async def _ask(turn: Turn) -> Reply:
    """Why? Asked anew of a draft as well, if its half-days are still open."""
    on, halves = _kept(turn)
    await corrections.check(turn.session, by=turn.viewer, on=on, halves=halves, now=turn.now)
    when = phrases.joined(phrases.near(on, await turn.today()), phrases.halves(halves))
    flat: list[Button] = [(_(words), Because(why=why)) for why, words in REASONS.items()]
    return turn.edit(_("{when}为什么没有签到？点一下或说一句：").format(when=when), [flat[:2], [*flat[2:], _cancel()]])


awaits(REASON, mark("补签"), _ask, plain=mark("就是补签原因"))


def _kept(turn: Turn) -> tuple[date, list[Half]]:
    kept = turn.dialogue.data
    return date.fromisoformat(kept["on"]), [Half(half) for half in kept["halves"]]


def _cancel() -> Button:
    return _("取消"), Because(why="cancel")


@router.callback_query(Because.filter())
async def on_because(_query: CallbackQuery, callback_data: Because, turn: Turn) -> Reply:
    """A usual reason, or nothing after all."""
    if callback_data.why == "cancel":
        if turn.dialogue.state == REASON:
            turn.dialogue.end()
        return turn.edit(_("好的，没有补签。"))
    words = REASONS.get(callback_data.why)
    if turn.dialogue.state != REASON or words is None:
        return turn.edit(_("这一条已经过了。要补签就再发一次「补签」。"))
    on, halves = _kept(turn)
    reason = _(words)
    if refused := await _request(turn, reason):
        return refused
    when = phrases.joined(phrases.near(on, await turn.today()), phrases.halves(halves))
    return turn.edit(_("补签：{when}，{reason}").format(when=when, reason=reason))


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason in one's own words; the answer is a card, since it will change."""
    return await _request(turn, message.text or "")


async def _request(turn: Turn, reason: str) -> Reply:
    """Hand it in. What can't be asked any more is no longer awaited; a sentence too long is asked for again."""
    on, halves = _kept(turn)
    try:
        await corrections.request(turn.session, by=turn.viewer, on=on, halves=halves, reason=reason, now=turn.now)
    except Refusal as refusal:
        if refusal.code in {Code.TEXT_EMPTY, Code.TEXT_TOO_LONG}:
            raise
        turn.dialogue.end()
        return turn.edit(refusals.words(refusal))
    turn.dialogue.end()
    return None


@router.callback_query(Decide.filter(F.do == "withdraw"))
async def on_withdraw(_query: CallbackQuery, callback_data: Decide, turn: Turn) -> Reply:
    """撤回 before a decision."""
    try:
        await corrections.withdraw(turn.session, by=turn.viewer, correction_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_stands(refusal), alert=True)
        raise
    return turn.toast(_("已撤回。"))


@router.callback_query(Decide.filter())
async def on_decide(_query: CallbackQuery, callback_data: Decide, turn: Turn) -> Reply:
    """同意 / 不同意: every card of it changes, the person hears."""
    verdict = Verdict.APPROVED if callback_data.do == "yes" else Verdict.REJECTED
    try:
        await corrections.decide(
            turn.session, by=turn.viewer, correction_id=callback_data.id, verdict=verdict, now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_stands(refusal), alert=True)
        raise
    return turn.toast(_("已记下，已告诉本人。"))


def _stands(refusal: Refusal) -> str:
    """How a correction stands that an old button was pressed for."""
    words = {
        Verdict.APPROVED: _("这次补签已经同意了，没有改动。"),
        Verdict.REJECTED: _("这次补签已经定了：不同意。没有改动。"),
        Verdict.WITHDRAWN: _("这次补签本人已经撤回，不用处理。"),
    }
    return words[refusal.fields["verdict"]]


@card("correction_asked")
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """One's own: handed in, and what has become of it."""
    correction, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    when = _when(correction)
    if correction.verdict is Verdict.WITHDRAWN:
        return Card(_("补签<b>已撤回</b>：{when}，不占次数。").format(when=when))
    if correction.verdict is not Verdict.PENDING:
        lines = [_("补签：{when}").format(when=when), await _decided(session, village, correction)]
        return Card("\n".join(lines))
    lines = [
        _("<b>已提交</b>补签：{when}").format(when=when),
        phrases.typed(correction.reason),
        _("等{who}审批，有结果马上告诉您。").format(who=await _deciders(session, viewer, correction, village)),
    ]
    return Card("\n".join(lines), [[(_("撤回"), Decide(id=correction.id, do="withdraw"))]])


async def _deciders(session: AsyncSession, viewer: Viewer, correction: CheckInCorrection, village: Area) -> str:
    """第一书记或柳河镇; only who is there."""
    today = (await of(session).local(village, session.info["now"])).date()
    firsts = await queries.first_secretaries(session, viewer, correction, village, today)
    township = await people.area_at(session, village, Level.TOWNSHIP)
    above = phrases.typed(township.name) if township is not None else _("乡镇")
    if not firsts:
        return above
    return _("{first}或{above}").format(first=phrases.names(person.name for person in firsts), above=above)


@card("correction", label=mark("补签"))
async def correction_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What waits for somebody who may decide, or how it was decided."""
    correction, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    person = await session.get_one(Person, correction.person_id)
    profile = await of(session).profile(village, correction.on)
    lines = [
        _("✋ 补签 · {name} · {village} · {when}").format(
            name=phrases.typed(person.name), village=phrases.typed(village.name), when=_when(correction)
        ),
        phrases.typed(correction.reason),
    ]
    if correction.verdict is Verdict.WITHDRAWN:
        return Card("\n".join([*lines, _("<b>本人已撤回</b>，不用处理。")]))
    if correction.verdict is not Verdict.PENDING:
        return Card("\n".join([*lines, await _decided(session, village, correction)]))
    count = await queries.used(session, correction.person_id, correction.on)
    lines.append(
        _("当月第 {count} 次（每月 {allowed} 次，本县规定）").format(count=count, allowed=profile.corrections_per_month)
    )
    yes, no = Decide(id=correction.id, do="yes"), Decide(id=correction.id, do="no")
    return Card("\n".join(lines), [[(_("同意"), yes), (_("不同意"), no)]])


@card("correction_decided")
async def decided_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What became of one's own correction."""
    correction, _village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    decider = await session.get(Person, correction.decided_by_id) if correction.decided_by_id else None
    who = phrases.typed(decider.name) if decider is not None else ""
    if correction.verdict is Verdict.APPROVED:
        return Card(_("✅ 补签<b>已同意</b>（{who}）：{when}记<b>在岗</b>。").format(who=who, when=_when(correction)))
    return Card(
        _("补签<b>没有通过</b>（{who}）：{when}仍记待核实，不算缺岗。\n有不同看法，可以找乡镇当面说明。").format(
            who=who, when=_when(correction)
        )
    )


def _when(correction: CheckInCorrection) -> str:
    return phrases.joined(phrases.day(correction.on), phrases.halves(halves_of(correction)))


async def _decided(session: AsyncSession, village: Area, correction: CheckInCorrection) -> str:
    decider = await session.get(Person, correction.decided_by_id) if correction.decided_by_id else None
    local = await of(session).local(village, correction.decided_at) if correction.decided_at else None
    return _("{verdict} · {name} · {day} {time}").format(
        verdict=_("<b>已同意</b>") if correction.verdict is Verdict.APPROVED else _("<b>不同意</b>"),
        name=phrases.typed(decider.name) if decider is not None else "",
        day=phrases.day(local.date()) if local is not None else "",
        time=local.strftime("%H:%M") if local is not None else "",
    )
