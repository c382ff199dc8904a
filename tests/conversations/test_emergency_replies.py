"""应急: one's own word by a press or typed, a colleague's for the team, an officer's; whose counts."""

from datetime import timedelta

from sqlalchemy import select

from policy.emergency import Answer
from scheduler import sweeps
from storage.tables import Audit, CheckIn, EmergencyAsked, EmergencyRollCall, Outbox, SafetyReply
from tests.conversations.test_emergency import ANSWERS, county, start

__all__ = ["county"]


async def stands(world, actor):
    """The answer that stands."""
    await world.settle()
    async with world.db.read() as session:
        return await session.scalar(select(EmergencyAsked.answer).where(EmergencyAsked.person_id == actor.person_id))


async def test_one_reports_the_team_and_each_may_still_answer(world, county):
    await start(county)
    zhou, zhao, wang = county["周建国"], county["赵敏"], county["王强"]
    await zhou.presses("平安·外出")
    await zhao.looks_away()
    await wang.presses("全队平安")
    await wang.sees("✅ 石门村 2 人平安（王强、赵敏），已报", "周建国自己回复的是平安·外出，以本人为准。")
    await wang.sees("已回复 23:05：平安·在村。有变化再点", buttons=ANSWERS)
    await zhao.sees_nothing()  # nobody is told
    assert await stands(world, zhao) is Answer.SAFE_HERE
    assert await stands(world, county["李雪"]) is None, "of another village"
    await world.advance(seconds=5)
    await county["刘敏"].sees("平安·在村 2 · 平安·外出 1 · 需要帮助 0 · 未回复 1")
    await zhao.says("应急")
    await zhao.sees("王强 23:05 报您平安·在村。和实际不一样就自己点", buttons=ANSWERS)
    await zhao.presses("平安·外出")
    await zhao.sees("已回复 23:05：平安·外出")
    await wang.says("全队平安")
    await wang.sees("✅ 石门村 1 人平安（王强）", "赵敏自己回复的是平安·外出，以本人为准")
    assert await stands(world, zhao) is Answer.SAFE_AWAY
    reported = [row for row in await world.audit() if row == "emergency:report_team"]
    assert len(reported) == 2


async def test_a_line_with_exceptions(world, county):
    await start(county)
    zhou, zhao, wang = county["周建国"], county["赵敏"], county["王强"]
    await zhao.says("全队平安，周建国外出，联系不上王强")
    await zhao.sees("✅ 石门村 1 人平安（赵敏），已报", "周建国 平安·外出，已记。", "王强 联系不上，留给乡镇打电话。")
    assert (await stands(world, zhou), await stands(world, wang)) == (Answer.SAFE_AWAY, Answer.UNREACHED)
    await world.advance(minutes=31)
    await county["刘敏"].sees("📞 2 人没有回复", "王强（23:05 同事说联系不上）")
    await zhao.says("石门村全队平安，周建国腿受伤了")
    await zhao.sees("✅ 石门村 2 人平安", "周建国 需要帮助，已告诉乡镇和县里。")
    await county["陈科长"].sees("🆘 需要帮助 · 周建国 · 石门村 · 23:36", "腿受伤了", "赵敏报的", buttons=["已联系"])
    await zhou.presses("平安·在村")
    await county["陈科长"].sees("🆘 需要帮助 · 周建国", "本人 23:36 回复：平安·在村", buttons=["已联系"])
    await zhao.says("全队平安，周建国嗯")
    await zhao.sees("没看懂「周建国嗯」，没有记下。这样说：全队平安，周建国外出，联系不上赵敏。")
    await zhao.says("东峪村全队平安")
    await zhao.sees("您不在这个村的工作队，没有记下")
    await county["李雪"].says("全村平安")
    await county["李雪"].sees("✅ 东峪村 1 人平安（李雪）")
    assert await world.rows(CheckIn) == []


async def test_help_said_of_one_who_is_safe_still_reaches_somebody(world, county):
    await start(county)
    await county["周建国"].presses("平安·在村")
    await county["赵敏"].says("全队平安，周建国被困在沟里")
    await county["赵敏"].sees("周建国自己回复的是平安·在村，以本人为准")
    await county["刘敏"].sees(
        "🆘 需要帮助 · 周建国", "被困在沟里", "赵敏报的", "本人 23:05 回复：平安·在村", buttons=["已联系"]
    )
    assert await stands(world, county["周建国"]) is Answer.SAFE_HERE


