"""通知: written, previewed, sent, followed, paused, withdrawn; what cadres see of it."""

from datetime import date

import pytest
from sqlalchemy import select

from storage.tables import Notice, Outbox, OutboxState, ReadReceipt
from tests.botapi import ApiError

TEXT = "关于做好寒潮防范工作的通知\n今晚降温，请到低洼户看一看。"


@pytest.fixture
def people(world):
    """County staff, three cadres in two villages, an officer; messages go out at 28 a second."""
    world.worker._dispatcher["send_rate"] = 28
    return {
        "sun": world.county_staff("孙丽"),
        "zhou": world.cadre("周建国", village="石门村"),
        "wang": world.cadre("王强", village="石门村", secretary=True),
        "li": world.cadre("李雪", village="东峪村"),
        "liu": world.township_officer("刘敏"),
    }


def photo(caption=None, album=None):
    sizes = [{"file_id": f"photo-{n}", "file_unique_id": f"u{n}", "width": n, "height": n} for n in (90, 1280)]
    message = {"photo": sizes}
    if caption is not None:
        message["caption"] = caption
    if album is not None:
        message["media_group_id"] = album
    return message


async def writes(actor, text=TEXT, whom="全县"):
    """The whole way to the preview."""
    await actor.says("📣通知")
    await actor.presses(whom)
    await actor.says(text)


async def sends(actor, text=TEXT, whom="全县"):
    await writes(actor, text, whom)
    await actor.presses("发送")


async def test_from_a_word_to_the_last_receipt(world, people):
    sun, zhou, wang, liu = (people[name] for name in ("sun", "zhou", "wang", "liu"))
    await sun.says("通知")
    await sun.sees(
        "发给谁？",
        buttons=["全县", "第一书记", "按乡镇", "选人", "按单位", "按职务", "已发通知", "未读通知", "取消"],
    )
    await sun.presses("全县")
    await sun.sees("文字、图片或文件", buttons=["取消"])
    await sun.says(TEXT)
    await sun.sees(
        "📣 预览（与收到的一样）",
        "低洼户看一看。\n\n— 安岭县 孙丽",
        "收件 3 人，马上发完。要求点「已阅」。",
        "发给：安岭县驻村干部",
        buttons=["发送", "定时", "修改", "取消"],
    )
    assert await world.rows(Notice) == [], "a draft is no notice"
    await sun.presses("发送")
    await sun.sees("📣 发送中 0/3", buttons=["暂停", "取消"])
    await zhou.sees("📣 关于做好寒潮防范工作的通知", "— 安岭县 孙丽", buttons=["已阅"])
    await world.advance(seconds=3)
    await sun.sees(
        "📣 已发完 3/3 · 已阅 0", "关于做好寒潮防范工作的通知 · 安岭县", buttons=["未阅名单", "再提醒", "撤回"]
    )
    await liu.sees_nothing()
    await zhou.presses("已阅")
    await zhou.sees("已阅。")
    [card] = [said for said in zhou._messages() if said.text.startswith("📣")]
    assert list(card.buttons()) == ["回复"], "quietly: the words stay, and a way to answer"
    await zhou.presses_data(f"nread:{(await world.rows(Notice))[0].id}", card)
    await zhou.sees("您11月23日 08:02已经点过了")
    await sun.looks_away()
    await wang.presses("已阅")
    await sun.sees_nothing()
    await world.advance(seconds=3)
    await sun.sees("已发完 3/3 · 已阅 2")
    assert len(await receipts(world)) == 2
    assert [tag for tag in await world.audit() if tag.startswith("notice")] == ["notice:submit", "notice:send"]


async def receipts(world):
    await world.settle()
    async with world.db.read() as session:
        return list(await session.scalars(select(ReadReceipt)))


