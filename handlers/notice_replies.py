"""💬 Replies to a notice: said by replying to it, counted on one card for its author, read page by page, answered."""

from collections.abc import Sequence
from typing import Any

from aiogram import Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import notice_replies as actions
from handlers import notice_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting, is_word
from handlers.notice_draft import sender
from handlers.turn import Button, Reply, Turn
from locales import _, mark, ngettext
from policy.authority import Action, Viewer
from storage import notice_replies as stored
from storage import notices as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.notice_replies import Said
from storage.tables import Area, NoticeReply, Person

router = Router(name="notice_replies")

REPLY = "notice.reply"
"""What to say to a notice is awaited; kept with it: notice."""
ANSWER = "notice.answer"
"""The answer to a reply is awaited; kept with it: reply."""

PAGE = 5
SHORT, SHORTEST = 300, 100
"""Characters of a reply and of its answer on a page of several; whole ones stand where they are answered."""


class ReplyTo(CallbackData, prefix="nreply"):
    """回复 by a button, where a message can't be replied to."""

    id: int


class Thread(CallbackData, prefix="nthread"):
    """看回复: a page of what was said to a notice."""

    id: int
    page: int = 0
    new: bool = False


class Answer(CallbackData, prefix="nanswer"):
    """答复 one of them."""

    id: int


class ToNotice(Filter):
    """A reply to the message of a notice, of a reminder, of an answer; a command word is none."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The notice as `notice_id`."""
        replied = message.reply_to_message
        if replied is None or message.location is not None or not turn.is_bound or is_word(message.text or ""):
            return False
        person_id = turn.person.id
        found = await queries.answered_by(turn.session, turn.channel, person_id, replied.message_id)
        return {"notice_id": found} if found is not None else False


@router.message(ToNotice())
async def on_reply(message: Message, turn: Turn, notice_id: int) -> Reply:
    """Said to a notice, whatever else is being talked about."""
    if message.text is None:
        return turn.say(_("回复通知请打字，图片和文件没有转。"))
    return await _reply(turn, notice_id, message.text)


async def _reply(turn: Turn, notice_id: int, text: str) -> Reply:
    notice = await actions.reply(turn.session, by=turn.viewer, notice_id=notice_id, text=text, now=turn.now)
    area = await turn.session.get_one(Area, notice.area_id)
    author = await turn.session.get_one(Person, notice.author_id)
    return turn.say(_("💬 已转给{sender}。").format(sender=sender(area, author.name)))


