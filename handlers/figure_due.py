"""Until when: by one tap or typed, for a new request and for 延期."""

from datetime import datetime, time, timedelta

from aiogram.filters.callback_data import CallbackData

from handlers import awaited
from handlers.paging import pairs
from handlers.turn import Button
from locales import _
from policy import figure_lines
from policy.refusals import Code, Refusal

SOON = {"today": (0, time(18)), "noon": (1, time(12)), "tomorrow": (1, time(18))}
"""Due times by one tap: days ahead, local time."""


class Compose(CallbackData, prefix="figc"):
    """A press while a request is made; `v` an area or a page."""

    do: str
    v: int = 0
    page: int = 0


def due_rows(earliest: datetime, do: str, now_local: datetime) -> list[list[Button]]:
    """Due times by one tap, as far as they lie after `earliest` (both local), and 取消."""
    names = {"today": _("今天18:00"), "noon": _("明天12:00"), "tomorrow": _("明天18:00")}
    flat: list[Button] = [
        (names[key], Compose(do=do, v=nth)) for nth, key in enumerate(SOON) if soon(nth, now_local) > earliest
    ]
    return [*pairs(flat), [awaited.cancel()]]


def due_example(earliest: datetime) -> str:
    """A due time as it may be typed in any language, the day after `earliest`."""
    return f"{earliest.date() + timedelta(days=1):%m-%d} 17:00"


def soon(nth: int, now_local: datetime) -> datetime:
    """The moment of a button. Raises `Refusal(NOT_FOUND)` for a button that nobody made."""
    if not 0 <= nth < len(SOON):
        raise Refusal(Code.NOT_FOUND)
    days, at = list(SOON.values())[nth]
    return datetime.combine(now_local.date() + timedelta(days=days), at, tzinfo=now_local.tzinfo)


def due_said(text: str, now_local: datetime) -> datetime:
    """The moment typed. Raises `Refusal(DATE_UNREADABLE)`."""
    moment = figure_lines.due(text, now_local)
    if moment is None:
        raise Refusal(Code.DATE_UNREADABLE, value=text[:40])
    return moment
