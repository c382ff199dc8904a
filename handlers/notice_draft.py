"""A notice as it is being written: kept in the conversation (law 11), read from what people send, formatting and all."""

from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Any

import orjson
from aiogram.methods import SendDocument, SendMessage, SendPhoto, TelegramMethod
from aiogram.types import Message, MessageEntity
from aiogram.utils.text_decorations import html_decoration

from handlers import phrases, task_words
from handlers.awaited import drafts, left
from handlers.cards import Card
from handlers.turn import Button, Reply, Turn, inline
from locales import _
from policy import notices as rules
from policy.notices import Attachment, AttachmentKind, Draft
from policy.sentences import mask_numbers
from storage.tables import Area

WHO = "notice.who"
"""Areas, units or roles are being ticked; kept with it: draft, pick."""
NEW = "notice.new"
"""Whom it is for has just been asked, and nothing is written: a picture or file that comes now is what it says.

Kept beside what is awaited, so that any other sentence is understood as ever; with it: area, at.
"""
NAMES = "notice.names"
"""Names are awaited; kept with it: draft."""
NAMESAKE = "notice.namesake"
"""Which of several of the same name; kept with it: draft, people, open, unknown."""
CONTENT = "notice.content"
"""Words, a picture or a file are awaited; kept with it: draft."""
READY = "notice.ready"
"""The preview is shown; kept with it: draft, album (the pictures that came together with the one that was taken)."""
WHEN = "notice.when"
"""The time is awaited; kept with it: draft."""
UNTIL = "notice.until"
"""How long it stays open is awaited; kept with it: draft."""
TASK = "notice.task"
"""The day by which it is to be done is awaited; kept with it: draft."""
STATES = (WHO, NAMES, NAMESAKE, CONTENT, READY, WHEN, UNTIL, TASK)

_KEPT = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "expandable_blockquote",
    "text_link",
}  # fmt: skip
"""Kinds of formatting that every channel shows; mentions and stickers among the words stay plain words."""
_LONGEST_SENDER = 40
_JUST_NOW = timedelta(minutes=10)


def kept(turn: Turn) -> Draft | None:
    """The draft of the conversation; None: nothing is being written, or not yet."""
    data = turn.dialogue.data
    return Draft.load(data["draft"]) if "draft" in data else None


def begin(turn: Turn, area: Area) -> None:
    """Whom it is for is asked, with nothing written yet."""
    turn.dialogue.to(NEW, area=area.id, at=turn.now.isoformat())
    turn.dialogue.leave()


def begun(turn: Turn) -> int | None:
    """The id of the area in whose name a notice was begun just now, with nothing written yet."""
    data = turn.dialogue.drafts.get(NEW)
    if turn.dialogue.state is not None or data is None or turn.now - datetime.fromisoformat(data["at"]) > _JUST_NOW:
        return None
    area: int = data["area"]
    return area


def keep(turn: Turn, state: str, draft: Draft, **more: Any) -> None:
    """Await the next thing, with the draft as it is now."""
    turn.dialogue.to(state, draft=draft.dump(), **more)


def gone(turn: Turn) -> Reply:
    """A step was pressed of a notice that isn't being written now: the way back to it, where it was only left."""
    if rows := drafts(turn, *STATES):
        return turn.edit(_("这份通知还没有发，刚才去办别的了。点「继续上次的」接着办。"), rows)
    return turn.edit(_("这份通知已经办过，或者过了时间，没有再发。要发请再点「📣通知」。"))


def not_sent(turn: Turn, pressed: str) -> Reply:
    """发送 on a preview (with this stamp) that isn't the one at hand; the preview stays as it is."""
    if turn.dialogue.state in STATES:
        return turn.toast(_("这份通知正在改，没有发。改完会再给一份预览，请点那一份。"), alert=True)
    state = left(turn, *STATES)
    if state is not None and stamp(Draft.load(turn.dialogue.drafts[state]["draft"])) == pressed:
        text = _("这份通知还没有发，刚才去办别的了。点「继续上次的」接着办。")
        return turn.say(text, drafts(turn, *STATES))
    return turn.toast(_("这份通知已经办过，或者过了时间，没有再发。要发请再点「📣通知」。"), alert=True)


