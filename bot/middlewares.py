"""Round every handler: who speaks and in what language, what is refused and how it is said."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Chat, TelegramObject, Update, User

from actions import unreachable
from handlers import awaited, menu, refusals
from handlers.turn import Turn
from locales import _, match, speaking
from policy.authority import Viewer
from policy.refusals import Code, Refusal
from storage.batch import of
from storage.conversations import Dialogue
from storage.engine import AsyncSession
from storage.people import Speaker
from storage.tables import Person

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]

LONGEST_TEXT = 4_000
_NO_ID = re.compile(r"\d{19}")
"""More digits than any id has: no column holds such a number, and no button of ours carries one."""


class TurnMiddleware(BaseMiddleware):
    """Gives each handler its `turn`; ignores groups, channels and bots; turns a `Refusal` into words."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        """Handle one update."""
        if not isinstance(event, Update):
            return None
        chat, user = _whose(event)
        if chat is None or user is None or chat.type != "private" or user.is_bot:
            return None
        turn = await _turn(event, chat, user, data["session"], data["received_at"], data["channel"])
        turn.deep_link = data.get("deep_link")
        turn.send_rate = data.get("send_rate")
        data["turn"] = turn
        with speaking(turn.language):
            try:
                answer = menu.kept_up(turn, await _handle(handler, event, data, turn))
            except Refusal as refusal:
                turn.dialogue.restore()
                answer = await _say_no(turn, refusal)
            return awaited.bound(turn, answer)


async def _handle(handler: Handler, event: Update, data: dict[str, Any], turn: Turn) -> Any:
    text = event.message.text if event.message is not None else None
    if text is not None and len(text) > LONGEST_TEXT:
        raise Refusal(Code.TEXT_TOO_LONG, limit=LONGEST_TEXT, length=len(text))
    if turn.callback is not None and _NO_ID.search(turn.callback.data or ""):
        raise Refusal(Code.NOT_FOUND)
    if turn.dialogue.has_expired:
        turn.dialogue.end()
        turn.notes.append(_("之前没说完的那件事放了一天，先不记了，随时可以重新说。"))
    return await handler(event, data)


async def _say_no(turn: Turn, refusal: Refusal) -> Any:
    """The refusal in words; where a question is still open, with the way out of it."""
    text = refusals.words(refusal)
    by_id = refusal.fields.get("by_id") if refusal.code is Code.ALREADY_DECIDED else None
    if by_id not in {None, turn.viewer.person_id} and (other := await turn.session.get(Person, by_id)) is not None:
        text = refusals.decided_by(other.name)
    open_still = turn.is_bound and turn.dialogue.state is not None
    buttons = [[awaited.cancel()]] if open_still else []
    if turn.callback is not None:
        toast = unescape(text)  # a toast is plain text; the card with its buttons stays behind it
        return [turn.toast(toast, alert=True)] if len(toast) <= 200 else [turn.say(text, buttons)]
    return turn.say(text, buttons)


def _whose(event: Update) -> tuple[Chat | None, User | None]:
    if event.message is not None:
        return event.message.chat, event.message.from_user
    if event.callback_query is not None:
        message = event.callback_query.message
        return (message.chat if message is not None else None), event.callback_query.from_user
    if event.my_chat_member is not None:
        return event.my_chat_member.chat, event.my_chat_member.from_user
    return None, None


async def _turn(
    event: Update, chat: Chat, user: User, session: AsyncSession, received_at: datetime, channel: str
) -> Turn:
    batch = of(session)
    speaker = await batch.speaker(channel, chat.id, received_at.date())
    sent_at = event.message.date if event.message is not None else received_at
    callback: CallbackQuery | None = event.callback_query
    viewer = Viewer(person_id=None)
    heard = speaker.chat if speaker is not None and event.my_chat_member is None else None
    if speaker is not None and speaker.person is not None:
        viewer = await batch.viewer(speaker, received_at)
    if heard is not None and not heard.is_reachable:  # who writes to us can be written to
        await unreachable.note_back(session, heard, by=viewer, now=received_at)
    return Turn(
        session=session,
        batch=batch,
        channel=channel,
        chat_id=chat.id,
        now=received_at,
        sent_at=sent_at.astimezone(UTC),
        speaker=speaker,
        viewer=viewer,
        dialogue=Dialogue(session, speaker, received_at),
        language=_language(speaker, user),
        callback=callback,
    )


def _language(speaker: Speaker | None, user: User) -> str:
    if speaker is not None and speaker.person is not None:
        return speaker.person.language
    return match(user.language_code)
