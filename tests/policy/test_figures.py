"""报数: fields as officials write them, answers as cadres type them, and what may be asked at all."""

from datetime import UTC, datetime, timedelta

import pytest

from policy import figure_answers as answers
from policy import figure_lines as lines
from policy import figures as rules
from policy.figures import HUNDRED, Field, FieldKind, Source
from policy.profile import BURDEN_LETTER
from policy.refusals import Code, Refusal
from policy.sentences import has_private_number
from tests.policy.refused import outcome, refused
from tests.world import SHANGHAI

NUMBER, CHOICE, TEXT = FieldKind.NUMBER, FieldKind.CHOICE, FieldKind.TEXT
MONDAY = datetime(2026, 11, 23, 8, 2, tzinfo=SHANGHAI)


def number(title, unit="", low=0, high=None, decimals=0, **more):
    top = None if high is None else int(high * HUNDRED)
    return Field(title, NUMBER, unit, int(low * HUNDRED), top, decimals, **more)


def choice(title, *choices, **more):
    return Field(title, CHOICE, choices=choices, **more)


FIELD_LINES = [
    ("受灾户数 户", number("受灾户数", "户")),
    ("受灾户数（户）", number("受灾户数", "户")),
    ("受灾户数(户)", number("受灾户数", "户")),
    ("受灾户数：户", number("受灾户数", "户")),
    ("　受灾户数　　户　", number("受灾户数", "户")),
    ("1. 受灾户数 户", number("受灾户数", "户")),
    ("１、受灾户数 户", number("受灾户数", "户")),
    ("（2）受灾户数 户", number("受灾户数", "户")),
    ("③受灾户数 户", number("受灾户数", "户")),
    ("- 受灾户数 户", number("受灾户数", "户")),
    ("危房 处 0-50", number("危房", "处", 0, 50)),
    ("危房 处 ０－５０", number("危房", "处", 0, 50)),
    ("危房 处 0—50", number("危房", "处", 0, 50)),
    ("危房 处 0～50", number("危房", "处", 0, 50)),
    ("危房（处，0到50）", number("危房", "处", 0, 50)),
    ("危房 0至50 处", number("危房", "处", 0, 50)),
    ("危房 处 不超过50", number("危房", "处", 0, 50)),
    ("危房 处 50以内", number("危房", "处", 0, 50)),
    ("危房 处 ≤50", number("危房", "处", 0, 50)),
    ("储粮 吨 不少于5", number("储粮", "吨", 5)),
    ("储粮 吨 5以上", number("储粮", "吨", 5)),
    ("气温 度 -30到45", number("气温", "度", -30, 45)),
    ("水位 米 0.5-3.5", number("水位", "米", 0.5, 3.5, 2)),
    ("受灾面积 亩 小数", number("受灾面积", "亩", decimals=2)),
    ("受灾面积 亩 1位小数", number("受灾面积", "亩", decimals=1)),
    ("投入 万元 两位小数", number("投入", "万元", decimals=2)),
    ("单产 公斤/亩", number("单产", "公斤/亩")),
    ("2025年人均收入 元/人", number("2025年人均收入", "元/人")),
    ("是否停电 是/否", choice("是否停电", "是", "否")),
    ("是否停电 是／否", choice("是否停电", "是", "否")),
    ("是否停电 是 / 否", choice("是否停电", "是", "否")),
    ("是否停电（是/否）", choice("是否停电", "是", "否")),
    ("是否停电 是、否", choice("是否停电", "是", "否")),
    ("是否停电", choice("是否停电", "是", "否")),
    ("有无险情", choice("有无险情", "有", "无")),
    ("有没有断路", choice("有没有断路", "有", "没有")),
    ("灾情 轻/中/重", choice("灾情", "轻", "中", "重")),
    ("备注 文字", Field("备注", TEXT)),
    ("备注（文字）", Field("备注", TEXT)),
    ("备注", Field("备注", TEXT)),
    ("存在问题", Field("存在问题", TEXT)),
    ("联系人 一句话", Field("联系人", TEXT)),
    ("在村人数", number("在村人数", "人", source=Source.ON_DUTY)),
    ("队员人数 人", number("队员人数", "人", source=Source.TEAM)),
    ("公出人数（人）", number("公出人数", "人", source=Source.TRIP)),
    ("今日在岗 人 =在村人数", number("今日在岗", "人", source=Source.ON_DUTY)),
    ("病事假 =请假人数", number("病事假", "人", source=Source.LEAVE)),
    ("转移人数 人 依据：县防指〔2026〕3号", number("转移人数", "人", basis="县防指〔2026〕3号")),
    ("转移人数（人，依据：县防指通知）", number("转移人数", "人", basis="县防指通知")),
    ("确诊人数 人", number("确诊人数", "人")),
    ("留守儿童 人", number("留守儿童", "人")),
]


