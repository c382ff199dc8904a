"""附件 of a leave: while it is asked for and later; who sees them, who doesn't; kept aside, gone with their leave."""

import pytest

from bot.fetcher import Fetcher
from policy.authority import Role
from policy.leave import sees_attachments
from storage import retention
from storage.tables import Audit, LeaveAttachment
from tests.world import CHANNEL

READY = ["提交", "修改", "加附件", "改电话", "取消"]


def photo(n, album=None):
    sizes = [{"file_id": f"photo-{n}", "file_unique_id": f"u{n}", "width": 1280, "height": 1280}]
    return {"photo": sizes} if album is None else {"photo": sizes, "media_group_id": album}


@pytest.fixture
def people(world, tmp_path):
    folder = tmp_path / "incoming"
    world.delivery.errands.fetcher = Fetcher(world.db, world.bot, CHANNEL, folder, world.clock, lambda: None)
    for n in range(1, 5):
        world.api.files[f"photo-{n}"] = f"jpeg{n}".encode()
    return {
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "zhao": world.cadre("赵敏", village="石门村"),
        "liu": world.township_officer("刘敏"),
        "sun": world.county_staff("孙丽"),
        "he": world.county_leader("何书记"),
        "zheng": world.unit_liaison("郑联络"),
    }


async def test_sent_while_it_is_asked_for_and_looked_at_by_who_decides(world, people):
    zhou, wang, zhao, liu = (people[name] for name in ("zhou", "wang", "zhao", "liu"))
    await zhou.says("请假 病假 11-24到11-25 去医院")
    await zhou.presses("加附件")
    await zhou.sees(
        "把病假条等附件发来", "只有审批的人、县里和您自己能看；诊断内容可以遮住。", buttons=["返回", "取消"]
    )
    await zhou.sends_raw(photo(1))
    await zhou.sees("请核对：", "📎 附件 1 个", buttons=READY)
    await zhou.sends_document(b"MZ", "病历.exe")
    await zhou.sees("这种文件发不了")
    await zhou.sends_raw(photo(2, album="a1"))
    await zhou.sends_raw(photo(3, album="a1"))
    await zhou.sees_nothing()
    await world.advance(seconds=3)
    await zhou.sees("请核对：", "📎 附件 3 个", buttons=READY)
    await zhou.sends_document(b"%PDF-1", "病假条.pdf")
    await zhou.sees("📎 附件 4 个")
    await zhou.presses("提交")
    await zhou.sees("已提交", buttons=["撤回", "补附件", "看附件"])
    await liu.sees("📝 请假 · 周建国", "📎 附件 4 个", buttons=["同意", "不同意", "报县审批", "经请示同意", "看附件"])
    found = await world.rows(LeaveAttachment)
    assert [row.file_name for row in found] == ["photo.jpg"] * 3 + ["病假条.pdf"]
    assert all(row.kept_as for row in found)
    folder = world.delivery.errands.fetcher._folder.parent / "files"
    assert (folder / found[3].kept_as).read_bytes() == b"%PDF-1"
    await liu.presses("看附件")
    await liu.sees("📎 周建国（石门村）病假 · 11月24日至25日")
    data = f"lvatt:{found[0].leave_id}:see"
    for other in (zhao, wang, people["zheng"], people["he"]):
        await other.presses_data(data, await other_card(world, other))
        await other.sees("不在您的职责范围内")
    for one in (zhou, people["sun"]):
        await one.presses_data(data, await other_card(world, one))
        await one.sees("📎 周建国（石门村）病假")
    looks = [row for row in await world.rows(Audit) if row.action == "leave:attachment_view"]
    assert [row.person_id for row in looks] == [liu.person_id, zhou.person_id, people["sun"].person_id]


async def other_card(world, actor):
    """Any message to press a forged button on."""
    await actor.says("帮助")
    return await actor.last()


