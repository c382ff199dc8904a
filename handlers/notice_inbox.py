"""What a notice's recipients see: the notice, 已阅 once and quietly, reminders, and what is still unread."""

from collections.abc import Sequence
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import EditMessageReplyMarkup, TelegramMethod
from aiogram.types import CallbackQuery, Message

from actions import notice_receipts
from handlers import notice_words as words
from handlers import phrases, task_words
from handlers.cards import Card, Fact, card
from handlers.filters import Word
from handlers.notice_draft import cards, method, sender
from handlers.notice_replies import ReplyTo
from handlers.turn import Button, Reply, Turn, inline
from locales import _, mark
from policy.authority import Viewer
from policy.notices import NoticeKind
from storage import notices as queries
from storage import tasks
from storage.batch import of
from storage.engine import AsyncSession
from storage.notice_received import fetch_received, received
from storage.notices import LIVE, TOLD
from storage.tables import Notice, NoticeState, Person

router = Router(name="notice_inbox")

MOST = 8
LABEL = 8


class Read(CallbackData, prefix="nread"):
    """已阅."""

    id: int


class Unread(CallbackData, prefix="nunread"):
    """未读通知."""


class ReadAgain(CallbackData, prefix="nfull"):
    """The whole notice once more: for its recipients, and for those who see who has read it."""

    id: int


@router.callback_query(Read.filter())
async def on_read(_query: CallbackQuery, callback_data: Read, turn: Turn) -> Reply:
    """已阅: [回复] takes its place, here, under the notice itself and its reminders; again it says since when."""
    notice, before = await notice_receipts.read(turn.session, by=turn.viewer, notice_id=callback_data.id, now=turn.now)
    pressed = turn.callback.message.message_id if turn.callback is not None and turn.callback.message else None
    own = await queries.message_of(turn.session, notice.id, turn.person.id)
    reminded = await queries.reminders_of(turn.session, notice.id, turn.person.id)
    is_done = await tasks.report(turn.session, notice.id, turn.person.id) is not None
    left = inline([settling(notice, is_read=True, is_done=is_done)])
    gone: list[TelegramMethod[Any]] = [
        EditMessageReplyMarkup(chat_id=turn.chat_id, message_id=message_id, reply_markup=left)
        for message_id in dict.fromkeys((pressed, own, *reminded))
        if message_id is not None
    ]
    if before is None:
        return [*gone, turn.toast(_("已阅。"))]
    area = turn.posts_area()
    local = await turn.batch.local(area, before) if area is not None else before
    return [*gone, turn.toast(_("您{moment}已经点过了。").format(moment=words.moment(local)))]


