"""换班: which day, with whom, for which of his; the other one says 同意 or 不同意."""

from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import duty_swaps
from handlers import duty_words as words
from handlers import phrases
from handlers.cards import Card, card
from handlers.duty_words import Look, Swap
from handlers.filters import Word
from handlers.paging import pairs
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import duty as rules
from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from storage import duty as queries
from storage.batch import of
from storage.duty import DutyList
from storage.engine import AsyncSession
from storage.tables import Area, DutyPeriod, DutySwap, Person, SwapState

router = Router(name="duty_swaps")

MOST = 12
"""Days offered, the nearest ones."""


class SwapAct(CallbackData, prefix="dutysw"):
    """A press on a swap that is asked for: `yes`, `no`, `off`."""

    id: int
    do: str


@router.message(Word(mark("换班"), command="swap"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """换班: of the next period in which one is on duty."""
    if not turn.viewer.may(Action.DUTY_SWAP):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.DUTY_SWAP.value)
    today = await turn.today()
    rows = [row for row in await queries.own(turn.session, turn.viewer, today) if row.on > today]
    if not rows:
        return turn.say(_("您没有以后的值班，不用换。发「值班」看看安排。"))
    return await _ask_day(turn, rows[0].period_id)


@router.callback_query(Swap.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, callback_data: Swap, turn: Turn) -> Reply:
    """[换班] on a list."""
    return await _ask_day(turn, callback_data.id)


async def _mine(turn: Turn, period_id: int) -> tuple[DutyList, list[date]]:
    """The list of one's village in a period, and one's own days to come. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    today = await turn.today()
    rows = [row for row in await queries.own(turn.session, turn.viewer, today) if row.period_id == period_id]
    coming = [row for row in rows if row.on > today]
    if not coming:
        raise Refusal(Code.NOT_FOUND)
    period, village, _role = await queries.get(
        turn.session, turn.viewer, Action.DUTY_VIEW, period_id, coming[0].village_id
    )
    found = await queries.of_village(turn.session, period, village, turn.now)
    return found, [row.on for row in coming if row.village_id == village.id]


async def _ask_day(turn: Turn, period_id: int) -> Reply:
    found, coming = await _mine(turn, period_id)
    if len(coming) == 1:
        return _ask_whom(turn, found, coming[0])
    flat: list[Button] = [
        (f"{on.month}-{on.day}", Swap(id=period_id, do="day", n=_n(found, on))) for on in coming[:MOST]
    ]
    rows = [flat[at : at + 4] for at in range(0, len(flat), 4)]
    return turn.edit(_("🔁 <b>换班</b>：您的哪天要换？"), [*rows, [_back(found)]])


def _n(found: DutyList, on: date) -> int:
    return (on - found.period.first_on).days


def _back(found: DutyList) -> Button:
    return _("不换了"), Look(id=found.period.id, area=found.village.id)


@router.callback_query(Swap.filter(F.do == "day"))
async def on_day(_query: CallbackQuery, callback_data: Swap, turn: Turn) -> Reply:
    """The day: with whom?"""
    found, coming = await _mine(turn, callback_data.id)
    return _ask_whom(turn, found, _chosen(found, callback_data.n, coming))


def _chosen(found: DutyList, n: int, among: list[date]) -> date:
    on = next((on for on in among if _n(found, on) == n), None)
    if on is None:
        raise Refusal(Code.NOT_FOUND)
    return on


def _ask_whom(turn: Turn, found: DutyList, on: date) -> Reply:
    others = [person for person in found.team if person.id != turn.person.id]
    flat: list[Button] = [
        (person.name[:8], Swap(id=found.period.id, do="who", n=_n(found, on), v=person.id)) for person in others
    ]
    text = _("🔁 <b>换班</b>：您的{day}，和谁换？").format(day=words.day(on, found.today.year))
    return turn.edit(text, [*pairs(flat), [_back(found)]])


@router.callback_query(Swap.filter(F.do == "who"))
async def on_who(_query: CallbackQuery, callback_data: Swap, turn: Turn) -> Reply:
    """The other one: for which of his days? Or he takes it over."""
    found, coming = await _mine(turn, callback_data.id)
    on, other = _chosen(found, callback_data.n, coming), callback_data.v
    name = found.names.get(other)
    if name is None or other == turn.person.id:
        raise Refusal(Code.NOT_FOUND)
    his = [day for day in found.days() if day > found.today and found.halves_of(other, day) and day != on]
    flat: list[Button] = [
        (
            f"{day.month}-{day.day}",
            Swap(id=found.period.id, do="with", n=callback_data.n, v=other, m=_n(found, day)),
        )
        for day in his[:MOST]
    ]
    rows = [flat[at : at + 4] for at in range(0, len(flat), 4)]
    over: Button = (_("替我值"), Swap(id=found.period.id, do="with", n=callback_data.n, v=other))
    text = _("🔁 <b>换班</b>：您的{day}，换{name}的哪天？").format(
        day=words.day(on, found.today.year), name=phrases.typed(name)
    )
    return turn.edit(text, [*rows, [over, _back(found)]])


@router.callback_query(Swap.filter(F.do == "with"))
async def on_with(_query: CallbackQuery, callback_data: Swap, turn: Turn) -> Reply:
    """All is said: the other one is asked; the answer is a card, since it will change."""
    found, coming = await _mine(turn, callback_data.id)
    on = _chosen(found, callback_data.n, coming)
    every = found.days()
    if not -1 <= callback_data.m < len(every):
        raise Refusal(Code.NOT_FOUND)
    await duty_swaps.ask(
        turn.session,
        by=turn.viewer,
        period_id=found.period.id,
        village_id=found.village.id,
        on=on,
        other_id=callback_data.v,
        other_on=every[callback_data.m] if callback_data.m >= 0 else None,
        now=turn.now,
    )
    return turn.edit(_("换班：{day}").format(day=words.day(on, found.today.year)))


@router.callback_query(SwapAct.filter(F.do.in_({"yes", "no"})))
async def on_answer(_query: CallbackQuery, callback_data: SwapAct, turn: Turn) -> Reply:
    """同意, 不同意: the card itself says what came of it."""
    is_agreed = callback_data.do == "yes"
    await duty_swaps.answer(turn.session, by=turn.viewer, swap_id=callback_data.id, is_agreed=is_agreed, now=turn.now)
    return turn.toast(_("已换班。") if is_agreed else _("好的，没有换。"))


@router.callback_query(SwapAct.filter(F.do == "off"))
async def on_off(_query: CallbackQuery, callback_data: SwapAct, turn: Turn) -> Reply:
    """撤回."""
    await duty_swaps.withdraw(turn.session, by=turn.viewer, swap_id=callback_data.id, now=turn.now)
    return turn.toast(_("已撤回，没有换。"))


@router.callback_query(SwapAct.filter())
@router.callback_query(Swap.filter())
async def on_nothing(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A press that no button of ours makes."""
    raise Refusal(Code.NOT_FOUND)


# -- cards ------------------------------------------------------------------------------------------------------------


async def _told(session: AsyncSession, swap: DutySwap) -> tuple[str, bool]:
    """What is to be changed, and whether it is over with nobody having answered."""
    period = await session.get_one(DutyPeriod, swap.period_id)
    asker, other = await session.get_one(Person, swap.asker_id), await session.get_one(Person, swap.other_id)
    today = (await of(session).local(await session.get_one(Area, swap.village_id), session.info["now"])).date()
    fields = {
        "title": words.title(period),
        "asker": phrases.typed(asker.name),
        "day": words.day(swap.asker_on, today.year),
        "other": phrases.typed(other.name),
    }
    if swap.other_on is None:
        text = _("{title}：{asker}的{day}由{other}值").format(**fields)
    else:
        theirs = words.day(swap.other_on, today.year)
        text = _("{title}：{asker}的{day}，换{other}的{theirs}").format(**fields, theirs=theirs)
    is_over = swap.state is SwapState.WAITING and rules.swap_is_over(swap.asker_on, swap.other_on, today)
    return text, is_over


_SAID = {
    SwapState.AGREED: mark("✅ <b>已换班</b>"),
    SwapState.DECLINED: mark("<b>没有同意</b>，照原来的值"),
    SwapState.WITHDRAWN: mark("<b>已撤回</b>，照原来的值"),
}


@card("duty_swap", label=mark("换班"))
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the one who is asked; over, it is not said any more."""
    swap, _of, _role = await queries.swap(session, viewer, Action.DUTY_SWAP_ANSWER, payload["id"], of_other=True)
    text, is_over = await _told(session, swap)
    if is_over:
        return None
    if swap.state is not SwapState.WAITING:
        return Card(f"🔁 {_(_SAID[swap.state])}\n{text}")
    row: list[Button] = [
        (_("同意"), SwapAct(id=swap.id, do="yes")),
        (_("不同意"), SwapAct(id=swap.id, do="no")),
    ]
    return Card(_("🔁 <b>换班</b>，请您定\n{swap}").format(swap=text), [row])


@card("duty_swap_asked")
async def own_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the one who asks: what stands."""
    swap, _of, _role = await queries.swap(session, viewer, Action.DUTY_SWAP, payload["id"], of_other=False)
    text, is_over = await _told(session, swap)
    if swap.state is not SwapState.WAITING:
        return Card(f"🔁 {_(_SAID[swap.state])}\n{text}")
    if is_over:
        return Card(_("🔁 换班没有等到答复，照原来的值。\n{swap}").format(swap=text))
    other = await session.get_one(Person, swap.other_id)
    said = _("🔁 <b>已问</b>{name}，同意了就换。\n{swap}").format(name=phrases.typed(other.name), swap=text)
    return Card(said, [[(_("撤回"), SwapAct(id=swap.id, do="off"))]])


@card("duty_swap_settled")
async def settled_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the one who asked: the answer."""
    swap, _of, _role = await queries.swap(session, viewer, Action.DUTY_SWAP, payload["id"], of_other=False)
    text, _is_over = await _told(session, swap)
    return Card(f"🔁 {_(_SAID[swap.state])}\n{text}") if swap.state in _SAID else None
