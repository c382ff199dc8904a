"""Days and halves before the matter: what is meant by each form, on a Monday and on other days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import Half, Span
from policy.spoken import Lean
from policy.spoken_spans import When, when

MONDAY = date(2026, 11, 23)
AM, PM = Half.AM, Half.PM


def whole(month: int, day: int, to_month: int | None = None, to_day: int | None = None, year: int = 2026) -> Span:
    first = date(year, month, day)
    return Span(first, AM, first if to_day is None else date(year, to_month or month, to_day), PM)


def halves(month: int, day: int, half: Half, to_day: int, to_half: Half, to_month: int | None = None) -> Span:
    return Span(date(2026, month, day), half, date(2026, to_month or month, to_day), to_half)


MEANT = [
    # with its year
    ("2020-01-01 开会", whole(1, 1, year=2020), "开会"),
    ("2026-11-27 到县里开会", whole(11, 27), "到县里开会"),
    ("2026-11-27到县里开会", whole(11, 27), "到县里开会"),
    ("2026.11.27 到县里", whole(11, 27), "到县里"),
    ("2026/11/27 到县里", whole(11, 27), "到县里"),
    ("20261127 到县里", whole(11, 27), "到县里"),
    ("2026年11月27日到县里", whole(11, 27), "到县里"),
    ("明年1月5日 开会", whole(1, 5, year=2027), "开会"),
    # month and day
    ("11月27日 到县里", whole(11, 27), "到县里"),
    ("11月27号到县里", whole(11, 27), "到县里"),
    ("11月27到县里", whole(11, 27), "到县里"),
    ("11-28 到市里", whole(11, 28), "到市里"),
    ("11/30 到市里", whole(11, 30), "到市里"),
    ("12.3 到市里", whole(12, 3), "到市里"),
    ("12.3到市里", whole(12, 3), "到市里"),
    ("12.3日到市里", whole(12, 3), "到市里"),
    ("十一月三十日 到市里", whole(11, 30), "到市里"),
    ("十一月三十号到市里", whole(11, 30), "到市里"),
    ("十二月三日到市里", whole(12, 3), "到市里"),
    ("十一月三十 到市里", whole(11, 30), "到市里"),
    ("下月3日 到市里", whole(12, 3), "到市里"),
    ("下个月3号 到市里", whole(12, 3), "到市里"),
    ("本月28日 到市里", whole(11, 28), "到市里"),
    # full width
    ("１１－２８ 到市里", whole(11, 28), "到市里"),
    ("１１月２８日　到市里", whole(11, 28), "到市里"),
    ("12．3～12．5 到市里", whole(12, 3, 12, 5), "到市里"),
    # a day alone
    ("3号 开会", whole(12, 3), "开会"),
    ("30号到县里", whole(11, 30), "到县里"),
    ("30日到县里", whole(11, 30), "到县里"),
    ("三十号 到县里", whole(11, 30), "到县里"),
    ("20日 开会", whole(11, 20), "开会"),
    # near ones
    ("今天 开会", whole(11, 23), "开会"),
    ("今日下午开会", halves(11, 23, PM, 23, PM), "开会"),
    ("明天上午到县里", halves(11, 24, AM, 24, AM), "到县里"),
    ("后天到县里", whole(11, 25), "到县里"),
    ("大后天到县里", whole(11, 26), "到县里"),
    ("昨天下午 开会", halves(11, 22, PM, 22, PM), "开会"),
    ("前天 开会", whole(11, 21), "开会"),
    ("明早 到县里", halves(11, 24, AM, 24, AM), "到县里"),
    ("今晚 送材料", halves(11, 23, PM, 23, PM), "送材料"),
    ("下午 开会", halves(11, 23, PM, 23, PM), "开会"),
    ("全天 开会", whole(11, 23), "开会"),
    # of the week
    ("周五 到县里", whole(11, 27), "到县里"),
    ("周五到县里开会", whole(11, 27), "到县里开会"),
    ("周五下午到县里", halves(11, 27, PM, 27, PM), "到县里"),
    ("星期五 到县里", whole(11, 27), "到县里"),
    ("礼拜五到县里", whole(11, 27), "到县里"),
    ("周5 到县里", whole(11, 27), "到县里"),
    ("周日 值班", whole(11, 29), "值班"),
    ("本周五到县里", whole(11, 27), "到县里"),
    ("这周五 到县里", whole(11, 27), "到县里"),
    ("下周一 到市里", whole(11, 30), "到市里"),
    ("下周一到县里", whole(11, 30), "到县里"),
    ("下个周三 到市里", whole(12, 2), "到市里"),
    ("下下周二 学习", whole(12, 8), "学习"),
    ("上周五 开会", whole(11, 20), "开会"),
    # spans
    ("11-24下午到11-25 孩子看病 回石家庄", halves(11, 24, PM, 25, PM), "孩子看病 回石家庄"),
    ("11-28下午到11-29 到市里", halves(11, 28, PM, 29, PM), "到市里"),
    ("11月28日上午至29日上午 学习", halves(11, 28, AM, 29, AM), "学习"),
    ("今天到后天上午 学习", halves(11, 23, AM, 25, AM), "学习"),
    ("11月3日至5日 开会", whole(11, 3, 11, 5), "开会"),
    ("11月28至30日 学习", whole(11, 28, 11, 30), "学习"),
    ("12月1日至30日 学习", whole(12, 1, 12, 30), "学习"),
    ("11月1日下午至29日 学习", halves(11, 1, PM, 29, PM), "学习"),
    ("1月31日至1日 学习", Span(date(2027, 1, 31), AM, date(2027, 2, 1), PM), "学习"),
    ("28-30日 学习", whole(11, 28, 11, 30), "学习"),
    ("28日—30日 学习", whole(11, 28, 11, 30), "学习"),
    ("28号~30号 学习", whole(11, 28, 11, 30), "学习"),
    ("3-5号 学习", whole(12, 3, 12, 5), "学习"),
    ("11/30到12/2 到市里", whole(11, 30, 12, 2), "到市里"),
    ("十一月三十号到十二月二日 到市里", whole(11, 30, 12, 2), "到市里"),
    ("2026-11-27下午至2026-11-28 到市里", halves(11, 27, PM, 28, PM), "到市里"),
    ("从11月28日到11月29日 到市里", whole(11, 28, 11, 29), "到市里"),
    ("下周一至周三 到市里", whole(11, 30, 12, 2), "到市里"),
    ("周五到下周二 到省里", whole(11, 27, 12, 1), "到省里"),
    ("11月28日、29日 到市里", whole(11, 28, 11, 29), "到市里"),
    ("28日和29日 到市里", whole(11, 28, 11, 29), "到市里"),
    ("到25日 去省里", whole(11, 23, 11, 25), "去省里"),
    ("下午到明天 学习", halves(11, 23, PM, 24, PM), "学习"),
    ("明天到月底 学习", whole(11, 24, 11, 30), "学习"),
    ("明天下午，到25日 去省里", halves(11, 24, PM, 25, PM), "去省里"),
    ("12月28日至1月3日 学习", Span(date(2026, 12, 28), AM, date(2027, 1, 3), PM), "学习"),
    ("12月30日至12月20日 学习", Span(date(2026, 12, 30), AM, date(2026, 12, 20), PM), "学习"),
    # lengths
    ("明天起3天 到省里", whole(11, 24, 11, 26), "到省里"),
    ("明天下午起1天半 到省里", halves(11, 24, PM, 25, PM), "到省里"),
    ("明天起1.5天 到省里", halves(11, 24, AM, 25, AM), "到省里"),
    ("3天 去省里学习", whole(11, 23, 11, 25), "去省里学习"),
    ("两天 去省里", whole(11, 23, 11, 24), "去省里"),
    # without a year: up to three months back it is this year's, else the coming one
    ("9月1日 开会", whole(9, 1), "开会"),
    ("6月11日 开会", whole(6, 11, year=2027), "开会"),
    # no day at all
    ("到镇里开例会", whole(11, 23), "到镇里开例会"),
    ("3号院修路", whole(11, 23), "3号院修路"),
    ("到3号院修路", whole(11, 23), "到3号院修路"),
    ("三号院修路", whole(11, 23), "三号院修路"),
    ("3-5组入户", whole(11, 23), "3-5组入户"),
    ("到2组入户", whole(11, 23), "到2组入户"),
    ("1.5公里道路验收", whole(11, 23), "1.5公里道路验收"),
    ("11月份例会", whole(11, 23), "11月份例会"),
    ("周边村调研", whole(11, 23), "周边村调研"),
    ("今年产业项目对接", whole(11, 23), "今年产业项目对接"),
    ("培训", whole(11, 23), "培训"),
]


@pytest.mark.parametrize("line, span, rest", [pytest.param(*each, id=each[0]) for each in MEANT])
def test_what_a_line_says_of_days(line: str, span: Span, rest: str):
    said = when(line, MONDAY)
    assert (said.span(MONDAY), said.rest, said.unclear) == (span, rest, "")


@pytest.mark.parametrize(
    "line, words",
    [
        ("11月31日 开会", "11月31日"),
        ("2月30日 开会", "2月30日"),
        ("13-45 开会", "13-45"),
        ("2026-13-01 开会", "2026-13-01"),
        ("11-28号 学习", "11-28号"),  # the 11th to the 28th, or 28 November
        ("周末 值班", "周末"),
        ("下周 学习", "下周"),
        ("下个月 学习", "下个月"),
        ("下旬 学习", "下旬"),
        ("月底 到省里", "月底"),
        ("半天 开会", "半天"),
        ("过几天 学习", "过几天"),
        ("3天后 开会", "3天后"),
        ("3日后 开会", "3日后"),
        ("明天 后天 开会", "后天"),
        ("28日、30日 到市里", "30日"),
        ("明天到11月31日 学习", "11月31日"),
    ],
)
def test_what_looks_like_a_day_and_is_none_is_named(line: str, words: str):
    assert when(line, MONDAY).unclear == words


@pytest.mark.parametrize(
    "today, line, on",
    [
        (date(2026, 11, 27), "周三 开会", None),  # a Friday: the last one, or the next?
        (date(2026, 11, 27), "周五 开会", date(2026, 11, 27)),
        (date(2026, 11, 27), "周日 开会", date(2026, 11, 29)),
        (date(2026, 11, 29), "周一 开会", date(2026, 11, 30)),  # a Sunday: tomorrow
        (date(2026, 11, 29), "下周一 开会", date(2026, 11, 30)),
        (date(2026, 11, 28), "周五 开会", None),
    ],
)
def test_a_day_of_the_week_that_has_passed_is_not_guessed(today: date, line: str, on: date | None):
    said = when(line, today)
    assert said.first == on
    assert bool(said.unclear) == (on is None)


@pytest.mark.parametrize(
    "line, on, half, rest",
    [
        ("昨天 忘了", date(2026, 11, 22), None, "忘了"),
        ("昨天上午 忘了", date(2026, 11, 22), AM, "忘了"),
        ("11月20日 手机坏了", date(2026, 11, 20), None, "手机坏了"),
        ("20号下午，没有信号", date(2026, 11, 20), PM, "没有信号"),
        ("12月1日 忘了", date(2025, 12, 1), None, "忘了"),
        ("周五 忘了", date(2026, 11, 20), None, "忘了"),
        ("上周五 忘了", date(2026, 11, 20), None, "忘了"),
        ("忘了", None, None, "忘了"),
    ],
)
def test_what_was_missed_lies_behind(line: str, on: date | None, half: Half | None, rest: str):
    said = when(line, MONDAY, lean=Lean.PAST)
    assert (said.first, said.half, said.rest) == (on, half, rest)


def test_on_top_of_what_was_said_before():
    first = when("明天下午", MONDAY)
    assert when("到25日 去省里", MONDAY, first).span(MONDAY) == halves(11, 24, PM, 25, PM)
    assert when("到25日", MONDAY, When("", first=date(2026, 11, 24))).last == date(2026, 11, 25)
    assert when("明天起 学习", MONDAY).open


ENGLISH = [
    ("tomorrow to county meeting", whole(11, 24), "to county meeting"),
    ("Tomorrow county meeting", whole(11, 24), "county meeting"),
    ("today county meeting", whole(11, 23), "county meeting"),
    ("yesterday county meeting", whole(11, 22), "county meeting"),
    ("the day after tomorrow county meeting", whole(11, 25), "county meeting"),
    ("tonight county meeting", halves(11, 23, PM, 23, PM), "county meeting"),
    ("this afternoon county meeting", halves(11, 23, PM, 23, PM), "county meeting"),
    ("afternoon county meeting", halves(11, 23, PM, 23, PM), "county meeting"),
    ("tomorrow morning: county meeting", halves(11, 24, AM, 24, AM), "county meeting"),
    ("TOMORROW AFTERNOON county meeting", halves(11, 24, PM, 24, PM), "county meeting"),
    ("tomorrow pm county meeting", halves(11, 24, PM, 24, PM), "county meeting"),
    ("all day tomorrow county meeting", whole(11, 24), "county meeting"),
    ("2 Dec county meeting", whole(12, 2), "county meeting"),
    ("2 dec, county meeting", whole(12, 2), "county meeting"),
    ("2nd of December county meeting", whole(12, 2), "county meeting"),
    ("Dec 2 county meeting", whole(12, 2), "county meeting"),
    ("December 2nd county meeting", whole(12, 2), "county meeting"),
    ("Dec. 2, 2026 county meeting", whole(12, 2), "county meeting"),
    ("on 30 Nov county meeting", whole(11, 30), "county meeting"),
    ("30 Nov afternoon county meeting", halves(11, 30, PM, 30, PM), "county meeting"),
    ("5 Jan county meeting", whole(1, 5, year=2027), "county meeting"),
    ("5 Jan 2027 county meeting", whole(1, 5, year=2027), "county meeting"),
    ("wed 2 dec county meeting", whole(12, 2), "county meeting"),
    ("the 30th: county meeting", whole(11, 30), "county meeting"),
    ("Monday county meeting", whole(11, 23), "county meeting"),
    ("on friday county meeting", whole(11, 27), "county meeting"),
    ("this Fri morning county meeting", halves(11, 27, AM, 27, AM), "county meeting"),
    ("next Monday county meeting", whole(11, 30), "county meeting"),
    ("last Friday county meeting", whole(11, 20), "county meeting"),
    ("2 Dec to 4 Dec county study", whole(12, 2, 12, 4), "county study"),
    ("2-4 Dec county study", whole(12, 2, 12, 4), "county study"),
    ("2 to 4 December county study", whole(12, 2, 12, 4), "county study"),
    ("Dec 2 until Dec 4 county study", whole(12, 2, 12, 4), "county study"),
    ("from 30 Nov to 3 Dec county study", whole(11, 30, 12, 3), "county study"),
    ("tomorrow afternoon to 3 Dec county study", halves(11, 24, PM, 3, PM, 12), "county study"),
    ("today until Wednesday morning county study", halves(11, 23, AM, 25, AM), "county study"),
    ("until 3 Dec county study", whole(11, 23, 12, 3), "county study"),
    ("tomorrow and Wednesday county study", whole(11, 24, 11, 25), "county study"),
    ("tomorrow for 3 days county study", whole(11, 24, 11, 26), "county study"),
    ("from tomorrow for three days county study", whole(11, 24, 11, 26), "county study"),
    ("for 3 days county study", whole(11, 23, 11, 25), "county study"),
    ("tomorrow afternoon for one and a half days study", halves(11, 24, PM, 25, PM), "study"),
    # the day last, as English says it
    ("county meeting tomorrow", whole(11, 24), "county meeting"),
    ("county meeting on 2 Dec.", whole(12, 2), "county meeting"),
    ("county study, from 30 Nov to 3 Dec", whole(11, 30, 12, 3), "county study"),
    ("county meeting next Monday morning", halves(11, 30, AM, 30, AM), "county meeting"),
    ("county study tomorrow for 3 days", whole(11, 24, 11, 26), "county study"),
    # no day at all
    ("to Sunshine village", whole(11, 23), "to Sunshine village"),
    ("prepare tomorrow's meeting", whole(11, 23), "prepare tomorrow's meeting"),
    ("may day works", whole(11, 23), "may day works"),
    ("march past 3 hamlets", whole(11, 23), "march past 3 hamlets"),
    ("monthly meeting", whole(11, 23), "monthly meeting"),
    ("to the 3rd group", whole(11, 23), "to the 3rd group"),
    ("2 decoders for group 3", whole(11, 23), "2 decoders for group 3"),
    ("3-day training", whole(11, 23), "3-day training"),
    ("all villages", whole(11, 23), "all villages"),
]


@pytest.mark.parametrize("line, span, rest", [pytest.param(*each, id=each[0]) for each in ENGLISH])
def test_what_an_english_line_says_of_days(line: str, span: Span, rest: str):
    said = when(line, MONDAY)
    assert (said.span(MONDAY), said.rest, said.unclear) == (span, rest, "")


@pytest.mark.parametrize(
    "line, words",
    [
        ("31 Nov county meeting", "31 Nov"),
        ("Nov 31 county meeting", "Nov 31"),
        ("Dec 2-4 county study", "Dec 2-4"),
        ("next week county meeting", "next week"),
        ("the weekend county meeting", "the weekend"),
        ("end of the month county meeting", "end of the month"),
        ("in 3 days county meeting", "in 3 days"),
        ("in a few days county meeting", "in a few days"),
        ("half a day county meeting", "half a day"),
        ("for 2 weeks county study", "2 weeks"),
        ("tomorrow Friday county meeting", "Friday"),
        ("tomorrow to 31 Nov county study", "31 Nov"),
        ("Tue 2 Dec county meeting", "Tue 2"),  # it is a Wednesday
        ("county meeting tomorrow about drains", "tomorrow"),
    ],
)
def test_what_looks_like_an_english_day_and_is_none_is_named(line: str, words: str):
    assert when(line, MONDAY).unclear == words


def test_an_english_day_without_an_end_and_one_that_has_passed():
    assert when("from tomorrow county study", MONDAY).open
    assert when("2 Dec onwards county study", MONDAY).open
    assert when("Wednesday county meeting", date(2026, 11, 27)).unclear == "Wednesday"
    assert when("forgot yesterday", MONDAY, lean=Lean.PAST).first == date(2026, 11, 22)
    assert when("Friday no signal", MONDAY, lean=Lean.PAST).first == date(2026, 11, 20)


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(-92, 200), st.sampled_from(["{m}月{d}日", "{m}-{d}"])
)
def test_month_and_day_say_the_day_they_say(today: date, offset: int, form: str):
    on = today + timedelta(days=offset)
    said = when(form.format(m=on.month, d=on.day) + " 开会", today)
    assert (said.first, said.rest) == (on, "开会")


@given(st.text(max_size=30))
def test_no_line_is_too_odd(line: str):
    said = when(line, MONDAY)
    assert said.rest == said.rest.strip()
    assert line.strip().endswith(said.rest)
    said.span(MONDAY)