@router.callback_query(ReplyTo.filter())
async def on_reply_press(_query: CallbackQuery, callback_data: ReplyTo, turn: Turn) -> Reply:
    """回复."""
    await queries.for_reader(turn.session, turn.viewer, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(REPLY, notice=callback_data.id)
    return await _ask_reply(turn)


async def _ask_reply(turn: Turn) -> Reply:
    notice, _area = await queries.for_reader(turn.session, turn.viewer, turn.dialogue.data["notice"])
    return turn.say(_("回复「{title}」，一句话：").format(title=phrases.typed(notice.title)), [[cancel()]])


awaits(REPLY, mark("回复通知"), _ask_reply)


@router.message(Awaiting(REPLY), TEXT)
async def on_reply_text(message: Message, turn: Turn) -> Reply:
    """What is to be said."""
    said = await _reply(turn, turn.dialogue.data["notice"], message.text or "")
    turn.dialogue.end()
    return said


# -- the author's side ------------------------------------------------------------------------------------------------


@card("notice_replies", label=mark("通知回复"))
async def replies_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """💬 3 条回复: one card a notice, which counts."""
    notice, area, _role = await queries.get(session, viewer, Action.NOTICE_ANSWER, payload["notice_id"])
    thread = await stored.thread(session, notice)
    lines = [
        ngettext("💬 <b>{count} 条回复</b>：{title}", "💬 <b>{count} 条回复</b>：{title}", thread.replies).format(
            count=thread.replies, title=phrases.typed(notice.title)
        ),
        _("{people} 人 · 已答复 {answered}").format(people=thread.people, answered=thread.answered),
    ]
    if thread.last_at is not None:
        local = await of(session).local(area, thread.last_at)
        lines[1] += _(" · 最近{moment}").format(moment=words.moment(local))
    return Card("\n".join(lines), [[(_("看回复"), Thread(id=notice.id, new=True))]])


@router.callback_query(Thread.filter())
async def on_thread(_query: CallbackQuery, callback_data: Thread, turn: Turn) -> Reply:
    """A page of replies, the newest first; beside the card, which goes on counting."""
    number = max(0, min(callback_data.page, 10_000))
    notice, shown, more = await stored.page(turn.session, turn.viewer, callback_data.id, number, PAGE)
    answer = turn.say if callback_data.new else turn.edit
    if not shown:
        return answer(_("还没有回复。"))
    area = await turn.session.get_one(Area, notice.area_id)
    lines = [_("💬 {title}").format(title=phrases.typed(notice.title))]
    for n, said in enumerate(shown, 1):
        lines += await _lines(turn, area, n, said)
    flat: list[Button] = [
        (_("答复 {n}").format(n=n), Answer(id=said.reply.id))
        for n, said in enumerate(shown, 1)
        if said.reply.answer is None
    ]
    turning: list[Button] = [(_("上一页"), Thread(id=notice.id, page=number - 1))] if number else []
    if more:
        turning.append((_("下一页"), Thread(id=notice.id, page=number + 1)))
    return answer("\n".join(lines), [*(flat[at : at + 2] for at in range(0, len(flat), 2)), turning])


async def _lines(turn: Turn, area: Area, n: int, said: Said) -> Sequence[str]:
    """1. 周建国（石门村）11月23日 09:10, what he said, what he was answered."""
    head = _("{n}. <b>{name}</b>（{place}）{moment}").format(n=n, **await _who(turn, area, said))
    lines = [head, phrases.typed(_short(said.reply.text, SHORT))]
    if said.reply.answer is not None:
        lines.append(_("↳ {answer}").format(answer=phrases.typed(_short(said.reply.answer, SHORTEST))))
    return lines


async def _who(turn: Turn, area: Area, said: Said) -> dict[str, str]:
    local = await turn.batch.local(area, said.reply.at)
    return {
        "name": phrases.typed(said.name),
        "place": phrases.typed(said.place),
        "moment": words.moment(local),
    }


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


@router.callback_query(Answer.filter())
async def on_answer_press(_query: CallbackQuery, callback_data: Answer, turn: Turn) -> Reply:
    """答复: the whole reply once more, and what to say?"""
    row, _notice, _role = await stored.get(turn.session, turn.viewer, Action.NOTICE_ANSWER, callback_data.id)
    if row.answer is not None:
        return turn.toast(_("这条回复已经答复过了。"), alert=True)
    turn.dialogue.leave()
    turn.dialogue.to(ANSWER, reply=row.id)
    return await _ask_answer(turn)


async def _ask_answer(turn: Turn) -> Reply:
    reply_id = turn.dialogue.data["reply"]
    row, notice, _role = await stored.get(turn.session, turn.viewer, Action.NOTICE_ANSWER, reply_id)
    area = await turn.session.get_one(Area, notice.area_id)
    who = await _who(turn, area, await stored.said(turn.session, row))
    text = _("<b>{name}</b>（{place}）{moment}：\n{text}\n答复一句话，只发给本人：")
    return turn.say(text.format(text=phrases.typed(row.text), **who), [[cancel()]])


awaits(ANSWER, mark("答复通知的回复"), _ask_answer)


@router.message(Awaiting(ANSWER), TEXT)
async def on_answer(message: Message, turn: Turn) -> Reply:
    """The answer goes back to that person."""
    reply_id = turn.dialogue.data["reply"]
    row = await actions.answer(turn.session, by=turn.viewer, reply_id=reply_id, text=message.text or "", now=turn.now)
    turn.dialogue.end()
    person = await turn.session.get_one(Person, row.person_id)
    return turn.say(_("💬 已答复{name}。").format(name=phrases.typed(person.name)))


@card("notice_answer")
async def answer_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """What one is answered; it may be replied to again."""
    notice, area = await queries.for_reader(session, viewer, payload["notice_id"])
    row = await session.get(NoticeReply, payload["reply_id"])
    if row is None or row.answer is None or row.person_id != viewer.person_id:
        return None
    by = await session.get_one(Person, row.answered_by_id or notice.author_id)
    return Card(
        _("💬 {sender}答复您：{answer}\n您说的是：{text}").format(
            sender=sender(area, by.name), answer=phrases.typed(row.answer), text=phrases.typed(_short(row.text, SHORT))
        )
    )
