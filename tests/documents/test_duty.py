"""值班表 as Excel, Word and a picture, read back."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from documents import duty as paper
from documents.duty import Line, Roster
from documents.papers import KINDS, Format
from policy.profile import LeaveKind
from tests.papers import words_of

DAYS = tuple(date(2026, 10, 1) + timedelta(n) for n in range(9))


def roster(days=DAYS, lines=None, **more):
    names = ("周建国", "上午 王强\n下午 赵敏", "=1+1", *[""] * (len(days) - 3))
    found = lines or (Line("柳河镇", "石门村", names), Line("柳河镇", "东峪村", names), Line("石桥镇", "南坡村", names))
    rest = tuple(on.day <= 7 for on in days)
    return Roster(**{
        "title": "国庆节值班表", "area": "安岭县", "is_sample": True, "note": "截至2026年9月21日 09:00",
        "days": days, "rest": rest, "lines": tuple(found), **more,
    })  # fmt: skip


def test_the_sheet_has_a_row_a_village_and_a_column_a_day():
    sheet = load_workbook(io.BytesIO(paper.xlsx(roster()))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "【样例】安岭县国庆节值班表"
    assert rows[2][:5] == ("序号", "乡镇", "村", "10月1日\n星期四", "10月2日\n星期五")
    assert rows[3][:6] == (1, "柳河镇", "石门村", "周建国", "上午 王强\n下午 赵敏", "'=1+1")
    assert [row[2] for row in rows[3:6]] == ["石门村", "东峪村", "南坡村"]
    assert str(rows[7][0]).startswith("制表人：")
    assert sheet["D3"].fill.fgColor.rgb == "FFE8E8E8", "a day of rest"
    assert sheet["K3"].fill.fgColor.rgb != "FFE8E8E8"
    assert sheet.page_setup.orientation == "landscape"


def test_word_has_a_table_a_township_and_week():
    rows = words_of(paper.docx(roster(is_sample=False)))
    assert rows[0] == ["安岭县国庆节值班表"]
    assert [row[0] for row in rows if row[0] in {"柳河镇", "石桥镇"}] == ["柳河镇"] * 2 + ["石桥镇"] * 2
    tables = [row for row in rows if row[0] == "村"]
    assert [len(row) for row in tables] == [8, 3, 8, 3]
    assert ["石门村", "周建国", "上午 王强\n下午 赵敏", "=1+1", ""] in [row for row in rows if row[0] == "石门村"]


def test_the_picture_is_as_wide_as_a_phone_and_grows():
    one, two = paper.png(roster(DAYS[:7])), paper.png(roster())
    width, height = (int.from_bytes(one[at : at + 4], "big") for at in (16, 20))
    assert one.startswith(b"\x89PNG")
    assert width == 1125
    assert int.from_bytes(two[20:24], "big") > height > 300


@pytest.mark.parametrize(
    "villages, days, offered",
    [
        pytest.param(209, 7, [Format.XLSX, Format.DOCX, Format.PNG], id="a county's holiday"),
        pytest.param(25, 107, [Format.XLSX, Format.DOCX], id="a township's flood season"),
        pytest.param(209, 107, [Format.XLSX], id="a county's"),
    ],
)
def test_what_is_offered_can_still_be_looked_at(villages, days, offered):
    assert paper.formats(villages, days) == offered


def test_every_kind_of_leave_has_its_name_on_paper():
    assert set(KINDS) == set(LeaveKind)
    assert KINDS[LeaveKind.IN_LIEU] == "补休"
