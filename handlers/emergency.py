"""应急: what happened, in one sentence; where; a look at it; then a second person sends it. Clause 二（五）.

Answers are in emergency_replies, the cards in emergency_cards, lists and the end in emergency_lists.
"""

import re
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import emergency
from handlers import emergency_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.emergency_cards import Second, asked_card, confirm_card
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.emergency import LONGEST, RollCallState
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.sentences import sentence
from storage import emergency as queries
from storage.tables import Area, EmergencyRollCall

router = Router(name="emergency")

WHAT, AREAS, CHECK = "emergency.what", "emergency.areas", "emergency.check"
"""What happened is awaited; where; a press under the preview. Kept with them: what, areas, drill."""

MOST_CALLS = 3
PAGE = 10
"""Areas with a button each."""
MOST_NAMED = 6
_CALLED = (mark("应急"),)


class Compose(CallbackData, prefix="alarmdo"):
    """A press while a call is put together: new, change, what, drill, back, submit."""

    do: str


class Where(CallbackData, prefix="alarmin"):
    """A press while areas are chosen: `pick` an area, `page`, `done`."""

    do: str
    v: int = 0


class Show(CallbackData, prefix="alarmshow"):
    """A call that waits or runs."""

    id: int


class May(Filter):
    """Somebody who may begin a call."""

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether the speaker may."""
        return turn.viewer.may(Action.EMERGENCY_PROPOSE)


@router.message(Word(*_CALLED, command="emergency"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """What runs or waits comes first; a cadre sees his own question again."""
    return await _as_things_are(turn)


async def _as_things_are(turn: Turn) -> Reply:
    calls = await queries.open_calls(turn.session, turn.viewer)
    if calls:
        return turn.say(*await _running(turn, calls))
    if turn.viewer.may(Action.EMERGENCY_PROPOSE):
        return await _begin(turn)
    if turn.viewer.may(Action.EMERGENCY_REPLY):
        for asked in await queries.running_for(turn.session, turn.person.id):
            own = await asked_card(turn.session, turn.viewer, {"id": asked.roll_call_id})
            if own is not None:
                return turn.say(own.text, own.buttons)
    return turn.say(_("现在没有应急。应急由乡镇和县里发起（《意见》三（一））；有急事请直接打电话给乡镇。"))


@router.message(Line(*_CALLED, command="emergency", always=True), May())
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """应急 暴雨红色预警，请转移低洼户: straight to the preview, whatever else was being said."""
    if not rest:
        return await _begin(turn)
    what = sentence(rest, LONGEST)
    turn.dialogue.leave()
    return await _with(turn, {"what": what})


@router.message(Line(*_CALLED, command="emergency"))
async def on_line_of_others(_message: Message, turn: Turn, rest: str) -> Reply:  # noqa: ARG001 -- what a line hands on
    """应急 发大水了 by who may not begin one: who may, and what to do now."""
    return await _as_things_are(turn)


async def _running(turn: Turn, calls: list[EmergencyRollCall]) -> tuple[str, Buttons]:
    """The calls that wait or run, and beginning another."""
    lines = [_("🚨 现在有 {n} 次应急：").format(n=len(calls))]
    flat: list[Button] = []
    for n, call in enumerate(calls[:MOST_CALLS], 1):
        area = await turn.session.get_one(Area, call.area_id)
        waits = call.state is RollCallState.PROPOSED
        line = _("{time} {place}：{what}（等第二个人确认）") if waits else _("{time} {place}：{what}")
        text = line.format(
            time=await words.clock(turn.session, area, call.confirmed_at or call.proposed_at),
            place=words.where(await queries.places(turn.session, call)),
            what=phrases.typed(call.what[:40]),
        )
        lines.append(f"{n}. {words.drilled(call, text)}")
        label = _("{n} 去确认") if waits else _("{n} 看进展")
        flat.append((label.format(n=n), Show(id=call.id)))
    if turn.viewer.may(Action.EMERGENCY_PROPOSE):
        flat.append((_("发起新的"), Compose(do="new")))
    return "\n".join(lines), [flat[at : at + 2] for at in range(0, len(flat), 2)]


@router.callback_query(Show.filter())
async def on_show(_query: CallbackQuery, callback_data: Show, turn: Turn) -> Reply:
    """One of them, as it stands."""
    call = (await queries.seen(turn.session, turn.viewer, callback_data.id)).call
    if call.confirmed_at is not None:  # a card that goes on by itself, so that it isn't left behind at the end
        await emergency.look(turn.session, by=turn.viewer, roll_call_id=call.id, asked=turn.asked(), now=turn.now)
        return None
    card = await confirm_card(turn.session, turn.viewer, {"id": call.id})
    if card is None:
        raise Refusal(Code.NOT_FOUND)
    return turn.say(card.text, card.buttons)


@router.callback_query(Compose.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """Another one."""
    turn.dialogue.leave()
    return await _begin(turn)


async def _begin(turn: Turn) -> Reply:
    if not turn.viewer.may(Action.EMERGENCY_PROPOSE):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.EMERGENCY_PROPOSE.value)
    begun = drafts(turn, WHAT, AREAS, CHECK)
    turn.dialogue.to(WHAT)
    return turn.say(*_question(begun))


def _question(begun: list[list[Button]]) -> tuple[str, Buttons]:
    text = _("🚨 发生了什么、要大家做什么？一句话，例如：暴雨红色预警，请转移低洼户。\n要第二个人确认才会发出。")
    return text, [*begun, [cancel()]]


async def _ask_what(turn: Turn) -> Reply:
    return turn.edit(*_question([]))


@router.message(Awaiting(WHAT), TEXT)
async def on_what(message: Message, turn: Turn) -> Reply:
    """The sentence; the rest is known, or asked next."""
    what = sentence(message.text, LONGEST)
    return await _with(turn, {**turn.dialogue.data, "what": what})


async def _with(turn: Turn, kept: dict[str, Any]) -> Reply:
    """On with what is known: to one's own area, where that is a county or less; else where is asked."""
    if not kept.get("areas"):
        tops = await queries.tops(turn.session, turn.viewer)
        if len(tops) != 1 or tops[0].level in {Level.PROVINCE, Level.CITY}:
            turn.dialogue.to(AREAS, **kept)
            return await _choose(turn)
        kept["areas"] = [tops[0].id]
    turn.dialogue.to(CHECK, **kept)
    return await _preview(turn)