@router.message(Word(mark("我的通知"), command="mynotices"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """我的通知."""
    return turn.say(*await unread(turn))


@router.callback_query(Unread.filter())
async def on_unread(_query: CallbackQuery, turn: Turn) -> Reply:
    """未读通知, beside what it hangs on."""
    return turn.say(*await unread(turn))


async def unread(turn: Turn) -> tuple[str, list[list[Button]]]:
    """What is open and unread, the newest first."""
    every = await queries.unread(turn.session, turn.viewer, turn.now)
    found = every[:MOST]
    if not found:
        return _("没有未读的通知。要答复一条通知，点它下面的「回复」。"), []
    lines = [_("📣 <b>未读通知 {count} 条</b>，点一下看全文：").format(count=len(every))]
    for n, (notice, area) in enumerate(found, 1):
        local = await turn.batch.local(area, notice.started_at or notice.due_at)
        day, title = phrases.day(local.date()), phrases.typed(notice.title)
        lines.append(_("{n}. {day} {title}").format(n=n, day=day, title=title))
    if len(every) > MOST:
        lines.append(_("还有更早的，看过这些再发「我的通知」。"))
    flat: list[Button] = [
        (f"{n} {notice.title}"[:LABEL], ReadAgain(id=notice.id)) for n, (notice, _area) in enumerate(found, 1)
    ]
    return "\n".join(lines), [flat[at : at + 2] for at in range(0, len(flat), 2)]


@router.callback_query(ReadAgain.filter())
async def on_again(_query: CallbackQuery, callback_data: ReadAgain, turn: Turn) -> Reply:
    """The whole notice once more. A recipient's goes through the outbox, so that a withdrawal reaches it as well."""
    notice, area, is_mine = await queries.readable(turn.session, turn.viewer, callback_data.id)
    draft = queries.draft_of(notice)
    if not is_mine:
        author = await turn.session.get_one(Person, notice.author_id)
        return [method(turn.chat_id, one) for one in cards(draft, sender(area, author.name))]
    if notice.state not in TOLD:
        return turn.toast(_("这条通知已经撤回。"), alert=True)
    asked = str(turn.session.info.get("inbox_id"))
    await notice_receipts.copy(turn.session, by=turn.viewer, notice_id=notice.id, asked=asked, now=turn.now)
    return None


def settling(notice: Notice, *, is_read: bool, is_done: bool, replies_at_once: bool = False) -> list[Button]:
    """[已阅] where that is wanted, [已落实] under a task; [回复] once it is read, or at once.

    Not every messenger lets one reply to a message.
    """
    unread = notice.wants_receipt and not is_read
    read: list[Button] = [(_("已阅"), Read(id=notice.id))] if unread else []
    reply: list[Button] = [] if unread and not replies_at_once else [(_("回复"), ReplyTo(id=notice.id))]
    return [*read, *task_words.button(notice, is_done=is_done), *reply]


# -- cards ----------------------------------------------------------------------------------------------------------


async def _fetch_ahead(session: AsyncSession, facts: Sequence[Fact]) -> None:
    await fetch_received(
        session, {payload["notice_id"] for _viewer, payload in facts}, [viewer for viewer, _payload in facts]
    )


@card("notice", label=mark("通知"), ahead=_fetch_ahead)
async def notice_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The notice itself; of one with a picture and much text, the text."""
    return await _of(session, viewer, payload["notice_id"], -1)


@card("notice_picture", label=mark("通知"), ahead=_fetch_ahead)
async def picture_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The picture or file that goes before a text which is too long to stand beside it."""
    return await _of(session, viewer, payload["notice_id"], 0)


@card("notice_copy", ahead=_fetch_ahead)
async def copy_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """A notice that was asked for once more; here it can be answered at once."""
    return await _of(session, viewer, payload["notice_id"], payload["part"], replies_at_once=True)


async def _of(
    session: AsyncSession, viewer: Viewer, notice_id: int, which: int, *, replies_at_once: bool = False
) -> Card | None:
    """One of a notice's messages. Withdrawn, it says so where the channel can't delete it; elsewhere nothing is said."""
    notice, area, author, is_read, is_done = await received(session, viewer, notice_id)
    buttons = [settling(notice, is_read=is_read, is_done=is_done, replies_at_once=replies_at_once)]
    made = cards(queries.draft_of(notice), sender(area, author), buttons)[which]
    if notice.state in LIVE:
        return made
    if not await queries.was_told(session, notice.id, viewer.person_id or 0):
        return None
    if notice.state is not NoticeState.WITHDRAWN:
        return made
    return Card(withdrawn(notice), file=made.file, file_name=made.file_name, is_photo=made.is_photo)


def withdrawn(notice: Notice) -> str:
    """What is left of a notice that was taken back, where the channel can't delete it."""
    return _("📣 这条通知已经撤回：{title}").format(title=phrases.typed(notice.title))


@card("notice_reminder", label=mark("通知"), ahead=_fetch_ahead)
async def reminder_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """再次提醒; None once it has been read, or, of a task, done."""
    notice, area, _author, is_read, is_done = await received(session, viewer, payload["notice_id"])
    if notice.state is NoticeState.WITHDRAWN and await queries.was_told(session, notice.id, viewer.person_id or 0):
        return Card(withdrawn(notice))
    if notice.state not in TOLD or (is_done if notice.kind is NoticeKind.TASK else is_read):
        return None
    again: Button = (_("看全文"), ReadAgain(id=notice.id))
    if notice.due_on is not None:
        text = _("🔔 还没有报「已落实」：{title}\n{due}").format(
            title=phrases.typed(notice.title), due=task_words.due(notice.due_on)
        )
        return Card(text, [[*task_words.button(notice, is_done=False), again]])
    local = await of(session).local(area, notice.started_at or notice.due_at)
    text = _("🔔 还没有点「已阅」：{title}\n{day} {area}发的通知，看过点一下就行。").format(
        title=phrases.typed(notice.title), day=phrases.day(local.date()), area=phrases.typed(area.name)
    )
    return Card(text, [[(_("已阅"), Read(id=notice.id)), again]])
