"""A notice that wants 已落实: the day, what is said, who has and who hasn't, the reminder of the last day."""

import io
import os
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from bot.fetcher import Fetcher
from bot.settings import Settings
from storage.delivery import Claimed
from storage.tables import Audit, Notice, Outbox, OutboxState, Outing, ReadReceipt, TaskReport
from tests.world import CHANNEL

TEXT = "关于加固低洼户房屋的通知\n请逐户看一遍。"
WEDNESDAY = date(2026, 11, 25)
PHOTO = {"photo": [{"file_id": f"photo-{n}", "file_unique_id": f"u{n}", "width": n, "height": n} for n in (90, 1280)]}


@pytest.fixture
def people(world, tmp_path):
    """County staff, three cadres in two villages, an officer; files are fetched."""
    folder = tmp_path / "incoming"
    world.delivery.errands.fetcher = Fetcher(world.db, world.bot, CHANNEL, folder, world.clock, lambda: None)
    world.api.files["photo-1280"] = b"jpeg"
    return {
        "孙丽": world.county_staff("孙丽"),
        "周建国": world.cadre("周建国", village="石门村"),
        "王强": world.cadre("王强", village="石门村", secretary=True),
        "李雪": world.cadre("李雪", village="东峪村"),
        "刘敏": world.township_officer("刘敏"),
    }


async def writes(actor, day="3 天内", text=TEXT):
    """To the preview of a task."""
    await actor.says("📣通知")
    await actor.presses("全县")
    await actor.says(text)
    await actor.presses("修改")
    await actor.presses("需落实")
    await actor.presses(day)


async def sends(actor, day="3 天内"):
    await writes(actor, day)
    await actor.presses("发送")


async def reports(world):
    await world.settle()
    async with world.db.read() as session:
        return list(await session.scalars(select(TaskReport).order_by(TaskReport.person_id)))


