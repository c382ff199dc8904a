"""应急: two people send it, everybody answers, the silent are telephoned, it ends by itself; and no day is touched."""

from datetime import date

import pytest
from sqlalchemy import select

from policy.emergency import RollCallState
from storage.ids import new_id
from storage.tables import (
    Audit,
    CheckIn,
    Day,
    EmergencyAsked,
    EmergencyRollCall,
    Facts,
    Outbox,
    Person,
    PersonRole,
    SafetyReply,
)

SATURDAY = date(2026, 11, 21)
WHAT = "暴雨红色预警，请转移低洼户"
ANSWERS = ["平安·在村", "平安·外出", "需要帮助", "全队平安"]


@pytest.fixture
async def county(world):
    """石门村 with three, 东峪村 with one; two officers of 柳河镇, one of the county's staff. Saturday night."""
    people = {
        "王强": world.cadre("王强", secretary=True),
        "周建国": world.cadre("周建国"),
        "赵敏": world.cadre("赵敏"),
        "李雪": world.cadre("李雪", village="东峪村"),
        "刘敏": world.township_officer("刘敏"),
        "王主任": world.township_officer("王主任"),
        "陈科长": world.county_staff("陈科长"),
    }
    await world.at("23:05", SATURDAY)
    return people


async def start(county, first="刘敏", second="王主任", line=f"应急 {WHAT}"):
    """It is proposed and confirmed."""
    await county[first].says(line)
    await county[first].presses("提交确认")
    await county[second].presses("确认发出")


async def phone_of(world, actor):
    async with world.db.read() as session:
        return (await session.get_one(Person, actor.person_id)).phone


