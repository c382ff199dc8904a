"""代请假 once handed in: the card of who asked, and the person's own word on it, at once or when he is back."""

from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery

from actions import leave_for
from handlers import leave_words as words
from handlers import phrases
from handlers.cards import Card, card
from handlers.leave_cards import outcome
from handlers.leave_words import LeaveForAct
from handlers.turn import Button, Reply, Turn
from locales import _
from policy.authority import Action, Role, Viewer
from policy.refusals import Code, Refusal
from storage import leave as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, LeaveRequest, LeaveState, Person

router = Router(name="leave_for_cards")


@router.callback_query(LeaveForAct.filter(F.do == "back"))
async def on_take_back(_query: CallbackQuery, callback_data: LeaveForAct, turn: Turn) -> Reply:
    """撤回 by who asked."""
    try:
        await leave_for.take_back(turn.session, by=turn.viewer, leave_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_("已经批过或取消了，不能撤回。有变化请本人说，或找审批人。"), alert=True)
        raise
    return turn.toast(_("已撤回。"))


@router.callback_query(LeaveForAct.filter(F.do.in_({"so", "not_so"})))
async def on_own_word(_query: CallbackQuery, callback_data: LeaveForAct, turn: Turn) -> Reply:
    """没错 / 不对 by the person himself."""
    is_so = callback_data.do == "so"
    say = leave_for.confirm if is_so else leave_for.object_to
    try:
        await say(turn.session, by=turn.viewer, leave_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_("这次请假您已经说过了，或已经取消，没有改动。"), alert=True)
        raise
    return turn.toast(_("已记下。") if is_so else _("已取消这次请假，已告诉代请的人。"))


async def _title(session: AsyncSession, village: Area, found: LeaveRequest) -> str:
    return words.title(found, await of(session).profile(village, found.asked_at.date()))


async def _state(session: AsyncSession, village: Area, found: LeaveRequest) -> str:
    """等柳河镇党委审批; decided, by whom."""
    if found.is_confirmed is False:
        return _("<b>本人说不对</b>，已取消。")
    if found.state is not LeaveState.WAITING:
        return await outcome(session, village, found)
    on = (await of(session).local(village, session.info["now"])).date()
    deciding = await queries.approvers(session, village, Role(found.levels[found.level]), found.person_id, on)
    return _("等{office}审批。").format(office=await words.office(session, village, deciding.role))


@card("leave_for_asked")
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """For who asked: handed in, and what has become of it."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_REQUEST_FOR, payload["id"])
    person = await session.get_one(Person, found.person_id)
    head = _("<b>已代提交</b>：{name}（{village}）").format(
        name=phrases.typed(person.name), village=phrases.typed(village.name)
    )
    lines = [head, await _title(session, village, found), await _state(session, village, found)]
    if found.state is not LeaveState.WAITING:
        return Card("\n".join(lines))
    back: Button = (_("撤回"), LeaveForAct(id=found.id, do="back"))
    return Card("\n".join([*lines, _("已告诉本人，有结果马上告诉您。")]), [[back]])


@card("leave_for_decided")
async def decided_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """For who asked: what became of it."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_REQUEST_FOR, payload["id"])
    if found.state not in {LeaveState.APPROVED, LeaveState.REJECTED}:
        return None
    person = await session.get_one(Person, found.person_id)
    head = (
        _("✅ {name}的请假<b>已批准</b>。")
        if found.state is LeaveState.APPROVED
        else _("{name}的请假<b>没有批准</b>。")
    )
    lines = [await _title(session, village, found), await outcome(session, village, found)]
    return Card("\n".join([head.format(name=phrases.typed(person.name)), *lines]))


@card("leave_for")
async def own_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """For the person: another has asked for him; it is his leave, so he has the last word."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    asker = await session.get_one(Person, found.asked_by_id)
    return await _own(session, village, found, _("{name}替您<b>请假</b>：").format(name=phrases.typed(asker.name)))


@card("leave_for_back")
async def back_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """For the person, back from it: is it so?"""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    if found.state is not LeaveState.RETURNED and found.is_confirmed is None:
        return None
    asker = await session.get_one(Person, found.asked_by_id)
    head = _("{name}替您请的假，记成了这样，<b>对吗</b>？").format(name=phrases.typed(asker.name))
    return await _own(session, village, found, head)


async def _own(session: AsyncSession, village: Area, found: LeaveRequest, head: str) -> Card:
    lines = [head, await _title(session, village, found)]
    if found.is_open_ended and found.state in {LeaveState.WAITING, LeaveState.APPROVED}:
        lines.append(words.open_end(queries.span_of(found)))
    if found.is_confirmed is not None:
        said = (
            _("您已确认。")
            if found.is_confirmed
            else _("您说不对，<b>已取消</b>。已过的日子没有别的记录的，记待核实。")
        )
        return Card("\n".join([*lines, said]))
    lines.append(await _state(session, village, found))
    if found.state not in queries.STANDING:
        return Card("\n".join(lines))
    presses: list[Button] = [
        (_("没错"), LeaveForAct(id=found.id, do="so")),
        (_("不对"), LeaveForAct(id=found.id, do="not_so")),
    ]
    return Card("\n".join(lines), [presses])


@card("leave_for_denied")
async def denied_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """For who asked and who decides for the village: the person says that it isn't so."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_REQUEST_FOR, payload["id"])
    person = await session.get_one(Person, found.person_id)
    return Card(
        _("{name}（{village}）说代请的假<b>不对</b>，已取消：{span}。已过的日子没有别的记录的，记待核实。").format(
            name=phrases.typed(person.name),
            village=phrases.typed(village.name),
            span=words.span(queries.span_of(found)),
        )
    )


@card("leave_for_over")
async def over_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """For who asked with an open end: it is over, is he back? None once that is known."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_REQUEST_FOR, payload["id"])
    person = await session.get_one(Person, found.person_id)
    name, place = phrases.typed(person.name), phrases.typed(village.name)
    if found.state is LeaveState.RETURNED:
        return Card(_("✅ {name}（{village}）<b>已销假</b>。").format(name=name, village=place))
    if found.state is not LeaveState.APPROVED:
        return None
    text = _("您替{name}（{village}）请的假到{day}，止期未定。还回不来就点「续假」。")
    again: Button = (_("续假"), LeaveForAct(id=found.id, do="again"))
    return Card(text.format(name=name, village=place, day=phrases.day(found.to_on)), [[again]])
