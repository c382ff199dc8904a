"""已落实: pressed, then a sentence, a file or nothing; who sees the lists sees what was said, and the file."""

from pathlib import Path
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import EditMessageReplyMarkup, SendDocument, SendPhoto, TelegramMethod
from aiogram.types import CallbackQuery, Document, Message

from actions import tasks as actions
from handlers import files, phrases, task_words
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import PHOTO, TEXT, Awaiting
from handlers.notice_inbox import ReadAgain, settling, withdrawn
from handlers.notice_lists import OpenFile
from handlers.task_words import Done
from handlers.turn import Button, Reply, Turn, inline
from locales import _, mark
from policy.authority import Action, Viewer
from policy.notices import Attachment, AttachmentKind
from storage import notices as queries
from storage import tasks as stored
from storage.engine import AsyncSession
from storage.tables import NoticeState, TaskReport

router = Router(name="tasks")

REPORT = "task.report"
"""What was done is awaited; kept with it: notice, the message that [已落实] hung on, and whether it adds to the first."""
PURPOSE = "task"
"""Of a file that is fetched; its name begins with the notice's number."""


class Nothing(CallbackData, prefix="ndone0"):
    """没有要说的."""


class Anew(CallbackData, prefix="ndone1"):
    """重写."""


# -- recipients -------------------------------------------------------------------------------------------------------


@router.callback_query(Done.filter())
async def on_done(_query: CallbackQuery, callback_data: Done, turn: Turn) -> Reply:
    """已落实: with what? 补充: what more?"""
    notice, _area = await stored.for_doer(turn.session, turn.viewer, callback_data.id)
    if notice.state not in queries.TOLD:
        return turn.toast(_("这条通知已经撤回。"), alert=True)
    pressed = turn.callback.message.message_id if turn.callback is not None and turn.callback.message else None
    turn.dialogue.leave()
    is_done = await stored.report(turn.session, notice.id, turn.person.id) is not None
    turn.dialogue.to(REPORT, notice=notice.id, pressed=pressed, adds=is_done)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    notice, area = await stored.for_doer(turn.session, turn.viewer, kept["notice"])
    before = await stored.report(turn.session, notice.id, turn.person.id)
    if before is not None and kept.get("adds"):
        text = _(
            "「{title}」已经报过：{said}\n补充一句话，会接在后面；或发一个文件、一张图片{instead}。"
            "要从头说，点「重写」。"
        ).format(
            title=phrases.typed(notice.title),
            said=await task_words.said(turn.session, area, before),
            instead=_("，会换掉原来的文件") if before.file_id is not None else "",
        )
        return turn.say(text, [[(_("重写"), Anew()), cancel()]])
    text = _("「{title}」怎么落实的？一句话，或发一个文件、一张图片；没有就点一下。")
    row: list[Button] = [(_("没有要说的"), Nothing()), cancel()]
    put = turn.say if before is None else turn.edit
    return put(text.format(title=phrases.typed(notice.title)), [row])


awaits(REPORT, mark("报已落实"), _ask)


@router.callback_query(Anew.filter())
async def on_anew(_query: CallbackQuery, turn: Turn) -> Reply:
    """重写: what was said before gives way to what is said now."""
    if turn.dialogue.state != REPORT:
        return turn.edit(_gone())
    turn.dialogue.to(REPORT, **{**turn.dialogue.data, "adds": False})
    return await _ask(turn)


def _gone() -> str:
    return _("这一步已经过了。发「我的通知」看看还有哪些没办。")


@router.callback_query(Nothing.filter())
async def on_nothing(_query: CallbackQuery, turn: Turn) -> Reply:
    """Done, and that is all."""
    if turn.dialogue.state != REPORT:
        return turn.edit(_gone())
    return await _report(turn, None, None)


@router.message(Awaiting(REPORT), TEXT)
async def on_words(message: Message, turn: Turn) -> Reply:
    """Done, in a sentence."""
    return await _report(turn, message.text, None)


@router.message(Awaiting(REPORT), PHOTO)
async def on_photo(message: Message, turn: Turn) -> Reply:
    """Done, with a picture."""
    photo = (message.photo or [])[-1]  # the largest
    picture = Document(file_id=photo.file_id, file_unique_id=photo.file_unique_id, file_name="photo.jpg")
    return await _with_file(turn, message, picture, AttachmentKind.PHOTO)


