"""应急 looked at closely: by area, by name, one person to be telephoned, the workbook; and its end."""

from typing import Any

import structlog
from aiogram import F, Router
from aiogram.types import CallbackQuery

from actions import emergency, emergency_replies
from documents import emergency as paper
from documents import press
from documents.emergency import Order
from documents.press import PressError
from handlers import emergency_words as words
from handlers import phrases
from handlers.cards import Card, card
from handlers.emergency_cards import LISTED, End, Look, Names, OfPerson, Workbook, people_buttons, told
from handlers.lookup import Phone
from handlers.paging import pairs, turning
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, language, mark
from policy.authority import Action, Target, Viewer, grant_for
from policy.emergency import Answer, RollCallState, Totals
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.sentences import mask_phone
from storage import emergency as queries
from storage import emergency_totals as standing
from storage.emergency import About
from storage.emergency_totals import SILENT, Branch, View
from storage.engine import AsyncSession, address
from storage.tables import Area, EmergencyRollCall, Person, SafetyReply

log = structlog.get_logger()
router = Router(name="emergency_lists")

PAGE = 8

GROUPS = {
    "silent": (SILENT, mark("未回复 {n}")),
    "help": ((Answer.NEEDS_HELP,), mark("求助 {n}")),
    "away": ((Answer.SAFE_AWAY,), mark("外出 {n}")),
    "here": ((Answer.SAFE_HERE,), mark("在村 {n}")),
}
"""What 名单 lists: the answers, and its button."""


@router.callback_query(Look.filter())
async def on_look(_query: CallbackQuery, callback_data: Look, turn: Turn) -> Reply:
    """By area: a message of its own, so that the live card stays as it is; within it, in place."""
    view = await standing.view(turn.session, turn.viewer, callback_data.id, callback_data.area or None)
    text, buttons = await _by(turn, view, callback_data.page)
    return turn.edit(text, buttons) if callback_data.inside else turn.say(text, buttons)


async def _by(turn: Turn, view: View, page: int) -> tuple[str, Buttons]:
    call, area = view.seen.call, view.area
    last = max(len(view.branches) - 1, 0) // PAGE
    page = min(max(page, 0), last)
    shown = view.branches[page * PAGE : (page + 1) * PAGE]
    lines = [await _title(turn, view), words.numbers(view.totals), *map(_branch, shown)]
    flat: list[Button] = [(branch.area.name[:8], _opens(view, branch)) for branch in shown if _may_open(view, branch)]
    rows: list[list[Button]] = pairs(flat)
    where = area.id if area.id != view.seen.area.id else 0
    rows.append(turning(page, last + 1, lambda to: Look(id=call.id, area=where, page=to, inside=True)))
    named: list[Button] = []
    if view.is_named:
        named.append((_("名单"), Names(id=call.id, area=where, inside=True)))
    rows.append([*named, (_("刷新"), Look(id=call.id, area=where, page=page, inside=True))])
    if area.path not in view.seen.paths and area.id != view.seen.area.id:
        rows.append([(_("返回"), Look(id=call.id, area=area.parent_id or 0, inside=True))])
    return words.drilled(call, "\n".join(lines)), rows


def _may_open(view: View, branch: Branch) -> bool:
    return view.is_named or branch.area.level is not Level.VILLAGE


def _opens(view: View, branch: Branch) -> Look | Names:
    if branch.area.level is Level.VILLAGE:
        return Names(id=view.seen.call.id, area=branch.area.id, inside=True)
    return Look(id=view.seen.call.id, area=branch.area.id, inside=True)


async def _title(turn: Turn, view: View) -> str:
    """🚨 应急 · 柳河镇 · 14:41: the area looked at, and when."""
    time = await words.clock(turn.session, view.area, turn.now)
    return _("🚨 <b>应急</b> · {place} · {time}").format(place=phrases.typed(view.area.name), time=time)


def _branch(branch: Branch) -> str:
    sums = branch.totals
    return _("{place}　在村 {here} · 外出 {away} · 求助 {help} · 未回复 {silent}").format(
        place=phrases.typed(branch.area.name),
        here=sums.safe_here,
        away=sums.safe_away,
        help=sums.needs_help,
        silent=sums.silent,
    )


