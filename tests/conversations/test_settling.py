"""核实: who may be asked by name is rung up, and what came of it is written down; nobody is absent by silence."""

from datetime import date

from policy.attendance import HalfStatus
from policy.calendar import Half
from policy.settling import FindingState, Outcome
from storage.tables import Finding, OfficialTrip, Settlement

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


async def a_required_week(world):
    """石门村: check-in is required on the 23rd and 24th; 周建国 and 赵敏 say nothing, 王强 checks in."""
    people = world.cadre("周建国"), world.cadre("赵敏"), world.cadre("王强", secretary=True)
    liu, sun = world.township_officer("刘敏"), world.county_staff("孙丽")
    await world.set("records_from", "2026-11-23")
    for key, value in (
        ("checkin_mode", "required"),
        ("required_from", "2026-11-23"),
        ("required_to", "2026-11-24"),
        ("required_basis", "县防指通知第 3 号"),
    ):
        await world.set(key, value)
    for on in (MONDAY, TUESDAY):
        await world.at("08:30", on)
        await people[2].sends_location()
    await world.at("09:00", date(2026, 11, 25))
    return *people, liu, sun


async def opens(officer, name):
    await officer.says("月结")
    await officer.presses("下个月")
    await officer.presses("核实 2 人")
    await officer.sees("11月要核实 2 人，打个电话问问：", f"石门村 · {name} · 4 个半天")
    await officer.presses(name)


async def test_on_duty_and_a_trip_by_telephone_told_and_undone(world):
    zhou, _zhao, _wang, liu, _sun = await a_required_week(world)
    await opens(liu, "周建国")
    await liu.sees(
        "周建国 · 石门村\n待核实：11月23日至24日\n电话 139****1234",
        buttons=["拨打", "没打通", "在岗", "公出", "补办请假", "不在岗", "选半天", "返回"],
    )
    await liu.presses("拨打")
    await liu.sees("已记下您看过这个号码")
    await liu.presses("没打通")
    await liu.sees("周建国 11月23日至24日：已记一次没打通，仍是待核实。", buttons=["撤销", "还有谁"])
    await liu.presses("还有谁")
    await liu.sees("石门村 · 周建国 · 4 个半天 · 没打通 1 次")
    await liu.presses("周建国")
    await liu.sees("11月25日 09:00 没打通")
    await liu.presses("选半天")
    await liu.sees("选了 4 个半天", buttons=["✓23 上午", "✓23 下午", "✓24 上午", "✓24 下午", "选好了"])
    await liu.presses("✓24 上午")
    await liu.presses("✓24 下午")
    await liu.presses("选好了")
    await liu.sees("待核实：11月23日全天")
    await liu.presses("在岗")
    await liu.sees("周建国 11月23日全天：已记在岗。", buttons=["撤销", "还有谁"])
    await zhou.sees("✅ 11月23日全天电话核实为在岗（刘敏 11月25日 09:00）。不对请告诉乡镇。")
    assert await world.day(zhou, Half.AM, MONDAY) is HalfStatus.ON_DUTY
    assert await world.day(zhou, Half.AM, TUESDAY) is HalfStatus.UNVERIFIED

    await liu.presses("还有谁")
    await liu.presses("周建国")
    await liu.presses("公出")
    await liu.sees("周建国 11月24日全天 公出：去哪里、做什么？一句话：", buttons=["取消"])
    await liu.says("到县里送材料")
    await liu.sees("周建国 11月24日全天：已记公出。")
    assert await world.day(zhou, Half.PM, TUESDAY) is HalfStatus.OFFICIAL_TRIP
    await liu.presses("撤销")
    await liu.sees("已撤销：11月24日全天，和核实以前一样。", buttons=["还有谁"])
    await zhou.sees("11月24日全天的核实已经撤销，和核实以前一样。")
    assert await world.day(zhou, Half.PM, TUESDAY) is HalfStatus.UNVERIFIED
    (trip,) = await world.rows(OfficialTrip)
    assert trip.cancelled_by_id == liu.person_id
    assert await world.day(zhou, Half.AM, MONDAY) is HalfStatus.ON_DUTY
    tags = [tag for tag in await world.audit() if tag.startswith("day:")]
    assert tags == ["day:settle", "day:settle", "day:settle", "day:settle_undo"]


