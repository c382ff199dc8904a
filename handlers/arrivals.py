"""Files that people send, and what the fetcher says of them. Asked first: no feature may take these for its sentence."""

from typing import Any

from aiogram import Router
from aiogram.filters import Filter
from aiogram.types import Message

from handlers import files, leave_attachments, leave_review, notice_preview, notice_who, notices, roster, tasks
from handlers.files import FileReady
from handlers.filters import DOCUMENT, PHOTO, Awaiting
from handlers.notice_draft import CONTENT, READY
from handlers.notice_who import NotYet
from handlers.notices import Captioned
from handlers.turn import Reply, Turn
from locales import _
from policy.authority import Action

router = Router(name="arrivals")


class May(Filter):
    """Somebody who may import the roster."""

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether the speaker may."""
        return turn.viewer.may(Action.ROSTER_IMPORT)


@router.message(DOCUMENT, Awaiting(CONTENT))
async def on_notices_file(message: Message, turn: Turn) -> Reply:
    """A file that goes along with a notice, while one is being written."""
    return await notice_preview.take_content(message, turn)


@router.message(DOCUMENT, Awaiting(READY))
async def on_another_file(message: Message, turn: Turn) -> Reply:
    """A file for a notice whose preview is shown."""
    return await notice_preview.take_more(message, turn)


@router.message(PHOTO, NotYet())
@router.message(DOCUMENT, NotYet())
async def on_begun(message: Message, turn: Turn) -> Reply:
    """What a notice says, while it is still asked whom it is for."""
    return await notice_who.take_content(message, turn)


@router.message(Captioned())
async def on_captioned(_message: Message, turn: Turn, said: Message) -> Reply:
    """A picture or file that begins a notice."""
    return await notices.on_captioned(turn, said)


@router.message(DOCUMENT, Awaiting(tasks.REPORT))
async def on_evidence(message: Message, turn: Turn) -> Reply:
    """A file that says how a task was done."""
    return await tasks.on_document(message, turn)


@router.message(leave_attachments.ToLeave())
async def on_reply_to_leave(message: Message, turn: Turn, leave_id: int) -> Reply:
    """A picture or file in reply to a card of one's own leave."""
    return await leave_attachments.take_more(message, turn, leave_id)


@router.message(PHOTO, Awaiting(leave_review.REVIEW))
@router.message(DOCUMENT, Awaiting(leave_review.REVIEW))
async def on_leave_file(message: Message, turn: Turn) -> Reply:
    """What goes along with a leave, while it is shown before it is handed in."""
    return await leave_review.take(message, turn)


@router.message(PHOTO, Awaiting(leave_attachments.ATTACH))
@router.message(DOCUMENT, Awaiting(leave_attachments.ATTACH))
async def on_leave_file_later(message: Message, turn: Turn) -> Reply:
    """What goes along with a leave that is handed in."""
    return await leave_attachments.take_more(message, turn)


@router.message(DOCUMENT, May())
async def on_document(message: Message, turn: Turn) -> Reply:
    """A file of county staff: a roster, as far as we can tell; it is brought here and read aside."""
    document = message.document
    if document is None or not (document.file_name or "").lower().endswith(".xlsx"):
        return turn.say(_("这个文件不是 xlsx，没有读。名册请在表格软件里另存为 xlsx 再发。"))
    if (document.file_size or 0) > files.LARGEST:
        return turn.say(_("文件太大，没有读。请分开发，或请管理员在服务器上导入。"))
    turn.dialogue.leave()
    await files.want(turn, document, "roster", Action.ROSTER_IMPORT)
    return turn.say(_("🗂 收到，正在读表，马上列出差别。"))


@router.message(FileReady(tasks.PURPOSE))
async def on_evidence_ready(_message: Message, turn: Turn, facts: dict[str, Any]) -> Reply:
    """The file that says how a task was done is here."""
    return await tasks.on_file(turn, facts)


@router.message(FileReady(leave_attachments.PURPOSE))
async def on_leave_file_ready(_message: Message, turn: Turn, facts: dict[str, Any]) -> Reply:
    """A file that goes along with a leave is here."""
    return await leave_attachments.on_file(turn, facts)


@router.message(FileReady("roster"))
async def on_roster(_message: Message, turn: Turn, facts: dict[str, Any]) -> Reply:
    """The workbook is here."""
    return await roster.on_ready(turn, facts)
