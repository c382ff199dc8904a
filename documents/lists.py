"""Long lists as spreadsheets, written row by row: headers, widths, codes as text, nothing taken for a formula."""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from documents.sheets import plain

_HEAD_FONT = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="E8F2EC")
_HEAD_ALIGNMENT = Alignment(horizontal="center", vertical="center")
_AS_TEXT = "@"


def add_list(
    workbook: Workbook,
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]] = (),
    *,
    widths: Mapping[int, float] | None = None,
    text_columns: Sequence[int] = (),
) -> Any:
    """A sheet with a frozen header. `text_columns` (from 0) are kept as text, so that codes keep their digits."""
    sheet = workbook.create_sheet(title)
    for place in range(len(header)):
        column = sheet.column_dimensions[get_column_letter(place + 1)]
        column.width = (widths or {}).get(place, 16)
        if place in text_columns:
            column.number_format = _AS_TEXT
    sheet.freeze_panes = "A2"
    sheet.append([_head(sheet, words) for words in header])
    for row in rows:
        cells = [plain(value) if isinstance(value, str) else value for value in row]
        for place in text_columns:
            if place < len(cells) and cells[place] is not None:
                cells[place] = _text(sheet, cells[place])
        sheet.append(cells)
    return sheet


def _head(sheet: Any, words: str) -> Any:
    cell = WriteOnlyCell(sheet, value=plain(words))
    cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD_FILL, _HEAD_ALIGNMENT
    return cell


def _text(sheet: Any, value: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=str(value) if isinstance(value, int) else value)
    cell.number_format = _AS_TEXT
    return cell


def save_whole(workbook: Workbook, path: Path) -> None:
    """Save beside `path`, and put the file in its place only once it is whole; for its owner's eyes.

    Raises OSError, which names the file or its folder, never the draft.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.absolute().parent)) from error
    os.close(handle)
    draft = Path(name)
    try:
        workbook.save(draft)
        _put(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _put(draft: Path, path: Path) -> None:
    try:
        draft.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
