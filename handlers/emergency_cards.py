"""The cards of 应急: the question, the second person's, the totals, a call for help, the township's call list."""

from typing import Any

from aiogram.filters.callback_data import CallbackData

from handlers import emergency_words as words
from handlers import phrases
from handlers.board_words import BELOW
from handlers.cards import Card, card
from handlers.turn import Button, Buttons
from locales import _, mark
from policy.authority import Action, Target, Viewer, grant_for
from policy.emergency import Answer, RollCallState, Source
from policy.roster import Level
from storage import emergency as queries
from storage import emergency_totals as standing
from storage.emergency import About
from storage.emergency_totals import SILENT, Named, View
from storage.engine import AsyncSession
from storage.tables import Area, EmergencyRollCall, Person, SafetyReply

MOST_NAMES = 3
"""People who need help, named on the totals' card; the rest is one tap away."""
LISTED = 12
"""People of a call list with a button each; the rest is one tap away."""


class OwnAnswer(CallbackData, prefix="safe"):
    """One's own answer to a call."""

    id: int
    answer: str


class WholeTeam(CallbackData, prefix="safeteam"):
    """全队平安."""

    id: int


class Second(CallbackData, prefix="alarm"):
    """确认发出 (`go`), 撤回 (`back`), 重新提交 (`again`)."""

    id: int
    do: str


class Taken(CallbackData, prefix="helped"):
    """已联系, of a call for help."""

    id: int


class Look(CallbackData, prefix="alarmby"):
    """The numbers of an area (0: all one sees), page by page. `inside`: pressed in such a list, which changes in place."""

    id: int
    area: int = 0
    page: int = 0
    inside: bool = False


class Names(CallbackData, prefix="alarmwho"):
    """The people of an area (0: all one sees): `silent`, `help`, `away`, `here`. `inside` as with `Look`."""

    id: int
    area: int = 0
    answer: str = "silent"
    page: int = 0
    inside: bool = False


class OfPerson(CallbackData, prefix="alarmone"):
    """One person: to be telephoned (`open`), or what came of it."""

    id: int
    person: int
    answer: str = "open"


class End(CallbackData, prefix="alarmend"):
    """结束: asked once more (`ask`), then `yes` or `no`."""

    id: int
    do: str = "ask"


class Workbook(CallbackData, prefix="alarmout"):
    """导出表."""

    id: int


@card("emergency")
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """Is everybody safe? One's own answer stands below, and may change until it is over."""
    found = await queries.about(session, viewer, Action.EMERGENCY_REPLY, payload["id"], viewer.person_id)
    call = found.call
    lines = [await words.head(session, call)]
    if call.state is not RollCallState.RUNNING:
        key = queries.subject(call.id)
        if not await queries.was_told(session, key, viewer.person_id):
            return None
        own = found.asked.answer
        lines.append(await words.closed(session, call))
        lines.append(
            _("没有回复也不要紧，不算缺岗，不记考勤。")
            if own in SILENT
            else _("您的情况：{answer}。").format(answer=words.answer(own))
        )
        return Card(words.drilled(call, "\n".join(lines)))
    lines.append(await _own(session, found))
    return Card(words.drilled(call, "\n".join(lines)), _answers(call))


async def _own(session: AsyncSession, found: About) -> str:
    """What is known of oneself, or the question."""
    if found.asked.answer in SILENT or found.asked.reply_id is None:
        return _("点一下您现在的情况，请假、外出的也点：")
    reply = await session.get_one(SafetyReply, found.asked.reply_id)
    time = await words.clock(session, found.village, reply.said_at)
    which = words.answer(reply.answer)
    if reply.source is not Source.OWN:
        return _("{name} {time} 报您<b>{answer}</b>。和实际不一样就自己点：").format(
            name=await words.name_of(session, reply.said_by_id), time=time, answer=which
        )
    if reply.answer is not Answer.NEEDS_HELP:
        return _("已回复 {time}：<b>{answer}</b>。有变化再点：").format(time=time, answer=which)
    lines = [_("已告诉乡镇和县里 {time}：<b>{answer}</b>，会给您打电话。").format(time=time, answer=which)]
    if reply.note:
        lines.append(phrases.typed(reply.note))
    else:
        lines.append(_("方便就再发一句话说明什么事，不方便不用发。"))
    return "\n".join(lines)


def _answers(call: EmergencyRollCall) -> Buttons:
    own: list[Button] = [
        (words.answer(which), OwnAnswer(id=call.id, answer=which.value))
        for which in (Answer.SAFE_HERE, Answer.SAFE_AWAY, Answer.NEEDS_HELP)
    ]
    return [own[:2], [own[2], (_("全队平安"), WholeTeam(id=call.id))]]


