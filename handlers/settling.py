"""核实: staff ask those who may be asked by name, and write down what came of it. Clauses 三（二）, 三（四）."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import settling
from handlers import paging, phrases, refusals
from handlers.awaited import awaits, cancel
from handlers.filters import TEXT, Awaiting
from handlers.lookup import Phone
from handlers.months import first_of, to
from handlers.today import Unset
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import settling as rules
from policy.refusals import Code, Refusal
from policy.sentences import mask_phone
from policy.settling import HalfDay, Outcome
from storage import settling as queries
from storage.settling import Unsettled
from storage.tables import Area, Settlement

router = Router(name="settling")

TRIP = "settle.trip"
ABSENT = "settle.absent"
PAGE = 8
MOST_HALVES = 24

DONE = {
    Outcome.ON_DUTY: mark("已记<b>在岗</b>"),
    Outcome.TRIP: mark("已记<b>公出</b>"),
    Outcome.LEAVE_ASKED: mark("已请他<b>补办请假</b>，批准前仍是待核实"),
    Outcome.UNREACHED: mark("已记一次<b>没打通</b>，仍是待核实"),
    Outcome.NOT_AT_POST: mark("已记下<b>不在岗</b>，等人认定；认定前仍是待核实"),
}


class Case(CallbackData, prefix="case"):
    """One person's half-days of a month: `show`, `pick` some, or what came of asking. `h`: the half-days, as bits."""

    a: int
    p: int
    m: str
    do: str
    h: str = ""


class Undo(CallbackData, prefix="unsettle"):
    """撤销."""

    a: int
    id: int


def listing(area_id: int, month: date) -> Unset:
    """The press that lists whom to ask."""
    return Unset(area=area_id, month=f"{month:%Y-%m}")


