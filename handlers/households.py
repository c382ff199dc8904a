"""农户: found by name, initials or address; one household's card; put into the list, also from a visit. Clause 二（四）."""

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import households as actions
from actions import visits
from handlers import household_words as words
from handlers import paging, phrases
from handlers.awaited import awaits, cancel
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.replies import called
from handlers.trip_cards import first_village
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import households as rules
from policy.authority import Action, Target, grant_for
from policy.refusals import Refusal
from storage import households as queries
from storage import visits as visit_queries
from storage.tables import Area, Household

router = Router(name="households")

FIND = "household.find"
"""A name, initials or an address is awaited."""
NEW = "household.new"
"""Group and name are awaited; kept: the `visit` that it is linked to, if it comes from one."""
GROUP = "household.group"
"""The group is awaited; kept: `head`, `born`, `visit`."""
PAGE = 8
VISITS = 3
ADD = mark("新增")


class HouseholdDo(CallbackData, prefix="home"):
    """A press: `show`, `phone`, `edit` (`v` counts the columns), `gone` (`v` counts the reasons), `move`, `to`, `undo`, `new`, `nogroup`."""

    do: str
    id: int = 0
    v: int = 0


class HouseholdPage(CallbackData, prefix="homes"):
    """A page of what words found."""

    words: str
    page: int


class HouseholdNew(CallbackData, prefix="homenew"):
    """补进名册: whom a visit names who is not in the list, as it was said."""

    visit: int
    words: str


LONGEST_NEW = 10


def fill_in(visit_id: int, said: str) -> list[Button]:
    """[补进名册] for one whom a visit names; none where the words are too long for a button."""
    if len(said) > LONGEST_NEW or ":" in said:
        return []
    return [(_("补进名册"), HouseholdNew(visit=visit_id, words=said))]