async def test_sent_later_by_the_button_or_in_reply_and_the_cards_show_it(world, people):
    zhou, liu = people["zhou"], people["liu"]
    await zhou.says("请假 病假 11-24到11-25 去医院")
    await zhou.presses("提交")
    card = await zhou.sees("已提交", buttons=["撤回", "补附件"])
    await zhou.presses("补附件")
    await zhou.sends_raw(photo(1))
    await zhou.sees("📎 已补附件：病假 · 11月24日至25日，一共 1 个。还有就接着发。", buttons=["好了", "删掉这个"])
    await liu.sees("📝 请假 · 周建国", "📎 附件 1 个")
    await zhou.presses("删掉这个")
    await zhou.sees("已删掉这个附件，还有 0 个。", buttons=["补附件"])
    assert await world.rows(LeaveAttachment) == []
    await zhou.sends_raw(photo(2))
    await zhou.presses("好了")
    await zhou.sees("📎 附件一共 1 个，审批的人能看到。", buttons=[])
    await zhou.sends_raw(photo(3))
    await zhou.sees("收到图片，这里不用发照片，没有保存。")
    await liu.presses("同意")
    reply = {"message_id": card.message_id, "date": 1, "chat": {"id": zhou.chat_id, "type": "private"}}
    for n in (3, 4):
        await zhou.sends_raw({**photo(n, album="a2"), "reply_to_message": reply})
    await world.advance(seconds=3)
    await zhou.sees("📎 已补附件：病假", "一共 3 个", buttons=["好了"])
    await liu.sees("已批准 · 刘敏", "📎 附件 3 个", buttons=["看附件", "审批表"])
    first = (await world.rows(LeaveAttachment))[0]
    await zhou.presses_data(f"lvatt:{first.id}:drop")
    await zhou.sees("审批时已经有这个附件，留作依据，没有删（本县规定）")


async def test_a_withdrawn_leave_keeps_nothing_and_takes_nothing_more(world, people):
    zhou = people["zhou"]
    await zhou.says("请假 病假 11-24 去医院")
    await zhou.sends_raw(photo(1))
    await zhou.presses("提交")
    (row,) = await world.rows(LeaveAttachment)
    async with world.db.read() as session:
        assert await retention.wanted_files(session) == {row.kept_as}
    card = await zhou.sees("已提交")
    await zhou.presses("撤回")
    assert await world.rows(LeaveAttachment) == []
    async with world.db.read() as session:
        assert await retention.wanted_files(session) == set(), "the file goes with the next tidying"
    reply = {"message_id": card.message_id, "date": 1, "chat": {"id": zhou.chat_id, "type": "private"}}
    await zhou.sends_raw({**photo(2), "reply_to_message": reply})
    await zhou.sees("这次请假已经撤回或没有批准，附件没有加。")


async def test_nine_are_enough_and_one_that_could_not_be_had_is_asked_for_again(world, people):
    zhou = people["zhou"]
    await zhou.says("请假 病假 11-24 去医院")
    for _n in range(9):
        await zhou.sends_raw(photo(1))
    await zhou.sends_raw(photo(1))
    await zhou.sees("附件最多 9 个，这个没有加（本县规定）")
    await zhou.presses("取消")
    await zhou.says("语言")
    await zhou.presses("English")
    await zhou.says("leave sick tomorrow see a doctor")
    await zhou.sends_raw(photo(9))
    await zhou.sees("Papers: 1", buttons=["Submit", "Change", "Add a paper", "Change phone", "Cancel"])
    await zhou.presses("Submit")
    await zhou.sees("The paper “photo.jpg” could not be kept, please send it again.", buttons=["Send a paper"])


@pytest.mark.parametrize(
    "role, level, sees",
    [
        (Role.FIRST_SECRETARY, Role.FIRST_SECRETARY, True),
        (Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, False),
        (Role.TOWNSHIP_OFFICER, Role.FIRST_SECRETARY, True),
        (Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, False),
        (Role.COUNTY_STAFF, Role.FIRST_SECRETARY, True),
        (Role.TEAM_MEMBER, Role.FIRST_SECRETARY, False),
        (Role.UNIT_LIAISON, Role.FIRST_SECRETARY, False),
    ],
)
def test_who_sees_them_by_the_level_that_decides(role, level, sees):
    assert sees_attachments(role, [level]) is sees
