"""What every sheet shares: writing row by row, text that stays text, and how a sheet prints."""

import contextlib
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_A4 = 9


@contextlib.contextmanager
def row_by_row() -> Iterator[Workbook]:
    """A workbook whose rows go to the disk as they come.

    Where the block fails, its half-written sheets are ended: a collected one would complain long after, somewhere else.
    """
    workbook = Workbook(write_only=True)
    try:
        yield workbook
    except BaseException:
        for sheet in workbook.worksheets:
            with contextlib.suppress(Exception):  # the first error is the one to tell
                sheet.close()
        raise


def plain(text: str) -> str:
    """What people typed, as a cell may hold it: never a formula (an apostrophe goes before = + - @), no control signs."""
    cleaned: str = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{cleaned}" if cleaned.startswith(_FORMULA_STARTS) else cleaned


def print_landscape(worksheet: Any, header_rows: str) -> None:
    """A4 lying, as wide as the page (A3 fits as well), the header (`3:4`) on each page, page numbers below."""
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = _A4
    worksheet.page_setup.fitToWidth, worksheet.page_setup.fitToHeight = 1, 0
    worksheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.2, footer=0.3)
    worksheet.print_options.horizontalCentered = True
    worksheet.print_title_rows = header_rows
    worksheet.oddFooter.center.text = "&P / &N"
