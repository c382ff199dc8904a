"""邀请 in chat: a new link for one person, said once; 换手机 after a question."""

import re
from datetime import date

from policy.authority import Role
from storage.ids import new_id
from storage.tables import Audit, Chat, Inbox, Invitation, Outbox, Person, PersonRole
from tests.world import CHANNEL


def token_of(said):
    found = re.search(r"/start (\S+)", said.text)
    assert found
    return found[1]


async def bound_to(world, chat_id):
    rows = [row for row in await world.rows(Chat) if row.external_id == chat_id and row.channel == CHANNEL]
    return rows[0].person_id if rows else None


async def test_a_new_link_for_one_person_which_works(world):
    staff = world.county_staff("孙丽")
    zhou = await world.newcomer(world.cadre("周建国"))
    await staff.says("邀请 周建国")
    said = await staff.sees("🔗 周建国 · 石门村驻村工作队队员", "只能用一次，7 天内有效", buttons=[])
    assert len(said.text.splitlines()) <= 6
    await zhou.says(f"/start {token_of(said)}")
    await zhou.presses("同意并开始")
    assert await bound_to(world, zhou.chat_id) == zhou.person_id


async def test_the_token_is_kept_nowhere_once_it_is_said(world):
    staff = world.county_staff("孙丽")
    await world.newcomer(world.cadre("周建国"))
    await staff.says("邀请　周建国")
    token = token_of(await staff.sees("周建国"))
    await staff.says("帮助")
    await world.settle()
    kept = [row.answers or "" for row in await world.rows(Inbox)] + [str(row.text) for row in await world.rows(Outbox)]
    kept += [str((row.before, row.after)) for row in await world.rows(Audit)]
    assert not [text for text in kept if token in text]


async def test_a_deep_link_where_the_bots_address_is_known(world):
    staff = world.county_staff("孙丽")
    await world.newcomer(world.cadre("周建国"))
    world.worker._dispatcher["deep_link"] = "https://example.invalid/?start="
    await staff.says("邀请 周建国")
    await staff.sees("https://example.invalid/?start=")


async def test_alone_it_asks_for_whom(world):
    staff = world.county_staff("孙丽")
    await world.newcomer(world.cadre("周建国"))
    await staff.says("邀请")
    await staff.sees("邀请谁", buttons=["取消"])
    await staff.says("周建国")
    await staff.sees("🔗 周建国")


async def test_namesakes_are_told_apart_by_their_posts(world):
    staff = world.county_staff("孙丽")
    await world.newcomer(world.cadre("周建国"))
    await world.settle()
    async with world.db.write() as session:
        other = Person(id=new_id(session), name="周建国")
        session.add(other)
        await session.flush()
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=other.id,
                role=Role.TOWNSHIP_OFFICER,
                area_id=world.area_id("柳河镇"),
                starts_on=date(2026, 1, 1),
            )
        )
    await staff.says("邀请 周建国")
    said = await staff.sees("有 2 个「周建国」", "石门村驻村工作队队员", "柳河镇乡镇干部")
    label = next(label for label in said.buttons() if "柳河镇" in label)
    await staff.presses(label)
    await staff.sees("🔗 周建国 · 柳河镇乡镇干部")


async def test_somebody_bound_already_gets_a_new_phone_only_after_a_question(world):
    staff, zhou = world.county_staff("孙丽"), world.cadre("周建国")
    await staff.says("邀请 周建国")
    await staff.sees("周建国已经绑定，不用再邀请", buttons=["换手机", "取消"])
    await staff.presses("换手机")
    await staff.sees("确认给周建国（石门村）换手机", "先打电话和本人核实", buttons=["确认换手机", "取消"])
    assert await world.rows(Invitation) == []
    await staff.presses("确认换手机")
    said = await staff.sees("🔗 周建国", "原来的手机就不能用了")
    new_phone = world.stranger("周建国的新手机")
    await new_phone.says(f"/start {token_of(said)}")
    await new_phone.presses("同意并开始")
    assert await bound_to(world, new_phone.chat_id) == zhou.person_id
    assert await bound_to(world, zhou.chat_id) is None


async def test_a_newer_link_ends_the_older(world):
    staff = world.county_staff("孙丽")
    zhou = await world.newcomer(world.cadre("周建国"))
    await staff.says("邀请 周建国")
    first = token_of(await staff.sees("🔗 周建国"))
    await staff.says("邀请 周建国")
    await zhou.says(f"/start {first}")
    await zhou.sees("过期")


async def test_nobody_of_that_name_and_nobody_outside_ones_area(world):
    staff = world.county_staff("孙丽")
    world.cadre("周建国")
    await staff.says("邀请 <b>无名</b>")
    await staff.sees("没有「<b>无名</b>」，没有发邀请")
    world.county_staff("远人", county="别县")
    await staff.says("邀请 远人")
    await staff.sees("没有「远人」")


async def test_others_may_not_invite_and_forged_presses_are_refused(world):
    zhou, officer = world.cadre("周建国"), world.township_officer("刘敏")
    for person in (zhou, officer):
        await person.says("邀请 周建国")
        await person.sees("不在您的职责范围内")
        for data in ("invite:1:new", f"invite:{zhou.person_id}:takeover"):
            await person.presses_data(data)
            await person.sees("不在您的职责范围内")
    assert await world.rows(Invitation) == []


async def test_county_staff_can_not_invite_an_admin(world):
    staff = world.county_staff("孙丽")
    admin = world.admin("郑凯", "安岭县")
    await staff.says("邀请 郑凯")
    await staff.sees("郑凯已经绑定")
    await staff.presses_data(f"invite:{admin.person_id}:takeover")
    await staff.sees("不在您的职责范围内")


async def test_a_forged_press_tells_nothing_of_people_elsewhere(world):
    staff, far = world.county_staff("孙丽"), world.county_staff("远人", county="别县")
    unbound = await world.newcomer(world.county_staff("遥人", county="别县"))
    await staff.says("帮助")
    for person_id in (far.person_id, unbound.person_id):
        for do in ("new", "ask", "takeover"):
            await staff.presses_data(f"invite:{person_id}:{do}")
            await staff.sees("没有找到这一条")
    assert not [m.text for m in world.api.messages[staff.chat_id] if "远人" in m.text or "遥人" in m.text]
    assert await world.rows(Invitation) == []
