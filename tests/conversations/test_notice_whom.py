"""通知: whom it may be sent to and by whom, the lists of what was sent and of what is unread, whoever comes later."""

from datetime import date

import pytest

from storage.ids import new_id
from storage.tables import Notice, NoticeState, Person, PersonRole
from tests.conversations.test_notices import sends


@pytest.fixture
def people(world):
    """County staff, three cadres in two villages, an officer."""
    return {
        "sun": world.county_staff("孙丽"),
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "li": world.cadre("李雪", village="东峪村"),
        "liu": world.township_officer("刘敏"),
    }


async def test_whom_by_townships_units_roles(world, people):
    sun, li, liu = people["sun"], people["li"], people["liu"]
    shi = world.cadre("石桥人", village="石桥村", township="石桥镇")
    await sun.says("通知")
    await sun.presses("按乡镇")
    await sun.sees("发给哪些", buttons=["柳河镇", "石桥镇", "只第一书记", "取消"])
    await sun.presses("石桥镇")
    await sun.sees("已选 1 个：石桥镇", buttons=["柳河镇", "✓ 石桥镇", "只第一书记", "选好了", "取消"])
    await sun.presses("选好了")
    await sun.says("石桥镇开会")
    await sun.sees("收件 1 人", "发给：石桥镇驻村干部")
    await sun.presses("发送")
    await shi.sees("石桥镇开会")
    await li.sees_nothing()

    await sun.says("通知")
    await sun.presses("按职务")
    await sun.presses("乡镇干部")
    await sun.presses("第一书记")
    await sun.presses("选好了")
    await sun.says("碰个头")
    await sun.sees("收件 2 人", "发给：安岭县第一书记、乡镇干部")
    await sun.presses("发送")
    await liu.sees("碰个头", buttons=["已阅"])

    await sun.says("通知")
    await sun.presses("按单位")
    await sun.presses("县农业农村局")
    await sun.presses("只第一书记")
    await sun.sees(buttons=["✓ 县农业农村局", "✓ 只第一书记", "选好了", "取消"])
    await sun.presses("选好了")
    await sun.says("单位的事")
    await sun.sees("收件 1 人", "发给：安岭县内由县农业农村局派出的第一书记")

    await sun.says("通知")
    await sun.presses("按职务")
    await sun.presses("县领导")
    await sun.presses("选好了")
    await sun.says("请示")
    await sun.sees("这个范围里现在没有人，没有发")


async def test_whom_by_a_list_of_names(world, people):
    sun, zhou, li = people["sun"], people["zhou"], people["li"]
    await sun.says("通知")
    await sun.presses("选人")
    await sun.sees("把姓名发来", buttons=["取消"])
    await sun.says("1. 周建国\n2. 李　雪\n3. 张三")
    await sun.sees("名册里没有找到 1 人：张三", buttons=["发给其余的", "重新写", "取消"])
    await sun.presses("发给其余的")
    await sun.says("请二位来一下")
    await sun.sees("收件 2 人", "发给：周建国、李雪")
    await sun.presses("发送")
    await zhou.sees("请二位来一下")
    await li.sees("请二位来一下")
    await people["wang"].sees_nothing()
    await sun.says("通知")
    await sun.presses("选人")
    await sun.says("无此人")
    await sun.sees("没有找到 1 人：无此人", "可以把整个名单再发一次", buttons=["重新写", "取消"])
    await sun.says("周建国、王强、李血")  # typed anew, with nothing pressed
    await sun.sees("没有找到 1 人：李血", "其余 2 人找到了", buttons=["发给其余的", "重新写", "取消"])
    await sun.says("周建国、李雪")
    await sun.says("又来一次")
    await sun.sees("收件 2 人", "发给：周建国、李雪")