async def _preview(turn: Turn) -> Reply:
    """As people will see it, how many they are, and who else has to say yes."""
    kept = turn.dialogue.data
    areas = await queries.chosen(turn.session, turn.viewer, kept["areas"])
    area = await queries.common(turn.session, areas)
    time = await words.clock(turn.session, area, turn.now)
    shown = words.head_of(areas, kept["what"], time)
    if kept.get("drill"):
        shown = _("【演练】{text}").format(text=shown)
    count = await emergency.size(turn.session, by=turn.viewer, areas=areas, now=turn.now)
    lines = [_("预览（与收到的一样）"), "────", shown, "────"]
    lines.append(
        _("发给{place} {people} 人，请假、公出的也发，夜里也会响。").format(place=words.where(areas), people=count)
    )
    lines.append(await _whose_word(turn, area))
    if calls := await queries.open_calls(turn.session, turn.viewer):
        lines.append(_("注意：已有 {n} 次应急在进行或等确认。").format(n=len(calls)))
    rows: list[list[Button]] = [[(_("提交确认"), Compose(do="submit")), (_("修改"), Compose(do="change"))], [cancel()]]
    return turn.edit("\n".join(lines), rows)


async def _whose_word(turn: Turn, area: Area) -> str:
    on = (await turn.batch.local(area, turn.now)).date()
    seconds = await queries.seconds(turn.session, area, on, but_not=turn.person.id)
    if not seconds:
        return _("现在没有第二个人能确认，发不出去。请县驻村办先登记并绑定另一位乡镇或县里的人。")
    names = phrases.names(person.name for person in seconds[:4])
    if len(seconds) > 4:
        names = _("{names}等 {n} 人").format(names=names, n=len(seconds))
    return _("要第二个人确认才发出：{names}。").format(names=names)


