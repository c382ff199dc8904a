"""The roster workbook: its sheets and columns, the rows they hold, what a cell may say, what can be wrong with a row.

The names of sheets and columns are a contract with the offices that fill them in.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from policy import roster
from policy.authority import Role
from policy.geo import Datum
from policy.households import HouseholdRow
from policy.refusals import LOCAL, Refusal
from policy.roster import Level, Severity, UnitKind


class Sheet(StrEnum):
    """Sheets that are read."""

    AREAS = "区划"
    SITES = "驻地"
    UNITS = "派出单位"
    PEOPLE = "人员"
    HOUSEHOLDS = "农户"


NOTES, LEDGER = "说明", "变动台账"
OTHER_SHEETS = frozenset({NOTES, LEDGER})
"""Sheets that may be there and are not read."""

COLUMNS: Mapping[Sheet, tuple[str, ...]] = MappingProxyType(
    {
        Sheet.AREAS: ("代码", "名称", "级别", "上级代码"),
        Sheet.SITES: ("村代码", "名称", "纬度", "经度", "坐标系"),
        Sheet.UNITS: ("名称", "层级", "类型"),
        Sheet.PEOPLE: ("姓名", "手机", "政治面貌", "派出单位", "角色", "区划代码", "起始日期", "结束日期"),
        Sheet.HOUSEHOLDS: ("村代码", "组", "户主", "地址", "人口", "类别", "包户干部"),
    }
)

OPTIONAL: Mapping[Sheet, tuple[str, ...]] = MappingProxyType({Sheet.HOUSEHOLDS: ("出生年", "手机", "其他成员")})
"""Columns that may be there as well."""


def columns(sheet: Sheet) -> tuple[str, ...]:
    """All columns of a sheet, those that may be left out last."""
    return COLUMNS[sheet] + OPTIONAL.get(sheet, ())


LONGEST_NAME = 64
LONGEST_UNIT = 128


class Fault(StrEnum):
    """What can be wrong with a workbook, beside the rules of cells (`Code`) and of teams (`ProblemCode`)."""

    SHEETS_MISSING = "sheets_missing"
    SHEET_UNKNOWN = "sheet_unknown"
    SHEET_TOO_LONG = "sheet_too_long"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    COLUMN_UNKNOWN = "column_unknown"
    CELL_EMPTY = "cell_empty"
    NAME_TOO_LONG = "name_too_long"
    DATE_INVALID = "date_invalid"
    DATES_REVERSED = "dates_reversed"
    NUMBER_INVALID = "number_invalid"
    POSITION_OUTSIDE = "position_outside"
    DATUM_ASSUMED = "datum_assumed"
    CODE_TWICE = "code_twice"
    UNIT_TWICE = "unit_twice"
    SITE_TWICE = "site_twice"
    ROLE_TWICE = "role_twice"
    PHONE_TWICE = "phone_twice"
    PERSON_CONFLICT = "person_conflict"
    PERSON_AMBIGUOUS = "person_ambiguous"
    PHONE_TAKEN = "phone_taken"
    NAME_CORRECTED = "name_corrected"
    AREA_UNKNOWN = "area_unknown"
    AREA_LEVEL_CHANGED = "area_level_changed"
    SITE_NOT_VILLAGE = "site_not_village"
    SITE_FAR = "site_far"
    UNIT_NOT_LISTED = "unit_not_listed"
    HANGS_ON_BAD_ROW = "hangs_on_bad_row"
    TEAM_HAS_BAD_ROW = "team_has_bad_row"
    AREA_OUTSIDE = "area_outside"
    PERSON_OUTSIDE = "person_outside"
    UNIT_OUTSIDE = "unit_outside"
    ADMIN_ONLY = "admin_only"
    APPROVAL_MISSING = "approval_missing"
    HEAD_INVALID = "head_invalid"
    GROUP_INVALID = "group_invalid"
    MEMBERS_INVALID = "members_invalid"
    BIRTH_INVALID = "birth_invalid"
    ITEMS_INVALID = "items_invalid"
    ADDRESS_TOO_LONG = "address_too_long"
    HOUSEHOLD_TWICE = "household_twice"
    HOUSEHOLD_AMBIGUOUS = "household_ambiguous"
    HOUSEHOLD_GONE = "household_gone"


_WARNINGS = frozenset(
    {
        Fault.COLUMN_UNKNOWN,
        Fault.DATUM_ASSUMED,
        Fault.NAME_CORRECTED,
        Fault.SITE_FAR,
        Fault.HOUSEHOLD_GONE,
        roster.ProblemCode.TEAM_TOO_SMALL,
    }
)

Place = tuple[str, int]
"""A row: the sheet's name and the row's number as the spreadsheet shows it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with a row. `others` are rows that fall with it; row 0 is the sheet as a whole."""

    sheet: str
    row: int
    column: str | None
    code: StrEnum
    clause: str = LOCAL
    fields: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.BLOCK
    others: tuple[Place, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the row can't be written."""
        return self.severity is Severity.BLOCK

    def places(self) -> set[Place]:
        """The rows that can't be written for it."""
        return {(self.sheet, self.row), *self.others} if self.blocks else set()


