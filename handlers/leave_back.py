"""销假: asked for when a leave is over, said in words, confirmed by the township; and what those above hear of it."""

from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import leave_returns
from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.checkin import by_words
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.leave import own_or_new
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Role, Viewer
from policy.checkin import half_of
from storage import leave as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.leave import span_of
from storage.tables import Area, LeaveRequest, LeaveState, Person

router = Router(name="leave_back")

LATE = "leave.late"
"""Why somebody is not back yet is awaited; kept with it: the leave's id."""


class BackDo(CallbackData, prefix="lvback"):
    """The township's word on a return in words: `so` or `not_so`."""

    id: int
    do: str


@router.message(Word(mark("销假"), command="return"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """销假: how."""
    own = await _begun(turn)
    if not own:
        return await _nothing_to_end(turn)
    shown = words.span(span_of(own[0]))
    return turn.say(
        _("销假：{span}。回村后点下方「📍签到」就<b>销假</b>；不能定位就发「销假 在哪里」。").format(span=shown)
    )


@router.message(Line(mark("销假"), command="return"))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """销假 在村委会: by words, as a check-in by words."""
    if not await _begun(turn):
        return await _nothing_to_end(turn)
    return await by_words(turn, rest)


async def _begun(turn: Turn) -> list[LeaveRequest]:
    """One's own leaves that have begun, by the half-day."""
    found = []
    for one in await turn.batch.leaves(turn.person.id):
        village = await turn.session.get_one(Area, one.village_id)
        local = await turn.batch.local(village, turn.now)
        now = (local.date(), half_of(local, await turn.batch.profile(village, local.date())))
        if (one.from_on, one.from_half) <= now:
            found.append(one)
    return found


async def _nothing_to_end(turn: Turn) -> Reply:
    """What has not begun is withdrawn, not ended."""
    if await turn.batch.leaves(turn.person.id):
        turn.notes.append(_("请假还没有开始，不用销假；不请了就点「撤回」。"))
        return await own_or_new(turn)
    return turn.say(_("您现在没有要销的假。要请假发「请假」。"))


@router.callback_query(BackDo.filter(F.do.in_({"so", "not_so"})))
async def on_confirm(_query: CallbackQuery, callback_data: BackDo, turn: Turn) -> Reply:
    """情况属实 / 不属实."""
    is_so = callback_data.do == "so"
    await leave_returns.confirm(turn.session, by=turn.viewer, leave_id=callback_data.id, is_so=is_so, now=turn.now)
    return turn.toast(_("已记下。") if is_so else _("已记下，已告诉本人。"))


@router.callback_query(words.LeaveAct.filter(F.do == "late"))
async def on_late(_query: CallbackQuery, callback_data: words.LeaveAct, turn: Turn) -> Reply:
    """说明情况: why not back yet?"""
    await queries.get(turn.session, turn.viewer, Action.LEAVE_EXPLAIN, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(LATE, leave_id=callback_data.id)
    return await _ask_late(turn)


async def _ask_late(turn: Turn) -> Reply:
    return turn.say(_("为什么还没回来、什么时候能回？一句话："), [[cancel()]])


@router.message(Awaiting(LATE), TEXT)
async def on_late_words(message: Message, turn: Turn) -> Reply:
    """The line goes to the township; the leave stays as it is."""
    found = await leave_returns.explain(
        turn.session, by=turn.viewer, leave_id=turn.dialogue.data["leave_id"], reason=message.text or "", now=turn.now
    )
    turn.dialogue.end()
    village = await turn.session.get_one(Area, found.village_id)
    return turn.say(
        _("已告诉{office}：{reason}\n回村点「📍签到」就<b>销假</b>；还要几天，就点「续假」。").format(
            office=await words.office(turn.session, village, Role.TOWNSHIP_OFFICER),
            reason=phrases.typed(found.late_reason or ""),
        ),
        [words.late_presses(found)[:1]],
    )


awaits(LATE, mark("还没回来的原因"), _ask_late, plain=mark("就是这个原因"))


@card("leave_back")
async def back_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """假期到昨天为止: for the person himself; None once he is back."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    if found.state is LeaveState.RETURNED:
        return Card(_("✅ <b>已销假</b>。"))
    if found.state is not LeaveState.APPROVED:
        return None
    local = await of(session).local(village, session.info["now"])
    if (local.date() - found.to_on).days == 1:
        return Card(_("假期到昨天为止。回村后点下方「📍签到」就<b>销假</b>。"), [words.late_presses(found)])
    text = _("假期到{day}为止。回村后点下方「📍签到」就<b>销假</b>。").format(day=phrases.day(found.to_on))
    return Card(text, [words.late_presses(found)])


@card("leave_overdue")
async def overdue_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """还没有销假: for the person himself."""
    found, _village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    if found.state is LeaveState.RETURNED:
        return Card(_("✅ <b>已销假</b>。"))
    if found.state is not LeaveState.APPROVED:
        return None
    text = _("还没有销假（假期到{day}）。回村点「📍签到」；还回不来就续假，或说明情况。").format(
        day=phrases.day(found.to_on)
    )
    if found.late_reason is not None:
        text += "\n" + _("您说明过：{reason}").format(reason=phrases.typed(found.late_reason))
    return Card(text, [words.late_presses(found)])


@card("leave_missing", label=mark("未销假"))
async def missing_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """For those above, in turn: somebody has not come back. It is no finding."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    person = await session.get_one(Person, found.person_id)
    name, place = phrases.typed(person.name), phrases.typed(village.name)
    if found.state is LeaveState.RETURNED:
        return Card(_("✅ {name}（{village}）<b>已销假</b>。").format(name=name, village=place))
    if found.state is not LeaveState.APPROVED:
        return None
    text = _("{name}（{village}）假期到{day}，还没有销假。先打个电话问问；这不算缺岗。")
    if found.late_reason is not None:
        text = _("{name}（{village}）假期到{day}，还没有销假，已经说明情况；这不算缺岗。")
    lines = [text.format(name=name, village=place, day=phrases.day(found.to_on))]
    if found.late_reason is not None:
        lines.append(_("本人说：{reason}").format(reason=phrases.typed(found.late_reason)))
    return Card("\n".join(lines))


@card("leave_late", label=mark("说明情况"))
async def late_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """For the first secretary and the township: why somebody is not back; the same as what is overdue."""
    return await missing_card(session, viewer, payload)


@card("leave_returned", label=mark("销假"))
async def returned_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """A return in words, for whoever says whether it is so."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_RETURN_CONFIRM, payload["id"])
    person = await session.get_one(Person, found.person_id)
    back = await queries.return_of(session, found.id)
    name, place = phrases.typed(person.name), phrases.typed(village.name)
    if back is None:
        return Card(_("{name}（{village}）的销假<b>不属实</b>，请假照旧。").format(name=name, village=place))
    local = await of(session).local(village, back.at)
    lines = [
        _("{name}（{village}）说已回村<b>销假</b>：{day} {time}").format(
            name=name, village=place, day=phrases.day(local.date()), time=f"{local:%H:%M}"
        ),
        phrases.typed(back.words or ""),
    ]
    if back.confirmed_by_id is not None:
        who = await session.get_one(Person, back.confirmed_by_id)
        lines.append(_("<b>情况属实</b> · {name}").format(name=phrases.typed(who.name)))
        return Card("\n".join(lines))
    presses: list[Button] = [
        (_("情况属实"), BackDo(id=found.id, do="so")),
        (_("不属实"), BackDo(id=found.id, do="not_so")),
    ]
    return Card("\n".join(lines), [presses])


@card("leave_not_returned")
async def not_returned_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """For the person: the township says that he is not back."""
    found, _village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    return Card(
        _("乡镇核实您还没有回村，销假没有算，请假照旧到{day}。弄错了请找乡镇说明，或回村点「📍签到」。").format(
            day=phrases.day(found.to_on)
        )
    )
