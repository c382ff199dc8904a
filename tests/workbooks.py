"""Roster workbooks for tests: a small right one, changed where a test wants it wrong."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from policy.workbook import COLUMNS, Sheet, columns

Rows = list[list[Any]]

COUNTY, TOWNSHIP, SHIMEN, DONGYU = "990101", "990101100", "990101100201", "990101100202"
UNIT = "安岭县财政局"


class Roster:
    """The rows of a county with two villages, each with a whole team. Row 2 is the first of each list."""

    def __init__(self) -> None:
        self.areas: Rows = [
            ["99", "样例省", "省", None],
            ["9901", "样例市", "市", "99"],
            [COUNTY, "安岭县", "县", "9901"],
            [TOWNSHIP, "柳河镇", "乡镇", COUNTY],
            [SHIMEN, "石门村", "村", TOWNSHIP],
            [DONGYU, "东峪村", "村", TOWNSHIP],
        ]
        self.sites: Rows = [
            [SHIMEN, "村委会", 38.31, 114.10, "WGS-84"],
            [DONGYU, "村委会", 38.29, 114.14, "GCJ-02"],
        ]
        self.units: Rows = [[UNIT, "县", "党政机关"], ["样例省水利厅", "省", "党政机关"]]
        self.people: Rows = [
            ["王强", "13900001001", "中共党员", UNIT, "第一书记", SHIMEN, "2026-03-01", None],
            ["周建国", "13900001002", "中共党员", UNIT, "队员", SHIMEN, "2026-03-01", None],
            ["赵敏", "13900001003", "群众", UNIT, "队员", SHIMEN, "2026-03-01", None],
            ["李雪", "13900001004", "中共党员", UNIT, "第一书记", DONGYU, "2026-03-01", None],
            ["高志强", "13900001005", "中共党员", UNIT, "队员", DONGYU, "2026-03-01", None],
            ["田野", "13900001006", "共青团员", UNIT, "队员", DONGYU, "2026-03-01", None],
            ["刘敏", "13900001007", "中共党员", None, "乡镇干部", TOWNSHIP, "2025-01-01", None],
            ["孙丽", "13900001008", "中共党员", None, "县级工作人员", COUNTY, "2025-01-01", None],
        ]

        self.households: Rows = []

    def but(self, **sheets: Rows) -> "Roster":
        """The same with other rows in some sheets."""
        other = deepcopy(self)
        for name, rows in sheets.items():
            setattr(other, name, rows)
        return other

    def save(self, path: Path) -> Path:
        """As a workbook."""
        return save(
            path,
            {
                Sheet.AREAS: [COLUMNS[Sheet.AREAS], *self.areas],
                Sheet.SITES: [COLUMNS[Sheet.SITES], *self.sites],
                Sheet.UNITS: [COLUMNS[Sheet.UNITS], *self.units],
                Sheet.PEOPLE: [COLUMNS[Sheet.PEOPLE], *self.people],
                **({Sheet.HOUSEHOLDS: [columns(Sheet.HOUSEHOLDS), *self.households]} if self.households else {}),
            },
        )


def save(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """Sheets of cells as a workbook."""
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)
    return path