async def test_from_the_first_word_to_the_last_answer(world, county):
    liu, wang, chen, zhou = county["刘敏"], county["王主任"], county["陈科长"], county["周建国"]
    async with world.db.write() as session:
        session.add(
            Day(
                id=new_id(session), person_id=zhou.person_id, village_id=world.area_id("石门村"), on=SATURDAY,
                am=int(Facts.LEAVE), pm=int(Facts.LEAVE),
            )
        )  # fmt: skip
    await liu.says(f"应急 {WHAT}")
    shown = await liu.sees(
        "预览（与收到的一样）",
        "🚨 应急 · 柳河镇 · 23:05",
        WHAT,
        "发给柳河镇 4 人，请假、公出的也发，夜里也会响。",
        "要第二个人确认才发出：王主任。",
        buttons=["提交确认", "修改", "取消"],
    )
    assert "【演练】" not in shown.text
    await liu.presses("提交确认")
    await liu.sees("还没有发出，等第二个人确认（23:35 前）", buttons=["撤回"])
    await zhou.sees_nothing()
    await chen.sees_nothing()
    await wang.sees("🚨 应急 · 柳河镇 · 23:05", "刘敏提交，发给 4 人", "等您确认才发出", buttons=["确认发出"])
    await world.advance(minutes=1)
    await wang.presses("确认发出")
    await wang.sees("已确认发出 · 王主任 23:06", buttons=[])
    await liu.sees("已确认发出 · 王主任 23:06", buttons=[])

    # everybody is asked, at night, on a rest day, on leave; who answers for the area sees how it stands
    for name in ("王强", "周建国", "赵敏", "李雪"):
        await county[name].sees("🚨 应急 · 柳河镇 · 23:06", WHAT, "点一下您现在的情况", buttons=ANSWERS)
    await liu.sees("正在发，共 4 人。")
    await world.advance(seconds=5)
    for name in ("刘敏", "王主任", "陈科长"):
        await county[name].sees(
            "🚨 应急 · 柳河镇 · 23:06",
            "平安·在村 0 · 平安·外出 0 · 需要帮助 0 · 未回复 4",
            "都有回复就结束，最晚 11月22日 11:06。",
        )
    assert list((await liu.last()).buttons()) == ["按村", "名单", "导出表", "结束"]

    # one tap, one answer, on the card itself; again changes it
    await zhou.presses("平安·外出")
    await zhou.sees("已回复 23:06：平安·外出。有变化再点", buttons=ANSWERS)
    await world.advance(seconds=10)
    await zhou.presses("平安·外出")
    assert (await zhou.sees("已经记了：平安·外出")).toast
    await liu.sees("平安·外出 1 · 需要帮助 0 · 未回复 3")
    await county["赵敏"].presses("需要帮助")
    await county["赵敏"].sees("已告诉乡镇和县里 23:06：需要帮助，会给您打电话", "方便就再发一句话", buttons=ANSWERS)
    number = await phone_of(world, county["赵敏"])
    for name in ("刘敏", "王主任", "陈科长"):
        await county[name].sees("🆘 需要帮助 · 赵敏 · 石门村 · 23:06", f"电话 {number}", buttons=["已联系"])
    await county["赵敏"].says("腿受伤，走不动")
    await county["赵敏"].sees("已告诉乡镇和县里")
    await wang.sees("🆘 需要帮助 · 赵敏", "腿受伤，走不动", buttons=["已联系"])
    await wang.presses("已联系")
    await wang.sees("已联系 · 王主任 23:06", buttons=[])
    await chen.sees("🆘 需要帮助 · 赵敏", "已联系 · 王主任 23:06", buttons=[])
    await world.advance(seconds=10)
    await chen.sees("需要帮助 1 · 未回复 2", "需要帮助：赵敏（石门村，已联系）")

    # after 30 minutes the township gets the silent, and nobody else does
    await liu.looks_away()
    await chen.looks_away()
    await world.advance(minutes=30)
    listed = await liu.sees("📞 2 人没有回复 · 柳河镇", "东峪村：李雪", "石门村：王强", "没有回复不算缺岗")
    assert list(listed.buttons()) == ["李雪", "王强"] or list(listed.buttons()) == ["王强", "李雪"]
    await chen.sees_nothing()
    await liu.presses("李雪")
    asked = await liu.sees("李雪 · 东峪村 · 139****1234", "还没有回复")
    assert list(asked.buttons()) == ["电话", "平安·在村", "平安·外出", "需要帮助", "联系不上"]
    await liu.presses("电话")
    await liu.sees(f"李雪 {await phone_of(world, county['李雪'])}")
    await liu.presses("联系不上")
    await liu.sees("联系不上 · 刘敏 23:36 记")
    await world.advance(seconds=5)
    await wang.sees("李雪（23:36 打电话联系不上）", "石门村：王强")
    await county["王强"].presses("平安·在村")
    await world.advance(seconds=5)
    gone = await wang.sees("📞 1 人没有回复")
    assert "王强" not in gone.text
    await liu.presses("平安·外出")  # got through at the second try
    await liu.sees("李雪", "平安·外出 · 刘敏 23:36 记", buttons=[])

    # everybody has answered, and who needs help has somebody: it ends by itself
    await world.advance(seconds=5)
    await wang.sees("📞 柳河镇都有回复了", buttons=[])
    await chen.sees(
        "平安·在村 1 · 平安·外出 2 · 需要帮助 1 · 未回复 0", "已结束 23:36。", buttons=["按村", "名单", "导出表"]
    )
    await zhou.sees("已结束 23:36。", "您的情况：平安·外出。", buttons=[])
    [call] = await world.rows(EmergencyRollCall)
    assert (call.state, call.closed_by_id) == (RollCallState.ENDED, None)
    await nothing_of_attendance(world)
    tags = await world.audit()
    assert tags.count("phone:reveal") == 2, "the call for help by the software, the call list's by the officer"
    assert [tag for tag in tags if tag.startswith("emergency:")] == [
        "emergency:propose", "emergency:confirm", "emergency:spread", "emergency:reply", "emergency:reply",
        "emergency:reply", "emergency:help_taken", "emergency:settle", "emergency:reply", "emergency:settle",
        "emergency:end",
    ]  # fmt: skip
    rows = [row for row in await world.rows(Audit) if row.action in {"emergency:reply", "phone:reveal"}]
    assert not [row for row in rows if number in str(row.after) or "腿" in str(row.after)]