@pytest.mark.parametrize("line, field", FIELD_LINES, ids=[line for line, _ in FIELD_LINES])
def test_a_field_as_officials_write_it(line, field):
    assert lines.field(line) == field
    assert Field.load(field.dump()) == field


@pytest.mark.parametrize(
    "line",
    [
        "受灾户数",  # of what?
        "危房 处 50-0",
        "危房 处 间",
        "灾情 轻/轻",
        "灾情 轻/",
        "到岗 人 =到岗人数",
        "12 户",
        "户" * 30 + " 户",
        "级别 " + "/".join(map(str, range(9))),
        "：户",
    ],
)
def test_a_field_that_is_not_clear(line):
    with refused(Code.FIGURE_UNREADABLE, line=line[:60]):
        lines.field(line)


@pytest.mark.parametrize(
    "line",
    [
        "身份证号 文字",
        "身份证号码 个",
        "户主身份证（文字）",
        "银行卡号 文字",
        "一卡通账号 文字",
        "诊断结果 文字",
        "病情 文字",
        "是否患病 是/否",
        "留守儿童姓名 文字",
        "学生名单 文字",
        "未成年人姓名 文字",
    ],
)
def test_what_is_never_asked(line):
    with refused(Code.FIGURE_FORBIDDEN):
        lines.field(line)
    assert outcome(lambda: rules.check_heading("上报身份证号")) is Code.FIGURE_FORBIDDEN
    assert rules.check_heading(" 患病 人数统计 ") == "患病 人数统计"


def test_a_basis_of_a_field_keeps_no_id_number():
    assert lines.field("户数 户 依据：来自110101199003078515").basis == "来自**************8515"


ANSWERS = [
    ("3", 3), ("３", 3), ("3户", 3), ("3 户", 3), ("３户。", 3), ("三", 3), ("三户", 3), ("两户", 2), ("十二户", 12),
    ("一百二十户", 120), ("一百二", 120), ("1,200", 1200), ("1，200户", 1200), ("１，２００", 1200), ("1 200", 1200),
    ("1.2万", 12_000), ("1.2万户", 12_000), ("三万", 30_000), ("0", 0), ("零", 0), ("无", 0), ("没有", 0), ("暂无。", 0),
    ("3个", 3), ("3家", 3), ("+3", 3), ("3.0", 3),
]  # fmt: skip


@pytest.mark.parametrize("said, amount", ANSWERS)
def test_a_number_as_cadres_type_it(said, amount):
    assert answers.read(number("受灾户数", "户"), said) == amount * HUNDRED


@pytest.mark.parametrize(
    "said",
    ["", "约3", "3户左右", "3人", "3.5", "三点五", "-1", "1,20", "1，2", "3 0", "²", "几户", "是", "3-5", "三十几",
     "9999999999999"],
)  # fmt: skip
def test_no_number_is_guessed(said):
    with refused(Code.FIGURE_INVALID):
        answers.read(number("受灾户数", "户"), said)


