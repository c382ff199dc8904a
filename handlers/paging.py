"""Buttons of lists: two in a row, and the pages before and after."""

from collections.abc import Callable, Sequence

from aiogram.filters.callback_data import CallbackData

from handlers.turn import Button
from locales import _


def pairs(buttons: Sequence[Button]) -> list[list[Button]]:
    """Two in a row."""
    return [list(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


def turning(page: int, pages: int, to: Callable[[int], CallbackData]) -> list[Button]:
    """上一页, 下一页, as far as there are such; `page` counts from 0, `to` makes the press that shows a page."""
    buttons: list[Button] = [(_("上一页"), to(page - 1))] if page > 0 else []
    return [*buttons, (_("下一页"), to(page + 1))] if page < pages - 1 else buttons