async def test_two_calls_for_help_about_one_person_are_settled_together(world, county):
    await start(county)
    zhou, wang, chen = county["周建国"], county["王主任"], county["陈科长"]
    await county["赵敏"].says("全队平安，周建国被困在沟里")
    await zhou.presses("需要帮助")
    open_cards = [said for said in chen._messages() if "🆘" in said.text]
    assert [list(said.buttons()) for said in open_cards] == [["已联系"], ["已联系"]]
    await world.advance(minutes=1)
    await wang.presses("已联系")
    for officer in (wang, chen):
        cards = [said for said in officer._messages() if "🆘" in said.text]
        assert [("已联系 · 王主任 23:06" in said.text, said.buttons()) for said in cards] == [(True, {})] * 2
    await chen.presses_data(f"helped:{(await world.rows(SafetyReply))[-1].id}", open_cards[0])
    await chen.sees("王主任已经联系了，没有改动。")
    # he asks once more later: that is open again, and says who has been in touch
    await zhou.presses("平安·在村")
    await zhou.presses("需要帮助")
    await chen.sees("🆘 需要帮助 · 周建国", "前面那次：王主任 23:06 已联系过。", buttons=["已联系"])


async def test_whoever_is_reached_by_telephone_is_called_by_nobody_else(world, county):
    await start(county)
    await county["赵敏"].says("全队平安，周建国被困在沟里")
    [call] = await world.rows(EmergencyRollCall)
    await county["刘敏"].presses_data(f"alarmone:{call.id}:{county['周建国'].person_id}:safe_away")
    await county["陈科长"].sees(
        "🆘 需要帮助 · 周建国", "刘敏 23:05 打电话：平安·外出", "已联系 · 刘敏 23:05", buttons=[]
    )


WORDS = (
    ("平安在村", Answer.SAFE_HERE, "平安·在村"),
    ("我平安，外出", Answer.SAFE_AWAY, "平安·外出"),
    ("在村平安。", Answer.SAFE_HERE, "平安·在村"),
    ("平安·外出", Answer.SAFE_AWAY, "平安·外出"),
    ("求救！", Answer.NEEDS_HELP, "需要帮助"),
)


async def test_words_count_the_same_in_the_middle_of_anything(world, county):
    await start(county)
    zhou = county["周建国"]
    for said, answer, told in WORDS:
        await zhou.says("公出")
        await zhou.says(said)
        await zhou.sees("23:05：" + told, buttons=ANSWERS)
        assert await stands(world, zhou) is answer


async def test_safe_alone_is_asked_where(world, county):
    await start(county)
    zhou = county["周建国"]
    await zhou.says("平安")
    await zhou.sees("点一下您现在的情况", buttons=ANSWERS)
    assert await stands(world, zhou) is None
    await county["刘敏"].says("平安")
    await county["刘敏"].sees("没听明白")


async def test_without_a_call_the_words_mean_nothing(world, county):
    for words in ("平安在村", "需要帮助", "全队平安"):
        await county["周建国"].says(words)
        await county["周建国"].sees("没听明白")
    assert await world.rows(SafetyReply) == []


async def test_help_in_one_line_and_a_sentence_after(world, county):
    await start(county)
    zhou, chen = county["周建国"], county["陈科长"]
    await zhou.says("需要帮助 桥断了，出不去")
    await zhou.sees("已告诉乡镇和县里 23:05：需要帮助", "桥断了，出不去")
    await chen.sees("🆘 需要帮助 · 周建国", "桥断了，出不去")
    await zhou.says("需要帮助，还有两位老人")
    await chen.sees("🆘 需要帮助 · 周建国", "桥断了，出不去；还有两位老人")
    assert len([row for row in await world.rows(Outbox) if row.kind == "emergency_help"]) == 3, "one card each"
    await zhou.presses("需要帮助")
    assert (await zhou.sees("已经记了：需要帮助")).toast
    await zhou.presses("平安·在村")
    await chen.sees("🆘 需要帮助 · 周建国", "本人 23:05 回复：平安·在村", buttons=["已联系"])
    await zhou.presses("需要帮助")  # again after all: another call
    await chen.sees("🆘 需要帮助 · 周建国 · 石门村 · 23:05", buttons=["已联系"])
    assert len([row for row in await world.rows(Outbox) if row.kind == "emergency_help"]) == 6


