"""代理 李四 11-24到11-28: who has an officer's office while he is away; shown before it holds, listed, ended early."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import stand_ins as actions
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.paging import pairs
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import stand_ins as rules
from policy.authority import Action, Target, Viewer, grant_for
from policy.refusals import LOCAL, Code, Refusal
from policy.spoken_spans import When, when
from storage import stand_ins as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.stand_ins import Told
from storage.tables import Area, Person, PersonRole, StandIn

router = Router(name="stand_ins")

ASK = "standin.ask"
"""Who and when is awaited; kept with it: what has been said of it (`line`)."""
WHICH = "standin.which"
"""Which of several is awaited; kept with it: as READY, more than one among `people` or `offices`."""
READY = "standin.ready"
"""All is there and is shown; kept with it: people (one id), offices (one id), first, last."""
STATES = (ASK, WHICH, READY)

SHOWN = 6
NAME = 20


class Stand(CallbackData, prefix="standin"):
    """`new`, `set`; `who` with a person's id, `office` with a row's of the roster; `yes`, `no`, `end` with a stand-in's."""

    do: str
    id: int = 0


@router.message(Word(mark("代理"), command="standin"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """What stands; and how to name somebody."""
    if not turn.viewer.may(Action.STANDIN_VIEW):
        return _not_here(turn)
    found = await queries.standing(turn.session, turn.viewer, await turn.today())
    lines, flat = [_("<b>代理</b>"), *([] if found else [_("现在没有人代理。")])], list[Button]()
    for n, told in enumerate(found[:SHOWN], 1):
        lines.append(f"{n}. {_told(told, await turn.today())}")
        if _may_end(turn.viewer, told):
            flat.append((_("{n} 结束").format(n=n), Stand(do="end", id=told.row.id)))
        elif told.row.person_id == turn.person.id:
            flat.append((_("{n} 不合适").format(n=n), Stand(do="no", id=told.row.id)))
    if len(found) > SHOWN:
        lines.append(_("还有 {n} 条。").format(n=len(found) - SHOWN))
    rows = pairs(flat)
    if turn.viewer.may(Action.STANDIN_SET):
        lines.append(_("出差、请假前定一个人，例如：代理 李四 11-24到11-28。"))
        rows += [[(_("定代理"), Stand(do="new"))], *drafts(turn, ASK)]
    return turn.say("\n".join(lines), rows)


def _not_here(turn: Turn) -> Reply:
    return turn.say(_("代理由乡镇、县级干部定，没有改动。第一书记请假时，在「请假」里点人交接。"))


def _told(told: Told, today: date) -> str:
    """李四代理刘敏（柳河镇乡镇干部），11月24日至28日."""
    return _("{name}代理{absent}（{post}），{days}").format(
        name=phrases.typed(told.person.name),
        absent=phrases.typed(told.absent.name),
        post=phrases.post(told.row.role, told.area.name),
        days=phrases.days(told.row.from_on, told.row.to_on, today.year),
    )


def _may_end(viewer: Viewer, told: Told) -> bool:
    return grant_for(viewer, Action.STANDIN_END, Target(told.area.path, told.row.for_id)) is not None


# -- naming ---------------------------------------------------------------------------------------------------------


@router.message(Line(mark("代理"), command="standin", even_in=STATES))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """代理 李四 11-24到11-28; the county also for one below: 代理 刘敏 李四 11-24到11-28."""
    if not turn.viewer.may(Action.STANDIN_SET):
        return _not_here(turn)
    turn.dialogue.end(*STATES)
    return await _take(turn, rest)


@router.callback_query(Stand.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """定代理: who, and when?"""
    turn.dialogue.leave()
    turn.dialogue.to(ASK, line="")
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    if turn.dialogue.data.get("line"):
        text = _("哪几天？要有开始和结束，例如：11-24到11-28，或：明天起3天。")
    else:
        text = _("谁代理、哪几天？例如：李四 11-24到11-28。")
    return turn.edit(text, [[cancel()]])


@router.message(Awaiting(ASK), TEXT)
async def on_said(message: Message, turn: Turn) -> Reply:
    """Who and when, or what was missing of it."""
    return await _take(turn, f"{turn.dialogue.data['line']} {message.text or ''}".strip())


async def _take(turn: Turn, line: str) -> Reply:
    """What a line says: names, then days, or the days first."""
    today = await turn.today()
    said = when(line, today)
    found, rest = await _names(turn, said.rest if _has_days(said) else line)
    if not _has_days(said):
        said = when(rest, today)
        rest = said.rest
    if rest and not said.unclear:
        text = _("没有找到「{name}」，没有定。要是本县在职的乡镇或县级干部，例如：代理 李四 11-24到11-28。")
        return turn.say(text.format(name=phrases.typed(rest.split()[0][:NAME])), _way_out(turn))
    if said.unclear:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=said.unclear[:20])
    if not found or not _has_days(said) or (said.open and said.last is None):
        names = " ".join(matches[0][0].name for matches in found)
        turn.dialogue.to(ASK, line=names)
        return await _ask(turn)
    span = said.span(today)
    whose = [turn.person.id] if len(found) == 1 else [person.id for person, _area in found[0]]
    offices = await queries.offices(turn.session, turn.viewer, whose, today)
    if not offices:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.STANDIN_SET.value)
    return await _go_on(
        turn,
        {
            "people": [person.id for person, _area in found[-1]],
            "offices": [office.id for office, _area in offices],
            "first": span.from_on.isoformat(),
            "last": span.to_on.isoformat(),
        },
    )


def _way_out(turn: Turn) -> list[list[Button]]:
    return [[cancel()]] if turn.dialogue.state is not None else []


def _has_days(said: When) -> bool:
    return said.first is not None or said.last is not None or said.halves is not None


async def _names(turn: Turn, line: str) -> tuple[list[list[tuple[Person, Area]]], str]:
    """Everybody who may be meant by each of up to two names in front, and what is behind them."""
    words = [word for word in re.split(r"[\s，,、；;：:]+", line) if word]
    starts = {word[:n] for word in words[:2] for n in range(2, min(len(word), NAME) + 1)}
    staff = await queries.named(turn.session, turn.viewer, starts, await turn.today()) if starts else []
    found: list[list[tuple[Person, Area]]] = []
    while words and len(found) < 2:
        name = max((p.name for p, _area in staff if words[0].startswith(p.name)), key=len, default=None)
        if name is None:
            break
        found.append([(person, area) for person, area in staff if person.name == name])
        words = [rest for rest in (words[0].removeprefix(name), *words[1:]) if rest]
    return found, " ".join(words)


async def _go_on(turn: Turn, kept: dict[str, Any]) -> Reply:
    """Which of several is meant; then all of it is shown."""
    if len(kept["offices"]) > 1:
        turn.dialogue.to(WHICH, **kept)
        return turn.edit(_("代理哪一个职务？"), [*pairs(await _office_presses(turn, kept["offices"])), [cancel()]])
    if len(kept["people"]) > 1:
        turn.dialogue.to(WHICH, **kept)
        name = (await turn.session.get_one(Person, kept["people"][0])).name
        text = _("有几位{name}，是哪一位？").format(name=phrases.typed(name))
        return turn.edit(text, [*pairs(await _person_presses(turn, name, kept["people"])), [cancel()]])
    office = await turn.session.get_one(PersonRole, kept["offices"][0])
    first, last = date.fromisoformat(kept["first"]), date.fromisoformat(kept["last"])
    rules.check(office.person_id, kept["people"][0], first, last, await turn.today())
    turn.dialogue.to(READY, **kept)
    return await _show(turn, office, first, last)


async def _office_presses(turn: Turn, ids: Sequence[int]) -> list[Button]:
    offices = [await turn.session.get_one(PersonRole, one) for one in ids]
    areas = [await turn.session.get_one(Area, office.area_id) for office in offices]
    is_one = len({area.id for area in areas}) == 1
    return [
        ((phrases.role(office.role) if is_one else area.name)[:8], Stand(do="office", id=office.id))
        for office, area in zip(offices, areas, strict=True)
    ]


async def _person_presses(turn: Turn, name: str, ids: Sequence[int]) -> list[Button]:
    rows = await queries.named(turn.session, turn.viewer, {name}, await turn.today())
    places = [area.id for person, area in rows if person.id in ids]
    return [
        (
            f"{area.name[:4]}{(person.phone or '')[-4:]}" if places.count(area.id) > 1 else area.name[:8],
            Stand(do="who", id=person.id),
        )
        for person, area in rows
        if person.id in ids
    ]


@router.callback_query(Stand.filter(F.do.in_({"who", "office"})))
async def on_which(_query: CallbackQuery, callback_data: Stand, turn: Turn) -> Reply:
    """That one of several."""
    kept, key = turn.dialogue.data, "people" if callback_data.do == "who" else "offices"
    if turn.dialogue.state != WHICH or callback_data.id not in kept[key]:
        return _over(turn)
    return await _go_on(turn, {**kept, key: [callback_data.id]})


async def _show(turn: Turn, office: PersonRole, first: date, last: date) -> Reply:
    person = await turn.session.get_one(Person, turn.dialogue.data["people"][0])
    shown = StandIn(role=office.role, from_on=first, to_on=last)
    area, absent = (
        await turn.session.get_one(Area, office.area_id),
        await turn.session.get_one(Person, office.person_id),
    )
    lines = [
        _("请核对：<b>代理</b>"),
        _told(Told(shown, area, person, absent), await turn.today()),
        _("这几天该{absent}定的事、该收的消息都到{name}那里；{absent}本人仍可以定。").format(
            absent=phrases.typed(absent.name), name=phrases.typed(person.name)
        ),
    ]
    return turn.edit("\n".join(lines), [[(_("确定"), Stand(do="set")), cancel()]])


@router.callback_query(Stand.filter(F.do == "set"))
async def on_set(_query: CallbackQuery, turn: Turn) -> Reply:
    """确定."""
    kept = turn.dialogue.data
    if turn.dialogue.state != READY:
        return _over(turn)
    row = await actions.name(
        turn.session,
        by=turn.viewer,
        office_id=kept["offices"][0],
        person_id=kept["people"][0],
        first=date.fromisoformat(kept["first"]),
        last=date.fromisoformat(kept["last"]),
        now=turn.now,
    )
    turn.dialogue.end()
    told, _role = await queries.get(turn.session, turn.viewer, Action.STANDIN_VIEW, row.id)
    text = _("✅ <b>已定代理</b>：{standin}。已告诉{name}，不合适他会说。").format(
        standin=_told(told, await turn.today()), name=phrases.typed(told.person.name)
    )
    return turn.edit(text, [[(_("提前结束"), Stand(do="end", id=row.id))]])


def _over(turn: Turn) -> Reply:
    return turn.edit(_("这一步已经过了。发「代理」看看现在的。"))


@router.callback_query(Stand.filter(F.do == "end"))
async def on_end(_query: CallbackQuery, callback_data: Stand, turn: Turn) -> Reply:
    """提前结束."""
    row = await actions.end(turn.session, by=turn.viewer, stand_in_id=callback_data.id, now=turn.now)
    told, _role = await queries.get(turn.session, turn.viewer, Action.STANDIN_VIEW, row.id)
    return turn.edit(_("✅ 代理<b>已结束</b>：{standin}。").format(standin=_told(told, await turn.today())))


@router.callback_query(Stand.filter(F.do.in_({"yes", "no"})))
async def on_answer(_query: CallbackQuery, callback_data: Stand, turn: Turn) -> Reply:
    """没错, 不合适: the card itself says what came of it."""
    is_fine = callback_data.do == "yes"
    await actions.answer(turn.session, by=turn.viewer, stand_in_id=callback_data.id, is_fine=is_fine, now=turn.now)
    return turn.toast(_("好的，记下了。") if is_fine else _("好的，不由您代理，已告诉定的人。"))


@router.callback_query(Stand.filter())
async def on_nothing(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A press that no button of ours makes."""
    raise Refusal(Code.NOT_FOUND)


# -- cards ----------------------------------------------------------------------------------------------------------


async def _of(session: AsyncSession, viewer: Viewer, action: Action, stand_in_id: int) -> tuple[Told, str, bool]:
    """What a card is about, in words, and whether it is over."""
    told, _role = await queries.get(session, viewer, action, stand_in_id)
    today = (await of(session).local(told.area, session.info["now"])).date()
    return told, _told(told, today), told.row.ended_at is not None or told.row.to_on < today


@card("standin", label=mark("代理"))
async def named_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the one who is named."""
    told, said, is_over = await _of(session, viewer, Action.STANDIN_ANSWER, payload["id"])
    if told.row.ended_by_id == told.row.person_id:
        return Card(_("您说了<b>不合适</b>，不由您代理：{standin}。").format(standin=said))
    if is_over:
        return Card(_("代理<b>已结束</b>：{standin}。").format(standin=said))
    no: Button = (_("不合适"), Stand(do="no", id=told.row.id))
    if told.row.accepted_at is not None:
        return Card(_("✅ <b>由您代理</b>：{standin}。").format(standin=said), [[no]])
    lines = [
        _("<b>请您代理</b>：{standin}。").format(standin=said),
        _("这几天该他定的事、该收的消息都到您这里；他本人仍可以定。"),
    ]
    if told.row.set_by_id != told.row.for_id:
        by = await session.get_one(Person, told.row.set_by_id)
        lines.append(_("{name}定的。").format(name=phrases.typed(by.name)))
    return Card("\n".join(lines), [[(_("没错"), Stand(do="yes", id=told.row.id)), no]])


@card("standin_named")
async def absent_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the officer for whom another has named somebody."""
    told, said, is_over = await _of(session, viewer, Action.STANDIN_VIEW, payload["id"])
    if is_over:
        return None
    by = await session.get_one(Person, told.row.set_by_id)
    text = _("{by}为您<b>定了代理</b>：{standin}。您本人仍可以定。").format(by=phrases.typed(by.name), standin=said)
    return Card(text, [[(_("提前结束"), Stand(do="end", id=told.row.id))]])


@card("standin_declined")
async def declined_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To who named him and to whom it was for."""
    told, said, _is_over = await _of(session, viewer, Action.STANDIN_VIEW, payload["id"])
    text = _("{name}说<b>不合适</b>，没有代理了：{standin}。请另定一个人，发「代理」。")
    return Card(text.format(name=phrases.typed(told.person.name), standin=said))


@card("standin_ended")
async def ended_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To who stood in."""
    _row, said, _is_over = await _of(session, viewer, Action.STANDIN_ANSWER, payload["id"])
    return Card(_("代理<b>提前结束</b>：{standin}。以后的事还由他本人定。").format(standin=said))


awaits(ASK, mark("谁代理"), _ask)
awaits(WHICH, mark("代理选哪一位"))
awaits(READY, mark("核对代理"))
