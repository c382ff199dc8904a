"""What is shown while leave is asked for, whichever way one comes there; and what is refused, with the rule and what next."""

from datetime import date

import pytest

from storage.tables import Audit, LeaveRequest, LeaveState, OfficialTrip, Person

FRIDAY = date(2026, 11, 27)
SHOWN = ("村里还有 2 人：王强、赵敏", "审批人：柳河镇党委 刘敏（超过1天、不超过3天，本县规定）")
READY = ["提交", "修改", "加附件", "改电话", "取消"]


@pytest.fixture
def people(world):
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }


async def english(world, actor):
    await actor.says("语言")
    await actor.presses("English")


async def test_every_way_shows_who_decides_and_why_and_who_stays(world, people):
    zhou = people["zhou"]
    await zhou.says("📝请假")
    await zhou.presses("事假")
    await zhou.presses("明天起2天")
    await zhou.says("孩子看病，回石家庄")
    await zhou.sees("事假 · 11月24日至25日 · 2 个工作日", *SHOWN, buttons=READY)
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.sees("事假 · 11月24日至25日 · 2 个工作日", *SHOWN, buttons=READY)
    await zhou.says("/leave")
    await zhou.says("病假 后天起2天 去医院")
    await zhou.sees("病假 · 11月25日至26日 · 2 个工作日", "去医院", *SHOWN, buttons=READY)
    await zhou.presses("修改")
    await zhou.sees("改哪一样？别的不动。", buttons=["假别", "日期", "事由去向", "返回", "取消"])
    await zhou.presses("返回")
    await zhou.sees("请核对：", "病假", buttons=READY)
    await zhou.presses("修改")
    await zhou.presses("假别")
    await zhou.presses("事假")
    await zhou.sees("事假 · 11月25日至26日", "去医院", *SHOWN, buttons=READY)
    await zhou.presses("修改")
    await zhou.presses("日期")
    await zhou.presses("选日期")
    await zhou.presses("26")
    await zhou.presses("上午起")
    await zhou.presses("27")
    await zhou.presses("到晚上")
    await zhou.sees("事假 · 11月26日至27日 · 2 个工作日", "去医院", *SHOWN, buttons=READY)
    await zhou.presses("修改")
    await zhou.presses("事由去向")
    await zhou.says("家里有事，回石家庄")
    await zhou.sees("11月26日至27日", "家里有事，回石家庄", *SHOWN, buttons=READY)
    await zhou.presses("提交")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.from_on, leave.to_on, leave.reason) == (date(2026, 11, 26), FRIDAY, "家里有事，回石家庄")


async def test_kinds_with_the_countys_rules_and_what_is_left_of_a_limit(world, people):
    zhou = people["zhou"]
    await world.set("leave_annual_limit", 10)
    await world.set("leave_county_kinds", ["maternity"])
    await zhou.says("请假 年假 11-24 家里有事")
    await zhou.sees("年休假 · 11月24日全天", "年休假今年还剩 10 天，本次 1 天")
    await zhou.presses("提交")
    await people["wang"].presses("同意")
    await zhou.says("请假")
    await zhou.presses("再请一次")
    await zhou.presses("更多")
    said = await zhou.sees(
        "请选假别：",
        "按工作日算：事假、病假、年休假、婚假、陪产护理假、育儿假、丧假、工伤假、补休、其他假",
        "按日历天算，休息日也在内：探亲假、产假",
        "一年最多（本县规定）：年休假 10 天（还剩 9 天）、婚假 18 天、陪产护理假 15 天",
        "都由县里批：产假",
    )
    assert len(said.text.splitlines()) <= 6
    await zhou.presses("年休假")
    await zhou.says("12-1到12-14")
    await zhou.sees(
        "年休假一年最多 10 天，还剩 9 天，这次要 10 天，没有提交（本县规定）", buttons=["改日期", "换假别", "取消"]
    )
    await zhou.says("请假 补休 12-1 休息")
    await zhou.sees("补休", "没有提交（本县规定）", buttons=["改日期", "换假别", "取消"])
    await zhou.presses("换假别")
    await zhou.presses("年休假")
    await zhou.sees("年休假今年还剩 9 天，本次 1 天", "休息")
    await zhou.presses("修改")
    await zhou.presses("日期")
    await zhou.says("12-1上午到12-2中午 出门")
    await zhou.sees("没看懂“12-2”是哪一天")
    await zhou.says("12-1上午到12-2上午 出门")
    await zhou.sees("年休假今年还剩 9 天，本次 1.5 天", "出门")
    await zhou.says("请假 年休假 2027-3-1 家里有事")
    await zhou.sees("年休假2027年还剩 10 天，本次 1 天")
    await zhou.says("请假 12-1到12-2 家里有事")
    said = await zhou.sees("事假")
    assert "还剩" not in said.text, "no limit, no balance"


