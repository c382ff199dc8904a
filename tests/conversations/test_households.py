"""农户 in chat: found, shown, added, corrected, moved, marked as gone, taken back; who sees what."""

import pytest

from storage.tables import Household, HouseholdChange, VisitHousehold
from tests.households import households

POOR = {"kinds": ["防止返贫致贫对象"]}
VILLAGE = (
    ("陈淑兰", 3, {**POOR, "head_born": 1958, "address": "沟口2号", "members": 2, "others": ["赵桂英"]}),
    ("陈淑兰", 7, {"head_born": 1971, "address": "坡上"}),
    ("王福贵", 5, {"phone": "13800001001", "paired_name": "周建国"}),
    ("李有才", 3, {"address": "东头7号"}),
)


@pytest.fixture
async def zhou(world):
    zhou = world.cadre("周建国")
    world.cadre("李雪", village="东峪村")
    await households(world, *VILLAGE)
    return zhou


async def test_a_household_is_found_by_name_initials_address_or_group(world, zhou):
    await zhou.says("农户 csl")
    await zhou.sees("找到 2 户：\n1. 3组 陈淑兰 1958\n2. 7组 陈淑兰 1971", buttons=["1 陈淑兰", "2 陈淑兰", "新增"])
    await zhou.says("走访 7组陈淑兰 送药")
    await zhou.says("农户 7组陈淑兰")
    await zhou.sees("7组 陈淑兰 · 石门村\n1971 年生\n坡上\n11月23日 周建国：送药", buttons=["改", "搬走/注销"])
    await zhou.says("农户 东头")
    await zhou.sees("3组 李有才 · 石门村\n东头7号\n还没有走访记录。")
    await zhou.says("农户 wangfu")
    await zhou.sees("5组 王福贵 · 石门村\n包户：周建国\n电话 138****1001", buttons=["看电话", "改", "搬走/注销"])
    await zhou.presses("看电话")
    await zhou.sees("王福贵 13800001001\n已记下您看过这个号码")
    assert (await world.audit())[-1] == "household:phone"
    await zhou.says("农户 钱七")
    await zhou.sees("没有找到「钱七」。", buttons=["新增"])


async def test_whom_a_visit_names_is_put_in_with_what_was_said(world, zhou):
    await zhou.says("走访 2组孙满仓 羊病了")
    await zhou.sees("名册里没有2组孙满仓，先按您说的记。", buttons=["补进名册", "改职责", "撤回"])
    await zhou.presses("补进名册")
    await zhou.sees("✅ 已补进名册，这次走访记在他家名下\n2组 孙满仓 · 石门村\n11月23日 周建国：羊病了")
    assert len(await world.rows(VisitHousehold)) == 1
    await zhou.says("农户 新增 钱七")
    await zhou.sees("钱七是几组的？", buttons=["不知道", "取消"])
    await zhou.says("东边")
    await zhou.sees("“东边”读不出来，没有改动（本县规定）。")
    await zhou.says("4组")
    await zhou.sees("✅ 已补进名册\n4组 钱七 · 石门村")
    await zhou.says("农户 新增 3组 陈淑兰")
    await zhou.sees("名册里已经有这一户，没有新增（本县规定）。真是两户的，加上出生年再说：农户 新增 3组 陈淑兰 1958")
    await zhou.says("农户 新增 3组 陈淑兰 1990")
    await zhou.sees("✅ 已补进名册\n3组 陈淑兰 · 石门村\n1990 年生")


async def test_one_thing_is_corrected_and_taken_back(world, zhou):
    await zhou.says("农户 李有才")
    await zhou.presses("改")
    await zhou.sees(
        "改李有才的哪一项？",
        buttons=["组", "户主", "地址", "人口", "类别", "包户干部", "出生年", "手机", "其他成员", "返回"],
    )
    await zhou.presses("手机")
    await zhou.says("123")
    await zhou.sees("“123”读不出来，没有改动")
    await zhou.says("138 0000 1002")
    said = await zhou.sees(
        "✅ 已改\n3组 李有才 · 石门村\n东头7号\n电话 138****1002", buttons=["看电话", "改", "搬走/注销", "撤销"]
    )
    data = said.buttons()["撤销"]
    await zhou.presses("撤销")
    await zhou.sees("已撤销，和原来一样\n3组 李有才 · 石门村\n东头7号\n还没有走访记录。")
    await zhou.presses_data(data, said)
    await zhou.sees("这件事已经有人处理过了")
    assert [row.before for row in await world.rows(HouseholdChange)] == [{"phone": None}, {"phone": "13800001002"}]


async def test_gone_with_a_reason_and_back(world, zhou):
    await zhou.says("农户 王福贵")
    await zhou.presses("搬走/注销")
    await zhou.sees("为什么不在名册里了？", buttons=["搬走", "去世", "并户", "取消"])
    await zhou.says("跟儿子去县城了")
    await zhou.sees("✅ 已注销，不再列入走访", "11月23日登记搬走或注销：跟儿子去县城了", buttons=["看电话", "撤销"])
    await zhou.says("走访 5组王福贵 送药")
    await zhou.sees("名册里没有5组王福贵")
    await zhou.says("农户 王福贵")
    await zhou.presses("撤销")
    await zhou.sees("已撤销，和原来一样\n5组 王福贵", buttons=["看电话", "改", "搬走/注销"])
    row = next(row for row in await world.rows(Household) if row.head == "王福贵")
    assert (row.gone_on, row.gone_reason) == (None, None)


async def test_the_township_moves_a_household_and_sees_no_other_township_s(world, zhou):
    liu, guo = world.township_officer("刘敏"), world.township_officer("郭晓东", township="石桥镇")
    await world.settle()
    await liu.says("农户 王福贵")
    await liu.presses("换村")
    await liu.says("没有村")
    await liu.sees("没有找到「没有村」，没有改。")
    await liu.says("东峪")
    await liu.sees(
        "✅ 已换到东峪村，组和包户干部请新村填上\n王福贵 · 东峪村",
        buttons=["看电话", "改", "搬走/注销", "换村", "撤销"],
    )
    await zhou.says("农户 王福贵")
    await zhou.sees("没有找到「王福贵」")
    await liu.presses("撤销")
    await liu.sees("已撤销，和原来一样\n5组 王福贵 · 石门村\n包户：周建国")
    await guo.says("农户")
    await guo.sees("找哪一户？", "名册里还没有农户。", buttons=["取消"])


async def test_the_list_by_pages_and_who_never_sees_it(world, zhou):
    await households(world, *((f"赵{name}", 9) for name in "一二三四五六七八"), village="石门村")
    liaison, leader = world.unit_liaison("何静"), world.county_leader("陈志远")
    await world.settle()
    await zhou.says("农户")
    await zhou.sees(
        "名册里有 12 户：\n1. 3组 李有才",
        buttons=[
            "1 李有才",
            "2 陈淑兰",
            "3 王福贵",
            "4 陈淑兰",
            "5 赵一",
            "6 赵七",
            "7 赵三",
            "8 赵二",
            "下一页",
            "新增",
            "取消",
        ],
    )
    await zhou.presses("下一页")
    await zhou.sees("9. 9组", buttons=["9 赵五", "10 赵八", "11 赵六", "12 赵四", "上一页", "新增"])
    await liaison.says("农户 陈淑兰")
    await liaison.sees("这件事不在您的职责范围内")
    await leader.says("农户 李有才")
    await leader.sees("3组 李有才 · 石门村", buttons=[])
