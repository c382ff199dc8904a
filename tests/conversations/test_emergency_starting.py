"""应急 before it goes out: put together, who may, who is the second person, withdrawn or lapsed."""

from policy.emergency import RollCallState
from storage.tables import EmergencyRollCall, Outbox
from tests.conversations.test_emergency import ANSWERS, county, start

__all__ = ["county"]


async def test_it_is_put_together_step_by_step(world, county):
    chen = county["陈科长"]
    world.cadre("孙伟", village="南坡村", township="石桥镇")
    world.admin("马处长")
    await world.settle()
    await chen.says("应急")
    await chen.sees("发生了什么", "要第二个人确认才会发出", buttons=["取消"])
    await chen.says("暴" * 201)
    await chen.sees("写得太长了", "最多 200 字")
    await chen.says("暴雨<红色>预警 & 请转移")
    await chen.sees("🚨 应急 · 安岭县", "暴雨<红色>预警 & 请转移", "发给安岭县 5 人", "马处长")
    await chen.presses("修改")
    await chen.sees("改哪一项", buttons=["改内容", "改范围", "改成演练", "返回", "取消"])
    await chen.presses("改成演练")
    await chen.sees("【演练】🚨 应急 · 安岭县")
    await chen.presses("修改")
    await chen.presses("改范围")
    await chen.sees("发给哪里", "已选：安岭县", buttons=["安岭县 ✓", "柳河镇", "石桥镇", "选好了", "取消"])
    await chen.presses("石桥镇")
    await chen.sees("已选：石桥镇", buttons=["安岭县", "柳河镇", "石桥镇 ✓", "选好了", "取消"])
    await chen.presses("柳河镇")
    await chen.sees("已选：柳河镇、石桥镇")
    await chen.presses("石桥镇 ✓")
    await chen.presses("选好了")
    await chen.sees("【演练】🚨 应急 · 柳河镇", "发给柳河镇 4 人", "刘敏、王主任")
    await chen.presses("修改")
    await chen.presses("改范围")
    await chen.says("石门村、南坡村")
    await chen.sees("🚨 应急 · 石门村等 2 处", "发给石门村等 2 处 4 人", "马处长")
    await chen.presses("修改")
    await chen.presses("改内容")
    await chen.says("水库放水，离开河道")
    await chen.sees("【演练】🚨 应急 · 石门村等 2 处", "水库放水，离开河道")

    # left for something else, it is kept and offered again
    await chen.says("帮助")
    await chen.says("应急")
    await chen.sees("发生了什么", buttons=["继续上次的", "取消"])
    await chen.presses("继续上次的")
    await chen.sees("🚨 应急 · 石门村等 2 处", "水库放水", buttons=["提交确认", "修改", "取消"])
    old = await chen.last()
    await chen.presses("取消")
    await chen.sees("好的，不办了：应急。没有记下任何东西。")
    await chen.presses_data("alarmdo:submit", old)
    await chen.sees("这张卡片已经过了")
    assert await world.rows(EmergencyRollCall) == []
    await chen.says("应急 演练一下")
    await chen.presses("修改")
    await chen.presses("改范围")
    await chen.says("不存在镇")
    await chen.sees("您管的地方里没有“不存在镇”，没有选上")
    await chen.presses("安岭县 ✓")
    shown = await chen.sees("发给哪里")
    assert "选好了" not in shown.buttons()


async def test_a_name_that_several_have_is_asked_back(world, county):
    chen = county["陈科长"]
    world.cadre("孙伟", village="南坡村", township="石桥镇")
    await world.settle()
    async with world.db.write() as session:
        from storage.tables import Area

        village = await session.get_one(Area, world.area_id("南坡村"))
        village.name = "石门村"
    await chen.says("应急 山洪")
    await chen.presses("修改")
    await chen.presses("改范围")
    await chen.says("石门村")
    await chen.sees("叫“石门村”的不止一处", "柳河镇石门村")
    await chen.says("石桥镇石门村")
    await chen.sees("🚨 应急 · 石门村", "发给石门村 1 人")


async def test_it_goes_before_whatever_else_was_being_said(world, county):
    liu = county["刘敏"]
    await liu.says("查")
    await liu.says("应急 山洪，马上撤")
    await liu.sees("预览（与收到的一样）", "山洪，马上撤")
    await liu.presses("取消")
    zhou = county["周建国"]
    await zhou.says("公出")
    await zhou.says("应急 演练")  # a cadre may mean either
    await zhou.sees("这句像是「应急」，按哪个记？", buttons=["应急", "就是公出事由", "取消"])
    await zhou.presses("应急")
    await zhou.sees("现在没有应急。应急由乡镇和县里发起（《意见》三（一））")
    assert await world.rows(EmergencyRollCall) == []


async def test_who_may_not(world, county):
    leader, unit = world.county_leader("何书记"), world.unit_liaison("郑联络")
    for actor in (county["王强"], leader, unit):
        await actor.says("/emergency")
        answer = await actor.sees("现在没有应急。应急由乡镇和县里发起（《意见》三（一））")
        for line in ("应急 发大水了", "/emergency 发大水了"):
            await actor.says(line)
            assert (await actor.sees("现在没有应急")).text == answer.text
    await county["刘敏"].says("应急 山洪")
    await county["刘敏"].presses("提交确认")
    [call] = await world.rows(EmergencyRollCall)
    for actor in (county["王强"], leader, unit):
        await actor.presses_data(f"alarm:{call.id}:go", await actor.last())
        await actor.sees("不在您的职责范围内")
    await county["刘敏"].presses_data(f"alarm:{call.id}:go")
    await county["刘敏"].sees("自己的事要由别人来定")
    await county["王主任"].presses_data(f"alarm:{call.id}:back")
    await county["王主任"].sees("不在您的职责范围内")
    assert [row.state for row in await world.rows(EmergencyRollCall)] == [RollCallState.PROPOSED]
    await leader.says("应急")  # he reads
    await leader.sees("现在有 1 次应急", "等第二个人确认")