async def test_not_at_post_is_no_status_he_answers_and_the_county_sees_both(world):
    zhou, zhao, _wang, liu, sun = await a_required_week(world)
    await liu.says("今日在岗")
    await liu.presses("核实")
    await liu.presses("赵敏")
    await liu.presses("不在岗")
    await liu.sees("赵敏 11月23日至24日 不在岗：电话里怎么说的？一句话。", "由别人认定（《意见》三（四））")
    await liu.says("说在市里家中，没有请假")
    await liu.sees("赵敏 11月23日至24日：已记下不在岗，等人认定；认定前仍是待核实。")
    assert await world.day(zhao, Half.AM, MONDAY) is HalfStatus.UNVERIFIED
    await zhao.sees("记了不在岗（刘敏）", "说在市里家中，没有请假", "这还不是结论", buttons=["回一句"])
    await zhao.presses("回一句")
    await zhao.says("孩子住院，走得急，已向队长说过")
    await zhao.sees("已记下，和那条记录放在一起")
    await liu.sees("赵敏（石门村）对 11月23日至24日 的「不在岗」说：\n孩子住院，走得急，已向队长说过")
    await sun.says("月结")
    await sun.presses("下个月")
    await sun.presses("核实 2 人")
    await sun.presses("赵敏")
    await sun.sees("其中 11月23日至24日 已记不在岗，等人认定。")
    await sun.presses("不在岗")
    await sun.sees("这些半天已经记过不在岗，等人认定（《意见》三（四）），没有再记。")
    await sun.presses("返回")
    await sun.presses("返回")
    await sun.presses("不在岗 1")
    await sun.sees(
        "11月「不在岗」等认定 1 件（《意见》三（四））。认定前仍记待核实：",
        "石门村 · 赵敏 · 11月23日至24日：说在市里家中，没有请假",
        "本人：孩子住院，走得急，已向队长说过",
    )
    await liu.presses("撤销")
    await zhao.sees("11月23日至24日的「不在岗」已经撤销，和没有记过一样。")
    (found,) = await world.rows(Finding)
    assert (found.state, found.clause, found.answer) == (
        FindingState.WITHDRAWN,
        "三（四）",
        "孩子住院，走得急，已向队长说过",
    )
    await zhao.presses_data(f"found:{found.id}")
    await zhao.sees("这件事已经有人处理过了，没有改动。")
    await zhou.says("我的")
    await zhou.presses_data(f"found:{found.id}")
    await zhou.sees("不在您的职责范围内")


async def test_where_check_in_is_voluntary_silence_names_nobody(world):
    li, wang = world.cadre("李雪", village="东峪村"), world.cadre("王强", village="东峪村", secretary=True)
    liu, sun = world.township_officer("刘敏"), world.county_staff("孙丽")
    await world.set("records_from", "2026-11-23")
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("在隔壁村取种子，中午回")
    await world.at("09:00", date(2026, 11, 25))
    await liu.says("月结")
    await liu.presses("下个月")
    await liu.presses("核实 1 人")
    seen = await liu.sees("11月要核实 1 人", "东峪村 · 李雪 · 2 个半天")
    assert "王强" not in seen.text
    await liu.presses("李雪")
    await liu.sees("其中 11月23日全天 他的说明或补签在等，先定那一件。")
    await liu.presses("在岗")
    await liu.sees("他自己的说明或补签还在等，没有改动（《意见》三（二））。")
    await liu.presses("不属实")
    await liu.presses("补办请假")
    await liu.sees("请假最早从")
    await liu.presses("没打通")
    await liu.sees("已记一次没打通")
    assert await world.day(li, Half.AM, MONDAY) is HalfStatus.UNVERIFIED
    case = f"case:{world.area_id('安岭县')}:{wang.person_id}:2026-11:on_duty:"
    for actor in (sun, wang, li):
        await actor.says("帮助")
        await actor.presses_data(case)
    (row,) = await world.rows(Settlement)
    assert row.person_id == li.person_id
    assert await world.day(wang, Half.AM, MONDAY) is HalfStatus.UNVERIFIED


async def test_asked_to_hand_the_leave_in_afterwards(world):
    zhou, _zhao, wang, liu, _sun = await a_required_week(world)
    await opens(liu, "周建国")
    await liu.presses("选半天")
    await liu.presses("✓23 上午")
    await liu.presses("✓23 下午")
    await liu.presses("选好了")
    await liu.presses("补办请假")
    await liu.sees("周建国 11月24日全天：已请他补办请假，批准前仍是待核实。")
    await zhou.sees(
        "11月24日全天要补办请假：急事请假 48 小时以内可以补（本县规定）。", "请发：请假 11-24上午到11-24 原因"
    )
    await zhou.says("请假 11-24上午到11-24 孩子住院")
    await zhou.presses("提交")
    await wang.presses("同意")
    assert await world.day(zhou, Half.AM, TUESDAY) is HalfStatus.LEAVE


async def test_a_button_pressed_twice_does_it_once_and_reaches_for_no_other_half_day(world):
    zhou, _zhao, _wang, liu, _sun = await a_required_week(world)
    await opens(liu, "周建国")
    await liu.presses("选半天")
    for half in ("✓23 下午", "✓24 上午", "✓24 下午"):
        await liu.presses(half)
    await liu.presses("选好了")
    card = await liu.sees("待核实：11月23日上午")
    buttons = card.buttons()
    for _time in range(2):
        await liu.presses_data(buttons["没打通"], card)
    for _time in range(2):
        await liu.presses_data(buttons["在岗"], card)
    await liu.sees("这些半天已经定了，没有改动。")
    assert [row.outcome for row in await world.rows(Settlement)] == [Outcome.UNREACHED, Outcome.ON_DUTY]
    assert await world.day(zhou, Half.PM, MONDAY) is HalfStatus.UNVERIFIED
    assert await world.day(zhou, Half.AM, TUESDAY) is HalfStatus.UNVERIFIED

    await liu.says("月结")
    await liu.presses("下个月")
    await liu.presses("核实 2 人")
    await liu.presses("周建国")
    await liu.presses("选半天")
    for half in ("✓23 下午", "✓24 下午"):
        await liu.presses(half)
    await liu.presses("选好了")
    card = await liu.sees("待核实：11月24日上午")
    asked = card.buttons()["补办请假"]
    for _time in range(2):
        await liu.presses_data(asked, card)
    await zhou.sees("11月24日上午要补办请假", "请发：请假 11-24上午到11-24上午 原因")
    assert [row.outcome for row in await world.rows(Settlement)][2:] == [Outcome.LEAVE_ASKED]