@router.callback_query(Names.filter())
async def on_names(_query: CallbackQuery, callback_data: Names, turn: Turn) -> Reply:
    """名单 of an area: by answer, village by village; whoever may settle it taps a name."""
    if callback_data.answer not in GROUPS:
        raise Refusal(Code.NOT_FOUND)
    view = await standing.view(turn.session, turn.viewer, callback_data.id, callback_data.area or None)
    text, buttons = await _named(turn, view, callback_data)
    return turn.edit(text, buttons) if callback_data.inside else turn.say(text, buttons)


async def _named(turn: Turn, view: View, asked: Names) -> tuple[str, Buttons]:
    call = view.seen.call
    counts = _counts(view.totals)
    last = max(counts[asked.answer] - 1, 0) // LISTED
    page = min(max(asked.page, 0), last)
    answers, label = GROUPS[asked.answer]
    rows = await standing.names(turn.session, turn.viewer, call.id, asked.area or None, answers, page=page, size=LISTED)
    lines = [await _title(turn, view), _(label).format(n=counts[asked.answer])]
    lines += words.by_village(rows, {row.person.id: await told(turn.session, view.area, row) for row in rows})
    may_settle = grant_for(turn.viewer, Action.EMERGENCY_SETTLE, Target(view.seen.paths[0])) is not None
    buttons = people_buttons(call.id, rows) if may_settle and call.state is RollCallState.RUNNING else []
    buttons.append(turning(page, last + 1, lambda to: asked.model_copy(update={"page": to, "inside": True})))
    groups: list[Button] = [
        (_(words_).format(n=counts[key]), asked.model_copy(update={"answer": key, "page": 0, "inside": True}))
        for key, (_answers, words_) in GROUPS.items()
        if key != asked.answer
    ]
    again = asked.model_copy(update={"page": page, "inside": True})
    return words.drilled(call, "\n".join(lines)), [*buttons, groups[:2], [*groups[2:], (_("刷新"), again)]]


def _counts(totals: Totals) -> dict[str, int]:
    return {
        "silent": totals.silent,
        "help": totals.needs_help,
        "away": totals.safe_away,
        "here": totals.safe_here,
    }


@router.callback_query(OfPerson.filter(F.answer == "open"))
async def on_person(_query: CallbackQuery, callback_data: OfPerson, turn: Turn) -> Reply:
    """One to be telephoned: beside the list, which goes on by itself."""
    found = await queries.about(
        turn.session, turn.viewer, Action.EMERGENCY_SETTLE, callback_data.id, callback_data.person
    )
    return turn.say(*await _person(turn, found))


@router.callback_query(OfPerson.filter())
async def on_settled(_query: CallbackQuery, callback_data: OfPerson, turn: Turn) -> Reply:
    """What came of the telephone call."""
    try:
        answer = Answer(callback_data.answer)
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None
    try:
        found = await emergency_replies.settle(
            turn.session,
            by=turn.viewer,
            roll_call_id=callback_data.id,
            person_id=callback_data.person,
            answer=answer,
            now=turn.now,
        )
    except Refusal as refusal:
        if refusal.code not in {Code.EMERGENCY_OWN_WORD, Code.EMERGENCY_OVER}:
            raise
        action = Action.EMERGENCY_SETTLE
        found = await queries.about(turn.session, turn.viewer, action, callback_data.id, callback_data.person)
    return turn.edit(*await _person(turn, found))


async def _person(turn: Turn, found: About) -> tuple[str, Buttons]:
    """How somebody stands; while he is silent, the number and what may come of the call."""
    person = await turn.session.get_one(Person, found.asked.person_id)
    parts = [phrases.typed(person.name), phrases.typed(found.village.name), mask_phone(person.phone)]
    lines = [" · ".join(part for part in parts if part)]
    lines.append(await _stands(turn, found))
    call = found.call
    if call.state is not RollCallState.RUNNING:
        lines.append(await words.closed(turn.session, call))
    if call.state is not RollCallState.RUNNING or found.asked.answer not in SILENT:
        return words.drilled(call, "\n".join(lines)), []
    if not person.phone:
        lines.append(_("名册里没有登记电话，请问同队的人。"))
    rows: list[list[Button]] = [[(_("电话"), Phone(id=person.id))]] if person.phone else []
    flat: list[Button] = [
        (words.answer(which), OfPerson(id=call.id, person=person.id, answer=which.value)) for which in Answer
    ]
    return words.drilled(call, "\n".join(lines)), [*rows, flat[:2], flat[2:]]


