"""值班: opened by the county in two taps, filled by taps, collected; on the board, in the ledger, as rest in lieu."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from policy.calendar import Half
from storage.tables import Day, DutyDay, DutyPeriod, Facts, Setting
from tests.papers import words_of

MONDAY = date(2026, 9, 21)
NAMES = ["王强", "周建国", "赵敏"]
FIRST = ["王强", "周建国", "赵敏", "分上下午", "轮流排满"]


@pytest.fixture
async def people(world):
    found = {
        "wang": world.cadre("王强", secretary=True),
        "zhou": world.cadre("周建国"),
        "zhao": world.cadre("赵敏"),
        "li": world.cadre("李雪", village="东峪村", secretary=True),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
    }
    await world.at("09:00", on=MONDAY)
    return found


async def opened(people):
    """国庆节值班, 1 to 7 October, by the county."""
    sun = people["sun"]
    await sun.says("值班")
    await sun.presses("国庆节")
    await sun.presses("定下")


async def test_two_taps_open_a_holiday_and_a_name_a_day_fills_it(world, people):
    sun, wang, zhou, liu = (people[name] for name in ("sun", "wang", "zhou", "liu"))
    await zhou.says("值班")
    await zhou.sees("📋 值班：现在没有要排的。")
    await sun.says("值班")
    await sun.sees("📋 值班：现在没有要排的。", "要排新的，点一个节日", buttons=["中秋节", "国庆节", "自定"])
    await sun.presses("国庆节")
    await sun.sees(
        "请核对：",
        "国庆节值班 · 安岭县 · 10月1日至7日，7 天",
        "各村第一书记9月28日前排好；没排的，到时早上只提醒一次。",
        buttons=["定下", "改截止日", "取消"],
    )
    await sun.presses("定下")
    await sun.sees(
        "✅ 已定", "国庆节值班 · 安岭县 · 10月1日至7日", "已排好 0/2 个村，9月28日前排好。", "柳河镇 已排好 0/2"
    )
    await wang.sees(
        "📋 国庆节值班 · 石门村 · 10月1日至7日：还差 7 天没排",
        "请在9月28日前排好。",
        "10月1日（四） 空着",
        "10月1日（四）谁值班？",
        buttons=FIRST,
    )
    await wang.presses("周建国")
    await wang.sees(
        "还差 6 天没排",
        "10月1日（四） 周建国",
        "10月2日（五）谁值班？",
        buttons=[
            *NAMES,
            "同上",
            "分上下午",
            "轮流排满",
            "改",
        ],
    )
    await wang.presses("同上")
    await wang.sees("10月2日（五） 周建国", "10月3日（六）谁值班？")
    await wang.presses("分上下午")
    await wang.sees("10月3日（六）上午谁值班？", buttons=[*NAMES, "空着", "返回"])
    await wang.presses("王强")
    await wang.sees(
        "10月3日（六） 上午王强、下午空着", "10月3日（六）下午谁值班？", buttons=[*NAMES, "轮流排满", "改", "换班"]
    )
    await wang.presses("赵敏")
    await wang.presses("轮流排满")
    await wang.sees(
        "✅ 已排好",
        "10月3日（六） 上午王强、下午赵敏",
        "10月4日（日） 王强",
        "10月5日（一） 周建国",
        "10月7日（三） 王强",
        buttons=["改", "换班"],
    )
    await zhou.says("值班")
    await zhou.sees("国庆节值班 · 石门村 · 10月1日至7日：✅ 已排好", buttons=["换班"])
    await liu.says("值班")
    await liu.sees("国庆节值班 · 柳河镇", "已排好 1/2 个村", "石门村 ✅", "东峪村 还差 7 天")
    await liu.presses("东峪村")
    await liu.sees("国庆节值班 · 东峪村", "10月1日（四）谁值班？", buttons=["李雪", "分上下午", "轮流排满"])
    await liu.presses("轮流排满")
    await liu.sees("东峪村 · 10月1日至7日：✅ 已排好", "10月7日（三） 李雪")
    await sun.says("值班")
    await sun.sees("国庆节值班 · 安岭县 · 10月1日至7日", "要排新的", buttons=["国庆节值班", "中秋节", "元旦", "自定"])
    await sun.presses("国庆节值班")
    await sun.sees("已排好 2/2 个村", "柳河镇 已排好 2/2")
    tags = [tag for tag in await world.audit() if tag.startswith("duty")]
    assert tags == ["duty:open", *["duty:fill"] * 6]
    named = [row for row in await world.rows(Day) if row.am & Facts.DUTY]
    assert len(named) == 14


async def test_what_is_changed_what_is_refused_and_who_may(world, people):
    wang, zhou, liu = (people[name] for name in ("wang", "zhou", "liu"))
    await opened(people)
    await zhou.says("请假 10-2到10-9 看病 回石家庄")
    await zhou.presses("提交")
    await liu.presses("同意")
    await wang.says("值班")
    await wang.presses("周建国")
    await wang.sees(
        "10月2日（五）谁值班？", buttons=["王强", "周建国 假", "赵敏", "同上", "分上下午", "轮流排满", "改"]
    )
    await wang.presses("周建国 假")
    await wang.sees("周建国10月2日请假，不能排值班，没有记下（本县规定）。请排别人；不请了就先撤回请假。")
    await wang.presses("轮流排满")
    await wang.sees("✅ 已排好", "10月2日（五） 赵敏", "10月3日（六） 王强", "10月4日（日） 赵敏")
    await wang.presses("改")
    await wang.sees("改哪天？", buttons=["10-1", "10-2", "10-3", "10-4", "10-5", "10-6", "10-7", "返回"])
    await wang.presses("10-1")
    await wang.sees("10月1日（四）谁值班？", buttons=[*NAMES, "分上下午", "空着", "返回"])
    await wang.presses("空着")
    await wang.sees("还差 1 天没排", "10月1日（四） 空着")
    assert [row for row in await world.rows(DutyDay) if row.on == date(2026, 10, 1)] == []
    await zhou.says("值班")
    said = await zhou.sees("还差 1 天没排")
    assert said.buttons() == {}
    period = (await world.rows(DutyPeriod))[0]
    village = world.area_id("石门村")
    await zhou.presses_data(f"dutyf:{period.id}:{village}:put:0:{zhou.person_id}")
    await zhou.sees("不在您的职责范围内")
    await wang.presses_data(f"dutyf:{period.id}:{village}:put:0:{people['li'].person_id}")
    await wang.sees("他那天不在本村工作队，没有记下")
    await world.at("09:00", on=date(2026, 10, 2))
    await wang.presses_data(f"dutyf:{period.id}:{village}:put:0:{wang.person_id}")
    await wang.sees("10月1日已经过去，不能再改")


async def test_only_who_still_owes_it_is_reminded_once_in_the_morning_card(world, people):
    wang, li, sun = people["wang"], people["li"], people["sun"]
    await opened(people)
    await wang.presses("轮流排满")
    await world.at("07:30", on=date(2026, 9, 28))
    await wang.looks_away()
    await li.looks_away()
    await world.at("08:00", on=date(2026, 9, 28))
    await li.sees("📋 国庆节值班 · 东峪村 · 10月1日至7日：还差 7 天没排")
    await wang.sees_nothing()
    await world.at("09:00", on=date(2026, 9, 29))
    await sun.says("值班")
    await sun.presses("国庆节值班")
    await sun.presses("撤回")
    await sun.sees("撤回「国庆节值班」？", buttons=["撤回", "取消"])
    await sun.presses("撤回")
    await sun.sees("好的，已撤回：国庆节值班。")
    await wang.sees("这张值班表已经撤回，不用排了。")
    assert await world.rows(DutyDay) == []
    assert all(not (row.am | row.pm) & Facts.DUTY for row in await world.rows(Day))


async def test_days_and_name_of_its_own(world, people):
    sun, wang = people["sun"], people["wang"]
    await sun.says("值班")
    await sun.presses("自定")
    await sun.says("昨天到明天")
    await sun.sees("9月20日已经过去，没有定")
    await sun.says("9月28日到9月30日")
    await sun.sees("叫什么值班？", buttons=["防汛值班", "防火值班", "取消"])
    await sun.says("防汛值班 县防指第 3 号")
    await sun.sees("防汛值班 · 安岭县 · 9月28日至30日，3 天", "依据：县防指第 3 号", "9月25日前排好")
    await sun.presses("改截止日")
    await sun.says("9月29日")
    await sun.sees("排好的日期要在9月21日到9月28日之间")
    await sun.says("9月24日")
    await sun.sees("9月24日前排好")
    await sun.presses("定下")
    await wang.sees("防汛值班 · 石门村", "依据：县防指第 3 号")
    await wang.presses("王强")
    await sun.says("值班")
    await sun.presses("自定")
    await sun.says("9月30日到10月2日")
    await sun.sees("这几天已经有「防汛值班」（9月28日到9月30日），没有定")
    for key, value in (("mode", "required"), ("from", "2026-09-28"), ("to", "2026-09-30"), ("basis", "县防指第 3 号")):
        await world.set(f"checkin_{key}" if key == "mode" else f"required_{key}", value)
    await world.at("09:00", on=date(2026, 9, 28))
    await sun.says("今日在岗")
    said = await sun.sees("暂未签到：", "王强（石门村）")  # to be named says nothing of the day
    assert "应值班" not in said.text
    period = (await world.rows(DutyPeriod))[0]
    await sun.presses_data(f"dutym:{period.id}:off!")
    await sun.sees("「防汛值班」9月28日已经开始，不能撤回")
    await people["liu"].says("值班")
    await people["liu"].presses_data(f"dutym:{period.id}:off!")
    await people["liu"].sees("不在您的职责范围内")


async def test_on_the_days_the_board_counts_and_duty_earns_its_rest(world, people):
    wang, zhou, zhao, sun = (people[name] for name in ("wang", "zhou", "zhao", "sun"))
    await opened(people)
    await wang.presses("周建国")
    await wang.presses("赵敏")
    await world.at("09:00", on=date(2026, 10, 1))
    await sun.says("今日在岗")
    await sun.sees("休息日（国庆节）", "应值班 1 · 已签到 0")
    await zhou.sends_location()
    await zhao.sends_location()
    await sun.presses("刷新")
    await sun.sees("应值班 1 · 已签到 1")
    await sun.presses("按乡镇")
    await sun.sees("柳河镇", "应值班 1 · 已签到 1")
    await zhou.says("我的")
    said = await zhou.sees("您值班：10月1日（四）", "可以补休 1 天")
    assert "补休" in said.buttons()
    await zhao.says("我的")
    said = await zhao.sees("您值班：10月2日（五）")
    assert "补休" not in said.buttons()
    await world.at("09:00", on=date(2026, 10, 9))
    await zhou.says("我的")
    said = await zhou.sees("可以补休 1 天")
    assert "０１　　　　　　　值" in said.text
    await zhou.presses("补休")
    await zhou.sees("什么时候？")
    await zhou.says("10月12日到10月13日")
    await zhou.sees("可以补休的还有 1 天，这次要 2 天，没有提交（本县规定）")
    await zhou.says("10月12日 休息")
    await zhou.sees("请核对：", "补休 · 10月12日全天 · 1 个工作日", "可以补休的还有 1 天，本次 1 天")
    await zhou.presses("提交")
    await wang.presses("同意")
    await zhou.sees("✅ 请假已批准")
    await zhou.says("我的")
    said = await zhou.last()
    assert "补休" not in said.text
    assert await world.day(zhou, Half.AM, date(2026, 10, 12)) == "leave"


async def test_the_rest_is_good_for_the_days_that_the_county_sets(world, people):
    wang, zhou = people["wang"], people["zhou"]
    await world.set("duty_lieu_days", 10)
    await opened(people)
    await wang.presses("周建国")
    await world.at("09:00", on=date(2026, 10, 1))
    await zhou.sends_location()
    await world.at("09:00", on=date(2026, 10, 11))
    await zhou.says("我的")
    said = await zhou.last()
    assert "补休" not in said.text
    assert [row.key for row in await world.rows(Setting)] == ["duty_lieu_days"]


async def test_the_list_goes_out_as_a_file_with_an_audit_row(world, people):
    wang, sun, liu = people["wang"], people["sun"], people["liu"]
    await opened(people)
    await wang.presses("周建国")
    await wang.presses("轮流排满")
    await liu.says("值班")
    await liu.sees("国庆节值班 · 柳河镇", buttons=["石门村", "东峪村", "Excel", "Word", "图片"])
    await liu.presses("Excel")
    said = await liu.sees("📄 柳河镇国庆节值班表 · 已排好 1/2 个村", "草稿，签字盖章后有效。")
    assert said.file_name == "样例柳河镇国庆节值班表.xlsx"
    rows = list(load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert rows[3][:6] == (1, "柳河镇", "石门村", "周建国", "赵敏", "王强")
    assert rows[4][:4] == (2, "柳河镇", "东峪村", None)
    await sun.says("值班")
    await sun.presses("国庆节值班")
    await sun.presses("Word")
    said = await sun.sees("📄 安岭县国庆节值班表")
    assert next(row for row in words_of(said.file) if row[0] == "石门村")[:4] == ["石门村", "周建国", "赵敏", "王强"]
    await sun.presses("图片")
    said = await sun.sees("📄 安岭县国庆节值班表")
    assert said.is_photo
    period = (await world.rows(DutyPeriod))[0]
    await wang.presses_data(f"dutyx:{period.id}:{world.area_id('石门村')}:xlsx")
    await wang.sees("不在您的职责范围内")
    assert (await world.audit()).count("duty:export") == 3


async def test_an_empty_day_may_be_left_empty_and_a_day_emptied_twice(world, people):
    wang = people["wang"]
    await opened(people)
    await wang.presses("周建国")
    await wang.presses("改")
    await wang.presses("10-2")
    await wang.sees("10月2日（五）谁值班？", buttons=[*NAMES, "同上", "分上下午", "空着", "返回"])
    await wang.presses("空着")
    await wang.sees("还差 6 天没排")
    await wang.presses("改")
    await wang.presses("10-1")
    card = await wang.sees("10月1日（四）谁值班？")
    empty = card.buttons()["空着"]
    await wang.presses("空着")
    await wang.presses_data(empty, card)
    await wang.says("值班")
    await wang.sees("还差 7 天没排")
    assert not await world.rows(DutyDay)


async def test_in_english(world, people):
    sun, wang = people["sun"], people["wang"]
    for one in (sun, wang):
        await one.says("语言")
        await one.presses("English")
    await sun.says("duty")
    await sun.presses("National Day")
    await sun.sees("National Day duty", "安岭县", "(days: 7)", buttons=["Set it", "Due day", "Cancel"])
    await sun.presses("Set it")
    await wang.sees("National Day duty", "still 7 to fill", "Who is on duty on")
    await wang.presses("In turn")
    await wang.says("swap")
    await wang.sees("Swap: which of your days?", buttons=["10-1", "10-4", "10-7", "No swap"])