@card("emergency_confirm", label=mark("应急确认"))
async def confirm_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Waits for a second person; who proposed it sees whose word it waits for, and may take it back."""
    call, area = await queries.get(session, payload["id"])
    is_own = viewer.person_id == call.proposed_by_id
    action = Action.EMERGENCY_WITHDRAW if is_own else Action.EMERGENCY_CONFIRM
    await queries.held(session, viewer, action, call.id)
    lines = [await words.head(session, call)]
    if call.state is not RollCallState.PROPOSED:
        if call.confirmed_at is not None:
            lines.append(
                _("<b>已确认发出</b> · {name} {time}").format(
                    name=await words.name_of(session, call.confirmed_by_id),
                    time=await words.clock(session, area, call.confirmed_at),
                )
            )
        else:
            lines.append(await words.closed(session, call))
        return Card(words.drilled(call, "\n".join(lines)))
    until = await words.clock(session, area, call.confirm_until)
    if is_own:
        lines.append(_("<b>还没有发出</b>，等第二个人确认（{time} 前）。").format(time=until))
        button: Button = (_("撤回"), Second(id=call.id, do="back"))
    else:
        text = _("{name}提交，发给 {people} 人，夜里也会响。<b>等您确认</b>才发出（{time} 前）。")
        name = await words.name_of(session, call.proposed_by_id)
        lines.append(text.format(name=name, people=call.people, time=until))
        button = (_("确认发出"), Second(id=call.id, do="go"))
    return Card(words.drilled(call, "\n".join(lines)), [[button]])


@card("emergency_expired")
async def expired_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Nobody has confirmed it in time: who proposed it must know that nothing was sent."""
    call, _area, _role = await queries.held(session, viewer, Action.EMERGENCY_WITHDRAW, payload["id"])
    lines = [await words.head(session, call), _("<b>没有发出</b>：30 分钟内没有第二个人确认。先打电话，再提交一次。")]
    return Card(words.drilled(call, "\n".join(lines)), [[(_("重新提交"), Second(id=call.id, do="again"))]])


@card("emergency_progress")
async def progress_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """How it stands, live: numbers, and within a county who needs help."""
    view = await standing.view(session, viewer, payload["id"], payload.get("area"))
    call = view.seen.call
    lines = [await words.head(session, call)]
    if payload.get("area") is not None:
        lines[0] = _("{head}\n{place}：").format(head=lines[0], place=phrases.typed(view.area.name))
    if view.totals.asked:
        lines.append(words.numbers(view.totals))
    if view.totals.needs_help and view.is_named:
        lines.append(await _in_need(session, viewer, view))
    if payload.get("area") is None:
        lines += await _sent(session, view)
    area = view.seen.area
    if call.state is RollCallState.RUNNING:
        lines.append(_("都有回复就结束，最晚 {time}。").format(time=await words.ends(session, area, call)))
    else:
        lines.append(await words.closed(session, call))
    return Card(words.drilled(call, "\n".join(lines)), progress_buttons(viewer, view))


async def _in_need(session: AsyncSession, viewer: Viewer, view: View) -> str:
    rows = await standing.names(session, viewer, view.seen.call.id, view.area.id, (Answer.NEEDS_HELP,), size=MOST_NAMES)
    names = [
        (_("{name}（{village}，已联系）") if row.is_taken else _("{name}（{village}）")).format(
            name=phrases.typed(row.person.name), village=phrases.typed(row.village)
        )
        for row in rows
    ]
    more = _("等 {n} 人").format(n=view.totals.needs_help) if view.totals.needs_help > len(rows) else ""
    return _("需要帮助：{names}{more}").format(names=_("、").join(names), more=more)


async def _sent(session: AsyncSession, view: View) -> list[str]:
    """How far the sending is, and whom it did not reach."""
    lines = []
    call = view.seen.call
    if call.spread_at is None and call.state is RollCallState.RUNNING:
        lines.append(_("正在发，共 {people} 人。").format(people=call.people))
    if lost := await standing.undelivered(session, call):
        lines.append(_("未送达 {n} 人（没有绑定，或收不到），请打电话。").format(n=lost))
    return lines


def progress_buttons(viewer: Viewer, view: View) -> Buttons:
    """What may be looked at, and 结束 for whom it is to end."""
    call, area = view.seen.call, view.area
    looked_at = area.id if area.id != view.seen.area.id else 0
    rows: list[list[Button]] = [[], []]
    if area.level is not Level.VILLAGE and view.branches:
        label = _(BELOW.get(view.branches[0].area.level, BELOW[Level.VILLAGE]))
        rows[0].append((label, Look(id=call.id, area=looked_at)))
    if view.is_named:
        rows[0].append((_("名单"), Names(id=call.id, area=looked_at)))
        if grant_for(viewer, Action.EMERGENCY_EXPORT, Target(view.seen.paths[0])) is not None:
            rows[1].append((_("导出表"), Workbook(id=call.id)))
    if call.state is RollCallState.RUNNING and may_end(viewer, call, view.seen.area):
        rows[1].append((_("结束"), End(id=call.id)))
    return rows


def may_end(viewer: Viewer, call: EmergencyRollCall, area: Area) -> bool:
    """Whether [结束] is shown; the action asks again."""
    own = viewer.person_id if viewer.person_id in {call.proposed_by_id, call.confirmed_by_id} else None
    return grant_for(viewer, Action.EMERGENCY_END, Target(area.path, own)) is not None