async def test_what_comes_much_later_is_about_something_else(world, county):
    await start(county)
    zhou = county["周建国"]
    await zhou.presses("需要帮助")
    await world.advance(minutes=31)
    await zhou.says("今天三人在岗")
    await zhou.sees("由第一书记说")
    [reply] = await world.rows(SafetyReply)
    assert reply.note is None
    await county["赵敏"].presses("需要帮助")
    await county["赵敏"].says("取消")
    await county["赵敏"].sees("好的，不办了：需要什么帮助")
    assert await stands(world, county["赵敏"]) is Answer.NEEDS_HELP


async def test_a_position_meanwhile_is_a_check_in_and_nothing_else(world, county):
    await world.at("09:00", on=(await moment(world)))
    await start(county)
    zhou = county["周建国"]
    await zhou.presses("需要帮助")
    await zhou.sends_location()
    await zhou.sees("已签到 09:00")
    [reply] = await world.rows(SafetyReply)
    assert reply.note is None
    await zhou.says("水漫到村口")
    await county["刘敏"].sees("🆘 需要帮助 · 周建国", "水漫到村口")


async def moment(world):
    return world.now.date()


async def test_who_takes_it_is_seen_by_the_others(world, county):
    await start(county)
    await county["周建国"].presses("需要帮助")
    await county["王主任"].sees("🆘", buttons=["已联系"])
    card = await county["王主任"].last()
    data = card.buttons()["已联系"]
    await county["刘敏"].presses("已联系")
    await county["王主任"].sees("已联系 · 刘敏 23:05", buttons=[])
    await county["王主任"].presses_data(data, card)
    await county["王主任"].sees("刘敏已经联系了，没有改动。")
    await county["赵敏"].presses_data(data)
    await county["赵敏"].sees("不在您的职责范围内")


async def test_an_officer_does_not_overrule_ones_own_word(world, county):
    await start(county)
    [call] = await world.rows(EmergencyRollCall)
    zhou, liu = county["周建国"], county["刘敏"]
    await world.advance(minutes=31)
    await liu.presses("周建国")
    await zhou.presses("平安·外出")
    await liu.presses("平安·在村")
    await liu.sees("周建国 · 石门村", "平安·外出 · 本人 23:36 回复", buttons=[])
    assert await stands(world, zhou) is Answer.SAFE_AWAY
    await liu.presses("赵敏")
    await liu.presses("需要帮助")
    await liu.sees("赵敏", "需要帮助 · 刘敏 23:36 记")
    await county["王主任"].sees("🆘 需要帮助 · 赵敏", "刘敏报的", "已联系 · 刘敏 23:36", buttons=[])
    forged = f"alarmone:{call.id}:{county['李雪'].person_id}:safe_here"
    outside = world.township_officer("外镇干部", "石桥镇")
    for actor in (county["周建国"], outside):
        await actor.says("你好")
        await actor.presses_data(forged)
        await actor.sees("不在您的职责范围内")
    await zhou.presses_data(f"safe:{call.id}:unreached", await zhou.last())
    await zhou.sees("没有找到这一条")
    await outside.presses_data(f"safe:{call.id}:safe_here")
    await outside.sees("没有找到这一条")
    assert await stands(world, county["李雪"]) is None


async def test_what_somebody_needed_goes_thirty_days_after_the_end(world, county):
    await start(county)
    await county["赵敏"].says("需要帮助 腿受伤，走不动")
    await world.advance(days=31)  # it has ended by itself half a day later
    async with world.db.read() as session:
        [call] = await session.scalars(select(EmergencyRollCall))
    ended = call.closed_at
    [reply] = await world.rows(SafetyReply)
    assert "腿受伤" in (reply.note or "")
    await sweeps.thin(world.db, ended + timedelta(days=29))
    assert "腿受伤" in ((await world.rows(SafetyReply))[0].note or "")
    counts = await sweeps.thin(world.db, ended + timedelta(days=30, minutes=1))
    assert counts["help_notes"] == 1
    [reply] = await world.rows(SafetyReply)
    assert (reply.note, reply.answer) == (None, Answer.NEEDS_HELP)
    noted = [row for row in await world.rows(Audit) if (row.action, row.subject) == ("retention:thin", "help_notes")]
    assert [row.after for row in noted] == [{"help_notes": 1}]
    assert "腿受伤" not in "".join(str(row.payload) + (row.text or "") for row in await world.rows(Outbox))