async def nothing_of_attendance(world):
    """Never a finding: the ledger knows of the leave, as before, and of nothing else."""
    [day] = await world.rows(Day)
    assert (day.am, day.pm) == (int(Facts.LEAVE), int(Facts.LEAVE))
    assert await world.rows(CheckIn) == []
    columns = {column for table in (EmergencyRollCall, EmergencyAsked, SafetyReply) for column in table.__table__.c}
    assert not [column for column in columns if any(word in str(column) for word in ("itude", "distance", "accuracy"))]


async def test_silence_is_on_no_board_and_in_no_sheet(world, county):
    await start(county)
    await world.advance(hours=13)
    await county["陈科长"].says("今日在岗")
    said = await county["陈科长"].sees("今日在岗")
    assert "待处理" not in said.text
    assert not [name for name in ("王强", "周建国", "赵敏", "李雪") if name in said.text]
    assert await world.rows(Day) == []
    kinds = {row.kind for row in await world.rows(Outbox)}
    assert kinds <= {
        "emergency", "emergency_confirm", "emergency_progress", "emergency_silent", "emergency_spread",
        "emergency_expire", "emergency_end", "emergency_close", "emergency_look", "refresh",
    }  # fmt: skip


async def test_its_hours_end_it_and_an_old_button_is_kind(world, county):
    await world.set("emergency_hours", 2)
    await world.set("emergency_silence_minutes", 60)
    await start(county)
    card = await county["周建国"].last()
    await county["赵敏"].presses("平安·在村")
    await county["王主任"].looks_away()
    await world.advance(minutes=59)
    assert not [said for said in [await county["王主任"].last()] if "没有回复" in said.text]
    await world.advance(minutes=2)
    await county["王主任"].sees("📞 3 人没有回复 · 柳河镇")
    await world.advance(minutes=59)
    await county["周建国"].sees("已结束 01:05。", "没有回复也不要紧，不算缺岗，不记考勤。", buttons=[])
    await county["赵敏"].sees("已结束 01:05。", "您的情况：平安·在村。", buttons=[])
    await county["王主任"].sees("📞 应急已结束", "柳河镇还有 3 人没有回复，不算缺岗。", buttons=[])
    await county["刘敏"].sees("平安·在村 1", "未回复 3", "已结束 01:05。", buttons=["按村", "名单", "导出表"])
    [call] = await world.rows(EmergencyRollCall)
    await county["周建国"].presses_data(f"safe:{call.id}:safe_here", card)
    await county["周建国"].sees("已结束 01:05。", "要帮忙请直接打电话给乡镇。", buttons=[])
    await county["王强"].presses_data(f"safeteam:{call.id}")
    await county["王强"].sees("已结束 01:05。", "要帮忙请直接打电话给乡镇。")
    await county["李雪"].says("全队平安")
    await county["李雪"].sees("没听明白")
    assert len(await world.rows(SafetyReply)) == 1


async def test_it_is_ended_by_hand_and_asked_once_more(world, county):
    other = world.township_officer("赵主任")
    await start(county)
    await county["刘敏"].presses("结束")
    await county["刘敏"].sees("结束这次应急？还有 4 人没有回复", buttons=["结束", "不结束"])
    await county["刘敏"].presses("不结束")
    await county["刘敏"].sees("好的，没有结束")
    [call] = await world.rows(EmergencyRollCall)
    await other.presses_data(f"alarmend:{call.id}:yes")
    await other.sees("不在您的职责范围内")
    await county["陈科长"].presses("结束")
    await county["陈科长"].presses("结束")
    await county["陈科长"].sees("应急 · 柳河镇 已结束 23:05 · 陈科长", buttons=[])
    await county["周建国"].sees("已结束 23:05 · 陈科长", buttons=[])
    await world.advance(seconds=5)
    await county["刘敏"].sees("未回复 4", "已结束 23:05 · 陈科长", buttons=["按村", "名单", "导出表"])
    await county["刘敏"].looks_away()
    await world.advance(hours=13)
    await county["刘敏"].sees_nothing()


