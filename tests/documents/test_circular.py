"""Letters and forms by GB/T 9704: the same words on Word, PDF and picture; what a circular says and never says."""

import io
from datetime import date
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from documents import certificate, circular, duty_circular, forms, papers
from documents.circular import Grid, Letter, Paragraph
from documents.duty_circular import Numbers
from documents.forms import Cell, Form, Row, label
from policy.attendance import HalfStatus, Tally
from policy.authority import Role
from policy.checkin import Evidence
from policy.profile import LeaveKind
from policy.roster import Level
from storage.certificates import Certified
from storage.tables import Area
from tests.papers import pages_of, words_of

MONDAY = date(2026, 11, 23)
LETTER = Letter(
    title="关于驻村工作队在岗情况的通报",
    body=(Paragraph("一、在岗情况", 1), Paragraph("全县应在6人。"), Grid(("地区", "应在"), (("柳河镇", "6"),), (2, 1))),
    office="安岭县驻村工作领导小组办公室",
    on=MONDAY,
    addressees="各乡镇党委：",
    annexes=("1. 名单", "2. 说明"),
    head="草稿",
)


def test_a_letter_has_the_page_of_the_standard():
    document: Any = Document(io.BytesIO(circular.docx([LETTER])))
    section = document.sections[0]
    assert [round(edge.mm) for edge in (section.top_margin, section.bottom_margin)] == [37, 35]
    assert round((section.page_width - section.left_margin - section.right_margin) / Mm(1)) == 156
    assert round((section.page_height - section.top_margin - section.bottom_margin) / Mm(1)) == 225
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("linesAndChars", "580")
    title, body = document.paragraphs[1].runs[0], document.paragraphs[5].runs[0]
    assert (title.font.size.pt, body.font.size.pt) == (22, 16)
    assert body._element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert document.paragraphs[4].runs[0]._element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert document.paragraphs[5].paragraph_format.first_line_indent.pt == 32
    assert "PAGE" in section.footer._element.xml


def test_the_same_words_on_word_pdf_and_picture():
    rows = words_of(circular.docx([LETTER]))
    for words in ("草稿", LETTER.title, "各乡镇党委：", "附件：1. 名单", "　　　2. 说明", "2026年11月23日"):
        assert [words] in rows
    assert ["地区", "应在"] in rows
    assert ["柳河镇", "6"] in rows
    assert pages_of(circular.pdf([LETTER, LETTER])) == 2
    assert circular.png(LETTER).startswith(b"\x89PNG")


def test_a_form_grows_with_its_words_and_takes_signs_without_a_glyph():
    def form(words):
        return Form(
            "审批表", (1, 3), (Row((label("事由"), Cell(words, is_left=True, foot="签字："))),), mark="【样例】"
        )

    assert pages_of(forms.pdf([form("孩子看病\U000e0041\n第二行"), form("=1+1")])) == 2
    long = "很长的事由，" * 400
    assert pages_of(forms.pdf([form(long)])) >= 2
    assert ["事由", "=1+1\n签字："] in words_of(forms.docx([form("=1+1"), form("\x00")]))


def area(level=Level.COUNTY):
    return Area(id=1, name="安岭县" if level is Level.COUNTY else "柳河镇", level=level, is_sample=False)


def told(letter):
    return "\n".join(
        block.text if isinstance(block, Paragraph) else str([block.heads, *block.rows]) for block in letter.body
    )


def test_a_circular_tells_numbers_and_areas():
    tally = Tally(due=6, on_duty=3, trip=1, leave=1, unverified=1)
    numbers = Numbers("2026年11月23日", "签到", tally, [("柳河镇", tally)], "人", 1, is_required=True)
    made = duty_circular.letter(area(), numbers, MONDAY, date(2026, 11, 26), "草稿", is_month=False)
    assert made.title == "关于2026年11月23日驻村工作队在岗情况的通报"
    assert made.addressees == "各乡镇党委，各派出单位："
    text = told(made)
    assert "全县应在6人，在岗3人，公出1人，请假1人，待核实1人。" in text
    assert "('柳河镇', '6', '3', '1', '1', '1'), ('合计', '6', '3', '1', '1', '1')" in text
    assert "待核实的，由所在乡镇逐人核实，在11月26日前说明情况" in text


def test_where_check_in_is_voluntary_nobody_is_asked_about_silence():
    tally = Tally(due=84, on_duty=40, unverified=44)
    numbers = Numbers("2026年11月", "汇总", tally, [], "人天", 2)
    made = duty_circular.letter(area(Level.TOWNSHIP), numbers, MONDAY, date(2026, 11, 26), "草稿", is_month=True)
    text = told(made)
    assert "全乡镇应在42人天，在岗20人天，公出0人天，请假0人天，待核实22人天。" in text
    assert "逐人核实" not in text
    assert "待核实只作数字通报，不等于缺岗" in text
    assert (made.office, made.addressees) == ("中共柳河镇委员会", "各驻村工作队：")


def test_a_certificate_tells_trips_apart():
    tally = Tally(due=42, on_duty=31, trip=6, leave=4, unverified=3, rest=16)
    who = Certified(7, "周建国", "县农业农村局", Role.TEAM_MEMBER, "安岭县柳河镇石门村", tally)
    made = certificate.letter(who, date(2026, 11, 1), date(2026, 12, 3), "县驻村办", date(2026, 12, 4), is_sample=True)
    text = told(made)
    assert made.title == "【样例】驻村天数证明"
    assert "2026年11月驻村18.5天，其中在村15.5天，公出3天。" in text
    assert "('2026年11月', '21', '15.5', '3', '2', '1.5')" in text
    assert "2026年12月3日月结" in text
    assert "含休息日在岗和公出1天" in text


def test_what_was_worked_at_rest_is_told_so_that_the_numbers_add_up():
    tally = Tally(due=84, on_duty=44, trip=4, unverified=40, rest=30)
    numbers = Numbers("2026年11月", "汇总", tally, [], "人天", 2)
    text = told(duty_circular.letter(area(), numbers, MONDAY, date(2026, 11, 26), "草稿", is_month=True))
    assert "全县应在42人天，在岗22人天，公出2人天，请假0人天，待核实20人天（在岗和公出含休息日2人天）。" in text


def test_every_kind_of_leave_and_evidence_has_its_name():
    assert set(papers.KINDS) == set(LeaveKind)
    assert set(duty_circular._EVIDENCE) == set(Evidence)
    assert set(duty_circular._STATUSES) == set(HalfStatus)
