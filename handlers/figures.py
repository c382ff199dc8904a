"""报数: what is asked of one's team, and what one's office has asked. The word, and the lists behind it."""

from collections.abc import Sequence

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from handlers import figure_cards, figure_compose, figure_replies, figure_standing, phrases
from handlers import figure_words as words
from handlers.awaited import cancel, drafts, resume
from handlers.figure_cards import Fill, Look
from handlers.figure_due import Compose
from handlers.filters import Line, Word
from handlers.paging import pairs
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.authority import Action
from storage import figures
from storage.figures import Mine

router = Router(name="figures")

SHOWN = 5
STATES = (*figure_replies.STATES, *figure_compose.STATES)


@router.message(Word(mark("报数"), command="figures"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """A team with one thing to report begins at once; else the lists."""
    mine = await figures.open_of(turn.session, turn.viewer, turn.now)
    missing = _missing(mine)
    begun = drafts(turn, *STATES)
    if len(missing) == 1 and not begun and not turn.viewer.may(Action.FIGURES_VIEW):
        return await figure_replies.begin(turn, missing[0])
    if turn.viewer.may(Action.FIGURES_VIEW):
        return turn.say(*await _of_office(turn, mine, begun))
    return turn.say(*await _of_team(turn, mine, begun))


@router.message(Line(mark("报数"), command="figures", even_in=(*figure_replies.STATES, figure_replies.WHICH)))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """报数 3 0 否 无 answers; for who asks, 报数 防汛受灾情况 begins a request of that name. Of several it asks which."""
    figure_replies.line_kept(turn)  # another line takes its place
    mine = await figures.open_of(turn.session, turn.viewer, turn.now)
    missing = _missing(mine)
    if (begun := figure_replies.being_answered(turn)) is not None:
        others = [one for one in missing if one.asked.id != begun and await figure_replies.fits(turn, one, rest)]
        if not others:
            return await figure_replies.take_line(turn, rest)
        return await _which(turn, [*(one for one in mine if one.asked.id == begun), *others], rest)
    if turn.viewer.may(Action.FIGURES_SEND):
        missing = [one for one in missing if await figure_replies.fits(turn, one, rest)]
        if not missing:
            return await figure_compose.begin(turn, rest)
    over = await _meant_for_one_over(turn, missing, rest)
    if not missing or over is not None:
        return await _in_vain(turn, mine, over, rest)
    return (
        await figure_replies.begin(turn, missing[0], rest) if len(missing) == 1 else await _which(turn, missing, rest)
    )


async def _meant_for_one_over(turn: Turn, missing: Sequence[Mine], line: str) -> Mine | None:
    """What is over by now and answered wholly by a line that suits nothing which is missing."""
    for one in missing:
        if await figure_replies.fits(turn, one, line):
            return None
    for one in await figures.lately_over(turn.session, turn.viewer, turn.now, SHOWN):
        if await figure_replies.fits_wholly(turn, one, line):
            return one
    return None


async def _in_vain(turn: Turn, mine: Sequence[Mine], over: Mine | None, line: str) -> Reply:
    """A line that answers nothing which is missing is not recorded; a correction by it is offered, and never begun."""
    if not turn.viewer.may(Action.FIGURES_REPLY):
        return turn.say(*await _of_team(turn, [], []))
    reported = [one for one in mine if one.asked.replied_at is not None]
    reported = [one for one in reported if await figure_replies.fits(turn, one, line)]
    text, buttons = await figure_standing.not_recorded(turn, over, reported)
    if reported:
        figure_replies.keep_line(turn, line)
    if buttons:
        return turn.say(text, buttons)
    if reported:
        lines, rows = await _listed(turn, reported, answered="fix")
        return turn.say("\n".join([text, *lines]), [*rows, [cancel()]])
    lines, rows = await _listed(turn, mine)
    if not mine:
        lines = [_("现在没有要报的数。有了会发到这里，不用来找。")]
    elif not _missing(mine):
        lines.insert(0, _("都已经报过了。要改，点下面一项，再点「更正」。"))
    return turn.say("\n".join([text, *lines]), rows)


async def _which(turn: Turn, several: Sequence[Mine], line: str) -> Reply:
    """A line for one of several requests: for which? What was typed is kept."""
    figure_replies.keep_line(turn, line)
    lines, rows = await _listed(turn, several, answered="fix")
    return turn.say("\n".join([_("这是报哪一项？"), *lines]), [*rows, [cancel()]])


def _missing(mine: Sequence[Mine]) -> list[Mine]:
    return [one for one in mine if one.asked.replied_at is None]


async def _of_team(turn: Turn, mine: list[Mine], begun: list[list[Button]]) -> tuple[str, Buttons]:
    """What is asked of one's team: what is missing first."""
    if not mine:
        text = (
            _("现在没有要报的数。有了会发到这里，不用来找。")
            if turn.viewer.may(Action.FIGURES_REPLY)
            else _("「报数」是县乡向驻村工作队要数用的，这里没有要您报的。")
        )
        return text, begun
    lines, rows = await _listed(turn, mine)
    return "\n".join([_("📊 <b>报数</b>"), *lines]), [*rows, *begun]


async def _listed(turn: Turn, mine: Sequence[Mine], *, answered: str = "show") -> tuple[list[str], list[list[Button]]]:
    lines: list[str] = []
    flat: list[Button] = []
    for n, one in enumerate(mine[:SHOWN], 1):
        is_missing = one.asked.replied_at is None
        said = _("{n}. {title}（{village}） · {until}") if is_missing else _("{n}. {title}（{village}） · 已报")
        lines.append(
            said.format(
                n=n,
                title=phrases.typed(one.request.title),
                village=phrases.typed(one.village.name),
                until=await figure_cards.until(turn.session, one.village, one.request, turn.now),
            )
        )
        flat.append((_button(n, one.request.title), Fill(id=one.asked.id, do="fill" if is_missing else answered)))
    return lines, pairs(flat)


async def _of_office(turn: Turn, mine: list[Mine], begun: list[list[Button]]) -> tuple[str, Buttons]:
    """What the areas of one's office have asked, the newest first; and what is asked of oneself, for who is both."""
    recent = await figures.recent(turn.session, turn.viewer, Action.FIGURES_VIEW, SHOWN)
    own, own_rows = await _listed(turn, _missing(mine))
    lines = [_("📊 <b>报数</b>"), *own]
    flat: list[Button] = []
    for n, (request, asked, replied) in enumerate(recent, len(own) + 1):
        chosen = await figures.chosen(turn.session, request)
        title = words.titled(request.title, [area.name for area in chosen])
        state = words.REVIEWS.get(request.review) if request.review is not None else None
        if state is not None:
            lines.append(_("{n}. {title} · {state}").format(n=n, title=title, state=_(state)))
        else:
            is_open = figures.takes_answers(request, turn.now)
            said = (
                _("{n}. {title} · 已报 {replied}/{asked}") if is_open else _("{n}. {title} · 已结束 {replied}/{asked}")
            )
            lines.append(said.format(n=n, title=title, replied=replied, asked=asked))
        flat.append((_button(n, request.title), Look(id=request.id, view="sum", new=True)))
    if not recent and not own:
        lines.append(_("还没有要过数。"))
    new: list[Button] = []
    if turn.viewer.may(Action.FIGURES_SEND):
        new = [(_("新报数"), Compose(do="new"))]
        if not recent:
            lines.append(_("点「新报数」，或发：报数 标题。能查到的数不用再要。"))
    return "\n".join(lines), [*own_rows, *pairs(flat), new, *begun]


@router.callback_query(Fill.filter())
async def on_fill(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """开始填, 更正, or what was answered."""
    mine = await figures.mine(turn.session, turn.viewer, Action.FIGURES_REPLY, callback_data.id)
    standing = await figures.standing(turn.session, mine.asked.id)
    if callback_data.do == "fill" and standing is None and figures.takes_answers(mine.request, turn.now):
        line = figure_replies.line_kept(turn)
        if not line and (begun := figure_replies.begun(turn, mine.asked.id)) is not None:
            return await resume(turn, begun)  # what was filled in of it is kept
        return await figure_replies.begin(turn, mine, line)
    if callback_data.do == "fix" and standing is not None and figures.takes_answers(mine.request, turn.now):
        if line := figure_replies.line_kept(turn):
            return await figure_replies.begin(turn, mine, line)
        return await figure_replies.correct(turn, mine, standing)
    if standing is not None and mine.request.withdrawn_at is None:
        await figure_standing.show_anew(turn, mine)
        return None
    return turn.say(*await figure_cards.shown(turn.session, mine, turn.now))


def _button(n: int, title: str) -> str:
    return f"{n}. {title[:5]}"
