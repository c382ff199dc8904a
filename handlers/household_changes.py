"""农户: one thing corrected, moved to another village, marked as gone, taken back. Clause 二（四）."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from actions import households as actions
from handlers import household_words as words
from handlers import paging, phrases
from handlers.awaited import awaits, cancel
from handlers.filters import TEXT, Awaiting
from handlers.households import HouseholdDo, shown
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.refusals import Code, Refusal
from storage import households as queries
from storage.tables import Area, Household

router = Router(name="household_changes")

FIELD = "household.field"
"""What a column is to say is awaited; kept: `id`, `field`."""
GONE = "household.gone"
"""Why a household is gone is awaited; kept: `id`."""
MOVE = "household.move"
"""To which village is awaited; kept: `id`."""

REASONS = (mark("搬走"), mark("去世"), mark("并户"))


@router.callback_query(HouseholdDo.filter(F.do == "edit"))
async def on_edit(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """改: which column, then what it is to say; `v` counts from 1."""
    row, _area, _role = await queries.get(turn.session, turn.viewer, Action.HOUSEHOLD_WRITE, callback_data.id)
    names = list(words.FIELDS)
    if 0 < callback_data.v <= len(names):
        turn.dialogue.to(FIELD, id=row.id, field=names[callback_data.v - 1])
        return await _ask_field(turn)
    buttons: list[Button] = [
        (_(label), HouseholdDo(do="edit", id=row.id, v=place))
        for place, (label, _question) in enumerate(words.FIELDS.values(), 1)
    ]
    back: Button = (_("返回"), HouseholdDo(do="show", id=row.id))
    return turn.edit(_("改{name}的哪一项？").format(name=phrases.typed(row.head)), paging.pairs([*buttons, back]))


async def _ask_field(turn: Turn) -> Reply:
    _label, question = words.FIELDS[turn.dialogue.data["field"]]
    return turn.say(_(question), [[cancel()]])


awaits(FIELD, mark("改农户"), _ask_field, plain=mark("就是要改成的"))


@router.message(Awaiting(FIELD), TEXT)
async def on_field(message: Message, turn: Turn) -> Reply:
    """What the column is to say."""
    kept = turn.dialogue.data
    row = await actions.correct(
        turn.session,
        by=turn.viewer,
        household_id=kept["id"],
        field=kept["field"],
        said=message.text or "",
        today=await turn.today(),
        now=turn.now,
    )
    turn.dialogue.end(FIELD)
    return turn.say(*await shown(turn, row, await village_of(turn, row), undo=True, head=_("✅ <b>已改</b>")))


@router.callback_query(HouseholdDo.filter(F.do == "gone"))
async def on_gone(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """搬走/注销: why; `v` counts the usual reasons from 1."""
    row, _area, _role = await queries.get(turn.session, turn.viewer, Action.HOUSEHOLD_WRITE, callback_data.id)
    if 0 < callback_data.v <= len(REASONS):
        return await _leave(turn, row.id, _(REASONS[callback_data.v - 1]))
    turn.dialogue.to(GONE, id=row.id)
    return await _ask_gone(turn)


async def _ask_gone(turn: Turn) -> Reply:
    household_id: int = turn.dialogue.data["id"]
    buttons: list[Button] = [
        (_(reason), HouseholdDo(do="gone", id=household_id, v=place)) for place, reason in enumerate(REASONS, 1)
    ]
    return turn.say(_("为什么不在名册里了？点一下，或说一句。走访记录都留着。"), paging.pairs([*buttons, cancel()]))


awaits(GONE, mark("注销农户"), _ask_gone, plain=mark("就是原因"))


@router.message(Awaiting(GONE), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """Why."""
    return await _leave(turn, turn.dialogue.data["id"], message.text or "")


async def _leave(turn: Turn, household_id: int, reason: str) -> Reply:
    today = await turn.today()
    row = await actions.leave(
        turn.session, by=turn.viewer, household_id=household_id, reason=reason, today=today, now=turn.now
    )
    turn.dialogue.end(GONE)
    return turn.edit(*await shown(turn, row, await village_of(turn, row), head=_("✅ <b>已注销</b>，不再列入走访")))


@router.callback_query(HouseholdDo.filter(F.do == "move"))
async def on_move(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """换村: to which."""
    await queries.get(turn.session, turn.viewer, Action.HOUSEHOLD_MOVE, callback_data.id)
    turn.dialogue.to(MOVE, id=callback_data.id)
    return await _ask_move(turn)


async def _ask_move(turn: Turn) -> Reply:
    return turn.say(_("搬到本县哪个村？说村名，例如：东峪村"), [[cancel()]])


awaits(MOVE, mark("农户换村"), _ask_move, plain=mark("就是村名"))


@router.message(Awaiting(MOVE), TEXT)
async def on_to(message: Message, turn: Turn) -> Reply:
    """The village's name; of several of that name one is chosen."""
    household_id: int = turn.dialogue.data["id"]
    _row, village, _role = await queries.get(turn.session, turn.viewer, Action.HOUSEHOLD_MOVE, household_id)
    name = "".join((message.text or "").split())
    found = await queries.villages_named(turn.session, turn.viewer, village, name)
    if not found:
        text = _("没有找到「{name}」，没有改。要是本县的、您管的村，说全名再试。")
        return turn.say(text.format(name=phrases.typed(name[:20])), [[cancel()]])
    if len(found) == 1:
        return await _move(turn, household_id, found[0].id)
    buttons: list[Button] = [
        (f"{n} {area.name}"[:8], HouseholdDo(do="to", id=household_id, v=area.id)) for n, area in enumerate(found, 1)
    ]
    lines = [_("是哪一个？")] + [f"{n}. {phrases.typed(area.name)} {area.code}" for n, area in enumerate(found, 1)]
    return turn.say("\n".join(lines), [*paging.pairs(buttons), [cancel()]])


@router.callback_query(HouseholdDo.filter(F.do == "to"))
async def on_chosen(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """This village."""
    return await _move(turn, callback_data.id, callback_data.v)


async def _move(turn: Turn, household_id: int, village_id: int) -> Reply:
    row, to = await actions.move(
        turn.session, by=turn.viewer, household_id=household_id, village_id=village_id, now=turn.now
    )
    turn.dialogue.end(MOVE)
    head = _("✅ <b>已换到{village}</b>，组和包户干部请新村填上").format(village=phrases.typed(to.name))
    return turn.edit(*await shown(turn, row, to, undo=True, head=head))


@router.callback_query(HouseholdDo.filter(F.do == "undo"))
async def on_undo(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """撤销: as it was before."""
    row = await actions.undo(
        turn.session, by=turn.viewer, household_id=callback_data.id, change_id=callback_data.v, now=turn.now
    )
    return turn.edit(*await shown(turn, row, await village_of(turn, row), head=_("已撤销，和原来一样")))


async def village_of(turn: Turn, row: Household) -> Area:
    area = await turn.session.get(Area, row.village_id)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    return area
