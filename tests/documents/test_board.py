"""The board as a picture: what is on it, that it can be read on a phone, and that nothing is left out in silence."""

import struct
from datetime import date, datetime

import pytest

from documents import board as paper
from documents import press, typeset
from documents.typeset import MISSING, MissingGlyphError, printable
from locales import speaking
from policy.attendance import Tally
from policy.calendar import Half
from policy.profile import CheckInMode
from policy.roster import Level
from storage.board import Board, Branch
from storage.tables import Area

MONDAY = date(2026, 11, 23)


def branch(name, n, **tally):
    return Branch(n, f"99010{n}", name, Level.TOWNSHIP, Tally(**tally), before_unverified=n)


def made(*names, sample=True, workday=True, holiday=None, **duty):
    tally = {"due": 12, "on_duty": 9, "trip": 1, "not_yet": 2} if workday else {"on_duty": 1, "rest": 11}
    return Board(
        area=Area(id=1, code="99", name="安岭县", level=Level.COUNTY, path="/1/", is_sample=sample),
        on=MONDAY,
        at=datetime(2026, 11, 23, 9, 35),
        half=Half.AM,
        is_workday=workday,
        holiday=holiday,
        is_forecast=False,
        mode=CheckInMode.VOLUNTARY,
        tally=Tally(**tally),
        before_on=date(2026, 11, 20),
        before_unverified=6,
        branches=tuple(branch(name, n, **tally) for n, name in enumerate(names, 1)),
        matters=(),
        **duty,
    )


def drawn(board):
    return typeset.png("board.typ", paper.page(board), paper.PIXELS_PER_INCH)


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_totals_a_row_an_area_in_order_and_the_sample_mark():
    page = paper.page(made("柳河镇", "石桥镇", "白杨乡"))
    assert (page["title"], page["area"], page["sample"]) == ("今日在岗", "安岭县", "样例")
    assert page["when"] == "2026年11月23日 09:35"
    assert [(total["label"], total["value"]) for total in page["totals"]] == [
        ("应在", "12"),
        ("在村", "9"),
        ("公出", "1"),
        ("请假", "0"),
        ("暂未签到", "2"),
    ]
    assert page["heads"] == [["乡镇"], ["应在"], ["在村"], ["公出"], ["请假"], ["暂未", "签到"], ["11月20日", "待核实"]]
    assert page["rows"][0] == ["柳河镇", "12", "9", "1", "0", "2", "1"]
    assert [row[0] for row in page["rows"]] == ["柳河镇", "石桥镇", "白杨乡"]
    assert page["total"] == ["合计", "12", "9", "1", "0", "2", "6"]
    assert {len(page["heads"])} == {len(row) for row in [*page["rows"], page["total"]]}


def test_a_county_in_service_bears_no_sample_mark():
    assert paper.page(made("柳河镇", sample=False))["sample"] == ""


def test_a_rest_day_says_so_and_asks_for_nobody():
    page = paper.page(made("柳河镇", workday=False, holiday="元旦"))
    assert page["note"] == "休息日（元旦）"
    named = paper.page(made("柳河镇", workday=False, holiday="元旦", duty=3, duty_present=2))
    assert named["note"] == "休息日（元旦）  ·  应值班 3 · 已签到 2"
    assert page["heads"][1:-1] == [["在村"], ["公出"], ["休息"]]
    assert size(drawn(made("柳河镇", workday=False)))[0] == 1125


def test_it_is_as_wide_as_a_phone_and_grows_with_its_rows():
    three, twenty = size(drawn(made(*"甲乙丙"))), size(drawn(made(*(f"样例{n}镇" for n in range(20)))))
    assert three[0] == twenty[0] == 1125, "three pixels to each of a phone's own"
    assert three[1] < twenty[1] < 2.2 * twenty[0], "longer ones are shrunk by the messengers"


def test_text_is_there():
    assert len(drawn(made(*["安岭大槐树满族自治乡"] * 10))) > 1.5 * len(drawn(made(*["一"] * 10)))


def test_the_other_language_fits_too():
    with speaking("en"):
        assert size(drawn(made("柳河镇")))[0] == 1125


@pytest.mark.parametrize(
    "name", ['#panic("x")', "*镇*", "$1+1$", "<b>镇</b>", '"}', "\\", "= 镇", "// 镇", "@镇", "`镇`"]
)
def test_what_people_type_is_never_markup(name):
    shown = drawn(made(name))
    assert size(shown)[0] == 1125
    assert len({shown, drawn(made("")), drawn(made("镇"))}) == 3, "every sign of it is on the page"


@pytest.mark.parametrize(
    "typed, printed",
    [
        ("柳河镇", "柳河镇"),
        ("囧龘㐀 Ａ-1·", "囧龘㐀 Ａ-1·"),
        ("𠮷田😀镇", f"{MISSING}田{MISSING}镇"),
        ("👨‍👩‍👧村", f"{MISSING * 3}村"),
        ("\u202e村倒\u202c", "村倒"),
        ("a\nb\tc\u3000d\x00", f"a b c d{MISSING}"),
        ("سلام", MISSING * 4),
        ("", ""),
    ],
)
def test_signs_without_a_glyph_are_seen_to_be_missing(typed, printed):
    assert printable(typed) == printed
    assert size(drawn(made(typed)))[0] == 1125


def test_a_template_s_missing_glyph_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(typeset, "TEMPLATES", tmp_path)
    (tmp_path / "bad.typ").write_text('#set text(font: "Noto Sans SC")\n今日𠮷岗', encoding="utf-8")
    with pytest.raises(MissingGlyphError, match="𠮷"):
        typeset.png("bad.typ", {}, 72)
    (tmp_path / "none.typ").write_text('#set text(font: "No Such Font")\n今日在岗', encoding="utf-8")
    with pytest.raises(MissingGlyphError, match="no such font"):
        typeset.png("none.typ", {}, 72)


async def test_it_is_drawn_in_the_press_and_long_ones_go_out_as_files():
    try:
        short = await paper.picture(made("柳河镇"))
        long = await paper.picture(made(*(f"样例{n}镇" for n in range(31))))
    finally:
        press.close()
    assert size(short.content)[0] == 1125
    assert (short.is_photo, long.is_photo) == (True, False)