@card("emergency_help", label=mark("求助"))
async def help_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Somebody needs help: who, where posted, the whole number, and who looks after it."""
    reply, found = await queries.help_of(session, viewer, Action.EMERGENCY_HELP_TAKEN, payload["id"])
    person = await session.get_one(Person, reply.person_id)
    lines = [
        _("🆘 <b>需要帮助</b> · {name} · {village} · {time}").format(
            name=phrases.typed(person.name),
            village=phrases.typed(found.village.name),
            time=await words.clock(session, found.village, reply.said_at),
        ),
        _("电话 {phone}").format(phone=phrases.typed(person.phone))
        if person.phone
        else _("名册里没有登记电话，请问同队的人。"),
    ]
    if reply.note:
        lines.append(phrases.typed(reply.note))
    if reply.source is not Source.OWN:
        lines.append(_("{name}报的").format(name=await words.name_of(session, reply.said_by_id)))
    if found.call.closed_at is not None and reply.said_at > found.call.closed_at:
        lines.append(_("应急结束以后才报的。"))
    lines += await _since(session, reply, found)
    if reply.taken_by_id is None:
        lines += await _taken_before(session, reply, found)
        return Card(words.drilled(found.call, "\n".join(lines)), [[(_("已联系"), Taken(id=reply.id))]])
    taken_at = await words.clock(session, found.village, reply.taken_at or reply.said_at)
    name = await words.name_of(session, reply.taken_by_id)
    lines.append(_("<b>已联系</b> · {name} {time}").format(name=name, time=taken_at))
    return Card(words.drilled(found.call, "\n".join(lines)))


async def _taken_before(session: AsyncSession, reply: SafetyReply, found: About) -> list[str]:
    """Who has been in touch with him over an earlier call for help."""
    before = await queries.taken_before(session, reply)
    if before is None or before.taken_at is None:
        return []
    time = await words.clock(session, found.village, before.taken_at)
    return [
        _("前面那次：{name} {time} 已联系过。").format(name=await words.name_of(session, before.taken_by_id), time=time)
    ]


async def _since(session: AsyncSession, reply: SafetyReply, found: About) -> list[str]:
    """What is said of somebody now, where that is no longer this call for help."""
    if found.asked.reply_id in {None, reply.id}:
        return []
    now = await session.get_one(SafetyReply, found.asked.reply_id)
    time = await words.clock(session, found.village, now.said_at)
    text = {
        Source.OWN: _("本人 {time} 回复：{answer}"),
        Source.TEAM: _("{name} {time} 报：{answer}"),
        Source.PHONE: _("{name} {time} 打电话：{answer}"),
    }[now.source]
    name = await words.name_of(session, now.said_by_id)
    return [text.format(name=name, time=time, answer=words.answer(now.answer))]


@card("emergency_silent")
async def silent_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The township's call list: who is silent now. Nobody, and nothing was said yet: nothing is."""
    call, _area = await queries.get(session, payload["id"])
    township = await session.get_one(Area, payload["area"])
    count = await standing.silent_count(session, viewer, call.id, township)
    if call.state is not RollCallState.RUNNING or not count:
        if not await queries.was_told(session, queries.silent_subject(call.id, township.id), viewer.person_id):
            return None
        return Card(words.drilled(call, await _no_more_calls(session, call, township, count)))
    rows = await standing.silent(session, viewer, call.id, township, size=LISTED)
    lines = [
        _("📞 <b>{n} 人没有回复</b> · {place}，请打电话问一下").format(n=count, place=phrases.typed(township.name)),
        _("应急：{what}").format(what=phrases.typed(call.what)),
        *words.by_village(rows, {row.person.id: await told(session, township, row) for row in rows}),
        _("点名字看电话、记结果。没有回复不算缺岗。"),
    ]
    buttons = people_buttons(call.id, rows)
    if count > len(rows):
        label = _("全部 {n} 人").format(n=count)
        buttons.append([(label, Names(id=call.id, area=township.id))])
    return Card(words.drilled(call, "\n".join(lines)), buttons)


async def _no_more_calls(session: AsyncSession, call: EmergencyRollCall, township: Area, count: int) -> str:
    if not count:
        return _("📞 {place}<b>都有回复了</b>，不用再打。").format(place=phrases.typed(township.name))
    return _("📞 应急{closed}\n{place}还有 {n} 人没有回复，不算缺岗。").format(
        closed=await words.closed(session, call), place=phrases.typed(township.name), n=count
    )


async def told(session: AsyncSession, area: Area, row: Named) -> str:
    """What a list says of one."""
    return words.told(row, await words.clock(session, area, row.said_at) if row.said_at is not None else "")


def people_buttons(roll_call_id: int, rows: list[Named]) -> list[list[Button]]:
    """A button for each, two in a row."""
    flat: list[Button] = [(row.person.name[:8], OfPerson(id=roll_call_id, person=row.person.id)) for row in rows]
    return [flat[at : at + 2] for at in range(0, len(flat), 2)]
