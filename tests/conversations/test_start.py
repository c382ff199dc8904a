"""First contact: invitations, consent, strangers, a lost phone."""

from datetime import date

import pytest
from sqlalchemy import select, update

from storage.ids import new_id
from storage.tables import Audit, Chat, CheckIn, Conversation, Invitation, Person, PersonRole

STRANGER = "这里是驻村工作内部使用的助手。请向县驻村办领取邀请链接。"


async def person_of(world, actor):
    async with world.db.read() as session:
        return await session.get_one(Person, actor.person_id)


async def account_of(world, actor):
    async with world.db.read() as session:
        return (await session.scalars(select(Chat).where(Chat.person_id == actor.person_id))).one_or_none()


async def dates(world, actor, *, starts_on=date(2026, 1, 1), ends_on=None):
    async with world.db.write() as session:
        statement = update(PersonRole).where(PersonRole.person_id == actor.person_id)
        await session.execute(statement.values(starts_on=starts_on, ends_on=ends_on))


async def test_a_cadre_reads_the_notice_agrees_and_is_bound(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    said = await zhou.sees(
        "您好，周建国。您是石门村驻村工作队队员（安岭县柳河镇）。",
        "精确位置 30 天后删除",
        "不记轨迹，不要照片，不排名。",
        buttons=["同意并开始", "不用定位", "这不是我"],
    )
    assert len(said.text.splitlines()) <= 6
    assert await account_of(world, zhou) is None, "nothing is bound before consent"
    assert "invitation:redeem" not in await world.audit()

    await zhou.presses("同意并开始")
    await zhou.sees("已同意 · 11月23日 08:02", buttons=[])
    await zhou.sees(
        "好了，已绑定。到村后点「📍签到」，一下就行。", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"]
    )
    account, person = await account_of(world, zhou), await person_of(world, zhou)
    assert account.external_id == zhou.chat_id
    assert (person.position_consent, person.consented_at) == (True, world.clock())
    assert (await world.audit())[-2:] == ["invitation:redeem", "consent:set"]
    await zhou.sends_location()
    await zhou.sees("已签到 08:02")


async def test_the_commands_menu_fits_the_person(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await zhou.presses("同意并开始")
    menu = world.api.commands[-1]
    assert menu["scope"] == {"type": "chat", "chat_id": zhou.chat_id}
    assert [command["command"] for command in menu["commands"]] == [
        "checkin", "me", "leave", "return", "trip", "correct", "figures", "todo", "notice", "duty", "location", "language", "help", "cancel",
    ]  # fmt: skip


async def test_positions_can_be_refused_at_once(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await zhou.presses("不用定位")
    await zhou.sees("已绑定", "说一句在哪里就行", keys=["✅签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    person = await person_of(world, zhou)
    assert (person.position_consent, person.consented_at) == (False, world.clock())
    await zhou.says("✅签到")
    await zhou.says("在村部，准备入户")
    await zhou.sees("已签到 08:02")


async def test_this_is_not_me(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    chen = world.county_staff("陈科长")
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    await zhou.presses("这不是我")
    await zhou.sees("没有绑定", "已告诉县驻村办", buttons=[])
    await chen.sees("邀请发错了人 · 周建国 · 石门村驻村工作队队员", "已作废")
    assert await account_of(world, zhou) is None
    assert "invitation:disown" in await world.audit()
    await zhou.says(f"/start {token}")
    await zhou.sees("这个邀请过期或作废了")


async def test_staff_are_told_what_concerns_them(world):
    wang = await world.newcomer(world.township_officer("王主任"))
    await wang.says(f"/start {await world.invites(wang)}")
    await wang.sees(
        "您好，王主任。您是柳河镇乡镇干部（安岭县）。",
        "不记您的位置",
        buttons=["同意并开始", "这不是我"],
    )
    await wang.presses("同意并开始")
    await wang.sees("已绑定", "今日在岗", keys=["📋今日在岗", "📌待办", "📤导出", "❓帮助"])
    assert (await person_of(world, wang)).position_consent is None


async def test_several_roles_are_named_together(world):
    zhou = await world.newcomer(world.cadre("周建国", secretary=True))
    async with world.db.write() as session:
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=zhou.person_id,
                role="TOWNSHIP_OFFICER",
                area_id=world.area_id("柳河镇"),
                starts_on=date(2026, 1, 1),
            )
        )
    await zhou.says(f"/start {await world.invites(zhou)}")
    await zhou.sees("石门村驻村工作队第一书记、柳河镇乡镇干部")
    await zhou.presses("同意并开始")
    await zhou.sees("已绑定", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "📋今日在岗", "📌待办", "📤导出", "❓帮助"])


async def test_a_token_serves_once(world):
    zhou, other = await world.newcomer(world.cadre("周建国")), world.stranger("路人")
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    await zhou.presses("同意并开始")
    await other.says(f"/start {token}")
    await other.sees("这个邀请已经用过了。请向县驻村办领取新的。")
    await other.says("你好")
    await other.sees(STRANGER)
    await zhou.says(f"/start {token}")
    await zhou.sees("欢迎回来，周建国", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])


async def test_a_token_expires_after_seven_days(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await world.advance(days=7)
    await zhou.says(f"/start {token}")
    await zhou.sees("这个邀请过期或作废了（7 天内有效）。请向县驻村办领取新的。")


async def test_a_newer_link_ends_the_older(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    old = await world.invites(zhou)
    await world.invites(zhou)
    await zhou.says(f"/start {old}")
    await zhou.sees("这个邀请过期或作废了")


async def test_the_invitation_may_end_while_the_notice_is_read(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await world.invites(zhou)
    await zhou.presses("同意并开始")
    await zhou.sees("这个邀请过期或作废了")
    assert await account_of(world, zhou) is None


async def test_guessing_slows_down_kindly(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    for wrong in range(5):
        await zhou.says(f"/start wrong{wrong}")
        await zhou.sees("这个邀请不对。请向县驻村办领取新的。")
        await world.advance(minutes=1)
    await zhou.says(f"/start {token}")
    await zhou.sees("试了 5 次都不对", "55 分钟后")
    assert (await world.audit()).count("invitation:wrong") == 5
    other = await world.newcomer(world.cadre("王强"))
    await other.says(f"/start {await world.invites(other)}")
    await other.sees("您好，王强")
    await world.advance(minutes=56)
    await zhou.says(f"/start {token}")
    await zhou.sees("您好，周建国")


async def test_six_guesses_at_once_are_five(world):
    stranger = world.stranger("路人")
    await stranger.looks_away()
    for number in range(6):
        update_ = {
            "message_id": 100 + number,
            "date": int(world.now.timestamp()),
            "chat": stranger._chat(),
            "from": stranger._user(),
            "text": f"/start wrong{number}",
        }
        await world.intake.store([_arrival(world, update_)])
    await stranger.sees("试了 5 次都不对")
    assert (await world.audit()).count("invitation:wrong") == 5


def _arrival(world, message):
    from bot.intake import arrival

    return arrival({"update_id": next(world.numbers), "message": message})


async def test_an_account_serves_one_person(world):
    li = world.cadre("李雪")
    zhou = await world.newcomer(world.cadre("周建国"))
    await li.says(f"/start {await world.invites(zhou)}")
    await li.sees("这个账号已经绑定了别人，没有改动。")
    assert (await account_of(world, li)).external_id == li.chat_id


async def test_a_person_bound_elsewhere_needs_a_takeover(world):
    zhou, phone = world.cadre("周建国"), world.stranger("新手机")
    token = await world.invites(zhou)
    await phone.says(f"/start {token}")
    await phone.sees("您已经在另一个账号上绑定了", "换手机")
    await phone.says("你好")
    await phone.sees(STRANGER)


async def test_a_new_phone_takes_over_and_the_old_one_is_told(world):
    zhou, phone = world.cadre("周建国"), world.stranger("新手机")
    await zhou.says("签到")
    token = await world.invites(zhou, takeover=True)
    await phone.says(f"/start {token}")
    await phone.sees("您好，周建国")
    await zhou.looks_away()
    await phone.presses("同意并开始")
    await phone.sees("已绑定", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    await zhou.sees("换到了另一个账号", "已解除绑定")
    assert (await account_of(world, zhou)).external_id == phone.chat_id
    await zhou.sends_location()
    await zhou.sees(STRANGER)
    await phone.sends_location()
    await phone.sees("已签到")


async def test_a_takeover_keeps_the_language(world):
    zhou, phone = world.cadre("周建国"), world.stranger("新手机")
    phone.language_code = "en"
    await phone.says(f"/start {await world.invites(zhou, takeover=True)}")
    await phone.sees("您好，周建国")
    await phone.presses("同意并开始")
    assert (await person_of(world, zhou)).language == "zh_CN"


async def test_the_phones_language_is_taken_at_first(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    zhou.language_code = "en"
    await zhou.says(f"/start {await world.invites(zhou)}")
    said = await zhou.last()
    await zhou.presses_data(next(iter(said.buttons().values())), said)
    assert (await person_of(world, zhou)).language == "en"


async def test_a_role_that_has_not_begun(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await dates(world, zhou, starts_on=date(2026, 12, 1))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await zhou.presses("同意并开始")
    await zhou.sees("已绑定", "从12月1日开始", keys=["❓帮助"])
    await zhou.says("帮助")
    await zhou.sees("没有在任的职务")
    await world.at("08:00", date(2026, 12, 1))
    await zhou.says("帮助")
    await zhou.sees("能做这些", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])


async def test_a_role_that_has_ended(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await dates(world, zhou, ends_on=date(2026, 11, 22))
    await zhou.says(f"/start {token}")
    await zhou.sees("您的任职已经结束，没有绑定。")


async def test_a_role_that_begins_later_brings_its_keys(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await dates(world, zhou, starts_on=date(2026, 12, 1))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await zhou.presses("同意并开始")
    await world.at("08:00", date(2026, 12, 1))
    await zhou.says("嗯")
    await zhou.sees("没听明白", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    assert world.api.commands[-1]["commands"][0]["command"] == "checkin"


async def test_start_without_a_token(world):
    zhou, stranger = world.cadre("周建国"), world.stranger("路人")
    await zhou.says("/start")
    await zhou.sees("欢迎回来，周建国", keys=["📍签到", "📝请假", "🏠走访", "👤我的", "❓帮助"])
    await stranger.says("/start")
    await stranger.sees(STRANGER)


async def test_a_link_pasted_whole_counts_the_same(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"https://t.me/zhucun_bot?start={await world.invites(zhou)}")
    await zhou.sees("您好，周建国")


@pytest.mark.parametrize("message", [
    {"text": "签到"}, {"text": "/help"}, {"text": "取消"}, {"text": "设置"},
    {"location": {"latitude": 38.2, "longitude": 114.1}},
    {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]},
    {"sticker": {
        "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1,
        "is_animated": False, "is_video": False,
    }},
])  # fmt: skip
async def test_a_stranger_gets_one_polite_sentence_and_nothing_else(world, message):
    stranger = world.stranger("路人")
    await stranger.sends_raw(message)
    said = await stranger.sees(STRANGER)
    assert said.buttons() == {}
    assert said.keys() == []
    assert await world.rows(Chat) == []
    assert await world.rows(CheckIn) == []


async def test_a_strangers_press_is_answered_the_same(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await world.invites(zhou)
    invitation = (await world.rows(Invitation))[0]
    stranger = world.stranger("路人")
    await stranger.says("你好")
    said = await stranger.sees(STRANGER)
    await stranger.presses_data("away:explain", said)
    await stranger.sees(STRANGER)
    await stranger.presses_data(f"start:{invitation.id}:yes", said)
    await stranger.sees("再点一次邀请链接")
    assert await account_of(world, zhou) is None


async def test_a_forged_press_for_another_invitation_binds_nobody(world):
    zhou, wang = await world.newcomer(world.cadre("周建国")), await world.newcomer(world.cadre("王强"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    said = await zhou.sees("您好")
    await world.invites(wang)
    other = next(row for row in await world.rows(Invitation) if row.person_id == wang.person_id)
    await zhou.presses_data(f"start:{other.id}:yes", said)
    await zhou.sees("再点一次邀请链接")
    assert await account_of(world, wang) is None


async def test_the_notice_waits_and_can_be_put_aside(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    await zhou.says("这是什么")
    await zhou.sees("您好，周建国", buttons=["同意并开始", "不用定位", "这不是我"])
    await zhou.says("取消")
    await zhou.sees("没有绑定", "再点一次邀请链接")
    await zhou.says("你好")
    await zhou.sees(STRANGER)
    await zhou.says(f"/start {token}")
    await zhou.presses("同意并开始")
    await zhou.sees("已绑定")


async def test_the_token_is_kept_nowhere_but_in_the_inbox(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    for table in (Invitation, Audit, Chat):
        for row in await world.rows(table):
            assert token not in str(row.__dict__)


async def test_a_second_press_changes_nothing(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    said = await zhou.sees("您好")
    yes = said.buttons()["同意并开始"]
    await zhou.presses("同意并开始")
    before = await world.audit()
    await zhou.presses_data(yes, said)
    await zhou.sees("您已经绑定了，不用再点。")
    assert await world.audit() == before


async def test_blocking_the_bot_and_coming_back(world):
    zhou = world.cadre("周建国")
    await zhou.says("/start")
    user = zhou._user()
    change = {"chat": zhou._chat(), "from": user, "date": int(world.now.timestamp())}
    member = {"user": world.bot_user, "status": "member"}
    gone = {"user": world.bot_user, "status": "kicked", "until_date": 0}
    await world.feed({"my_chat_member": {**change, "old_chat_member": member, "new_chat_member": gone}})
    assert (await account_of(world, zhou)).is_reachable is False
    await zhou.says("/start")
    assert (await account_of(world, zhou)).is_reachable is True


async def test_the_notice_is_good_for_a_day(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    await zhou.says(f"/start {await world.invites(zhou)}")
    await world.advance(hours=25)
    await zhou.presses("同意并开始")
    await zhou.sees("再点一次邀请链接")
    assert await account_of(world, zhou) is None


async def test_a_lost_phone_that_cannot_be_told_is_not_held_against_the_new_one(world):
    zhou, phone = world.cadre("周建国"), world.stranger("新手机")
    unreachable = []

    async def note(chat_key):
        unreachable.append(chat_key)

    world.answers.on_unreachable = note
    world.api.blocked.add(zhou.chat_id)
    await phone.says(f"/start {await world.invites(zhou, takeover=True)}")
    await phone.presses("同意并开始")
    await phone.sees("已绑定")
    assert phone.chat_id not in unreachable


async def test_nothing_of_the_token_is_in_the_conversation(world):
    zhou = await world.newcomer(world.cadre("周建国"))
    token = await world.invites(zhou)
    await zhou.says(f"/start {token}")
    async with world.db.read() as session:
        (row,) = await session.scalars(select(Conversation))
    assert row.state == "start.consent"
    assert set(row.data) == {"invitation_id", "matter"}


async def test_what_waited_for_an_officer_without_an_account_is_told_when_he_is_bound(world):
    li = world.cadre("李雪")
    wang = await world.newcomer(world.township_officer("王主任"))
    await li.sends_location(km_from_village=9)
    await li.presses("说明情况")
    await li.says("到乡镇开例会")
    await world.advance(hours=1)
    await wang.says(f"/start {await world.invites(wang)}")
    await wang.presses("同意并开始")
    await wang.sees("李雪", "到乡镇开例会", buttons=["情况属实", "不属实", "看位置"])
