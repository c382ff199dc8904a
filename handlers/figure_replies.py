"""报数, answered: one field after another or all in a line, what is known only confirmed, then 提交."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import figures as actions
from handlers import awaited, figure_standing, phrases, refusals
from handlers import figure_words as words
from handlers.filters import TEXT, Awaiting
from handlers.paging import pairs
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import figure_answers
from policy.authority import Action
from policy.figures import Field, FieldKind, Value
from policy.refusals import Code, Refusal
from storage import figures
from storage.figures import Mine, Standing

router = Router(name="figure_replies")

ANSWER, CONFIRM, WHICH = "figures.answer", "figures.confirm", "figures.which"
STATES = (ANSWER, CONFIRM)

NONE = -1
"""On a button of a text: 无."""


class Give(CallbackData, prefix="figv"):
    """An answer by one tap: hundredths, the place of a choice, or 无; `place` says to which question."""

    place: int
    v: int


class Settle(CallbackData, prefix="figs"):
    """Under the summary: `send`, `change`, or `field` with the place of one to be put anew."""

    do: str
    place: int = 0


@dataclass(slots=True)
class Form:
    """What is being filled in."""

    mine: Mine
    fields: Sequence[Field]
    values: dict[int, Value]
    replaces: int | None
    place: int

    def next(self) -> int | None:
        """The first question without an answer; None: all are answered."""
        return next((place for place in range(len(self.fields)) if place not in self.values), None)

    def keep(self, turn: Turn, state: str) -> None:
        """Have the conversation hold it (law 11)."""
        values = {str(place): value for place, value in self.values.items()}
        turn.dialogue.to(state, asked=self.mine.asked.id, values=values, replaces=self.replaces, place=self.place)


async def begin(turn: Turn, mine: Mine, line: str | None = None) -> Reply:
    """The first question, or the summary where a line says it all. A standing answer is corrected by the line."""
    standing = await figures.standing(turn.session, mine.asked.id)
    form = Form(mine, await _fields(turn, mine), {}, None, 0)
    if standing is not None:
        form.values, form.replaces = dict(standing.values), standing.reply.id
    if turn.dialogue.state is not None:
        turn.dialogue.leave()
    form.keep(turn, ANSWER)
    if not line:
        return await _go_on(turn, form, anew=True)
    said = _all_of(form.fields, line)
    if said is None:
        note = _("没看懂这一行，一项一项填。也可以一次发：{line}").format(line=words.line_of(form.fields))
        return await _go_on(turn, form, note, anew=True)
    return await _taken(turn, form, said)


def _all_of(fields: Sequence[Field], line: str) -> dict[int, str] | None:
    """A line as answers, by the place of the field; of a single field it is the answer."""
    said = figure_answers.spread(fields, line)
    return {0: line} if said is None and len(fields) == 1 else said


async def fits(turn: Turn, mine: Mine, line: str) -> bool:
    """Whether a line may be meant as the answer to this: something of it would do."""
    fields = await _fields(turn, mine)
    return any(_would_do(fields[place], said) for place, said in (_all_of(fields, line) or {}).items())


async def fits_wholly(turn: Turn, mine: Mine, line: str) -> bool:
    """Whether a line answers all of it."""
    fields = await _fields(turn, mine)
    said = _all_of(fields, line) or {}
    return len(said) == len(fields) and all(_would_do(fields[place], text) for place, text in said.items())


def _would_do(field: Field, said: str) -> bool:
    try:
        figure_answers.read(field, said)
    except Refusal:
        return False
    return True


def being_answered(turn: Turn) -> int | None:
    """The id of what is asked and being answered in the conversation at this moment."""
    asked: int | None = turn.dialogue.data["asked"] if turn.dialogue.state in STATES else None
    return asked


def begun(turn: Turn, asked_id: int) -> str | None:
    """The draft's state in which an answer to this was begun and left; what is being answered now is left first."""
    if being_answered(turn) == asked_id:
        turn.dialogue.leave()
    kept = turn.dialogue.drafts
    return next((state for state in STATES if kept.get(state, {}).get("asked") == asked_id), None)


async def correct(turn: Turn, mine: Mine, standing: Standing) -> Reply:
    """更正: which of them?"""
    form = Form(mine, await _fields(turn, mine), dict(standing.values), standing.reply.id, 0)
    if turn.dialogue.state is not None:
        turn.dialogue.leave()
    form.keep(turn, CONFIRM)
    return turn.say(*_choose(form))


def keep_line(turn: Turn, line: str) -> None:
    """Keep what was typed until it is said for which of several requests; what was being answered can be taken up again."""
    if turn.dialogue.state is not None:
        turn.dialogue.leave()
    turn.dialogue.to(WHICH, line=line)


