"""Forms with boxes (审批表, 汇总表): one description, printed as PDF and as a Word file that people sign."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from docx.document import Document

from documents import typeset, word
from documents.word import Look

WIDTH_MM = 156
_LABEL, _VALUE, _SMALL = Look(word.HEAD_FONT, 12), Look(word.BODY_FONT, 12), Look(word.BODY_FONT, 10.5)
_PITCH = 18


@dataclass(frozen=True, slots=True)
class Cell:
    """A box: its words, the columns it spans, and a line at its foot on the right (签字, 日期)."""

    text: str = ""
    span: int = 1
    is_label: bool = False
    is_left: bool = False
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Boxes side by side, at least so high (millimetres)."""

    cells: tuple[Cell, ...]
    height: float = 10


@dataclass(frozen=True, slots=True)
class Form:
    """One page: title, a line above the boxes and one below, widths of the columns in parts of the whole.

    `mark` stands before the title (样例).
    """

    title: str
    columns: tuple[float, ...]
    rows: tuple[Row, ...]
    above: str = ""
    below: str = ""
    mark: str = ""

    def widths(self) -> list[float]:
        """Millimetres of each column."""
        whole = sum(self.columns)
        return [WIDTH_MM * part / whole for part in self.columns]


def label(text: str, span: int = 1) -> Cell:
    """The name of what stands beside it."""
    return Cell(text, span, is_label=True)


def pdf(forms: Sequence[Form]) -> bytes:
    """Each form on a page of its own. Raises as `documents.typeset.png`."""
    return typeset.pdf("form.typ", {"forms": [_page(form) for form in forms]})


def _page(form: Form) -> dict[str, Any]:
    rows = [
        {"height": row.height, "cells": [{**asdict(cell), "lines": cell.text.split("\n")} for cell in row.cells]}
        for row in form.rows
    ]
    return {**asdict(form), "columns": form.widths(), "rows": rows}


def docx(forms: Sequence[Form]) -> bytes:
    """The same as a Word file."""
    document = word.new()
    for nth, form in enumerate(forms):
        _draw(document, form, is_first=nth == 0)
    return word.saved(document)


def _draw(document: Document, form: Form, *, is_first: bool) -> None:
    title = word.line(document, "", Look(), align="center", pitch=36)
    title.paragraph_format.page_break_before = not is_first
    word.write(title, form.mark + form.title, Look(word.TITLE_FONT, word.TITLE_PT))
    word.line(document, form.above, _SMALL, pitch=24)
    drawn = word.table(document, len(form.rows), form.widths())
    for nth, row in enumerate(form.rows):
        word.set_height(drawn, nth, row.height)
        boxes, place = drawn.rows[nth].cells, 0
        for cell in row.cells:
            box = boxes[place] if cell.span == 1 else boxes[place].merge(boxes[place + cell.span - 1])
            lines = [(text, "left" if cell.is_left else "center") for text in cell.text.split("\n")]
            if cell.foot:
                lines.append((cell.foot, "right"))
            word.fill(box, lines, _LABEL if cell.is_label else _VALUE, _PITCH)
            place += cell.span
    word.line(document, form.below, _SMALL, pitch=20)
