"""What every paper that is asked for in chat shares: the presses for its format, and what comes of its making."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from documents import press
from documents.papers import Format
from documents.press import PressError
from handlers import phrases
from handlers.cards import Card
from handlers.turn import Button, Reply, Turn
from locales import _, mark

Order = TypeVar("Order")
Built = TypeVar("Built")

log = structlog.get_logger()
router = Router(name="papers")

FORMATS = {
    Format.DOCX: mark("Word"),
    Format.PDF: mark("PDF"),
    Format.PNG: mark("图片"),
    Format.XLSX: mark("Excel"),
    Format.ZIP: mark("压缩包"),
}


class ExportNo(CallbackData, prefix="exportno"):
    """Nothing after all."""


@router.callback_query(ExportNo.filter())
async def on_cancel(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is built."""
    return turn.edit(_("好的，没有导出。"))


def cancel() -> Button:
    """[取消] under a question about a paper."""
    return _("取消"), ExportNo()


def pairs(flat: Sequence[Button]) -> list[list[Button]]:
    """Two buttons a row, [取消] below."""
    return [*(list(flat[at : at + 2]) for at in range(0, len(flat), 2)), [cancel()]]


def choices(formats: Sequence[Format], data: Callable[[Format], CallbackData]) -> list[list[Button]]:
    """[Word] [PDF] …: in which format?"""
    return pairs([(_(FORMATS[one]), data(one)) for one in formats])


async def made(paper: str, build: Callable[[Order], Built], order: Order, shown: Callable[[Built], Card]) -> Card:
    """The card of a paper, built in the press as things stand now; where it can't be, that is said.

    `paper` is its name in the language spoken. Raises `Refusal` as `build`, `PressClosedError`.
    """
    try:
        built = await press.build(build, order)
    except PressError as error:
        log.error("a paper was not built", builder=build.__module__, cause=str(error).split(":")[0])
        return Card(
            _("📄 {paper}<b>没有做成</b>，原因已经记下。\n过一会儿再要一次，还不行请找县驻村办。").format(paper=paper)
        )
    return shown(built)


def being_made(paper: str) -> str:
    """Said at once: it takes a moment."""
    return _("📄 <b>正在生成</b>{paper}…\n好了就发到这里。").format(paper=paper)


def how_far(done: int, total: int) -> str:
    """Said while it is being made, where that takes longer: 12,000/22,098."""
    return _("📄 正在生成：{done}/{total} 人…").format(done=f"{done:,}", total=f"{total:,}")


def name_of(stem: str, form: Format, *, is_sample: bool) -> str:
    """The file's name."""
    return phrases.file_name(stem, form.value, is_sample=is_sample)