async def test_what_people_say_for_it_leads_there_as_well(world, people):
    zhou, wang, sun = people["zhou"], people["wang"], people["sun"]
    for line in ("病假 11-24到11-25 发烧", "请病假 11-24到11-25 发烧", "请假 11-24到11-25 病假 发烧"):
        await zhou.says(line)
        await zhou.sees("病假 · 11月24日至25日 · 2 个工作日", "发烧", *SHOWN, buttons=READY)
    await zhou.presses("取消")
    await zhou.says("请假三天 家里有事")
    await zhou.sees("事假 · 11月23日至25日 · 3 个工作日", "家里有事")
    await zhou.presses("取消")
    await zhou.says("请假明天 家里有事")
    await zhou.sees("事假 · 11月24日全天 · 1 个工作日", "家里有事")
    await zhou.presses("取消")
    await zhou.says("请假制度是什么")
    await zhou.sees("没听明白")
    await zhou.says("请假 11-24 下午半天 看牙")
    await zhou.sees("事假 · 11月24日下午 · 0.5 个工作日", "看牙", buttons=READY)
    await zhou.says("请假 12月1日至30日 家里有事")
    await zhou.sees("事假 · 12月1日至30日", "家里有事")
    await zhou.presses("取消")
    await zhou.says("我要请假")
    await zhou.sees("请选假别：")
    await zhou.presses("取消")
    await zhou.says("请假 11-24 家里有事")
    await zhou.presses("提交")
    await wang.presses("同意")
    for word in ("销假", "销假 在村委会"):
        await zhou.says(word)
        await zhou.sees("请假还没有开始，不用销假；不请了就点「撤回」。\n您的请假：", "11月24日")
    for word in ("续假", "缩短", "取消请假", "我的请假", "补办请假"):
        await zhou.says(word)
        await zhou.sees("您的请假：", "11月24日", buttons=["续假", "缩短", "撤回", "补附件", "再请一次"])
    await zhou.says("请假 11-30 家里有事")
    await zhou.presses("修改")
    await zhou.presses("事由去向")
    await zhou.says("续假")
    await zhou.sees("请核对：", "续假")  # a sentence was awaited: it is that sentence
    await sun.says("病假 明天 发烧")
    await sun.sees("这件事不在您的职责范围内")


async def test_a_kind_in_words_and_one_that_nobody_knows(world, people):
    zhou = people["zhou"]
    await zhou.says("请假")
    await zhou.says("出去玩")
    await zhou.sees("没听出是哪一种假。请选假别：", "按工作日算")
    await zhou.says("丧假")
    await zhou.sees("什么时候？")
    await english(world, zhou)
    await zhou.says("leave sick leave tomorrow see a doctor")
    await zhou.sees("Please check:", "sick · 24 Nov all day", "see a doctor")
    await zhou.says("/leave")
    await zhou.presses("More")
    await zhou.sees("Counted in working days: personal, sick, annual", "Counted in calendar days", "At most a year")


async def test_likely_days_are_days_that_are_worked(world, people):
    zhou = people["zhou"]
    await world.at("09:00", on=date(2026, 11, 26))
    await zhou.says("请假")
    await zhou.presses("事假")
    await zhou.sees("什么时候？", buttons=["明天1天", "明天下午", "选日期", "取消"])
    await world.at("09:00", on=FRIDAY)
    await zhou.says("请假")
    await zhou.presses("事假")
    await zhou.sees("什么时候？", buttons=["周一1天", "周一起2天", "周一下午起1天半", "选日期", "取消"])
    await zhou.presses("周一下午起1天半")
    await zhou.says("家里有事")
    await zhou.sees("11月30日下午至12月1日 · 1.5 个工作日")


async def test_the_phone_is_the_rosters_until_another_is_given_and_then_that_one(world, people):
    zhou, wang = people["zhou"], people["wang"]
    await zhou.says("请假 明天上午 去银行")
    roster = (await person(world, zhou)).phone
    await zhou.sees(f"去银行 · 电话 {roster[:3]}****{roster[-4:]}")
    await zhou.presses("改电话")
    await zhou.sees("请假期间打哪个手机找您？", buttons=["取消"])
    await zhou.says("1381234")
    await zhou.sees("手机号应是 11 位数字，这里有 7 位")
    await zhou.says("138 0000 5678")
    await zhou.sees("请核对：", "去银行 · 电话 138****5678", buttons=READY)
    await zhou.presses("提交")
    await wang.presses("同意")
    await zhou.says("请假 11-26上午 去银行")
    await zhou.sees("去银行 · 电话 138****5678")
    await zhou.presses("提交")
    assert [leave.phone for leave in await world.rows(LeaveRequest)] == ["13800005678"] * 2
    assert (await person(world, zhou)).phone == roster, "the roster changes by its own ways only"
    assert "13800005678" not in str([row.after for row in await world.rows(Audit)])


async def person(world, actor):
    await world.settle()
    async with world.db.read() as session:
        return await session.get_one(Person, actor.person_id)


# -- refused --------------------------------------------------------------------------------------------------------