async def test_the_day_is_part_of_the_draft(world, people):
    sun = people["孙丽"]
    await sun.says("📣通知")
    await sun.presses("全县")
    await sun.says(TEXT)
    await sun.presses("修改")
    await sun.sees("落实：不要求。", buttons=[
        "改内容", "改收件人", "不要回执", "设为紧急", "有效期", "需落实", "返回预览", "取消",
    ])  # fmt: skip
    await sun.presses("需落实")
    await sun.sees("要求哪天前落实", "附一句话或一个文件", buttons=["1 天内", "3 天内", "7 天内", "返回预览", "取消"])
    await sun.presses("返回预览")
    said = await sun.sees("预览")
    assert "落实" not in said.text
    await sun.presses("修改")
    await sun.presses("需落实")
    await sun.says("尽快")
    await sun.sees("没看懂“尽快”是哪一天")
    for past in ("昨天", "2026-11-20"):
        await sun.says(past)
        await sun.sees("落实的日期不能早于发出那天（11月23日）")
    await sun.says("2028-11-20")
    await sun.sees("366 天以内")
    await sun.says("12月1日前")
    await sun.sees("预览", "请在12月1日前落实，办好点「已落实」。", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("修改")
    await sun.sees("落实：请在12月1日前落实")
    await sun.presses("需落实")
    await sun.presses("不要落实")
    said = await sun.sees("预览")
    assert "落实" not in said.text
    await sun.presses("修改")
    await sun.presses("需落实")
    await sun.says("我的通知")
    await sun.presses_data("ntask:d3")
    await sun.sees("这份通知还没有发", buttons=["继续上次的"])
    assert await world.rows(Notice) == []


async def test_said_in_a_sentence_with_a_file_or_with_nothing(world, people):
    sun, zhou, wang, li = (people[name] for name in ("孙丽", "周建国", "王强", "李雪"))
    await sends(sun)
    card = await zhou.sees("关于加固低洼户房屋", "请在11月26日前落实", buttons=["已阅", "已落实"])
    await zhou.presses("已阅")
    await zhou.sees("已阅。")
    assert list(card.buttons()) == ["已落实", "回复"]
    await zhou.presses("已落实")
    await zhou.sees("怎么落实的？一句话，或发一个文件、一张图片", buttons=["没有要说的", "取消"])
    await zhou.says("已加固 <3> 处")
    await zhou.sees("✅ 已落实：关于加固低洼户房屋的通知", "11月23日 08:02 · 已加固 <3> 处", buttons=["补充"])
    assert list(card.buttons()) == ["回复"]
    await wang.presses("已落实")
    await wang.presses("没有要说的")
    await wang.sees("✅ 已落实", "11月23日 08:02", buttons=["补充"])
    await li.presses("已落实")
    await li.sends_document(b"%PDF-1", "加固清单.pdf", caption="东峪村 5 户")
    await li.sees("✅ 已落实", "东峪村 5 户 · 加固清单.pdf")
    assert len([row for row in await world.rows(Audit) if row.action == "task:report"]) == 3
    found = {row.person_id: row for row in await reports(world)}
    row = found[li.person_id]
    assert row.kept_as is not None
    assert row.kept_as.endswith(".pdf")
    kept = world.delivery.errands.fetcher._folder.parent / "files" / row.kept_as
    assert kept.read_bytes() == b"%PDF-1"
    assert [row.person_id for row in await world.rows(Audit) if row.action == "task:keep_file"] == [li.person_id]
    async with world.db.read() as session:
        assert await session.get(ReadReceipt, (row.notice_id, li.person_id)) is not None, "who has done it has read it"
    await world.advance(seconds=3)
    await sun.sees("已发完 3/3 · 已阅 3 · 已落实 3", buttons=["未落实名单", "再提醒", "撤回"])


async def test_what_is_added_joins_what_was_said(world, people):
    sun, zhou = people["孙丽"], people["周建国"]
    await sends(sun)
    await zhou.presses("已落实")
    await zhou.says("已加固 3 处。")
    await world.at("09:30", WEDNESDAY + timedelta(days=2))  # past the day
    await zhou.presses("补充")
    await zhou.sees("「关于加固低洼户房屋的通知」已经报过：11月23日 08:02 · 已加固 3 处。", "补充一句话，会接在后面",
                    buttons=["重写", "取消"])  # fmt: skip
    await zhou.says("又查 2 户")
    said = await zhou.sees("✅ 已落实", "11月23日 08:02 · 已加固 3 处；又查 2 户", buttons=["补充"])
    assert "迟报" not in said.text
    await zhou.presses("补充")
    await zhou.sends_raw(PHOTO)
    await zhou.sees("✅ 已落实", "已加固 3 处；又查 2 户 · photo.jpg")
    await zhou.presses("补充")
    await zhou.sees("会换掉原来的文件")
    await zhou.says("改" * 200)
    await zhou.presses("补充")
    await zhou.says("改" * 60)
    await zhou.sees("和原来说的加起来太长了，没有记下", "一共最多 250 字", "重写")
    [row] = await reports(world)
    assert (row.words[:18], row.file_id, row.is_late) == ("已加固 3 处；又查 2 户；改改改", "photo-1280", False)
    afters = [audit.after for audit in await world.rows(Audit) if audit.action == "task:report"]
    assert [(after["first"], after["adds"]) for after in afters[:3]] == [(True, False), (False, True), (False, True)]


async def test_what_was_added_is_in_the_lists_and_the_workbook(world, people):
    sun, zhou = people["孙丽"], people["周建国"]
    await sends(sun)
    await zhou.presses("已落实")
    await zhou.says("已加固 3 处")
    await zhou.presses("补充")
    await zhou.says("又查 2 户")
    await world.advance(seconds=3)
    await sun.presses("未落实名单")
    await sun.presses("全部名单")
    await sun.presses("看已落实")
    await sun.sees("周建国 · 队员 · 11月23日 08:02 · 已加固 3 处；又查 2 户")
    await sun.presses("导出表")
    said = await sun.sees("未落实 2")
    rows = list(openpyxl.load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert any("已加固 3 处；又查 2 户" in row for row in rows)


async def test_said_anew_it_takes_the_place_of_the_first(world, people):
    await sends(people["孙丽"])
    zhou = people["周建国"]
    await zhou.presses("已落实")
    await zhou.says("看过了")
    await zhou.presses("补充")
    old = await zhou.sees("要从头说，点「重写」")
    await zhou.presses("重写")
    await zhou.sees("怎么落实的", buttons=["没有要说的", "取消"])
    await zhou.sends_raw(PHOTO)
    await zhou.sees("✅ 已落实", "photo.jpg")
    [row] = await reports(world)
    assert (row.words, row.file_id, row.kept_as is not None) == (None, "photo-1280", True)
    afters = [audit.after for audit in await world.rows(Audit) if audit.action == "task:report"]
    assert [after["first"] for after in afters] == [True, False]
    await zhou.presses_data("ndone1", old)
    await zhou.sees("这一步已经过了")


async def test_its_file_is_backed_up_and_goes_when_nobody_points_to_it_any_more(world, people, tmp_path):
    fetcher, files = world.delivery.errands.fetcher, Settings(_env_file=None, data_dir=tmp_path).files
    await sends(people["孙丽"])
    zhou, wang = people["周建国"], people["王强"]
    for who, content in ((zhou, b"%PDF-1"), (wang, b"%PDF-2")):
        await who.presses("已落实")
        await who.sends_document(content, "清单.pdf")
        await who.sees("✅ 已落实")
    assert sorted(path.read_bytes() for path in files.iterdir()) == [b"%PDF-1", b"%PDF-2"]
    await zhou.presses("补充")
    await zhou.presses("重写")
    await zhou.says("清单发错了，口头说明")
    await zhou.sees("✅ 已落实")
    for path in files.iterdir():
        os.utime(path, (world.now.timestamp(),) * 2)
    (files / "just.part").write_bytes(b"it is being kept")
    os.utime(files / "just.part", ((world.now + timedelta(days=2)).timestamp(),) * 2)
    await fetcher.forget_unwanted(world.clock() + timedelta(days=1))
    assert len(list(files.iterdir())) == 3, "a record may be on its way"
    await fetcher.forget_unwanted(world.clock() + timedelta(days=3))
    assert sorted(path.read_bytes() for path in files.iterdir()) == [b"%PDF-2", b"it is being kept"]
    noted = [row for row in await world.rows(Audit) if row.subject == "files"]
    assert [(row.action, row.after) for row in noted] == [("retention:thin", {"files": 1})]


async def test_a_file_that_can_t_be_had_counts_all_the_same(world, people):
    await sends(people["孙丽"])
    zhou = people["周建国"]
    world.api.files.clear()
    await zhou.presses("已落实")
    await zhou.sends_raw(PHOTO)
    await zhou.sees("✅ 已落实")
    await zhou.sees("文件没有存下来，「已落实」照样算", buttons=["补充"])
    await zhou.presses("补充")
    await zhou.sends_document(b"x", "a.exe")
    await zhou.sees("这种文件发不了")
    await zhou.says("改" * 201)
    await zhou.sees("最多 200 字")
    await zhou.says("口头说明")
    [row] = await reports(world)
    assert (row.words, row.file_id) == ("口头说明", "photo-1280")


async def test_a_file_that_is_here_is_nobody_s_sentence(world, people):
    """It comes while something else is awaited, and is not taken for it."""
    await sends(people["孙丽"])
    zhou = people["周建国"]
    await zhou.presses("已落实")
    fetcher, world.delivery.errands.fetcher = world.delivery.errands.fetcher, Late()
    await zhou.sends_document(b"%PDF-1", "清单.pdf")
    await zhou.says("临时外出")
    await zhou.sees("去哪里、几点回")
    await fetcher.fetch(Late.rows.pop())
    await world.settle()
    assert await world.rows(Outing) == []
    [row] = await reports(world)
    assert row.kept_as is not None


class Late:
    """A fetcher that takes its time."""

    rows: list[Claimed] = []  # noqa: RUF012

    async def fetch(self, row):
        self.rows.append(row)


async def test_left_in_the_middle_it_is_offered_again(world, people):
    await sends(people["孙丽"])
    zhou = people["周建国"]
    await zhou.presses("已落实")
    await zhou.says("我的")
    await zhou.says("取消")
    await zhou.sees("上次没说完的：报已落实", buttons=["继续上次的", "不要了"])
    await zhou.presses("继续上次的")
    await zhou.sees("怎么落实的")
    await zhou.says("取消")
    await zhou.sees("不办了：报已落实")
    assert await reports(world) == []


async def test_who_has_and_who_hasn_t_by_area(world, people):
    sun, zhou, li, liu = (people[name] for name in ("孙丽", "周建国", "李雪", "刘敏"))
    await sends(sun)
    await zhou.presses("已落实")
    await zhou.says("已加固 3 处")
    await li.presses("已落实")
    await li.sends_document(b"%PDF-1", "清单.pdf")
    await world.advance(seconds=3)
    await sun.presses("未落实名单")
    await sun.sees(
        "未落实 1 · 已落实 2 · 共 3 人", "柳河镇  未落实 1/3", buttons=["柳河镇", "全部名单", "看已落实", "导出表"]
    )
    await sun.presses("全部名单")
    await sun.sees("石门村 · 王强 · 第一书记")
    await sun.presses("看已落实")
    await sun.sees(
        "石门村 · 周建国 · 队员 · 11月23日 08:02 · 已加固 3 处", "东峪村 · 李雪 · 队员 · 11月23日 08:02 · 清单.pdf"
    )
    await sun.presses("看李雪的")
    said = await sun.sees("东峪村 李雪 · 11月23日 08:02 · 清单.pdf")
    assert said.file_name is not None
    await liu.says("通知")
    [notice] = await world.rows(Notice)
    await liu.presses_data(f"ndonef:{notice.id}:{li.person_id}")
    await liu.sees("东峪村 李雪")
    for other in (zhou, world.unit_liaison("何静"), world.township_officer("许文静", "白杨乡")):
        await other.says("你好")
        await other.presses_data(f"ndonef:{notice.id}:{li.person_id}")
        await other.sees("没有找到")
    await sun.presses("导出表")
    said = await sun.sees("未落实 1")
    assert said.file_name.startswith("样例安岭县通知落实名单-")
    rows = list(openpyxl.load_workbook(io.BytesIO(said.file)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][6:] == ("状态", "送达时间", "落实时间", "迟报", "落实情况")
    found = {row[3]: row[6:] for row in rows[1:]}
    assert found["周建国"] == ("已落实", "2026-11-23 08:02", "2026-11-23 08:02", None, "已加固 3 处")
    assert found["王强"] == ("未落实", "2026-11-23 08:02", None, None, None)
    assert found["李雪"][-1] == "清单.pdf"


async def test_on_the_day_only_those_missing_are_reminded(world, people):
    sun, zhou, wang, li = (people[name] for name in ("孙丽", "周建国", "王强", "李雪"))
    await sends(sun, "1 天内")
    await zhou.presses("已落实")
    await zhou.presses("没有要说的")
    for person in (zhou, wang, li):
        await person.looks_away()
    await world.at("08:59", date(2026, 11, 24))
    await wang.sees_nothing()
    await world.at("09:00", date(2026, 11, 24))
    await wang.sees("⏰ 11月24日前要落实：关于加固低洼户房屋的通知", buttons=["已落实", "看全文"])
    await li.sees("⏰")
    await zhou.sees_nothing()
    rows = [row for row in await world.rows(Outbox) if row.kind == "task_reminder"]
    assert [row.state for row in rows].count(OutboxState.SENT) == 2
    await wang.presses("已落实")
    await wang.presses("没有要说的")
    await wang.sees("✅ 已落实")
    await world.at("09:00", WEDNESDAY)
    await li.presses("已落实")
    await li.presses("没有要说的")
    await li.sees("✅ 已落实", "11月25日 09:00，迟报")


async def test_reminded_by_hand_are_those_who_have_not_done_it(world, people):
    sun, zhou, wang = (people[name] for name in ("孙丽", "周建国", "王强"))
    await sends(sun)
    await zhou.presses("已落实")
    await zhou.presses("没有要说的")
    await wang.presses("已阅")
    await world.advance(seconds=3)
    for person in (zhou, wang):
        await person.looks_away()
    await sun.presses("再提醒")
    await sun.sees("正在提醒还没报「已落实」的人")
    await wang.sees("🔔 还没有报「已落实」：关于加固低洼户房屋", "请在11月26日前落实", buttons=["已落实", "看全文"])
    await zhou.sees_nothing()
    for person in (wang, people["李雪"]):
        await person.presses("已落实")
        await person.presses("没有要说的")
    await world.advance(minutes=6)
    await sun.presses("再提醒")
    await sun.sees("都报了「已落实」")


async def test_withdrawn_nothing_is_wanted_any_more(world, people):
    sun, zhou, li = people["孙丽"], people["周建国"], people["李雪"]
    await sends(sun, "1 天内")
    data = (await zhou.sees("加固")).buttons()["已落实"]
    await world.advance(seconds=3)
    await sun.presses("撤回")
    await sun.presses("确定撤回")
    await zhou.says("你好")
    await zhou.presses_data(data)
    await zhou.sees("已经撤回")
    await li.looks_away()
    await world.at("09:30", date(2026, 11, 24))
    await li.sees_nothing()
    stranger = world.cadre("潘建军", village="南坡村", township="石桥镇")
    await stranger.says("你好")
    await stranger.presses_data(data)
    await stranger.sees("没有找到")
    await zhou.says("你好")
    await zhou.presses_data("ndone0")
    await zhou.sees("这一步已经过了")
    assert await reports(world) == []


async def test_a_plain_notice_asks_for_no_more_than_reading(world, people):
    sun, zhou = people["孙丽"], people["周建国"]
    await sun.says("📣通知")
    await sun.presses("全县")
    await sun.says(TEXT)
    await sun.presses("发送")
    await zhou.sees("加固", buttons=["已阅"])
    [notice] = await world.rows(Notice)
    await zhou.presses_data(f"ndone:{notice.id}")
    await zhou.sees("现在不能这样办")
    assert [row for row in await world.rows(Outbox) if row.kind == "task_reminder"] == []
