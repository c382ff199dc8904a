"""The roster workbook: what is read, what is refused, what is written."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook

from documents.roster import UnreadableError, read
from documents.roster_kept import dump, load
from documents.roster_template import write_bad_rows, write_export, write_invitations, write_template
from policy.authority import Role
from policy.geo import Datum, Point
from policy.refusals import Code
from policy.roster import Level, UnitKind
from policy.workbook import COLUMNS, Fault, Sheet
from storage.roster import Exported, ExportedRole, LedgerRow
from tests.workbooks import SHIMEN, UNIT, Roster, save


def found(path: Path) -> list[tuple[str, int, str | None, str]]:
    return [(wrong.sheet, wrong.row, wrong.column, wrong.code) for wrong in read(path).problems]


def test_a_right_workbook_is_read_whole(tmp_path: Path):
    book = read(Roster().save(tmp_path / "a.xlsx"))
    assert book.problems == []
    assert book.is_readable
    assert [len(rows) for rows in (book.areas, book.sites, book.units, book.people)] == [6, 2, 2, 8]
    assert (book.sites[1].datum, book.units[0].kind) == (Datum.GCJ02, UnitKind.ORGAN)
    first = book.people[0]
    assert (first.row, first.name, first.role, first.area) == (2, "王强", Role.FIRST_SECRETARY, SHIMEN)
    assert (first.starts_on, first.ends_on) == (date(2026, 3, 1), None)


def test_what_was_read_can_be_kept(tmp_path: Path):
    roster = Roster()
    roster.people[0][1] = "1"
    roster.people[1][7] = "2020-01-01"
    roster.areas[5][2] = "乡野"
    roster.households = [[SHIMEN, "三组", "陈淑兰", None, 4, "无", None, 1958, None, "陈军"]]
    book = read(roster.save(tmp_path / "a.xlsx"))
    kept = load(dump(book))
    assert (kept.areas, kept.sites, kept.units, kept.people) == (book.areas, book.sites, book.units, book.people)
    assert kept.households == book.households != []
    assert (kept.bad_codes, kept.bad_units, kept.bad_posts) == (book.bad_codes, book.bad_units, book.bad_posts)
    assert [(wrong.code, wrong.places()) for wrong in kept.problems] == [(w.code, w.places()) for w in book.problems]


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2026, 3, 1),
        date(2026, 3, 1),
        "2026-03-01",
        "2026.3.1",
        "２０２６年３月１日",
        "20260301",
        20260301,
        46082,
        "2026/3/1",
    ],
)
def test_dates_come_as_dates_or_as_text(tmp_path: Path, cell: Any):
    roster = Roster()
    roster.people[0][6] = cell
    assert read(roster.save(tmp_path / "a.xlsx")).people[0].starts_on == date(2026, 3, 1)


@pytest.mark.parametrize("cell", ["2026-02-30", "去年", "2026年3月", "2026", True])
def test_what_is_no_date_is_said(tmp_path: Path, cell: Any):
    roster = Roster()
    roster.people[0][6] = cell
    assert found(roster.save(tmp_path / "a.xlsx")) == [("人员", 2, "起始日期", Fault.DATE_INVALID)]


def test_codes_and_phones_may_be_numbers_full_width_or_spaced(tmp_path: Path):
    roster = Roster()
    roster.areas[4][0] = 990101100201
    roster.people[0][1] = 13900001001.0
    roster.people[0][5] = "９９０１０１１００２０１"
    roster.people[1][:2] = ["周　建 国", "139 0000-1002"]
    roster.people[2][1] = "+86 13900001003"
    book = read(roster.save(tmp_path / "a.xlsx"))
    assert book.problems == []
    assert book.areas[4].code == book.people[0].area == SHIMEN
    assert [row.phone for row in book.people[:3]] == ["13900001001", "13900001002", "13900001003"]
    assert book.people[1].name == "周建国"


def test_emoji_and_right_to_left_names_survive_and_direction_tricks_do_not(tmp_path: Path):
    roster = Roster()
    names = ["👩\u200d🌾阿依古丽", "محمد علي", "阿卜杜拉·买买提", "王\u202e强\ufeff"]
    for row, name in zip(roster.people, names, strict=False):
        row[0] = name
    read_names = [row.name for row in read(roster.save(tmp_path / "a.xlsx")).people[:4]]
    assert read_names == [*names[:3], "王强"]


def test_every_problem_is_told_by_sheet_row_column_and_rule(tmp_path: Path):
    roster = Roster()
    roster.areas[3][2] = "公社"
    roster.areas[5][0] = "村一"
    roster.sites[0][2] = "北纬三十八度"
    roster.units[1][2] = "个体户"
    roster.people[0][1] = "1390000100"
    roster.people[0][4] = "书记"
    roster.people[1][0] = " "
    roster.people[2][7] = "2025-01-01"
    assert found(roster.save(tmp_path / "a.xlsx")) == [
        ("区划", 5, "级别", Code.WORD_UNKNOWN),
        ("区划", 7, "代码", Code.AREA_CODE_INVALID),
        ("驻地", 2, "纬度", Fault.NUMBER_INVALID),
        ("派出单位", 3, "类型", Code.WORD_UNKNOWN),
        ("人员", 2, "手机", Code.PHONE_INVALID),
        ("人员", 2, "角色", Code.WORD_UNKNOWN),
        ("人员", 3, "姓名", Fault.CELL_EMPTY),
        ("人员", 4, "结束日期", Fault.DATES_REVERSED),
    ]
    assert all(wrong.clause for wrong in read(tmp_path / "a.xlsx").problems)


def test_columns_may_stand_in_any_order_and_unknown_ones_are_pointed_out(tmp_path: Path):
    header = [*reversed(COLUMNS[Sheet.UNITS]), "备注", "原因"]
    path = save(tmp_path / "a.xlsx", {"派出单位": [header, ["党政机关", "县", UNIT, "x", "y"]]})
    book = read(path)
    assert [(wrong.column, wrong.code, wrong.blocks) for wrong in book.problems] == [
        ("备注", Fault.COLUMN_UNKNOWN, False)
    ]
    assert (book.units[0].name, book.units[0].level) == (UNIT, Level.COUNTY)


@pytest.mark.parametrize(
    "sheets, wrong",
    [
        ({"Sheet1": [["姓名"], ["王强"]]}, ("Sheet1", 0, None, Fault.SHEETS_MISSING)),
        ({"人员表": [["姓名"]], "区划": [COLUMNS[Sheet.AREAS]]}, ("人员表", 0, None, Fault.SHEET_UNKNOWN)),
        ({"派出单位": [["名称", "层级"]]}, ("派出单位", 1, "类型", Fault.COLUMN_MISSING)),
        ({"派出单位": [["名称", "层级", "类型", "类型"]]}, ("派出单位", 1, "类型", Fault.COLUMN_TWICE)),
        ({"派出单位": [[], ["名称", "层级", "类型"]]}, ("派出单位", 1, "名称", Fault.COLUMN_MISSING)),
    ],
)
def test_wrong_sheets_and_headers(tmp_path: Path, sheets: Any, wrong: Any):
    path = save(tmp_path / "a.xlsx", sheets)
    assert found(path)[0] == wrong
    assert not read(path).is_readable


def test_empty_strange_sheets_and_the_ones_we_write_are_passed_over(tmp_path: Path):
    path = save(
        tmp_path / "a.xlsx",
        {"Sheet2": [], "说明": [["x"]], "变动台账": [["x"]], "区划": [COLUMNS[Sheet.AREAS]]},
    )
    assert found(path) == []


def test_a_sheet_of_a_hundred_thousand_rows_with_blank_tails(tmp_path: Path):
    rows = [COLUMNS[Sheet.PEOPLE], *Roster().people[:2], *[[None, " "]] * 100_000, Roster().people[2]]
    path = save(tmp_path / "a.xlsx", {"人员": rows})
    told: list[int] = []
    book = read(path, told.append)
    assert [row.row for row in book.people] == [2, 3, 100_004]
    assert told == [3]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_a_broken_file_is_unreadable(tmp_path: Path, content: bytes):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableError):
        read(path)


def test_a_zip_that_is_no_workbook_or_unpacks_to_an_absurd_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<no")
    with pytest.raises(UnreadableError):
        read(path)
    monkeypatch.setattr("documents.roster.LARGEST_UNPACKED", 10)
    with pytest.raises(UnreadableError):
        read(Roster().save(path))


def test_a_missing_file_is_an_oserror(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.xlsx")


def test_the_template_is_a_right_and_empty_workbook_with_drop_downs(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    write_template(path)
    book = read(path)
    assert book.problems == []
    assert not book.areas
    assert not book.people
    workbook = load_workbook(path)
    assert workbook.sheetnames == ["说明", "区划", "驻地", "派出单位", "人员", "农户"]
    choices = {
        validation.formula1: str(validation.sqref)
        for sheet in Sheet
        for validation in workbook[sheet].data_validations.dataValidation
    }
    assert choices['"WGS-84,GCJ-02,BD-09"'].startswith("E2:")
    assert choices['"第一书记,队员,乡镇干部,县级工作人员,县领导,单位联络员,管理员"'].startswith("E2:")
    assert workbook["人员"].column_dimensions["B"].number_format == "@"
    assert any("批准文号" in str(row[0]) for row in workbook["说明"].values)


def test_an_export_reads_back_as_it_was_and_holds_no_formula(tmp_path: Path):
    exported = Exported(
        areas=[(SHIMEN, "石门村", Level.VILLAGE, None)],
        sites=[(SHIMEN, "=1+1", Point(38.3, 114.1), Datum.BD09)],
        units=[("@单位", Level.COUNTY, "党政机关")],
        people=[
            ExportedRole(name, None, None, None, Role.TEAM_MEMBER, SHIMEN, date(2026, 3, 1), None)
            for name in ("=cmd|' /C calc'!A0", "+王", "-1", "👩\u200d🌾", "محمد")
        ],
    )
    change = LedgerRow(
        at=datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
        who="孙丽",
        where="石门村",
        action="roster:role:end",
        subject="role:7",
        before={"name": "=王强", "role": "第一书记", "ends_on": None},
        after={"name": "=王强", "role": "第一书记", "ends_on": "2026-11-22", "approval": "安组干〔2026〕7号"},
    )
    path = tmp_path / "a.xlsx"
    write_export(path, exported, [change], ZoneInfo("Asia/Shanghai"))
    workbook = load_workbook(path)
    for sheet in workbook:
        assert not [cell for row in sheet for cell in row if cell.data_type == "f"]
    ledger = list(workbook["变动台账"].values)[1]
    assert ledger[0] == "2026-11-23 09:00"
    assert ledger[1] == "孙丽"
    assert ledger[3] == "石门村 =王强"
    assert "2026-11-22" in str(ledger[5])
    assert ledger[6] == "安组干〔2026〕7号"
    book = read(path)
    assert [row.name for row in book.people] == [row.name for row in exported.people]
    assert (book.sites[0].name, book.units[0].name) == ("=1+1", "@单位")


def test_bad_rows_come_back_as_they_were_with_their_reasons(tmp_path: Path):
    roster = Roster()
    roster.people[1][1] = "123"
    roster.people[1][6] = date(2026, 3, 1)
    source = roster.save(tmp_path / "a.xlsx")
    aside = tmp_path / "b.xlsx"
    write_bad_rows(aside, source, {("人员", 3): ["手机不对", "=不对"], ("人员", 5): ["x"]})
    workbook = load_workbook(aside)
    assert workbook.sheetnames == ["人员"]
    rows = list(workbook["人员"].values)
    assert rows[0] == (*COLUMNS[Sheet.PEOPLE], "原因")
    assert rows[1][:2] == ("周建国", "123")
    assert rows[1][6] == "2026-03-01"
    assert rows[1][-1] == "手机不对；=不对"
    assert len(rows) == 3
    assert found(aside)[0][3] is Code.PHONE_INVALID  # can be put right and sent again as it is


def test_the_workbook_of_invitations_has_the_columns_agreed(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    write_invitations(path, [("周建国", "队员", "石门村", "_tok-en", "http://127.0.0.1:8080/?start=_tok-en")])
    rows = list(load_workbook(path)["邀请"].values)
    assert rows[0] == ("姓名", "角色", "区划", "令牌", "链接")
    assert rows[1][3] == "_tok-en"
    assert path.stat().st_mode & 0o077 == 0  # tokens are for their owner's eyes


def test_a_file_that_can_not_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_self: Workbook, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Workbook, "save", full)
    with pytest.raises(OSError, match="No space"):
        write_invitations(tmp_path / "a.xlsx", [])
    assert list(tmp_path.iterdir()) == []