def problem(
    sheet: str, row: int, column: str | None, code: Fault, *, others: tuple[Place, ...] = (), **fields: Any
) -> RowProblem:
    """A problem of the workbook itself; its severity follows from its code."""
    severity = Severity.WARN if code in _WARNINGS else Severity.BLOCK
    clause = "一（三）" if code is Fault.APPROVAL_MISSING else LOCAL
    return RowProblem(sheet, row, column, code, clause, fields, severity, others)


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A row of 区划. `parent` is the code named in it, if one is."""

    row: int
    code: str
    name: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A row of 驻地; degrees as entered, in `datum`."""

    row: int
    village: str
    name: str
    latitude: float
    longitude: float
    datum: Datum


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A row of 派出单位."""

    row: int
    name: str
    level: Level
    kind: UnitKind


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of 人员: one role of one person, first and last day included. None: the cell is empty."""

    row: int
    name: str
    phone: str | None
    party: str | None
    unit: str | None
    role: Role
    area: str
    starts_on: date
    ends_on: date | None


@dataclass(slots=True)
class Book:
    """What was read. Rows with a cell that can't be read are in `problems` only.

    `bad_codes` and `bad_units` name areas and units of such rows, `bad_posts` the area of each such row of 人员, as
    far as they could be read: other rows may hang on them.
    """

    areas: list[AreaRow] = field(default_factory=list)
    sites: list[SiteRow] = field(default_factory=list)
    units: list[UnitRow] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    households: list[HouseholdRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    bad_codes: set[str] = field(default_factory=set)
    bad_units: set[str] = field(default_factory=set)
    bad_posts: dict[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many rows could be read."""
        rows = (len(self.areas), len(self.sites), len(self.units), len(self.people), len(self.households))
        return sum(rows)

    @property
    def is_readable(self) -> bool:
        """Whether sheets and headers are right, so that single rows may be judged, or skipped."""
        return not any(found.row <= 1 and found.blocks for found in self.problems)


class CellError(Exception):
    """A cell that can't be read."""

    def __init__(self, column: str, code: StrEnum, clause: str = LOCAL, **fields: Any) -> None:
        super().__init__(code)
        self.column = column
        self.code = code
        self.clause = clause
        self.fields = fields


_CJK = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_GAP = re.compile(rf"(?<={_CJK})\s+(?={_CJK})")
# Control characters, byte order marks and overrides of the writing direction; joiners stay: emoji need them.
# (line feeds and tabs have become spaces before).
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")

_SHIELD = re.compile(r"^'(?=[=+\-@])")  # what an export puts before text that would be taken for a formula


def text(cell: Any) -> str:
    """A cell as tidy text: full-width spaces and gaps inside Chinese names are dropped, other scripts left alone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    tidy = _UNSEEN.sub("", re.sub(r"\s+", " ", str(cell)))
    return _GAP.sub("", _SHIELD.sub("", tidy.strip()))


_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?")
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: what a spreadsheet shows as a bare number


def day(cell: Any) -> date:
    """A day from a date cell, from text (`2026-03-01`, `2026.3.1`, `2026年3月1日`, `20260301`) or a serial number.

    Raises ValueError.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    words = unicodedata.normalize("NFKC", text(cell))
    if found := _DATE.fullmatch(words):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if re.fullmatch(r"\d{8}", words):
        return date(int(words[:4]), int(words[4:6]), int(words[6:]))
    if re.fullmatch(r"\d{5}", words) and int(words) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(words))
    raise ValueError(words)


def degrees(cell: Any) -> float:
    """Decimal degrees. Raises ValueError."""
    if isinstance(cell, bool):
        raise ValueError(cell)  # noqa: TRY004 -- one error for whatever is no number
    if isinstance(cell, int | float):
        value = float(cell)
    else:
        words = unicodedata.normalize("NFKC", text(cell)).replace(" ", "").rstrip("°")
        value = float(words) if re.fullmatch(r"[+-]?\d+(\.\d+)?", words) else math.nan
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


_DATUMS = {
    "wgs84": Datum.WGS84,
    "gps": Datum.WGS84,
    "gcj02": Datum.GCJ02,
    "bd09": Datum.BD09,
    "bd09ll": Datum.BD09,
}


def datum(cell: Any) -> Datum | None:
    """The coordinate system a cell names, in any spelling; None for an empty cell. Raises ValueError."""
    words = re.sub(r"[\s_-]", "", unicodedata.normalize("NFKC", text(cell))).lower()
    if not words:
        return None
    if words not in _DATUMS:
        raise ValueError(words)
    return _DATUMS[words]


T = TypeVar("T")


class Cells:
    """One row's cells by column, read one by one; every cell that can't be read is noted, not only the first."""

    def __init__(self, cells: Mapping[str, Any]) -> None:
        self._cells = cells
        self.errors: list[CellError] = []

    def text(self, column: str, *, longest: int = LONGEST_NAME) -> str:
        """Text that must be there; empty after an error."""
        words = text(self._cells[column])
        if not words:
            self.errors.append(CellError(column, Fault.CELL_EMPTY))
        elif len(words) > longest:
            self.errors.append(CellError(column, Fault.NAME_TOO_LONG, length=len(words), allowed=longest))
        return words

    def read(self, column: str, reader: Callable[[Any], T], fault: Fault, otherwise: T, *, needed: bool = True) -> T:
        """What `reader` makes of a cell; `otherwise` for an empty one that isn't needed, and after an error."""
        cell = self._cells[column]
        if not text(cell):
            if needed:
                self.errors.append(CellError(column, Fault.CELL_EMPTY))
            return otherwise
        try:
            return reader(cell)
        except Refusal as refusal:
            self.errors.append(CellError(column, refusal.code, refusal.clause, **refusal.fields))
        except (ValueError, OverflowError):
            self.errors.append(CellError(column, fault, value=text(cell)[:40]))
        return otherwise
