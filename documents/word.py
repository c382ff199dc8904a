"""What every Word file shares: the page of GB/T 9704, the fonts that offices write with, tables with lines.

The fonts are named, not carried: an office's machine has them, and Word takes its own where it hasn't.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

TITLE_FONT, BODY_FONT, HEAD_FONT, SUBHEAD_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
TITLE_PT, BODY_PT, LINE_PT = 22, 16, 29
"""2号, 3号; 22 lines on 225 mm."""
_LATIN = "Times New Roman"
_TWIPS = 20
_GRID_OF_28_SIGNS = -848
"""What a sign of 16 pt gives up so that 28 of them fill 156 mm, in 4096ths of a point. Source: ECMA-376, 17.6.5."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of text is set; sizes in points."""

    font: str = BODY_FONT
    size: float = BODY_PT
    bold: bool = False


def new(*, is_lying: bool = False) -> Word:
    """An empty A4 document: type area 156 × 225 mm, 22 lines of 28 signs; lying, the same sheet turned."""
    document = Document()
    for paragraph in list(document.paragraphs):
        paragraph._element.getparent().remove(paragraph._element)  # noqa: SLF001 -- python-docx has no way of its own
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    if is_lying:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.top_margin, section.bottom_margin = Mm(28), Mm(26)
        section.left_margin, section.right_margin = Mm(25), Mm(25)
    else:
        _set_grid(section._sectPr)  # noqa: SLF001
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _LATIN, Pt(BODY_PT)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY_FONT)
    document.core_properties.author = ""
    document.core_properties.comments = ""
    return document


def _set_grid(section: Any) -> None:
    for old in section.findall(qn("w:docGrid")):
        section.remove(old)
    section.append(_element("w:docGrid", type="linesAndChars", linePitch=LINE_PT * _TWIPS, charSpace=_GRID_OF_28_SIGNS))


def _element(name: str, **attributes: str | int) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def write(paragraph: Paragraph, text: str, look: Look) -> None:
    """Add text to a paragraph; line breaks stay, control signs go."""
    run = paragraph.add_run(ILLEGAL_CHARACTERS_RE.sub("", text))
    run.font.name, run.font.size, run.font.bold = _LATIN, Pt(look.size), look.bold or None
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), look.font)  # noqa: SLF001


def line(
    document: Word | _Cell,
    text: str,
    look: Look,
    *,
    align: str = "left",
    indent: float = 0,
    indent_right: float = 0,
    pitch: float | None = LINE_PT,
) -> Paragraph:
    """A paragraph of its own. `indent` is of the first line, both in points; `pitch` None: as high as it needs."""
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    if pitch is not None:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(pitch)
    if indent:
        shape.first_line_indent = Pt(indent)
    if indent_right:
        shape.right_indent = Pt(indent_right)
    paragraph.alignment = {
        "left": WD_ALIGN_PARAGRAPH.JUSTIFY,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }[align]
    if text:
        write(paragraph, text, look)
    return paragraph


def table(document: Word, rows: int, widths_mm: Sequence[float]) -> Table:
    """An empty table with lines round each cell, as wide as told."""
    made: Table = document.add_table(rows=rows, cols=len(widths_mm))
    made.style = document.styles["Table Grid"]
    made.autofit = False
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    for place, width in enumerate(widths_mm):
        made.columns[place].width = Mm(width)
        for cell in made.columns[place].cells:
            cell.width = Mm(width)
    return made


def fill(cell: _Cell, lines: Sequence[tuple[str, str]], look: Look, pitch: float) -> None:
    """The text of a cell: lines with their alignment (`left`, `center`, `right`), in the middle of its height."""
    for nth, (text, align) in enumerate(lines):
        if nth == 0:
            first = cell.paragraphs[0]
            first._element.getparent().remove(first._element)  # noqa: SLF001 -- the empty one a cell is born with
        line(cell, text, look, align=align, pitch=pitch)
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def set_height(made: Table, row: int, least_mm: float) -> None:
    """How high a row is at least; it grows with its text and is never broken between pages."""
    made.rows[row].height, made.rows[row].height_rule = Mm(least_mm), WD_ROW_HEIGHT_RULE.AT_LEAST
    made.rows[row]._tr.get_or_add_trPr().append(_element("w:cantSplit"))  # noqa: SLF001


def repeat_head(made: Table, rows: int = 1) -> None:
    """The first rows stand on each page."""
    for row in list(made.rows)[:rows]:
        row._tr.get_or_add_trPr().append(_element("w:tblHeader"))  # noqa: SLF001


def number_pages(document: Word) -> None:
    """— 1 — below, as GB/T 9704 has it, 4号."""
    for section in document.sections:
        paragraph = section.footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        look = Look("宋体", 14)
        write(paragraph, "— ", look)
        for kind, code in (("begin", None), (None, "PAGE"), ("end", None)):
            write(paragraph, "", look)
            field = _element("w:fldChar", fldCharType=kind) if kind else _element("w:instrText")
            field.text = code
            paragraph.runs[-1]._element.append(field)  # noqa: SLF001
        write(paragraph, " —", look)


def saved(document: Word) -> bytes:
    """The file."""
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
