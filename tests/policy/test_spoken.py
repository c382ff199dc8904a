from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import spoken

NOW = datetime(2026, 11, 23, 8, 2)
AFTERNOON = datetime(2026, 11, 23, 14, 10)


def at(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    "text, value",
    [("3", 3), ("三", 3), ("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("３", 3)],
)
def test_numbers(text, value):
    assert spoken.number(text) == value


@pytest.mark.parametrize("text", ["", "几", "三二", "十十", "²", "三人"])
def test_no_numbers(text):
    assert spoken.number(text) is None


@given(st.integers(0, 99))
def test_every_number_up_to_99_in_chinese(value):
    tens, ones = divmod(value, 10)
    said = ("十" if tens == 1 else f"{'零一二三四五六七八九'[tens]}十" if tens else "") + (
        "零一二三四五六七八九"[ones] if ones or not tens else ""
    )
    assert spoken.number(said) == value


@pytest.mark.parametrize(
    "line, now, moment, rest",
    [
        ("去镇卫生院 11点回", NOW, at(11), "去镇卫生院"),
        ("去镇卫生院 11:30回", NOW, at(11, 30), "去镇卫生院"),
        ("去镇卫生院，１１：３０回来", NOW, at(11, 30), "去镇卫生院"),
        ("去镇卫生院 中午回", NOW, at(12), "去镇卫生院"),
        ("去镇卫生院，中午前回村", NOW, at(12), "去镇卫生院"),
        ("取快递 下午3点回", NOW, at(15), "取快递"),
        ("取快递 下午三点半左右回来", NOW, at(15, 30), "取快递"),
        ("取快递 3点回", AFTERNOON, at(15), "取快递"),
        ("取快递 十一点一刻回", NOW, at(11, 15), "取快递"),
        ("去镇里 10点20分回", NOW, at(10, 20), "去镇里"),
        ("去镇里 15点回", NOW, at(15), "去镇里"),
        ("11点回 去镇里", NOW, at(11), "去镇里"),
        ("去镇里 一个半小时后回", NOW, NOW + timedelta(minutes=90), "去镇里"),
        ("去镇里 半小时回", NOW, NOW + timedelta(minutes=30), "去镇里"),
        ("去镇里 9点开会 11点回", NOW, at(11), "去镇里 9点开会"),
        ("去镇里，取药，11点回。", NOW, at(11), "去镇里，取药"),
        ("去镇里 8点回", AFTERNOON, at(8), "去镇里"),
        ("to town, back at 11:30", NOW, at(11, 30), "to town"),
        ("to town, Back by 3 pm", NOW, at(15), "to town"),
        ("back around 3, to town", AFTERNOON, at(15), "to town"),
    ],
)
def test_when_somebody_is_back(line, now, moment, rest):
    assert spoken.back_at(line, now) == (moment, rest)


@pytest.mark.parametrize(
    "line", ["去镇卫生院", "去镇里 9点开会", "去镇卫生院 晚点回", "去镇里 99点回", "去镇里 下午回"]
)
def test_unclear_is_none(line):
    assert spoken.back_at(line, NOW)[0] is None


def test_noon_is_the_county_s():
    assert spoken.back_at("去镇里 中午回", NOW, time(12, 30))[0] == at(12, 30)


@pytest.mark.parametrize(
    "text, moment",
    [("11点", at(11)), ("11点半", at(11, 30)), ("11:30", at(11, 30)), ("中午", at(12)), ("下午两点回", at(14))],
)
def test_a_time_alone(text, moment):
    assert spoken.clock(text, NOW) == moment


@pytest.mark.parametrize("text", ["快了", "25点", "", "11"])
def test_no_time(text):
    assert spoken.clock(text, NOW) is None


@pytest.mark.parametrize(
    "text, day",
    [
        ("25日", date(2026, 11, 25)),
        ("25号", date(2026, 11, 25)),
        ("11月25日", date(2026, 11, 25)),
        ("1日", date(2026, 12, 1)),
        ("1月3日", date(2027, 1, 3)),
        ("明天", date(2026, 11, 24)),
        ("23日", date(2026, 11, 23)),
    ],
)
def test_coming_days(text, day):
    assert spoken.coming_day(text, NOW.date()) == day


@pytest.mark.parametrize("text", ["32日", "13月1日", "镇里", "", "2月30日"])
def test_no_day(text):
    assert spoken.coming_day(text, NOW.date()) is None
    assert spoken.nearest_day(text, NOW.date()) is None


@pytest.mark.parametrize(
    "text, day",
    [
        ("昨天", date(2026, 11, 22)),
        ("前天", date(2026, 11, 21)),
        ("明天", date(2026, 11, 24)),
        ("20日", date(2026, 11, 20)),
        ("25日", date(2026, 11, 25)),
        ("1日", date(2026, 12, 1)),
        ("11月1日", date(2026, 11, 1)),
        ("1月3日", date(2027, 1, 3)),
    ],
)
def test_the_nearest_day(text, day):
    assert spoken.nearest_day(text, NOW.date()) == day


@pytest.mark.parametrize(
    "text, day",
    [
        ("昨天", date(2026, 11, 22)),
        ("今天", date(2026, 11, 23)),
        ("12-05", date(2026, 12, 5)),
        ("周五", date(2026, 11, 27)),
        ("下周一", date(2026, 11, 30)),
        ("１２月５日", date(2026, 12, 5)),
        ("十二月五日", date(2026, 12, 5)),
        ("2026-11-02", date(2026, 11, 2)),
        ("1月3日", date(2027, 1, 3)),
    ],
)
def test_any_day(text, day):
    assert spoken.any_day(text, NOW.date()) == day


@pytest.mark.parametrize("text", ["改天", "等两天", "11月31日", "明天再说", "月底", ""])
def test_no_day_at_all(text):
    assert spoken.any_day(text, NOW.date()) is None