async def test_withdrawn_or_expired_nothing_is_sent(world, county):
    liu, wang = county["刘敏"], county["王主任"]
    world.township_officer("赵主任")
    await liu.says("应急 山洪")
    await liu.presses("提交确认")
    await wang.sees("等您确认才发出", buttons=["确认发出"])
    old = await wang.last()
    data = old.buttons()["确认发出"]
    await liu.presses("撤回")
    await wang.sees("已撤回 23:05，没有发出。", buttons=[])
    await wang.presses_data(data, old)
    await wang.sees("发起的人已经撤回，没有发出。")
    await liu.says("应急 山洪，马上撤")
    await liu.presses("提交确认")
    await wang.sees("等您确认才发出")
    stale = await wang.last()
    again = stale.buttons()["确认发出"]
    await world.advance(minutes=31)
    await wang.sees("已过期", "没有第二个人确认，没有发出", buttons=[])
    await liu.sees("没有发出：30 分钟内没有第二个人确认", "先打电话", buttons=["重新提交"])
    await wang.presses_data(again, stale)
    await wang.sees("已过了 30 分钟，没有发出")
    await liu.presses("重新提交")
    await liu.sees("预览", "山洪，马上撤", buttons=["提交确认", "修改", "取消"])
    await liu.presses("提交确认")
    await wang.presses("确认发出")
    await county["周建国"].sees("山洪，马上撤", buttons=ANSWERS)
    assert len([row for row in await world.rows(Outbox) if row.kind == "emergency"]) == 4


async def test_the_word_for_a_drill_stands_behind_the_number(world, county):
    await county["刘敏"].says("应急 山洪")
    await county["刘敏"].presses("修改")
    await county["刘敏"].presses("改成演练")
    await county["刘敏"].presses("提交确认")
    await county["王主任"].says("应急")
    await county["王主任"].sees("现在有 1 次应急：\n1. 【演练】23:05 柳河镇：山洪（等第二个人确认）")


async def test_a_cadre_s_line_while_he_is_asked_shows_him_the_question(world, county):
    await start(county)
    await county["周建国"].says("应急 发大水了")
    await county["周建国"].sees("点一下您现在的情况", buttons=ANSWERS)


async def test_the_first_of_two_confirms(world, county):
    await county["刘敏"].says("应急 山洪")
    await county["刘敏"].presses("提交确认")
    world.township_officer("赵主任")
    card = await county["王主任"].last()
    [call] = await world.rows(EmergencyRollCall)
    await county["陈科长"].says("应急")
    await county["陈科长"].sees("现在有 1 次应急", "柳河镇：山洪", buttons=["1 去确认", "发起新的"])
    await county["陈科长"].presses("1 去确认")
    await county["陈科长"].sees("等您确认才发出", buttons=["确认发出"])
    await county["陈科长"].presses("确认发出")
    await county["王主任"].sees("已确认发出 · 陈科长 23:05", buttons=[])
    await county["王主任"].presses_data(f"alarm:{call.id}:go", card)
    await county["王主任"].sees("陈科长 23:05 已确认发出，没有改动。")
    assert len([row for row in await world.rows(Outbox) if row.kind == "emergency"]) == 4
    await county["刘敏"].says("应急")
    await county["刘敏"].sees("现在有 1 次应急", buttons=["1 看进展", "发起新的"])
    await county["刘敏"].presses("1 看进展")
    await county["刘敏"].sees("未回复 4", buttons=["按村", "名单", "导出表", "结束"])
    await county["王主任"].says("应急")
    await county["王主任"].presses("1 看进展")
    await county["王主任"].sees("未回复 4", buttons=["按村", "名单", "导出表"])
    await county["周建国"].says("应急")  # who is asked sees his question again
    await county["周建国"].sees("点一下您现在的情况", buttons=ANSWERS)


async def test_where_there_is_one_person_the_level_above_is_asked(world):
    world.cadre("孙伟", village="南坡村", township="石桥镇")
    lin, chen = world.township_officer("林乡长", "石桥镇"), world.county_staff("陈科长")
    await lin.says("应急 山洪")
    await lin.sees("要第二个人确认才发出：陈科长。")
    await lin.presses("提交确认")
    await chen.sees("林乡长提交，发给 1 人", buttons=["确认发出"])


async def test_alone_in_the_county_nobody_can_send_it(world):
    world.cadre("孙伟", village="南坡村", township="石桥镇")
    lin = world.township_officer("林乡长", "石桥镇")
    await lin.says("应急 山洪")
    await lin.sees("现在没有第二个人能确认，发不出去")
    await lin.presses("提交确认")
    await lin.sees("没有第二个人能确认，没有提交（本县规定）")
    assert await world.rows(EmergencyRollCall) == []
    empty = world.township_officer("何乡长", "空山镇")
    world.township_officer("余乡长", "空山镇")
    await empty.says("应急 山洪")
    await empty.presses("提交确认")
    await empty.sees("这里没有驻村工作队员，没有提交")
