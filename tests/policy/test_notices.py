"""The rules of a notice: lengths, files, times, second words, reminders, names in a list."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from policy import notices as rules
from policy import reaching
from policy.audience import Audience
from policy.authority import Role
from policy.calendar import Calendar
from policy.notices import Attachment, AttachmentKind, Draft
from policy.profile import Profile
from policy.refusals import Code
from tests.policy.refused import outcome, refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 8, 2, tzinfo=SHANGHAI)  # a Monday

WHEN = {
    "11-24 8:30": (24, 8, 30),
    "11/24 8:30": (24, 8, 30),
    "11.24 8:30": (24, 8, 30),
    "１１－２４　８：３０": (24, 8, 30),
    "2026-11-24 08:30": (24, 8, 30),
    "11月24日 下午3点": (24, 15, 0),
    "25日9点": (25, 9, 0),
    "明天8点": (24, 8, 0),
    "明早8点": (24, 8, 0),
    "后天上午十点": (25, 10, 0),
    "大后天 10点": (26, 10, 0),
    "今晚7点": (23, 19, 0),
    "周三9点半": (25, 9, 30),
    "下周一上午9点": (30, 9, 0),
    "明天中午": (24, 12, 0),
    "明天14点发送": (24, 14, 0),
    "明天3点": (24, 15, 0),  # nobody means the small hours
    "明天3:00": (24, 3, 0),  # unless he writes so
    "8:30": (23, 8, 30),
    "8:00": (24, 8, 0),  # past for today
    "3点": (23, 15, 0),
}


@pytest.mark.parametrize("said", WHEN)
def test_when_it_is_meant_to_go_out(said):
    day, hour, minute = WHEN[said]
    assert rules.when(said, NOW) == datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


PAST = {
    "昨天8点": (22, 8, 0),
    "昨晚8点": (22, 20, 0),
    "前天下午3点": (21, 15, 0),
    "大前天 9:00": (20, 9, 0),
    "上周一8点": (16, 8, 0),
    "11-20 8:30": (20, 8, 30),
    "11月20日8点": (20, 8, 0),
}


@pytest.mark.parametrize("said", PAST)
def test_what_is_past_is_understood_as_past(said):
    day, hour, minute = PAST[said]
    assert rules.when(said, NOW) == datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize("said", ["", "明天", "随便", "过几天", "13-40 8:00", "明天25点", "11-24", "8.30", "周八9点"])
def test_what_is_no_time(said):
    assert rules.when(said, NOW) is None


@pytest.mark.parametrize(
    "ahead, verdict",
    [
        (None, None),
        (timedelta(minutes=1), None),
        (timedelta(days=90), None),
        (timedelta(), Code.NOTICE_DUE_PAST),
        (timedelta(days=-1), Code.NOTICE_DUE_PAST),
        (timedelta(days=90, minutes=1), Code.NOTICE_DUE_FAR),
    ],
)
def test_how_far_ahead(ahead, verdict):
    due_at = None if ahead is None else NOW + ahead
    assert outcome(lambda: rules.check_due(due_at, NOW)) is verdict


@pytest.mark.parametrize(
    "text, verdict",
    [
        ("防寒", None),
        ("字" * 4_000, None),
        ("字" * 4_001, Code.NOTICE_TOO_LONG),
        ("😀" * 2_000, None),
        ("😀" * 2_001, Code.NOTICE_TOO_LONG),
        (" \n ", Code.TEXT_EMPTY),
    ],
)
def test_how_long(text, verdict):
    assert outcome(lambda: rules.check_text(text)) is verdict


def test_a_refusal_says_how_long_it_is():
    with refused(Code.NOTICE_TOO_LONG, length=4_001, limit=4_000):
        rules.check_text("字" * 4_001)


@pytest.mark.parametrize(
    "name, size, verdict",
    [
        ("方案.pdf", 1, None),
        ("名单.XLSX", 20_000_000, None),
        ("图.jpeg", None, None),
        ("录像.pdf", 20_000_001, Code.NOTICE_FILE_SIZE),
        ("补丁.exe", 1, Code.NOTICE_FILE_TYPE),
        ("方案.pdf.exe", 1, Code.NOTICE_FILE_TYPE),
        ("没有后缀", 1, Code.NOTICE_FILE_TYPE),
        ("", 1, Code.NOTICE_FILE_TYPE),
    ],
)
def test_which_files(name, size, verdict):
    assert outcome(lambda: rules.check_file(name, size)) is verdict


@pytest.mark.parametrize(
    "people, above, second", [(500, 500, False), (501, 500, True), (1, 0, True), (9_999, 10_000, False)]
)
def test_when_a_second_person_is_needed(people, above, second):
    assert reaching.needs_second(people, Profile(second_admin_above=above)) is second


@pytest.mark.parametrize(
    "times, minutes_ago, verdict",
    [
        (0, None, None),
        (1, 5, None),
        (2, 60, None),
        (1, 4, Code.REMINDED_NOW),
        (2, 0, Code.REMINDED_NOW),
        (3, 600, Code.REMINDED_OUT),
        (3, 1, Code.REMINDED_OUT),
    ],
)
def test_reminders(times, minutes_ago, verdict):
    last = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    assert outcome(lambda: reaching.check_reminder(times, last, NOW)) is verdict


def test_a_refused_reminder_says_when_the_next_may_be():
    with refused(Code.REMINDED_NOW, minutes=5, left=2):
        reaching.check_reminder(1, NOW - timedelta(minutes=3, seconds=30), NOW)


@pytest.mark.parametrize(
    "messages, rate, seconds",
    [(627, 28, 23), (22_098, 28, 790), (22_098, 30, 737), (1, 28, 1), (0, 28, 0), (627, 0, None), (627, None, None)],
)
def test_how_long_it_takes(messages, rate, seconds):
    assert rules.seconds_to_send(messages, rate) == seconds


@pytest.mark.parametrize(
    "out, waiting, elapsed, seconds", [(412, 212, 15, 8), (100, 0, 10, None), (0, 100, 10, None), (100, 100, 0.5, None)]
)
def test_how_long_the_rest_takes(out, waiting, elapsed, seconds):
    assert rules.seconds_left(out, waiting, timedelta(seconds=elapsed)) == seconds


@pytest.mark.parametrize("days, last", [(7, date(2026, 11, 30)), (1, date(2026, 11, 24)), (0, None)])
def test_until_when_it_is_open(days, last):
    until = rules.open_until(NOW, days)
    assert (until and rules.last_day(until)) == last
    assert until is None or (until.tzinfo, until.hour) == (SHANGHAI, 0)


@pytest.mark.parametrize(
    "days, verdict", [(0, None), (366, None), (367, Code.NOTICE_OPEN_DAYS), (-1, Code.NOTICE_OPEN_DAYS)]
)
def test_how_long_it_may_be_open(days, verdict):
    assert outcome(lambda: rules.check_open(days)) is verdict


@pytest.mark.parametrize(
    "text, names",
    [
        ("周建国、李雪", ["周建国", "李雪"]),
        ("1. 周建国\n2. 李雪\n3、王　强", ["周建国", "李雪", "王强"]),
        ("1）周建国 2）李雪，赵敏；", ["周建国", "李雪", "赵敏"]),
        ("王 强 李雪 李雪", ["王强", "李雪"]),
        ("阿里木·买买提", ["阿里木·买买提"]),
        ("13900001234", []),
        (" 、，", []),
    ],
)
def test_names_in_a_list(text, names):
    assert rules.names_in(text) == names


@pytest.mark.parametrize(
    "text, title",
    [("\n 防寒通知 \n今晚降温", "防寒通知"), ("字" * 41, "字" * 39 + "…"), ("字" * 40, "字" * 40), ("", "")],
)
def test_what_a_notice_is_called(text, title):
    assert rules.title_of(text) == title


@pytest.mark.parametrize(
    "length, with_file, messages, is_framed",
    [(10, False, 1, True), (3_501, False, 1, False), (928, True, 1, False), (929, True, 2, False)],
)
def test_how_many_messages_it_takes(length, with_file, messages, is_framed):
    attachment = Attachment(AttachmentKind.PHOTO, "file") if with_file else None
    draft = Draft(1, Audience((1,)), length=length, attachment=attachment)
    assert (draft.messages, draft.is_framed) == (messages, is_framed)


def test_a_draft_comes_back_as_it_was_kept():
    draft = Draft(
        1,
        Audience((2, 3), (Role.FIRST_SECRETARY,), (4,), (5,)),
        "<b>防寒</b>",
        "防寒",
        2,
        Attachment(AttachmentKind.DOCUMENT, "id", "方案.pdf"),
        wants_receipt=False,
        is_urgent=True,
        due_at=NOW.astimezone(UTC),
        open_days=0,
    )
    assert Draft.load(draft.dump()) == draft
    bare = Draft(1, Audience((1,)))
    assert Draft.load(bare.dump()) == bare


def test_a_second_person_is_reminded_next_working_morning_and_has_three_working_days():
    friday = datetime(2026, 11, 27, 21, 30, tzinfo=SHANGHAI)
    assert reaching.review_reminded_at(friday, Calendar()) == datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
    assert reaching.review_until(friday, Calendar()) == datetime(2026, 12, 2, 18, tzinfo=SHANGHAI)
