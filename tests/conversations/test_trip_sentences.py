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