@pytest.mark.parametrize(
    "field, said, value",
    [
        (number("危房", "处", 0, 50), "50", 5000),
        (number("危房", "处", 0, 50), "51", Code.FIGURE_INVALID),
        (number("危房", "处", 2, 50), "无", Code.FIGURE_INVALID),
        (number("面积", "亩", decimals=1), "3.5亩", 350),
        (number("面积", "亩", decimals=1), "3.55", Code.FIGURE_INVALID),
        (number("面积", "亩", decimals=2), "3.55", 355),
        (number("面积", "亩", decimals=2), "3.555", Code.FIGURE_INVALID),
        (number("投入", "万元", decimals=2), "1.2万", 120),
        (number("投入", "万元", decimals=2), "1.2万元", 120),
        (number("投入", "万元", decimals=2), "三万元", 300),
        (number("投入", "万元", decimals=2), "12000元", Code.FIGURE_INVALID),
        (number("投入", "元"), "1.2万元", 1_200_000),
        (number("气温", "度", -30, 45), "-5度", -500),
        (number("单产", "公斤/亩"), "500公斤/亩", 50_000),
        (number("到岗", "人"), "3名", 300),
        (choice("是否停电", "是", "否"), "是", "是"),
        (choice("是否停电", "是", "否"), " 否。", "否"),
        (choice("是否停电", "是", "否"), "没有", "否"),
        (choice("是否停电", "是", "否"), "YES", "是"),
        (choice("是否停电", "是", "否"), "不知道", Code.FIGURE_INVALID),
        (choice("有无险情", "有", "无"), "没有", "无"),
        (choice("灾情", "轻", "中", "重"), "中", "中"),
        (choice("灾情", "轻", "中", "重"), "无", Code.FIGURE_INVALID),
        (choice("档次", "A档", "B档"), "ａ档", "A档"),
        (Field("备注", TEXT), " 已转移 ", "已转移"),
        (Field("备注", TEXT), "", Code.TEXT_EMPTY),
        (Field("备注", TEXT), "长" * 201, Code.TEXT_TOO_LONG),
        (Field("备注", TEXT), "户主110101199003078515", Code.FIGURE_PRIVATE),
        (Field("备注", TEXT), "卡号 6222 0212 3456 7890 123", Code.FIGURE_PRIVATE),
        (Field("备注", TEXT), "６２２２０２１２３４５６７８９０", Code.FIGURE_PRIVATE),
        (number("户数", "户"), "6222021234567890", Code.FIGURE_PRIVATE),
    ],
)
def test_an_answer_is_checked(field, said, value):
    assert outcome(lambda: answers.read(field, said)) == value
    if not isinstance(value, Code):
        assert answers.check(field, value) == value


@pytest.mark.parametrize(
    "field, value",
    [(number("危房", "处", 0, 50), 5100), (number("危房", "处"), 50), (number("危房"), "三处半"),
     (choice("停电", "是", "否"), "也许"), (choice("停电", "是", "否"), 100)],
)  # fmt: skip
def test_a_value_by_a_button_is_checked_as_well(field, value):
    with refused(Code.FIGURE_INVALID):
        answers.check(field, value)


@pytest.mark.parametrize("text, private", [
    ("110101199003078515", True), ("11010119900307851X", True), ("６２２２０２１２３４５６７８９０１", True),
    ("13900001234", False), ("县防指〔2026〕3号", False), ("20261123", False), ("1234567890", False),
])  # fmt: skip
def test_numbers_that_are_nobody_s_business(text, private):
    assert has_private_number(text) is private


FOUR = [number("受灾户数", "户"), number("危房", "处", 0, 50), choice("是否停电", "是", "否"), Field("备注", TEXT)]


@pytest.mark.parametrize(
    "said, by_place",
    [
        ("3 0 否 无", {0: "3", 1: "0", 2: "否", 3: "无"}),
        ("３　０　否　无", {0: "３", 1: "０", 2: "否", 3: "无"}),
        ("3，0，否，无", {0: "3", 1: "0", 2: "否", 3: "无"}),
        ("3,0,否,无", {0: "3", 1: "0", 2: "否", 3: "无"}),
        ("3、0、否、无", {0: "3", 1: "0", 2: "否", 3: "无"}),
        ("3\n0\n否\n无", {0: "3", 1: "0", 2: "否", 3: "无"}),
        ("1,200 0 否 无", {0: "1,200", 1: "0", 2: "否", 3: "无"}),
        ("3 户 0 处 否 无", {0: "3户", 1: "0处", 2: "否", 3: "无"}),
        ("3 0 否 已转移 2 户", {0: "3", 1: "0", 2: "否", 3: "已转移 2户"}),
        ("受灾户数3户，危房0处，是否停电否，备注无", {0: "3户", 1: "0处", 2: "否", 3: "无"}),
        ("受灾户数：3；危房：0", {0: "3", 1: "0"}),
        ("危房 2", {1: "2"}),
        ("受灾户数 3\n备注 危房已加固", {0: "3", 3: "危房已加固"}),
        ("备注：危房已加固，危房 2", {1: "2", 3: "危房已加固"}),
        ("3", None),
        ("3 0", None),
        ("3 0 否", None),
        ("无 受灾户数 3", None),
        ("", None),
    ],
)
def test_all_at_once(said, by_place):
    assert answers.spread(FOUR, said) == by_place