async def test_over_a_trip_other_days_or_no_trip(world, people):
    zhou = people["zhou"]
    await zhou.says("公出 11-25 到县里开会")
    await zhou.says("请假 11-24下午到11-25 孩子看病")
    await zhou.sees(
        "这几天和已报备的公出重叠（11月25日），没有提交（本县规定）。改一下日期，或先取消公出。",
        buttons=["改日期", "取消公出", "取消"],
    )
    await zhou.presses("改日期")
    await zhou.sees("什么时候？")
    await zhou.says("11-25到11-26")
    await zhou.sees("公出重叠（11月25日）", buttons=["改日期", "取消公出", "取消"])
    await zhou.presses("取消公出")
    await zhou.sees("已取消公出：11月25日全天，到县里开会。", buttons=["恢复公出"])
    await zhou.sees("请核对：", "11月25日至26日 · 2 个工作日", "孩子看病", buttons=READY)
    (trip,) = await world.rows(OfficialTrip)
    assert trip.cancelled_by_id == zhou.person_id
    await zhou.presses("提交")
    assert (await world.audit())[-2:] == ["trip:cancel", "leave:request"]
    await zhou.presses_data(f"leave:trip:{trip.id}")
    await zhou.sees("这张卡片已经过了")


async def test_over_another_leave_it_can_be_seen_and_withdrawn(world, people):
    zhou = people["zhou"]
    await zhou.says("请假 11-24到11-25 孩子看病")
    await zhou.presses("提交")
    await zhou.says("请假 11-25到11-26 家里有事")
    await zhou.sees(
        "这几天和已有的请假重叠（11月24日至25日），没有提交（本县规定）。改一下日期，或先撤回那次请假。",
        buttons=["改日期", "看那次请假", "取消"],
    )
    await zhou.presses("看那次请假")
    await zhou.sees("您的请假：", "11月24日至25日", "等审批")
    await zhou.presses("撤回")
    await zhou.says("请假")
    await zhou.presses("继续上次的")
    await zhou.says("11-25到11-26")
    await zhou.sees("请核对：", "11月25日至26日", "家里有事")
    await zhou.presses("提交")
    assert [leave.state for leave in await world.rows(LeaveRequest)] == [LeaveState.WITHDRAWN, LeaveState.WAITING]


async def test_rest_days_too_early_too_far_and_the_wrong_way_round(world, people):
    zhou = people["zhou"]
    await zhou.says("请假 11-28到11-29 休息")
    await zhou.sees("11月28日至29日都是休息日，不用请假，没有提交（本县规定）", buttons=["改日期", "取消"])
    await zhou.says("11-20 病了")
    await zhou.sees("11月20日太早，没有提交（本县规定）：请假最早从11月23日起，急事 48 小时以内可以补办")
    await zhou.says("2028-1-3")
    await zhou.sees("2028年1月3日还远，请假最早提前 366 天，没有提交（本县规定）")
    await zhou.says("11-26到11-25")
    await zhou.sees("结束（11月25日）早于开始（11月26日），没有提交。请改一下日期。", buttons=["改日期", "取消"])
    await zhou.presses("取消")
    await zhou.sees("好的，不办了：请假。没有记下任何东西。")
    assert await world.rows(LeaveRequest) == []


async def test_an_emergency_within_48_hours_is_asked_for_afterwards(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await world.at("07:30", on=date(2026, 11, 26))
    await zhou.says("请假 病假 11-24到11-25 突然住院")
    await zhou.sees("请核对：", "病假 · 11月24日至25日", "这是事后补办。")
    await zhou.presses("提交")
    await world.at("08:30")
    await liu.sees("📝 请假 · 周建国 · 石门村", "事后补办。")
    await liu.presses("同意")
    (leave,) = await world.rows(LeaveRequest)
    assert (leave.is_afterwards, leave.state) == (True, LeaveState.APPROVED)
    await zhou.says("请假 病假 11-23 突然住院")
    await zhou.sees("11月23日太早，没有提交（本县规定）")


async def test_each_refusal_in_english(world, people):
    zhou = people["zhou"]
    await zhou.says("公出 11-25 到县里开会")
    await english(world, zhou)
    await zhou.says("leave 25 Nov see a doctor")
    await zhou.sees("25 Nov", "trip", "county rule", buttons=["Change days", "Cancel trip", "Cancel"])
    await zhou.says("28 Nov to 29 Nov")
    await zhou.sees("rest days", "county rule", buttons=["Change days", "Cancel"])
    await zhou.says("20 Nov")
    await zhou.sees("48 hours", "county rule", buttons=["Change days", "Cancel"])
    await zhou.says("leave annual leave 30 Nov to 31 Dec")
    await zhou.sees("15 days a year at most", "county rule", buttons=["Change days", "Other kind", "Cancel"])
    await zhou.says("leave tomorrow family")
    await zhou.presses("Submit")
    await zhou.says("leave 24 Nov to 26 Nov")
    await zhou.sees("overlap a leave (24 Nov)", "county rule", buttons=["Change days", "See that leave", "Cancel"])
    await zhou.presses("See that leave")
    await zhou.presses("Withdraw")
    await world.at("07:30", on=date(2026, 11, 26))
    await zhou.says("leave sick 24 Nov in hospital")
    await zhou.sees("Please check:", "afterwards", "Decided by: first secretary 王强")
