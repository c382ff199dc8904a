"""Reading the papers that were sent: the words of a Word file, of a PDF."""

import io
import re
import zlib

from docx import Document


def words_of(content: bytes) -> list[list[str]]:
    """The boxes of a Word file's tables, row by row; what lies outside of tables comes first, a row a paragraph."""
    document = Document(io.BytesIO(content))
    rows = [[paragraph.text] for paragraph in document.paragraphs]
    for table in document.tables:
        for row in table.rows:
            boxes: list[str] = []
            for cell in row.cells:
                if not boxes or cell.text != boxes[-1]:  # a box over several columns is told once
                    boxes.append(cell.text)
            rows.append(boxes)
    return rows


def pages_of(content: bytes) -> int:
    """How many pages a PDF has."""
    assert content.startswith(b"%PDF-1.7")
    found = content
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found += zlib.decompress(packed)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", found))
