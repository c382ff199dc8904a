"""不在岗: what was found of somebody; he answers in one line, the county sees both. Nothing is decided here. Clause 三（四）."""

from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import settling
from handlers import paging, phrases, refusals
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.months import Findings, first_of, to
from handlers.settling import told
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import settling as rules
from policy.authority import Action, Viewer
from policy.calendar import Half, Span
from policy.refusals import Code, Refusal
from policy.settling import FindingState, Outcome
from storage import settling as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, Person

router = Router(name="findings")

ANSWER = "finding.answer"
PAGE = 6


class Answer(CallbackData, prefix="found"):
    """回一句."""

    id: int


@router.callback_query(Findings.filter())
async def on_list(_query: CallbackQuery, callback_data: Findings, turn: Turn) -> Reply:
    """What was found, with what its people say to it."""
    area = await turn.session.get(Area, callback_data.area)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    month, today = first_of(callback_data.month), await turn.today()
    found = await queries.findings(turn.session, turn.viewer, area, month)
    back: list[Button] = [(_("返回"), to(area.id, month))]
    if not found:
        return turn.edit(_("{month}没有等认定的「不在岗」。").format(month=phrases.month(month, today)), [back])
    pages = -(-len(found) // PAGE)
    page = min(max(callback_data.page, 0), pages - 1)
    head = _("{month}「不在岗」等认定 <b>{n} 件</b>{rule}。认定前仍记待核实：")
    lines = [head.format(month=phrases.month(month, today), n=len(found), rule=refusals.rule("三（四）"))]
    for one in found[page * PAGE : (page + 1) * PAGE]:
        lines.append(
            _("{village} · {name} · {when}：{seen}").format(
                village=phrases.typed(one.village),
                name=phrases.typed(one.name),
                when=told(queries.read(one.row.halves)),
                seen=phrases.typed(one.row.seen[:120]),
            )
        )
        said = one.row.answer
        lines.append(_("　本人：{said}").format(said=phrases.typed(said[:120])) if said else _("　本人还没有说明"))
    turning = paging.turning(page, pages, lambda at: Findings(area=area.id, month=callback_data.month, page=at))
    return turn.edit("\n".join(lines), [turning, back])


@card("finding", label=mark("电话核实"))
async def finding_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """To whom it is about: what was noted, that nothing is decided, and that he may answer."""
    row, _area, _role = await queries.finding(session, viewer, Action.FINDING_ANSWER, payload["id"])
    when = told(queries.read(row.halves))
    if row.state is FindingState.WITHDRAWN:
        return Card(_("{when}的「不在岗」已经撤销，和没有记过一样。").format(when=when))
    by = await session.get_one(Person, row.by_id)
    lines = [
        _("电话核实：{when} 记了<b>不在岗</b>（{name}）。").format(when=when, name=phrases.typed(by.name)),
        phrases.typed(row.seen),
        _("这还不是结论：要由别人认定{rule}，现在仍记待核实。您可以回一句话说明，会和记录放在一起。").format(
            rule=refusals.rule(row.clause)
        ),
    ]
    if row.answer is not None:
        lines.append(_("您说：{said}").format(said=phrases.typed(row.answer)))
    return Card("\n".join(lines), [[(_("改一句") if row.answer else _("回一句"), Answer(id=row.id))]])


@router.callback_query(Answer.filter())
async def on_answer(_query: CallbackQuery, callback_data: Answer, turn: Turn) -> Reply:
    """回一句: the sentence is awaited."""
    row, _area, _role = await queries.finding(turn.session, turn.viewer, Action.FINDING_ANSWER, callback_data.id)
    if row.state is not FindingState.OPEN:
        return turn.toast(_("这件事已经有人处理过了，没有改动。"), alert=True)
    turn.dialogue.leave()
    turn.dialogue.to(ANSWER, id=row.id)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    return turn.say(_("那几天在哪里、做什么？一句话："), [[cancel()]])


@router.message(Awaiting(ANSWER), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """What he says, kept with the finding."""
    await settling.answer(
        turn.session, by=turn.viewer, finding_id=turn.dialogue.data["id"], words=message.text or "", now=turn.now
    )
    turn.dialogue.end()
    return turn.say(_("已记下，和那条记录放在一起，核实的人会看到。"))


@card("finding_answered", label=mark("电话核实"))
async def answered_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To who noted it: what the person says."""
    row, area, _role = await queries.finding(session, viewer, Action.FINDING_VIEW, payload["id"])
    if row.answer is None or row.person_id is None:
        return None
    person = await session.get_one(Person, row.person_id)
    words = _("{name}（{village}）对 {when} 的「不在岗」说：\n{said}")
    return Card(
        words.format(
            name=phrases.typed(person.name),
            village=phrases.typed(area.name),
            when=told(queries.read(row.halves)),
            said=phrases.typed(row.answer),
        )
    )


@card("settled", label=mark("电话核实"))
async def settled_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """To whom it is about: what his half-days are by now, and by whose word."""
    row, village, _role = await queries.settlement(session, viewer, Action.DAY_VIEW, payload["id"])
    when = told(queries.read(row.halves))
    if row.undone_at is not None:
        return Card(_("{when}的核实已经撤销，和核实以前一样。").format(when=when))
    by = await session.get_one(Person, row.by_id)
    what = _("在岗") if row.outcome is Outcome.ON_DUTY else _("公出")
    local = await of(session).local(village, row.at)
    words = _("✅ {when}电话核实为<b>{what}</b>（{name} {day} {time}）。不对请告诉乡镇。")
    day, time = phrases.day(local.date()), local.strftime("%H:%M")
    return Card(words.format(when=when, what=what, name=phrases.typed(by.name), day=day, time=time))


@card("leave_wanted", label=mark("补办请假"))
async def leave_wanted_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """To whom it is about: hand the leave in afterwards, and how."""
    row, village, _role = await queries.settlement(session, viewer, Action.DAY_VIEW, payload["id"])
    halves = queries.read(row.halves)
    if row.undone_at is not None:
        return Card(_("{when}的核实已经撤销，和核实以前一样。").format(when=told(halves)))
    profile = await of(session).profile(village, halves[-1][0])
    lines = "\n".join(_leave_line(span) for span in rules.spans(halves))
    words = _(
        "{when}要<b>补办请假</b>：急事请假 {hours} 小时以内可以补（本县规定）。\n请发：{line}\n批准以前记待核实，不算缺岗。"
    )
    return Card(words.format(when=told(halves), hours=profile.leave_emergency_hours, line=lines))


def _leave_line(span: Span) -> str:
    """请假 11-24上午到11-25 原因: what hands in exactly these half-days."""
    last = f"{span.to_on.month}-{span.to_on.day}"
    return _("请假 {first}{half}到{last} 原因").format(
        first=f"{span.from_on.month}-{span.from_on.day}",
        half=phrases.half(span.from_half),
        last=last if span.to_half is Half.PM else f"{last}{phrases.half(span.to_half)}",
    )


awaits(ANSWER, mark("对「不在岗」的说明"), _ask, plain=mark("就是说明的话"))
