"""Reading the roster workbook: sheets, headers and cells into rows; everything that can't be read is noted."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from policy import households, roster
from policy.authority import Role
from policy.geo import Datum
from policy.households import HouseholdRow
from policy.roster import Level, UnitKind
from policy.workbook import (
    COLUMNS,
    LONGEST_UNIT,
    OTHER_SHEETS,
    AreaRow,
    Book,
    Cells,
    Fault,
    PersonRow,
    RowProblem,
    Sheet,
    SiteRow,
    UnitRow,
    columns,
    datum,
    day,
    degrees,
    problem,
    text,
)

LONGEST_SHEET = 200_000
"""Rows with something in them; blank tails don't count."""
WIDEST_SHEET = 40
LARGEST_FILE = 64 << 20
LARGEST_UNPACKED = 1 << 30
PROGRESS_EVERY = 500
REASONS = "原因"
"""The column in which bad rows come back with what was wrong with them."""

T = TypeVar("T")
Progress = Callable[[int], None]
"""Told how many rows have been read so far."""


class UnreadableError(Exception):
    """The file is no workbook that can be read."""


def read(path: Path, progress: Progress = lambda _done: None) -> Book:
    """The rows of a roster workbook, and every problem with its sheets, headers and cells.

    Raises `UnreadableError` for what is no xlsx workbook or unpacks to an absurd size, `OSError` for a file that
    can't be opened.
    """
    _check_file(path)
    try:
        with path.open("rb") as file:
            workbook = load_workbook(file, read_only=True, data_only=True)
            book = Book()
            _check_sheets(book, {name: workbook[name] for name in workbook.sheetnames})
            done = 0
            for sheet in Sheet:
                if sheet in workbook.sheetnames:
                    done = _read_sheet(book, sheet, workbook[sheet], done, progress)
            workbook.close()
    except OSError:
        raise
    except Exception as error:  # openpyxl raises whatever the broken part made it raise
        raise UnreadableError(type(error).__name__) from error
    return book


def _check_file(path: Path) -> None:
    if path.stat().st_size > LARGEST_FILE:
        raise UnreadableError("too large")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UnreadableError("not a workbook") from error
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableError("unpacks to an absurd size")


def _check_sheets(book: Book, found: Mapping[str, Any]) -> None:
    if not any(sheet in found for sheet in Sheet):
        book.problems.append(problem("、".join(found)[:80], 0, None, Fault.SHEETS_MISSING, wanted="、".join(Sheet)))
        return
    for name, worksheet in found.items():
        if name not in set(Sheet) | OTHER_SHEETS and not _is_blank(worksheet):
            book.problems.append(problem(name, 0, None, Fault.SHEET_UNKNOWN, wanted="、".join(Sheet)))


def _is_blank(worksheet: Any) -> bool:
    if not isinstance(worksheet, ReadOnlyWorksheet):
        return True  # a sheet that is a chart
    return next(_rows(worksheet), None) is None


