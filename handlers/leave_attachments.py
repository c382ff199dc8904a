"""附件 of a leave that is handed in (病假条): sent in reply to its card or after [补附件], looked at, taken away."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.methods import SendDocument, SendPhoto
from aiogram.types import CallbackQuery, Document, Message

from actions import leave_attachments as actions
from handlers import files as fetching
from handlers import leave_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.leave_words import Attach
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Viewer
from policy.notices import Attachment, AttachmentKind
from storage import leave as leaves
from storage import leave_attachments as queries
from storage.engine import AsyncSession
from storage.leave import span_of
from storage.tables import Person

router = Router(name="leave_attachments")

ATTACH = "leave_attach.files"
"""Pictures or files for a leave are awaited until [好了]; kept with it: the leave's id."""
PURPOSE = "leave"
"""Of a file that is fetched; its name begins with the attachment's number."""


class ToLeave(Filter):
    """A picture or file in reply to a card of one's own leave."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The leave as `leave_id`."""
        replied = message.reply_to_message
        if replied is None or not turn.is_bound or not (message.photo or message.document):
            return False
        found = await queries.leave_of(turn.session, turn.viewer, turn.channel, replied.message_id)
        return {"leave_id": found} if found is not None else False


def taken(message: Message) -> tuple[Attachment, int | None] | None:
    """The picture or file of a message, and its size in bytes; None: it has none."""
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, message.photo[-1].file_id, "photo.jpg"), None  # the largest
    if message.document is None:
        return None
    document = message.document
    return Attachment(AttachmentKind.DOCUMENT, document.file_id, (document.file_name or "")[-80:]), document.file_size


async def attach(turn: Turn, leave_id: int, files: Sequence[Attachment], size: int | None = None) -> list[int]:
    """Files go along with a leave at once, and are brought aside (law 12); their ids. Raises `Refusal` as the action."""
    if not files:
        return []
    rows = await actions.add(turn.session, by=turn.viewer, leave_id=leave_id, files=files, size=size, now=turn.now)
    for row in rows:
        document = Document(
            file_id=row.file_id, file_unique_id=f"{PURPOSE}{row.id}", file_name=f"{row.id} {row.file_name}"
        )
        await fetching.want(turn, document, PURPOSE, Action.LEAVE_ATTACH)
    return [row.id for row in rows]


async def on_file(turn: Turn, facts: dict[str, Any]) -> Reply:
    """A file has been brought, or could not be had; then it is asked for again. By way of `handlers.arrivals`."""
    number, _space, name = facts["name"].partition(" ")
    kept_as = Path(facts["path"]).name if "path" in facts else None
    row = await actions.keep_file(
        turn.session, by=turn.viewer, attachment_id=int(number), kept_as=kept_as, now=turn.now
    )
    if row is None or kept_as is not None:
        return None
    again: list[Button] = [(_("补附件"), Attach(id=row.leave_id, do="add"))]
    return turn.say(_("附件「{name}」没有存下来，请再发一次。").format(name=phrases.typed(name)), [again])


# -- added later ----------------------------------------------------------------------------------------------------


@router.callback_query(Attach.filter(F.do == "add"))
async def on_add(_query: CallbackQuery, callback_data: Attach, turn: Turn) -> Reply:
    """补附件."""
    await leaves.get(turn.session, turn.viewer, Action.LEAVE_ATTACH, callback_data.id)
    turn.dialogue.leave()
    turn.dialogue.to(ATTACH, leave_id=callback_data.id)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    return turn.say(hint(), [[cancel()]])


def hint() -> str:
    """What to send, and who will see it."""
    return _(
        "把病假条等<b>附件</b>发来：照片或文件，可以几张一起发。只有审批的人、县里和您自己能看；诊断内容可以遮住。"
    )


awaits(ATTACH, mark("补附件"), _ask)


async def take_more(message: Message, turn: Turn, leave_id: int | None = None) -> Reply:
    """A picture or file for a leave: for `leave_id`, to whose card it replies, else the one that is awaited.

    An album is answered once (law 4). By way of `handlers.arrivals`.
    """
    of = leave_id or turn.dialogue.data["leave_id"]
    found = taken(message)
    if found is None:
        return None
    ids = await attach(turn, of, [found[0]], found[1])
    if message.media_group_id is None:
        shown = await _added(turn.session, turn.viewer, of, ids[0])
        return turn.say(shown.text, shown.buttons)
    await actions.answer_album(turn.session, by=turn.viewer, album=message.media_group_id, leave_id=of, now=turn.now)
    return None


@card("leave_attached")
async def attached_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """An album has come; None where all of it is gone again."""
    return await _added(session, viewer, payload["id"]) if await queries.count(session, payload["id"]) else None


async def _added(session: AsyncSession, viewer: Viewer, leave_id: int, new: int | None = None) -> Card:
    leave, _village, _role = await queries.seen(session, viewer, leave_id)
    text = _("📎 <b>已补附件</b>：{kind} · {span}，一共 {n} 个。还有就接着发。").format(
        kind=words.kind(leave.kind), span=words.span(span_of(leave)), n=await queries.count(session, leave_id)
    )
    row: list[Button] = [(_("好了"), Attach(id=leave_id, do="done"))]
    if new is not None:
        row.append((_("删掉这个"), Attach(id=new, do="drop")))
    return Card(text, [row])


@router.callback_query(Attach.filter(F.do == "done"))
async def on_done(_query: CallbackQuery, callback_data: Attach, turn: Turn) -> Reply:
    """好了: nothing more is awaited."""
    await queries.seen(turn.session, turn.viewer, callback_data.id)
    if turn.dialogue.state == ATTACH:
        turn.dialogue.end()
    n = await queries.count(turn.session, callback_data.id)
    return turn.edit(_("📎 附件一共 {n} 个，审批的人能看到。").format(n=n))


@router.callback_query(Attach.filter(F.do == "drop"))
async def on_drop(_query: CallbackQuery, callback_data: Attach, turn: Turn) -> Reply:
    """删掉这个: sent by mistake."""
    leave = await actions.remove(turn.session, by=turn.viewer, attachment_id=callback_data.id, now=turn.now)
    left = await queries.count(turn.session, leave.id)
    return turn.edit(
        _("已<b>删掉</b>这个附件，还有 {n} 个。").format(n=left), [[(_("补附件"), Attach(id=leave.id, do="add"))]]
    )


@router.callback_query(Attach.filter(F.do == "see"))
async def on_see(_query: CallbackQuery, callback_data: Attach, turn: Turn) -> Reply:
    """看附件: by the channel's own id, with whose it is."""
    found = await actions.look(turn.session, by=turn.viewer, leave_id=callback_data.id, now=turn.now)
    if not found:
        return turn.toast(_("没有附件。"), alert=True)
    leave, village, _role = await queries.seen(turn.session, turn.viewer, callback_data.id)
    person = await turn.session.get_one(Person, leave.person_id)
    text = _("📎 {name}（{village}）{kind} · {span}").format(
        name=phrases.typed(person.name),
        village=phrases.typed(village.name),
        kind=words.kind(leave.kind),
        span=words.span(span_of(leave)),
    )
    return [
        SendPhoto(chat_id=turn.chat_id, photo=row.file_id, caption=text)
        if row.kind is AttachmentKind.PHOTO
        else SendDocument(chat_id=turn.chat_id, document=row.file_id, caption=text)
        for row in found
    ]