async def place(turn: Turn, area_id: int) -> Area:
    """The area in which somebody asks; that it is his is checked by query and action. Raises `Refusal(NOT_FOUND)`."""
    area = await turn.session.get(Area, area_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    return area


@router.callback_query(Unset.filter())
async def on_list(_query: CallbackQuery, callback_data: Unset, turn: Turn) -> Reply:
    """Whom to ask, by area code."""
    area, month = await place(turn, callback_data.area), first_of(callback_data.month)
    return turn.edit(*await _list(turn, area, month, callback_data.page))


async def _list(turn: Turn, area: Area, month: date, page: int = 0) -> tuple[str, Buttons]:
    found = await queries.unsettled(turn.session, turn.viewer, area, month, turn.now)
    back: list[Button] = [(_("返回"), to(area.id, month))]
    name = phrases.month(month, await turn.today())
    if not found:
        return _("{month}没有要打电话核实的人。自愿签到的，只没有签到不列名单（国办函〔2026〕12号）。").format(
            month=name
        ), [back]
    pages = -(-len(found) // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = found[page * PAGE : (page + 1) * PAGE]
    lines = [_("{month}要核实 <b>{n} 人</b>，打个电话问问：").format(month=name, n=len(found))]
    lines += [_line(one) for one in shown]
    people: list[Button] = [
        (one.person.name[:8], Case(a=area.id, p=one.person.id, m=f"{month:%Y-%m}", do="show")) for one in shown
    ]
    turning = paging.turning(page, pages, lambda at: Unset(area=area.id, month=f"{month:%Y-%m}", page=at))
    return "\n".join(lines), [*paging.pairs(people), turning, back]


def _line(one: Unsettled) -> str:
    words = _("{village} · {name} · {n} 个半天").format(
        village=phrases.typed(one.village.name), name=phrases.typed(one.person.name), n=len(one.halves)
    )
    return f"{words} · " + _("没打通 {n} 次").format(n=len(one.tries)) if one.tries else words


@router.callback_query(Case.filter(F.do == "show"))
async def on_case(_query: CallbackQuery, callback_data: Case, turn: Turn) -> Reply:
    """One person: which half-days, and what may come of asking."""
    return await _show(turn, callback_data)


async def _show(turn: Turn, case: Case) -> Reply:
    area, month = await place(turn, case.a), first_of(case.m)
    one = await queries.one(turn.session, turn.viewer, area, case.p, month, turn.now)
    if one is None:
        return turn.edit(*await _list(turn, area, month))
    halves = _chosen(one, case.h)
    lines = [
        _("<b>{name}</b> · {village}").format(
            name=phrases.typed(one.person.name), village=phrases.typed(one.village.name)
        )
    ]
    lines.append(_("待核实：{halves}").format(halves=told(halves)))
    if one.waiting & set(halves):
        lines.append(_("其中 {halves} 他的说明或补签在等，先定那一件。").format(halves=told(one.waiting & set(halves))))
    if one.found & set(halves):
        lines.append(_("其中 {halves} 已记不在岗，等人认定。").format(halves=told(one.found & set(halves))))
    phone = mask_phone(one.person.phone)
    lines.append(_("电话 {phone}").format(phone=phone) if phone else _("名册里没有登记电话。"))
    for at in one.tries[-3:]:
        local = await turn.batch.local(one.village, at)
        lines.append(_("{day} {time} 没打通").format(day=phrases.day(local.date()), time=local.strftime("%H:%M")))
    return turn.edit("\n".join(lines), _acts(one, case, halves))


def _acts(one: Unsettled, case: Case, halves: Sequence[HalfDay]) -> list[list[Button]]:
    """What may come of it; 选半天 where there are several."""
    h = f"{rules.mask(halves):x}"

    def press(do: str) -> Case:
        return case.model_copy(update={"do": do, "h": h})

    rows: list[list[Button]] = []
    if one.person.phone:
        rows.append([(_("拨打"), Phone(id=one.person.id)), (_("没打通"), press(Outcome.UNREACHED))])
    else:
        rows.append([(_("没打通"), press(Outcome.UNREACHED))])
    rows.append([(_("在岗"), press(Outcome.ON_DUTY)), (_("公出"), press(Outcome.TRIP))])
    rows.append([(_("补办请假"), press(Outcome.LEAVE_ASKED)), (_("不在岗"), press(Outcome.NOT_AT_POST))])
    last: list[Button] = [(_("选半天"), press("pick"))] if len(one.halves) > 1 else []
    return [*rows, [*last, (_("返回"), Unset(area=case.a, month=case.m))]]


def _chosen(one: Unsettled, h: str) -> list[HalfDay]:
    """The half-days that a press speaks of: all that may be settled, or those of the chosen ones that are still open.

    Raises `Refusal(SETTLED)` where none of the chosen ones is: a press never reaches for others.
    """
    if not h:
        return sorted(set(one.halves) - one.waiting) or list(one.halves)
    try:
        found = rules.chosen(one.halves, int(h, 16))
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None
    if not found:
        raise Refusal(Code.SETTLED)
    return found


def told(halves: Any) -> str:
    """11月24日全天、25日下午."""
    return _("、").join(phrases.span(*span) for span in rules.spans(halves))


@router.callback_query(Case.filter(F.do == "pick"))
async def on_pick(_query: CallbackQuery, callback_data: Case, turn: Turn) -> Reply:
    """选半天: each may be left out or taken in."""
    area, month = await place(turn, callback_data.a), first_of(callback_data.m)
    one = await queries.one(turn.session, turn.viewer, area, callback_data.p, month, turn.now)
    if one is None:
        return turn.edit(*await _list(turn, area, month))
    taken = set(_chosen(one, callback_data.h))
    buttons: list[Button] = []
    for half_day in one.halves[:MOST_HALVES]:
        sign = "✓" if half_day in taken else "·"
        label = f"{sign}{half_day[0].day} {phrases.half(half_day[1])}"
        left = taken ^ {half_day}
        bits = f"{rules.mask(left or taken):x}"  # the last one stays
        buttons.append((label, callback_data.model_copy(update={"h": bits})))
    done = callback_data.model_copy(update={"do": "show", "h": f"{rules.mask(taken):x}"})
    return turn.edit(
        _("选了 {n} 个半天：{halves}").format(n=len(taken), halves=told(taken)),
        [*paging.pairs(buttons), [(_("选好了"), done)]],
    )


@router.callback_query(Case.filter(F.do.in_({Outcome.TRIP, Outcome.NOT_AT_POST})))
async def on_words(_query: CallbackQuery, callback_data: Case, turn: Turn) -> Reply:
    """A trip wants its purpose, 不在岗 what was said: one sentence."""
    area, month = await place(turn, callback_data.a), first_of(callback_data.m)
    one = await queries.one(turn.session, turn.viewer, area, callback_data.p, month, turn.now)
    if one is None:
        return turn.edit(*await _list(turn, area, month))
    halves = _chosen(one, callback_data.h)
    rules.check(Outcome(callback_data.do), halves, waiting=one.waiting, found=one.found)
    turn.dialogue.leave()
    state = TRIP if callback_data.do == Outcome.TRIP else ABSENT
    h = f"{rules.mask(halves):x}"
    turn.dialogue.to(
        state, area=area.id, person=one.person.id, month=callback_data.m, h=h, name=one.person.name, when=told(halves)
    )
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    name, when = phrases.typed(kept["name"]), kept["when"]
    if turn.dialogue.state == TRIP:
        text = _("{name} {when} 公出：去哪里、做什么？一句话：").format(name=name, when=when)
    else:
        text = _(
            "{name} {when} 不在岗：电话里怎么说的？一句话。会告诉本人，他可以回一句；由别人认定{rule}，现在仍是待核实。"
        ).format(name=name, when=when, rule=refusals.rule("三（四）"))
    return turn.say(text, [[cancel()]])


@router.message(Awaiting(TRIP, ABSENT), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """The sentence; it is written down."""
    kept, state = turn.dialogue.data, turn.dialogue.state
    case = Case(a=kept["area"], p=kept["person"], m=kept["month"], do="show", h=kept["h"])
    outcome = Outcome.TRIP if state == TRIP else Outcome.NOT_AT_POST
    reply = await _settle(turn, case, outcome, message.text)
    turn.dialogue.end()
    return reply


@router.callback_query(Case.filter(F.do.in_({Outcome.ON_DUTY, Outcome.LEAVE_ASKED, Outcome.UNREACHED})))
async def on_outcome(_query: CallbackQuery, callback_data: Case, turn: Turn) -> Reply:
    """在岗, 补办请假, 没打通."""
    return await _settle(turn, callback_data, Outcome(callback_data.do))


async def _settle(turn: Turn, case: Case, outcome: Outcome, words: str | None = None) -> Reply:
    area, month = await place(turn, case.a), first_of(case.m)
    one = await queries.one(turn.session, turn.viewer, area, case.p, month, turn.now)
    if one is None:
        raise Refusal(Code.SETTLED)
    row = await settling.settle(
        turn.session,
        by=turn.viewer,
        area=area,
        person_id=case.p,
        month=month,
        halves=_chosen(one, case.h),
        outcome=outcome,
        words=words,
        now=turn.now,
    )
    text = _("{name} {when}：{done}。").format(
        name=phrases.typed(one.person.name), when=told(queries.read(row.halves)), done=_(DONE[outcome])
    )
    return turn.edit(text, _after(area, row, month))


def _after(area: Area, row: Settlement, month: date) -> list[list[Button]]:
    undo: list[Button] = [] if row.undone_at is not None else [(_("撤销"), Undo(a=area.id, id=row.id))]
    return [[*undo, (_("还有谁"), listing(area.id, month))]]


@router.callback_query(Undo.filter())
async def on_undo(_query: CallbackQuery, callback_data: Undo, turn: Turn) -> Reply:
    """撤销: the half-days are as before."""
    area = await place(turn, callback_data.a)
    row = await settling.undo(turn.session, by=turn.viewer, settlement_id=callback_data.id, now=turn.now)
    halves = queries.read(row.halves)
    month = halves[0][0].replace(day=1)
    return turn.edit(_("已撤销：{when}，和核实以前一样。").format(when=told(halves)), _after(area, row, month))


@router.callback_query(Case.filter())
async def on_nothing(_query: CallbackQuery) -> Reply:
    """No such thing."""
    raise Refusal(Code.NOT_FOUND)


awaits(TRIP, mark("公出的事由"), _ask, plain=mark("就是事由"))
awaits(ABSENT, mark("电话里怎么说的"), _ask, plain=mark("就是这句话"))