async def _stands(turn: Turn, found: About) -> str:
    if found.asked.reply_id is None or found.asked.answer is None:
        return _("还没有回复。打电话问一下，点结果：")
    reply = await turn.session.get_one(SafetyReply, found.asked.reply_id)
    time = await words.clock(turn.session, found.village, reply.said_at)
    if reply.said_by_id == reply.person_id:
        return _("<b>{answer}</b> · 本人 {time} 回复").format(answer=words.answer(reply.answer), time=time)
    name = await words.name_of(turn.session, reply.said_by_id)
    return _("<b>{answer}</b> · {name} {time} 记").format(answer=words.answer(reply.answer), name=name, time=time)


@router.callback_query(End.filter(F.do == "ask"))
async def on_end(_query: CallbackQuery, callback_data: End, turn: Turn) -> Reply:
    """结束: asked once more, since nobody could answer any longer."""
    call, area, _role = await queries.held(turn.session, turn.viewer, Action.EMERGENCY_END, callback_data.id)
    if call.state is not RollCallState.RUNNING:
        return await _ended(turn, call, area)
    view = await standing.view(turn.session, turn.viewer, call.id)
    text = _("结束这次应急？还有 {n} 人没有回复，结束后不能再回复。").format(n=view.totals.silent)
    buttons: Buttons = [[(_("结束"), End(id=call.id, do="yes")), (_("不结束"), End(id=call.id, do="no"))]]
    return turn.say(words.drilled(call, text), buttons)


@router.callback_query(End.filter(F.do == "yes"))
async def on_end_yes(_query: CallbackQuery, callback_data: End, turn: Turn) -> Reply:
    """It is over."""
    call = await emergency.end(turn.session, by=turn.viewer, roll_call_id=callback_data.id, now=turn.now)
    return await _ended(turn, call, await turn.session.get_one(Area, call.area_id))


@router.callback_query(End.filter())
async def on_end_no(_query: CallbackQuery, callback_data: End, turn: Turn) -> Reply:
    """Not yet."""
    call, _area, _role = await queries.held(turn.session, turn.viewer, Action.EMERGENCY_END, callback_data.id)
    return turn.edit(words.drilled(call, _("好的，没有结束。")))


async def _ended(turn: Turn, call: EmergencyRollCall, area: Area) -> Reply:
    place = phrases.typed(area.name)
    text = _("应急 · {place} {closed}").format(place=place, closed=await words.closed(turn.session, call))
    return turn.edit(words.drilled(call, text))


@router.callback_query(Workbook.filter())
async def on_workbook(_query: CallbackQuery, callback_data: Workbook, turn: Turn) -> Reply:
    """导出表: said at once, sent when it is made."""
    await emergency.export(
        turn.session, by=turn.viewer, roll_call_id=callback_data.id, asked=turn.asked(), now=turn.now
    )
    call, _area = await queries.get(turn.session, callback_data.id)
    return turn.toast(words.drilled(call, _("正在准备，好了就发到这里。")))


@card("emergency_export", slow=True)
async def workbook_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The answers as they stand when it is made."""
    try:
        built = await press.build(paper.build, Order(address(session), viewer, payload["id"], language()))
    except PressError as error:
        log.error("a workbook of answers was not built", cause=str(error).split(":", maxsplit=1)[0])
        return Card(_("📄 应急回复表<b>没有做成</b>，原因已经记下。\n过一会儿再点「导出表」，还不行请找管理员。"))
    first = _("📄 {sample}{area}应急回复 · {people} 人").format(
        sample=_("样例 · ") if built.is_sample else "", area=phrases.typed(built.area), people=built.totals.asked
    )
    text = "\n".join([first, words.numbers(built.totals), _("请只用于这次应急，用完删掉。")])
    if built.is_drill:
        text = _("【演练】{text}").format(text=text)
    name = phrases.file_name(_("应急回复-{area}-{when}").format(area=built.area, when=built.at), "xlsx")
    return Card(text, file=built.content, file_name=name)