async def test_namesakes_are_asked_for(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await world.settle()
    async with world.db.write() as session:
        other = Person(id=new_id(session), name="周建国", language="zh_CN")
        session.add(other)
        await session.flush()
        post = {"role": "FIRST_SECRETARY", "area_id": world.area_id("东峪村"), "starts_on": date(2026, 1, 1)}
        session.add(PersonRole(id=new_id(session), person_id=other.id, **post))
    await sun.says("通知")
    await sun.presses("选人")
    await sun.says("周建国、王强")
    await sun.sees(
        "有 2 个周建国", "石门村 队员", "东峪村 第一书记", buttons=["1 石门村", "2 东峪村", "都发", "都不发", "取消"]
    )
    await sun.presses("1 石门村")
    await sun.says("请来一下")
    await sun.sees("收件 2 人", "发给：周建国、王强")
    await sun.presses("发送")
    await zhou.sees("请来一下")
    [notice] = await world.rows(Notice)
    assert other.id not in notice.audience["people"]
    await sun.says("通知")
    await sun.presses("选人")
    await sun.says("周建国")
    await sun.presses("都不发")
    await sun.sees("把姓名发来"), "nobody by name is never everybody"


async def test_who_may_not_send(world, people):
    zhou, liu = people["zhou"], people["liu"]
    leader = world.county_leader("陈县长")
    for person in (zhou, liu, leader):
        await person.says("通知 大家来开会")
        await person.sees("没有未读的通知")
        await person.presses_data(f"nwho:{world.area_id('安岭县')}:all")
        await person.sees("不在您的职责范围内")
    await sends(people["sun"])
    [notice] = await world.rows(Notice)
    for person in (zhou, liu, leader):
        for do in ("pause", "cancel", "sure", "remind", "withdraw"):
            await person.presses_data(f"nmanage:{notice.id}:{do}")
            await person.sees("不在您的职责范围内")
    stranger = world.cadre("外县人", village="外村", township="外镇")
    await stranger.says("我的通知")
    await stranger.looks_away()
    outside = world.cadre("没收到的", village="石门村")
    await outside.says("我的通知")
    await outside.presses_data(f"nread:{notice.id}")
    await outside.sees("没有找到这一条")
    assert (await world.rows(Notice))[0].state is NoticeState.OUT


async def test_words_on_the_line_are_the_notice(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sun.says("通知 明天上午九点开会")
    await sun.sees("发给谁？")
    await sun.presses("全县")
    await sun.sees("明天上午九点开会", "收件 3 人")
    await sun.presses("发送")
    await zhou.sees("📣 明天上午九点开会")


async def test_sent_notices_are_listed_and_opened(world, people):
    sun, wu = people["sun"], world.county_staff("吴国平")
    await wu.says("通知")
    await wu.presses("已发通知")
    await wu.sees("还没有发过通知")
    await sends(sun, "第00号通知")
    [first] = await world.rows(Notice)
    async with world.db.write() as session:
        for n in range(1, 11):
            facts = {column.key: getattr(first, column.key) for column in Notice.__table__.columns}
            session.add(Notice(**facts | {"id": new_id(session), "title": f"第{n:02d}号通知"}))
    await wu.says("通知")
    await wu.presses("已发通知")
    shown = await wu.sees("已发通知", "1. 11月23日 第10号通知 · 已发 · 3 人")
    assert "第00号通知" not in shown.text
    await wu.presses("下一页")
    await wu.sees("1. 11月23日 第00号通知")
    await wu.presses("1 第00号通知")
    await wu.sees("已发完 3/3", "第00号通知", buttons=["未阅名单", "再提醒", "撤回", "看全文", "刷新", "返回"])
    await wu.presses("看全文")
    await wu.sees("📣 第00号通知", "— 安岭县 孙丽", buttons=[])
    await wu.presses("撤回")
    await wu.presses("确定撤回")
    await world.advance(seconds=3)
    await sun.sees("已撤回 · 吴国平")


async def test_my_unread_notices(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sends(sun)
    await sends(sun, "第二条")
    await zhou.says("我的通知")
    await zhou.sees("未读通知 2 条", "1. 11月23日 第二条", buttons=["1 第二条", "2 关于做好寒潮"])
    await zhou.presses("2 关于做好寒潮")
    await zhou.sees("低洼户", buttons=["已阅", "回复"])
    await zhou.presses("已阅")
    await zhou.says("通知")
    await zhou.sees("未读通知 1 条", "第二条")
    original = next(said for said in zhou._messages() if "低洼户" in said.text)
    assert list(original.buttons()) == ["回复"], "the notice itself loses that button as well"
    await world.at("09:00", date(2026, 12, 2))
    await zhou.says("我的通知")
    await zhou.sees("没有未读的通知"), "its days are over"


async def test_whoever_is_bound_later_gets_it(world, people):
    sun = people["sun"]
    new = await world.newcomer(world.cadre("新来的", village="石门村"))
    await sends(sun)
    await world.advance(seconds=3)
    await sun.sees(
        "已发完 3/4 · 已阅 0 · 未送达 1", "未送达：没有账号 1", buttons=["未阅名单", "再提醒", "撤回", "未送达"]
    )
    token = await world.invites(new)
    await new.says(f"/start {token}")
    await new.presses("同意并开始")
    await new.sees("低洼户", buttons=["已阅"])
    later = world.cadre("后来的", village="东峪村")
    later = await world.newcomer(later)
    token = await world.invites(later)
    await later.says(f"/start {token}")
    await later.presses("同意并开始")
    await later.sees("低洼户", buttons=["已阅"]), "he was on no roster when it went out"
    await world.advance(seconds=3)
    await sun.sees("已发完 5/5")


async def test_in_english(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await zhou.says("/language")
    await zhou.presses("English")
    await sends(sun, "防寒通知")
    await zhou.sees("📣 防寒通知\n\n— 安岭县 孙丽", buttons=["Read"])
    await zhou.presses("Read")
    await zhou.sees("Noted as read.")
