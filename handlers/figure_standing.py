"""An answer that stands, in the conversation: its card, and what is said to who typed figures in vain (law 10)."""

from collections.abc import Sequence

from actions import figure_cards as cards
from handlers import figure_cards, phrases
from handlers import figure_words as words
from handlers.awaited import cancel
from handlers.figure_cards import Fill
from handlers.turn import Buttons, Reply, Turn
from locales import _
from storage import figures
from storage.figures import Mine, Standing


async def put(turn: Turn, mine: Mine, first: str | None = None) -> Reply:
    """How it stands, below `first`, which says what has just happened: on the card that was pressed, else beside it.

    What shows an answer is a card of the team: it changes with the others, and is taken back with them.
    """
    text, buttons = await figure_cards.shown(turn.session, mine, turn.now)
    if mine.asked.replied_at is None or mine.request.withdrawn_at is not None:
        return turn.edit(text if first is None else f"{first}\n{text}", buttons)
    message = turn.callback.message if turn.callback is not None else None
    if message is None:
        await show_anew(turn, mine)
        return None if first is None else turn.say(first)
    text = text if first is None else f"{first}\n{text}"
    await cards.keep(
        turn.session,
        by=turn.viewer,
        asked_id=mine.asked.id,
        message_id=message.message_id,
        text=text,
        now=turn.now,
    )
    return turn.edit(text, buttons)


async def show_anew(turn: Turn, mine: Mine) -> None:
    """The answer as a card of its own."""
    on = f"{turn.chat_id}:{turn.session.info.get('inbox_id')}:{turn.now.isoformat()}"
    await cards.show(turn.session, by=turn.viewer, asked_id=mine.asked.id, on=on, now=turn.now)


async def in_vain(turn: Turn, mine: Mine, replaces: int | None) -> Reply:
    """What was being filled in is moot, since somebody was first or it is over: that first, then how it stands."""
    standing = await figures.standing(turn.session, mine.asked.id)
    if standing is not None and standing.reply.id != replaces:
        text = _("{said}，您填的没有记下。").format(said=await _by_whom(turn, mine, standing))
        if figures.takes_answers(mine.request, turn.now):
            text = _("{said}，您填的没有记下。要改点「更正」。").format(said=await _by_whom(turn, mine, standing))
        return await put(turn, mine, text)
    return await put(turn, mine, _("您填的没有记下。"))


async def _by_whom(turn: Turn, mine: Mine, standing: Standing) -> str:
    """周建国 11月23日 08:02 已经报过."""
    when = words.moment(await turn.batch.local(mine.village, standing.reply.at))
    if standing.reply.by_id == turn.viewer.person_id:
        return _("您 {when} 已经报过").format(when=when)
    return _("{name} {when} 已经报过").format(name=phrases.typed(standing.name), when=when)


async def not_recorded(turn: Turn, over: Mine | None, reported: Sequence[Mine]) -> tuple[str, Buttons]:
    """To a line that nothing open and missing asks for: not recorded, what is over, what it may correct."""
    lines = [_("这一行<b>没有记下</b>。")]
    if over is not None:
        title = phrases.typed(over.request.title)
        said = (
            _("「{title}」已经撤回，不用报了。") if over.request.withdrawn_at else _("「{title}」已经结束，不再收数。")
        )
        lines[0] = _("这一行<b>没有记下</b>：{said}").format(said=said.format(title=title))
    if len(reported) != 1:
        if reported:
            lines.append(_("下面这些都已经报过。要用这一行更正哪一项，点一下，核对后再提交。"))
        return "\n".join(lines), []
    [one] = reported
    standing = await figures.standing(turn.session, one.asked.id)
    if standing is None:
        return "\n".join(lines), []
    text = _("「{title}」（{village}）{said}。要用这一行更正，点「更正」，核对后再提交。").format(
        title=phrases.typed(one.request.title),
        village=phrases.typed(one.village.name),
        said=await _by_whom(turn, one, standing),
    )
    return "\n".join([*lines, text]), [[(_("更正"), Fill(id=one.asked.id, do="fix")), cancel()]]