def _rows(worksheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with something in them, numbered as the spreadsheet numbers them."""
    worksheet.reset_dimensions()  # what a file says of its own size is often wrong
    rows = worksheet.iter_rows(max_col=WIDEST_SHEET, values_only=True)
    for number, cells in enumerate(rows, start=1):
        if any(cell is not None and cell != "" for cell in cells) and any(map(text, cells)):
            yield number, cells


def _read_sheet(book: Book, sheet: Sheet, worksheet: Any, done: int, progress: Progress) -> int:
    rows = _rows(worksheet)
    number, header = next(rows, (1, ()))
    places, problems = _header(sheet, header if number == 1 else ())
    book.problems += problems
    if any(found.blocks for found in problems):
        return done
    reader = _READERS[sheet]
    count = 0
    for number, cells in rows:
        count += 1
        if count > LONGEST_SHEET:
            book.problems.append(problem(sheet, 0, None, Fault.SHEET_TOO_LONG, allowed=LONGEST_SHEET))
            break
        wide = len(cells)
        row = Cells({column: cells[place] if place < wide else None for column, place in places.items()})
        reader(book, number, row)
        book.problems += (
            RowProblem(sheet, number, error.column, error.code, error.clause, error.fields) for error in row.errors
        )
        if (done + count) % PROGRESS_EVERY == 0:
            progress(done + count)
    progress(done + count)
    return done + count


def _header(sheet: Sheet, cells: tuple[Any, ...]) -> tuple[dict[str, int], list[RowProblem]]:
    """Where each column stands. Columns may stand in any order; unknown ones are pointed out and not read."""
    names = [text(cell).replace(" ", "") for cell in cells]
    problems = []
    for column in columns(sheet):
        count = names.count(column)
        if count > 1 or (count == 0 and column in COLUMNS[sheet]):
            fault = Fault.COLUMN_TWICE if count else Fault.COLUMN_MISSING
            problems.append(problem(sheet, 1, column, fault, wanted="、".join(COLUMNS[sheet])))
    strange = (name for name in names if name and name not in {*columns(sheet), REASONS})
    problems += (problem(sheet, 1, name[:40], Fault.COLUMN_UNKNOWN) for name in strange)
    places = {column: names.index(column) if column in names else WIDEST_SHEET for column in columns(sheet)}
    return places, problems


def _area(book: Book, number: int, row: Cells) -> None:
    code = row.read("代码", roster.clean_code, Fault.CELL_EMPTY, "")
    name = row.text("名称")
    level = row.read("级别", _level, Fault.CELL_EMPTY, Level.VILLAGE)
    parent = row.read("上级代码", roster.clean_code, Fault.CELL_EMPTY, "", needed=False)
    if not row.errors:
        book.areas.append(AreaRow(number, code, name, level, parent or None))
    elif code:
        book.bad_codes.add(code)


def _site(book: Book, number: int, row: Cells) -> None:
    village = row.read("村代码", roster.clean_code, Fault.CELL_EMPTY, "")
    name = row.text("名称")
    latitude = row.read("纬度", degrees, Fault.NUMBER_INVALID, 0.0)
    longitude = row.read("经度", degrees, Fault.NUMBER_INVALID, 0.0)
    system = row.read("坐标系", datum, Fault.NUMBER_INVALID, None, needed=False)
    if system is None and not any(error.column == "坐标系" for error in row.errors):
        book.problems.append(problem(Sheet.SITES, number, "坐标系", Fault.DATUM_ASSUMED))
    if not row.errors:
        book.sites.append(SiteRow(number, village, name, latitude, longitude, system or Datum.WGS84))


def _unit(book: Book, number: int, row: Cells) -> None:
    name = row.text("名称", longest=LONGEST_UNIT)
    level = row.read("层级", _level, Fault.CELL_EMPTY, Level.COUNTY)
    kind = row.read("类型", _kind, Fault.CELL_EMPTY, UnitKind.ORGAN)
    if not row.errors:
        book.units.append(UnitRow(number, name, level, kind))
    elif name:
        book.bad_units.add(name)


def _person(book: Book, number: int, row: Cells) -> None:
    name = row.text("姓名")
    phone = row.read("手机", roster.clean_phone, Fault.CELL_EMPTY, "", needed=False)
    party = row.read("政治面貌", _party, Fault.CELL_EMPTY, "", needed=False)
    unit = row.read("派出单位", text, Fault.CELL_EMPTY, "", needed=False)
    role = row.read("角色", _role, Fault.CELL_EMPTY, Role.TEAM_MEMBER)
    area = row.read("区划代码", roster.clean_code, Fault.CELL_EMPTY, "")
    starts_on = row.read("起始日期", day, Fault.DATE_INVALID, None)
    ends_on = row.read("结束日期", day, Fault.DATE_INVALID, None, needed=False)
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        found = problem(Sheet.PEOPLE, number, "结束日期", Fault.DATES_REVERSED, starts_on=starts_on, ends_on=ends_on)
        book.problems.append(found)
        book.bad_posts[number] = area
    elif row.errors or starts_on is None:
        book.bad_posts[number] = area
    else:
        book.people.append(
            PersonRow(number, name, phone or None, party or None, unit or None, role, area, starts_on, ends_on)
        )


def _household(book: Book, number: int, row: Cells) -> None:
    village = row.read("村代码", roster.clean_code, Fault.CELL_EMPTY, "")
    group = row.read("组", _typed(households.group_of), Fault.GROUP_INVALID, None, needed=False)
    head = row.read("户主", _typed(households.name_of), Fault.HEAD_INVALID, "")
    address = row.read("地址", _typed(households.address_of), Fault.ADDRESS_TOO_LONG, None, needed=False)
    members = row.read("人口", _typed(households.members_of), Fault.MEMBERS_INVALID, None, needed=False)
    kinds = row.read("类别", _typed(households.kinds_of), Fault.ITEMS_INVALID, None, needed=False)
    paired = row.read("包户干部", _typed(households.name_of), Fault.HEAD_INVALID, None, needed=False)
    born = row.read("出生年", _typed(households.born_of), Fault.BIRTH_INVALID, None, needed=False)
    phone = row.read("手机", roster.clean_phone, Fault.CELL_EMPTY, None, needed=False)
    others = row.read("其他成员", _typed(households.items_of), Fault.ITEMS_INVALID, None, needed=False)
    if not row.errors:
        book.households.append(
            HouseholdRow(number, village, group, head, address, members, kinds, paired, born, phone, others)
        )


def _typed(reader: Callable[[str], T]) -> Callable[[Any], T]:
    return lambda cell: reader(text(cell))


def _level(cell: Any) -> Level:
    return roster.level_of(text(cell))


def _kind(cell: Any) -> UnitKind:
    return roster.unit_kind_of(text(cell))


def _role(cell: Any) -> Role:
    return roster.role_of(text(cell))


def _party(cell: Any) -> str:
    word = text(cell).replace(" ", "")
    roster.party_status(word)
    return word


_READERS: Mapping[Sheet, Callable[[Book, int, Cells], None]] = {
    Sheet.AREAS: _area,
    Sheet.SITES: _site,
    Sheet.UNITS: _unit,
    Sheet.PEOPLE: _person,
    Sheet.HOUSEHOLDS: _household,
}