def line_kept(turn: Turn) -> str | None:
    """What was typed before it was said for which request."""
    if turn.dialogue.state != WHICH:
        return None
    line: str = turn.dialogue.data["line"]
    turn.dialogue.end()
    return line


async def _fields(turn: Turn, mine: Mine) -> list[Field]:
    return [figures.as_asked(row) for row in await figures.fields(turn.session, mine.request.id)]


async def _form(turn: Turn) -> Form | None:
    """What the conversation holds; None where it is no longer asked, or somebody else has answered meanwhile."""
    kept: dict[str, Any] = turn.dialogue.data
    mine = await figures.mine(turn.session, turn.viewer, Action.FIGURES_REPLY, kept["asked"])
    standing = await figures.standing(turn.session, mine.asked.id)
    is_same = (standing.reply.id if standing is not None else None) == kept["replaces"]
    if not is_same or not figures.takes_answers(mine.request, turn.now):
        return None
    values: dict[int, Value] = {int(place): value for place, value in kept["values"].items()}
    return Form(mine, await _fields(turn, mine), values, kept["replaces"], kept["place"])


async def _over(turn: Turn) -> Reply:
    """What was begun is moot: why, and how it stands."""
    kept = turn.dialogue.data
    mine = await figures.mine(turn.session, turn.viewer, Action.FIGURES_REPLY, kept["asked"])
    turn.dialogue.end(*STATES)
    return await figure_standing.in_vain(turn, mine, kept["replaces"])


# -- questions --------------------------------------------------------------------------------------------------------


async def _go_on(turn: Turn, form: Form, note: str | None = None, *, anew: bool = False) -> Reply:
    """The next question, or the summary."""
    place = form.next()
    if place is None:
        return _summary(turn, form)
    form.place = place
    form.keep(turn, ANSWER)
    return await _question(turn, form, note, anew=anew)


async def _question(turn: Turn, form: Form, note: str | None = None, *, anew: bool = False) -> Reply:
    field = form.fields[form.place]
    known = await figures.known(turn.session, turn.viewer, form.mine.village, form.fields, turn.now)
    given = known.get(form.place)
    text = words.question(form.fields, form.place, None if given is None else words.value(field, given))
    if form.next() == 0 and not form.values:
        title = _("📊 <b>{title}</b>（{village}）").format(
            title=phrases.typed(form.mine.request.title), village=phrases.typed(form.mine.village.name)
        )
        text = f"{title}\n{text}"
    text = f"{note}\n{text}" if note else text
    put = turn.say if anew else turn.edit  # the card that asks stays as it is
    return put(text, [*_taps(form.place, field, given), [awaited.cancel()]])


def _taps(place: int, field: Field, given: Value | None) -> list[list[Button]]:
    """Answers by one tap: what is known, none, the choices."""
    flat: list[Button] = []
    if field.kind is FieldKind.CHOICE:
        flat = [(choice, Give(place=place, v=nth)) for nth, choice in enumerate(field.choices)]
    elif field.kind is FieldKind.TEXT:
        flat = [(_("无"), Give(place=place, v=NONE))]
    else:
        if isinstance(given, int):
            flat.append((_("{value} ✓").format(value=words.value(field, given)), Give(place=place, v=given)))
        if given != 0 and (field.low is None or field.low <= 0) and (field.high is None or field.high >= 0):
            flat.append(("0", Give(place=place, v=0)))
    return pairs(flat)


@router.callback_query(Give.filter())
async def on_give(_query: CallbackQuery, callback_data: Give, turn: Turn) -> Reply:
    """An answer by one tap; a button of a question that is over changes nothing."""
    form = await _form(turn) if turn.dialogue.state == ANSWER else None
    if form is None:
        return await _stale(turn)
    if callback_data.place != form.place:
        return turn.toast(_("这一项已经过了。要改，填完后点「修改」。"), alert=True)
    field = form.fields[form.place]
    form.values[form.place] = figure_answers.check(field, _tapped(field, callback_data.v))
    return await _go_on(turn, form)


def _tapped(field: Field, v: int) -> Value:
    if field.kind is FieldKind.TEXT:
        return _("无")
    if field.kind is FieldKind.CHOICE:
        if not 0 <= v < len(field.choices):
            raise Refusal(Code.NOT_FOUND)
        return field.choices[v]
    return v


async def _stale(turn: Turn) -> Reply:
    if turn.dialogue.state not in STATES:
        return turn.edit(_("这张卡片已经过了。发「报数」可以接着填。"))
    if await _form(turn) is None:
        return await _over(turn)
    return turn.toast(_("这张卡片已经过了，没有改动。接着填最下面那一项就行。"), alert=True)