def test_one_field_is_never_a_line_of_several():
    assert answers.spread(FOUR[:1], "3 0") is None


@pytest.mark.parametrize(
    "said, moment",
    [
        ("今天18:00", "11-23 18:00"), ("今天18点前", "11-23 18:00"), ("今天下午3点半之前", "11-23 15:30"),
        ("18：00", "11-23 18:00"), ("下班前", "11-23 18:00"), ("今晚8点", "11-23 20:00"), ("明天", "11-24 18:00"),
        ("明天12点", "11-24 12:00"), ("明天中午", "11-24 12:00"), ("明天5点", "11-24 17:00"), ("后天上午9点", "11-25 09:00"),
        ("周五下午5点", "11-27 17:00"), ("周五", "11-27 18:00"), ("星期天", "11-29 18:00"), ("下周一", "11-30 18:00"),
        ("11月25日", "11-25 18:00"), ("11月25日 12:00", "11-25 12:00"), ("11-25 12:00", "11-25 12:00"),
        ("25日", "11-25 18:00"), ("２５号９点", "11-25 09:00"), ("2026-12-01 09:30", "12-01 09:30"),
        ("明天05:00", "11-24 05:00"),
    ],
)  # fmt: skip
def test_until_when(said, moment):
    found = lines.due(said, MONDAY)
    assert found is not None
    assert f"{found:%m-%d %H:%M}" == moment
    assert found.tzinfo is MONDAY.tzinfo


@pytest.mark.parametrize("said", ["", "随便", "尽快", "昨", "13月1日", "今天25点", "周八", "明天一早"])
def test_no_time_is_guessed(said):
    assert lines.due(said, MONDAY) is None


def test_a_due_day_of_the_week_that_is_over():
    wednesday = MONDAY + timedelta(days=2)
    for said, days in (("周一", 2), ("昨天", 1), ("前天17:00", 2), ("昨日下午5点", 1)):
        found = lines.due(said, wednesday)
        assert found is not None
        assert found.date() == wednesday.date() - timedelta(days=days)


def test_a_remark_in_brackets_behind_a_field_is_left_out():
    assert lines.field("在村人数（系统知道的会先填好）") == lines.field("在村人数")
    assert lines.field("受灾户数 户（以村委会登记的为准）") == lines.field("受灾户数 户")
    assert lines.field("危房（处，0-50）").high == 5_000
    for unclear in ("危房 处（0到五十之间的数字）", "受灾户数（以村委会登记的为准）", "（只有说明没有名称）"):
        with refused(Code.FIGURE_UNREADABLE):
            lines.field(unclear)


def test_a_line_that_leads_to_the_others_is_no_field():
    block = lines.block("请各村报以下数据，例如：\n受灾户数 户\n是否停电：\n备注：", MONDAY, is_titled=False)
    assert [field.title for field in block.fields] == ["受灾户数", "是否停电", "备注"]
    with refused(Code.FIGURE_UNREADABLE):
        lines.block("请各村报以下数据：", MONDAY, is_titled=False)


def test_a_whole_request_in_one_message():
    block = lines.block("防汛受灾情况\n受灾户数 户\n\n是否停电\n依据：县防指〔2026〕3号\n截止：今天18:00", MONDAY)
    assert block.title == "防汛受灾情况"
    assert [field.title for field in block.fields] == ["受灾户数", "是否停电"]
    assert block.basis == "县防指〔2026〕3号"
    assert block.due == MONDAY.replace(hour=18, minute=0)
    assert lines.block("危房 处", MONDAY, is_titled=False).title == ""
    with refused(Code.FIGURE_UNREADABLE):
        lines.block("标题\n截止：尽快", MONDAY)


