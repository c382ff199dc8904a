"""请假 once handed in: the card of who asked, of who decides, and the presses on them."""

from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from actions import leave
from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.leave_words import LeaveAct
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import STAFF, Action, Role, Viewer
from policy.refusals import Code, Refusal
from storage import leave as queries
from storage import leave_attachments as attachments
from storage.batch import of
from storage.engine import AsyncSession
from storage.leave import span_of
from storage.tables import Area, LeaveDecision, LeaveRequest, LeaveState, Person

router = Router(name="leave_cards")

WHY_NOT = "leave.why_not"
"""The reason of a 不同意 is awaited; kept with it: the leave's id."""
SPOKEN = "leave.spoken"
"""Who has approved by word of mouth is awaited; kept with it: the leave's id."""
WHY_STILL = "leave.why_still"
"""The reason for an approval below the minimum is awaited; kept with it: the leave's id."""

REASONS = {"busy": mark("近期工作忙，请改个时间"), "cover": mark("村里人手不够"), "paper": mark("请先补上材料")}


@router.callback_query(LeaveAct.filter(F.do == "withdraw"))
async def on_withdraw(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """撤回 before a decision, or before it begins."""
    await leave.withdraw(turn.session, by=turn.viewer, leave_id=callback_data.id, now=turn.now)
    return turn.toast(_("已撤回。"))


@router.callback_query(LeaveAct.filter(F.do == "yes"))
async def on_yes(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """同意; below the minimum in the village it asks why first."""
    try:
        await leave.decide(turn.session, by=turn.viewer, leave_id=callback_data.id, is_approved=True, now=turn.now)
    except Refusal as refusal:
        if refusal.code is not Code.LEAVE_COVER_LOW:
            raise
        turn.dialogue.leave()
        turn.dialogue.to(WHY_STILL, leave_id=callback_data.id)
        return turn.say(
            _("批准后村里只剩 {left} 人，少于 {minimum} 人（本县规定）。要批，请用一句话写明理由：").format(
                **refusal.fields
            ),
            [[cancel()]],
        )
    return turn.toast(_("已同意。"))


@router.message(Awaiting(WHY_STILL), TEXT)
async def on_why_still(message: Message, turn: Turn) -> Reply:
    """The reason why few may stay: with it, it is approved."""
    leave_id = turn.dialogue.data["leave_id"]
    await leave.decide(
        turn.session,
        by=turn.viewer,
        leave_id=leave_id,
        is_approved=True,
        now=turn.now,
        reason=message.text or "",
        is_confirmed=True,
    )
    turn.dialogue.end()
    return turn.say(_("已同意，理由也记下了。"))


@router.callback_query(LeaveAct.filter(F.do == "spoken"))
async def on_spoken(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """经请示同意: an officer records the word of his secretary as such."""
    await queries.get(turn.session, turn.viewer, Action.LEAVE_DECIDE, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(SPOKEN, leave_id=callback_data.id)
    return await _ask_spoken(turn)


async def _ask_spoken(turn: Turn) -> Reply:
    return turn.say(_("经谁口头同意？写姓名和职务，例如：张书记。"), [[cancel()]])


@router.message(Awaiting(SPOKEN), TEXT)
async def on_spoken_name(message: Message, turn: Turn) -> Reply:
    """Whose word it was; it stands on the form with the officer who recorded it."""
    reason = _("经请示{who}同意").format(who=(message.text or "").strip()[:40])
    await leave.decide(
        turn.session,
        by=turn.viewer,
        leave_id=turn.dialogue.data["leave_id"],
        is_approved=True,
        now=turn.now,
        reason=reason,
        is_confirmed=True,
    )
    turn.dialogue.end()
    return turn.say(_("已同意：{reason}。").format(reason=phrases.typed(reason)))


@router.callback_query(LeaveAct.filter(F.do == "no"))
async def on_no(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """不同意: why? One tap, or a sentence."""
    await queries.get(turn.session, turn.viewer, Action.LEAVE_DECIDE, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(WHY_NOT, leave_id=callback_data.id)
    return await _ask_why(turn)


async def _ask_why(turn: Turn) -> Reply:
    leave_id = turn.dialogue.data["leave_id"]
    rows: list[list[Button]] = [[(_(said), LeaveAct(id=leave_id, do="why", v=key))] for key, said in REASONS.items()]
    return turn.say(_("为什么不同意？点一下或说一句，会告诉本人："), [*rows, [cancel()]])


@router.callback_query(LeaveAct.filter(F.do == "why"))
async def on_why(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """A usual reason."""
    said = REASONS.get(callback_data.v)
    if turn.dialogue.state != WHY_NOT or turn.dialogue.data["leave_id"] != callback_data.id or said is None:
        return turn.edit(_("这一条已经过了。请在请假卡片上重新点。"))
    return await _reject(turn, _(said))


@router.message(Awaiting(WHY_NOT), TEXT)
async def on_why_words(message: Message, turn: Turn) -> Reply:
    """The reason in one's own words."""
    return await _reject(turn, message.text or "")


async def _reject(turn: Turn, reason: str) -> Reply:
    leave_id = turn.dialogue.data["leave_id"]
    await leave.decide(turn.session, by=turn.viewer, leave_id=leave_id, is_approved=False, reason=reason, now=turn.now)
    turn.dialogue.end()
    return turn.edit(_("已记下：不同意。已告诉本人。"))


@router.callback_query(LeaveAct.filter(F.do == "up"))
async def on_up(_query: CallbackQuery, callback_data: LeaveAct, turn: Turn) -> Reply:
    """报上级."""
    await leave.decide(turn.session, by=turn.viewer, leave_id=callback_data.id, is_approved=None, now=turn.now)
    return turn.toast(_("已报上级。"))


awaits(WHY_NOT, mark("不同意的理由"), _ask_why, plain=mark("就是这个理由"))
awaits(SPOKEN, mark("经谁同意"), _ask_spoken, plain=mark("就是这个人"))
awaits(WHY_STILL, mark("同意的理由"), plain=mark("就是这个理由"))


# -- cards ----------------------------------------------------------------------------------------------------------


@card("leave_asked")
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """One's own: handed in, and what has become of it."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    profile = await of(session).profile(village, found.asked_at.date())
    title = words.title(found, profile)
    if found.state is not LeaveState.WAITING:
        return Card("\n".join([await outcome(session, village, found), title]), await _own_presses(session, found))
    on = (await of(session).local(village, session.info["now"])).date()
    deciding = await queries.approvers(session, village, Role(found.levels[found.level]), found.person_id, on)
    office = await words.office(session, village, deciding.role)
    text = _("<b>已提交</b>，等{office}审批，有结果马上告诉您。").format(office=office)
    return Card(f"{text}\n{title}", await _own_presses(session, found))


async def _own_presses(session: AsyncSession, found: LeaveRequest) -> list[list[Button]]:
    flat = [*words.presses(found), *words.see_press(found, await attachments.count(session, found.id))]
    return [flat[at : at + 2] for at in range(0, len(flat), 2)]


@card("leave", label=mark("请假"))
async def decision_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """What an approver decides on, with all that is needed; decided, it says by whom."""
    found, village, _role = await queries.get(session, viewer, Action.LEAVE_DECIDE, payload["id"])
    person = await session.get_one(Person, found.person_id)
    profile = await of(session).profile(village, found.asked_at.date())
    lines = [
        _("📝 请假 · {name} · {village}").format(name=phrases.typed(person.name), village=phrases.typed(village.name)),
        words.title(found, profile),
        phrases.typed(found.reason),
        *await words.asked_for(session, found),
    ]
    if found.is_afterwards:
        lines.append(_("事后补办。"))
    attached = await attachments.count(session, found.id)
    if attached:
        lines.append(_("📎 附件 {n} 个").format(n=attached))
    see = words.see_press(found, attached)
    if found.state is not LeaveState.WAITING:
        return Card("\n".join([*lines, await outcome(session, village, found)]), [[*see, *words.form_press(found)]])
    staying = await queries.staying(session, village, found.person_id, span_of(found))
    had = await queries.taken_in(session, found.person_id, found.from_on.year)
    lines.append(
        _("今年已请 {days} 天 · 批准后村里还有 {left} 人（最少 {minimum} 人）").format(
            days=f"{had / 2:g}", left=len(staying), minimum=profile.minimum_in_village
        )
    )
    lines += [await _said(session, village, one) for one in await queries.decisions(session, found.id)]
    closed = await queries.closures(session, village, span_of(found))
    lines += [
        _("⚠️ 这几天全员在岗：{reason}。").format(reason=phrases.typed(one.reason))
        for one in closed
        if str(found.person_id) not in one.exceptions
    ]
    return Card("\n".join(lines), [*await _presses(session, viewer, village, found), see])


async def _presses(session: AsyncSession, viewer: Viewer, village: Area, found: LeaveRequest) -> list[list[Button]]:
    """[同意] [不同意] [报县审批] for whoever may decide at this level or above it; officers also [经请示同意]."""
    on = (await of(session).local(village, session.info["now"])).date()
    level = Role(found.levels[found.level])
    deciding = await queries.approvers(session, village, level, found.person_id, on)
    is_asked = viewer.person_id in deciding.may
    if not is_asked and not await queries.may_decide(
        session, village, level, found.person_id, viewer.person_id or 0, on
    ):
        return []
    first: list[Button] = [
        (_("同意"), LeaveAct(id=found.id, do="yes")),
        (_("不同意"), LeaveAct(id=found.id, do="no")),
    ]
    up = {Role.FIRST_SECRETARY: _("报乡镇审批"), Role.TOWNSHIP_OFFICER: _("报县审批")}
    second: list[Button] = []
    if is_asked and deciding.role in up:
        second.append((up[deciding.role], LeaveAct(id=found.id, do="up")))
    if viewer.roles() & STAFF:
        second.append((_("经请示同意"), LeaveAct(id=found.id, do="spoken")))
    return [first, second]


async def outcome(session: AsyncSession, village: Area, found: LeaveRequest) -> str:
    """已批准 · 刘敏 · 11月23日 10:12."""
    if found.state is LeaveState.WITHDRAWN:
        return _("<b>已撤回</b>")
    if found.state is LeaveState.CANCELLED:
        return _("<b>已取消</b>，这几天照常驻村。")
    if found.state is LeaveState.RETURNED:
        return _("<b>已销假</b>")
    said = await queries.decisions(session, found.id)
    return await _said(session, village, said[-1])


async def _said(session: AsyncSession, village: Area, decision: LeaveDecision) -> str:
    """What a level said, who, when."""
    person = await session.get_one(Person, decision.by_id)
    local = await of(session).local(village, decision.at)
    verdicts = {True: _("<b>已批准</b>"), False: _("<b>不同意</b>"), None: _("已报上级")}
    line = _("{verdict} · {name} · {day} {time}").format(
        verdict=verdicts[decision.is_approved],
        name=phrases.typed(person.name),
        day=phrases.day(local.date()),
        time=f"{local:%H:%M}",
    )
    return f"{line}\n{_('理由：{reason}').format(reason=phrases.typed(decision.reason))}" if decision.reason else line


@card("leave_decided")
async def decided_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """What became of it, for who asked: ✅ 请假已批准."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    said = await queries.decisions(session, found.id)
    if not said or found.state not in {LeaveState.APPROVED, LeaveState.REJECTED}:
        return None
    last = said[-1]
    person = await session.get_one(Person, last.by_id)
    by = _("{office} {name}").format(
        office=await words.office(session, village, last.role), name=phrases.typed(person.name)
    )
    shown = words.span(span_of(found))
    if found.state is LeaveState.REJECTED:
        return Card(
            _("请假<b>没有批准</b>（{by}）：{span}\n理由：{reason}").format(
                by=by, span=shown, reason=phrases.typed(last.reason or "")
            ),
            [words.form_press(found)],
        )
    back = await queries.due_back(session, found, village)
    text = _("✅ 请假<b>已批准</b>（{by}）：{span}。{day}返回后点「销假」。")
    if found.is_open_ended:
        text = _("✅ 请假<b>已批准</b>（{by}）：{span}，止期未定。回来签到就销假；还回不来，{day}再问您。")
    return Card(text.format(by=by, span=shown, day=phrases.day(back.on)), [words.form_press(found)])


@card("leave_copy", label=mark("请假抄送"))
async def copy_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """For the county and the unit: what the township has approved."""
    found, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    person = await session.get_one(Person, found.person_id)
    profile = await of(session).profile(village, found.asked_at.date())
    head = _("📎 请假抄送：{name}（{village}）").format(
        name=phrases.typed(person.name), village=phrases.typed(village.name)
    )
    text = "\n".join([head, words.title(found, profile), await outcome(session, village, found)])
    return Card(text, [words.form_press(found)])


@card("leave_reminder", label=mark("请假"))
async def reminder_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The same card once more for who has not decided; None once it is decided."""
    made = await decision_card(session, viewer, payload)
    if made is None or not made.buttons:
        return None
    return Card(_("🔔 这次请假还等您审批。") + "\n" + made.text, made.buttons)
