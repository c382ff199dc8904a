"""One person's turn to speak: everything a handler knows and every way it can answer (law 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from aiogram.filters.callback_data import CallbackData
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, TelegramMethod
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from policy.authority import Viewer
from storage.batch import Batch
from storage.conversations import Dialogue
from storage.engine import AsyncSession
from storage.people import Speaker
from storage.tables import Area, Person

Button = tuple[str, CallbackData | str]
Buttons = Sequence[Sequence[Button]]
Reply = TelegramMethod | Sequence[TelegramMethod] | None  # type: ignore[type-arg]


@dataclass(slots=True)
class Turn:
    """What is at hand while one update is handled. `now` is when it reached us, `sent_at` when it was sent (UTC)."""

    session: AsyncSession
    batch: Batch
    channel: str
    chat_id: int
    now: datetime
    sent_at: datetime
    speaker: Speaker | None
    viewer: Viewer
    dialogue: Dialogue
    language: str
    callback: CallbackQuery | None = None
    notes: list[str] = field(default_factory=list)
    # a sentence has been asked about: it is what was awaited, whatever it begins with
    is_plain: bool = False
    # what stands before a token in a link to the bot; None: not known (yet)
    deep_link: str | None = None
    # messages a second that may be sent; None or 0: nothing limits them
    send_rate: float | None = None

    @property
    def person(self) -> Person:
        """Who speaks; handlers behind the door (`handlers.door`) may rely on it."""
        if self.speaker is None or self.speaker.person is None:
            raise RuntimeError("nobody is bound to this chat")
        return self.speaker.person

    @property
    def is_bound(self) -> bool:
        """Whether somebody is known to speak from this chat."""
        return self.speaker is not None and self.speaker.person is not None

    async def meet_again(self) -> None:
        """Ask anew who speaks: this chat has come to us for the first time, or the person behind it has changed."""
        self.batch.forget_speaker(self.channel, self.chat_id)
        self.speaker = await self.batch.speaker(self.channel, self.chat_id, self.now.date())
        self.dialogue = Dialogue(self.session, self.speaker, self.now)
        self.viewer = Viewer(person_id=None)
        if self.speaker is not None and self.speaker.person is not None:
            self.viewer = await self.batch.viewer(self.speaker, self.now)

    def posts_area(self) -> Area | None:
        """The area whose clocks and settings this person lives by: the village, else the first post's."""
        return self.speaker.lives_by() if self.speaker is not None else None

    async def local_now(self) -> datetime:
        """Now, as the clocks in this person's area show it."""
        area = self.posts_area()
        return await self.batch.local(area, self.now) if area is not None else self.now

    async def today(self) -> date:
        """The business day in this person's area."""
        return (await self.local_now()).date()

    def say(
        self,
        text: str,
        buttons: Buttons = (),
        *,
        keys: ReplyKeyboardMarkup | ReplyKeyboardRemove | None = None,
    ) -> SendMessage:
        """A new message to the speaker."""
        text = "\n".join([*self.notes, text])
        self.notes.clear()
        return SendMessage(chat_id=self.chat_id, text=text, reply_markup=inline(buttons) or keys)

    def edit(self, text: str, buttons: Buttons = ()) -> TelegramMethod[Message | bool] | SendMessage:
        """Put new words on the card whose button was pressed; where there is none, say them anew."""
        if self.callback is None or self.callback.message is None:
            return self.say(text, buttons)
        return EditMessageText(
            chat_id=self.chat_id,
            message_id=self.callback.message.message_id,
            text=text,
            reply_markup=inline(buttons),
        )

    def link(self, token: str) -> str:
        """An invitation as a link, or as the words to send to the bot."""
        return f"/start {token}" if self.deep_link is None else f"{self.deep_link}{token}"

    def minute(self) -> str:
        """The minute at hand, of a key: what is asked for twice in it comes once."""
        return f"{self.now:%Y-%m-%dT%H:%M}"

    def asked(self) -> str:
        """As `minute`, for what hangs on the card that was pressed."""
        return f"{self.card_id()}:{self.minute()}"

    def card_id(self) -> str:
        """The card that was pressed, of a key: what is asked for twice from it comes once."""
        message = self.callback.message if self.callback is not None else None
        return f"{self.chat_id}:{message.message_id if message is not None else 0}"

    def toast(self, text: str, *, alert: bool = False) -> AnswerCallbackQuery | SendMessage:
        """A short word over the screen, in answer to a press."""
        if self.callback is None:
            return self.say(text)
        return AnswerCallbackQuery(callback_query_id=self.callback.id, text=text[:200], show_alert=alert or None)


def inline(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Buttons under a message; None for none."""
    rows = [[_button(label, data) for label, data in row] for row in buttons if row]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _button(label: str, data: CallbackData | str) -> InlineKeyboardButton:
    # in English many a label is a word of a sentence too, and small there
    return InlineKeyboardButton(
        text=label[:1].upper() + label[1:], callback_data=data if isinstance(data, str) else data.pack()
    )