def stamp(draft: Draft) -> str:
    """Tells one draft from another on a button, so that an old preview can't send what it doesn't show."""
    return sha256(orjson.dumps(draft.dump())).hexdigest()[:8]


def taken(message: Message, draft: Draft) -> Draft | None:
    """The draft with what a message brings: words, a picture, a file; None: nothing that a notice may carry.

    Raises `Refusal`: NOTICE_TOO_LONG, NOTICE_FILE_TYPE, NOTICE_FILE_SIZE.
    """
    attachment = _attachment(message)
    text = message.text or message.caption
    if attachment is None and message.text is None:
        return None
    if text is not None and text.strip():
        rules.check_text(text)
        masked = mask_numbers(text)
        html = safe_html(masked, message.entities or message.caption_entities or [])
        draft = draft.but(html=html, title=rules.title_of(masked), length=rules.units(masked))
    return draft.but(attachment=attachment) if attachment is not None else draft


def worded(draft: Draft, text: str) -> Draft:
    """The draft with plain words. Raises `Refusal`: TEXT_EMPTY, NOTICE_TOO_LONG."""
    rules.check_text(text)
    masked = mask_numbers(text)
    return draft.but(html=phrases.typed(masked), title=rules.title_of(masked), length=rules.units(masked))


def _attachment(message: Message) -> Attachment | None:
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, message.photo[-1].file_id)  # the largest
    if message.document is not None:
        name = (message.document.file_name or "")[-100:]
        rules.check_file(name, message.document.file_size)
        return Attachment(AttachmentKind.DOCUMENT, message.document.file_id, name)
    return None


def safe_html(text: str, entities: list[MessageEntity]) -> str:
    """Words with their formatting as HTML: only kinds that every channel shows, links only to the web, all else escaped."""
    safe = []
    for entity in entities:
        if entity.type not in _KEPT or (entity.type == "text_link" and not _is_web(entity.url)):
            continue
        url = escape(entity.url, quote=True) if entity.url is not None else None
        safe.append(entity.model_copy(update={"url": url, "language": None}))
    return html_decoration.unparse(text, safe)


def _is_web(url: str | None) -> bool:
    return url is not None and url.lower().startswith(("https://", "http://"))


def cards(draft: Draft, sender: str, buttons: list[list[Button]] | None = None) -> list[Card]:
    """A notice as its recipients see it: one message, or a picture and then the text. `sender` is safe HTML."""
    wanted = f"\n{task_words.due(draft.due_on)}" if draft.due_on is not None else ""
    text = _("📣 {text}\n\n— {sender}").format(text=draft.html + wanted, sender=sender)
    attachment, rows = draft.attachment, buttons or []
    if attachment is None:
        return [Card(text, rows)]
    file: dict[str, Any] = {
        "file": attachment.file_id,
        "file_name": attachment.name or None,
        "is_photo": attachment.kind is AttachmentKind.PHOTO,
    }
    if draft.messages == 1:
        return [Card(text, rows, **file)]
    title = _("📣 {title}（全文见下一条）").format(title=phrases.typed(draft.title))
    return [Card(title, **file), Card(text, rows)]


def sender(area: Area, name: str) -> str:
    """安岭县 孙丽: who says it, at the foot of a notice."""
    return _("{area} {name}").format(
        area=phrases.typed(area.name[:_LONGEST_SENDER]), name=phrases.typed(name[: _LONGEST_SENDER // 2])
    )


def method(chat_id: int, card: Card) -> TelegramMethod[Message]:
    """A card whose file the channel has already, as an answer."""
    markup = inline(card.buttons)
    if isinstance(card.file, str):
        if card.is_photo:
            return SendPhoto(chat_id=chat_id, photo=card.file, caption=card.text, reply_markup=markup)
        return SendDocument(chat_id=chat_id, document=card.file, caption=card.text, reply_markup=markup)
    return SendMessage(chat_id=chat_id, text=card.text, reply_markup=markup)