async def test_formatting_is_kept_and_safe(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sun.says("通知")
    await sun.presses("全县")
    text = "重要 <b>不是标签</b> 网址 坏链接 身份证130102199001011234"
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 15, "length": 2, "url": 'https://example.org/?a=1&b="2'},
        {"type": "text_link", "offset": 18, "length": 3, "url": "javascript:alert(1)"},
        {"type": "mention", "offset": 0, "length": 2},
    ]
    await sun.sends_raw({"text": text, "entities": entities})
    await sun.sees("重要 <b>不是标签</b> 网址 坏链接", "**************1234", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("发送")
    await zhou.sees("重要 <b>不是标签</b>")
    [notice] = await world.rows(Notice)
    assert notice.html.startswith(
        '<b>重要</b> &lt;b&gt;不是标签&lt;/b&gt; <a href="https://example.org/?a=1&amp;b=&quot;2">网址</a> 坏链接'
    )
    assert "19900101" not in notice.html


async def test_a_picture_with_its_words_and_a_long_text_after_it(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sun.says("通知")
    await sun.presses("全县")
    await sun.sends_raw(photo())
    await sun.sees("收到附件。再发一句通知的内容", buttons=["取消"])
    await sun.says("防汛路线图")
    await sun.sees("收件 3 人", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("发送")
    shown = await zhou.sees("📣 防汛路线图", buttons=["已阅"])
    assert (shown.is_photo, shown.file_name) == (True, "photo-1280")
    await zhou.presses("已阅")
    await zhou.sees("已阅。")

    await writes(sun, "长" * 2_000)
    await sun.sends_raw(photo())
    await sun.sees("收件 3 人", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("发送")
    picture, text = [said for said in zhou._messages() if "长长" in said.text]
    assert (picture.is_photo, picture.buttons()) == (True, {})
    assert (text.is_photo, list(text.buttons())) == (False, ["已阅"])
    assert "全文见下一条" in picture.text
    keys = {row.natural_key.split(":to:")[0].split(":", 2)[-1] for row in await world.rows(Outbox)}
    assert "picture" in keys


async def test_one_picture_of_an_album_and_kinds_that_are_refused(world, people):
    sun = people["sun"]
    await sun.says("通知")
    await sun.presses("全县")
    await sun.sends_raw({"video": {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 1}})
    await sun.sees("这个发不了", "文字、图片或文件")
    await sun.sends_document(b"x", "补丁.exe")
    await sun.sees("这种文件发不了，没有记下（本县规定）", "pdf")
    await sun.sends_document(b"x", "方案.pdf", caption="实施方案见附件")
    shown = await sun.sees("📣 实施方案见附件", "— 安岭县 孙丽")
    assert shown.file_name == "file2"
    await sun.sends_raw(photo("换成图片", album="7"))
    await sun.sees("收件 3 人")
    await sun.sends_raw(photo(album="7"))
    await sun.sees("带一张图片，用的是第一张")
    await sun.sends_raw(photo(album="7"))
    await sun.sees_nothing()
    await sun.says("随便说一句")
    await sun.sees("通知还没有发", "修改", "取消")
    huge = {"document": {"file_id": "h", "file_unique_id": "h", "file_name": "录像.pdf", "file_size": 25_000_000}}
    await sun.sends_raw(huge)
    await sun.sees("文件有 25 MB", "最多 20 MB")


async def test_too_long_is_refused_with_the_length(world, people):
    sun = people["sun"]
    await sun.says("通知")
    await sun.presses("全县")
    await sun.says("😀" * 2_001)
    await sun.sees("通知有 4002 字", "最多 4000 字", "作为文件发")
    await sun.says("字" * 4_000)
    shown = [said for said in sun._fresh() if "字字" in said.text]
    assert len(shown) == 1, "as it will be seen, in a message of its own"
    await sun.sees("收件 3 人", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("发送")
    await people["zhou"].sees("字字", "— 安岭县 孙丽", buttons=["已阅"])


async def test_changes_before_it_goes_out(world, people):
    sun, zhou, wang = people["sun"], people["zhou"], people["wang"]
    await writes(sun)
    old = (await sun.last()).buttons()["发送"]
    await sun.presses("修改")
    await sun.sees(
        "改哪一项", "回执：要求点「已阅」", "有效期：7 天",
        buttons=["改内容", "改收件人", "不要回执", "设为紧急", "有效期", "需落实", "返回预览", "取消"],
    )  # fmt: skip
    await sun.presses("不要回执")
    await sun.sees("回执：不要求点「已阅」")
    await sun.presses("有效期")
    await sun.says("哪天都行")
    await sun.sees("没看懂到哪一天")
    await sun.says("12月31日")
    await sun.sees("有效到12月31日：这以前新来的人也会收到。", "不要求点「已阅」")
    await sun.presses_data(old)
    await sun.sees("这份预览后来改过了，没有发")
    world.worker._dispatcher["send_rate"] = 0.1
    await sun.presses("修改")
    await sun.presses("改收件人")
    await sun.sees("发给谁", buttons=["全县", "第一书记", "按乡镇", "选人", "按单位", "按职务", "返回预览", "取消"])
    await sun.presses("第一书记")
    await sun.sees("收件 1 人，约 10 秒发完。", "发给：安岭县第一书记")
    await sun.presses("修改")
    await sun.presses("改内容")
    await sun.says("改过的通知")
    await sun.sees("改过的通知", "收件 1 人")
    await sun.presses("发送")
    await wang.sees("改过的通知", buttons=["回复"])
    await zhou.sees_nothing()
    await world.advance(seconds=3)
    await sun.sees("已发完 1/1", buttons=["撤回"])


async def test_whom_it_is_for_is_left_without_losing_what_is_written(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await writes(sun)
    for kind in (None, "按乡镇", "选人"):
        await sun.presses("修改")
        await sun.presses("改收件人")
        if kind is not None:
            await sun.presses(kind)
        await sun.presses("返回预览")
        await sun.sees("低洼户", "收件 3 人", "发给：安岭县驻村干部", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("修改")
    await sun.presses("改收件人")
    await sun.presses("取消")
    await sun.sees("好的，没有发。写好的先留着", buttons=["继续上次的"])
    assert await world.rows(Notice) == []
    await sun.presses("继续上次的")
    await sun.sees("发给谁")
    await sun.presses("返回预览")
    await sun.presses("发送")
    await zhou.sees("低洼户")


async def test_begun_with_its_words_there_is_no_preview_to_go_back_to(world, people):
    sun = people["sun"]
    await sun.says("通知 明天九点开会")
    assert "返回预览" not in (await sun.sees("发给谁")).buttons()
    await sun.presses("选人")
    await sun.sees("把姓名发来", buttons=["取消"])
    await sun.says("通知")
    await sun.presses("取消")
    await sun.sees("好的，没有发。", buttons=[])


async def test_left_in_the_middle_it_is_offered_again_and_cancelled_it_is_gone(world, people):
    sun = people["sun"]
    await writes(sun)
    await sun.says("今日在岗")
    await sun.says("通知")
    await sun.sees(buttons=[
        "全县", "第一书记", "按乡镇", "选人", "按单位", "按职务", "继续上次的", "已发通知", "未读通知", "取消",
    ])  # fmt: skip
    await sun.presses("继续上次的")
    await sun.sees("低洼户", "收件 3 人", buttons=["发送", "定时", "修改", "取消"])
    await sun.presses("取消")
    await sun.sees("不办了：发通知", "没有记下任何东西")
    old = "nsend:12345678"
    await sun.presses_data(old)
    await sun.sees("已经办过，或者过了时间，没有再发")
    assert await world.rows(Notice) == []


async def test_sent_from_a_preview_that_was_left_it_says_so_and_shows_the_way_back(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await writes(sun)
    buttons = (await sun.last()).buttons()
    await sun.says("今日在岗")
    await sun.presses_data(buttons["发送"])
    await sun.sees("这份通知还没有发，刚才去办别的了。点「继续上次的」接着办。", buttons=["继续上次的"])
    await zhou.sees_nothing()
    await sun.presses("继续上次的")
    await sun.presses("修改")
    await sun.presses("改内容")
    await sun.presses_data(buttons["发送"])
    await sun.sees("这份通知正在改，没有发。改完会再给一份预览，请点那一份。")
    await sun.says("今日在岗")
    await sun.presses_data(buttons["修改"])
    await sun.sees("这份通知还没有发", buttons=["继续上次的"])
    assert await world.rows(Notice) == []
    await sun.presses("继续上次的")
    await sun.says("改过的通知")
    await sun.presses("发送")
    await zhou.sees("改过的通知")
    await sun.presses_data(buttons["发送"])
    await sun.sees("已经办过，或者过了时间，没有再发")


@pytest.mark.parametrize("said, due", [("11-24 8:30", "11月24日 08:30"), ("明天9点", "11月24日 09:00")])
async def test_at_a_time(world, people, said, due):
    sun, zhou = people["sun"], people["zhou"]
    await writes(sun)
    await sun.presses("定时")
    await sun.sees("什么时候发", buttons=["明天 8:30", "马上发", "返回预览", "取消"])
    await sun.says("过几天吧")
    await sun.sees("没看懂是什么时候")
    await sun.says("今天7:00")
    await sun.sees("这个时间已经过去了")
    await sun.says("昨天8点")
    await sun.sees("这个时间已经过去了，没有发", "例如：明天8点")
    await sun.says(said)
    await sun.sees(f"定于{due} 发。", "收件 3 人，到时马上发完。")
    await sun.presses("发送")
    await sun.sees(f"📣 定于{due} 发 · 收件 3 人", buttons=["取消"])
    await world.at("08:00", date(2026, 11, 24))
    await zhou.sees_nothing()
    await world.at("09:00", date(2026, 11, 24))
    await zhou.sees("低洼户", buttons=["已阅"])


async def test_a_scheduled_one_that_is_cancelled_never_goes_out(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await writes(sun)
    await sun.presses("定时")
    await sun.presses("明天 8:30")
    await sun.presses("发送")
    await sun.presses("取消")
    await sun.sees("📣 已取消，没有发。", buttons=["再编辑"])
    await world.at("09:00", date(2026, 11, 24))
    await zhou.sees_nothing()


async def test_quiet_hours_are_said_and_only_an_urgent_one_passes(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await world.at("21:00")
    await writes(sun)
    await sun.sees("勿扰时间不打扰，11月24日 08:00 起送达。", "收件 3 人，到时马上发完。")
    await sun.presses("发送")
    await world.advance(seconds=3)
    await sun.sees("📣 已发 0/3，其余11月24日 08:00 起送达", buttons=["暂停", "取消"])
    await zhou.sees_nothing()
    await writes(sun, "紧急：山洪预警")
    await sun.presses("修改")
    await sun.presses("设为紧急")
    await sun.sees("紧急：是，勿扰时间也发。")
    await sun.presses("返回预览")
    await sun.sees("紧急：勿扰时间也发，会有响声。", "收件 3 人，马上发完。")
    await sun.presses("发送")
    shown = await zhou.sees("紧急：山洪预警", buttons=["已阅"])
    assert not shown.silent
    await world.advance(seconds=3)
    await sun.sees("已发完 3/3")
    await world.at("08:00", date(2026, 11, 24))
    await zhou.sees("低洼户")


async def test_paused_resumed_cancelled_withdrawn(world, people):
    sun, zhou, wang, li = (people[name] for name in ("sun", "zhou", "wang", "li"))
    await world.at("21:00")
    await sends(sun)
    await sun.presses("暂停")
    await sun.sees("📣 已暂停 0/3", buttons=["继续", "取消"])
    await world.at("08:30", date(2026, 11, 24))
    await zhou.sees_nothing()
    await sun.presses("继续")
    await zhou.sees("低洼户", buttons=["已阅"])
    await world.advance(seconds=3)
    await sun.sees("已发完 3/3", buttons=["未阅名单", "再提醒", "撤回"])
    await zhou.presses("已阅")
    await sun.presses("撤回")
    await sun.sees("撤回「关于做好寒潮防范工作的通知」？", "已发的 3 条会删掉", buttons=["确定撤回", "不撤"])
    await sun.presses("不撤")
    await sun.sees("没有撤回")
    await sun.presses("撤回")
    await sun.presses("确定撤回")
    await sun.sees("已撤回，正在从各人那里删掉")
    await world.advance(seconds=3)
    await sun.sees("📣 已撤回 · 孙丽 11月24日 08:30", buttons=[])
    for cadre in (zhou, wang, li):
        assert not [said for said in cadre._messages() if "低洼户" in said.text], "deleted"
    states = {row.state for row in await world.rows(Outbox) if row.kind == "notice"}
    assert states == {OutboxState.WITHDRAWN}
    await wang.says("我的通知")
    await wang.sees("没有未读的通知")
    tags = [tag for tag in await world.audit() if tag.startswith("notice")]
    assert tags == ["notice:submit", "notice:send", "notice:pause", "notice:resume", "notice:withdraw"]


async def test_cancelled_in_the_night_nothing_of_it_goes_out(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await world.at("21:00")
    await sends(sun)
    await sun.presses("取消")
    await sun.sees("📣 已取消，已发 0/3", buttons=["未阅名单", "撤回"])
    await world.at("09:00", date(2026, 11, 24))
    await zhou.sees_nothing()
    assert {row.state for row in await world.rows(Outbox) if row.kind == "notice"} == {OutboxState.DROPPED}


async def test_where_it_cant_be_deleted_it_says_that_it_is_withdrawn(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sends(sun)
    await world.advance(seconds=3)
    world.api._deleteMessage = lambda _body: (_ for _ in ()).throw(
        ApiError(400, "Bad Request: message can't be deleted")
    )
    await zhou.looks_away()
    await sun.presses("撤回")
    await sun.presses("确定撤回")
    await zhou.sees("📣 这条通知已经撤回：关于做好寒潮防范工作的通知", buttons=[])


async def test_a_picture_or_file_that_comes_first_is_what_the_notice_says(world, people):
    sun = people["sun"]
    await sun.says("通知")
    await sun.sends_document(b"x", "方案.pdf")
    await sun.sees("收到，放进通知里了。", "发给谁？")
    await sun.presses("全县")
    await sun.sees("收到附件。再发一句通知的内容")
    await sun.says("请照方案办")
    shown = await sun.sees("请照方案办")
    assert shown.file_name == "file1"
    await sun.says("取消")
    await sun.says("通知")
    await sun.sends_document(b"x", "名单.xlsx", caption="名单见附件")
    await sun.sees("收到，放进通知里了。", "发给谁？")
    await sun.presses("全县")
    await sun.sees("名单见附件")


async def test_the_roster_is_the_roster_after_its_word(world, people):
    sun = people["sun"]
    await sun.says("通知")
    await sun.says("名册")
    await sun.sends_document(b"x", "名册.xlsx")
    await sun.sees("正在读表")


async def test_a_picture_with_notice_under_it_begins_one(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await sun.sends_raw(photo("通知 今晚降温"))
    await sun.sees("收到，放进通知里了。", "发给谁？")
    await sun.presses("全县")
    shown = await sun.sees("今晚降温", "孙丽")
    assert shown.is_photo
    await zhou.sends_raw(photo("通知 今晚降温"))
    await zhou.sees("没有保存")
