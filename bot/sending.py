"""A card as Bot API methods: sent anew, or put in the place of what it said before."""

from pathlib import Path
from typing import Any

from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.types import BufferedInputFile, FSInputFile, InputFile

from handlers.cards import Card


def sent(chat_id: int, card: Card, *, silent: bool = False) -> TelegramMethod[Any]:
    """The card as a new message; `silent`: without a sound."""
    more: dict[str, Any] = {"chat_id": chat_id, "reply_markup": card.markup(), "disable_notification": silent or None}
    if card.file is None:
        return SendMessage(text=card.text, **more)
    content = _content(card.file, card.file_name or "file")
    if card.is_photo:
        return SendPhoto(photo=content, caption=card.text, **more)
    return SendDocument(document=content, caption=card.text, **more)


def edited(chat_id: int, message_id: int, card: Card) -> TelegramMethod[Any]:
    """The card in the place of a message that stands."""
    if card.file is None:
        return EditMessageText(chat_id=chat_id, message_id=message_id, text=card.text, reply_markup=card.markup())
    return EditMessageCaption(chat_id=chat_id, message_id=message_id, caption=card.text, reply_markup=card.markup())


def _content(file: Path | bytes | str, name: str) -> InputFile | str:
    """A file to upload; one that the channel has already goes by its id."""
    if isinstance(file, str):
        return file
    return FSInputFile(file, name) if isinstance(file, Path) else BufferedInputFile(file, name)