async def test_every_message_of_a_drill_says_so(world, county):
    await county["刘敏"].says("应急 防汛")
    await county["刘敏"].presses("修改")
    await county["刘敏"].presses("改成演练")
    await county["刘敏"].presses("提交确认")
    await county["王主任"].presses("确认发出")
    for actor in county.values():
        await actor.looks_away()
    before = {actor.name: len(actor._messages()) for actor in county.values()}
    for name in ("周建国", "赵敏"):
        assert (await county[name].last()).text.startswith("【演练】🚨 应急")
    await county["周建国"].presses("需要帮助")
    await county["周建国"].says("崴了脚")
    await county["赵敏"].says("全队平安，王强外出")
    await world.advance(minutes=31)
    await county["刘敏"].presses("李雪")
    await county["刘敏"].presses("平安·在村")
    await county["刘敏"].presses("按村")
    await county["刘敏"].presses("名单")
    await county["王主任"].presses("已联系")
    await world.advance(seconds=5)
    for actor in county.values():
        for said in actor._messages()[before[actor.name] :]:
            assert said.text.startswith("【演练】"), said.text
        assert all("【演练】" in said.text for said in actor._messages() if said.edits and "🚨" in said.text)


async def test_who_is_bound_late_is_asked_while_it_runs(world, county):
    late = await world.newcomer(world.cadre("新队员"))
    other = await world.newcomer(world.cadre("外乡人", village="南坡村", township="石桥镇"))
    officer = await world.newcomer(world.township_officer("新干部"))
    await start(county)
    await world.advance(minutes=5)
    await county["刘敏"].sees("未回复 5", "未送达 1 人（没有绑定，或收不到），请打电话。")
    for actor in (late, other, officer):
        await actor.says(f"/start {await world.invites(actor)}")
        await actor.presses("同意并开始")
    await late.sees("🚨 应急 · 柳河镇 · 23:05", WHAT, buttons=ANSWERS)
    await officer.sees("🚨 应急 · 柳河镇 · 23:05", "未回复 5")
    assert not [said for said in other._messages() if "应急" in said.text]
    await county["刘敏"].says("应急")
    await county["刘敏"].presses("1 看进展")
    assert "未送达" not in (await county["刘敏"].sees("未回复 5")).text
    await late.presses("平安·在村")
    await late.sees("已回复 23:10：平安·在村")
    newest = await world.newcomer(world.cadre("更新的"))  # not on the roster when it went out
    await newest.says(f"/start {await world.invites(newest)}")
    await newest.presses("同意并开始")
    await newest.sees("🚨 应急 · 柳河镇 · 23:05", buttons=ANSWERS)
    await world.advance(hours=13)
    after = await world.newcomer(world.cadre("再新的"))
    await after.says(f"/start {await world.invites(after)}")
    await after.presses("同意并开始")
    assert not [said for said in after._messages() if "应急" in said.text]


async def test_who_moves_here_is_asked_while_it_runs(world, county):
    """He has an account already: no link tells us that he has come, so it is looked at every five minutes."""
    qian = world.cadre("钱进", village="南坡村", township="石桥镇")
    await start(county)
    await qian.sees_nothing()
    async with world.db.write() as session:
        post = (await session.scalars(select(PersonRole).where(PersonRole.person_id == qian.person_id))).one()
        post.area_id = world.area_id("石门村")
    for name in ("王强", "周建国", "赵敏", "李雪"):
        await county[name].presses("平安·在村")
    await county["刘敏"].looks_away()
    await world.advance(minutes=5)
    await qian.sees("🚨 应急 · 柳河镇 · 23:05", WHAT, buttons=ANSWERS)
    await world.advance(seconds=5)
    await county["刘敏"].sees("平安·在村 4", "未回复 1")
    await qian.presses("平安·外出")
    await world.advance(seconds=5)
    await county["刘敏"].sees("已结束")


async def test_in_english(world, county):
    async with world.db.write() as session:
        for person in await session.scalars(select(Person)):
            person.language = "en"
    await county["刘敏"].says("/emergency Flood, move uphill")
    await county["刘敏"].presses("Submit")
    await county["王主任"].presses("Send it")
    said = await county["周建国"].sees("Emergency", "Flood, move uphill")
    assert list(said.buttons()) == ["Safe, in village", "Safe, away", "Need help", "Team all safe"]
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in said.text.replace("柳河镇", ""))
    await county["周建国"].says("Safe, away")
    await county["周建国"].sees("Safe, away")
    await county["赵敏"].says("Team all safe")
    await county["赵敏"].sees("石门村", "2")
