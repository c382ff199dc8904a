"""Quiet hours and the morning card: nothing ordinary at night, and what waited comes as one card."""

from datetime import date, timedelta
from typing import Any

import pytest

from handlers.cards import Card, card
from storage import outbox
from storage.tables import Lane, Outbox, OutboxState
from tests.world import Actor, World

FRIDAY = date(2026, 11, 27)


@card("test_news")
async def news(_session: Any, _viewer: Any, payload: dict[str, Any]) -> Card | None:
    return None if payload["text"] in settled else Card(payload["text"])


settled: set[str] = set()


@pytest.fixture(autouse=True)
def nothing_settled():
    yield
    settled.clear()


async def tell(world: World, who: Actor, *texts: str, lane: Lane = Lane.ORDINARY) -> None:
    await world.settle()
    async with world.db.write() as session:
        for text in texts:
            facts = {"text": text}
            await outbox.put(
                session, "test_news", to=who.person_id, key=text[:40], payload=facts, lane=lane, now=world.clock()
            )
    await world.settle()


async def test_reasons_of_the_evening_reach_the_township_in_the_morning_as_one_card(world):
    zhou, li = world.cadre("周建国"), world.cadre("李雪", village="东峪村")
    wang = world.township_officer("王主任")
    for who in (zhou, li):
        await world.at("21:10")
        await who.sends_location(km_from_village=9)
        await who.presses("说明情况")
        await who.says("送老人去县医院，十点回村")
        await who.sees("暂记待核实")
    await wang.sees_nothing()
    await world.at("07:59", on=date(2026, 11, 24))
    await wang.sees_nothing()
    await world.at("08:00")
    await wang.sees("今天待您处理 2 件：核实 2。", buttons=["逐件处理"])
    await wang.presses("逐件处理")
    await wang.sees("待核实 · 周建国", buttons=["情况属实", "不属实", "看位置"])
    await wang.sees("待核实 · 李雪")
    await wang.sees("已在下面逐件发出。")
    await wang.presses("情况属实")
    await li.sees("已核实")
    assert "morning:unfold" in await world.audit()


async def test_one_matter_alone_is_its_own_card(world):
    zhou, wang = world.cadre("周建国"), world.township_officer("王主任")
    await world.at("21:10")
    await zhou.sends_location(km_from_village=9)
    await zhou.presses("说明情况")
    await zhou.says("送老人去县医院")
    await world.at("08:00", on=date(2026, 11, 24))
    await wang.sees("待核实 · 周建国", buttons=["情况属实", "不属实", "看位置"])


async def test_a_colleague_decides_before_the_card_is_opened(world):
    wang = world.township_officer("王主任")
    zhao = world.cadre("赵敏")
    await world.at("20:30")
    await tell(world, zhao, "昨天的说明被退回，请补充", "陈淑兰家诉求有答复")
    await world.at("08:00", on=date(2026, 11, 24))
    await zhao.sees("今天 2 件事：", "① 昨天的说明被退回，请补充", "② 陈淑兰家诉求有答复", buttons=["去处理"])
    settled.add("陈淑兰家诉求有答复")
    await zhao.presses("去处理")
    await zhao.sees("昨天的说明被退回，请补充")
    assert [row.error for row in await world.rows(Outbox) if row.state is OutboxState.DROPPED] == ["no longer holds"]
    await wang.sees_nothing()


async def test_what_is_settled_in_the_night_is_not_counted_in_the_morning(world):
    zhao = world.cadre("赵敏")
    await world.at("20:30")
    await tell(world, zhao, "甲", "乙")
    settled.update({"甲", "乙"})
    await world.at("08:00", on=date(2026, 11, 24))
    await zhao.sees_nothing()


async def test_rest_days_are_quiet_and_urgent_words_pass(world):
    wang = world.township_officer("王主任")
    await world.at("20:30", on=FRIDAY)
    await tell(world, wang, "平常的一件")
    await world.at("10:00", on=FRIDAY + timedelta(days=1))
    await tell(world, wang, "周六的一件")
    await wang.sees_nothing()
    await tell(world, wang, "汛情", lane=Lane.URGENT)
    assert not (await wang.sees("汛情")).silent
    await world.at("08:00", on=FRIDAY + timedelta(days=3))
    await wang.sees("今天待您处理 2 件")


async def test_an_answer_passes_at_night_without_a_sound(world):
    zhao = world.cadre("赵敏")
    await tell(world, zhao, "白天的结果", lane=Lane.ANSWER)
    assert not (await zhao.sees("白天的结果")).silent
    await world.at("22:00")
    await tell(world, zhao, "夜里的结果", lane=Lane.ANSWER)
    assert (await zhao.sees("夜里的结果")).silent


async def test_five_a_week_then_one_card_a_morning(world):
    zhao, wang = world.cadre("赵敏"), world.township_officer("王主任")
    for n in range(5):
        await tell(world, zhao, f"第{n}条")
        await zhao.sees(f"第{n}条")
    await zhao.looks_away()
    await tell(world, zhao, "第六条", "第七条")
    await tell(world, wang, *(f"给乡镇{n}" for n in range(7)))
    await zhao.sees_nothing()
    await wang.sees("给乡镇6")  # the limit is for cadres
    await tell(world, zhao, "急事", lane=Lane.URGENT)
    await zhao.sees("急事")
    await world.at("08:00", on=date(2026, 11, 24))
    await zhao.sees("今天 2 件事：", "① 第六条", "② 第七条")
    await zhao.looks_away()
    await world.at("09:00")
    await tell(world, zhao, "第八条")
    await zhao.sees_nothing()
    await world.at("08:00", on=date(2026, 11, 25))
    await zhao.sees("今天 1 件事：", "① 第八条")
    await world.at("08:00", on=date(2026, 12, 2))  # the week is over
    await tell(world, zhao, "下周")
    await zhao.sees("下周")


async def test_a_county_sets_its_own_hours_and_number(world):
    zhao = world.cadre("赵敏")
    await world.set("quiet_from", "19:00")
    await world.set("unsolicited_per_week", 0)
    await world.at("19:30")
    await tell(world, zhao, "一件")
    await zhao.sees_nothing()
    await world.at("08:00", on=date(2026, 11, 24))
    await zhao.sees("今天 1 件事：", "① 一件", buttons=["去处理"])


async def test_anothers_morning_card_is_not_opened(world):
    zhao, zhou = world.cadre("赵敏"), world.cadre("周建国")
    await world.at("20:30")
    await tell(world, zhao, "甲", "乙")
    await world.at("08:00", on=date(2026, 11, 24))
    press = (await zhao.sees("今天 2 件事：")).buttons()["去处理"]
    await zhao.looks_away()
    await zhou.says("帮助")
    await zhou.presses_data(press)
    await zhou.sees("已经都发给您了")
    await zhao.sees_nothing()
    await zhao.presses("去处理")
    await zhao.sees("乙")
    await zhao.presses_data(press)
    await zhao.sees("已经都发给您了，往上翻就能看到。")


async def test_first_lines_with_signs_and_formatting_stay_short_and_whole(world):
    zhao = world.cadre("赵敏")
    await world.at("20:30")
    long = "水泵 &amp; 电机 &lt;备用&gt; 都要检查，" * 120
    await tell(world, zhao, long, "<i>第一行\n第二行</i>")
    await world.at("08:00", on=date(2026, 11, 24))
    card = await zhao.sees("今天 2 件事：", "水泵 & 电机 <备用>", "② 第一行", buttons=["去处理"])
    assert len(card.text) < 200
    assert "第二行" not in card.text