@router.message(Awaiting(ANSWER), TEXT)
async def on_answer(message: Message, turn: Turn) -> Reply:
    """An answer typed: to this question, or to all of them at once."""
    return await take_line(turn, message.text or "")


async def take_line(turn: Turn, line: str) -> Reply:
    """What is typed while something is being filled in."""
    form = await _form(turn)
    if form is None:
        return await _over(turn)
    said = _all_of(form.fields, line)
    if turn.dialogue.state == CONFIRM:
        return await _taken(turn, form, said) if said else _summary(turn, form, _("没看懂要改哪一项。"))
    if said is None or form.fields[form.place].kind is FieldKind.TEXT:  # words may look like anything
        said = {form.place: line}
    return await _taken(turn, form, said)


async def _taken(turn: Turn, form: Form, said: Mapping[int, str]) -> Reply:
    """Take in what was said. What can't be is asked for again, with the reason; the rest is kept."""
    refused: dict[int, Refusal] = {}
    for place, text in said.items():
        try:
            form.values[place] = figure_answers.read(form.fields[place], text)
        except Refusal as refusal:
            form.values.pop(place, None)
            refused[place] = refusal
    if not refused:
        return await _go_on(turn, form)
    form.place = min(refused)
    form.keep(turn, ANSWER)
    return await _question(turn, form, refusals.words(refused[form.place]))


# -- the summary ------------------------------------------------------------------------------------------------------


def _summary(turn: Turn, form: Form, note: str | None = None) -> Reply:
    form.keep(turn, CONFIRM)
    lines = [
        *([note] if note else []),
        _("<b>请核对</b> · {title}（{village}）").format(
            title=phrases.typed(form.mine.request.title), village=phrases.typed(form.mine.village.name)
        ),
        *words.answers(form.fields, form.values),
    ]
    if form.replaces is not None:
        lines.append(_("这是更正：提交后换掉已经报的。"))
    if turn.now > form.mine.request.due_at:
        lines.append(_("已过截止时间，会记为迟报。"))
    first: list[Button] = [(_("提交"), Settle(do="send")), (_("修改"), Settle(do="change"))]
    return turn.edit("\n".join(lines), [first, [awaited.cancel()]])


def _choose(form: Form) -> tuple[str, Buttons]:
    flat: list[Button] = [(field.title[:8], Settle(do="field", place=place)) for place, field in enumerate(form.fields)]
    rows = pairs(flat)
    lines = [_("改哪一项？也可以直接发：{title} 新的数。").format(title=phrases.typed(form.fields[0].title))]
    return "\n".join([*lines, *words.answers(form.fields, form.values)]), [*rows, [awaited.cancel()]]


@router.message(Awaiting(CONFIRM), TEXT)
async def on_change(message: Message, turn: Turn) -> Reply:
    """Another line instead of a press."""
    return await take_line(turn, message.text or "")


@router.callback_query(Settle.filter(F.do == "change"))
async def on_change_press(_query: CallbackQuery, turn: Turn) -> Reply:
    """修改: which?"""
    form = await _form(turn) if turn.dialogue.state == CONFIRM else None
    return turn.edit(*_choose(form)) if form is not None else await _stale(turn)


@router.callback_query(Settle.filter(F.do == "field"))
async def on_field(_query: CallbackQuery, callback_data: Settle, turn: Turn) -> Reply:
    """One of them is asked again; the others stay."""
    form = await _form(turn) if turn.dialogue.state == CONFIRM else None
    if form is None:
        return await _stale(turn)
    if not 0 <= callback_data.place < len(form.fields):
        raise Refusal(Code.NOT_FOUND)
    form.values.pop(callback_data.place, None)
    return await _go_on(turn, form)


@router.callback_query(Settle.filter(F.do == "send"))
async def on_send(_query: CallbackQuery, turn: Turn) -> Reply:
    """提交."""
    form = await _form(turn) if turn.dialogue.state == CONFIRM else None
    if form is None or form.next() is not None:
        return await _stale(turn)
    await actions.reply(
        turn.session,
        by=turn.viewer,
        asked_id=form.mine.asked.id,
        values=form.values,
        replaces=form.replaces,
        now=turn.now,
    )
    turn.dialogue.end(*STATES)
    return await figure_standing.put(turn, form.mine)


async def _ask_again(turn: Turn) -> Reply:
    form = await _form(turn)
    return await _over(turn) if form is None else await _go_on(turn, form)


awaited.awaits(ANSWER, mark("报数"), _ask_again)
awaited.awaits(CONFIRM, mark("报数"), _ask_again)
awaited.awaits(WHICH, mark("报数"))