def test_what_is_asked_together():
    rules.check_fields(FOUR)
    with refused(Code.FIGURES_NO_FIELD):
        rules.check_fields([])
    with refused(Code.FIGURE_TWICE, title="备注"):
        rules.check_fields([*FOUR, Field("备注", TEXT)])
    many = [number(f"数{n}") for n in range(rules.MOST_FIELDS + 1)]
    with pytest.raises(Refusal) as caught:
        rules.check_fields(many)
    assert (caught.value.code, caught.value.clause) == (Code.FIGURES_MANY_FIELDS, BURDEN_LETTER)
    rules.check_fields(many[:-1])


@pytest.mark.parametrize("said", [None, "", " ", "无", "没有", "无。", "/"])
def test_no_basis_no_request(said):
    with pytest.raises(Refusal) as caught:
        rules.check_basis(said)
    assert (caught.value.code, caught.value.clause) == (Code.FIGURES_NO_BASIS, BURDEN_LETTER)


@pytest.mark.parametrize("said", ["x", "县", "文件", "a b", "12345", "???"])
def test_a_basis_of_a_letter_or_two_names_no_paper(said):
    with pytest.raises(Refusal) as caught:
        rules.check_basis(said)
    assert (caught.value.code, caught.value.clause) == (Code.FIGURES_BASIS_SHORT, BURDEN_LETTER)
    assert caught.value.fields["least"] == 3


def test_a_basis_is_one_line():
    assert rules.check_basis("县防指\n通知  第 3 号。") == "县防指 通知 第 3 号"
    with refused(Code.TEXT_TOO_LONG):
        rules.check_basis("文" * 101)


def test_due_after_it_can_be_read():
    rules.check_due(MONDAY + timedelta(minutes=1), goes_out=MONDAY)
    with refused(Code.FIGURES_DUE_EARLY, on=MONDAY.date(), at=MONDAY, next="11-24"):
        rules.check_due(MONDAY, goes_out=MONDAY)
    with refused(Code.FIGURES_DUE_FAR):
        rules.check_due(MONDAY + timedelta(days=93), goes_out=MONDAY)


def test_open_until_closed_or_a_month_after():
    due = datetime(2026, 11, 23, 10, tzinfo=UTC)
    later = due + timedelta(days=1)
    assert rules.is_open(due, None, None, later)
    assert not rules.is_open(due, later, None, later)
    assert not rules.is_open(due, None, later, later)
    assert not rules.is_open(due, None, None, due + timedelta(days=30))
    assert rules.is_late(due, later)
    assert not rules.is_late(due, due)


ENGLISH_LINES = [
    ("Houses at risk: households 0-50", Field("Houses at risk", FieldKind.NUMBER, "households", 0, 50 * HUNDRED)),
    ("Houses at risk 处 0-50", Field("Houses at risk", FieldKind.NUMBER, "处", 0, 50 * HUNDRED)),
    ("Houses at risk (households, 0-50)", Field("Houses at risk", FieldKind.NUMBER, "households", 0, 50 * HUNDRED)),
    ("1. Families hit households", Field("Families hit", FieldKind.NUMBER, "households", 0)),
    ("Roads cut number", Field("Roads cut", FieldKind.NUMBER, "", 0)),
    ("Remarks text", Field("Remarks", FieldKind.TEXT)),
    ("Anything else: Text", Field("Anything else", FieldKind.TEXT)),
    ("Power is out yes/no", Field("Power is out", FieldKind.CHOICE, choices=("yes", "no"))),
    ("Power out: yes / no", Field("Power out", FieldKind.CHOICE, choices=("yes", "no"))),
    ("People in village: people =在村人数",
     Field("People in village", FieldKind.NUMBER, "people", 0, source=Source.ON_DUTY)),
    ("GDP 万元", Field("GDP", FieldKind.NUMBER, "万元", 0)),
]  # fmt: skip


@pytest.mark.parametrize("line, field", ENGLISH_LINES)
def test_a_field_in_english(line, field):
    assert lines.field(line) == field


@pytest.mark.parametrize("line", ["Houses at risk", "Houses at risk: 50-0", "Houses at 50", "Houses: big old red"])
def test_english_that_says_nothing_is_refused(line):
    with refused(Code.FIGURE_UNREADABLE):
        lines.field(line)
