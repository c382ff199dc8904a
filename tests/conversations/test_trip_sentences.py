"""公出 in one's own words: the day that a sentence names is the day that is recorded."""

from datetime import date

import pytest

from policy.calendar import Half
from storage.tables import OfficialTrip


@pytest.mark.parametrize(
    "said, seen",
    [
        ("昨天 到县里开会", "11月22日全天，到县里开会"),
        ("昨天下午到县里开会", "11月22日下午，到县里开会"),
        ("11月26日 到县里开会", "11月26日全天，到县里开会"),
        ("26日到县里开会", "11月26日全天，到县里开会"),
        ("大后天到县里开会", "11月26日全天，到县里开会"),
        ("3号院修路", "11月23日全天，3号院修路"),
        ("到3号院修路", "11月23日全天，到3号院修路"),
    ],
)
async def test_a_line_names_its_day(world, said, seen):
    zhou = world.cadre("周建国")
    await zhou.says(f"公出 {said}")
    await zhou.sees(f"已记公出：{seen}。")


async def test_a_sentence_on_the_open_card_names_its_day_too(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.says("明天上午到镇里开例会")
    await zhou.sees("已记公出：11月24日上午，到镇里开例会。")
    trip = (await world.rows(OfficialTrip))[0]
    assert (trip.from_on, trip.to_on, trip.to_half) == (date(2026, 11, 24), date(2026, 11, 24), Half.AM)


async def test_a_day_alone_is_no_purpose(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.says("明天")
    await zhou.sees("去哪里、办什么事？", "11月24日全天 · 只我")
    assert not await world.rows(OfficialTrip)


async def test_a_day_typed_while_the_last_day_is_asked_is_the_last_day(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.presses("到…日")
    await zhou.says("11月26日")
    await zhou.sees("去哪里、办什么事？", "11月23日至26日 · 只我")
    await zhou.says("到县里开会")
    await zhou.sees("已记公出：11月23日至26日，到县里开会。")


async def test_a_day_typed_after_going_back_is_the_day_itself(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.presses("到…日")
    await zhou.presses("返回")
    await zhou.says("11月26日")
    await zhou.sees("去哪里、办什么事？", "11月26日全天 · 只我")


@pytest.mark.parametrize(
    "said, seen",
    [
        ("公出 2026-11-27 到县里开会", "11月27日全天，到县里开会"),
        ("公出 11-28下午到11-29 到市里", "11月28日下午至29日，到市里"),
        ("公出 11/30 到市里", "11月30日全天，到市里"),
        ("公出 十一月三十日 到市里", "11月30日全天，到市里"),
        ("公出 下周一 到市里", "11月30日全天，到市里"),
        ("公出，周五到县里开会", "11月27日全天，到县里开会"),
        ("公出 明天起3天 到省里学习", "11月24日至26日，到省里学习"),
        ("公出 今天到后天上午 学习", "11月23日至25日上午，学习"),
        ("公出 12月28日至1月3日 学习", "12月28日至2027年1月3日，学习"),
        ("公出 1月5日至7日 学习", "2027年1月5日至7日，学习"),
    ],
)
async def test_a_line_names_its_days_in_many_forms(world, said, seen):
    zhou = world.cadre("周建国")
    await zhou.says(said)
    await zhou.sees(f"已记公出：{seen}。")


@pytest.mark.parametrize(
    "said, why",
    [
        ("公出 2020-01-01 开会", "2020年1月1日太早，补报公出最早到11月21日，没有记下（本县规定）"),
        ("公出 11月20日 开会", "11月20日太早，补报公出最早到11月21日"),
        ("公出 6月11日 开会", "2027年6月11日还远，公出最早提前 90 天报，没有记下（本县规定）"),
        ("公出 12月30日至12月20日 学习", "结束（12月20日）早于开始（12月30日），没有记下"),
        ("公出 12月1日至1月10日 学习", "公出一次最多 30 天"),
        ("公出 11月31日 开会", "没看懂“11月31日”是哪一天，没有记下"),
        ("公出 下周 学习", "没看懂“下周”是哪一天"),
        ("公出 明天 后天 学习", "没看懂“后天”是哪一天"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_own_rule(world, said, why):
    zhou = world.cadre("周建国")
    await zhou.says(said)
    await zhou.sees(why, buttons=[])
    assert await world.rows(OfficialTrip) == []


async def test_an_unclear_day_on_the_open_card_can_be_said_again_or_left(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出")
    await zhou.says("周末 到县里")
    await zhou.sees("没看懂“周末”是哪一天", buttons=["取消"])
    await zhou.says("周六 到县里")
    await zhou.sees("已记公出：11月28日全天，到县里。")
    await zhou.says("公出")
    await zhou.presses("再记一次")
    await zhou.says("下旬 到县里")
    await zhou.presses("取消")
    await zhou.sees("不办了：报公出")


async def test_a_trip_without_an_end_asks_for_it_and_keeps_its_purpose(world):
    zhou = world.cadre("周建国")
    await zhou.says("公出 明天起 到省里学习")
    await zhou.sees("公出到哪天？")
    await zhou.presses("26日")
    await zhou.sees("已记公出：11月24日至26日，到省里学习。")
    await zhou.says("公出 12月1日起 到市里")
    await zhou.says("12月3日上午")
    await zhou.sees("已记公出：12月1日至3日上午，到市里。")


@pytest.mark.parametrize(
    "said, seen",
    [
        ("/trip tomorrow to county meeting", "24 Nov all day, to county meeting"),
        ("trip 2 Dec county meeting", "2 Dec all day, county meeting"),
        ("trip Dec 2 morning: county meeting", "2 Dec morning, county meeting"),
        ("trip county meeting next Monday", "30 Nov all day, county meeting"),
        ("trip from 30 Nov to 3 Dec county study", "30 Nov – 3 Dec, county study"),
    ],
)
async def test_an_english_line_names_its_day(world, said, seen):
    zhou = world.cadre("周建国")
    await zhou.says("/language")
    await zhou.presses("English")
    await zhou.says(said)
    await zhou.sees(seen)


async def test_an_english_day_that_is_not_clear_is_asked(world):
    zhou = world.cadre("周建国")
    await zhou.says("/language")
    await zhou.presses("English")
    for said, words in [("next week county meeting", "next week"), ("county meeting tomorrow noonish", "tomorrow")]:
        await zhou.says(f"/trip {said}")
        await zhou.sees(f"I can't tell which day “{words}” is", "You can write: tomorrow, 1 Dec, next Monday")
    assert await world.rows(OfficialTrip) == []