async def on_document(message: Message, turn: Turn) -> Reply:
    """Done, with a file; files come by way of `handlers.arrivals`."""
    if message.document is None:
        return None
    return await _with_file(turn, message, message.document, AttachmentKind.DOCUMENT)


async def _with_file(turn: Turn, message: Message, document: Document, kind: AttachmentKind) -> Reply:
    """It counts at once; the file itself is brought aside (law 12)."""
    notice_id: int = turn.dialogue.data["notice"]
    name = (document.file_name or "")[-80:]
    answer = await _report(turn, message.caption, Attachment(kind, document.file_id, name), document.file_size)
    await files.want(
        turn, document.model_copy(update={"file_name": f"{notice_id} {name}"}), PURPOSE, Action.TASK_REPORT
    )
    return answer


async def _report(turn: Turn, words: str | None, file: Attachment | None, size: int | None = None) -> Reply:
    kept = turn.dialogue.data
    row = await actions.report(
        turn.session,
        by=turn.viewer,
        notice_id=kept["notice"],
        words=words,
        file=file,
        size=size,
        adds=kept.get("adds", False),
        now=turn.now,
    )
    own = await queries.message_of(turn.session, row.notice_id, turn.person.id)
    notice, _area = await stored.for_doer(turn.session, turn.viewer, row.notice_id)
    left = inline([settling(notice, is_read=True, is_done=True)])
    gone: list[TelegramMethod[Any]] = [
        EditMessageReplyMarkup(chat_id=turn.chat_id, message_id=message_id, reply_markup=left)
        for message_id in dict.fromkeys((kept["pressed"], own))
        if message_id is not None
    ]
    turn.dialogue.end()
    return [*gone, turn.edit(await _told(turn, row), [[(_("补充"), Done(id=row.notice_id))]])]


async def _told(turn: Turn, row: TaskReport) -> str:
    notice, area = await stored.for_doer(turn.session, turn.viewer, row.notice_id)
    return _("✅ <b>已落实</b>：{title}\n{said}").format(
        title=phrases.typed(notice.title), said=await task_words.said(turn.session, area, row)
    )


async def on_file(turn: Turn, facts: dict[str, Any]) -> Reply:
    """The file is here, or could not be had; then what was said counts all the same. By way of `handlers.arrivals`."""
    number, _space, name = facts["name"].partition(" ")
    if "path" not in facts:
        button: Button = (_("补充"), Done(id=int(number)))
        return turn.say(_("文件没有存下来，「已落实」照样算。请再发一次，或改用一句话。"), [[button]])
    kept_as = Path(facts["path"]).name
    await actions.keep_file(
        turn.session, by=turn.viewer, notice_id=int(number), file_name=name, kept_as=kept_as, now=turn.now
    )
    return None


@card("task_reminder", label=mark("待落实"))
async def reminder_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """⏰ on the day itself; None once it is done, or the notice has ended."""
    notice, area = await queries.for_reader(session, viewer, payload["notice_id"])
    if notice.state is NoticeState.WITHDRAWN and await queries.was_told(session, notice.id, viewer.person_id or 0):
        return Card(withdrawn(notice))
    is_done = await stored.report(session, notice.id, viewer.person_id or 0) is not None
    if notice.state not in queries.LIVE or notice.due_on is None or is_done:
        return None
    text = _("⏰ <b>{day}前要落实</b>：{title}\n{area}的通知，办好点一下就行。").format(
        day=phrases.day(notice.due_on), title=phrases.typed(notice.title), area=phrases.typed(area.name)
    )
    return Card(text, [[*task_words.button(notice, is_done=False), (_("看全文"), ReadAgain(id=notice.id))]])


# -- who sees the lists -----------------------------------------------------------------------------------------------


@router.callback_query(OpenFile.filter())
async def on_open_file(_query: CallbackQuery, callback_data: OpenFile, turn: Turn) -> Reply:
    """看文件: the file by the channel's own id, with whose it is."""
    found = await stored.reported(turn.session, turn.viewer, callback_data.notice, callback_data.person)
    row = found.report
    if row.file_id is None:
        return turn.toast(_("没有附文件。"), alert=True)
    text = _("{area} {name} · {said}").format(
        area=phrases.typed(found.area.name),
        name=phrases.typed(found.name),
        said=await task_words.said(turn.session, found.area, row),
    )
    if row.file_kind is AttachmentKind.PHOTO:
        return SendPhoto(chat_id=turn.chat_id, photo=row.file_id, caption=text)
    return SendDocument(chat_id=turn.chat_id, document=row.file_id, caption=text)
