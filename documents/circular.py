"""Letters in the layout of GB/T 9704 (通报, 证明, later notices): one description, printed as Word, PDF and a picture.

A4, type area 156 × 225 mm, 22 lines of 28 signs; title 2号, body 3号, levels 一、（一）.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from docx.document import Document

from documents import typeset, word
from documents.papers import day
from documents.word import Look

PIXELS_PER_INCH = 144
_WIDTH_MM = 156
_SIGN = word.BODY_PT
_TITLE, _BODY = Look(word.TITLE_FONT, word.TITLE_PT), Look()
_LEVELS = {0: _BODY, 1: Look(word.HEAD_FONT), 2: Look(word.SUBHEAD_FONT)}
_GRID_HEAD, _GRID, _NOTE = Look(word.HEAD_FONT, 12), Look(word.BODY_FONT, 12), Look(word.BODY_FONT, 12)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, two signs indented. `level`: 0 body, 1 一、, 2 （一）."""

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table between paragraphs: heads, rows, widths of the columns in parts of the whole."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[float, ...]

    def widths(self) -> list[float]:
        """Millimetres of each column."""
        return [_WIDTH_MM * part / sum(self.parts) for part in self.parts]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `head` stands small above the title (草稿), `office` and `on` sign it."""

    title: str
    body: tuple[Paragraph | Grid, ...]
    office: str
    on: date
    addressees: str = ""
    annexes: tuple[str, ...] = ()
    head: str = ""


def pdf(letters: Sequence[Letter]) -> bytes:
    """Each letter from a page of its own on. Raises as `documents.typeset.png`."""
    return typeset.pdf("letter.typ", {"letters": [_page(letter) for letter in letters], "is_picture": False})


def png(letter: Letter) -> bytes:
    """A letter as one picture, as long as it needs."""
    return typeset.png("letter.typ", {"letters": [_page(letter)], "is_picture": True}, PIXELS_PER_INCH)


def _page(letter: Letter) -> dict[str, Any]:
    return {
        "title": letter.title,
        "head": letter.head,
        "addressees": letter.addressees,
        "body": [_block(block) for block in letter.body],
        "annexes": list(letter.annexes),
        "office": letter.office,
        "on": day(letter.on),
    }


def _block(block: Paragraph | Grid) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"is": "paragraph", "text": block.text, "level": block.level}
    return {"is": "grid", "heads": block.heads, "rows": block.rows, "widths": block.widths()}


def docx(letters: Sequence[Letter]) -> bytes:
    """The same as a Word file."""
    document = word.new()
    for nth, letter in enumerate(letters):
        _write(document, letter, is_first=nth == 0)
    word.number_pages(document)
    return word.saved(document)


def _write(document: Document, letter: Letter, *, is_first: bool) -> None:
    head = word.line(document, letter.head, _NOTE)
    head.paragraph_format.page_break_before = not is_first
    word.line(document, letter.title, _TITLE, align="center", pitch=35)
    word.line(document, "", _BODY)
    if letter.addressees:
        word.line(document, letter.addressees, _BODY)
    for block in letter.body:
        if isinstance(block, Paragraph):
            word.line(document, block.text, _LEVELS[block.level], indent=2 * _SIGN)
        else:
            _draw(document, block)
    for nth, annex in enumerate(letter.annexes):
        word.line(document, f"{'附件：' if nth == 0 else '　　　'}{annex}", _BODY, indent=2 * _SIGN)
    word.line(document, "", _BODY)
    word.line(document, letter.office, _BODY, align="right", indent_right=2 * _SIGN)
    word.line(document, day(letter.on), _BODY, align="right", indent_right=4 * _SIGN)


def _draw(document: Document, grid: Grid) -> None:
    drawn = word.table(document, len(grid.rows) + 1, grid.widths())
    for nth, row in enumerate((grid.heads, *grid.rows)):
        word.set_height(drawn, nth, 8)
        for cell, text in zip(drawn.rows[nth].cells, row, strict=True):
            word.fill(cell, [(text, "center")], _GRID if nth else _GRID_HEAD, 18)
    word.repeat_head(drawn)