async def test_help_asked_for_just_after_the_end_still_reaches_somebody(world, county):
    await start(county)
    zhou, liu, chen = county["周建国"], county["刘敏"], county["陈科长"]
    card = await zhou.last()
    await liu.presses("结束")
    await liu.presses("结束")
    [call] = await world.rows(EmergencyRollCall)
    assert call.closed_at is not None
    await chen.looks_away()
    await world.advance(minutes=1)
    await zhou.presses_data(f"safe:{call.id}:needs_help", card)
    await zhou.sees("已结束", "您的情况：需要帮助。", "还是告诉了刘敏、王主任、陈科长，会给您打电话。")
    for officer in (liu, chen):
        await officer.sees("🆘 需要帮助 · 周建国 · 石门村", "应急结束以后才报的。", buttons=["已联系"])
    await zhou.says("腿伤了")
    await zhou.sees("已告诉乡镇和县里。")
    await chen.sees("🆘 需要帮助 · 周建国", "腿伤了", buttons=["已联系"])
    await chen.presses("已联系")
    await zhou.presses_data(f"safe:{call.id}:needs_help", card)  # once more, after somebody has been in touch
    await liu.sees("🆘 需要帮助 · 周建国", "前面那次：陈科长", buttons=["已联系"])


async def test_safe_after_a_call_for_help_is_asked_about(world, county):
    await start(county)
    zhou, chen = county["周建国"], county["陈科长"]
    for said in ("平安", "safe", "没事了", "全队都安全", "I'm ok"):
        await zhou.presses("需要帮助")
        await chen.looks_away()
        await zhou.says(said)
        which = ["平安·在村", "平安·外出", "就是要说的话", "全队平安"]
        await zhou.sees("您报了需要帮助。这句像是「平安」，按哪个记？", said, buttons=which)
        await chen.sees_nothing()
        await zhou.presses("平安·外出")
        await zhou.sees("已回复 23:05：平安·外出")
        assert await stands(world, zhou) is Answer.SAFE_AWAY
    assert not [row.note for row in await world.rows(SafetyReply) if row.note]
    await zhou.presses("需要帮助")
    await zhou.says("没事了")
    await zhou.presses("就是要说的话")
    await zhou.sees("已告诉乡镇和县里。")
    await chen.sees("🆘 需要帮助 · 周建国", "没事了")


async def test_english_words_are_understood_as_the_chinese_ones(world, county):
    await start(county)
    zhou, zhao = county["周建国"], county["赵敏"]
    await zhou.says("safe")
    await zhou.sees("点一下您现在的情况", buttons=ANSWERS)
    await zhou.says("Help me, leg is broken")
    await county["陈科长"].sees("🆘 需要帮助 · 周建国", "leg is broken")
    await zhao.says("All safe")
    await zhao.sees("✅ 石门村 2 人平安", "周建国自己回复的是需要帮助")


async def test_a_picture_by_somebody_in_need_is_answered_kindly(world, county):
    await start(county)
    zhou, chen = county["周建国"], county["陈科长"]
    photo = {"photo": [{"file_id": "p1", "file_unique_id": "p1", "width": 9, "height": 9}]}
    await zhou.presses("需要帮助")
    await zhou.sends_raw(photo)
    await zhou.sees("这里只留得下文字", "您需要帮助，乡镇和县里已经知道。")
    await zhou.says("水进屋了")
    await chen.sees("🆘 需要帮助 · 周建国", "水进屋了")
    await zhou.sends_document(b"x", "a.xlsx")
    await zhou.sees("这里只留得下文字", "您需要帮助，乡镇和县里已经知道。")
    await zhou.sends_raw({**photo, "caption": "墙要倒了"})
    await zhou.sees("图片和文件留不下，只记了下面的文字。", "已告诉乡镇和县里。")
    await chen.sees("🆘 需要帮助 · 周建国", "水进屋了；墙要倒了")


async def test_every_progress_card_ends_with_the_call(world, county):
    await start(county)
    liu = county["刘敏"]
    await liu.says("应急")
    await liu.presses("1 看进展")
    await liu.sees("未回复 4", buttons=["按村", "名单", "导出表", "结束"])
    await liu.presses("结束")
    await liu.presses("结束")
    await world.advance(seconds=5)
    cards = [said for said in liu._messages() if "平安·在村 0" in said.text]
    assert [("已结束" in said.text, "结束" in said.buttons()) for said in cards] == [(True, False)] * 2