@router.message(Word(mark("农户"), command="household"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """农户 alone: the list, and the question."""
    text, buttons = await _found(turn, "", 0)
    turn.dialogue.to(FIND)
    said = _("找哪一户？说户主、拼音首字母或地址，例如：csl")
    return turn.say(f"{said}\n{text}", [*buttons, [cancel()]])


async def _ask_find(turn: Turn) -> Reply:
    return turn.say(_("找哪一户？说户主、拼音首字母或地址，例如：csl"), [[cancel()]])


awaits(FIND, mark("找农户"), _ask_find, plain=mark("就是找农户"))


@router.message(Line(mark("农户"), command="household", even_in={FIND, NEW, GROUP}))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """农户 陈淑兰, 农户 csl, 农户 东头, 农户 新增 3组 陈淑兰."""
    turn.dialogue.end(FIND, NEW, GROUP)
    for word in called(ADD):
        if rest.casefold().startswith(word.casefold()):
            return await _add(turn, rest[len(word) :].strip(), 0)
    return turn.say(*await _found(turn, rest, 0))


@router.message(Awaiting(FIND), TEXT)
async def on_find(message: Message, turn: Turn) -> Reply:
    """The words that were asked for."""
    turn.dialogue.end(FIND)
    return turn.say(*await _found(turn, message.text or "", 0))


@router.callback_query(HouseholdPage.filter())
async def on_page(_query: CallbackQuery, callback_data: HouseholdPage, turn: Turn) -> Reply:
    """Another page of the same words."""
    return turn.edit(*await _found(turn, callback_data.words, max(0, min(callback_data.page, 10_000))))


async def _found(turn: Turn, said: str, page: int) -> tuple[str, Buttons]:
    """A page of households, or the one that there is."""
    kept = "".join(said.replace(":", "").split())[: queries.LONGEST]
    rows, total = await queries.search(turn.session, turn.viewer, kept, first=page * PAGE, limit=PAGE)
    may_add = turn.speaker is not None and bool(turn.speaker.villages())
    new: list[Button] = [(_("新增"), HouseholdDo(do="new"))] if may_add else []
    if not total:
        if kept:
            text = _("没有找到「{words}」。少说几个字再试；名册里没有的可以新增。")
            return text.format(words=phrases.typed(kept)), [new] if new else []
        return _("名册里还没有农户。请县里用「名册」导入，或一户一户新增。"), [new] if new else []
    if total == 1 and kept:
        return await shown(turn, rows[0][0], rows[0][1])
    with_village = len({village.id for _row, village in rows}) > 1 or not may_add
    lines = [_("找到 {n} 户：").format(n=total) if kept else _("名册里有 {n} 户：").format(n=total)]
    lines += [
        words.listed(page * PAGE + n, row, village, with_village=with_village)
        for n, (row, village) in enumerate(rows, 1)
    ]
    hits: list[Button] = [
        (f"{page * PAGE + n} {row.head}"[:8], HouseholdDo(do="show", id=row.id)) for n, (row, _v) in enumerate(rows, 1)
    ]
    turning = paging.turning(page, -(-total // PAGE), lambda to: HouseholdPage(words=kept, page=to))
    return "\n".join(lines), [*paging.pairs(hits), *([turning] if turning else []), *([new] if new else [])]


async def shown(
    turn: Turn, row: Household, village: Area, *, undo: bool = False, head: str = ""
) -> tuple[str, Buttons]:
    """One household's card; [撤销] of what was changed just now, and wherever it is gone. `head` stands above it."""
    await turn.session.flush()
    seen = await queries.last_visits(turn.session, row, VISITS)
    text = words.card(row, village, seen)
    target = Target(village.path)
    buttons: list[Button] = []
    if row.phone and grant_for(turn.viewer, Action.HOUSEHOLD_PHONE, target):
        buttons.append((_("看电话"), HouseholdDo(do="phone", id=row.id)))
    if grant_for(turn.viewer, Action.HOUSEHOLD_WRITE, target):
        if row.gone_on is None:
            buttons.append((_("改"), HouseholdDo(do="edit", id=row.id)))
            buttons.append((_("搬走/注销"), HouseholdDo(do="gone", id=row.id)))
            if grant_for(turn.viewer, Action.HOUSEHOLD_MOVE, target):
                buttons.append((_("换村"), HouseholdDo(do="move", id=row.id)))
        change = await queries.last_change(turn.session, row.id) if undo or row.gone_on is not None else None
        if change is not None:
            buttons.append((_("撤销"), HouseholdDo(do="undo", id=row.id, v=change.id)))
    return f"{head}\n{text}" if head else text, paging.pairs(buttons)


@router.callback_query(HouseholdDo.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """One of a list."""
    row, village, _role = await queries.get(turn.session, turn.viewer, Action.HOUSEHOLD_VIEW, callback_data.id)
    turn.dialogue.end(FIND)
    return turn.edit(*await shown(turn, row, village))


@router.callback_query(HouseholdDo.filter(F.do == "phone"))
async def on_phone(_query: CallbackQuery, callback_data: HouseholdDo, turn: Turn) -> Reply:
    """看电话: the number in a message of its own; the look is written down."""
    try:
        row = await actions.reveal_phone(turn.session, by=turn.viewer, household_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if "household" in refusal.fields:
            return turn.toast(_("名册里没有登记电话。"), alert=True)
        raise
    said = _("{name} {phone}\n已记下您看过这个号码，请只用于工作。")
    return turn.say(said.format(name=phrases.typed(row.head), phone=phrases.typed(row.phone or "")))


@router.callback_query(HouseholdDo.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """新增: which group, which name."""
    return await _add(turn, "", 0)


@router.callback_query(HouseholdNew.filter())
async def on_fill_in(_query: CallbackQuery, callback_data: HouseholdNew, turn: Turn) -> Reply:
    """补进名册: what the words of the visit say is not asked again."""
    await visit_queries.get(turn.session, turn.viewer, Action.VISIT_CORRECT, callback_data.visit)
    return await _add(turn, callback_data.words, callback_data.visit)


async def _add(turn: Turn, said: str, visit_id: int) -> Reply:
    first_village(turn)
    named = rules.named(said)
    if named.head is None:
        turn.dialogue.to(NEW, visit=visit_id, group=named.group)
        return await _ask_new(turn)
    if named.group is None:
        turn.dialogue.to(GROUP, head=named.head, born=named.born, visit=visit_id)
        return await _ask_group(turn)
    return await _added(turn, named.head, named.group, named.born, visit_id)


async def _ask_new(turn: Turn) -> Reply:
    if turn.dialogue.data.get("group") is not None:
        return turn.say(_("户主叫什么？说全名，例如：陈淑兰"), [[cancel()]])
    return turn.say(_("哪一组、户主叫什么？例如：3组 陈淑兰"), [[cancel()]])


async def _ask_group(turn: Turn) -> Reply:
    text = _("{name}是几组的？说数字就行，例如：3").format(name=phrases.typed(turn.dialogue.data["head"]))
    return turn.say(text, [[(_("不知道"), HouseholdDo(do="nogroup")), cancel()]])


awaits(NEW, mark("新增农户"), _ask_new, plain=mark("就是新增农户"))
awaits(GROUP, mark("新增农户的组"), _ask_group, plain=mark("就是新增农户"))


@router.message(Awaiting(NEW), TEXT)
async def on_named(message: Message, turn: Turn) -> Reply:
    """Group and name."""
    kept = turn.dialogue.data
    group = kept.get("group")
    said = message.text or ""
    if group is not None and rules.named(said).group is None:
        said = f"{group}组{said}"
    return await _add(turn, said, kept["visit"])


@router.message(Awaiting(GROUP), TEXT)
async def on_group(message: Message, turn: Turn) -> Reply:
    """The group's number."""
    kept = turn.dialogue.data
    return await _added(turn, kept["head"], rules.read("group", message.text or ""), kept["born"], kept["visit"])


@router.callback_query(HouseholdDo.filter(F.do == "nogroup"))
async def on_no_group(_query: CallbackQuery, turn: Turn) -> Reply:
    """不知道: it can be said later."""
    kept = turn.dialogue.data
    if turn.dialogue.state != GROUP:
        return turn.edit(_passed())
    return await _added(turn, kept["head"], None, kept["born"], kept["visit"])


def _passed() -> str:
    return _("这一步已经过了。发「农户」再找就行。")


async def _added(turn: Turn, head: str, group: int | None, born: int | None, visit_id: int) -> Reply:
    village = first_village(turn)
    row = await actions.add(
        turn.session, by=turn.viewer, village=village, head=head, group=group, born=born, now=turn.now
    )
    said = _("✅ <b>已补进名册</b>")
    if visit_id:
        visit, _area, _role = await visit_queries.get(turn.session, turn.viewer, Action.VISIT_CORRECT, visit_id)
        (before,) = await visit_queries.written(turn.session, [visit])
        ids = [*(one.id for one in before.households), row.id]
        await visits.correct(turn.session, by=turn.viewer, visit_id=visit_id, household_ids=ids, now=turn.now)
        said = _("✅ <b>已补进名册</b>，这次走访记在他家名下")
    turn.dialogue.end(NEW, GROUP)
    return turn.say(*await shown(turn, row, village, head=said))
