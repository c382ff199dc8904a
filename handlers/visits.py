"""走访: one sentence is enough; what is not clear is asked with buttons, and nothing is typed twice. Clause 二（四）."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import visits as actions
from handlers import paging, phrases
from handlers import visit_words as words
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.households import fill_in
from handlers.replies import KEY_VISIT
from handlers.trip_cards import first_village
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import duties as tags
from policy import visits as rules
from policy.authority import Action
from policy.calendar import month_of
from policy.spoken_visits import Called, Heard, heard
from storage import households, people
from storage import visits as queries
from storage.tables import Area, Household, HouseholdVisit

router = Router(name="visits")

WHAT = "visit.what"
"""The sentence is awaited; kept with it: what was said so far (`line`), and when."""
WHICH = "visit.which"
"""Which of several households is meant is awaited; kept: `line`, `sent_at`, and what was `chosen` for which words."""

MOST_CHOICES = 8


class VisitDo(CallbackData, prefix="visit"):
    """A press: `which` (household, 0: none of them), `duty` and `tag`, `off`; `id` is a visit's or a household's."""

    do: str
    id: int = 0
    v: int = 0


@router.message(Word(mark("走访"), KEY_VISIT, command="visit"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """What was visited this month, who might be next, and the question."""
    village = first_village(turn)
    turn.dialogue.to(WHAT)
    return turn.say("\n".join(await _begin(turn, village)), [*drafts(turn, WHICH), [cancel()]])


async def _begin(turn: Turn, village: Area) -> list[str]:
    today = await turn.today()
    visits = await queries.own(turn.session, turn.viewer, *month_of(today))
    lines = [
        _("说一句就记下：哪一户、什么事。例如：3组陈淑兰 屋顶漏雨，想修房"),
        _("我本月走访 {n} 次。").format(n=len(visits)),
    ]
    profile = await turn.batch.profile(village, today)
    periods = {
        False: rules.period_of(today, profile.household_coverage),
        True: rules.period_of(today, profile.priority_household_coverage),
    }
    found = await queries.coverage(turn.session, turn.viewer, village, periods)
    return lines + words.covered(found[False], found[True], profile)


async def _ask(turn: Turn) -> Reply:
    line = turn.dialogue.data.get("line")
    if line is None:
        return turn.say(_("走访了哪一户、什么事？说一句就行。"), [[cancel()]])
    return turn.say(_("{line}：有什么事？说一句就行。").format(line=phrases.typed(line)), [[cancel()]])


awaits(WHAT, mark("走访的话"), _ask, plain=mark("就是走访的话"))


@router.message(Line(mark("走访"), command="visit", even_in={WHAT, WHICH}))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """走访 3组陈淑兰 屋顶漏雨."""
    return await _said(turn, rest, turn.sent_at, {})


@router.message(Awaiting(WHAT, WHICH), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """The sentence in answer to the question, behind what was said before it."""
    before = turn.dialogue.data.get("line") if turn.dialogue.state == WHAT else None
    line = f"{before} {message.text}" if before else message.text or ""
    return await _said(turn, line, turn.sent_at, {})


async def _said(turn: Turn, line: str, sent_at: datetime, chosen: dict[str, int]) -> Reply:
    """A sentence as far as it is clear: written down, or asked about. `chosen`: households by the words for them."""
    village = first_village(turn)
    today = await turn.today()
    rows = await households.in_village(turn.session, turn.viewer, village)
    team = [person for person, _role in await people.colleagues(turn.session, turn.viewer, village, today)]
    colleagues = {person.name: person.id for person in team if person.id != turn.person.id}
    said = heard(
        line,
        (await turn.batch.local(village, sent_at)).date(),
        [households.known(row) for row in rows],
        colleagues=tuple(colleagues),
        sounds=households.sounds(line.strip()),
    )
    if said.unclear:
        turn.dialogue.to(WHAT)
        text = _("“{day}”不是已经过去的日子，没有记。改一下日子再说一遍，例如：昨天 3组陈淑兰 屋顶漏雨。")
        return turn.edit(text.format(day=phrases.typed(said.unclear)), [[cancel()]])
    if not said.text:
        turn.dialogue.to(WHAT, line=line)
        return await _ask(turn)
    by_id = {row.id: row for row in rows}
    for called in said.households:
        if len(called.ids) > 1 and called.words not in chosen:
            turn.dialogue.to(WHICH, line=line, sent_at=sent_at.isoformat(), chosen=chosen)
            return _which(turn, called, [by_id[one] for one in called.ids])
    return await _record(turn, village, said, sent_at, chosen, [colleagues[name] for name in said.colleagues])


def _which(turn: Turn, called: Called, rows: Sequence[Household]) -> Reply:
    shown: list[Button] = [(words.told_apart(row), VisitDo(do="which", id=row.id)) for row in rows[:MOST_CHOICES]]
    none: Button = (_("都不是"), VisitDo(do="which"))
    text = _("“{words}”是哪一户？").format(words=phrases.typed(called.words))
    return turn.edit(text, [*paging.pairs([*shown, none]), [cancel()]])


async def _ask_which(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    return await _said(turn, kept["line"], datetime.fromisoformat(kept["sent_at"]), kept["chosen"])


awaits(WHICH, mark("走访了哪一户"), _ask_which, plain=mark("就是走访的话"))


@router.callback_query(VisitDo.filter(F.do == "which"))
async def on_which(_query: CallbackQuery, callback_data: VisitDo, turn: Turn) -> Reply:
    """This one, or none of them: then it is written as it was said."""
    if turn.dialogue.state != WHICH:
        return turn.edit(_("这一步已经过了。发「走访」再说一句就行。"))
    kept = turn.dialogue.data
    village = first_village(turn)
    rows = await households.in_village(turn.session, turn.viewer, village)
    today = (await turn.batch.local(village, datetime.fromisoformat(kept["sent_at"]))).date()
    line = kept["line"]
    said = heard(line, today, [households.known(row) for row in rows], sounds=households.sounds(line.strip()))
    open_ones = [one for one in said.households if len(one.ids) > 1 and one.words not in kept["chosen"]]
    if not open_ones or callback_data.id not in {0, *open_ones[0].ids}:
        return await _ask_which(turn)
    chosen = {**kept["chosen"], open_ones[0].words: callback_data.id}
    return await _said(turn, line, datetime.fromisoformat(kept["sent_at"]), chosen)


async def _record(
    turn: Turn,
    village: Area,
    said: Heard,
    sent_at: datetime,
    chosen: dict[str, int],
    companion_ids: Sequence[int],
) -> Reply:
    local = await turn.batch.local(village, sent_at)
    profile = await turn.batch.profile(village, local.date())
    found = {called.words: chosen.get(called.words, called.ids[0] if called.ids else 0) for called in said.households}
    visit = await actions.record(
        turn.session,
        by=turn.viewer,
        village=village,
        on=said.on or local.date(),
        text=said.text,
        household_ids=[household_id for household_id in found.values() if household_id],
        companion_ids=companion_ids,
        duties=[profile.duties[place] for place in tags.told(said.text, profile.duties)],
        sent_at=sent_at.astimezone(UTC),
        now=turn.now,
    )
    turn.dialogue.end(WHAT, WHICH)
    unknown = [called for called in said.households if not found[called.words]]
    missing = fill_in(visit.id, unknown[0].words) if unknown else []
    return turn.edit(await _shown(turn, visit, unknown), [*([missing] if missing else []), *_buttons(visit)])


async def _shown(turn: Turn, visit: HouseholdVisit, unknown: Sequence[Called] = ()) -> str:
    await turn.session.flush()
    (found,) = await queries.written(turn.session, [visit])
    today = await turn.today()
    return words.recorded(found, today, _is_late(visit, today), unknown)


def _is_late(visit: HouseholdVisit, today: date) -> bool:
    return visit.on < today


def _buttons(visit: HouseholdVisit) -> Buttons:
    return [[(_("改职责"), VisitDo(do="duty", id=visit.id)), (_("撤回"), VisitDo(do="off", id=visit.id))]]


@router.callback_query(VisitDo.filter(F.do == "duty"))
async def on_duty(_query: CallbackQuery, callback_data: VisitDo, turn: Turn) -> Reply:
    """The five duties, ticked as they are; a tap changes one, `v` counts from 1."""
    visit, village, _role = await queries.get(turn.session, turn.viewer, Action.VISIT_CORRECT, callback_data.id)
    profile = await turn.batch.profile(village, visit.on)
    if 0 < callback_data.v <= len(profile.duties):
        duty = profile.duties[callback_data.v - 1]
        kept = set(visit.duties) ^ {duty}
        wanted = [name for name in profile.duties if name in kept]
        visit = await actions.correct(turn.session, by=turn.viewer, visit_id=visit.id, duties=wanted, now=turn.now)
    rows: list[list[Button]] = [
        [(f"{name} ✓" if name in visit.duties else name, VisitDo(do="duty", id=visit.id, v=place))]
        for place, name in enumerate(profile.duties, 1)
    ]
    return turn.edit(await _shown(turn, visit), [*rows, [(_("好了"), VisitDo(do="show", id=visit.id))]])


@router.callback_query(VisitDo.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, callback_data: VisitDo, turn: Turn) -> Reply:
    """The visit as it stands."""
    visit, _village, _role = await queries.get(turn.session, turn.viewer, Action.VISIT_CORRECT, callback_data.id)
    return turn.edit(await _shown(turn, visit), _buttons(visit))


@router.callback_query(VisitDo.filter(F.do == "off"))
async def on_off(_query: CallbackQuery, callback_data: VisitDo, turn: Turn) -> Reply:
    """撤回: it was none, or was written twice."""
    await actions.withdraw(turn.session, by=turn.viewer, visit_id=callback_data.id, now=turn.now)
    return turn.edit(_("已撤回这次走访，不计入。"))
