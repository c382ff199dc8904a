"""临时外出: one line to the first secretary, no leave."""

from policy.attendance import DayStatus
from storage.tables import Outing


async def test_one_line_and_the_first_secretary_knows(world):
    zhou = world.cadre("周建国")
    wang = world.cadre("王强", secretary=True)
    liu = world.township_officer("刘敏")
    await zhou.says("临时外出 去镇卫生院 11点回")
    await zhou.sees("已记临时外出：去镇卫生院，11:00 回。已告诉第一书记王强，不用请假。", buttons=["没有出去"])
    await wang.sees("周建国临时外出 · 石门村：去镇卫生院，11:00 回。", buttons=[])
    await liu.sees_nothing()
    assert await world.day(zhou) == DayStatus.NOT_YET
    assert (await world.audit())[-1] == "outing:report"


async def test_the_first_secretary_tells_the_township(world):
    wang = world.cadre("王强", secretary=True)
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await wang.says("临时外出 去镇卫生院 中午回")
    await wang.sees("已记临时外出：去镇卫生院，12:00 回。已告诉刘敏，不用请假。")
    await liu.sees("王强临时外出 · 石门村：去镇卫生院，12:00 回。")
    await zhou.sees_nothing()


async def test_unclear_when_is_asked_with_the_next_hours(world):
    zhou = world.cadre("周建国")
    await zhou.says("临时外出 去镇卫生院")
    await zhou.sees("几点回来？", buttons=["9点", "10点", "11点", "12点", "取消"])
    await zhou.says("快了")
    await zhou.sees("没看懂几点", buttons=["9点", "10点", "11点", "12点", "取消"])
    await zhou.presses("11点")
    await zhou.sees("已记临时外出：去镇卫生院，11:00 回")
    await zhou.presses_data("outing:back:600")
    await zhou.sees("这张卡片已经过了")
    assert len(await world.rows(Outing)) == 1


async def test_the_time_may_be_typed(world):
    zhou = world.cadre("周建国")
    await zhou.says("临时外出 去镇卫生院 下午回")
    await zhou.says("十一点半")
    await zhou.sees("已记临时外出：去镇卫生院 下午回，11:30 回")


async def test_the_word_alone_asks_and_then_shows(world):
    zhou = world.cadre("周建国")
    await zhou.says("临时外出")
    await zhou.sees("去哪里、几点回？", buttons=["取消"])
    await zhou.says("10点回")
    await zhou.sees("去哪里？", buttons=["取消"])
    await zhou.says("取快递")
    await zhou.sees("已记临时外出：取快递，10:00 回")
    await zhou.says("临时外出")
    await zhou.sees("您在临时外出：取快递，10:00 回", buttons=["没有出去"])
    await world.at("10:05")
    await zhou.says("/outing")
    await zhou.sees("去哪里、几点回？")
    await zhou.presses("取消")
    await zhou.sees("没有记临时外出", buttons=[])


async def test_saying_it_again_corrects_it(world):
    zhou = world.cadre("周建国")
    wang = world.cadre("王强", secretary=True)
    await zhou.says("临时外出 去镇卫生院 10点回")
    card = await wang.sees("10:00 回")
    await zhou.says("临时外出 去镇卫生院 11点半回")
    await zhou.sees("已改临时外出：去镇卫生院，11:30 回")
    edited = await wang.sees("去镇卫生院，11:30 回")
    assert edited.message_id == card.message_id
    assert len(await world.rows(Outing)) == 1
    before = await world.audit()
    await zhou.says("临时外出 去镇卫生院 11点半回")
    assert await world.audit() == before


async def test_not_gone_after_all(world):
    zhou = world.cadre("周建国")
    wang = world.cadre("王强", secretary=True)
    await zhou.says("临时外出 去镇卫生院 10点回")
    await zhou.presses("没有出去")
    await zhou.sees("已取消临时外出：去镇卫生院，10:00 回", buttons=[])
    await wang.sees("周建国没有出去", "已取消")
    assert (await world.audit())[-1] == "outing:cancel"


async def test_refusals_name_their_rule(world):
    zhou = world.cadre("周建国")
    await zhou.says("临时外出 去县里 17点回")
    await zhou.sees("临时外出不超过 4 小时", "本县规定")
    await world.at("14:00")
    await zhou.says("临时外出 去县里 11点回")
    await zhou.sees("回来的时间早于出去的时间")
    assert await world.rows(Outing) == []


async def test_only_teams_go_out_and_only_one_s_own_is_called_off(world):
    zhou = world.cadre("周建国")
    zhao = world.cadre("赵敏")
    liu = world.township_officer("刘敏")
    await liu.says("临时外出 去县里 11点回")
    await liu.sees("您不在驻村工作队")
    await zhou.says("临时外出 去镇卫生院 10点回")
    outing = (await world.rows(Outing))[0]
    await zhao.says("帮助")
    await zhao.presses_data(f"outing:off:{outing.id}")
    await zhao.sees("不在您的职责范围内")
    await zhao.presses_data("outing:off:999999")
    await zhao.sees("没有找到这一条")
    assert (await world.rows(Outing))[0].cancelled_at is None


async def test_without_a_first_secretary_the_township_is_told(world):
    zhou = world.cadre("周建国")
    liu = world.township_officer("刘敏")
    await zhou.says("临时外出 取<b>药</b> 10点回")
    await liu.sees("周建国临时外出", "取<b>药</b>，10:00 回")