@router.callback_query(Compose.filter())
async def on_compose(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """A press under the preview, or under 修改."""
    if turn.dialogue.state != CHECK:
        return turn.edit(_("这张卡片已经过了。要发起就再发一次「应急」。"))
    kept = turn.dialogue.data
    match callback_data.do:
        case "submit":
            return await _submit(turn, kept)
        case "what":
            turn.dialogue.to(WHAT, **kept)
            return await _ask_what(turn)
        case "areas":
            turn.dialogue.to(AREAS, **kept)
            return await _choose(turn)
        case "drill":
            turn.dialogue.to(CHECK, **{**kept, "drill": not kept.get("drill")})
            return await _preview(turn)
        case "change":
            return turn.edit(_("改哪一项？"), _changes(is_drill=bool(kept.get("drill"))))
        case _:
            return await _preview(turn)


def _changes(*, is_drill: bool) -> Buttons:
    return [
        [(_("改内容"), Compose(do="what")), (_("改范围"), Compose(do="areas"))],
        [(_("不是演练") if is_drill else _("改成演练"), Compose(do="drill")), (_("返回"), Compose(do="back"))],
        [cancel()],
    ]


async def _submit(turn: Turn, kept: dict[str, Any]) -> Reply:
    await emergency.propose(
        turn.session,
        by=turn.viewer,
        what=kept["what"],
        area_ids=kept["areas"],
        is_drill=bool(kept.get("drill")),
        now=turn.now,
    )
    turn.dialogue.end(WHAT, AREAS, CHECK)
    return turn.edit(_("已提交，正在请第二个人确认。还没有发出。"))


@router.callback_query(Second.filter(F.do == "again"))
async def on_again(_query: CallbackQuery, callback_data: Second, turn: Turn) -> Reply:
    """重新提交: the preview of the same once more."""
    call, _area, _role = await queries.held(turn.session, turn.viewer, Action.EMERGENCY_WITHDRAW, callback_data.id)
    areas = [place.id for place in await queries.places(turn.session, call)]
    turn.dialogue.leave()
    turn.dialogue.to(CHECK, what=call.what, areas=areas, drill=call.is_drill)
    return await _preview(turn)


@router.callback_query(Second.filter())
async def on_second(_query: CallbackQuery, callback_data: Second, turn: Turn) -> Reply:
    """确认发出 by a second person; 撤回 by the first."""
    act = emergency.withdraw if callback_data.do == "back" else emergency.confirm
    try:
        call = await act(turn.session, by=turn.viewer, roll_call_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code not in {Code.ALREADY_DECIDED, Code.EMERGENCY_OVER}:
            raise
        return await _as_it_stands(turn, callback_data.id)
    text = _("已撤回，没有发出。") if callback_data.do == "back" else _("已确认，正在发出。")
    return turn.toast(words.drilled(call, text))


async def _as_it_stands(turn: Turn, roll_call_id: int) -> Reply:
    """An old button answers with how it stands."""
    call, area = await queries.get(turn.session, roll_call_id)
    if call.confirmed_at is not None:
        text = _("{name} {time} 已确认发出，没有改动。").format(
            name=await words.name_of(turn.session, call.confirmed_by_id),
            time=await words.clock(turn.session, area, call.confirmed_at),
        )
    elif call.state is RollCallState.WITHDRAWN:
        text = _("发起的人已经撤回，没有发出。")
    else:
        text = _("已过了 30 分钟，没有发出。要发就再提交一次。")
    return turn.toast(words.drilled(call, text), alert=True)


async def _choose(turn: Turn) -> Reply:
    """Which areas? The ticked ones are remembered with what is gathered."""
    kept = turn.dialogue.data
    offered = await _offered(turn)
    ticked = set(kept.get("areas") or ())
    page = min(max(kept.get("page") or 0, 0), max(len(offered) - 1, 0) // PAGE)
    text = _("发给哪里？点一下选上，可以选几个；也可以直接说名字，例如：柳河镇、石门村。")
    chosen = await queries.chosen(turn.session, turn.viewer, ticked) if ticked else []
    if chosen:
        names = phrases.names(area.name for area in chosen[:MOST_NAMED])
        more = _("等 {n} 处").format(n=len(chosen)) if len(chosen) > MOST_NAMED else ""
        text += "\n" + _("已选：{names}{more}").format(names=names, more=more)
    flat: list[Button] = [
        (f"{area.name[:6]} ✓" if area.id in ticked else area.name[:8], Where(do="pick", v=area.id))
        for area in offered[page * PAGE : (page + 1) * PAGE]
    ]
    rows = [flat[at : at + 2] for at in range(0, len(flat), 2)]
    turning: list[Button] = []
    if page > 0:
        turning.append((_("上一页"), Where(do="page", v=page - 1)))
    if (page + 1) * PAGE < len(offered):
        turning.append((_("下一页"), Where(do="page", v=page + 1)))
    done: list[Button] = [(_("选好了"), Where(do="done"))] if chosen else []
    return turn.edit(text, [*rows, turning, [*done, cancel()]])


async def _offered(turn: Turn) -> list[Area]:
    """One's own areas, and what lies right below where that is one."""
    tops = await queries.tops(turn.session, turn.viewer)
    below = await queries.children(turn.session, turn.viewer, tops[0]) if len(tops) == 1 else []
    return [*tops, *below]


@router.callback_query(Where.filter())
async def on_where(_query: CallbackQuery, callback_data: Where, turn: Turn) -> Reply:
    """Ticks come and go until 选好了."""
    if turn.dialogue.state != AREAS:
        return turn.edit(_("这张卡片已经过了。要发起就再发一次「应急」。"))
    kept = turn.dialogue.data
    ticked: list[int] = list(kept.get("areas") or ())
    if callback_data.do == "done" and ticked:
        return await _chosen(turn, ticked)
    if callback_data.do == "page":
        turn.dialogue.to(AREAS, **{**kept, "page": callback_data.v})
    elif callback_data.do == "pick":
        turn.dialogue.to(AREAS, **{**kept, "areas": await _toggled(turn, ticked, callback_data.v)})
    return await _choose(turn)


async def _toggled(turn: Turn, ticked: list[int], area_id: int) -> list[int]:
    """Ticked or not any more; a whole and a part of it don't stand together: the last word counts."""
    if area_id in ticked:
        return [each for each in ticked if each != area_id]
    [area] = await queries.chosen(turn.session, turn.viewer, [area_id])
    others = await queries.chosen(turn.session, turn.viewer, ticked) if ticked else []
    apart = [o.id for o in others if not o.path.startswith(area.path) and not area.path.startswith(o.path)]
    return [*apart, area_id]


@router.message(Awaiting(AREAS), TEXT)
async def on_names(message: Message, turn: Turn) -> Reply:
    """Areas by name: 柳河镇、石门村."""
    names = [name for name in re.split(r"[\s、，,；;和]+", message.text or "") if name]
    areas = await queries.called(turn.session, turn.viewer, names[:50]) if names else []
    return await _chosen(turn, [area.id for area in areas]) if areas else await _choose(turn)


async def _chosen(turn: Turn, area_ids: list[int]) -> Reply:
    """The areas are chosen: on to the preview."""
    kept = {key: value for key, value in turn.dialogue.data.items() if key in {"what", "drill"}}
    turn.dialogue.to(CHECK, **kept, areas=area_ids)
    return await _preview(turn)


awaits(WHAT, mark("应急：发生了什么"), _ask_what)
awaits(AREAS, mark("应急：发给哪里"), _choose)
awaits(CHECK, mark("应急"), _preview)
